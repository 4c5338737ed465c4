"""A notebook file that a student handed in: looked at before anything of it is used."""

from __future__ import annotations

import json
from typing import Any

from graders.errors import SubmissionError

LARGEST_NOTEBOOK = 20 << 20
DEEPEST_JSON = 32
LONGEST_CELL = 2 << 20
MOST_CELLS = 2000
_SCHEMA = "3"


def parse_notebook(content: bytes, where: str = "") -> dict[str, Any]:
    """Read a notebook's JSON and look whether it is one.

    Parameters
    ----------
    content : bytes
        The file.
    where : str
        What messages call it.

    Returns
    -------
    dict
        A notebook of nbformat 4: its cells are objects with a type and text. Nothing else about it is certain.

    Raises
    ------
    SubmissionError
        If it is no JSON, no notebook, of an old format, or made to be a burden.
    """
    if len(content) > LARGEST_NOTEBOOK:
        raise too_large(len(content), where)
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as failure:
        reason = "it is nested too deeply" if isinstance(failure, RecursionError) else str(failure)
        raise SubmissionError(f"is not JSON ({reason})", where, "Save it again in JupyterLab.") from None
    if _depth_exceeds(notebook, DEEPEST_JSON):
        raise SubmissionError(f"is nested more than {DEEPEST_JSON} levels deep", where)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise SubmissionError("is JSON, but not a notebook", where, "Hand in the .ipynb file that was released.")
    if notebook["nbformat"] != 4:
        found = notebook["nbformat"]
        raise SubmissionError(f"is of nbformat {found}, expected 4", where, "Save it with JupyterLab 3 or newer.")
    _require_cells(notebook.get("cells"), where)
    _require_schema(notebook["cells"], where)
    return notebook


def too_large(size: int, where: str, largest: int = LARGEST_NOTEBOOK) -> SubmissionError:
    """What is said of a file that is larger than it may be.

    Parameters
    ----------
    size : int
        What was found. [B]
    where : str
        What messages call it.
    largest : int
        What is read. [B]

    Returns
    -------
    SubmissionError
    """
    found, limit = size / (1 << 20), largest >> 20
    do = "Clear its outputs, save it, and hand it in again."
    return SubmissionError(f"is {found:.0f} MiB large, at most {limit} are read", where, do)


def _depth_exceeds(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def _require_cells(cells: object, where: str) -> None:
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        found = f"{len(cells)} cells" if isinstance(cells, list) else "no list of cells"
        raise SubmissionError(f"has {found}, expected 0 to {MOST_CELLS}", where)
    for number, cell in enumerate(cells, start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        lines = source if isinstance(source, list) else [source]
        if not isinstance(cell, dict) or not all(isinstance(line, str) for line in lines):
            raise SubmissionError(f"cell {number} is no notebook cell", where, "Save it again in JupyterLab.")
        if sum(map(len, lines)) > LONGEST_CELL:
            raise SubmissionError(f"cell {number} holds more than {LONGEST_CELL >> 20} MiB of text", where)


def _require_schema(cells: list[dict[str, Any]], where: str) -> None:
    """Refuse what an nbgrader of other times released; one odd cell is the student's, and is rebuilt."""
    said = [cell["metadata"].get("nbgrader") for cell in cells if isinstance(cell.get("metadata"), dict)]
    versions = {str(one.get("schema_version", 0)) for one in said if isinstance(one, dict) and one}
    if versions and _SCHEMA not in versions:
        found = "".join(filter(str.isprintable, ", ".join(sorted(versions))[:40]))
        do = "Run `nbgrader update` on it, or hand in the notebook that was released."
        raise SubmissionError(f"carries nbgrader metadata of schema {found}, expected {_SCHEMA}", where, do)
