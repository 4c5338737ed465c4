"""A student's page: every word that the student reads, what a marker said, what to do next, and nobody else."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from graders.records import Flag
from graders.reports.student import student_report
from graders.reports.submission import Submission
from graders.reports.summary import row_of
from graders.scoring import feedback
from tests.reports import cohort_records as made_up


def report(submission: Submission, **more) -> str:
    row = row_of(made_up.MODULE, submission, made_up.PASS_MARKS)
    return student_report(made_up.MODULE, row, made_up.RUBRICS, course="autumn", **more)


def words(text: str) -> str:
    return " ".join(text.split())


def soup(submission: Submission) -> BeautifulSoup:
    return BeautifulSoup(report(submission), "html.parser")


def exercise(page: BeautifulSoup, entry) -> BeautifulSoup:
    return page.find("h3", id=entry.id).find_parent("section")


@pytest.mark.parametrize("submission", made_up.COHORT, ids=lambda one: one.student)
def test_every_word_that_the_student_reads_is_there(submission: Submission) -> None:
    page = words(soup(submission).text)
    for result in submission.results.values():
        if result.exercise not in submission.untouched:
            read = feedback(result).splitlines()[1:]  # the first line is the id and the points
            assert all(words(line) in page for line in read), result


@pytest.mark.parametrize("submission", made_up.COHORT, ids=lambda one: one.student)
def test_nobody_else_is_on_the_page(submission: Submission) -> None:
    page = report(submission)
    others = {one.student for one in made_up.COHORT} - {submission.student}
    assert not [other for other in others if other in page]
    assert submission.student in page
    assert made_up.RUBRIC.model_answer not in page


def test_a_misconceptions_name_is_for_the_instructor() -> None:
    page = report(made_up.COHORT[2])
    assert made_up.SUM["hint"] in html.unescape(page)
    assert made_up.SUM["misconception"] not in page


def test_a_written_answer_has_its_levels_and_the_markers_words() -> None:
    part = exercise(soup(made_up.COHORT[0]), made_up.EXPLAINED)
    assert [[words(piece.text) for piece in li.find_all(recursive=False)] for li in part.find_all("li")] == [
        ["2 of 2", "Counts the traffic", "Counts every byte that moves, once."],
        ["1 of 2", "Names the limit", "Names one, without a number."],
    ]
    assert "Which of the two limits is near?" in part.text
    assert words(part.find(class_="score").text) == "3 of 4"
    assert "mark 7" in words(part.text)


def test_levels_that_the_rubric_no_longer_has_are_left_out_and_the_points_stay() -> None:
    old = made_up.mark("student-01", levels={"traffic": 9, "style": 1}, points=3.0)
    part = exercise(soup(made_up.submission("student-01", explained=old)), made_up.EXPLAINED)
    assert not part.find_all("li")
    assert words(part.find(class_="score").text) == "3 of 4"


@pytest.mark.parametrize(
    ("number", "heading", "parts"),
    [
        (1, "This module is complete", ["complete"] * 3),
        (2, "Nobody can say yet whether this module is complete", ["complete", "not decidable yet", "complete"]),
        (3, "This module is not complete yet", ["not yet", "complete", "complete"]),
        (6, "This module is not complete yet", ["not yet"] * 3),
        (10, "Nobody can say yet whether this module is complete", ["not decidable yet"] * 3),
    ],
)
def test_the_decision_and_its_parts(number: int, heading: str, parts: list[str]) -> None:
    page = soup(made_up.COHORT[number - 1])
    assert page.find(id="decision").text == heading
    assert [words(one.text) for one in page.find(class_="conditions").find_all(class_="state")] == parts


def test_what_to_do_next_leads_to_the_exercise() -> None:
    steps = soup(made_up.COHORT[3]).find(class_="steps").find_all("li")
    assert [step.a["href"] for step in steps] == [f"#{made_up.ROOFLINE.id}", f"#{made_up.MULTIPLEXER.id}"]
    assert made_up.SUM["hint"] in words(steps[0].text)
    assert "1 answer of yours waits for a marker" in words(soup(made_up.COHORT[3]).text)


def test_a_failure_of_the_machine_is_nobodys_fault() -> None:
    page = words(soup(made_up.COHORT[9]).text)
    assert "That is no zero, and nothing that you need to mend." in page
    assert "the sandbox gave no answer in 600 s" in page


def test_flags_for_a_human_are_not_told_and_what_explains_a_result_is() -> None:
    flags = (Flag("timeout", "cell 4", "it took longer than 30 s"), Flag("suspicious-code", "cell 5", "os.kill"))
    page = words(soup(made_up.submission("student-01", flags=flags)).text)
    assert "cell 4: it took longer than 30 s" in page
    assert "os.kill" not in page


def test_each_exercise_names_its_evidence() -> None:
    page = soup(made_up.COHORT[0])
    traces = [words(trace.text) for trace in page.find_all(class_="trace")]
    assert traces[0] == f"{made_up.ROOFLINE.id} · execution 101"
    assert len(traces) == len(made_up.MODULE.exercises)


@pytest.mark.parametrize("field", ["note", "not_graded", "refused", "late", "comment", "reason", "hint", "why"])
def test_no_field_is_trusted(field: str) -> None:
    bad = "<b onclick=alert(1)>\u202e\x1b[2J"
    more = {field: bad} if field in ("note", "not_graded", "refused", "late") else {}
    marked = made_up.mark("student-01", 0, 0, comment=bad, reason=bad)
    result = made_up.result(made_up.ROOFLINE, "below the ridge", reason=bad, hint=bad if field == "hint" else "")
    one = made_up.submission("student-01", result, explained=marked, flags=(Flag("crashed", bad, bad),), **more)
    if field == "why":
        one = replace(one, unproven={made_up.ROOFLINE.id: bad})
    page = report(one, made=bad)
    assert not BeautifulSoup(page, "html.parser").find_all("b", onclick=True)
    assert not re.search("[\u202e\x1b]", page)
    assert html.escape("<b onclick=alert(1)>") in page


def test_it_loads_nothing_and_runs_nothing_and_every_link_leads_somewhere() -> None:
    for submission in made_up.COHORT:
        page = soup(submission)
        policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert not page.find_all(["script", "iframe", "object", "embed", "link", "form", "base", "img"])
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids))
        assert {a["href"] for a in page.find_all("a")} <= {f"#{name}" for name in ids}
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile(r"^h\d$"))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
