"""Levels add up to points exactly, and only those of the rubric count."""

from __future__ import annotations

import pytest

from graders.authoring.rubrics import Criterion, Level, Rubric
from graders.errors import UsageError
from graders.scoring.levels import points_of, words

TENTHS = tuple(Level(points, f"Level {number}.") for number, points in enumerate((0.0, 0.1, 0.2)))
RUBRIC = Rubric("m95_x", tuple(Criterion(name, name.upper(), TENTHS) for name in ("a", "b", "c")), "")


def test_points_are_added_as_they_are_written():
    assert points_of(RUBRIC, {"a": 1, "b": 1, "c": 1}) == 0.3  # 0.1 + 0.1 + 0.1 is not, in binary
    assert points_of(RUBRIC, {"a": 2, "b": 0, "c": 2}) == 0.4
    assert points_of(RUBRIC, {"a": 0, "b": 0, "c": 0}) == 0.0


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ({"a": 1, "b": 1}, "'c' has no level"),
        ({"a": 1, "b": 1, "c": 3}, "'c' has the levels 0 to 2, not 3"),
        ({"a": 1, "b": 1, "c": -1}, "'c' has the levels 0 to 2, not -1"),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, "no criterion 'd'; there are a, b, c"),
    ],
)
def test_levels_that_the_rubric_does_not_have(levels, message):
    with pytest.raises(UsageError, match=message):
        points_of(RUBRIC, levels)


def test_the_student_reads_what_each_level_says():
    said = words(RUBRIC, {"a": 0, "b": 1, "c": 2}, "Well done.")
    assert said.split("\n\n") == [
        "**A** (0 of 0.2): Level 0.",
        "**B** (0.1 of 0.2): Level 1.",
        "**C** (0.2 of 0.2): Level 2.",
        "Well done.",
    ]
