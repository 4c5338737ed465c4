"""What students receive holds no answer: looked at in the release form of every notebook that is built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from graders.authoring.answers import BEGIN_MARK, END_MARK, exercise_answered, release, text
from graders.errors import CourseError

_TELLTALE = re.compile(r"reference_solutions|graders\.|wrong_answers|(BEGIN|END|###) SOLUTION")
_LONG_ENOUGH_TO_TELL = 25
"""A shorter line of a solution may well stand elsewhere in honest course text: `x = np.asarray(x)`."""


def require_clean_release(source: dict[str, Any], path: Path) -> None:
    """Refuse a source notebook whose release form would give something away.

    Parameters
    ----------
    source : dict
        The source notebook.
    path : Path
        Its author text, for messages.

    Raises
    ------
    CourseError
        If metadata of ours, or a line of a solution, would reach students.
    """
    solutions = {line for cell in source["cells"] if exercise_answered(cell) for line in _solution(text(cell))}
    for cell in release(source)["cells"]:
        where = f"{path}: cell {cell['id']}"
        if foreign := sorted(set(cell["metadata"]) - {"nbgrader"}):
            raise CourseError(f"the metadata {foreign[0]!r} would reach students", where=where)
        if found := _TELLTALE.search(text(cell)):
            raise CourseError(f"{found.group()!r} would reach students", where=where)
        for line in text(cell).split("\n"):
            if _bare(line) in solutions:
                do = "Say it in other words, or let the cell call what the student wrote."
                raise CourseError(f"the line {_bare(line)!r} is part of a solution", where=where, do=do)


def _solution(answer: str) -> set[str]:
    """Telling lines between the marks of a filled answer cell."""
    lines: set[str] = set()
    inside = False
    for line in answer.split("\n"):
        if BEGIN_MARK in line or END_MARK in line:
            inside = BEGIN_MARK in line
        elif inside and len(_bare(line)) >= _LONG_ENOUGH_TO_TELL:
            lines.add(_bare(line))
    return lines


def _bare(line: str) -> str:
    """A line without indentation and comment."""
    return line.partition("  #")[0].strip()
