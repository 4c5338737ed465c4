"""A case goes its way step by step; what cannot come is refused, and what is missing is said."""

from __future__ import annotations

import itertools

import pytest

from graders.errors import GradebookError, UsageError
from graders.panel import records as are
from graders.panel.desk import Desk
from graders.panel.records import Change, Stage
from graders.panel.state import advance, fold, missing, next_steps
from graders.panel.transitions import TRANSITIONS
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CHAIR, RATERS


def test_the_whole_way_to_a_pass(desk):
    seen = [desk.case(CANDIDATE).stage]
    panels.calibrate_all(desk)
    seen.append(desk.open_case(CANDIDATE, panels.packet(desk.course), []).stage)
    seen.append(desk.assign(CANDIDATE, RATERS, CHAIR).stage)
    seen += [desk.declare(CANDIDATE, rater, "").stage for rater in (*RATERS, CHAIR)]
    seen.append(panels.seal_all(desk).stage)
    seen.append(desk.reveal(CANDIDATE).stage)
    assert seen == [
        Stage.DRAFT,
        Stage.GATE_PASSED,
        *[Stage.ASSIGNED] * 4,
        Stage.QUALIFIED,
        Stage.SEALED,
        Stage.AGREED,
    ]
    case = desk.decide(CANDIDATE)
    assert (case.stage, case.round) == (Stage.QUALIFIED, are.DEFENCE), "the defence is scored the same way"
    case = panels.decide_round(desk)
    assert case.stage is Stage.DECIDED
    case = desk.sign(CANDIDATE, CHAIR)
    case = desk.release(CANDIDATE)
    case = desk.close_case(CANDIDATE, "accepts the decision")
    assert case.stage is Stage.FINAL
    assert case.passed
    assert case.outcome(are.DOCUMENT).total == pytest.approx(75)  # level 3 of 4 throughout
    assert case.outcome(are.DOCUMENT).entry in {one.digest for one in desk.ledger.entries(CANDIDATE)}
    assert missing(case) == ()


def test_a_document_that_fails_is_decided_without_a_defence(desk):
    panels.qualified(desk)
    case = panels.decide_round(desk, level=1)
    assert case.stage is Stage.DECIDED
    assert not case.passed
    assert list(case.rounds) == [are.DOCUMENT]


def test_the_state_is_what_the_entries_amount_to(desk):
    case = panels.released(desk)
    entries = desk.ledger.entries()
    assert fold(CANDIDATE, entries) == case
    stages = [fold(CANDIDATE, entries[:many]).stage for many in range(len(entries) + 1)]
    assert list(dict.fromkeys(stages))[-3:] == [Stage.DECIDED, Stage.SIGNED, Stage.RELEASED]


@pytest.mark.parametrize("kind", are.STEPS)
def test_every_step_that_cannot_come_is_refused_by_name(desk, kind):
    """From every stage of the whole way: exactly what `next_steps` promises may come."""
    panels.released(desk)
    entries = desk.ledger.entries(CANDIDATE)
    for many in range(len(entries) + 1):
        case = fold(CANDIDATE, entries[:many])
        if kind in next_steps(case):
            continue
        with pytest.raises(UsageError) as refused:
            advance(case, kind, {}, "2026-01-01T00:00:00+00:00")
        assert str(case.stage) in refused.value.message
        assert all(one in refused.value.do for one in next_steps(case))


def test_each_stage_but_the_last_leads_on():
    left = {stage for stages, _ in TRANSITIONS.values() for stage in stages}
    assert set(Stage) - left == {Stage.FINAL}


def test_the_gate_is_named_when_it_blocks(desk):
    with pytest.raises(UsageError, match=r"gate blocks: L6-roof, S13"):
        desk.open_case(CANDIDATE, panels.packet(desk.course), ["L6-roof", "S13"])
    (kept,) = desk.ledger.entries()
    assert (kept.kind, kept.body["blocking"]) == (are.STOPPED, ["L6-roof", "S13"])
    assert desk.case(CANDIDATE).stage is Stage.DRAFT
    assert desk.cases() == ()


def test_what_is_missing_is_said(desk):
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    case = desk.assign(CANDIDATE, RATERS, CHAIR)
    assert missing(case) == tuple(f"a declaration of {rater}" for rater in (*RATERS, CHAIR))
    for rater in (*RATERS, CHAIR):
        case = desk.declare(CANDIDATE, rater, "")
    assert case.stage is Stage.CLEARED
    assert missing(case) == tuple(f"calibration of {rater}" for rater in RATERS)
    panels.calibrate_all(desk)
    case = desk.case(CANDIDATE)
    assert case.stage is Stage.QUALIFIED
    desk.seal(panels.scores(desk, case, "rater-2"))
    assert missing(desk.case(CANDIDATE)) == ("scores of rater-1", "scores of rater-3")


