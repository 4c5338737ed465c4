"""Flags and paths: pmu-tools' flags on recorded shares, and trees built by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.drill_down import (
    SKYLAKE_TREE,
    SPEAKS_FOR_PARENT,
    drill_down_path,
    flagged_nodes,
)

TREE = {"a": ("", 0.2), "b": ("", 0.2), "a1": ("a", 0.1), "a2": ("a", 0.1), "a1x": ("a1", 0.05)}


@pytest.mark.shared
@pytest.mark.parametrize("cpu", ["skx", "icx", "spr"])
def test_agrees_with_the_flags_of_pmu_tools(shared_oracles, cpu):
    """But for Retiring: pmu-tools tests it before Heavy Operations exists, so micro-code is missed."""
    cases = json.loads((shared_oracles / f"microarchitecture/topdown/tma_{cpu}.json").read_text())["cases"]
    compared = 0
    for case in cases:
        for variant in set(case["expected"]) - {"perfmon_percent"}:
            nodes = case["expected"][variant]
            values = {name.lower(): node["value"] for name, node in nodes.items()}
            flags = flagged_nodes(values, SKYLAKE_TREE, SPEAKS_FOR_PARENT)
            theirs = {name.lower(): node["thresh"] for name, node in nodes.items() if name != "Retiring"}
            assert {name: bool(flags[name]) for name in theirs} == theirs, case["case"]
            assert bool(flags["retiring"]) == (values["retiring"] > 0.7 or values["heavy_operations"] > 0.1)
            compared += len(theirs)
    assert compared == 11 * len(cases) * (1 if cpu == "skx" else 2)


@pytest.mark.shared
def test_recorded_names_are_where_the_counters_were_made_to_point(shared_oracles):
    recorded = json.loads((shared_oracles / "microarchitecture/topdown/tma_skx.json").read_text())["cases"]
    paths = {}
    for case in recorded:
        values = {name.lower(): node["value"] for name, node in case["expected"]["pmu_tools"].items()}
        paths[case["case"]] = drill_down_path(values, SKYLAKE_TREE)
    assert paths["SKX_frontend_latency"] == ["frontend_bound", "fetch_latency"]
    assert paths["SKX_bad_spec"] == ["bad_speculation", "branch_mispredicts"]
    assert paths["SKX_dram"] == ["backend_bound", "memory_bound"]
    assert paths["SKX_core_div"] == ["backend_bound", "core_bound"]
    assert paths["SKX_retire"][0] == "retiring"


def test_a_child_is_silent_below_a_silent_parent():
    flags = flagged_nodes({"a": 0.1, "a1": 0.9, "a1x": 0.9}, TREE)
    assert not any(flags.values())


def test_a_threshold_must_be_exceeded():
    assert not flagged_nodes({"a": 0.2}, TREE)["a"]
    assert flagged_nodes({"a": 0.2000001}, TREE)["a"]


def test_a_speaker_flags_its_parent_and_nobody_else():
    values = {"retiring": 0.4, "heavy_operations": 0.11, "light_operations": 0.29}
    flags = flagged_nodes(values, SKYLAKE_TREE, SPEAKS_FOR_PARENT)
    assert {name: bool(flag) for name, flag in flags.items()} == {
        "retiring": True,
        "light_operations": False,
        "heavy_operations": True,
    }
    assert not any(flagged_nodes(values, SKYLAKE_TREE).values())


def test_the_largest_flagged_child_comes_first():
    assert drill_down_path({"a": 0.5, "b": 0.4, "a1": 0.2, "a2": 0.3, "a1x": 0.2}, TREE) == ["a", "a2"]
    assert drill_down_path({"a": 0.5, "b": 0.4, "a1": 0.3, "a2": 0.3, "a1x": 0.2}, TREE) == ["a", "a1", "a1x"]
    assert drill_down_path({"a": 0.4, "b": 0.5, "a1": 0.3}, TREE) == ["b"]


def test_nothing_flagged_is_no_path():
    assert drill_down_path(dict.fromkeys(TREE, 0.01), TREE) == []
    assert drill_down_path({}, TREE) == []


def test_not_a_number_is_never_flagged():
    assert not flagged_nodes({"a": np.nan}, TREE)["a"]
    assert drill_down_path({"a": np.nan, "b": 0.3}, TREE) == ["b"]


def test_a_node_below_one_that_was_not_measured_is_not_reached():
    assert drill_down_path({"a": 0.5, "a1x": 0.5}, TREE) == ["a"]


trees = st.fixed_dictionaries({node: st.floats(0, 1) for node in TREE})


@given(trees)
def test_every_flag_rests_on_flagged_ancestors(values):
    flags = flagged_nodes(values, TREE)
    for node, (parent, threshold) in TREE.items():
        assert bool(flags[node]) == (values[node] > threshold and (not parent or bool(flags[parent])))


@given(trees)
def test_a_path_goes_down_one_level_a_step_over_flagged_nodes(values):
    flags = flagged_nodes(values, TREE)
    path = drill_down_path(values, TREE)
    assert [TREE[node][0] for node in path] == ["", *path][: len(path)]
    assert all(flags[node] for node in path)
    last = path[-1] if path else ""
    assert not [node for node in TREE if TREE[node][0] == last and flags[node]]


def test_workloads_are_judged_one_by_one():
    flags = flagged_nodes({"a": [0.1, 0.3], "a1": [0.2, 0.2]}, TREE)
    assert flags["a1"].tolist() == [False, True]


def test_an_ancestor_without_a_value_is_refused():
    with pytest.raises(ValueError, match="a1x needs a value of its ancestor a1"):
        flagged_nodes({"a": 0.5, "a1x": 0.5}, TREE)


def test_no_node_is_its_own_ancestor():
    with pytest.raises(ValueError, match="own ancestor"):
        flagged_nodes({"p": 1, "q": 1}, {"p": ("q", 0), "q": ("p", 0)})
