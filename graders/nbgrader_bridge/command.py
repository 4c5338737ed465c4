"""nbgrader's own commands, run as an instructor would run them: in the course, with the course's settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from graders.course.course import Course
from graders.errors import GraderError

_RAISED = re.compile(r"^\s*(?:\w+\.)*\w*(?:Error|Exception|Entry): (.+)$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(course: Course, command: str, *arguments: str) -> str:
    """Run one of nbgrader's commands.

    Parameters
    ----------
    course : Course
        Where it runs.
    command : str
        Such as `generate_assignment`.
    *arguments : str
        What follows it.

    Returns
    -------
    str
        What it said.

    Raises
    ------
    GraderError
        If it failed, with what went wrong in it.
    """
    line = [sys.executable, "-W", "ignore", "-m", "nbgrader", command, *arguments]
    said = {"JUPYTER_PLATFORM_DIRS": "1", "NO_COLOR": "1"}  # else it warns of where its settings lie
    environment = {**os.environ, **said}
    done = subprocess.run(line, cwd=course.root, env=environment, check=False, capture_output=True, text=True)  # noqa: S603
    told = _COLOUR.sub("", done.stderr + done.stdout)
    if done.returncode:
        raised = _RAISED.findall(told)  # of nested failures the innermost is told first
        found = raised[0] if raised else told.strip().rpartition("\n")[2]
        do = f"Run `nbgrader {command} {' '.join(arguments)} --debug` in {course.root} to see all that it says."
        raise GraderError(f"nbgrader {command} failed: {found[:400]}", do=do)
    return told
