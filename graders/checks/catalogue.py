"""All checks, mistakes and right answers of a module, loaded from its notebooks' folders."""

from __future__ import annotations

import hashlib
import inspect
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import reference_solutions
from graders.authoring.material import Module
from graders.checks.closure import Source
from graders.checks.exercise import Exercise
from graders.checks.mistakes import Mistake, RightAnswer, tags_in
from graders.errors import CourseError

_FILES = ("checks.py", "wrong_answers.py", "right_answers.py")


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
    names : mapping of str to set of str
        Names in `checks.py` that stand for each exercise.
    sources : mapping of str to mapping of str to Source
        By notebook the files, by name, as they were when they were loaded.
    """

    module: Module
    exercises: Mapping[str, Exercise]
    mistakes: Mapping[str, tuple[Mistake, ...]]
    answers: Mapping[str, tuple[RightAnswer, ...]]
    names: Mapping[str, set[str]] = field(repr=False)
    sources: Mapping[str, Mapping[str, Source]] = field(repr=False)

    def digest(self, exercise: str) -> str:
        """SHA-256 of all that decides what an answer to one exercise earns and reads.

        Its definition in `checks.py` with all that this uses, its mistakes, and the reference package: a change to
        one exercise's checks leaves the others' digests as they are.

        Parameters
        ----------
        exercise : str
            Its id.

        Returns
        -------
        str
            Hexadecimal.
        """
        sources = self.sources[self.module.notebook_of(exercise)]
        checks, wrong = sources["checks.py"], sources.get("wrong_answers.py")
        names = self.names[exercise]
        mistakes = {known.answer.__name__ for known in self.mistakes[exercise]}
        imported = checks.modules(names) | (wrong.modules(mistakes) if wrong else set())
        parts = [
            checks.digest(names),
            wrong.digest(mistakes) if wrong else "",
            *map(_package, sorted({self.module.slug, *_reference_packages(imported)})),
        ]
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
    exercises: dict[str, Exercise] = {}
    names: dict[str, set[str]] = {}
    tags: list[Mistake | RightAnswer] = []
    sources: dict[str, dict[str, Source]] = {}
    for notebook in module.notebooks:
        paths = {file: module.author_file(notebook, file) for file in _FILES}
        sources[notebook] = {file: Source(path) for file, path in paths.items() if path.exists()}
        found, called = _exercises(module, notebook, sources[notebook])
        exercises |= found
        names |= called
        tags += _tags(module, found, sources[notebook])
    return Catalogue(
        module,
        exercises,
        {one: tuple(tag for tag in tags if isinstance(tag, Mistake) and tag.exercise == one) for one in exercises},
        {one: tuple(tag for tag in tags if isinstance(tag, RightAnswer) and tag.exercise == one) for one in exercises},
        names,
        sources,
    )


def _exercises(
    module: Module, notebook: str, sources: Mapping[str, Source]
) -> tuple[dict[str, Exercise], dict[str, set[str]]]:
    """The exercises of a notebook's `checks.py` in the order of `module.yaml`, and the names that stand for each."""
    path = module.author_file(notebook, "checks.py")
    listed = {entry.id: entry for entry in module.checked_in(notebook)}
    if "checks.py" not in sources:
        if listed:
            raise CourseError("there is no checks.py", where=str(path.parent))
        return {}, {}
    found: dict[str, Exercise] = {}
    names: dict[str, set[str]] = {}
    for name, value in vars(_executed(module, sources["checks.py"])).items():
        if isinstance(value, Exercise):
            if found.setdefault(value.id, value) is not value:
                raise CourseError("two exercises have this id", where=f"{path}: exercise {value.id}")
            names.setdefault(value.id, set()).add(name)
    for missing in [one for one in listed if one not in found]:
        raise CourseError("the exercise has no checks", where=f"{path}: exercise {missing}", do="Define Exercise(...).")
    for unlisted in [one for one in found if one not in listed]:
        problem = (
            "these checks belong to no exercise that module.yaml lists for this notebook, and does not call written"
        )
        raise CourseError(problem, where=f"{path}: exercise {unlisted}")
    for one, entry in listed.items():
        if problem := _unlike_its_kind(found[one], entry.kind):
            raise CourseError(problem, where=f"{path}: exercise {one}")
    return {one: found[one] for one in listed}, names


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
            if name not in exercise.given:
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


def _reference_packages(modules: set[str]) -> set[str]:
    """Packages of the reference solutions among these modules."""
    parts = [module.split(".") for module in modules]
    return {part[1] for part in parts if part[0] == "reference_solutions" and len(part) > 1}


def _package(package: str) -> str:
    """SHA-256 of a reference package, and of the files that all packages share."""
    found: list[Path] = []
    for folder in map(Path, reference_solutions.__path__):
        if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
            found += [*sorted(folder.glob("*.py")), *sorted((folder / package).rglob("*.py"))]
    return _digest_of(found)


def _digest_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
