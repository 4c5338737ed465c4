"""`aisa capstone`: briefs and documents in a course, exit codes, JSON."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from graders.capstone import evidence, folders
from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex
from graders.capstone.packs import USE_CASES, use_case
from graders.capstone.writing import claims_yaml
from graders.cli import app
from graders.course import load
from graders.course.founding import init


def named(name):
    """A student who works on a use case."""
    return f"student-{name.replace('_', '-')}"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course") / "c"
    init(root, course_id="c", students=("student-01", "student-02", *map(named, USE_CASES)))
    (root / ".aisa" / "secret").write_text("5a" * 32)  # the same briefs in every run
    return root


def run(*words):
    return CliRunner().invoke(app, ["capstone", *map(str, words)])


def test_briefs_are_written_for_the_roster(course):
    ran = run("brief", "--course", course, "--json")
    assert ran.exit_code == 0, ran.output
    assert len(json.loads(ran.output)) == 2 + len(USE_CASES)
    one, two = ((course / "capstone" / f"student-0{n}" / "brief.md").read_text() for n in (1, 2))
    assert one != two
    assert "student-01" in one
    assert "`req.slo_ttft_p99`" in one
    given = json.loads((course / "capstone/student-01/brief/brief.json").read_text())
    made = folders.brief_of(load(course), "student-01", "llm_serving")
    assert given["values"] == made.values
    trace = (course / "capstone/student-01/brief/trace.csv").read_text().splitlines()
    assert trace[0] == "arrivals_s,prompt_tokens,output_tokens,prefix_tokens"
    assert len(trace) == 2401


def test_a_new_document_asks_for_everything_and_is_never_written_over(course):
    assert run("new", "student-02", "--course", course).exit_code == 0
    design = course / "capstone/student-02/design"
    ran = run("check", "student-02", "--course", course, "--no-evidence", "--json")
    assert ran.exit_code == 1
    report = json.loads(ran.output)
    codes = {one["code"] for one in report["findings"]}
    assert {"missing-claim", "empty-section"} <= codes
    assert not codes & {"unreadable-file", "not-the-brief", "unknown-unit", "missing-section"}
    again = run("new", "student-02", "--course", course)
    assert again.exit_code != 0
    selfchecked = subprocess.run(
        [sys.executable, "-I", "-B", "selfcheck"], cwd=design, capture_output=True, text=True, check=False
    )
    assert selfchecked.returncode == 1
    assert "is missing" in selfchecked.stdout
    assert selfchecked.stderr == ""


@pytest.mark.parametrize("name", USE_CASES)
def test_a_right_document_of_a_student_passes_with_its_notebooks_run(course, name):
    """Written from the student's own brief; the notebooks of the sample read the student's own data.

    Which use case it is stands in the brief: later commands are not told.
    """
    student, case = named(name), use_case(name)
    assert run("brief", student, "--use-case", name, "--course", course).exit_code == 0
    brief = folders.brief_of(load(course), student, name)
    graph = Graph(PackIndex(case.pack), brief)
    document = case.sample.instantiated(brief, graph)
    design = course / "capstone" / student / "design"
    design.mkdir(parents=True)
    for path in case.sample.folder.rglob("*"):
        if path.is_file():
            target = design / path.relative_to(case.sample.folder)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    (design / "claims.yaml").write_text(claims_yaml(name, document.claims.values()))
    ran = run("check", student, "--course", course, "--allow-unsafe")
    assert ran.exit_code == 0, ran.output
    assert "0 findings. Gate: passed." in ran.output
    driver = case.pack.levers[0].claim
    asked = run("defend", student, "--course", course, "--set", f"{driver}=x2", "--json")
    assert asked.exit_code == 0
    assert len(json.loads(asked.output)["claims"]) > 2


def test_the_brief_says_the_use_case_and_the_document_where_there_is_none(course):
    opened = load(course)
    assert folders.use_case_of(opened, "student-02", "training_cluster") == "llm_serving"  # its brief was written
    (course / "capstone/student-02/brief/brief.json").rename(course / "elsewhere.json")
    assert folders.use_case_of(opened, "student-02", "training_cluster") == "training_cluster"
    assert folders.use_case_of(opened, "student-02") == "llm_serving"
    (course / "elsewhere.json").rename(course / "capstone/student-02/brief/brief.json")
    assert run("check", "--sample", "--use-case", "training_cluster", "--no-evidence").exit_code == 0


def test_wrong_use_is_said(course):
    for words in (
        ("check", "student-77", "--course", course),
        ("check", "student-02", "--course", course, "--use-case", "lunch"),
        ("defend", "--sample", "--set", "nonsense"),
        ("check",),
        ("brief", "../../elsewhere", "--course", course),
    ):
        ran = run(*words)
        assert ran.exit_code != 0
        assert type(ran.exception).__name__ == "UsageError"


def test_a_notebook_that_fails_or_lies_is_told(document, brief):
    def notebook(*sources):
        cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
        return json.dumps({"cells": cells}).encode()

    files = {"evidence/prototype.ipynb": notebook("1 / 0"),
             "evidence/validation.ipynb": notebook("val_points = 'many'", "val_model_error = 0.5")}  # fmt: skip
    readings = evidence.run(dataclasses.replace(document, files=files), brief, allow_unsafe=True)
    assert readings["evidence/prototype.ipynb", "opt_ttft_p99"] == "cell 1 ended with error"
    assert readings["evidence/validation.ipynb", "val_points"] == "the variable holds no finite number"
    assert readings["evidence/validation.ipynb", "val_model_error"] == 0.5
    assert readings["evidence/validation.ipynb", "val_bias_low"] == "the variable is missing"
    broken = dataclasses.replace(document, files=dict.fromkeys(files, b"{}"))
    assert "no notebook" in str(
        evidence.run(broken, brief, allow_unsafe=True)["evidence/validation.ipynb", "val_points"]
    )
