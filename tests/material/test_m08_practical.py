"""What module 8's practical shows beside its exercises: its own day with copies, and numbers that its text names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m08_tail_latency.bounded_queue import bounded_queue, door
from reference_solutions.m08_tail_latency.hedged_day import hedge_delay_s, hedged_day, never_hedge
from reference_solutions.m08_tail_latency.merging import merged_quantile_s
from reference_solutions.m08_tail_latency.power_of_d import choices_table, power_of_d_mean_response
from reference_solutions.m08_tail_latency.quantiles import quantile_interval_s
from reference_solutions.m08_tail_latency.retry_throttle import RetryThrottle
from reference_solutions.m08_tail_latency.slo_budget import latency_budgets
from reference_solutions.m08_tail_latency.staffing import staffing_table
from reference_solutions.m08_tail_latency.tied_requests import tied_quantile_s

NOTEBOOK = material_root() / "assignments/authoring/m08_tail_latency/practical/notebook.py"


def course_cell(marker, **names):
    """What a cell of the notebook defines, run by itself."""
    namespace = {"np": np, "pd": pd, **names}
    exec(next(cell for cell in read(NOTEBOOK) if marker in cell.text).text, namespace)
    return namespace


@pytest.mark.parametrize("policy", [hedge_delay_s, never_hedge, lambda seen, busy: np.quantile(seen, 0.9)])
def test_the_notebooks_day_is_ours(policy):
    loads, service_s = [0.2, 0.5, 0.6, 0.8, 0.9, 0.4], [0.002, 0.002, 0.01, 0.01, 0.001, 0.001]
    theirs = course_cell("def day_with_copies(")["day_with_copies"](policy, loads, service_s)
    ours = hedged_day(policy, loads, service_s)
    np.testing.assert_allclose(theirs["p99_ms"], 1e3 * ours["p99_s"], rtol=1e-9)
    np.testing.assert_allclose(theirs["never_p99_ms"], 1e3 * ours["never_p99_s"], rtol=1e-9)
    np.testing.assert_allclose(theirs["copies"], ours["copies"], rtol=1e-9)
    np.testing.assert_allclose(theirs["utilisation"], ours["utilisation"], rtol=1e-9)


def test_a_p999_wants_3700_requests():
    assert quantile_interval_s(np.arange(1, 3688), 0.999)["high"] == np.inf
    assert quantile_interval_s(np.arange(1, 3700), 0.999)["high"] == 3699


def test_what_the_text_says_of_pools():
    waits = {pool: staffing_table(0.8 * pool, 1.0, [pool])["mean_wait_s"][0] for pool in (1, 32)}
    assert waits[32] < waits[1] / 100
    table = staffing_table(100.0, 10.0, [11, 13, 20])
    assert table["wait_quantile_s"][1] / table["wait_quantile_s"][0] == pytest.approx(0.25, abs=0.03)
    assert table["wait_quantile_s"][2] == 0
    assert table["wait_quantile_s"][1] / table["mean_wait_s"][1] == pytest.approx(12, abs=0.5)


def test_what_the_text_says_of_choices_and_ties():
    responses = [power_of_d_mean_response(0.9, choices) for choices in (1, 2, 3)]
    assert [round(response, 1) for response in responses] == [10.0, 2.6, 2.0]
    tails = [float(tied_quantile_s(0.8, 1.0, 0.99, copies)) for copies in (1, 2)]
    assert [round(tail, 1) for tail in tails] == [23.0, 5.6]


def test_what_the_text_says_of_fifty_machines():
    """One slow machine: the p99 of all more than trebles, and the mean of the fifty p99s hardly moves."""
    edges_s = 0.001 * 1.1 ** np.arange(80)
    fleet_counts = course_cell("def fleet_counts(", merged_quantile_s=merged_quantile_s)["fleet_counts"]
    healthy, sick = (fleet_counts(slow, edges_s) for slow in (0, 1))
    of_all = [merged_quantile_s(fleet, edges_s, 0.99) for fleet in (healthy, sick)]
    mean = [np.mean([merged_quantile_s([one], edges_s, 0.99) for one in fleet]) for fleet in (healthy, sick)]
    assert fleet_counts(0, edges_s).sum() == 50 * 200
    assert of_all[1] > 3 * of_all[0]
    assert 1.1 < mean[1] / mean[0] < 1.25


def test_what_the_text_says_of_looks_and_doors():
    long = choices_table(0.9, 1.0, [1, 2])["long_queue_share"]
    assert round(long[0], 2) == 0.59
    assert round(1 / long[1]) == 26
    assert 0.167 < door(120.0, 100.0, 0.05)["refused"] < 0.22
    endless = bounded_queue(120.0, 100.0, 1, 100)
    assert endless["mean_response_s"] == pytest.approx(1, abs=0.06)
    assert endless["refused"] == pytest.approx(1 / 6, abs=1e-3)
    theirs = course_cell("def behind_the_door(", door={"places": 7})["behind_the_door"](1.2, 7)
    np.testing.assert_allclose(theirs, [21.717, 47.098], rtol=1e-3)
    assert bounded_queue(70.0, 100.0, 1, 7)["refused"] < 0.03


def test_the_storm_stays_without_a_throttle():
    """The cell draws, too: only its function is taken."""
    text = next(cell for cell in read(NOTEBOOK) if "def storm(" in cell.text).text
    namespace = {"np": np, "RetryThrottle": RetryThrottle}
    exec(text[text.index("def storm(") : text.index("figure, axes")], namespace)
    alone, throttled = (namespace["storm"](one) for one in (False, True))
    assert np.all(alone[30:] < 0.31)
    assert np.all(throttled[35:] > 0.6)


def test_equal_budgets_cost_42_percent_more():
    visits, price = np.array([1, 2, 1, 1, 1]), np.array([0.2, 0.5, 2.0, 4.0, 20.0])
    plan = latency_budgets(0.1, 0.99, 200.0, visits, price)
    equal_per_s = visits * 200.0 - np.log(0.01 / visits.sum()) / (0.1 / visits.sum())
    assert price @ equal_per_s / (price @ plan["service_per_s"]) == pytest.approx(1.42, abs=0.005)
    shares = visits * plan["call_s"] / 0.1
    assert shares[0] == pytest.approx(0.05, abs=0.01)
    assert 0.45 < shares[-1] < 0.5
