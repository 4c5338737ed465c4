"""Every guard of a panel, one at a time: the step that it must stop, and beside it the one that may pass.

Cases are put together by hand, so that each test breaks exactly one rule; what a real case goes through stands in
`test_state.py`. Take a guard out of `transitions.py`, and its line here fails.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.errors import UsageError
from graders.panel import records as are
from graders.panel.records import Case, Change, Discrepancy, Outcome, Round, Scores, Seat, Stage
from graders.panel.sealing import commitment
from graders.panel.state import advance

AT = "2030-01-10T12:00:00+00:00"
EARLIER, LATER = "2030-01-01T00:00:00+00:00", "2030-02-01T00:00:00+00:00"
NAMES = ("ada", "ben", "cyd")
SEATS = tuple(Seat(name, f"reviewer-{name}", "00", declared=True, qualified=True) for name in NAMES)
CHAIR = Seat("dot", "reviewer-dot", "00", declared=True)
NONCE = "ab" * 32


def said(rater: str, **more: object) -> dict[str, object]:
    scores = Scores("candidate-1", "document", rater, "r" * 64, {"C1": 3, "C2": 2})
    return {**scores.plain(), **more}


SEALS = {name: commitment(NONCE, said(name)) for name in NAMES}
DRAFT = Case("student-1")
GATE_PASSED = replace(DRAFT, stage=Stage.GATE_PASSED, pseudonym="candidate-1", work="w" * 64)
ASSIGNED = replace(
    GATE_PASSED,
    stage=Stage.ASSIGNED,
    seats=tuple(replace(one, declared=False, qualified=False) for one in SEATS),
    chair=replace(CHAIR, declared=False),
    panel=SEATS,
    sat=(*NAMES, "dot"),
)
CLEARED = replace(
    ASSIGNED, stage=Stage.CLEARED, seats=tuple(replace(one, qualified=False) for one in SEATS), chair=CHAIR
)
OPEN = Round("document", NAMES)
QUALIFIED = replace(CLEARED, stage=Stage.QUALIFIED, seats=SEATS, rounds={"document": OPEN})


def with_round(case: Case, stage: Stage, **changes: object) -> Case:
    return replace(case, stage=stage, rounds={"document": replace(OPEN, **changes)})


SEALED = with_round(QUALIFIED, Stage.SEALED, seals=SEALS)
SCORES = {name: Scores(**said(name)) for name in NAMES}
APART = (Discrepancy("range", "C1", "levels 1, 3 and 3"),)
REVEALED = with_round(QUALIFIED, Stage.REVEALED, seals=SEALS, scores=SCORES, discrepancies=APART)
AGREED = replace(REVEALED, stage=Stage.AGREED)
OUTCOME = Outcome("document", "capstone", "1", "r" * 64, {"C1": 3.0}, 3, 40.0, 57.0, False, ("too little",))
DECIDED = with_round(QUALIFIED, Stage.DECIDED, seals=SEALS, scores=SCORES, outcome=OUTCOME)
RELEASED = replace(DECIDED, stage=Stage.RELEASED, signed_by="dot", appeal_until=LATER)
APPEALED = replace(RELEASED, stage=Stage.APPEALED, appeal={"ground": "fact", "round": "document", "text": "x"})


def seat(name: str) -> dict[str, str]:
    return {"rater": name, "pseudonym": f"reviewer-{name}", "seed": "00"}


def openings(*names: str, **more: object) -> list[dict[str, object]]:
    return [{"nonce": NONCE, "said": said(name, **more)} for name in names]


OPENED = {"blocking": [], "work": "w" * 64, "pseudonym": "candidate-1"}
PANEL = {"seats": [seat(name) for name in NAMES], "chair": seat("dot")}
PAIR = {"seats": [seat("eve"), seat("fox")], "chair": seat("gil")}
NEW = {"rater": "ada", "seat": seat("eve"), "reason": "ill"}
SEAL = {"rater": "ada", "round": "document", "commitment": SEALS["ada"]}
REVEAL = {"openings": openings(*NAMES), "discrepancies": [], "reason": ""}
TALK = {"by": "dot", "changes": [], "answers": {"range C1": "all stand"}}
CHANGE = {"rater": "ada", "criterion": "C1", "before": 3, "after": 2, "reason": "saw S6 now"}
RULED = {"outcome": {**{name: getattr(OUTCOME, name) for name in OUTCOME.__slots__ if name != "entry"}}}
GROUND = {"ground": "fact", "round": "document", "text": "the total of S6 is another"}
AGAIN = replace(RELEASED, rounds={**RELEASED.rounds, "appeal of document": Round("appeal of document")})
TWO_SEALED = with_round(QUALIFIED, Stage.QUALIFIED, seals={name: SEALS[name] for name in NAMES[:2]})
FOUR = with_round(QUALIFIED, Stage.QUALIFIED, raters=(*NAMES, "eve"), seals=SEALS)
A_SEALED = with_round(CLEARED, Stage.QUALIFIED, seals={"ada": SEALS["ada"]})
FOREIGN = {
    name: with_round(
        QUALIFIED, Stage.SEALED, seals={one: commitment(NONCE, said(one, **{name: "other"})) for one in NAMES}
    )
    for name in ("case", "round")
}

MAY = [
    (are.OPENED, DRAFT, OPENED, Stage.GATE_PASSED),
    (are.ASSIGNED, GATE_PASSED, PANEL, Stage.ASSIGNED),
    (are.ASSIGNED, APPEALED, PAIR, Stage.ASSIGNED),
    (are.DECLARED, ASSIGNED, {"rater": "ada", "conflict": ""}, Stage.ASSIGNED),
    (are.REPLACED, ASSIGNED, NEW, Stage.ASSIGNED),
    (are.QUALIFIED, CLEARED, {"rater": "ada", "calibration": "d" * 64}, Stage.CLEARED),
    (are.SEALED, QUALIFIED, SEAL, Stage.QUALIFIED),
    (are.REVEALED, SEALED, REVEAL, Stage.AGREED),
    (are.REVEALED, FOUR, {**REVEAL, "reason": "eve is ill"}, Stage.AGREED),
    (are.MODERATED, REVEALED, {**TALK, "changes": [CHANGE]}, Stage.AGREED),
    (are.DECIDED, AGREED, RULED, Stage.DECIDED),
    (are.SIGNED, DECIDED, {"by": "dot"}, Stage.SIGNED),
    (are.APPEALED, RELEASED, GROUND, Stage.APPEALED),
    (are.CLOSED, RELEASED, {"waived": "accepts"}, Stage.FINAL),
    (are.CLOSED, replace(RELEASED, appeal_until=EARLIER), {"waived": ""}, Stage.FINAL),
]


@pytest.mark.parametrize(("kind", "case", "body", "stage"), MAY)
def test_what_breaks_no_rule_may_pass(kind, case, body, stage):
    assert advance(case, kind, body, AT).stage is stage


MAY_NOT = [
    # the gate, and who sits
    (are.OPENED, DRAFT, {**OPENED, "blocking": ["L6 mem.x"]}, "the machine's gate blocks: L6 mem.x"),
    (are.OPENED, DRAFT, {**OPENED, "work": ""}, "a case has a document"),
    (are.ASSIGNED, GATE_PASSED, {**PANEL, "chair": seat("ada")}, "nobody sits on a panel twice"),
    (are.ASSIGNED, GATE_PASSED, {**PANEL, "chair": seat("student-1")}, "no panel of their own"),
    (are.ASSIGNED, GATE_PASSED, {**PANEL, "seats": PANEL["seats"][:2]}, "at least 3 raters, found 2"),
    (are.ASSIGNED, APPEALED, {**PAIR, "seats": [seat("ada"), seat("eve")]}, "ada sat on the panel"),
    (are.ASSIGNED, APPEALED, {**PAIR, "chair": seat("dot")}, "dot sat on the panel"),
    (are.ASSIGNED, APPEALED, {**PAIR, "seats": [seat(one) for one in ("eve", "fox", "hal")]}, "by a pair, found 3"),
    (are.DECLARED, ASSIGNED, {"rater": "eve", "conflict": ""}, "eve does not sit on this panel"),
    (are.DECLARED, A_SEALED, {"rater": "ada", "conflict": "an old friend"}, "ada has scored already"),
    (are.REPLACED, ASSIGNED, {**NEW, "rater": "eve"}, "eve does not sit on this panel"),
    (are.REPLACED, A_SEALED, NEW, "the scores of ada are sealed: they stay"),
    (are.REPLACED, ASSIGNED, {**NEW, "seat": seat("ben")}, "ben has had a seat in this case already"),
    (are.REPLACED, ASSIGNED, {**NEW, "seat": seat("student-1")}, "no panel of their own"),
    (are.REPLACED, ASSIGNED, {**NEW, "reason": " "}, "a replacement has a reason"),
    (are.QUALIFIED, CLEARED, {"rater": "ada", "calibration": ""}, "ada has no calibration that holds"),
    (are.QUALIFIED, CLEARED, {"rater": "dot", "calibration": "d" * 64}, "dot is no rater of this panel"),
    # seals
    (are.SEALED, QUALIFIED, {**SEAL, "round": "defence"}, "the document is scored, not the defence"),
    (are.SEALED, QUALIFIED, {**SEAL, "rater": "dot"}, "dot is no rater of this panel"),
    (are.SEALED, A_SEALED, SEAL, "the scores of ada are sealed already, and stay"),
    (are.SEALED, QUALIFIED, {**SEAL, "commitment": "ab"}, "a commitment is a SHA-256"),
    (are.REVEALED, TWO_SEALED, {**REVEAL, "openings": openings("ada", "ben"), "reason": "late"}, "at least 3 scores"),
    (are.REVEALED, FOUR, REVEAL, "waits for eve, or for a reason to go on without"),
    (are.REVEALED, SEALED, {**REVEAL, "openings": openings(*NAMES, remark="now")}, "are not those that were sealed"),
    (are.REVEALED, SEALED, {**REVEAL, "openings": openings("ada", "ben")}, "the scores of cyd were not opened"),
    (are.REVEALED, SEALED, {**REVEAL, "openings": openings(*NAMES, "eve")}, "the scores of eve are not those"),
    (are.REVEALED, FOREIGN["case"], {**REVEAL, "openings": openings(*NAMES, case="other")}, "ada are of another"),
    (are.REVEALED, FOREIGN["round"], {**REVEAL, "openings": openings(*NAMES, round="other")}, "ada are of another"),
    # moderation, decision, what comes after
    (are.MODERATED, REVEALED, {**TALK, "changes": [{**CHANGE, "reason": " "}]}, "a changed level has a reason"),
    (are.MODERATED, REVEALED, {**TALK, "changes": [{**CHANGE, "before": 4}]}, "the level was not 4"),
    (are.MODERATED, REVEALED, {**TALK, "changes": [{**CHANGE, "rater": "eve"}]}, "the level was not 3"),
    (are.MODERATED, REVEALED, {**TALK, "answers": {"range C1": " "}}, "nothing is said about range C1"),
    (are.MODERATED, REVEALED, {**TALK, "by": "ada"}, "the chair leads the moderation"),
    (are.DECIDED, AGREED, {"outcome": {**RULED["outcome"], "round": "defence"}}, "the document is decided, not the"),
    (are.SIGNED, DECIDED, {"by": "ada"}, "the chair signs"),
    (are.APPEALED, RELEASED, {**GROUND, "ground": "taste"}, "'taste' is no ground of an appeal"),
    (are.APPEALED, RELEASED, {**GROUND, "text": " "}, "an appeal says what happened"),
    (are.APPEALED, RELEASED, {**GROUND, "round": "defence"}, "the defence was not decided"),
    (are.APPEALED, AGAIN, GROUND, "there was an appeal of the document already"),
    (are.APPEALED, replace(RELEASED, appeal_until=EARLIER), GROUND, "the time for an appeal ended"),
    (are.CLOSED, RELEASED, {"waived": " "}, "the candidate may appeal until"),
    # nothing comes before its time
    (are.REVEALED, QUALIFIED, REVEAL, "waits for ada, ben, cyd"),
    (are.SIGNED, AGREED, {"by": "dot"}, "cannot come now"),
    (are.DECIDED, REVEALED, RULED, "cannot come now"),
    (are.SEALED, REVEALED, SEAL, "cannot come now"),
    (are.CLOSED, DECIDED, {"waived": "accepts"}, "cannot come now"),
]


@pytest.mark.parametrize(("kind", "case", "body", "told"), MAY_NOT)
def test_what_breaks_a_rule_is_stopped_and_the_rule_is_named(kind, case, body, told):
    with pytest.raises(UsageError) as stopped:
        advance(case, kind, body, AT)
    assert told in str(stopped.value)


def test_a_change_leaves_what_was_sealed_where_it_is():
    case = advance(REVEALED, are.MODERATED, {**TALK, "changes": [CHANGE]}, AT)
    assert case.current.changes == (Change(**CHANGE),)
    assert case.current.scores["ada"].levels["C1"] == 3
    assert case.current.levels["ada"]["C1"] == 2


def test_whoever_declares_a_conflict_holds_all_up():
    case = advance(CLEARED, are.DECLARED, {"rater": "ada", "conflict": "an old friend"}, AT)
    assert case.stage is Stage.ASSIGNED
    assert advance(case, are.DECLARED, {"rater": "ben", "conflict": ""}, AT).stage is Stage.ASSIGNED
