"""`module.yaml` is read strictly: what is wrong is named with file, line and field."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path

import pytest

import reference_solutions
from graders.authoring.material import load_module, modules
from graders.errors import CourseError

GOOD = """\
title: A module of tests
phase: 1
minutes: 30
points: 7.5
outcomes: [Read a file.]
notebooks: [practical, novel_scenario]
data: [table.csv]
imports: [numpy, matplotlib.pyplot]
exercises:
  - {id: m97_first, title: First, kind: function, notebook: practical, points: 5, minutes: 20}
  - id: m97_second
    title: Second
    kind: class
    notebook: novel_scenario
    points: 2.5
    minutes: 10
"""


def make(root: Path, text: str = GOOD, slug: str = "m97_tests") -> Path:
    folder = root / "assignments" / "authoring" / slug
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "table.csv").write_text("a\n1\n")
    for name in ("practical", "novel_scenario"):
        (folder / name).mkdir()
        (folder / name / "notebook.py").write_text("# %% [markdown]\n# # Tests\n")
    (folder / "module.yaml").write_text(text)
    return folder


def test_reads_all_of_it(tmp_path):
    module = load_module(make(tmp_path))
    assert (module.slug, module.minutes, module.points, module.phase) == ("m97_tests", 30, 7.5, 1)
    assert [e.id for e in module.exercises_in("practical")] == ["m97_first"]
    assert module.exercises[1].points == 2.5
    assert module.source == tmp_path / "assignments" / "source" / "m97_tests"
    assert module.data == ("table.csv",)


def test_modules_are_sorted_and_other_folders_ignored(tmp_path):
    for slug in ("m98_b", "m97_tests"):
        make(tmp_path, GOOD.replace("m97", slug[:3]), slug)
    (tmp_path / "assignments" / "authoring" / "notes").mkdir()
    assert [module.slug for module in modules(tmp_path)] == ["m97_tests", "m98_b"]


def test_our_own_material_loads():
    assert "m02_tools_methods" in [module.slug for module in modules()]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("phase: 1", "phase: 1\ncolour: red", 3, "colour: unknown key"),
        ("phase: 1", "phase: '1'", 2, "phase: Input should be a valid integer, found '1'"),
        ("phase: 1", "phase: 1\nphase: 2", 3, "phase: the key is there twice"),
        ("phase: 1\n", "", 1, "phase: Field required"),
        ("    kind: class", "    kind: essay", 13, "exercises[1].kind"),
        ("    minutes: 10", "    minutes: -10", 16, "exercises[1].minutes"),
        ("    minutes: 10", "    minutes: .nan", 16, "exercises[1].minutes"),
        ("    minutes: 10", "    minutes: 11", 1, "minutes add up to 31, not 30"),
        ("points: 7.5", "points: 8", 1, "points add up to 7.5, not 8"),
        ("id: m97_second", "id: m97_first", 1, "twice: m97_first"),
        ("id: m97_second", "id: m97_" + "x" * 54, 11, "at most 57 characters"),
        ("id: m97_second", "id: Second", 11, "exercises[1].id"),
        ("notebook: novel_scenario", "notebook: worked_example", 1, "m97_second stands in a notebook that"),
        ("notebooks: [practical,", "notebooks: [practical, essay,", 6, "notebooks[1]"),
        ("data: [table.csv]", "data: [../secret]", 7, "data[0]"),
        ("outcomes: [Read", "outcomes: [[Read", 6, "is not YAML"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path, old, new, line, said):
    folder = make(tmp_path, GOOD.replace(old, new))
    with pytest.raises(CourseError) as failure:
        load_module(folder)
    assert f"module.yaml:{line}: " in str(failure.value)
    assert said in str(failure.value)
    assert str(pickle.loads(pickle.dumps(failure.value))) == str(failure.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("m97_second", "m98_second", "does not start with 'm97_'"),
        ("data: [table.csv]", "data: [other.csv]", "there is no data/other.csv"),
        (
            "[practical, novel_scenario]",
            "[practical, worked_example, novel_scenario]",
            "there is no worked_example/notebook.py",
        ),
    ],
)
def test_agrees_with_the_folder(tmp_path, old, new, said):
    with pytest.raises(CourseError, match=r"module\.yaml: ") as failure:
        load_module(make(tmp_path, GOOD.replace(old, new)))
    assert said in str(failure.value)


def test_a_notebook_that_nobody_lists_is_found(tmp_path):
    folder = make(tmp_path)
    (folder / "worked_example").mkdir()
    with pytest.raises(CourseError, match="worked_example/ is there but not listed"):
        load_module(folder)


def test_a_folder_elsewhere_is_refused(tmp_path):
    with pytest.raises(CourseError, match="assignments/authoring/"):
        load_module(tmp_path / "m97_tests")


def test_a_missing_file_is_one_message(tmp_path):
    with pytest.raises(CourseError, match="cannot be read"):
        load_module(tmp_path / "assignments" / "authoring" / "m97_tests")


def test_reference_solutions_of_another_root_are_importable(tmp_path, monkeypatch):
    monkeypatch.setattr(reference_solutions, "__path__", [*reference_solutions.__path__])
    make(tmp_path, GOOD.replace("m97", "m96"), "m96_elsewhere")
    package = tmp_path / "reference_solutions" / "m96_elsewhere"
    package.mkdir(parents=True)
    (package / "topic.py").write_text("def first():\n    return 1\n")
    modules(tmp_path)
    assert importlib.import_module("reference_solutions.m96_elsewhere.topic").first() == 1


def test_reference_solutions_of_the_same_name_are_refused(tmp_path):
    make(tmp_path, GOOD.replace("m97", "m02"), "m02_tools_methods")
    (tmp_path / "reference_solutions" / "m02_tools_methods").mkdir(parents=True)
    with pytest.raises(CourseError, match="Rename the module"):
        modules(tmp_path)
