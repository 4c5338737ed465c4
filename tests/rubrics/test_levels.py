"""The capstone's and the defence's rubrics, and the rule that decides by them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from graders.authoring.material import modules
from graders.errors import CourseError, UsageError
from graders.paths import material_root
from graders.rubrics import decide, rubric, standard_error, track

ROOT = material_root()


@pytest.mark.parametrize("name", ["capstone", "defence"])
def test_levels_say_what_is_seen_and_none_twice(name):
    read = rubric(ROOT, name)
    said = [level.says for one in read.criteria for level in one.levels]
    assert len(set(said)) == len(said) == 5 * len(read.criteria)
    assert [level.name for level in read.criteria[0].levels] == [level.name for level in read.criteria[-1].levels]
    for one in read.criteria:
        assert one.because.endswith(".")
        assert max(one.borderline) >= one.floor  # who just passes reaches every floor


def test_the_capstone_has_the_ten_criteria_and_floors_of_the_specification():
    read = rubric(ROOT, "capstone")
    weights = {"C1": 8, "C2": 8, "C3": 15, "C4": 12, "C5": 12, "C6": 12, "C7": 10, "C8": 10, "C9": 8, "C10": 5}
    assert {one.id: one.weight for one in read.criteria} == weights
    assert {one.id for one in read.criteria if one.floor} == {"C1", "C3", "C4", "C6", "C8"}
    sections = {section for one in read.criteria for section in one.sections}
    assert sections == {f"S{number}" for number in range(16)}


def test_the_cut_score_is_what_a_borderline_candidate_reaches():
    read = rubric(ROOT, "capstone")
    verdict = decide(read, {one.id: one.borderline[0] for one in read.criteria})
    # 57 of the weight at level 2.5 and 43 at level 2, of 4
    assert read.cut_score == pytest.approx((57 * 2.5 + 43 * 2) / 4)
    assert verdict.passed
    assert verdict.total == pytest.approx(verdict.cut)
    assert read.cut_score_error is None  # one judgement has no spread


@pytest.mark.parametrize(
    ("levels", "passed", "reason"),
    [
        ({}, True, ""),
        ({"C4": 1.5}, False, "C4 Memory hierarchy: level 1.5, at least 2 is needed"),
        (dict.fromkeys([f"C{number}" for number in range(1, 11)], 2), False, "the weighted total is 50.0 of 100"),
        ({"C10": 0}, True, ""),
    ],
)
def test_floors_and_total_both_count(levels, passed, reason):
    read = rubric(ROOT, "capstone")
    verdict = decide(read, {one.id: 3 for one in read.criteria} | levels)
    assert verdict.passed is passed
    assert reason in " ".join(verdict.reasons)


@pytest.mark.parametrize("levels", [{"D1": 3}, {"D1": 3, "D2": 3, "D3": 3, "D4": 5}, {f"D{n}": 3 for n in range(1, 6)}])
def test_a_score_that_cannot_be_is_refused(levels):
    with pytest.raises(UsageError):
        decide(rubric(ROOT, "defence"), levels)


@pytest.mark.parametrize("raters", [1, 3, 5])
def test_the_planning_error_is_that_of_simulated_panels(raters):
    read = rubric(ROOT, "capstone")
    draws = np.random.default_rng(raters).normal(0, 0.5 / 0.8416212, size=(200_000, raters, len(read.criteria)))
    totals = np.median(draws, axis=1) @ np.array([one.weight for one in read.criteria]) / 4
    assert standard_error(read, raters) == pytest.approx(totals.std(), rel=0.01)


def test_the_planning_error_of_three_has_a_closed_form():
    # variance of the median of three standard normals: 1 - sqrt(3) / pi (David and Nagaraja, Order Statistics, ch. 3)
    read = rubric(ROOT, "defence")
    one, three = standard_error(read, 1), standard_error(read, 3)
    assert (three / one) ** 2 == pytest.approx(1 - math.sqrt(3) / math.pi, rel=1e-6)


def test_judges_give_the_cut_score_a_standard_error(tmp_path):
    (tmp_path / "rubrics").mkdir()
    text = (ROOT / "rubrics" / "defence.yaml").read_text()
    text = text.replace("levels: [2.5]", "levels: [2, 3, 2.5]").replace("levels: [2.0]", "levels: [2, 2, 2]")
    (tmp_path / "rubrics" / "defence.yaml").write_text(text)
    read = rubric(tmp_path, "defence")
    # cuts of the three: 55 of the weight at their level, 45 at 2, of 4
    cuts = [(55 * level + 45 * 2) / 4 for level in (2, 3, 2.5)]
    assert read.cut_score == pytest.approx(np.mean(cuts))
    assert read.cut_score_error == pytest.approx(np.std(cuts, ddof=1) / math.sqrt(3))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weight: 35", "weight: 36", "the weights add up to 101, not 100"),
        ("floor: 2", "flour: 2", "unknown key"),
        ("id: D2", "id: D1", "criteria are there twice: D1"),
        ("levels: [2.5]", "levels: [2.5, 3]", "each judge gives a level for every criterion"),
        ("levels: [2.5]", "levels: [4.5]", "less than or equal to 4"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path, old, new, said):
    (tmp_path / "rubrics").mkdir()
    text = (ROOT / "rubrics" / "defence.yaml").read_text()
    (tmp_path / "rubrics" / "defence.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError, match=said) as refused:
        rubric(tmp_path, "defence")
    assert "defence.yaml:" in str(refused.value)


def test_every_metric_and_outcome_of_the_track_is_assessed():
    said = track(ROOT)
    criteria = {f"{name}.{one.id}" for name in ("capstone", "defence") for one in rubric(ROOT, name).criteria}
    exercises = {one.id for module in modules(ROOT) for one in module.exercises}
    for goal in (*said.metrics, *said.outcomes):
        assert set(goal.criteria) <= criteria, goal.id
        assert set(goal.exercises) <= exercises, goal.id
