"""Checks of functions, values and tables: what is kept, what counts, which mistake it was."""

from dataclasses import replace

import numpy as np
import pytest

from graders.checks import (
    Equal,
    Exercise,
    Fast,
    LocalEndpoint,
    Mistake,
    Property,
    Raises,
    bounded,
    call,
    conserved,
    monotone,
    run,
    sampled,
    sums_to,
)
from graders.checks.trial import Trial
from graders.errors import CourseError, GraderError
from graders.records import Reply
from tests.checks.made_up import (
    QUICK,
    RING,
    SEED,
    SQUARED_DIFFERENCE,
    TABLE,
    VALUE,
    WITHOUT_HOLE,
    Scripted,
    earned,
    reasons,
    ring_area,
    verdict,
)


def test_a_right_answer_by_another_way_earns_everything():
    def by_mean_radius(outer, inner):
        if np.min(inner) < 0 or np.any(np.asarray(outer) < inner):
            raise ValueError
        return 2 * np.pi * (np.asarray(outer) + inner) / 2 * (np.asarray(outer) - inner)

    assert earned(verdict(RING, by_mean_radius)) == {"a disc", "rings", "no ring", "positive"}


def test_partly_right_earns_in_part_and_says_why():
    found = verdict(RING, lambda outer, inner: np.pi * np.asarray(outer) ** 2)
    assert earned(found) == {"a disc", "positive"}
    assert reasons(found)["rings"] == "5 of 5 cases differ"
    assert reasons(found)["no ring"] == "2 of 2 cases raised no ValueError"


@pytest.mark.parametrize(
    "answer",
    [
        lambda outer, inner: 4 * np.pi,  # the visible example's value
        lambda outer, inner: None,
        lambda outer, inner: outer,
        lambda outer, inner: inner,
        lambda *inputs: inputs,
        lambda outer, inner: np.zeros_like(outer),
    ],
)
def test_answers_that_answer_nothing_earn_nothing(answer):
    assert earned(verdict(RING, answer)) == set()


@pytest.mark.parametrize("odd", [[[0]] * 100_000, {"a": {(1, 2)}}, b"bytes", [1, "a", None], np.array(["M"])])
def test_odd_answers_that_are_right_somewhere_are_judged_all_the_same(odd):
    def answer(outer, inner):
        return ring_area(outer, inner) if np.ndim(outer) == 0 else odd

    found = verdict(RING, answer, KNOWN)
    assert "a disc" in earned(found)
    assert "rings" in found.lost


def test_always_raising_earns_nothing():
    def raises(outer, inner):
        raise ValueError

    found = verdict(RING, raises)
    assert "no ring" not in found.lost
    assert earned(found) == set()


def test_the_hole_of_nothing_makes_the_echo_right_by_luck_and_earns_nothing():
    exercise = Exercise(
        "m99_least",
        reference=lambda a, b: min(a, b),
        checks=[
            Equal("first", weight=1, cases=[call(1, 2)], message="The first."),
            Equal("second", weight=1, cases=[call(4, b=3)], message="The second."),
        ],
    )
    found = verdict(exercise, lambda a, b: a)
    assert found.checks[0].kept
    assert earned(found) == set()
    assert earned(verdict(exercise, lambda a, b: min(b, a))) == {"first", "second"}


def test_sampled_cases_depend_on_the_seed_and_on_nothing_else():
    def inputs(exercise, seed):
        endpoint = Scripted(Reply("value", 1.0))
        run(exercise, (), endpoint, seed)
        return [[np.asarray(argument).tolist() for argument in request.args] for request in endpoint.asked[0][0]]

    alone = Exercise("m99_ring_area", reference=ring_area, checks=[RING.checks[1]])
    assert inputs(RING, SEED)[1:6] == inputs(alone, SEED)
    assert inputs(alone, SEED) != inputs(alone, b"another student")


def test_all_calls_go_out_in_one_batch():
    endpoint = Scripted(Reply("value", 1.0))
    run(RING, (), endpoint, SEED)
    assert [len(requests) for requests, _ in endpoint.asked] == [1 + 5 + 2 + 3]


