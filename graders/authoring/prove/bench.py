"""What the gates work on: a module with its checks, student ids, and a sandbox that is started when first needed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graders.authoring.answers import SUFFIX, exercise_answered, nbgrader_metadata, text
from graders.authoring.build import build
from graders.authoring.material import Module
from graders.authoring.scenarios import FILE, PersonalScenarios, author_file, student_scenario
from graders.checks import Catalogue, Exercise, Mistake, RightAnswer, Verdict, load
from graders.checks.trial import Trial
from graders.records import Cell, CellRun, Json, Limits
from graders.sandbox import Sandbox, default_interpreter


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """Something that a gate does not let pass.

    Attributes
    ----------
    gate : str
        Its name.
    exercise : str
        Id of the exercise, or the notebook's name.
    problem : str
        What is wrong.
    where : str
        File, and what to look for in it.
    """

    gate: str
    exercise: str
    problem: str
    where: str

    def __str__(self) -> str:
        return f"{self.exercise}: {self.problem} [{self.gate}; {self.where}]"


@dataclass
class Bench:
    """A module on the bench.

    Attributes
    ----------
    module : Module
    students : int
        How many ids are tried in process.
    sandbox : Sandbox or None
        The one to use; a new one, if None. It is closed by whoever made it.
    """

    module: Module
    students: int = 200
    sandbox: Sandbox | None = None
    _own: Sandbox | None = field(default=None, repr=False)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox, if it was started here."""
        if self._own is not None:
            self._own.close()
            self._own = self.sandbox = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """Checks, mistakes and right answers."""
        return load(self.module)

    @cached_property
    def notebooks(self) -> dict[str, Json]:
        """Source notebooks as the author's text gives them now, by name."""
        return {name.removesuffix(".ipynb"): json.loads(content) for name, content in build(self.module).items()}

    @cached_property
    def scenarios(self) -> PersonalScenarios | None:
        """Personal scenarios, as a course with some salt would have them; None where nothing is personal."""
        path = author_file(self.module)
        return PersonalScenarios(student_scenario(self.module, "prove"), str(path)) if path else None

    def scenario(self, student: int) -> dict[str, Any] | None:
        """The scenario of a made-up student."""
        return self.scenarios.of(f"student-{student:03}") if self.scenarios else None

    def exercise(self, id_: str, student: int) -> Exercise:
        """An exercise as it is for a made-up student."""
        return self._own_of(self.exercises[id_], student)

    def trial(self, id_: str, student: int, *, like: Trial | None = None) -> Trial:
        """An exercise of a made-up student, with this student's inputs; `like` as `Trial` takes it."""
        return self.trial_of(self.exercises[id_], student, like=like)

    def trial_of(self, exercise: Exercise, student: int, *, like: Trial | None = None) -> Trial:
        """The same, of an exercise that has only some of the module's checks."""
        return Trial(self._own_of(exercise, student), self.seed(exercise.id, student), like)

    def _own_of(self, exercise: Exercise, student: int) -> Exercise:
        return exercise.of_student(self.scenario(student) if exercise.personal else None)

    @property
    def exercises(self) -> Mapping[str, Exercise]:
        """By id, in the order of the module."""
        return self.catalogue.exercises

    def kind_of(self, exercise: str) -> str:
        """What `module.yaml` calls an exercise."""
        return next(entry.kind for entry in self.module.exercises if entry.id == exercise)

    def file(self, exercise: str, name: str) -> str:
        """A file of an exercise's author text, as findings name it."""
        return str(self.module.author_file(self.module.notebook_of(exercise), name))

    def seed(self, exercise: str, student: int) -> bytes:
        """Where the sampled inputs of a made-up student come from."""
        said = f"{self.module.slug}\0student-{student:03}\0{exercise}".encode()
        return hmac.new(b"prove", said, hashlib.sha256).digest()

    def graded(self, notebook: Json, student: int = 1) -> tuple[dict[str, Verdict], tuple[CellRun, ...]]:
        """Run a notebook in the sandbox, and put to it the checks of all exercises that stand in it.

        Parameters
        ----------
        notebook : Json
            A source notebook, or a release with answers.
        student : int
            Whose inputs to sample.

        Returns
        -------
        tuple
            Verdict of each exercise, by id; and what the cells did.
        """
        cells = _cells(notebook)
        exercises = {id_: id_ for cell in cells for id_ in cell.snapshots}
        return self._run(cells, exercises, student)

    def tried(
        self, answers: Mapping[str, Sequence[Mistake | RightAnswer]], student: int = 1
    ) -> dict[str, list[tuple[Verdict, CellRun]]]:
        """Put answers into the sandbox, and to each the checks of its exercise.

        They all follow the source notebook in a single run, each in a cell of its own and seen before the next one
        takes its name: what the notebook itself does, plots for instance, is done once.

        Parameters
        ----------
        answers : mapping of str to sequence of Mistake or RightAnswer
            By exercise.
        student : int
            Whose inputs to sample.

        Returns
        -------
        dict of str to list of tuple
            By exercise: for each answer its verdict, and what its cell did.
        """
        found: dict[str, list[tuple[Verdict, CellRun]]] = {id_: [] for id_ in answers}
        for notebook in self.module.notebooks:
            here = {id_: given for id_, given in answers.items() if given and self.module.notebook_of(id_) == notebook}
            if here:
                found |= self._tried_in(notebook, here, student)
        return found

    def _tried_in(
        self, notebook: str, answers: Mapping[str, Sequence[Mistake | RightAnswer]], student: int
    ) -> dict[str, list[tuple[Verdict, CellRun]]]:
        """Answers to exercises of one notebook; after those to one exercise its own solution is put back."""
        source: Any = self.notebooks[notebook]
        cells = [Cell(cell.index, cell.source) for cell in _cells(source)]
        solutions = {exercise_answered(cell): text(cell) for cell in source["cells"]}
        places: dict[str, list[tuple[str, int]]] = {id_: [] for id_ in answers}
        for id_, given in answers.items():
            for number, answer in enumerate(given):
                places[id_].append((f"{id_}-{number}", cells[-1].index + 1))
                cells.append(Cell(cells[-1].index + 1, self.catalogue.quoted(answer), (f"{id_}-{number}",)))
            cells.append(Cell(cells[-1].index + 1, solutions[id_]))
        asked = {snapshot: id_ for id_, put in places.items() for snapshot, _ in put}
        verdicts, runs = self._run(cells, asked, student)
        ran = {run.index: run for run in runs}
        return {id_: [(verdicts[snapshot], ran[index]) for snapshot, index in put] for id_, put in places.items()}

    def _run(
        self, cells: Sequence[Cell], asked: Mapping[str, str], student: int
    ) -> tuple[dict[str, Verdict], tuple[CellRun, ...]]:
        """Verdict of each snapshot's exercise; which mistake is behind it is for the gate on hints."""
        files = {f"data/{name}": (self.module.folder / "data" / name).read_bytes() for name in self.module.data}
        if self.scenarios is not None:
            files[FILE] = self.scenarios.bound(f"student-{student:03}")
        trials = {id_: self.trial(id_, student) for id_ in set(asked.values())}
        found = {}
        with self._sandbox().run(cells, files) as ran:
            for snapshot, id_ in asked.items():
                found[snapshot] = trials[id_].verdict(ran.endpoint(snapshot))
            return found, ran.cells

    def _sandbox(self) -> Sandbox:
        if self.sandbox is None:
            # All that runs in it is ours: what an answer earns does not depend on how well it is locked in.
            limits = Limits(processes=1024)  # one for each answer that is tried
            self.sandbox = self._own = Sandbox(
                default_interpreter(), imports=self.module.imports, limits=limits, allow_unsafe=True
            )
        return self.sandbox


def _cells(notebook: Json) -> list[Cell]:
    """Code cells, with a snapshot after the later one of an exercise's answer and its tests."""
    cells: Any = notebook["cells"]
    complete: dict[str, int] = {}
    for index, cell in enumerate(cells):
        metadata = nbgrader_metadata(cell)
        if cell["cell_type"] == "code" and (metadata.get("grade") or metadata.get("solution")):
            complete[str(metadata["grade_id"]).removesuffix(SUFFIX)] = index
    after: dict[int, list[str]] = {}
    for exercise, index in complete.items():
        after.setdefault(index, []).append(exercise)
    return [
        Cell(index, text(cell), tuple(after.get(index, ())))
        for index, cell in enumerate(cells)
        if cell["cell_type"] == "code"
    ]
