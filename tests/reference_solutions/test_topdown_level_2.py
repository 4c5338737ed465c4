"""Top-Down level 2: Intel's formulas on recorded counters, and children that add up to their parents."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.perf_metrics import (
    perf_metrics_level_1,
    topdown_level_1_slot_events,
)
from reference_solutions.m02_tools_methods.topdown import COUNTERS, topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import (
    LEVEL_2,
    topdown_level_2,
    topdown_level_2_by_difference,
    topdown_level_2_ice_lake,
    topdown_level_2_sapphire_rapids,
)

NODES = [node for pair in LEVEL_2.values() for node in pair]


def cases_of(shared_oracles, cpu):
    recorded = json.loads((shared_oracles / f"microarchitecture/topdown/tma_{cpu}.json").read_text())["cases"]
    frame = pd.DataFrame([case["counters"] | {"SMT_ON": case["smt"]} for case in recorded])
    return [case["expected"] for case in recorded], frame


def same(found, expected, variant):
    assert set(found) == set(NODES)
    for node, share in found.items():
        theirs = [case[variant][node.title()] for case in expected]
        if variant == "perfmon_percent":
            share = 100 * share
        else:
            theirs = [one["value"] for one in theirs]
        np.testing.assert_allclose(share, theirs, rtol=1e-9, atol=1e-11, err_msg=node)


@pytest.mark.shared
def test_skylake_agrees_with_intel_and_pmu_tools(shared_oracles):
    expected, frame = cases_of(shared_oracles, "skx")
    found = topdown_level_2(frame, topdown_level_1(frame))
    same(found, expected, "perfmon_percent")
    same(found, expected, "pmu_tools")


@pytest.mark.shared
def test_ice_lake_agrees_in_both_variants(shared_oracles):
    expected, frame = cases_of(shared_oracles, "icx")
    metrics = perf_metrics_level_1(frame, clear_slots=5)
    same(topdown_level_2_ice_lake(frame, metrics), expected, "perfmon_percent")
    same(topdown_level_2_ice_lake(frame, metrics), expected, "pmu_tools_perfmetrics")
    events = topdown_level_1_slot_events(frame, "IDQ_UOPS_NOT_DELIVERED.CORE", clear_slots=5)
    same(topdown_level_2_ice_lake(frame, events), expected, "pmu_tools_events")


@pytest.mark.shared
def test_sapphire_rapids_agrees_in_both_variants(shared_oracles):
    expected, frame = cases_of(shared_oracles, "spr")
    metrics = perf_metrics_level_1(frame)
    same(topdown_level_2_sapphire_rapids(frame, metrics), expected, "perfmon_percent")
    same(topdown_level_2_sapphire_rapids(frame, metrics), expected, "pmu_tools_perfmetrics")
    slots = frame["TOPDOWN.SLOTS"]
    measured = {
        "fetch_latency": (6 * frame["IDQ_BUBBLES.CYCLES_0_UOPS_DELIV.CORE"] - frame["INT_MISC.UOP_DROPPING"]) / slots,
        "branch_mispredicts": frame["TOPDOWN.BR_MISPREDICT_SLOTS"] / slots,
        "memory_bound": frame["TOPDOWN.MEMORY_BOUND_SLOTS"] / slots,
        "heavy_operations": frame["UOPS_RETIRED.HEAVY"] / slots,
    }
    events = topdown_level_1_slot_events(frame, "IDQ_BUBBLES.CORE")
    same(topdown_level_2_by_difference(events, measured), expected, "pmu_tools_events")


SKYLAKE = (
    *("IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE", "BR_MISP_RETIRED.ALL_BRANCHES", "MACHINE_CLEARS.COUNT"),
    *("CYCLE_ACTIVITY.STALLS_MEM_ANY", "CYCLE_ACTIVITY.STALLS_TOTAL", "EXE_ACTIVITY.1_PORTS_UTIL"),
    *("EXE_ACTIVITY.2_PORTS_UTIL", "EXE_ACTIVITY.BOUND_ON_STORES", "UOPS_RETIRED.MACRO_FUSED", "INST_RETIRED.ANY"),
)
counts = st.integers(0, 10**12)


def one_row(**short):
    """A row of zeros on a core of 100 clocks, but for what is named."""
    names = {
        "empty": "IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE",
        "mispredicts": "BR_MISP_RETIRED.ALL_BRANCHES",
        "clears": "MACHINE_CLEARS.COUNT",
        "memory": "CYCLE_ACTIVITY.STALLS_MEM_ANY",
        "stalls": "CYCLE_ACTIVITY.STALLS_TOTAL",
        "one_port": "EXE_ACTIVITY.1_PORTS_UTIL",
        "two_ports": "EXE_ACTIVITY.2_PORTS_UTIL",
        "stores": "EXE_ACTIVITY.BOUND_ON_STORES",
        "retired": "UOPS_RETIRED.RETIRE_SLOTS",
        "fused": "UOPS_RETIRED.MACRO_FUSED",
        "instructions": "INST_RETIRED.ANY",
    }
    row = dict.fromkeys([*COUNTERS, *SKYLAKE], 0) | {"CPU_CLK_UNHALTED.THREAD": 100}
    return {column: [count] for column, count in (row | {names[key]: n for key, n in short.items()}).items()}


QUARTERS = dict.fromkeys(LEVEL_2, 0.25)


def split(**short):
    return {node: float(np.squeeze(share)) for node, share in topdown_level_2(one_row(**short), QUARTERS).items()}


def test_each_pair_in_closed_form():
    assert split(empty=20)["fetch_latency"] == pytest.approx(0.2)  # 4 * 20 of 400 slots
    assert split(mispredicts=3, clears=1)["branch_mispredicts"] == pytest.approx(0.1875)
    # 100 slots, 95 instructions of which 10 fused with their neighbour: 15 slots beyond one an instruction
    assert split(retired=100, instructions=95, fused=10)["heavy_operations"] == pytest.approx(15 / 400)
    assert split(memory=30, stalls=30)["memory_bound"] == pytest.approx(0.25)
    assert split(memory=30, stalls=30, stores=10, one_port=15, two_ports=20)["memory_bound"] == pytest.approx(
        0.25 * 40 / 60
    )


def test_without_a_cause_the_whole_goes_to_the_sibling():
    found = split()
    assert (found["branch_mispredicts"], found["machine_clears"]) == (0, 0.25)
    assert (found["memory_bound"], found["core_bound"]) == (0, 0.25)


def test_heavy_may_be_slightly_negative_and_is_not_cut_off():
    assert split(retired=100, instructions=102)["heavy_operations"] == pytest.approx(-2 / 400)


@given(st.lists(st.tuples(*[counts] * 10), min_size=1, max_size=5), st.data())
def test_skylake_children_add_up_to_their_parent(rows, data):
    shares = st.lists(st.floats(-0.1, 1), min_size=len(rows), max_size=len(rows))
    table = dict(zip(SKYLAKE, np.array(rows).T, strict=True))
    ones = np.ones(len(rows))
    table |= {"SMT_ON": 0 * ones, "UOPS_RETIRED.RETIRE_SLOTS": ones, "CPU_CLK_UNHALTED.THREAD_ANY": ones}
    table |= {"CPU_CLK_UNHALTED.THREAD": 1e6 * ones}
    level_1 = {category: np.array(data.draw(shares)) for category in LEVEL_2}
    found = topdown_level_2(table, level_1)
    for category, (child, sibling) in LEVEL_2.items():
        scale = 1 + np.abs(np.nan_to_num(found[child]))
        gap = np.abs(found[child] + found[sibling] - level_1[category]) / scale
        assert not np.any(gap > 1e-12)


@given(st.tuples(*[st.floats(0, 1)] * 8))
def test_by_difference_never_loses_a_share(shares):
    level_1 = dict(zip(LEVEL_2, shares[:4], strict=True))
    measured = {child: share for (child, _), share in zip(LEVEL_2.values(), shares[4:], strict=True)}
    found = topdown_level_2_by_difference(level_1, measured)
    for category, (child, sibling) in LEVEL_2.items():
        assert found[child] + found[sibling] == pytest.approx(max(level_1[category], measured[child]), abs=1e-12)


def test_two_threads_share_the_core():
    alone = one_row(empty=20, retired=100, instructions=90)
    both = alone | {"SMT_ON": [1], "CPU_CLK_UNHALTED.THREAD": [70], "CPU_CLK_UNHALTED.THREAD_ANY": [200]}
    for node, share in topdown_level_2(both, QUARTERS).items():
        np.testing.assert_allclose(share, topdown_level_2(alone, QUARTERS)[node])


def test_what_is_missing_is_named():
    row = one_row()
    del row["INST_RETIRED.ANY"]
    with pytest.raises(ValueError, match=r"INST_RETIRED\.ANY"):
        topdown_level_2(row, QUARTERS)
    with pytest.raises(ValueError, match="backend_bound"):
        topdown_level_2(one_row(), {"retiring": 1, "bad_speculation": 0, "frontend_bound": 0})
    with pytest.raises(ValueError, match="UOP_DROPPING"):
        topdown_level_2_ice_lake({"TOPDOWN.SLOTS": [1]}, QUARTERS)
    with pytest.raises(ValueError, match=r"PERF_METRICS\.HEAVY_OPERATIONS"):
        topdown_level_2_sapphire_rapids({}, QUARTERS)
    with pytest.raises(ValueError, match="memory_bound"):
        topdown_level_2_by_difference(QUARTERS, {})
