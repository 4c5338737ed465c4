"""The demo, run once: what each sample submission earns, what is flagged, and what the report says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from graders.course import load
from graders.demo import MODULE, run
from graders.gradebook import Gradebook
from graders.reports.gathering import gather

FULL = (3, 7, 7, 4, 4, 8, 5, 2, 3, 2)
NOTHING = (0,) * len(FULL)


def but(*changed: tuple[int, float]) -> tuple[float, ...]:
    """Everything, except for exercises given as (place, points)."""
    points: list[float] = list(FULL)
    for place, earned in changed:
        points[place] = earned
    return tuple(points)


EARNED = {  # by hand: points of each exercise less the weights of the checks that the sample must lose
    **dict.fromkeys(("01", "02", "03", "04", "18", "20"), FULL),
    **dict.fromkeys(("05", "06", "07"), but((0, 0))),  # no value is right: refusing bad input does not count either
    "08": but((1, 7 - 2 - 1.5)),
    "09": but((1, 7 - 2)),
    "10": but((2, 1)),  # only retiring and front end are right
    "11": but((1, 7 - 2 - 1.5), (2, 1)),
    "12": (3, *NOTHING[1:]),
    "13": but((-1, 0)),
    "14": but((0, 0)),
    "15": NOTHING,
    "19": but((1, 0)),
    **dict.fromkeys(("21", "22"), NOTHING),
    "23": but((0, 0)),
    "24": (3, *NOTHING[1:]),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert run(folder, quiet=True) == folder / "report" / "cohort.html"
    return folder


@pytest.fixture(scope="module")
def submissions(demo: Path):
    return {one.student[-2:]: one for one in gather(load(demo / "course"), MODULE).submissions}


def test_every_sample_earns_what_its_answers_earn(submissions) -> None:
    earned = {
        student: tuple(result.points for result in one.results.values())
        for student, one in submissions.items()
        if one.state in ("graded", "blank")
    }
    assert earned == EARNED


def test_each_state_is_told(submissions) -> None:
    states = {student: one.state for student, one in submissions.items() if one.state != "graded"}
    assert states == {"15": "blank", "16": "nothing handed in", "17": "refused"}
    assert "not JSON" in submissions["17"].refused
    assert {student: one.late for student, one in submissions.items() if one.late} == {"03": "22 h 30 min late"}


def test_known_mistakes_are_named(submissions) -> None:
    named = {
        student: [result.misconception for result in one.results.values() if result.misconception]
        for student, one in submissions.items()
    }
    assert [named[number] for number in ("05", "08", "10")] == [
        ["the higher roof"],
        ["intensity belongs to the kernel alone"],
        ["a clock of recovery is one slot"],
    ]
    assert len(named["11"]) == 2
    assert not any(named[number] for number in EARNED if number not in ("05", "06", "07", "08", "09", "10", "11"))


def test_what_a_human_should_see_is_flagged_and_honest_work_is_not(submissions) -> None:
    kinds = {student: {flag.kind for flag in one.flags} for student, one in submissions.items()}
    assert all(not kinds[f"{number:02d}"] for number in range(1, 16))
    assert kinds["18"] == {"missing-test-cell"}
    assert kinds["20"] == {"duplicate-cell"}
    assert "crashed" in kinds["22"]
    assert "timeout" in kinds["23"]
    assert "tags" in kinds["24"]


def test_every_score_is_proven_and_nbgrader_sees_the_same(demo: Path) -> None:
    course = load(demo / "course")
    with Gradebook.open(course) as gradebook:
        assert gradebook.unproven(MODULE) == ()
        assert sorted(gradebook.evidence(MODULE)) == sorted(f"student-{number}" for number in EARNED)


def test_the_report_shows_all_and_gives_nothing_of_this_machine_away(demo: Path) -> None:
    page = (demo / "report" / "cohort.html").read_text()
    soup = BeautifulSoup(page, "html.parser")
    notes = soup.find(id="samples").find_parent("section").find("table")
    assert len(notes.tbody.find_all("tr")) == 24
    assert all(row.find_all("td")[0].text.strip() for row in notes.tbody.find_all("tr"))
    assert str(demo.parent) not in page
    assert not re.search(r"20\d\d-\d\d-\d\d", page), "the same bytes tomorrow"
    assert not soup.find_all("script")


def test_it_is_an_ordinary_course_with_a_release(demo: Path) -> None:
    release = demo / "course" / "release" / MODULE
    assert (release / "practical.ipynb").is_file()
    assert (release / "data" / "counters.csv").is_file()
    assert "BEGIN SOLUTION" not in (release / "practical.ipynb").read_text()
