"""`course.yaml`: what an instructor decides, read strictly."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

STUDENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")
"""What a student's id looks like: it is the name of a folder, and of a file in feedback."""


def _student_id(text: str) -> str:
    if not STUDENT_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no student id: letters, digits and _ . @ - only, and a letter or digit first")
    return text


def _date(said: object) -> object:
    """YAML reads a quoted date as text; one that is none is left to pydantic to refuse."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(said) if isinstance(said, str) else said
    return said


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groupindex
    except re.error as failure:
        raise ValueError(f"{text!r} is no regular expression ({failure})") from None
    if "student" not in groups:
        raise ValueError(f"{text!r} has no group (?P<student>...)")
    return text


Date = Annotated[datetime, BeforeValidator(_date)]
StudentId = Annotated[str, AfterValidator(_student_id)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class LimitSettings(BaseModel):
    """What one notebook may use; what is not said stays as `graders.records.Limits` has it."""

    model_config = ConfigDict(extra="forbid")
    cell_cpu_s: Positive | None = None
    cell_wall_s: Positive | None = None
    notebook_cpu_s: Positive | None = None
    notebook_wall_s: Positive | None = None
    call_cpu_s: Positive | None = None
    exercise_cpu_s: Positive | None = None
    call_wall_s: Positive | None = None
    memory_bytes: Count | None = None
    processes: Count | None = None
    open_files: Count | None = None
    disk_bytes: Count | None = None
    output_bytes: Count | None = None


class PassMarkSettings(BaseModel):
    """Share of a notebook's points from which it counts; see `graders.scoring.decision`.

    Provisional: a course that has data sets its own marks by a standard-setting study (Angoff's, for example). Until
    then: in the practical every exercise needs half of its points, since a check is an idea, and whoever holds the
    main ones of an exercise keeps more than half of it; the other two need three fifths of theirs together, which is
    more than the middle level of every criterion, and leaves room for one exercise that went wrong.
    """

    model_config = ConfigDict(extra="forbid")
    practical: Share = 0.5
    worked_example: Share = 0.6
    novel_scenario: Share = 0.6


class InboxSettings(BaseModel):
    """How files in the inbox are called where they are not called after their student.

    `pattern` is a regular expression of the whole name with a group `student`, and perhaps `timestamp` (its numbers are
    year, month, day, hours, minutes, seconds, in UTC). `aliases` says which student a name that is no id belongs to.
    """

    model_config = ConfigDict(extra="forbid")
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    aliases: dict[str, StudentId] = {}


class Settings(BaseModel):
    """The whole file.

    `students` is the roster; where it is empty, whoever submits is a student. `due` holds a date for a module's slug,
    in UTC unless it says otherwise. `late` is nbgrader's rule: `none`, `zero` (the penalty is the whole score), or a
    plugin of nbgrader's kind, `module.Class`. `attempts` says which of several submissions counts: the `last`, the
    `first`, or the one with the `best` automatic score; a late one that would lose all its points never counts before
    one in time. `pass_marks` are the shares of points that make a module complete. `material`, `sandbox` and the path
    of a SQLite `database` are relative to the course.
    """

    model_config = ConfigDict(extra="forbid")
    course_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
    students: list[StudentId] = []
    modules: list[Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+$")]] = []
    material: str | None = None
    database: Annotated[str, Field(pattern=r"^[a-z0-9+]+://")] = "sqlite:///gradebook.db"
    due: dict[str, Date] = {}
    late: Annotated[str, Field(pattern=r"^(none|zero|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+)$")] = "none"
    attempts: Literal["last", "best", "first"] = "last"
    pass_marks: PassMarkSettings = PassMarkSettings()
    inbox: InboxSettings = InboxSettings()
    workers: Count | None = None
    sandbox: str | None = None
    limits: LimitSettings = LimitSettings()
