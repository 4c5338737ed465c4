"""The notebook before the track: it says ready to who is, where to read to who is not, and frightens nobody."""

from __future__ import annotations

import contextlib
import io
import json
import re

import nbformat
import pytest
from nbclient import NotebookClient

from graders.authoring.material import READINESS
from graders.course import init
from graders.paths import material_root
from tests.material.readiness_answers import RIGHT, WRONG

NOTEBOOK = material_root() / READINESS
READY = "you are ready for module 1"


def cells(answers):
    """Code of the notebook, with these answers in their cells."""
    code = [
        "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_bytes())["cells"] if cell["cell_type"] == "code"
    ]
    for place, source in enumerate(code):
        if (found := re.match(r'@check\("(\d\.\d)"\)', source)) and found[1] in answers:
            code[place - 1] = answers[found[1]]
    return code


def said(answers):
    """What the notebook says from top to bottom."""
    out, names = io.StringIO(), {}
    with contextlib.redirect_stdout(out):
        for source in cells(answers):
            exec(source, names)
    return out.getvalue()


def executed(answers):
    """The same, as Jupyter runs it: texts of all outputs, and whether a cell failed."""
    notebook = nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)
    for cell, source in zip([cell for cell in notebook.cells if cell.cell_type == "code"], cells(answers), strict=True):
        cell.source = source
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs), {output.output_type for output in outputs}


def test_an_untouched_notebook_runs_through_and_says_what_to_read():
    text, kinds = executed({})
    assert kinds == {"stream"}, "no error, no traceback"
    assert text.count("not answered yet") == len(RIGHT)
    assert text.count(" read: ") >= 4
    assert READY not in text


def test_whoever_answers_all_is_told_to_begin():
    text, kinds = executed(RIGHT)
    assert kinds == {"stream"}
    assert READY in text
    assert "brush up" not in text


def test_four_parts_of_three_to_five_tasks_each_with_freely_available_reading():
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(cells({})[0], names)
    tasks = names["TASKS"]
    assert sorted(tasks) == sorted(RIGHT)
    assert {len([task for task in tasks if task.startswith(part)]) for part in names["PARTS"]} <= {3, 4, 5}
    assert len(names["PARTS"]) == 4
    assert all(" http" in reading for _, reading in tasks.values())


@pytest.mark.parametrize(("task", "part", "instead", "words"), WRONG, ids=[f"{one[0]} {one[2]}" for one in WRONG])
def test_a_wrong_answer_is_told_what_is_wrong_and_where_to_read(task, part, instead, words):
    assert part in RIGHT[task]
    text = said(RIGHT | {task: RIGHT[task].replace(part, instead, 1)})
    (line,) = [line for line in text.splitlines() if line.startswith(task)]
    assert words in line
    assert f"for {task} read: " in text
    assert READY not in text
    assert text.count(": right\n") == len(RIGHT) - 1, "the others are as right as before"


def test_each_task_has_a_wrong_answer():
    assert {task for task, *_ in WRONG} == set(RIGHT)


def test_one_answer_is_missing():
    text = said({task: answer for task, answer in RIGHT.items() if task != "3.3"})
    assert "3.3 How sure a mean is: not answered yet" in text
    assert "Part 3. Statistics: 3 of 4 - brush up" in text
    assert READY not in text


def test_no_answer_stands_in_it():
    source = NOTEBOOK.read_text(encoding="utf-8")
    for answer in RIGHT.values():
        telling = max((line.strip().removeprefix("return ") for line in answer.splitlines()[2:]), key=len)
        assert telling not in source


def test_nbgrader_has_no_part_in_it():
    assert all(cell["metadata"] == {} for cell in json.loads(NOTEBOOK.read_bytes())["cells"])


def test_a_course_has_it_for_its_students_and_says_so(tmp_path):
    course = init(tmp_path / "course")
    assert (course.root / "readiness" / "readiness.ipynb").read_bytes() == NOTEBOOK.read_bytes()
    assert "numpy==" in (course.root / "readiness" / "requirements.txt").read_text()
    assert "`readiness/`" in (course.root / "README.md").read_text()
    assert "readiness" not in course.modules
