"""`aisa panel`, as an office uses it, from the empty file to the released decision."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.cli import app
from graders.course import load
from graders.panel.assembly import blocking
from graders.panel.desk import Desk
from graders.panel.opening import packet_of
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
    report = document.with_name("report.json")
    report.write_text(json.dumps({"student": CANDIDATE, "findings": []}))

    def run(*words, status=0):
        found = CliRunner().invoke(app, ["panel", *words, "--course", str(made.root)])
        assert found.exit_code == status, (found.output, found.exception)
        return found.output

    run.root, run.document, run.report = made.root, document, report
    run.files = ("--document", str(document), "--findings", str(report))
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
    assert json.loads(aisa("open", CANDIDATE, *aisa.files, "--json"))["stage"] == "gate passed"
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
    aisa("open", CANDIDATE, *aisa.files)
    path = next((aisa.root / "panel" / "packets").iterdir())
    path.write_text(path.read_text().replace("Text", "Texts"))
    assert path.name in aisa("check", status=1)


def refused(aisa, *words):
    done = CliRunner().invoke(app, ["panel", "open", *words, "--course", str(aisa.root)])
    assert done.exit_code
    with Desk(load(aisa.root)) as desk:
        assert desk.case(CANDIDATE).stage == "draft", "nothing was opened"
    return str(done.exception)


def test_a_gate_that_blocks_is_told(aisa):
    found = {"level": "L6", "code": "over-the-roof", "severity": "blocking", "section": "S6", "claim": "mem.x"}
    aisa.report.write_text(json.dumps({"student": CANDIDATE, "findings": [{**found, "message": "too much"}]}))
    assert "gate blocks: L6 over-the-roof mem.x: too much" in refused(aisa, CANDIDATE, *aisa.files)


def test_no_document_passes_the_gate_that_no_check_has_looked_at(aisa):
    """Neither alone: a document without its report would have no finding that blocks it."""
    said = refused(aisa, CANDIDATE, *aisa.files[:2])
    assert "a document without the report of its check" in said
    assert "Give both --document and --findings, or neither" in said
    assert "a report without its document" in refused(aisa, CANDIDATE, *aisa.files[2:])
    assert "there is no such folder" in refused(aisa, CANDIDATE), "a file beside the design is no design"


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({"student": "student-02", "findings": []}, "is the report of 'student-02', expected that of 'student-01'"),
        ({"student": CANDIDATE}, "is no report of a check"),
        ([], "is no report of a check"),
        ({"student": CANDIDATE, "findings": [{"severity": "blocking"}]}, "is no report of a check"),
    ],
)
def test_the_report_of_a_check_is_read_strictly(aisa, report, told):
    aisa.report.write_text(json.dumps(report))
    said = refused(aisa, CANDIDATE, *aisa.files)
    assert told in said
    assert "aisa capstone check STUDENT --json" in said


def test_what_the_check_prints_is_what_the_panel_reads(aisa, tmp_path):
    """The report of a fresh document, as the command prints it: it says what blocks, and so does the panel."""
    student = "student-02"
    for words in (("brief", student), ("new", student)):
        assert CliRunner().invoke(app, ["capstone", *words, "--course", str(aisa.root)]).exit_code == 0
    printed = CliRunner().invoke(app, ["capstone", "check", student, "--json", "--course", str(aisa.root)])
    report = tmp_path / "report.json"
    report.write_text(printed.stdout)
    found = packet_of(load(aisa.root), student, aisa.document, report)
    assert len(blocking(found)) == len(json.loads(printed.stdout)["blocking"]) > 0


def test_a_design_that_does_not_pass_its_check_is_not_brought_before_the_panel(aisa):
    """The check is made here and now, on the brief that the course knows, whatever a list of findings would say."""
    student = "student-02"
    for words in (("brief", student), ("new", student)):
        done = CliRunner().invoke(app, ["capstone", *words, "--course", str(aisa.root)])
        assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["panel", "open", student, "--course", str(aisa.root)])
    assert "the machine's gate blocks" in str(done.exception)
    assert "missing: median prompt" in str(done.exception)
