"""Checks of objects with state: a scenario with expectations, and random traffic that keeps an invariant."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass

from graders.checks.cases import stream
from graders.checks.check import Judged, Subject
from graders.checks.comparison import difference
from graders.checks.local import LocalEndpoint
from graders.checks.reasons import reason_of, summed_up
from graders.checks.remote import Failure, RemoteObject, Session, Student, StudentFailure
from graders.errors import AisaError, CourseError
from graders.records import Endpoint, Reply

MOST_STEPS = 5_000
"""Steps of one play: each is a message there and back, about a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story told with the student's objects, and what must be seen in it.

    Attributes
    ----------
    name : str
    weight : float
    play : callable
        `play(student, expect)`, or `play(student, expect, rng)` where each student gets another story. In it
        `expect(x).equals(y)`, `.raises(ValueError)` and `.agrees()`, which asks for what the reference gave there.
    message : str
    """

    name: str
    _: KW_ONLY
    weight: float
    play: Callable[..., None]
    message: str

    anchors = True

    def play_on(self, endpoint: Endpoint, subject: Subject, seed: bytes, *, briefly: bool = False) -> Judged:
        """Play it on the student's, and hold that against what the reference gives; briefly: until it is lost."""
        right = self.rehearsed(subject, seed)
        told = self._told(endpoint, subject, seed, right, briefly=briefly)
        missing = len(right) - len(told.reasons)
        reasons = [*told.reasons, *["not reached"] * missing, *([told.broke] if told.broke else [])]
        return Judged(summed_up(reasons, "expectations"), tuple(told.observed))

    @property
    def _actors(self) -> int:
        return len(inspect.signature(self.play).parameters)

    @property
    def is_personal(self) -> bool:
        """Whether each student gets another story."""
        return self._actors > len(("student", "expect"))

    def rehearsed(self, subject: Subject, seed: bytes) -> tuple[Reply, ...]:
        """What is seen when the reference plays; worked out once where the story is the same for everybody."""
        return self._rehearsed(subject, seed if self.is_personal else b"")

    @functools.lru_cache(maxsize=512)  # noqa: B019  scenarios live as long as their module
    def _rehearsed(self, subject: Subject, seed: bytes) -> tuple[Reply, ...]:
        told = self._told(LocalEndpoint({subject.target: subject.reference}), subject, seed, None)
        if problem := _problem(told):
            raise CourseError(f"scenario {self.name!r} does not hold for the reference: {problem}")
        return tuple(told.observed)

    def _told(
        self,
        endpoint: Endpoint,
        subject: Subject,
        seed: bytes,
        right: Sequence[Reply] | None,
        *,
        briefly: bool = False,
    ) -> Expect:
        session = Session(endpoint, subject.reference, MOST_STEPS, raises=False)
        expect = Expect(session, right, briefly=briefly)
        arguments = (Student(session), expect, stream(seed, self.name))
        try:
            self.play(*arguments[: self._actors])
            expect.broke = summed_up([reason_of(failure.reply) for failure in session.failures][:1])
        except StudentFailure as failure:
            expect.broke = failure.reason
        except AisaError:
            raise
        except Exception as error:
            if right is None:
                raise CourseError(f"scenario {self.name!r} fails on the reference: {error!r}") from error
            expect.broke = "a step gave something that the scenario cannot go on with"
            expect.broke = summed_up([reason_of(failure.reply) for failure in session.failures][:1]) or expect.broke
        return expect


