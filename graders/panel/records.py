"""What passes between the stages of a panel: kinds of entries, seats, scores, a case. Frozen, plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

OPENED = "panel case opened"
ASSIGNED = "panel assigned"
DECLARED = "panel conflicts declared"
REPLACED = "panel rater replaced"
QUALIFIED = "panel rater qualified"
SEALED = "panel scores sealed"
REVEALED = "panel scores revealed"
MODERATED = "panel scores moderated"
DECIDED = "panel round decided"
SIGNED = "panel decision signed"
RELEASED = "panel decision released"
APPEALED = "panel decision appealed"
CLOSED = "panel case closed"
"""Steps of a case: their entries' subject is the candidate."""

STOPPED = "panel document stopped"
"""The machine's gate let a candidate's document not pass: no step of a case, but known from then on."""

STEPS = (
    *(OPENED, ASSIGNED, DECLARED, REPLACED, QUALIFIED, SEALED, REVEALED, MODERATED),
    *(DECIDED, SIGNED, RELEASED, APPEALED, CLOSED),
)

CALIBRATED = "panel rater calibrated"
LINK_ISSUED = "panel link issued"
LINK_USED = "panel link used"
"""What concerns a reviewer, whatever the case: these entries' subject is the reviewer."""

DOCUMENT, DEFENCE = "document", "defence"
APPEAL = "appeal of "
SEATS = 3
"""Raters that a panel has at least (specification of the track); an appeal is scored by a pair."""
PAIR = 2

GROUNDS = {
    "process": "the panel did not keep to its own rules",
    "fact": "a fact that the scores rest on is wrong",
    "conflict": "somebody who sat on the panel had a conflict of interest",
}
"""What an appeal may rest on. That a level should have been higher is no ground: judgement was the panel's task."""


