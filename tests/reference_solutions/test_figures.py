"""Figures as data: vertices by hand, points under the roof's function, stacks that add up, planted faults found."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.figures import bottleneck_figure, figure_problems, roofline_figure
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s

MACHINE = (100e9, {"L2": 400e9, "DRAM": 10e9})
KERNELS = {
    "kernel": ["triad", "gemm", "cached", "copy", "idle", "lost"],
    "flops_per_s": [0.8e9, 90e9, 50e9, 0.0, 0.0, np.nan],
    "L2_bytes_per_s": [16e9, 45e9, 200e9, 9e9, 0.0, 1e9],
    "DRAM_bytes_per_s": [8e9, 0.9e9, 0.0, 9e9, 0.0, 1e9],
}


def roofline():
    return roofline_figure(KERNELS, *MACHINE)


def stack():
    shares = {"retiring": [0.5, 0.25, 0.6], "stalled": [0.3, 0.55, 0.6], "starved": [0.2, 0.2, -0.2]}
    return bottleneck_figure(shares, ["sort", "join", "noisy"])


def test_roofs_bend_at_their_ridges():
    roofs = {one["label"]: one for one in roofline()["series"] if one["kind"] == "line"}
    assert roofs["L2"]["x"][1:2] == [0.25]
    assert roofs["DRAM"]["x"][1:2] == [10.0]
    assert roofs["DRAM"]["y"][1:] == [100e9, 100e9]
    assert [(mark["label"], mark["x"]) for mark in roofline()["marks"]] == [("L2", 0.25), ("DRAM", 10.0)]


def test_a_kernel_has_a_point_for_each_level_that_sees_its_traffic():
    """0.8 Gflop/s with 16 GB/s and 8 GB/s is 0.05 and 0.1 flop/B; what lives in the cache has one intensity."""
    points = {one["label"]: (one["x"], one["y"]) for one in roofline()["series"] if one["kind"] == "points"}
    assert points == {
        "triad": (pytest.approx([0.05, 0.1]), [0.8e9, 0.8e9]),
        "gemm": (pytest.approx([2, 100]), [90e9, 90e9]),
        "cached": ([0.25], [50e9]),
    }


def test_what_logarithmic_axes_cannot_show_is_named():
    assert roofline()["left_out"] == ["copy", "idle", "lost"]


speeds = st.floats(1e6, 1e15)
rates = st.one_of(st.just(0.0), speeds)
rows = st.lists(st.tuples(rates, rates, rates), max_size=4)


@given(rows, speeds, st.tuples(speeds, speeds))
def test_every_roofline_is_sound_and_lies_on_its_function(some, peak, bandwidths):
    levels = dict(zip(("L2", "DRAM"), bandwidths, strict=True))
    kernels = {
        "kernel": [f"k{number}" for number in range(len(some))],
        "flops_per_s": [min(row[0], peak) for row in some],
        "L2_bytes_per_s": [row[1] for row in some],
        "DRAM_bytes_per_s": [row[2] for row in some],
    }
    figure = roofline_figure(kernels, peak, levels)
    assert figure_problems(figure) == []
    assert len(figure["left_out"]) == sum(row[0] == 0 or row[1] == row[2] == 0 for row in some)
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
        "stalled": (pytest.approx([50, 25]), pytest.approx([30, 55])),
        "starved": (pytest.approx([80, 80]), pytest.approx([20, 20])),
    }
    assert stack()["left_out"] == ["noisy"]


def test_a_bottleneck_is_marked_in_the_middle_of_its_layer():
    assert stack()["marks"] == [
        {"label": "stalled", "x": "sort", "y": pytest.approx(65)},
        {"label": "stalled", "x": "join", "y": pytest.approx(52.5)},
    ]


def test_useful_work_is_no_bottleneck():
    marks = bottleneck_figure({"stalled": [0.05], "retiring": [0.9], "starved": [0.05]}, ["gemm"])["marks"]
    assert [mark["label"] for mark in marks] == ["stalled"], "the first of two equal ones"


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda row: sum(row) > 0.01), max_size=5))
def test_every_stack_of_shares_is_sound(rows):
    shares = [np.array(row) / sum(row) for row in rows]
    table = {name: [share[n] for share in shares] for n, name in enumerate(["retiring", "b", "c"])}
    figure = bottleneck_figure(table, [f"w{n}" for n in range(len(rows))])
    assert figure_problems(figure) == []
    assert figure["left_out"] == []
    tops = np.sum([one["y"] for one in figure["series"]], axis=0)
    np.testing.assert_allclose(tops, np.full(len(rows), 100.0))
    for mark, share in zip(figure["marks"], shares, strict=True):
        assert share[["retiring", "b", "c"].index(mark["label"])] == max(share[1:])


@pytest.mark.parametrize(
    "shares", [{"retiring": [0.5], "b": [0.4]}, {"retiring": [1.5], "b": [-0.5]}, {"retiring": [np.nan], "b": [1]}]
)
def test_a_stack_that_is_none_is_left_out(shares):
    assert bottleneck_figure(shares, ["w"])["left_out"] == ["w"]


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
        (roofline, lambda f: f["series"][2]["x"].__setitem__(0, 0.0), "triad has x = 0.0"),
        (roofline, lambda f: f["series"][2]["y"].__setitem__(0, float("nan")), "triad has y = nan"),
        (roofline, lambda f: f["series"][3]["x"].__setitem__(0, 1e9), "gemm has x = 1000000000.0"),
        (stack, lambda f: f["series"][0]["x"].__setitem__(0, "copy"), "retiring has x = copy"),
        (stack, lambda f: f["series"][1]["base"].__setitem__(0, 40.0), "stalled of sort starts at 40 %"),
        (stack, lambda f: f["series"][2]["y"].__setitem__(1, 25.0), "the stack of join ends at 105 %"),
    ],
)
def test_a_planted_fault_is_found(make, change, said):
    assert any(said in problem for problem in broken(make(), change))
