"""What there is, to hold it against what is asked: exercises with their checks, rubrics, reference models."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.authoring.build.reference_index import pages
from graders.authoring.material import Module, modules
from graders.authoring.rubrics import rubrics_of
from graders.checks import load
from graders.coverage.asked import FILE, ModuleCoverage, asked
from graders.rubrics import Rubric, Track, rubric, track


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that can hold what the track asks.

    Attributes
    ----------
    lines : mapping of str to tuple of str
        Exercise -> names of its checks, or ids of its rubric's criteria.
    written : frozenset of str
        The exercises whose lines are criteria.
    criteria : frozenset of str
        Of the panel's rubrics: `capstone.C4`.
    functions : frozenset of str
        Public reference implementations, as `package.file:name`.
    """

    lines: Mapping[str, tuple[str, ...]]
    written: frozenset[str]
    criteria: frozenset[str]
    functions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole track: what is asked, and what there is.

    Attributes
    ----------
    modules : tuple of Module
    asked : mapping of str to ModuleCoverage
        By the module's slug.
    track : Track
        Outcomes and success metrics.
    held : Held
    """

    modules: tuple[Module, ...]
    asked: Mapping[str, ModuleCoverage]
    track: Track
    held: Held


def coverage(root: Path) -> Coverage:
    """Read what is asked, and see what there is.

    Parameters
    ----------
    root : Path
        Root of the course material.

    Returns
    -------
    Coverage

    Raises
    ------
    CourseError
        If a file of the material says something wrong.
    """
    found = modules(root)
    panel: tuple[Rubric, ...] = tuple(rubric(root, name) for name in ("capstone", "defence"))
    lines = {id_: names for module in found for id_, names in _lines(module)}
    written = frozenset(one.id for module in found for one in module.exercises if one.is_written)
    criteria = frozenset(f"{one.id}.{criterion.id}" for one in panel for criterion in one.criteria)
    functions = frozenset(
        f"{page.path.parent.name}.{page.path.stem}:{name}"
        for page in pages(root / "reference_solutions")
        for name in page.names
    )
    held = Held(lines, written, criteria, functions)
    return Coverage(found, {module.slug: asked(module) for module in found}, track(root), held)


def _lines(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of each exercise, in the order of the module, the names of what its points hang on."""
    checked, judged = load(module).exercises, rubrics_of(module)
    for entry in module.exercises:
        if entry.is_written:
            yield entry.id, tuple(one.id for one in judged[entry.id].criteria)
        else:
            yield entry.id, tuple(one.name for one in checked[entry.id].checks)


def missing(found: Coverage) -> tuple[str, ...]:
    """What is asked and not held, a sentence each; empty where all is.

    Parameters
    ----------
    found : Coverage
        As `coverage` gives it.

    Returns
    -------
    tuple of str
        Each says in which file, and what is not there.
    """
    held, said = found.held, []
    for module in found.modules:
        where, wanted = f"{module.slug}/{FILE}", found.asked[module.slug]
        for official in wanted.official:
            said += _absent(f"{where}: {official.asks!r}", official.exercises, "exercise", held.lines)
        for model in wanted.models:
            said += _absent(f"{where}: model {model.id}", model.exercises, "exercise", held.lines)
            said += _absent(f"{where}: model {model.id}", model.functions, "reference", held.functions)
            if model.core and not model.exercises:
                said.append(f"{where}: model {model.id} is a core model, and no exercise grades it")
        said += _lines_apart(where, module, wanted.lines, held)
    for goal in (*found.track.metrics, *found.track.outcomes):
        said += _absent(f"rubrics/track.yaml: {goal.id}", goal.exercises, "exercise", held.lines)
        said += _absent(f"rubrics/track.yaml: {goal.id}", goal.criteria, "criterion", held.criteria)
    return tuple(said)


def _absent(where: str, names: Iterable[str], kind: str, there: Container[str]) -> list[str]:
    return [f"{where}: there is no {kind} {name}" for name in names if name not in there]


def _lines_apart(where: str, module: Module, wanted: Mapping[str, Sequence[str]], held: Held) -> list[str]:
    """Lines that are listed and gone, and lines that are there and not listed."""
    gone = [(id_, name) for id_, names in wanted.items() for name in names if name not in held.lines.get(id_, ())]
    new = [
        (entry.id, name)
        for entry in module.exercises
        for name in held.lines.get(entry.id, ())
        if name not in wanted.get(entry.id, ())
    ]
    said = [f"{where}: {id_} has no {'criterion' if id_ in held.written else 'check'} {name!r}" for id_, name in gone]
    return said + [f"{where}: lines.{id_} does not list {name!r}: add it" for id_, name in new]
