"""The trusted side of cells that are the course's own: what is sent with them, and what of the answer is believed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from graders.records import CourseText

_MOST, _LONGEST = 20, 100


@dataclass(frozen=True)
class Watch:
    """What a notebook's process is told before any cell runs.

    Attributes
    ----------
    packages : tuple of str
        Packages whose functions and classes are to be what they are now whenever a cell of the course runs.
    expected : tuple of str
        Names that a right answer defines.
    environment : mapping of str to str
        Environment variables.
    """

    packages: tuple[str, ...]
    expected: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Order:
    """One cell of the course's own on its way to a child.

    The nonce is made for this one run of this one cell: whoever answers without having read it has not run the cell.

    Parameters
    ----------
    course : CourseText
        What is known of the cell.
    """

    def __init__(self, course: CourseText) -> None:
        self._course = course
        self._nonce = secrets.token_hex(16)

    def told(self) -> dict[str, Any]:
        """What the child is told beside the text."""
        return {"nonce": self._nonce, **asdict(self._course)}

    def finished(self, head: Mapping[str, object]) -> bool:
        """Whether an answer says that every statement came to its end, and whoever says so was told the nonce."""
        ran = head.get("ran")
        return head.get("nonce") == self._nonce and type(ran) is int and ran == self._course.statements

    def found(self, head: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
        """What was not as it should be, as far as an answer tells."""
        unfinished = head.get("status") == "ok" and not self.finished(head)
        said = [("unfinished", "its statements did not all run to their end")] if unfinished else []
        return (*said, *(one for kind in ("replaced", "redefined", "lying") for one in _names(head, kind)))

    def shown(self, head: Mapping[str, object]) -> str:
        """Text of the last value."""
        shown = head.get("shown")
        return shown[:_LONGEST] if isinstance(shown, str) else ""


def _names(head: Mapping[str, object], kind: str) -> Iterator[tuple[str, str]]:
    names = head.get(kind)
    for name in names[:_MOST] if isinstance(names, list) else ():
        if isinstance(name, str):
            yield kind, name[:_LONGEST]
