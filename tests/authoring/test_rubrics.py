"""Rubrics are read strictly: what is wrong is named with file, line and field."""

from __future__ import annotations

import re

import pytest

from graders.authoring.rubrics import Level, mark_scheme, rubrics_of
from graders.errors import CourseError
from tests.checks.kinds_module import kinds_module

EXERCISE = "m95_ceiling_explained"


def test_a_rubric_is_criteria_and_levels(tmp_path):
    rubric = rubrics_of(kinds_module(tmp_path))[EXERCISE]
    assert [(one.id, one.points) for one in rubric.criteria] == [("resource", 1.5), ("number", 2.5)]
    assert rubric.criteria[1].levels[1] == Level(1, "Gives a number in a wrong unit.")
    assert rubric.points == 4
    assert rubric.model_answer.startswith("The load unit")


def test_the_mark_scheme_says_all_of_it(tmp_path):
    rubric = rubrics_of(kinds_module(tmp_path))[EXERCISE]
    scheme = mark_scheme(rubric)
    for criterion in rubric.criteria:
        assert f"**{criterion.title}** (`{criterion.id}`, {criterion.points:g} points)" in scheme
        for level in criterion.levels:
            assert f"- {level.points:g}: {level.says}" in scheme
    assert scheme.split("\n")[0] == "### BEGIN MARK SCHEME"
    assert scheme.split("\n")[-1] == "### END MARK SCHEME"
    assert rubric.model_answer.strip() in scheme


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("- id: resource", "- name: resource", r"yaml:4: exercises\.\w+\.criteria\[0\]\.\w+", "unknown key|required"),
        ("id: number", "id: Number", r"yaml:9: exercises\.\w+\.criteria\[1\]\.id", "pattern"),
        ("id: number", "id: resource", r"yaml:\d: exercises\.", "there twice: resource"),
        ("{points: 1,", "{points: 3,", r"yaml:9: exercises\.\w+\.criteria\[1\]", "found 0, 3, 2.5"),
        ("{points: 0, says: \"Gives", "{points: 0.5, says: \"Gives", r"yaml:9", "from 0 points upwards, found 0.5"),
        ("{points: 1,", "{points: one,", r"yaml:13: .*levels\[1\]\.points", "valid number, found 'one'"),
        ("{points: 1,", "{marks: 1,", r"yaml:13: .*levels\[1\]", "unknown key|required"),
        ("points: 2.5,", "points: 3.5,", "exercises.m95_ceiling_explained", "add up to 5 points, not 4"),
        ("model_answer: |", "model: |", "exercises", "unknown key|required"),
        ("clocks there are not.", "clocks there are.\n      ### END MARK SCHEME", "model_answer", "'END MARK SCHEME'"),
        ("clocks there are not.", "![](attachment:x.png)", "model_answer", "attachment"),
        ("Gives no number at all.", " ", "says", "says nothing"),
        ("Gives no number at all.", "Gives\\nno number at all.", "says", "pattern"),
        ("m95_ceiling_explained:", "m95_busiest:", "exercises.m95_busiest", "no written exercise of this id"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_and_where(tmp_path, old, new, where, said):
    module = kinds_module(tmp_path, rubrics=(old, new))
    with pytest.raises(CourseError, match=said) as failure:
        rubrics_of(module)
    assert re.search(where, str(failure.value))


def test_one_criterion_is_no_rubric(tmp_path):
    module = kinds_module(tmp_path)
    path = tmp_path / "rubrics" / "m95_kinds.yaml"
    text = path.read_text()
    start, end = text.index("      - id: number"), text.index("    model_answer")
    path.write_text(text[:start] + text[end:])
    with pytest.raises(CourseError, match=r"criteria: .*at least 2"):
        rubrics_of(module)


def test_a_missing_rubric_is_missed(tmp_path):
    module = kinds_module(tmp_path)
    (tmp_path / "rubrics" / "m95_kinds.yaml").unlink()
    with pytest.raises(CourseError, match="cannot be read"):
        rubrics_of(module)
    (tmp_path / "rubrics" / "m95_kinds.yaml").write_text("exercises: {}\n")
    with pytest.raises(CourseError, match=f"exercises.{EXERCISE}: the written exercise has no rubric"):
        rubrics_of(module)
