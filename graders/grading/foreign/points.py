"""From how a test cell ended to its points, as nbgrader reads them, where it reads them rightly.

A test cell that came to its end earns all its points; one that did not earns none. If its last expression is a number,
that is the points: nbgrader's way of giving a part of them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from graders.records import CellRun, CheckResult, ExerciseResult, Flag

_MESSAGE = "The tests of this cell, run in the student's own interpreter."
_NAME = re.compile(r"[A-Za-z_]\w{0,63}")


@dataclass(frozen=True, slots=True)
class Scored:
    """A test cell, scored.

    Attributes
    ----------
    result : ExerciseResult
    flags : tuple of Flag
        What a human should look at.
    """

    result: ExerciseResult
    flags: tuple[Flag, ...]


def scored(cell: str, worth: float, run: CellRun | None, digest: str) -> Scored:
    """Score one test cell.

    Parameters
    ----------
    cell : str
        Its grade id.
    worth : float
        Points that it can earn.
    run : CellRun or None
        How it ended; None where it never ran.
    digest : str
        Of all that the result depends on, the submission excepted.

    Returns
    -------
    Scored
    """
    points, reason, odd = _points(worth, run)
    check = CheckResult("tests", _MESSAGE, 1.0, kept=points == worth, reason=reason)
    flags = [Flag("odd-score", cell, odd)] if odd else []
    for kind, what in run.found if run else ():
        flags.append(Flag(kind, cell, _FOUND[kind].format(what=what)))
    return Scored(ExerciseResult(cell, points, worth, (check,), digest=digest), tuple(flags))


_FOUND = {
    "replaced": "{what} had been replaced; it was put back before the course's cell ran.",
    "redefined": "The cell reads {what!r}, to which the notebook has given another meaning.",
    "lying": "A value of the notebook's own class {what} answers for itself when it is compared.",
    "unfinished": "The cell claims to have passed, but {what}.",
}


def _points(worth: float, run: CellRun | None) -> tuple[float, str, str]:
    """Points, why they are not all, and what is odd about them."""
    if run is None or run.status != "ok":
        return 0.0, _failure(run), ""
    number = _number(run.shown)
    if number is None:
        return worth, "", ""
    if math.isnan(number) or number < 0.0:
        return 0.0, f"its score is {number:g}", f"The last value is {number:g}, which is no score."
    if number > worth:
        return worth, "", f"The last value is {number:g}, more than the {worth:g} points of the cell."
    return number, "" if number == worth else f"its score is {number:g} of {worth:g}", ""


def _number(shown: str) -> float | None:
    try:
        return float(shown)
    except ValueError:
        return None


def _failure(run: CellRun | None) -> str:
    if run is None:
        return "it did not run"
    if run.status == "error":
        raised = [str(output.get("ename", "")) for output in run.outputs if output.get("output_type") == "error"]
        named = raised and _NAME.fullmatch(raised[-1])
        return f"raised {raised[-1]}" if named else "failed"
    said = {"timeout": "out of time", "memory": "out of memory", "skipped": "no time was left to run it"}
    return said.get(run.status, "its process ended")
