"""What if: a candidate's own claim graph with some claims changed, everything downstream before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graders.capstone import units
from graders.capstone.expression import ExpressionError, evaluate, names
from graders.capstone.graph import Graph, NoValueError
from graders.capstone.levels.matter import Matter, shown
from graders.capstone.pack import DATA, Required
from graders.capstone.records import Value
from graders.errors import UsageError


@dataclass(frozen=True, slots=True)
class Changed:
    """A claim before and after.

    Attributes
    ----------
    id, unit : str
        Of the pack.
    before, after : str
        As the document would write them; `after` says why, where there is no value any more.
    share : float or None
        After over before, less one; None where it is no ratio.
    is_asked : bool
        Whether it is one of those that were changed by hand.
    """

    id: str
    unit: str
    before: str
    after: str
    share: float | None
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Flip:
    """A target whose verdict turns over.

    Attributes
    ----------
    id, says : str
    before, after : bool or None
    """

    id: str
    says: str
    before: bool | None
    after: bool | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question that a use case keeps ready for the defence.

    Attributes
    ----------
    id, criterion : str
        A name, and the criterion of the defence's rubric that it bears on.
    asks, listen : str
        What the panel says, and what a good answer has in it. References to claims in braces.
    changes : mapping of str to str
        What is changed, as `what_if` takes it: the console's answer.
    """

    id: str
    criterion: str
    asks: str
    listen: str
    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """An answer.

    Attributes
    ----------
    claims : tuple of Changed
        In the order of the pack: those that were asked for, and those that follow.
    flips : tuple of Flip
    held : tuple of str
        Targets whose verdict stays.
    """

    claims: tuple[Changed, ...]
    flips: tuple[Flip, ...]
    held: tuple[str, ...]


def what_if(matter: Matter, changes: Mapping[str, str]) -> WhatIf:
    """Change claims of a document, and follow its own graph down.

    What the document states is where it starts: a formula of the candidate's own is used as it stands. A claim that is
    asked for keeps its new value, whatever its formula.

    Parameters
    ----------
    matter : Matter
        The document before its brief.
    changes : mapping of str to str
        Claim's id -> new value in the document's unit; `x2` multiplies, `-20%` and `+20%` change by a share.

    Returns
    -------
    WhatIf

    Raises
    ------
    UsageError
        If a claim is not in the document, or a value cannot be read.
    """
    before = dict(matter.truth) | dict(matter.values)
    asked = {id_: changed(matter, id_, text) for id_, text in changes.items()}
    after = dict(before) | _with_data_sheet(matter, asked)
    moved = {id_ for id_ in after if after[id_] != before.get(id_)} | set(asked)
    moved |= {column for lever in matter.index.pack.levers if lever.claim in asked for column in lever.columns}
    pulled = _pulled(matter, before, asked)
    lost: dict[str, str] = {}
    for one in matter.index.pack.claims:
        if one.formula and one.id not in asked:
            _follow(pulled, one, before, after, moved, lost)
    return _answer(pulled, before, after, lost, moved, frozenset(asked))


def _with_data_sheet(matter: Matter, asked: Mapping[str, Value]) -> dict[str, Value]:
    """What was asked for, and with another machine what its data sheet says."""
    machine = matter.index.pack.machine
    if machine not in asked:
        return dict(asked)
    if asked[machine] not in matter.brief.machines:
        raise UsageError(f"{machine}: found {asked[machine]!r}, expected one of {', '.join(matter.brief.machines)}")
    return {**matter.brief.machines[str(asked[machine])], **asked}


def _follow(
    matter: Matter,
    one: Required,
    before: Mapping[str, Value],
    after: dict[str, Value],
    moved: set[str],
    lost: dict[str, str],
) -> None:
    """Take one claim along, if anything that it is computed from has moved."""
    made = matter.document.claims.get(one.id)
    own = made.formula if made and made.formula not in ("", one.formula) and not one.is_word else ""
    try:
        inputs = names(own) if own else one.inputs
        if not (set(inputs) & moved or one.formula == "elasticities"):
            return
        if missing := [name for name in inputs if name in lost]:
            raise NoValueError(f"{missing[0]} has no value")
        value = float(evaluate(own, after)) if own else _computed(matter, one, before, after)
    except (NoValueError, ExpressionError) as failure:
        lost[one.id] = str(failure)
        after.pop(one.id, None)
        moved.add(one.id)
        return
    if value != before.get(one.id):
        after[one.id] = value
        moved.add(one.id)


