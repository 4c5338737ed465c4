"""A database that is not what it must be gets one clear message, and nothing half-written."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import pytest

from graders.authoring.material import ExerciseEntry, Module
from graders.errors import CourseError, GradebookError, GraderError, UsageError
from graders.gradebook import Gradebook, tables
from tests.gradebook import tiny
from tests.nbgrader_commands import nbgrader

RESULTS = (tiny.result("first", {"m99_a": 2.0}), tiny.result("second", {"m99_c": 1.0}))


def database(course):
    return course.root / "gradebook.db"


def count(course, table):
    with sqlite3.connect(database(course)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def run_sql(course, *statements):
    with sqlite3.connect(database(course)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_opening_does_not_import_nbgrader(course):
    """That alone would take longer than grading fifty submissions."""
    program = (
        "import sys; from graders.course import load; from graders.gradebook import Gradebook;"
        f"Gradebook.open(load({str(course.root)!r})).close(); sys.exit('nbgrader' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_our_descriptions_of_nbgraders_tables_are_right(course):
    with sqlite3.connect(database(course)) as connection:
        for table in tables.nbgrader.sorted_tables:
            columns = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            assert set(table.columns.keys()) <= set(columns), table.name
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert version == tables.NBGRADER_REVISION


def test_a_new_database_is_made_by_nbgrader_and_still_opens_in_it(course):
    database(course).unlink()
    Gradebook.open(course).close()
    assert count(course, "alembic_version") == 1
    assert count(course, "aisa_schema") == 1
    nbgrader(course.root, "generate_assignment", tiny.SLUG, "--force")
    with Gradebook.open(course) as gradebook:
        gradebook.write(tiny.handed_in(), RESULTS)
    assert count(course, "aisa_execution") == 2


def test_a_database_whose_making_was_killed_is_finished(course):
    run_sql(course, "DROP TABLE alembic_version")
    with Gradebook.open(course) as gradebook:
        gradebook.write(tiny.handed_in(), RESULTS)
    assert count(course, "alembic_version") == 1


def test_a_locked_database_is_said_to_be_locked(course):
    with Gradebook.open(course, patience_s=0.05) as gradebook:
        other = sqlite3.connect(database(course), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match=r"gradebook\.db: database is locked.*Another program"):
            gradebook.write_rows(tiny.handed_in(), RESULTS)
        other.execute("ROLLBACK")
        other.close()
        gradebook.write_rows(tiny.handed_in(), RESULTS)
    assert count(course, "aisa_execution") == 2


def test_a_full_disk_leaves_nothing_half_written(course):
    with Gradebook.open(course) as gradebook:
        with gradebook._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the limit never falls below what is there
        many = [tiny.handed_in(f"student-{number:03}") for number in range(200)]
        with pytest.raises(GradebookError, match=r"full.*Free some disk space"):
            for submission in many:
                gradebook.write_rows(submission, RESULTS)
        written = count(course, "submitted_assignment")
        assert written < 200
        assert count(course, "aisa_execution") == 2 * written
        assert count(course, "grade") == 5 * written
        assert gradebook.unproven(tiny.SLUG) == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everything")
def test_a_read_only_database_can_be_looked_at(course):
    Gradebook.open(course).close()
    database(course).chmod(stat.S_IRUSR)
    with Gradebook.open(course) as gradebook:
        assert gradebook.unproven(tiny.SLUG) == ()
        with pytest.raises(GradebookError, match=r"readonly.*Make the file"):
            gradebook.write_rows(tiny.handed_in(), RESULTS)


def test_a_file_that_is_no_database(course):
    database(course).write_bytes(b"not a database, but long enough to have a header of its own" * 100)
    with pytest.raises(GradebookError, match=r"not a database.*Restore it"):
        Gradebook.open(course)


def test_a_folder_in_its_place(course):
    database(course).unlink()
    database(course).mkdir()
    with pytest.raises(GradebookError, match="unable to open"):
        Gradebook.open(course)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE alembic_version SET version_num = '282d30a0218e'",
            "revision 282d30a0218e, expected .* e43177bfe90b",
        ),
        ("ALTER TABLE grade DROP COLUMN extra_credit", r"lacks grade\.extra_credit.*nbgrader db upgrade"),
        ("UPDATE aisa_schema SET version = 99", "of version 99, expected 3"),
    ],
)
def test_another_version_is_refused(course, statement, message):
    Gradebook.open(course).close()
    run_sql(course, statement)
    with pytest.raises(GradebookError, match=message):
        Gradebook.open(course)


def test_what_an_older_aisa_made_is_brought_up_to_date(course):
    """Version 1 had no marks: its evidence stays, its seals hold."""
    plain = [replace(one, written=()) for one in RESULTS]
    with Gradebook.open(course) as gradebook:
        gradebook.write(tiny.handed_in(), plain)
    run_sql(course, "DROP TABLE aisa_mark", "DROP TABLE aisa_written_answer", "UPDATE aisa_schema SET version = 1")
    with Gradebook.open(course) as gradebook:
        assert gradebook.unproven(tiny.SLUG) == ()
        assert gradebook.marks(tiny.SLUG) == {}
        gradebook.write(tiny.handed_in(), RESULTS)
    assert count(course, "aisa_execution") == 4
    with sqlite3.connect(database(course)) as connection:
        assert connection.execute("SELECT version FROM aisa_schema").fetchall() == [(3,)]
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM aisa_written_answer")


def test_a_password_is_never_printed(course):
    away = replace(course, database="postgresql+psycopg://aisa:hush@127.0.0.1:1/grades")
    with pytest.raises(GradebookError) as refusal:
        Gradebook.open(away, patience_s=0.1)
    assert "hush" not in str(refusal.value)
    assert "127.0.0.1" in str(refusal.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "mysql+nothing://x/y"])
def test_what_is_no_database_of_ours(course, url):
    with pytest.raises(CourseError):
        Gradebook.open(replace(course, database=url))


def test_a_failure_half_way_changes_nothing(course, monkeypatch):
    with Gradebook.open(course) as gradebook:
        gradebook.write_rows(tiny.handed_in(), RESULTS)
        append = sys.modules["graders.gradebook.evidence"].append

        def fails_at_the_second(connection, secret, execution):
            if execution.result.notebook == "second":
                raise GraderError("the plug was pulled")
            append(connection, secret, execution)

        monkeypatch.setattr("graders.gradebook.evidence.append", fails_at_the_second)
        before = list(sqlite3.connect(database(course)).iterdump())
        with pytest.raises(GraderError, match="plug"):
            gradebook.write_rows(tiny.handed_in(), (tiny.result("first", {"m99_a": 1.0}), RESULTS[1]))
        with pytest.raises(GraderError, match="plug"):
            gradebook.write_rows(tiny.handed_in("student-02"), RESULTS)
    assert list(sqlite3.connect(database(course)).iterdump()) == before


def test_what_was_never_released(course):
    with Gradebook.open(course) as gradebook:
        with pytest.raises(UsageError, match=r"m98_other is not in the gradebook.*aisa release m98_other"):
            gradebook.write_rows(replace(tiny.handed_in(), assignment="m98_other"), RESULTS)
        assert gradebook.known("m98_other") == {}
        with pytest.raises(CourseError, match="no notebook third"):
            gradebook.write_rows(tiny.handed_in(), [replace(RESULTS[0], notebook="third")])


def test_a_release_that_is_older_than_the_material(course, tmp_path):
    def module(points):
        entry = ExerciseEntry("m99_a", "A", "function", "first", points, 1.0)
        return Module(tiny.SLUG, "Tiny", 1, 1.0, (), tmp_path, ("first",), (entry,), (), ())

    with Gradebook.open(course) as gradebook:
        gradebook.require_released(module(2.0))
        with pytest.raises(CourseError, match=r"says 2 points in first of m99_a, module\.yaml 7 in first"):
            gradebook.require_released(module(7.0))


def test_the_roster_and_due_dates_come_into_the_gradebook(course):
    enrolled = replace(course, students=("student-01", "student-02"), due={tiny.SLUG: datetime(2026, 5, 1)})
    with Gradebook.open(enrolled) as gradebook:
        gradebook.enrol()
        gradebook.enrol()
    with sqlite3.connect(database(course)) as connection:
        assert connection.execute("SELECT id FROM student ORDER BY id").fetchall() == [("student-01",), ("student-02",)]
        assert connection.execute("SELECT duedate FROM assignment").fetchall() == [("2026-05-01 00:00:00.000000",)]
