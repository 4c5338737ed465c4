r"""Tokens in proportion to pixels: Qwen2-VL and Qwen3-VL.

Question
    An encoder takes images of any size. To which size does it scale one, and how many tokens are that?
Model
    .. math:: \bar h = f \, \mathrm{round}(h / f), \quad \bar w = f \, \mathrm{round}(w / f), \qquad
        N = \frac{\bar h \, \bar w}{f^2}

    Both sides become multiples of :math:`f` (two patches of 14 or of 16 pixels, since four patches are merged into a
    token). If that is more than the most pixels allowed, :math:`\beta = \sqrt{h w / m}`, and the sides are
    :math:`f \lfloor h / (\beta f) \rfloor` and so on; if it is less than the fewest, :math:`\beta = \sqrt{m / (h w)}`
    and :math:`f \lceil h \beta / f \rceil`. A half is rounded to the even multiple, as Python's `round` does.
Assumes
    An aspect ratio of 200 at most. A video takes a token for two frames of the same place (`video_tokens`).
Breaks when
    Another release has other limits: 56 x 56 to 980 x 980 pixels are the processor's of Qwen2-VL, 4 to 16,384 tokens
    its model card's, and 65,536 to 16,777,216 pixels at :math:`f = 32` Qwen3-VL's. Older releases refuse an image with
    a side below :math:`f`.
Source
    Wang et al., "Qwen2-VL: Enhancing Vision-Language Model's Perception of the World at Any Resolution", arXiv
    2409.12191, 2024 (not re-read); transformers, `smart_resize`, release 4.49, read for its rule, none of it copied.
Oracle
    That library's function of release 5.23 on ten sizes in three settings (recorded); whole numbers only, with the
    square root taken by `isqrt`.
"""

from __future__ import annotations

import numpy as np

__all__ = ["dynamic_tokens"]


def dynamic_tokens(
    height_px: int, width_px: int, factor_px: int = 28, least_px: int = 4 * 28 * 28, most_px: int = 1280 * 28 * 28
) -> dict[str, int]:
    """Size to which an image is scaled, and its tokens.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image. [px]
    factor_px : int
        Edge of what becomes one token: two patches. [px]
    least_px, most_px : int
        Fewest and most pixels after scaling; a side of one token is kept even if it leads beyond the most. [px]

    Returns
    -------
    dict of str to int
        `height_px`, `width_px` after scaling [px], and `tokens` [1].

    Raises
    ------
    ValueError
        If a size is not positive, or one side is more than 200 times the other.

    Examples
    --------
    >>> dynamic_tokens(480, 640)
    {'height_px': 476, 'width_px': 644, 'tokens': 391}
    """
    if min(height_px, width_px, factor_px) <= 0 or max(height_px, width_px) > 200 * min(height_px, width_px):
        raise ValueError("sizes are positive, and no side is more than 200 times the other")
    sides = np.array([height_px, width_px])
    multiples = np.round(sides / factor_px)  # to even
    pixels = np.prod(multiples) * factor_px**2
    if pixels > most_px:
        multiples = np.maximum(1, np.floor(sides / np.sqrt(np.prod(sides) / most_px) / factor_px))
    elif pixels < least_px:
        multiples = np.ceil(sides * np.sqrt(least_px / np.prod(sides)) / factor_px)
    rows, columns = int(multiples[0]), int(multiples[1])
    return {"height_px": rows * factor_px, "width_px": columns * factor_px, "tokens": rows * columns}
