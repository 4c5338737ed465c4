"""A module that is data only passes every gate; each gate sees what it is there for."""

import pytest

from graders.authoring.prove import GATES, Bench, prove
from graders.errors import CourseError
from tests.checks.example_module import example_module

STUDENTS = 12


def findings(module, gate, sandbox=None):
    with Bench(module, STUDENTS, sandbox) as bench:
        return [(finding.exercise, finding.problem) for finding in GATES[gate](bench)]


def test_a_module_added_as_data_alone_is_proven(tmp_path, sandbox):
    assert [str(finding) for finding in prove(example_module(tmp_path), students=STUDENTS, sandbox=sandbox)] == []


# --- one thing broken at a time -------------------------------------------------------------------------


def test_a_deleted_check_is_noticed(tmp_path):
    line = '        Raises(ValueError, "no limit", weight=1, cases=[call(0)], message="A limit is positive."),\n'
    with pytest.raises(CourseError, match=r"Wrapping.*no limit"):
        prove(example_module(tmp_path, checks=(line, "")))


def test_a_check_that_nobody_loses(tmp_path):
    module = example_module(tmp_path, wrong_answers=(', "no limit"]', "]"))
    ((exercise, problem),) = findings(module, "coverage")
    assert exercise == "m99_meter"
    assert "nobody loses check 'no limit'" in problem


def test_too_few_mistakes_and_no_right_answer(tmp_path):
    never = '@mistake("m99_buys", misconception="nothing ever", loses=["cheap", "never dear"], hint="Buy something.")\n'
    module = example_module(
        tmp_path, wrong_answers=(never, ""), right_answers=('@answer("m99_buys", by="another threshold")\n', "")
    )
    assert findings(module, "coverage") == [
        ("m99_buys", "2 wrong answers, at least 3 are wanted"),
        ("m99_buys", "no independent right answer"),
    ]


def test_a_mistake_that_loses_more_or_less_than_it_names(tmp_path):
    more = example_module(
        tmp_path / "more", wrong_answers=('loses=["a disc", "rings", "no ring"]', 'loses=["rings", "no ring"]')
    )
    assert findings(more, "wrong answers") == [
        ("m99_ring_area", "mistake 'diameters' loses 'a disc', which it does not name, for everybody")
    ]


def test_a_mistake_that_keeps_what_it_names(tmp_path, sandbox):
    module = example_module(
        tmp_path,
        wrong_answers=(
            'misconception="no hole", loses=["rings"]',
            'misconception="no hole", loses=["a disc", "rings"]',
        ),
    )
    assert findings(module, "wrong answers") == [
        ("m99_ring_area", "mistake 'no hole' names 'a disc', but keeps it for everybody")
    ]
    assert findings(module, "wrong answers in the sandbox", sandbox) == [
        ("m99_ring_area", "mistake 'no hole' names 'a disc', but keeps it")
    ]


def test_a_case_by_hand_is_the_same_for_everybody_and_what_is_drawn_is_not(tmp_path):
    by_hand = "cases=sampled(any_ring, count=4)", "cases=[call(2.0, 1.0), sampled(any_ring, count=4)]"
    rings = {
        "by hand": "inner * np.less(inner, 0.97)",  # wrong in the case that is written by hand
        "drawn": "inner * (np.less(inner, 0.97) | np.equal(inner, 1))",  # wrong if such a hole is drawn
        "right": "inner",
    }
    kept = {}
    for name, hole in rings.items():
        wrong = "np.square(outer)\n", f"(np.square(outer) - np.square({hole}))\n"
        module = example_module(tmp_path, checks=by_hand, wrong_answers=wrong)
        kept[name] = [problem for _, problem in findings(module, "wrong answers")]
    names = "mistake 'no hole' names 'rings', but keeps it for"
    assert kept["by hand"] == []
    assert kept["right"] == [f"{names} {STUDENTS} of {STUDENTS} students"]
    (some,) = kept["drawn"]
    assert some.startswith(names)
    assert some not in kept["right"]


def test_two_mistakes_that_are_one(tmp_path):
    module = example_module(tmp_path, wrong_answers=("np.square(np.subtract(outer, inner))", "np.square(outer)"))
    assert {exercise for exercise, _ in findings(module, "hints")} == {"m99_ring_area"}


def test_a_right_answer_that_is_not(tmp_path, sandbox):
    module = example_module(tmp_path, right_answers=("2 * math.pi", "2.001 * math.pi"))
    for gate, place in (("right answers", None), ("right answers in the sandbox", sandbox)):
        assert {exercise for exercise, _ in findings(module, gate, place)} == {"m99_ring_area"}


def test_a_check_that_nothing_keeps_by_luck(tmp_path):
    module = example_module(tmp_path, checks=("at_least=1.3", "at_least=0.9"))
    found = findings(module, "answers of nothing")
    assert found
    assert {exercise for exercise, _ in found} == {"m99_buys"}


def test_a_coefficient_that_no_check_looks_at(tmp_path):
    blind = "cases=sampled(any_ring, count=4)", "cases=[call(1.0, 0.0), call(1.0, 1.0)]"
    module = example_module(tmp_path, checks=blind)
    assert [problem for _, problem in findings(module, "changed coefficients")] != []


def test_a_solution_that_its_checks_refuse(tmp_path, sandbox):
    # the reference that is quoted, and the one that the checks know, are not the same
    module = example_module(
        tmp_path, checks=("reference=ring_area", "reference=lambda outer, inner: 2 * ring_area(outer, inner)")
    )
    assert {exercise for exercise, _ in findings(module, "source", sandbox)} == {"m99_ring_area"}


def test_a_release_that_earns(tmp_path, sandbox):
    tests = '# %% tests={"id": "m99_buys"}\n'
    module = example_module(tmp_path, notebook=(tests, "# %%\nbuys = lambda price: price < 1.5\n\n" + tests))
    assert {exercise for exercise, _ in findings(module, "release", sandbox)} == {"m99_buys"}
