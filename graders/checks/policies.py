"""Checks of policies: a simulator of ours asks the student's function, and the outcome is measured."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from graders.checks.cases import stream
from graders.checks.check import Judged, Subject
from graders.checks.remote import Session, Student, StudentFailure
from graders.errors import AisaError, CourseError, GraderError
from graders.records import Endpoint, Reply

Simulate = Callable[..., object]
Measure = Callable[..., float]

_UNUSABLE = "an answer that the simulation cannot use"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of following the student's policy.

    Attributes
    ----------
    name : str
    weight : float
    simulate : callable
        `simulate(policy)`, or `simulate(policy, rng)` where each student gets other traffic; calls the policy as a
        function (or makes an object of it, where the exercise is a class) and gives what `measure` looks at.
    measure : callable
        A number of what the simulation gives.
    message : str
    at_least, at_most : float or None
        Exactly one of them: the limit, or the factor on the baseline's outcome.
    times : callable or None
        The baseline, a policy of ours. Only an outcome that is held against one shows that something was understood:
        an absolute limit may be kept by doing nothing.
    accepts : callable or None
        Whether a single answer is a decision at all; a simulator of ours must never be handed what may hang it.
    calls : int
        How often the simulator may ask.
    """

    name: str
    _: KW_ONLY
    weight: float
    simulate: Simulate
    measure: Measure
    message: str
    at_least: float | None = None
    at_most: float | None = None
    times: Callable[..., object] | None = None
    accepts: Callable[..., object] | None = None
    calls: int = 20_000

    @property
    def anchors(self) -> bool:
        """Whether the outcome is held against a baseline."""
        return self.times is not None

    def play_on(self, endpoint: Endpoint, subject: Subject, seed: bytes) -> Judged:
        """Simulate with the student's policy, and measure."""
        limit = self._limit(seed)
        session = Session(endpoint, subject.reference, self.calls, raises=True)
        policy = getattr(Student(session), subject.target)
        try:
            reached = self._measured(self._guarded(policy), seed)
        except StudentFailure as failure:
            return Judged(failure.reason, tuple(session.replies))
        except AisaError:
            raise
        except MemoryError as error:
            raise GraderError(f"a simulation of check {self.name!r} ran out of memory") from error
        except Exception:  # noqa: BLE001  the baseline went through: it is what the policy said
            return Judged(_UNUSABLE, tuple(session.replies))
        kept = reached >= limit if self.at_least is not None else reached <= limit
        return Judged("" if kept else "the outcome is not good enough", tuple(session.replies))

    def _guarded(self, policy: Callable[..., object]) -> Callable[..., object]:
        if self.accepts is None:
            return policy
        accepts = self.accepts

        @functools.wraps(policy)
        def asked(*args: object, **kwargs: object) -> object:
            decision = policy(*args, **kwargs)
            if not accepts(decision):
                raise StudentFailure(Reply("opaque"), _UNUSABLE)
            return decision

        return asked

    def _limit(self, seed: bytes) -> float:
        factor = self.at_least if self.at_least is not None else self.at_most
        assert factor is not None  # noqa: S101  the exercise refuses an outcome without a limit
        if self.times is None:
            return factor
        if self.is_personal:
            return factor * self._to_beat(seed)
        return factor * _baseline(self.simulate, self.measure, self.times)

    @functools.lru_cache(maxsize=64)  # noqa: B019  outcomes live as long as their module
    def _to_beat(self, seed: bytes) -> float:
        """What the baseline comes to in one student's traffic; worked out once for all answers."""
        assert self.times is not None  # noqa: S101  an absolute limit asks no baseline
        return self._measured(self.times, seed)

    @property
    def is_personal(self) -> bool:
        """Whether each student gets other traffic."""
        return _parameters(self.simulate) > 1

    def _measured(self, policy: Callable[..., object], seed: bytes) -> float:
        if self.is_personal:
            return float(self.measure(self.simulate(policy, stream(seed, self.name))))
        return float(self.measure(self.simulate(policy)))


@functools.lru_cache(maxsize=64)
def _baseline(simulate: Simulate, measure: Measure, policy: Callable[..., object]) -> float:
    """The baseline's outcome where it is the same for every student."""
    reached = float(measure(simulate(policy)))
    if not math.isfinite(reached):
        raise CourseError("a baseline's outcome is no finite number")
    return reached


def _parameters(simulate: Simulate) -> int:
    """How many arguments it must be given by place."""
    known = inspect.signature(simulate).parameters.values()
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.default is one.empty and one.kind in by_place for one in known)
