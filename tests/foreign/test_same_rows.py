"""Courses of nbgrader's own: for honest submissions every row is unmodified nbgrader's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from graders.gradebook import Gradebook
from graders.grading import course_status, grade_course
from graders.grading.foreign import TESTS_APART
from tests.foreign import courses
from tests.foreign.courses import RIGHT, cell_of, filled, own, released
from tests.gradebook.test_rows import COMMENTS, GRADES


def both(theirs, assignment, *before):
    """Two copies of a course: graded by nbgrader, and by us."""
    said = courses.nbgrader(theirs, *before, ("AutogradeApp", assignment))
    ours = courses.ungraded(theirs, theirs.parent / "ours")
    receipts = grade_course(courses.opened(ours), assignment)
    return theirs, ours, said, receipts


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """The quickstart course of nbgrader, graded by its command and by ours; and what ours says."""
    theirs = courses.quickstart(tmp_path_factory.mktemp("quickstart") / "theirs")
    courses.nbgrader(theirs, ("GenerateAssignmentApp", "ps1"), ("AutogradeApp", "ps1"))
    ours = courses.ungraded(theirs, theirs.parent / "ours")
    command = [sys.executable, "-m", "graders.cli", "grade", "ps1", "--json", "--course", str(ours)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return theirs, ours, json.loads(done.stdout)


@pytest.fixture(scope="module")
def autotests(tmp_path_factory):
    """The same course with tests that are made from the source when it is released."""
    theirs = courses.quickstart(tmp_path_factory.mktemp("autotests") / "theirs", "ps1_autotest")
    shutil.copy(courses.user_guide() / "autotests.yml", theirs)
    courses.nbgrader(theirs, ("GenerateAssignmentApp", "ps1"))
    for path in sorted((theirs / "submitted").glob("*/ps1/*.ipynb")):  # made for the other form: it lacks a test cell
        answers = {
            said["grade_id"]: "".join(one["source"])
            for one in json.loads(path.read_bytes())["cells"]
            if (said := one["metadata"].get("nbgrader", {})).get("solution")
        }
        path.write_text(json.dumps(filled(released(theirs, "ps1", path.stem), answers)))
    return both(theirs, "ps1")


@pytest.mark.parametrize("form", ["quickstart", "autotests"])
def test_rows_of_nbgraders_own_course(form, request):
    theirs, ours, *_ = request.getfixturevalue(form)
    for query in (GRADES, COMMENTS):
        assert courses.rows(ours, query) == courses.rows(theirs, query)
        assert {row[0] for row in courses.rows(ours, query)} == {"bitdiddle", "hacker"}


def test_scores_of_nbgraders_own_course_are_those_of_its_documentation(quickstart):
    """Read from the table that its documentation prints."""
    printed = (courses.user_guide() / "grades.csv").read_text().splitlines()
    column = printed[0].split(",").index("raw_score")
    documented = {line.split(",")[3]: float(line.split(",")[column]) for line in printed[1:]}
    assert documented == {"bitdiddle": 1.5, "hacker": 3.0}
    assert {receipt["student"]: receipt["points"] for receipt in quickstart[2]} == documented


SLOW = "def half(x):\n    while True:\n        pass"
NAMED = "from settings import scale\ndef double(x):\n    return scale * x"


def submissions(root):
    """Honest submissions of all kinds: notebooks, and files beside them."""
    main, second = released(root, "rows"), released(root, "rows", "second")
    right = filled(main, RIGHT)
    half = filled(second, {"half": "def half(x):\n    return x / 2"})
    untidy = filled(main, RIGHT | {"square": "def square(x):\n    print(x)\n    return x ** 2"})
    untidy["cells"] = [*untidy["cells"][:3], own("%time x = 1\nx"), *untidy["cells"][3:], own("1 / 0")]
    untidy["cells"].insert(4, own("Notes of my own.", "markdown", mine=True))
    wrong = {
        "double": "def double(x):\n    return x + 2",
        "square": "def square(x):\n    return 2 * x",
        "total": "total = 6",
    }
    helped = filled(main, RIGHT | {"double": NAMED})
    return {
        "blank": ({"main": main, "second": second}, {}),
        "broken": ({"main": filled(main, RIGHT | {"double": "def double(x)\n    return 2 * x"}), "second": half}, {}),
        "done": ({"main": right, "second": half}, {}),
        "helped": ({"main": helped}, {"settings.py": "factor = 3\nscale = 2\n", "notes.txt": "mine"}),
        "late": ({"main": filled(main, wrong), "second": half}, {"timestamp.txt": "2026-02-01 01:00:00 UTC"}),
        "lacking": ({"main": right}, {"timestamp.txt": "2026-01-31 01:00:00 UTC"}),
        "looping": ({"second": filled(second, {"half": SLOW})}, {}),
        "untidy": ({"main": untidy}, {}),
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = courses.make(tmp_path_factory.mktemp("rows") / "theirs", "rows")
    for student, (notebooks, files) in submissions(root).items():
        courses.hand_in(root, "rows", student, notebooks, files)
    impatient = ("AutogradeApp", "rows", "--student=looping", "--ExecutePreprocessor.timeout=5")
    return both(root, "rows", impatient)


def test_rows_of_every_kind_of_cell(graded):
    theirs, ours, said, _ = graded
    for query in (GRADES, COMMENTS):
        mine, other = courses.rows(ours, query), courses.rows(theirs, query)
        assert [row for row in mine if row not in other] == [row for row in other if row not in mine], said
        assert mine == other


def test_the_rows_are_not_all_alike(graded):
    """What the comparison above would not see if everybody had nothing."""
    scores = {}
    for row in courses.rows(graded[1], GRADES):
        scores.setdefault(row[0], {})[row[3]] = row[4]
    everything = courses.POINTS | {"test_half": 1.5}
    assert {cell: scores["done"][cell] for cell in everything} == everything
    assert scores["done"]["use"] is scores["done"]["why"] is scores["done"]["explain"] is None
    assert scores["blank"]["use"] == scores["blank"]["why"] == 0.0
    assert scores["late"]["test_square"] == 2.0
    assert scores["untidy"]["test_square"] == 5.0
    assert scores["looping"]["test_half"] == 0.0
    assert scores["helped"]["test_double"] == 2.0
    assert scores["helped"]["test_settings"] == 0.0
    assert scores["lacking"]["test_half"] == 0.0
    penalties = {row[8] for row in courses.rows(graded[1], GRADES) if row[0] == "late"}
    assert penalties == {2.0 + 1.0, 1.5}


def test_every_score_has_evidence_that_says_that_it_is_weaker(graded):
    course = courses.opened(graded[1])
    with Gradebook.open(course) as gradebook:
        assert gradebook.unproven("rows") == ()
        evidence = gradebook.evidence("rows")
    assert set(evidence) == set(submissions(graded[1]))
    assert {result.unsafe for results in evidence.values() for result in results} == {(TESTS_APART,)}
    (status,) = course_status(course)
    assert (status.assignment, status.submitted, status.graded) == ("rows", len(evidence), len(evidence))


def test_an_honest_submission_is_not_flagged(graded):
    with Gradebook.open(courses.opened(graded[1])) as gradebook:
        evidence = gradebook.evidence("rows")
    flags = {
        student: {flag.kind for result in results for flag in result.flags} for student, results in evidence.items()
    }
    assert flags.pop("helped") == {"missing-notebook", "extra-file"}
    assert flags.pop("looping") == {"missing-notebook", "timeout"}
    assert flags.pop("lacking") == {"missing-notebook"}
    assert flags.pop("untidy") == {"missing-notebook", "foreign-metadata"}
    assert not any(flags.values()), flags


def test_what_has_not_changed_is_left_alone(graded):
    course = courses.opened(graded[1])
    assert {receipt.state for receipt in grade_course(course, "rows")} == {"unchanged"}
    (course.root / "submitted" / "helped" / "rows" / "settings.py").write_text("factor = 2\nscale = 3\n")
    found = {receipt.student: receipt for receipt in grade_course(course, "rows")}
    assert {student for student, receipt in found.items() if receipt.state == "graded"} == {"helped"}
    changed = {(one.exercise, one.before, one.after, one.why) for one in found["helped"].changes}
    why = "another notebook was handed in"
    assert changed == {("test_double", 2.0, 0.0, why), ("test_settings", 0.0, 1.0, why)}


def test_nbgrader_goes_on_where_we_were(graded):
    """Its own commands on a course that we have graded: the same rows again, feedback, and formgrader's files."""
    ours = graded[1]
    before = courses.rows(ours, GRADES)
    said = courses.nbgrader(
        ours,
        ("AutogradeApp", "rows", "--student=done", "--force"),
        ("GenerateFeedbackApp", "rows", "--student=done"),
    )
    assert [row for row in courses.rows(ours, GRADES) if row[0] == "done"] == [
        row for row in before if row[0] == "done"
    ]
    page = (ours / "feedback" / "done" / "rows" / "main.html").read_text()
    assert "test_square" in page, said


def test_what_a_student_brought_does_not_go_into_the_feedback(graded):
    folder = graded[1] / "autograded" / "helped" / "rows"
    assert {path.name for path in folder.iterdir()} == {"main.ipynb", "data.csv", "settings.py"}
    assert (folder / "settings.py").read_text() == "factor = 2\n"


def test_hidden_tests_and_mark_schemes_come_from_the_gradebook(graded):
    document = json.loads((graded[1] / "autograded" / "done" / "rows" / "main.ipynb").read_bytes())
    assert "np.allclose" in "".join(cell_of(document, "test_double")["source"])
    assert "Two reasons." in "".join(cell_of(document, "explain")["source"])
    assert "np.allclose" not in json.dumps(released(graded[1], "rows"))
