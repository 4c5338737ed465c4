"""A submission put back on its feet before it runs: our cells are ours again, the student's are kept.

Works on raw JSON, because nbformat gives cells that share an id new random ones. The student's order is kept. Locked
and test cells get the source's text and metadata in place; missing ones are put back behind the cell that precedes
them in the source. Of duplicates the last counts, and the others stay as the student's own cells; an untouched copy
of an empty answer never counts against a filled one, and is dropped. A missing answer cell is put back empty, so that
the stub does not undo what the student wrote elsewhere.

Everything that was undone is flagged for a human; none of it costs points by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.authoring.answers import SUFFIX, copied, nbgrader_metadata
from graders.course.checksum import checksum
from graders.errors import SubmissionError
from graders.records import Flag, Json

_HARMLESS_METADATA = (
    frozenset({"nbgrader", "tags", "deletable", "editable", "trusted", "collapsed", "scrolled", "jupyter", "slideshow"})
    | {"execution", "ExecuteTime", "run_control", "is_executing", "hidden", "hide_input", "source_hidden", "id", "name"}
    | {"colab", "colab_type", "outputId", "cell_id", "vscode", "pycharm", "datalore", "deepnote_cell_type"}
    | {"polyglot_notebook", "dotnet_interactive", "heading_collapsed", "toc-hr-collapsed"}
)
"""What editors write beside a cell by themselves: dropped without a word."""

_DECISIVE = ("grade_id", "grade", "solution", "locked", "task", "points")
_OBEYED_TAG = re.compile(r"skip|raises|remove|hide|hidden|allow_errors|parameters", re.IGNORECASE)
"""Tags on a student's own cell that some tool obeys; what else stands there are notes of their own."""

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_MISSING_ANSWER = "# This answer cell is missing from the submission."
"""Not the stub, which says that nothing was answered: whoever took the cell away may have answered elsewhere."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A submission that can be run.

    Attributes
    ----------
    notebook : dict
        The notebook, without outputs.
    flags : tuple of Flag
        What had to be undone.
    complete_at : mapping of str to int
        Exercise id -> index of the code cell after which it is complete: the later of its answer and its tests.
    """

    notebook: dict[str, Any]
    flags: tuple[Flag, ...]
    complete_at: Mapping[str, int]


