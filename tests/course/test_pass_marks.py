"""Pass marks of `course.yaml`: shares of the points, one for each notebook, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.course import init, load
from graders.errors import CourseError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return init(tmp_path / "course").root


def say(root: Path, lines: str) -> None:
    path = root / "course.yaml"
    path.write_text(path.read_text() + lines)


def test_a_course_says_some_of_them_and_keeps_the_others(root: Path) -> None:
    before = load(root).pass_marks
    say(root, "pass_marks:\n  novel_scenario: 0.75\n")
    assert load(root).pass_marks == {**before, "novel_scenario": 0.75}
    assert set(before) == {"practical", "worked_example", "novel_scenario"}
    assert all(0 < mark <= 1 for mark in before.values())


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("pass_marks:\n  practical: 60\n", "pass_marks.practical"),  # per cent
        ("pass_marks:\n  practical: 0\n", "pass_marks.practical"),
        ("pass_marks:\n  practical: -0.5\n", "pass_marks.practical"),
        ("pass_marks:\n  practical: .nan\n", "pass_marks.practical"),
        ("pass_marks:\n  practical: half\n", "pass_marks.practical"),
        ("pass_marks:\n  practicals: 0.5\n", "pass_marks.practicals"),
        ("pass_marks: 0.5\n", "pass_marks"),
    ],
)
def test_what_is_no_share_or_no_notebook_is_refused(root: Path, lines: str, found: str) -> None:
    say(root, lines)
    with pytest.raises(CourseError) as refusal:
        load(root)
    assert found in refusal.value.where
    assert "course.yaml" in refusal.value.where
