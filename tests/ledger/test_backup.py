"""A backup holds the ledger and the issuer's keys, and says what of them does not hold."""

from __future__ import annotations

import sqlite3
import stat

import pytest

from graders.backup import make, restore, verify
from graders.course import init
from graders.gradebook import Gradebook
from graders.ledger import Ledger


@pytest.fixture
def course(tmp_path):
    course = init(tmp_path / "course", course_id="spring", students=["student-01"])
    Gradebook.open(course).close()
    with Ledger(course) as ledger:
        ledger.append("scores sealed", "student-01", {"rater": "rater-1"})
    with sqlite3.connect(course.root / "panel.db") as sealed:
        sealed.execute("CREATE TABLE opening (nonce TEXT)")
    sealed.close()
    key = course.root / ".aisa" / "issuer" / "key.pem"
    key.parent.mkdir()
    key.touch(mode=0o600)
    return course


def test_the_ledger_comes_back_entry_by_entry(course, tmp_path):
    make(course, tmp_path / "backup")
    assert verify(tmp_path / "backup") == ()
    again = restore(tmp_path / "backup", tmp_path / "again")
    with Ledger(course) as before, Ledger(again) as after:
        assert after.entries() == before.entries()
        assert len(after.entries()) == 1
    with sqlite3.connect(again.root / "panel.db") as sealed:
        assert sealed.execute("SELECT name FROM sqlite_master").fetchall() == [("opening",)]
    sealed.close()
    assert stat.S_IMODE((again.root / ".aisa" / "issuer" / "key.pem").stat().st_mode) == 0o600


def test_a_ledger_that_was_changed_before_it_was_kept_is_named(course, tmp_path):
    with sqlite3.connect(course.root / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_stays")
        db.execute("UPDATE entry SET body = '{}'")
    db.close()
    make(course, tmp_path / "backup")
    assert verify(tmp_path / "backup") == ("Entry 1 of the ledger does not say what it said when it was written.",)
