"""What makes a folder a course of nbgrader's own, what of its settings is followed, and what is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys

import pytest

from graders.course import init, load
from graders.errors import CourseError, UsageError
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.grading.notebook import close_graders
from tests.attacks.course import own_references
from tests.foreign import courses
from tests.foreign.courses import answer, filled, notebook, own
from tests.gradebook.test_rows import COMMENTS, GRADES
from tests.nbgrader_commands import nbgrader

CELLS = [
    own("import math"),
    answer("one", "def one():\n    return 1"),
    courses.graded("test_one", 2, "assert one() == 1"),
]
ONE = {"one": "def one():\n    return 1"}


@pytest.fixture
def root(tmp_path):
    """A folder that looks like a course; nothing is released."""
    (tmp_path / "course" / "source" / "ps").mkdir(parents=True)
    (tmp_path / "course" / "source" / "ps" / "main.ipynb").write_text(json.dumps(notebook(CELLS)))
    configure(tmp_path / "course", "")
    return tmp_path / "course"


def configure(root, text):
    (root / "nbgrader_config.py").write_text(f"c = get_config()\n{text}\n")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A course with one assignment, released, and two submissions."""
    root = tmp_path_factory.mktemp("foreign") / "course"
    (root / "source" / "ps").mkdir(parents=True)
    (root / "source" / "ps" / "main.ipynb").write_text(json.dumps(notebook(CELLS)))
    configure(root, "")
    courses.nbgrader(root, ("GenerateAssignmentApp", "ps"))
    courses.hand_in(root, "ps", "right", {"main": filled(courses.released(root, "ps"), ONE)})
    courses.hand_in(root, "ps", "blank", {"main": courses.released(root, "ps")})
    return root


@pytest.fixture
def course(template, tmp_path):
    return shutil.copytree(template, tmp_path / "course")


def test_what_nbgrader_is_told_is_followed(root):
    configure(
        root,
        'c.CourseDirectory.course_id = " World Music "\nc.CourseDirectory.db_url = "sqlite:////elsewhere.db"\n'
        'c.LateSubmissionPlugin.penalty_method = "zero"\nc.ExecutePreprocessor.timeout = 7\n'
        'c.Autograde.exclude_overwriting = {"ps": ["own.py"]}\nc.NbConvertApp.anything = 3\n'
        'c.Aisa.workers = 3\nc.Aisa.sandbox = "env/bin/python"\nc.Aisa.limits = {"disk_bytes": 1000}',
    )
    found = load(root / "source", adopting=True)
    assert (found.root, found.course_id, found.database) == (root, "World Music", "sqlite:////elsewhere.db")
    assert (found.late, found.own_files, found.workers) == ("zero", {"ps": ("own.py",)}, 3)
    assert (found.limits.cell_cpu_s, found.limits.cell_wall_s, found.limits.disk_bytes) == (7.0, 28.0, 1000)
    assert found.sandbox_interpreter == root / "env/bin/python"
    assert (found.foreign, found.modules, found.students) == (True, (), ())


