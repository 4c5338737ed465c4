"""Grades the attacked course with the real command, as the superuser or an ordinary user; keeps what came out."""

from __future__ import annotations

import copy
import ctypes
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from graders.authoring.answers import release
from graders.course import load
from graders.gradebook import Gradebook
from graders.records import Flag
from tests.attacks.attack import POINTS, SLUG, Attack
from tests.attacks.course import Canaries, Surroundings, hand_in, listening, make_course
from tests.nbgrader_commands import PATH, nbgrader

BECOME = Path(__file__).parents[1] / "sandbox" / "become.py"
_NOBODY = 65534
_SUBREAPER = 36
_LONGEST_S = 500


@dataclass(frozen=True)
class Outcome:
    """What `aisa grade` left behind.

    Attributes
    ----------
    course : Path
    around : Surroundings
    canaries : Canaries
    printed : str
        All that the command said.
    receipts : mapping of student to receipt
    calls : list of str
        Who called at the doors that stood open outside.
    temporary : list of str
        What was left in the folder for temporary files.
    orphans : list of int
        Processes that outlived the command.
    before, after : mapping of path to digest
        Files of the course.
    """

    course: Path
    around: Surroundings
    canaries: Canaries
    printed: str
    receipts: Mapping[str, Mapping[str, Any]]
    calls: Sequence[str]
    temporary: Sequence[str]
    orphans: Sequence[int]
    before: Mapping[str, str]
    after: Mapping[str, str]

    @cached_property
    def points(self) -> dict[str, dict[str, float]]:
        """Automatic scores in nbgrader's tables, by student and exercise."""
        query = (
            "SELECT a.student_id, c.name, g.auto_score, g.extra_credit, g.manual_score FROM grade g "
            "JOIN base_cell c ON g.cell_id = c.id JOIN submitted_notebook n ON g.notebook_id = n.id "
            "JOIN submitted_assignment a ON n.assignment_id = a.id"
        )
        found: dict[str, dict[str, float]] = {}
        with sqlite3.connect(self.course / "gradebook.db") as base:
            for student, exercise, auto, extra, manual in base.execute(query):
                found.setdefault(student, {})[exercise] = (auto or 0.0) + (extra or 0.0) + (manual or 0.0)
        return found

    def points_of(self, student: str) -> dict[str, float]:
        """Points of one student, 0 where there is no row."""
        return dict.fromkeys(POINTS, 0.0) | self.points.get(student, {})

    @cached_property
    def flags(self) -> dict[str, list[Flag]]:
        """What a human is told to look at, by student."""
        with Gradebook.open(load(self.course)) as gradebook:
            evidence = gradebook.evidence(SLUG)
        return {student: [flag for result in results for flag in result.flags] for student, results in evidence.items()}

    def document(self, student: str) -> str:
        """The graded notebook's text; empty if there is none."""
        path = self.course / "autograded" / student / SLUG / "practical.ipynb"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def shown(self, student: str) -> str:
        """All outputs in the graded notebook."""
        text = self.document(student)
        return (
            json.dumps([cell.get("outputs") for cell in json.loads(text)["cells"]], ensure_ascii=False) if text else ""
        )


@dataclass(frozen=True)
class Released:
    """A course whose students have their notebooks: made once, for whoever then grades a copy of it.

    Attributes
    ----------
    course : Path
    canaries : Canaries
        Planted in it.
    """

    course: Path
    canaries: Canaries


def released_course(place: Path) -> Released:
    """Make it, in an empty folder that everybody may enter."""
    canaries = Canaries()
    course = make_course(place, canaries)
    nbgrader(course, "generate_assignment", SLUG)
    _plant_in_gradebook(course, canaries)
    return Released(course, canaries)


def grade(made: Released, place: Path, attacks: Mapping[str, Attack], *, ordinary: bool) -> Outcome:
    """Grade a copy of a course with all these submissions.

    Parameters
    ----------
    made : Released
        The course as it is before anybody hands in.
    place : Path
        An empty folder that everybody may enter.
    attacks : mapping of str to Attack
        By student.
    ordinary : bool
        Whether to grade as a user without rights, though the superuser runs the tests.
    """
    canaries = copy.deepcopy(made.canaries)
    secret = place / "secret.txt"
    secret.write_text(canaries.plant("file outside the course"))
    temporary = place / "tmp"
    temporary.mkdir()
    with listening(place) as (port, path, abstract, calls):
        around = Surroundings(place / "course", secret, port, path, abstract)
        shutil.copytree(made.course, around.course)
        released = release(json.loads((around.course / "source" / SLUG / "practical.ipynb").read_text()))
        for student, attack in attacks.items():
            hand_in(around.course, student, attack, around, released)
        if ordinary and os.geteuid() == 0:
            for owned in (around.course, temporary):
                subprocess.run(["chown", "-hR", f"{_NOBODY}:{_NOBODY}", owned], check=True)
        before = tree(around.course)
        done, orphans = _command(
            ["grade", SLUG, "--course", str(around.course), "--json"],
            environment(temporary) | {"AISA_TEST_SECRET": canaries.plant("environment of the grader")},
            ordinary=ordinary,
        )
        calls = list(calls)
    receipts = json.loads(done.stdout[done.stdout.index("[") :]) if done.returncode in (0, 1) else []
    return Outcome(
        around.course,
        around,
        canaries,
        done.stdout + done.stderr,
        {receipt["student"]: receipt for receipt in receipts},
        calls,
        sorted(path.name for path in temporary.iterdir()),
        orphans,
        before,
        tree(around.course),
    )


def environment(temporary: Path) -> dict[str, str]:
    """Environment of the command: programs of this environment first, and a place of its own for what is temporary."""
    return {**os.environ, "PATH": PATH, "TMPDIR": str(temporary)}


def _command(
    arguments: Sequence[str], environment: Mapping[str, str], *, ordinary: bool
) -> tuple[subprocess.CompletedProcess[str], list[int]]:
    """Run `aisa`; whoever outlives it becomes our child, and is counted and ended."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    ours = set(children())
    try:
        become = [sys.executable, str(BECOME), "ordinary"] if ordinary and os.geteuid() == 0 else []
        command = [*become, sys.executable, "-m", "graders.cli", *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False, cwd="/"
        )
        left = sorted(set(children()) - ours)
    finally:
        ctypes.CDLL(None).prctl(_SUBREAPER, 0, 0, 0, 0)
    for pid in left:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return done, left


def children() -> list[int]:
    """Processes whose parent is this one, those that have ended and wait to be asked included."""
    lists = Path("/proc/self/task").glob("*/children")
    return [int(pid) for path in lists for pid in path.read_text().split()]


def tree(root: Path) -> dict[str, str]:
    """Every file below a folder: its digest, or what else it is."""
    found: dict[str, str] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            plain = path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20
            found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest() if plain else "special"
    return found


def _plant_in_gradebook(course: Path, canaries: Canaries) -> None:
    with sqlite3.connect(course / "gradebook.db") as base:
        base.execute(
            "INSERT INTO student (id, first_name, lms_user_id) VALUES (?, ?, ?)",
            (f"student-{secrets.token_hex(3)}", canaries.plant("gradebook"), "0"),
        )


def without(attack: Attack) -> Attack:
    """The same answers without the attack."""
    return replace(attack, cells={}, edit=None, raw=None, folder=None)
