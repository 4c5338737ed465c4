r"""Fewer tokens for the same image: a resampler between encoder and language model.

Question
    An encoder gives hundreds of tokens for an image. A small network makes a fixed number of them. What does it cost,
    and from which prompt on does it pay?
Model
    .. math:: F_r = L_r \left( 4 K D^2 + 4 T_v D \, D_v + 4 K T_v D + 8 K D^2 + 4 K^2 D + 4 K D M \right)

    .. math:: S = 2 N_w (T_v - K), \qquad \Delta_{KV} = u \, (T_v - K)

    In each of :math:`L_r` blocks :math:`K` learned latents attend to :math:`T_v` image tokens of :math:`D_v` elements,
    then to each other, then pass two matrices of a feed-forward layer :math:`M` wide. The language model, whose tokens
    pass :math:`N_w` weights and leave :math:`u` bytes in the cache, reads :math:`K` tokens instead of :math:`T_v`.
Assumes
    Matrices only; attention of the language model over its own context left out of :math:`S` (it saves more, so
    :math:`S` is what is saved at least). Operations are two a multiply-add.
Breaks when
    :math:`K \ge T_v`: nothing is saved, and the network is paid for nothing. What the answer loses is not counted.
Source
    Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and Large Language Models",
    ICML 2023 (32 queries); Alayrac et al., "Flamingo", NeurIPS 2022 (64 latents). There keys and values are taken
    from latents and image together, or every other block only; the block here is a plain one, and counts are our own.
Oracle
    `fusion_cost` for both attentions where the widths are equal; every product listed with its three sizes.
"""

from __future__ import annotations

__all__ = ["resampler_cost", "resampler_saving"]


def resampler_cost(
    image_tokens: int, image_hidden: int, latents: int, hidden: int, mlp: int, layers: int
) -> dict[str, int]:
    """Operations and weights of a resampler.

    Parameters
    ----------
    image_tokens, image_hidden : int
        Tokens of an image, and their elements. [1]
    latents, hidden : int
        Tokens that come out, and elements while they are made. [1]
    mlp, layers : int
        Width of the feed-forward layer, and number of blocks. [1]

    Returns
    -------
    dict of str to int
        `flops` for an image [flop]; `weights` of its matrices [1].

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> resampler_cost(576, 1024, latents=32, hidden=768, mlp=3072, layers=6)
    {'flops': 14401142784, 'weights': 58982400}
    """
    if min(image_tokens, image_hidden, latents, hidden, mlp, layers) <= 0:
        raise ValueError("sizes are positive")
    crossing = 4 * latents * hidden**2 + 4 * image_tokens * hidden * image_hidden + 4 * latents * image_tokens * hidden
    own = 8 * latents * hidden**2 + 4 * latents**2 * hidden
    weights = 2 * hidden**2 + 2 * hidden * image_hidden + 4 * hidden**2 + 2 * hidden * mlp
    return {"flops": layers * (crossing + own + 4 * latents * hidden * mlp), "weights": layers * weights}


def resampler_saving(
    image_tokens: int, latents: int, matrix_weights: float, cache_bytes_per_token: float, resampler_flops: float
) -> dict[str, float]:
    """What a language model saves for an image, less what the resampler takes.

    Parameters
    ----------
    image_tokens, latents : int
        Tokens of an image before and after. [1]
    matrix_weights : float
        Weights that a token of the language model passes. [1]
    cache_bytes_per_token : float
        Bytes of keys and values that a token leaves. [B]
    resampler_flops : float
        Operations of the resampler for an image. [flop]

    Returns
    -------
    dict of str to float
        `flops` saved in all, negative where it costs more than it saves [flop]; `cache_bytes` saved [B].

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    A language model of 7e9 weights, and half a MiB of cache a token:

    >>> resampler_saving(576, 32, 7e9, 524288, 13.7e9)
    {'flops': 7602300000000.0, 'cache_bytes': 285212672.0}
    """
    if min(image_tokens, latents, matrix_weights, cache_bytes_per_token, resampler_flops) < 0:
        raise ValueError("nothing is negative")
    fewer = image_tokens - latents
    return {
        "flops": float(2 * matrix_weights * fewer - resampler_flops),
        "cache_bytes": float(cache_bytes_per_token * fewer),
    }
