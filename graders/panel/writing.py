"""Files that go to people: forms, packets. Where they lie, and which of them a case needs now."""

from __future__ import annotations

from pathlib import Path

from graders.course import files
from graders.errors import UsageError
from graders.panel.desk import Desk
from graders.panel.form import write_calibration, write_form
from graders.panel.moderation_form import moderation_form
from graders.panel.packet import load
from graders.panel.pages import packet_page
from graders.panel.records import Case, Stage

_FORMS = "panel/forms"


def write_forms(desk: Desk, student: str, rater: str, to: Path | None) -> tuple[Path, ...]:
    """Write the forms that are due.

    Parameters
    ----------
    desk : Desk
        Open.
    student : str
        Whose case; empty for calibration.
    rater : str
        Only this reviewer's; empty for all who have something to fill in.
    to : Path or None
        A folder.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    UsageError
        If nothing is to be filled in, or a file is there already.
    """
    place = to or desk.course.root / _FORMS
    if not student:
        known = desk.settings
        names = [rater] if rater else [one.id for one in known.reviewers]
        return tuple(write_calibration(desk, known.reviewer(name).id, known.anchors, place) for name in names)
    case = desk.case(student)
    if case.stage is Stage.REVEALED:
        path = place / f"{case.pseudonym}.{case.round.replace(' ', '-')}.moderation.yaml"
        if path.exists():
            raise UsageError("is there already, and may be filled in", str(path), "Name another place, or move it.")
        files.write(desk.course.root, path.absolute(), moderation_form(case).encode(), 0o600)
        return (path,)
    names = [rater] if rater else [one.rater for one in case.seats if one.rater not in case.current.seals]
    if not names:
        raise UsageError(f"there is nothing to fill in for {student}: it is {case.stage}", "panel")
    return tuple(write_form(desk, case, name, place) for name in names)


def write_packet(desk: Desk, case: Case, to: Path | None) -> Path:
    """Write what a reviewer of a case reads.

    Parameters
    ----------
    desk : Desk
        Open.
    case : Case
        That was opened.
    to : Path or None
        A folder.

    Returns
    -------
    Path
        An HTML file.
    """
    if case.stage is Stage.DRAFT:
        raise UsageError(f"there is no case of {case.candidate}", "panel", "Open it: aisa panel open STUDENT")
    path = (to or desk.course.root / _FORMS) / f"{case.pseudonym}.html"
    page = packet_page(load(desk.course, case.work))
    files.write(desk.course.root, path.absolute(), page.encode(), 0o600)
    return path
