from __future__ import annotations

import copy
from typing import Any

from tests.attacks.attack import POINTS, Attack, Notebook, cell_of, code_cell, tests_of
from tests.attacks.right import FULL, RIGHT, TOTAL_BYTES, WRONG, WRONG_TOTAL


def _tag(*tags: str) -> Any:
    def edit(notebook: Notebook) -> None:
        for cell in tests_of(notebook):
            cell["metadata"]["tags"] = list(tags)

    return edit


def _field(name: str, value: object) -> Any:
    def edit(notebook: Notebook) -> None:
        for cell in tests_of(notebook):
            cell["metadata"]["nbgrader"][name] = value

    return edit


SKIP_EXECUTION = Attack("skips the test cells by nbclient's tag", answers=WRONG, edit=_tag("skip-execution"))
RAISES_EXCEPTION = Attack("lets test cells fail by tag", answers=WRONG, edit=_tag("raises-exception"))
REMOVE_CELL = Attack("has nbconvert drop the test cells", answers=WRONG, edit=_tag("remove_cell", "remove-input"))
SKIP_NOTHING_WRITTEN = Attack("hands in the release with the tests skipped", edit=_tag("skip-execution"))

POINTS_50 = Attack("raises the points of an honest answer", answers=RIGHT, edit=_field("points", 50), earns=FULL)
POINTS_NEGATIVE = Attack("has points below zero", answers=WRONG, edit=_field("points", -5))
POINTS_NAN = Attack("has points that are no number", answers=WRONG, edit=_field("points", float("nan")))
POINTS_INFINITE = Attack("has infinite points", answers=RIGHT, edit=_field("points", float("inf")), earns=FULL)
POINTS_TEXT = Attack("has points that are a text", answers=WRONG, edit=_field("points", "50"))
POINTS_HUGE = Attack("has points beyond any float", answers=WRONG, edit=_field("points", 10**400))
GRADE_FALSE = Attack("takes the grade flag off the tests", answers=WRONG, edit=_field("grade", False))
SOLUTION_TRUE = Attack("declares the tests to be answers", answers=WRONG, edit=_field("solution", True))
LOCKED_FALSE = Attack("unlocks the tests", answers=WRONG, edit=_field("locked", False))
TASK_TRUE = Attack("declares the tests to be tasks for a marker", answers=WRONG, edit=_field("task", True))
SCHEMA_OLD = Attack("writes the tests in nbgrader's first schema", answers=WRONG, edit=_field("schema_version", 1))
SCHEMA_NEW = Attack("writes the tests in a schema to come", answers=WRONG, edit=_field("schema_version", 99))
SCHEMA_TEXT = Attack("writes no number as schema", answers=WRONG, edit=_field("schema_version", "<b>3</b>"))
CELL_TYPE_FIELD = Attack("says that the tests were Markdown", answers=WRONG, edit=_field("cell_type", "markdown"))
CHECKSUM = Attack("forges the checksums", answers=WRONG, edit=_field("checksum", "0" * 32), flag="")


