"""Three tails in one picture: scipy's binomial, requests drawn here, and marks on the lines."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m08_tail_latency.search_figure import search_figure

TIMES_S = np.linspace(0.001, 0.1, 60)
SINGLE = 0.9 * np.exp(-TIMES_S / 0.008)


def lines(figure):
    return {one["label"]: (np.array(one["x"]), np.array(one["y"])) for one in figure["series"]}


@given(st.integers(2, 200), st.floats(0.5, 0.99))
def test_lines_are_those_of_order_statistics(fan_out, part):
    needed = max(1, int(part * fan_out))
    found = lines(search_figure(TIMES_S, SINGLE, SINGLE**2, fan_out, needed))
    for label, late, answers in (
        ("all leaves", SINGLE, fan_out),
        ("all leaves, hedged", SINGLE**2, fan_out),
        (f"{needed} of {fan_out}", SINGLE, needed),
    ):
        expected = 1 - stats.binom.sf(answers - 1, fan_out, 1 - late)
        seen = expected >= 1e-4
        if label in found and np.min(np.abs(expected - 1e-4)) > 1e-9:
            np.testing.assert_allclose(found[label][0], 1e3 * TIMES_S[seen])
            np.testing.assert_allclose(found[label][1], expected[seen], rtol=1e-7)


def test_requests_drawn_here():
    rng = np.random.default_rng(14)
    latency_s = rng.exponential(0.010, size=(20_000, 30))
    latency_s.sort(axis=1)
    late = np.exp(-TIMES_S / 0.010)
    found = lines(search_figure(TIMES_S, late, late, 30, 27))
    for label, needed in (("all leaves", 30), ("27 of 30", 27)):
        time_ms, share = found[label]
        counted = np.mean(1e3 * latency_s[:, needed - 1, np.newaxis] > time_ms, axis=0)
        np.testing.assert_allclose(counted, share, atol=0.015)


def test_marks_lie_where_lines_cross_the_promise():
    figure = search_figure(TIMES_S, SINGLE, SINGLE**2, 100, 95)
    assert [mark["label"] for mark in figure["marks"]] == [one["label"] for one in figure["series"]]
    for mark in figure["marks"]:
        time_ms, share = lines(figure)[mark["label"]]
        before = share[time_ms < mark["x"]]
        assert np.all(before > 0.01)
        assert mark["y"] == 0.01
    hopeless = search_figure(TIMES_S[:5], SINGLE[:5], SINGLE[:5] ** 2, 100, 95)
    assert hopeless["left_out"] == ["all leaves", "all leaves, hedged", "95 of 100"]
    assert hopeless["marks"] == []


def test_a_figure_is_plain_data():
    figure = search_figure(TIMES_S, SINGLE, SINGLE**2, 100, 95)
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    assert figure["x"]["limits"] == pytest.approx([1, 100])
