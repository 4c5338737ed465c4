"""A backup holds everything that cannot be made again, says what of it does not hold, and comes back whole."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import tarfile
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import insert, select, text

from graders.backup import make, restore, verify
from graders.course import load
from graders.course.attempts import attempts, keep
from graders.course.collection import alone
from graders.course.receipts import IntakeReceipt, write
from graders.errors import CourseError, GraderError, UsageError
from graders.gradebook import Gradebook, snapshot, tables
from graders.gradebook.releases import Version
from tests.gradebook import tiny
from tests.gradebook.databases import engine_of, execute

RESULTS = (tiny.result("first", {"m99_a": 2.0, "m99_b": 1.5}, flags=(tiny.flag(),)), tiny.result("second", {}))


def fill(course):
    """Grade, mark, release and collect, as far as their records are concerned."""
    with Gradebook.open(course) as gradebook:
        for student in ("student-01", "student-02"):
            gradebook.write(tiny.handed_in(student, datetime(2026, 2, 1)), RESULTS)
        gradebook.write_marks([tiny.mark()], lambda mark: mark.comment)
        gradebook.write_version(Version(tiny.SLUG, 1, {"first.ipynb": "0" * 64}, {"m99_a": "1" * 64}, "2026-01-01"))
    for student in ("student-01", "student-02"):
        for content in (b"one", b"two"):
            keep(course, student, tiny.SLUG, {"first": content}, datetime(2026, 2, 1), ["x.ipynb"])
        folder = course.submitted(student, tiny.SLUG)
        folder.mkdir(parents=True)
        (folder / "first.ipynb").write_bytes(b"two")
    said = ("Late by 1 h: it costs nothing.",)
    write(course, IntakeReceipt(tiny.SLUG, "x.ipynb", "student-01", "accepted", 1, "2026-02-01", {}, said))
    return course


@pytest.fixture
def full(open_course):
    """The course on either database."""
    return fill(open_course)


@pytest.fixture
def kept(course):
    """The course with a SQLite gradebook."""
    return fill(course)


def rows(url):
    """Every row of every table."""
    with engine_of(url) as engine, engine.connect() as connection:
        return {
            table.name: sorted(map(repr, (tuple(row) for row in connection.execute(select(table)))))
            for table in snapshot._tables()
        }


def read(course):
    with Gradebook.open(course) as gradebook:
        return (
            gradebook.evidence(tiny.SLUG),
            gradebook.marks(tiny.SLUG),
            gradebook.versions(tiny.SLUG),
            gradebook.unproven(tiny.SLUG),
        )


def files(folder):
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def test_it_is_whole_and_private(kept, tmp_path):
    backup = make(kept, tmp_path / "backup")
    assert verify(tmp_path / "backup") == ()
    assert backup.database == "sqlite"
    names = set(files(tmp_path / "backup"))
    assert set(backup.files) == names - {"backup.json"}
    assert {"gradebook.db", "course/course.yaml", "course/.aisa/secret", "course/nbgrader_config.py"} <= names
    for what in ("attempts", "receipts", "submitted", "source", "release"):
        assert any(name.startswith(f"course/{what}/") for name in names), what
    assert not any(name.startswith(("course/autograded", "course/feedback")) for name in names)
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "backup/course/.aisa/secret").stat().st_mode) == 0o600


def test_one_file_that_nobody_else_reads(kept, tmp_path):
    make(kept, tmp_path / "spring.tar.gz")
    assert stat.S_IMODE((tmp_path / "spring.tar.gz").stat().st_mode) == 0o600
    assert verify(tmp_path / "spring.tar.gz") == ()
    with tarfile.open(tmp_path / "spring.tar.gz") as archive:
        assert {name.partition("/")[0] for name in archive.getnames()} == {"spring"}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["backup", "backup.tar.gz"])
def test_the_course_comes_back_as_it_was(kept, tmp_path, name):
    make(kept, tmp_path / name)
    back = restore(tmp_path / name, tmp_path / "back")
    assert back == replace(load(kept.root), root=back.root, database=back.database)
    assert read(back) == read(kept)
    assert rows(back.database) == rows(kept.database)
    assert attempts(back, "student-01", tiny.SLUG) == attempts(kept, "student-01", tiny.SLUG)
    assert stat.S_IMODE((back.root / ".aisa").stat().st_mode) == 0o700
    assert verify(tmp_path / name) == ()  # nothing of it was changed


def test_a_gradebook_in_either_database_is_kept_as_one_file(full, tmp_path):
    backup = make(full, tmp_path / "backup")
    assert backup.database == full.database.partition(":")[0].partition("+")[0]
    assert verify(tmp_path / "backup") == ()
    assert rows(f"sqlite:///{tmp_path}/backup/gradebook.db") == rows(full.database)


def test_a_gradebook_comes_back_into_a_database_server(full, tmp_path, request):
    if full.database.startswith("sqlite"):
        pytest.skip("the other database's way")
    make(full, tmp_path / "backup")
    server = request.getfixturevalue("postgresql")
    execute(server, "CREATE DATABASE back", isolation_level="AUTOCOMMIT")
    empty = replace(full, database=server.replace("/postgres?", "/back?"))
    snapshot.put_back(empty, tmp_path / "backup" / "gradebook.db")
    assert rows(empty.database) == rows(full.database)
    assert read(empty) == read(full)
    with Gradebook.open(empty) as gradebook:  # and goes on
        gradebook.write_rows(tiny.handed_in("student-03"), RESULTS)
        gradebook.write_marks([tiny.mark(student="student-03")], lambda mark: mark.comment)
        assert gradebook.unproven(tiny.SLUG) == ()
    with pytest.raises(UsageError, match="is not empty"):
        snapshot.put_back(empty, tmp_path / "backup" / "gradebook.db")


def test_it_is_one_state_although_somebody_is_writing(kept, tmp_path):
    """Half of a transaction is there while the backup is made: it has nothing of it, and waits for nobody."""
    before = read(kept)
    with engine_of(kept.database) as engine, engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        half = {"student": "student-03", "assignment": tiny.SLUG, "notebook": "first", "unsafe": "[]", "seal": "x"}
        digests = {"submitted_digest": "s" * 64, "context_digest": "c" * 64, "graded_at": "now"}
        writer.execute(insert(tables.execution), half | digests)
        make(kept, tmp_path / "backup")
        writer.rollback()
    assert verify(tmp_path / "backup") == ()
    assert read(restore(tmp_path / "backup", tmp_path / "back")) == before


def test_it_waits_for_a_collection_to_end(kept, tmp_path):
    with alone(kept), pytest.raises(UsageError, match="is collected already"):
        make(kept, tmp_path / "backup")
    assert list(tmp_path.glob("*backup*")) == []


def test_links_are_named_and_left_out(kept, tmp_path):
    (kept.root / "inbox").mkdir()
    (kept.root / "inbox" / "student-01.ipynb").symlink_to("/etc/passwd")
    (kept.root / "inbox" / "student-02").symlink_to("/etc")
    os.mkfifo(kept.root / "inbox" / "pipe")
    backup = make(kept, tmp_path / "backup")
    assert set(backup.left_out) == {"inbox/student-01.ipynb", "inbox/student-02", "inbox/pipe"}
    assert verify(tmp_path / "backup") == ()


# --- what does not hold -----------------------------------------------------------------------------------------------


def overwrite(path, old=b"", new=b"x"):
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(old, new, 1) if old else new)


def in_gradebook(*statements):
    def spoil(folder):
        with sqlite3.connect(folder / "gradebook.db") as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        resign(folder)

    return spoil


def resign(folder):
    """Make the digests agree again, as somebody who knows the secret could: the inner seals must tell."""
    from graders.backup.making import PURPOSE, digests
    from graders.course.seal import seal

    record = json.loads((folder / "backup.json").read_text())
    record = {name: value for name, value in record.items() if name != "seal"} | {"files": digests(folder)}
    secret = bytes.fromhex((folder / "course/.aisa/secret").read_text().strip())
    (folder / "backup.json").write_text(json.dumps(record | {"seal": seal(secret, PURPOSE, record)}))


def attempt_file(folder, name):
    return sorted((folder / "course/attempts" / tiny.SLUG / "student-01").glob(f"*/{name}"))[0]


def with_resigning(spoil):
    def both(folder):
        spoil(folder)
        resign(folder)

    return both


SPOILS = {
    "a file that is missing": (
        lambda folder: (folder / f"course/submitted/student-01/{tiny.SLUG}/first.ipynb").unlink(),
        "first.ipynb is missing",
    ),
    "a file that was added": (lambda folder: (folder / "course/x").touch(), "course/x does not belong to it"),
    "a file that was changed": (
        lambda folder: overwrite(folder / f"course/submitted/student-01/{tiny.SLUG}/first.ipynb"),
        "first.ipynb was changed: its digest differs",
    ),
    "a record that was changed": (
        lambda folder: overwrite(folder / "backup.json", b'"made_at": "2', b'"made_at": "1'),
        "backup.json was changed: its seal does not hold",
    ),
    "another secret": (
        lambda folder: overwrite(folder / "course/.aisa/secret", new=b"77" * 32),
        "execution 1 of student-01 m99_tiny/first was changed",
    ),
    "a secret that is gone": (lambda folder: (folder / "course/.aisa/secret").unlink(), "the course secret is missing"),
    "no gradebook": (lambda folder: (folder / "gradebook.db").unlink(), "gradebook.db is missing"),
    "a damaged gradebook": (
        lambda folder: os.truncate(folder / "gradebook.db", 20_000),
        "gradebook.db is damaged",
    ),
    "an execution": (
        in_gradebook("DROP TRIGGER aisa_exercise_result_no_update", "UPDATE aisa_exercise_result SET points = 0.5"),
        "execution 1 of student-01 m99_tiny/first was changed: its seal does not hold",
    ),
    "a mark": (
        in_gradebook("DROP TRIGGER aisa_mark_no_update", "UPDATE aisa_mark SET points = 4"),
        "a mark of student-01 m99_tiny/first why was changed",
    ),
    "a release": (
        in_gradebook("DROP TRIGGER aisa_release_no_update", "UPDATE aisa_release SET released_at = 'x'"),
        "release 1 of m99_tiny was changed",
    ),
    "an attempt": (
        with_resigning(lambda folder: overwrite(attempt_file(folder, "first.ipynb"))),
        "first.ipynb: is not what was handed in",
    ),
    "an attempt's record": (
        with_resigning(lambda folder: overwrite(attempt_file(folder, "attempt.json"), b"2026-02-01", b"2026-01-01")),
        "attempt.json: was changed",
    ),
    "a receipt": (
        with_resigning(
            lambda folder: overwrite(
                next((folder / "course/receipts").rglob("*.json")), b'"outcome": "accepted"', b'"outcome": "refused"'
            )
        ),
        "is no receipt of this course",
    ),
}


@pytest.mark.parametrize("what", SPOILS)
def test_what_does_not_hold_is_named_and_not_restored(kept, tmp_path, what):
    spoil, message = SPOILS[what]
    make(kept, tmp_path / "backup")
    spoil(tmp_path / "backup")
    found = verify(tmp_path / "backup")
    assert any(message in one for one in found), found
    with pytest.raises(CourseError, match="not whole"):
        restore(tmp_path / "backup", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_what_is_no_backup(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.tar.gz").write_bytes(b"x")
    for name in ("folder", "file.tar.gz", "nowhere"):
        with pytest.raises(UsageError, match="aisa backup"):
            verify(tmp_path / name)


# --- nothing is written over ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["there", "there.tar.gz"])
def test_a_place_in_use_is_left_alone(kept, tmp_path, name):
    place = tmp_path / name
    place.mkdir() if name == "there" else place.write_text("mine")
    if name == "there":
        (place / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        make(kept, place)
    make(kept, tmp_path / "backup")
    if name == "there":
        with pytest.raises(UsageError, match="is not empty"):
            restore(tmp_path / "backup", place)


def test_a_gradebook_that_is_there_is_not_written_over(kept, tmp_path):
    make(kept, tmp_path / "backup")
    outside = tmp_path / "elsewhere.db"
    outside.write_text("mine")
    settings = tmp_path / "backup" / "course" / "course.yaml"
    overwrite(settings, new=settings.read_bytes() + f"database: sqlite:///{outside}\n".encode())
    resign(tmp_path / "backup")
    with pytest.raises(UsageError, match="is there already"):
        restore(tmp_path / "backup", tmp_path / "back")
    assert outside.read_text() == "mine"
    assert not (tmp_path / "back").exists()


def test_a_full_disk_leaves_nothing_behind(kept, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    for step in ("shutil.copyfile", "tarfile.open"):
        with monkeypatch.context() as patched:
            patched.setattr(step, full)
            with pytest.raises(GraderError, match="No space left"):
                make(kept, tmp_path / "spring.tar.gz")
        assert [path.name for path in tmp_path.iterdir() if "spring" in path.name] == []


def test_a_snapshot_of_a_gradebook_that_is_locked_or_gone(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "_PATIENCE_S", 0.05)
    with engine_of(kept.database) as engine, engine.connect() as writer:
        writer.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(GraderError, match="locked"):
            make(kept, tmp_path / "backup")
        writer.rollback()
    (kept.root / "gradebook.db").unlink()
    with pytest.raises(GraderError, match=r"gradebook\.db"):
        make(kept, tmp_path / "backup")
    assert list(tmp_path.glob("*backup*")) == []


def test_the_database_has_no_table_that_a_snapshot_forgets(kept):
    with engine_of(kept.database) as engine, engine.connect() as connection:
        there = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    assert there - {"sqlite_sequence"} == {table.name for table in snapshot._tables()}
