"""A module is complete when its three parts are: worked out by hand, and never guessed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.authoring.material import ExerciseEntry
from graders.scoring import Standing, decide

HALF = {"practical": 0.5, "worked_example": 0.6, "novel_scenario": 0.6}


def entry(notebook: str, points: float = 10, name: str = "m99_a") -> ExerciseEntry:
    return ExerciseEntry(name, name, "function", notebook, points, 10)


def standing(notebook: str, points: float | None, max_points: float = 10, why: str = "", name: str = "") -> Standing:
    return Standing(entry(notebook, max_points, name or f"m99_{notebook}"), points, why)


def module(practical=10.0, worked_example=10.0, novel_scenario=10.0):
    """Ten points in each notebook; None is open."""
    given = {"practical": practical, "worked_example": worked_example, "novel_scenario": novel_scenario}
    return [
        standing(name, points, why="it is not marked yet" if points is None else "") for name, points in given.items()
    ]


def reasons(decision, notebook: str) -> list[tuple[str, str]]:
    (part,) = (part for part in decision.parts if part.notebook == notebook)
    return [(reason.exercise, reason.text) for reason in part.reasons]


def test_all_three_make_a_complete_module() -> None:
    decision = decide(module(5, 6, 6), HALF)
    assert decision.outcome == "complete"
    assert [part.outcome for part in decision.parts] == ["complete"] * 3
    assert not any(part.reasons for part in decision.parts)


@pytest.mark.parametrize("short", ["practical", "worked_example", "novel_scenario"])
def test_one_part_below_its_mark_and_it_is_not_yet(short: str) -> None:
    decision = decide(module(**{short: 4.99}), HALF)
    assert decision.outcome == "not yet"
    needed = 5 if short == "practical" else 6
    assert reasons(decision, short) == [
        ("m99_practical" if short == "practical" else "", f"4.99 of 10 points, {needed} needed")
    ]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [  # conjunction in Kleene's three-valued logic: one false decides, one unknown leaves open
        (triple, "not yet" if 0 in triple else "not decidable yet" if None in triple else "complete")
        for triple in itertools.product([10, 0, None], repeat=3)
    ],
)
def test_the_module_is_the_conjunction_of_its_parts(outcomes, expected: str) -> None:
    assert decide(module(*outcomes), HALF).outcome == expected


def test_practical_exercises_are_all_done_or_it_is_not_complete() -> None:
    """Elsewhere one exercise may make up for another; here each counts by itself."""

    def pair(notebook):
        return [standing(notebook, 10, name="m99_first"), standing(notebook, 4, name="m99_second")]

    others = module()
    done = decide([*pair("practical"), *others[1:]], HALF)
    assert done.outcome == "not yet"
    assert reasons(done, "practical") == [("m99_second", "4 of 10 points, 5 needed")]
    assert decide([*others[:1], *pair("worked_example"), others[2]], HALF).outcome == "complete"


def test_nothing_open_is_guessed_even_if_the_rest_would_do() -> None:
    enough = [standing("worked_example", 10, name="m99_a"), standing("worked_example", None, 1, "it is not marked yet")]
    decision = decide([module()[0], *enough, module()[2]], HALF)
    assert decision.outcome == "not decidable yet"
    assert reasons(decision, "worked_example") == [("m99_worked_example", "it is not marked yet")]


def test_what_cannot_be_reached_any_more_is_said_before_the_rest_is_marked() -> None:
    lost = [standing("novel_scenario", 1, name="m99_a"), standing("novel_scenario", None, 4, "it is not marked yet")]
    decision = decide([*module()[:2], *lost], HALF)
    assert decision.outcome == "not yet"
    assert reasons(decision, "novel_scenario") == [
        ("", "1 of 14 points, 8.4 needed"),
        ("m99_novel_scenario", "it is not marked yet"),
    ]


def test_why_an_exercise_has_no_points_is_said() -> None:
    lost = standing("practical", 0, why="it came late", name="m99_late")
    decision = decide([lost, *module()], HALF)
    assert reasons(decision, "practical") == [("m99_late", "0 of 10 points, 5 needed: it came late")]
    both = [standing("novel_scenario", 0, why="it came late", name="m99_late"), standing("novel_scenario", 1)]
    assert reasons(decide([*module()[:2], *both], HALF), "novel_scenario") == [
        ("", "1 of 20 points, 12 needed: it came late")
    ]


@pytest.mark.parametrize("notebook", ["practical", "novel_scenario"])
@pytest.mark.parametrize(("points", "why"), [(0, "it was not handed in"), (None, "it is not graded yet")])
def test_what_is_so_of_all_exercises_is_said_of_their_notebook(notebook: str, points, why: str) -> None:
    several = [standing(notebook, points, why=why, name=f"m99_{name}") for name in "abc"]
    others = [one for one in module() if one.entry.notebook != notebook]
    assert reasons(decide([*several, *others], HALF), notebook) == [("", why)]
    one_differs = [*several[1:], standing(notebook, 1, name="m99_d")]
    assert len(reasons(decide([*one_differs, *others], HALF), notebook)) > 1 or notebook != "practical"


def test_a_notebook_that_the_module_does_not_have_leaves_it_open() -> None:
    decision = decide(module()[:2], HALF)
    assert decision.outcome == "not decidable yet"
    assert reasons(decision, "novel_scenario") == [("", "the module has no such notebook yet")]


@pytest.mark.parametrize(
    ("pass_mark", "points", "max_points", "outcome"),
    [
        (0.55, 11.0, 20, "complete"),  # 0.55 * 20 is 11.000000000000002 in binary floats
        (0.7, 7.7, 11, "complete"),  # 0.7 * 11 is 7.699999999999999
        (0.7, 7.69, 11, "not yet"),
        (1.0, 10, 10, "complete"),
        (0.333, 2.33, 7, "not yet"),  # 2.331
    ],
)
def test_a_mark_is_the_decimal_that_was_written(pass_mark, points, max_points, outcome: str) -> None:
    marks = {**HALF, "worked_example": pass_mark}
    decision = decide([module()[0], standing("worked_example", points, max_points), module()[2]], marks)
    assert decision.outcome == outcome


def test_tenths_add_up() -> None:
    tenths = [standing("worked_example", 0.1, 0.1, name=f"m99_{number}") for number in range(3)]
    assert decide([module()[0], *tenths, module()[2]], {**HALF, "worked_example": 1.0}).outcome == "complete"


def test_what_is_needed_is_never_rounded_down() -> None:
    decision = decide(module(worked_example=3.33), {**HALF, "worked_example": 0.33333})
    assert reasons(decision, "worked_example") == [("", "3.33 of 10 points, 3.34 needed")]


open_or_points = st.one_of(st.none(), st.integers(0, 10))


@given(
    st.lists(open_or_points, min_size=1, max_size=4),
    st.lists(open_or_points, min_size=1, max_size=4),
    st.lists(open_or_points, min_size=1, max_size=4),
    st.data(),
)
def test_closing_what_is_open_never_turns_a_decision_round(first, second, third, data) -> None:
    """Whatever the open ones turn out to be worth, "not yet" stays; "complete" stands only on what is known."""

    def standings(fill):
        lists = zip(HALF, (first, second, third), strict=True)
        return [
            standing(notebook, fill() if points is None else points, why="open", name=f"m99_{notebook}_{number}")
            for notebook, given in lists
            for number, points in enumerate(given)
        ]

    before = decide(standings(lambda: None), HALF).outcome
    after = decide(standings(lambda: data.draw(st.integers(0, 10))), HALF).outcome
    assert after != "not decidable yet"
    if before != "not decidable yet":
        assert after == before
