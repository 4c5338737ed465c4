r"""Operational intensity of attention, from its shape alone.

Question
    Why is reading a prompt bound by arithmetic and writing its answer bound by memory, in the same layer?
Model
    .. math:: I = \frac{4\, H\, q\, k\, d}{b\,(2 H q d + 2 H_{kv} k d + [\,4 H q k\,])}

    :math:`q` queries meet :math:`k` keys in :math:`H` heads of :math:`d` elements; two products, two operations each.
    Queries and results are moved once for each head, keys and values once for each of :math:`H_{kv}` key-value heads.
    The bracket is there if scores and probabilities go to memory and back, as in attention that is not fused.
Assumes
    All queries see all keys; the softmax costs no operations worth counting; caches hold whatever is used again.
Breaks when
    A mask hides half of the scores (prompts: operations halve, bytes do not), or the kernel reads keys again for each
    block of queries, because the block of queries is as large as its shared memory allows.
Source
    By counting; fused and not fused as in Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with
    IO-Awareness", NeurIPS 2022, section 2.2 and algorithm 0.
Oracle
    Closed forms: 2 H / (b H_kv) flop/B for one query and many keys, 2 q k / (b (q + k)) at equal heads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["attention_flops_per_byte"]


def attention_flops_per_byte(
    queries: ArrayLike,
    keys: ArrayLike,
    heads: ArrayLike,
    kv_heads: ArrayLike,
    head_dim: ArrayLike,
    element_bytes: ArrayLike = 2,
    fused: ArrayLike = True,
) -> Array:
    """Operations per byte of one layer's attention; the arguments broadcast.

    Parameters
    ----------
    queries, keys : (...) array_like
        Positions that ask, and positions that are asked. [1]
    heads, kv_heads : (...) array_like
        Heads of queries, and of keys and values. [1]
    head_dim : (...) array_like
        Elements of a head. [1]
    element_bytes : (...) array_like
        Bytes of one element: 2 in BF16. [B]
    fused : (...) array_like of bool
        Whether scores and probabilities stay on the chip.

    Returns
    -------
    (...) ndarray
        Operational intensity. [flop/B]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    A prompt of 4,096 tokens, then one token more, with 64 heads that share 8 pairs of keys and values:

    >>> attention_flops_per_byte(queries=[4096, 1], keys=4096, heads=64, kv_heads=8, head_dim=128).round(1)
    array([3640.9,    8. ])
    """
    validate.require_positive(
        queries=queries, keys=keys, heads=heads, kv_heads=kv_heads, head_dim=head_dim, element_bytes=element_bytes
    )
    q, k, h, h_kv, d = (np.asarray(size, dtype=float) for size in (queries, keys, heads, kv_heads, head_dim))
    elements = 2 * h * q * d + 2 * h_kv * k * d + np.where(fused, 0, 4 * h * q * k)
    return np.asarray(4 * h * q * k * d / (np.asarray(element_bytes) * elements))
