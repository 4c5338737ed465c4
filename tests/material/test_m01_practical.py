"""Module 1's practical: its counters are those that its data page promises, and its numbers those of the checks."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
import yaml

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.hardware import H100_SXM, MULTIPROCESSORS

MODULE = material_root() / "assignments/authoring/m01_microarchitecture"
NODES = ("retiring", "front end", "bad speculation", "memory", "core")


@pytest.fixture(scope="module")
def counters():
    lines = (MODULE / "data/pipeline_counters.csv").read_text().splitlines()
    return {row["program"]: row for row in csv.DictReader(line for line in lines if not line.startswith("#"))}


@pytest.fixture(scope="module")
def promised():
    """The table of the data page: program -> shares in the order of NODES."""
    rows = re.findall(r"^\| (\w+) \|((?: \d+ % \|){5})", (MODULE / "data/README.md").read_text(), re.MULTILINE)
    return {program: [int(share) / 100 for share in re.findall(r"\d+", shares)] for program, shares in rows}


def test_counts_give_back_the_shares_that_they_were_written_from(counters, promised):
    assert set(promised) == set(counters)
    for program, expected in promised.items():
        assert sum(expected) == pytest.approx(1)
        row = {name: int(count) for name, count in counters[program].items() if name != "program"}
        slots = 6 * row["clocks"]
        thrown_away = row["issued"] - row["retired"] + 6 * row["recovery_clocks"]
        lost = [row["retired"], row["starved_slots"], thrown_away]
        back_end = slots - sum(lost)
        loads = back_end * row["idle_clocks_load"] / row["idle_clocks"]
        found = np.array([*lost, loads, back_end - loads]) / slots
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert 0.3 <= 6 * row["recovery_clocks"] / thrown_away <= 0.46


def test_every_verdict_is_clear(promised):
    for shares in promised.values():
        lost = sorted(shares[1:], reverse=True)
        assert lost[0] - lost[1] >= 0.06


@pytest.fixture(scope="module")
def cells():
    return [cell.text for cell in read(MODULE / "practical/notebook.py")]


def test_the_notebook_offers_the_changes_of_the_checks(cells):
    namespace = {}
    text = next(text for text in cells if "changes = [" in text)
    exec(text[text.index("changes = [") : text.index("]\n", text.index("changes = [")) + 1], namespace)
    found = {(one["change"], one["node"], one["times_fewer"]) for one in namespace["changes"]}
    text = (MODULE / "practical/checks.py").read_text()
    exec(text[text.index("CHANGES = [") : text.index("]\n", text.index("CHANGES = [")) + 1], namespace)
    assert found == {(one["change"], one["node"], one["times_fewer"]) for one in namespace["CHANGES"]}


def test_the_notebooks_table_of_devices_is_that_of_the_hardware_page(cells):
    text = next(text for text in cells if "PER_MULTIPROCESSOR = pd" in text)
    found = re.findall(r'"\w+ \((\d+\.\d)\)": \[([\d_, ]+)\]', text)
    assert len(found) == 4
    for capability, numbers in found:
        assert [int(number) for number in numbers.split(",")] == list(MULTIPROCESSORS[capability].values())


def test_the_notebooks_designs_are_those_of_the_checks(cells):
    text = next(text for text in cells if "designs = pd" in text)
    rows = re.findall(r'\["([\w ]+)", ([\d_, ]+)\],', text)
    assert len(rows) == 5
    names = re.findall(r'"(l\d_\w+|memory_cycles)"', text)
    table = {"design": [row[0] for row in rows]}
    numbers = [[int(number) for number in row[1].split(",")] for row in rows]
    table |= {name: list(column) for name, column in zip(names, zip(*numbers, strict=True), strict=True)}
    namespace = {}
    text = (MODULE / "practical/checks.py").read_text()
    exec(text[text.index("DESIGNS = {") : text.index("}\n", text.index("DESIGNS = {")) + 1], namespace)
    assert table == namespace["DESIGNS"]


def test_misses_of_a_design_become_fewer_from_level_to_level(cells):
    text = next(text for text in cells if "designs = pd" in text)
    for *_, first, second, third in re.findall(r"([\d_]+), ([\d_]+), ([\d_]+)\],", text):
        assert 1_000_000 > int(first) > int(second) > int(third)


def test_the_introduction_counts_its_exercises(cells):
    module = yaml.safe_load((MODULE / "module.yaml").read_text())
    own = [exercise for exercise in module["exercises"] if exercise["notebook"] == "practical"]
    counts = re.search(r"There are (\d+) exercises, (\d+) points, and about (\d+) minutes", cells[0])
    exercises, points, minutes = (int(number) for number in counts.groups())
    assert (exercises, points) == (len(own), sum(exercise["points"] for exercise in own))
    assert abs(minutes - sum(exercise["minutes"] for exercise in own)) <= 5
    titled = re.findall(r"\*\*Exercise (\d+)\*\* \((\d+) points, (\d+) minutes\)", "\n".join(cells))
    expected = [(str(number), str(one["points"]), str(one["minutes"])) for number, one in enumerate(own, start=1)]
    assert titled == expected


def test_the_one_real_memory_is_that_of_the_hardware_page(cells):
    text = next(text for text in cells if "programs = pd" in text)
    peaks = re.search(r'"peak_bytes_per_s": \[([^\]]+)\]', text)[1].split(",")
    assert float(peaks[-1]) == H100_SXM.bandwidth_bytes_per_s
