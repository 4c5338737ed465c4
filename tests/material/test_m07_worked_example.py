"""The page of module 7's worked example: its entries are published ones, and its numbers are those of the rubric."""

from __future__ import annotations

import json

import matplotlib as mpl
import numpy as np
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m07_mlperf.comparison import comparison_table
from reference_solutions.m07_mlperf.token_bill import token_bill

ROOT = material_root()
CELLS = [cell.text for cell in read(ROOT / "assignments/authoring/m07_mlperf/worked_example/notebook.py")]
MODEL_ANSWER = (ROOT / "rubrics/m07_mlperf.yaml").read_text().replace("\n      ", " ")


@pytest.fixture(scope="module")
def notebook():
    """What the notebook defines, with the answers of the references."""
    mpl.use("Agg")
    namespace = {"comparison_table": comparison_table, "token_bill": token_bill, "print": lambda *_: None}
    for marker in (
        "import matplotlib",
        "ENTRIES = [",
        "compared = ",
        "table = pd",
        "OFFERS = {",
        "drawn = {",
        "share = np",
    ):
        exec(next(cell for cell in CELLS if marker in cell), namespace)
    namespace["plt"].close("all")
    return namespace


@pytest.mark.shared
def test_the_entries_are_published_ones(notebook, shared_oracles):
    recorded = json.loads((shared_oracles / "systems/mlperf/inference_v51_results.json").read_text())["cases"]
    known = {(one["Submitter"], one["Platform"], one["Model"], one["Scenario"]): one for one in recorded}
    seen = 0
    for entry in notebook["ENTRIES"]:
        submitter = entry["entry"].split(",")[0].replace("QCT", "Quanta_Cloud_Technology")
        one = known.get((submitter, entry["platform"], entry["model"], entry["scenario"]))
        if one is None:
            # read in the public summaries: 5.1-0001 and 5.0-0001
            assert (entry["platform"], entry["result"]) in [
                ("8xMI300X_2xEPYC_9575F", 8840.42),
                ("8xMI325X_2xEPYC_9575F", 33928.1),
            ]
            continue
        seen += 1
        assert one["Performance_Result"] == entry["result"]
        assert (one["Nodes"], one["a#"]) == (entry["nodes"], entry["accelerators"])
        assert (one["Category"], one["Suite"], one["Performance_Units"]) == ("closed", "datacenter", entry["unit"])
        assert one["weight_data_types"] == entry["weights"]
    assert seen == 8


def test_three_entries_may_stand_beside_the_baseline(notebook):
    compared = notebook["compared"]
    assert np.isfinite(compared["ratio"]).sum() == 4
    assert max(compared["per_accelerator"]) == pytest.approx(11_504, abs=1)
    assert compared["entry"][int(np.argmax(compared["per_accelerator"]))] == "Azure, GB200"


def test_the_numbers_of_the_model_answer(notebook):
    page, billed, drawn = notebook["page"], notebook["billed"], notebook["drawn"]
    rounded = {
        name: [round(float(page[name][key]), 2) for key in ("USD/M, median", "USD/M, low", "USD/M, high", "J/token")]
        for name in "AB"
    }
    assert rounded == {"A": [0.31, 0.19, 0.55, 0.79], "B": [0.33, 0.21, 0.6, 0.62]}
    for said in ("0.31 USD a million (0.19 to 0.55", "0.33 USD (0.21 to 0.60) and 0.62 J", "63 and 41 %"):
        assert said in MODEL_ANSWER
    assert [round(100 * page[name]["of offline"]) for name in "AB"] == [63, 41]
    ends = {factor: [round(end, 2) for end in values] for factor, values in notebook["ends"].items()}
    assert (ends["utilisation"], ends["years"]) == ([0.58, 0.2], [0.39, 0.24])
    dearer = billed("B", **drawn)["million_usd"] / billed("A", **drawn)["million_usd"] - 1
    assert (round(100 * dearer.min()), round(100 * dearer.max())) == (6, 11)
    assert notebook["share"] == 1
    slide = {name: page[name]["USD/M on the slide"] for name in page}
    assert min(slide, key=slide.get) == "B"
    assert slide["A"] / page["A"]["USD/M, median"] == pytest.approx(0.26, abs=0.02)


def test_a_tenth_more_would_change_the_choice(notebook):
    billed, offers = notebook["billed"], notebook["OFFERS"]
    offers["B"]["Interactive"] *= 1.1
    try:
        assert float(billed("B")["million_usd"]) < float(billed("A")["million_usd"])
    finally:
        offers["B"]["Interactive"] /= 1.1
