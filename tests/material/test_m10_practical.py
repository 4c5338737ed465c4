"""What module 10's practical shows beside its exercises: its data, its functions, and numbers that its text names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m08_tail_latency.quantiles import quantile_interval_s
from reference_solutions.m10_validation.bootstrap import bca_interval
from reference_solutions.m10_validation.latency_layers import latency_layers
from reference_solutions.m10_validation.left_out import left_out_table
from reference_solutions.m10_validation.propagation import net_energy
from reference_solutions.m10_validation.quantile_verdict import quantile_verdict
from reference_solutions.m10_validation.rank_fidelity import rank_fidelity
from reference_solutions.m10_validation.run_screen import run_screen
from reference_solutions.m10_validation.triangle import triangle_check

FOLDER = material_root() / "assignments/authoring/m10_validation"
NOTEBOOK = FOLDER / "practical/notebook.py"


def cell(marker, start="", end=None, **names):
    """What a cell of the notebook defines, run by itself; it draws, too, so only a part of it may be run."""
    text = next(cell for cell in read(NOTEBOOK) if marker in cell.text).text
    namespace = {"np": np, "pd": pd, "special": special, **names}
    exec(text[text.index(start) : text.index(end) if end else None], namespace)
    return namespace


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("n", [1, 3, 60, 400])
def test_the_notebooks_interval_is_that_of_module_8(n, confidence):
    theirs = cell("def quantile_interval_s(")["quantile_interval_s"]
    latency_s = np.random.default_rng(n).lognormal(size=n)
    for quantile in (0.05, 0.5, 0.95):
        ours = quantile_interval_s(latency_s, quantile, confidence)
        assert theirs(latency_s, quantile, confidence) == {name: ours[name] for name in ("low", "high")}
    with pytest.raises(ValueError, match="no latencies"):
        theirs([], 0.5, 0.9)


def test_each_habit_is_caught_by_another_screen():
    forty_runs = cell("def forty_runs(", "def forty_runs(", "rows, (figure")["forty_runs"]
    found = {kind: run_screen(forty_runs(kind)) for kind in ("steady", "warms up", "a neighbour", "remembers")}
    assert found["steady"]["drift_p"] > 0.05 > found["warms up"]["drift_p"]
    assert [kind for kind, screen in found.items() if screen["outliers"]] == ["a neighbour"]
    assert found["remembers"]["effective_runs"] < 6
    assert found["warms up"]["lag1"] > 0.5
    means = [np.mean(forty_runs(kind)) for kind in found]
    assert max(means) - min(means) < 0.05


def test_what_the_text_says_of_the_bootstrap():
    """84 and 86 of 100 intervals hold the mean of a lognormal distribution, with fifteen points."""
    draw, held = np.random.default_rng(0), np.zeros(2)
    places = draw.integers(15, size=(600, 15))
    for _ in range(1500):
        found = bca_interval(draw.lognormal(0, 1, 15), np.ones(15), places)
        truth = np.exp(0.5)
        held += [found["percentile_low"] <= truth <= found["percentile_high"], found["low"] <= truth <= found["high"]]
    assert held / 1500 == pytest.approx([0.84, 0.86], abs=0.02)
    assert held[1] > held[0]


def test_what_the_text_says_of_promises():
    """A fifth of room: hundreds of requests; three per cent: thousands."""
    draw = np.random.default_rng(1)
    kept = {
        (truth, n): np.mean(
            [
                quantile_verdict(truth * np.exp(draw.normal(0, 0.5, n) - 1.1632), 0.99, 0.1)["verdict"] == "kept"
                for _ in range(100)
            ]
        )
        for truth, n in ((0.08, 1000), (0.097, 1000), (0.097, 6000))
    }
    assert kept[0.08, 1000] > 0.7
    assert kept[0.097, 1000] < 0.2
    assert kept[0.097, 6000] < 0.6


def test_what_the_text_says_of_energies():
    def relative(idle, r):
        found = net_energy(300.0, idle, 60.0, 1000, 3.0, 0.01 * idle, 0.06, r)
        return found["expanded_j"] / found["energy_j"]

    assert relative(10.0, 0.0) == pytest.approx(0.02, abs=0.002)
    assert relative(280.0, 0.0) == pytest.approx(0.4, abs=0.03)
    assert relative(280.0, 1.0) < 0.021


def test_the_recorded_layers():
    text = (FOLDER / "data/request_layers.txt").read_text()
    p99, median = latency_layers(text), latency_layers(text, 0.5)["layers"]
    assert p99["bottleneck"] == "runq_us"
    assert list(p99["layers"]) == ["lock_us", "runq_us", "tcp_us", "disk_us[nvme0n1]"]
    runq = p99["layers"]["runq_us"]
    assert median["runq_us"]["high_us"] == 8
    assert 47 < runq["least_s"] < 48
    assert runq["least_s"] / p99["layers"]["tcp_us"]["most_s"] == pytest.approx(3, abs=0.1)
    assert (402 + 611 + 277) / runq["events"] == pytest.approx(0.032, abs=5e-4)


def test_the_three_simulators_are_what_the_text_says():
    made = cell('"a fifth too slow"', end="rows = {}")
    times, simulators = made["times"], made["simulators"]
    assert rank_fidelity(simulators["a fifth too slow"], times)["speedup_error"] < 1e-9
    assert rank_fidelity(simulators["noise of 10 %"], times)["speedup_error"] == pytest.approx(0.3, abs=0.01)
    assert np.mean(np.abs(simulators["noise of 10 %"] / times - 1)) == pytest.approx(0.06, abs=0.005)
    far = rank_fidelity(simulators["one far point"], np.r_[times[:13], 40.0])
    assert far["pearson"] > 0.99
    assert far["spearman"] < 0.2


def test_four_of_five_mornings_are_judged_rightly():
    made = cell("mornings = {", "mornings", "rows = {}")
    common = made["good"] | {"served_per_s": 7900.0, "relative_u": [0.03, 0.01, 0.01]}
    suspects = [triangle_check(**(common | fault))["suspect"] for fault in made["mornings"].values()]
    assert suspects == ["none", "simulator", "counters", "application", "application"]


def test_a_model_that_sums_has_a_pattern_on_a_machine_that_overlaps():
    made = cell("overlapped_s", end="colours =", left_out_table=left_out_table)
    error, verdict = made["outcome"]["error"], made["outcome"]["verdict"]
    assert all(error[3:6] > 0.1)
    assert max(error[0], error[1], error[8], error[9]) < -0.1
    assert (verdict == "model").sum() >= 6
    assert verdict[0] == verdict[9] == "outside"
    assert abs(np.mean(error)) < 0.06
