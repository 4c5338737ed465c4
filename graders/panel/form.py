"""A scoring form: YAML that a reviewer fills in with any editor, far from our network, and that says all they need."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from graders.course import files
from graders.errors import UsageError
from graders.panel.desk import Desk
from graders.panel.records import Case, Stage
from graders.panel.settings import Anchor
from graders.rubrics import TOP_LEVEL, Criterion, Rubric

_WIDTH = 110
_HEAD = """\
# Scoring form of {rater} for {case}, {round}. Choose a level from 0 to {top} for each criterion by what you see in the
# work; say in the comment where. A level below a floor, and a 0, needs a comment: the candidate will read it.
# Talk to nobody about this work before all scores are revealed. Then send the file back, or: aisa panel seal {name}
"""
_CALIBRATION = """\
# Calibration form of {rater}. Score each anchor as you would score a candidate's document: a level from 0 to {top}.
# Then: aisa panel calibrate {name}
"""
_CONFLICT = """\
# Is there a conflict of interest: same employer or team, you advised them, wrote with them, they score your work, or
# anything else that would make you unsure of yourself? Write `none`, or what it is; then leave the levels empty.
"""


def write_form(desk: Desk, case: Case, rater: str, place: Path) -> Path:
    """Write a reviewer's form for a case.

    Parameters
    ----------
    desk : Desk
        Open.
    case : Case
        Whose panel the reviewer sits on.
    rater : str
        Whose form.
    place : Path
        A folder.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        If they have nothing to score, or the file is there already.
    """
    if all(one.rater != rater for one in case.seats):
        raise UsageError(f"{rater} is no rater of {case.pseudonym}", "panel", "Look: aisa panel status")
    if case.stage not in (Stage.ASSIGNED, Stage.CLEARED, Stage.QUALIFIED) or rater in case.current.seals:
        raise UsageError(f"{rater} has nothing to score for {case.pseudonym}: it is {case.stage}", "panel")
    name = f"{case.pseudonym}.{case.round.replace(' ', '-')}.{rater}.yaml"
    text = form(desk.rubric(case.current.rubric), case, rater, desk.order(case, rater), name)
    return _write(desk, place / name, text)


def write_calibration(desk: Desk, rater: str, anchors: Sequence[Anchor], place: Path) -> Path:
    """Write a reviewer's form for the anchors.

    Parameters
    ----------
    desk : Desk
        Open.
    rater : str
        Whose form.
    anchors : sequence of Anchor
        What is scored.
    place : Path
        A folder.

    Returns
    -------
    Path
        What was written.
    """
    name = f"calibration.{rater}.yaml"
    rubric = desk.rubric("capstone")
    lines = [_CALIBRATION.format(rater=rater, top=TOP_LEVEL, name=name).rstrip(), f"rater: {_quoted(rater)}"]
    lines += [f"rubric: {rubric.digest}", *(line for one in rubric.criteria for line in _levels(one)), "anchors:"]
    for anchor in anchors:
        lines += [f"  - id: {_quoted(anchor.id)}  # {anchor.document}", "    levels:"]
        lines += [f"      {one.id}:  # {one.title}" for one in rubric.criteria]
    return _write(desk, place / name, "\n".join(lines) + "\n")


def form(rubric: Rubric, case: Case, rater: str, order: Sequence[str], name: str) -> str:
    """The text of a form.

    Parameters
    ----------
    rubric : Rubric
        That the work is scored by.
    case : Case
        Whose pseudonym and round it says.
    rater : str
        Whose form.
    order : sequence of str
        Criteria as this reviewer reads them.
    name : str
        What the file will be called.

    Returns
    -------
    str
        YAML; its comments hold the rubric.
    """
    seat = case.seat(rater)
    said = {"rater": rater, "case": case.pseudonym, "round": case.round}
    lines = [_HEAD.format(**said, top=TOP_LEVEL, name=name).rstrip()]
    lines += [f"{key}: {_quoted(value)}" for key, value in said.items()]
    lines += [f"rubric: {rubric.digest}", _CONFLICT.rstrip()]
    lines.append("conflict: none  # as you declared" if seat and seat.declared else 'conflict: ""')
    lines.append("scores:")
    for id_ in order:
        lines += ["", *_levels(rubric.criterion(id_)), f"  {id_}:", "    level:", '    comment: ""']
    return "\n".join([*lines, "", "# On the whole, if there is something to add.", 'remark: ""']) + "\n"


def _levels(one: Criterion) -> Iterator[str]:
    floor = f", floor {one.floor}" if one.floor else ""
    where = f", read in {', '.join(one.sections)}" if one.sections else ""
    yield f"  # {one.id} {one.title} (weight {one.weight:g}{floor}{where})"
    for number, level in enumerate(one.levels):
        start = f"  #   {number}  {level.name}: "
        yield from textwrap.wrap(level.says, _WIDTH, initial_indent=start, subsequent_indent="  #      ")


def _write(desk: Desk, path: Path, text: str) -> Path:
    if path.exists():
        raise UsageError("is there already, and may be filled in", str(path), "Name another place, or move it.")
    files.write(desk.course.root, path.absolute(), text.encode(), 0o600)
    return path


def _quoted(said: str) -> str:
    return json.dumps(said, ensure_ascii=False)
