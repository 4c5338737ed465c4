"""Does all of the evidence still hold? Every seal that there is, not only those that count today."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from graders.errors import GradebookError
from graders.gradebook import evidence, marks, releases


def broken_seals(connection: Connection, secret: bytes) -> Iterator[str]:
    """Look at every execution, mark and release.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    secret : bytes
        The course's.

    Yields
    ------
    str
        What was changed, in a sentence.
    """
    for one in evidence.every(connection, secret):
        if not one.sealed:
            said = one.execution
            where = f"execution {one.number} of {said.student} {said.assignment}/{said.result.notebook}"
            yield f"{where} was changed: its seal does not hold."
    for assignment in marks.assignments(connection):
        for (student, notebook, exercise), given in marks.kept(connection, assignment, secret, {}).items():
            if not all(one.sealed for one in given):
                where = f"a mark of {student} {assignment}/{notebook} {exercise}"
                yield f"{where} was changed: its seal does not hold."
    for assignment in releases.assignments(connection):
        try:
            releases.versions(connection, secret, assignment)
        except GradebookError as failure:
            yield f"{failure.where} {failure.message}."
