"""What every check has, and what a check finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graders.checks.cases import Case, Cases
from graders.checks.comparison import Wanted
from graders.records import Endpoint, Reply


@dataclass(frozen=True, slots=True)
class Judged:
    """One check, put to one answer.

    Attributes
    ----------
    reason : str
        Why it is lost; empty where it is kept.
    observed : tuple of Reply
        What the answer gave wherever the check looked: two answers that agree here are one and the same to it.
    """

    reason: str
    observed: tuple[Reply, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether what the check demands holds."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Subject:
    """Which name of the notebook is asked for, and what it should be.

    Attributes
    ----------
    target : str
        Name of the function, class or variable.
    reference : object
        The reference, or None where only outcomes matter.
    """

    target: str
    reference: object


class Check(Protocol):
    """What every check has.

    Attributes
    ----------
    name, message : str
        The message is what the student reads; it gives no hidden input away.
    weight : float
        Share of the exercise's points, before they are made to add up.
    anchors : bool
        Whether keeping it shows by itself that something was understood. The other checks count only where a check
        that anchors is kept, so that an answer that always raises, or never, earns nothing.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def weight(self) -> float:
        """Its share."""
        ...

    @property
    def message(self) -> str:
        """What the student reads."""
        ...

    @property
    def anchors(self) -> bool:
        """Whether it counts by itself."""
        ...


class CaseCheck(Check, Protocol):
    """A check of calls that do not depend on each other: all of an exercise go out together."""

    @property
    def cases(self) -> Cases:
        """What is asked."""
        ...

    @property
    def cpu_s(self) -> float | None:
        """CPU seconds that each call may take; None is the usual limit."""
        ...

    def expecting(self, cases: Sequence[Case], expected: Sequence[Reply], /) -> Sequence[Wanted]:
        """What replies are held against: the part of the reference's that is compared.

        Raises
        ------
        CourseError
            If the reference itself does not keep the check.
        """
        ...

    def judge(self, cases: Sequence[Case], replies: Sequence[Reply], wanted: Sequence[Wanted] | None, /) -> Judged:
        """Judge the replies; `wanted` as `expecting` gives it, None where there is no reference."""
        ...


class PlayedCheck(Check, Protocol):
    """A check that goes step by step: what comes next may depend on what came back."""

    def play_on(self, endpoint: Endpoint, subject: Subject, seed: bytes) -> Judged:
        """Play it on one student's process."""
        ...
