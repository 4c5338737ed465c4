"""An assignment as the gradebook knows it: what `nbgrader generate_assignment` wrote down when it was released."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from graders.authoring.material import Module
from graders.errors import CourseError, UsageError
from graders.gradebook import tables as t


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """A cell that the gradebook knows of."""

    id: str
    name: str
    notebook: str
    notebook_id: str
    kind: str
    max_score: float | None

    @property
    def graded(self) -> bool:
        """Whether submissions have a grade row for it."""
        return self.kind in ("GradeCell", "TaskCell")

    @property
    def commented(self) -> bool:
        """Whether submissions have a comment row for it."""
        return self.kind in ("SolutionCell", "TaskCell")


@dataclass(frozen=True, slots=True)
class Released:
    """An assignment as the gradebook knows it: ids of its rows by the names that people use."""

    id: str
    due: datetime | None
    notebooks: Mapping[str, str]
    cells: tuple[ReleasedCell, ...]


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell as nbgrader released it, hidden tests included.

    Attributes
    ----------
    name : str
        Its grade id.
    cell_type : str
        `code` or `markdown`.
    source : str
    locked : bool
        Whether nbgrader puts its text back before it grades.
    grade, solution, task : bool
        What it is.
    points : float or None
        What it is worth, if it is graded.
    """

    name: str
    cell_type: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None


@dataclass(frozen=True, slots=True)
class SourceNotebook:
    """A notebook as nbgrader released it.

    Attributes
    ----------
    kernel : mapping of str to str
        Its kernel specification.
    cells : tuple of SourceCell
        Those that nbgrader knows of.
    """

    kernel: Mapping[str, str]
    cells: tuple[SourceCell, ...]


def sources(connection: Connection, assignment: str) -> dict[str, SourceNotebook]:
    """What was released, from the gradebook: what nbgrader itself puts into a submission before it grades.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Its name.

    Returns
    -------
    dict of str to SourceNotebook
        By the notebook's name, sorted.

    Raises
    ------
    UsageError
        If it was never released.
    """
    try:
        known = released(connection, assignment)
    except UsageError as unknown:
        do = f"Release it first: `nbgrader generate_assignment {assignment}`."
        raise UsageError(unknown.message, unknown.where, do) from None
    kinds: dict[tuple[str, str], dict[str, float | None]] = {}
    for cell in known.cells:
        kinds.setdefault((cell.notebook_id, cell.name), {})[cell.kind] = cell.max_score
    found = {}
    for name, notebook in known.notebooks.items():
        row = connection.execute(_KERNEL, {"notebook": notebook}).one()
        cells = [
            _source_cell(one, kinds.get((notebook, one.name), {}))
            for one in connection.execute(_SOURCES, {"notebook": notebook})
        ]
        found[name] = SourceNotebook(json.loads(row.kernelspec or "{}"), tuple(cells))
    return found


def _source_cell(row: Row[Any], kinds: Mapping[str, float | None]) -> SourceCell:
    points = next((kinds[kind] for kind in ("GradeCell", "TaskCell") if kind in kinds), None)
    roles = ("GradeCell" in kinds, "SolutionCell" in kinds, "TaskCell" in kinds)
    return SourceCell(row.name, row.cell_type, row.source or "", row.locked, *roles, points)


def released(connection: Connection, assignment: str) -> Released:
    """Look up an assignment.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.

    Returns
    -------
    Released

    Raises
    ------
    UsageError
        If it was never released.
    """
    found = connection.execute(_ASSIGNMENT, {"assignment": assignment}).one_or_none()
    if found is None:
        do = f"Release it first: `aisa release {assignment}`."
        raise UsageError(f"{assignment} is not in the gradebook", "gradebook", do)
    here = {"assignment": found.id}
    notebooks = {row.name: row.id for row in connection.execute(_NOTEBOOKS, here)}
    return Released(found.id, found.duedate, notebooks, tuple(starmap(ReleasedCell, connection.execute(_CELLS, here))))


def require_released(connection: Connection, module: Module) -> None:
    """See that the gradebook knows an assignment as its material has it.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    module : Module
        The assignment's material.

    Raises
    ------
    CourseError
        If it was not released, or exercises or their points have changed since.
    """
    known = released(connection, module.slug)
    worth = {cell.name: (cell.notebook, cell.max_score) for cell in known.cells if cell.graded}
    for entry in module.exercises:
        found = worth.get(entry.id)
        if found != (entry.notebook, entry.points):
            says = f"{found[1]:g} points in {found[0]}" if found else "nothing"
            raise CourseError(
                f"the gradebook says {says} of {entry.id}, module.yaml {entry.points:g} in {entry.notebook}",
                module.slug,
                f"Release it again: `aisa release {module.slug}`.",
            )


_ASSIGNMENT = select(t.assignment).where(t.assignment.c.name == bindparam("assignment"))
_KERNEL = select(t.notebook.c.kernelspec).where(t.notebook.c.id == bindparam("notebook"))
_SOURCES = select(t.source_cell).where(t.source_cell.c.notebook_id == bindparam("notebook"))
_NOTEBOOKS = select(t.notebook).where(t.notebook.c.assignment_id == bindparam("assignment")).order_by(t.notebook.c.name)
_CELLS = (
    select(
        t.base_cell.c.id,
        t.base_cell.c.name,
        t.notebook.c.name,
        t.notebook.c.id,
        t.base_cell.c.type,
        func.coalesce(t.grade_cells.c.max_score, t.task_cells.c.max_score),
    )
    .join(t.notebook, t.notebook.c.id == t.base_cell.c.notebook_id)
    .outerjoin(t.grade_cells, t.grade_cells.c.id == t.base_cell.c.id)
    .outerjoin(t.task_cells, t.task_cells.c.id == t.base_cell.c.id)
    .where(t.notebook.c.assignment_id == bindparam("assignment"))
    .order_by(t.notebook.c.name, t.base_cell.c.name)
)