def test_a_declared_conflict_empties_the_seat(desk):
    panels.calibrate_all(desk)
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    desk.assign(CANDIDATE, RATERS, CHAIR)
    case = desk.declare(CANDIDATE, "rater-1", "we wrote a paper together")
    assert missing(case)[0] == "a replacement for rater-1"
    with pytest.raises(UsageError, match="has had a seat"):
        desk.replace(CANDIDATE, "rater-1", "rater-2", "conflict")
    case = desk.replace(CANDIDATE, "rater-1", "rater-4", "conflict")
    assert [one.rater for one in case.seats] == ["rater-4", "rater-2", "rater-3"]
    with pytest.raises(UsageError, match="has had a seat"):
        desk.replace(CANDIDATE, "rater-4", "rater-1", "back again")


def test_scores_are_sealed_once(desk):
    case = panels.qualified(desk)
    case, _ = desk.seal(panels.scores(desk, case, "rater-1"))
    with pytest.raises(UsageError, match="sealed already"):
        desk.seal(panels.scores(desk, case, "rater-1", 4))
    with pytest.raises(UsageError, match="rater-5 is no rater"):
        desk.seal(panels.scores(desk, case, "rater-5"))
    with pytest.raises(UsageError, match="they stay"):
        desk.replace(CANDIDATE, "rater-1", "rater-4", "ill")


def test_nothing_is_revealed_before_all_have_sealed(desk):
    case = panels.qualified(desk)
    for rater in RATERS[:2]:
        desk.seal(panels.scores(desk, case, rater))
    with pytest.raises(UsageError, match="waits for rater-3"):
        desk.reveal(CANDIDATE)
    with pytest.raises(UsageError, match="rests on at least 3"):
        desk.reveal(CANDIDATE, "the time is over")


def test_a_late_fourth_is_left_out_with_a_reason(desk):
    panels.calibrate_all(desk)
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    desk.assign(CANDIDATE, (*RATERS, "rater-4"), CHAIR)
    for rater in (*RATERS, "rater-4", CHAIR):
        case = desk.declare(CANDIDATE, rater, "")
    for rater in RATERS:
        desk.seal(panels.scores(desk, case, rater))
    with pytest.raises(UsageError, match="waits for rater-4, or for a reason"):
        desk.reveal(CANDIDATE)
    case = desk.reveal(CANDIDATE, "did not answer within the agreed time")
    assert case.current.raters == RATERS


def disagreeing(desk, *levels):
    """A revealed case whose raters differ on C4."""
    case = panels.qualified(desk)
    for rater, level in zip(RATERS, levels, strict=True):
        desk.seal(panels.scores(desk, case, rater, 3, C4=level))
    return desk.reveal(CANDIDATE)


def test_moderation_keeps_the_original_and_the_reason(desk):
    case = disagreeing(desk, 1, 3, 3)
    assert [one.key for one in case.current.discrepancies] == ["range C4", "floor C4"]
    assert case.stage is Stage.REVEALED
    with pytest.raises(UsageError, match="cannot come now"):
        desk.decide(CANDIDATE)
    change = Change("rater-1", "C4", 1, 2, "the ledger of bytes is in S6, not S5")
    answers = {"range C4": "looked at S6 together", "floor C4": "the floor is reached"}
    for wrong, told in (
        (Change("rater-1", "C4", 1, 2, " "), "a changed level has a reason"),
        (Change("rater-1", "C4", 2, 3, "x"), "the level was not 2"),
        (Change("rater-7", "C4", 1, 2, "x"), "the level was not 1"),
    ):
        with pytest.raises(UsageError, match=told):
            desk.moderate(CANDIDATE, CHAIR, [wrong], answers)
    with pytest.raises(UsageError, match="nothing is said about floor C4"):
        desk.moderate(CANDIDATE, CHAIR, [change], {"range C4": "seen"})
    with pytest.raises(UsageError, match="the chair leads"):
        desk.moderate(CANDIDATE, "rater-1", [change], answers)
    with pytest.raises(UsageError, match="is no level"):
        desk.moderate(CANDIDATE, CHAIR, [Change("rater-1", "C4", 1, 5, "x")], answers)
    case = desk.moderate(CANDIDATE, CHAIR, [change], answers)
    assert case.stage is Stage.AGREED
    assert case.current.scores["rater-1"].levels["C4"] == 1, "the sealed level stays"
    assert case.current.levels["rater-1"]["C4"] == 2
    assert case.current.changes == (change,)


