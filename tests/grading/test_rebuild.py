"""Whatever was done to a notebook, our cells are ours again and the student's are kept."""

from __future__ import annotations

import copy
import json

import nbformat
import pytest

from graders.course.checksum import checksum
from graders.errors import SubmissionError
from graders.grading.rebuild import rebuild

STUB = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
TEST = "assert double(2) == 4"
META = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


def nbgrader(grade_id, *, grade=False, solution=False, points=None, task=False):
    said = {"grade": grade, "grade_id": grade_id, "locked": not solution, "schema_version": 3, "solution": solution}
    return {"nbgrader": said | {"task": task} | ({} if points is None else {"points": points})}


def code(source, metadata=None, cell_id="x"):
    cell = {"cell_type": "code", "id": cell_id, "metadata": metadata or {}, "source": source}
    return cell | {"outputs": [], "execution_count": None}


def markdown(source, metadata=None, cell_id="m"):
    return {"cell_type": "markdown", "id": cell_id, "metadata": metadata or {}, "source": source}


def notebook(*cells):
    return {"cells": list(cells), "metadata": META, "nbformat": 4, "nbformat_minor": 5}


SETUP = code("import math", nbgrader("setup"), "setup")
ANSWER = code(STUB, nbgrader("double-answer", solution=True), "double-answer")
TESTS = code(TEST, nbgrader("double", grade=True, points=2), "double")
TASK = markdown("Explain.", nbgrader("why", points=3, task=True), "why")
SOURCE = notebook(markdown("# Title", None, "title"), SETUP, ANSWER, TESTS, TASK)
DONE = ANSWER | {"source": "def double(x):\n    return 2 * x"}


def submission(*cells):
    return copy.deepcopy(notebook(*cells))


def sources(rebuilt):
    return [cell["source"] for cell in rebuilt.notebook["cells"]]


def grade_ids(rebuilt):
    return [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in rebuilt.notebook["cells"]]


def kinds(rebuilt):
    return [flag.kind for flag in rebuilt.flags]


def without_id(cell):
    return {key: value for key, value in cell.items() if key != "id"}


HONEST = submission(markdown("# Title"), SETUP, DONE, TESTS, TASK, markdown("Because."))


def test_an_honest_submission_is_left_alone_and_not_flagged():
    rebuilt = rebuild(SOURCE, HONEST)
    assert sources(rebuilt) == ["# Title", "import math", DONE["source"], TEST, "Explain.", "Because."]
    assert rebuilt.flags == ()
    assert rebuilt.complete_at == {"double": 3}


def test_neither_argument_is_changed():
    source, submitted = copy.deepcopy(SOURCE), copy.deepcopy(HONEST)
    rebuilt = rebuild(source, submitted)
    for cell in rebuilt.notebook["cells"]:
        cell["metadata"]["nbgrader"] = cell["source"] = "gone"
    assert source == SOURCE
    assert submitted == HONEST


def test_what_an_editor_writes_beside_cells_is_no_reason_for_a_flag():
    noise = {"collapsed": True, "ExecuteTime": {"start": 1}, "vscode": {}, "execution": {}, "deletable": False}
    cells = [cell | {"metadata": cell["metadata"] | noise} for cell in HONEST["cells"]]
    assert rebuild(SOURCE, submission(*cells)).flags == ()


def test_outputs_of_the_submission_are_dropped():
    forged = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
    rebuilt = rebuild(SOURCE, submission(SETUP, DONE, TESTS | {"outputs": [forged], "execution_count": 7}, TASK))
    assert all(not cell.get("outputs") for cell in rebuilt.notebook["cells"])
    assert all(cell.get("execution_count") is None for cell in rebuilt.notebook["cells"])


