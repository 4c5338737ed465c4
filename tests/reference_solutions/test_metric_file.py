"""Metric files: ours are sound and say what they are; texts that are none are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reference_solutions.m02_tools_methods import metric_file
from reference_solutions.m02_tools_methods.metric_file import (
    METRIC_FILES,
    MetricDefinition,
    MetricFile,
    load_metric_file,
    read_metric_file,
)

FOLDER = Path(metric_file.__file__).parent / "metric_files"


def test_there_are_five():
    assert METRIC_FILES == ("ice_lake_sp", "neoverse_v2", "sapphire_rapids", "skylake_sp", "zen4")
    assert len(list(FOLDER.iterdir())) == len(METRIC_FILES)


@pytest.mark.parametrize("cpu", METRIC_FILES)
def test_ours_say_where_they_come_from(cpu):
    file = load_metric_file(cpu)
    assert isinstance(file, MetricFile)
    assert file.documents
    assert file.event_file
    assert file.event_file_version
    assert file.identifiers
    assert 4 <= file.width <= 8
    assert all(metric.unit for metric in file.metrics.values())


@pytest.mark.parametrize("cpu", METRIC_FILES)
def test_level_1_is_there(cpu):
    tops = {name for name, metric in load_metric_file(cpu).metrics.items() if metric.level == 1}
    assert tops - {"smt_contention"} == {"retiring", "bad_speculation", "frontend_bound", "backend_bound"}


@pytest.mark.shared
def test_widths_and_editions_agree_with_the_recorded_provenance(shared_oracles):
    folder = shared_oracles / "microarchitecture/topdown"
    for cpu, name in (("skylake_sp", "skx"), ("ice_lake_sp", "icx"), ("sapphire_rapids", "spr")):
        recorded = json.loads((folder / f"tma_{name}.json").read_text())
        header = recorded["provenance"]["perfmon_header"]
        file = load_metric_file(cpu)
        assert file.width == recorded["pipeline_width"]
        assert recorded["provenance"]["perfmon_file"] in file.documents[1]
        assert f"TMA {header['TmaVersion']}" in file.documents[1]
        assert f"{header['Version']} of {header['DatePublished']}" in file.documents[1]
    arm = json.loads((folder / "arm_neoverse-v2.json").read_text())["provenance"]
    ours = load_metric_file("neoverse_v2")
    assert ours.width == arm["product"]["num_slots"]
    assert arm["product"]["part_num"].removeprefix("0x") in ours.identifiers[0]
    assert arm["file"] in ours.event_file
    assert arm["document"]["timestamp"].startswith("08 Aug")
    assert ours.event_file_version == "8 August 2025"


@pytest.mark.shared
def test_thresholds_are_intels(shared_oracles):
    """Each own limit stands in percent in the recorded threshold text."""
    for cpu, name in (("skylake_sp", "skx"), ("ice_lake_sp", "icx"), ("sapphire_rapids", "spr")):
        recorded = json.loads((shared_oracles / f"microarchitecture/topdown/tma_{name}.json").read_text())
        ours = {n: m for n, m in load_metric_file(cpu).metrics.items() if m.level in (1, 2)}
        assert {node.lower() for node in recorded["perfmon_formulas"]} == set(ours)
        for node, formula in recorded["perfmon_formulas"].items():
            assert ours[node.lower()].level == formula["level"]
            theirs = formula["threshold"].replace("(", " ").split()
            limits = [float(part.split(" or ")[0]) for part in ours[node.lower()].threshold.split(" > ")[1:]]
            assert 100 * limits[0] == pytest.approx(float(theirs[2]))
            if node == "Retiring":
                assert 100 * limits[1] == pytest.approx(float(theirs[-2] if theirs[-1] == ")" else theirs[-1]))


def test_an_unknown_cpu_is_named():
    with pytest.raises(ValueError, match="no metric file for 'pentium', there are ice_lake_sp, "):
        load_metric_file("pentium")
    with pytest.raises(ValueError, match="no metric file"):
        load_metric_file("../metric_files/zen4")


def document(**changes):
    sound = {
        "format": 1,
        "cpu": {"name": "Wide core", "identifiers": ["Vendor-1-2"], "width": 8},
        "documents": [{"id": "D-1", "title": "Manual", "version": "2"}],
        "event_file": {"name": "events.json", "version": "1.0"},
        "events": {"clocks": "CYCLES", "retired": "OPS_RETIRED"},
        "settings": {},
        "metrics": [
            {"name": "retiring", "formula": "retired / (width * clocks)", "unit": "share of slots", "level": 1}
        ],
    }
    return sound | changes


def test_a_file_says_what_was_read():
    file = read_metric_file(json.dumps(document()))
    expected = MetricDefinition("retiring", "retired / (width * clocks)", "share of slots", level=1)
    assert file == MetricFile(
        cpu="Wide core",
        identifiers=("Vendor-1-2",),
        width=8,
        documents=("D-1, Manual, 2",),
        event_file="events.json",
        event_file_version="1.0",
        events={"clocks": "CYCLES", "retired": "OPS_RETIRED"},
        settings={},
        metrics={"retiring": expected},
    )


def test_problems_are_counted_and_named():
    with pytest.raises(ValueError, match=r"^1 problem: format is 2, only 1 is known$"):
        read_metric_file(json.dumps(document(format=2)))
    with pytest.raises(ValueError, match=r"^2 problems: format is 2.*; cpu: width is 0"):
        read_metric_file(json.dumps(document(format=2, cpu=document()["cpu"] | {"width": 0})))


@pytest.mark.parametrize("text", ["", "metrics: []", "{", '{"a": 1} {"b": 2}'])
def test_text_that_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"line 1 column"):
        read_metric_file(text)


def test_a_key_that_is_there_twice_is_refused():
    text = json.dumps(document()).replace('"clocks": "CYCLES"', '"clocks": "CYCLES", "clocks": "REF_CYCLES"')
    with pytest.raises(ValueError, match="there twice: clocks"):
        read_metric_file(text)
