"""The gate on coefficients: a number or an operator changed in a reference is noticed by a check."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from graders.authoring.prove.bench import Bench, Finding
from graders.checks import Equal, Exercise, Fast, LocalEndpoint, Scenario, namespace
from graders.checks.closure import Source
from graders.checks.trial import Trial

_STUDENTS = 3
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_PATIENCE_S, _LATER_S = 2.0, 0.02  # CPU seconds of a mutant that loops; it is noticed then, so its later calls get few


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reference with one number changed.

    Attributes
    ----------
    line : int
        Where, in the reference's file.
    change : str
        What became what.
    answer : object
        The changed function or class.
    """

    line: int
    change: str
    answer: Any


def changed_coefficients(bench: Bench) -> Iterator[Finding]:
    """Each number and operator in a reference, changed, loses a check: the checks would notice a wrong reference.

    The margins of a figure are a matter of taste: there it is enough that a sign is noticed.
    """
    for id_, exercise in bench.exercises.items():
        if not _is_ours(exercise.reference) or not _is_compared(exercise):
            continue
        trials = [bench.trial(id_, student) for student in range(1, _STUDENTS + 1)]
        tries = [mutants(exercise.reference)]
        if bench.kind_of(id_) == "figure":
            tries.append(mutants(exercise.reference, signs=True))
        for changed in zip(*tries, strict=True):
            if not any(_notices(trial, mutant) for mutant in changed for trial in trials):
                where = f"{inspect.getsourcefile(exercise.reference)}:{changed[0].line}"  # type: ignore[arg-type]
                yield Finding("changed coefficients", id_, f"{changed[0].change} is noticed by no check", where)


def mutants(reference: Any, *, signs: bool = False) -> Iterator[Mutant]:
    """The reference with each of its numbers, and each of its operators, changed, one at a time.

    Its own file's functions and constants that it uses count as its own. Left as they are: what only decides what is
    refused, thresholds of comparisons, and annotations.

    Parameters
    ----------
    reference : function or class
        From a file.
    signs : bool
        Change the signs of numbers, rather than the numbers.

    Yields
    ------
    Mutant
    """
    path = Path(inspect.getsourcefile(reference) or "")
    source = Source(path)
    closure = source.closure([reference.__name__])
    places = [(statement, place) for statement in closure for place in _computing(statement)]
    for statement, place in places:
        changed = _changed(place, signs=signs)
        if changed is not None:
            made = _executed(_with(source.statements, statement, place, changed), path)
            words = f"`{ast.unparse(place)}` changed to `{ast.unparse(changed)}`"
            yield Mutant(place.lineno, words, getattr(made, reference.__name__))


def _changed(node: ast.expr, *, signs: bool) -> ast.expr | None:
    """The node as it must not be; None where there is no such change."""
    if isinstance(node, ast.BinOp):
        other = _SWAPPED.get(type(node.op))
        return ast.copy_location(ast.BinOp(node.left, other(), node.right), node) if other else None
    number = node.value if isinstance(node, ast.Constant) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if signs:
        return ast.copy_location(ast.Constant(-number or -1), node)
    return ast.copy_location(ast.Constant(number + 1 if isinstance(number, int) else number * 1.5 + 0.25), node)


def _is_ours(reference: object) -> bool:
    return getattr(reference, "__module__", "").startswith("reference_solutions.")


def _is_compared(exercise: Exercise) -> bool:
    """Whether a check holds answers against the reference; a policy may be as good by another number."""
    return any(isinstance(check, Equal | Fast | Scenario) for check in exercise.checks)


def _computing(node: ast.AST) -> Iterator[ast.Constant | ast.BinOp]:
    """Numbers and operators below a node that are part of what it computes."""
    if isinstance(node, ast.Constant | ast.BinOp):
        yield node
    if isinstance(node, ast.Compare | ast.Raise) or (isinstance(node, ast.If) and _only_refuses(node)):
        return
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for item in child if isinstance(child, list) else [child]:
            if isinstance(item, ast.AST):
                yield from _computing(item)


def _only_refuses(node: ast.If) -> bool:
    return all(isinstance(statement, ast.Raise) for statement in node.body) and not node.orelse


def _with(statements: Sequence[ast.stmt], where: ast.stmt, place: ast.expr, changed: ast.expr) -> ast.Module:
    """These statements, with a copy of one in which one node is another."""
    copied = copy.deepcopy(where, {id(place): changed})
    return ast.Module([copied if statement is where else statement for statement in statements], type_ignores=[])


def _executed(tree: ast.Module, path: Path) -> ModuleType:
    made = ModuleType("aisa_mutant")
    sys.modules[made.__name__] = made  # dataclasses look there
    made.__file__ = str(path)
    exec(compile(tree, str(path), "exec"), vars(made))  # noqa: S102  our reference, with one thing changed
    return made


@np.errstate(all="ignore")  # a changed reference divides by nothing, and nobody wants to read of it
def _notices(trial: Trial, mutant: Mutant) -> bool:
    exercise: Exercise = trial.exercise
    try:
        with _patience():
            endpoint = LocalEndpoint(namespace(exercise, mutant.answer), coded=False)
    except Exception:  # noqa: BLE001  a value that cannot even be made
        return True
    for check in exercise.checks:
        try:
            with _patience():
                kept = trial.keeps(endpoint, check, timed=False)
        except _OutOfPatienceError:  # again, and this time in code of ours
            return True
        if not kept:
            return True
    return False


class _OutOfPatienceError(Exception):
    """A mutant has looped for long enough: to its caller it raised."""


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Interrupt a call that loops; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfPatienceError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE_S, _LATER_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
