"""A core's metric file from its manual: Skylake-SP told in this way, and small cores counted by hand."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from reference_solutions.m02_tools_methods.metric_evaluation import (
    evaluate_metrics,
    flagged_metrics,
    require_measured_for,
)
from reference_solutions.m02_tools_methods.metric_file import read_metric_file
from reference_solutions.m02_tools_methods.slot_accounts import core_metric_file

NODES = ("retiring", "bad_speculation", "frontend_bound", "backend_bound", "memory_bound", "core_bound")
THREE = {
    "backend_bound": ("dispatched_ops", "retired_ops", "no_op"),
    "frontend_bound": ("dispatched_ops", "retired_ops", "no_room"),
    "retiring": ("cancelled_ops", "no_op", "no_room"),
}
"""End without an event -> events of the others, but for recovery."""


def core(kinds, names=None, width=6, recovery="clock", counted_by=("both threads", "both threads")):
    """A core with these events; `counted_by` is said of clocks and of recovery."""
    whose = dict(zip(("clocks", "recovery"), counted_by, strict=True))
    events = [
        {
            "name": (names or {}).get(kind, kind.upper()),
            "kind": kind,
            "unit": recovery if kind == "recovery" else "as it is",
            "counted_by": whose.get(kind, "own thread"),
        }
        for kind in ("clocks", "recovery", *kinds, "stalls", "load_stalls")
    ]
    return {
        "name": "Core",
        "identifier": "Vendor-1-2A",
        "width": width,
        "document": {"id": "D-1", "title": "Guide", "version": "2"},
        "event_file": {"name": "events.json", "version": "1.04"},
        "events": events,
        "thresholds": {node: 0.10 + place / 100 for place, node in enumerate(NODES)},
    }


def evaluated(core, counts):
    file = read_metric_file(core_metric_file({"core": core}))
    return {name: float(value) for name, value in evaluate_metrics(file, counts).items()}


@pytest.mark.shared
def test_skylake_told_in_this_way_agrees_with_intel(shared_oracles):
    recorded = json.loads((shared_oracles / "microarchitecture/topdown/tma_skx.json").read_text())["cases"]
    names = {
        "clocks": "CPU_CLK_UNHALTED.THREAD_ANY",
        "recovery": "INT_MISC.RECOVERY_CYCLES_ANY",
        "dispatched_ops": "UOPS_ISSUED.ANY",
        "retired_ops": "UOPS_RETIRED.RETIRE_SLOTS",
        "no_op": "IDQ_UOPS_NOT_DELIVERED.CORE",
        "stalls": "CYCLE_ACTIVITY.STALLS_TOTAL",
        "load_stalls": "CYCLE_ACTIVITY.STALLS_MEM_ANY",
    }
    skylake = core(THREE["backend_bound"], names, width=4)
    for case in recorded:
        counts = case["counters"] | {"SMT_ON": int(case["smt"])}
        found = evaluated(skylake, counts)
        for node in ("retiring", "bad_speculation", "frontend_bound", "backend_bound"):
            theirs = case["expected"]["perfmon_percent"][node.title()]
            assert 100 * found[node] == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("rest", THREE)
@pytest.mark.parametrize("recovery", ["clock", "slot"])
@pytest.mark.parametrize("counted_by", list(itertools.product(("both threads", "first thread"), repeat=2)))
@pytest.mark.parametrize("threads", [1, 2])
def test_a_hundred_clocks_counted_by_hand(rest, recovery, counted_by, threads):
    """600 slots: 240 retire, 60 are cancelled, 30 go in 5 clocks of recovery, 90 find no operation, 180 no room."""
    happened = {"clocks": 100, "recovery": 5 if recovery == "clock" else 30, "dispatched_ops": 300}
    happened |= {"retired_ops": 240, "cancelled_ops": 60, "no_op": 90, "no_room": 180, "stalls": 40, "load_stalls": 30}
    made = core(THREE[rest], recovery=recovery, counted_by=counted_by)
    counts = {"SMT_ON": threads - 1}
    for event in made["events"]:
        times = threads if event["counted_by"] == "both threads" else 1
        counts[event["name"]] = times * happened[event["kind"]]
    found = evaluated(made, counts)
    expected = {"slots": 600, "retiring": 0.4, "bad_speculation": 0.15, "frontend_bound": 0.15, "backend_bound": 0.3}
    assert found == pytest.approx(expected | {"memory_bound": 0.225, "core_bound": 0.075})


def test_the_file_says_what_it_is_for():
    file = read_metric_file(core_metric_file({"core": core(THREE["retiring"], width=8)}))
    assert (file.width, file.identifiers, file.documents) == (8, ("Vendor-1-2A",), ("D-1, Guide, 2",))
    require_measured_for(file, "Vendor-1-2A-3", "1.04")
    with pytest.raises(ValueError, match=r"version 1\.03"):
        require_measured_for(file, "Vendor-1-2A-3", "1.03")


def test_thresholds_are_the_cores_own():
    file = read_metric_file(core_metric_file({"core": core(THREE["backend_bound"])}))
    above = {node: np.array([0.10 + place / 100 - 1e-6, 0.10 + place / 100 + 1e-6]) for place, node in enumerate(NODES)}
    assert [flag.tolist() for flag in flagged_metrics(file, above).values()] == len(NODES) * [[False, True]]


def test_events_that_no_formula_needs_are_left_out():
    made = core((*THREE["retiring"], "thread_clocks", "instructions"))
    events = json.loads(core_metric_file({"core": made}))["events"]
    assert not {"THREAD_CLOCKS", "INSTRUCTIONS"} & set(events.values())