def test_what_nbgrader_takes_for_granted(root):
    found = load(root, adopting=True)
    assert (found.course_id, found.database) == ("default_course", f"sqlite:///{root}/gradebook.db")
    assert (found.late, found.limits.cell_cpu_s) == ("none", 30.0)
    configure(root, "c.Execute.timeout = None\nc.ExecutePreprocessor.timeout = 5")
    assert load(root).limits.cell_cpu_s == 3600.0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('c.CourseDirectory.submitted_directory = "inbox"', "CourseDirectory.submitted_directory"),
        ('c.CourseDirectory.root = "/elsewhere"', "CourseDirectory.root"),
        ('c.CourseDirectory.directory_structure = "{nbgrader_step}/{student_id}"', "directory_structure"),
        ('c.AssignLatePenalties.plugin_class = "mine.Plugin"', "AssignLatePenalties.plugin_class"),
        ('c.Autograde.sanitize_preprocessors = ["mine.Step"]', "Autograde.sanitize_preprocessors"),
        ("c.Autograde.create_student = False", "Autograde.create_student"),
        ("c.Aisa.worker = 3", "Aisa.worker"),
        ('c.Aisa.limits = {"disk": 3}', "Aisa.limits.disk"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_is_not_followed_is_refused(root, setting, said):
    configure(root, setting)
    with pytest.raises(CourseError, match="nbgrader_config") as refused:
        load(root, adopting=True)
    assert said in str(refused.value)
    assert not (root / ".aisa").exists()


def test_a_gradebook_is_enough_and_a_source_folder_alone_is_not(root):
    (root / "nbgrader_config.py").unlink()
    with pytest.raises(UsageError, match=r"no course\.yaml"):
        load(root)
    (root / "gradebook.db").touch()
    assert load(root, adopting=True).foreign


def test_a_course_of_ours_that_has_lost_its_settings_is_not_taken_for_one_of_nbgraders(tmp_path):
    course = init(tmp_path / "course")
    (course.root / "course.yaml").unlink()
    with pytest.raises(UsageError, match=r"no course\.yaml beside nbgrader_config\.py, which is aisa's"):
        load(course.root, adopting=True)


def test_the_first_grading_makes_a_secret_and_reading_makes_nothing(root):
    with pytest.raises(UsageError, match="has graded nothing in this course yet"):
        load(root)
    assert not (root / ".aisa").exists()
    found = load(root, adopting=True)
    secret = root / ".aisa" / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert (secret.parent / ".gitignore").read_text() == "*\n"
    assert load(root).secret == load(root, adopting=True).secret == found.secret
    assert len(found.secret) == 32


def test_an_assignment_that_was_not_released(root):
    with pytest.raises(UsageError, match="generate_assignment ps9"):
        grade_course(load(root, adopting=True), "ps9")


def change(course, statement):
    with sqlite3.connect(course / "gradebook.db") as connection:
        connection.execute(statement)


def test_another_kernel_is_refused(course):
    kernel = json.dumps({"name": "ir", "language": "R", "display_name": "R"})
    change(course, f"UPDATE notebook SET kernelspec = '{kernel}'")
    with pytest.raises(CourseError, match="for R; aisa runs Python only"):
        grade_course(load(course, adopting=True), "ps")


def test_a_test_cell_that_is_no_python_is_the_courses_fault(course):
    change(course, "UPDATE source_cell SET source = 'assert one( == 1' WHERE name = 'test_one'")
    with pytest.raises(CourseError, match=r"test_one.*no Python"):
        grade_course(load(course, adopting=True), "ps")


@pytest.mark.parametrize(
    ("imports", "needed"),
    [("import no_such_module", True), ("try:\n    import no_such_module\nexcept ImportError:\n    pass", False)],
)
def test_nobody_gets_a_zero_because_a_module_is_missing(course, imports, needed):
    change(course, f"UPDATE source_cell SET source = '{imports}' || char(10) || source WHERE name = 'test_one'")
    opened = load(course, adopting=True)
    if needed:
        with pytest.raises(CourseError, match=r"lacks no_such_module.*c\.Aisa\.sandbox"):
            grade_course(opened, "ps")
        assert not courses.rows(course, GRADES)
    else:
        assert {receipt.student: receipt.points for receipt in grade_course(opened, "ps")} == {
            "right": 2.0,
            "blank": 0.0,
        }


def test_a_module_beside_the_notebook_is_not_missing(course):
    (course / "source" / "ps" / "beside.py").write_text("x = 1\n")
    change(course, "UPDATE source_cell SET source = 'import beside' || char(10) || source WHERE name = 'test_one'")
    found = {receipt.student: receipt.points for receipt in grade_course(load(course, adopting=True), "ps")}
    assert found == {"right": 2.0, "blank": 0.0}


def test_a_corrected_test_is_run_again_and_its_changes_are_listed(course):
    grade_course(load(course, adopting=True), "ps")
    change(course, "UPDATE source_cell SET source = 'assert one() == 2' WHERE name = 'test_one'")
    found = {receipt.student: receipt for receipt in grade_course(load(course), "ps")}
    assert [(one.exercise, one.before, one.after, one.why) for one in found["right"].changes] == [
        ("test_one", 2.0, 0.0, "lost now: tests")
    ]
    assert found["blank"].changes == ()


def test_the_command_says_that_it_is_weaker(course):
    command = [sys.executable, "-m", "graders.cli", "grade", "ps", "--course", str(course)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "300"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "weaker ps is foreign" in done.stdout
    assert done.stdout.count("unsafe: tests-apart") == 2


def test_an_assignment_that_no_module_covers_in_a_course_of_ours(template, tmp_path):
    """The same rows, whether `aisa grade` or nbgrader's own command grades it: the bridge knows the difference."""
    with own_references():
        course = init(tmp_path / "course")
        shutil.copytree(template / "source" / "ps", course.root / "source" / "ps")
        shutil.copytree(template / "submitted", course.root / "submitted", dirs_exist_ok=True)
        (course.root / "submitted" / "right" / "ps" / "notes.txt").write_text("mine")
        nbgrader(course.root, "generate_assignment", "ps")
        other = load(courses.ungraded(course.root, tmp_path / "other"))
        nbgrader(course.root, "autograde", "ps")
        grade_course(other, "ps")
        for query in (GRADES, COMMENTS):
            assert courses.rows(course.root, query) == courses.rows(other.root, query)
        assert {row[0]: row[4] for row in courses.rows(course.root, GRADES)} == {"right": 2.0, "blank": 0.0}
        evidence = []
        for one in (course, other):
            with Gradebook.open(one) as gradebook:
                assert gradebook.unproven("ps") == ()
                evidence.append(gradebook.evidence("ps"))
        assert evidence[0] == evidence[1]
        assert {receipt.state for receipt in grade_course(course, "ps")} == {"unchanged"}
    close_graders()