@pytest.mark.parametrize(
    ("cell", "replacement", "flag"),
    [
        (TESTS, {"source": "2.0"}, "changed-test-cell"),
        (TESTS, {"source": ["try:\n", "    pass"]}, "changed-test-cell"),
        (SETUP, {"source": "import evil"}, "changed-locked-cell"),
        (TASK, {"source": "Nothing to do."}, "changed-locked-cell"),
        (TESTS, {"cell_type": "markdown"}, "changed-cell-type"),
        (TESTS, {"cell_type": "raw"}, "changed-cell-type"),
        (TESTS, {"metadata": nbgrader("double", grade=True, points=50)}, "changed-nbgrader-metadata"),
        (TESTS, {"metadata": nbgrader("double", grade=False)}, "changed-nbgrader-metadata"),
        (TESTS, {"metadata": nbgrader("double", grade=True, solution=True, points=2)}, "changed-nbgrader-metadata"),
        (TESTS, {"metadata": nbgrader("renamed", grade=True, points=2)}, "changed-grade-id"),
        (TESTS, {"metadata": {}}, "changed-grade-id"),
        (TESTS, {"metadata": TESTS["metadata"] | {"tags": ["skip-execution"]}}, "tags"),
        (TESTS, {"metadata": TESTS["metadata"] | {"tags": "skip-execution"}}, "tags"),
        (TESTS, {"metadata": TESTS["metadata"] | {"run_if": "never"}}, "foreign-metadata"),
        (TESTS, {"metadata": {"nbgrader": "double"}}, "changed-grade-id"),
    ],
)
def test_what_was_done_to_a_cell_of_ours_is_undone_and_flagged(cell, replacement, flag):
    cells = [one | replacement if one is cell else one for one in (SETUP, DONE, TESTS, TASK)]
    rebuilt = rebuild(SOURCE, submission(*cells))
    honest = rebuild(SOURCE, submission(SETUP, DONE, TESTS, TASK))
    assert rebuilt.notebook == honest.notebook
    assert rebuilt.complete_at == honest.complete_at
    assert flag in kinds(rebuilt)


def test_an_answer_that_became_another_kind_of_cell_is_code_again():
    rebuilt = rebuild(SOURCE, submission(SETUP, {**markdown(DONE["source"], ANSWER["metadata"])}, TESTS, TASK))
    answer = rebuilt.notebook["cells"][1]
    assert (answer["cell_type"], answer["source"]) == ("code", DONE["source"])
    assert kinds(rebuilt) == ["changed-cell-type"]


def test_tags_of_the_students_own_cells_are_undone_too():
    helper = code("helper = 1", {"tags": ["skip-execution"]})
    rebuilt = rebuild(SOURCE, submission(SETUP, helper, DONE, TESTS, TASK))
    assert rebuilt.notebook["cells"][1]["metadata"] == {}
    assert kinds(rebuilt) == ["tags"]


def test_the_students_order_is_kept_and_an_exercise_is_complete_at_the_later_cell():
    rebuilt = rebuild(SOURCE, submission(TESTS, code("helper = 1"), TASK, DONE, SETUP))
    assert grade_ids(rebuilt) == ["double", "", "why", "double-answer", "setup"]
    assert rebuilt.complete_at == {"double": 3}
    assert rebuilt.flags == ()


def test_deleted_cells_come_back_behind_their_predecessor_in_the_source():
    rebuilt = rebuild(SOURCE, submission(code("first = 1"), DONE, code("last = 1")))
    assert grade_ids(rebuilt) == ["setup", "", "double-answer", "double", "why", ""]
    assert kinds(rebuilt) == ["missing-locked-cell", "missing-test-cell", "missing-locked-cell"]
    assert rebuilt.complete_at == {"double": 3}


def test_a_missing_answer_cell_comes_back_empty_and_the_exercise_is_asked_at_the_end():
    """The stub would take away what the student wrote elsewhere."""
    rebuilt = rebuild(SOURCE, submission(SETUP, TESTS, TASK, code("def double(x): return 2 * x"), markdown("done")))
    assert STUB not in sources(rebuilt)
    assert kinds(rebuilt) == ["missing-answer-cell"]
    assert rebuilt.notebook["cells"][rebuilt.complete_at["double"]]["source"] == "def double(x): return 2 * x"


def test_an_empty_submission_gets_every_cell_of_ours_and_no_answer():
    rebuilt = rebuild(SOURCE, submission())
    assert grade_ids(rebuilt) == ["setup", "double-answer", "double", "why"]
    assert STUB not in sources(rebuilt)


def test_of_two_answers_the_last_counts_and_the_other_stays_as_an_own_cell():
    other = ANSWER | {"source": "def double(x):\n    return x"}
    rebuilt = rebuild(SOURCE, submission(SETUP, DONE, other, TESTS, TASK))
    assert grade_ids(rebuilt) == ["setup", "", "double-answer", "double", "why"]
    assert sources(rebuilt)[1:3] == [DONE["source"], other["source"]]
    assert kinds(rebuilt) == ["duplicate-cell"]


