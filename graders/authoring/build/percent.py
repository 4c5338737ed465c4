"""The read step: a percent-format text -> author cells, each with the line it starts in.

Cells are prose (`# %% [markdown]`), course code (`# %%`), an answer (`# %% exercise={...}`), its visible tests
(`# %% tests={...}`), a written exercise (`# %% [markdown] exercise={...}`), and the one cell of a personal notebook in
which students write their id (`# %% student={}`). A header that says anything else is refused, so that a slip of the
pen never becomes a silent change of role: jupytext turns a malformed header into a key of its own instead of
complaining.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jupytext

from graders.errors import CourseError

Role = Literal["prose", "code", "exercise", "tests", "written", "student"]

ROLES: Mapping[Role, frozenset[str]] = {
    "exercise": frozenset({"id", "reference"}),
    "tests": frozenset({"id"}),
    "written": frozenset({"id"}),
    "student": frozenset(),
}
"""What a cell may be besides prose and code, and the keys of its header; another role is another line here and in
`translate`. A written exercise says `exercise`, too: its cell is prose."""

_JUPYTEXT_KEYS = {"lines_to_next_cell"}
_NBGRADER_MARKS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|### AUTOTEST")
_SHELL = re.compile(r"^\s*!|=\s*!(?!=)|^\s*%(sx|system|sc|run|script|bash|sh)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AuthorCell:
    """A cell as its author wrote it.

    Attributes
    ----------
    role : str
        `prose`, `code`, `exercise`, `tests`, `written` or `student`.
    text : str
        Its source.
    header : mapping of str to str
        What the header says of an exercise or of tests.
    where : str
        File and line of its header.
    """

    role: Role
    text: str
    header: Mapping[str, str]
    where: str

    @property
    def python(self) -> str:
        """Its source as Python: line magics become blank lines."""
        return re.sub(r"^\s*%.*$", "", self.text, flags=re.MULTILINE)


def read(path: Path) -> tuple[AuthorCell, ...]:
    """Read a percent-format text.

    Parameters
    ----------
    path : Path
        `assignments/authoring/<slug>/<notebook>/notebook.py`.

    Returns
    -------
    tuple of AuthorCell
        Its cells, in order.

    Raises
    ------
    CourseError
        If a header is malformed or says something unknown, or a cell holds what no notebook of ours may hold.
    """
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    starts = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r"# ?%%(\s|$)", line)]
    if set(notebook.metadata) - {"jupytext"} or not starts or starts[0] != 1 or len(starts) != len(notebook.cells):
        raise CourseError("expected '# %%' in the first line and before each cell, and no header", where=f"{path}:1")
    cells = tuple(_author_cell(cell, f"{path}:{start}") for cell, start in zip(notebook.cells, starts, strict=True))
    if cells[0].role != "prose":
        raise CourseError("the first cell is prose: it says what the notebook is", where=cells[0].where)
    return cells


def _author_cell(cell: Any, where: str) -> AuthorCell:
    header = {key: value for key, value in cell.metadata.items() if key not in _JUPYTEXT_KEYS}
    if "incorrectly_encoded_metadata" in header:
        found = header["incorrectly_encoded_metadata"]
        raise CourseError(
            f"the cell's header is malformed at {found!r}", where=where, do='Write key={"name": "value"}.'
        )
    if unknown := sorted(set(header) - {"exercise", "tests", "student"}):
        expected = "expected exercise, tests or student"
        raise CourseError(f"unknown key {unknown[0]!r} in the cell's header, {expected}", where=where)
    if len(header) > 1:
        raise CourseError(f"a cell has one role, found {' and '.join(sorted(header))}", where=where)
    if cell.cell_type not in ("markdown", "code"):
        raise CourseError(f"a cell is prose or code, not {cell.cell_type}", where=where)
    if found := _NBGRADER_MARKS.search(cell.source):
        raise CourseError(f"nbgrader's own mark {found.group()!r}", where=where, do="Write ### SOLUTION.")
    prose = cell.cell_type == "markdown"
    if not prose:
        _require_python_only(cell.source, where)
    if not header:
        return AuthorCell("prose" if prose else "code", cell.source, {}, where)
    key, said = next(iter(header.items()))
    if prose and key != "exercise":
        raise CourseError("a prose cell has no role, unless it is a written exercise", where=where)
    role: Role = "written" if prose else key
    if not isinstance(said, dict) or set(said) != ROLES[role] or not all(isinstance(v, str) for v in said.values()):
        what = "a written exercise" if prose else key
        raise CourseError(f"{what} needs {_listed(ROLES[role])}, found {said!r}", where=where)
    return AuthorCell(role, cell.source, said, where)


def _require_python_only(source: str, where: str) -> None:
    """No shell, and no cell magic: what a cell does is in its Python, where the checks can see it."""
    if source.lstrip().startswith("%%"):
        raise CourseError(f"cell magic {source.split()[0]}", where=where, do="Write it in Python.")
    if found := _SHELL.search(source):
        raise CourseError(f"shell magic {found.group().strip()!r}", where=where, do="Write it in Python.")


def _listed(names: frozenset[str]) -> str:
    return " and ".join(f'"{name}"' for name in sorted(names)) or "nothing"
