"""Every attack on tests in the notebook gains what docs/foreign-courses.md says, and a human sees what it says."""

from __future__ import annotations

import json
import sqlite3

import pytest

from graders.gradebook import Gradebook
from graders.grading import grade_course
from tests.foreign import courses
from tests.foreign.attacks import ATTACKS, CELLS, EARNED, HIDDEN, WORTH, WRONG, place_link
from tests.foreign.courses import cell_of, filled, notebook, own
from tests.foreign.tables import table
from tests.gradebook.test_rows import GRADES

LISTED = table("attack")
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "pair": "def pair(x):\n    return [x, 2 * x]",
    "root": "def root(x):\n    return math.sqrt(x)",
}
BYSTANDERS = {"honest-1": RIGHT, "zz-honest": RIGHT, "idle": WRONG}
CONFIG = """
c = get_config()
c.Aisa.limits = {"cell_cpu_s": 1.0, "cell_wall_s": 30.0, "notebook_cpu_s": 8.0, "notebook_wall_s": 60.0}
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All attacks among honest students, graded."""
    root = tmp_path_factory.mktemp("attacked") / "course"
    (root / "source" / "ps").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source" / "ps" / "main.ipynb").write_text(json.dumps(notebook(CELLS)))
    (root / "source" / "ps" / "settings.py").write_text("limit = 10\n")
    courses.nbgrader(root, ("GenerateAssignmentApp", "ps"))
    released = courses.released(root, "ps")
    for student, answers in BYSTANDERS.items():
        courses.hand_in(root, "ps", student, {"main": filled(released, answers)})
    for student, attack in ATTACKS.items():
        document = filled(released, WRONG | dict(attack.answers))
        if attack.first:
            document["cells"].insert(document["cells"].index(cell_of(document, "given")) + 1, own(attack.first))
        if attack.edit:
            attack.edit(document)
        folder = courses.hand_in(root, "ps", student, {"main": document}, attack.files)
        if attack.link:
            place_link(folder, root, attack)
    receipts = {receipt.student: receipt for receipt in grade_course(courses.opened(root), "ps")}
    with Gradebook.open(courses.opened(root)) as gradebook:
        evidence = gradebook.evidence("ps")
    flags = {student: {flag.kind for flag in result.flags} for student, (result,) in evidence.items()}
    points = {}
    for row in courses.rows(root, GRADES):
        points.setdefault(row[0], {})[row[3]] = row[4]
    return root, receipts, points, flags


def test_every_attack_is_listed_and_every_listed_attack_is_tried():
    assert list(LISTED) == list(ATTACKS)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_what_the_page_says(graded, name):
    _, receipts, points, flags = graded
    says = LISTED[name]
    if says["gains"] == "refused":
        assert (receipts[name].state, name in points) == ("refused", False)
        return
    gained = {cell: found for cell, found in points[name].items() if found > EARNED.get(cell, 0.0)}
    assert ("points" if gained else "nothing") == says["gains"], points[name]
    assert not says["flag"] or says["flag"] in flags[name]
    assert all(0.0 <= found <= WORTH[cell] for cell, found in points[name].items())


@pytest.mark.parametrize("name", [name for name, says in LISTED.items() if says["gains"] == "points"])
def test_nothing_is_gained_without_a_flag(graded, name):
    assert LISTED[name]["flag"]
    assert LISTED[name]["flag"] in graded[3][name]


def test_bystanders_have_what_they_earned_and_no_flag(graded):
    _, _, points, flags = graded
    assert points["honest-1"] == points["zz-honest"] == WORTH
    assert {cell: found for cell, found in points["idle"].items() if found} == EARNED
    assert [flags[name] for name in BYSTANDERS] == [set()] * len(BYSTANDERS)


def test_hidden_tests_are_not_told_to_the_student(graded):
    """Only the course's own cell shows them, in the notebook that the instructor sees."""
    root = graded[0]
    for name in ATTACKS:
        path = root / "autograded" / name / "ps" / "main.ipynb"
        for cell in json.loads(path.read_bytes())["cells"] if path.exists() else []:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") not in WORTH:
                assert str(HIDDEN) not in json.dumps(cell.get("outputs", [])), name
                assert "BREACH" not in json.dumps(cell.get("outputs", [])), name


def test_the_gradebook_is_as_the_grader_wrote_it(graded):
    root = graded[0]
    with Gradebook.open(courses.opened(root)) as gradebook:
        assert gradebook.unproven("ps") == ()
    with sqlite3.connect(root / "gradebook.db") as connection:
        assert connection.execute("SELECT count(*) FROM grade WHERE auto_score = 9").fetchone() == (0,)
