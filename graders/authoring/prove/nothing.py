"""Answers that answer nothing, of every kind an exercise may ask for."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from graders.checks import Equal, Exercise, Fast, Raises, Scenario
from graders.checks.comparison import difference
from graders.checks.trial import Trial

_CONSTANTS: tuple[object, ...] = (
    None, 0, 1, -1, 0.5, float("nan"), float("inf"), True, False, "", "yes", [], [0.0], {}, set(), (),
)  # fmt: skip
_EXCEPTIONS = ("ValueError", "TypeError", "KeyError", "IndexError", "RuntimeError", "NotImplementedError")
_MOST_EXPECTED = 30
_MOST_INPUTS = 8

Made = Callable[..., object]


def answers_of_nothing(trial: Trial) -> Iterator[tuple[str, dict[str, object]]]:
    """What such an answer does, in words, and what a notebook with it defines.

    Parameters
    ----------
    trial : Trial
        What is asked for; a constant may be one of the values that it expects.

    Yields
    ------
    tuple of str and dict
    """
    exercise = trial.exercise
    yield "does not exist", {}
    constants = [*_CONSTANTS, *_expected(trial)]
    if exercise.is_value:
        for constant in _CONSTANTS:
            yield f"is {constant!r}", {exercise.target: constant}
        return
    for constant in constants:
        yield f"always gives {constant!r:.60}", {exercise.target: _made(exercise, _giving(constant))}
    raised = {check.exception.__name__ for check in exercise.checks if isinstance(check, Raises)}
    for name in sorted({*_EXCEPTIONS, *raised}):
        yield f"always raises {name}", {exercise.target: _made(exercise, _raising(name))}
    for place in range(_MOST_INPUTS):
        yield f"gives its input {place + 1} back", {exercise.target: _made(exercise, _echo(exercise.reference, place))}
    yield "gives all inputs back", {exercise.target: _made(exercise, lambda *args, **kwargs: [*args, *kwargs.values()])}


def _expected(trial: Trial) -> list[object]:
    """Different values that are right somewhere."""
    exercise = trial.exercise
    compared = [check.name for check in exercise.case_checks if isinstance(check, Equal | Fast)]
    replies = [reply for name in compared for reply in (trial.expected or {})[name]]
    for check in exercise.checks:
        if isinstance(check, Scenario):
            replies += check.rehearsed(exercise.subject, trial.seed)
    different: list[object] = []
    for reply in replies:
        new = reply.kind == "value" and all(difference(reply.value, known) for known in different)
        if new and len(different) < _MOST_EXPECTED:
            different.append(reply.value)
    return different


def _made(exercise: Exercise, behaves: Made) -> Made:
    """The function, or a class all of whose methods and properties behave so."""
    if not exercise.is_class:
        return behaves
    members: dict[str, Any] = {"__init__": lambda _self, *_args, **_kwargs: None}
    for name, member in vars(exercise.reference).items():
        if not name.startswith("_"):
            members[name] = _method(behaves) if callable(member) else property(lambda _self: behaves())
    return type(exercise.target, (), members)


def _method(behaves: Made) -> Made:
    return lambda _self, *args, **kwargs: behaves(*args, **kwargs)


def _giving(constant: object) -> Made:
    return lambda *_args, **_kwargs: constant


def _raising(name: str) -> Made:
    def raises(*_args: object, **_kwargs: object) -> object:
        raise getattr(builtins, name, ValueError)

    return raises


def _echo(reference: object, place: int) -> Made:
    """Gives back the input at this place of the signature, named or not; None where there is none."""
    try:
        signature = inspect.signature(reference if callable(reference) else _anything)
    except ValueError:
        signature = inspect.signature(_anything)

    def echo(*args: object, **kwargs: object) -> object:
        try:
            inputs = [*signature.bind(*args, **kwargs).arguments.values()]
        except TypeError:
            inputs = [*args, *kwargs.values()]
        return inputs[place] if place < len(inputs) else None

    return echo


def _anything(*args: object, **kwargs: object) -> None:
    """Takes whatever is given."""
