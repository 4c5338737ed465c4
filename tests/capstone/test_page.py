"""The page for instructors: its commands run as they stand, and what it links to is there."""

from __future__ import annotations

import re
import shlex

import pytest
from typer.testing import CliRunner

from graders.cli import app
from graders.course.founding import init
from graders.paths import material_root

PAGE = material_root() / "docs" / "capstone.md"
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
]


def test_the_commands_run(tmp_path, monkeypatch):
    init(tmp_path / "c", course_id="c", students=("student-01",))
    monkeypatch.chdir(tmp_path / "c")
    assert len(COMMANDS) == 6
    for line in COMMANDS:
        program, *words = shlex.split(line)
        assert program == "aisa"
        ran = CliRunner().invoke(app, [*words, *(["--allow-unsafe"] if "check" in words else [])])
        assert ran.exit_code == 0, ran.output


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")))
def test_links_lead_somewhere(target):
    assert (PAGE.parent / target).exists()
