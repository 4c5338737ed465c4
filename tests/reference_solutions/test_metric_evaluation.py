"""Our metric files on recorded counters, against hand-written functions, and on counts that do not belong to them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.drill_down import SKYLAKE_TREE, SPEAKS_FOR_PARENT, flagged_nodes
from reference_solutions.m02_tools_methods.memory_bound import MEMORY_COUNTERS, memory_bound_levels
from reference_solutions.m02_tools_methods.metric_evaluation import (
    evaluate_metrics,
    flagged_metrics,
    require_measured_for,
)
from reference_solutions.m02_tools_methods.metric_file import METRIC_FILES, load_metric_file, read_metric_file
from reference_solutions.m02_tools_methods.topdown import topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import topdown_level_2

INTEL = {"skylake_sp": "skx", "ice_lake_sp": "icx", "sapphire_rapids": "spr"}
LEVELS_1_AND_2 = [node for node in SKYLAKE_TREE if not node.endswith(("l1_bound", "l2_bound", "l3_bound"))][:12]


def recorded(shared_oracles, name):
    file = json.loads((shared_oracles / f"microarchitecture/topdown/{name}.json").read_text())
    frame = pd.DataFrame([case["counters"] | {"SMT_ON": case.get("smt", False)} for case in file["cases"]])
    return [case["expected"] for case in file["cases"]], frame


@pytest.mark.shared
@pytest.mark.parametrize("cpu", INTEL)
def test_intel(shared_oracles, cpu):
    expected, frame = recorded(shared_oracles, f"tma_{INTEL[cpu]}")
    file = load_metric_file(cpu)
    found = evaluate_metrics(file, frame, LEVELS_1_AND_2)
    assert set(found) == {node.lower() for node in expected[0]["perfmon_percent"]}
    variant = "pmu_tools" if cpu == "skylake_sp" else "pmu_tools_perfmetrics"
    flags = flagged_metrics(file, found)
    for node, share in found.items():
        percent = [case["perfmon_percent"][node.title()] for case in expected]
        np.testing.assert_allclose(100 * share, percent, rtol=1e-9, atol=1e-9, err_msg=node)
        values = [case[variant][node.title()]["value"] for case in expected]
        np.testing.assert_allclose(share, values, rtol=1e-9, atol=1e-11, err_msg=node)
        if node != "retiring":  # pmu-tools tests it before its child exists
            assert flags[node].tolist() == [case[variant][node.title()]["thresh"] for case in expected]


@pytest.mark.shared
def test_arm(shared_oracles):
    expected, frame = recorded(shared_oracles, "arm_neoverse-v2")
    file = load_metric_file("neoverse_v2")
    found = evaluate_metrics(file, frame)
    compared = [name for name in found if name in expected[0]]
    assert len(compared) == len(found) - 3  # slots, used slots, mispredictions a clock are our own
    for name in compared:
        in_percent = file.metrics[name].unit in ("share of slots", "share of clocks")
        theirs = np.array([case[name] for case in expected]) / (100 if in_percent else 1)
        np.testing.assert_allclose(found[name], theirs, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.shared
def test_amd(shared_oracles):
    expected, frame = recorded(shared_oracles, "amdzen4")
    found = evaluate_metrics(load_metric_file("zen4"), frame)
    assert set(found) == set(expected[0])
    for name, value in found.items():
        theirs = [case[name] for case in expected]
        np.testing.assert_allclose(value, theirs, rtol=1e-9, atol=1e-11, err_msg=name)


SKYLAKE = load_metric_file("skylake_sp")
counts = st.integers(1, 10**9)
skylake_rows = st.lists(st.tuples(st.booleans(), *[counts] * len(SKYLAKE.events)), min_size=1, max_size=4)


@given(skylake_rows)
def test_the_file_says_what_the_functions_say(rows):
    table = dict(zip(["SMT_ON", *SKYLAKE.events.values()], np.array(rows).T, strict=True))
    assert set(MEMORY_COUNTERS) <= set(table)
    level_1 = topdown_level_1(table)
    by_hand = level_1 | topdown_level_2(table, level_1) | memory_bound_levels(table)
    found = evaluate_metrics(SKYLAKE, table, list(SKYLAKE_TREE))
    assert set(found) == set(by_hand)
    for node, share in found.items():
        scale = 1 + max(np.max(np.abs(other)) for other in by_hand.values())
        assert np.all(np.abs(share - by_hand[node]) <= 1e-12 * scale), node
    flags = flagged_nodes(found, SKYLAKE_TREE, SPEAKS_FOR_PARENT)
    for node, flag in flagged_metrics(SKYLAKE, found).items():
        np.testing.assert_array_equal(flag, flags[node], err_msg=node)


@pytest.mark.parametrize("cpu", METRIC_FILES)
def test_every_metric_of_every_file_can_be_evaluated(cpu):
    file = load_metric_file(cpu)
    table = {column: [3.0, 5.0] for column in [*file.events.values(), *file.settings.values()]}
    found = evaluate_metrics(file, table)
    assert list(found) == list(file.metrics)
    assert all(np.all(np.isfinite(value)) for value in found.values())


@pytest.mark.parametrize("cpu", METRIC_FILES)
def test_children_add_up_to_their_parent(cpu):
    """With few enough of everything that no child is cut off."""
    file = load_metric_file(cpu)
    table = {event: [1000.0 + n] for n, event in enumerate([*file.events.values(), *file.settings.values()])}
    table |= {event: [1.0] for event in file.events.values() if event.startswith(("IDQ.", "INT_MISC", "UOPS_DECODED"))}
    table |= {f"PERF_METRICS.{child}": [10.0] for child in ("HEAVY_OPERATIONS", "BRANCH_MISPREDICTS", "MEMORY_BOUND")}
    table |= {"PERF_METRICS.FETCH_LATENCY": [10.0], "TOPDOWN.SLOTS": [10_000.0]}
    table |= {"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": [1.0]}
    found = evaluate_metrics(file, table)
    parents = {metric.parent for metric in file.metrics.values() if metric.level == 2}
    assert len(parents) == (0 if cpu == "neoverse_v2" else 4)
    for parent in parents:
        children = [found[metric.name] for metric in file.metrics.values() if metric.parent == parent]
        np.testing.assert_allclose(sum(children), found[parent], rtol=1e-9, atol=1e-12, err_msg=parent)


def small(formulas, **more):
    metrics = [{"name": name, "formula": text, "unit": "1"} for name, text in formulas.items()]
    document = {
        "format": 1,
        "cpu": {"name": "Small", "identifiers": ["Vendor-1-2A"], "width": 4},
        "documents": [{"id": "1", "title": "T", "version": "V"}],
        "event_file": {"name": "E", "version": "v2"},
        "events": {"a": "EVENT.A", "b": "EVENT.B"},
        "settings": {},
        "metrics": metrics,
    }
    return read_metric_file(json.dumps(document | more))


def test_order_in_the_file_does_not_matter():
    file = small({"last": "middle + first", "middle": "first * 2", "first": "a / b"})
    assert {name: float(v) for name, v in evaluate_metrics(file, {"EVENT.A": 6, "EVENT.B": 3}).items()} == {
        "last": 6,
        "middle": 4,
        "first": 2,
    }


def test_only_what_is_needed_must_be_there():
    file = small({"x": "a * width", "y": "b"})
    assert evaluate_metrics(file, {"EVENT.A": [1, 2]}, ["x"])["x"].tolist() == [4, 8]
    with pytest.raises(ValueError, match=r"the counters lack EVENT\.B$"):
        evaluate_metrics(file, {"EVENT.A": 1})
    with pytest.raises(ValueError, match=r"lack EVENT\.A, EVENT\.B$"):
        evaluate_metrics(file, {"event.a": 1})
    with pytest.raises(ValueError, match="Small has no metric z"):
        evaluate_metrics(file, {"EVENT.A": 1}, ["z"])


def test_a_division_by_zero_names_the_metric():
    with pytest.raises(ZeroDivisionError, match="metric x of Small: 'b' is 0 in 1 of the rows"):
        evaluate_metrics(small({"x": "a / b"}), {"EVENT.A": [1, 1], "EVENT.B": [1, 0]})


def test_deep_chains_are_no_recursion():
    formulas = {"m0": "a + b"} | {f"m{n}": f"m{n - 1} + m{max(n - 2, 0)}" for n in range(1, 80)}
    found = evaluate_metrics(small(formulas), {"EVENT.A": 0.5, "EVENT.B": 0.5}, ["m79"])
    before, now = 1, 2
    for _ in range(78):
        before, now = now, before + now
    assert float(found["m79"]) == pytest.approx(now)


def test_nodes_without_a_value_are_left_out():
    assert flagged_metrics(SKYLAKE, {"memory_bound": [0.5]}) == {}
    flags = flagged_metrics(SKYLAKE, {"backend_bound": [0.5, 0.1], "memory_bound": [0.5, 0.5], "retiring": [0.9, 0.9]})
    assert {node: flag.tolist() for node, flag in flags.items()} == {
        "backend_bound": [True, False],
        "memory_bound": [True, False],
    }


@pytest.mark.parametrize(
    ("cpu", "identifier", "version"),
    [
        *[("skylake_sp", f"GenuineIntel-6-55-{stepping}", "1.37") for stepping in range(5)],
        ("ice_lake_sp", "GenuineIntel-6-6A-6", "V1.30"),
        ("ice_lake_sp", "GenuineIntel-6-6C", "1.30"),
        ("sapphire_rapids", "GenuineIntel-6-8F-8", "v1.39"),
        ("zen4", "AuthenticAMD-25-11-1", "v1"),
        ("zen4", "AuthenticAMD-25-61-2", "1"),
        ("zen4", "AuthenticAMD-25-A0-2", "1"),
        ("neoverse_v2", "0x00000000410fd4f0", "8 August 2025"),
    ],
)
def test_counts_that_belong(cpu, identifier, version):
    require_measured_for(load_metric_file(cpu), identifier, version)


@pytest.mark.parametrize(
    ("cpu", "identifier", "version", "said"),
    [
        ("skylake_sp", "GenuineIntel-6-55-7", "1.37", "GenuineIntel-6-55-7"),  # Cascade Lake
        ("skylake_sp", "GenuineIntel-6-55-4", "1.36", "version 1.36"),
        ("skylake_sp", "GenuineIntel-6-55-4", "1.3", "version 1.3 of"),
        ("sapphire_rapids", "GenuineIntel-6-CF-2", "1.39", "GenuineIntel-6-CF-2"),  # Emerald Rapids
        ("sapphire_rapids", "GenuineIntel-6-8FA", "1.39", "GenuineIntel-6-8FA"),
        ("zen4", "AuthenticAMD-25-1-1", "v1", "AuthenticAMD-25-1-1"),  # model 01h: Zen 3
        ("zen4", "AuthenticAMD-25-21-0", "v1", "AuthenticAMD-25-21-0"),  # Zen 3
        ("neoverse_v2", "0x00000000410fd490", "8 August 2025", "0x00000000410fd490"),  # Neoverse N2
    ],
)
def test_counts_of_another_machine_or_version(cpu, identifier, version, said):
    with pytest.raises(ValueError, match=said):
        require_measured_for(load_metric_file(cpu), identifier, version)
