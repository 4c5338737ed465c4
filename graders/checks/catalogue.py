"""All checks, mistakes and right answers of a module, loaded from its notebooks' folders."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import reference_solutions
from graders.authoring.material import Module
from graders.checks.closure import Source
from graders.checks.exercise import Exercise
from graders.checks.mistakes import Mistake, RightAnswer
from graders.checks.notebook_checks import load_notebook
from graders.checks.personal import Decision, ModelAnswer


@dataclass(frozen=True)
class Catalogue:
    """What a module's exercises demand.

    Attributes
    ----------
    module : Module
    exercises : mapping of str to Exercise
        By id, in the order of `module.yaml`; written ones have no checks and are not here.
    mistakes : mapping of str to tuple of Mistake
        By exercise id.
    answers : mapping of str to tuple of RightAnswer
        By exercise id.
    decisions : tuple of Decision
        What is decided in the personal scenario.
    model_answers : mapping of str to ModelAnswer
        By id of the written exercise.
    names : mapping of str to set of str
        Names in `checks.py` that stand for each exercise, and for each model answer.
    sources : mapping of str to mapping of str to Source
        By notebook the files, by name, as they were when they were loaded.
    """

    module: Module
    exercises: Mapping[str, Exercise]
    mistakes: Mapping[str, tuple[Mistake, ...]]
    answers: Mapping[str, tuple[RightAnswer, ...]]
    decisions: tuple[Decision, ...]
    model_answers: Mapping[str, ModelAnswer]
    names: Mapping[str, set[str]] = field(repr=False)
    sources: Mapping[str, Mapping[str, Source]] = field(repr=False)

    def digests(self) -> dict[str, str]:
        """SHA-256 of all that decides what an answer to an exercise earns and reads.

        Its definition in `checks.py` with all that this uses, its mistakes, and the reference package: a change to
        one exercise's checks leaves the others' digests as they are.

        Returns
        -------
        dict of str to str
            Hexadecimal, by id of each exercise, written ones with a model answer among them.
        """
        package = cache(_package)  # many exercises import the same
        return {exercise: self._digest(exercise, package) for exercise in self.names}

    def _digest(self, exercise: str, package: Callable[[str], str]) -> str:
        sources = self.sources[self.module.notebook_of(exercise)]
        checks, wrong = sources["checks.py"], sources.get("wrong_answers.py")
        names = self.names[exercise]
        mistakes = {known.answer.__name__ for known in self.mistakes.get(exercise, ())}
        imported = checks.modules(names) | (wrong.modules(mistakes) if wrong else set())
        parts = [
            checks.digest(names),
            wrong.digest(mistakes) if wrong else "",
            *map(package, sorted({self.module.slug, *_reference_packages(imported)})),
        ]
        if exercise in self.model_answers or self.exercises[exercise].personal:
            parts.append(_digest_of([self.module.author_file(self.module.personal, "scenario.py")]))
        if checks.uses(names, "__file__"):
            parts.append(_digest_of(sorted((self.module.folder / "data").rglob("*"))))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def quoted(self, answer: Mistake | RightAnswer) -> str:
        """Source of an answer as a student would have written it into the answer cell.

        Parameters
        ----------
        answer : Mistake or RightAnswer
            Of this catalogue.

        Returns
        -------
        str
            Python source that stands alone.
        """
        exercise = self.exercises[answer.exercise]
        file = "wrong_answers.py" if isinstance(answer, Mistake) else "right_answers.py"
        source = self.sources[self.module.notebook_of(answer.exercise)][file]
        if exercise.is_value:
            name, given = f"find_{exercise.target}", ", ".join(inspect.signature(answer.answer).parameters)
            return f"{source.quoted(answer.answer.__name__, name)}\n\n{exercise.target} = {name}({given})\n"
        return source.quoted(answer.answer.__name__, exercise.target)


def load(module: Module) -> Catalogue:
    """Load `checks.py`, `wrong_answers.py` and `right_answers.py` of each of a module's notebooks.

    Parameters
    ----------
    module : Module
        As `authoring.material` describes it.

    Returns
    -------
    Catalogue

    Raises
    ------
    CourseError
        If one of them cannot be run, an exercise has no checks, or checks have no exercise.
    """
    loaded = {notebook: load_notebook(module, notebook) for notebook in module.notebooks}
    all_of = list(loaded.values())
    exercises = {id_: exercise for one in all_of for id_, exercise in one.exercises.items()}
    mistakes = [tag for one in all_of for tag in one.tags if isinstance(tag, Mistake)]
    answers = [tag for one in all_of for tag in one.tags if isinstance(tag, RightAnswer)]
    return Catalogue(
        module,
        exercises,
        {id_: tuple(tag for tag in mistakes if tag.exercise == id_) for id_ in exercises},
        {id_: tuple(tag for tag in answers if tag.exercise == id_) for id_ in exercises},
        tuple(decision for one in all_of for decision in one.decisions),
        {id_: answer for one in all_of for id_, answer in one.model_answers.items()},
        {id_: names for one in all_of for id_, names in one.names.items()},
        {notebook: one.sources for notebook, one in loaded.items()},
    )


def _reference_packages(modules: set[str]) -> set[str]:
    """Packages of the reference solutions among these modules."""
    parts = [module.split(".") for module in modules]
    return {part[1] for part in parts if part[0] == "reference_solutions" and len(part) > 1}


def _package(package: str) -> str:
    """SHA-256 of a reference package, the files that it reads among them, and of the files that all packages share."""
    found: list[Path] = []
    for folder in map(Path, reference_solutions.__path__):
        if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
            own = [path for path in (folder / package).rglob("*") if "__pycache__" not in path.parts]
            found += [*sorted(folder.glob("*.py")), *sorted(own)]
    return _digest_of(found)


def _digest_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
