"""What must hold of the answers of module 6's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Property, Raises, call, in_view, labelled, marks, sampled, scales
from reference_solutions.m06_multimodal.fusion_figure import fusion_figure
from reference_solutions.m06_multimodal.tiles import tile_grid

# --- a fourth family --------------------------------------------------------------------------------------------------


ALONE = [(1, 4), (4, 1), (2, 3), (3, 2), (3, 4), (4, 3), (2, 5), (5, 2)]
"""Shapes that one grid has: twice as many rows and columns would be more than 12 tiles."""


def image_like(rng, shapes):
    columns, rows = shapes[int(rng.integers(len(shapes)))]
    height = int(rng.integers(300, 1500))
    return height, int(height * columns / rows * rng.uniform(0.98, 1.02))


def any_image(rng):
    return call(*image_like(rng, ALONE))


def small_square(rng):
    side = int(rng.integers(40, 315))
    return call(side, side)


def large_square(rng):
    side = int(rng.integers(1000, 4000))
    return call(side, side)


def twice_as_wide(rng):
    """1 x 2, and where there are pixels enough, 2 x 4."""
    side = int(rng.integers(100, 1500))
    return call(side, 2 * side) if rng.random() < 0.5 else call(2 * side, side)


def another_model(rng):
    return call(
        *image_like(rng, [(2, 3), (3, 2), (1, 4), (4, 1), (1, 5), (5, 1)]),
        int(rng.choice([336, 392])),
        int(rng.integers(6, 9)),
        per_tile_tokens=int(rng.choice([64, 144])),
    )


def grid(found):
    return [found["rows"], found["columns"]]


STRIPS = [call(100, 1300), call(1300, 100), call(100, 1200)]
SHAPES = [*STRIPS, sampled(any_image, count=5)]
TIES = [
    call(1080, 1920),
    call(634, 634),
    sampled(small_square, count=2),
    sampled(large_square, count=2),
    sampled(twice_as_wide, count=4),
]

GRID = Exercise(
    "m06_tile_grid",
    reference=tile_grid,
    checks=[
        Equal("the nearest shape", weight=1.25, cases=SHAPES, part=grid, message="Photos of all shapes."),
        Equal(
            "as near", weight=1.25, cases=TIES, part=grid, message="Shapes that several grids have, small and large."
        ),
        Equal(
            "tiles and tokens",
            weight=0.75,
            cases=[*SHAPES, *TIES],
            part=lambda found: [found["tiles"], found["tokens"]],
            message="What is encoded, and what reaches the language model.",
        ),
        Equal(
            "another model", weight=0.5, cases=sampled(another_model, count=4), message="Other tiles, fewer of them."
        ),
        Raises(
            ValueError,
            "no such image",
            weight=0.25,
            cases=[call(0, 10), call(10, -1), call(10, 10, 0), call(10, 10, 448, 0)],
            message="Sides, tiles and numbers of tiles that are not positive.",
        ),
    ],
)

# --- the figure -------------------------------------------------------------------------------------------------------


def model_of(rng):
    return {
        "text_tokens": int(rng.integers(100, 900)),
        "image_tokens": int(rng.integers(400, 2500)),
        "latents": int(rng.integers(16, 200)),
        "layers": int(rng.integers(20, 60)),
        "hidden": int(rng.choice([2048, 4096, 5120])),
        "weights": float(rng.uniform(3e9, 2e10)),
        "cross_layers": int(rng.integers(4, 14)),
        "resampler_flops": float(rng.uniform(2e10, 2e11)),
        "flops_per_s": float(rng.uniform(1e14, 6e14)),
    }


def one_sequence_s(model, pictures):
    tokens = model["text_tokens"] + pictures * model["image_tokens"]
    attention = 2 * model["layers"] * model["hidden"] * tokens * (tokens + 1)
    return (2 * model["weights"] * tokens + attention) / model["flops_per_s"]


def all_three(rng):
    """The promise is broken by one sequence on the way."""
    model, last = model_of(rng), int(rng.integers(10, 25))
    return call(np.arange(int(rng.integers(0, 2)), last), one_sequence_s(model, last // 2 + 0.4), model)


def one_left_out(rng):
    """One picture in one sequence is too late already."""
    model = model_of(rng)
    return call(np.arange(1, 16, 2), one_sequence_s(model, 0.8), model)


def lines(figure):
    return {one["label"]: [list(one["x"]), list(one["y"])] for one in figure["series"] if one["kind"] == "line"}


def line_of(way):
    return lambda figure: lines(figure)[way]


THREE, TWO = sampled(all_three, count=3), sampled(one_left_out, count=3)

FIGURE = Exercise(
    "m06_fusion_figure",
    reference=fusion_figure,
    checks=[
        Equal(
            "one sequence",
            weight=0.75,
            cases=THREE,
            part=line_of("one sequence"),
            rtol=1e-6,
            message="Text and pictures in a row, with attention over all of it.",
        ),
        Equal(
            "a resampler",
            weight=0.5,
            cases=THREE,
            part=line_of("resampler"),
            rtol=1e-6,
            message="Few tokens a picture, and what makes them.",
        ),
        Equal(
            "across",
            weight=0.75,
            cases=THREE,
            part=line_of("cross-attention"),
            rtol=1e-6,
            message="Text alone, which looks at the pictures in extra layers.",
        ),
        Equal("marks", weight=0.5, cases=[THREE, TWO], part=marks, rtol=1e-6, message="The last point in time."),
        Equal(
            "left out",
            weight=0.25,
            cases=[THREE, TWO],
            part=lambda figure: [sorted(figure["left_out"]), [one["label"] for one in figure["series"]]],
            message="Ways that are too late from the beginning.",
        ),
        Equal("axes", weight=0.125, cases=THREE, part=scales, message="Two linear axes."),
        Property(
            "in view",
            weight=0.125,
            cases=[THREE, TWO],
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
    ],
)
