"""An assignment of a course, loaded: its notebooks, files, checks, rubrics and scenarios, and digests of them all."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from graders import __version__
from graders.authoring.answers import release
from graders.authoring.material import Module
from graders.authoring.rubrics import rubrics_of
from graders.authoring.scenarios import FILE, PersonalScenarios
from graders.checks.catalogue import Catalogue, load
from graders.course.course import Course
from graders.errors import CourseError
from graders.grading.personal import scenarios_of, schemes_for

Definition = tuple[str, float, str]
"""An exercise, its points, and the digest of all that decides what an answer to it earns."""


class Assignment:
    """All that grading needs to know of one assignment of one course.

    Parameters
    ----------
    course : Course
    module : Module
        Of the course.

    Attributes
    ----------
    catalogue : Catalogue
    sources : dict of str to bytes
        The course's source notebooks, by name.
    releases : dict of str to Json
        As students got them.
    targets : dict of str to str
        By exercise: the name that its answer defines.
    digests : dict of str to str
        By exercise: of all that decides what an answer to it earns and reads.

    Raises
    ------
    CourseError
        If the assignment is not in the course, or its material is wrong.
    """

    def __init__(self, course: Course, module: Module) -> None:
        self.course = course
        self.module = module
        self.catalogue: Catalogue = load(self.module)
        self.sources = {name: _source(course, self.module, name) for name in self.module.notebooks}
        self.releases = {name: release(json.loads(source)) for name, source in self.sources.items()}
        self.targets = {exercise: known.target for exercise, known in self.catalogue.exercises.items()}
        self.digests = self.catalogue.digests()
        self._files = _files(course, self.module)
        self._rubrics = rubrics_of(self.module)
        self._scenarios = scenarios_of(course, self.module)

    def is_stale(self, course: Course) -> bool:
        """Whether course, sources, data, rubrics or checks have changed since; references need a new process."""
        return (
            course != self.course
            or self.sources != {name: _source(course, self.module, name) for name in self.module.notebooks}
            or self._files != _files(course, self.module)
            or self._rubrics != rubrics_of(self.module)
            or _text(self._scenarios) != _text(scenarios_of(course, self.module))
            or self.digests != load(self.module).digests()
        )

    def definitions(self, notebook: str) -> list[Definition]:
        """What a notebook's exercises are now."""
        return [(entry.id, entry.points, self.digests[entry.id]) for entry in self.module.checked_in(notebook)]

    def context(self, notebook: str, exercises: Sequence[Definition], *, unsafe: bool) -> str:
        """SHA-256 of all that a result depends on besides the submission, were its exercises these.

        Source notebook, data, limits, each exercise's definition and mistakes, the reference package, rubrics,
        personal scenarios, our version.
        """
        parts: dict[str, object] = {
            "version": __version__,
            "source": _sha256(self.sources[notebook]),
            "files": {name: _sha256(content) for name, content in sorted(self._files.items())},
            "limits": asdict(self.course.limits),
            "unsafe": unsafe,
            "exercises": exercises,
            "rubrics": self._schemes(notebook, None),
        }
        if notebook == self.module.personal:
            told = sorted(self.catalogue.model_answers)
            parts |= {"scenarios": _text(self._scenarios), "model answers": [(id_, self.digests[id_]) for id_ in told]}
        return _sha256(json.dumps(parts, sort_keys=True).encode())

    # --- a student's own --------------------------------------------------------------------------------

    def seed(self, student: str, exercise: str) -> bytes:
        """Where the sampled inputs of one student's exercise come from: nobody knows it without the course secret."""
        said = "\0".join((self.module.slug, student, exercise)).encode()
        return hmac.new(self.course.secret, said, hashlib.sha256).digest()

    def scenario(self, student: str, notebook: str) -> dict[str, Any] | None:
        """The student's scenario; None where the notebook is not personal."""
        return self._scenarios.of(student) if self._scenarios and notebook == self.module.personal else None

    def files(self, student: str, notebook: str) -> dict[str, bytes]:
        """What lies beside a student's notebook while it runs."""
        if self._scenarios is None or notebook != self.module.personal:
            return self._files
        return {**self._files, FILE: self._scenarios.bound(student)}

    def mark_schemes(self, student: str, notebook: str) -> dict[str, str]:
        """What the marker reads of each written exercise of a student's notebook."""
        return self._schemes(notebook, self.scenario(student, notebook))

    def _schemes(self, notebook: str, scenario: Mapping[str, Any] | None) -> dict[str, str]:
        rubrics = {id_: one for id_, one in self._rubrics.items() if self.module.notebook_of(id_) == notebook}
        return schemes_for(rubrics, self.catalogue.model_answers, scenario)


def _source(course: Course, module: Module, notebook: str) -> bytes:
    path = course.source(module.slug) / f"{notebook}.ipynb"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CourseError("there is no such source notebook", str(path), "Run `aisa init` or copy it there.") from None


def _files(course: Course, module: Module) -> dict[str, bytes]:
    folder = course.source(module.slug)
    return {f"data/{name}": (folder / "data" / name).read_bytes() for name in module.data}


def _text(scenarios: PersonalScenarios | None) -> str:
    return scenarios.text if scenarios else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
