"""What a panel may ask about a design, answered beforehand on the candidate's own claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from graders.capstone.graph import NoValueError
from graders.capstone.levels.matter import Matter
from graders.capstone.prose import shown
from graders.capstone.use_case import UseCase
from graders.capstone.what_if import Prepared, WhatIf, what_if
from graders.errors import UsageError

FACTORS = (0.5, 0.8, 1.25, 2.0)
"""What each driver is multiplied by: far and near, down and up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change, and what follows.

    Attributes
    ----------
    id, says : str
        An anchor, and the change in words: `x2`, `H200 SXM`.
    changes : tuple of (str, str)
        Claim and value, as `aisa capstone defend --set` takes them.
    answer : WhatIf or None
    refused : str
        Why there is no answer.
    """

    id: str
    says: str
    changes: tuple[tuple[str, str], ...]
    answer: WhatIf | None
    refused: str = ""

    @property
    def broken(self) -> tuple[str, ...]:
        """Targets that are no longer met."""
        return tuple(one.id for one in self.answer.flips if one.before) if self.answer else ()

    @property
    def mended(self) -> tuple[str, ...]:
        """Targets that are met only now."""
        return tuple(one.id for one in self.answer.flips if one.after and not one.before) if self.answer else ()


@dataclass(frozen=True, slots=True)
class Driver:
    """A claim that is changed several times.

    Attributes
    ----------
    id, says, value : str
        What it is, and what the document says.
    elasticity : float or None
        Of the use case's headline number; None where it is none of its drivers, or has none.
    asked : tuple of Asked
    """

    id: str
    says: str
    value: str
    elasticity: float | None
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Defence:
    """A defence, prepared.

    Attributes
    ----------
    headline : str
        Claim that elasticities are of.
    drivers : tuple of Driver
        The strongest first.
    machines : tuple of Asked
        Each machine of the brief that was not chosen.
    questions : tuple of (Prepared, Asked)
    """

    headline: str
    drivers: tuple[Driver, ...]
    machines: tuple[Asked, ...]
    questions: tuple[tuple[Prepared, Asked], ...]


def count(seen: Matter, case: UseCase) -> int:
    """How many changes `defence` tries: what progress is measured in."""
    return len(_names(seen)) * len(FACTORS) + len(_offers(seen)) + len(case.questions)


def defence(seen: Matter, case: UseCase, tried: Callable[[], None] = lambda: None) -> Defence:
    """Try all changes; each takes as long as one `aisa capstone defend`, about half a second.

    Parameters
    ----------
    seen : Matter
        The document before its brief.
    case : UseCase
        Whose questions are asked.
    tried : callable
        Called after each change.

    Returns
    -------
    Defence
    """

    def ask(id_: str, says: str, changes: Mapping[str, str]) -> Asked:
        asked = _asked(seen, id_, says, changes)
        tried()
        return asked

    machine = seen.index.pack.machine
    drivers = tuple(_drivers(seen, ask))
    machines = tuple(ask(f"machine-{place}", one, {machine: one}) for place, one in enumerate(_offers(seen), 1))
    return Defence(seen.index.pack.sensitivity.headline, drivers, machines, answered(seen, case, tried))


def answered(
    seen: Matter, case: UseCase, tried: Callable[[], None] = lambda: None
) -> tuple[tuple[Prepared, Asked], ...]:
    """The use case's questions, with what the document's own graph says.

    Parameters
    ----------
    seen : Matter
        The document before its brief.
    case : UseCase
        Whose questions are asked.
    tried : callable
        Called after each.

    Returns
    -------
    tuple of (Prepared, Asked)
    """
    found = []
    for one in case.questions:
        found.append((one, _asked(seen, f"question-{one.id}", _said(one.changes), one.changes)))
        tried()
    return tuple(found)


def _names(seen: Matter) -> tuple[str, ...]:
    pack = seen.index.pack
    wanted = dict.fromkeys((*pack.sensitivity.drivers, *(one.claim for one in pack.levers)))
    return tuple(one for one in wanted if isinstance(seen.values.get(one), float))


def _offers(seen: Matter) -> tuple[str, ...]:
    chosen = seen.values.get(seen.index.pack.machine)
    return tuple(name for name in seen.brief.machines if name != chosen) if chosen else ()


def _drivers(seen: Matter, ask: Callable[[str, str, Mapping[str, str]], Asked]) -> Iterator[Driver]:
    try:
        found = seen.graph.elasticities(seen.values)
    except NoValueError:
        found = {}
    for name in sorted(_names(seen), key=lambda one: (-abs(found.get(one, 0.0)), one)):
        asked = tuple(
            ask(f"{name}-{factor:g}", f"x{factor:g}", {name: _text(seen, name, factor)}) for factor in FACTORS
        )
        yield Driver(name, seen.index.required[name].says, shown(seen.document.claims[name]), found.get(name), asked)


def _text(seen: Matter, name: str, factor: float) -> str:
    """The change as the command line takes it; a count stays one."""
    value = seen.values[name]
    if seen.index.required[name].tolerance != "exact" or not isinstance(value, float):
        return f"x{factor:g}"
    return f"{max(1, round(value * factor))}"


def _said(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in changes.items())


def _asked(seen: Matter, id_: str, says: str, changes: Mapping[str, str]) -> Asked:
    said = {name: _of_claim(seen, name, text) for name, text in changes.items()}
    try:
        return Asked(id_, says, tuple(said.items()), what_if(seen, said))
    except UsageError as failure:  # a claim that the document does not make, or not as a number
        return Asked(id_, says, tuple(said.items()), None, failure.message)


def _of_claim(seen: Matter, name: str, text: str) -> str:
    """A value that is another claim's, as a factor: the document's units may differ."""
    old, new = seen.values.get(name), seen.values.get(text)
    return f"x{new / old:.6g}" if isinstance(old, float) and isinstance(new, float) and old else text