def test_the_median_decides(desk):
    disagreeing(desk, 4, 3, 2)
    case = desk.moderate(CANDIDATE, CHAIR, [], {"range C4": "each saw another section; all stand"})
    case = desk.decide(CANDIDATE)
    assert case.rounds[are.DOCUMENT].outcome.levels["C4"] == 3


def test_only_the_chair_signs(desk):
    panels.qualified(desk)
    panels.decide_round(desk, level=1)
    with pytest.raises(UsageError, match="the chair signs"):
        desk.sign(CANDIDATE, "rater-1")


def test_a_case_is_not_closed_while_there_is_time_for_an_appeal(desk):
    panels.released(desk)
    with pytest.raises(UsageError, match="may appeal until"):
        desk.close_case(CANDIDATE)


def appealed(desk, **levels):
    panels.released(desk, document=levels.pop("document", 1))
    return desk.appeal(CANDIDATE, "fact", are.DOCUMENT, "C4 says that S6 is missing; it is on page 9")


def test_an_appeal_goes_to_others_and_can_change_the_decision(desk):
    case = appealed(desk)
    assert case.stage is Stage.APPEALED
    with pytest.raises(UsageError, match="scored by a pair, found 3"):
        desk.assign(CANDIDATE, ("rater-4", "rater-5", "rater-6"), "rater-8")
    for again in (("rater-1", "rater-4"), ("rater-4", "rater-3")):
        with pytest.raises(UsageError, match="has had a seat"):
            desk.assign(CANDIDATE, again, "rater-8")
    desk.assign(CANDIDATE, ("rater-4", "rater-5"), "rater-8")
    for rater in ("rater-4", "rater-5", "rater-8"):
        case = desk.declare(CANDIDATE, rater, "")
    assert case.round == "appeal of document"
    case = panels.decide_round(desk)
    assert case.outcome(are.DOCUMENT).passed, "the pair's decision stands"
    assert not case.rounds[are.DOCUMENT].outcome.passed, "the panel's is kept"
    assert (case.stage, case.round) == (Stage.QUALIFIED, are.DEFENCE)
    assert [one.rater for one in case.seats] == list(RATERS), "the defence is before a panel, not the pair"
    case = panels.decide_round(desk)
    assert case.passed
    desk.sign(CANDIDATE, "rater-8")
    desk.release(CANDIDATE)
    with pytest.raises(UsageError, match="an appeal of the document already"):
        desk.appeal(CANDIDATE, "fact", are.DOCUMENT, "again")


def test_the_draw_for_an_appeal_leaves_the_originals_out(desk):
    appealed(desk)
    case = desk.assign(CANDIDATE)
    assert len(case.seats) == 2
    assert not {one.rater for one in (*case.seats, case.chair)} & {*RATERS, CHAIR}


@pytest.mark.parametrize(
    ("ground", "round_", "text", "told"),
    [
        ("judgement", "document", "it deserves more", "is no ground of an appeal: process, fact, conflict"),
        ("fact", "document", " ", "says what happened"),
        ("fact", "defence", "x", "the defence was not decided"),
        ("fact", "appeal of document", "x", "was not decided"),
    ],
)
def test_an_appeal_has_a_ground(desk, ground, round_, text, told):
    panels.released(desk, document=1)
    with pytest.raises(UsageError, match=told):
        desk.appeal(CANDIDATE, ground, round_, text)


def test_an_appeal_comes_in_time(tmp_path):
    with Desk(panels.course(tmp_path / "course", appeal_days=0)) as desk:
        panels.released(desk)
        entries = desk.ledger.entries()
        case = fold(CANDIDATE, entries)
        late = "2999-01-01T00:00:00+00:00"
        with pytest.raises(UsageError, match="time for an appeal ended"):
            advance(case, are.APPEALED, {"ground": "fact", "round": "document", "text": "x"}, late)
        assert advance(case, are.CLOSED, {"waived": ""}, late).stage is Stage.FINAL


def test_a_log_that_was_not_written_by_these_rules_is_no_case(desk):
    panels.qualified(desk)
    desk.ledger.append(are.SIGNED, CANDIDATE, {"by": CHAIR})
    with pytest.raises(GradebookError, match="cannot come now"):
        desk.case(CANDIDATE)


def test_a_scrambled_log_never_folds_to_a_pass(desk):
    """No order of entries but the written one ends in a signed pass."""
    panels.released(desk)
    entries = [one for one in desk.ledger.entries(CANDIDATE) if one.kind in are.STEPS]
    for left, right in itertools.pairwise(range(len(entries))):
        if entries[left].kind == entries[right].kind:
            continue
        swapped = [*entries]
        swapped[left], swapped[right] = swapped[right], swapped[left]
        with pytest.raises(GradebookError):
            fold(CANDIDATE, swapped)
