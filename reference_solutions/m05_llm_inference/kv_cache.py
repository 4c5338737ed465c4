r"""Memory that the key-value cache of a request takes.

Question
    How many bytes of accelerator memory does a request hold while it decodes?
Model
    .. math:: M = 2 \, L \, H_{kv} \, d \, b \, T, \qquad
        M_w = 2 \, H_{kv} \, d \, b \, \left( L_f \, T + L_w \min(T, w) \right), \qquad
        M_l = L \, (d_c + d_r) \, b \, T

    In each of :math:`L` layers every token leaves one key and one value of :math:`d` elements for each of
    :math:`H_{kv}` key-value heads, :math:`b` bytes an element; :math:`T` tokens. Multi-head attention has as many
    key-value heads as query heads, grouped-query attention fewer, multi-query attention one. Layers that attend to a
    window of :math:`w` tokens keep no more than these. Latent attention keeps one compressed vector of :math:`d_c`
    elements and a rotated key of :math:`d_r` for all heads together, and no separate value.
    Of :math:`H_{kv}` heads, each of :math:`R` tensor-parallel ranks holds :math:`\lceil H_{kv} / R \rceil`.
Assumes
    The cache is stored once. Scales of a quantised cache are in :math:`b`: one of 4 bytes for each vector of 128
    elements in FP8 makes 1 + 4/128 bytes an element.
Breaks when
    Memory comes in blocks (`concurrent_requests`), prefixes are shared (`BlockAllocator`), or ranks outnumber the
    key-value heads: each rank then holds a whole head, and all ranks together more than one copy.
Source
    Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention", SOSP 2023, section
    3; DeepSeek-AI, "DeepSeek-V2: A Strong, Economical, and Efficient Mixture-of-Experts Language Model", arXiv
    2405.04434, 2024, table 1 (elements a token of each kind of attention). Windows and scales are in neither. Sizes in
    kB: Zhao et al., "Insights into DeepSeek-V3: Scaling Challenges and Reflections on Hardware for AI Architectures",
    ISCA 2025, table 1.
Oracle
    Caches of 17 models as transformers 5.23 allocates them, and published sizes: OPT-13B 800 KiB a token, DeepSeek-V3
    70.272 kB, Llama-3.1-405B 516.096 kB; head by head, layer by layer, token by token counted on drawn shapes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["kv_cache_bytes", "latent_cache_bytes", "rank_kv_heads", "windowed_cache_bytes"]


def kv_cache_bytes(layers: int, kv_heads: int, head_dim: int, element_bytes: float, tokens: ArrayLike) -> Array:
    """Bytes of keys and values that sequences of given lengths hold.

    Parameters
    ----------
    layers, kv_heads, head_dim : int
        Shape of the model; `kv_heads` counts key-value heads, not query heads. [1]
    element_bytes : float
        Bytes of one cached element: 2 in FP16, 1 in FP8. [B]
    tokens : (...) array_like of int
        Tokens that each sequence holds. [1]

    Returns
    -------
    (...) ndarray
        Bytes that each sequence holds. [B]

    Raises
    ------
    ValueError
        If a count is not positive, or a length is negative.

    Examples
    --------
    OPT-13B in FP16, one token: 800 KiB.

    >>> int(kv_cache_bytes(layers=40, kv_heads=40, head_dim=128, element_bytes=2, tokens=1))
    819200
    """
    lengths = np.asarray(tokens, dtype=float)
    if not (min(layers, kv_heads, head_dim, element_bytes) > 0 and np.all(lengths >= 0)):
        raise ValueError("layers, heads and sizes must be positive, lengths must not be negative")
    token_bytes = 2 * layers * kv_heads * head_dim * element_bytes  # a key and a value
    return np.asarray(token_bytes * lengths)


def windowed_cache_bytes(
    layers: int,
    windowed_layers: int,
    window_tokens: int,
    kv_heads: int,
    head_dim: int,
    element_bytes: float,
    tokens: ArrayLike,
) -> Array:
    """Bytes of a cache where some layers attend to a window of the last tokens only.

    Parameters
    ----------
    layers, windowed_layers : int
        All layers, and those of them that have a window. [1]
    window_tokens : int
        Tokens in the window. [1]
    kv_heads, head_dim : int
        Key-value heads, and elements of one. [1]
    element_bytes : float
        Bytes of one cached element. [B]
    tokens : (...) array_like of int
        Tokens that each sequence has read and written. [1]

    Returns
    -------
    (...) ndarray
        Bytes that each sequence holds. [B]

    Raises
    ------
    ValueError
        If more layers have a window than there are, or a size is not positive.

    Examples
    --------
    One layer of two has a window of 100 tokens; a head of 4 elements of 2 bytes leaves 16 bytes a token and layer.

    >>> windowed_cache_bytes(2, 1, 100, kv_heads=1, head_dim=4, element_bytes=2, tokens=[50, 1000])
    array([ 1600., 17600.])
    """
    if not 0 <= windowed_layers <= layers:
        raise ValueError("windowed_layers are some of the layers")
    validate.require_positive(window_tokens=window_tokens, kv_heads=kv_heads, head_dim=head_dim)
    lengths = np.asarray(tokens, dtype=float)
    layer_tokens = (layers - windowed_layers) * lengths + windowed_layers * np.minimum(lengths, window_tokens)
    return np.asarray(2 * kv_heads * head_dim * element_bytes * layer_tokens)


def latent_cache_bytes(layers: int, latent_dim: int, rope_dim: int, element_bytes: float, tokens: ArrayLike) -> Array:
    """Bytes of a cache of multi-head latent attention: one vector a token and layer, for all heads.

    Parameters
    ----------
    layers : int
        Layers. [1]
    latent_dim : int
        Elements of the compressed vector. [1]
    rope_dim : int
        Elements of the key part that carries the position. [1]
    element_bytes : float
        Bytes of one cached element. [B]
    tokens : (...) array_like of int
        Tokens that each sequence holds. [1]

    Returns
    -------
    (...) ndarray
        Bytes that each sequence holds. [B]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    DeepSeek-V3 in BF16: 70.272 kB a token.

    >>> float(latent_cache_bytes(layers=61, latent_dim=512, rope_dim=64, element_bytes=2, tokens=1))
    70272.0
    """
    validate.require_positive(layers=layers, latent_dim=latent_dim, rope_dim=rope_dim, element_bytes=element_bytes)
    return np.asarray(layers * (latent_dim + rope_dim) * element_bytes * np.asarray(tokens, dtype=float))


def rank_kv_heads(kv_heads: ArrayLike, ranks: ArrayLike) -> Array:
    """Key-value heads that each tensor-parallel rank holds; the arguments broadcast.

    Parameters
    ----------
    kv_heads : (...) array_like of int
        Key-value heads of the model. [1]
    ranks : (...) array_like of int
        Ranks that share them. [1]

    Returns
    -------
    (...) ndarray
        Heads of one rank: one at least, so that more ranks than heads replicate them. [1]

    Raises
    ------
    ValueError
        If there are no heads or no ranks.

    Examples
    --------
    >>> rank_kv_heads(8, [1, 4, 8, 16])
    array([8., 2., 1., 1.])
    """
    validate.require_positive(kv_heads=kv_heads, ranks=ranks)
    return np.asarray(np.ceil(np.asarray(kv_heads) / np.asarray(ranks)))
