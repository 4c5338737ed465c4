"""A marker's way, in a real JupyterLab: formgrader's own button grades as `aisa grade` does, and its form marks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Response, expect

from graders.course import Course, load
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.marking.adoption import adopt
from tests.browser.jupyter import LONG_MS, TOKEN, jupyter_lab
from tests.foreign.courses import rows, ungraded
from tests.gradebook.test_rows import COMMENTS, GRADES
from tests.pipeline import small_course
from tests.pipeline.small_course import RIGHT, SLUG, WRITTEN

pytestmark = pytest.mark.browser
STUDENTS = {"student-01": RIGHT, "student-02": {}}
OWN = "document.title = 'owned'"
ANSWER = (
    f"The shadow of a line is shorter.\n\n<script>{OWN}</script>\n\n<img src='x' onerror=\"{OWN}\">\n\n"
    f"<form action='http://192.0.2.1/'><input autofocus onfocus=\"{OWN}\"></form>"
)


@dataclass
class Desk:
    """Formgrader as a marker has it before them.

    Attributes
    ----------
    course : Course
    page : Page
        JupyterLab, with formgrader open in it.
    asked : list of str
        Addresses outside that the page has asked for.
    """

    course: Course
    page: Page
    asked: list[str]

    @property
    def form(self) -> FrameLocator:
        """Formgrader's own page."""
        return self.page.frame_locator("iframe")

    def go(self, *links: str) -> None:
        """Follow links by their text, one after the other."""
        for link in links:
            self.form.get_by_role("link", name=link, exact=True).click()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Desk]:
    """A course of ours with two submissions, opened in formgrader from JupyterLab's menu."""
    place = tmp_path_factory.mktemp("formgrader")
    with small_course.own_references():
        course = small_course.make_course(place, STUDENTS)
        small_course.hand_in(course, "student-01", RIGHT, ANSWER)
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        page = context.new_page()
        asked: list[str] = []
        with jupyter_lab(Path(sys.executable), course.root, place / "lab") as address:
            page.route(_elsewhere(address), lambda route: (asked.append(route.request.url), route.abort()))
            page.goto(f"{address}lab?token={TOKEN}")
            page.get_by_role("menuitem", name="Nbgrader").click(timeout=LONG_MS)
            page.get_by_role("menuitem", name="Formgrader", exact=True).click()
            yield Desk(load(course.root), page, asked)
        context.close()


def _elsewhere(address: str) -> Callable[[str], bool]:
    return lambda url: not url.startswith((address, "blob:", "data:"))


def _kept(address: str) -> Callable[[Response], bool]:
    return lambda answer: address in answer.url and answer.request.method == "PUT" and answer.ok


def test_its_button_grades_as_aisa_grade_does(desk: Desk) -> None:
    other = load(ungraded(desk.course.root, desk.course.root.parent / "aisa"))
    row = desk.form.locator("tr", has_text=SLUG)
    row.get_by_role("link", name=str(len(STUDENTS)), exact=True).click(timeout=LONG_MS)
    for student in STUDENTS:
        row = desk.form.locator("tr", has_text=student)
        expect(row).to_contain_text("needs autograding", timeout=LONG_MS)
        row.locator(".autograde a").click()
        modal = desk.form.locator(".modal.in")
        expect(modal).to_contain_text(f"Successfully autograded '{SLUG}' for student '{student}'", timeout=LONG_MS)
        modal.get_by_role("button", name="Close").last.click()
        expect(desk.form.locator(".modal")).to_have_count(0)
    grade_course(other, SLUG)
    for query in (GRADES, COMMENTS):
        assert rows(desk.course.root, query) == rows(other.root, query)
    assert {row[0] for row in rows(desk.course.root, GRADES)} == set(STUDENTS)
    with Gradebook.open(desk.course) as gradebook:
        assert gradebook.unproven(SLUG) == ()
        assert set(gradebook.evidence(SLUG)) == set(STUDENTS)


def test_the_marker_reads_the_rubric_and_marks(desk: Desk) -> None:
    desk.go("Manual Grading", SLUG, "worked_example")
    expect(desk.form.locator("tbody tr")).to_have_count(len(STUDENTS), timeout=LONG_MS)
    for number in range(len(STUDENTS)):  # they have no names here
        desk.form.locator("tbody tr").nth(number).get_by_role("link", name=re.compile("Submission")).click()
        score = desk.form.locator(f"input#{WRITTEN}")
        expect(score).to_be_visible(timeout=LONG_MS)
        if desk.form.get_by_text("The shadow of a line is shorter.").count():
            break
        desk.go("worked_example")
    cells = desk.form.locator("body")
    expect(cells).to_contain_text("Both legs are at most as long as the sides.")
    expect(cells).to_contain_text("Its shadow on each side is no longer than the side.")
    expect(cells).to_contain_text("m96_diagonal_m")
    comment = desk.form.locator(f"textarea#{WRITTEN}-comment")
    # what is typed before the page has read the submission's marks is lost: its fields say when it has
    expect(desk.form.locator(f"input#{WRITTEN}_extra_credit")).to_have_attribute("placeholder", "0", timeout=LONG_MS)
    expect(comment).to_have_attribute("placeholder", re.compile("."), timeout=LONG_MS)
    for field, text, kept in ((score, "3", "/api/grade/"), (comment, "Which side?", "/api/comment/")):
        field.fill(text)
        with desk.page.expect_response(_kept(kept)):
            field.press("Tab")
    found = {row[0]: row for row in rows(desk.course.root, GRADES) if row[3] == WRITTEN}
    assert found["student-01"][5] == 3.0, "the score that was typed"
    assert found["student-02"][5] is None
    assert ("student-01", "worked_example", WRITTEN, None, "Which side?") in rows(desk.course.root, COMMENTS)


def test_nothing_of_the_student_runs_before_the_marker(desk: Desk) -> None:
    frame = next(frame for frame in desk.page.frames if "/formgrader/" in frame.url)
    assert frame.title() != "owned"
    assert frame.locator("form[action*='192.0.2.1'], [onerror], [onfocus]").count() == 0
    assert frame.get_by_text("The shadow of a line is shorter.").count() == 1
    assert not [url for url in desk.asked if "192.0.2.1" in url]


def test_a_score_typed_there_counts_when_a_named_marker_adopts_it(desk: Desk) -> None:
    with Gradebook.open(desk.course) as gradebook:
        (doubt,) = gradebook.unproven(SLUG)
        assert (doubt.student, doubt.exercise, doubt.score) == ("student-01", WRITTEN, 3.0)
        assert "no named marker has adopted" in doubt.reason
        (mark,) = adopt(gradebook, SLUG, "marker-01")
        assert (mark.student, mark.exercise, mark.points) == ("student-01", WRITTEN, 3.0)
        assert gradebook.unproven(SLUG) == ()
