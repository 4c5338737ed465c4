"""The panel in a real browser, with and without script, wide and narrow: a reviewer scores by keys, and seals."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from graders.panel import records
from graders.panel.desk import Desk
from graders.panel.web import application
from graders.panel.web.entry import issue
from tests.browser.axe import faults
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CRITERIA

pytestmark = pytest.mark.browser
SCREENS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (360, "dark"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(panels.course(tmp_path / "course")) as opened:
        panels.qualified(opened)
        yield opened


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The pages, served on a port of the machine's own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = uvicorn.Config(application(desk), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(params=[(1280, True), (360, False)], ids=["wide with script", "narrow without"])
def page(request: pytest.FixtureRequest, chromium: Browser, desk: Desk, address: str) -> Iterator[Page]:
    """A reviewer who has come in."""
    width, script = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    seen = context.new_page()
    complaints: list[str] = []
    seen.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    seen.on("pageerror", lambda error: complaints.append(str(error)))
    seen.goto(f"{address}/enter/{issue(desk, 'rater-1', 1)}")
    seen.get_by_role("button", name="Come in").click()
    yield seen
    context.close()
    assert complaints == []


def test_a_reviewer_reads_scores_and_seals(page: Page, desk: Desk) -> None:
    page.get_by_role("link", name="candidate-").click()
    page.get_by_role("link", name="Read the work").click()
    expect(page.get_by_role("heading", name="Questions for the defence")).to_be_visible()
    expect(page.locator(".document table")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Score the document").click()
    for id_ in CRITERIA:
        page.locator(f"label[for='{id_}-3']").click()
    page.get_by_role("button", name="Save the draft").click()
    expect(page).to_have_url(re.compile(r"\?kept$"))
    expect(page.locator("input:checked")).to_have_count(len(CRITERIA))
    page.get_by_role("button", name="Look over and seal").click()
    page.get_by_role("button", name="Seal").click()
    expect(page.get_by_role("heading", name="Your scores are sealed")).to_be_visible()
    (entry,) = desk.ledger.entries(kinds=[records.SEALED])
    assert page.locator(".seal").inner_text() == entry.body["commitment"]


@pytest.mark.parametrize("page", [(1280, True)], indirect=True)
def test_keys_choose_levels_and_go_on(page: Page, desk: Desk) -> None:
    page.get_by_role("link", name="candidate-").click()
    page.get_by_role("link", name="Score the document").click()
    expect(page.locator(".keys")).to_be_visible()
    order = desk.order(desk.case(CANDIDATE), "rater-1")
    for number, id_ in enumerate(order):
        page.keyboard.press("n")
        page.keyboard.press("4")
        expect(page.locator(f"#{id_}-4")).to_be_checked()
        expect(page.locator("#open")).to_have_text(str(len(order) - number - 1))
    page.locator(f"#comment-{order[0]}").focus()
    page.keyboard.type("n 2")
    expect(page.locator(f"#comment-{order[0]}")).to_have_value("n 2")
    expect(page.locator(f"#{order[0]}-4")).to_be_checked()


def test_axe_finds_no_fault_and_nothing_is_wider_than_the_screen(chromium: Browser, desk: Desk, address: str) -> None:
    """Each page wide by day and narrow by night."""
    page = chromium.new_page(bypass_csp=True)
    case = desk.case(CANDIDATE)
    found: dict[tuple[str, int, str], dict[str, list[str]]] = {}

    def look() -> None:
        for width, scheme in SCREENS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            found[page.url, width, scheme] = faults(page, "best-practice")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    page.goto(f"{address}/enter/{issue(desk, 'rater-1', 1)}")
    look()
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("link", name="candidate-")).to_be_visible()
    look()
    for part in ("", "/packet", "/score"):
        page.goto(f"{address}/case/{case.pseudonym}{part}")
        look()
    page.get_by_role("button", name="Look over and seal").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    for rater in panels.RATERS:
        desk.seal(panels.scores(desk, case, rater, 3, C4=1 if rater == "rater-1" else 3))
    desk.reveal(CANDIDATE)
    page.goto(f"{address}/case/{case.pseudonym}")
    look()
    page.close()
    assert {where: what for where, what in found.items() if what} == {}
