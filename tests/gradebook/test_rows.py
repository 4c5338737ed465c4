"""What is written is what unmodified nbgrader writes for the same notebooks."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from graders.course import load
from graders.errors import CourseError
from graders.gradebook import Gradebook
from graders.records import NotebookResult
from tests.gradebook import tiny

ANSWER = {"m99_a": "def m99_a(): return 1"}
BLANK = (tiny.result("first", {}), tiny.result("second", {}))
PARTIAL = (tiny.result("first", {"m99_a": 2.0, "m99_b": 1.5}, ANSWER), tiny.result("second", {"m99_c": 1.0}))
ONE_MISSING = (PARTIAL[0], tiny.result("second"))
LESS = (tiny.result("first", {"m99_a": 1.0}, ANSWER), PARTIAL[1])
GRADES = """
    SELECT sa.student_id, sa.timestamp, n.name, b.name, g.auto_score, g.manual_score, g.extra_credit,
           g.needs_manual_grade, sn.late_submission_penalty, sn.flagged
    FROM grade g JOIN submitted_notebook sn ON sn.id = g.notebook_id JOIN notebook n ON n.id = sn.notebook_id
    JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN base_cell b ON b.id = g.cell_id
    ORDER BY 1, 3, 4"""
COMMENTS = """
    SELECT sa.student_id, n.name, b.name, c.auto_comment, c.manual_comment
    FROM comment c JOIN submitted_notebook sn ON sn.id = c.notebook_id JOIN notebook n ON n.id = sn.notebook_id
    JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN base_cell b ON b.id = c.cell_id
    ORDER BY 1, 2, 3"""

# nbgrader's own steps, on the documents that we made: the points are read from the test cells' outputs
NBGRADERS_WAY = """
import json, sys, nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades
from traitlets.config import Config
url, slug = sys.argv[1:]
sys.path.insert(0, '.')
for student, stamp, rule, documents in json.load(sys.stdin):
    config = Config()
    if "." in rule:
        config.AssignLatePenalties.plugin_class = rule
    else:
        config.LateSubmissionPlugin.penalty_method = rule
    with Gradebook(url, "tiny") as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(slug, student, **({"timestamp": stamp} if stamp else {}))
        for name in [name for name, document in documents.items() if document is None]:
            for grade in gradebook.find_submission_notebook(name, slug, student).grades:
                grade.auto_score, grade.needs_manual_grade = 0, False
        gradebook.db.commit()
    for name, document in documents.items():
        about = {"student": student, "assignment": slug, "notebook": name, "db_url": url}
        for step in (CheckCellMetadata, SaveAutoGrades, AssignLatePenalties) if document else ():
            step(config=config).preprocess(nbformat.from_dict(document), {"nbgrader": about})
"""

PLUGIN = """
from nbgrader.plugins import LateSubmissionPlugin


class PerHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        if student_id == "late-pardoned":
            return None
        return total_seconds_late / 3600 * (0.5 if student_id != "late-rewarded" else -1)
"""
PER_HOUR = "penalties.PerHour"
DUE = datetime(2026, 2, 1)
LATE = datetime(2026, 2, 1, 1)

EXTENDED = "UPDATE submitted_assignment SET extension = '1970-01-01 02:00:00.0'"
STAMPED = "UPDATE submitted_assignment SET timestamp = '2026-02-03 00:00:00.0'"
MARKED = "UPDATE grade SET manual_score = 1.25, extra_credit = 0.5, needs_manual_grade = 0"


@dataclass(frozen=True)
class Case:
    """A student's submission, and what had happened to it before."""

    results: tuple[NotebookResult, ...]
    timestamp: datetime | None = None
    rule: str = "none"
    before: tuple[NotebookResult, ...] = ()
    then: str = ""


CASES = {
    "blank": Case(BLANK),
    "partial": Case(PARTIAL),
    "one-missing": Case(ONE_MISSING),
    "all-missing": Case((tiny.result("first"), tiny.result("second"))),
    "in-time": Case(PARTIAL, DUE, "zero"),
    "late": Case(PARTIAL, LATE),
    "late-zero": Case(PARTIAL, LATE, "zero"),
    "late-zero-missing": Case(ONE_MISSING, LATE, "zero"),
    "late-zero-blank": Case(BLANK, LATE, "zero"),
    "late-per-hour": Case(PARTIAL, LATE, PER_HOUR),
    "late-for-days": Case(PARTIAL, datetime(2026, 2, 9), PER_HOUR),
    "late-pardoned": Case(
        PARTIAL, LATE, PER_HOUR, PARTIAL, "UPDATE submitted_notebook SET late_submission_penalty = 1"
    ),
    "late-rewarded": Case(PARTIAL, LATE, PER_HOUR),
    "in-time-per-hour": Case(PARTIAL, DUE, PER_HOUR),
    "extended": Case(PARTIAL, LATE, "zero", PARTIAL, EXTENDED),
    "again": Case(LESS, None, "none", PARTIAL),
    "again-late": Case(LESS, LATE, "zero", PARTIAL),
    "lost-time": Case(LESS, None, "zero", PARTIAL, STAMPED),
    "marked": Case(LESS, LATE, "zero", PARTIAL, MARKED),
    "credited": Case(LESS, LATE, "zero", PARTIAL, "UPDATE grade SET extra_credit = 0.5"),
    "negative": Case(LESS, LATE, "zero", PARTIAL, "UPDATE grade SET manual_score = -9"),
    "commented": Case(BLANK, None, "none", PARTIAL, "UPDATE comment SET manual_comment = 'Well done.'"),
}


