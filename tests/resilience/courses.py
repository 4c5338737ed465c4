"""A small course that is released once and copied for each test, and what can be seen of it afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from graders.authoring.answers import fill, release
from graders.course import init, load
from graders.grading import Receipt, grade_course
from tests.attacks.attack import SLUG
from tests.attacks.course import Canaries, make_material, own_references
from tests.attacks.grading import children
from tests.attacks.right import RIGHT, WRONG
from tests.nbgrader_commands import nbgrader

STUDENTS = ("student-01", "student-02", "student-03", "student-04")
ANSWERS: tuple[Mapping[str, str], ...] = (
    RIGHT,
    WRONG,
    {"m98_meter": RIGHT["m98_meter"]},
    {**RIGHT, "m98_meter": "1 / 0"},
)
_SUBREAPER = 36
_PATIENCE_S = 20


def make_template(place: Path) -> Path:
    """A course with four honest submissions, released by nbgrader, ungraded."""
    course = place / "template"
    with own_references():
        init(course, course_id="resilient", students=STUDENTS, material=make_material(place / "material", Canaries()))
    nbgrader(course, "generate_assignment", SLUG)
    for student, answers in zip(STUDENTS, ANSWERS, strict=True):
        hand_in(course, student, notebook(course, answers))
    return course


def notebook(course: Path, answers: Mapping[str, str]) -> bytes:
    """The released notebook with these answers."""
    source = json.loads((course / "source" / SLUG / "practical.ipynb").read_text())
    return json.dumps(fill(release(source), answers)).encode()


def hand_in(course: Path, student: str, content: bytes, name: str = "practical.ipynb", slug: str = SLUG) -> Path:
    """Put a file where a student's submission is looked for."""
    folder = course / "submitted" / student / slug
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def settings(course: Path, **changes: object) -> None:
    """Change `course.yaml`."""
    path = course / "course.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}))


# --- running -----------------------------------------------------------------------------------------------------


def aisa(course: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `aisa` on a course, as a shell would."""
    command = [sys.executable, "-m", "graders.cli", *arguments, "--course", str(course)]
    env = {**os.environ, **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)


def graded(course: Path, *arguments: str, **variables: str) -> dict[str, Mapping[str, object]]:
    """Receipts of `aisa grade`, by student."""
    done = aisa(course, "grade", SLUG, "--json", *arguments, **variables)
    assert done.returncode in (0, 1), done.stderr
    return {receipt["student"]: receipt for receipt in json.loads(done.stdout)}


def graded_here(course: Path, **how: Any) -> dict[str, Receipt]:
    """Receipts of the same, in this process: quicker, where the command itself is not in question."""
    return {receipt.student: receipt for receipt in grade_course(load(course), SLUG, **how)}


def one_message(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that could not do its work said: one line, and no traceback."""
    assert done.returncode in (1, 2), done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("aisa: ")
    return lines[0]


@contextlib.contextmanager
def adopting() -> Iterator[list[int]]:
    """Whoever outlives what is started here becomes our child; those that do not end are listed, and ended."""
    left: list[int] = []
    ours = set(children())
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield left
        for pid in sorted(set(children()) - ours):
            handle = os.pidfd_open(pid)
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(_PATIENCE_S * 1000):
                left.append(pid)
                os.kill(pid, 9)
            os.close(handle)
            os.waitpid(pid, 0)
    finally:
        ctypes.CDLL(None).prctl(_SUBREAPER, 0, 0, 0, 0)


# --- looking ------------------------------------------------------------------------------------------------------

_ROWS = {
    "grades": """SELECT a.student_id, b.name, c.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
        FROM grade g JOIN base_cell c ON g.cell_id = c.id JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN notebook b ON n.notebook_id = b.id JOIN submitted_assignment a ON n.assignment_id = a.id""",
    "comments": """SELECT a.student_id, c.name, m.auto_comment, m.manual_comment FROM comment m
        JOIN base_cell c ON m.cell_id = c.id JOIN submitted_notebook n ON m.notebook_id = n.id
        JOIN submitted_assignment a ON n.assignment_id = a.id""",
    "submissions": """SELECT a.student_id, a.timestamp, n.flagged, n.late_submission_penalty FROM submitted_assignment a
        JOIN submitted_notebook n ON n.assignment_id = a.id""",
    "students": "SELECT id FROM student",
}
_GENERATED = {"id", "execution", "execution_id", "graded_at", "seal"}


def rows(course: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows that grading writes, nbgrader's and ours, without generated keys, times and seals."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as base:
        found = {name: _sorted(base.execute(query)) for name, query in _ROWS.items()}
        tables = base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'aisa_%'").fetchall()
        for (table,) in sorted(tables):
            columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})") if row[1] not in _GENERATED]
            found[table] = _sorted(base.execute(f"SELECT {', '.join(columns)} FROM {table}")) if columns else []
    return found


def _sorted(found: Sequence[tuple[object, ...]] | sqlite3.Cursor) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in found), key=repr)


def students_with_rows(course: Path) -> set[object]:
    """Students of whom grading has written anything."""
    written = rows(course)
    return {row[0] for row in written["grades"] + written["submissions"] + written.get("aisa_execution", [])}


def autograded(course: Path) -> dict[str, bytes]:
    """Every file that grading has written."""
    root = course / "autograded"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
