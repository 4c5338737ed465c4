"""A ledger only grows, survives a crash, and shows every byte that somebody changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from graders.course import init
from graders.errors import GradebookError, UsageError
from graders.ledger import GENESIS, Ledger, canonical, faults


@pytest.fixture
def course(tmp_path):
    return init(tmp_path / "course", course_id="spring", students=["student-01"])


def tampered(course, statement, *values):
    """What somebody does who has the file and a database tool."""
    with sqlite3.connect(course.root / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_stays")
        db.execute("DROP TRIGGER entry_remains")
        db.execute(statement, values)
    db.close()


def three(course):
    with Ledger(course) as ledger:
        for number in (1, 2, 3):
            ledger.append("scores sealed", "student-01", {"rater": f"rater-{number}", "level": 2.5}, at="2026-01-01")


def test_an_entry_is_the_digest_of_what_it_says_and_of_the_one_before(course):
    three(course)
    with Ledger(course) as ledger:
        first, second, _ = ledger.entries()
        assert not ledger.faults()
    assert first.previous == GENESIS
    assert second.previous == first.digest
    # written out by hand: keys sorted, no spaces (RFC 8785)
    text = (
        '{"at":"2026-01-01","body":{"level":2.5,"rater":"rater-1"},"kind":"scores sealed","number":1,'
        f'"previous":"{GENESIS}","subject":"student-01"}}'
    )
    assert first.digest == hashlib.sha256(text.encode()).hexdigest()


def test_canonical_text_is_that_of_rfc_8785():
    # example of RFC 8785, section 3.2.3, less its strings beyond ASCII
    said = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001], "literals": [None, True]}
    assert canonical(said) == b'{"literals":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'


@pytest.mark.parametrize("said", [{"x": float("nan")}, {"x": 2**60}, {1: 2}, {"x": object()}])
def test_what_has_no_canonical_text_is_refused(said):
    with pytest.raises(UsageError, match="canonical"):
        canonical(said)


@pytest.mark.parametrize(
    ("column", "value"), [("at", "2025"), ("kind", "x"), ("subject", "x"), ("body", "{}"), ("body", "no json")]
)
def test_a_changed_entry_is_named(course, column, value):
    three(course)
    tampered(course, f"UPDATE entry SET {column} = ? WHERE number = 2", value)
    with Ledger(course) as ledger:
        assert [(one.number, one.what) for one in ledger.faults()] == [
            (2, "does not say what it said when it was written")
        ]


@pytest.mark.parametrize("number", [1, 2])
def test_a_deleted_entry_is_named(course, number):
    three(course)
    tampered(course, "DELETE FROM entry WHERE number = ?", number)
    with Ledger(course) as ledger:
        assert any(f"entry {number} is missing" in one.what for one in ledger.faults())


def test_a_log_rewritten_to_its_end_is_not_sealed_by_this_course(course, tmp_path):
    three(course)
    other = init(tmp_path / "other", course_id="autumn", students=["student-01"])
    with Ledger(other) as ledger:
        ledger.append("scores sealed", "student-01", {"rater": "rater-1", "level": 4}, at="2026-01-01")
        forged = ledger.entries()
    assert not faults(forged)  # a sound chain,
    assert [one.what for one in faults(forged, course.secret)] == ["was not written by this course"]  # of someone else


def test_nobody_changes_or_deletes_an_entry(course):
    three(course)
    db = sqlite3.connect(course.root / "ledger.db")
    for statement in ("UPDATE entry SET kind = 'x'", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            db.execute(statement)
    db.close()


def test_a_transaction_is_all_or_nothing(course):
    with Ledger(course) as ledger:
        with pytest.raises(UsageError), ledger.writing() as write:
            write("first", "student-01", {})
            write("second", "student-01", {"x": float("inf")})
        assert ledger.entries() == ()


_WRITER = """
import sys
from pathlib import Path
from graders.course import load
from graders.ledger import Ledger
with Ledger(load(Path(sys.argv[1]))) as ledger, ledger.writing() as write:
    write("first", "student-01", {})
    print("half way", flush=True)
    sys.stdin.read()
    write("second", "student-01", {})
"""


def test_a_process_killed_half_way_leaves_nothing(course):
    program = [sys.executable, "-c", _WRITER, str(course.root)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "half way\n"
        os.kill(writer.pid, signal.SIGKILL)
    with Ledger(course) as ledger:
        assert ledger.entries() == ()
        ledger.append("third", "student-01", {})
        assert [(one.number, one.kind) for one in ledger.entries()] == [(1, "third")]


def test_two_who_write_at_once_make_one_chain(course):
    def write():
        with Ledger(course) as ledger:
            for _ in range(20):
                ledger.append("x", "student-01", {})

    writers = [threading.Thread(target=write) for _ in range(3)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with Ledger(course) as ledger:
        assert len(ledger.entries()) == 60
        assert not ledger.faults()


def test_entries_are_found_by_subject_and_kind(course):
    with Ledger(course) as ledger:
        ledger.append("a", "student-01", {})
        ledger.append("b", "student-01", {})
        ledger.append("a", "student-02", {})
        assert [one.number for one in ledger.entries("student-01")] == [1, 2]
        assert [one.number for one in ledger.entries(kinds=["a"])] == [1, 3]
        assert ledger.head() == ledger.entries()[-1].digest


def test_a_file_that_is_none_says_what_to_do(course):
    (course.root / "ledger.db").write_text("this is no database, but long enough to be looked at " * 50)
    with pytest.raises(GradebookError, match="Restore it from a backup"):
        Ledger(course)


def test_bodies_come_back_as_they_were(course):
    said = {"text": "Umlaut ä, \u2028, 🂡", "levels": {"C1": 2, "C2": None}, "many": [1, 2.5, True]}
    with Ledger(course) as ledger:
        ledger.append("a", "student-01", said)
        (one,) = ledger.entries()
        assert json.loads(canonical(dict(one.body))) == said
        assert not ledger.faults()
    assert dataclasses.asdict(one)["body"] == said
