"""A crash in the middle of a step loses nothing, and the step done again is done once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graders.course import load
from graders.panel import records
from graders.panel.checking import examine
from graders.panel.desk import Desk
from graders.panel.form import write_form
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CRITERIA
from tests.panel.test_forms import filled

_ROOT = Path(__file__).resolve().parents[2]
_KINDS = {"import": records.SEALED, "reveal": records.REVEALED, "decide": records.DECIDED}


def before(step: str, place: Path) -> Path:
    """A course one step before."""
    with Desk(panels.course(place)) as desk:
        case = panels.qualified(desk)
        if step == "import":
            path = write_form(desk, case, "rater-1", place)
            filled(path).rename(place / "form.yaml")
        else:
            panels.seal_all(desk)
            if step == "decide":
                desk.reveal(CANDIDATE)
    return place


def run(step: str, last: int, course: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.panel.interrupted", step, str(last), str(course)]
    return subprocess.run(program, cwd=_ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("step", ["import", "reveal", "decide"])
def test_killed_at_every_write_and_done_again(step, tmp_path):
    start = before(step, tmp_path / "start")
    whole = run(step, 0, shutil.copytree(start, tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    writes = int(whole.stdout)
    assert writes >= 3
    for last in range(1, writes + 1):
        course = shutil.copytree(start, tmp_path / str(last))
        assert run(step, last, course).returncode == -signal.SIGKILL
        with Desk(load(course)) as desk:
            assert desk.ledger.entries(kinds=[_KINDS[step]]) == (), "all of it or nothing"
            assert examine(desk) == ()
        again = run(step, 0, course)
        assert again.returncode == 0, again.stderr
        with Desk(load(course)) as desk:
            assert len(desk.ledger.entries(kinds=[_KINDS[step]])) == 1
            assert examine(desk) == ()
            case = desk.case(CANDIDATE)
            for commitment in case.rounds[records.DOCUMENT].seals.values():
                assert desk.store.opening(commitment).said["levels"] == dict.fromkeys(CRITERIA, 3)
        assert run(step, 0, course).returncode == 1, "a third time it is refused: it stands already"