def rebuild(source: Json, submitted: Json, where: str = "") -> Rebuilt:
    """Put a submitted notebook back on the source's feet.

    Parameters
    ----------
    source : Json
        The released notebook: our source without its solutions.
    submitted : Json
        What the student handed in, as `graders.course.parse_notebook` gives it.
    where : str
        What messages call it.

    Returns
    -------
    Rebuilt
        New objects throughout; neither argument is changed.

    Raises
    ------
    SubmissionError
        If it is a notebook of another assignment.
    """
    work = _Work(_cells(source), _cells(submitted))
    work.require_ours(where)
    placed = [*work.in_students_order()]
    work.put_back_missing(placed)
    cells = [cell for _, cell in placed]
    _identify(cells, work.ours)
    notebook = {
        "cells": cells,
        "metadata": copied(source.get("metadata", {})),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return Rebuilt(notebook, tuple(work.flags), _complete_at(work.ours, placed, frozenset(work.absent_answers)))


@dataclass
class _Work:
    """One rebuild as it goes on."""

    source_cells: list[dict[str, Any]]
    submitted: Sequence[Json]
    flags: list[Flag] = field(default_factory=list)
    absent_answers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ours = {}
        for cell in self.source_cells:
            if grade_id := _grade_id(cell):
                nbgrader = {**nbgrader_metadata(cell), "checksum": checksum(cell)}
                self.ours[grade_id] = cell | {"metadata": {**cell["metadata"], "nbgrader": nbgrader}}

    def flag(self, kind: str, where: str, detail: str) -> None:
        self.flags.append(Flag(kind, _plain(where), _plain(detail)))

    def require_ours(self, where: str) -> None:
        """A notebook that knows nothing of this assignment, but of another, was put in the wrong place."""
        claimed = sorted({_grade_id(cell) for cell in self.submitted} - {""})
        if claimed and not set(claimed) & set(self.ours):
            found, expected = ", ".join(claimed[:3]), ", ".join(list(self.ours)[:3])
            message = f"is a notebook of another assignment: it has {found}, expected {expected}"
            raise SubmissionError(_plain(message)[:300], where, "Hand in the notebook that was released.")

    # --- which cell is which ----------------------------------------------------------------------------

    def in_students_order(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each cell that stays, with the grade id that it carries from now on (empty: the student's own)."""
        claims = self._claims()
        chosen, dropped = self._choose(claims)
        for index, cell in enumerate(self.submitted):
            if index in dropped:
                continue
            grade_id = claims[index] if chosen.get(claims[index]) == index else ""
            yield grade_id, self._ours(grade_id, cell) if grade_id else self._own(index, cell, claims[index])

    def _claims(self) -> list[str]:
        """Grade id of each submitted cell: what its metadata say, or else whose nbformat id it still has."""
        claims = [_grade_id(cell) if _grade_id(cell) in self.ours else "" for cell in self.submitted]
        by_cell_id = {cell["id"]: grade_id for grade_id, cell in self.ours.items() if "id" in cell}
        claimed = set(claims)
        for index, cell in enumerate(self.submitted):
            cell_id = cell.get("id")
            grade_id = by_cell_id.get(cell_id, "") if isinstance(cell_id, str) else ""
            swapped = claims[index] and grade_id not in ("", claims[index])
            if swapped or (not claims[index] and grade_id and grade_id not in claimed):
                claims[index] = claims[index] or grade_id
                claimed.add(grade_id)
                self.flag("changed-grade-id", grade_id, f"The cell now says {_grade_id(cell) or 'nothing'!r}.")
        return claims

    def _choose(self, claims: Sequence[str]) -> tuple[dict[str, int], set[int]]:
        """Of all cells with one grade id, the one that counts; and the untouched stubs that go."""
        chosen: dict[str, int] = {}
        dropped: set[int] = set()
        for grade_id, ours in self.ours.items():
            found = [index for index, claim in enumerate(claims) if claim == grade_id]
            if len(found) > 1:
                self.flag("duplicate-cell", grade_id, f"It is there {len(found)} times; the last one counts.")
            if _is_answer(ours):
                filled = [index for index in found if _text(self.submitted[index]) != _text(ours)]
                dropped |= set(found) - set(filled or found[-1:])
                found = filled or found
            if found:
                chosen[grade_id] = found[-1]
        return chosen, dropped

    # --- a cell made good ---------------------------------------------------------------------------------

    def _ours(self, grade_id: str, cell: Json) -> dict[str, Any]:
        ours: dict[str, Any] = copied(self.ours[grade_id])
        if cell.get("cell_type") != ours["cell_type"]:
            self.flag("changed-cell-type", grade_id, f"It had become a {cell.get('cell_type')} cell.")
        self._compare_metadata(grade_id, ours, cell)
        if not nbgrader_metadata(ours).get("solution"):
            if _text(cell).rstrip() != _text(ours).rstrip():
                kind = "changed-test-cell" if nbgrader_metadata(ours).get("grade") else "changed-locked-cell"
                self.flag(kind, grade_id, "Its text had been changed; the source's was put back.")
        else:
            ours["source"] = _text(cell)
            if ours["cell_type"] == "markdown":
                self._keep_pictures(grade_id, ours, cell)
        return _clean(ours)

    def _own(self, index: int, cell: Json, claim: str) -> dict[str, Any]:
        where = f"cell {index + 1}"
        kind = cell.get("cell_type")
        own: dict[str, Any] = {
            "cell_type": kind if kind in ("code", "markdown", "raw") else "raw",
            "id": cell.get("id"),
            "metadata": {},
            "source": _text(cell),
        }
        if not claim and _grade_id(cell):
            self.flag(
                "unknown-grade-id", where, f"It claims to be {_grade_id(cell)!r}, which the source does not have."
            )
        self._note_metadata(where, cell, ())
        if own["cell_type"] == "code":
            own |= {"outputs": [], "execution_count": None}
        if own["cell_type"] == "markdown":
            self._keep_pictures(where, own, cell)
        return own

    def _compare_metadata(self, grade_id: str, ours: Json, cell: Json) -> None:
        should, have = nbgrader_metadata(ours), nbgrader_metadata(cell)
        if have:
            changed = [key for key in _DECISIVE if _said(should, key) != _said(have, key)]
            plain = {"schema_version": should.get("schema_version"), "cell_type": ours["cell_type"]}
            changed += [key for key, value in plain.items() if have.get(key, value) != value]
            if changed:
                self.flag("changed-nbgrader-metadata", grade_id, f"Changed: {', '.join(changed)}.")
        self._note_metadata(grade_id, cell, _tags(ours))

    def _note_metadata(self, where: str, cell: Json, allowed_tags: Sequence[object]) -> None:
        own = nbgrader_metadata(cell).get("grade_id") not in self.ours
        tags = [str(tag) for tag in _tags(cell) if tag not in allowed_tags]
        tags = [tag for tag in tags if _OBEYED_TAG.search(tag)] if own else tags
        if tags:
            self.flag("tags", where, f"Tags removed: {', '.join(tags)}.")
        metadata = cell.get("metadata")
        foreign = sorted(set(metadata) - _HARMLESS_METADATA) if isinstance(metadata, Mapping) else []
        if foreign:
            self.flag("foreign-metadata", where, f"Metadata removed: {', '.join(foreign)}.")

    def _keep_pictures(self, where: str, kept: dict[str, Any], cell: Json) -> None:
        """Pasted pictures are part of a written answer; anything else that is attached is not."""
        attachments = cell.get("attachments")
        if not isinstance(attachments, Mapping):
            return
        pictures = {name: found for name, bundle in attachments.items() if (found := _pictures(name, bundle))}
        if pictures:
            kept["attachments"] = pictures
        if set(pictures) != set(attachments):
            self.flag("attachment", where, "An attachment that is no PNG, JPEG or GIF picture was removed.")

    # --- what is missing -------------------------------------------------------------------------------------

    def put_back_missing(self, placed: list[tuple[str, dict[str, Any]]]) -> None:
        """Insert each cell of ours that is not there, right behind the one before it in the source."""
        before = ""
        for grade_id, ours in self.ours.items():
            if all(grade_id != there for there, _ in placed):
                positions = [index for index, (there, _) in enumerate(placed) if there == before]
                placed.insert(positions[0] + 1 if before else 0, (grade_id, self._missing(grade_id, ours)))
            before = grade_id

    def _missing(self, grade_id: str, ours: Json) -> dict[str, Any]:
        cell = _clean(copied(ours))
        if _is_answer(ours):
            self.absent_answers.add(grade_id)
            self.flag("missing-answer-cell", grade_id, "The submission has no such cell.")
            cell["source"] = _MISSING_ANSWER
        else:
            kind = "missing-test-cell" if nbgrader_metadata(ours).get("grade") else "missing-locked-cell"
            self.flag(kind, grade_id, "It was put back.")
        return cell


def _complete_at(
    ours: Mapping[str, Json], placed: Sequence[tuple[str, Json]], absent_answers: frozenset[str]
) -> dict[str, int]:
    """Where each exercise can be asked; at the very end, if its answer may stand anywhere."""
    at = {grade_id: index for index, (grade_id, _) in enumerate(placed) if grade_id}
    last = max((index for index, (_, cell) in enumerate(placed) if cell["cell_type"] == "code"), default=0)
    complete = {}
    for grade_id, cell in ours.items():
        said = nbgrader_metadata(cell)
        if cell["cell_type"] != "code" or not said.get("grade") or said.get("solution"):
            continue
        answer = grade_id + SUFFIX
        complete[grade_id] = last if answer in absent_answers else max(at[grade_id], at.get(answer, 0))
    return complete


def _identify(cells: Sequence[dict[str, Any]], ours: Mapping[str, Json]) -> None:
    """Give every cell an id that is valid and its own: ours keep theirs, the student's where they can."""
    taken = {cell["id"] for cell in ours.values() if "id" in cell}
    for index, cell in enumerate(cells):
        cell_id = cell.get("id")
        if _grade_id(cell) in ours and cell_id is not None:
            continue
        if not isinstance(cell_id, str) or not _CELL_ID.fullmatch(cell_id) or cell_id in taken:
            number = index
            while (cell_id := f"own-{number}") in taken:
                number += len(cells)
        cell["id"] = cell_id
        taken.add(cell_id)


def _clean(ours: dict[str, Any]) -> dict[str, Any]:
    """A cell of ours without outputs, its text one string."""
    if ours["cell_type"] == "code":
        ours |= {"outputs": [], "execution_count": None}
    ours["source"] = _text(ours)
    return ours


def _cells(notebook: Json) -> list[dict[str, Any]]:
    cells = notebook.get("cells", [])
    return [dict(cell) for cell in cells if isinstance(cell, Mapping)] if isinstance(cells, list) else []


def _is_answer(cell: Json) -> bool:
    return bool(nbgrader_metadata(cell).get("solution"))


def _grade_id(cell: Json) -> str:
    grade_id = nbgrader_metadata(cell).get("grade_id", "")
    return grade_id if isinstance(grade_id, str) else ""


def _said(metadata: Mapping[str, Any], key: str) -> object:
    value = metadata.get(key)
    if key == "points":
        return value if isinstance(value, int | float) else 0.0  # no `float()`: a whole number may be beyond any
    return value if key == "grade_id" else bool(value)


def _tags(cell: Json) -> list[object]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags", []) if isinstance(metadata, Mapping) else []
    return tags if isinstance(tags, list) else [tags]


def _pictures(name: object, bundle: object) -> dict[str, str]:
    if not isinstance(bundle, Mapping) or not re.fullmatch(r"[\w .()-]{1,200}", str(name)):
        return {}
    kinds = {kind: data for kind, data in bundle.items() if kind in _PICTURES and isinstance(data, str)}
    return {kind: data for kind, data in kinds.items() if _BASE64.fullmatch(data)}


def _text(cell: Json) -> str:
    """A cell's text, with line ends and characters that every file can hold."""
    source: Any = cell.get("source", "")
    joined = source if isinstance(source, str) else "".join(str(line) for line in source or ())
    return _plain(joined.replace("\r\n", "\n").replace("\r", "\n"))


def _plain(text: str) -> str:
    """Without the halves of surrogate pairs that JSON can hold and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text
