"""A filled-in form, read strictly: what is wrong is said with file, line and field, and nothing of it is used then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

from graders.authoring import yaml_document
from graders.errors import UsageError
from graders.marking.answers import AnswerToMark
from graders.marking.giving import mark_of, required_name
from graders.records import Mark
from graders.scoring.levels import problems

NOTHING = "nothing"
"""What a form says in the place of the digest of an answer that is empty."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a form can be about."""

    assignment: str
    answers: dict[tuple[str, str], AnswerToMark]


def read_forms(
    paths: Sequence[Path], assignment: str, answers: Sequence[AnswerToMark], marker: str = ""
) -> list[tuple[AnswerToMark, Mark]]:
    """Read filled-in forms.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    assignment : str
        Slug of the module that they must be of.
    answers : sequence of AnswerToMark
        All that can be marked, those too that are marked already.
    marker : str
        Who has filled them in, where they do not say it themselves.

    Returns
    -------
    list of (AnswerToMark, Mark)
        Of every answer that has levels.

    Raises
    ------
    CourseError
        If anything in one of them is not as it must be; file, line and field are named.
    """
    known = _Known(assignment, {(answer.id, answer.exercise.id): answer for answer in answers})
    found: dict[tuple[str, str], tuple[AnswerToMark, Mark]] = {}
    for path in paths:
        form = yaml_document.read(path, _Form, known)
        name = _marker(path, form.marker, marker)
        for entry in form.answers:
            key = (entry.id, entry.exercise)
            if not entry.chosen:
                continue
            if key in found:
                raise UsageError(f"{entry.id} {entry.exercise} is marked in two forms", str(path), "Leave one of them.")
            answer = known.answers[key]
            mark = mark_of(answer, entry.chosen, name, comment=entry.comment or "", reason=entry.reason or "")
            found[key] = (answer, mark)
    return list(found.values())


def _marker(path: Path, said: str | None, given: str) -> str:
    """The one name under which a form is filled in."""
    if said and given and said.strip() != given.strip():
        raise UsageError(f"it is filled in by {said!r}, and --marker says {given!r}", f"{path}: marker")
    try:
        return required_name(said or given)
    except UsageError as problem:
        raise UsageError(problem.message, f"{path}: marker", problem.do) from None


class _Answer(BaseModel):
    """One answer of a form. What is quoted in it for the marker is not read back."""

    model_config = ConfigDict(extra="forbid")
    id: str
    exercise: str
    answer: str
    model_answer: str | None = None
    answer_digest: str
    levels: dict[str, int | None]
    comment: str | None = None
    reason: str | None = None

    @property
    def chosen(self) -> dict[str, int]:
        """Levels that are filled in."""
        return {criterion: level for criterion, level in self.levels.items() if level is not None}

    @field_validator("levels")
    @classmethod
    def _are_of_the_rubric(cls, levels: dict[str, int | None], info: ValidationInfo) -> dict[str, int | None]:
        answer = _answer(info, info.data.get("id", ""), info.data.get("exercise", ""))
        chosen = {criterion: level for criterion, level in levels.items() if level is not None}
        found = problems(answer.rubric, chosen) if answer and chosen else []
        if found:
            raise ValueError("; ".join(found))
        return levels

    @model_validator(mode="after")
    def _is_known(self, info: ValidationInfo) -> _Answer:
        answer = _answer(info, self.id, self.exercise)
        if not self.chosen:
            return self
        if answer is None:
            raise ValueError(f"there is no graded answer {self.id} to {self.exercise}")
        if self.answer_digest != (answer.answer_digest or NOTHING):
            raise ValueError("the answer has changed since the form was written: write a new form, and mark that")
        try:
            mark_of(answer, self.chosen, "-", comment=self.comment or "", reason=self.reason or "")
        except UsageError as problem:
            raise ValueError(f"{problem.message}. {problem.do}") from None
        return self


class _Form(BaseModel):
    """A form."""

    model_config = ConfigDict(extra="forbid")
    assignment: str
    marker: str | None
    answers: list[_Answer]

    @field_validator("assignment")
    @classmethod
    def _is_ours(cls, assignment: str, info: ValidationInfo) -> str:
        known: _Known = info.context  # type: ignore[assignment]  # `read_forms` gives it
        if assignment != known.assignment:
            raise ValueError(f"is a form of {assignment}, not of {known.assignment}")
        return assignment

    @model_validator(mode="after")
    def _differ(self) -> _Form:
        keys = [(entry.id, entry.exercise) for entry in self.answers]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"{' '.join(key)} is there twice")
        return self


def _answer(info: ValidationInfo, who: str, exercise: str) -> AnswerToMark | None:
    known: _Known = info.context  # type: ignore[assignment]  # `read_forms` gives it
    return known.answers.get((who, exercise))
