"""The gates: what must hold of a module before a student sees it.

Each gate is a function that takes a bench with the module on it and yields findings; a module passes if there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from graders.authoring.material import Module
from graders.authoring.prove.answers import answers_that_answer_nothing, coverage, hints, right_answers, wrong_answers
from graders.authoring.prove.bench import Bench, Finding
from graders.authoring.prove.mutants import changed_coefficients
from graders.authoring.prove.notebooks import (
    release_earns_nothing,
    sandboxed_right_answers,
    sandboxed_wrong_answers,
    source_earns_everything,
)
from graders.authoring.prove.scenarios import model_answers, scenarios
from graders.sandbox import Sandbox

__all__ = ["GATES", "Bench", "Finding", "prove"]

GATES: Mapping[str, Callable[[Bench], Iterator[Finding]]] = {
    "coverage": coverage,
    "scenarios": scenarios,
    "model answers": model_answers,
    "wrong answers": wrong_answers,
    "hints": hints,
    "right answers": right_answers,
    "answers of nothing": answers_that_answer_nothing,
    "changed coefficients": changed_coefficients,
    "source": source_earns_everything,
    "release": release_earns_nothing,
    "wrong answers in the sandbox": sandboxed_wrong_answers,
    "right answers in the sandbox": sandboxed_right_answers,
}


def prove(module: Module, *, students: int = 200, sandbox: Sandbox | None = None) -> tuple[Finding, ...]:
    """Take a module through all gates.

    Parameters
    ----------
    module : Module
        As `authoring.material` describes it.
    students : int
        Student ids whose sampled inputs are tried in process.
    sandbox : Sandbox, optional
        Where notebooks run; a new one, if not given.

    Returns
    -------
    tuple of Finding
        Empty if every gate holds.

    Raises
    ------
    CourseError
        If the material cannot be loaded at all.
    """
    with Bench(module, students, sandbox) as bench:
        return tuple(finding for gate in GATES.values() for finding in gate(bench))
