r"""Making an image: token by token, or step by step.

Question
    DALL-E writes an image as it would write a sentence, a diffusion model refines a whole one in steps. How many
    operations, how many bytes, how long?
Model
    .. math:: F_{AR} = 2 N (t + g) + 4 L D \frac{(t + g)(t + g + 1)}{2}, \qquad
        Q_{AR} = b N (1 + g) + 2 b L D \sum_{s=t+1}^{t+g} s

    Autoregressive: :math:`t` text tokens are read in one pass, :math:`g` image tokens written one by one; each token
    passes :math:`N` weights and attends to all before it and itself, in :math:`L` layers of :math:`D` elements. Every
    pass reads all weights, and each step the keys and values so far.

    .. math:: F_{D} = F_t + S \, (1 + [\text{guided}]) \, F_u + F_d, \qquad n_z = \frac{H}{f} \frac{W}{f} z

    Diffusion: :math:`S` steps of a network :math:`F_u`, twice if guided (with the prompt and without), a text encoder
    before and a decoder behind. It works on :math:`n_z` elements instead of :math:`3 H W`: with :math:`f = 8` and
    :math:`z = 4` a forty-eighth.
Assumes
    One image; dense attention; operations of matrices only.
Breaks when
    Attention is sparse by rows and columns, as most of DALL-E's layers are: then the context's part is less; when
    guidance is distilled into the network; or several images share a pass over the weights.
Source
    Ramesh et al., "Zero-Shot Text-to-Image Generation", ICML 2021 (256 text tokens, 32 x 32 = 1,024 image tokens, 64
    layers of 62 heads of 64, read in quotations);
    Ho, Salimans, "Classifier-Free Diffusion Guidance", arXiv 2207.12598 (two estimates combined); Rombach et al.,
    latent diffusion, 2022 (not re-read; latent of 4 x 64 x 64 for 512 x 512 pixels as the slides below have it).
Oracle
    Steps added up one by one; for Stable Diffusion slides on its acceleration that print 1.67952 Tflop a guided step at
    B = 1 and 83.976 Tflop for 50 of them.
"""

from __future__ import annotations

from reference_solutions import validate

__all__ = ["diffusion_flops", "latent_elements", "token_image_cost"]


def token_image_cost(
    text_tokens: int, image_tokens: int, weights: float, layers: int, hidden: int, element_bytes: float
) -> dict[str, float]:
    """Operations and bytes of an image that is written token by token.

    Parameters
    ----------
    text_tokens, image_tokens : int
        Tokens that are read, and that are written. [1]
    weights : float
        Weights that each token passes. [1]
    layers, hidden : int
        Layers, and elements of a token. [1]
    element_bytes : float
        Bytes of a weight, a key, a value. [B]

    Returns
    -------
    dict of str to float
        `flops` of the matrices [flop], `weight_bytes` and `cache_bytes` read [B].

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    DALL-E's 12e9 weights and 1,280 tokens, halves: 31 Tflop, and 25 TB of weights.

    >>> token_image_cost(256, 1024, 12e9, layers=64, hidden=3968, element_bytes=2)
    {'flops': 31552800030720.0, 'weight_bytes': 24600000000000.0, 'cache_bytes': 799384010752.0}
    """
    validate.require_positive(text_tokens=text_tokens, image_tokens=image_tokens, weights=weights)
    validate.require_positive(layers=layers, hidden=hidden, element_bytes=element_bytes)
    tokens = text_tokens + image_tokens
    contexts = tokens * (tokens + 1) / 2
    written = contexts - text_tokens * (text_tokens + 1) / 2
    return {
        "flops": 2 * weights * tokens + 4 * layers * hidden * contexts,
        "weight_bytes": element_bytes * weights * (1 + image_tokens),
        "cache_bytes": 2 * element_bytes * layers * hidden * written,
    }


def diffusion_flops(
    steps: int, network_flops: float, guided: bool = True, text_flops: float = 0.0, decoder_flops: float = 0.0
) -> float:
    """Operations of an image that is refined in steps.

    Parameters
    ----------
    steps : int
        Steps. [1]
    network_flops : float
        Of the network, once. [flop]
    guided : bool
        Whether each step needs the network with the prompt and without.
    text_flops, decoder_flops : float
        Of the text encoder and of the decoder, once an image. [flop]

    Returns
    -------
    float
        Operations. [flop]

    Raises
    ------
    ValueError
        If a number is negative, or there is no step.

    Examples
    --------
    >>> diffusion_flops(50, 0.83976e12) / 1e12
    83.976
    """
    if steps < 1 or min(network_flops, text_flops, decoder_flops) < 0:
        raise ValueError("there is a step, and no number is negative")
    return text_flops + steps * (2 if guided else 1) * network_flops + decoder_flops


def latent_elements(height_px: int, width_px: int, factor_px: int = 8, channels: int = 4) -> int:
    """Elements on which a latent diffusion model works.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image. [px]
    factor_px : int
        Edge of what becomes one place of the latent. [px]
    channels : int
        Elements of a place. [1]

    Returns
    -------
    int
        Elements. [1]

    Raises
    ------
    ValueError
        If a size is not positive, or the factor does not divide it.

    Examples
    --------
    >>> latent_elements(512, 512), 3 * 512 * 512 / latent_elements(512, 512)
    (16384, 48.0)
    """
    validate.require_positive(height_px=height_px, width_px=width_px, factor_px=factor_px, channels=channels)
    if height_px % factor_px or width_px % factor_px:
        raise ValueError("the factor divides both sides")
    return height_px // factor_px * (width_px // factor_px) * channels
