"""What a certificate rests on, and what is decided from it: plain records, enclosed so that anyone can redo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleEvidence:
    """What became of one module of one student.

    Attributes
    ----------
    module : str
        Slug.
    title : str
    outcome : str
        `complete`, `not yet`, `not decidable yet`.
    points, max_points : float
        Proven and marked so far, and all that there are.
    reasons : tuple of str
        What is missing; empty where it is complete.
    executions, marks : tuple of int
        Numbers, in the evidence tables, of what the points rest on.
    """

    module: str
    title: str
    outcome: str
    points: float
    max_points: float
    reasons: tuple[str, ...] = ()
    executions: tuple[int, ...] = ()
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundEvidence:
    """What a panel decided about the document, or about its defence.

    Attributes
    ----------
    rubric, version : str
        Id and version of the rubric that it scored by.
    rubric_digest : str
        SHA-256 of the rubric's file.
    levels : mapping of str to float
        Criterion -> median level.
    raters : int
        How many sealed scores these levels come from.
    final : bool
        Whether the time for an appeal is over, and none is open.
    log_head : str
        Digest of the ledger's entry that holds the decision.
    work : str
        SHA-256 of the document that was scored.
    appealed_from : int
        How many sealed scores the panel had given before a pair decided an appeal; 0 where there was none.
    """

    rubric: str
    version: str
    rubric_digest: str
    levels: Mapping[str, float]
    raters: int
    final: bool
    log_head: str
    work: str
    appealed_from: int = 0

    @property
    def reviewers(self) -> str:
        """Whose levels these are, in words."""
        before = f" who decided an appeal from the {self.appealed_from} of the panel" if self.appealed_from else ""
        return f"{self.raters} reviewers{before}"


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something that the office knows of a student's way: it changes no score.

    Attributes
    ----------
    what : str
        `extension`, `resit`, `accommodation` or `proctored`.
    about : str
        A module's slug, `capstone` or `defence`.
    detail : str
        In words. Of an accommodation nothing leaves the ledger.
    recorded_by : str
    """

    what: str
    about: str
    detail: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rule looks at for one student.

    Attributes
    ----------
    student : str
    modules : tuple of ModuleEvidence
    rounds : tuple of RoundEvidence
        Of the document and of the defence, those that were decided.
    attempts : str
        Which attempt counts: `last`, `first` or `best`.
    circumstances : tuple of Circumstance
    versions : mapping of str to str
        Of aisa, and digests of the reference models and checks.
    stopped : tuple of str
        What keeps the design document from a panel, as its check says it; empty where nothing does.
    """

    student: str
    modules: tuple[ModuleEvidence, ...]
    rounds: tuple[RoundEvidence, ...]
    attempts: str
    circumstances: tuple[Circumstance, ...]
    versions: Mapping[str, str]
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rule says.

    Attributes
    ----------
    rule, version : str
    certified : bool
    reasons : tuple of str
        One for each thing that is missing; empty where it is certified.
    """

    rule: str
    version: str
    certified: bool
    reasons: tuple[str, ...]
