"""`aisa author new`: what it writes builds, passes its gates, carries no name but its own, and overwrites nothing."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from graders.authoring.build import stale, write
from graders.authoring.material import modules
from graders.authoring.new import create
from graders.authoring.prove import GATES, Bench, prove
from graders.authoring.rubrics import rubrics_of
from graders.checks import load
from graders.errors import UsageError

SLUG = "m93_example"


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_new_module_builds_and_is_proven_as_it_is(tmp_path):
    written = create(SLUG, tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in written} == set(snapshot(tmp_path))
    (module,) = modules(tmp_path)
    write([module])
    assert stale([module]) == ()
    assert [str(finding) for finding in prove(module, students=40)] == []


def test_it_shows_every_notebook_and_what_is_marked(tmp_path):
    create(SLUG, tmp_path)
    (module,) = modules(tmp_path)
    assert module.notebooks == ("practical", "worked_example", "novel_scenario")
    assert module.personal == "novel_scenario"
    assert {entry.kind for entry in module.exercises} >= {"function", "value", "written"}
    assert list(rubrics_of(module)) == [entry.id for entry in module.exercises if entry.is_written]
    assert load(module).decisions


def test_it_tells_its_author_what_to_replace(tmp_path):
    create(SLUG, tmp_path)
    told = [name for name, content in snapshot(tmp_path).items() if b"Replace:" in content]
    assert {Path(name).name for name in told} >= {
        "module.yaml", "README.md", "notebook.py", "scenario.py", "transfer.py", f"{SLUG}.yaml",
    }  # fmt: skip
    tree = ast.parse((tmp_path / "reference_solutions" / SLUG / "transfer.py").read_text())
    assert "Replace:" in ast.get_docstring(tree)


def test_nothing_in_it_is_called_otherwise(tmp_path):
    create(SLUG, tmp_path)
    for name, content in snapshot(tmp_path).items():
        assert set(re.findall(r"\bm\d\d_", f"{name} {content.decode()}")) <= {"m93_"}, name
        assert "template" not in f"{name} {content.decode()}", name


@pytest.mark.parametrize(
    "place", ["assignments/authoring/m93_other/notes.txt", f"rubrics/{SLUG}.yaml", "reference_solutions/m93_other/a.py"]
)
def test_what_is_there_is_never_overwritten(tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(UsageError, match="m93 is taken"):
        create(SLUG, tmp_path)
    assert snapshot(tmp_path) == {place: b"mine"}


def test_a_second_time_is_refused(tmp_path):
    create(SLUG, tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(UsageError, match="m93 is taken"):
        create(SLUG, tmp_path)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "slug", ["example", "m1_example", "m93", "m93_", "m93_Example", "m93_a/b", "../m93_x", "m00_x"]
)
def test_names_that_are_none(tmp_path, slug):
    with pytest.raises(UsageError, match="no name of a module"):
        create(slug, tmp_path)
    assert snapshot(tmp_path) == {}


def test_the_command_says_what_comes_next(tmp_path):
    command = [sys.executable, "-m", "graders.cli", "author"]
    options = ["--material", str(tmp_path)]
    run = {"capture_output": True, "text": True, "check": False, "env": os.environ | {"NO_COLOR": "1"}}
    made = subprocess.run([*command, "new", SLUG, *options], **run)
    assert made.returncode == 0, made.stderr
    assert f"aisa author build {SLUG} --material {tmp_path}" in made.stdout
    built = subprocess.run([*command, "build", SLUG, *options], **run)
    assert built.returncode == 0, built.stderr
    assert "novel_scenario.ipynb" in built.stdout
    again = subprocess.run([*command, "new", SLUG, *options], **run)
    assert again.returncode != 0
    assert "m93 is taken" in again.stderr


def test_a_broken_copy_is_seen(tmp_path):
    create(SLUG, tmp_path)
    path = tmp_path / "assignments" / "authoring" / SLUG / "novel_scenario" / "checks.py"
    path.write_text(path.read_text().replace("at_least=0.5", "at_least=50"))
    (module,) = modules(tmp_path)
    with Bench(module, 5) as bench:
        assert len(list(GATES["scenarios"](bench))) == 1
