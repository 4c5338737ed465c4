r"""From memory to concurrency: how many requests a group of accelerators holds at once.

Question
    Weights and working space take their part. How many requests of a given length fit into what is left?
Model
    .. math:: M_{kv} = G \left( u \, M_{dev} - M_{work} \right) - M_{weights}, \qquad
        n = \left\lfloor \frac{\lfloor M_{kv} / (m B) \rfloor}{\lceil T / B \rceil} \right\rfloor

    :math:`G` devices of :math:`M_{dev}` bytes, of which the server may use a share :math:`u`; each keeps
    :math:`M_{work}` for activations and captured graphs. The cache is cut into blocks of :math:`B` tokens of :math:`m`
    bytes, and a request of :math:`T` tokens holds whole blocks.
Assumes
    Weights and caches are spread evenly over the devices, and each request grows to its full length.
Breaks when
    Ranks replicate key-value heads, requests share prefixes (more fit), or lengths differ: whoever plans with the mean
    length is out of memory half of the time, which preemption then pays for.
Source
    Kwon et al., SOSP 2023, sections 3 and 4.2 (blocks); vLLM documentation, engine argument `gpu_memory_utilization`, a
    fraction of each device's memory, 0.9 by default in the versions read. The sum is our own.
Oracle
    70 billion weights in BF16 on eight devices of 80 GB at 0.9: 436 GB, 1,330,566 tokens of 327,680 bytes; blocks
    handed out one by one to drawn requests until one does not fit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["concurrent_requests", "kv_budget_bytes"]


def kv_budget_bytes(
    devices: ArrayLike,
    device_bytes: ArrayLike,
    weight_bytes: ArrayLike,
    utilisation: ArrayLike = 0.9,
    working_bytes: ArrayLike = 0.0,
) -> Array:
    """Bytes that are left for caches on all devices together; the arguments broadcast.

    Parameters
    ----------
    devices : (...) array_like of int
        Accelerators that share the model. [1]
    device_bytes : (...) array_like
        Memory of one of them. [B]
    weight_bytes : (...) array_like
        Weights of the model, all devices together. [B]
    utilisation : (...) array_like
        Share of its memory that the server may use. [1]
    working_bytes : (...) array_like
        Activations, buffers and captured graphs on each device. [B]

    Returns
    -------
    (...) ndarray
        Budget; negative where the model itself does not fit. [B]

    Raises
    ------
    ValueError
        If there are no devices or no memory, or the share is not above 0 and at most 1.

    Examples
    --------
    >>> float(kv_budget_bytes(8, 80e9, 140e9)) / 1e9
    436.0
    """
    validate.require_positive(devices=devices, device_bytes=device_bytes, utilisation=utilisation)
    if np.any(np.asarray(utilisation) > 1):
        raise ValueError("utilisation is a share of the memory")
    usable_bytes = np.asarray(utilisation) * np.asarray(device_bytes, dtype=float) - np.asarray(working_bytes)
    return np.asarray(np.asarray(devices) * usable_bytes - np.asarray(weight_bytes, dtype=float))


def concurrent_requests(
    budget_bytes: ArrayLike, token_bytes: ArrayLike, request_tokens: ArrayLike, block_tokens: ArrayLike = 16
) -> Array:
    """Requests of one length that fit into a budget at once; the arguments broadcast.

    Parameters
    ----------
    budget_bytes : (...) array_like
        Memory for caches; nothing fits into a negative one. [B]
    token_bytes : (...) array_like
        Cache of one token. [B]
    request_tokens : (...) array_like of int
        Tokens of a request at its end, prompt and answer. [1]
    block_tokens : (...) array_like of int
        Tokens of a block. [1]

    Returns
    -------
    (...) ndarray
        Requests. [1]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    Ten blocks of 16 tokens hold five requests of 17 tokens, though they have 160 places.

    >>> float(concurrent_requests(160.0, token_bytes=1.0, request_tokens=17))
    5.0
    """
    validate.require_positive(token_bytes=token_bytes, request_tokens=request_tokens, block_tokens=block_tokens)
    budget = np.maximum(np.asarray(budget_bytes, dtype=float), 0)
    blocks = np.floor(budget / (np.asarray(token_bytes, dtype=float) * np.asarray(block_tokens)))
    return np.asarray(np.floor(blocks / np.ceil(np.asarray(request_tokens) / np.asarray(block_tokens))))
