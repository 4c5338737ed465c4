"""Whatever lies in a submission's folder gets one clear message, and is read once at most."""

from __future__ import annotations

import json
import os
import socket
from datetime import datetime

import pytest

from graders.course import init, intake, parse_notebook, read_submission, submitted_students
from graders.errors import SubmissionError

SLUG = "m02_tools_methods"
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def course(tmp_path):
    return init(tmp_path / "course", students=["student-01", "student-02"])


@pytest.fixture
def folder(course):
    path = course.submitted("student-01", SLUG)
    path.mkdir(parents=True)
    (path / "practical.ipynb").write_bytes(NOTEBOOK)
    return path


def read(course, student="student-01"):
    return read_submission(course, student, SLUG, expected=("practical",))


def test_a_submission_is_its_notebooks_and_its_time(course, folder):
    (folder / "timestamp.txt").write_text("2026-02-03 15:58:23.948203 UTC")
    (folder / "data").mkdir()
    (folder / "data" / "counters.csv").write_text("changed")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "practical-checkpoint.ipynb").write_text("old")
    submission = read(course)
    assert dict(submission.notebooks) == {"practical": NOTEBOOK}
    assert submission.timestamp == datetime(2026, 2, 3, 15, 58, 23, 948203)
    assert submission.flags == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-03 15:58:23 +0200", datetime(2026, 2, 3, 13, 58, 23)),
        ("2026-07-03 15:58:23 Europe/Vienna", datetime(2026, 7, 3, 13, 58, 23)),
        ("2026-02-03 15:58:23.5", datetime(2026, 2, 3, 15, 58, 23, 500000)),
        ("2026-02-03T15:58:23+01:00", datetime(2026, 2, 3, 14, 58, 23)),
        ("yesterday", None),
        ("2026-02-03 15:58:23 ../../etc/passwd", None),
        ("0001-01-01 00:00:00 +0100", None),
        ("\0\xff", None),
        ("", None),
    ],
)
def test_when_it_was_handed_in(course, folder, text, moment):
    (folder / "timestamp.txt").write_text(text)
    submission = read(course)
    assert submission.timestamp == moment
    assert [flag.kind for flag in submission.flags] == ([] if moment else ["timestamp"])


def test_files_that_are_not_asked_for_are_named_and_not_read(course, folder):
    (folder / "other.ipynb").write_text("x")
    (folder / "notes.txt").write_text("x")
    assert [(flag.kind, flag.where) for flag in read(course).flags] == [
        ("extra-file", "notes.txt"),
        ("extra-file", "other.ipynb"),
    ]


def test_who_handed_something_in(course, folder):
    (course.root / "submitted" / "student-02" / "m01_other").mkdir(parents=True)
    (course.root / "submitted" / "stranger").mkdir()
    (course.root / "submitted" / "stranger" / SLUG).symlink_to(folder)
    assert submitted_students(course, SLUG) == ["stranger", "student-01"]
    assert submitted_students(course, "m03_nothing") == []


def replace_by_link(folder):
    (folder / "practical.ipynb").unlink()
    (folder / "practical.ipynb").symlink_to(folder.parents[2] / "source" / SLUG / "practical.ipynb")


def link_a_folder(folder):
    (folder / "data").symlink_to(folder.parents[2] / ".aisa")


def link_the_submission(folder):
    moved = folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(moved)


def link_the_student(folder):
    moved = folder.parent.rename(folder.parents[1] / "somebody")
    folder.parent.symlink_to(moved)


def make_a_pipe(folder):
    os.mkfifo(folder / "pipe")


def make_a_pipe_of_the_notebook(folder):
    (folder / "practical.ipynb").unlink()
    os.mkfifo(folder / "practical.ipynb")


