"""Is a module complete? The track's own rule, a condition for each notebook, and never a guess. Pure.

A module is complete when its practical exercises are all done, its worked example shows understanding, and its
concepts are applied to a novel scenario. Of each of these three parts one thing holds:

- complete: all of it is known and reaches the pass mark. In the practical each exercise does, elsewhere all together.
- not yet: it does not reach the mark, and would not if all that is still open earned every point.
- not decidable yet: something is not graded, not marked, or not proven, and nobody guesses what it will be worth.

The module is complete if its parts are, not yet if one of them is, and not decidable yet otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from graders.authoring.material import ExerciseEntry, Notebook
from graders.scoring.points import exact
from graders.scoring.words import amount

Outcome = Literal["complete", "not yet", "not decidable yet"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an exercise stands.

    Attributes
    ----------
    entry : ExerciseEntry
    points : float or None
        What is proven or marked; None while nobody can say.
    why : str
        Why nobody can, or why there are none: "it is not marked yet", "it was not handed in".
    """

    entry: ExerciseEntry
    points: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is not complete.

    Attributes
    ----------
    text : str
        In words that a student can act on.
    exercise : str
        Id of the one that it is about; empty where it is about the whole notebook.
    """

    text: str
    exercise: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three conditions.

    Attributes
    ----------
    notebook, outcome : str
    points, max_points : float
        Known so far, and all that there are.
    pass_mark : float
        Share of the points that is needed. [1]
    reasons : tuple of Reason
        What is missing and what is open; empty where it is complete.
    """

    notebook: str
    outcome: Outcome
    points: float
    max_points: float
    pass_mark: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a module, and of each of its three parts."""

    outcome: Outcome
    parts: tuple[Part, ...]


def decide(standings: Iterable[Standing], pass_marks: Mapping[str, float]) -> Decision:
    """Decide about one module of one student.

    Parameters
    ----------
    standings : iterable of Standing
        Of every exercise of the module.
    pass_marks : mapping of str to float
        Share of the points that each notebook needs. [1]

    Returns
    -------
    Decision
        With a part for each of the three notebooks, whether the module has it or not.
    """
    by_notebook: dict[str, list[Standing]] = {notebook: [] for notebook in get_args(Notebook)}
    for standing in standings:
        by_notebook[standing.entry.notebook].append(standing)
    parts = tuple(_part(notebook, mine, pass_marks[notebook]) for notebook, mine in by_notebook.items())
    outcomes = {part.outcome for part in parts}
    if outcomes == {"complete"}:
        return Decision("complete", parts)
    return Decision("not yet" if "not yet" in outcomes else "not decidable yet", parts)


def _part(notebook: str, standings: Sequence[Standing], pass_mark: float) -> Part:
    short = _each_short(standings, pass_mark) if notebook == "practical" else _all_short(standings, pass_mark)
    open_ = [Reason(one.why, one.entry.id) for one in standings if one.points is None]
    if not standings:
        open_ = [Reason("the module has no such notebook yet")]
    whys = {one.why for one in standings}
    shared = whys.pop() if len(whys) == 1 else ""  # what is so of all exercises is said of their notebook
    return Part(
        notebook,
        "not yet" if short else "not decidable yet" if open_ else "complete",
        points=float(_sum(one.points or 0.0 for one in standings)),
        max_points=float(_sum(one.entry.points for one in standings)),
        pass_mark=pass_mark,
        reasons=(Reason(shared),) if shared and (short or open_) else (*short, *open_),
    )


def _each_short(standings: Sequence[Standing], pass_mark: float) -> list[Reason]:
    """The exercises that fall short: in the practical, none may."""
    found = []
    for one in standings:
        needed = exact(pass_mark) * exact(one.entry.points)
        if one.points is not None and exact(one.points) < needed:
            text = _shortfall(one.points, one.entry.points, needed)
            found.append(Reason(f"{text}: {one.why}" if one.why else text, one.entry.id))
    return found


def _all_short(standings: Sequence[Standing], pass_mark: float) -> list[Reason]:
    """What the notebook lacks even if everything open were right."""
    most = _sum(one.entry.points for one in standings)
    needed = exact(pass_mark) * most
    if _sum(one.entry.points if one.points is None else one.points for one in standings) >= needed:
        return []
    known = float(_sum(one.points or 0.0 for one in standings))
    whys = dict.fromkeys(one.why for one in standings if one.points is not None and one.why)
    return [Reason(": ".join([_shortfall(known, float(most), needed), *whys]))]


def _shortfall(points: float, max_points: float, needed: Fraction) -> str:
    cents = math.ceil(needed * 100) / 100  # rounded down, it would promise what does not suffice
    return f"{amount(points)} of {amount(max_points)} points, {amount(cents)} needed"


def _sum(numbers: Iterable[float]) -> Fraction:
    return sum(map(exact, numbers), Fraction())
