"""The claims of module 4's worked example: every number that its text, its table and its rubric name."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m04_sampling.clustering import weighted_kmeans
from reference_solutions.m04_sampling.intervals import sampled_interval
from reference_solutions.m04_sampling.reconstruction import whole_program
from reference_solutions.m04_sampling.sample_size import units_needed
from reference_solutions.m04_sampling.simulation_points import simulation_points

ROOT = material_root()
NOTEBOOK = ROOT / "assignments/authoring/m04_sampling/worked_example/notebook.py"
MODEL_ANSWER = " ".join((ROOT / "rubrics/m04_sampling.yaml").read_text().split())


def run(markers):
    """Cells of the notebook, run one after the other, each up to where it draws."""
    namespace = {"np": np, "pd": pd, "OrderedDict": OrderedDict}
    for marker in markers:
        text = next(cell for cell in read(NOTEBOOK) if marker in cell.text).text
        exec(text.partition("figure, axes")[0], namespace)
    return namespace


@pytest.fixture(scope="module")
def five():
    return run(["SIZES =", "labels = np.argmin"])


@pytest.fixture(scope="module")
def claims():
    return run(["UNITS = 20_000", "every_50th =", "def misses("])


def test_by_hand_is_as_by_the_models(five):
    found = weighted_kmeans(five["vectors"], five["weights"], [[0, 2]], rounds=100)
    np.testing.assert_array_equal(found["labels"], five["labels"])
    np.testing.assert_allclose(found["centres"], five["centres"])
    table = simulation_points(five["vectors"], five["weights"], found)
    assert table["interval"].tolist() == list(five["points"])
    np.testing.assert_allclose(table["weight"], five["shares"])
    np.testing.assert_allclose(table["weight"], [2 / 3, 1 / 3])


def test_two_points_are_within_three_per_cent_and_averages_are_not(five):
    rest = (five["instructions"].sum(), 1e9)
    points = five["points"]
    rates = [five[name] for name in ("IPC", "MPKI", "APKI")]
    estimate = whole_program(five["shares"], *(rate[points] for rate in rates), *rest)
    truth = whole_program(five["weights"], *rates, *rest)
    assert all(abs(estimate[name] / truth[name] - 1) < 0.03 for name in truth)
    averaged = five["shares"] @ five["IPC"][points]
    assert averaged / estimate["ipc"] == pytest.approx(1.5)


def test_claim_a():
    found = whole_program([0.8, 0.2], [1.25, 0.4], [1.0, 1.0], [2.0, 2.0], 1.0, 1.0)
    assert (round(found["cpi"], 2), round(found["ipc"], 2)) == (1.14, 0.88)
    assert pytest.approx(1.08) == 0.8 * 1.25 + 0.2 * 0.4
    assert 1 - found["ipc"] / 1.08 == pytest.approx(0.19, abs=0.01)
    assert "nearly a fifth less" in MODEL_ANSWER


def test_claims_b_and_d(claims):
    cpi = claims["cpi"]
    assert round(cpi.mean(), 2) == 1.14
    narrow = sampled_interval(cpi[::50], confidence=0.997)
    assert (round(narrow["estimate"], 2), round(narrow["relative"], 3)) == (2.51, 0.003)
    means = [round(cpi[offset::stride].mean(), 2) for stride, offset in ((50, 25), (49, 0), (51, 0))]
    assert means == [0.80, 1.14, 1.14]
    fair = sampled_interval(claims["drawn"], confidence=0.997)
    assert (len(claims["drawn"]), round(fair["estimate"], 2)) == (1300, 1.12)
    assert 0.048 < fair["relative"] < 0.05
    assert cpi.std() / cpi.mean() == pytest.approx(0.6, abs=0.01)
    assert units_needed(0.6, 0.05) == pytest.approx(1300, abs=10)
    for said in ("gives 0.80", "51 give 1.14", "about 1,300"):
        assert said in MODEL_ANSWER


def test_claim_c(claims):
    measured = claims["measured"]
    cold, _, warm, _ = measured["miss ratio [%]"]
    truth = 100 * claims["in_truth"]
    assert (round(cold, 1), round(truth, 1), round(measured["± (95 %)"].iloc[0], 1)) == (34.6, 20.3, 0.7)
    assert abs(warm - truth) < 0.5
    assert "34.6 % instead of 20.3 %" in MODEL_ANSWER
