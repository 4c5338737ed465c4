"""A case put together: the document, what its checks left open, questions from the candidate's own answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from graders.course import Course
from graders.errors import UsageError
from graders.panel.answers import answers_of
from graders.panel.assignment import pseudonym
from graders.panel.from_capstone import QUESTIONS, checked
from graders.panel.packet import Packet, scrubbed, sections
from graders.panel.questions import draw_questions
from graders.panel.records import Finding

_FIELDS = ("id", "severity", "section", "claim", "message")


def packet_of(
    course: Course, student: str, document: Path | None, findings: Path | None, names: Sequence[str]
) -> tuple[Packet, tuple[str, ...]]:
    """What reviewers will read, and what stops it.

    Parameters
    ----------
    course : Course
        With the candidate's notebooks.
    student : str
        The candidate.
    document : Path or None
        Markdown; if None, the design in `capstone/STUDENT/design` of the course, checked here and now.
    findings : Path or None
        JSON list of findings, each with id, severity, section, claim and message, of a document that is named.
    names : sequence of str
        Taken out of every text, as the student's id is.

    Returns
    -------
    tuple of Packet and tuple of str
        The packet, scrubbed; ids of findings that block it.

    Raises
    ------
    UsageError
        If a file cannot be read, or says something else.
    """
    design = course.root / "capstone" / student / "design"
    if document is None and findings is None and design.is_dir():
        return checked(course, student, names)
    path = document or course.root / "capstone" / student / "design.md"
    try:
        title, found = sections(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as failure:
        raise UsageError(f"the document cannot be read ({failure})", str(path), "Name it with --document.") from None
    if not found:
        raise UsageError("the document has no section", str(path), "Its sections start with `## S1 Title`.")
    open_ = _findings(findings) if findings else ()
    name = pseudonym(course.secret, student)
    questions = draw_questions(answers_of(course, student), name, QUESTIONS)
    packet = scrubbed(Packet(name, title or "Capstone", found, open_, questions), (student, *names))
    return packet, tuple(one.id for one in open_ if one.severity == "blocking")


def _findings(path: Path) -> tuple[Finding, ...]:
    try:
        said = json.loads(path.read_bytes())
        return tuple(Finding(*(str(one.get(field, "")) for field in _FIELDS)) for one in said)
    except (OSError, ValueError, AttributeError, TypeError) as failure:
        raise UsageError(
            f"is no list of findings ({failure})", str(path), "Write it with: aisa capstone check --json"
        ) from None
