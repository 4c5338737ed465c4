"""Figures as data: vertices by hand, points under the roof's function, stacks that add up, planted faults found."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.figures import figure_problems, roofline_figure, stacked_figure
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s

MACHINE = (100e9, {"L2": 400e9, "DRAM": 10e9}, {"no vectors": 25e9})
KERNELS = {"triad": (0.08, 0.7e9), "gemm": (64.0, 90e9), "hash": (0.0, 0.0), "lost": (np.nan, 1e9)}


def roofline():
    return roofline_figure(KERNELS, *MACHINE)


def stack():
    shares = {"retiring": [0.5, 0.25, 0.6], "stalled": [0.5, 0.75, 0.6], "noise": [0.0, 0.0, -0.2]}
    return stacked_figure(shares, ["sort", "join", "noisy"])


def test_roofs_bend_at_their_ridges():
    roofs = {one["label"]: one for one in roofline()["series"] if one["kind"] == "line"}
    assert roofs["L2"]["x"][1:2] == [0.25]
    assert roofs["DRAM"]["x"][1:2] == [10.0]
    assert roofs["DRAM"]["y"][1:] == [100e9, 100e9]
    assert [mark["x"] for mark in roofline()["marks"]] == [0.25, 10.0]


def test_a_ceiling_starts_on_the_fastest_roof():
    ceiling = next(one for one in roofline()["series"] if one["label"] == "no vectors")
    assert ceiling["y"] == [25e9, 25e9]
    assert ceiling["x"][0] * 400e9 == pytest.approx(25e9)


def test_what_logarithmic_axes_cannot_show_is_named():
    assert roofline()["left_out"] == ["hash", "lost"]
    assert [one["label"] for one in roofline()["series"] if one["kind"] == "points"] == ["triad", "gemm"]


speeds = st.floats(1e6, 1e15)
kernels = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.tuples(st.floats(1e-4, 1e5), speeds), max_size=4)


@given(kernels, speeds, st.dictionaries(st.sampled_from(["L1", "L2", "DRAM"]), speeds, min_size=1), st.floats(1e-9, 1))
def test_every_roofline_is_sound_and_lies_on_its_function(some, peak, levels, left):
    figure = roofline_figure(some, peak, levels, {"lower": left * peak})
    assert figure_problems(figure) == []
    assert figure["left_out"] == []
    lines = {one["label"]: one for one in figure["series"] if one["kind"] == "line"}
    for level, bandwidth in levels.items():
        np.testing.assert_allclose(lines[level]["y"], attainable_flops_per_s(lines[level]["x"], peak, bandwidth))
        x, y = np.log(lines[level]["x"]), np.log(lines[level]["y"])
        assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(1, rel=1e-6)
        assert x[0] < x[1] < x[2]


def test_bars_stand_on_each_other():
    bars = {one["label"]: (one["base"], one["y"]) for one in stack()["series"]}
    assert bars == {
        "retiring": ([0, 0], [50, 25]),
        "stalled": ([50, 25], [50, 75]),
        "noise": ([100, 100], [0, 0]),
    }
    assert stack()["left_out"] == ["noisy"]


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda row: sum(row) > 0.01), max_size=5))
def test_every_stack_of_shares_is_sound(rows):
    shares = [np.array(row) / sum(row) for row in rows]
    table = {name: [share[n] for share in shares] for n, name in enumerate("abc")}
    figure = stacked_figure(table, [f"w{n}" for n in range(len(rows))])
    assert figure_problems(figure) == []
    assert figure["left_out"] == []
    tops = np.sum([one["y"] for one in figure["series"]], axis=0)
    np.testing.assert_allclose(tops, np.full(len(rows), 100.0))


@pytest.mark.parametrize("shares", [{"a": [0.5], "b": [0.4]}, {"a": [1.5], "b": [-0.5]}, {"a": [np.nan], "b": [1]}])
def test_a_stack_that_is_none_is_left_out(shares):
    assert stacked_figure(shares, ["w"])["left_out"] == ["w"]


@pytest.mark.parametrize("figure", [roofline(), stack()], ids=["roofline", "stack"])
def test_a_figure_is_plain_data(figure):
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    assert figure_problems(figure) == []


def broken(figure, change):
    figure = copy.deepcopy(figure)
    change(figure)
    return figure_problems(figure)


@pytest.mark.parametrize(
    ("make", "change", "said"),
    [
        (roofline, lambda f: f.update(title=""), "no title"),
        (roofline, lambda f: f.pop("series"), "no series"),
        (roofline, lambda f: f["x"].update(label=""), "x has no label"),
        (roofline, lambda f: f["y"].pop("scale"), "y has no label, scale or limits"),
        (roofline, lambda f: f["y"].update(scale="sqrt"), "y has the unknown scale sqrt"),
        (roofline, lambda f: f["x"].update(limits=[0.0, 100.0]), "x is logarithmic and starts at 0"),
        (roofline, lambda f: f["y"].update(scale="linear"), "x is log and y is linear"),
        (roofline, lambda f: f["series"][0].update(label="DRAM"), "label DRAM is there twice"),
        (roofline, lambda f: f["series"][0].update(label=""), "a series has no label"),
        (roofline, lambda f: f["series"][0].update(kind="pie"), "unknown kind pie"),
        (roofline, lambda f: f["series"][0]["y"].pop(), "L2 has 3 x and 2 y"),
        (roofline, lambda f: f["series"][3]["x"].__setitem__(0, 0.0), "triad has x = 0.0"),
        (roofline, lambda f: f["series"][3]["y"].__setitem__(0, float("nan")), "triad has y = nan"),
        (roofline, lambda f: f["series"][4]["x"].__setitem__(0, 1e9), "gemm has x = 1000000000.0"),
        (stack, lambda f: f["series"][0]["x"].__setitem__(0, "copy"), "retiring has x = copy"),
        (stack, lambda f: f["series"][1]["base"].__setitem__(0, 40.0), "stalled of sort starts at 40 %"),
        (stack, lambda f: f["series"][2]["y"].__setitem__(1, 5.0), "the stack of join ends at 105 %"),
    ],
)
def test_a_planted_fault_is_found(make, change, said):
    assert any(said in problem for problem in broken(make(), change))


def test_refusals():
    with pytest.raises(ValueError, match="level of memory"):
        roofline_figure({}, 1e9, {})
    with pytest.raises(ValueError, match="speeds are positive"):
        roofline_figure({}, 1e9, {"DRAM": 1e9}, {"none": 0.0})
    with pytest.raises(ValueError, match="above the peak"):
        roofline_figure({}, 1e9, {"DRAM": 1e9}, {"more": 2e9})
    with pytest.raises(ValueError, match="one share a workload"):
        stacked_figure({"a": [1.0]}, ["v", "w"])
