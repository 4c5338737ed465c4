"""What a student's own scenario changes in checks, and what must hold of all scenarios together."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from graders.checks.cases import Sampled

Scenario = Mapping[str, Any]
Checked = TypeVar("Checked")

NAME = "scenario"
"""A function of a check that has a parameter of this name gets the student's scenario."""


@dataclass(frozen=True)
class Decision:
    """Something that is decided in a personal scenario: for everybody clear, and not the same for all.

    Attributes
    ----------
    name : str
    right : callable
        `right(scenario)`: the right decision, as text.
    margin : callable
        `margin(scenario)`: how far it is from any other decision, in what `at_least` counts.
    at_least : float
        No student's margin may be less.
    most : float
        Share of the students for whom the same decision may be right.
    """

    name: str
    right: Callable[[Scenario], str]
    margin: Callable[[Scenario], float]
    at_least: float
    most: float = 0.6


@dataclass(frozen=True)
class ModelAnswer:
    """What `{name}` stands for in the model answer of a written exercise, beside what the scenario itself has.

    Attributes
    ----------
    exercise : str
        Id of the written exercise.
    facts : callable
        `facts(scenario)`: a dict of text and numbers.
    """

    exercise: str
    facts: Callable[[Scenario], Mapping[str, object]]

    def values(self, scenario: Scenario) -> dict[str, object]:
        """All that may be filled in."""
        return {**scenario, **self.facts(scenario)}


def takes_scenario(check: object) -> bool:
    """Whether any function of a check wants the student's scenario."""
    return any(_wanting(getattr(check, field.name)) for field in fields(check))  # type: ignore[arg-type]


def with_scenario(check: Checked, scenario: Scenario) -> Checked:
    """A check whose functions have been given the student's scenario.

    Parameters
    ----------
    check : Check
        Its generators, parts, properties, plays and simulations may have a parameter `scenario`.
    scenario : mapping
        The student's.

    Returns
    -------
    Check
        Of the same kind, with functions that need it no more.
    """
    given = {field.name: _given(getattr(check, field.name), scenario) for field in fields(check)}  # type: ignore[arg-type]
    return replace(check, **given)  # type: ignore[type-var]


def _wanting(part: object) -> bool:
    if isinstance(part, Sampled):
        return _wanting(part.generator)
    if isinstance(part, list | tuple):
        return any(map(_wanting, part))
    return callable(part) and not isinstance(part, type) and NAME in inspect.signature(part).parameters


def _given(part: Any, scenario: Scenario) -> Any:
    if not _wanting(part):
        return part
    if isinstance(part, Sampled):
        return Sampled(_given(part.generator, scenario), part.count)
    if isinstance(part, list | tuple):
        return [_given(item, scenario) for item in part]
    signature = inspect.signature(part)
    others = [parameter for name, parameter in signature.parameters.items() if name != NAME]

    @functools.wraps(part)
    def given(*args: object) -> object:
        return part(*args[: len(others)], scenario=scenario)

    given.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return given
