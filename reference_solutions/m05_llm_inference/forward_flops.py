r"""Operations of a forward pass: prefill and decode, counted matrix by matrix.

Question
    How many floating-point operations does it take to read a prompt, and to write one more token?
Model
    .. math:: F = 2 T \left( P_{attn} + P_{mlp} \right) + 2 T_{out} V H + 4 L h d \sum_t c_t

    A multiply-add is two operations. :math:`T` new tokens pass the matrices of :math:`L` layers,
    :math:`P_{attn} = L (H d (h + 2 h_{kv}) + h d H)` and :math:`P_{mlp} = 3 L H I` weights (gate, up, down);
    :math:`T_{out}` of them are turned into logits over :math:`V` words. Token :math:`t` attends to :math:`c_t` tokens:
    scores and weighted sum are two products of :math:`d` elements in each of :math:`h` query heads.
    A causal prefill of :math:`T` tokens after :math:`p` has :math:`\sum c_t = T p + T (T + 1) / 2`.
Assumes
    A dense decoder with a gated feed-forward layer; matrices only: look-ups, norms, activations and softmax are left
    out. Grouped-query attention makes the projections smaller, and not the scores: every query head computes its own.
Breaks when
    Experts are routed (count the active ones), a layer has a window, or a kernel computes the full square of a causal
    prefill: then :math:`\sum c_t = T^2`. The rule of thumb 2 N T, with N of all weights but the input embedding, leaves
    out the context.
Source
    Kaplan et al., "Scaling Laws for Neural Language Models", arXiv 2001.08361, 2020, section 2.1 (there N counts no
    embedding at all, and each token half of the context, as in a causal prefill); Chowdhery et al., "PaLM: Scaling
    Language Modeling with Pathways", arXiv 2204.02311, 2022, appendix B (there each token counts all of the context).
Oracle
    torch's FlopCounterMode on ten dense models of transformers 5.23, five shapes each, to the last digit; every product
    of a pass listed with its three sizes, on drawn shapes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["causal_context", "forward_flops"]


def forward_flops(
    layers: int,
    hidden: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    intermediate: int,
    vocabulary: int,
    tokens: ArrayLike,
    context: ArrayLike,
    logits: ArrayLike,
) -> Array:
    """Operations of a forward pass; `tokens`, `context` and `logits` broadcast.

    Parameters
    ----------
    layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary : int
        Shape of the model. [1]
    tokens : (...) array_like of int
        Tokens that pass, all sequences together. [1]
    context : (...) array_like
        Tokens attended to, added up over the tokens that pass: `causal_context`. [1]
    logits : (...) array_like of int
        Tokens whose logits are computed: one a sequence, when serving. [1]

    Returns
    -------
    (...) ndarray
        Operations. [flop]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    Llama-3.1-8B writes the token after 512 others: 15.28 Gflop.

    >>> float(forward_flops(32, 4096, 32, 8, 128, 14336, 128256, tokens=1, context=513, logits=1))
    15278276608.0
    """
    validate.require_positive(
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate=intermediate,
        vocabulary=vocabulary,
    )
    attention = layers * hidden * head_dim * (2 * heads + 2 * kv_heads)  # query and output; key and value
    feed_forward = layers * 3 * hidden * intermediate
    matrices = 2 * np.asarray(tokens, dtype=float) * (attention + feed_forward)
    scores = 4 * layers * heads * head_dim * np.asarray(context, dtype=float)
    return np.asarray(matrices + scores + 2 * np.asarray(logits, dtype=float) * vocabulary * hidden)


def causal_context(tokens: ArrayLike, past: ArrayLike = 0) -> Array:
    """Tokens attended to by new tokens after others, added up; the arguments broadcast.

    Parameters
    ----------
    tokens : (...) array_like of int
        New tokens of a sequence; each sees those before it, and itself. [1]
    past : (...) array_like of int
        Tokens that were there before. [1]

    Returns
    -------
    (...) ndarray
        Sum of the contexts. [1]

    Examples
    --------
    Four tokens see 1, 2, 3 and 4; one after 512 sees 513.

    >>> causal_context([4, 1], [0, 512])
    array([ 10., 513.])
    """
    new = np.asarray(tokens, dtype=float)
    return np.asarray(new * np.asarray(past) + new * (new + 1) / 2)
