"""Who may sit, who qualifies, what is talked about: the rules of a panel, one at a time."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections import Counter

import pytest
from typer.testing import CliRunner

from graders.capstone.anchors import anchors
from graders.capstone.packs import DEFAULT, use_case
from graders.cli import app
from graders.errors import CourseError, UsageError
from graders.panel.assignment import conflict, draw, pseudonym, seat, shuffled
from graders.panel.calibration import calibrate
from graders.panel.decision import medians
from graders.panel.desk import Desk
from graders.panel.moderation import discrepancies
from graders.panel.records import Case, Seat
from graders.panel.scoring import problems
from graders.panel.sealing import Opening, commitment, seal
from graders.panel.settings import Anchor, Candidate, Reviewer, read, write_skeleton
from graders.paths import material_root
from graders.rubrics import rubric, standard_error
from tests.panel import panels
from tests.panel.panels import CRITERIA

SECRET = bytes(range(32))
CAPSTONE = rubric(material_root(), "capstone")


@pytest.mark.parametrize(
    ("reviewer", "why"),
    [
        (Reviewer("rater-1"), ""),
        (Reviewer("rater-1", employer="Example House "), "the same employer"),
        (Reviewer("rater-1", team="blue"), "the same team"),
        (Reviewer("rater-1", employer="another"), ""),
        (Reviewer("rater-1", mentors=("student-01",)), "mentor"),
        (Reviewer("rater-1", coauthors=("student-01",)), "co-author"),
        (Reviewer("rater-1", conflicts=("student-01",)), "declared by the office"),
        (Reviewer("rater-1", mentors=("student-02",)), ""),
        (Reviewer("rater-1", student="student-01"), "their own work"),
        (Reviewer("rater-1", student="student-02"), ""),
        (Reviewer("rater-1", student="student-03"), "reciprocal review: the candidate scores their work"),
    ],
)
def test_conflicts_of_interest(reviewer, why):
    candidate = Candidate("student-01", "example house", "Blue")
    others = [Case("student-03", sat=("student-01",)), Case("student-02", sat=("student-05",))]
    assert conflict(reviewer, candidate, others) == why


def test_peers_review_in_a_ring_but_not_each_other():
    """Eight students who are all reviewers: every panel is found, and no two people score each other."""
    reviewers = [Reviewer(f"rater-{n}", student=f"student-{n}") for n in range(1, 9)]
    reviewers += [Reviewer("rater-90", chair=True)]
    cases = []
    for number in range(1, 3):  # 3 of 7 possible each: a draw for all eight of so few would run out
        found = draw(SECRET, Candidate(f"student-{number}"), reviewers, cases, seats=3)
        cases.append(Case(f"student-{number}", seats=found.seats, sat=tuple(one.rater for one in found.seats)))
    pairs = {
        (one.candidate.removeprefix("student-"), rater.removeprefix("rater-")) for one in cases for rater in one.sat
    }
    assert not [pair for pair in pairs if pair[::-1] in pairs]
    assert not [pair for pair in pairs if pair[0] == pair[1]]


def test_the_load_is_level_and_the_draw_repeats():
    reviewers = [Reviewer(f"rater-{n}") for n in range(1, 10)] + [
        Reviewer(f"rater-9{n}", chair=True) for n in (1, 2, 3)
    ]

    def drawn():
        cases = []
        for number in range(1, 21):
            found = draw(SECRET, Candidate(f"student-{number}"), reviewers, cases, seats=3)
            names = tuple(one.rater for one in (*found.seats, found.chair))
            cases.append(Case(f"student-{number}", seats=found.seats, chair=found.chair, sat=names))
        return cases

    cases = drawn()
    load = Counter(name for one in cases for name in one.sat)
    assert sum(load.values()) == 80
    assert max(load.values()) - min(load.values()) <= 2, "80 seats, 12 people: 6.7 each"
    assert [one.sat for one in drawn()] == [one.sat for one in cases]
    assert len({frozenset(one.sat) for one in cases}) > 5, "not the same four always"


def test_experts_come_before_others_who_are_as_busy():
    reviewers = [Reviewer(f"rater-{n}", expertise=("edge",) if n > 3 else ()) for n in range(1, 7)]
    reviewers.append(Reviewer("rater-9", chair=True))
    found = draw(SECRET, Candidate("student-01"), reviewers, [], seats=3, expertise="edge")
    assert {one.rater for one in found.seats} == {"rater-4", "rater-5", "rater-6"}


def test_too_few_reviewers_are_named_with_the_reason():
    reviewers = [Reviewer(f"rater-{n}", employer="same") for n in (1, 2)] + [Reviewer("rater-9", chair=True)]
    with pytest.raises(UsageError, match=r"1 reviewers may sit.*rater-1: the same employer; rater-2"):
        draw(SECRET, Candidate("student-01", "same"), reviewers, [], seats=3)


def test_pseudonyms_and_orders_give_nobody_away_and_can_be_redone():
    one, other = seat(SECRET, "student-01", "rater-1"), seat(SECRET, "student-02", "rater-1")
    assert one.pseudonym != other.pseudonym, "a reviewer has another name in another case"
    assert "rater-1" not in one.pseudonym
    assert pseudonym(SECRET, "student-01") != pseudonym(bytes(32), "student-01")
    order = shuffled(one.seed, CRITERIA)
    by_hand = sorted(CRITERIA, key=lambda id_: hashlib.sha256(f"{one.seed}\0{id_}".encode()).digest())
    assert list(order) == by_hand
    first = Counter(shuffled(seat(SECRET, f"student-{n}", "rater-1").seed, CRITERIA)[0] for n in range(2000))
    assert min(first.values()) > 200 - 4 * math.sqrt(180), "each criterion comes first about as often"
    assert max(first.values()) < 200 + 4 * math.sqrt(180)


ANCHORS = [Anchor(f"anchor-{n}", "x", dict.fromkeys(CRITERIA, n)) for n in (1, 2, 3)]


def given(**gaps):
    """The agreed levels, moved where `anchor_criterion` says."""
    return {one.id: {id_: one.levels[id_] + gaps.get(f"{one.id[-1]}_{id_}", 0) for id_ in CRITERIA} for one in ANCHORS}


@pytest.mark.parametrize(
    ("gaps", "reason"),
    [
        ({}, ""),
        # 12 of 30 one away: 60 % exact is enough, 13 are too many
        ({f"{n}_{id_}": 1 for n in (1, 2) for id_ in CRITERIA[:6]}, ""),
        ({f"{n}_{id_}": 1 for n in (1, 2) for id_ in CRITERIA[:6]} | {"3_C1": -1}, "57% of the levels meet"),
        # one of 30 two away on a criterion without a floor: 97 % adjacent
        ({"1_C2": 2}, ""),
        # two of 30: 93 %
        ({"1_C2": 2, "2_C5": 2}, "93% of the levels are within one"),
        ({"1_C4": 2}, "anchor-1 C4: 2 levels away on a criterion with a floor"),
    ],
)
def test_who_qualifies(gaps, reason):
    found = calibrate(CAPSTONE, ANCHORS, "rater-1", given(**gaps))
    assert found.passed is (reason == "")
    assert reason in " ".join(found.reasons)
    assert found.levels == 30


def test_a_calibration_is_whole():
    with pytest.raises(UsageError, match="expected 3"):
        calibrate(CAPSTONE, ANCHORS[:2], "rater-1", given())
    short = given()
    del short["anchor-2"]["C7"]
    with pytest.raises(UsageError, match=r"anchor-2: .*C7"):
        calibrate(CAPSTONE, ANCHORS, "rater-1", short)


def test_a_calibration_is_due_again(tmp_path):
    with Desk(panels.course(tmp_path / "course", recheck_after=2)) as desk:
        for candidate in ("student-01", "student-02"):
            panels.qualified(desk, candidate)
            panels.seal_all(desk, candidate)
        desk.open_case("student-03", panels.packet(desk.course, "student-03"), [])
        desk.assign("student-03", panels.RATERS, panels.CHAIR)
        for rater in (*panels.RATERS, panels.CHAIR):
            case = desk.declare("student-03", rater, "")
        assert case.stage == "qualified", "each of them qualified anew for the second case"
        panels.seal_all(desk, "student-03")
        desk.open_case("student-04", panels.packet(desk.course, "student-04"), [])
        desk.assign("student-04", panels.RATERS, panels.CHAIR)
        for rater in (*panels.RATERS, panels.CHAIR):
            case = desk.declare("student-04", rater, "")
        assert case.stage == "cleared of conflicts"
        panels.calibrate_all(desk)
        assert desk.case("student-04").stage == "qualified"


def levels(**theirs):
    """Three raters at level 3 throughout, moved where `C4` says: a level each."""
    return {f"rater-{n + 1}": {id_: theirs.get(id_, (3, 3, 3))[n] for id_ in CRITERIA} for n in range(3)}


@pytest.mark.parametrize(
    ("theirs", "keys"),
    [
        ({}, []),
        ({"C2": (2, 3, 3)}, []),
        ({"C2": (1, 3, 3)}, ["range C2"]),
        ({"C4": (2, 3, 3)}, []),
        ({"C4": (1, 2, 2)}, ["floor C4"]),
        ({"C4": (1, 1, 1)}, []),
        ({"C4": (1, 3, 2)}, ["range C4", "floor C4"]),
        ({"C2": (0, 1, 1)}, []),  # no floor there
    ],
)
def test_what_is_talked_about(theirs, keys):
    assert [one.key for one in discrepancies(CAPSTONE, levels(**theirs))] == keys


@pytest.mark.parametrize("points", [-6, -1, 0, 1, 6])
def test_a_total_near_the_cut_is_talked_about(points):
    """All at their borderline, and one heavy criterion moved: the distance from the cut is known."""
    near = dataclasses.replace(
        CAPSTONE,
        criteria=tuple(dataclasses.replace(one, borderline=(2 + points / 25,)) for one in CAPSTONE.criteria),
    )
    found = discrepancies(near, {f"rater-{n}": dict.fromkeys(CRITERIA, 2) for n in range(3)})
    assert near.cut_score - 50 == pytest.approx(points)
    assert [one.key for one in found] == (["total"] if abs(points) <= standard_error(near, 3) else [])
    assert standard_error(near, 3) < 6


def test_medians():
    assert medians({"a": {"C1": 1}, "b": {"C1": 4}, "c": {"C1": 2}}) == {"C1": 2.0}
    assert medians({"a": {"C1": 1}, "b": {"C1": 2}}) == {"C1": 1.5}


def test_a_commitment_is_the_digest_of_nonce_and_canonical_text():
    opening = Opening("00" * 31 + "ff", {"b": 1, "a": "ä"})
    by_hand = hashlib.sha256(bytes(31) + b"\xff" + '{"a":"ä","b":1}'.encode()).hexdigest()
    assert opening.commitment == by_hand
    assert seal({"a": 1}).commitment != seal({"a": 1}).commitment, "nobody can guess it from the scores"
    for nonce in ("", "00", "zz" * 32, "FF" * 32):
        assert commitment(nonce, {}) == ""


@pytest.mark.parametrize(
    ("changed", "comment", "told"),
    [
        ({}, "", ""),
        ({"C1": None}, "", "a level is missing"),
        ({"C1": 5}, "", "5 is no level"),
        ({"C1": True}, "", "True is no level"),
        ({"C1": "3"}, "", "'3' is no level"),
        ({"C1": 1}, "", "needs a comment"),
        ({"C1": 1}, "S2 names no metric", ""),
        ({"C2": 0}, "", "needs a comment"),
        ({"C2": 1}, "", ""),
        ({"C11": 1}, "", "no criterion of this rubric"),
        ({}, "x" * 4001, "4,001 characters"),
    ],
)
def test_scores_that_may_be_sealed(changed, comment, told):
    found = problems(CAPSTONE, dict.fromkeys(CRITERIA, 3) | changed, {"C1": comment})
    assert (told in " ".join(found.values())) if told else not found


def test_settings_are_read_strictly(tmp_path):
    course = panels.course(tmp_path / "course")
    path = course.root / "panel.yaml"
    path.write_text("appeal_days: 14\nreviewers:\n  - id: rater-1\n    chief: true\n")
    with pytest.raises(CourseError, match=r"panel.yaml:4: reviewers\[0\].chief: unknown key"):
        read(course)
    path.write_text("appeal_days: 14\nreviewers:\n  - id: rater-1\n  - id: rater-1\n")
    with pytest.raises(CourseError, match="rater-1 is there twice"):
        read(course)
    path.unlink()
    with pytest.raises(UsageError, match="aisa panel init"):
        read(course)
    write_skeleton(course)
    assert read(course).reviewers == ()
    with pytest.raises(UsageError, match="already"):
        write_skeleton(course)


def test_a_new_panel_has_three_anchors_as_reviewers_read_them(tmp_path):
    course = panels.course(tmp_path / "course")
    (course.root / "panel.yaml").unlink(missing_ok=True)
    done = CliRunner().invoke(app, ["panel", "init", "--course", str(course.root)])
    assert done.exit_code == 0, done.output
    placed, shipped = read(course).anchors, anchors(use_case(DEFAULT))
    assert {one.id: dict(one.levels) for one in placed} == {one.id: one.levels for one in shipped}
    strong, middling, weak = ((course.root / one.document).read_text(encoding="utf-8") for one in placed)
    assert "recomputed otherwise" in weak
    assert "recomputed otherwise" not in strong + middling
    assert not any(one.because[criterion] in weak for one in shipped for criterion in one.because)
    done = CliRunner().invoke(app, ["panel", "init", "--course", str(course.root)])
    assert isinstance(done.exception, UsageError)


def test_named_reviewers_are_looked_at_too(tmp_path):
    people = [{"id": "rater-1", "mentors": ["student-01"]}, *({"id": f"rater-{n}"} for n in range(2, 6))]
    with Desk(panels.course(tmp_path / "course", reviewers=people)) as desk:
        desk.open_case("student-01", panels.packet(desk.course), [])
        with pytest.raises(UsageError, match="rater-1 cannot sit on the panel of student-01: mentor"):
            desk.assign("student-01", ("rater-1", "rater-2", "rater-3"), "rater-4")
        with pytest.raises(UsageError, match="rater-5 does not lead panels"):
            desk.assign("student-01", ("rater-2", "rater-3", "rater-4"), "rater-5")
        assert len(desk.ledger.entries()) == 1


def test_the_order_and_its_seed_stand_in_the_log(desk):
    case = panels.qualified(desk)
    body = next(one.body for one in desk.ledger.entries() if one.kind == "panel assigned")
    for one in body["seats"]:
        assert desk.order(case, one["rater"]) == shuffled(one["seed"], CRITERIA)
    assert isinstance(case.seats[0], Seat)
    assert json.dumps(body)