def _computed(matter: Matter, one: Required, before: Mapping[str, Value], after: Mapping[str, Value]) -> Value:
    """A claim by its model; one that the change does not reach keeps the value that the document states."""
    new, stated = matter.graph.value(one, after), before.get(one.id)
    is_reached = any(name.startswith(DATA) for name in one.inputs) or new != matter.graph.value(one, before)
    return new if stated is None or is_reached else stated


def _pulled(matter: Matter, before: Mapping[str, Value], asked: Mapping[str, Value]) -> Matter:
    """The same document before a brief whose trace is longer, denser or busier, where that was asked for."""
    if not any(lever.claim in asked for lever in matter.index.pack.levers):
        return matter  # and with it what was simulated before the change
    data = dict(matter.brief.data)
    for lever in matter.index.pack.levers:
        old, new = before.get(lever.claim), asked.get(lever.claim)
        if not (isinstance(old, float) and isinstance(new, float) and old > 0 and new > 0):
            continue
        for column in lever.columns:
            scaled = np.asarray(data[column]) * (new / old) ** lever.power
            if scaled.ndim and lever.is_whole:
                scaled = np.maximum(np.rint(scaled), np.min(data[column])).astype(int)
            data[column] = scaled if scaled.ndim else float(scaled)
    for less, more in matter.index.pack.below:
        data[less] = np.minimum(data[less], data[more] - 1)
    brief = dataclasses.replace(matter.brief, data=data)
    return dataclasses.replace(matter, brief=brief, graph=Graph(matter.index, brief))


def changed(matter: Matter, id_: str, text: str) -> Value:
    """A claim's new value in the pack's unit.

    Parameters
    ----------
    matter : Matter
        The document before its brief.
    id_, text : str
        The claim, and what it shall be: a value in the document's unit, `x2`, `-20%`.

    Returns
    -------
    float, str or tuple of str

    Raises
    ------
    UsageError
        If there is no such claim, or the text cannot be read.
    """
    required, made = matter.index.required.get(id_), matter.document.claims.get(id_)
    if required is None or id_ not in matter.values:
        near = ", ".join(sorted(one for one in matter.values if one.split(".")[0] == id_.split(".")[0])[:8])
        raise UsageError(f"{id_} is no claim of this document", do=f"Near it are: {near}" if near else "")
    old = matter.values[id_]
    if not isinstance(old, float):
        return tuple(text.split(",")) if isinstance(old, tuple) else text
    try:
        if text[:1] in ("x", "X", "*"):
            return old * float(text[1:])
        if text.endswith("%") and text[:1] in "+-":
            return old * (1 + float(text[:-1]) / 100)
        return units.converted(float(text), made.unit if made else required.unit, required.unit)
    except ValueError:
        do = "Write a number in the document's unit, a factor such as x2, or a share such as -20%."
        raise UsageError(f"{id_}: cannot read {text!r}", do=do) from None


def _answer(
    matter: Matter,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    lost: Mapping[str, str],
    moved: set[str],
    asked: frozenset[str],
) -> WhatIf:
    claims = tuple(
        _changed(matter, one, before.get(one.id), after.get(one.id), lost.get(one.id, ""), one.id in asked)
        for one in matter.index.pack.claims
        if one.id in moved
    )
    old = dataclasses.replace(matter, values=before).verdicts
    new = dataclasses.replace(matter, values=after).verdicts
    pairs = [Flip(one.id, one.says, one.claimed, two.claimed) for one, two in zip(old, new, strict=True)]
    return WhatIf(
        claims,
        tuple(one for one in pairs if one.before != one.after),
        tuple(one.id for one in pairs if one.before == one.after),
    )


def _changed(
    matter: Matter, one: Required, before: Value | None, after: Value | None, lost: str, is_asked: bool
) -> Changed:
    made = matter.document.claims.get(one.id)
    share = None
    if isinstance(before, float) and isinstance(after, float) and before:
        share = after / before - 1
    return Changed(
        one.id,
        made.unit if made else one.unit,
        "" if before is None else shown(before, made, one),
        f"no value: {lost}" if after is None else shown(after, made, one),
        share,
        is_asked,
    )
