"""When an assignment is due, and for whom it is due later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an assignment is due.

    Attributes
    ----------
    due : datetime or None
        Naive UTC; None where it is never late.
    extensions : mapping of str to timedelta
        How much later some students may hand in, as nbgrader keeps it.
    """

    due: datetime | None
    extensions: Mapping[str, timedelta] = field(default_factory=dict)

    def lateness(self, student: str, received: datetime) -> timedelta:
        """How late something is; nothing, if it is in time."""
        if self.due is None:
            return timedelta()
        return max(timedelta(), received - self.due - self.extensions.get(student, timedelta()))


def duration(late: timedelta) -> str:
    """A span of time as people say it.

    Parameters
    ----------
    late : timedelta
        Not negative.

    Returns
    -------
    str
        Its two largest parts: "3 d 4 h", "2 h", "5 min 10 s".
    """
    seconds = int(late.total_seconds())
    parts = []
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts.append((count, name))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    said = [f"{count} {name}" for count, name in parts[first : first + 2] if count]
    return " ".join(said) or "less than 1 s"
