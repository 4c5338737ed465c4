"""Where nbgrader is plainly wrong we do the right thing: what the documentation lists, no more and no less."""

from __future__ import annotations

import copy
import json

import pytest

from graders.gradebook import Gradebook
from graders.grading import grade_course
from tests.foreign import courses
from tests.foreign.courses import answer, cell_of, filled, notebook, own
from tests.foreign.tables import table
from tests.gradebook.test_rows import GRADES

CELLS = [
    own("import numpy as np\nimport warnings"),
    answer("double", "def double(x):\n    return 2 * x"),
    courses.graded("test_double", 2, "assert double(2) == 4\nassert double(0.5) == 1"),
    answer("score", "def score():\n    return 3"),
    courses.graded("test_score", 5, "score()"),
]
WORTH = {"test_double": 2.0, "test_score": 5.0}
RIGHT = {"double": "def double(x):\n    return 2 * x", "score": "def score():\n    return 3"}
ANSWERS = {
    "warns": {"double": "def double(x):\n    warnings.warn('careful')\n    return 2 * x"},
    "numpy-score": {"score": "def score():\n    return np.float64(2.5)"},
    "high-score": {"score": "def score():\n    return 7"},
    "negative-score": {"score": "def score():\n    return -1"},
    "nan-score": {"score": "def score():\n    return float('nan')"},
    "ends-before": {"double": "import os\ndef double(x):\n    os._exit(0)"},
}
SCORED = {case: "test_score" for case in ANSWERS if "score" in case or case == "ends-before"}


def without(document, grade_id):
    document["cells"].remove(cell_of(document, grade_id))


def answered_elsewhere(document):
    index = document["cells"].index(cell_of(document, "double"))
    document["cells"][index] = own(RIGHT["double"])


def ungraded(document):
    cell_of(document, "test_double")["metadata"]["nbgrader"]["grade"] = False


def doubled(document):
    test = cell_of(document, "test_double")
    document["cells"].insert(document["cells"].index(test), copy.deepcopy(test))


EDITS = {
    "no-test-cell": lambda document: without(document, "test_double"),
    "no-answer-cell": answered_elsewhere,
    "odd-metadata": ungraded,
    "zz-two-test-cells": doubled,
}
CASES = table("case")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All cases and an honest student, graded by nbgrader and by us: the scores of each, by student and cell."""
    root = tmp_path_factory.mktemp("deviations") / "theirs"
    (root / "source" / "odd").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(courses.CONFIG)
    (root / "source" / "odd" / "main.ipynb").write_text(json.dumps(notebook(CELLS)))
    courses.nbgrader(root, ("GenerateAssignmentApp", "odd"))
    released = courses.released(root, "odd")
    for case in [*CASES, "honest"]:
        document = filled(released, RIGHT | ANSWERS.get(case, {}))
        if case in EDITS:
            EDITS[case](document)
        courses.hand_in(root, "odd", case, {"main": document})
    said = courses.nbgrader(root, ("AutogradeApp", "odd"))
    ours = courses.ungraded(root, root.parent / "ours")
    grade_course(courses.opened(ours), "odd")
    with Gradebook.open(courses.opened(ours)) as gradebook:
        evidence = gradebook.evidence("odd")
    flags = {student: {flag.kind for flag in result.flags} for student, (result,) in evidence.items()}
    return scores(root), scores(ours), flags, said


def scores(root):
    return {(row[0], row[3]): row[4] for row in courses.rows(root, GRADES)}


def said(score):
    return "no score" if score is None else f"{score:g}"


@pytest.mark.parametrize("case", CASES)
def test_a_listed_deviation(graded, case):
    theirs, ours, flags, log = graded
    row, cell = CASES[case], SCORED.get(case, "test_double")
    assert float(row["worth"]) == WORTH[cell]
    found = (said(theirs.get((case, cell))), said(ours[case, cell]))
    assert found == (row["nbgrader"], row["aisa"]), log[-3000:]
    assert flags[case] - {"suspicious-code"} == ({row["flag"]} if row["flag"] else set())


def test_every_case_is_listed_and_every_listed_case_is_tried():
    assert set(CASES) == {*ANSWERS, *EDITS}


def test_nothing_else_is_different(graded):
    theirs, ours, flags, _ = graded
    different = {student for student, cell in ours if theirs.get((student, cell)) != ours[student, cell]}
    assert different == {case for case, row in CASES.items() if row["nbgrader"] != row["aisa"]}
    assert ours["honest", "test_score"] == theirs["honest", "test_score"] == 3.0
    assert flags["honest"] == set()
