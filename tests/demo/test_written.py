"""Sample answers to written exercises: each has levels that its rubric knows, and what is to be filled in can be."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import graders.demo
from graders.authoring.material import modules
from graders.authoring.rubrics import rubrics_of
from graders.authoring.scenarios import PersonalScenarios, student_scenario
from graders.checks import load

FILES = sorted((Path(graders.demo.__file__).parent / "written").glob("*.md"))
MODULE = next(module for module in modules() if module.slug == graders.demo.MODULE)


def parts(path):
    """Header and text."""
    _, header, text = path.read_text().split("---\n", 2)
    return yaml.safe_load(header), text


@pytest.fixture(scope="module")
def rubrics():
    return rubrics_of(MODULE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_levels_are_those_of_the_rubric(path, rubrics):
    header, text = parts(path)
    assert set(header) == {"exercise", "levels", "comment"}
    criteria = {criterion.id: criterion for criterion in rubrics[header["exercise"]].criteria}
    assert set(header["levels"]) == set(criteria)
    assert all(0 <= level < len(criteria[name].levels) for name, level in header["levels"].items())
    assert path.stem.startswith(header["exercise"])
    assert 50 < len(text.split()) < 260


def test_each_written_exercise_has_samples_from_poor_to_full(rubrics):
    earned = {}
    for path in FILES:
        header, _ = parts(path)
        criteria = {criterion.id: criterion for criterion in rubrics[header["exercise"]].criteria}
        points = sum(criteria[name].levels[level].points for name, level in header["levels"].items())
        earned.setdefault(header["exercise"], Counter())[points] += 1
    assert set(earned) == set(rubrics)
    for exercise, points in earned.items():
        assert points.total() >= 3
        assert max(points) == rubrics[exercise].points
        assert min(points) < rubrics[exercise].points / 2


def test_what_stands_in_braces_has_a_value_for_everybody():
    facts = load(MODULE).model_answers
    scenarios = PersonalScenarios(student_scenario(MODULE, "salt"), "scenario.py")
    for path in FILES:
        header, text = parts(path)
        names = set(re.findall(r"\{(\w+)\}", text))
        for number in range(1, 31):
            values = facts[header["exercise"]].values(scenarios.of(f"student-{number:02}")) if names else {}
            assert all(isinstance(values[name], str | int) for name in names)
