"""Figures of a design document: what is drawn, in words, as a table, and as shapes that page and PDF draw alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from graders.capstone.graph import Graph, NoValueError
from graders.capstone.prose import shown
from graders.capstone.records import Claim, Value

Shape = Literal["line", "bar", "dot", "text"]
Look = Literal["", "grid", "base", "roof", "value", "other", "axis", "note"]
Anchor = Literal["start", "middle", "end"]

_ROW_PX = 40
_LARGEST = 1e30


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape of a drawing.

    Attributes
    ----------
    shape, look : str
        What it is, and what the style sheet calls it.
    x, to_x : float
        Shares of the width; of a dot or a text there is one.
    y, to_y : float
        Pixels from the top; of a text, its base line.
    text : str
    anchor : str
        Which end of a text stands at `x`.
    """

    shape: Shape
    look: Look
    x: float
    y: float
    to_x: float = 0.0
    to_y: float = 0.0
    text: str = ""
    anchor: Anchor = "start"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a figure's table.

    Attributes
    ----------
    claims : tuple of str
        Ids that it is drawn from.
    cells : tuple of str
    """

    claims: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes
    ----------
    name, title, says : str
        As documents ask for it, its caption, and what is to be seen in it for those who do not see it.
    height : float
        In pixels.
    marks : tuple of Mark
        Empty where it cannot be drawn: `says` then tells why.
    columns : tuple of str
        Heads of its table, behind that of the claims.
    rows : tuple of Row
    """

    name: str
    title: str
    says: str
    height: float
    marks: tuple[Mark, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a figure is drawn from.

    Attributes
    ----------
    graph : Graph
        Of the brief.
    values : mapping of str to Value
        What the document claims, in the pack's units.
    claims : mapping of str to Claim
        The same, as they are written.
    """

    graph: Graph
    values: Mapping[str, Value]
    claims: Mapping[str, Claim]

    def number(self, id_: str) -> float:
        """A claim's number; NoValueError where the document has none that an axis can hold."""
        value = self.values.get(id_)
        if not isinstance(value, float) or not 1 / _LARGEST < value < _LARGEST:
            raise NoValueError(f"{id_} has no value in this document that an axis can hold")
        return value


def figure(name: str, makers: Mapping[str, Callable[[Drawn], Figure]], drawn: Drawn) -> Figure:
    """The figure of this name; one without marks where the document does not hold what it is drawn from.

    Parameters
    ----------
    name : str
        As a document asks for it.
    makers : mapping of str to callable
        The use case's.
    drawn : Drawn
        What it is drawn from.

    Returns
    -------
    Figure
    """
    if name not in makers:
        return Figure(name, name, f"There is no such figure: one of {', '.join(sorted(makers))}.", 0, (), (), ())
    try:
        return makers[name](drawn)
    except NoValueError as failure:
        return Figure(name, name, f"It cannot be drawn: {failure}.", 0, (), (), ())


def tornado(drawn: Drawn) -> Figure:
    """By how much the headline moves with each driver, the strongest first."""
    asked = drawn.graph.index.pack.sensitivity
    says = drawn.graph.index.required[asked.headline].says
    found = drawn.graph.elasticities(drawn.values)
    if not all(map(math.isfinite, found.values())):
        raise NoValueError(f"{asked.headline} has no finite value near this document's")
    ranked = sorted(found.items(), key=lambda one: (-abs(one[1]), one[0]))
    reach = max(1e-9, *map(abs, found.values()))
    zero, span = 0.5, 0.36 / reach
    marks = [Mark("line", "base", zero, 0, zero, _ROW_PX * len(ranked))]
    for place, (driver, size) in enumerate(ranked):
        top, end = _ROW_PX * place, zero + span * size
        marks.append(Mark("text", "", 0, top + 14, text=driver))
        marks.append(Mark("bar", "value" if size >= 0 else "other", min(zero, end), top + 20, max(zero, end), top + 32))
        side: Anchor = "start" if size >= 0 else "end"
        marks.append(
            Mark("text", "note", end + (0.012 if size >= 0 else -0.012), top + 31, text=signed(size), anchor=side)
        )
    first = ", ".join(f"{driver} {signed(size)}" for driver, size in ranked[: asked.count])
    return Figure(
        "tornado",
        f"What moves {asked.headline}",
        f"Bars of elasticities: by how many per cent {asked.headline} ({says}) changes when a driver grows by one per"
        f" cent, by the reference models at this document's values. The strongest: {first}.",
        _ROW_PX * len(ranked) + 6,
        tuple(marks),
        ("Driver", "Its value", "Elasticity"),
        tuple(
            Row((driver,), (drawn.graph.index.required[driver].says, value_of(drawn, driver), signed(size)))
            for driver, size in ranked
        ),
    )


def value_of(drawn: Drawn, id_: str) -> str:
    """A claim's value as prose shows it; a dash where the document has none."""
    return shown(drawn.claims[id_]) if id_ in drawn.claims else "–"


def signed(size: float) -> str:
    """An elasticity with its sign, in two digits behind the point."""
    return f"{size:+.2f}".replace("-", "\N{MINUS SIGN}")


def decades(low: float, high: float) -> tuple[int, ...]:
    """Powers of ten that span two numbers."""
    return tuple(range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1))


def logarithmic(value: float, powers: Iterable[int]) -> float:
    """Where a number lies between the first and the last of these powers of ten, from 0 to 1."""
    found = list(powers)
    return (math.log10(value) - found[0]) / max(1, found[-1] - found[0])
