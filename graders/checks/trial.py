"""One exercise of one student: its checks put to an endpoint, judged and counted, and the mistake behind it named."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graders.checks.cases import Call, Case, drawn, written
from graders.checks.check import CaseCheck, Check, Judged, Subject
from graders.checks.comparison import Wanted
from graders.checks.diagnosis import diagnosed
from graders.checks.exercise import Exercise
from graders.checks.local import LocalEndpoint
from graders.checks.mistakes import Mistake
from graders.checks.plays import Conserved, Scenario
from graders.checks.policies import Outcome
from graders.checks.remote import fresh_handle
from graders.checks.trivial import trivial
from graders.checks.values import Equal, Fast, Raises
from graders.errors import GraderError
from graders.records import CheckResult, Endpoint, Reply, Request

Replies = dict[str, list[Reply]]
"""What was answered to each check's cases, by the check's name."""

_UNANCHORED = "it holds, and counts once a check of values is kept"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all checks of an exercise found.

    Attributes
    ----------
    checks : tuple of CheckResult
        In the order of the definition.
    misconception, hint : str
        Of the one known mistake that fits; empty otherwise.
    """

    checks: tuple[CheckResult, ...]
    misconception: str = ""
    hint: str = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """Names of the checks that were not kept."""
        return tuple(check.name for check in self.checks if not check.kept)


def run(
    exercise: Exercise,
    mistakes: Sequence[Mistake],
    endpoint: Endpoint,
    seed: bytes,
    scenario: Mapping[str, object] | None = None,
) -> Verdict:
    """Put an exercise's checks to one student's answer.

    Parameters
    ----------
    exercise : Exercise
        What must hold.
    mistakes : sequence of Mistake
        The known ones of this exercise.
    endpoint : Endpoint
        The student's process.
    seed : bytes
        Where this student's sampled inputs come from: an HMAC by the course secret.
    scenario : mapping, optional
        The student's own, where the exercise is personal.

    Returns
    -------
    Verdict

    Raises
    ------
    CourseError
        If the checks do not hold for the reference itself.
    GraderError
        If the machine was too slow to ask.
    """
    return Trial(exercise.of_student(scenario), seed).verdict(endpoint, mistakes)


@functools.lru_cache(maxsize=128)
def _played(outcome: Outcome, subject: Subject, answer: Callable[..., object]) -> Judged:
    """What a known mistake comes to where every student's traffic is the same."""
    return outcome.play_on(LocalEndpoint({subject.target: answer}), subject, seed=b"")


def namespace(exercise: Exercise, answer: object) -> dict[str, object]:
    """What a notebook with this answer would define; the answer to a value may be a function that gives it."""
    return {exercise.target: exercise.value_of(answer) if exercise.is_value else answer}


