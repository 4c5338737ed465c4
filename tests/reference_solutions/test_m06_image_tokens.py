"""Tokens of images, sound and film: what the libraries count, and pixels and patches counted one by one."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil, isqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reference_solutions.m06_multimodal.anyres import PINPOINTS, anyres_tokens
from reference_solutions.m06_multimodal.dynamic_resolution import dynamic_tokens
from reference_solutions.m06_multimodal.generation import diffusion_flops, latent_elements, token_image_cost
from reference_solutions.m06_multimodal.media_bill import media_bill
from reference_solutions.m06_multimodal.media_tokens import speech_encoder_flops, speech_positions, video_tokens
from reference_solutions.m06_multimodal.tiles import tile_grid, tile_tokens

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "m06_multimodal" / "params_tokens_flops.json").read_text()
)["cases"]
side = st.integers(1, 4000)


def rows_of(start):
    rows = [case for case in RECORDED["image_tokens"] if case["model"].startswith(start)]
    assert len(rows) >= 10
    return rows


# --- LLaVA-NeXT -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows_of("LLaVA-NeXT"), ids=lambda case: f"{case['height']}x{case['width']}")
def test_anyres_as_recorded(case):
    found = anyres_tokens(case["height"], case["width"])
    assert list(found["canvas_px"]) == case["best_resolution_hw"]
    assert found["tokens"] == case["tokens"]


@pytest.mark.parametrize(  # transformers 4.49, height and width
    ("size", "tokens"),
    [((336, 336), 1176), ((480, 640), 2340), ((640, 480), 2352), ((672, 672), 2928), ((1000, 300), 2232)],
)
def test_anyres_of_an_earlier_release(size, tokens):
    assert anyres_tokens(*size)["tokens"] == tokens


@given(side, side)
@example(1080, 1920)
@example(28, 28)
def test_anyres_with_whole_numbers(height, width):
    """Fractions instead of floats, and patches of the canvas marked row by row."""
    assume(max(height, width) < 60 * min(height, width))
    options = []
    for number, (high, wide) in enumerate(PINPOINTS):
        scale = min(Fraction(wide, width), Fraction(high, height))
        kept = min(int(width * scale) * int(height * scale), width * height)
        options.append((-kept, high * wide - kept, number))
    high, wide = PINPOINTS[min(options)[2]]
    rows, columns = high // 14, wide // 14
    if width * rows > height * columns:  # the image is wider: it leaves room above and below
        covered = height * columns // width
        marked = [row for row in range(rows) if (rows - covered) // 2 <= row < rows - (rows - covered) // 2]
        grid = len(marked), columns
    else:
        covered = width * rows // height
        marked = [one for one in range(columns) if (columns - covered) // 2 <= one < columns - (columns - covered) // 2]
        grid = rows, len(marked)
    found = anyres_tokens(height, width)
    # Rounding to seven digits makes a whole number of what is a hair below it.
    exact = Fraction(height * columns, width) if width * rows > height * columns else Fraction(width * rows, height)
    assume(exact - int(exact) < 1 - Fraction(1, 10**6))
    assert found["canvas_px"] == (high, wide)
    assert found["grid"] == grid
    assert found["tokens"] == grid[0] * (grid[1] + 1) + 24 * 24


# --- Qwen2-VL and Qwen3-VL --------------------------------------------------------------------------------------------

LIMITS = {
    "Qwen2-VL p14 m2 default": (28, 56 * 56, 28 * 28 * 1280),
    "Qwen2-VL p14 m2 (4..16384": (28, 4 * 28 * 28, 16384 * 28 * 28),
    "Qwen3-VL": (32, 65536, 16777216),
}


@pytest.mark.parametrize("setting", LIMITS)
def test_dynamic_as_recorded(setting):
    for case in rows_of(setting):
        found = dynamic_tokens(case["height"], case["width"], *LIMITS[setting])
        assert [found["height_px"], found["width_px"]] == case["resized_hw"]
        assert found["tokens"] == case["tokens"]


@pytest.mark.parametrize(
    ("size", "tokens"), [((224, 224), 64), ((480, 640), 391), ((1080, 1920), 1222), ((2160, 3840), 1222)]
)
def test_dynamic_of_an_earlier_release(size, tokens):
    assert dynamic_tokens(*size)["tokens"] == tokens


def even(numerator, denominator):
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


@given(side, side)
@example(42, 70)  # halves: 1.5 becomes 2, 2.5 becomes 2
def test_dynamic_with_whole_numbers(height, width):
    """floor(h / (f beta)) is the integer root of h^2 m / (f^2 h w): no float at all."""
    assume(max(height, width) <= 200 * min(height, width))
    sides, limits = (height, width), (3136, 1003520)
    multiples = [even(one, 28) for one in sides]
    if multiples[0] * multiples[1] * 784 > limits[1]:
        squares = [Fraction(one**2 * limits[1], 784 * height * width) for one in sides]
        assume(all(isqrt(int(one)) ** 2 != one for one in squares))
        multiples = [max(1, isqrt(int(one))) for one in squares]
    elif multiples[0] * multiples[1] * 784 < limits[0]:
        squares = [Fraction(one**2 * limits[0], 784 * height * width) for one in sides]
        assume(all(isqrt(int(one)) ** 2 != one for one in squares))
        multiples = [isqrt(int(one)) + 1 for one in squares]
    found = dynamic_tokens(height, width)
    assert [found["height_px"], found["width_px"]] == [28 * one for one in multiples]
    assert found["tokens"] == multiples[0] * multiples[1]


# --- tiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [((1024, 1024), "high", 765), ((4096, 2048), "high", 1105), ((4096, 8192), "low", 85), ((512, 512), "high", 255)],
)
def test_the_examples_of_the_guide(size, detail, tokens):
    assert tile_tokens(*size, detail=detail) == tokens


@given(side, side)
@example(768, 512)
@example(1536, 1024)
def test_tiles_step_by_step(height, width):
    """First into the square, then the short side, in fractions."""
    sides = [Fraction(height), Fraction(width)]
    for limit, of in ((2048, max), (768, min)):
        if of(sides) > limit:
            factor = limit / of(sides)
            sides = [one * factor for one in sides]
    down, across = (ceil(one / 512) for one in sides)
    assert tile_tokens(height, width) == 85 + 170 * down * across


@pytest.mark.parametrize("case", rows_of("InternVL"), ids=lambda case: f"{case['height']}x{case['width']}")
def test_grids_as_recorded(case):
    found = tile_grid(case["height"], case["width"])
    assert [found["columns"], found["rows"]] == case["tiles_cols_rows"]
    assert (found["tiles"], found["tokens"]) == (case["tiles_total"], case["tokens"])


@given(st.integers(28, 4000), st.integers(28, 4000))
@example(300, 300)
@example(700, 1400)
def test_grids_compared_with_each_other(height, width):
    """Nearest aspect; among the nearest, the largest whose half the image fills, or else the smallest."""
    ratio = Fraction(width, height)
    grids = [(i, j) for i in range(1, 13) for j in range(1, 13) if i * j <= 12]
    far = {grid: abs(ratio - Fraction(*grid)) for grid in grids}
    least = min(far.values())
    assume(all(one == least or one - least > Fraction(1, 10**9) for one in far.values()))
    nearest = sorted((grid for grid in grids if far[grid] == least), key=lambda grid: (grid[0] * grid[1], grid[0]))
    assume(len({Fraction(*grid) for grid in nearest}) == 1)  # floats may tell left from right
    filled = [grid for grid in nearest if 2 * height * width > 448**2 * grid[0] * grid[1]]
    columns, rows = filled[-1] if filled else nearest[0]
    found = tile_grid(height, width)
    assert (found["columns"], found["rows"]) == (columns, rows)
    assert found["tokens"] == 256 * (columns * rows + (columns * rows > 1))


@pytest.mark.parametrize("rule", [anyres_tokens, dynamic_tokens, tile_tokens, tile_grid])
def test_no_image_is_refused(rule):
    for size in ((0, 10), (10, -1)):
        with pytest.raises(ValueError, match="positive"):
            rule(*size)


def test_what_no_rule_covers_is_refused():
    with pytest.raises(ValueError, match="200 times"):
        dynamic_tokens(10, 2001)
    with pytest.raises(ValueError, match="low or high"):
        tile_tokens(10, 10, detail="auto")
    with pytest.raises(ValueError, match="there is a canvas"):
        anyres_tokens(10, 10, [])


# --- sound, film, and images that are made ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED["audio"])
def test_whisper_as_recorded(name):
    case = RECORDED["audio"][name]
    assert speech_encoder_flops(case["layers"], case["d_model"], case["ffn"], case["mel"]) == case["encoder_flops_30s"]
    assert float(speech_positions(30.0)) == case["encoder_frames"] == case["mel_frames_30s"] / 2


@given(st.integers(0, 5000))
def test_pieces_one_by_one(tenths):
    pieces = len(range(0, tenths, 300))
    assert float(speech_positions(tenths / 10)) == 1500 * pieces


def test_a_film_pair_by_pair():
    pictures = list(range(5 * 3))  # five seconds, three a second
    pairs = [pictures[first : first + 2] for first in range(0, len(pictures), 2)]
    assert video_tokens(5.0, 3.0, 480, 640) == len(pairs) * dynamic_tokens(480, 640, 28, 100352, 602112)["tokens"]


def test_an_image_token_by_token():
    flops = weights = cache = 0.0
    for token in range(1, 1 + 5 + 11):
        flops += 2 * 1000 + 4 * 3 * 8 * token
    passes = [range(1, 6)] + [[number] for number in range(6, 17)]  # the prompt at once, then one by one
    for new in passes:
        weights += 2 * 1000
        cache += 0 if new[0] == 1 else 2 * 2 * 3 * 8 * new[0]
    found = token_image_cost(5, 11, 1000, 3, 8, 2)
    assert found == {"flops": flops, "weight_bytes": weights, "cache_bytes": cache}


def test_a_diffusion_model_step_by_step():
    # Slides on accelerating Stable Diffusion: 1.67952 Tflop a guided step, 83.976 Tflop for 50 steps.
    assert diffusion_flops(50, 1.67952e12 / 2) == pytest.approx(83.976e12)
    assert diffusion_flops(3, 5.0, guided=False, text_flops=1.0, decoder_flops=2.0) == 1 + 5 + 5 + 5 + 2
    assert latent_elements(512, 512) == np.zeros((4, 64, 64)).size


@pytest.mark.parametrize(
    "bad",
    [
        lambda: speech_positions(-1.0),
        lambda: video_tokens(0.0, 1.0, 10, 10),
        lambda: token_image_cost(0, 1, 1, 1, 1, 1),
        lambda: diffusion_flops(0, 1.0),
        lambda: latent_elements(513, 512),
    ],
)
def test_impossible_media_are_refused(bad):
    with pytest.raises(ValueError, match=r"negative|positive|has a|there is|divides"):
        bad()


@pytest.mark.parametrize("guided", [True, False])
def test_a_bill_is_what_its_pages_say(guided):
    film = {
        "duration_s": 47.0,
        "pictures_per_s": 1.5,
        "picture_tokens": dynamic_tokens(720, 1280, most_px=602112)["tokens"],
    }
    writer = {
        "text_tokens": 256,
        "image_tokens": 1024,
        "weights": 12e9,
        "layers": 64,
        "hidden": 3968,
        "element_bytes": 2,
    }
    refiner = {"steps": 30, "guided": guided, "text_flops": 3e10, "network_flops": 8e11, "decoder_flops": 2.5e12}
    bill = media_bill(95.0, film, writer, refiner)
    written = token_image_cost(*writer.values())
    assert bill == {
        "call_positions": float(speech_positions(95.0)),
        "film_tokens": video_tokens(47.0, 1.5, 720, 1280),
        "written_flops": pytest.approx(written["flops"]),
        "written_bytes": written["weight_bytes"],
        "refined_flops": pytest.approx(diffusion_flops(30, 8e11, guided, 3e10, 2.5e12)),
    }
