"""Which exercises a student left as they were released: "wrong" and "never tried" are not the same to a teacher."""

from __future__ import annotations

from graders.authoring.answers import exercise_answered, text
from graders.records import Json


def untouched(document: Json, released: Json) -> tuple[str, ...]:
    """Exercises whose answer cell still has the released text, blanks at the ends of lines aside.

    Parameters
    ----------
    document : Json
        A student's notebook.
    released : Json
        The notebook as students got it.

    Returns
    -------
    tuple of str
        Ids, in the order of the released notebook.
    """
    theirs = _answers(document)
    return tuple(exercise for exercise, stub in _answers(released).items() if theirs.get(exercise) == stub)


def _answers(notebook: Json) -> dict[str, list[str]]:
    cells = notebook.get("cells")
    found = [cell for cell in cells if exercise_answered(cell)] if isinstance(cells, list) else []
    return {exercise_answered(cell): [line.rstrip() for line in text(cell).strip().splitlines()] for cell in found}