class Stage(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    GATE_PASSED = "gate passed"
    ASSIGNED = "assigned"
    CLEARED = "cleared of conflicts"
    QUALIFIED = "qualified"
    SEALED = "sealed"
    REVEALED = "revealed"
    AGREED = "agreed"
    DECIDED = "decided"
    SIGNED = "signed"
    RELEASED = "released"
    APPEALED = "appealed"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the checks of the document found, and nobody resolved before it was handed in.

    Attributes
    ----------
    id, severity, section, claim, message : str
    """

    id: str
    severity: str
    section: str
    claim: str
    message: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A reviewer on a panel.

    Attributes
    ----------
    rater : str
        Who it is.
    pseudonym : str
        What the candidate reads in the reviewer's place.
    seed : str
        What the order of criteria and cases derives from, for this reviewer.
    declared : bool
        Whether they have said if there is a conflict.
    conflict : str
        What it is; empty where there is none.
    qualified : bool
        Whether their calibration holds.
    """

    rater: str
    pseudonym: str
    seed: str
    declared: bool = False
    conflict: str = ""
    qualified: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """What one reviewer says of one work.

    Attributes
    ----------
    case : str
        The candidate's pseudonym.
    round : str
        `document`, `defence`, or the appeal of either.
    rater : str
    rubric : str
        SHA-256 of the rubric's file.
    levels : mapping of str to int
        Criterion -> level from 0 to 4.
    comments : mapping of str to str
        Criterion -> what was seen, where something was written.
    remark : str
        On the whole.
    """

    case: str
    round: str
    rater: str
    rubric: str
    levels: Mapping[str, int]
    comments: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""

    def plain(self) -> dict[str, Any]:
        """Itself as plain data: what is sealed."""
        return {**asdict(self), "levels": dict(self.levels), "comments": dict(self.comments)}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that reviewers have to talk about before a decision.

    Attributes
    ----------
    kind : str
        `range`, `floor` or `total`.
    criterion : str
        Empty for the total.
    says : str
        What lies apart.
    """

    kind: str
    criterion: str
    says: str

    @property
    def key(self) -> str:
        """What names it in a moderation: `range C4`."""
        return f"{self.kind} {self.criterion}".strip()


@dataclass(frozen=True, slots=True)
class Change:
    """A level that a reviewer changed in moderation; the sealed one stays where it is.

    Attributes
    ----------
    rater, criterion : str
    before, after : int
    reason : str
    """

    rater: str
    criterion: str
    before: int
    after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A round's decision.

    Attributes
    ----------
    round : str
    rubric, version, digest : str
        Which rubric, and the SHA-256 of its file.
    levels : mapping of str to float
        Criterion -> median of the panel.
    raters : int
        How many sealed scores stand behind it.
    total, cut : float
        Of 100.
    passed : bool
    reasons : tuple of str
        What is missing; empty where it passed.
    entry : str
        Digest of the ledger's entry that says so; empty until it is written.
    """

    round: str
    rubric: str
    version: str
    digest: str
    levels: Mapping[str, float]
    raters: int
    total: float
    cut: float
    passed: bool
    reasons: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One scoring: of the document, of the defence, or of an appeal.

    Attributes
    ----------
    name : str
    raters : tuple of str
        Who scores, or scored.
    seals : mapping of str to str
        Rater -> commitment.
    scores : mapping of str to Scores
        Rater -> what was sealed, once it is revealed.
    discrepancies : tuple of Discrepancy
    changes : tuple of Change
        Made in moderation, in order.
    outcome : Outcome or None
    """

    name: str
    raters: tuple[str, ...] = ()
    seals: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, Scores] = field(default_factory=dict)
    discrepancies: tuple[Discrepancy, ...] = ()
    changes: tuple[Change, ...] = ()
    outcome: Outcome | None = None

    @property
    def rubric(self) -> str:
        """Name of the rubric that it is scored by."""
        return "defence" if self.name.endswith(DEFENCE) else "capstone"

    @property
    def levels(self) -> dict[str, dict[str, int]]:
        """Rater -> criterion -> level, after moderation."""
        found = {rater: dict(scores.levels) for rater, scores in self.scores.items()}
        for one in self.changes:
            found[one.rater][one.criterion] = one.after
        return found


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate before the panel: what the ledger's entries about them amount to.

    Attributes
    ----------
    candidate : str
        The student.
    pseudonym : str
        What reviewers read in the candidate's place.
    stage : Stage
    work : str
        SHA-256 of the packet that reviewers read.
    seats : tuple of Seat
        The raters, of the appeal once there is one.
    chair : Seat or None
    panel : tuple of Seat
        The raters of document and defence, while an appeal is scored by others.
    sat : tuple of str
        Everybody who ever had a seat.
    round : str
        Name of the round that is scored.
    rounds : mapping of str to Round
        All of them, by name, in order.
    signed_by : str
    appeal_until : str
        UTC; empty until the decision is released.
    appeal : mapping of str to str
        Ground, round and text; empty where there is none.
    """

    candidate: str
    pseudonym: str = ""
    stage: Stage = Stage.DRAFT
    work: str = ""
    seats: tuple[Seat, ...] = ()
    chair: Seat | None = None
    panel: tuple[Seat, ...] = ()
    sat: tuple[str, ...] = ()
    round: str = DOCUMENT
    rounds: Mapping[str, Round] = field(default_factory=dict)
    signed_by: str = ""
    appeal_until: str = ""
    appeal: Mapping[str, str] = field(default_factory=dict)

    @property
    def current(self) -> Round:
        """The round that is scored."""
        return self.rounds.get(self.round, Round(self.round))

    def seat(self, rater: str) -> Seat | None:
        """Where somebody sits, chair included; None if nowhere."""
        everyone = (*self.seats, self.chair) if self.chair else self.seats
        return next((one for one in everyone if one.rater == rater), None)

    def outcome(self, of: str) -> Outcome | None:
        """What counts for `document` or `defence`: the appeal's decision, where there is one."""
        found = [self.rounds[name].outcome for name in (APPEAL + of, of) if name in self.rounds]
        return next(filter(None, found), None)

    @property
    def passed(self) -> bool:
        """Whether document and defence are both passed."""
        return all((found := self.outcome(of)) is not None and found.passed for of in (DOCUMENT, DEFENCE))