class Trial:
    """The checks of an exercise with one seed's cases, and what the reference gives for them.

    Parameters
    ----------
    exercise : Exercise
        What must hold; of one student, where it is personal.
    seed : bytes
        Where the sampled cases come from.
    like : Trial, optional
        Of the very same exercise, with another seed: what the reference gives for cases that are written by hand is
        taken from there.
    """

    def __init__(self, exercise: Exercise, seed: bytes, like: Trial | None = None) -> None:
        self.exercise = exercise
        self.seed = seed
        self.cases = {check.name: drawn(check.cases, seed, check.name) for check in exercise.case_checks}
        self._right: dict[str, list[Reply]] = {}
        self._wanted: dict[str, Sequence[Wanted]] = {}
        self._mistaken: dict[tuple[object, str], Judged] = {}
        self._by_hand: dict[int, Reply] = {}  # by id of the case, which lives as long as its check
        if like is not None and like.exercise is exercise:
            self._by_hand = like._by_hand

    def verdict(self, endpoint: Endpoint, mistakes: Sequence[Mistake] = ()) -> Verdict:
        """What all checks find of an answer, and which of the mistakes is behind it: as `run` says."""
        replies = self.ask(endpoint)
        judged = self.judge(endpoint, replies)
        found = diagnosed(self.exercise, mistakes, judged, self._judge_mistake)
        checks = self.counted(judged, replies)
        return Verdict(checks, found.misconception, found.hint) if found else Verdict(checks)

    def _judge_mistake(self, known: Mistake, check: Check) -> Judged:
        """What a check finds of a known mistake; worked out once for all answers."""
        if isinstance(check, Outcome) and not (check.is_personal or self.exercise.personal):
            return _played(check, self.exercise.subject, known.answer)
        key = known.answer, check.name
        if key not in self._mistaken:
            local = LocalEndpoint(namespace(self.exercise, known.answer))
            self._mistaken[key] = self.judge(local, self.ask(local, [check]), [check])[check.name]
        return self._mistaken[key]

    @cached_property
    def _reference(self) -> Endpoint:
        return LocalEndpoint(namespace(self.exercise, self.exercise.reference), coded=False)

    @property
    def expected(self) -> Replies | None:
        """What the reference gives, by check; None where there is no reference, or no check of cases."""
        if self.exercise.reference is None or not self.cases:
            return None
        return {check.name: self._expected(check) for check in self.exercise.case_checks}

    def _expected(self, check: CaseCheck) -> list[Reply]:
        """What the reference gives for the cases of a check; asked once for all answers."""
        if check.name not in self._right:
            cases, by_hand = self.cases[check.name], written(check.cases)
            new = [case for case in cases if id(case) not in self._by_hand]
            asked = _answered(self._reference, [self._request(case) for case in new], None) if new else []
            found = dict(zip(map(id, new), asked, strict=True))
            self._by_hand.update({case: reply for case, reply in found.items() if case in by_hand})
            known = self._by_hand | found
            self._right[check.name] = [known[id(case)] for case in cases]
        return self._right[check.name]

    def ask(self, endpoint: Endpoint, only: Sequence[Check] | None = None, *, timed: bool = True) -> Replies:
        """Replies to all cases, by check: one message for all, and one for each check with a time limit of its own.

        Parameters
        ----------
        endpoint : Endpoint
            Who is asked.
        only : sequence of Check, optional
            Some of the exercise's checks.
        timed : bool
            Whether those limits hold.

        Returns
        -------
        dict of str to list of Reply
        """
        wanted = [check for check in self.exercise.case_checks if only is None or check in only]
        together = [check for check in wanted if check.cpu_s is None or not timed]
        requests = [self._request(case) for check in together for case in self.cases[check.name]]
        replies = iter(_answered(endpoint, requests, None))
        found = {check.name: [next(replies) for _ in self.cases[check.name]] for check in together}
        for check in wanted:
            if check.name not in found:
                own = [self._request(case) for case in self.cases[check.name]]
                found[check.name] = _answered(endpoint, own, check.cpu_s)
        return found

    def judge(self, endpoint: Endpoint, replies: Replies, only: Sequence[Check] | None = None) -> dict[str, Judged]:
        """Judge the replies, and play what goes step by step.

        Parameters
        ----------
        endpoint : Endpoint
            For the checks that are played.
        replies : dict of str to list of Reply
            As `ask` gives them.
        only : sequence of Check, optional
            Some of the exercise's checks.

        Returns
        -------
        dict of str to Judged
        """
        judged = {}
        for check in self.exercise.case_checks:
            if check.name in replies:
                judged[check.name] = check.judge(self.cases[check.name], replies[check.name], self._expecting(check))
        for played in self.exercise.played_checks:
            if only is None or played in only:
                judged[played.name] = played.play_on(endpoint, self.exercise.subject, self.seed)
        return judged

    def keeps(self, endpoint: Endpoint, check: Check, *, by_hand: bool | None = None, timed: bool = True) -> bool:
        """Whether an answer keeps a check: as `judge` says, but nothing more is asked once it is lost.

        Parameters
        ----------
        endpoint : Endpoint
            Who is asked.
        check : Check
            Of the exercise.
        by_hand : bool, optional
            Where each case stands for itself (Equal, Raises): look at those that are written by hand, or at the others.
        timed : bool
            Whether limits on time hold.

        Returns
        -------
        bool
        """
        if isinstance(check, Scenario | Conserved):
            return check.play_on(endpoint, self.exercise.subject, self.seed, briefly=True).kept
        if not isinstance(check, Equal | Raises):
            return self.judge(endpoint, self.ask(endpoint, [check], timed=timed), [check])[check.name].kept
        wanted, same_for_all = self._expecting(check), written(check.cases)
        for place, case in enumerate(self.cases[check.name]):
            if by_hand is not None and by_hand != (id(case) in same_for_all):
                continue
            replies = _answered(endpoint, [self._request(case)], check.cpu_s)
            if not check.judge([case], replies, wanted and wanted[place : place + 1]).kept:
                return False
        return True

    def _expecting(self, check: CaseCheck) -> Sequence[Wanted] | None:
        """What its replies are held against; worked out once for all answers."""
        if self.exercise.reference is None:
            return None
        if check.name not in self._wanted:
            self._wanted[check.name] = check.expecting(self.cases[check.name], self._expected(check))
        return self._wanted[check.name]

    def counted(self, judged: Mapping[str, Judged], replies: Replies) -> tuple[CheckResult, ...]:
        """What was found, with what earns nothing marked as such."""
        anchored = any(check.anchors and judged[check.name].kept for check in self.exercise.checks)
        nothing = self._trivial(judged, replies)
        results = []
        for check in self.exercise.checks:
            lost = judged[check.name].reason
            unearned = "" if lost else nothing or ("" if check.anchors or anchored else _UNANCHORED)
            kept, counted, reason = not lost, not unearned, lost or unearned
            results.append(CheckResult(check.name, check.message, check.weight, kept, counted, reason))
        return tuple(results)

    def _trivial(self, judged: Mapping[str, Judged], replies: Replies) -> str:
        """Why the answer answers nothing, if it does not: only where it is right here and wrong there."""
        names = [check.name for check in self.exercise.case_checks if isinstance(check, Equal | Fast)]
        unlike = len({judged[name].kept for name in names}) > 1
        if self.exercise.reference is None or self.exercise.is_value or not unlike:
            return ""
        return trivial(
            [case for name in names for case in self.cases[name] if isinstance(case, Call)],
            [reply for name in names for reply in replies[name]],
            [reply for name in names for reply in self._right[name]],
            self.exercise.reference,
        )

    def _request(self, case: Case) -> Request:
        if isinstance(case, Call) and self.exercise.is_class:
            return Request("new", self.exercise.target, case.args, case.kwargs, fresh_handle())
        return case.request(self.exercise.target)


def _answered(endpoint: Endpoint, requests: Sequence[Request], cpu_s: float | None) -> list[Reply]:
    replies = endpoint.ask(requests, cpu_s) if requests else []
    if len(replies) != len(requests):
        raise GraderError(f"{len(requests)} requests got {len(replies)} replies", do="Grade it again.")
    return replies
