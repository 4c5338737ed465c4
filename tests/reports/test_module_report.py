"""The report for a module's author: what it counts, what it remarks on, where each number comes from."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup

from graders.checks import Mistake
from graders.gradebook import Try
from graders.records import ExerciseResult
from graders.reports.author import author_data, author_lines, author_report
from graders.reports.findings import findings
from graders.reports.interval import interval
from graders.reports.remarks import remarks
from graders.reports.submission import Submission
from graders.reports.summary import summarise
from tests.reports import cohort_records as made_up

ROOFLINE, TOP_DOWN = made_up.ROOFLINE, made_up.TOP_DOWN
SUM, CYCLES = made_up.SUM["misconception"], made_up.CYCLES["misconception"]
NEVER = "the ridge upside down"


def nothing(*_: object) -> None:
    """An answer that is not asked here."""


MISTAKES = {
    ROOFLINE.id: (
        Mistake(ROOFLINE.id, SUM, made_up.RIDGE, made_up.SUM["hint"], nothing),
        Mistake(ROOFLINE.id, NEVER, ("below the ridge",), "Turn it over.", nothing),
    )
}


def tried(student: str, *answers: tuple[int, float, str], exercise: str = ROOFLINE.id) -> dict:
    return {
        (student, exercise): tuple(
            Try(student, exercise, number, points, 5.0, name) for number, points, name in answers
        )
    }


TRIES = {
    **tried("student-03", (290, 0.0, SUM), (301, 1.0, SUM)),  # told twice, the second time with more points
    **tried("student-04", (401, 1.0, SUM)),
    **tried("student-01", (80, 2.0, SUM), (101, 5.0, "")),
    **tried("student-02", (90, 5.0, ""), (201, 5.0, "")),
    **tried("student-05", (501, 0.0, CYCLES), exercise=TOP_DOWN.id),
}


def found_of(*submissions: Submission, tries=TRIES):
    cohort = summarise(made_up.MODULE, submissions, made_up.PASS_MARKS, None, made_up.RUBRICS)
    quality = cohort.quality
    looked = findings(made_up.MODULE, cohort.rows, quality.discrimination, made_up.RUBRICS, MISTAKES, tries)
    return looked, quality


@pytest.fixture(scope="module")
def found():
    return found_of(*made_up.COHORT)[0]


def test_who_loses_a_check_is_counted_by_executions(found):
    below, above, impossible = found[0].parts
    # 03 and 04 add up, 07 left it as it was; 06 and 13 sent nothing, 10 is not graded, 12 ran unsafe
    assert below.lost == above.lost == (301, 401, 701)
    assert below.tried == (101, 201, 301, 401, 501, 701, 801, 901, 1101)
    assert below.interval == interval(3 / 9, 9)
    assert impossible.lost == (701, 1101)
    assert found[0].numbers == below.tried
    assert below.tells.why == "5 students are too few, it takes 10"


def test_criteria_of_a_written_answer_are_counted_by_marks():
    marked = [
        made_up.submission(f"student-{n:02}", explained=made_up.mark(f"student-{n:02}", n % 3, 2, n))
        for n in range(1, 7)
    ]
    written = found_of(*marked)[0][3]
    traffic, limits = written.parts
    assert written.evidence == "marks"
    assert traffic.lost == (1, 3, 4, 6)
    assert traffic.tried == (1, 2, 3, 4, 5, 6)
    assert limits.lost == ()
    assert traffic.message == "Counts every byte that moves, once."


def test_a_known_mistake_says_who_was_told_and_what_came_of_it(found):
    known, never = found[0].known
    assert (known.name, known.hint, known.material) == (SUM, made_up.SUM["hint"], True)
    assert known.now == (301, 401)
    assert known.told == (80, 290, 301, 401)
    assert known.again == (101, 301), "of 290 and of 80; nothing came after 301 and 401"
    assert known.better == (101, 301)
    assert known.interval is None, "two are too few"
    assert found[0].silent == (never,)
    assert never.name == NEVER


def test_a_mistake_that_the_material_no_longer_has_is_kept_and_marked(found):
    (old,) = found[1].known
    assert (old.name, old.material, old.hint, old.now) == (CYCLES, False, "", (501,))


def test_answers_without_a_known_mistake_stand_together_by_what_they_lose(found):
    assert [(one.lost, one.numbers) for one in found[0].unexplained] == [(("impossible machines",), (1101,))]
    multiplexer = found[2].unexplained
    assert [(one.lost, one.numbers) for one in multiplexer] == [(("never ran",), (401,))], "as released is no mistake"


def cohort_of(number: int, lost_by, exercise: str = "roofline", **more: object) -> list[Submission]:
    """Students of whom some lose a check, and the odd ones a good part of the rest."""
    made = []
    for one in range(1, number + 1):
        parts: dict[str, ExerciseResult] = {
            "multiplexer": made_up.result(made_up.MULTIPLEXER, *(("scaled counts",) if one % 2 else ())),
            "metrics": made_up.result(made_up.METRICS, *(("this core's events",) if one % 2 and one % 3 else ())),
        }
        if lost_by(one):
            parts["roofline"] = made_up.result(ROOFLINE, "impossible machines", **more)
        marked = made_up.mark(f"student-{one:02}", number=one)
        made.append(made_up.submission(f"student-{one:02}", **parts, explained=marked))
    return made


def remarked(*submissions: Submission, tries=TRIES) -> list[tuple[str, str]]:
    return [(one.exercise, one.text) for one in remarks(found_of(*submissions, tries=tries)[0])]


def test_a_check_that_good_students_lose_is_remarked_on():
    texts = remarked(*cohort_of(24, lambda one: one % 2 == 0 or one % 8 == 1), tries={})
    assert any("“impossible machines” is lost by those who do well elsewhere: −0." in text for _, text in texts)
    fair = remarked(*cohort_of(24, lambda one: one % 2), tries={})
    assert not any("do well elsewhere" in text for _, text in fair)


def test_checks_that_nobody_loses_and_answers_that_go_wrong_alike_are_remarked_on():
    texts = dict(remarked(*cohort_of(12, lambda one: one in (3, 5)), tries={})[-1:])
    assert list(texts.values()) == ["nobody of 12 loses “names its version”"]
    alike = remarked(*cohort_of(12, lambda one: one in (3, 5)), tries={})
    assert (ROOFLINE.id, "2 answers lose “impossible machines” and make no known mistake") in alike
    alone = remarked(*cohort_of(12, lambda one: one == 3), tries={})
    assert not any(exercise == ROOFLINE.id and "no known mistake" in text for exercise, text in alone)
    assert not any("nobody of" in text for _, text in remarked(*cohort_of(9, lambda one: one == 3), tries={}))


@pytest.mark.parametrize(("better", "remark"), [(0, True), (1, True), (5, False)])
def test_a_hint_that_helps_few_is_remarked_on(better, remark):
    """Of ten who were told and handed in again, with Wilson's upper end below one half or not."""
    tries = {}
    for one in range(1, 11):
        tries |= tried(f"student-{one:02}", (one, 1.0, SUM), (100 + one, 5.0 if one <= better else 1.0, ""))
    texts = remarked(*made_up.COHORT, tries=tries)
    assert (
        f"the hint of “{SUM}” helps few: of 10 who handed in again, {better} had more points"
        in dict(texts).get(ROOFLINE.id, "")
    ) is remark


