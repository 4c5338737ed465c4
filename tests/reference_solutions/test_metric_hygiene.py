"""A planted fault of each kind is found, named, and is the only one found."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods import metric_file
from reference_solutions.m02_tools_methods.metric_hygiene import metric_file_problems

FOLDER = Path(metric_file.__file__).parent / "metric_files"
SOUND = {
    "format": 1,
    "cpu": {"name": "Wide core", "identifiers": ["Vendor-1-2"], "width": 8},
    "documents": [{"id": "D-1", "title": "Manual", "version": "2"}],
    "event_file": {"name": "events.json", "version": "1.0"},
    "events": {"clocks": "CYCLES", "retired": "OPS_RETIRED"},
    "settings": {"smt": "SMT_ON"},
    "metrics": [
        {"name": "slots", "formula": "width * clocks * (2 if smt else 1)", "unit": "slots"},
        {"name": "retiring", "formula": "retired / slots", "unit": "share", "level": 1, "threshold": "retiring > 0.7"},
        {"name": "heavy", "formula": "retiring / 2", "unit": "share", "level": 2, "parent": "retiring"},
    ],
}


def problems(*path, value):
    """Problems of the sound document with one place changed."""
    document = copy.deepcopy(SOUND)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return metric_file_problems(document)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_ours_have_none(path):
    assert metric_file_problems(json.loads(path.read_text())) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("documents",), [], "documents is empty"),
        (("documents", 0, "id"), None, "documents 1: id is missing"),
        (("documents", 0, "version"), "", "documents 1: version is '', expected a text that is not empty"),
        (("event_file", "version"), None, "event_file: version is missing"),
        (("event_file", "version"), 1.37, "event_file: version is 1.37, expected a text that is not empty"),
        (("cpu", "width"), None, "cpu: width is missing"),
        (("cpu", "width"), 4.0, "cpu: width is 4.0, expected a whole number"),
        (("cpu", "width"), True, "cpu: width is True, expected a whole number"),
        (("cpu", "width"), 0, "cpu: width is 0, a core has at least one slot a clock"),
        (("cpu", "identifiers"), "Vendor-1-2", "cpu: identifiers is 'Vendor-1-2', expected a list"),
        (("metrics", 1), "retired / slots", "metrics 2 is 'retired / slots', expected an object"),
        (("metrics", 0, "treshold"), "slots > 1", "metrics 1: unknown key treshold"),
        (("metrics", 0, "unit"), None, "metrics 1: unit is missing"),
        (("events", "clocks"), 3, "events: clocks is 3, expected a text that is not empty"),
        (("version",), "1", "unknown key version"),
        (("format",), 2, "format is 2, only 1 is known"),
        (("events", "retired"), "CYCLES", "event CYCLES has two aliases"),
        (("events", "slots"), "SLOTS", "slots stands for two things"),
        (("events", "width"), "WIDTH", "width stands for two things"),
        (("events", "spare"), "SPARE", "event spare is used by no metric"),
        (("metrics", 1, "formula"), "retired / slot", "metric retiring: slot is no alias, setting or metric"),
        (("metrics", 1, "formula"), "retired / slots +", "metric retiring: not an expression: 'retired / slots +'"),
        (("metrics", 1, "formula"), "retired.real / slots", "metric retiring: Attribute is not allowed"),
        (("metrics", 1, "threshold"), "retired > 1", "threshold of retiring: retired is no metric"),
        (("metrics", 0, "formula"), "width * clocks * (2 if smt else 1) * slots", "circle: slots -> slots"),
        (("metrics", 1, "formula"), "retired / slots * heavy", "circle: retiring -> heavy -> retiring"),
        (("metrics", 2, "parent"), "retired", "metric heavy: its parent retired is no metric"),
        (("metrics", 2, "parent"), "slots", "metric heavy of level 2 has a parent of level 0"),
        (("metrics", 2, "parent"), None, "metric heavy of level 2 has no parent"),
        (("metrics", 2, "level"), 3, "metric heavy of level 3 has a parent of level 1"),
    ],
)
def test_one_fault_one_problem(path, value, said):
    assert metric_file_problems(SOUND) == []
    found = problems(*path, value=value)
    assert len(found) == 1
    assert said in found[0]


def test_a_name_that_no_formula_could_use():
    found = problems("events", "a.b", value="A.B")
    assert found == ["'a.b' is no name that a formula could use", "event a.b is used by no metric"]


@pytest.mark.parametrize("document", [None, [], 1, "text", {}])
def test_what_is_no_metric_file_at_all(document):
    assert metric_file_problems(document)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*SOUND, "name"]), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SOUND)), anything)
def test_whatever_stands_there_problems_are_sentences(key, value):
    found = metric_file_problems(SOUND | {key: value})
    assert all(isinstance(one, str) and one for one in found)


def test_long_chains_with_many_ways_are_read_at_once():
    """Forty metrics that each use the one before twice: 2^40 paths, and no circle."""
    chain = [{"name": "m0", "formula": "clocks + retired + smt", "unit": "1"}]
    chain += [{"name": f"m{n}", "formula": f"m{n - 1} + m{max(n - 2, 0)}", "unit": "1"} for n in range(1, 40)]
    assert metric_file_problems(SOUND | {"metrics": chain}) == []
