"""How nbgrader recognises a cell that nobody has touched since its release."""

from __future__ import annotations

import hashlib

from graders.authoring.answers import nbgrader_metadata, text
from graders.records import Json


def checksum(cell: Json) -> str:
    """The checksum that nbgrader computes of a cell.

    Parameters
    ----------
    cell : Json
        A cell with nbgrader metadata.

    Returns
    -------
    str
        MD5 over its text, its kind, its role, its id and, if it is graded, its points.
    """
    said = nbgrader_metadata(cell)
    graded, solution = bool(said.get("grade")), bool(said.get("solution"))
    locked = not solution and (graded or bool(said.get("locked")))
    parts = [text(cell), str(cell["cell_type"]), str(graded), str(solution), str(locked), str(said["grade_id"])]
    if graded:
        parts.append(str(float(said["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def untouched(cell: Json) -> bool:
    """Whether a cell is as it was released."""
    said = nbgrader_metadata(cell)
    return bool(said.get("grade_id")) and said.get("checksum") == checksum(cell)
