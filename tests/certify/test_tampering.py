"""One bit is turned, in credential, evidence, status list, page, document or ledger: it is found and named."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3

import pytest

from graders.certify import papers
from graders.certify.enclosure import digest
from graders.certify.finding import Beside
from graders.certify.handed_in import looked_at, status_list
from graders.certify.issue import issue
from graders.certify.keys import signer
from graders.certify.verify import parse
from graders.course import init
from graders.errors import UsageError
from graders.ledger import Ledger
from tests.certify.looking import profile_of
from tests.certify.sample import STANDARD, evidence, with_round

DRAWS = 60
SIGNED = {"form", "signature of the statements", "signature of the text"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The papers of a certificate, and what lies beside them."""
    course = init(tmp_path_factory.mktemp("course") / "course", course_id="spring", students=["student-01"])
    document = course.root / "design.md"
    document.write_text("# A design\n\nTwo replicas of eight accelerators.\n")
    named = with_round(evidence(), "capstone", work=digest(document.read_bytes()))
    with Ledger(course) as ledger:
        office = signer(course, "Office of tests")
        outcomes = issue(course, ledger, STANDARD, {"student-01": named}, office)
        papers.write(course, STANDARD, outcomes)
        papers.write_status(course, ledger, office)
    return course


def turned(content, seed, start=0, end=None):
    """Copies in each of which one bit between two places is another."""
    drawn = random.Random(seed)
    for _ in range(DRAWS):
        place, bit = drawn.randrange(start, end or len(content)), 1 << drawn.randrange(8)
        yield place, content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def read(content):
    """What a text says; where it says the same, nothing was changed that anyone reads."""
    try:
        return parse(content)
    except UsageError:
        return None


@pytest.fixture
def found(folder, tmp_path):
    """Names of the checks that fail once a file of the certificate's is another."""
    copy = shutil.copytree(folder.root / papers.FOLDER, tmp_path / "public")
    beside = {"trust": profile_of(folder), "recipient": "student-01", "rederive": True}

    def look(name, content, **more):
        original = (copy / name).read_bytes()
        (copy / name).write_bytes(content)
        try:
            asked = beside | {"status": status_list(copy / papers.STATUS_LIST)} | more
            path = copy / "student-01" / (papers.PAGE if name.endswith(papers.PAGE) else papers.CREDENTIAL)
            (one,) = looked_at([path], Beside(**asked))
            return {check.name for check in one.finding.checks if check.held == "fails"}
        finally:
            (copy / name).write_bytes(original)

    return look


def test_untouched_it_holds_in_every_respect(folder, found):
    name = f"student-01/{papers.CREDENTIAL}"
    content = (folder.root / papers.FOLDER / name).read_bytes()
    assert found(name, content, files=(folder.root / "design.md",)) == set()


def test_in_the_credential(folder, found):
    name = f"student-01/{papers.CREDENTIAL}"
    content = (folder.root / papers.FOLDER / name).read_bytes()
    for place, other in turned(content, seed=1):
        wrong = found(name, other)
        assert wrong & SIGNED or read(other) == read(content), (place, content[place - 20 : place + 20])


def test_in_the_evidence(folder, found):
    name = f"student-01/{papers.EVIDENCE}"
    content = (folder.root / papers.FOLDER / name).read_bytes()
    for _, other in turned(content, seed=2):
        assert found(name, other) == {"evidence"}


def test_in_the_status_list(folder, found):
    content = (folder.root / papers.FOLDER / papers.STATUS_LIST).read_bytes()
    for place, other in turned(content, seed=3):
        try:
            wrong = found(papers.STATUS_LIST, other)
        except UsageError as failure:
            assert "the status list is not JSON" in failure.message
            continue
        assert wrong == {"status"} or read(other) == read(content), (place, content[place - 20 : place + 20])


@pytest.mark.parametrize(("element", "named"), [("credential", SIGNED), ("enclosed", {"evidence"})])
def test_in_what_lies_in_the_page(folder, found, element, named):
    name = f"student-01/{papers.PAGE}"
    content = (folder.root / papers.FOLDER / name).read_bytes()
    start = content.index(b'id="%s">' % element.encode()) + len(element) + 5
    end = content.index(b"</script>", start)
    for place, other in turned(content, seed=4, start=start, end=end):
        same = read(other[start:end]) == read(content[start:end])
        wrong = found(name, other)
        assert wrong & named or (same and element == "credential"), (place, content[place - 20 : place + 20])


def test_in_the_document_that_was_scored(folder, tmp_path, found):
    name = f"student-01/{papers.CREDENTIAL}"
    content = (folder.root / papers.FOLDER / name).read_bytes()
    design = (folder.root / "design.md").read_bytes()
    for _, other in turned(design, seed=5):
        (tmp_path / "design.md").write_bytes(other)
        assert found(name, content, files=(tmp_path / "design.md",)) == {"evidence"}


def test_in_the_ledgers_entry_of_the_certificate(folder, tmp_path):
    """Every column of every row; a row that is gone, too."""
    whole = folder.root / "ledger.db"
    with Ledger(folder) as ledger:
        numbers = [one.number for one in ledger.entries()]
    drawn = random.Random(6)
    original = whole.read_bytes()
    try:
        for number in numbers:
            for column in ("at", "kind", "subject", "body", "previous", "digest", "seal"):
                for _ in range(4):
                    assert altered(folder, number, column, drawn) >= {number}, (number, column)
                    whole.write_bytes(original)
    finally:
        whole.write_bytes(original)
    with Ledger(folder) as ledger:
        assert ledger.faults() == ()


def altered(course, number, column, drawn):
    """Entries that are named once a character of a column is another."""
    with sqlite3.connect(course.root / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_stays")
        (text,) = db.execute(f"SELECT {column} FROM entry WHERE number = ?", (number,)).fetchone()
        place = drawn.randrange(len(text))
        other = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        if column == "body" and json.dumps(said(other)) == json.dumps(said(text)):
            return {number}  # between words of the JSON: it says what it said
        db.execute(f"UPDATE entry SET {column} = ? WHERE number = ?", (other, number))
    db.close()
    with Ledger(course) as ledger:
        return {one.number for one in ledger.faults()}


def said(text):
    try:
        return json.loads(text)
    except ValueError:
        return None
