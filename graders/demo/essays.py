"""Sample answers to the written exercises: a file each, with the levels that a marker would give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent / "written"
_RULE = "---\n"


@dataclass(frozen=True, slots=True)
class Essay:
    """A sample answer.

    Attributes
    ----------
    exercise : str
        Id of the written exercise.
    text : str
        What the student writes; `{name}` stands for a fact of the student's own scenario.
    levels : mapping of str to int
        What a marker gives for each criterion of the rubric.
    comment : str
        What the marker says beside it.
    """

    exercise: str
    text: str
    levels: Mapping[str, int]
    comment: str


def essays() -> dict[str, tuple[Essay, ...]]:
    """All sample answers.

    Returns
    -------
    dict
        By exercise, the best first.
    """
    found: dict[str, list[Essay]] = {}
    for path in sorted(_FOLDER.glob("*.md")):
        essay = _read(path)
        found.setdefault(essay.exercise, []).append(essay)
    return {exercise: tuple(sorted(those, key=_from_best)) for exercise, those in found.items()}


def _read(path: Path) -> Essay:
    _, head, text = path.read_text(encoding="utf-8").split(_RULE, 2)
    said = yaml.safe_load(head)
    return Essay(said["exercise"], text, said["levels"], said["comment"])


def _from_best(essay: Essay) -> int:
    return -sum(essay.levels.values())
