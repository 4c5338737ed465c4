"""What a use case asks of a document: required claims, identities, targets, drivers, caps. Data; others compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from graders.capstone import expression
from graders.capstone.records import Kind

Tolerance = Literal["default", "exact", "simulated", "complement", "difference"]
"""`default`: half a unit in the last stated digit, or 2 %, whichever is larger. `exact`: a count or a word.
`simulated`: 10 %. `complement`: of an availability it is what is missing to one that may be 10 % off. `difference`:
0.001, of a share that may well be zero."""

TABLES = ("trace", "bench", "eval")
"""Tables of a brief: what is asked of a machine, what was measured of machines, and how well a model did."""

DATA = tuple(f"{table}." for table in TABLES)
"""What arguments of this beginning name comes from the brief's files, and is no claim."""


@dataclass(frozen=True, eq=False)
class Required:
    """A claim that every document of this use case must make; it is itself and nothing else, so that it can be a key.

    Attributes
    ----------
    id, unit, kind, section : str
    says : str
        What it is, in a few words: what a new document prints beside it.
    formula : str
        Name of a reference function, or arithmetic over claims; empty for what is given, chosen or measured freely.
    arguments : mapping of str to str
        Parameter of the reference function -> arithmetic over claims and data.
    result : str
        Key of what the function gives, where that is a dict.
    tolerance : str
    is_word : bool
        Whether its value is no number but a name, or a list of names.
    """

    id: str
    unit: str
    kind: Kind
    section: str
    says: str
    formula: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    result: str = ""
    tolerance: Tolerance = "default"
    is_word: bool = False

    @property
    def is_function(self) -> bool:
        """Whether the formula is a reference function's name."""
        return self.formula.isidentifier()

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Ids of claims and data that its value needs, sorted."""
        if not self.formula:
            return ()
        texts = self.arguments.values() if self.is_function else [self.formula]
        return tuple(sorted({name for text in texts for name in expression.names(text)}))

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Ids of claims that its value needs, data aside, sorted."""
        return tuple(name for name in self.inputs if not name.startswith(DATA))


@dataclass(frozen=True, slots=True)
class Identity:
    """Something that physics or arithmetic demands of claims, whatever the design.

    Attributes
    ----------
    id, says : str
    left, right : str
        Arithmetic over claims.
    relation : str
        `<=`, or `==` within the tolerance.
    tolerance : float
        As a share of the right side: rounding of what goes in.
    claim : str
        Whose section it is reported in.
    """

    id: str
    says: str
    left: str
    relation: Literal["<=", "=="]
    right: str
    claim: str
    tolerance: float = 0.03


@dataclass(frozen=True, slots=True)
class Target:
    """A question that the design answers with yes or no.

    Attributes
    ----------
    id, says : str
    holds : str
        A comparison over claims.
    claim : str
        The claim that answers it.
    """

    id: str
    says: str
    holds: str
    claim: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Which inputs a headline number is asked to be most sensitive to.

    Attributes
    ----------
    headline : str
        Claim whose elasticities are taken.
    drivers : tuple of str
        Inputs that compete.
    claim : str
        Claim that names the strongest, the strongest first.
    count : int
        How many it names.
    """

    headline: str
    drivers: tuple[str, ...]
    claim: str
    count: int = 3


@dataclass(frozen=True, slots=True)
class Interval:
    """A simulated claim whose stated uncertainty is held against that of the simulation.

    Attributes
    ----------
    claim, low, high : str
        The claim; results of its function that bound it.
    """

    claim: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Lever:
    """A claim whose change scales the brief's data.

    Attributes
    ----------
    claim : str
    columns : tuple of str
        Data that it is proportional to.
    power : int
        -1, where it is inversely so.
    is_whole : bool
        Whether the data are counts.
    """

    claim: str
    columns: tuple[str, ...]
    power: int = 1
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Pack:
    """A use case.

    Attributes
    ----------
    id, title, version : str
    claims : tuple of Required
        Each after what it is computed from.
    identities : tuple of Identity
    targets : tuple of Target
    sensitivity : Sensitivity
    intervals : tuple of Interval
    criteria : mapping of str to str
        Beginning of a claim's id -> criterion of the rubric that it bears on.
    levels : mapping of str to int
        Severity or code of a finding -> highest level that its criterion can get while it stands.
    machine : str
        Claim that names the machine which vendor claims describe.
    levers : tuple of Lever
        Claims that are properties of the trace: who changes them changes the trace.
    figures : tuple of str
        What a document may ask for by `{figure NAME}`.
    keys : mapping of str to mapping
        Table of the brief that has rows for several machines -> column of its file -> claim that says whose rows count.
    options : mapping of str to tuple of str
        Claim that is a word -> the words that it may be.
    below : tuple of (str, str)
        Columns of counts, the first smaller than the second in every row, however a lever scales them.
    """

    id: str
    title: str
    version: str
    claims: tuple[Required, ...]
    identities: tuple[Identity, ...]
    targets: tuple[Target, ...]
    sensitivity: Sensitivity
    intervals: tuple[Interval, ...]
    criteria: Mapping[str, str]
    levels: Mapping[str, int]
    machine: str
    levers: tuple[Lever, ...] = ()
    figures: tuple[str, ...] = ()
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    below: tuple[tuple[str, str], ...] = ()


class PackIndex:
    """A pack's claims, found by id, and by what they follow from.

    Parameters
    ----------
    pack : Pack
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.required = {one.id: one for one in pack.claims}

    @cached_property
    def downstream(self) -> Mapping[str, frozenset[str]]:
        """Claim -> all claims that follow from it, itself included."""
        follow: dict[str, set[str]] = {one.id: {one.id} for one in self.pack.claims}
        for one in reversed(self.pack.claims):
            for input_ in one.inputs:
                follow.setdefault(input_, {input_}).update(follow[one.id])
        return {id_: frozenset(ids) for id_, ids in follow.items()}

    def criterion(self, claim: str) -> str:
        """Criterion of the rubric that a claim bears on; empty where none does."""
        return self.pack.criteria.get(claim.split(".", maxsplit=1)[0], "")
