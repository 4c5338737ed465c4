r"""Tiles of an image of any size: the tokens of LLaVA-NeXT.

Question
    An image is cut into tiles of the size that the encoder takes. Into how many, and how many tokens reach the language
    model?
Model
    Of the canvases on offer (multiples of a tile) the one is taken on which most pixels of the image survive: scaled to
    fit, it covers :math:`\lfloor W s \rfloor \lfloor H s \rfloor` pixels, and counts no more than it has. Among those
    that keep as many, the one that leaves least of the canvas empty; among equal ones the first.

    .. math:: N = r \, c + r + g^2, \qquad g = t / p

    The canvas is :math:`R g \times C g` patches. What the image does not cover is cut off again: on the side on which
    there is room, an equal whole number of patches on either edge. :math:`r \times c` patches are left, each row is
    closed by a token, and the whole image, squeezed into one tile, comes along in :math:`g^2` tokens.
Assumes
    One token a patch; the encoder's class token is dropped. Lengths that are computed are cut off, but for rounding
    in the eighth digit behind the point.
Breaks when
    A resampler follows, patches are merged (`dynamic_tokens`), or a video is read.
Source
    transformers (Hugging Face), `processing_llava_next.py` and `select_best_resolution`, release 4.49, read for their
    rules, none of it copied; LLaVA-NeXT, blog of January 2024 (up to four times the pixels, three aspect ratios).
Oracle
    That library's functions of release 5.23 on ten sizes (recorded); and a canvas on which the image's patches are
    marked one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["anyres_tokens"]

PINPOINTS = ((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008))
"""Canvases of LLaVA-NeXT, height and width. [px]"""


def anyres_tokens(
    height_px: int,
    width_px: int,
    canvases_px: Sequence[tuple[int, int]] = PINPOINTS,
    tile_px: int = 336,
    patch_px: int = 14,
) -> dict[str, object]:
    """Canvas, patches that are left, and tokens of an image.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image. [px]
    canvases_px : sequence of (int, int)
        Height and width of each canvas on offer, multiples of a tile. [px]
    tile_px : int
        Edge of a tile, a multiple of a patch. [px]
    patch_px : int
        Edge of a patch. [px]

    Returns
    -------
    dict
        `canvas_px`: height and width that were chosen [px]; `grid`: rows and columns of patches that are left [1];
        `tokens` [1].

    Raises
    ------
    ValueError
        If a size is not positive, a canvas's included, or there is no canvas.

    Examples
    --------
    >>> anyres_tokens(1080, 1920)
    {'canvas_px': (672, 672), 'grid': (28, 48), 'tokens': 1948}
    """
    sides = [height_px, width_px, tile_px, patch_px, *(side for canvas in canvases_px for side in canvas)]
    if min(sides) <= 0 or len(canvases_px) == 0:
        raise ValueError("sizes are positive, and there is a canvas")
    ranked = []
    for high, wide in canvases_px:
        scale = min(wide / width_px, high / height_px)
        kept = min(int(width_px * scale) * int(height_px * scale), width_px * height_px)
        ranked.append((kept, kept - high * wide))  # most pixels kept, then least canvas left empty
    high, wide = canvases_px[ranked.index(max(ranked))]
    edge = tile_px // patch_px
    rows, columns = high // tile_px * edge, wide // tile_px * edge
    if width_px / height_px > columns / rows:
        covered = int(height_px * (columns / width_px) + 5e-8)
        rows -= 2 * ((rows - covered) // 2)
    else:
        covered = int(width_px * (rows / height_px) + 5e-8)
        columns -= 2 * ((columns - covered) // 2)
    return {"canvas_px": (high, wide), "grid": (rows, columns), "tokens": rows * columns + rows + edge * edge}
