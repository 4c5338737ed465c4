"""An assignment that no module covers, put together from what nbgrader wrote down when it was released.

The gradebook holds every cell that nbgrader knows of, hidden tests included: nothing that a student hands in is ever
taken for the course's. The released and the source notebook only tell in which order cells stand, what students were
shown of them, and what a right answer imports and defines.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graders.authoring.answers import nbgrader_metadata, text
from graders.course.course import Course
from graders.course.foreign import CONFIG
from graders.errors import CourseError
from graders.gradebook import SourceCell, SourceNotebook
from graders.grading.foreign.course_text import Names, packages, plain
from graders.records import CourseText, Json

_HIDDEN = re.compile(r"(BEGIN|END) (?:HIDDEN TESTS|MARK SCHEME)")
_NOT_COPIED = (".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.ipynb")
_RESTLESS = frozenset(
    ["IPython", "ipywidgets", "logging", "matplotlib", "mpl_toolkits", "plotly", "seaborn", "sys", "warnings"]
)
"""Packages that replace parts of themselves as they are used."""


@dataclass(frozen=True)
class CourseCell:
    """A code cell that is the course's own.

    Attributes
    ----------
    plain : str
        Its text as plain Python.
    facts : CourseText
    """

    plain: str
    facts: CourseText


@dataclass(frozen=True)
class ForeignNotebook:
    """A notebook of such an assignment.

    Attributes
    ----------
    released : Json
        As students got it.
    texts : mapping of str to str
        Whole text of each cell that nbgrader locks, by grade id: with hidden tests and mark schemes.
    cells : mapping of str to CourseCell
        Those of them that are code.
    points : mapping of str to float
        What each test cell is worth.
    words : str
        All that the course's authors wrote.
    """

    released: Json
    texts: Mapping[str, str]
    cells: Mapping[str, CourseCell]
    points: Mapping[str, float]
    words: str


@dataclass(frozen=True)
class ForeignAssignment:
    """All of it.

    Attributes
    ----------
    slug : str
        Its name.
    by_name : mapping of str to ForeignNotebook
    files : mapping of str to bytes
        Files of the course's that lie beside the notebooks.
    required : tuple of str
        Modules that its authors import, and that the sandbox's Python must have.
    optional : tuple of str
        Modules that they can do without.
    watched : tuple of str
        Packages whose functions tests rely on.
    answered : tuple of str
        Names that a right answer defines.
    """

    slug: str
    by_name: Mapping[str, ForeignNotebook]
    files: Mapping[str, bytes]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    watched: tuple[str, ...]
    answered: tuple[str, ...]

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Names of its notebooks."""
        return tuple(self.by_name)

    @property
    def points(self) -> float:
        """What the tests are worth together; what a human marks comes on top."""
        return sum(points for notebook in self.by_name.values() for points in notebook.points.values())


def assignment_of(course: Course, slug: str, sources: Mapping[str, SourceNotebook]) -> ForeignAssignment:
    """Put an assignment together.

    Parameters
    ----------
    course : Course
        Its course.
    slug : str
        Its name.
    sources : mapping of str to SourceNotebook
        Its notebooks as the gradebook has them.

    Returns
    -------
    ForeignAssignment

    Raises
    ------
    CourseError
        If it is for another kernel than Python's, or a cell of the course's own is no Python.
    """
    files = dict(_files(course.source(slug)))
    local = {name.partition("/")[0].removesuffix(".py") for name in files}
    names = Names()
    written = {name: _written(course, slug, name, source, names) for name, source in sources.items()}
    modules = {module: needed for module, needed in names.modules.items() if module.partition(".")[0] not in local}
    return ForeignAssignment(
        slug,
        {name: _notebook(course, slug, name, sources[name], names, written[name]) for name in sources},
        files,
        tuple(sorted(module for module, needed in modules.items() if needed)),
        tuple(sorted(module for module, needed in modules.items() if not needed)),
        tuple(sorted({"builtins", *packages(modules)} - _RESTLESS)),
        tuple(sorted(names.answered)),
    )


