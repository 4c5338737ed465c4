"""Severity, halo, drift: by hand, by second methods, recovered from made-up panels, and with honest intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, t

from graders.psychometrics.raters import drift, halo, severity, together
from tests.psychometrics.test_generalizability import SHROUT_FLEISS, with_gaps


def test_severity_without_gaps_is_the_mean_less_everybodys():
    """Shrout & Fleiss (1979), table 3: what is left has a mean square of 1.02, with 15 degrees of freedom."""
    found = severity(SHROUT_FLEISS)
    means = SHROUT_FLEISS.mean(axis=0)
    assert [one.value for one in found] == pytest.approx(list(means - means.mean()))
    half = t.isf(0.025, 15) * np.sqrt(1.02 * 3 / (4 * 6))  # var of a mean of 6, less that of the mean of 4 such
    assert [one.high - one.value for one in found] == pytest.approx([half] * 4, rel=5e-3)
    assert {one.n for one in found} == {6}


def test_severity_by_hand_where_tables_have_gaps():
    """A chain: rater 1 gives 2 more than rater 0 wherever both score, rater 2 gives 1 more than rater 1."""
    table = np.array([[5, 7, np.nan], [3, 5, np.nan], [np.nan, 6, 7], [np.nan, 2, 3], [4, 6, np.nan], [np.nan, 1, 2.5]])
    found = severity(table)
    effects = np.array([0, 2, 2 + 7 / 6])
    assert [one.value for one in found] == pytest.approx(list(effects - effects.mean()))
    assert [one.n for one in found] == [3, 6, 3]


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_severity_by_sweeping_rows_and_columns_in_turn(seed):
    """A second method: means of rows and columns taken out by turns until nothing is left of them."""
    table = with_gaps(np.random.default_rng(seed))
    found = severity(table)
    left, effects = table.copy(), np.zeros(table.shape[1])
    for _ in range(300):
        left = left - np.nanmean(left, axis=1, keepdims=True)
        columns = np.nanmean(left, axis=0)
        left, effects = left - columns, effects + columns
    assert [one.value for one in found] == pytest.approx(list(effects - effects.mean()), abs=1e-6)


def test_somebody_who_scored_nothing_has_no_severity():
    found = severity(np.column_stack([SHROUT_FLEISS, np.full(6, np.nan)]))
    assert found[-1].why == "has scored nothing"
    assert [one.value for one in found[:-1]] == [one.value for one in severity(SHROUT_FLEISS)]


def panel(draw, documents=14, raters=5, severe=-0.8, drifting=0.0, gaps=0):
    """Documents, and reviewers of whom the first is severe and drifts."""
    effects = np.array([severe, *[0.0] * (raters - 1)])
    order = np.argsort(draw.random((documents, raters)), axis=0).argsort(axis=0) + 1.0
    table = draw.normal(size=(documents, 1)) + effects + draw.normal(scale=0.6, size=(documents, raters))
    table[:, 0] += drifting * order[:, 0]
    for row in table:
        row[draw.permutation(raters)[raters - gaps :]] = np.nan
    return table, order, effects - effects.mean()


@pytest.mark.parametrize("gaps", [0, 2])
def test_severity_and_drift_hold_the_truth_about_as_often_as_they_say(gaps):
    draw = np.random.default_rng(21)
    held = []
    moved = []
    for _ in range(300):
        table, order, truth = panel(draw, gaps=gaps)
        held.append((found := severity(table)[0]).low <= truth[0] <= found.high)
        table, order, _ = panel(draw, drifting=0.1, gaps=gaps)
        found = drift(table, order)[0]
        moved += [] if found.why else [found.low <= 0.1 <= found.high]
    assert np.mean(held) == pytest.approx(0.95, abs=0.04)
    assert np.mean(moved) == pytest.approx(0.95, abs=0.04)


def test_drift_is_the_slope_of_what_is_left():
    table, order, _ = panel(np.random.default_rng(22), drifting=0.3)
    others = (table - severity_of(table))[:, 1:].mean(axis=1)
    expected = linregress(order[:, 0], table[:, 0] - others)
    found = drift(table, order)[0]
    assert found.value == pytest.approx(expected.slope)
    assert found.high - found.value == pytest.approx(t.isf(0.025, 12) * expected.stderr)


def test_who_else_sat_does_not_look_like_drift():
    """Beside a severe reviewer first, then beside a lenient one: whoever is neither has not moved."""
    table = np.full((10, 3), np.nan)
    table[:, 0] = [3, 7, 5, 6, 2, 8, 4, 6, 5, 7]
    table[:6, 1], table[4:, 2] = table[:6, 0] - 4, table[4:, 0] + 4
    order = np.where(np.isnan(table), np.nan, np.arange(1.0, 11)[:, None])
    assert drift(table, order)[0].value == pytest.approx(0, abs=1e-9)


def severity_of(table):
    return np.array([one.value for one in severity(table)])


def halo_panel(draw, documents, how_much):
    """Three reviewers of ten criteria; the first lets one impression colour all of them."""
    work = 0.6 * draw.normal(size=(documents, 1, 1)) + 0.6 * draw.normal(size=(documents, 1, 10))
    impression = how_much * draw.normal(size=(documents, 3, 1)) * np.array([1, 0, 0])[:, None]
    return np.clip(np.round(2 + work + impression + 0.5 * draw.normal(size=(documents, 3, 10))), 0, 4)


def test_halo_is_found_and_its_interval_holds_the_truth():
    draw = np.random.default_rng(23)
    many = halo_panel(draw, 30_000, 0.6)
    one, *others = (together(many[:, rater]) for rater in range(3))
    truth = one - np.mean(others)
    assert truth > 0.1
    found = [halo(halo_panel(draw, 15, 0.6))[0] for _ in range(80)]
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.90
    none = [halo(halo_panel(draw, 15, 0.0))[0] for _ in range(80)]
    assert np.mean([one.low <= 0 <= one.high for one in none]) >= 0.90


def test_together_by_hand():
    """Three criteria: two equal, one turned over: correlations 1, -1, -1; one that never moves is left out."""
    one = np.array([1.0, 2, 4, 3])
    assert together(np.column_stack([one, one, -one, np.full(4, 2)])) == pytest.approx(-1 / 3)
    assert np.isnan(together(np.full((4, 3), 2.0)))


def test_nothing_is_given_where_documents_are_too_few_or_alike():
    levels = halo_panel(np.random.default_rng(24), 12, 0.5)
    assert halo(levels[:9])[0].why == "9 documents shared with another are too few, it takes 10"
    assert halo(levels[:, :1])[0].why == "0 documents shared with another are too few, it takes 10"
    assert "same level throughout" in halo(np.full((12, 3, 10), 2.0))[0].why
    table, order, _ = panel(np.random.default_rng(25))
    table[4:, 0] = np.nan
    assert drift(table, order)[0].why == "4 documents scored beside others are too few, it takes 5"
    assert drift(table[:4], order[:4])[0].why == "4 documents that two reviewers scored are too few, it takes 5"
    assert severity(table[:4])[0].value is None
