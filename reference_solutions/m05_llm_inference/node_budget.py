r"""What is left of a node's memory, and what it is worth.

Question
    A model stands on a node of accelerators. How many tokens, and how many requests, does the rest of the memory hold?
Model
    .. math:: M_{kv} = G (u M_{dev} - M_{work}) - M_{weights}, \qquad
        n_b = \left\lfloor \frac{M_{kv}}{m B} \right\rfloor, \qquad
        n = \left\lfloor \frac{n_b}{\lceil T / B \rceil} \right\rfloor

    As in `kv_budget_bytes` and `concurrent_requests`, for one node: devices :math:`G`, the share :math:`u` of the
    memory that the server may use, blocks of :math:`B` tokens of :math:`m` bytes, requests of :math:`T` tokens.
Assumes
    All ranks hold their even part of weights and caches, so the node's memory is one.
Breaks when
    Key-value heads are fewer than ranks (caches are then kept more than once), or requests share prefixes.
Source
    Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention", SOSP 2023, sections
    3 and 4.2 (blocks); the sum is our own.
Oracle
    The two functions named above on drawn nodes, and blocks handed out one by one.
"""

from __future__ import annotations

__all__ = ["node_budget"]


def node_budget(
    devices: int,
    device_bytes: float,
    utilisation: float,
    working_bytes: float,
    weight_bytes: float,
    token_bytes: float,
    request_tokens: int,
    block_tokens: int,
) -> dict[str, float]:
    """Memory for caches on a node, in bytes, in tokens, and in requests.

    Parameters
    ----------
    devices : int
        Accelerators of the node. [1]
    device_bytes : float
        Memory of one of them. [B]
    utilisation : float
        Share of it that the server may use. [1]
    working_bytes : float
        What each device keeps for activations and graphs, out of that share. [B]
    weight_bytes : float
        Weights of the model. [B]
    token_bytes : float
        Cache of one token. [B]
    request_tokens : int
        Tokens of a request at its end. [1]
    block_tokens : int
        Tokens of a block. [1]

    Returns
    -------
    dict of str to float
        `budget_bytes` [B], `tokens` in whole blocks, whole `requests`. [1]

    Examples
    --------
    Two devices of 100 bytes, nine tenths usable, five kept; a model of 50 bytes; tokens of 3 bytes in blocks of 4:

    >>> node_budget(2, 100, 0.9, 5, 50, 3, request_tokens=9, block_tokens=4)
    {'budget_bytes': 120.0, 'tokens': 40.0, 'requests': 3.0}
    """
    budget_bytes = devices * (utilisation * device_bytes - working_bytes) - weight_bytes
    blocks = budget_bytes // (token_bytes * block_tokens)
    blocks_of_request = -(-request_tokens // block_tokens)
    return {
        "budget_bytes": budget_bytes,
        "tokens": blocks * block_tokens,
        "requests": blocks // blocks_of_request,
    }
