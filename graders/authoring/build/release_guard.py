"""What students receive holds no answer: looked at in the release form of every notebook that is built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graders.authoring.answers import (
    BEGIN_MARK,
    BEGIN_SCHEME,
    END_MARK,
    END_SCHEME,
    exercise_answered,
    nbgrader_metadata,
    release,
    text,
)
from graders.errors import CourseError

_TELLTALE = re.compile(r"reference_solutions|graders\.|wrong_answers|(BEGIN|END|###) SOLUTION|MARK SCHEME")
_LONG_ENOUGH_TO_TELL = 25
"""A shorter line of a solution may well stand elsewhere in honest course text: `x = np.asarray(x)`."""
_LEVEL = re.compile(r"^- [0-9.]+: ")


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
        If metadata of ours, a line of a solution, of a rubric or of a model answer would reach students.
    """
    solutions = {line for cell in source["cells"] if exercise_answered(cell) for line in _solution(text(cell))}
    schemes = {line for cell in source["cells"] if nbgrader_metadata(cell).get("task") for line in _scheme(text(cell))}
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
        words = _words(text(cell))
        if told := sorted(line for line in schemes if line in words):
            do = "Ask for it without saying it, or let the rubric say it otherwise."
            raise CourseError(f"{told[0]!r} is part of a mark scheme", where=where, do=do)


def _solution(answer: str) -> set[str]:
    """Telling lines between the marks of a filled answer cell."""
    return _telling(_bare(line) for line in _between(answer, BEGIN_MARK, END_MARK))


def _scheme(task: str) -> set[str]:
    """Telling lines of a mark scheme: what its levels say, and the model answer."""
    return _telling(_words(_LEVEL.sub("", line)) for line in _between(task, BEGIN_SCHEME, END_SCHEME))


def _telling(lines: Iterable[str]) -> set[str]:
    return {line for line in lines if len(line) >= _LONG_ENOUGH_TO_TELL}


def _between(marked: str, begin: str, end: str) -> Iterator[str]:
    inside = False
    for line in marked.split("\n"):
        if begin in line or end in line:
            inside = begin in line
        elif inside:
            yield line


def _words(prose: str) -> str:
    """Prose with its lines joined, in lower case: it is the same however it is broken."""
    return " ".join(prose.split()).lower()


def _bare(line: str) -> str:
    """A line without indentation and comment."""
    return line.partition("  #")[0].strip()