def test_inputs_are_nobody_elses():
    def spoils(outer, inner):
        area = ring_area(outer, inner)
        if isinstance(outer, np.ndarray):
            outer[:] = 0.0
            inner[:] = 0.0
        return area

    spoiling = Exercise("m99_ring_area", reference=spoils, checks=RING.checks)
    assert earned(verdict(spoiling, spoils)) == earned(verdict(RING, spoils)) == {c.name for c in RING.checks}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("raised", exception=("TypeError", "Exception")), "raised TypeError"),
        (Reply("raised", exception=("Secret7", "KeyError", "LookupError", "Exception")), "raised KeyError"),
        (Reply("raised", exception=("Secret7", "Exception", "BaseException")), "raised an exception"),
        (Reply("opaque", "generator"), "a generator, which is no plain data"),
        (Reply("opaque", "Secret7"), "an object, no plain data"),
        (Reply("missing"), "there is nothing of this name in the notebook"),
        (Reply("timeout"), "out of CPU time"),
        (Reply("memory"), "out of memory"),
        (Reply("crashed"), "the process ended"),
    ],
)
def test_what_is_no_value_is_lost_and_named_by_kind(reply, reason):
    found = run(VALUE, (), Scripted(reply), SEED)
    assert reasons(found) == {"the ridge": reason}


def test_a_machine_that_is_too_slow_loses_no_point():
    with pytest.raises(GraderError):
        run(VALUE, (), Scripted(Reply("retry")), SEED)


def test_a_value():
    assert earned(run(VALUE, (), LocalEndpoint({"ridge": np.float64(12.5)}), SEED)) == {"the ridge"}
    assert earned(run(VALUE, (), LocalEndpoint({"ridge": 12.0}), SEED)) == set()
    assert earned(run(VALUE, (), LocalEndpoint({}), SEED)) == set()


def test_parts_of_a_table_earn_apart():
    def percent(counts):
        return {"name": list(counts), "share": [100 * c / sum(counts.values()) for c in counts.values()]}

    assert earned(verdict(TABLE, percent)) == {"rows"}
    assert (
        reasons(verdict(TABLE, lambda counts: 3))["rows"] == "2 of 2 cases gave: it has not the parts that are expected"
    )


def test_fast_asks_apart_with_its_own_limit():
    endpoint = Scripted(Reply("value", 3.0), Reply("value", 5.0), Reply("timeout"))
    found = run(QUICK, (), endpoint, SEED)
    assert [(len(requests), limit) for requests, limit in endpoint.asked] == [(2, None), (1, 0.5)]
    assert reasons(found) == {"small": "", "large": "out of CPU time"}


def test_a_constant_that_is_quick_by_luck_earns_nothing():
    found = verdict(QUICK, lambda numbers: 10_000.0)
    assert "large" not in found.lost
    assert earned(found) == set()


# --- properties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holds", "good", "bad"),
    [
        (monotone(), lambda x: [x, 2 * x], lambda x: [2 * x, x]),
        (monotone(increasing=False), lambda x: -x, lambda x: x),
        (monotone(strict=True), lambda x: x, lambda x: 3.0),
        (bounded(0, 5), lambda x: x, lambda x: float("nan")),
        (bounded(low=0), lambda x: x, lambda x: -x),
        (sums_to(1.0), lambda x: [0.25, 0.75], lambda x: [0.25, 0.7]),
        (sums_to(1.0), lambda x: {"a": [0.5, 0.1], "b": [0.5, 0.9]}, lambda x: {"a": [0.5, 0.1], "b": [0.5, 0.8]}),
        (conserved(lambda case: case.args[0], lambda value: sum(value)), lambda x: [x / 2, x / 2], lambda x: [x, x]),
        (monotone(), lambda x: x, lambda x: "text"),
    ],
)
def test_properties(holds, good, bad):
    cases = [call(1.0), call(2.0), call(4.0)]
    exercise = Exercise(
        "m99_f",
        reference=good,
        checks=[
            Equal("value", weight=1, cases=cases, message="The value.", rtol=1e9),
            Property("property", weight=1, cases=cases, holds=holds, message="The property."),
        ],
    )
    assert "property" not in verdict(exercise, good).lost
    assert "property" in verdict(exercise, bad).lost


# --- known mistakes -----------------------------------------------------------------------------------------

KNOWN = (WITHOUT_HOLE, SQUARED_DIFFERENCE)


def test_the_one_mistake_that_gives_the_same_values_is_named():
    def without_hole_but_validating(outer, inner):
        ring_area(outer, inner)
        return np.pi * np.square(outer)

    for answer in (WITHOUT_HOLE.answer, without_hole_but_validating):
        found = verdict(RING, answer, KNOWN)
        assert (found.misconception, found.hint) == ("the hole is forgotten", "Take the hole away.")


def test_no_hint_where_two_mistakes_agree():
    twin = Mistake("m99_ring_area", "a twin", ("rings",), "Twin.", lambda outer, inner: np.pi * np.square(outer))
    assert verdict(RING, WITHOUT_HOLE.answer, (*KNOWN, twin)).hint == ""


