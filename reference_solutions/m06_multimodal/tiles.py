r"""Tiles of fixed size: what GPT-4V bills, and how InternVL cuts.

Question
    How many tokens does an image cost where it is cut into tiles, each with a fixed number of tokens?
Model
    .. math:: s = \min \left( 1, \frac{2048}{\max(h, w)}, \frac{768}{\min(h, w)} \right), \qquad
        N = 85 + 170 \left\lceil \frac{h s}{512} \right\rceil \left\lceil \frac{w s}{512} \right\rceil

    GPT-4V in high detail: the image is scaled into a square of 2,048 pixels, then so that its short side is 768, and
    covered with tiles of 512; low detail costs 85, whatever the size. InternVL chooses a grid of :math:`i \times j`
    tiles, at most 12, whose aspect is nearest to the image's, and scales the image onto it without regard to its
    aspect; 256 tokens a tile, and one tile more, the whole image, if there are several. Of grids that are as near, in
    order of their tiles, a later one is taken if the image has more pixels than half of it.
Assumes
    Images are never scaled up: the guide says that the short side *is* scaled to 768 and has no example of a smaller
    image, so this is our reading. Scaled sides are not rounded, so that 512 pixels are one tile.
Breaks when
    The model is another: the same rule has other constants for others of OpenAI's (for gpt-5: 70 and 140), and some
    count patches of 32 pixels. The rules of InternVL's later releases may differ.
Source
    OpenAI, Images and vision guide (85, 170, 2048, 768, 512, and both examples, read in quotations); transformers 5.23,
    the canvas chosen by `get_optimal_tiled_canvas`, read for its rule.
Oracle
    The guide's examples: 1024 x 1024 765 tokens, 2048 x 4096 1,105; the library's function on ten sizes (recorded);
    fractions; every grid compared with every other.
"""

from __future__ import annotations

import numpy as np

__all__ = ["tile_grid", "tile_tokens"]


def tile_tokens(
    height_px: int, width_px: int, detail: str = "high", base_tokens: int = 85, per_tile_tokens: int = 170
) -> int:
    """Tokens of an image, by the rule of GPT-4V.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image. [px]
    detail : str
        "low" or "high".
    base_tokens : int
        Tokens of every image. [1]
    per_tile_tokens : int
        Tokens of a tile. [1]

    Returns
    -------
    int
        Tokens. [1]

    Raises
    ------
    ValueError
        If a size is not positive, or the detail is neither.

    Examples
    --------
    >>> tile_tokens(1024, 1024), tile_tokens(4096, 2048), tile_tokens(4096, 2048, detail="low")
    (765, 1105, 85)
    """
    if min(height_px, width_px) <= 0 or detail not in ("low", "high"):
        raise ValueError("sizes are positive, and the detail is low or high")
    if detail == "low":
        return base_tokens
    scale = min(1.0, 2048 / max(height_px, width_px), 768 / min(height_px, width_px))
    down, across = (int(np.ceil(side * scale / 512 - 1e-9)) for side in (height_px, width_px))
    return base_tokens + per_tile_tokens * down * across


def tile_grid(
    height_px: int, width_px: int, tile_px: int = 448, most_tiles: int = 12, per_tile_tokens: int = 256
) -> dict[str, int]:
    """Grid of tiles onto which InternVL scales an image, and its tokens.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image. [px]
    tile_px : int
        Edge of a tile. [px]
    most_tiles : int
        Most tiles of a grid. [1]
    per_tile_tokens : int
        Tokens of a tile. [1]

    Returns
    -------
    dict of str to int
        `rows` and `columns` of the grid, `tiles` that are encoded, and `tokens`. [1]

    Raises
    ------
    ValueError
        If a size or the number of tiles is not positive.

    Examples
    --------
    >>> tile_grid(1080, 1920)
    {'rows': 2, 'columns': 4, 'tiles': 9, 'tokens': 2304}
    """
    if min(height_px, width_px, tile_px, most_tiles) <= 0:
        raise ValueError("sizes and tiles are positive")
    counts = range(1, most_tiles + 1)
    grids = [(tiles, i, tiles // i) for tiles in counts for i in range(tiles, 0, -1) if tiles % i == 0]
    far = {grid: abs(width_px / height_px - grid[1] / grid[2]) for grid in sorted(grids)}
    nearest = [grid for grid in far if far[grid] == min(far.values())]
    filled = [grid for grid in nearest if height_px * width_px > 0.5 * tile_px**2 * grid[0]]
    tiles, columns, rows = filled[-1] if filled else nearest[0]
    encoded = tiles + (tiles > 1)
    return {"rows": rows, "columns": columns, "tiles": encoded, "tokens": encoded * per_tile_tokens}