def make_a_socket(folder):
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(folder, os.O_RDONLY)
        one.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (replace_by_link, "practical.ipynb is a link"),
        (link_a_folder, "data is a link"),
        (link_the_submission, "is a link, or no folder"),
        (link_the_student, "is a link, or no folder"),
        (make_a_pipe, "neither a file nor a folder"),
        (make_a_pipe_of_the_notebook, "neither a file nor a folder"),
        (make_a_socket, "neither a file nor a folder"),
        (lambda folder: (folder / "a\nb").write_text(""), "odd name"),
        (lambda folder: (folder / "a\u202eb").write_text(""), "odd name"),
        (lambda folder: (folder / ("x" * 200)).write_text(""), "odd name"),
        (lambda folder: os.close(os.open(os.fsencode(folder) + b"/\xff", os.O_CREAT)), "odd name"),
        (lambda folder: (folder / "1/2/3/4/5/6").mkdir(parents=True), "5 levels"),
        (lambda folder: [(folder / str(number)).touch() for number in range(1000)], "1000 files"),
        (lambda folder: os.truncate(folder / "practical.ipynb", 300 << 20), "200 MiB"),
        (lambda folder: os.truncate(folder / "practical.ipynb", 50 << 20), "is 50 MiB large, at most 20"),
        (lambda folder: (folder / "practical.ipynb").rename(folder / "Practical.ipynb"), "found Practical.ipynb"),
        (lambda folder: (folder / "practical.ipynb").unlink(), "found none"),
        (lambda folder: [(folder / "practical.ipynb").unlink(), (folder / "practical.ipynb").mkdir()], "found none"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_once_and_nothing_of_it_used(course, folder, spoil, message):
    spoil(folder)
    with pytest.raises(SubmissionError, match=message) as refusal:
        read(course)
    assert f"submitted/student-01/{SLUG}" in str(refusal.value)


def test_somebody_who_is_not_on_the_roster(course, folder):
    folder.parent.rename(course.root / "submitted" / "student-77")
    with pytest.raises(SubmissionError, match=r"student-77 is not on the roster.*course\.yaml"):
        read(course, "student-77")


def test_whoever_submits_is_a_student_where_there_is_no_roster(tmp_path):
    course = init(tmp_path / "open")
    course.submitted("anyone", SLUG).mkdir(parents=True)
    (course.submitted("anyone", SLUG) / "practical.ipynb").write_bytes(NOTEBOOK)
    assert read(course, "anyone").notebooks
    with pytest.raises(SubmissionError, match="no student id"):
        read(course, "..")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read(course, folder):
    (folder / "practical.ipynb").chmod(0)
    with pytest.raises(SubmissionError, match="Permission denied"):
        read(course)


def test_a_folder_that_changes_while_it_is_read_is_not_followed(course, folder, monkeypatch):
    """What was looked at as a file is a link when it is opened."""
    walk = intake.folder.walk

    def swapping(*args):
        yield from walk(*args)
        if (folder / "practical.ipynb").is_symlink() is False:
            replace_by_link(folder)

    monkeypatch.setattr(intake.folder, "walk", swapping)
    with pytest.raises(SubmissionError, match="is a link"):
        read(course)


# --- the notebook -----------------------------------------------------------------------------------------


def notebook(**changes):
    return json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes).encode()


def cell(**changes):
    return {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None} | changes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"no json", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON .it is nested too deeply"),
        (b'{"x":' * 100_000, "not JSON .it is nested too deeply"),
        (b"1" * 10_000, "not JSON"),
        (b"[" * 100 + b"]" * 100, "nested more than 32 levels"),
        (notebook(metadata=json.loads("[" * 40 + "]" * 40)), "nested more than 32 levels"),
        (b"[]", "not a notebook"),
        (b"{}", "not a notebook"),
        (notebook(nbformat="4"), "not a notebook"),
        (notebook(nbformat=3, worksheets=[]), "nbformat 3, expected 4"),
        (notebook(cells=None), "no list of cells"),
        (notebook(cells=[cell()] * 2001), "2001 cells"),
        (notebook(cells=["x"]), "cell 1 is no notebook cell"),
        (notebook(cells=[cell(), cell(source=3)]), "cell 2 is no notebook cell"),
        (notebook(cells=[cell(source=["a", None])]), "cell 1 is no notebook cell"),
        (notebook(cells=[cell(source="x" * (3 << 20))]), "more than 2 MiB of text"),
        (b" " * (21 << 20), "is 21 MiB large"),
        (notebook(cells=[cell(metadata={"nbgrader": {"schema_version": 1, "grade_id": "x"}})]), "schema 1, expected 3"),
        (notebook(cells=[cell(metadata={"nbgrader": {"grade_id": "x"}})]), "schema 0, expected 3"),
    ],
    ids=lambda value: str(value[:40]),
)
def test_what_is_no_notebook_gets_one_message(content, message):
    with pytest.raises(SubmissionError, match=message) as refusal:
        parse_notebook(content, "submitted/student-01")
    assert str(refusal.value).startswith("submitted/student-01: ")
    assert len(str(refusal.value)) < 400


def test_one_cell_with_odd_metadata_does_not_make_a_notebook_old():
    fine = cell(metadata={"nbgrader": {"schema_version": 3, "grade_id": "x"}})
    for odd in ({}, {"schema_version": 1}, "text", {"schema_version": [2]}, {"schema_version": None}):
        assert parse_notebook(notebook(cells=[fine, cell(metadata={"nbgrader": odd})]))


def test_an_honest_notebook_is_read_as_it_is():
    content = notebook(cells=[cell(source=["a\n", "b"])])
    assert parse_notebook(content) == json.loads(content)
