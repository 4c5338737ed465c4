"""Who sits on which panel: nobody with a conflict of interest, everybody about as often, the same draw each time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graders.errors import UsageError
from graders.panel.records import Case, Seat
from graders.panel.settings import Candidate, Reviewer


@dataclass(frozen=True, slots=True)
class Draw:
    """A panel for a candidate.

    Attributes
    ----------
    seats : tuple of Seat
    chair : Seat
    excluded : mapping of str to str
        Reviewer -> why they do not sit.
    """

    seats: tuple[Seat, ...]
    chair: Seat
    excluded: Mapping[str, str]


def conflict(reviewer: Reviewer, candidate: Candidate, cases: Iterable[Case] = ()) -> str:
    """What stands between a reviewer and a candidate; empty if nothing is known.

    Parameters
    ----------
    reviewer : Reviewer
        Who may be a peer of the same cohort.
    candidate : Candidate
        Whose work is scored.
    cases : iterable of Case
        The cohort's: two peers do not score each other.

    Returns
    -------
    str
        A phrase.
    """
    if reviewer.student == candidate.id:
        return "their own work"
    for kind in ("employer", "team"):
        theirs = getattr(reviewer, kind).strip().casefold()
        if theirs and theirs == getattr(candidate, kind).strip().casefold():
            return f"the same {kind}"
    for kind, phrase in (("mentors", "mentor"), ("coauthors", "co-author"), ("conflicts", "declared by the office")):
        if candidate.id in getattr(reviewer, kind):
            return phrase
    if reviewer.student and _scores(candidate.id, reviewer.student, cases):
        return "reciprocal review: the candidate scores their work"
    return ""


def conflict_known(
    reviewer: Reviewer, candidate: Candidate, reviewers: Sequence[Reviewer], cases: Sequence[Case]
) -> str:
    """Why a reviewer gets no seat in a case: a conflict, or because they have had one; empty if they may have it.

    Parameters
    ----------
    reviewer : Reviewer
        Who might sit.
    candidate : Candidate
        Whose work is scored.
    reviewers : sequence of Reviewer
        All, to tell which of them are peers of the cohort.
    cases : sequence of Case
        The cohort's.

    Returns
    -------
    str
        A phrase.
    """
    if any(one.candidate == candidate.id and reviewer.id in one.sat for one in cases):
        return "has had a seat in this case"
    return conflict(reviewer, candidate, _by_student(reviewers, cases))


def _scores(student: str, other: str, cases: Iterable[Case]) -> bool:
    """Whether a student has had a seat on another's panel; peers go by their ids as students here."""
    return any(one.candidate == other and student in one.sat for one in cases)


def draw(
    secret: bytes,
    candidate: Candidate,
    reviewers: Sequence[Reviewer],
    cases: Sequence[Case],
    *,
    seats: int,
    expertise: str = "",
) -> Draw:
    """Draw a panel: of those without a conflict the least busy first, experts before others, then by lot.

    Parameters
    ----------
    secret : bytes
        The course's: the lot.
    candidate : Candidate
        Whose work is scored.
    reviewers : sequence of Reviewer
        Everybody who may sit.
    cases : sequence of Case
        The cohort's: how busy everybody is, who scores whom, and who has sat on this case before.
    seats : int
        How many raters.
    expertise : str
        The document's use case.

    Returns
    -------
    Draw

    Raises
    ------
    UsageError
        If there are too few; who is left out, and why, is said.
    """
    found = {one.id: conflict_known(one, candidate, reviewers, cases) for one in reviewers}
    excluded = {rater: why for rater, why in found.items() if why}
    load = _load(cases)
    free = sorted(
        (one for one in reviewers if one.id not in excluded),
        key=lambda one: (load.get(one.id, 0), expertise not in one.expertise, _lot(secret, candidate.id, one.id)),
    )
    chair = next((one for one in free if one.chair), None)  # first: fewer can lead than can score
    raters = [one for one in free if one is not chair][:seats]
    if chair is None or len(raters) < seats:
        why = "; ".join(f"{rater}: {said}" for rater, said in excluded.items()) or "nobody is left out"
        told = f"{len(free)} reviewers may sit, {sum(one.chair for one in free)} of them as chair"
        raise UsageError(
            f"{told}; expected {seats} raters and a chair ({why})",
            f"panel.yaml: reviewers for {candidate.id}",
            "Add reviewers.",
        )
    return Draw(
        tuple(seat(secret, candidate.id, one.id) for one in raters), seat(secret, candidate.id, chair.id), excluded
    )


def _by_student(reviewers: Sequence[Reviewer], cases: Sequence[Case]) -> list[Case]:
    """The cases with peers in their seats under the ids that they have as students."""
    students = {one.id: one.student for one in reviewers if one.student}
    return [replace(one, sat=tuple(students.get(name, name) for name in one.sat)) for one in cases]


def _load(cases: Iterable[Case]) -> dict[str, int]:
    load: dict[str, int] = {}
    for case in cases:
        for one in (*case.seats, case.chair):
            if one is not None:
                load[one.rater] = load.get(one.rater, 0) + 1
    return load


def seat(secret: bytes, candidate: str, rater: str) -> Seat:
    """A seat with its pseudonym and the seed of its order.

    Parameters
    ----------
    secret : bytes
        The course's: nobody else can tell who stands behind a pseudonym.
    candidate, rater : str
        Whose case, and who sits.

    Returns
    -------
    Seat
    """
    name = f"reviewer-{_lot(secret, 'reviewer', candidate, rater)[:8]}"
    return Seat(rater, name, _lot(secret, "order", candidate, rater)[:32])


def pseudonym(secret: bytes, candidate: str) -> str:
    """What reviewers read in a candidate's place.

    Parameters
    ----------
    secret : bytes
        The course's.
    candidate : str
        The student.

    Returns
    -------
    str
    """
    return f"candidate-{_lot(secret, 'candidate', candidate)[:8]}"


def shuffled(seed: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Ids in the order of a seed: sorted by SHA-256 of the seed and the id, so that anybody can redo it.

    Parameters
    ----------
    seed : str
        That stands in the ledger.
    ids : iterable of str
        Criteria or cases.

    Returns
    -------
    tuple of str
    """
    return tuple(sorted(ids, key=lambda one: hashlib.sha256(f"{seed}\0{one}".encode()).hexdigest()))


def _lot(secret: bytes, *said: str) -> str:
    return hmac.digest(secret, "\0".join(("panel", *said)).encode(), "sha256").hex()
