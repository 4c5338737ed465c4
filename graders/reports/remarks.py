"""What a module's author should look at first, in a sentence each. Pure.

A remark is raised by a number that chance does not explain, or by several answers of a kind; what only one student did
stands further down in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graders.psychometrics.items import FEWEST
from graders.reports.findings import Findings
from graders.reports.page import ranges, spanned

_SEVERAL = 2
"""Answers that lose the same checks: one may be anything."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at.

    Attributes
    ----------
    exercise : str
        Id.
    text : str
        What was found.
    do : str
        What to do about it.
    evidence : str
        Numbers of the executions or marks that show it.
    """

    exercise: str
    text: str
    do: str
    evidence: str


def remarks(found: Iterable[Findings]) -> tuple[Remark, ...]:
    """What to look at, the most serious first.

    Parameters
    ----------
    found : iterable of Findings
        Of the exercises.

    Returns
    -------
    tuple of Remark
    """
    found = tuple(found)
    kinds = (_against, _helpless, _candidates, _gifts)
    return tuple(remark for kind in kinds for one in found for remark in kind(one))


def _against(one: Findings) -> Iterator[Remark]:
    for part in one.parts:
        if part.tells.high is not None and part.tells.high < 0:
            yield Remark(
                one.exercise.id,
                f"“{part.name}” is lost by those who do well elsewhere: {spanned(part.tells)}, n = {part.tells.n}",
                "Read what it demands as a good student would.",
                f"{one.evidence} {ranges(part.lost)}",
            )


def _helpless(one: Findings) -> Iterator[Remark]:
    for known in one.known:
        if known.interval is not None and known.interval[1] < 1 / 2:
            yield Remark(
                one.exercise.id,
                f"the hint of “{known.name}” helps few: of {len(known.again)} who handed in again, "
                f"{len(known.better)} had more points",
                "Write the hint anew: what is wrong with the thought?",
                f"executions {ranges(known.again)}",
            )


def _candidates(one: Findings) -> Iterator[Remark]:
    for group in one.unexplained:
        if len(group.numbers) >= _SEVERAL:
            said = "every check" if group.all_lost else ", ".join(f"“{name}”" for name in group.lost)
            yield Remark(
                one.exercise.id,
                f"{len(group.numbers)} answers lose {said} and make no known mistake",
                "Read them: there may be a mistake to write, with its hint.",
                f"executions {ranges(group.numbers)}",
            )


def _gifts(one: Findings) -> Iterator[Remark]:
    for part in one.parts:
        if not part.lost and len(part.tried) >= FEWEST:
            yield Remark(
                one.exercise.id,
                f"nobody of {len(part.tried)} loses “{part.name}”",
                "Ask whether it should be harder, or worth less.",
                f"{one.evidence} {ranges(part.tried)}",
            )
