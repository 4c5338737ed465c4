"""The cohort report in a real browser: silent, harmless, within the screen, and open to assistive technology."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.reports.cohort import cohort_report
from graders.reports.page import write_page
from tests.reports import cohort_records as made_up

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
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


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort in which one student tries everything, in every field that a student has a say in."""
    hostile = [
        made_up.submission(
            f"student-{100 + number} {attempt}",
            made_up.result(made_up.ROOFLINE, "below the ridge", reason=attempt, misconception=attempt, hint=attempt),
            flags=(made_up.Flag(attempt, attempt, attempt),),
            unsafe=(attempt,),
            note=attempt,
        )
        for number, attempt in enumerate(ATTEMPTS)
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(path, cohort_report(made_up.MODULE, [*made_up.COHORT, *hostile], course=ATTEMPTS[0], made="2025-11-23"))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_in_silence(visit, report: Path, scheme: str) -> None:
    seen = visit(report, scheme=scheme)
    seen.page.wait_for_load_state("networkidle")
    assert seen.complaints == []
    assert seen.requests == []
    assert seen.dialogs == []
    assert seen.page.title() == "Tools & Methods: Top-Down, CDRD, Roofline: cohort report"
    assert seen.page.url == report.as_uri()


def test_nothing_of_a_student_becomes_markup(visit, report: Path) -> None:
    seen = visit(report)
    assert seen.page.locator("script, iframe, object, embed, link, img, base").count() == 0
    assert seen.page.locator("a[href^='javascript']").count() == 0
    assert seen.page.locator("td", has_text="<script>document.title='owned'</script>").count() > 0, "shown, as text"


def test_the_policy_would_stop_what_escaping_missed(visit, report: Path) -> None:
    """The second line of defence works by itself: a script put into the finished page does not run."""
    broken = report.with_name("broken.html")
    broken.write_text(report.read_text().replace("<main", "<script>document.title='owned'</script><main", 1))
    seen = visit(broken)
    assert "owned" not in seen.page.title()
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_its_screen(visit, report: Path, width: int) -> None:
    seen = visit(report, width=width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate("document.body.scrollWidth") <= width


def test_the_wide_table_scrolls_inside_its_own_box_and_keeps_the_names(visit, report: Path) -> None:
    page = visit(report, width=390).page
    box = page.locator(".box").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    name = page.locator(".cohort tbody th").first.bounding_box()
    assert name["x"] >= 0, "the names stay in sight"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_no_fault(visit, report: Path, width: int, scheme: str) -> None:
    # the policy forbids scripts, axe included: it is put into the page from outside, as the browser's own
    page = visit(report, width=width, scheme=scheme).page
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert found["passes"], "axe looked at something"
    faults = {fault["id"]: [node["html"][:200] for node in fault["nodes"][:3]] for fault in found["violations"]}
    assert faults == {}


def test_everything_prints(visit, report: Path) -> None:
    """On paper there is no scrolling: no box cuts anything off, and bars are drawn by borders, which print."""
    page = visit(report, width=700).page
    page.emulate_media(media="print")
    assert page.evaluate(
        "[...document.querySelectorAll('.box')].every(box => getComputedStyle(box).overflowX === 'visible')"
    )
    assert page.locator("nav").is_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.bar i')).borderTopWidth") == "6px"