def _written(course: Course, slug: str, name: str, source: SourceNotebook, names: Names) -> str:
    """What the authors wrote; what it says of names goes into `names`."""
    cells = [*_outline(course.source(slug) / f"{name}.ipynb")]
    code = [
        (text(cell), bool(nbgrader_metadata(cell).get("solution"))) for cell in cells if cell["cell_type"] == "code"
    ]
    code += [(cell.source, cell.solution) for cell in source.cells if cell.cell_type == "code"]
    for words, answer in code:
        names.add(words, answer=answer)
    return "\n".join([*map(text, cells), *(cell.source for cell in source.cells)])


def _notebook(
    course: Course, slug: str, name: str, source: SourceNotebook, names: Names, words: str
) -> ForeignNotebook:
    where = f"{course.root / CONFIG}: {slug}/{name}"
    language = source.kernel.get("language") or "python"
    if language.lower() != "python":
        raise CourseError(f"its notebooks are for {language}; aisa runs Python only", where, "Grade it with nbgrader.")
    locked = [cell for cell in source.cells if cell.locked and not cell.solution]
    cells = {}
    for cell in locked:
        if cell.cell_type == "code":
            whole = plain(cell.source, f"{where}: {cell.name}")
            cells[cell.name] = CourseCell(whole, names.read_by(whole))
    tests = [cell for cell in source.cells if cell.name in cells and cell.grade]
    return ForeignNotebook(
        {"cells": list(_released(course, slug, name, source)), "metadata": {"kernelspec": dict(source.kernel)}},
        {cell.name: cell.source for cell in locked},
        cells,
        {cell.name: float(cell.points or 0.0) for cell in tests},
        words,
    )


def _released(course: Course, slug: str, name: str, source: SourceNotebook) -> Iterator[dict[str, Any]]:
    """The notebook's cells as students got them, in their order."""
    left = {cell.name: cell for cell in source.cells}
    outline = [*_outline(course.root / "release" / slug / f"{name}.ipynb")]
    for cell in outline or _outline(course.source(slug) / f"{name}.ipynb"):
        known = left.pop(str(nbgrader_metadata(cell).get("grade_id", "")), None)
        if known is None:
            yield {"cell_type": cell["cell_type"], "metadata": {}, "source": text(cell)}
            continue
        shown = replace(known, source=text(cell)) if outline and known.cell_type == cell["cell_type"] else known
        yield _cell(shown, nbgrader_metadata(cell))
    for known in left.values():
        yield _cell(known, {})


def _cell(cell: SourceCell, said: Mapping[str, Any]) -> dict[str, Any]:
    """One cell that nbgrader knows of, with its metadata."""
    metadata = {
        "grade": cell.grade,
        "grade_id": cell.name,
        "locked": said.get("locked", cell.locked),
        "schema_version": 3,
        "solution": cell.solution,
        "task": cell.task,
        "cell_type": cell.cell_type,
    }
    metadata |= {} if cell.points is None else {"points": cell.points}
    shown = cell.source if cell.solution else _shown(cell.source)
    made = {"cell_type": cell.cell_type, "metadata": {"nbgrader": metadata}, "source": shown}
    return made | ({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {})


def _shown(source: str) -> str:
    """A text without what nbgrader takes out of it before it is released."""
    kept, hidden = [], False
    for line in source.split("\n"):
        mark = _HIDDEN.search(line)
        if mark is None and not hidden:
            kept.append(line)
        hidden = mark[1] == "BEGIN" if mark else hidden
    return "\n".join(kept)


def _outline(path: Path) -> Iterable[dict[str, Any]]:
    """Cells of a notebook of the instructor's; none where it is not there any more."""
    try:
        cells: Sequence[dict[str, Any]] = json.loads(path.read_bytes())["cells"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError) as failure:
        raise CourseError(f"is no notebook ({failure})", str(path)) from None
    return cells


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Files that nbgrader would copy beside the notebooks."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        skipped = any(fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in _NOT_COPIED)
        if path.is_file() and not skipped:
            yield name.as_posix(), path.read_bytes()
