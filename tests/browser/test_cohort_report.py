"""The reports in a real browser: silent, harmless, within the screen, and open to assistive technology."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from graders.gradebook import Try
from graders.reports.author import author_report
from graders.reports.cohort import cohort_report
from graders.reports.findings import findings
from graders.reports.student import student_report
from graders.reports.summary import summarise
from tests.browser.axe import faults
from tests.reports import cohort_records as made_up

pytestmark = pytest.mark.browser
ATTEMPTS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\">",
    "</style><script>document.title='owned'</script>",
    '"><iframe srcdoc="<script>parent.document.title=\'owned\'</script>">',
    "<a href=\"javascript:document.title='owned'\">click</a>",
    "<meta http-equiv=refresh content='0;url=http://192.0.2.1/'>",
    "<link rel=stylesheet href=http://192.0.2.1/x.css>",
    "{{ 7 * 7 }}{% raw %}",
    "x" * 5000,
)


HOSTILE = [
    made_up.submission(
        f"student-{100 + number} {attempt}",
        made_up.result(made_up.ROOFLINE, "below the ridge", reason=attempt, misconception=attempt, hint=attempt),
        flags=(made_up.Flag(attempt, attempt, attempt), made_up.Flag("crashed", attempt, attempt)),
        unproven={made_up.TOP_DOWN.id: attempt},
        explained=made_up.mark("student-100", comment=attempt, reason=attempt),
        note=attempt,
    )
    for number, attempt in enumerate(ATTEMPTS)
]
"""Students who try everything, in every field that a student has a say in."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cohort's page, its module's, and three students': an honest one, a hostile one, one who has it all."""
    folder = tmp_path_factory.mktemp("report")
    submissions = [*made_up.COHORT, *HOSTILE]
    cohort = summarise(made_up.MODULE, submissions, made_up.PASS_MARKS, None, made_up.RUBRICS)
    links = {one.student: "honest.html" for one in made_up.COHORT}
    page = cohort_report(made_up.MODULE, cohort, made_up.PASS_MARKS, course=ATTEMPTS[0], made="2025-11-23", links=links)
    (folder / "cohort.html").write_text(page)
    rows = {row.submission.student: row for row in cohort.rows}
    chosen = {"honest": "student-05", "whole": "student-01", "hostile": HOSTILE[0].student}
    for name, student in chosen.items():
        page = student_report(made_up.MODULE, rows[student], made_up.RUBRICS, course=ATTEMPTS[0])
        (folder / f"{name}.html").write_text(page)
    tries = {(one.student, made_up.ROOFLINE.id): asked(one.student) for one in submissions}
    quality = cohort.quality
    found = findings(made_up.MODULE, cohort.rows, quality.discrimination, made_up.RUBRICS, {}, tries)
    (folder / "module.html").write_text(author_report(made_up.MODULE, found, quality, course=ATTEMPTS[0]))
    return folder


def asked(student: str) -> tuple[Try, ...]:
    """Told of every mistake with a hostile name, and handed in again each time."""
    return tuple(Try(student, made_up.ROOFLINE.id, number, 1.0, 5.0, name) for number, name in enumerate(ATTEMPTS, 1))


@pytest.fixture(params=["cohort", "honest", "hostile", "whole", "module"])
def report(request: pytest.FixtureRequest, folder: Path) -> Path:
    """One page after the other."""
    return folder / f"{request.param}.html"


@pytest.fixture
def cohort(folder: Path) -> Path:
    return folder / "cohort.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_in_silence(look, report: Path, scheme: str) -> None:
    seen = look(report, scheme=scheme)
    seen.page.wait_for_load_state("networkidle")
    assert seen.complaints == []
    assert seen.requests == []
    assert seen.dialogs == []
    assert seen.page.title().startswith("Tools & Methods: Top-Down, CDRD, Roofline: ")
    assert seen.page.url == report.as_uri()


def test_nothing_of_a_student_becomes_markup(look, report: Path) -> None:
    seen = look(report)
    assert seen.page.locator("script, iframe, object, embed, link, img, base").count() == 0
    assert seen.page.locator("a[href^='javascript']").count() == 0
    assert seen.page.get_by_text("<script>document.title='owned'</script>").count() > 0, "shown, as text"


def test_the_policy_would_stop_what_escaping_missed(visit, report: Path) -> None:
    """The second line of defence works by itself: a script put into the finished page does not run."""
    broken = report.with_name(f"broken-{report.name}")
    broken.write_text(report.read_text().replace("<main", "<script>document.title='owned'</script><main", 1))
    seen = visit(broken)
    assert seen.page.title() != "owned"
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_its_screen(look, report: Path, width: int) -> None:
    seen = look(report, width=width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate("document.body.scrollWidth") <= width


def test_the_wide_table_scrolls_inside_its_own_box_and_keeps_the_names(visit, cohort: Path) -> None:
    page = visit(cohort, width=390).page
    box = page.locator(".box").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    name = page.locator(".cohort tbody th").first.bounding_box()
    assert name["x"] >= 0, "the names stay in sight"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_no_fault(look, report: Path, width: int, scheme: str) -> None:
    assert faults(look(report, width=width, scheme=scheme).page, "best-practice") == {}


def test_everything_prints(look, report: Path) -> None:
    """On paper there is no scrolling: no box cuts anything off, and bars are drawn by borders, which print."""
    page = look(report, width=700, media="print").page
    assert page.evaluate(
        "[...document.querySelectorAll('.box')].every(box => getComputedStyle(box).overflowX === 'visible')"
    )
    assert page.locator("nav:visible").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('.bar i')].every(bar => parseFloat(getComputedStyle(bar).borderTopWidth) >= 4)"
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_no_text_of_a_plot_is_cut_off_or_lies_on_another(look, cohort: Path, width: int) -> None:
    page = look(cohort, width=width).page
    for plot in page.locator("svg.plot").all():
        frame = plot.bounding_box()
        boxes = [text.bounding_box() for text in plot.locator("text:visible").all()]
        assert boxes
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert all(frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"] for box in boxes)
        pairs = itertools.combinations(sorted(boxes, key=lambda box: (round(box["y"]), box["x"])), 2)
        assert not [(one, other) for one, other in pairs if overlap(one, other)]


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes share more than a pixel each way: a line's box is taller than its letters."""
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 1 and down > 4


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_what_a_plot_says_stands_out(look, cohort: Path, scheme: str) -> None:
    """Three to one against the paper (WCAG 1.4.11), by day, by night, and in the greys of a printer."""
    page = look(cohort, media="print").page if scheme == "print" else look(cohort, scheme=scheme).page
    paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    for selector, style in (("rect.value", "fill"), ("circle", "fill"), (".whisker", "stroke"), ("text", "fill")):
        drawn = page.locator(f"svg.plot {selector}").first.evaluate(f"element => getComputedStyle(element).{style}")
        ratio = (max(paper, luminance(drawn)) + 0.05) / (min(paper, luminance(drawn)) + 0.05)
        assert ratio >= 3, selector


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