class Expect:
    """What a play expects, recorded: a failed expectation ends nothing, unless it is played briefly."""

    def __init__(self, session: Session, right: Sequence[Reply] | None, *, briefly: bool = False) -> None:
        self.session = session
        self.right = right
        self.briefly = briefly
        self.observed: list[Reply] = []
        self.reasons: list[str] = []
        self.broke = ""

    def __call__(self, got: object) -> Expectation:
        """Look at something that the play got."""
        if isinstance(got, Failure):
            self.session.failures = [failure for failure in self.session.failures if failure is not got]
            reply = got.reply
        elif isinstance(got, RemoteObject):
            reply = Reply("opaque", "object")
        else:
            reply = Reply("value", got)
        self.observed.append(reply)
        return Expectation(self, reply, len(self.observed) - 1)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that was seen, and soon what it should be."""

    expect: Expect
    reply: Reply
    place: int

    def equals(self, expected: object, *, rtol: float | None = None, atol: float | None = None) -> None:
        """It is this value."""
        self._note(reason_of(self.reply) or difference(self.reply.value, expected, rtol, atol))

    def raises(self, exception: type[Exception]) -> None:
        """The step that should have given it raised this exception."""
        raised = self.reply.kind == "raised" and exception.__name__ in self.reply.exception
        self._note("" if raised else reason_of(self.reply) or f"raised no {exception.__name__}")

    def agrees(self, *, rtol: float | None = None, atol: float | None = None) -> None:
        """It is what the reference gave at this place of the play."""
        right = self.expect.right
        if right is None:
            self._note(reason_of(self.reply))
        elif self.place >= len(right):
            self._note("another course of the story than expected")
        else:
            self.equals(right[self.place].value, rtol=rtol, atol=atol)

    def _note(self, reason: str) -> None:
        self.expect.reasons.append(reason)
        if reason and self.expect.briefly:
            raise StudentFailure(self.reply, reason)


@dataclass(frozen=True, slots=True)
class Conserved:
    """Random traffic, and an invariant that holds after every step of it.

    Attributes
    ----------
    name : str
    weight : float
    script : callable
        `script(student, rng)`: a generator that drives the student's objects and yields one after each step.
    invariant : callable
        Takes what was yielded; gives a truth value.
    message : str
    """

    name: str
    _: KW_ONLY
    weight: float
    script: Callable[..., Iterable[object]]
    invariant: Callable[..., object]
    message: str

    anchors = False

    def play_on(self, endpoint: Endpoint, subject: Subject, seed: bytes, *, briefly: bool = False) -> Judged:
        """Run the traffic on the student's; where it is lost, see that the reference keeps it."""
        judged = self._run(endpoint, subject, seed, ours=False, briefly=briefly)
        if judged.reason and (problem := self._of_reference(subject, seed)):
            raise CourseError(f"check {self.name!r} does not hold for the reference: {problem}")
        return judged

    @functools.lru_cache(maxsize=64)  # noqa: B019  traffic lives as long as its module
    def _of_reference(self, subject: Subject, seed: bytes) -> str:
        """Why the reference itself does not keep it, if so; worked out once for all answers."""
        return self._run(LocalEndpoint({subject.target: subject.reference}), subject, seed, ours=True).reason

    def _run(self, endpoint: Endpoint, subject: Subject, seed: bytes, *, ours: bool, briefly: bool = False) -> Judged:
        session = Session(endpoint, subject.reference, MOST_STEPS, raises=False)
        reasons: list[str] = []
        try:
            for seen in self.script(Student(session), stream(seed, self.name)):
                reasons.append("" if self.invariant(seen) else "the invariant does not hold")
                if session.failures:
                    raise StudentFailure(session.failures[0].reply)
                if briefly and reasons[-1]:
                    break
        except StudentFailure as failure:
            return Judged(failure.reason, tuple(session.replies))
        except AisaError:
            raise
        except Exception as error:
            if ours:
                raise CourseError(f"the traffic of check {self.name!r} fails on the reference: {error!r}") from error
            known = summed_up([reason_of(failure.reply) for failure in session.failures][:1])
            return Judged(known or "a step gave something that cannot be gone on with", tuple(session.replies))
        return Judged(summed_up(reasons or ["there was nothing to look at"], "steps"), tuple(session.replies))


def _problem(told: Expect) -> str:
    if told.broke:
        return told.broke
    if not told.observed:
        return "it expects nothing"
    if len(told.observed) != len(told.reasons):
        return "an expect(...) without equals, raises or agrees"
    wrong = [place + 1 for place, reason in enumerate(told.reasons) if reason]
    return f"expectation {wrong[0]}: {told.reasons[wrong[0] - 1]}" if wrong else ""
