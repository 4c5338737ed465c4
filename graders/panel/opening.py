"""What a case is opened with: the checked design of the course, or a document with the report of its check."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from graders.capstone.findings import Finding as Found
from graders.course import Course
from graders.errors import UsageError
from graders.panel.assembly import assembled
from graders.panel.from_capstone import checked, findings_of
from graders.panel.packet import Packet, Section, sections
from graders.panel.records import Finding

_CHECK = "Write it with: aisa capstone check STUDENT --json > report.json"


def packet_of(
    course: Course, student: str, document: Path | None, report: Path | None, names: Sequence[str] = ()
) -> Packet:
    """What reviewers will read; nothing that no check has looked at.

    Parameters
    ----------
    course : Course
        With the candidate's notebooks.
    student : str
        The candidate.
    document : Path or None
        Markdown; if None, the design in `capstone/STUDENT/design` of the course, checked here and now.
    report : Path or None
        Of its check, as JSON: needed for a document that is named.
    names : sequence of str
        Taken out of every text, as the student's id is.

    Returns
    -------
    Packet
        Scrubbed.

    Raises
    ------
    UsageError
        If a file cannot be read or says something else, or a document comes without the report of its check.
    """
    if document is None and report is None:
        return checked(course, student, names)
    if document is None or report is None:
        raise UsageError(
            "found a document without the report of its check" if document else "found a report without its document",
            str(document or report),
            "Give both --document and --findings, or neither: then the design in capstone/STUDENT/design is checked.",
        )
    title, found = _document(document)
    return assembled(course, student, title, found, _findings(report, student), names)


def _document(path: Path) -> tuple[str, tuple[Section, ...]]:
    try:
        title, found = sections(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as failure:
        raise UsageError(f"the document cannot be read ({failure})", str(path), "Name it with --document.") from None
    if not found:
        raise UsageError("the document has no section", str(path), "Its sections start with `## S1 Title`.")
    return title, found


def _findings(path: Path, student: str) -> tuple[Finding, ...]:
    try:
        said = json.loads(path.read_bytes())
        of, found = said["student"], findings_of(Found(**one) for one in said["findings"])
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise UsageError(f"is no report of a check ({failure!r})", str(path), _CHECK) from None
    if of != student:
        raise UsageError(f"is the report of {of!r}, expected that of {student!r}", str(path), _CHECK)
    return found
