"""Each step of a case: what it needs, and what it makes of the case. Pure; the table at the end says which may come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from graders.errors import UsageError
from graders.panel import records as are
from graders.panel.records import Case, Change, Discrepancy, Outcome, Round, Scores, Seat, Stage
from graders.panel.sealing import commitment


@dataclass(frozen=True, slots=True)
class Step:
    """An entry, written or about to be.

    Attributes
    ----------
    body : mapping of str to Any
        What it says.
    at : str
        When, UTC, as ISO 8601.
    digest : str
        Of the entry, where it is written already.
    """

    body: Mapping[str, Any]
    at: str
    digest: str = ""


def _opened(case: Case, step: Step) -> Case:
    blocking = list(step.body["blocking"])
    _need(not blocking, f"the machine's gate blocks: {', '.join(map(str, blocking))}")
    _need(step.body["work"] and step.body["pseudonym"], "a case has a document and a pseudonym")
    return replace(case, stage=Stage.GATE_PASSED, work=step.body["work"], pseudonym=step.body["pseudonym"])


def _assigned(case: Case, step: Step) -> Case:
    seats = tuple(_seat(one) for one in step.body["seats"])
    chair = _seat(step.body["chair"])
    names = [one.rater for one in (*seats, chair)]
    _need(len(set(names)) == len(names), "nobody sits on a panel twice")
    _need(case.candidate not in names, "a candidate sits on no panel of their own")
    if case.stage is Stage.APPEALED:
        _need(len(seats) == are.PAIR, f"an appeal is scored by a pair, found {len(seats)}")
        again = sorted(set(case.sat) & set(names))
        _need(not again, f"{', '.join(again)} sat on the panel, and cannot judge the appeal")
        name = are.APPEAL + case.appeal["round"]
    else:
        _need(len(seats) >= are.SEATS, f"a panel has at least {are.SEATS} raters, found {len(seats)}")
        name = are.DOCUMENT
    panel = case.panel if case.appeal else seats
    new = replace(case, stage=Stage.ASSIGNED, seats=seats, chair=chair, panel=panel, round=name)
    return replace(new, sat=(*case.sat, *names))


def _declared(case: Case, step: Step) -> Case:
    seat = case.seat(step.body["rater"])
    _need(seat is not None, f"{step.body['rater']} does not sit on this panel")
    assert seat is not None  # noqa: S101  just asked
    said = replace(seat, declared=True, conflict=step.body["conflict"])
    case = _with_seat(case, seat.rater, said)
    if said.conflict:
        _need(seat.rater not in case.current.seals, f"{seat.rater} has scored already: a conflict now is an appeal's")
        return replace(case, stage=Stage.ASSIGNED)
    return _cleared(case)


def _replaced(case: Case, step: Step) -> Case:
    seat = case.seat(step.body["rater"])
    _need(seat is not None, f"{step.body['rater']} does not sit on this panel")
    assert seat is not None  # noqa: S101  just asked
    _need(seat.rater not in case.current.seals, f"the scores of {seat.rater} are sealed: they stay")
    new = _seat(step.body["seat"])
    _need(new.rater not in case.sat, f"{new.rater} has had a seat in this case already")
    _need(new.rater != case.candidate, "a candidate sits on no panel of their own")
    _need(step.body["reason"].strip(), "a replacement has a reason")
    return replace(_with_seat(case, seat.rater, new), stage=Stage.ASSIGNED, sat=(*case.sat, new.rater))


def _with_seat(case: Case, rater: str, new: Seat) -> Case:
    seats = tuple(new if one.rater == rater else one for one in case.seats)
    chair = new if case.chair and case.chair.rater == rater else case.chair
    panel = case.panel if case.round.startswith(are.APPEAL) else seats
    return replace(case, seats=seats, chair=chair, panel=panel)


def _cleared(case: Case) -> Case:
    """On to the next stage once nobody has left a declaration, or a calibration, open."""
    everyone = [one for one in (*case.seats, case.chair) if one is not None]
    if any(not one.declared or one.conflict for one in everyone):
        return replace(case, stage=Stage.ASSIGNED)
    if all(one.qualified for one in case.seats):
        return _scoring(case, case.round)
    return replace(case, stage=Stage.CLEARED)


def _scoring(case: Case, name: str) -> Case:
    """Open a round for its raters; seals that are there already stay."""
    raters = tuple(one.rater for one in case.seats)
    opened = replace(case.rounds.get(name, Round(name)), raters=raters)
    stage = Stage.SEALED if set(raters) <= set(opened.seals) else Stage.QUALIFIED
    return replace(case, stage=stage, round=name, rounds={**case.rounds, name: opened})


def _qualified(case: Case, step: Step) -> Case:
    seat = next((one for one in case.seats if one.rater == step.body["rater"]), None)
    _need(seat is not None, f"{step.body['rater']} is no rater of this panel")
    _need(step.body["calibration"], f"{step.body['rater']} has no calibration that holds")
    assert seat is not None  # noqa: S101  just asked
    return _cleared(_with_seat(case, seat.rater, replace(seat, qualified=True)))


def _sealed(case: Case, step: Step) -> Case:
    now, rater = case.current, step.body["rater"]
    _need(step.body["round"] == case.round, f"the {case.round} is scored, not the {step.body['round']}")
    _need(rater in now.raters, f"{rater} is no rater of this panel")
    _need(rater not in now.seals, f"the scores of {rater} are sealed already, and stay")
    commitment_ = step.body["commitment"]
    _need(len(bytes.fromhex(commitment_)) == 32, "a commitment is a SHA-256")
    seals = {**now.seals, rater: commitment_}
    stage = Stage.SEALED if set(seals) == set(now.raters) else Stage.QUALIFIED
    return replace(_with_round(case, replace(now, seals=seals)), stage=stage)


def _revealed(case: Case, step: Step) -> Case:
    now, opened = case.current, {}
    late = sorted(set(now.raters) - set(now.seals))
    least = are.PAIR if case.round.startswith(are.APPEAL) else are.SEATS
    _need(len(now.seals) >= least, f"waits for {', '.join(late)}: a decision rests on at least {least} scores")
    _need(
        not late or str(step.body["reason"]).strip(), f"waits for {', '.join(late)}, or for a reason to go on without"
    )
    for one in step.body["openings"]:
        said = one["said"]
        rater = said["rater"]
        holds = commitment(one["nonce"], said) == now.seals.get(rater)
        _need(holds, f"the scores of {rater} are not those that were sealed")
        _need(said["case"] == case.pseudonym and said["round"] == case.round, f"the scores of {rater} are of another")
        opened[rater] = Scores(**said)
    closed = sorted(set(now.seals) - set(opened))
    _need(not closed, f"the scores of {', '.join(closed)} were not opened")
    apart = tuple(Discrepancy(**one) for one in step.body["discrepancies"])
    stage = Stage.REVEALED if apart else Stage.AGREED
    raters = tuple(one for one in now.raters if one in opened)
    shown = replace(now, raters=raters, scores=opened, discrepancies=apart)
    return replace(_with_round(case, shown), stage=stage)


def _moderated(case: Case, step: Step) -> Case:
    now = case.current
    changes = tuple(Change(**one) for one in step.body["changes"])
    levels = now.levels
    for one in changes:
        told = f"{one.rater} {one.criterion}"
        _need(one.reason.strip(), f"{told}: a changed level has a reason")
        _need(levels.get(one.rater, {}).get(one.criterion) == one.before, f"{told}: the level was not {one.before}")
        levels[one.rater][one.criterion] = one.after
    answers = {str(key): str(said).strip() for key, said in step.body["answers"].items()}
    open_ = [one.key for one in now.discrepancies if not answers.get(one.key)]
    _need(not open_, f"nothing is said about {', '.join(open_)}")
    _need(step.body["by"] == (case.chair.rater if case.chair else ""), "the chair leads the moderation")
    moderated = replace(now, changes=(*now.changes, *changes))
    return replace(_with_round(case, moderated), stage=Stage.AGREED)


def _decided(case: Case, step: Step) -> Case:
    said = {**step.body["outcome"], "reasons": tuple(step.body["outcome"]["reasons"]), "entry": step.digest}
    outcome = Outcome(**said)
    _need(outcome.round == case.round, f"the {case.round} is decided, not the {outcome.round}")
    case = _with_round(case, replace(case.current, outcome=outcome))
    document, defence = case.outcome(are.DOCUMENT), case.outcome(are.DEFENCE)
    if document is not None and document.passed and defence is None:
        return _scoring(replace(case, seats=case.panel), are.DEFENCE)  # after an appeal too: a panel, not the pair
    return replace(case, stage=Stage.DECIDED)


def _signed(case: Case, step: Step) -> Case:
    _need(step.body["by"] == (case.chair.rater if case.chair else ""), "the chair signs")
    return replace(case, stage=Stage.SIGNED, signed_by=step.body["by"])


def _released(case: Case, step: Step) -> Case:
    datetime.fromisoformat(step.body["appeal_until"])
    return replace(case, stage=Stage.RELEASED, appeal_until=step.body["appeal_until"])


def _appealed(case: Case, step: Step) -> Case:
    _need(
        step.body["ground"] in are.GROUNDS,
        f"{step.body['ground']!r} is no ground of an appeal: {', '.join(are.GROUNDS)}",
    )
    _need(step.body["text"].strip(), "an appeal says what happened")
    of = step.body["round"]
    _need(of in (are.DOCUMENT, are.DEFENCE) and of in case.rounds, f"the {of} was not decided")
    _need(are.APPEAL + of not in case.rounds, f"there was an appeal of the {of} already; its decision stands")
    _need(_time(step.at) <= _time(case.appeal_until), f"the time for an appeal ended at {case.appeal_until}")
    said = {key: step.body[key] for key in ("ground", "round", "text")}
    return replace(case, stage=Stage.APPEALED, appeal=said)


def _closed(case: Case, step: Step) -> Case:
    over = _time(step.at) > _time(case.appeal_until)
    _need(over or str(step.body["waived"]).strip(), f"the candidate may appeal until {case.appeal_until}")
    return replace(case, stage=Stage.FINAL)


def _with_round(case: Case, new: Round) -> Case:
    return replace(case, rounds={**case.rounds, new.name: new})


def _seat(said: Mapping[str, Any]) -> Seat:
    return Seat(said["rater"], said["pseudonym"], said["seed"])


def _time(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _need(holds: object, otherwise: str) -> None:
    if not holds:
        raise UsageError(otherwise, "panel")


_BEFORE_REVEAL = (Stage.ASSIGNED, Stage.CLEARED, Stage.QUALIFIED)
TRANSITIONS: dict[str, tuple[tuple[Stage, ...], Callable[[Case, Step], Case]]] = {
    are.OPENED: ((Stage.DRAFT,), _opened),
    are.ASSIGNED: ((Stage.GATE_PASSED, Stage.APPEALED), _assigned),
    are.DECLARED: (_BEFORE_REVEAL, _declared),
    are.REPLACED: (_BEFORE_REVEAL, _replaced),
    are.QUALIFIED: ((Stage.CLEARED,), _qualified),
    are.SEALED: ((Stage.QUALIFIED,), _sealed),
    are.REVEALED: ((Stage.SEALED, Stage.QUALIFIED), _revealed),
    are.MODERATED: ((Stage.REVEALED,), _moderated),
    are.DECIDED: ((Stage.AGREED,), _decided),
    are.SIGNED: ((Stage.DECIDED,), _signed),
    are.RELEASED: ((Stage.SIGNED,), _released),
    are.APPEALED: ((Stage.RELEASED,), _appealed),
    are.CLOSED: ((Stage.RELEASED,), _closed),
}
"""Kind of entry -> the stages in which it may come, and what it makes of the case."""
