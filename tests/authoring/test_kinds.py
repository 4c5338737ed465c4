"""Variables are quoted as assignments; a written exercise is a task cell whose rubric no student gets."""

from __future__ import annotations

import json

import jsonschema
import nbformat
import pytest
import yaml
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearMarkScheme, ClearSolutions

from graders.authoring.answers import nbgrader_metadata, release, text, with_mark_schemes
from graders.authoring.build import build, stale, write
from graders.authoring.material import modules
from graders.authoring.rubrics import mark_scheme, rubrics_of
from graders.errors import CourseError
from tests.checks.kinds_module import RUBRICS, kinds_module


def document(module):
    return json.loads(build(module)["practical.ipynb"])


def cell(notebook, identity):
    return next(cell for cell in notebook["cells"] if cell["id"] == identity)


def refused(root, **changed):
    with pytest.raises(CourseError) as failure:
        build(kinds_module(root, **changed))
    return str(failure.value)


# --- variables --------------------------------------------------------------------------------------------


def test_a_variable_is_quoted_as_the_statements_that_give_it(tmp_path):
    notebook = document(kinds_module(tmp_path))
    assert text(cell(notebook, "m95_busiest-answer")).split("\n")[1:] == [
        "### BEGIN SOLUTION",
        'shares = [busy / units["clocks"] for busy in units["busy"]]',
        "# The first of equals.",
        "place = shares.index(max(shares))",
        'busiest = {"unit": units["unit"][place], "share": shares[place]}',
        "### END SOLUTION",
    ]
    assert "\nlimits_file = json.dumps(\n    {" in text(cell(notebook, "m95_limits_file-answer"))


def test_the_release_keeps_the_author_s_comments_and_nothing_else(tmp_path):
    answer = text(cell(release(document(kinds_module(tmp_path))), "m95_busiest-answer"))
    comment, *stub = answer.split("\n")
    assert comment.startswith('# busiest = {"unit": ...')
    assert stub == ["# YOUR CODE HERE", "raise NotImplementedError()"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def busiest(units):", "def busiest(units=None):", "parameters of busiest have defaults"),
        ("def busiest(units):", "def busiest(*units):", "parameters of busiest have defaults"),
        ("def busiest(units):", "def busiest(tables):\n    units = tables", "the quoted solution uses tables"),
        ("    # The first", "    if not shares:\n        return None\n    #", "cannot be quoted as an assignment"),
        ('    return {"unit"', '    shares = {"unit"', "busiest cannot be quoted as an assignment"),
        ('    return {"unit"', '    if place:\n        return {"unit"', "busiest cannot be quoted as an assignment"),
        ("def busiest(units):", "class busiest:\n  def busiest(units):", "busiest is a class"),
    ],
)
def test_references_that_are_no_assignment(tmp_path, old, new, said):
    assert said in refused(tmp_path, units=(old, new))


def test_what_an_inner_function_returns_is_its_own(tmp_path):
    inner = "    def share(busy):\n        return busy\n\n    # The first"
    answer = text(cell(document(kinds_module(tmp_path, units=("    # The first", inner))), "m95_busiest-answer"))
    assert "def share(busy):\n    return busy\n" in answer
    assert 'busiest = {"unit"' in answer


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("module", "kind: value", "kind: policy", "asks for a variable, and module.yaml calls it a policy"),
        ("module", "kind: figure", "kind: file", "asks for a function or class, and module.yaml calls it a file"),
        ("notebook", "share of the clocks\n### SOL", "share of the clocks\nprint()\n### SOL", "calls it a value"),
        ("notebook", "clocks\n### SOLUTION", "clocks\n### SOLUTION\n### SOLUTION", "has 2 marks ### SOLUTION"),
        ("notebook", "clocks\n### SOLUTION", "clocks", "has 0 marks ### SOLUTION"),
        ("notebook", 'exercise={"id": "m95_ceiling_explained"}', 'tests={"id": "x"}', "a prose cell has no role, unl"),
        ("notebook", '{"id": "m95_ceiling_explained"}', "{}", 'a written exercise needs "id"'),
        ("notebook", '"m95_ceiling_explained"', '"m95_ceiling_told"', "lists no exercise m95_ceiling_told"),
        ("notebook", '"m95_ceiling_explained"', '"m95_busiest"', "m95_busiest has two answer cells"),
    ],
)
def test_kinds_and_cells_agree(tmp_path, file, old, new, said):
    assert said in refused(tmp_path, **{file: (old, new)})


