"""The queue of module 3's worked example: the numbers that its text and its rubric name."""

from __future__ import annotations

import numpy as np
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m03_modeling_simulation.runs import replication_interval
from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation, welch_average
from reference_solutions.m08_tail_latency.mmc import mmc_mean_wait_s

ROOT = material_root()
NOTEBOOK = ROOT / "assignments/authoring/m03_modeling_simulation/worked_example/notebook.py"
MODEL_ANSWER = " ".join((ROOT / "rubrics/m03_modeling_simulation.yaml").read_text().split())


def cell_with(marker, **names):
    text = next(cell for cell in read(NOTEBOOK) if marker in cell.text).text
    namespace = {"np": np, **names}
    exec(text[text.index(marker) :], namespace)
    return namespace


@pytest.fixture(scope="module")
def course():
    return cell_with("ARRIVAL_PER_S, SERVICE_PER_S, ENGINES")


@pytest.fixture(scope="module")
def waits_s(course):
    return course["waits_s"]


def test_the_formula_is_module_8s(course):
    assert course["expected_s"] == pytest.approx(float(mmc_mean_wait_s(1.5, 1.0, 2)))
    assert course["erlang_c"] == pytest.approx(0.642857, abs=1e-6)
    assert 1.5 * course["expected_s"] == pytest.approx(1.928571, abs=1e-6)


def test_the_colleagues_interval_is_ten_times_too_short(waits_s):
    colleague = waits_s(39, 400)
    assert (round(colleague.mean(), 2), round(1.96 * colleague.std(ddof=1) / 20, 2)) == (0.85, 0.11)
    away = colleague - colleague.mean()
    assert [round(float(away[lag:] @ away[:-lag] / (away @ away)), 2) for lag in (1, 5)] == [0.88, 0.53]
    means = [waits_s(1000 + run, 400).mean() for run in range(20)]
    found = replication_interval(means, 0.05)
    assert (round(found["mean"], 2), round(found["half_width"], 2)) == (1.18, 0.25)
    assert 1.96 * np.std(means, ddof=1) / 0.11 == pytest.approx(10, abs=1)
    assert "1.18 ± 0.25 s" in MODEL_ANSWER


def test_the_warm_up_is_as_the_text_says(waits_s, course):
    runs = np.array([waits_s(3000 + run, 400) for run in range(120)])
    assert mser_truncation(runs.mean(axis=0))["dropped"] == 25
    many = np.array([waits_s(20_000 + run, 400) for run in range(1500)]).mean(axis=0)
    smooth = welch_average(many, 10)
    assert np.all(smooth[100:380] > 0.93 * course["expected_s"])
    assert smooth[25] < 0.85 * course["expected_s"]
    assert 0.02 < course["expected_s"] - many.mean() < 0.1


def test_three_ways_to_spend_the_same_jobs(waits_s):
    short = np.array([waits_s(5000 + run, 400) for run in range(150)])
    longer = np.array([waits_s(6000 + run, 3000) for run in range(20)])[:, 100:].mean(axis=1)
    assert [round(float(one.mean()), 2) for one in (short, short[:, 100:])] == [1.19, 1.24]
    found = replication_interval(longer, 0.02)
    assert (round(found["mean"], 2), round(found["half_width"], 2), found["runs"]) == (1.29, 0.10, 412)
    assert round(float(np.std(longer, ddof=1)), 2) == 0.21
    for said in ("1.19 s with all jobs, 1.24 s without", "1.29 ± 0.10 s", "about 410 such runs", "deviation of 0.21 s"):
        assert said in MODEL_ANSWER


def test_paired_runs_tell_the_designs_apart(waits_s):
    two, one = (
        np.array([waits_s(8000 + run, 2000, **how).mean() for run in range(10)])
        for how in ({}, {"engines": 1, "service_per_s": 2.0})
    )
    assert replication_interval(one - two, 1.0)["half_width"] < 0.1 * np.abs(np.mean(one - two))