@pytest.fixture(scope="module")
def both(template, tmp_path_factory):
    """The same submissions, written by us and by unmodified nbgrader."""
    folder = tmp_path_factory.mktemp("both")
    ours, theirs = (load(shutil.copytree(template, folder / name)) for name in ("ours", "theirs"))
    for course in (ours, theirs):
        (course.root / "penalties.py").write_text(PLUGIN)
        sql(course, f"UPDATE assignment SET duedate = '{DUE}.000000'")
        with Gradebook.open(course) as gradebook:
            for student, case in CASES.items():
                if case.before:
                    gradebook.write_rows(tiny.handed_in(student), case.before)
        for student, case in CASES.items():
            if case.then:
                sql(course, case.then + only(case.then, student))
    for student, case in CASES.items():
        with Gradebook.open(replace(ours, late=case.rule)) as gradebook:
            gradebook.write_rows(tiny.handed_in(student, case.timestamp), case.results)
    jobs = [
        (student, str(case.timestamp or ""), case.rule, {one.notebook: one.document for one in case.results})
        for student, case in CASES.items()
    ]
    line = [sys.executable, "-W", "ignore", "-c", NBGRADERS_WAY, theirs.database, tiny.SLUG]
    subprocess.run(line, input=json.dumps(jobs), check=True, capture_output=True, text=True, cwd=theirs.root)
    return ours, theirs


def only(statement, student):
    """Restrict a change to one student's rows."""
    if "submitted_assignment" in statement:
        return f" WHERE student_id = '{student}'"
    mine = f"SELECT id FROM submitted_assignment WHERE student_id = '{student}'"
    return f" WHERE notebook_id IN (SELECT id FROM submitted_notebook WHERE assignment_id IN ({mine}))"


def rows(course, query=GRADES):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        return connection.execute(query).fetchall()


def sql(course, *statements):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("student", CASES)
def test_rows_are_those_of_unmodified_nbgrader(both, student):
    for query in (GRADES, COMMENTS):
        ours, theirs = ([row for row in rows(course, query) if row[0] == student] for course in both)
        assert ours == theirs
        assert len(ours) == 5


def test_the_cases_are_not_all_alike(both):
    found = {row[0]: row for row in rows(both[0]) if row[3] == "m99_a"}
    assert found["late-zero"][8] == 3.5
    assert found["late"][8] is found["in-time"][8] is found["extended"][8] is None
    assert (found["late-per-hour"][8], found["late-for-days"][8]) == (0.5, 3.5)
    assert (found["late-pardoned"][8], found["late-rewarded"][8], found["in-time-per-hour"][8]) == (None, 0.0, None)
    assert found["marked"][5:8] == (1.25, 0.5, 1)
    assert found["one-missing"][4] == 2.0
    assert found["all-missing"][4] == 0.0


def test_writing_again_changes_values_in_place(course, gradebook):
    gradebook.write(tiny.handed_in(), BLANK)
    ids = rows(course, "SELECT id FROM grade UNION SELECT id FROM comment UNION SELECT id FROM submitted_notebook")
    gradebook.write(tiny.handed_in(), PARTIAL)
    gradebook.write(tiny.handed_in(), PARTIAL)
    again = rows(course, "SELECT id FROM grade UNION SELECT id FROM comment UNION SELECT id FROM submitted_notebook")
    assert again == ids
    assert {row[3]: row[4] for row in rows(course)} == {"m99_a": 2, "m99_b": 1.5, "why": None, "essay": 0, "m99_c": 1}
    assert rows(course, "SELECT count(*) FROM aisa_execution") == [(6,)]
    assert rows(course, "SELECT count(*) FROM submitted_assignment") == [(1,)]


def test_a_time_once_known_is_not_forgotten(course, gradebook):
    gradebook.write(tiny.handed_in(timestamp=datetime(2026, 2, 1)), BLANK)
    gradebook.write(tiny.handed_in(), BLANK)
    assert {row[1] for row in rows(course)} == {"2026-02-01 00:00:00.000000"}


def test_the_notebook_lies_where_formgrader_looks(course, gradebook):
    gradebook.write(tiny.handed_in(timestamp=datetime(2026, 2, 1)), PARTIAL)
    folder = course.autograded("student-01", tiny.SLUG)
    assert json.loads((folder / "first.ipynb").read_bytes()) == PARTIAL[0].document
    assert (folder / "timestamp.txt").read_text() == "2026-02-01 00:00:00 UTC"
    assert (folder / "data" / "table.csv").read_text() == "a\n1\n"
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o444}
    gradebook.write(tiny.handed_in(), ONE_MISSING)
    assert not (folder / "second.ipynb").exists()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("nowhere.PerHour", "is no plugin"),
        ("penalties.Nothing", "is no plugin"),
        ("penalties.Empty", "has no late_submission_penalty"),
        ("penalties.Broken", r"penalties\.Broken failed for student-01 \(ZeroDivisionError"),
    ],
)
def test_a_late_rule_that_cannot_be_meant(course, rule, message):
    broken = "class Broken:\n    def late_submission_penalty(self, *late):\n        return 1 / 0\n"
    (course.root / "penalties.py").write_text(f"class Empty:\n    pass\n\n\n{broken}")
    sys.modules.pop("penalties", None)
    sql(course, f"UPDATE assignment SET duedate = '{DUE}.000000'")
    with Gradebook.open(replace(course, late=rule)) as gradebook, pytest.raises(CourseError, match=message) as refusal:
        gradebook.write_rows(tiny.handed_in("student-01", LATE), PARTIAL)
    assert "course.yaml: late" in str(refusal.value)
    assert rows(course) == []
