"""A filled-in form, read strictly: what is wrong is said with file, line and field, and nothing of it is used then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from graders.authoring import yaml_document
from graders.errors import UsageError
from graders.panel.desk import Desk
from graders.panel.records import Case, Scores
from graders.panel.scoring import problems
from graders.rubrics import Rubric

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says.

    Attributes
    ----------
    case : Case
        That it is about.
    rater : str
    conflict : str
        Empty where there is none.
    scores : Scores or None
        None where there is a conflict.
    """

    case: Case
    rater: str
    conflict: str
    scores: Scores | None


def read_form(desk: Desk, path: Path) -> Filled:
    """Read a scoring form.

    Parameters
    ----------
    desk : Desk
        Open.
    path : Path
        The file.

    Returns
    -------
    Filled

    Raises
    ------
    CourseError
        If anything in it is not as it must be; file, line and field are named.
    """
    form = yaml_document.read(path, _Form, desk)
    case = desk.by_pseudonym(form.case)
    if form.conflict.strip().casefold() != _NONE:
        return Filled(case, form.rater, form.conflict.strip(), None)
    scores = Scores(
        case=form.case,
        round=form.round,
        rater=form.rater,
        rubric=form.rubric,
        levels={id_: one.level for id_, one in form.scores.items() if one.level is not None},
        comments={id_: said for id_, one in form.scores.items() if (said := (one.comment or "").strip())},
        remark=(form.remark or "").strip(),
    )
    return Filled(case, form.rater, "", scores)


def seal_form(desk: Desk, path: Path) -> Filled:
    """Read a scoring form and seal what it says, or keep the conflict that it declares.

    Parameters
    ----------
    desk : Desk
        Open.
    path : Path
        The file.

    Returns
    -------
    Filled
        With the case as it stands then.
    """
    filled = read_form(desk, path)
    if filled.scores is None:
        case = desk.declare(filled.case.candidate, filled.rater, filled.conflict)
    else:
        case, _ = desk.seal(filled.scores, conflict="")
    return Filled(case, filled.rater, filled.conflict, filled.scores)


def read_calibration(desk: Desk, path: Path) -> tuple[str, dict[str, dict[str, int]]]:
    """Read a calibration form.

    Parameters
    ----------
    desk : Desk
        Open.
    path : Path
        The file.

    Returns
    -------
    tuple of str and dict
        The rater; anchor -> criterion -> level.
    """
    form = yaml_document.read(path, _Calibration)
    if form.rubric != desk.rubric("capstone").digest:
        raise UsageError("the rubric has changed since the form was written", f"{path}: rubric", "Write a new form.")
    return form.rater, {one.id: dict(one.levels) for one in form.anchors}


class _Score(BaseModel):
    """A level and what was seen."""

    model_config = ConfigDict(extra="forbid")
    level: int | None
    comment: str | None = ""


class _Form(BaseModel):
    """A form; the order of its fields is the order in which they are looked at."""

    model_config = ConfigDict(extra="forbid")
    rater: str
    case: str
    round: str
    rubric: str
    conflict: str
    scores: dict[str, _Score]
    remark: str | None = ""

    @field_validator("case")
    @classmethod
    def _is_known(cls, case: str, info: ValidationInfo) -> str:
        try:
            _desk(info).by_pseudonym(case)
        except UsageError as problem:
            raise ValueError(problem.message) from None
        return case

    @field_validator("round")
    @classmethod
    def _is_open(cls, round_: str, info: ValidationInfo) -> str:
        if "case" in info.data and (now := _desk(info).by_pseudonym(info.data["case"]).round) != round_:
            raise ValueError(f"is a form for the {round_}, and the {now} is scored")
        return round_

    @field_validator("rubric")
    @classmethod
    def _is_current(cls, digest: str, info: ValidationInfo) -> str:
        rubric = _rubric(info)
        if rubric is not None and rubric.digest != digest:
            raise ValueError("the rubric has changed since the form was written: write a new form")
        return digest

    @field_validator("conflict")
    @classmethod
    def _is_declared(cls, conflict: str) -> str:
        if not conflict.strip():
            raise ValueError("write `none`, or what the conflict is")
        return conflict

    @field_validator("scores")
    @classmethod
    def _may_be_sealed(cls, scores: dict[str, _Score], info: ValidationInfo) -> dict[str, _Score]:
        rubric = _rubric(info)
        if rubric is None or info.data.get("conflict", "").strip().casefold() != _NONE:
            return scores
        levels = {id_: one.level for id_, one in scores.items()}
        comments = {id_: one.comment or "" for id_, one in scores.items()}
        if found := problems(rubric, levels, comments):
            id_, told = next(iter(found.items()))
            raise ValueError(f"{id_}: {told}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""))
        return scores


class _Anchor(BaseModel):
    """Levels of an anchor."""

    model_config = ConfigDict(extra="forbid")
    id: str
    levels: dict[str, int]


class _Calibration(BaseModel):
    """A calibration form."""

    model_config = ConfigDict(extra="forbid")
    rater: str
    rubric: str
    anchors: list[_Anchor]


def _desk(info: ValidationInfo) -> Desk:
    desk: Desk = info.context  # type: ignore[assignment]  # `read_form` gives it
    return desk


def _rubric(info: ValidationInfo) -> Rubric | None:
    if "round" not in info.data:
        return None
    return _desk(info).rubric("defence" if info.data["round"].endswith("defence") else "capstone")
