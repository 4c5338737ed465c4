"""The die and the chip of module 11's worked example: its data, and the numbers that text and rubric name."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m11_power_thermal.block_model import package_network
from reference_solutions.m11_power_thermal.floorplan import floorplan_file
from reference_solutions.m11_power_thermal.tj_study import tj_figure

ROOT = material_root()
FOLDER = ROOT / "assignments/authoring/m11_power_thermal"
MODEL_ANSWER = (ROOT / "rubrics/m11_power_thermal.yaml").read_text().replace("\n      ", " ")
PACKAGE = {
    "t_chip": 0.00015, "t_interface": 3e-5, "t_spreader": 0.00025, "t_sink": 0.003, "k_chip": 130.0, "k_interface": 3.0,
    "k_spreader": 390.0, "k_sink": 200.0, "p_chip": 1630300, "p_interface": 4e6, "p_spreader": 3.55e6, "p_sink": 2.4e6,
    "s_spreader": 0.02, "s_sink": 0.04, "r_convec": 0.6, "c_convec": 60.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def notebook():
    """What the notebook defines, with the answers of the references."""
    namespace = {"np": np, "pd": pd, "print": lambda *_: None}
    cells = [cell.text for cell in read(FOLDER / "worked_example/notebook.py")]

    def run(marker, until=None):
        text = next(cell for cell in cells if marker in cell)
        exec(text[: text.index(until)] if until else text, namespace)

    with contextlib.chdir(FOLDER):  # where data lie
        run("def judged(plan)")
    text = floorplan_file(*(namespace[name] for name in ("units", "slots_m", "influence_k_per_w", "links", "k_per_m")))
    slots = namespace["slots_m"].tolist()
    namespace["placed"] = {
        name: slots.index([float(x) for x in row]) for name, *row in map(str.split, text.splitlines())
    }
    namespace["tj_figure"] = tj_figure
    run("CHIP = {", until="figure, axes")
    run("def option(")
    run("rng = np.random")
    return namespace


def test_the_matrix_is_the_block_models():
    slots = [[0.004, 0.004, 0.004 * column, 0.004 * row] for row in (0, 1) for column in (0, 1, 2)]
    inverse = np.linalg.inv(package_network(slots, PACKAGE).conductance_w_per_k)[:6, :6]
    np.testing.assert_allclose(np.loadtxt(FOLDER / "data/influence_k_per_w.csv", delimiter=","), inverse, atol=6e-7)


def test_the_checks_hold_what_the_notebook_defines(notebook):
    given = load(load_module(FOLDER)).exercises["m11_floorplan_file"].given
    for name, known in given.items():
        np.testing.assert_equal(notebook[name], known)


def test_heat_alone_and_wires_alone_would_be_other_plans(notebook):
    plans = [dict(zip(notebook["units"], order, strict=True)) for order in itertools.permutations(range(6))]
    judged = np.array([notebook["judged"](plan) for plan in plans])
    best = judged[np.argmin(judged @ [1, notebook["k_per_m"]])]
    assert notebook["judged"](notebook["placed"]) == pytest.approx(best)
    assert judged[:, 0].min() < best[0] < judged[judged[:, 1] <= judged[:, 1].min() + 1e-9, 0].min()
    assert np.ptp(judged[:, 0]) == pytest.approx(2.7, abs=0.05)


def test_the_numbers_of_the_model_answer(notebook):
    options = notebook["options"]
    today, layout, limit, fan, battery = (options[name] for name in options)
    assert round(notebook["gained_k"], 1) == 1.5
    assert round(layout[0] - today[0], 2) == 0.03
    assert (round(fan[0] - today[0], 2), round(fan[2] - today[2])) == (0.53, 23)
    assert (round(limit[0] - today[0], 2), round(limit[2] - today[2])) == (0.27, 17)
    assert [round((one[2] - today[2]) / (one[0] - today[0])) for one in (fan, limit)] == [43, 63]
    assert round(limit[1] - today[1]) == 7
    assert (round(today[0] - battery[0], 2), round(today[2] - battery[2])) == (0.23, 8)
    assert max(options, key=lambda name: options[name][3])[0] == "D"
    for said in ("0.53 GHz for 23 W", "(43 W a GHz)", "0.27 GHz for 17 W (63 W a GHz)", "0.23 GHz less for 8 W"):
        assert said in MODEL_ANSWER
    marks = {mark["label"]: mark["x"] for mark in notebook["plain"]["marks"]}
    assert marks["finned case"] == pytest.approx(113, abs=3)


def test_the_measurements_of_the_model_answer(notebook):
    per_joule = notebook["runs"].groupby("prototype")["frames/J"]
    half = 2.36 * per_joule.std() / np.sqrt(8)
    assert per_joule.mean().round(3).to_dict() == {"C": 1.056, "today": 1.192}
    assert half.round(3).to_dict() == {"C": 0.012, "today": 0.023}
    rates = notebook["runs"].groupby("prototype")["frames/s"].mean()
    assert rates["C"] / rates["today"] == pytest.approx(1.28, abs=0.005)
    assert "1.192 +- 0.023 frames/J, C 1.056 +- 0.012" in MODEL_ANSWER
