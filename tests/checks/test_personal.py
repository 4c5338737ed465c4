"""Exercises about a student's own scenario: what gets it, what is proven of all scenarios, and what is refused."""

from __future__ import annotations

import inspect
import re

import pytest

from graders.authoring.prove import GATES, Bench, prove
from graders.authoring.rubrics import Rubric, filled, unfilled
from graders.checks import (
    Equal,
    Exercise,
    LocalEndpoint,
    Outcome,
    Property,
    Raises,
    Scenario,
    call,
    load,
    run,
    sampled,
    value,
)
from graders.checks.personal import takes_scenario, with_scenario
from graders.errors import CourseError
from tests.checks.personal_module import personal_module

CHECKED = ["m94_verdict", "m94_price_list", "m94_revenue"]
MINE = {"price": {"apples": 2, "beans": 3}, "sold": {"apples": 10, "beans": 5}, "town": "T"}
WORDS = {"weight": 1, "message": "It says so."}


def findings(module, *gates, students=30, sandbox=None):
    with Bench(module, students, sandbox) as bench:
        return [(finding.exercise, finding.problem) for gate in gates for finding in GATES[gate](bench)]


def test_a_personal_module_is_proven(tmp_path, sandbox):
    assert [str(finding) for finding in prove(personal_module(tmp_path), students=30, sandbox=sandbox)] == []


# --- what gets the scenario -----------------------------------------------------------------------------------


def test_functions_of_checks_get_the_scenario_that_they_name():
    def play(student, expect, scenario):
        expect(scenario["town"]).equals("T")

    def both(rng, scenario):
        return call(scenario["town"], int(rng.integers(2, 3)))

    checks = [
        Equal("a", cases=[sampled(both, 1), call(1)], part=lambda seen, scenario: seen + scenario["town"], **WORDS),
        Equal("b", cases=sampled(lambda scenario: call(scenario["town"]), 1), **WORDS),
        Property("c", cases=[call(1)], holds=lambda pairs, scenario: scenario["town"] == "T", **WORDS),
        Scenario("d", play=play, **WORDS),
        Outcome("e", simulate=lambda policy, rng, scenario: scenario, measure=float, at_least=1, **WORDS),
    ]
    assert all(map(takes_scenario, checks))
    equal, own, held, played, outcome = (with_scenario(check, MINE) for check in checks)
    assert not any(map(takes_scenario, (equal, own, held, played, outcome)))
    assert equal.part("in ") == "in T"
    assert equal.cases[1] is checks[0].cases[1]
    assert own.cases.generator(None) == call("T")
    assert held.holds([])
    assert list(inspect.signature(played.play).parameters) == ["student", "expect"]
    assert list(inspect.signature(outcome.simulate).parameters) == ["policy", "rng"]
    assert outcome.simulate(None, None) == MINE


def test_other_checks_stay_as_they_are():
    check = Raises(ValueError, "no", cases=[call(1)], **WORDS)
    assert not takes_scenario(check)
    assert with_scenario(check, MINE) == check


def test_a_value_is_that_of_the_student_s_scenario():
    checks = [Equal("it", cases=[value()], **WORDS)]
    exercise = Exercise("m94_towns", reference=lambda scenario: scenario["town"], personal=True, checks=checks)
    for town in ("T", "U"):
        verdict = run(exercise, (), LocalEndpoint({"towns": "T"}), b"", {"town": town})
        assert verdict.lost == (() if town == "T" else ("it",))
    with pytest.raises(CourseError, match="there is no scenario"):
        run(exercise, (), LocalEndpoint({"towns": "T"}), b"")


def test_each_student_has_inputs_of_their_own(tmp_path):
    with Bench(personal_module(tmp_path), 2) as bench:
        asked = [bench.trial("m94_revenue", student).cases["own goods"][2].args for student in (1, 2)]
        assert asked == [(7, bench.scenario(student)["sold"]["beans"]) for student in (1, 2)]
        assert asked[0] != asked[1]


def test_answers_are_quoted_with_the_notebook_s_own_scenario(tmp_path):
    with Bench(personal_module(tmp_path), 2) as bench:
        for one in CHECKED:
            for known in (*bench.catalogue.mistakes[one], *bench.catalogue.answers[one]):
                lost = set()
                for student in (1, 2, 3, 4):
                    namespace = {"scenario": bench.scenario(student)}
                    exec(bench.catalogue.quoted(known), namespace)
                    lost |= set(run(bench.exercise(one, student), (), LocalEndpoint(namespace), b"").lost)
                assert lost == set(getattr(known, "loses", ()))


# --- what must hold of all scenarios ------------------------------------------------------------------------------


