"""`python -m tests.panel.interrupted STEP N COURSE`: a step of the panel, killed by -9 before its N-th write.

Writes are statements that leave something behind, or decide that they do: BEGIN IMMEDIATE, INSERT, COMMIT. Without N
(0) the run is undisturbed, and the number of its writes is the last line printed.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path

from graders.course import load
from graders.panel.desk import Desk
from graders.panel.form_reading import seal_form
from tests.panel.panels import CANDIDATE

_WRITES = ("BEGIN IMMEDIATE", "INSERT", "COMMIT")


def main(step: str, last: int, course: str) -> None:
    count = 0

    def traced(statement: str) -> None:
        nonlocal count
        if statement.startswith(_WRITES):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

    steps = {
        "import": lambda desk: seal_form(desk, Path(course) / "form.yaml"),
        "reveal": lambda desk: desk.reveal(CANDIDATE),
        "decide": lambda desk: desk.decide(CANDIDATE),
    }
    connected: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def followed(*args: object, **options: object) -> sqlite3.Connection:
        connected.append(connect(*args, **options))
        return connected[-1]

    sqlite3.connect = followed
    with Desk(load(Path(course))) as desk:
        for one in connected:
            one.set_trace_callback(traced)
        steps[step](desk)
        print(count)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
