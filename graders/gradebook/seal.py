"""The seal of an execution: nobody without the course secret can make evidence that holds."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from graders.records import NotebookResult


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
    key = hmac.digest(secret, b"seal of evidence", "sha256")
    return hmac.new(key, _canonical(execution), "sha256").hexdigest()


_EXERCISE = ("exercise", "points", "max_points", "misconception", "hint", "digest")
_CHECK = ("name", "message", "weight", "kept", "counted", "reason")
_FLAG = ("kind", "where", "detail")


def _canonical(execution: Execution) -> bytes:
    """One text for one meaning: keys sorted, no spaces, numbers as floats, ASCII."""
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
    return json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _said(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
