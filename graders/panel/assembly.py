"""A packet put together: what was handed in, what its check left open, questions from the candidate's own notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from graders.course import Course
from graders.panel.answers import answers_of
from graders.panel.assignment import pseudonym
from graders.panel.packet import Packet, Section, scrubbed
from graders.panel.questions import draw_questions
from graders.panel.records import Finding

QUESTIONS = 6
"""Questions of a packet: at five minutes each they fill half of an hour's defence."""


def assembled(
    course: Course,
    student: str,
    title: str,
    sections: Sequence[Section],
    findings: Sequence[Finding],
    names: Sequence[str] = (),
) -> Packet:
    """What reviewers read about a candidate.

    Parameters
    ----------
    course : Course
        With the candidate's notebooks, from which questions for the defence are drawn.
    student : str
        The candidate.
    title : str
        Of the document.
    sections : sequence of Section
        The document.
    findings : sequence of Finding
        What its check found.
    names : sequence of str
        Taken out of every text, as the student's id is.

    Returns
    -------
    Packet
    """
    name = pseudonym(course.secret, student)
    questions = draw_questions(answers_of(course, student), name, QUESTIONS)
    packet = Packet(name, title or "Capstone", tuple(sections), tuple(findings), questions)
    return scrubbed(packet, (student, *names))


def blocking(packet: Packet) -> tuple[str, ...]:
    """What keeps a document from the panel, a line each.

    Parameters
    ----------
    packet : Packet
        With what its check found.

    Returns
    -------
    tuple of str
    """
    return tuple(
        f"{one.id} {one.claim or one.section}: {one.message}" for one in packet.findings if one.severity == "blocking"
    )
