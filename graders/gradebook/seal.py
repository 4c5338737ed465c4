"""The seal of an execution or a mark: nobody without the course secret can make evidence that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graders.course import seal as course_seal
from graders.records import Mark, NotebookResult


@dataclass(frozen=True, slots=True)
class Execution:
    """A notebook graded once, as the evidence has it.

    Attributes
    ----------
    student, assignment : str
    result : NotebookResult
        Without its document.
    graded_at : str
        When, UTC.
    """

    student: str
    assignment: str
    result: NotebookResult
    graded_at: str


def seal(secret: bytes, execution: Execution) -> str:
    """HMAC-SHA-256 of everything that an execution says.

    Parameters
    ----------
    secret : bytes
        The course's.
    execution : Execution
        What is sealed.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return course_seal.seal(secret, "seal of evidence", _said_by(execution))


def seal_of_mark(secret: bytes, mark: Mark) -> str:
    """HMAC-SHA-256 of everything that a mark says.

    Parameters
    ----------
    secret : bytes
        The course's.
    mark : Mark
        What is sealed.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return course_seal.seal(secret, "seal of marks", _said(mark, _MARK) | {"levels": dict(mark.levels)})


_EXERCISE = ("exercise", "points", "max_points", "misconception", "hint", "digest")
_CHECK = ("name", "message", "weight", "kept", "counted", "reason")
_FLAG = ("kind", "where", "detail")
_WRITTEN = ("exercise", "max_points", "digest")
_MARK = (
    *("student", "assignment", "notebook", "exercise", "marker", "points", "comment", "reason"),
    *("submitted_digest", "answer_digest", "marked_at"),
)


def _said_by(execution: Execution) -> dict[str, Any]:
    result = execution.result
    said: dict[str, Any] = {
        "student": execution.student,
        "assignment": execution.assignment,
        "graded_at": execution.graded_at,
        "notebook": result.notebook,
        "submitted_digest": result.submitted_digest,
        "context_digest": result.context_digest,
        "unsafe": result.unsafe,
        "exercises": [
            _said(one, _EXERCISE) | {"checks": [_said(check, _CHECK) for check in one.checks]}
            for one in result.exercises
        ],
        "flags": [_said(flag, _FLAG) for flag in result.flags],
    }
    if result.written:  # only then: the seals of executions from before there were any still hold
        said["written"] = [_said(one, _WRITTEN) for one in result.written]
    return said


def _said(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