def soup_of(*submissions: Submission, **more) -> BeautifulSoup:
    looked, quality = found_of(*submissions)
    return BeautifulSoup(author_report(made_up.MODULE, looked, quality, **more), "html.parser")


def test_no_student_is_named_and_every_number_has_its_evidence():
    page = soup_of(*made_up.COHORT)
    assert "student-" not in page.text
    for section in page.find_all("section")[2:]:
        assert "executions" in section.text or "marks" in section.text
    lost = page.find(id="exercise-1").find_parent("section").find("tbody").find("tr")
    assert "3 of 9" in " ".join(lost.text.split())
    assert "301, 401, 701" in " ".join(lost.text.split())


def test_every_link_leads_somewhere_and_every_id_is_there_once():
    page = soup_of(*made_up.COHORT)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.find_all("a")} <= set(ids)


def test_a_hostile_text_is_shown_as_text():
    bad = "<b onclick=alert(1)>\u202e\x1b[2J"
    result = made_up.result(ROOFLINE, "below the ridge", reason=bad)
    told = made_up.result(TOP_DOWN, "four categories", misconception=bad, hint=bad)
    page = str(soup_of(made_up.submission("student-01", result, told), course=bad, made=bad))
    assert "<b onclick" not in page
    assert "&lt;b onclick=alert(1)&gt;" in page
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_an_empty_course_gives_a_page():
    assert "Nobody has handed it in" in soup_of().text


def test_the_terminal_gets_it_in_short_and_programs_all_of_it():
    looked, quality = found_of(*made_up.COHORT)
    lines = list(author_lines(made_up.MODULE, looked, quality))
    assert (
        lines[0]
        == f"{made_up.MODULE.slug}: 5 exercises; reliability not estimable: 5 students are too few, it takes 10"
    )
    assert "of 2 known mistakes 1 made" in lines[1]
    said = json.loads(json.dumps(author_data(made_up.MODULE, looked, quality)))
    assert said["exercises"][0]["known_mistakes"][0]["told"] == [80, 290, 301, 401]
    assert said["exercises"][0]["evidence"] == {"executions": [101, 201, 301, 401, 501, 701, 801, 901, 1101]}
