r"""Text meets image: cross-attention against one sequence of both.

Question
    A layer lets text tokens see image tokens. What does it cost if the image is another sequence that the text attends
    to, and what if both are joined into one sequence that attends to itself?
Model
    .. math:: F_\times = 4 q D^2 + 4 k D^2 + 4 q k D, \qquad F_+ = 8 T D^2 + 4 T^2 D, \quad T = q + k

    .. math:: S_\times = b \, h \, q \, k, \quad S_+ = b \, h \, T^2, \qquad
        C_\times = C_+ - 2 b \, q D = 2 b \, k D

    Operations of a layer's four projections and two products, :math:`q` text tokens and :math:`k` image tokens of
    :math:`D` elements: in cross-attention queries and outputs are of the text, keys and values of the image. A kernel
    that writes its scores needs :math:`S` bytes for them, :math:`h` heads; one that streams over the keys
    (`StreamedAttention`) keeps a largest score and a sum, 4 bytes each, for each query and head. The keys and values of
    the image stay as they are while the text grows: they are cached once.
Assumes
    As many key-value heads as query heads; every text token sees every image token, and in the joined sequence every
    token sees all (a causal mask halves what is needed, not what such a kernel does). A multiply-add is two operations.
Breaks when
    Keys and values are shared by heads, or the image's width differs from the text's: then its projections are of its
    own width.
Source
    Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2; Alayrac et al., "Flamingo: a Visual Language
    Model for Few-Shot Learning", NeurIPS 2022 (cross-attention every few layers, beside the language model's own); Dao
    et al., "FlashAttention", NeurIPS 2022 (memory linear in the tokens). Counts are our own.
Oracle
    torch's FlopCounterMode on cross-attention of transformers 5.23 (recorded, exact); every product listed with its
    three sizes; bytes of the arrays that numpy makes for the scores.
"""

from __future__ import annotations

__all__ = ["fusion_cost"]


def fusion_cost(
    text_tokens: int, image_tokens: int, hidden: int, heads: int, batch: int = 1, element_bytes: int = 2
) -> dict[str, dict[str, int]]:
    """Operations and memory of one attention layer, by cross-attention and over the joined sequence.

    Parameters
    ----------
    text_tokens, image_tokens : int
        Tokens of a sequence's text, and of its image; there may be no image. [1]
    hidden, heads : int
        Elements of a token, and heads that share them. [1]
    batch : int
        Sequences. [1]
    element_bytes : int
        Bytes of a score, and of an element of a key or a value; the running statistics have 4. [B]

    Returns
    -------
    dict of str to dict
        For `cross` and `joined`: `flops` [flop]; `score_bytes` that a kernel writes which keeps all scores;
        `streamed_bytes` of running statistics instead; `cached_bytes` of keys and values. [B]

    Raises
    ------
    ValueError
        If a size is not positive, or the number of image tokens is negative.

    Examples
    --------
    64 queries on an image of 576 tokens:

    >>> fusion_cost(64, 576, hidden=1024, heads=16)["cross"]["flops"]
    2835349504
    >>> fusion_cost(64, 576, hidden=1024, heads=16)["joined"]["score_bytes"]
    13107200
    """
    if min(text_tokens, hidden, heads, batch, element_bytes) <= 0 or image_tokens < 0:
        raise ValueError("sizes are positive")
    costs = {}
    joined_tokens = text_tokens + image_tokens
    for name, queries, keys in (("cross", text_tokens, image_tokens), ("joined", joined_tokens, joined_tokens)):
        projections = 4 * queries * hidden**2 + 4 * keys * hidden**2  # queries and outputs; keys and values
        costs[name] = {
            "flops": batch * (projections + 4 * queries * keys * hidden),
            "score_bytes": batch * heads * queries * keys * element_bytes,
            "streamed_bytes": batch * heads * queries * 2 * 4,
            "cached_bytes": batch * 2 * keys * hidden * element_bytes,
        }
    return costs
