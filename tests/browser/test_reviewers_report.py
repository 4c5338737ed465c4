"""The page about a panel's reviewers in a real browser: silent, within the screen, open to assistive technology."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.panel.report import reviewers_report
from graders.panel.reviewers import panel_of
from tests.browser.axe import faults
from tests.browser.test_cohort_report import ATTEMPTS
from tests.panel.made_up import CAPSTONE, course_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviewers with plain names and figures; reviewers whose names try everything; too few documents."""
    folder = tmp_path_factory.mktemp("reviewers")
    for name, documents, raters in (("plain", 24, 5), ("hostile", 24, 10), ("few", 2, 5)):
        called = ("ada", "ben", "cyd", "dot", "eve") if name != "hostile" else ATTEMPTS
        found = panel_of(*course_of(documents, tuple(called[:raters])), CAPSTONE, "document")
        (folder / f"{name}.html").write_text(reviewers_report(found, course=ATTEMPTS[0] if name == "hostile" else name))
    return folder


@pytest.fixture(params=["plain", "hostile", "few"])
def page(request: pytest.FixtureRequest, folder: Path) -> Path:
    return folder / f"{request.param}.html"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_no_fault_and_nothing_happens(look, page: Path, width: int, scheme: str) -> None:
    seen = look(page, width=width, scheme=scheme)
    assert (seen.complaints, seen.requests, seen.dialogs) == ([], [], [])
    assert seen.page.title() == "Reviewers of the document"
    assert seen.page.locator("script, iframe, object, embed, link, img, base").count() == 0
    assert faults(seen.page, "best-practice") == {}


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_its_screen(look, page: Path, width: int) -> None:
    assert look(page, width=width).page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_prints(look, page: Path) -> None:
    on_paper = look(page, width=700, media="print").page
    assert on_paper.evaluate(
        "[...document.querySelectorAll('.box')].every(box => getComputedStyle(box).overflowX === 'visible')"
    )
    assert on_paper.locator("nav:visible").count() == 0
