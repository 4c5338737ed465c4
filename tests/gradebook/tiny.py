"""A course of one tiny assignment with every kind of graded cell, released by nbgrader itself."""

from __future__ import annotations

import json
from pathlib import Path

from graders.authoring.answers import fill, release
from graders.course import Course, Submission, load
from graders.grading.document import document
from graders.grading.rebuild import rebuild
from graders.records import CheckResult, ExerciseResult, Flag, Mark, NotebookResult, WrittenAnswer
from tests.nbgrader_commands import nbgrader

SLUG = "m99_tiny"
POINTS = {"m99_a": ("first", 2.0), "m99_b": ("first", 3.0), "m99_c": ("second", 1.0)}
SOLUTION = "def {name}():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"


def _cell(kind, grade_id, source, *, grade=False, solution=False, points=None, task=False):
    said = {"grade": grade, "grade_id": grade_id, "locked": not solution, "schema_version": 3, "solution": solution}
    said |= {"task": task} | ({} if points is None else {"points": points})
    cell = {"cell_type": kind, "id": grade_id, "metadata": {"nbgrader": said}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _exercise(exercise):
    answer = _cell("code", f"{exercise}-answer", SOLUTION.format(name=exercise), solution=True)
    return [answer, _cell("code", exercise, f"assert {exercise}() == 1", grade=True, points=POINTS[exercise][1])]


def _notebook(cells):
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


SOURCES = {
    "first": _notebook(
        [
            _cell("code", "setup", "import math"),
            *_exercise("m99_a"),
            *_exercise("m99_b"),
            _cell("markdown", "why", "Say why.", points=4, task=True),
        ]
    ),
    "second": _notebook(
        [
            *_exercise("m99_c"),
            _cell("markdown", "essay", "An essay.", grade=True, solution=True, points=5),
        ]
    ),
}


def make(root: Path) -> Course:
    """Write the course and let nbgrader release it."""
    (root / ".aisa").mkdir(parents=True, mode=0o700)
    secret = root / ".aisa" / "secret"
    secret.write_text("5e" * 32)
    secret.chmod(0o600)
    (root / "course.yaml").write_text(f"course_id: tiny\nmodules: [{SLUG}]\n")
    config = "from graders.nbgrader_bridge import configure\nconfigure(get_config(), __file__)\n"
    (root / "nbgrader_config.py").write_text(config)
    (root / "source" / SLUG / "data").mkdir(parents=True)
    (root / "source" / SLUG / "data" / "table.csv").write_text("a\n1\n")
    for name, source in SOURCES.items():
        (root / "source" / SLUG / f"{name}.ipynb").write_text(json.dumps(source))
    nbgrader(root, "generate_assignment", SLUG)
    return load(root)


def handed_in(student="student-01", timestamp=None, **notebooks):
    """A submission; what is in its notebooks does not matter to the gradebook."""
    receipts = {"timestamp.txt": f"{timestamp} UTC".encode()} if timestamp else {}
    return Submission(student, SLUG, dict.fromkeys(notebooks or SOURCES, b""), (), timestamp, receipts)


def result(notebook, points=None, answers=None, *, digest="s", context="c", flags=(), why="w"):
    """A notebook graded with these points, None where it is missing; `why` is what was written about it."""
    entries = {name: worth for name, (where, worth) in POINTS.items() if where == notebook}
    exercises = tuple(_scored(name, (points or {}).get(name, 0.0), worth) for name, worth in entries.items())
    why = why if points is not None else ""
    written = (WrittenAnswer("why", 4.0, why * 64),) if notebook == "first" else ()
    if points is None:
        return NotebookResult(notebook, exercises, flags, None, "", context * 64, written=written)
    rebuilt = rebuild(release(SOURCES[notebook]), fill(release(SOURCES[notebook]), answers or {})).notebook
    shown = document(rebuilt, [], {one.exercise: one for one in exercises})
    return NotebookResult(notebook, exercises, flags, shown, digest * 64, context * 64, written=written)


def _scored(name, points, worth):
    checks = (
        CheckResult("kept", "It keeps.", 1.0, kept=points > 0),
        CheckResult("lost", "It loses.", 2.0, kept=False, counted=False, reason="3 of 20 cases differ"),
    )
    return ExerciseResult(name, points, worth, checks, "keys only", "Look at the values.", "d" * 64)


def flag(text="A sentence."):
    return Flag("crashed", "cell 3", text)


def mark(**said):
    """A mark of the task cell, for what `result` gives."""
    common = {"student": "student-01", "assignment": SLUG, "notebook": "first", "exercise": "why"}
    given = {"marker": "A. Marker", "levels": {"traffic": 1, "limits": 2}, "points": 2.5, "comment": "Name the limit."}
    seen = {"reason": "", "submitted_digest": "s" * 64, "answer_digest": "w" * 64, "marked_at": "2026-02-03T10:00:00"}
    return Mark(**common | given | seen | said)
