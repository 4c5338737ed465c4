"""Answer cells are filled in and emptied, and nothing else changes. (`test_build` compares with nbgrader's own.)"""

from __future__ import annotations

import pytest

from graders.authoring.answers import exercise_answered, fill, release, text
from graders.errors import UsageError


def code(source, **nbgrader):
    return {
        "cell_type": "code",
        "metadata": {"nbgrader": nbgrader} if nbgrader else {},
        "source": source,
        "outputs": [],
    }


ANSWER = code(
    "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION", solution=True, grade_id="m97_f-answer"
)
TEST = code("assert f() == 1", solution=False, grade=True, locked=True, grade_id="m97_f")
PROSE = {"cell_type": "markdown", "metadata": {}, "source": ["# One\n", "two"]}
NOTEBOOK = {"cells": [PROSE, ANSWER, TEST], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_release_leaves_the_stub():
    cells = release(NOTEBOOK)["cells"]
    assert cells[1]["source"] == "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert [cells[0], cells[2]["source"]] == [PROSE, TEST["source"]]
    assert "return 1" in ANSWER["source"], "the source itself is left as it is"


def test_an_answer_without_marks_goes_whole():
    assert release({"cells": [code("secret = 1", solution=True)]})["cells"][0]["source"].startswith("# YOUR CODE HERE")


def test_fill_replaces_the_answer_only():
    filled = fill(release(NOTEBOOK), {"m97_f": "def f():\n    return 2"})
    assert filled["cells"][1]["source"] == "def f():\n    return 2"
    assert filled["cells"][2]["source"] == TEST["source"]


def test_fill_keeps_the_form_of_the_source():
    listed = dict(ANSWER, source=["a\n", "b"])
    filled = fill({"cells": [listed]}, {"m97_f": "x\ny"})
    assert filled["cells"][0]["source"] == ["x\n", "y"]


def test_an_answer_to_nothing_is_refused():
    with pytest.raises(UsageError, match="m97_g"):
        fill(NOTEBOOK, {"m97_g": ""})


@pytest.mark.parametrize("metadata", [None, [], {}, {"nbgrader": None}, {"nbgrader": {"grade_id": "x-answer"}}])
def test_broken_metadata_answers_nothing(metadata):
    assert exercise_answered({"cell_type": "code", "metadata": metadata, "source": ""}) == ""


def test_text_of_either_form():
    assert text(PROSE) == "# One\ntwo"
    assert text(ANSWER).startswith("def f")
