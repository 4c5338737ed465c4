"""A module as students get it: made by nbgrader, looked at before anybody is given it, and its version kept."""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.authoring.answers import SUFFIX, nbgrader_metadata, release, text
from graders.authoring.build.release_guard import require_clean_release
from graders.authoring.material import Module
from graders.course import student_files
from graders.course.course import Course
from graders.course.files import explained, give_to_owner, make_folders
from graders.course.founding import copy_source
from graders.course.intake import submitted_students
from graders.errors import CourseError, GraderError
from graders.gradebook import Gradebook
from graders.gradebook.releases import Version
from graders.nbgrader_bridge import command
from graders.records import Json

_METADATA = {"nbgrader", "deletable", "editable"}  # nbgrader locks cells with the last two
_NO_COMING_OR_GOING = "Cannot add or remove cells"


@dataclass(frozen=True, slots=True)
class Release:
    """What became of a release.

    Attributes
    ----------
    version : Version
        What students have now.
    new : bool
        Whether it differs from the version before.
    changed, added, removed : tuple of str
        Exercises, against the version before; empty for the first.
    other : tuple of str
        Other files that differ: notebooks whose course text has changed, data.
    submitted : int
        Students who have handed something in already: they need the new version.
    outdated : tuple of str
        Source files of the course that are not as the material has them.
    """

    version: Version
    new: bool
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    submitted: int = 0
    outdated: tuple[str, ...] = ()


def make_release(course: Course, assignment: str, *, update: bool = False) -> Release:
    """Make the release of a module, and keep its version if it is a new one.

    Parameters
    ----------
    course : Course
        Where it is made: `release/<assignment>`.
    assignment : str
        Slug of the module.
    update : bool
        Take notebooks and data from the material first.

    Returns
    -------
    Release

    Raises
    ------
    CourseError
        If it would give something away, or nbgrader lets it not be changed any more; what was released before stays.
    GraderError
        If nbgrader or the disk fails; what was released before stays.
    """
    module = course.module(assignment)
    if update:
        copy_source(module, course.source(assignment), course.salt.hex())
    student_files.write(course, assignment)
    paths = {name: course.source(assignment) / f"{name}.ipynb" for name in module.notebooks}
    sources = {name: json.loads(path.read_bytes()) for name, path in paths.items()}
    for name, source in sources.items():
        require_clean_release(source, paths[name])
    folder = course.root / "release" / assignment
    with _restored_on_failure(course, folder):
        _generate(course, assignment)
        _require_clean(module, sources, folder)
        return _versioned(course, module, folder)


def _generate(course: Course, assignment: str) -> None:
    try:
        command.run(course, "generate_assignment", assignment, "--force")
    except GraderError as failure:
        if _NO_COMING_OR_GOING not in failure.message:
            raise
        do = "Change cells in place, and put back those that are gone; or make a new module of it."
        found = "cells were added or removed, which nbgrader allows no more: there are submissions"
        raise CourseError(found, f"source/{assignment}", do) from None


@contextlib.contextmanager
def _restored_on_failure(course: Course, folder: Path) -> Iterator[None]:
    """Whatever goes wrong, students are given what they were given before."""
    before = folder.with_name(f".{folder.name}.before")
    with explained(folder):
        make_folders(course.root, folder.parent)
        if before.exists():  # a run was killed
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.exists():
            folder.rename(before)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if before.exists():
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)
    for path in (folder.parent, folder, *folder.rglob("*")):
        give_to_owner(course.root, path)


# --- what students would see ------------------------------------------------------------------------------------


def _require_clean(module: Module, sources: Mapping[str, Json], folder: Path) -> None:
    """Every notebook is what its source becomes without solutions, and nothing lies there that the module has not."""
    for name, source in sources.items():
        path = folder / f"{name}.ipynb"
        expected = {cell["id"]: text(cell) for cell in release(source)["cells"]}
        found = {cell.get("id"): cell for cell in _cells(path)}
        for identity, should in expected.items():
            if identity not in found or text(found[identity]).strip() != should.strip():
                raise _not_released(f"cell {identity} is not what its source without solutions is", path)
        for identity, cell in found.items():
            if cell.get("outputs") or set(cell["metadata"]) - _METADATA:
                raise _not_released(f"cell {identity} carries outputs or metadata", path)
    known = {f"{name}.ipynb" for name in sources} | {f"data/{name}" for name in module.data} | set(_OURS)
    if unknown := sorted(set(_files(folder)) - known):
        do = f"Take it out of source/{module.slug}, or list it under `data` in module.yaml."
        raise CourseError(f"{unknown[0]} is no file of the module, and students would get it", str(folder), do)


_OURS = ("requirements.txt", "scenario.py")


def _not_released(found: str, path: Path) -> CourseError:
    return CourseError(found, str(path), "See which of nbgrader's steps nbgrader_config.py has changed.")


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(path.read_bytes())["cells"])
    except FileNotFoundError:
        raise _not_released("nbgrader has not released it", path) from None


def _files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


# --- versions -----------------------------------------------------------------------------------------------------


def _versioned(course: Course, module: Module, folder: Path) -> Release:
    files = _files(folder)
    exercises: dict[str, str] = {}
    for name in module.notebooks:
        exercises |= _exercises(module, name, folder / f"{name}.ipynb")
    with Gradebook.open(course) as gradebook:
        gradebook.enrol()
        gradebook.require_released(module)
        before = next(reversed(gradebook.versions(module.slug)), None)
        if before is not None and dict(before.files) == files:
            return Release(before, new=False, outdated=_outdated(course, module))
        number = before.number + 1 if before else 1
        version = Version(module.slug, number, files, exercises, datetime.now(UTC).isoformat(timespec="seconds"))
        gradebook.write_version(version)
    changed, added, removed, other = _differences(before, version) if before else ((),) * 4
    submitted = len(submitted_students(course, module.slug))
    return Release(version, True, changed, added, removed, other, submitted, _outdated(course, module))


def _exercises(module: Module, notebook: str, path: Path) -> dict[str, str]:
    """Digest of each exercise's cells, as students see them."""
    said: dict[str, list[object]] = {entry.id: [] for entry in module.exercises_in(notebook)}
    for cell in _cells(path):
        exercise = str(nbgrader_metadata(cell).get("grade_id") or cell.get("id", "")).removesuffix(SUFFIX)
        if exercise in said:
            said[exercise].append([text(cell), nbgrader_metadata(cell).get("points")])
    return {one: hashlib.sha256(json.dumps(parts).encode()).hexdigest() for one, parts in said.items()}


def _differences(old: Version, new: Version) -> tuple[tuple[str, ...], ...]:
    """Exercises changed, added and removed, and other files that differ."""
    both = [one for one in new.exercises if one in old.exercises]
    changed = [one for one in both if new.exercises[one] != old.exercises[one]]
    added = [one for one in new.exercises if one not in old.exercises]
    removed = [one for one in old.exercises if one not in new.exercises]
    files = [path for path in {**old.files, **new.files} if old.files.get(path) != new.files.get(path)]
    return tuple(changed), tuple(added), tuple(removed), tuple(sorted(files))


def _outdated(course: Course, module: Module) -> tuple[str, ...]:
    """Files of the course's source folder that are not as the material has them."""
    pairs = {f"{name}.ipynb": module.source / f"{name}.ipynb" for name in module.notebooks}
    pairs |= {f"data/{name}": module.folder / "data" / name for name in module.data}
    here = course.source(module.slug)
    return tuple(name for name, path in pairs.items() if not filecmp.cmp(here / name, path, shallow=False))
