"""`aisa panel`, as an office uses it, from the empty file to the released decision."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.cli import app
from graders.panel.desk import Desk
from tests.panel import panels
from tests.panel.panels import CANDIDATE


@pytest.fixture
def aisa(tmp_path):
    made = panels.course(tmp_path / "course")
    with Desk(made) as desk:
        panels.calibrate_all(desk)
    document = made.root / "capstone" / CANDIDATE / "design.md"
    document.parent.mkdir(parents=True)
    document.write_text(f"# Serving by {CANDIDATE}\n\n## S1 Context\nText\n\n## S6 Memory\nMore\n")

    def run(*words, status=0):
        found = CliRunner().invoke(app, ["panel", *words, "--course", str(made.root)])
        assert found.exit_code == status, (found.output, found.exception)
        return found.output

    run.root = made.root
    return run


def fill(path, level):
    text = re.sub(r"^    level:$", f"    level: {level}", path.read_text(), flags=re.MULTILINE)
    path.write_text(text.replace('comment: ""', 'comment: "seen"'))


def score(aisa, *values):
    written = [line.removeprefix("wrote ") for line in aisa("form", CANDIDATE).splitlines()]
    for path, level in zip(map(Path, written), values, strict=True):
        fill(path, level)
        aisa("seal", str(path))


def test_the_whole_way(aisa):
    assert json.loads(aisa("open", CANDIDATE, "--json"))["stage"] == "gate passed"
    said = json.loads(aisa("assign", CANDIDATE, "--json"))
    for one in (*said["seats"], said["chair"]):
        aisa("declare", CANDIDATE, "--rater", one["rater"])
    chair = said["chair"]["rater"]
    assert aisa("packet", CANDIDATE).startswith("wrote ")
    page = next((aisa.root / "panel" / "forms").glob("*.html")).read_text()
    assert CANDIDATE not in page
    assert "http://" not in page
    score(aisa, 3, 3, 1)
    assert "range C4" in aisa("reveal", CANDIDATE, status=1)
    form = aisa.root / "panel" / "forms" / aisa("form", CANDIDATE).split("/")[-1].strip()
    form.write_text(re.sub(r'": ""$', '": "talked about; all stand"', form.read_text(), flags=re.MULTILINE))
    aisa("moderate", CANDIDATE, str(form))
    assert "document: 75.0 of 100" in aisa("decide", CANDIDATE)
    score(aisa, 3, 3, 3)
    aisa("reveal", CANDIDATE)
    assert "pass" in aisa("decide", CANDIDATE)
    aisa("sign", CANDIDATE, "--by", chair)
    aisa("release", CANDIDATE)
    (row,) = json.loads(aisa("status", "--json"))
    assert row["stage"] == "released"
    assert "0 faults" in aisa("check")
    assert "1 documents are too few, it takes 5" in aisa("agreement")


def test_a_tampered_log_ends_with_status_1(aisa):
    aisa("open", CANDIDATE)
    path = next((aisa.root / "panel" / "packets").iterdir())
    path.write_text(path.read_text().replace("Text", "Texts"))
    assert path.name in aisa("check", status=1)


def test_a_gate_that_blocks_is_told(aisa, tmp_path):
    path = tmp_path / "findings.json"
    found = {"id": "L6-1", "severity": "blocking", "section": "S6", "claim": "mem.x", "message": "m"}
    path.write_text(json.dumps([found]))
    result = CliRunner().invoke(app, ["panel", "open", CANDIDATE, "--findings", str(path), "--course", str(aisa.root)])
    assert "gate blocks: L6-1" in str(result.exception)


def test_a_design_that_does_not_pass_its_check_is_not_brought_before_the_panel(aisa):
    """The check is made here and now, on the brief that the course knows, whatever a list of findings would say."""
    student = "student-02"
    for words in (("brief", student), ("new", student)):
        done = CliRunner().invoke(app, ["capstone", *words, "--course", str(aisa.root)])
        assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["panel", "open", student, "--course", str(aisa.root)])
    assert "the machine's gate blocks" in str(done.exception)
    assert "missing: median prompt" in str(done.exception)
