"""Which known mistake an answer makes: the one that gives the same values, if it is the only one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graders.checks.check import Check, Judged
from graders.checks.comparison import difference
from graders.checks.exercise import Exercise
from graders.checks.mistakes import Mistake
from graders.checks.values import Equal, Fast
from graders.records import Reply

Judge = Callable[[Mistake, Check], Judged]
"""Puts a check to a mistake, with the inputs that the student's answer was given."""


def diagnosed(
    exercise: Exercise, mistakes: Sequence[Mistake], judged: Mapping[str, Judged], judge: Judge
) -> Mistake | None:
    """The one mistake that the answer makes; None where none fits, or two fit.

    A mistake fits if it gives the answer's values wherever values are compared: the same wrong ones in the checks
    that are lost, right ones in those that are kept. Where all values are right, its replies to the inputs of the
    lost checks must be the answer's.

    Parameters
    ----------
    exercise : Exercise
        Whose answer it is.
    mistakes : sequence of Mistake
        Of this exercise.
    judged : mapping of str to Judged
        The answer's checks, by name.
    judge : callable
        Puts a check to a mistake.

    Returns
    -------
    Mistake or None
    """
    lost = [check for check in exercise.checks if not judged[check.name].kept]
    slow = [check for check in lost if isinstance(check, Fast)]
    if not lost:
        return None
    if len(slow) == len(lost):  # right but slow: running the mistake would be slow as well, and tell nothing
        named = {check.name for check in slow}
        return _only([mistake for mistake in mistakes if named <= set(mistake.loses) <= named])
    anchors = [check for check in exercise.checks if check.anchors and not isinstance(check, Fast)]
    wrong = any(check in anchors for check in lost)
    looked_at = anchors if wrong else [*anchors, *(check for check in lost if check not in slow)]
    looked_at.sort(key=lambda check: judged[check.name].kept)  # where it is wrong, most mistakes part from it
    return _only([mistake for mistake in mistakes if _fits(mistake, looked_at, judged, judge)])


def _only(found: Sequence[Mistake]) -> Mistake | None:
    return found[0] if len(found) == 1 else None


def _fits(mistake: Mistake, checks: Sequence[Check], judged: Mapping[str, Judged], judge: Judge) -> bool:
    return all(_agree(check, judged[check.name], judge(mistake, check)) for check in checks)


def _agree(check: Check, ours: Judged, theirs: Judged) -> bool:
    if ours.kept or theirs.kept:
        return ours.kept and theirs.kept
    if len(ours.observed) != len(theirs.observed):
        return False
    rtol, atol = (check.rtol, check.atol) if isinstance(check, Equal) else (None, None)
    return all(_same(one, other, rtol, atol) for one, other in zip(ours.observed, theirs.observed, strict=True))


def _same(one: Reply, other: Reply, rtol: float | None, atol: float | None) -> bool:
    if one.kind != other.kind:
        return False
    if one.kind == "value":
        return not difference(one.value, other.value, rtol, atol)
    return one.exception[:1] == other.exception[:1]
