"""Indices of agreement against published examples, other programs' values, and second methods."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graders.panel.statistics import ac2, agreement, alpha_ordinal, intraclass, of_levels, of_totals

# 24 documents, 3 raters, simulated once for this track; values beside them were given by krippendorff 0.9.0,
# irrCAC 0.4.4 and pingouin 0.6.1 (irr_reference.json of the track's shared material)
WHOLE = [
    *([4, 4, 4], [0, 0, 0], [1, 2, 3], [1, 1, 2], [0, 2, 1], [0, 2, 3], [0, 0, 0], [1, 3, 3], [1, 2, 1], [4, 4, 4]),
    *([2, 2, 3], [0, 2, 2], [0, 2, 2], [1, 0, 1], [1, 2, 0], [1, 2, 2], [3, 2, 3], [1, 3, 2], [2, 2, 4], [2, 2, 3]),
    *([2, 2, 2], [3, 4, 3], [2, 2, 3], [1, 1, 1]),
]
# Krippendorff (2011), section C: 4 observers, 12 units, levels 1 to 5, . for none; ordinal alpha .815
KRIPPENDORFF = ["1233214 12...".replace(" ", ""), "1233224125.3", ".3332342251.", "123324412 51.".replace(" ", "")]
# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges; ICC(2,1) = .29, ICC(2,4) = .62. The intervals are those that
# the R package psych prints for these data (its help page of ICC): .019 to .76, and .071 to .93
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def whole():
    return np.array(WHOLE, dtype=float)


def missing():
    table = whole()
    table[0, 1] = table[5, 2] = np.nan
    return table


def test_alpha_is_that_of_the_published_example():
    table = np.array([[np.nan if one == "." else float(one) - 1 for one in row] for row in KRIPPENDORFF]).T
    assert table.shape == (12, 4)
    assert alpha_ordinal(table) == pytest.approx(0.815, abs=5e-4)


def test_indices_are_those_of_other_programs():
    assert alpha_ordinal(whole()) == pytest.approx(0.5471962905865784, abs=1e-12)
    assert alpha_ordinal(missing()) == pytest.approx(0.550928398982972, abs=1e-12)
    assert ac2(missing()) == pytest.approx(0.68312, abs=5e-6)
    assert intraclass(whole(), average=False)[0] == pytest.approx(0.6083591331269352, abs=1e-12)
    assert intraclass(whole(), average=True)[0] == pytest.approx(0.8233240223463688, abs=1e-12)


def test_the_copied_table_is_the_recorded_one(shared_oracles: Path):
    recorded = json.loads((shared_oracles.parent / "irr_reference.json").read_text())
    assert recorded["ratings_complete"] == whole().tolist()
    assert recorded["ratings_missing"] == [[None if np.isnan(one) else one for one in row] for row in missing()]


def test_intraclass_correlations_and_intervals_are_those_published():
    table = np.array(SHROUT_FLEISS, dtype=float)
    assert intraclass(table, average=False) == pytest.approx((0.29, 0.019, 0.76), abs=5e-3)
    assert intraclass(table, average=True) == pytest.approx((0.62, 0.071, 0.93), abs=5e-3)


def test_agreement_counts_pairs():
    table = np.array([[1, 1, 3], [2, np.nan, 3]])
    assert agreement(table, 0) == pytest.approx(1 / 4)  # of (1,1), (1,3), (1,3), (2,3)
    assert agreement(table, 1) == pytest.approx(2 / 4)


def test_alpha_by_its_definition_over_pairs():
    """Without a coincidence matrix: observed and expected disagreement as means over pairs of levels."""
    table = missing()
    units = [[one for one in row if not np.isnan(one)] for row in table]
    values = [one for row in units for one in row]
    often = {level: values.count(level) for level in range(5)}

    def metric(one, other):
        low, high = sorted((int(one), int(other)))
        return (sum(often[g] for g in range(low, high + 1)) - (often[low] + often[high]) / 2) ** 2

    inside = sum(metric(a, b) / (len(row) - 1) for row in units for i, a in enumerate(row) for b in row[:i]) * 2
    across = sum(metric(a, b) for i, a in enumerate(values) for b in values[:i]) * 2
    total = len(values)
    assert alpha_ordinal(table) == pytest.approx(1 - (inside / total) / (across / (total * (total - 1))), abs=1e-12)


@pytest.mark.parametrize("index", [alpha_ordinal, ac2, lambda one: agreement(one, 0)])
def test_bootstrap_intervals_agree_with_the_jackknife(index):
    """A second method: the standard error from leaving one document out at a time."""
    table = missing()
    left_out = np.array([index(np.delete(table, row, axis=0)) for row in range(len(table))])
    n = len(table)
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    shown = next(one for one in of_levels(table).values() if one.value == index(table))
    # a normal interval is 3.92 standard errors wide; for 24 documents the two ways are known to differ by some tenths
    assert (shown.high - shown.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.25)
    assert shown.low < shown.value < shown.high


def test_intervals_hold_the_true_value_about_as_often_as_they_say():
    """Two-way random effects with a known ICC(2,1) of 1 / (1 + 0.25 + 0.75): the F interval covers 95 in 100."""
    draw = np.random.default_rng(7)
    inside = 0
    for _ in range(400):
        documents, raters = draw.normal(size=(20, 1)), draw.normal(scale=0.5, size=(1, 4))
        _, low, high = intraclass(documents + raters + draw.normal(scale=np.sqrt(0.75), size=(20, 4)), average=False)
        inside += low <= 0.5 <= high
    # 3.3 standard errors of a share of 0.95 in 400
    assert inside / 400 == pytest.approx(0.95, abs=0.036)


def test_nothing_is_shown_where_documents_are_too_few_or_alike():
    assert {one.why for one in of_levels(whole()[:4]).values()} == {"4 documents are too few, it takes 5"}
    assert {one.value for one in of_levels(whole()[:4]).values()} == {None}
    assert {one.why for one in of_levels(np.full((8, 3), 2.0)).values()} == {"all levels are the same"}
    assert {one.why for one in of_totals(missing()).values()} == {"not everybody scored every document"}
    assert {one.why for one in of_totals(np.repeat(whole()[:, :1], 3, axis=1)).values()} == {
        "nothing is left to chance: everybody agrees"
    }
    assert all(one.why == "" for one in (*of_levels(whole()).values(), *of_totals(whole()).values()))


def test_the_same_scores_give_the_same_interval():
    assert of_levels(missing()) == of_levels(missing())
