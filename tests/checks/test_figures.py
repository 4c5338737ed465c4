"""Parts of a figure: what changes the picture changes them, and nothing else does."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.checks import call, in_view, labelled, marks, scales, series
from graders.checks.comparison import difference

ROOF = {"label": "DRAM", "kind": "line", "x": [0.1, 10.0, 1000.0], "y": [1.0, 100.0, 100.0]}
KERNELS = {"label": "kernels", "kind": "points", "x": [1.0, 5.0], "y": [2.0, 40.0]}
BARS = {"label": "stalled", "kind": "bars", "x": ["sort", "scan"], "base": [50.0, 20.0], "y": [50.0, 80.0]}


def figure(*shown, scale="log", limits=(0.05, 2000.0)):
    axis = {"label": "an axis", "scale": scale, "limits": list(limits)}
    return {"title": "t", "x": dict(axis), "y": dict(axis), "series": list(shown), "marks": [], "left_out": []}


def sampled(x, roof=ROOF):
    """The roof drawn with these x: closed form, min(10 x, 100)."""
    return {**roof, "x": list(x), "y": np.minimum(10 * np.asarray(x), 100.0).tolist()}


def same(kind, one, other):
    return not difference(series(kind)(one), series(kind)(other))


# --- lines ------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.1001, 999), max_size=80))
def test_more_points_on_a_line_are_the_same_line(more):
    x = sorted({0.1, 10.0, 1000.0, *more})
    assert same("line", figure(ROOF), figure(sampled(x)))
    assert same("line", figure(ROOF), figure(sampled(x[::-1])))


def test_a_line_of_a_hundred_thousand_points_is_the_same_line():
    x = np.unique(np.r_[np.geomspace(0.1, 1000, 100_000), 10.0])
    assert same("line", figure(ROOF), figure(sampled(x)))


@pytest.mark.parametrize(
    "other",
    [
        sampled([0.1, 9.0, 12.0, 1000.0]),  # cuts the corner
        {**ROOF, "y": [1.0, 100.0, 101.0]},
        {**ROOF, "y": [1.1, 100.0, 100.0]},
        {**ROOF, "x": [0.1, 11.0, 1000.0]},
        {**ROOF, "label": "L2"},
        {**ROOF, "x": [0.1, 10.0, 5.0, 1000.0], "y": [1.0, 100.0, 100.0, 100.0]},  # goes back on itself
    ],
)
def test_another_line_is_another(other):
    assert not same("line", figure(ROOF), figure(other))


def test_a_line_is_straight_in_the_axes_it_is_drawn_on():
    """On linear axes the way from (0.1, 1) to (1000, 1) over (10, 1) is straight, a power law is not."""
    power = {**ROOF, "x": [1.0, 10.0, 100.0], "y": [1.0, 100.0, 10_000.0]}
    assert len(series("line")(figure(power))["DRAM"]) == 2
    assert len(series("line")(figure(power, scale="linear"))["DRAM"]) == 3


def test_a_gentle_curve_is_not_taken_for_a_straight_line():
    x = np.linspace(0, 1, 5_000)
    bow = {"label": "bow", "kind": "line", "x": x, "y": x + 0.001 * x * (1 - x)}
    corners = series("line")(figure(bow, scale="linear", limits=(0, 1)))["bow"]
    assert np.max(corners[:, 1] - corners[:, 0]) == pytest.approx(0.00025, rel=1e-3)


@pytest.mark.parametrize(("left", "right"), [(0.1, 1000.0), (1e-3, 11.0), (9.0, 1e6)])
def test_a_roof_may_be_drawn_as_far_as_one_likes(left, right):
    look = series("line", ends=False)
    assert not difference(look(figure(sampled([left, 10.0, right]))), look(figure(ROOF)))
    assert look(figure(ROOF))["DRAM"]["slopes"].tolist() == [1.0, 0.0]
    for other in (sampled([left, 9.0, 12.0, right]), {**sampled([left, 10.0, right]), "y": [9 * left, 90.0, 90.0]}):
        assert difference(look(figure(other)), look(figure(ROOF)))


def test_a_straight_line_is_where_it_is_however_long():
    look = series("line", ends=False)
    lines = [{"label": "B", "kind": "line", "x": [1.0, far], "y": [3.0, 3.0 * far]} for far in (10.0, 1e5)]
    assert not difference(look(figure(lines[0])), look(figure(lines[1])))
    assert difference(look(figure(lines[0])), look(figure({**lines[1], "y": [4.0, 4e5]})))


@pytest.mark.parametrize("bad", [[0.1, -1.0, 3.0], [0.1, math.nan, 3.0], [0.1, math.inf, 3.0], [], [1.0]])
def test_what_cannot_be_drawn_is_no_part(bad):
    with pytest.raises((ValueError, LookupError)):
        series("line")(figure({**ROOF, "x": bad}))


# --- points, bars, marks, axes ------------------------------------------------------------------------------


def test_the_order_of_series_and_points_is_no_matter():
    turned = {**KERNELS, "x": KERNELS["x"][::-1], "y": KERNELS["y"][::-1]}
    assert same("points", figure(ROOF, KERNELS), figure(turned, ROOF))
    assert not same("points", figure(KERNELS), figure({**KERNELS, "y": [40.0, 2.0]}))
    assert not same("points", figure(KERNELS), figure({**KERNELS, "x": [*KERNELS["x"], 7.0], "y": [2.0, 40.0, 7.0]}))


def test_bars_stand_on_their_base():
    other = {**BARS, "x": ["scan", "sort"], "base": [20.0, 50.0], "y": [80.0, 50.0]}
    assert same("bars", figure(BARS), figure(other))
    assert not same("bars", figure(BARS), figure({**BARS, "base": [50.0, 0.0]}))
    assert series("bars")(figure(BARS)) == {"stalled": {"sort": [50.0, 50.0], "scan": [20.0, 80.0]}}


def test_one_series_by_its_label():
    drawn = figure(ROOF, {**ROOF, "label": "L2"}, KERNELS)
    assert set(series("line")(drawn)) == {"DRAM", "L2"}
    assert set(series("line", "L2")(drawn)) == {"L2"}
    with pytest.raises(LookupError):
        series("line", "L3")(drawn)


@pytest.mark.parametrize(
    "part", [(series("line"), "series", [ROOF, ROOF]), (marks, "marks", [{"label": "a", "x": 1, "y": 1}] * 2)]
)
def test_a_label_twice_is_no_part(part):
    look, key, twice = part
    with pytest.raises(LookupError):
        look({**figure(ROOF), key: twice})


def test_marks_and_scales():
    drawn = {**figure(ROOF), "marks": [{"label": "ridge", "x": 10.0, "y": 100.0}]}
    assert marks(drawn) == {"ridge": [10.0, 100.0]}
    drawn["y"]["scale"] = "linear"
    assert scales(drawn) == {"x": "log", "y": "linear"}


# --- properties --------------------------------------------------------------------------------------------------


def holds(predicate, drawn):
    return predicate([(call(), drawn)])


def changed(drawn, *path, to):
    other = copy.deepcopy(drawn)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return other


@pytest.mark.parametrize(
    ("path", "to"),
    [(("x", "label"), ""), (("y", "label"), None), (("series", 0, "label"), " "), (("series", 1, "label"), "DRAM")],
)
def test_everything_has_a_label_of_its_own(path, to):
    drawn = figure(ROOF, KERNELS)
    assert holds(labelled(), drawn)
    assert not holds(labelled(), changed(drawn, *path, to=to))
    assert not holds(labelled(), figure())


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("x", "limits"), [0.2, 2000.0]),
        (("y", "limits"), [0.05, 99.0]),
        (("x", "limits"), [0.0, 2000.0]),
        (("x", "limits"), [2000.0, 0.05]),
        (("series", 1, "y", 0), math.nan),
    ],
)
def test_everything_is_in_view(path, to):
    drawn = figure(ROOF, KERNELS)
    assert holds(in_view(), drawn)
    assert not holds(in_view(), changed(drawn, *path, to=to))


def test_categories_are_in_view_by_name():
    drawn = figure(BARS, scale="linear", limits=(0.0, 100.0))
    drawn["x"] = {"label": "workload", "scale": "category", "limits": ["sort", "scan"]}
    assert holds(in_view(), drawn)
    assert not holds(in_view(), changed(drawn, "x", "limits", to=["sort"]))
    many = [f"workload {number}" for number in range(100_000)]
    drawn["series"][0] |= {"x": many, "y": [1.0] * len(many)}
    assert holds(in_view(), changed(drawn, "x", "limits", to=many[::-1]))
