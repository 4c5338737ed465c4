"""Variance components and what follows from them: a published data set, closed forms, second methods, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from graders.panel.statistics import intraclass
from graders.psychometrics.design import Design, why_not
from graders.psychometrics.generalizability import at_cut, components, d_study
from tests.psychometrics.test_items import BRENNAN

# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges; ICC(2,1) = .29, ICC(3,1) = .71
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


def test_components_and_coefficients_are_those_of_the_published_data_set():
    found = components(BRENNAN)
    assert (found.document, found.rater, found.rest) == pytest.approx((0.0574, 0.0754, 0.1269), abs=5e-5)
    last = d_study(BRENNAN, 12)[-1]
    assert (last.relative.value, last.absolute.value) == pytest.approx((0.844, 0.773), abs=5e-4)


def test_of_one_reviewer_they_are_intraclass_correlations():
    first, *_ = d_study(SHROUT_FLEISS)
    assert (first.absolute.value, first.relative.value) == pytest.approx((0.29, 0.71), abs=5e-3)


@given(st.integers(2, 8), st.integers(0, 10_000))
def test_more_reviewers_by_the_formula_of_spearman_and_brown(raters, seed):
    draw = np.random.default_rng(seed)
    table = draw.normal(size=(9, 1)) + draw.normal(scale=0.5, size=(9, 4)) + np.arange(4) / 2
    found = d_study(table, 8)
    for kind in ("absolute", "relative"):
        one, more = (getattr(found[size - 1], kind) for size in (1, raters))
        for name in ("value", "low", "high"):
            alone = getattr(one, name)
            assert getattr(more, name) == pytest.approx(raters * alone / (1 + (raters - 1) * alone), abs=1e-3)


def with_gaps(draw: np.random.Generator, documents: int = 14, raters: int = 6, seats: int = 3) -> np.ndarray:
    table = draw.normal(size=(documents, 1)) + draw.normal(scale=0.5, size=(1, raters))
    table = table + draw.normal(scale=np.sqrt(0.75), size=(documents, raters))
    for row in table:
        row[draw.permutation(raters)[seats:]] = np.nan
    return table


@pytest.mark.parametrize("effect", ["document", "rater"])
def test_sums_of_squares_by_another_solver(effect):
    """Fitting constants with bounded least squares of scipy instead of projections."""
    design = Design.of(with_gaps(np.random.default_rng(8)))
    documents = np.eye(design.documents)[design.document]
    raters = np.eye(design.raters)[design.rater]
    for fitted, matrix in (
        (effect, {"document": documents, "rater": raters}[effect]),
        ("both", np.hstack([documents, raters])),
    ):
        left = 2 * lsq_linear(matrix, design.scores).cost
        assert design.sum_of_squares(fitted, design.scores) == pytest.approx(left, abs=1e-8)


def test_components_with_gaps_are_right_on_average():
    """Unbiased: over 600 tables with known components, means within four of their standard errors."""
    draw = np.random.default_rng(9)
    found = [components(with_gaps(draw)) for _ in range(600)]
    for name, truth in (("document", 1.0), ("rater", 0.25), ("rest", 0.75)):
        values = np.array([getattr(one, name) for one in found])
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(600), name


@pytest.mark.parametrize("gaps", [False, True])
def test_intervals_hold_the_truth_about_as_often_as_they_say(gaps):
    """A known Phi(1) of 1 / 2 and E rho^2(1) of 4 / 7; the truth is a corner of the model, so 0.95 is not quite met."""
    draw = np.random.default_rng(10)
    held = {"absolute": [], "relative": []}
    for _ in range(120):
        table = with_gaps(draw) if gaps else with_gaps(draw, 12, 3)
        (found,) = d_study(table, 1)
        for kind, truth in (("absolute", 1 / 2), ("relative", 4 / 7)):
            one = getattr(found, kind)
            held[kind].append(one.low <= truth <= one.high)
    assert {kind: np.mean(one) >= 0.88 for kind, one in held.items()} == {"absolute": True, "relative": True}


def test_without_gaps_the_interval_is_about_that_of_mcgraw_and_wong():
    table = with_gaps(np.random.default_rng(12), 20, 4, 4)
    (found,) = d_study(table, 1)
    value, low, high = intraclass(table, average=False)
    assert found.absolute.value == pytest.approx(value, abs=1e-9)
    assert found.absolute.interval == pytest.approx((low, high), abs=0.12)


def test_a_cut_far_from_everybody_is_dependable_and_one_in_their_midst_is_not():
    table = with_gaps(np.random.default_rng(13))
    mean = np.nanmean(table)
    plain = d_study(table, 3)[-1].absolute.value
    assert at_cut(table, mean, 3).value == pytest.approx(plain, abs=1e-12)
    assert at_cut(table, mean + 100, 3).value == pytest.approx(1, abs=1e-3)
    near, far = (at_cut(table, mean + distance, 3) for distance in (1, 2))
    assert plain < near.value < far.value
    assert far.low <= far.value <= far.high


def test_at_a_cut_by_hand():
    """Brennan's data set at a cut of 0.8: the components as published, put into the formula with twelve items."""
    document, rater, rest, mean = 0.0574, 0.0754, 0.1269, 67 / 120
    error = document / 10 + rater / 12 + rest / 120
    signal = document + (mean - 0.8) ** 2 - error
    assert at_cut(BRENNAN, 0.8, 12).value == pytest.approx(signal / (signal + (rater + rest) / 12), abs=5e-4)


def test_what_cannot_be_told_apart_is_not_estimated():
    table = np.full((8, 4), np.nan)
    table[:4, :2] = table[4:, 2:] = [[1, 2], [2, 2], [3, 4], [4, 4]]
    assert "share no document" in why_not(table)
    assert {one.absolute.why for one in d_study(table)} == {why_not(table)}
    table[0, 2] = 3
    assert why_not(table) == ""
    assert why_not(SHROUT_FLEISS[:4]) == "4 documents that two reviewers scored are too few, it takes 5"
    assert why_not(np.full((6, 3), 2.0)) == "all scores are the same"
    chain = np.full((5, 6), np.nan)
    for row in range(5):
        chain[row, row : row + 2] = [row, row + 1]
    assert "more than one document" in why_not(chain)
    only = np.arange(6.0)[:, None] + np.arange(3.0)
    assert "nothing is left to chance" in d_study(only)[0].absolute.why


def test_the_same_scores_give_the_same_interval():
    table = with_gaps(np.random.default_rng(14))
    assert d_study(table) == d_study(table)
