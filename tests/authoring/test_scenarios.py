"""Personal scenarios: what students get, what the sandbox gets, and what no scenario may be."""

from __future__ import annotations

import ast
import json

import pytest

from graders.authoring.build import build
from graders.authoring.scenarios import PersonalScenarios, author_file, student_scenario
from graders.errors import CourseError
from tests.checks.kinds_module import kinds_module
from tests.checks.personal_module import SCENARIO, personal_module

SALT = "7" * 64
DICT = 'return {"town"'


def run(text):
    namespace = {"__name__": "scenario"}
    exec(text, namespace)
    return namespace


def made(root, **changed):
    module = personal_module(root, **changed)
    return PersonalScenarios(student_scenario(module, SALT), "scenario.py")


# --- what students get ------------------------------------------------------------------------------------


def test_students_get_the_author_s_file_and_a_function_that_knows_the_salt(tmp_path):
    text = student_scenario(personal_module(tmp_path), SALT)
    theirs, authors = run(text), run(SCENARIO)
    assert text.startswith(SCENARIO.rstrip())
    assert theirs["my_scenario"](" student-01\n") == authors["scenario"]("student-01", SALT)
    assert theirs["my_scenario"]("student-02") != theirs["my_scenario"]("student-01")
    with pytest.raises(ValueError, match="write your student id into STUDENT first"):
        theirs["my_scenario"]("")


def test_another_course_has_other_scenarios(tmp_path):
    module = personal_module(tmp_path)
    one, other = (run(student_scenario(module, salt))["my_scenario"]("student-01") for salt in (SALT, "8" * 64))
    assert one != other


def test_what_students_get_needs_nothing_of_ours(tmp_path):
    imported = {
        alias.name
        for node in ast.walk(ast.parse(student_scenario(personal_module(tmp_path), SALT)))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported == {"hashlib"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import hashlib", "import hashlib\nimport pandas", r"scenario\.py:6: it imports pandas"),
        ("import hashlib", "import hashlib\nfrom graders.checks import call", r"scenario\.py:6: it imports graders"),
        ("import hashlib", "import hashlib\nfrom reference_solutions import units", "it imports reference_solutions"),
        ("import hashlib", "import hashlib\nfrom . import checks", r"it imports \."),
        ("def scenario(", "def my_scenario(", "it defines no scenario"),
        ("GOODS =", "SALT = GOODS =", "it defines SALT"),
        ("GOODS =", "my_scenario = GOODS =", "it defines my_scenario"),
        ("GOODS =", "GOODS = =", r"scenario\.py:\d+: it is no Python"),
    ],
)
def test_files_that_cannot_be_given_to_students(tmp_path, old, new, said):
    with pytest.raises(CourseError, match=said):
        student_scenario(personal_module(tmp_path, scenario=(old, new)), SALT)


# --- what the grader makes of it ------------------------------------------------------------------------------


def test_the_sandbox_gets_the_scenario_of_whoever_handed_in(tmp_path):
    scenarios = made(tmp_path)
    bound = run(scenarios.bound("student-01").decode())
    for asked in ("student-01", "student-02", "", None):
        assert bound["my_scenario"](asked) == run(scenarios.text)["my_scenario"]("student-01")
    assert bound["GOODS"] == ("apples", "beans", "cocoa"), "the rest of the file is the students'"
    bound["my_scenario"]("x")["price"].clear()
    assert bound["my_scenario"]("x") == scenarios.of("student-01")


def test_nobody_changes_a_scenario_for_the_next(tmp_path):
    scenarios = made(tmp_path)
    scenarios.of("student-01")["price"].clear()
    assert scenarios.of("student-01")["price"]


@pytest.mark.parametrize(
    "returned",
    [
        'return [1, 2]  # {"town"',
        'return {"pair": (1, 2), "town"',
        'return {1: "a", "town"',
        'return {"nan": float("nan"), "town"',
        'return {"set": {1}, "town"',
        'return {"self": scenario, "town"',
        'raise KeyError("x")\n    return {"town"',
    ],
)
def test_what_is_no_plain_data_is_no_scenario(tmp_path, returned):
    with pytest.raises(CourseError, match=r"scenario.py: student student-01: .*plain data"):
        made(tmp_path, scenario=(DICT, returned)).of("student-01")


def test_a_file_that_fails_is_named(tmp_path):
    with pytest.raises(CourseError, match=r"scenario.py: it cannot be run: ZeroDivisionError"):
        made(tmp_path, scenario=("GOODS =", "GOODS = 1 / 0 and"))


# --- the cell in which students write their id --------------------------------------------------------------


def test_students_may_write_into_the_cell_of_their_id(tmp_path):
    cells = json.loads(build(personal_module(tmp_path))["novel_scenario.ipynb"])["cells"]
    (cell,) = [cell for cell in cells if cell["id"] == "student-id"]
    assert cell["metadata"] == {}
    assert "".join(cell["source"]).startswith('STUDENT = ""  #')


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('STUDENT = ""  #', 'STUDENT = "student-01"  #', 'the cell of the student id is `STUDENT = ""`'),
        ('STUDENT = ""  #', 'import os\nSTUDENT = ""  #', 'the cell of the student id is `STUDENT = ""`'),
        ("student={}", 'student={"id": "x"}', "student needs nothing"),
        ("# %% student={}", "# %%", "0 cells for the student id, expected one"),
        ("# %% student={}", '# %% student={}\nSTUDENT = ""\n\n# %% student={}', "2 cells for the student id"),
        ("# %% student={}", "# %% [markdown] student={}", "a prose cell has no role"),
    ],
)
def test_a_personal_notebook_has_one_such_cell(tmp_path, old, new, said):
    with pytest.raises(CourseError) as failure:
        build(personal_module(tmp_path, notebook=(old, new)))
    assert said in str(failure.value)


def test_no_other_notebook_has_one(tmp_path):
    cell = '# %% student={}\nSTUDENT = ""\n\n# %% [markdown]\n# ## Which'
    with pytest.raises(CourseError, match="1 cells for the student id, expected none"):
        build(kinds_module(tmp_path, notebook=("# %% [markdown]\n# ## Which", cell)))


def test_a_module_has_one_scenario_file(tmp_path):
    module = kinds_module(tmp_path)
    assert (module.personal, author_file(module)) == ("", None)
    with pytest.raises(CourseError, match="no notebook has a scenario"):
        student_scenario(module, SALT)
    personal = personal_module(tmp_path / "other")
    assert personal.personal == "novel_scenario"
    assert author_file(personal) == personal.folder / "novel_scenario" / "scenario.py"
