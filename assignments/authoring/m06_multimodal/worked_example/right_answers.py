"""Independent right answers to module 6's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import answer


@answer("m06_tile_grid", by="all nearest grids at once, and the largest that is half filled")
def grid_by_groups(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    if not (height_px > 0 and width_px > 0 and tile_px > 0 and most_tiles > 0):
        raise ValueError("no image")
    columns, rows = (one.ravel() for one in np.mgrid[1 : most_tiles + 1, 1 : most_tiles + 1])
    fits = columns * rows <= most_tiles
    columns, rows = columns[fits], rows[fits]
    far = np.abs(width_px / height_px - columns / rows)
    nearest = np.flatnonzero(far == far.min())
    nearest = nearest[np.lexsort((columns[nearest], (columns * rows)[nearest]))]
    filled = [one for one in nearest if 2 * height_px * width_px > tile_px**2 * columns[one] * rows[one]]
    best = filled[-1] if filled else nearest[0]
    tiles = int(columns[best] * rows[best])
    tiles = tiles + 1 if tiles > 1 else 1
    return {
        "rows": int(rows[best]),
        "columns": int(columns[best]),
        "tiles": tiles,
        "tokens": tiles * per_tile_tokens,
    }


@answer("m06_fusion_figure", by="operations token by token")
def figure_token_by_token(pictures, promise_s, model):
    n, width = [int(one) for one in pictures], model["hidden"]
    longest = model["text_tokens"] + max(n) * max(model["image_tokens"], model["latents"])
    each = 2 * model["weights"] + 4 * model["layers"] * width * np.arange(1.0, longest + 1)
    read = np.concatenate([[0.0], np.cumsum(each)])  # operations of the first tokens
    x, k = model["text_tokens"], model["image_tokens"]
    ways = {
        "one sequence": [read[x + one * k] for one in n],
        "resampler": [read[x + one * model["latents"]] + one * model["resampler_flops"] for one in n],
        "cross-attention": [
            read[x] + model["cross_layers"] * 2 * (2 * (x + one * k) * width**2 + 2 * x * one * k * width) for one in n
        ],
    }
    times = {way: [float(flops) / model["flops_per_s"] for flops in work] for way, work in ways.items()}
    drawn = [way for way in times if min(times[way]) <= promise_s]
    marks = []
    for way in drawn:
        last = max(place for place, time_s in enumerate(times[way]) if time_s <= promise_s)
        marks.append({"label": way, "x": n[last], "y": times[way][last]})
    top = 1.1 * max([promise_s, *(max(times[way]) for way in drawn)])
    return {
        "title": "Pictures in a conversation",
        "x": {"label": "pictures in the conversation", "scale": "linear", "limits": [n[0], n[-1]]},
        "y": {"label": "time to the first word [s]", "scale": "linear", "limits": [0, top]},
        "series": [{"label": way, "kind": "line", "x": n, "y": times[way]} for way in drawn],
        "marks": marks,
        "left_out": [way for way in times if way not in drawn],
    }