SEED = 'seed = f"{salt}/{student}"'
RIGHT = 'right=lambda scenario: verdict(scenario)["stop"]'


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "checks",
            "at_least=0.1",
            "at_least=0.9",
            r"'what to stop': the margin of student-\d{4} is [\d.]+, at least 0.9",
        ),
        ("checks", "revenues(scenario)[0] - 1", "revenues(scenario)[0] - 1e9", "the margin of student-.* is -1e"),
        ("checks", "margin=lambda scenario: ", "margin=lambda scenario: float('nan') * ", "of student-0001 is nan"),
        ("checks", "most=0.4", "most=0.3", r"'\w+' is right for 3\d\d of 1000 students"),
        ("checks", RIGHT, "right=lambda scenario: 1", "'1' is right for 1000"),
        ("checks", "LEAST = Decision(", "LEAST = (lambda *_, **__: 0)(", "no Decision says what is decided"),
        ("scenario", SEED, 'seed = f"{salt}/{student[-2:]}"', "1000 students have 100 different scenarios"),
        ("scenario", SEED, 'seed = __import__("os").urandom(4)', "another one the next time"),
        ("scenario", SEED, 'LAST.append(student)\n    seed = f"{LAST}"', "another one the next time"),
    ],
)
def test_degenerate_scenarios(tmp_path, file, old, new, said):
    module = personal_module(tmp_path, **{file: (old, new)})
    path = module.folder / "novel_scenario" / "scenario.py"
    path.write_text(path.read_text().replace("GOODS =", "LAST = []\nGOODS ="))
    found = findings(module, "scenarios")
    assert {notebook for notebook, _ in found} == {"novel_scenario"}
    assert any(re.search(said, problem) for _, problem in found), found


def test_a_mistake_that_is_right_by_chance_says_so(tmp_path):
    module = personal_module(tmp_path, wrong_answers=(" mostly=0.5,", ""))
    problems = [problem for _, problem in findings(module, "wrong answers", students=100)]
    assert len(problems) == 2
    assert all("'always apples' names" in problem and "of 100 students" in problem for problem in problems)


def test_a_model_answer_has_a_value_for_every_name(tmp_path):
    module = personal_module(tmp_path, rubrics=("{stop}", "{stop} and {profit}"))
    assert findings(module, "model answers") == [
        ("m94_verdict_explained", "{profit} in its model answer has no value for student-001")
    ]
    without = personal_module(tmp_path, checks=("EXPLAINED = ModelAnswer", "EXPLAINED = lambda *_, **__: ModelAnswer"))
    assert "{stop} in its model answer has no value" in findings(without, "model answers")[0][1]


def test_a_model_answer_is_filled_in_and_formulas_are_left_alone():
    rubric = Rubric("m94_x", (), "{town}: {share:.1%}, {n:,d}; {core} {flag} {other} $x_{max}$ and $I = {share:.2f}$")
    values = {"town": "T", "share": 0.256, "n": 1234, "core": {"a": 1}, "flag": True}
    assert filled(rubric, values).model_answer == "T: 25.6%, 1,234; {core} {flag} {other} $x_{max}$ and $I = 0.26$"
    assert unfilled(rubric, values) == ("{core}", "{flag}", "{other}")


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("checks", "reference=verdict,\n    personal=True,", "reference=verdict,", "does not say personal=True"),
        ("checks", "reference=revenue,\n    personal=True,", "reference=revenue,", "does not say personal=True"),
        ("checks", "[sampled(own_good, 2), sampled(own_sales, 1)]", "[call(2, 3)]", "nothing of it takes"),
        ("checks", 'ModelAnswer("m94_verdict_explained"', 'ModelAnswer("m94_verdict"', "m94_verdict: a model answer"),
        ("wrong_answers", "def pieces(scenario)", "def pieces(student)", "pieces: it takes student, which"),
    ],
)  # fmt: skip
def test_definitions_that_make_no_sense(tmp_path, file, old, new, said):
    with pytest.raises(CourseError, match=said):
        load(personal_module(tmp_path, **{file: (old, new)}))


def test_a_personal_exercise_needs_a_personal_notebook(tmp_path):
    module = personal_module(tmp_path)
    (module.folder / "novel_scenario" / "scenario.py").unlink()
    with pytest.raises(CourseError, match="it is personal, and its notebook has no scenario"):
        load(module)


def test_digests_of_what_is_personal_depend_on_the_scenario(tmp_path):
    module = personal_module(tmp_path)
    digests = []
    for prices in ("10, 40", "10, 41"):
        path = module.folder / "novel_scenario" / "scenario.py"
        path.write_text(path.read_text().replace("10, 40", prices))
        digests.append(load(module).digests())
    assert set(digests[0]) == {*CHECKED, "m94_verdict_explained"}
    assert set(digests[0].items()).isdisjoint(digests[1].items())
