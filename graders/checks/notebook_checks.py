"""What one notebook's checks, mistakes and right answers are: its files, run, and looked through."""

from __future__ import annotations

import hashlib
import inspect
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from graders.authoring.material import Module
from graders.checks.closure import Source
from graders.checks.exercise import Exercise
from graders.checks.mistakes import Mistake, RightAnswer, tags_in
from graders.checks.personal import Decision, ModelAnswer
from graders.errors import CourseError

_FILES = ("checks.py", "wrong_answers.py", "right_answers.py")


@dataclass(frozen=True)
class NotebookChecks:
    """What a notebook's folder defines, the notebook itself excepted.

    Attributes
    ----------
    exercises : mapping of str to Exercise
        By id, in the order of `module.yaml`.
    tags : tuple of Mistake or RightAnswer
        In the order of definition.
    decisions : tuple of Decision
    model_answers : mapping of str to ModelAnswer
        By id of the written exercise.
    names : mapping of str to set of str
        Names in `checks.py` that stand for each exercise, and for each model answer.
    sources : mapping of str to Source
        The files, by name, as they were when they were loaded.
    """

    exercises: Mapping[str, Exercise]
    tags: tuple[Mistake | RightAnswer, ...]
    decisions: tuple[Decision, ...]
    model_answers: Mapping[str, ModelAnswer]
    names: Mapping[str, set[str]]
    sources: Mapping[str, Source]


def load_notebook(module: Module, notebook: str) -> NotebookChecks:
    """Run a notebook's `checks.py`, `wrong_answers.py` and `right_answers.py`, and see what they define.

    Parameters
    ----------
    module : Module
        As `authoring.material` describes it.
    notebook : str
        One of its notebooks.

    Returns
    -------
    NotebookChecks

    Raises
    ------
    CourseError
        If one of them cannot be run, an exercise has no checks, or checks have no exercise.
    """
    paths = {file: module.author_file(notebook, file) for file in _FILES}
    sources = {file: Source(path) for file, path in paths.items() if path.exists()}
    if "checks.py" not in sources:
        if module.checked_in(notebook):
            raise CourseError("there is no checks.py", where=str(paths["checks.py"].parent))
        return NotebookChecks({}, (), (), {}, {}, sources)
    defined = vars(_executed(module, sources["checks.py"]))
    where = str(paths["checks.py"])
    exercises = _by_id([value for value in defined.values() if isinstance(value, Exercise)], where)
    exercises = _as_listed(exercises, module, notebook, where)
    told = {one.exercise: one for one in defined.values() if isinstance(one, ModelAnswer)}
    for one in told:
        _require_written(one, module, notebook, where)
    return NotebookChecks(
        exercises,
        tuple(_tags(module, exercises, sources)),
        tuple(value for value in defined.values() if isinstance(value, Decision)),
        told,
        _names(defined),
        sources,
    )


def _by_id(exercises: Sequence[Exercise], where: str) -> dict[str, Exercise]:
    found: dict[str, Exercise] = {}
    for exercise in exercises:
        if found.setdefault(exercise.id, exercise) is not exercise:
            raise CourseError("two exercises have this id", where=f"{where}: exercise {exercise.id}")
    return found


def _names(defined: Mapping[str, object]) -> dict[str, set[str]]:
    """Names that stand for each exercise, and for the model answer of a written one."""
    names: dict[str, set[str]] = {}
    for name, value in defined.items():
        if isinstance(value, Exercise | ModelAnswer):
            names.setdefault(value.id if isinstance(value, Exercise) else value.exercise, set()).add(name)
    return names


def _require_written(exercise: str, module: Module, notebook: str, where: str) -> None:
    written = [entry.id for entry in module.exercises_in(notebook) if entry.is_written]
    if exercise not in written or notebook != module.personal:
        raise CourseError(
            "a model answer is of a written exercise in a personal notebook", where=f"{where}: exercise {exercise}"
        )


def _as_listed(found: Mapping[str, Exercise], module: Module, notebook: str, where: str) -> dict[str, Exercise]:
    """The exercises in the order of `module.yaml`, which must list the same ones."""
    listed = {entry.id: entry for entry in module.checked_in(notebook)}
    for missing in [one for one in listed if one not in found]:
        raise CourseError(
            "the exercise has no checks", where=f"{where}: exercise {missing}", do="Define Exercise(...)."
        )
    for unlisted in [one for one in found if one not in listed]:
        problem = "these checks belong to no exercise of this notebook in module.yaml, or to a written one"
        raise CourseError(problem, where=f"{where}: exercise {unlisted}")
    for one, entry in listed.items():
        problem = _unlike_its_kind(found[one], entry.kind)
        if found[one].personal and notebook != module.personal:
            problem = "it is personal, and its notebook has no scenario.py"
        if problem:
            raise CourseError(problem, where=f"{where}: exercise {one}")
    return {one: found[one] for one in listed}


def _unlike_its_kind(exercise: Exercise, kind: str) -> str:
    """What `module.yaml` calls an exercise, and what its checks ask for, must agree."""
    if exercise.is_value and kind not in ("value", "file", "table"):
        return f"module.yaml calls it a {kind}, and its checks look at a variable"
    if not exercise.is_value and kind in ("value", "file"):
        return f"module.yaml calls it a {kind}, and its checks call something: their case is value()"
    return ""


def _tags(
    module: Module, exercises: Mapping[str, Exercise], sources: Mapping[str, Source]
) -> list[Mistake | RightAnswer]:
    """Mistakes and right answers of one notebook, each to an exercise of it."""
    tags = []
    for file in _FILES[1:]:
        if file in sources:
            for tag in tags_in(vars(_executed(module, sources[file]))):
                _require_known(tag, exercises, sources[file].path)
                tags.append(tag)
    return tags


def _require_known(tag: Mistake | RightAnswer, exercises: Mapping[str, Exercise], path: Path) -> None:
    where = f"{path}: {tag.answer.__name__}"
    if tag.exercise not in exercises:
        raise CourseError(f"there is no exercise {tag.exercise} in this notebook", where=where)
    exercise = exercises[tag.exercise]
    if exercise.is_value:
        for name in inspect.signature(tag.answer).parameters:
            if not exercise.takes(name):
                raise CourseError(f"it takes {name}, which the exercise is not given", where=where)
    if isinstance(tag, Mistake):
        known = [check.name for check in exercise.checks]
        for unknown in sorted(set(tag.loses) - set(known)):
            raise CourseError(f"it loses {unknown!r}; the checks are {', '.join(map(repr, known))}", where=where)


def _executed(module: Module, source: Source) -> ModuleType:
    """The file as a Python module under a name that no other has."""
    path = source.path
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    name = f"aisa_{module.slug}_{path.parent.name}_{path.stem}_{mark}"
    made = ModuleType(name)
    made.__file__ = str(path)
    sys.modules[name] = made  # dataclasses and pickles of it look there
    try:
        exec(compile(source.text, path, "exec"), vars(made))  # noqa: S102  our material; an import would leave bytecode beside it
    except CourseError as error:
        where = ": ".join(part for part in (_line(path, error), error.where) if part)
        raise CourseError(error.message, where=where, do=error.do) from error
    except Exception as error:
        raise CourseError(f"it cannot be run: {error!r}", where=_line(path, error)) from error
    return made


def _line(path: Path, error: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)
