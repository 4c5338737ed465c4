"""What module 11's practical shows beside its exercises: its package, a core's day, and numbers that its text names."""

from __future__ import annotations

import contextlib

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m11_power_thermal.block_model import package_network
from reference_solutions.m11_power_thermal.block_stack import stack_w_per_k
from reference_solutions.m11_power_thermal.dram_energy import dram_energy_j
from reference_solutions.m11_power_thermal.dvfs_day import always_fastest, dvfs_day, next_state, ondemand
from reference_solutions.m11_power_thermal.dynamic_power import unit_power_w
from reference_solutions.m11_power_thermal.energy_metrics import design_table
from reference_solutions.m11_power_thermal.power_calibration import calibrated_scales
from reference_solutions.m11_power_thermal.transient import rises_k

FOLDER = material_root() / "assignments/authoring/m11_power_thermal"
CELLS = [cell.text for cell in read(FOLDER / "practical/notebook.py")]
ANSWERS = {
    "stack_w_per_k": stack_w_per_k, "unit_power_w": unit_power_w, "rises_k": rises_k, "design_table": design_table,
    "calibrated_scales": calibrated_scales, "dram_energy_j": dram_energy_j, "next_state": next_state,
}  # fmt: skip


def run(*markers, **names):
    """What cells of the notebook define, run one after the other, with the answers of the references."""
    mpl.use("Agg")
    namespace = {"np": np, "pd": pd, "optimize": optimize, "special": special, **ANSWERS, **names}
    exec(next(cell for cell in CELLS if "import matplotlib" in cell), namespace)
    namespace["print"] = lambda *_: None
    with contextlib.chdir(FOLDER):
        for marker in markers:
            exec(next(cell for cell in CELLS if marker in cell), namespace)
    namespace["plt"].close("all")
    return namespace


def test_the_notebooks_package_is_hotspots():
    notebook = run("def packaged(")
    package = notebook["PACKAGE"]
    layers = ("chip", "interface", "spreader", "sink")
    ours = {f"{kind}_{layer}": package[kind][place] for kind in "tkp" for place, layer in enumerate(layers)}
    ours |= {"s_spreader": package["spreader"], "s_sink": package["sink"]}
    ours |= {"r_convec": package["r_convec"], "c_convec": package["c_convec"]}
    plans = [
        notebook["four"],
        [[0.01, 0.01, 0, 0]],
        [[0.006, 0.008, 0, 0], [0.01, 0.004, 0.006, 0], [0.01, 0.004, 0.006, 0.004]],
    ]
    for plan in plans:
        found, expected = notebook["packaged"](plan), package_network(plan, ours)
        np.testing.assert_allclose(found[0], expected.conductance_w_per_k, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found[1], expected.ambient_w_per_k, rtol=1e-9)
        np.testing.assert_allclose(found[2], expected.capacitance_j_per_k, rtol=1e-9)


@pytest.mark.parametrize("policy", [always_fastest, next_state, ondemand])
def test_the_notebooks_day_is_ours(policy):
    rng = np.random.default_rng(1)
    work, memory_s = rng.uniform(0, 3.3e7, 120), rng.uniform(0, 0.006, 120)
    theirs = run("def core_day(")["core_day"](policy, work, memory_s, 40.0)
    ours = dvfs_day(policy, work, memory_s, 40.0)
    assert set(theirs.columns) == set(ours)
    for name, column in ours.items():
        np.testing.assert_allclose(theirs[name], column, rtol=1e-9, atol=1e-15, err_msg=name)


def test_what_gating_is_worth():
    notebook = run("per_cycle = np.where")
    free = np.asarray(
        unit_power_w(
            notebook["per_cycle"] * 2.5e5,
            notebook["event_j"],
            notebook["clock_j"],
            0 * notebook["idle"],
            1e-4,
            2.5e9,
            0.9,
            1.0,
        )
    )
    gated = notebook["power_w"]
    assert notebook["per_cycle"][30].sum() / notebook["per_cycle"][0].sum() == pytest.approx(1 / 8, abs=0.01)
    assert free[30].sum() / free[0].sum() == pytest.approx(0.64, abs=0.03)
    assert 1 - gated.sum() / free.sum() == pytest.approx(1 / 3, abs=0.02)


def test_who_is_right_on_the_anchors_is_not_right_elsewhere():
    table = run('anchors = pd.read_csv("data/power_anchors.csv")')["table"]
    worst = {
        name: (np.abs(errors[:3]).max(), np.abs(errors[3:]).max()) for name, errors in table.items() if name[0] != "t"
    }
    assert worst["r = 1e-06"][0] < worst["r = 0.01"][0] < worst["r = 1"][0]
    assert worst["any factor"][0] < 1e-9
    assert worst["any factor"][1] > worst["r = 1e-06"][1] > 0.01
    assert np.abs(table["true factors"]).max() < 0.0196


def test_half_of_the_difference_is_paste():
    layers = run("def packaged(")["layers"]
    apart = layers[:, 0] - layers[:, 3]  # below the hot block, and below the far corner; from the die downwards
    assert (apart[1] - apart[2]) / (apart[0] - apart[3]) > 0.55
    assert (apart[1] - apart[2]) / apart[0] == pytest.approx(0.45, abs=0.06)


def test_peaks_and_a_cold_start():
    notebook = run("def packaged(", "pulses = np.zeros")
    assert notebook["fast"][:, 0].mean() == pytest.approx(9.4, abs=0.05)
    assert notebook["fast"][:, 0].max() / notebook["fast"][:, 0].mean() == pytest.approx(2.8, abs=0.1)
    cold = notebook["cold"][:, 0]
    assert cold[9] / cold[-1] == pytest.approx(2 / 3, abs=0.03)
    assert cold[2999] / cold[-1] > 0.98


def test_two_cores_win_by_one_measure_each():
    both = run("wide core")["both"].groupby("core")
    assert both["energy_j"].min().idxmin() == "narrow core"
    assert both["ed2p_j_s2"].min().idxmin() == "wide core"


def test_what_a_burst_costs():
    rows = run("DDR4 = {", "pointer chase")["rows"]
    chase, stream = rows["pointer chase"], rows["stream"]
    assert chase["nJ a burst"] / stream["nJ a burst"] == pytest.approx(3, abs=0.4)
    assert 0.5 < chase["total"] / stream["total"] < 0.7


def test_how_soon_a_counter_is_full():
    turns_s = [2**32 / 2**exponent / watts for exponent, watts in ((16, 100), (14, 100), (16, 400))]
    assert turns_s[:2] == pytest.approx([655, 2621], abs=1)
    assert turns_s[2] < 180
