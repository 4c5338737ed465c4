"""The office at its desk, and whoever is shown a certificate."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.certify import gathering, papers
from graders.certify.issue import Outcome, certificates, issue
from graders.certify.keys import signer
from graders.cli import app
from graders.course import init, load
from graders.errors import AisaError, UsageError
from graders.gradebook import Gradebook
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence


def aisa(*words):
    """A command: its exit status and what it says, or the error that it stops with."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with a gradebook, which takes a while to make."""
    made = init(tmp_path_factory.mktemp("graded") / "course", course_id="spring", students=["student-01", "student-02"])
    Gradebook.open(made).close()
    return made


@pytest.fixture
def office(graded, tmp_path, monkeypatch):
    """A course where student-01 has all that the rule asks."""
    course = load(shutil.copytree(graded.root, tmp_path / "course"))
    found = {"student-01": evidence(), "student-02": evidence("student-02", rounds=())}
    monkeypatch.setattr(gathering, "gather", lambda *_: found)
    return course


def test_the_way_of_a_certificate(office, tmp_path):
    status, said = aisa("certify", "--issuer", "Office of tests", "--course", office.root)
    assert status == 1  # not everybody is
    assert "student-01: certified, urn:uuid:" in said
    assert "student-02: transcript only. capstone: no panel has decided (and 1 more in the transcript)" in said
    folder = office.root / "certificates"
    assert "What is missing" in (folder / "student-02" / "transcript.html").read_text()
    assert not (folder / "student-02" / "certificate.html").exists()

    public = tmp_path / "public"  # what the student passes on, and what the office publishes
    shutil.copytree(folder, public)
    beside = ["--status", public / "status-list.json", "--trust", public / "issuer.json", "--recipient", "student-01"]
    for what in ("student-01", "student-01/credential.json", "student-01/certificate.html"):
        status, said = aisa("verify", public / what, "--rederive", *beside)
        assert status == 0, said
        assert "derived again from its evidence by rule ai_system_architect 1.0" in said
        assert "not checked" not in said

    status, said = aisa("revoke", "student-01", "--reason", "a mistake", "--by", "office-1", "--course", office.root)
    assert status == 0
    status, said = aisa("verify", public / "student-01", "--status", folder / "status-list.json")
    assert status == 1
    assert "was revoked" in said
    assert "does NOT hold" in said


def test_many_are_looked_at_at_once(office):
    aisa("certify", "--course", office.root)
    folder = office.root / "certificates"
    shutil.copytree(folder / "student-01", folder / "student-03")
    status, said = aisa("verify", folder, "--rederive", "--status", folder / "status-list.json")
    assert status == 0
    assert said.endswith("2 certificates: 2 hold, 0 do NOT.\n")
    (folder / "student-03" / "evidence.json").write_bytes(b"{}")
    status, said = aisa("verify", folder / "student-01", folder / "student-03", folder / "nothing.json")
    assert status == 1
    assert "does NOT hold" in said.splitlines()[1]
    assert "the enclosed evidence is not what the certificate names" in said.splitlines()[1]
    assert "cannot be read" in said.splitlines()[2]
    assert said.endswith("3 certificates: 1 hold, 2 do NOT.\n")
    _, said = aisa("verify", folder, "--json")
    assert [one["finding"]["checks"][0]["held"] for one in json.loads(said)] == ["holds", "holds"]


def test_again_nothing_changes(office):
    aisa("certify", "--course", office.root)
    folder = office.root / "certificates" / "student-01"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    status, said = aisa("certify", "student-01", "--course", office.root, "--json")
    assert status == 0
    assert [(one["certified"], one["new"]) for one in json.loads(said)] == [(True, False)]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["credential.json", "evidence.json", "certificate.html"])
def test_a_tampered_file_is_found(office, name):
    aisa("certify", "--issuer", "Office of tests", "--course", office.root)
    path = office.root / "certificates" / "student-01" / name
    content = path.read_bytes()
    for old, new in ((b"Office", b"Onice"), (b'"points":40', b'"points":41'), (b'"aisa', b'"aise')):
        content = content.replace(old, new)
    assert content != path.read_bytes()
    path.write_bytes(content)
    status, _ = aisa("verify", path if name != "evidence.json" else path.parent)
    assert status == 1


def test_a_tampered_ledger_certifies_nobody(office):
    aisa("certify", "--course", office.root)
    with sqlite3.connect(office.root / "ledger.db") as db:
        db.execute("DROP TRIGGER entry_stays")
        db.execute("UPDATE entry SET subject = 'student-02' WHERE kind = 'certificate issued'")
    db.close()
    with pytest.raises(AisaError, match="of the ledger does not say what it said when it was written"):
        aisa("certify", "--course", office.root)