def _tests_pass(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        cell["source"] = "pass"


TESTS_EMPTIED = Attack("replaces the tests' text", answers=WRONG, edit=_tests_pass)


def _tests_award(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        cell["source"] = "50.0"


TESTS_AWARD = Attack("lets the test cells return partial credit", answers=WRONG, edit=_tests_award)


def _tests_answer(notebook: Notebook) -> None:
    cell_of(notebook, "m98_total_bytes")["source"] = TOTAL_BYTES


ANSWER_IN_TEST_CELL = Attack("answers in the test cell", answers={"m98_total_bytes": WRONG_TOTAL}, edit=_tests_answer)


def _forged_outputs(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        result = {
            "data": {"text/plain": ["50.0"]},
            "execution_count": 7,
            "metadata": {},
            "output_type": "execute_result",
        }
        cell["outputs"], cell["execution_count"] = [result], 7


FORGED_OUTPUTS = Attack("brings outputs along that award points", answers=WRONG, edit=_forged_outputs, flag="")


def _tests_deleted(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        notebook["cells"].remove(cell)


TESTS_DELETED = Attack("deletes the tests", answers=WRONG, edit=_tests_deleted)


def _everything_deleted(notebook: Notebook) -> None:
    notebook["cells"].clear()


EVERYTHING_DELETED = Attack("hands in a notebook without a cell", edit=_everything_deleted)


def _stripped(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


METADATA_STRIPPED = Attack("strips all metadata", answers=WRONG, edit=_stripped)


def _renamed(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["grade_id"] += "_renamed"


TESTS_RENAMED = Attack("renames the tests", answers=WRONG, edit=_renamed)


def _swapped(notebook: Notebook) -> None:
    first, second = (cell_of(notebook, f"{exercise}-answer") for exercise in ("m98_total_bytes", "m98_meter"))
    one, two = first["metadata"]["nbgrader"], second["metadata"]["nbgrader"]
    one["grade_id"], two["grade_id"] = two["grade_id"], one["grade_id"]


IDS_SWAPPED = Attack("swaps the ids of two answers", answers=WRONG, edit=_swapped)


def _all_one_id(notebook: Notebook) -> None:
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["grade_id"] = "m98_shares"


ALL_ONE_ID = Attack("gives every test the id of the easy one", answers=WRONG, edit=_all_one_id)


def _test_duplicated(notebook: Notebook) -> None:
    test = cell_of(notebook, "m98_total_bytes")
    twin = copy.deepcopy(test)
    twin["source"] = "4.0"
    notebook["cells"].append(twin)


TEST_DUPLICATED = Attack("duplicates a test cell with its own text", answers=WRONG, edit=_test_duplicated)


def _thousand_twins(notebook: Notebook) -> None:
    test = cell_of(notebook, "m98_total_bytes")
    notebook["cells"].extend(copy.deepcopy(test) for _ in range(1000))


TEST_THOUSAND_TIMES = Attack("duplicates a test cell a thousand times", answers=WRONG, edit=_thousand_twins)


def _answer_as_test(notebook: Notebook) -> None:
    answer = cell_of(notebook, "m98_total_bytes-answer")
    answer["metadata"]["nbgrader"].update(grade=True, points=4, solution=True)


ANSWER_GRADED = Attack("makes the answer cell a graded one", answers=WRONG, edit=_answer_as_test)


def _own_graded_cell(notebook: Notebook) -> None:
    made = {
        "grade": True,
        "grade_id": "m98_bonus",
        "locked": True,
        "points": 50,
        "schema_version": 3,
        "solution": False,
    }
    notebook["cells"].append(code_cell("50.0", nbgrader={**made, "task": False, "cell_type": "code"}))


OWN_GRADED_CELL = Attack("adds a graded cell of its own", answers=WRONG, edit=_own_graded_cell)


def _own_task(notebook: Notebook) -> None:
    made = {
        "grade": False,
        "grade_id": "m98_task",
        "locked": False,
        "points": 50,
        "schema_version": 3,
        "solution": False,
    }
    cell = {"cell_type": "markdown", "source": "all right", "metadata": {"nbgrader": {**made, "task": True}}}
    notebook["cells"].append(cell)


OWN_TASK = Attack("adds a task for a marker", answers=WRONG, edit=_own_task)


def _as(cell_type: str) -> Any:
    def edit(notebook: Notebook) -> None:
        for cell in tests_of(notebook):
            cell["cell_type"] = cell_type
            for name in ("outputs", "execution_count"):
                cell.pop(name, None)

    return edit


TESTS_MARKDOWN = Attack("turns the tests into Markdown", answers=WRONG, edit=_as("markdown"))
TESTS_RAW = Attack("turns the tests into raw cells", answers=WRONG, edit=_as("raw"))
TESTS_UNKNOWN_TYPE = Attack("turns the tests into cells of no kind", answers=WRONG, edit=_as("<script>"))


def _answers_markdown(notebook: Notebook) -> None:
    for exercise in POINTS:
        cell = cell_of(notebook, f"{exercise}-answer")
        cell["cell_type"] = "markdown"
        for name in ("outputs", "execution_count"):
            cell.pop(name, None)


ANSWERS_MARKDOWN = Attack("turns answer cells into Markdown", answers=WRONG, edit=_answers_markdown)


def _one_nbformat_id(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["id"] = "same"


ONE_CELL_ID = Attack("gives all cells one nbformat id", answers=WRONG, edit=_one_nbformat_id, flag="")


def _bad_nbformat_ids(notebook: Notebook) -> None:
    for index, cell in enumerate(notebook["cells"]):
        cell["id"] = ["../../x", "<img src=x onerror=alert('xssmark')>", 7, None, "a" * 100_000][index % 5]


BAD_CELL_IDS = Attack("has cell ids that are no ids", answers=WRONG, edit=_bad_nbformat_ids, flag="")


def _odd_metadata(notebook: Notebook) -> None:
    values: list[object] = ["text", ["list"], None, 7, True]
    for index, cell in enumerate(notebook["cells"]):
        cell["metadata"]["nbgrader"] = values[index % 5]


METADATA_NO_DICT = Attack("has nbgrader metadata that are no objects", answers=WRONG, edit=_odd_metadata)


def _forged_evidence(notebook: Notebook) -> None:
    forged = {"points": 10, "max_points": 10, "proven": True, "seal": "0" * 64}
    notebook["metadata"]["aisa"] = forged
    for cell in tests_of(notebook):
        cell["metadata"]["aisa"] = forged


FORGED_EVIDENCE = Attack("brings evidence of its own", answers=WRONG, edit=_forged_evidence)


def _other_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook["metadata"]["language_info"] = {"name": "bash"}


OTHER_KERNEL = Attack("asks for a shell as its kernel", answers=WRONG, edit=_other_kernel, flag="")


def _locked_prose(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("locked") and cell["cell_type"] == "markdown":
            cell["source"] = "This exercise is worth 50 points."


LOCKED_PROSE = Attack("rewrites the task", answers=WRONG, edit=_locked_prose, flag="")


def _magic_extra_state(notebook: Notebook) -> None:
    notebook["metadata"]["celltoolbar"] = "Create Assignment"
    notebook["metadata"]["nbgrader"] = {"student_id": "someone-else", "score": 100, "proven": True}
    notebook["metadata"]["jupytext"] = {"formats": "ipynb,py:percent"}


NOTEBOOK_METADATA = Attack(
    "claims to be somebody in the notebook's metadata", answers=WRONG, edit=_magic_extra_state, flag=""
)
