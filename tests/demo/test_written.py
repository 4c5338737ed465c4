"""Sample answers to every written exercise, from poor to full; what stands in braces has a value for everybody."""

from __future__ import annotations

import functools
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
MODULES = {module.slug[:3]: module for module in modules()}  # by the prefix of their exercises
NAMES = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
WORDS = range(51, 260)


def parts(path):
    """Header and text."""
    _, header, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(header), text


def files_of(prefix):
    return [path for path in FILES if path.stem.startswith(prefix)]


@functools.cache
def rubrics(prefix):
    return rubrics_of(MODULES[prefix])


def points_of(header, rubric):
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    return sum(criteria[name].levels[level].points for name, level in header["levels"].items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_levels_are_those_of_the_rubric(path):
    header, text = parts(path)
    assert set(header) == {"exercise", "levels", "comment"}
    criteria = {criterion.id: criterion for criterion in rubrics(path.stem[:3])[header["exercise"]].criteria}
    assert set(header["levels"]) == set(criteria)
    assert all(0 <= level < len(criteria[name].levels) for name, level in header["levels"].items())
    assert path.stem.startswith(header["exercise"] + "_")
    assert len(text.split()) in WORDS
    assert not NAMES.search(header["comment"]), "nothing is filled into a comment"


@pytest.mark.parametrize("prefix", MODULES)
def test_each_written_exercise_has_samples_from_poor_to_full(prefix):
    earned = {}
    for path in files_of(prefix):
        header, _ = parts(path)
        points = points_of(header, rubrics(prefix)[header["exercise"]])
        earned.setdefault(header["exercise"], Counter())[points] += 1
    assert set(earned) == set(rubrics(prefix)) == {one.id for one in MODULES[prefix].exercises if one.is_written}
    for exercise, points in earned.items():
        assert points.total() >= (3 if MODULES[prefix].slug == graders.demo.MODULE else 2)
        assert max(points) == rubrics(prefix)[exercise].points
        assert min(points) < rubrics(prefix)[exercise].points / 2


@pytest.mark.parametrize("prefix", MODULES)
def test_what_stands_in_braces_has_a_value_for_everybody(prefix):
    module = MODULES[prefix]
    facts = load(module).model_answers
    made = student_scenario(module, "salt")
    for path in files_of(prefix):
        header, text = parts(path)
        if not NAMES.search(text):
            continue
        scenarios = PersonalScenarios(made, "scenario.py")
        for number in range(1, 31):
            values = facts[header["exercise"]].values(scenarios.of(f"student-{number:02}"))
            filled = text.format_map(values)
            assert all(isinstance(values[name], str | int | float) for name in NAMES.findall(text)), path.stem
            assert not re.search(r"[{}]|\d\.\d{6}|\b(nan|None)\b", filled), (path.stem, filled)
            assert len(filled.split()) < 1.25 * WORDS.stop


@pytest.mark.parametrize("prefix", MODULES)
def test_no_sample_is_the_model_answer(prefix):
    def runs_of_words(text, length=10):
        words = re.findall(r"[\w{}]+", text)
        return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}

    for path in files_of(prefix):
        header, text = parts(path)
        same = runs_of_words(text) & runs_of_words(rubrics(prefix)[header["exercise"]].model_answer)
        assert not same, (path.stem, same)
