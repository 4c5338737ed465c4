"""Top-Down from PERF_METRICS: Intel's formulas on recorded counters, the register's fields, and closed forms."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.perf_metrics import (
    perf_metrics_fields,
    perf_metrics_level_1,
    topdown_level_1_slot_events,
)

THEIRS = {
    "retiring": "Retiring",
    "bad_speculation": "Bad_Speculation",
    "frontend_bound": "Frontend_Bound",
    "backend_bound": "Backend_Bound",
}
CPUS = {"icx": (5, "IDQ_UOPS_NOT_DELIVERED.CORE"), "spr": (0, "IDQ_BUBBLES.CORE")}


@pytest.mark.shared
@pytest.mark.parametrize("cpu", CPUS)
def test_agrees_with_intel_and_pmu_tools(shared_oracles, cpu):
    cases = json.loads((shared_oracles / f"microarchitecture/topdown/tma_{cpu}.json").read_text())["cases"]
    assert len(cases) == 8
    frame = pd.DataFrame([case["counters"] for case in cases])
    clear_slots, bubbles = CPUS[cpu]
    metrics = perf_metrics_level_1(frame, clear_slots)
    events = topdown_level_1_slot_events(frame, bubbles, clear_slots)
    for ours, theirs in THEIRS.items():
        percent = [case["expected"]["perfmon_percent"][theirs] for case in cases]
        np.testing.assert_allclose(100 * metrics[ours], percent, rtol=1e-9, atol=1e-9)
        for found, variant in ((metrics, "pmu_tools_perfmetrics"), (events, "pmu_tools_events")):
            shares = [case["expected"][variant][theirs]["value"] for case in cases]
            np.testing.assert_allclose(found[ours], shares, rtol=1e-9, atol=1e-11)


def workload(retiring, bad, frontend, backend, *, dropped=0, clears=0, slots=1000):
    counts = {"RETIRING": retiring, "BAD_SPECULATION": bad, "FRONTEND_BOUND": frontend, "BACKEND_BOUND": backend}
    table = {f"PERF_METRICS.{name}": [count] for name, count in counts.items()}
    return table | {
        "INT_MISC.UOP_DROPPING": [dropped],
        "INT_MISC.CLEARS_COUNT": [clears],
        "TOPDOWN.SLOTS": [slots],
    }


def level_1(*counts, clear_slots=0, **named):
    shares = perf_metrics_level_1(workload(*counts, **named), clear_slots)
    return {name: float(share[0]) for name, share in shares.items()}


def test_only_proportions_matter():
    assert level_1(40, 10, 30, 20) == level_1(400, 100, 300, 200) == level_1(4, 1, 3, 2)
    assert level_1(40, 10, 30, 20)["frontend_bound"] == 0.3


def test_dropped_operations_leave_the_front_end_for_bad_speculation():
    found = level_1(40, 10, 30, 20, dropped=50)
    assert found["frontend_bound"] == pytest.approx(0.25)
    assert found["bad_speculation"] == pytest.approx(0.15)


def test_clears_cost_the_back_end_of_five_wide_cores():
    found = level_1(40, 10, 30, 20, clears=10, clear_slots=5)
    assert found["backend_bound"] == pytest.approx(0.25)
    assert found["bad_speculation"] == pytest.approx(0.05)
    assert level_1(40, 10, 30, 20, clears=10)["backend_bound"] == 0.2


def test_bad_speculation_is_cut_off_at_zero():
    found = level_1(40, 1, 30, 29, clears=100, clear_slots=5)
    assert found["bad_speculation"] == 0
    assert sum(found.values()) > 1


def test_no_slot_no_shares():
    for found in (level_1(0, 0, 0, 0), level_1(1, 1, 1, 1, slots=0), level_1(1, 1, 1, 1, slots=0, clear_slots=5)):
        assert np.isnan(list(found.values())).all()


shares_of_ten_thousand = st.lists(st.integers(0, 10_000), min_size=4, max_size=4).filter(sum)


@given(shares_of_ten_thousand, st.integers(0, 100))
def test_shares_add_up_to_one_unless_cut_off(counts, dropped):
    found = level_1(*counts, dropped=dropped)
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)  # dropping can only raise bad speculation
    assert found["bad_speculation"] >= 0


@given(shares_of_ten_thousand, st.integers(0, 100), st.integers(0, 20))
def test_both_ways_agree_on_consistent_counts(counts, dropped, clears):
    """Events that count slots in the proportions of the metrics give the same shares."""
    table = workload(*counts, dropped=dropped, clears=clears, slots=sum(counts))
    retired, _, lost, blocked = counts
    table |= {"UOPS_RETIRED.SLOTS": [retired], "BUBBLES": [lost], "TOPDOWN.BACKEND_BOUND_SLOTS": [blocked]}
    metrics = perf_metrics_level_1(table, 5)
    events = topdown_level_1_slot_events(table, "BUBBLES", 5)
    for name, share in metrics.items():
        np.testing.assert_allclose(events[name], share, rtol=1e-9, atol=1e-12)


def test_missing_columns_are_named():
    table = workload(1, 1, 1, 1)
    del table["INT_MISC.CLEARS_COUNT"]
    perf_metrics_level_1(table)
    with pytest.raises(ValueError, match=r"INT_MISC\.CLEARS_COUNT"):
        perf_metrics_level_1(table, clear_slots=5)
    with pytest.raises(ValueError, match=r"BUBBLES, UOPS_RETIRED\.SLOTS"):
        topdown_level_1_slot_events(table, "BUBBLES")


FIELDS = [
    *("retiring", "bad_speculation", "frontend_bound", "backend_bound"),
    *("heavy_operations", "branch_mispredicts", "fetch_latency", "memory_bound"),
]


@given(st.lists(st.integers(0, 255), min_size=8, max_size=8))
def test_fields_lie_in_the_order_of_the_manual(fields):
    register = int.from_bytes(bytes(fields), "little")
    found = perf_metrics_fields(np.uint64(register))
    assert {name: float(share) for name, share in found.items()} == {
        name: field / 255 for name, field in zip(FIELDS, fields, strict=True)
    }


def test_full_fields_saturate_at_one():
    found = perf_metrics_fields([0xFF, 0xFF << 24])
    np.testing.assert_array_equal(found["retiring"], [1, 0])
    np.testing.assert_array_equal(found["backend_bound"], [0, 1])


@pytest.mark.parametrize("register", [-1, 0.5, [1.0]])
def test_a_register_is_a_whole_number(register):
    with pytest.raises(ValueError, match="64 bits"):
        perf_metrics_fields(register)
