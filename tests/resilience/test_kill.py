"""kill -9 at any moment of `aisa grade`, then again: as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graders.course import load
from graders.course.intake import Submission
from graders.errors import SandboxError
from graders.grading import Grader, course_status
from graders.sandbox import Sandbox
from tests.attacks.grading import children
from tests.resilience.courses import STUDENTS, adopting, autograded, graded_here, rows

MOMENTS = 6


def interrupted(course: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.resilience.interrupted", str(step), str(course)]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=root)


@pytest.fixture(scope="module")
def steps(template: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many steps an undisturbed run has."""
    done = interrupted(Path(shutil.copytree(template, tmp_path_factory.mktemp("counted") / "course")), 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_and_graded_again_is_graded_once(steps: int, moment: int, course: Path, undisturbed: Path) -> None:
    with adopting() as left:
        done = interrupted(course, 1 + moment * (steps - 1) // (MOMENTS - 1))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert left == []
    assert {receipt.state for receipt in graded_here(course).values()} <= {"graded", "unchanged"}
    assert rows(course) == rows(undisturbed)
    assert autograded(course) == autograded(undisturbed)
    assert not [line.unproven for line in course_status(load(course)) if line.unproven]
    assert not [
        path for path in course.rglob("*") if path.name.startswith(".") and path.suffix not in ("", ".gitignore")
    ]


def test_somebody_of_the_crew_is_killed(course: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets a zero for it: who was being graded is not graded, is told why, and is graded the next time."""
    grade, here = Grader.grade, os.getpid()

    def fatal(grader: Grader, submission: Submission, *rest: object) -> object:
        if submission.student == STUDENTS[1] and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(grader, submission, *rest)  # type: ignore[arg-type]

    with adopting() as left, monkeypatch.context() as patched:
        patched.setattr(Grader, "grade", fatal)
        receipts = graded_here(course, workers=2)
    assert left == []
    assert receipts[STUDENTS[1]].state == "not graded"
    assert "killed" in receipts[STUDENTS[1]].detail
    assert {receipt.state for receipt in receipts.values()} <= {"graded", "not graded"}
    assert {receipt.state for receipt in graded_here(course).values()} <= {"graded", "unchanged"}
    assert rows(course) == rows(undisturbed)


def test_a_machine_that_fails_in_one_of_the_crew(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets a fresh sandbox of its own, grades everybody, and leaves nothing of it behind."""
    run, failed = Sandbox.run, []

    def failing(sandbox: Sandbox, *rest: object, **more: object) -> object:
        if not failed:
            failed.append(sandbox)
            raise SandboxError("the machine is too slow")
        return run(sandbox, *rest, **more)  # type: ignore[arg-type]

    before = set(children())
    with adopting(), monkeypatch.context() as patched:
        patched.setattr(Sandbox, "run", failing)
        receipts = graded_here(course, workers=2)
        left = set(children()) - before
    assert not left
    assert {receipt.state for receipt in receipts.values()} == {"graded"}
    assert not failed  # it happened elsewhere


def test_what_is_killed_has_not_been_graded_for_nothing(steps: int, course: Path) -> None:
    """A run that is killed near its end leaves what it had graded: the next one does the rest only."""
    interrupted(course, steps - 1)
    assert [receipt.state for receipt in graded_here(course).values()].count("unchanged") >= len(STUDENTS) - 2


def test_graded_again_is_unchanged(undisturbed: Path, tmp_path: Path) -> None:
    course = Path(shutil.copytree(undisturbed, tmp_path / "again"))
    before, times = rows(course), [path.stat().st_mtime_ns for path in sorted((course / "autograded").rglob("*"))]
    assert {receipt.state for receipt in graded_here(course).values()} == {"unchanged"}
    assert rows(course) == before
    assert [path.stat().st_mtime_ns for path in sorted((course / "autograded").rglob("*"))] == times


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_nothing(course: Path, undisturbed: Path, workers: int) -> None:
    graded_here(course, workers=workers)
    assert rows(course) == rows(undisturbed)
    assert autograded(course) == autograded(undisturbed)


def test_one_after_the_other_in_any_order_changes_nothing(course: Path, undisturbed: Path) -> None:
    for student in reversed(STUDENTS):
        assert graded_here(course, students=[student])[student].state == "graded"
    assert rows(course) == rows(undisturbed)


def test_a_changed_submission_alone_is_graded_again(undisturbed: Path, tmp_path: Path) -> None:
    course = Path(shutil.copytree(undisturbed, tmp_path / "changed"))
    path = course / "submitted" / STUDENTS[1] / "m98_victim" / "practical.ipynb"
    path.write_bytes(path.read_bytes() + b"\n")
    states = {student: receipt.state for student, receipt in graded_here(course).items()}
    assert states == dict.fromkeys(STUDENTS, "unchanged") | {STUDENTS[1]: "graded"}
    assert rows(course)["grades"] == rows(undisturbed)["grades"]
