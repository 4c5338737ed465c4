"""Values, files, figures and written answers are proven as functions are; what is given to a value is given to all."""

from __future__ import annotations

import pytest

from graders.authoring.prove import GATES, Bench, prove
from graders.checks import Equal, Exercise, LocalEndpoint, load, run, value
from graders.errors import CourseError
from tests.checks.kinds_module import kinds_module

CHECKED = ["m95_busiest", "m95_limits_file", "m95_ceiling_figure"]


def findings(module, gate, sandbox=None):
    with Bench(module, 5, sandbox) as bench:
        return [(finding.exercise, finding.problem) for finding in GATES[gate](bench)]


def test_a_module_of_all_kinds_is_proven(tmp_path, sandbox):
    assert [str(finding) for finding in prove(kinds_module(tmp_path), students=5, sandbox=sandbox)] == []


def test_a_written_exercise_has_no_checks(tmp_path):
    catalogue = load(kinds_module(tmp_path))
    assert list(catalogue.exercises) == list(catalogue.mistakes) == list(catalogue.answers) == CHECKED


def test_checks_of_a_written_exercise_are_refused(tmp_path):
    more = 'TOLD = Exercise("m95_ceiling_explained", reference=1, checks=BUSIEST.checks)\n\n\ndef any_ceiling('
    with pytest.raises(CourseError, match="m95_ceiling_explained: these checks belong to no exercise"):
        load(kinds_module(tmp_path, checks=("def any_ceiling(", more)))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("module", "kind: file", "kind: policy", "calls it a policy, and its checks look at a variable"),
        ("module", "kind: figure", "kind: value", "calls it a value, and its checks call something"),
        ("checks", 'given={"units": UNITS},', "", "its reference takes units, which `given` does not say"),
        ("checks", "reference=ceiling_figure,", 'reference=ceiling_figure, given={"a": 1},', "it is given variables"),
        ("wrong_answers", "def least(units)", "def least(clocks)", "least: it takes clocks, which the exercise is not"),
        ("wrong_answers", 'units["busy"])}', 'units["idle"])}', r"counted gives no value: KeyError\('idle'\)"),
    ],
)  # fmt: skip
def test_definitions_that_make_no_sense(tmp_path, file, old, new, said):
    with pytest.raises(CourseError, match=said):
        prove(kinds_module(tmp_path, **{file: (old, new)}), students=2)


def test_answers_are_quoted_as_assignments_of_what_the_notebook_has(tmp_path):
    catalogue = load(kinds_module(tmp_path))
    for one in CHECKED[:2]:
        exercise = catalogue.exercises[one]
        for known in (*catalogue.mistakes[one], *catalogue.answers[one]):
            namespace = {"units": dict(exercise.given["units"])}
            exec(catalogue.quoted(known), namespace)
            verdict = run(exercise, (), LocalEndpoint(namespace), b"seed")
            assert set(verdict.lost) == set(getattr(known, "loses", ()))


def test_no_answer_changes_what_is_given_to_the_next():
    def spoils(counts):
        counts.append(1)
        return sum(counts)

    checks = [Equal("sum", weight=1, cases=[value()], message="The sum.")]
    exercise = Exercise("m95_total", reference=lambda counts: sum(counts), given={"counts": [1, 2]}, checks=checks)
    assert [exercise.value_of(answer) for answer in (spoils, exercise.reference, spoils, 7)] == [4, 3, 4, 7]


# --- one thing broken at a time -------------------------------------------------------------------------


def test_a_value_that_nobody_gets_wrong(tmp_path):
    module = kinds_module(tmp_path, wrong_answers=('loses=["the unit", "its share"]', 'loses=["its share"]'))
    assert ("m95_busiest", "nobody loses check 'the unit': if it were deleted, nobody would see it") in findings(
        module, "coverage"
    )
    assert findings(module, "wrong answers") == [
        ("m95_busiest", "mistake 'least for most' loses 'the unit', which it does not name, for everybody")
    ]


def test_a_value_whose_coefficient_no_check_looks_at(tmp_path):
    blind = 'part=lambda found: found["share"]', 'part=lambda found: found["unit"]'
    module = kinds_module(
        tmp_path, checks=blind, units=('busy / units["clocks"] for', 'busy * 1.0 / units["clocks"] for')
    )
    assert {exercise for exercise, _ in findings(module, "changed coefficients")} == {"m95_busiest"}


def test_a_margin_of_a_figure_is_free(tmp_path):
    module = kinds_module(tmp_path, units=("[top / 100, top * 10]", "[top / 300, top * 7]"))
    assert findings(module, "changed coefficients") == []


def test_a_margin_of_a_figure_that_nobody_looks_at_is_not(tmp_path):
    module = kinds_module(tmp_path, checks=("holds=in_view()", "holds=labelled()"))
    assert {exercise for exercise, _ in findings(module, "changed coefficients")} == {"m95_ceiling_figure"}


def test_a_right_value_that_is_not(tmp_path, sandbox):
    module = kinds_module(tmp_path, right_answers=('"store": 700', '"store": 701'))
    for gate, place in (("right answers", None), ("right answers in the sandbox", sandbox)):
        assert {exercise for exercise, _ in findings(module, gate, place)} == {"m95_limits_file"}
