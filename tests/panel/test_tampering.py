"""Whoever changes a byte of what a panel rests on is found, and the place is named."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3

import pytest

from graders.errors import GraderError
from graders.ledger import GENESIS, chained
from graders.panel import records
from graders.panel.checking import examine
from tests.panel import panels
from tests.panel.panels import CANDIDATE, RATERS

COLUMNS = ("at", "kind", "subject", "body", "previous", "digest", "seal")


@contextlib.contextmanager
def opened(desk, file):
    """A database tool in somebody else's hands."""
    with contextlib.closing(sqlite3.connect(desk.course.root / file, isolation_level=None)) as db:
        if file == "ledger.db":
            db.execute("DROP TRIGGER IF EXISTS entry_stays")
            db.execute("DROP TRIGGER IF EXISTS entry_remains")
        yield db


def flipped(text):
    """The text with one character in its middle changed to another of its kind."""
    middle = next(i for i in range(len(text) // 2, len(text)) if text[i].isalnum())
    return text[:middle] + ("1" if text[middle] == "0" else "0") + text[middle + 1 :]


@pytest.fixture
def whole(desk):
    panels.released(desk)
    assert examine(desk) == ()
    return desk


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_byte_of_any_entry_is_named(whole, column):
    """Every entry that a case rests on, one after the other, one byte of one column."""
    for entry in whole.ledger.entries(CANDIDATE):
        with opened(whole, "ledger.db") as db:
            asked = f"SELECT {column} FROM entry WHERE number = ?"
            (text,) = db.execute(asked, (entry.number,)).fetchone()
            db.execute(f"UPDATE entry SET {column} = ? WHERE number = ?", (flipped(text), entry.number))
            found = examine(whole)
            db.execute(f"UPDATE entry SET {column} = ? WHERE number = ?", (text, entry.number))
        assert any(f"entry {entry.number}" in one.where for one in found), (column, entry.kind)
    assert examine(whole) == ()


def test_a_missing_entry_is_named(whole):
    for entry in whole.ledger.entries(CANDIDATE)[:-1]:
        with opened(whole, "ledger.db") as db:
            row = db.execute("SELECT * FROM entry WHERE number = ?", (entry.number,)).fetchone()
            db.execute("DELETE FROM entry WHERE number = ?", (entry.number,))
            assert any(f"entry {entry.number} is missing" in one.what for one in examine(whole))
            db.execute(f"INSERT INTO entry VALUES ({', '.join('?' * len(row))})", row)


@pytest.mark.parametrize("change", ["nonce", "said", "level", "no json", "gone"])
def test_changed_sealed_scores_are_named_and_not_revealed(desk, change):
    panels.qualified(desk)
    case = panels.seal_all(desk)
    commitment = case.current.seals["rater-2"]
    with opened(desk, "panel.db") as db:
        nonce, said = db.execute("SELECT nonce, said FROM opening WHERE commitment = ?", (commitment,)).fetchone()
        if change == "level":
            scores = json.loads(said)
            scores["levels"]["C3"] = 4
            said = json.dumps(scores)
        values = {
            "nonce": (flipped(nonce), said),
            "said": (nonce, said.replace("seen by", "seen bx", 1)),
            "level": (nonce, said),
            "no json": (nonce, "{"),
        }
        if change == "gone":
            db.execute("DELETE FROM opening WHERE commitment = ?", (commitment,))
        else:
            db.execute("UPDATE opening SET nonce = ?, said = ? WHERE commitment = ?", (*values[change], commitment))
    (fault,) = examine(desk)
    assert commitment in fault.where
    assert "rater-2" in fault.what
    before = desk.ledger.head()
    with pytest.raises(GraderError, match="rater-2"):
        desk.reveal(CANDIDATE)
    assert desk.ledger.head() == before


def rewritten(desk, change):
    """The whole log written anew, every digest and seal right, by somebody who has the course's secret."""
    previous, rows = GENESIS, []
    for one in desk.ledger.entries():
        body = json.loads(json.dumps(dict(one.body)))
        change(one.kind, body)
        new = chained(desk.course.secret, one.number, one.at, one.kind, one.subject, body, previous)
        rows.append(
            (*(new.number, new.at, new.kind, new.subject), json.dumps(body), new.previous, new.digest, new.seal)
        )
        previous = new.digest
    with opened(desk, "ledger.db") as db:
        db.execute("DELETE FROM entry")
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    assert desk.ledger.faults() == (), "the chain itself is sound"


def raise_level(kind, body):
    if kind == records.REVEALED:
        body["openings"][0]["said"]["levels"]["C3" if body["openings"][0]["said"]["round"] == "document" else "D1"] = 4


def raise_total(kind, body):
    if kind == records.DECIDED:
        body["outcome"]["total"] = 99.0


def hide_discrepancy(kind, body):
    if kind == records.REVEALED:
        body["discrepancies"] = []


def show_commitment(kind, body):
    if kind == records.SEALED and body["rater"] == RATERS[0]:
        body["commitment"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (raise_level, "the scores of rater-1 are not those that were sealed"),
        (show_commitment, "the scores of rater-1 are not those that were sealed"),
        (raise_total, "its decision is not the one that the rule gives"),
    ],
)
def test_even_the_course_cannot_change_what_was_sealed(whole, change, told):
    rewritten(whole, change)
    assert told in {one.what for one in examine(whole)}


def test_a_discrepancy_that_was_hidden_is_found(desk):
    case = panels.qualified(desk)
    for rater, level in zip(RATERS, (1, 3, 3), strict=True):
        desk.seal(panels.scores(desk, case, rater, 3, C4=level))
    desk.reveal(CANDIDATE)
    rewritten(desk, hide_discrepancy)
    assert {one.what for one in examine(desk)} == {"its discrepancies are not those of the revealed scores"}


def test_a_changed_packet_is_named(whole):
    path = next((whole.course.root / "panel" / "packets").iterdir())
    path.write_text(path.read_text().replace("140", "141"))
    assert [one.where for one in examine(whole)] == [str(path)]


def test_anybody_can_check_a_seal_with_a_shell(desk):
    """From the log alone: printf the nonce's bytes and the canonical text, and take sha256sum of it."""
    panels.qualified(desk)
    panels.seal_all(desk)
    desk.reveal(CANDIDATE)
    (entry,) = desk.ledger.entries(kinds=[records.REVEALED])
    seals = {one.body["rater"]: one.body["commitment"] for one in desk.ledger.entries(kinds=[records.SEALED])}
    for one in entry.body["openings"]:
        text = json.dumps(one["said"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(bytes.fromhex(one["nonce"]) + text.encode()).hexdigest() == seals[one["said"]["rater"]]
