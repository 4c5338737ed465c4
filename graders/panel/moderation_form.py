"""What the chair writes down of a moderation: a YAML file, made by us, filled in by them, read strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from graders.authoring import yaml_document
from graders.panel.records import Case, Change

_Text = Annotated[str, Field(pattern=r"\S")]


def moderation_form(case: Case) -> str:
    """The form for a case whose scores lie apart.

    Parameters
    ----------
    case : Case
        Revealed.

    Returns
    -------
    str
        YAML.
    """
    chair = case.chair.rater if case.chair else ""
    lines = [f"# Moderation of {case.pseudonym}, {case.round}. Say what came of the talk about each discrepancy."]
    lines += ["# A reviewer may change a level and says why; the sealed level is kept beside it.", f"by: {chair}"]
    lines += ["changes: []", "# - {rater: rater-1, criterion: C4, level: 2, reason: what was overlooked}", "answers:"]
    for one in case.current.discrepancies:
        lines += [f"  # {one.says}", f'  {json.dumps(one.key)}: ""']
    return "\n".join(lines) + "\n"


def read_moderation(case: Case, path: Path) -> tuple[str, tuple[Change, ...], dict[str, str]]:
    """Read a filled-in form.

    Parameters
    ----------
    case : Case
        That it is about.
    path : Path
        The file.

    Returns
    -------
    tuple of str, tuple of Change and dict of str to str
        Who led it, what was changed, what was said about each discrepancy.

    Raises
    ------
    CourseError
        If anything in it is not as it must be; file, line and field are named.
    """
    said = yaml_document.read(path, _Moderation)
    levels = case.current.levels
    changes = tuple(
        Change(one.rater, one.criterion, levels.get(one.rater, {}).get(one.criterion, -1), one.level, one.reason)
        for one in said.changes
    )
    return said.by, changes, dict(said.answers)


class _Change(BaseModel):
    """A changed level."""

    model_config = ConfigDict(extra="forbid")
    rater: _Text
    criterion: _Text
    level: int
    reason: _Text


class _Moderation(BaseModel):
    """The form."""

    model_config = ConfigDict(extra="forbid")
    by: _Text
    changes: list[_Change] = []
    answers: dict[str, _Text]
