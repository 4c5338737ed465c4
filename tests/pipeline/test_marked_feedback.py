"""What a student reads about a marked answer: what each level says, but neither rubric nor model answer."""

from __future__ import annotations

import re
from html import unescape

import pytest

from graders.gradebook import Gradebook
from graders.marking.answers import answers
from graders.marking.giving import give, mark_of
from graders.nbgrader_bridge.feedback import NOT_MARKED, write_feedback
from tests.marking import essays
from tests.marking.essays import NOTEBOOK, SLUG, STUDENTS, TRAFFIC, hand_in
from tests.nbgrader_commands import in_forks, nbgrader

HOSTILE = "Count <script>document.title='pwned'</script> again."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Three students: one marked, one marked before the answer changed, one not marked at all."""
    made = essays.make(tmp_path_factory.mktemp("feedback"))
    with Gradebook.open(made) as gradebook:
        for student in STUDENTS[:3]:
            hand_in(made, gradebook, student, {TRAFFIC: "Because of the bytes."})
        for answer in answers(made, gradebook, SLUG):
            if answer.exercise.id == TRAFFIC and answer.student in STUDENTS[:2]:
                mark = mark_of(answer, {"bytes": 1, "roof": 1}, "A. Marker", comment=HOSTILE)
                give(gradebook, [(answer, mark)])
        hand_in(made, gradebook, STUDENTS[1], {TRAFFIC: "Because of the roof."})
    return made


@pytest.fixture(scope="module")
def written(course):
    with Gradebook.open(course) as gradebook:
        waiting = [one.student for one in gradebook.unmarked(SLUG)]
    with in_forks():
        return write_feedback(course, SLUG, None, waiting)


def page(course, student):
    return (course.root / "feedback" / student / SLUG / f"{NOTEBOOK}.html").read_text()


def words(html):
    """What a reader sees, more or less."""
    body = html[html.index("<body") :]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def test_every_page_is_listed_with_what_is_unmarked(course, written):
    assert [one.student for one in written] == STUDENTS[:3]
    assert [one.unmarked for one in written] == [1, 2, 2]
    assert written[0].files == (f"feedback/{STUDENTS[0]}/{SLUG}/{NOTEBOOK}.html",)


def test_the_student_reads_each_level_and_the_comment(course, written):
    said = words(page(course, STUDENTS[0]))
    assert "Counts the bytes (0.5 of 2): Counts the reads: without the writes it is half of the truth." in said
    assert "Names the roof (1 of 1): Says that the bandwidth is the roof that it meets." in said
    assert "Score: 1.5 / 3.0" in said
    assert "Because of the bytes." in said


def test_what_is_not_marked_yet_is_said_to_be(course, written):
    assert words(page(course, STUDENTS[0])).count(NOT_MARKED) == 1  # the lever
    for student in STUDENTS[1:3]:
        said = words(page(course, student))
        assert said.count(NOT_MARKED) == 2
        assert "Counts the bytes (0.5 of 2)" not in said  # of an earlier answer


@pytest.mark.parametrize("student", STUDENTS[:3])
def test_rubric_and_model_answer_stay_with_the_markers(course, written, student):
    html = page(course, student)
    for secret in ("MARK SCHEME", "Three lines are moved", "Names no number of bytes", "Four bits, until"):
        assert secret not in html
    assert "Why does it not go faster?" in html
    graded = (course.autograded(student, SLUG) / f"{NOTEBOOK}.ipynb").read_text()
    assert "Three lines are moved" in graded  # formgrader shows it


def test_a_comment_runs_nothing(course, written):
    assert "<script>document.title" not in page(course, STUDENTS[0])


def test_only_one_students_feedback(course, written):
    assert [one.student for one in write_feedback(course, SLUG, [STUDENTS[2]], [])] == [STUDENTS[2]]


def test_nbgraders_own_command_gives_the_same(course, written):
    before = page(course, STUDENTS[0])
    nbgrader(course.root, "generate_feedback", SLUG, "--student", STUDENTS[0], "--force")
    assert page(course, STUDENTS[0]) == before
