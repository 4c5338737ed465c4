"""A capstone document as a reviewer's packet: its prose with the claims filled in, its tables, what its check found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.capstone import document as documents
from graders.capstone import evidence, folders
from graders.capstone.check import check
from graders.capstone.packs import use_case
from graders.capstone.prose import FIGURE, shown, tabled, written
from graders.capstone.records import Document, Report
from graders.course import Course
from graders.panel.answers import answers_of
from graders.panel.assignment import pseudonym
from graders.panel.packet import Packet, Section, scrubbed
from graders.panel.questions import draw_questions
from graders.panel.records import Finding

QUESTIONS = 6
"""Questions of a packet: at five minutes each they fill half of an hour's defence."""


def checked(course: Course, student: str, names: Sequence[str] = ()) -> tuple[Packet, tuple[str, ...]]:
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
    tuple of Packet and tuple of str
        What reviewers will read, and what blocks it.
    """
    document, unreadable = documents.read(folders.student_folder(course, student) / folders.DOCUMENT)
    brief = folders.brief_of(course, student, document.pack)
    readings = evidence.run(document, brief, course.sandbox_interpreter)
    report = check(document, brief, use_case(document.pack).pack, unreadable, readings)
    return packet_from(course, document, report, brief.title, names), report.blocking


def packet_from(course: Course, document: Document, report: Report, title: str, names: Sequence[str] = ()) -> Packet:
    """What reviewers read about a candidate.

    Parameters
    ----------
    course : Course
        With the candidate's notebooks, from which questions for the defence are drawn.
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
    name = pseudonym(course.secret, report.student)
    sections = tuple(Section(one.id, one.title, _text(one.text, document)) for one in document.sections)
    questions = draw_questions(answers_of(course, report.student), name, QUESTIONS)
    packet = Packet(name, title, sections, findings_of(report), questions)
    return scrubbed(packet, (report.student, *names))


def findings_of(report: Report) -> tuple[Finding, ...]:
    """What the check found, as the panel keeps it.

    Parameters
    ----------
    report : Report
        Of the check.

    Returns
    -------
    tuple of Finding
    """
    return tuple(
        Finding(f"{one.level} {one.code}", one.severity, one.section, one.claim, _said(one.message, one.recomputed))
        for one in report.findings
    )


def _said(message: str, recomputed: str) -> str:
    return f"{message} (recomputed: {recomputed})" if recomputed else message


def _text(text: str, document: Document) -> str:
    filled = written(text, document.claims)
    for line, ids in tabled(text, document.claims):
        rows = [f"| `{id_}` | {shown(document.claims[id_])} | {document.claims[id_].kind} |" for id_ in ids]
        filled = filled.replace(line, "\n".join(["| claim | value | kind |", "|---|---|---|", *rows]))
    return re.sub(FIGURE, "*(a figure that the rendered document shows)*", filled)
