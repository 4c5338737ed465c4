"""A course with a panel, and the steps that a test does not care about."""

from __future__ import annotations

from pathlib import Path

import yaml

from graders.course import Course, init
from graders.panel.assignment import pseudonym
from graders.panel.desk import Desk
from graders.panel.packet import Packet, Section
from graders.panel.questions import Question
from graders.panel.records import Case, Finding, Scores

CANDIDATE = "student-01"
RATERS = ("rater-1", "rater-2", "rater-3")
CHAIR = "rater-9"
CRITERIA = tuple(f"C{number}" for number in range(1, 11))
DEFENCE = ("D1", "D2", "D3", "D4")
ANCHOR_LEVELS = {"anchor-1": 3, "anchor-2": 2, "anchor-3": 1}


def panel_yaml(**changes: object) -> dict[str, object]:
    said: dict[str, object] = {
        "appeal_days": 14,
        "reviewers": [
            *({"id": f"rater-{number}", "employer": f"house-{number}"} for number in range(1, 7)),
            *({"id": f"rater-{number}", "chair": True} for number in (8, 9)),
        ],
        "anchors": [
            {"id": id_, "document": f"anchors/{id_}.html", "levels": dict.fromkeys(CRITERIA, level)}
            for id_, level in ANCHOR_LEVELS.items()
        ],
    }
    return said | changes


def course(root: Path, **changes: object) -> Course:
    made = init(root, course_id="spring", students=[f"student-{number:02}" for number in range(1, 9)])
    (root / "panel.yaml").write_text(yaml.safe_dump(panel_yaml(**changes)))
    return made


def packet(course: Course, candidate: str = CANDIDATE) -> Packet:
    return Packet(
        pseudonym(course.secret, candidate),
        "Serving a 70 B model to 2,000 users",
        (
            Section("S0", "Summary", "Two replicas of eight accelerators carry the *peak*; the p99 of TTFT is 1.4 s."),
            Section("S6", "Memory hierarchy", "| what | GB |\n|---|---|\n| weights | 140 |\n| cache | 300 |\n"),
        ),
        (Finding("L4-mem.weight_bytes", "major", "S6", "mem.weight_bytes", "claimed 140 GB, recomputed 141.2 GB"),),
        (Question("m05_kv_cache_bytes", "A KV cache", "return 2 * layers * heads", "Where does 2 come from?", "D1"),),
    )


def calibrate_all(desk: Desk) -> None:
    given = {id_: dict.fromkeys(CRITERIA, level) for id_, level in ANCHOR_LEVELS.items()}
    for one in desk.settings.reviewers:
        desk.calibrate(one.id, given)


def qualified(desk: Desk, candidate: str = CANDIDATE) -> Case:
    """A case whose raters may score."""
    calibrate_all(desk)
    desk.open_case(candidate, packet(desk.course, candidate), [])
    desk.assign(candidate, RATERS, CHAIR)
    for rater in (*RATERS, CHAIR):
        case = desk.declare(candidate, rater, "")
    return case


def scores(desk: Desk, case: Case, rater: str, level: int = 3, **levels: int) -> Scores:
    """Scores that may be sealed."""
    rubric = desk.rubric(case.current.rubric)
    given = {one.id: level for one in rubric.criteria} | levels
    comments = dict.fromkeys(given, f"seen by {rater}")
    return Scores(case.pseudonym, case.round, rater, rubric.digest, given, comments)


def seal_all(desk: Desk, candidate: str = CANDIDATE, level: int = 3, **levels: int) -> Case:
    """Every rater of the round seals the same levels."""
    case = desk.case(candidate)
    for one in case.seats:
        case, _ = desk.seal(scores(desk, case, one.rater, level, **levels))
    return case


def decide_round(desk: Desk, candidate: str = CANDIDATE, level: int = 3) -> Case:
    seal_all(desk, candidate, level)
    desk.reveal(candidate)
    return desk.decide(candidate)


def released(desk: Desk, candidate: str = CANDIDATE, document: int = 3, defence: int = 3) -> Case:
    qualified(desk, candidate)
    case = decide_round(desk, candidate, document)
    if case.stage != "decided":
        decide_round(desk, candidate, defence)
    desk.sign(candidate, CHAIR)
    return desk.release(candidate)
