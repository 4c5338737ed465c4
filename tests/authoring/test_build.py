"""What the builder makes: the same bytes always, a notebook that nbgrader takes, and a release without answers."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from functools import cache

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearMarkScheme, ClearSolutions

from graders.authoring.answers import release, text
from graders.authoring.build import build, stale, write
from graders.authoring.material import modules
from tests.authoring.small_module import PRACTICAL, REFERENCE, small_module
from tests.checks.kinds_module import kinds_module
from tests.nbgrader_commands import PATH, nbgrader

OURS = modules()
NOTEBOOKS = [(module, f"{name}.ipynb") for module in OURS for name in module.notebooks]


@cache
def committed(slug):
    """The notebooks of one of our modules as they are committed: another test says that they are what is built."""
    module = next(module for module in OURS if module.slug == slug)
    return {name: (module.source / name).read_bytes() for one, name in NOTEBOOKS if one is module}


def document(module, name="practical.ipynb"):
    return json.loads(build(module)[name])


def cell(notebook, identity):
    return next(cell for cell in notebook["cells"] if cell["id"] == identity)


def test_ids_and_parts_in_grading(tmp_path):
    notebook = document(small_module(tmp_path))
    assert [one["id"] for one in notebook["cells"]] == [
        "text-01",
        "code-01",
        "text-02",
        "m97_mean_wait_s-answer",
        "m97_mean_wait_s",
        "code-02",
        "m97_free_list-answer",
        "m97_free_list",
    ]
    part = {one["id"]: one["metadata"].get("nbgrader") for one in notebook["cells"]}
    assert part["text-01"] is None
    common = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
    assert part["code-01"] == common | {"grade_id": "code-01", "locked": True}
    assert part["m97_free_list-answer"] == common | {"grade_id": "m97_free_list-answer", "solution": True}
    graded = {"grade_id": "m97_free_list", "grade": True, "locked": True, "points": 2.5}
    assert part["m97_free_list"] == common | graded
    assert json.dumps(part["m97_mean_wait_s"]["points"]) == "5"


def test_the_first_cell_names_the_file_to_edit(tmp_path):
    first = text(document(small_module(tmp_path))["cells"][0])
    banner, title = first.split("\n")[:2]
    assert "assignments/authoring/m97_tests/practical/notebook.py" in banner
    assert banner.startswith("<!--"), "students do not see it"
    assert title == "# # Tests".removeprefix("# ")
    assert str(tmp_path) not in first


def test_a_quoted_function_has_comments_and_no_docstring_validation_or_annotation(tmp_path):
    answer = text(cell(document(small_module(tmp_path)), "m97_mean_wait_s-answer"))
    assert answer.split("\n")[:6] == [
        "def mean_wait_s(arrivals_s, service_s=1.0):",
        '    """Mean wait [s]."""',
        "    ### BEGIN SOLUTION",
        "    # The first arrival waits for nobody.",
        "    arrivals_s = np.sort(np.asarray(arrivals_s, dtype=float))",
        "    waits_s = np.zeros_like(arrivals_s)",
    ]
    assert "+ service_s - gap_s)  # Lindley" in answer
    assert answer.endswith("    ### END SOLUTION")
    assert "validate" not in answer
    assert "stays behind" not in answer


def test_a_quoted_class_is_filled_method_by_method(tmp_path):
    answer = text(cell(document(small_module(tmp_path)), "m97_free_list-answer"))
    assert answer.count("### BEGIN SOLUTION") == answer.count("### END SOLUTION") == 3
    assert "        self._free = list(range(blocks))" in answer
    assert '        """Number of free blocks."""' in answer
    assert '"""Number of them."""' not in answer


def test_the_slow_form_may_be_quoted(tmp_path):
    reference = REFERENCE.replace("def mean_wait_s(", "def mean_wait_s_by_definition(")
    practical = PRACTICAL.replace('waiting:mean_wait_s"', 'waiting:mean_wait_s_by_definition"')
    answer = text(
        cell(document(small_module(tmp_path, reference=reference, practical=practical)), "m97_mean_wait_s-answer")
    )
    assert answer.startswith("def mean_wait_s(")
    assert "# Lindley" in answer


def test_the_source_notebook_runs(tmp_path):
    namespace: dict[str, object] = {}
    for one in document(small_module(tmp_path))["cells"]:
        if one["cell_type"] == "code":
            exec(text(one).replace("%matplotlib inline", ""), namespace)
    assert namespace["longest"] == 1.0


def test_a_changed_reference_is_a_changed_notebook(tmp_path):
    before = build(small_module(tmp_path))
    after = build(small_module(tmp_path, reference=REFERENCE.replace("max(0.0,", "max(0.5,")))
    assert before != after


def test_write_and_stale(tmp_path):
    reference = REFERENCE.replace('"""Waiting."""', f'"""{PAGE}"""')
    module = small_module(tmp_path, reference=reference)
    files = (module.source / "practical.ipynb", tmp_path / "reference_solutions" / "README.md")
    assert stale([module]) == files
    assert write([module]) == files
    assert stale([module]) == ()
    assert write([module]) == ()
    files[0].write_bytes(files[0].read_bytes() + b" ")
    assert stale([module]) == files[:1]
    left_over = module.source / "novel_scenario.ipynb"
    left_over.write_text("{}")
    assert set(stale([module])) == {files[0], left_over}
    write([module])
    assert not left_over.exists()
    assert "`m97_mean_wait_s`" in files[1].read_text()


PAGE = """Waiting.

