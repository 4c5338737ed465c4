"""Receipts: what became of each thing that was handed in, for the student to keep.

::

    receipts/<assignment>/<student>/002-accepted.txt    to give to the student
    receipts/<assignment>/<student>/002-accepted.json   the same, with a code that only this course can make

What belongs to nobody on the roster lies under `unclaimed`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from graders.course import files
from graders.course.course import Course
from graders.course.seal import seal

Outcome = Literal["accepted", "replaced", "kept", "unchanged", "refused"]

UNCLAIMED = "unclaimed"
_WIDTH = 78


@dataclass(frozen=True, slots=True)
class IntakeReceipt:
    """What became of one file or folder of the inbox.

    Attributes
    ----------
    assignment : str
    item : str
        What it was called.
    student : str
        Whose it is; empty where that could not be found out.
    outcome : str
        `accepted`; `replaced`: accepted, in the place of an earlier attempt; `kept` as an attempt that does not count;
        `unchanged`: the same as the last attempt; `refused`.
    attempt : int or None
        Number of the attempt that holds it.
    received : str
        When, UTC.
    notebooks : mapping of str to str
        File -> SHA-256, of what the attempt consists of.
    details : tuple of str
        Why it was refused or does not count, how late it is, what was not used: sentences.
    """

    assignment: str
    item: str
    student: str
    outcome: Outcome
    attempt: int | None
    received: str
    notebooks: Mapping[str, str]
    details: tuple[str, ...]


def write(course: Course, receipt: IntakeReceipt) -> Path:
    """Write a receipt beside the others; the same one is written once.

    Parameters
    ----------
    course : Course
        Where it goes.
    receipt : IntakeReceipt
        What it says.

    Returns
    -------
    Path
        The text for the student.

    Raises
    ------
    GraderError
        If it cannot be written.
    """
    code = _code(course, receipt)
    record = json.dumps(asdict(receipt) | {"course": course.course_id, "code": code}, indent=2, ensure_ascii=False)
    path = course.root / "receipts" / receipt.assignment / (receipt.student or UNCLAIMED) / f"{_name(receipt)}.txt"
    files.write(course.root, path.with_suffix(".json"), record.encode() + b"\n")
    files.write(course.root, path, text(receipt, course.course_id, code).encode())
    return path


def is_ours(course: Course, path: Path) -> bool:
    """Whether a receipt was written by this course, as it is.

    Parameters
    ----------
    course : Course
        That knows its secret.
    path : Path
        A receipt as JSON.

    Returns
    -------
    bool
    """
    try:
        said = json.loads(path.read_bytes())
        code = said.pop("code")
        del said["course"]
        receipt = IntakeReceipt(**said | {"details": tuple(said["details"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return hmac.compare_digest(_code(course, receipt), str(code))


def text(receipt: IntakeReceipt, course_id: str, code: str) -> str:
    """What the student reads.

    Parameters
    ----------
    receipt : IntakeReceipt
        What it says.
    course_id : str
        Of the course.
    code : str
        By which the course knows its own receipt again.

    Returns
    -------
    str
        A few lines.
    """
    what = {
        "accepted": "accepted",
        "replaced": "accepted; it counts instead of what you handed in before",
        "kept": "kept, but it does not count",
        "unchanged": "the same as what you handed in before; nothing has changed",
        "refused": "refused; it does not count",
    }
    attempt = f", attempt {receipt.attempt}" if receipt.attempt else ""
    lines = [
        f"{course_id}, {receipt.assignment}: receipt for {receipt.item}",
        f"{receipt.student or 'somebody who is not on the roster'}{attempt}, received {receipt.received[:19]} UTC",
        "",
        f"{what[receipt.outcome].capitalize()}.",
        *(line for detail in receipt.details for line in textwrap.wrap(detail, _WIDTH)),
    ]
    if receipt.notebooks:
        lines += ["", *(f"{name}  sha256 {digest}" for name, digest in receipt.notebooks.items())]
    return "\n".join([*lines, "", f"Receipt code {code}", ""])


def _code(course: Course, receipt: IntakeReceipt) -> str:
    """The first digits of its seal: short enough to be read out."""
    return seal(course.secret, "seal of receipts", asdict(receipt))[:16]


def _name(receipt: IntakeReceipt) -> str:
    """The attempt's number; for what is no attempt, a name that is the same for the same item and reason."""
    if receipt.attempt is not None and receipt.outcome != "unchanged":
        return f"{receipt.attempt:03}-{receipt.outcome}-{_short(receipt.item)}"
    return f"{receipt.outcome}-{_short(receipt.item, receipt.received, *receipt.details)}"


def _short(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogateescape")).hexdigest()[:8]
