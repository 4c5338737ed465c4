"""What students really write in module 6's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- a fourth family --------------------------------------------------------------------------------------------------

NEAREST, AS_NEAR, ENCODED, ANOTHER, NO_IMAGE = (
    "the nearest shape",
    "as near",
    "tiles and tokens",
    "another model",
    "no such image",
)


def asked_for(height_px, width_px, tile_px, most_tiles):
    if min(height_px, width_px, tile_px, most_tiles) <= 0:
        raise ValueError("no such image")


def chosen(height_px, width_px, tile_px, most_tiles, *, takes=None):
    """Columns and rows, by a rule for ties of our choice."""
    takes = takes or (lambda tiles: height_px * width_px > 0.5 * tile_px**2 * tiles)
    best = None
    for i, j in sorted(
        ((i, j) for i in range(1, most_tiles + 1) for j in range(1, most_tiles + 1) if i * j <= most_tiles),
        key=lambda one: (one[0] * one[1], one[0]),
    ):
        distance = abs(width_px / height_px - i / j)
        if best is None or distance < best[0] or (distance == best[0] and takes(i * j)):
            best = distance, i, j
    return best[1:]


def image_of(columns, rows, per_tile_tokens, *, thumbnail=None):
    tiles = rows * columns
    tiles += (tiles > 1) if thumbnail is None else thumbnail
    return {"rows": rows, "columns": columns, "tiles": tiles, "tokens": tiles * per_tile_tokens}


@mistake(
    "m06_tile_grid",
    misconception="rows are columns",
    loses=[NEAREST, AS_NEAR, ANOTHER],
    hint="A wide image got a high grid: rows and columns are exchanged.",
)
def rows_are_columns(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    columns, rows = chosen(height_px, width_px, tile_px, most_tiles)
    return image_of(rows, columns, per_tile_tokens)


@mistake(
    "m06_tile_grid",
    misconception="the first of the nearest",
    loses=[AS_NEAR, ENCODED],
    hint="You keep the smallest of grids of one shape. A large image gets the larger ones.",
)
def the_first_of_the_nearest(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    columns, rows = chosen(height_px, width_px, tile_px, most_tiles, takes=lambda _tiles: False)
    return image_of(columns, rows, per_tile_tokens)


@mistake(
    "m06_tile_grid",
    misconception="the last of the nearest",
    loses=[AS_NEAR, ENCODED],
    hint="You take the largest of grids of one shape, for the smallest image, too. It must fill half of a grid.",
)
def the_last_of_the_nearest(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    columns, rows = chosen(height_px, width_px, tile_px, most_tiles, takes=lambda _tiles: True)
    return image_of(columns, rows, per_tile_tokens)


@mistake(
    "m06_tile_grid",
    misconception="as many tiles as cover it",
    loses=[NEAREST, AS_NEAR, ENCODED, ANOTHER],
    hint="You covered the image in its own size. Here it is scaled onto a grid that has its shape.",
)
def as_many_as_cover_it(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    rows, columns = -(-height_px // tile_px), -(-width_px // tile_px)
    while rows * columns > most_tiles:
        rows, columns = max(1, rows - 1), max(1, columns - 1)
    return image_of(columns, rows, per_tile_tokens)


@mistake(
    "m06_tile_grid",
    misconception="the whole image is not seen",
    loses=[ENCODED, ANOTHER],
    hint="Where there are several tiles, the whole image is encoded once more. Yours is missing.",
)
def the_whole_is_not_seen(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    return image_of(*chosen(height_px, width_px, tile_px, most_tiles), per_tile_tokens, thumbnail=0)


@mistake(
    "m06_tile_grid",
    misconception="the whole image is always seen twice",
    loses=[ENCODED],
    hint="A single tile is the whole image already. You count it twice.",
)
def always_seen_twice(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    return image_of(*chosen(height_px, width_px, tile_px, most_tiles), per_tile_tokens, thumbnail=1)


@mistake(
    "m06_tile_grid",
    misconception="twelve tiles everywhere",
    loses=[ANOTHER],
    hint="You wrote 448, 12 and 256 into the code. Use the arguments.",
)
def twelve_tiles_everywhere(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    asked_for(height_px, width_px, tile_px, most_tiles)
    return image_of(*chosen(height_px, width_px, 448, 12), 256)


@mistake(
    "m06_tile_grid",
    misconception="any image has a grid",
    loses=[NO_IMAGE],
    hint="An image without pixels, or no tiles, gives a grid here.",
)
def any_image_has_a_grid(height_px, width_px, tile_px=448, most_tiles=12, per_tile_tokens=256):
    sides = max(height_px, 1), max(width_px, 1)
    return image_of(*chosen(*sides, tile_px, max(most_tiles, 1)), per_tile_tokens)


# --- the figure -------------------------------------------------------------------------------------------------------

SEQUENCE, RESAMPLER, ACROSS = "one sequence", "a resampler", "across"
MARKS, LEFT_OUT, AXES, VIEW = "marks", "left out", "axes", "in view"


def plotted(pictures, promise_s, model, *, pairs=None, few=None, across=None, keep_all=False, kept=None, limits=None):
    n, x = np.asarray(pictures, dtype=float), model["text_tokens"]
    width, layers = model["hidden"], model["layers"]
    pairs = pairs or (lambda tokens: tokens * (tokens + 1) / 2)
    across = across or (lambda k: 4 * x * width**2 + 4 * k * width**2 + 4 * x * k * width)
    few = few or (lambda count: count * model["resampler_flops"])

    def read(tokens):
        return 2 * model["weights"] * tokens + 4 * layers * width * pairs(tokens)

    flops = {
        "one sequence": read(x + n * model["image_tokens"]),
        "resampler": read(x + n * model["latents"]) + few(n),
        "cross-attention": read(x) + model["cross_layers"] * across(n * model["image_tokens"]),
    }
    series, found, left_out = [], [], []
    for way, operations in flops.items():
        y = operations / model["flops_per_s"]
        in_time = (kept or (lambda times: times <= promise_s))(y)
        if not in_time[0] and not keep_all:
            left_out.append(way)
            continue
        last = int(np.flatnonzero(in_time)[-1]) if in_time.any() else 0
        series.append({"label": way, "kind": "line", "x": n.tolist(), "y": y.tolist()})
        found.append({"label": way, "x": float(n[last]), "y": float(y[last])})
    top = max([promise_s, *(max(one["y"]) for one in series)])
    return {
        "title": "What pictures cost",
        "x": {"label": "pictures", "scale": "linear", "limits": [float(n[0]), float(n[-1])]},
        "y": {"label": "time to read [s]", "scale": "linear", "limits": limits or [0.0, top]},
        "series": series,
        "marks": found,
        "left_out": left_out,
    }


@mistake(
    "m06_fusion_figure",
    misconception="attention over the full square",
    loses=[SEQUENCE, RESAMPLER, ACROSS, MARKS],
    hint="Your attention compares each token with each. It is causal: with those before it, and itself.",
)
def the_full_square(pictures, promise_s, model):
    return plotted(pictures, promise_s, model, pairs=lambda tokens: tokens**2)


@mistake(
    "m06_fusion_figure",
    misconception="attention is free",
    loses=[SEQUENCE, RESAMPLER, ACROSS, MARKS],
    hint="You count weights only. With ten pictures in a row, attention takes a good part of the time.",
)
def attention_is_free(pictures, promise_s, model):
    return plotted(pictures, promise_s, model, pairs=lambda tokens: 0 * tokens)


@mistake(
    "m06_fusion_figure",
    misconception="the resampler is free",
    loses=[RESAMPLER, MARKS],
    hint="Few tokens come out of the resampler, and making them takes operations for each picture.",
)
def the_resampler_is_free(pictures, promise_s, model):
    return plotted(pictures, promise_s, model, few=lambda count: 0 * count)


@mistake(
    "m06_fusion_figure",
    misconception="pictures ask, too",
    loses=[ACROSS, MARKS],
    hint="In your cross layers queries and outputs are made of the pictures as well. Only the text asks.",
)
def pictures_ask_too(pictures, promise_s, model):
    x, width = model["text_tokens"], model["hidden"]
    return plotted(pictures, promise_s, model, across=lambda k: 8 * (x + k) * width**2 + 4 * x * k * width)


@mistake(
    "m06_fusion_figure",
    misconception="one cross layer",
    loses=[ACROSS, MARKS],
    hint="You count a single cross layer. There are several.",
)
def one_cross_layer(pictures, promise_s, model):
    x, width, layers = model["text_tokens"], model["hidden"], model["cross_layers"]
    return plotted(
        pictures,
        promise_s,
        model,
        across=lambda k: (4 * x * width**2 + 4 * k * width**2 + 4 * x * k * width) / layers,
    )


@mistake(
    "m06_fusion_figure",
    misconception="the first point that is late",
    loses=[MARKS],
    hint="Your mark is the first point that breaks the promise. Mark the last one that keeps it.",
)
def the_first_that_is_late(pictures, promise_s, model):
    found = plotted(pictures, promise_s, model)
    for mark, one in zip(found["marks"], found["series"], strict=True):
        place = min(one["x"].index(mark["x"]) + 1, len(one["x"]) - 1)
        mark.update({"x": one["x"][place], "y": one["y"][place]})
    return found


@mistake(
    "m06_fusion_figure",
    misconception="every way has a line",
    loses=[MARKS, LEFT_OUT],
    hint="A way that is too late with the fewest pictures already has a line in yours. Name it, and leave it out.",
)
def every_way_has_a_line(pictures, promise_s, model):
    return plotted(pictures, promise_s, model, keep_all=True)


@mistake(
    "m06_fusion_figure",
    misconception="zoomed into the promise",
    loses=[VIEW],
    hint="Times above the promise lie outside of your axis. What breaks a promise should be seen.",
)
def zoomed_into_the_promise(pictures, promise_s, model):
    return plotted(pictures, promise_s, model, limits=[0.0, promise_s / 10])


@mistake(
    "m06_fusion_figure",
    misconception="a logarithmic axis",
    loses=[AXES],
    hint="Your axis of times is logarithmic: there a square and a line look alike. Both axes are linear here.",
)
def a_logarithmic_axis(pictures, promise_s, model):
    found = plotted(pictures, promise_s, model)
    found["y"] |= {"scale": "log", "limits": [promise_s / 1e4, found["y"]["limits"][1]]}
    return found
