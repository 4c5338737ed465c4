"""The bill of module 6's worked example: its tables, and the numbers that text and rubric name."""

from __future__ import annotations

import contextlib

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m05_llm_inference.kv_cache import kv_cache_bytes
from reference_solutions.m06_multimodal.anyres import anyres_tokens
from reference_solutions.m06_multimodal.dynamic_resolution import dynamic_tokens
from reference_solutions.m06_multimodal.fusion_figure import fusion_figure
from reference_solutions.m06_multimodal.tiles import tile_grid, tile_tokens

ROOT = material_root()
FOLDER = ROOT / "assignments/authoring/m06_multimodal"
RUBRIC = " ".join((ROOT / "rubrics/m06_multimodal.yaml").read_text().split())


@pytest.fixture(scope="module")
def notebook():
    """What the notebook defines, with the answers of the references."""
    mpl.use("Agg")
    said = []
    namespace = {"np": np, "pd": pd, "tile_grid": tile_grid, "fusion_figure": fusion_figure}
    namespace["print"] = lambda *words: said.append(words)
    cells = [cell.text for cell in read(FOLDER / "worked_example/notebook.py")]
    with contextlib.chdir(FOLDER):
        for marker in ("import matplotlib", "PICTURES = {", "def bill(", "MODEL = {"):
            exec(next(cell for cell in cells if marker in cell), namespace)
    namespace["plt"].close("all")
    return namespace | {"said": said}


def test_the_table_of_tokens(notebook):
    for name, size in notebook["PICTURES"].items():
        row = notebook["tokens"].loc[name].to_dict()
        assert row == {
            "LLaVA-NeXT": anyres_tokens(*size)["tokens"],
            "Qwen2-VL": dynamic_tokens(*size)["tokens"],
            "GPT-4V, high": tile_tokens(*size),
            "InternVL": tile_grid(*size)["tokens"],
        }


def test_the_patches_that_encoders_see(notebook):
    for place, size in enumerate(notebook["PICTURES"].values()):
        high, wide = anyres_tokens(*size)["canvas_px"]
        assert notebook["PATCHES"]["LLaVA-NeXT"][place] == (high * wide // 336**2 + 1) * 24**2
        assert notebook["PATCHES"]["Qwen2-VL"][place] == 4 * dynamic_tokens(*size)["tokens"]


def test_the_bill(notebook):
    assert float(kv_cache_bytes(32, 8, 128, 2, 1)) == 131_072
    screen = notebook["bill"]("InternVL", "screenshot")
    assert screen["cache [MB]"] == pytest.approx(302, abs=0.5)
    for family in notebook["PATCHES"]:
        for picture in notebook["PICTURES"]:
            bill = notebook["bill"](family, picture)
            assert bill["read [ms]"] > bill["encode [ms]"]
    icon = notebook["tokens"].loc["icon"]
    assert icon.max() / icon.min() == pytest.approx(130, abs=1)
    assert pytest.approx(2400, abs=20) == 8 * 302


def test_the_conversation(notebook):
    figure = notebook["plain"]
    last = {mark["label"]: mark["x"] for mark in figure["marks"]}
    assert last == {"one sequence": 8.0, "resampler": 20.0, "cross-attention": 20.0}
    assert figure["left_out"] == []
    one = figure["series"][0]["y"]
    assert (one[20] - one[19]) > 1.2 * (one[1] - one[0])
    sizes = notebook["said"][-1][-1]
    assert sizes["one sequence"] > 3 * sizes["cross-attention"] > 3 * sizes["resampler"]


def test_the_rubrics_numbers():
    assert "672 x 378" in RUBRIC
    assert round(672 * 900 / 1600) == 378
    ticket = dynamic_tokens(1600, 900)
    assert (ticket["height_px"], ticket["width_px"]) == (1316, 728)
    assert "1316 x 728" in RUBRIC
    grid = tile_grid(1600, 900)
    assert (448 * grid["rows"], 448 * grid["columns"]) == (1792, 896)
    assert "1792 x 896" in RUBRIC
    assert round(1600 * 768 / 900) == 1365
    assert "1365 x 768" in RUBRIC