def test_what_is_called_written_is_prose_and_the_other_way_round(tmp_path):
    calls = {"module": ("kind: written", "kind: value"), "rubrics": (RUBRICS, "exercises: {}\n")}
    assert "module.yaml calls m95_ceiling_explained a value" in refused(tmp_path, **calls)
    other = {"module": ("kind: value", "kind: written"), "rubrics": (RUBRICS, RUBRICS + OTHER_RUBRIC)}
    assert "asks for a variable, and module.yaml calls it a written" in refused(tmp_path, **other)


OTHER_RUBRIC = """\
  m95_busiest:
    criteria:
      - {id: one, title: One, levels: [{points: 0, says: "No."}, {points: 1, says: "Yes."}]}
      - {id: two, title: Two, levels: [{points: 0, says: "No."}, {points: 2, says: "Yes."}]}
    model_answer: Yes.
"""


# --- written exercises ------------------------------------------------------------------------------------


def test_a_written_exercise_is_a_task_cell_and_a_cell_to_answer_in(tmp_path):
    module = kinds_module(tmp_path)
    notebook = document(module)
    task, response, after = notebook["cells"][-3:]
    assert task["metadata"]["nbgrader"] == {
        "grade": False, "grade_id": "m95_ceiling_explained", "locked": True, "points": 4, "schema_version": 3,
        "solution": False, "task": True,
    }  # fmt: skip
    assert (response["id"], response["metadata"]) == ("m95_ceiling_explained-answer", {})
    assert "Your answer here" in text(response)
    assert after["id"] == "text-03"
    asked, scheme = text(task).split("### BEGIN MARK SCHEME")
    assert asked.startswith("**Exercise** (4 points). Why")
    assert "- 1.5: Names the unit that is busy" in scheme
    assert "and more than all clocks there are not." in scheme


def test_source_and_release_are_what_nbgrader_takes_and_makes(tmp_path):
    source = document(kinds_module(tmp_path))
    for form in (source, release(source)):
        notebook = nbformat.from_dict(form)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
    theirs = nbformat.reads(json.dumps(source), as_version=4)
    for step in (ClearSolutions(), ClearMarkScheme()):
        theirs, _ = step.preprocess(theirs, {})
    assert [text(one) for one in release(source)["cells"]] == [one.source for one in theirs.cells]


def test_nothing_of_a_rubric_is_released_and_all_of_it_comes_back_for_the_marker(tmp_path):
    module = kinds_module(tmp_path)
    source, rubrics = document(module), rubrics_of(module)
    released = release(source)
    said = json.dumps(released)
    for level in [level for one in rubrics["m95_ceiling_explained"].criteria for level in one.levels]:
        assert level.says not in said
    assert "MARK SCHEME" not in said
    assert "700" not in said
    schemes = {exercise: mark_scheme(rubric) for exercise, rubric in rubrics.items()}
    tasks = [[one for one in form["cells"] if nbgrader_metadata(one).get("task")] for form in (
        source, with_mark_schemes(released, schemes))]  # fmt: skip
    assert text(tasks[0][0]) == text(tasks[1][0])


@pytest.mark.parametrize(
    "told",
    [
        "Names the unit that is busy in every clock.",
        "names the unit\n# that is busy in every clock.",
        "The load unit works in 700 of 1,000 clocks,",
    ],
)
@pytest.mark.parametrize("place", ["# Name what is used up", "# The end."])
def test_prose_that_tells_what_the_rubric_wants_is_refused(tmp_path, told, place):
    assert "part of a mark scheme" in refused(tmp_path, notebook=(place, f"{place} {told}"))


def test_the_schema_of_rubrics_is_generated_beside_them(tmp_path):
    module = kinds_module(tmp_path)
    write([module])
    path = tmp_path / "rubrics" / "schema" / "modules.json"
    schema, right = json.loads(path.read_text()), yaml.safe_load(RUBRICS)
    jsonschema.validate(right, schema)
    right["exercises"]["m95_ceiling_explained"]["criteria"].pop()
    with pytest.raises(jsonschema.ValidationError, match="too short"):
        jsonschema.validate(right, schema)
    path.write_bytes(path.read_bytes() + b" ")
    assert stale([module]) == (path,)


def test_every_rubric_of_ours_is_read():
    for module in modules():
        assert set(rubrics_of(module)) == {entry.id for entry in module.exercises if entry.is_written}
