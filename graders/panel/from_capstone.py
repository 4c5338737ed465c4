"""A capstone document as reviewers read it: its prose with the claims filled in, its tables, what its check found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders.capstone import document as documents
from graders.capstone import evidence, folders
from graders.capstone.check import check
from graders.capstone.findings import Finding as Found
from graders.capstone.findings import Report
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import claimed
from graders.capstone.pack import PackIndex
from graders.capstone.packs import use_case
from graders.capstone.prose import FIGURE, shown, tabled, written
from graders.capstone.records import Document
from graders.capstone.rendering.figures import Drawn, Figure, figure
from graders.capstone.use_case import UseCase
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
    name = folders.use_case_of(course, student, document.pack)
    brief = folders.brief_of(course, student, name)
    readings = evidence.run(document, brief, course.sandbox_interpreter)
    report = check(document, brief, use_case(name).pack, unreadable, readings)
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
    case, brief = use_case(report.pack), folders.brief_of(course, report.student, report.pack)
    index = PackIndex(case.pack)
    drawn = Drawn(Graph(index, brief), claimed(document, index), document.claims)
    sections = [Section(one.id, one.title, _text(one.text, drawn, case)) for one in document.sections]
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


def _text(text: str, drawn: Drawn, case: UseCase) -> str:
    filled = written(text, drawn.claims)
    for line, ids in tabled(text, drawn.claims):
        rows = [(f"`{id_}`", shown(drawn.claims[id_]), drawn.claims[id_].kind) for id_ in ids]
        filled = filled.replace(line, _table(("claim", "value", "kind"), rows))
    return FIGURE.sub(lambda found: _in_words(figure(found[1], case.figures, drawn)), filled)


def _in_words(one: Figure) -> str:
    """A figure as its description and its numbers: a packet is text."""
    rows = [(", ".join(f"`{id_}`" for id_ in row.claims), *row.cells) for row in one.rows]
    return f"**{one.title}.** {one.says}\n\n" + (_table(("drawn from", *one.columns), rows) if rows else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)