@pytest.mark.parametrize("order", [(DONE, ANSWER), (ANSWER, DONE), (ANSWER, DONE, ANSWER)])
def test_an_untouched_copy_of_an_answer_never_counts_against_a_filled_one(order):
    rebuilt = rebuild(SOURCE, submission(SETUP, *order, TESTS, TASK))
    assert sources(rebuilt) == ["import math", DONE["source"], TEST, "Explain."]
    assert kinds(rebuilt) == ["duplicate-cell"]


def test_of_duplicated_tests_the_last_is_made_good():
    first = TESTS | {"source": "print('mine')"}
    rebuilt = rebuild(SOURCE, submission(SETUP, DONE, first, TESTS | {"source": "2.0"}, TASK))
    assert sources(rebuilt)[2:4] == ["print('mine')", TEST]
    assert grade_ids(rebuilt)[2:4] == ["", "double"]
    assert rebuilt.complete_at == {"double": 3}


def test_a_cell_that_claims_to_be_graded_but_is_not_ours_is_an_own_cell():
    rebuilt = rebuild(SOURCE, submission(SETUP, DONE, TESTS, TASK, code("9", nbgrader("bonus", grade=True, points=9))))
    assert rebuilt.notebook["cells"][-1]["metadata"] == {}
    assert kinds(rebuilt) == ["unknown-grade-id"]


def test_a_notebook_of_another_assignment_is_refused():
    other = submission(code("1", nbgrader("other", grade=True, points=9)), markdown("# Title"))
    with pytest.raises(SubmissionError, match="another assignment: it has other, expected setup"):
        rebuild(SOURCE, other, "submitted/student-01")


def test_ids_are_valid_and_unique_and_ours_are_the_sources():
    own = [code("1", cell_id="double"), code("2", cell_id="no id!"), code("3", cell_id="a"), code("4", cell_id="a")]
    weird = [code("5", cell_id=None), code("6", cell_id=["a"]), code("7", cell_id="own-2")]
    rebuilt = rebuild(SOURCE, submission(SETUP, *own, *weird, DONE, TESTS | {"id": "mine"}, TASK))
    ids = [cell["id"] for cell in rebuilt.notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert ids[-3:] == ["double-answer", "double", "why"]
    assert "a" in ids
    nbformat.validate(nbformat.from_dict(rebuilt.notebook))


def test_pasted_pictures_stay_and_other_attachments_go():
    attachments = {"figure.png": {"image/png": "iVBORw0KGgo="}, "x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}
    hostile = {"a.png": {"image/png": '"><script>'}, "b.png": "no bundle", '"><script>.png': {"image/png": "aaaa"}}
    own = markdown("![](attachment:figure.png)") | {"attachments": attachments | hostile}
    rebuilt = rebuild(SOURCE, submission(SETUP, DONE, TESTS, TASK, own))
    assert rebuilt.notebook["cells"][-1]["attachments"] == {"figure.png": {"image/png": "iVBORw0KGgo="}}
    assert kinds(rebuilt) == ["attachment"]


def test_metadata_of_the_notebook_is_the_sources():
    """Widget state of a submission would run in the browser of whoever opens it."""
    submitted = HONEST | {"metadata": {"widgets": {"application/vnd.jupyter.widget-state+json": {}}, "title": "x"}}
    assert rebuild(SOURCE, submitted).notebook["metadata"] == SOURCE["metadata"]


def test_text_that_utf8_cannot_hold_is_mended():
    rebuilt = rebuild(SOURCE, json.loads(json.dumps(submission(SETUP, code("x = '\ud800 é 😀'"), DONE, TESTS, TASK))))
    assert rebuilt.notebook["cells"][1]["source"] == "x = '� é 😀'"


def test_checksums_are_nbgraders_own():
    utils = pytest.importorskip("nbgrader.utils")
    released = rebuild(SOURCE, SOURCE).notebook
    for cell in nbformat.from_dict(released).cells:
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.checksum == utils.compute_checksum(cell)
    answered = nbformat.from_dict(rebuild(SOURCE, HONEST).notebook).cells[2]
    assert answered.metadata.nbgrader.checksum != utils.compute_checksum(answered) == checksum(answered)
