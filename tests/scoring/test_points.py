"""Points are the share of weights that are kept and counted; the words are those of the specification's example."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.authoring.material import ExerciseEntry
from graders.checks import Verdict
from graders.records import CheckResult, ExerciseResult
from graders.scoring import amount, feedback, points, score, total


def check(weight=1.0, kept=True, counted=True, name="check", message="A message.", reason=""):
    return CheckResult(name, message, weight, kept, counted, reason)


@pytest.mark.parametrize(
    ("weights", "max_points", "expected"),
    [
        ([(1, True), (2, True), (1, False), (1, True)], 5, 4.0),
        ([(1, True), (1, True), (1, False)], 10, 6.67),
        ([(1, False), (1, False)], 3, 0.0),
        ([(0.1, True), (0.2, True), (0.3, False)], 6, 3.0),
        ([(1, True), (7, False)], 0.2, 0.02),  # 0.025 exactly: half to even
        ([(3, True), (5, False)], 0.2, 0.08),  # 0.075 exactly, whatever binary floats say
        ([(1, True)], 0.333, 0.333),  # everything kept earns everything
        ([], 5, 0.0),
    ],
)
def test_points(weights, max_points, expected):
    assert points([check(weight, kept) for weight, kept in weights], max_points) == expected


def test_what_does_not_count_earns_nothing():
    assert points([check(1), check(1, counted=False)], 2) == 1.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=8), st.integers(1, 40))
def test_points_are_the_exact_share_to_a_hundredth(weights, halves):
    max_points = halves / 2
    earned = points([check(weight / 10, kept) for weight, kept in weights], max_points)
    share = Fraction(sum(w for w, kept in weights if kept), sum(w for w, _ in weights))
    assert abs(Fraction(earned) - Fraction(max_points) * share) <= Fraction(1, 200) + Fraction(1, 10**9)
    assert 0 <= earned <= max_points


def test_totals_add_without_rounding_errors():
    results = [ExerciseResult(f"m99_{n}", 0.1, 0.7, ()) for n in range(30)]
    assert total(results) == (3.0, 21.0)


def test_amounts():
    assert [amount(points) for points in (4.0, 2.5, 3.33, 10.0, 0.0)] == ["4", "2.5", "3.33", "10", "0"]


KEPT_AND_LOST = (
    check(1, name="one token", message="A single token of a model with one key-value head per query head."),
    check(2, name="grouped-query heads", message="Models that share key-value heads between query heads."),
    check(
        1,
        kept=False,
        name="many sequences",
        message="Lengths given as an array: one size for each sequence.",
        reason="20 of 20 cases differ",
    ),
    check(1, name="impossible shapes", message="Counts that no model can have are refused."),
)
HINT = "You returned the sum over the sequences; each holds its own."

# from the specification's example, to the letter
READ = """\
2.1  m05_kv_cache_bytes                                          4 of 5 points
  kept  one token             A single token of a model with one key-value head per query head.
  kept  grouped-query heads   Models that share key-value heads between query heads.
  lost  many sequences        Lengths given as an array: one size for each sequence.
        You returned the sum over the sequences; each holds its own.
  kept  impossible shapes     Counts that no model can have are refused.
"""


def entry():
    return ExerciseEntry("m05_kv_cache_bytes", "What a request holds", "function", "practical", 5.0, 8.0)


def test_what_the_student_reads():
    result = score(entry(), Verdict(KEPT_AND_LOST, "one size for all", HINT), digest="d1")
    assert (result.points, result.max_points, result.misconception, result.digest) == (
        4.0,
        5.0,
        "one size for all",
        "d1",
    )
    assert feedback(result, {"m05_kv_cache_bytes": "2.1"}) == READ


def test_without_a_hint_the_reason_stands_there():
    text = feedback(score(entry(), Verdict(KEPT_AND_LOST)))
    assert "        20 of 20 cases differ\n" in text
    assert text.startswith("m05_kv_cache_bytes  ")


def test_a_hint_is_given_once():
    lost = tuple(check(1, kept=False, name=f"check {n}", reason="the value differs") for n in range(3))
    text = feedback(score(entry(), Verdict(lost, "m", HINT)))
    assert text.count(HINT) == 1
    assert text.count("the value differs") == 2


def test_what_holds_but_does_not_count_says_so():
    held = (
        check(1, kept=False, reason="the value differs"),
        check(1, counted=False, reason="it holds, and counts later"),
    )
    assert "it holds, and counts later" in feedback(score(entry(), Verdict(held)))


def test_several_exercises_are_parted_by_a_blank_line():
    result = score(entry(), Verdict(KEPT_AND_LOST))
    assert feedback([result, result]).count("\n\n") == 1


def test_long_messages_are_broken_under_themselves():
    long = check(1, name="name", message="word " * 60)
    lines = feedback(score(entry(), Verdict((long,)))).splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= 100
    assert {line[:15] for line in lines[2:]} == {" " * 15}
