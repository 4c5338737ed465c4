"""Twenty-four sample submissions of one module: right, wrong, unfinished, blank, broken and hostile ones.

Nothing here knows the module: right answers and mistakes come from its catalogue, the notebook from its release.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graders.authoring.answers import exercise_answered, fill, nbgrader_metadata
from graders.authoring.material import ExerciseEntry, Module
from graders.checks import Catalogue
from graders.demo import hostile
from graders.records import Json

Kind = Literal["right", "one mistake", "unfinished", "blank", "broken", "hostile"]
Notebook = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample submission.

    Attributes
    ----------
    student : str
    kind : str
    note : str
        What it is, in a sentence.
    content : bytes or None
        The notebook's file; None hands nothing in.
    handed_in : str
        When, as nbgrader's `timestamp.txt` has it.
    """

    student: str
    kind: Kind
    note: str
    content: bytes | None
    handed_in: str = "2025-10-17 18:00:00 UTC"


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on the desk of whoever makes up submissions.

    Attributes
    ----------
    released, source : Json
        The notebook as students get it, and as its author keeps it, with solutions.
    exercises : tuple of ExerciseEntry
        Those of the notebook that are checked; written ones stay unanswered.
    catalogue : Catalogue
    """

    released: Json
    source: Json
    exercises: tuple[ExerciseEntry, ...]
    catalogue: Catalogue

    def right(self) -> dict[str, str]:
        """An independent right answer to each exercise."""
        answers = self.catalogue.answers
        return {entry.id: self.catalogue.quoted(answers[entry.id][0]) for entry in self.exercises}

    def mistaken(self, *choices: tuple[int, int]) -> tuple[dict[str, str], str]:
        """Right answers, except for known mistakes given as (exercise, mistake), and a note that names them."""
        answers, names = self.right(), []
        for exercise, number in choices:
            entry = self.exercises[exercise % len(self.exercises)]
            known = self.catalogue.mistakes[entry.id]
            chosen = known[number % len(known)]
            answers[entry.id] = self.catalogue.quoted(chosen)
            names.append(f"“{chosen.misconception}” in {entry.title}")
        return answers, f"{'One known mistake' if len(names) == 1 else 'Known mistakes'}: {', '.join(names)}."

    def target(self, exercise: str) -> str:
        """The name that an exercise asks for."""
        return self.catalogue.exercises[exercise].target


def samples(module: Module, notebook: str, released: Json, source: Json, catalogue: Catalogue) -> tuple[Sample, ...]:
    """The sample cohort.

    Parameters
    ----------
    module : Module
        What is assessed.
    notebook : str
        The one that is handed in.
    released, source : Json
        That notebook, released and as its author keeps it.
    catalogue : Catalogue
        Right answers and known mistakes.

    Returns
    -------
    tuple of Sample
        `student-01` to `student-24`; always the same.
    """
    desk = Desk(released, source, module.checked_in(notebook), catalogue)
    makers = (*_right(desk), *_mistaken(desk), *_unfinished(desk), *_blank(desk), *_broken(desk), *_hostile(desk))
    return tuple(Sample(f"student-{number:02d}", *made) for number, made in enumerate(makers, 1))


_Made = tuple[Kind, str, bytes | None] | tuple[Kind, str, bytes, str]
_LATE = "2025-10-18 20:30:00 UTC"


def _file(notebook: Mapping[str, Any]) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _right(desk: Desk) -> list[_Made]:
    answered = fill(desk.released, desk.right())
    noisy = copy.deepcopy(answered)
    noisy["cells"].insert(
        1,
        _code(
            "import sys, warnings\nwarnings.warn('I tried this on another machine first')\n"
            "print('a note to myself', file=sys.stderr)\ndef check(x):\n    return x"
        ),
    )
    moved = copy.deepcopy(answered)
    last = next(cell for cell in reversed(moved["cells"]) if exercise_answered(cell))
    moved["cells"].remove(last)
    first_code = next(index for index, cell in enumerate(moved["cells"]) if cell["cell_type"] == "code")
    moved["cells"].insert(first_code + 1, last)
    return [
        ("right", "Independent right answers.", _file(answered)),
        ("right", "Right answers, with a helper cell of the student’s own that warns on standard error.", _file(noisy)),
        ("right", "Right answers, the last exercise answered first, and handed in a day late.", _file(moved), _LATE),
        ("right", "The author’s own solutions.", _file(desk.source)),
    ]


def _mistaken(desk: Desk) -> list[_Made]:
    made: list[_Made] = []
    for choices in (((0, 0),), ((0, 0),), ((0, 1),), ((1, 0),), ((1, 1),), ((2, 0),), ((1, 0), (2, 1))):
        answers, note = desk.mistaken(*choices)
        made.append(("one mistake", note, _file(fill(desk.released, answers))))
    return made


def _unfinished(desk: Desk) -> list[_Made]:
    right = desk.right()
    ids = [entry.id for entry in desk.exercises]
    printed = {**right, ids[0]: f"def {desk.target(ids[0])}(*args, **kwargs):\n    print('the answer is 42')\n"}
    return [
        ("unfinished", "Only the first exercise is done.", _file(fill(desk.released, {ids[0]: right[ids[0]]}))),
        (
            "unfinished",
            "Everything but the last exercise.",
            _file(fill(desk.released, {one: right[one] for one in ids[:-1]})),
        ),
        (
            "unfinished",
            "The first answer prints where it should return; the others are right.",
            _file(fill(desk.released, printed)),
        ),
    ]


def _blank(desk: Desk) -> list[_Made]:
    return [
        ("blank", "The released notebook, untouched.", _file(desk.released)),
        ("blank", "Nothing handed in.", None),
    ]


def _broken(desk: Desk) -> list[_Made]:
    right = desk.right()
    answered = fill(desk.released, right)
    whole = _file(answered)
    untested = {**answered, "cells": [cell for cell in answered["cells"] if not nbgrader_metadata(cell).get("grade")]}
    second = desk.exercises[1 % len(desk.exercises)].id
    misspelt = fill(desk.released, {**right, second: f"def {desk.target(second)}(:\n    retrun 1\n"})
    doubled = copy.deepcopy(answered)
    for cell in [cell for cell in doubled["cells"] if exercise_answered(cell)]:
        older = {**copy.deepcopy(cell), "source": "raise ValueError('an older attempt')\n"}
        doubled["cells"].insert(doubled["cells"].index(cell), older)
    return [
        ("broken", "The file stops in the middle: it is no JSON.", whole[: len(whole) // 2]),
        ("broken", "Right answers; the test cells were deleted.", _file(untested)),
        ("broken", "A syntax error in the second answer; the others are right.", _file(misspelt)),
        ("broken", "Each answer cell is there twice, an older attempt before the right one.", _file(doubled)),
    ]


def _hostile(desk: Desk) -> list[_Made]:
    right = desk.right()
    ids = [entry.id for entry in desk.exercises]
    forged = fill(desk.released, {ids[0]: hostile.AGREEABLE.format(target=desk.target(ids[0]))})
    forged["cells"].append(_code(hostile.FORGED_SCORE))
    prying = fill(desk.released, {ids[1]: hostile.EXIT})
    prying["cells"].insert(1, _code(hostile.PRYING))
    stuck = fill(desk.released, {**right, ids[0]: hostile.ENDLESS.format(target=desk.target(ids[0]))})
    tagged = fill(desk.released, {ids[0]: right[ids[0]]})
    for cell in tagged["cells"]:
        if nbgrader_metadata(cell).get("grade"):
            cell["metadata"]["tags"] = ["skip-execution"]
            cell["metadata"]["nbgrader"]["points"] = 50
    tagged["cells"] += [_markdown(hostile.MARKUP), _code(hostile.DISPLAYED_SCRIPT)]
    return [
        ("hostile", "An answer that claims to equal everything, and a printed and displayed score.", _file(forged)),
        (
            "hostile",
            "Looks for hidden checks, the gradebook and the network, then ends its own process.",
            _file(prying),
        ),
        ("hostile", "An endless loop in the first answer; the others are right.", _file(stuck)),
        (
            "hostile",
            "One right answer; test cells told to be skipped and to be worth 50 points; scripts in text and output.",
            _file(tagged),
        ),
    ]


def _code(source: str) -> Notebook:
    return {
        "cell_type": "code",
        "id": _id(source),
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def _markdown(source: str) -> Notebook:
    return {"cell_type": "markdown", "id": _id(source), "metadata": {}, "source": source}


def _id(source: str) -> str:
    return f"own-{len(source)}"
