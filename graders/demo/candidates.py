"""Candidates before a panel and an office: one for each use case certified, one refused, one stopped by the check."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from graders.capstone.check import check
from graders.capstone.findings import Report
from graders.capstone.folders import CAPSTONE, brief_of
from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex
from graders.capstone.packs import DEFAULT, USE_CASES, use_case
from graders.capstone.records import Document
from graders.capstone.rendering.document import Rendered, rendered
from graders.capstone.rendering.html import page
from graders.capstone.rendering.pdf import paper
from graders.certify import papers
from graders.certify.enclosure import Standard, standard
from graders.certify.gathering import gather
from graders.certify.issue import Outcome, issue
from graders.certify.keys import Signer, signer
from graders.certify.panel_rounds import rounds
from graders.course import Course
from graders.ledger import Ledger
from graders.panel.desk import Desk
from graders.panel.form import write_form
from graders.panel.form_reading import seal_form
from graders.panel.from_capstone import packet_from
from graders.rubrics import Rubric

_RATERS, _CHAIR = ("rater-1", "rater-2", "rater-3"), "rater-9"
_ANCHORS = {"anchor-1": 3, "anchor-2": 2, "anchor-3": 1}
_FAULT, _FACTOR = "mem.kv_bytes_per_token", 8.0
"""What the stopped candidate got wrong: the cache of a model with as many key-value heads as heads."""
_EMPTY = '    level:\n    comment: ""'
"""Where a reviewer writes in a form."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a candidate brings before the panel.

    Attributes
    ----------
    use_case : str
        What the document is about.
    level : int
        What reviewers find in every criterion of document and defence.
    faulty : bool
        Whether a claim is wrong, so that the check stops the document.
    """

    use_case: str
    level: int = 3
    faulty: bool = False


PLANS = (*(Plan(name) for name in USE_CASES), Plan(DEFAULT, level=1), Plan(DEFAULT, faulty=True))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What became of a candidate.

    Attributes
    ----------
    student : str
    report : Report
        Of the document's check.
    outcome : Outcome
        What the office's rule says.
    rule : str
        Title of that rule.
    design : Path
        The document as a page, with its findings; a PDF lies beside it where there is a certificate.
    """

    student: str
    report: Report
    outcome: Outcome
    rule: str
    design: Path


def present(course: Course, students: Sequence[str], folder: Path) -> tuple[Candidate, ...]:
    """Bring students before the panel, and certify them: by the track's rule, or by the demo's that asks for less.

    Parameters
    ----------
    course : Course
        Graded and marked.
    students : sequence of str
        Who, in the order of `PLANS`.
    folder : Path
        Where the forms of the reviewers lie.

    Returns
    -------
    tuple of Candidate
    """
    (course.root / "panel.yaml").write_text(yaml.safe_dump(_panel(course)), encoding="utf-8")
    reports, designs = {}, {}
    with Desk(course) as desk:
        _calibrate(desk)
        for student, plan in zip(students, PLANS, strict=False):
            document, report, designs[student] = _checked(course, student, plan)
            reports[student] = report
            packet = packet_from(course, document, report, designs[student].title)
            if report.blocking:
                desk.stop(student, packet.digest, report.blocking)
            else:
                desk.open_case(student, packet, [])
                _through_the_panel(desk, student, plan.level, folder)
    office = signer(course, "Examination office of the demo")
    track = standard(course.material)
    whole = _issued(course, track, students, office, only_certified=True)
    demo = standard(course.material, course.material / "rubrics" / "demo_certification.yaml")
    others = _issued(course, demo, [one for one in students if one not in {each.student for each in whole}], office)
    decided = [(one, track) for one in whole] + [(one, demo) for one in others]
    made = {
        one.student: Candidate(
            one.student, reports[one.student], one, by.rule.title, _design(course, one, designs[one.student])
        )
        for one, by in decided
    }
    return tuple(made[student] for student in students)


def _issued(
    course: Course, by_what: Standard, students: Sequence[str], office: Signer, *, only_certified: bool = False
) -> tuple[Outcome, ...]:
    """Decide by a rule, issue what it allows, and write the papers; of those alone whom it certifies, if so asked."""
    with Ledger(course) as ledger:
        evidence = gather(course, by_what.rule, rounds(ledger), ledger)
        chosen = {
            student: evidence[student]
            for student in students
            if not only_certified or by_what.decide(evidence[student]).certified
        }
        outcomes = issue(course, ledger, by_what, chosen, office)
        papers.write(course, by_what, outcomes)
        papers.write_status(course, ledger, office)
    return outcomes


def _design(course: Course, outcome: Outcome, design: Rendered) -> Path:
    path = course.root / CAPSTONE / outcome.student / "design.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(design), encoding="utf-8")
    if outcome.certificate is not None:
        path.with_suffix(".pdf").write_bytes(paper(design))
    return path


def _checked(course: Course, student: str, plan: Plan) -> tuple[Document, Report, Rendered]:
    """The sample's prose with claims for a student's own brief, what its check finds, and how it reads."""
    case = use_case(plan.use_case)
    brief = brief_of(course, student, case.pack.id)
    graph = Graph(PackIndex(case.pack), brief)
    document = case.sample.instantiated(brief, graph)
    if plan.faulty:
        claim = document.claims[_FAULT]
        wrong = dataclasses.replace(claim, value=float(claim.value) * _FACTOR)  # type: ignore[arg-type]  # a number
        document = dataclasses.replace(document, claims={**document.claims, _FAULT: wrong})
    report = check(document, brief, case.pack, graph=graph)
    return document, report, rendered(document, brief, case, report)


def _through_the_panel(desk: Desk, student: str, level: int, folder: Path) -> None:
    desk.assign(student, _RATERS, _CHAIR)
    for rater in (*_RATERS, _CHAIR):
        desk.declare(student, rater, "")
    while desk.case(student).stage == "qualified":
        _score(desk, student, level, folder)
    desk.sign(student, _CHAIR)
    desk.release(student)
    desk.close_case(student, waived="the candidate does without an appeal")


def _score(desk: Desk, student: str, level: int, folder: Path) -> None:
    """A round: three forms are written, filled in, read, sealed; then all is revealed and decided."""
    for rater in _RATERS:
        path = write_form(desk, desk.case(student), rater, folder)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(_EMPTY, f'    level: {level}\n    comment: "seen in the demo"'), encoding="utf-8")
        seal_form(desk, path)
    desk.reveal(student)
    desk.decide(student)


def _calibrate(desk: Desk) -> None:
    rubric = desk.rubric("capstone")
    for one in desk.settings.reviewers:
        desk.calibrate(one.id, {id_: _same(rubric, level) for id_, level in _ANCHORS.items()})


def _same(rubric: Rubric, level: int) -> dict[str, int]:
    return {one.id: level for one in rubric.criteria}


def _panel(course: Course) -> dict[str, Any]:
    from graders.rubrics import rubric

    read = rubric(course.material, "capstone")
    reviewers = [{"id": one, "employer": f"house {number}"} for number, one in enumerate(_RATERS, 1)]
    return {
        "appeal_days": 14,
        "reviewers": [*reviewers, {"id": _CHAIR, "chair": True}],
        "anchors": [
            {"id": id_, "document": f"anchors/{id_}.html", "levels": _same(read, level)}
            for id_, level in _ANCHORS.items()
        ],
    }
