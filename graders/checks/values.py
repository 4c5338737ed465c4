"""Checks of calls: equal to the reference, raises, has a property, is fast enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from graders.checks.cases import Call, Case, Cases
from graders.checks.check import Judged
from graders.checks.comparison import Wanted, wanted_of
from graders.checks.reasons import reason_of, summed_up
from graders.errors import CourseError
from graders.records import Reply

Pairs = Sequence[tuple[Case, object]]
"""What was asked, and the value that came back, in the order of the cases."""


@dataclass(frozen=True, slots=True)
class Equal:
    """The answer equals the reference's, within a tolerance.

    Attributes
    ----------
    name : str
    weight : float
    cases : sequence of cases, or Sampled
    message : str
        What the student reads.
    rtol, atol : float or None
        As in `difference`.
    part : callable or None
        Which part of the value is looked at, for partial credit: `part=lambda table: table["retiring"]`.
    """

    name: str
    _: KW_ONLY
    weight: float
    cases: Cases
    message: str
    rtol: float | None = None
    atol: float | None = None
    part: Callable[..., object] | None = None

    anchors = True
    cpu_s = None

    def expecting(self, _cases: Sequence[Case], expected: Sequence[Reply]) -> Sequence[Wanted]:
        """What is looked at of the reference's values."""
        for right in expected:
            if reason_of(right):
                raise CourseError(f"the reference gives no value for a case of check {self.name!r}: {reason_of(right)}")
        return [wanted_of(right.value if self.part is None else self.part(right.value)) for right in expected]

    def judge(self, _cases: Sequence[Case], replies: Sequence[Reply], wanted: Sequence[Wanted] | None) -> Judged:
        """Compare each reply with the reference's."""
        if wanted is None:
            raise CourseError(f"check {self.name!r} compares with a reference, and the exercise has none")
        seen = [self._seen(reply) for reply in replies]
        reasons = [self._reason(*each) for each in zip(replies, seen, wanted, strict=True)]
        return Judged(summed_up(reasons), tuple(seen))

    def _reason(self, reply: Reply, seen: Reply, wanted: Wanted) -> str:
        if self.part is not None and reply.kind == "value" and seen.kind != "value":
            return "it has not the parts that are expected"
        return reason_of(seen) or wanted.difference(seen.value, self.rtol, self.atol)

    def _seen(self, reply: Reply) -> Reply:
        if self.part is None or reply.kind != "value":
            return reply
        try:
            return Reply("value", self.part(reply.value))
        except Exception:  # noqa: BLE001  a student's data may lack any part of ours
            return Reply("opaque")


@dataclass(frozen=True, slots=True)
class Fast:
    """Equal to the reference, on an input of a size that only vectorised code finishes in time.

    Attributes
    ----------
    name : str
    weight : float
    case : Call or Sampled
    cpu_s : float
        CPU seconds; a loop should miss them twentyfold.
    message : str
    rtol, atol : float or None
    """

    name: str
    _: KW_ONLY
    weight: float
    case: Call | Cases
    cpu_s: float
    message: str
    rtol: float | None = None
    atol: float | None = None

    anchors = True

    @property
    def cases(self) -> Cases:
        """The one case."""
        return [self.case] if isinstance(self.case, Call) else self.case

    @property
    def _equal(self) -> Equal:
        return Equal(self.name, weight=1, cases=self.cases, message=self.message, rtol=self.rtol, atol=self.atol)

    def expecting(self, cases: Sequence[Case], expected: Sequence[Reply]) -> Sequence[Wanted]:
        """The reference's value."""
        return self._equal.expecting(cases, expected)

    def judge(self, cases: Sequence[Case], replies: Sequence[Reply], wanted: Sequence[Wanted] | None) -> Judged:
        """Compare with the reference's value, if there is one in time."""
        reason = self._equal.judge(cases, replies, wanted).reason
        return Judged(reason, tuple(Reply(reply.kind) for reply in replies))


@dataclass(frozen=True, slots=True)
class Raises:
    """Each call raises this exception, or one derived from it.

    Attributes
    ----------
    exception : type
    name : str
    weight : float
    cases : sequence of cases, or Sampled
    message : str
    """

    exception: type[Exception]
    name: str
    _: KW_ONLY
    weight: float
    cases: Cases
    message: str

    anchors = False
    cpu_s = None

    def expecting(self, _cases: Sequence[Case], expected: Sequence[Reply]) -> Sequence[Wanted]:
        """Nothing is compared with the reference, which raises as well."""
        if any(map(self._reason, expected)):
            raise CourseError(f"the reference does not raise {self.exception.__name__} in check {self.name!r}")
        return ()

    def judge(self, _cases: Sequence[Case], replies: Sequence[Reply], _wanted: Sequence[Wanted] | None) -> Judged:
        """See whether each reply was raised, and what."""
        return Judged(summed_up([self._reason(reply) for reply in replies]), tuple(replies))

    def _reason(self, reply: Reply) -> str:
        if reply.kind == "raised" and self.exception.__name__ in reply.exception:
            return ""
        if reply.kind == "value":
            return f"raised no {self.exception.__name__}"
        return reason_of(reply)


@dataclass(frozen=True, slots=True)
class Property:
    """All values together have a property: `holds` says so of the list of (case, value) pairs.

    Attributes
    ----------
    name : str
    weight : float
    cases : sequence of cases, or Sampled
    holds : callable
        Takes the pairs, in the order of the cases; gives a truth value. `properties.py` has ready ones.
    message : str
    """

    name: str
    _: KW_ONLY
    weight: float
    cases: Cases
    holds: Callable[[Pairs], object]
    message: str

    anchors = False
    cpu_s = None

    def expecting(self, cases: Sequence[Case], expected: Sequence[Reply]) -> Sequence[Wanted]:
        """Nothing is compared with the reference, which has the property as well."""
        if self._reason(cases, expected):
            raise CourseError(f"the reference has not the property that check {self.name!r} demands")
        return ()

    def judge(self, cases: Sequence[Case], replies: Sequence[Reply], _wanted: Sequence[Wanted] | None) -> Judged:
        """See whether the values have the property; what gives no value has none."""
        return Judged(self._reason(cases, replies), tuple(replies))

    def _reason(self, cases: Sequence[Case], replies: Sequence[Reply]) -> str:
        failed = summed_up([reason_of(reply) for reply in replies])
        if failed:
            return failed
        try:
            held = bool(self.holds([(case, reply.value) for case, reply in zip(cases, replies, strict=True)]))
        except Exception:  # noqa: BLE001  a student's data may be of any kind
            return "the values cannot be looked at this way"
        return "" if held else "the values have not this property"