Question
    How long?
Model
    Lindley.
Assumes
    One server.
Breaks when
    Somebody leaves.
Source
    Lindley 1952.
Oracle
    By hand.
"""


def test_the_same_bytes_in_another_process(tmp_path):
    module = small_module(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from graders.authoring.build import build; from graders.authoring.material import load_module\n"
        "sys.stdout.buffer.write(build(load_module(Path(sys.argv[1])))['practical.ipynb'])"
    )
    theirs = subprocess.run(
        [sys.executable, "-c", script, str(module.folder)],
        env=os.environ | {"PYTHONHASHSEED": "7", "LC_ALL": "C"},
        check=True,
        capture_output=True,
    ).stdout
    assert theirs == build(module)["practical.ipynb"]


# --- what is committed, and what nbgrader makes of it -------------------------------------------------------------


def test_everything_generated_is_up_to_date():
    assert stale(OURS) == (), "run `aisa author build`"


@pytest.mark.parametrize(("module", "name"), NOTEBOOKS, ids=lambda one: getattr(one, "slug", one))
def test_source_and_release_are_valid(module, name):
    source = json.loads(committed(module.slug)[name])
    for form in (source, release(source)):
        notebook = nbformat.from_dict(form)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        keys = {key for one in notebook.cells for key in one.metadata}
        assert keys == {"nbgrader"}


@pytest.mark.parametrize(("module", "name"), NOTEBOOKS, ids=lambda one: getattr(one, "slug", one))
def test_release_is_what_nbgrader_clears(module, name):
    source = json.loads(committed(module.slug)[name])
    theirs, _ = ClearSolutions().preprocess(nbformat.reads(json.dumps(source), as_version=4), {})
    theirs, _ = ClearMarkScheme().preprocess(theirs, {})
    assert [text(one) for one in release(source)["cells"]] == [one.source for one in theirs.cells]


def test_nbgrader_generates_every_assignment(tmp_path):
    """The command itself, for each module and for one with an exercise of every kind: it starts in some seconds."""
    kinds = kinds_module(tmp_path / "material")
    notebooks = {module.slug: committed(module.slug) for module in OURS} | {kinds.slug: build(kinds)}
    for slug, files in notebooks.items():
        folder = tmp_path / "source" / slug
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "scenario.py").write_text("def my_scenario(student):\n    return {}\n")
    (tmp_path / "nbgrader_config.py").write_text(
        "from sqlalchemy import Engine, event\n"
        "# a hundred commits a module, and nobody who needs them after the machine has lost its power\n"
        "event.listen(Engine, 'connect', lambda made, _: made.execute('pragma synchronous = off'))\n"
        "c = get_config()\n"
        "c.CourseDirectory.course_id = 'tests'\n"
        f"c.CourseDirectory.root = {str(tmp_path)!r}\n"
        "c.IncludeHeaderFooter.enabled = False\n"
    )
    environment = os.environ | {"PATH": PATH, "HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    for slug, files in notebooks.items():
        nbgrader(tmp_path, "generate_assignment", slug, environment=environment)
        assert (tmp_path / "release" / slug / "scenario.py").is_file(), "students get their scenarios"
        for name, content in files.items():
            released = json.loads((tmp_path / "release" / slug / name).read_text())
            ours = release(json.loads(content))
            assert [(one["id"], text(one)) for one in released["cells"]] == [
                (one["id"], text(one)) for one in ours["cells"]
            ]
            assert "BEGIN SOLUTION" not in json.dumps(released)
            assert "MARK SCHEME" not in json.dumps(released)
    with sqlite3.connect(tmp_path / "gradebook.db") as gradebook:
        (row,) = gradebook.execute(
            "select task_cells.max_score, source_cell.source from task_cells join base_cell using (id)"
            " join source_cell using (name) where name = 'm95_ceiling_explained'"
        )
    assert row[0] == 4
    assert "BEGIN MARK SCHEME" in row[1], "formgrader takes it from here"
