"""A capstone document as reviewers read it: its prose with the claims filled in, its tables, what its check found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graders.capstone import document as documents
from graders.capstone import evidence, folders
from graders.capstone.check import check
from graders.capstone.packs import use_case
from graders.capstone.prose import FIGURE, shown, tabled, written
from graders.capstone.records import Document, Report
from graders.capstone.records import Finding as Found
from graders.course import Course
from graders.panel.assembly import assembled
from graders.panel.packet import Packet, Section
from graders.panel.records import Finding


def checked(course: Course, student: str, names: Sequence[str] = ()) -> Packet:
    """The design that a candidate handed in, checked as `aisa capstone check` does it.

    Parameters
    ----------
    course : Course
        With the design in `capstone/STUDENT/design`.
    student : str
        The candidate.
    names : sequence of str
        Taken out of every text, as the student's id is.

    Returns
    -------
    Packet
    """
    document, unreadable = documents.read(folders.student_folder(course, student) / folders.DOCUMENT)
    brief = folders.brief_of(course, student, document.pack)
    readings = evidence.run(document, brief, course.sandbox_interpreter)
    report = check(document, brief, use_case(document.pack).pack, unreadable, readings)
    return packet_from(course, document, report, brief.title, names)


def packet_from(course: Course, document: Document, report: Report, title: str, names: Sequence[str] = ()) -> Packet:
    """What reviewers read about a candidate whose document was checked.

    Parameters
    ----------
    course : Course
        With the candidate's notebooks.
    document : Document
        As it was handed in.
    report : Report
        What its check found; only what is open at that time goes to the panel.
    title : str
        Of the document.
    names : sequence of str
        Taken out of every text, as the student's id is.

    Returns
    -------
    Packet
    """
    sections = [Section(one.id, one.title, _text(one.text, document)) for one in document.sections]
    return assembled(course, report.student, title, sections, findings_of(report.findings), names)


def findings_of(found: Iterable[Found]) -> tuple[Finding, ...]:
    """What the check found, as the panel keeps it.

    Parameters
    ----------
    found : iterable of graders.capstone.records.Finding
        Of the check.

    Returns
    -------
    tuple of Finding
    """
    return tuple(
        Finding(f"{one.level} {one.code}", one.severity, one.section, one.claim, _said(one.message, one.recomputed))
        for one in found
    )


def _said(message: str, recomputed: str) -> str:
    return f"{message} (recomputed: {recomputed})" if recomputed else message


def _text(text: str, document: Document) -> str:
    filled = written(text, document.claims)
    for line, ids in tabled(text, document.claims):
        rows = [f"| `{id_}` | {shown(document.claims[id_])} | {document.claims[id_].kind} |" for id_ in ids]
        filled = filled.replace(line, "\n".join(["| claim | value | kind |", "|---|---|---|", *rows]))
    return re.sub(FIGURE, "*(a figure that the rendered document shows)*", filled)
