"""What the stages of the capstone look at: claims, documents, briefs. Frozen, plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["input", "choice", "derived", "measured", "target", "vendor"]
PackName = Literal["llm_serving", "training_cluster", "edge_deployment"]
"""Use cases that a document may be about; `packs.USE_CASES` has each."""

Value = float | str | tuple[str, ...]

SECTIONS = tuple(f"S{number}" for number in range(16))


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How sure a claim is.

    Attributes
    ----------
    low, high : float
        In the claim's unit.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a measured value can be read again.

    Attributes
    ----------
    file : str
        A notebook in the document's folder.
    variable : str
        Its variable that holds the value, in the claim's unit.
    sha256 : str
        Of the file.
    """

    file: str
    variable: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A number of the document, or a word that stands for a decision, with what it rests on.

    Attributes
    ----------
    id : str
        `mem.kv_bytes_per_token`.
    kind : str
        `input` and `target` are the brief's, `vendor` a data sheet's, `choice` the candidate's own decision, `derived`
        follows by a formula, `measured` by an experiment.
    value : float, str or tuple of str
    unit : str
        `1` where there is none.
    formula : str
        Name of a reference function, or arithmetic over claims; empty where none applies.
    inputs : tuple of str
        Ids that the formula takes.
    source : str
    uncertainty : Uncertainty or None
    evidence : Evidence or None
    line : int
        In `claims.yaml`.
    """

    id: str
    kind: Kind
    value: Value
    unit: str = "1"
    formula: str = ""
    inputs: tuple[str, ...] = ()
    source: str = ""
    uncertainty: Uncertainty | None = None
    evidence: Evidence | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the prose.

    Attributes
    ----------
    id, title : str
        `S6`, and its heading.
    text : str
        As it was written, references to claims in braces.
    line : int
        Of its heading in `design.md`.
    """

    id: str
    title: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Option:
    """A way that was considered.

    Attributes
    ----------
    name : str
    good, bad : tuple of str
        What speaks for it, and against it.
    """

    name: str
    good: tuple[str, ...]
    bad: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision record.

    Attributes
    ----------
    id, title, status, date : str
    context : str
    drivers : tuple of str
    options : tuple of Option
    outcome : str
        Name of the option that was chosen.
    because : str
    consequences : tuple of str
    confirmation : str
        Id of a claim or a validation item that will show whether it was right.
    """

    id: str
    title: str
    status: str
    date: str
    context: str
    drivers: tuple[str, ...]
    options: tuple[Option, ...]
    outcome: str
    because: str
    consequences: tuple[str, ...]
    confirmation: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scenario of the utility tree.

    Attributes
    ----------
    id, quality, refinement : str
        Where it hangs.
    source, stimulus, environment, artefact, response, measure : str
        Its six parts.
    importance, difficulty : str
        H, M or L.
    claims, decisions, validation : tuple of str
        Targets that measure it, decisions that meet it, items that will show it.
    """

    id: str
    quality: str
    refinement: str
    source: str
    stimulus: str
    environment: str
    artefact: str
    response: str
    measure: str
    importance: str
    difficulty: str
    claims: tuple[str, ...]
    decisions: tuple[str, ...]
    validation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """An item of the validation plan.

    Attributes
    ----------
    id : str
    claim : str
        What it would refute.
    method, metric, threshold, when, otherwise : str
        How it is measured, in what, what is accepted, at which stage, and what follows if it is not.
    samples : int
    """

    id: str
    claim: str
    method: str
    metric: str
    threshold: str
    samples: int
    when: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Document:
    """A design document, read.

    Attributes
    ----------
    folder : Path
    pack : str
        Use case.
    claims : mapping of str to Claim
        By id, in their order.
    sections : tuple of Section
    decisions : tuple of Decision
    leaves : tuple of Leaf
    validation : tuple of Measurement
    files : mapping of str to bytes
        Evidence, by path in the folder.
    """

    folder: Path
    pack: str
    claims: Mapping[str, Claim]
    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    validation: tuple[Measurement, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brief:
    """What a candidate is asked: personal, and known to the instructor to the last digit.

    Attributes
    ----------
    pack, student, case : str
        Use case, whose it is, and which of the cases it was made from.
    title : str
    values : mapping of str to Value
        Claim's id -> value, in the pack's unit: what the brief fixes.
    machines : mapping of str to mapping
        Machine on offer -> claim's id -> value.
    data : mapping of str to array
        `trace.arrivals_s` and other columns; those of a benchmark by machine and size, as `bench.step_s|H100 SXM|8`.
    """

    pack: str
    student: str
    case: str
    title: str
    values: Mapping[str, Value]
    machines: Mapping[str, Mapping[str, Value]]
    data: Mapping[str, Any]
