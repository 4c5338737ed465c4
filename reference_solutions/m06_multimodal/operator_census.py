r"""The operators of a transformer block, one by one: what each computes, moves, and waits for.

Question
    CLIP reads an image, DALL-E writes one token after the other, a language model reads a prompt with an image in it.
    They are made of the same block. Which of its operators are bound by memory, in which of them?
Model
    .. math:: F = 2 m k n, \qquad Q = b (m k + k n + m n)

    Each operator is a product of an :math:`m \times k` by a :math:`k \times n` matrix, read and written once:

    ============  =================================  ==================================
    operator      product                            of them
    ============  =================================  ==================================
    qkv           :math:`(B q) \times D \times 3D`   1
    scores        :math:`q \times d \times c`        :math:`B h`, keys by key-value head
    values        :math:`q \times c \times d`        :math:`B h`
    output        :math:`(B q) \times D \times D`    1
    up, down      :math:`(B q) \times D \times M`    1 each
    ============  =================================  ==================================

    :math:`B` sequences with :math:`q` new tokens each attend to :math:`c` tokens, :math:`h` heads of :math:`d = D / h`
    elements. Where weights are shared by all tokens of a batch, intensity grows with the tokens; keys and values are
    shared by the queries of one sequence only, so that batching does nothing for them.
Assumes
    Matrices go through memory once, scores too (a kernel that is not fused). Norms, activations and softmax are left
    out; as many key-value heads as query heads, a feed-forward layer of two matrices, as CLIP, DALL-E and ViT have.
Breaks when
    Kernels are fused (`StreamedAttention`), matrices do not fit a tile of the cache, or heads share keys and values.
Source
    By counting; bounds are the roofline's (`attainable_flops_per_s`).
Oracle
    The sum over a block's operators is `vit_macs` twice, and `fusion_cost`'s; every matrix is made by numpy and its
    bytes counted; intensity of one token tends to 2 / b flop/B.
"""

from __future__ import annotations

import numpy as np

from reference_solutions.units import Array

__all__ = ["operator_census"]


def operator_census(
    batch: int, new_tokens: int, context: int, hidden: int, heads: int, mlp: int, element_bytes: float = 2
) -> dict[str, Array]:
    """Operations and bytes of the operators of one block, a row for each.

    Parameters
    ----------
    batch : int
        Sequences that pass together. [1]
    new_tokens : int
        Tokens of each sequence that pass. [1]
    context : int
        Tokens that each of them attends to. [1]
    hidden, heads, mlp : int
        Elements of a token, heads, width of the feed-forward layer. [1]
    element_bytes : float
        Bytes of an element. [B]

    Returns
    -------
    dict of str to (6,) ndarray
        `operator`: "qkv", "scores", "values", "output", "up", "down"; `flops` [flop], `bytes` [B], `flops_per_byte`
        [flop/B].

    Raises
    ------
    ValueError
        If a size is not positive, or heads do not share the elements evenly.

    Examples
    --------
    One token of DALL-E's size after 256 others, halves:

    >>> operator_census(1, 1, 257, hidden=3968, heads=62, mlp=15872)["flops_per_byte"].round(2)
    array([1.  , 0.98, 0.98, 1.  , 1.  , 1.  ])
    """
    if min(batch, new_tokens, context, hidden, heads, mlp, element_bytes) <= 0 or hidden % heads:
        raise ValueError("sizes are positive, and heads share a token evenly")
    tokens, head_dim = batch * new_tokens, hidden // heads
    shapes = {
        "qkv": (1, tokens, hidden, 3 * hidden),
        "scores": (batch * heads, new_tokens, head_dim, context),
        "values": (batch * heads, new_tokens, context, head_dim),
        "output": (1, tokens, hidden, hidden),
        "up": (1, tokens, hidden, mlp),
        "down": (1, tokens, mlp, hidden),
    }
    products, rows, inner, columns = np.array(list(shapes.values()), dtype=float).T
    flops = 2 * products * rows * inner * columns
    moved = element_bytes * products * (rows * inner + inner * columns + rows * columns)
    return {"operator": np.array(list(shapes)), "flops": flops, "bytes": moved, "flops_per_byte": flops / moved}
