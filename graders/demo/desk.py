"""What lies on the desk of whoever makes up submissions: the released notebooks, and all that could be written in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders.authoring.answers import SUFFIX, fill, release
from graders.authoring.build.translate import STUDENT_CELL
from graders.authoring.material import Module
from graders.authoring.scenarios import PersonalScenarios
from graders.checks import Catalogue
from graders.checks import load as load_catalogue
from graders.course import Course
from graders.demo.essays import Essay, essays
from graders.grading.personal import scenarios_of
from graders.records import Json

Notebook = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of one module.

    Attributes
    ----------
    module : Module
    released, source : mapping of str to Json
        Its notebooks by name, as students get them, and as their author keeps them.
    catalogue : Catalogue
        Right answers and known mistakes.
    essays : mapping of str to tuple of Essay
        Sample answers to its written exercises, the best first.
    scenarios : PersonalScenarios or None
        Everybody's, where a notebook is personal.
    """

    module: Module
    released: Mapping[str, Json]
    source: Mapping[str, Json]
    catalogue: Catalogue
    essays: Mapping[str, tuple[Essay, ...]]
    scenarios: PersonalScenarios | None

    @property
    def ids(self) -> list[str]:
        """The exercises that checks look at, in the order of the module."""
        return list(self.catalogue.exercises)

    def right(self) -> dict[str, str]:
        """An independent right answer to each of them."""
        answers = self.catalogue.answers
        return {exercise: self.catalogue.quoted(answers[exercise][0]) for exercise in self.ids}

    def mistaken(self, *choices: tuple[int, int]) -> tuple[dict[str, str], str]:
        """Right answers, except for known mistakes given as (exercise, mistake), and a note that names them."""
        titles = {entry.id: entry.title for entry in self.module.exercises}
        answers, names = self.right(), []
        for number, which in choices:
            exercise = self.ids[number % len(self.ids)]
            known = self.catalogue.mistakes[exercise]
            chosen = known[which % len(known)]
            answers[exercise] = self.catalogue.quoted(chosen)
            names.append(f"“{chosen.misconception}” in {titles[exercise]}")
        return answers, f"{'A known mistake' if len(names) == 1 else 'Known mistakes'}: {', '.join(names)}."

    def target(self, exercise: str) -> str:
        """The name that an exercise asks for."""
        return self.catalogue.exercises[exercise].target

    def last_function(self, notebook: str) -> str:
        """The last exercise of a notebook that asks for a function; the first of all, where none does."""
        here = {entry.id for entry in self.module.exercises_in(notebook)}
        asked = (one for one in self.catalogue.exercises.values() if one.id in here)
        return next((one.id for one in reversed([*asked]) if not (one.is_value or one.is_class)), self.ids[0])

    def essay(self, exercise: str, rank: int) -> Essay:
        """A sample answer to a written exercise: the best is number 0, and after the last comes the best again."""
        there = self.essays[exercise]
        return there[rank % len(there)]

    def filled(self, answers: Mapping[str, str], chosen: Mapping[str, Essay], student: str) -> dict[str, Notebook]:
        """Every notebook with some answers and essays in it.

        Parameters
        ----------
        answers : mapping of str to str
            By exercise: what stands in its answer cell.
        chosen : mapping of str to Essay
            By exercise: what is written after its task.
        student : str
            Whose id a personal notebook asks for.

        Returns
        -------
        dict
            By name.
        """
        made = {}
        for name, released in self.released.items():
            here = {entry.id for entry in self.module.exercises_in(name)}
            notebook = fill(released, {exercise: said for exercise, said in answers.items() if exercise in here})
            for cell in notebook["cells"]:
                task = str(cell.get("id", "")).removesuffix(SUFFIX)
                if cell.get("id") == STUDENT_CELL:
                    cell["source"] = f'STUDENT = "{student}"'
                elif task in here & set(chosen) and cell["id"] != task:
                    cell["source"] = self._personal(chosen[task], student)
            made[name] = notebook
        return made

    def _personal(self, essay: Essay, student: str) -> str:
        """An essay with the facts of the student's own scenario in it, where its exercise has any."""
        facts = self.catalogue.model_answers.get(essay.exercise)
        if facts is None or self.scenarios is None:
            return essay.text
        return essay.text.format_map(facts.values(self.scenarios.of(student)))


def desk(course: Course, assignment: str) -> Desk:
    """Lay out the desk of a module.

    Parameters
    ----------
    course : Course
        That has it released.
    assignment : str
        Slug of the module.

    Returns
    -------
    Desk
    """
    module = course.module(assignment)
    source = {name: json.loads((course.source(assignment) / f"{name}.ipynb").read_bytes()) for name in module.notebooks}
    released = {name: release(notebook) for name, notebook in source.items()}
    written = {entry.id for entry in module.exercises if entry.is_written}
    chosen = {exercise: found for exercise, found in essays().items() if exercise in written}
    return Desk(module, released, source, load_catalogue(module), chosen, scenarios_of(course, module))


def own_cell(kind: str, source: str) -> Notebook:
    """A cell of the student's own."""
    cell: Notebook = {"cell_type": kind, "id": f"own-{len(source)}", "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