def test_circumstances_are_kept_and_change_no_score(office):
    words = ("--record", "extension", "--about", "m02_tools_methods", "--reason", "ill", "--by", "office-1")
    _, said = aisa("certify", "student-02", *words, "--course", office.root)
    assert "kept as entry 1" in said
    with pytest.raises(UsageError, match="one student's"):
        aisa("certify", *words, "--course", office.root)
    with pytest.raises(UsageError, match="who records it"):
        aisa("certify", "student-02", *words[:-1], "", "--course", office.root)
    with pytest.raises(UsageError, match="knows no student 'nobody'"):
        aisa("certify", "nobody", *words, "--course", office.root)


@pytest.mark.parametrize("path", ["nothing.json", "."])
def test_what_is_not_there_is_said(tmp_path, path):
    with pytest.raises(UsageError, match="cannot be read"):
        aisa("verify", tmp_path / path)


def test_a_page_that_is_none_is_refused(tmp_path):
    (tmp_path / "page.html").write_text("<html></html>")
    with pytest.raises(UsageError, match="holds one credential, found 0"):
        aisa("verify", tmp_path / "page.html")


_KILLED = """
import os, signal, sys
from pathlib import Path
from graders.certify import papers
from graders.certify.issue import issue, revoke
from graders.certify.keys import signer
from graders.course import files, load
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence

course = load(Path(sys.argv[1]))
when = sys.argv[2]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Half:
    opened, real, begun = int(when.rpartition(" ")[2]) if "half of file" in when else 0, os.fdopen, 0
    def __init__(self, handle, mode):
        Half.begun += 1
        self.file = Half.real(handle, mode)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.file.close()
    def write(self, content):
        if Half.begun == Half.opened:
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            die()
        self.file.write(content)

with Ledger(course) as ledger:
    if when == "before the ledger's entry":
        import graders.certify.issue as target
        target._certificate = die
    office = signer(course)
    outcomes = issue(course, ledger, STANDARD, {"student-01": evidence()}, office)
    if when == "after it":
        die()
    if when.startswith("half"):
        files.os.fdopen = Half
        papers.write(course, STANDARD, outcomes)
    papers.write_status(course, ledger, office)
    revoke(ledger, "student-01", "issued in error", "office-1")
    if when.startswith("revoked, half"):
        files.os.fdopen = Half
        papers.write_status(course, ledger, office)
    die()
"""
FILES = ("transcript.html", "credential.json", "evidence.json", "certificate.html", "certificate.pdf")


def killed(course, when):
    program = [sys.executable, "-c", _KILLED, str(course.root), when]
    done = subprocess.run(program, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)
    assert done.returncode == -signal.SIGKILL


def whole(folder):
    """Files under their own names."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")} if folder.is_dir() else {}


STEPS = ("before the ledger's entry", "after it", *(f"half of file {number + 1}" for number in range(len(FILES))))


@pytest.mark.parametrize("when", STEPS)
def test_killed_and_again_nothing_is_lost_and_nothing_is_there_twice(course, when):
    killed(course, when)
    folder = course.root / "certificates" / "student-01"
    before = whole(folder)
    assert set(before) == set(FILES[: max(STEPS.index(when) - 2, 0)])
    with Ledger(course) as ledger:
        assert len(certificates(ledger)) == (0 if when.startswith("before") else 1)
        outcomes = issue(course, ledger, STANDARD, {"student-01": evidence()}, signer(course))
        papers.write(course, STANDARD, outcomes)
        assert len(certificates(ledger)) == 1
        assert not ledger.faults()
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert whole(folder).items() >= before.items()  # what was there was whole
    assert aisa("verify", folder, "--rederive")[0] == 0


@pytest.mark.parametrize("when", ["revoked, before its list", "revoked, half of file 2"])
def test_killed_while_revoking_the_old_list_stays_whole_and_the_next_command_makes_the_new_one(office, when):
    killed(office, when)
    folder = office.root / "certificates"
    papers_of = ["verify", folder / "student-01", "--status", folder / "status-list.json"]
    with Ledger(office) as ledger:
        (one,) = certificates(ledger)
        assert one.revoked == "issued in error"
        papers.write(office, STANDARD, [Outcome("student-01", STANDARD.decide(evidence()), evidence(), one)])
    status, said = aisa(*papers_of)
    assert status == 0, said  # as of the time of the list, which it says
    aisa("certify", "student-02", "--course", office.root)
    status, said = aisa(*papers_of)
    assert status == 1
    assert "was revoked" in said
    assert not list(folder.glob(".*"))
