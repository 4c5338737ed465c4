"""What the check of a document says: findings, verdicts, caps, a report. Frozen, plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "minor", "major", "blocking"]

SEVERITIES: tuple[Severity, ...] = ("info", "minor", "major", "blocking")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the check has to say.

    Attributes
    ----------
    level : str
        `L0` to `L9`.
    severity : str
    code : str
        What is wrong, in two words that tests and statistics can count: `recomputed-otherwise`.
    message : str
    claim : str
        Id, or empty.
    section : str
        `S6`, or empty.
    where : str
        File and line.
    claimed, recomputed : str
        With unit; empty where it is not about a number.
    formula : str
    inputs : tuple of str
        `id = value unit` of each input that was used.
    flips : tuple of str
        Verdicts that turn over when the recomputed value takes the claimed one's place.
    """

    level: str
    severity: Severity
    code: str
    message: str
    claim: str = ""
    section: str = ""
    where: str = ""
    claimed: str = ""
    recomputed: str = ""
    formula: str = ""
    inputs: tuple[str, ...] = ()
    flips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a target is met, by the document's numbers and by recomputed ones.

    Attributes
    ----------
    id, says : str
    claimed, recomputed : bool or None
        None where a claim that it needs is missing.
    """

    id: str
    says: str
    claimed: bool | None
    recomputed: bool | None


@dataclass(frozen=True, slots=True)
class Cap:
    """The highest level that a criterion can get while a finding stands.

    Attributes
    ----------
    criterion : str
        `C4`.
    level : int
    because : tuple of str
        Codes and claims of the findings.
    """

    criterion: str
    level: int
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found in a document.

    Attributes
    ----------
    student, pack, case : str
    findings : tuple of Finding
        By level.
    verdicts : tuple of Verdict
    blocking : tuple of str
        One line for each thing that keeps the document from the panel.
    caps : tuple of Cap
    claims : int
        How many were recomputed.
    """

    student: str
    pack: str
    case: str
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    blocking: tuple[str, ...]
    caps: tuple[Cap, ...]
    claims: int