def test_no_hint_for_another_error_or_for_none():
    assert verdict(RING, lambda outer, inner: np.square(outer), KNOWN).hint == ""
    assert verdict(RING, ring_area, KNOWN).hint == ""


def test_a_right_answer_that_refuses_nothing_is_not_taken_for_a_wrong_one():
    # on the refused inputs it happens to give the value of a known mistake; on all others it is right
    lucky = Mistake("m99_f", "lucky", ("value", "refused"), "Wrong hint.", lambda x: 0 if x > 0 else x)
    exercise = Exercise(
        "m99_f",
        reference=_positive_square,
        checks=[
            Equal("value", weight=1, cases=[call(2), call(3)], message="Squares."),
            Raises(ValueError, "refused", weight=1, cases=[call(0)], message="Zero."),
        ],
    )
    assert verdict(exercise, lambda x: x * x, [lucky]).hint == ""
    assert verdict(exercise, lambda x: 0 if x > 0 else x, [lucky]).hint == "Wrong hint."


def _positive_square(x):
    if x <= 0:
        raise ValueError
    return x * x


def test_slow_but_right_gets_the_hint_of_the_slow_mistake():
    slow = Mistake("m99_total", "a loop", ("large",), "Let numpy add.", sum)
    wrong = Mistake("m99_total", "wrong", ("small", "large"), "No.", len)
    endpoint = Scripted(Reply("value", 3.0), Reply("value", 5.0), Reply("timeout"))
    assert run(QUICK, (slow, wrong), endpoint, SEED).hint == "Let numpy add."


# --- definitions that make no sense -----------------------------------------------------------------------------


def equal(name="value", **changed):
    return Equal(name, **{"weight": 1, "cases": [call(1)], "message": "A message.", **changed})


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ([], "no checks"),
        ([equal(), equal()], "two checks"),
        ([equal(weight=0)], "weight"),
        ([equal(weight=-1)], "weight"),
        ([equal(weight=float("nan"))], "weight"),
        ([equal(message=" ")], "message"),
        ([equal(cases=[])], "no cases"),
        ([equal(cases=[3])], "call"),
        ([equal(cases=sampled(lambda rng: call(1), count=0))], "samples no case"),
        ([Raises(ValueError, "raises", weight=1, cases=[call(0)], message="No.")], "would earn points"),
        ([equal(), Raises(ValueError, "raises", weight=1, cases=[], message="No.")], "no cases"),
        ([equal(), Fast("fast", weight=1, case=call(1), cpu_s=0, message="Quick.")], "allows 0"),
    ],
)
def test_nonsense_is_refused_where_it_is_defined(checks, words):
    with pytest.raises(CourseError, match=words) as caught:
        Exercise("m99_f", reference=abs, checks=checks)
    assert "m99_f" in str(caught.value)


def test_a_reference_that_its_own_checks_do_not_fit_is_our_error():
    raising = Exercise(
        "m99_f", reference=abs, checks=[equal(), Raises(ValueError, "r", weight=1, cases=[call(1)], message="M.")]
    )
    lying = Exercise("m99_f", reference=abs, checks=[equal(cases=[call("text")])])
    for exercise in (raising, lying):
        with pytest.raises(CourseError):
            verdict(exercise, abs)


def test_a_generator_that_gives_no_call_is_our_error():
    with pytest.raises(CourseError, match="not call"):
        verdict(Exercise("m99_f", reference=abs, checks=[equal(cases=sampled(lambda rng: 3, 1))]), abs)


# --- what is asked of the reference once ---------------------------------------------------------------------------


def test_only_cases_by_hand_are_taken_from_another_student():
    asked = []

    def reference(outer, inner):
        asked.append(outer)
        return ring_area(outer, inner)

    exercise = replace(RING, reference=reference)
    first = Trial(exercise, SEED)
    assert first.expected is not None
    once = len(asked)
    other = Trial(exercise, b"another seed", like=first)
    assert other.expected is not None
    drawn = sum(isinstance(outer, np.ndarray) for outer in asked[:once])
    assert len(asked) - once == drawn > 0
    right = {name: [reply.value for reply in replies] for name, replies in other.expected.items()}
    alone = Trial(exercise, b"another seed").expected
    assert repr(right) == repr({name: [reply.value for reply in replies] for name, replies in alone.items()})
    assert repr(right["rings"]) != repr([reply.value for reply in first.expected["rings"]])
