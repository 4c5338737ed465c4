r"""Sound and film as tokens.

Question
    How many positions does a recording take in a speech encoder, how many tokens does a film cost, and what does it do?
Model
    .. math:: n = \left\lceil \frac{s}{30} \right\rceil \cdot \frac{100 \cdot 30}{2}, \qquad
        N = \left\lceil \frac{\phi s}{2} \right\rceil \frac{\bar h \, \bar w}{f^2}

    Whisper hears 30 seconds at a time, padded with silence if there is less: 100 frames of the spectrum a second, and
    two frames become one position. A film of :math:`s` seconds, looked at :math:`\phi` times a second, takes a token
    for two pictures of the same place (Qwen2-VL), each picture scaled as `dynamic_tokens` has it.

    .. math:: F = 2 \left( 3 F_m D n_m + 3 n D^2 + L (4 n D^2 + 2 n^2 D + 2 n D M) \right)

    The speech encoder's operations for 30 seconds: two convolutions of width 3 over :math:`n_m = 3000` frames of
    :math:`F_m` bands and over :math:`n = 1500` positions, then :math:`L` blocks.
Assumes
    A recording costs as much as its 30-second pieces, however little is said in them.
Breaks when
    Pieces overlap, silence is cut out before, or a film's pictures are limited in number or in pixels together.
Source
    Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", ICML 2023, PMLR 202 (30-second
    segments); 3,000 frames, hop of 10 ms and stride 2: openai/whisper's `audio.py`, as copies of its constants have
    them. Two frames a token: qwen-vl-utils, `FRAME_FACTOR`.
Oracle
    Frames, positions and operations of three Whisper models of transformers 5.23 (recorded, exact); pieces and pairs
    counted one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.m06_multimodal.dynamic_resolution import dynamic_tokens
from reference_solutions.units import Array

__all__ = ["speech_encoder_flops", "speech_positions", "video_tokens"]

FRAMES, POSITIONS = 3000, 1500
"""Of a piece of 30 seconds. [1]"""


def speech_positions(duration_s: ArrayLike) -> Array:
    """Positions of recordings in a speech encoder that hears 30 seconds at a time.

    Parameters
    ----------
    duration_s : (...) array_like
        Length of each recording. [s]

    Returns
    -------
    (...) ndarray
        Positions; 0 for no sound. [1]

    Raises
    ------
    ValueError
        If a length is negative.

    Examples
    --------
    >>> speech_positions([1.0, 30.0, 31.0])
    array([1500., 1500., 3000.])
    """
    seconds = np.asarray(duration_s, dtype=float)
    if not np.all(seconds >= 0):
        raise ValueError("a length is not negative")
    return np.asarray(POSITIONS * np.ceil(seconds / 30 - 1e-9))


def speech_encoder_flops(layers: int, hidden: int, mlp: int, bands: int = 80) -> int:
    """Operations of a speech encoder for 30 seconds.

    Parameters
    ----------
    layers, hidden, mlp : int
        Blocks, elements of a position, width of the feed-forward layer. [1]
    bands : int
        Bands of the spectrum. [1]

    Returns
    -------
    int
        Operations. [flop]

    Examples
    --------
    Whisper small:

    >>> speech_encoder_flops(12, 768, 3072)
    344162304000
    """
    blocks = layers * (4 * POSITIONS * hidden**2 + 2 * POSITIONS**2 * hidden + 2 * POSITIONS * hidden * mlp)
    return 2 * (FRAMES * bands * 3 * hidden + POSITIONS * 3 * hidden**2 + blocks)


def video_tokens(
    duration_s: float,
    pictures_per_s: float,
    height_px: int,
    width_px: int,
    least_px: int = 100352,
    most_px: int = 602112,
) -> int:
    """Tokens of a film, two pictures in one.

    Parameters
    ----------
    duration_s : float
        Length of the film. [s]
    pictures_per_s : float
        Pictures that are looked at. [1/s]
    height_px, width_px : int
        Size of a picture. [px]
    least_px, most_px : int
        Fewest and most pixels of a picture after scaling. [px]

    Returns
    -------
    int
        Tokens. [1]

    Raises
    ------
    ValueError
        If a length, a rate or a size is not positive.

    Examples
    --------
    A minute, two pictures a second: 60 pairs of 720 tokens, scaled to at most 602,112 pixels.

    >>> video_tokens(60.0, 2.0, 1080, 1920)
    43200
    """
    if not (duration_s > 0 and pictures_per_s > 0):
        raise ValueError("a film has a length and a rate")
    pairs = int(np.ceil(duration_s * pictures_per_s / 2 - 1e-9))
    return pairs * dynamic_tokens(height_px, width_px, least_px=least_px, most_px=most_px)["tokens"]
