"""The instructor's page, run as it stands: each command in its order, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.authoring.answers import release

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "instructor.md"
SLUG = "m02_tools_methods"
_BLOCK = re.compile(r"(?:<!-- (?P<before>[^>]+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass
class Done:
    """A command that was run, and what it said."""

    command: str
    code: int
    said: str


class Reader:
    """Somebody who copies what the page says, and does what it asks for."""

    def __init__(self, folder):
        self.folder = folder
        self.done = []

    def read(self, page):
        for block in _BLOCK.finditer(page):
            if block["before"]:
                getattr(self, block["before"].replace(" ", "_").replace(".", "_"))(block["text"])
            if block["kind"] == "sh":
                for command in block["text"].strip().splitlines():
                    self.run(command)

    def run(self, command):
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:]).resolve()
            return
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200"}
        ran = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        self.done.append(Done(command, ran.returncode, ran.stdout + ran.stderr))

    def add_to_course_yaml(self, text):
        with (self.folder / "course.yaml").open("a") as settings:
            settings.write(text)

    def the_students_hand_in(self, _):
        """One solves everything, one hands in what was released, one a part."""
        inbox = self.folder / "inbox"
        sources = {path.name: path.read_bytes() for path in (self.folder / "source" / SLUG).glob("*.ipynb")}
        with zipfile.ZipFile(inbox / "student-01.zip", "w") as archive:
            for name, content in sources.items():
                archive.writestr(name, content)
        (inbox / "student-02").mkdir()
        for name, content in sources.items():
            (inbox / "student-02" / name).write_text(json.dumps(release(json.loads(content))))
        (inbox / "student-03.ipynb").write_bytes(sources["practical.ipynb"])

    def the_marker_fills_in_the_forms(self, _):
        """Everybody gets level 1."""
        for form in (self.folder / "forms").glob("*.yaml"):
            text = form.read_text()
            form.write_text(re.sub(r"(?m)^(      [a-z]\w*:) [ 0-9] ( #)", r"\1 1 \2", text))

    def said(self, start):
        return next(one.said for one in self.done if one.command.startswith(start))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    reader = Reader(tmp_path_factory.mktemp("instructor"))
    reader.read(PAGE.read_text())
    return reader


def test_every_command_works(reader):
    failed = [one for one in reader.done if one.code and one.command != "aisa doctor"]
    assert not failed, "\n".join(f"{one.command}\n{one.said}" for one in failed)
    assert [one.command.split()[1] for one in reader.done if one.command.startswith("aisa")] == [
        *("init", "doctor", "release", "collect", "grade", "status", "mark", "mark", "mark", "feedback"),
        *("report", "report", "report", "report", "report", "backup", "backup", "backup"),
    ]


def test_what_the_page_promises_is_there(reader):
    course = reader.folder
    assert (course / "release" / SLUG / "practical.ipynb").is_file()
    assert (course / "release" / SLUG / "requirements.txt").is_file()
    assert "student-01, attempt 1" in reader.said("cat receipts")
    assert "3 accepted" in reader.said("aisa collect")
    assert "3 graded" in reader.said("aisa grade")
    assert "unproven" in reader.said("aisa status")
    assert list((course / "feedback" / "student-01" / SLUG).glob("*.html"))
    assert "student-" not in (course / "reports" / SLUG / "module.html").read_text()
    assert "document: 0 documents, 0 reviewers" in reader.said("aisa report panel")
    assert "Everything in it holds." in reader.said("aisa backup ../my-course.tar.gz --verify")


def test_nothing_is_left_to_mark_and_every_score_is_proven(reader):
    before = json.loads(_status(reader))
    (assignment,) = [one for one in before if one["assignment"] == SLUG]
    assert (assignment["submitted"], assignment["graded"]) == (3, 3)
    assert assignment["unmarked"] == assignment["unproven"] == []


def test_the_course_comes_back(reader):
    again = reader.folder.parent / "my-course-again"
    reader.run(f"aisa status --json --course {again}")
    assert json.loads(reader.done[-1].said) == json.loads(_status(reader))


def _status(reader):
    reader.run("aisa status --json")
    return reader.done[-1].said


def test_every_command_that_the_page_names_exists(reader):
    help_text = subprocess.run(
        [shutil.which("aisa", path=str(Path(sys.executable).parent)), "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command in set(re.findall(r"aisa ([a-z]+)", PAGE.read_text())):
        assert re.search(rf"(?m)^  {command} ", help_text), command
