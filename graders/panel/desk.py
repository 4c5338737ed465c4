"""The panel's desk: every step that leaves something behind, each in one transaction of the ledger.

What must be kept for a step (an opening, a packet) is kept before the step's entry is written. After a crash there is
then at most something that no entry speaks of; doing the step again does it once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from graders.course import Course
from graders.errors import GradebookError, UsageError
from graders.ledger import Ledger
from graders.panel import assignment, calibration, records
from graders.panel.decision import outcome
from graders.panel.moderation import discrepancies
from graders.panel.packet import Packet, keep
from graders.panel.records import Case, Change, Scores, Seat, Stage
from graders.panel.scoring import problems
from graders.panel.sealing import Opening, seal
from graders.panel.settings import Candidate, Settings, read
from graders.panel.state import advance, fold
from graders.panel.store import FILE, Store
from graders.rubrics import TOP_LEVEL, Rubric, rubric


class Desk:
    """A course's panel, open.

    Parameters
    ----------
    course : Course
        Whose it is.
    """

    def __init__(self, course: Course) -> None:
        self.course, self.ledger, self.store = course, Ledger(course), Store(course)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.ledger.close()
        self.store.close()

    @property
    def settings(self) -> Settings:
        """The course's `panel.yaml`."""
        return read(self.course)

    def rubric(self, name: str) -> Rubric:
        """`capstone` or `defence`."""
        return rubric(self.course.material, name)

    def case(self, candidate: str) -> Case:
        """A candidate's case, as the ledger has it."""
        return fold(candidate, self.ledger.entries(candidate))

    def cases(self) -> tuple[Case, ...]:
        """Every case that was opened, by candidate."""
        entries = self.ledger.entries(kinds=records.STEPS)
        return tuple(fold(one, entries) for one in sorted({entry.subject for entry in entries}))

    def by_pseudonym(self, name: str) -> Case:
        """The case that reviewers know under this name; UsageError if there is none."""
        found = next((one for one in self.cases() if one.pseudonym == name), None)
        if found is None:
            raise UsageError(f"there is no case {name!r}", "panel", "Look: aisa panel status")
        return found

    def order(self, case: Case, rater: str) -> tuple[str, ...]:
        """Criteria in the order in which a rater reads them."""
        seat = case.seat(rater)
        ids = [one.id for one in self.rubric(case.current.rubric).criteria]
        return assignment.shuffled(seat.seed, ids) if seat else tuple(ids)

    @contextlib.contextmanager
    def _step(self, candidate: str) -> Iterator[_Stepping]:
        with self.ledger.writing() as write:
            yield _Stepping(self.case(candidate), write)

    def open_case(self, candidate: str, packet: Packet, blocking: Sequence[str]) -> Case:
        """Bring a document before the panel; the machine's gate must block nothing: if it does, that is kept."""
        if blocking and self.case(candidate).stage is Stage.DRAFT:
            self.stop(candidate, packet.digest, blocking)
        with self._step(candidate) as step:
            body = {
                "pseudonym": assignment.pseudonym(self.course.secret, candidate),
                "work": packet.digest,
                "blocking": list(blocking),
                "findings": [asdict(one) for one in packet.findings],
                "questions": len(packet.questions),
            }
            advance(step.case, records.OPENED, body, _now())
            keep(self.course, packet)
            return step(records.OPENED, body)

    def stop(self, candidate: str, work: str, blocking: Sequence[str]) -> None:
        """Keep why the machine's gate does not let a document pass, unless that is the last that is known of it."""
        said = {"work": work, "blocking": list(blocking)}
        known = self.ledger.entries(candidate, kinds=[records.STOPPED])
        if not known or dict(known[-1].body) != said:
            self.ledger.append(records.STOPPED, candidate, said)

    def assign(self, candidate: str, raters: Sequence[str] = (), chair: str = "", expertise: str = "") -> Case:
        """Give a case its panel: drawn, or named and looked at for conflicts."""
        known = self.settings
        with self._step(candidate) as step:
            cases = self.cases()
            who = known.candidate(candidate)
            if raters or chair:
                found = self._named(who, (*raters, chair), known, cases)
                _leads(known, found[-1].rater)
                drawn = assignment.Draw(found[:-1], found[-1], {})
            else:
                seats = records.PAIR if step.case.stage is Stage.APPEALED else records.SEATS
                drawn = assignment.draw(
                    self.course.secret, who, known.reviewers, cases, seats=seats, expertise=expertise
                )
            return step(
                records.ASSIGNED,
                {
                    "seats": [_seat(one) for one in drawn.seats],
                    "chair": _seat(drawn.chair),
                    "excluded": dict(drawn.excluded),
                },
            )

    def _named(self, who: Candidate, names: Sequence[str], known: Settings, cases: Sequence[Case]) -> tuple[Seat, ...]:
        for name in names:
            if why := assignment.conflict_known(known.reviewer(name), who, known.reviewers, cases):
                told = f"{name} cannot sit on the panel of {who.id}: {why}"
                raise UsageError(told, "panel", "Name somebody else, or leave the draw to `aisa panel assign`.")
        return tuple(assignment.seat(self.course.secret, who.id, one) for one in names)

    def declare(self, candidate: str, rater: str, conflict: str) -> Case:
        """Keep what a reviewer says about conflicts of interest: empty where there is none."""
        with self._step(candidate) as step:
            step(records.DECLARED, {"rater": rater, "conflict": conflict.strip()})
            return self._qualified(step)

    def replace(self, candidate: str, rater: str, new: str, reason: str) -> Case:
        """Give a reviewer's seat to another."""
        known = self.settings
        with self._step(candidate) as step:
            (seat,) = self._named(known.candidate(candidate), [new], known, self.cases())
            if step.case.chair and step.case.chair.rater == rater:
                _leads(known, new)
            return step(records.REPLACED, {"rater": rater, "seat": _seat(seat), "reason": reason.strip()})

    def calibrate(self, rater: str, given: Mapping[str, Mapping[str, int]]) -> calibration.Calibration:
        """Keep how a reviewer scored the anchors; who qualifies takes the seats that waited for it."""
        known = self.settings
        known.reviewer(rater)
        found = calibration.calibrate(self.rubric("capstone"), known.anchors[: calibration.ANCHORS], rater, given)
        said = {**asdict(found), "reasons": list(found.reasons)}
        levels = {anchor: dict(theirs) for anchor, theirs in given.items()}
        with self.ledger.writing() as write:
            write(records.CALIBRATED, rater, {**said, "passed": found.passed, "given": levels})
            for case in self.cases():
                if case.stage is Stage.CLEARED and any(one.rater == rater for one in case.seats):
                    self._qualified(_Stepping(case, write))
        return found

    def _qualified(self, step: _Stepping) -> Case:
        """Let those in who have a calibration that holds."""
        for one in step.case.seats:
            if step.case.stage is Stage.CLEARED and not one.qualified and (digest := self._calibration(one.rater)):
                step(records.QUALIFIED, {"rater": one.rater, "calibration": digest})
        return step.case

    def _calibration(self, rater: str) -> str:
        """Digest of the entry of a reviewer's last calibration, if it was passed and is not due again."""
        last = next(reversed(self.ledger.entries(rater, [records.CALIBRATED])), None)
        if last is None or not last.body["passed"]:
            return ""
        limit = self.settings.recheck_after
        since = [one for one in self.ledger.entries(kinds=[records.SEALED]) if one.number > last.number]
        return "" if limit and sum(one.body["rater"] == rater for one in since) >= limit else last.digest

    def seal(self, scores: Scores, *, conflict: str | None = None, began: str = "") -> tuple[Case, Opening]:
        """Seal a reviewer's scores: the opening is kept, the commitment goes into the ledger.

        Parameters
        ----------
        scores : Scores
            Whole.
        conflict : str or None
            A declaration made with them: empty where there is no conflict; None if there was one before.
        began : str
            When they began, where it is known.

        Returns
        -------
        tuple of Case and Opening
        """
        opening = seal(scores.plain())
        case = self.by_pseudonym(scores.case)
        with self._step(case.candidate) as step:
            seat = step.case.seat(scores.rater)
            if conflict is not None and seat is not None and not seat.declared:
                step(records.DECLARED, {"rater": scores.rater, "conflict": conflict})
                self._qualified(step)
            self._refuse(step.case, scores)
            body = {
                "rater": scores.rater,
                "round": scores.round,
                "commitment": opening.commitment,
                "began": began,
            }
            advance(step.case, records.SEALED, body, _now())
            self.store.keep(opening)
            return step(records.SEALED, body), opening

    def _refuse(self, case: Case, scores: Scores) -> None:
        rules = self.rubric(case.current.rubric)
        if scores.rubric != rules.digest:
            raise UsageError("the rubric has changed since these scores were given", "panel", "Score by the new one.")
        if wrong := problems(rules, scores.levels, scores.comments):
            first, told = next(iter(wrong.items()))
            raise UsageError(told, f"scores of {scores.rater} for {scores.case}: {first}")

    def reveal(self, candidate: str, reason: str = "") -> Case:
        """Open all seals of a round, and say where the scores lie apart."""
        with self._step(candidate) as step:
            now = step.case.current
            opened = []
            for rater, commitment in now.seals.items():
                found = self.store.opening(commitment)
                if found is None or found.commitment != commitment:
                    told = "were changed" if found else "are not there"
                    where = f"{FILE}: opening {commitment}"
                    do = "Restore panel.db from a backup: without it the seal cannot be opened."
                    raise GradebookError(f"the sealed scores of {rater} for the {now.name} {told}", where, do)
                opened.append(found)
            levels = {str(found.said["rater"]): found.said["levels"] for found in opened}
            apart = discrepancies(self.rubric(now.rubric), levels) if levels else ()
            body = {
                "openings": [{"nonce": one.nonce, "said": dict(one.said)} for one in opened],
                "discrepancies": [asdict(one) for one in apart],
                "reason": reason.strip(),
            }
            return step(records.REVEALED, body)

    def moderate(self, candidate: str, by: str, changes: Sequence[Change], answers: Mapping[str, str]) -> Case:
        """Keep what came of the talk: changed levels with their reasons, and a word on each discrepancy."""
        with self._step(candidate) as step:
            rules = self.rubric(step.case.current.rubric)
            for one in changes:
                levels = {**{criterion.id: TOP_LEVEL for criterion in rules.criteria}, one.criterion: one.after}
                if wrong := problems(rules, levels, {one.criterion: one.reason}):
                    raise UsageError(next(iter(wrong.values())), f"moderation: {one.rater} {one.criterion}")
            body = {"by": by, "changes": [asdict(one) for one in changes], "answers": dict(answers)}
            return step(records.MODERATED, body)

    def decide(self, candidate: str) -> Case:
        """Apply the rubric's rule to the panel's medians."""
        with self._step(candidate) as step:
            now = step.case.current
            if step.case.stage is not Stage.AGREED:
                return step(records.DECIDED, {})  # says why not
            found = asdict(outcome(self.rubric(now.rubric), now))
            del found["entry"]
            return step(records.DECIDED, {"outcome": {**found, "reasons": list(found["reasons"])}})

    def sign(self, candidate: str, by: str) -> Case:
        """Keep that the chair stands behind the decision."""
        with self._step(candidate) as step:
            return step(records.SIGNED, {"by": by})

    def release(self, candidate: str) -> Case:
        """Tell the candidate; from now on they may appeal."""
        days = self.settings.appeal_days
        with self._step(candidate) as step:
            until = datetime.now(UTC) + timedelta(days=days)
            return step(records.RELEASED, {"appeal_until": until.isoformat(timespec="seconds")})

    def appeal(self, candidate: str, ground: str, round_: str, text: str) -> Case:
        """Keep a candidate's appeal: a new pair of raters will score."""
        with self._step(candidate) as step:
            return step(records.APPEALED, {"ground": ground, "round": round_, "text": text.strip()})

    def close_case(self, candidate: str, waived: str = "") -> Case:
        """End a case after the time for an appeal, or where the candidate does without."""
        with self._step(candidate) as step:
            return step(records.CLOSED, {"waived": waived.strip()})


class _Stepping:
    """Steps of one case inside a transaction, each checked before it is written."""

    def __init__(self, case: Case, write: Any) -> None:
        self.case, self._write = case, write

    def __call__(self, kind: str, body: Mapping[str, Any]) -> Case:
        at = _now()
        advance(self.case, kind, body, at)
        entry = self._write(kind, self.case.candidate, body, at)
        self.case = advance(self.case, kind, body, at, entry.digest)
        return self.case


def _leads(known: Settings, name: str) -> None:
    if not known.reviewer(name).chair:
        raise UsageError(f"{name} does not lead panels", "panel.yaml: reviewers", "Name a reviewer with `chair: true`.")


def _seat(one: Seat) -> dict[str, str]:
    return {"rater": one.rater, "pseudonym": one.pseudonym, "seed": one.seed}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
