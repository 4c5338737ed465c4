"""`python -m tests.resilience.interrupted N COURSE`: `aisa grade`, killed by -9 before the N-th step that writes.

Steps are those that leave something behind: a file put in its place, a statement, a commit. Without N (0) the run is
undisturbed, and the number of its steps is the last line printed.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event
from sqlalchemy.engine import Engine

from graders.course import load
from graders.grading import grade_course
from tests.attacks.attack import SLUG

_AUDITED = frozenset({"os.rename", "os.mkdir", "tempfile.mkstemp", "os.chmod", "os.link", "os.remove"})


class Steps:
    """Counts steps, and ends this process before the chosen one."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def main(last: int, course: str) -> None:
    steps = Steps(last)
    sys.addaudithook(lambda name, _: steps.step() if name in _AUDITED else None)
    for happening in ("begin", "commit", "before_cursor_execute"):
        event.listen(Engine, happening, lambda *_: steps.step())
    grade_course(load(course), SLUG, workers=2)
    print(steps.count)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
