"""A real browser: found, not brought; without one these tests are skipped, or fail where they are required."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",  # containers and root; every page opened here is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium: `AISA_CHROMIUM`, or one of the usual names on the path."""
    found = os.environ.get("AISA_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        reason = "no Chromium here: install one (Debian: apt-get install chromium) or set AISA_CHROMIUM"
        pytest.fail(reason) if os.environ.get("AISA_REQUIRE_BROWSER") == "1" else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=list(_FLAGS))
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that was opened, and everything that it tried to do.

    Attributes
    ----------
    page : Page
    complaints : list of str
        Errors of the console and of scripts; what the content security policy refused is among them.
    requests : list of str
        Addresses asked for, the page itself excepted.
    dialogs : list of str
        Messages of alerts and their like.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


def _opened(browser: Browser, path: Path, **shown: Any) -> Visit:
    seen = Visit(browser.new_page(**shown))
    own = path.resolve().as_uri()
    seen.page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url) if request.url != own else None)
    seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    seen.page.goto(own)
    return seen


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a file in a new window of a given width, for a test that does something to the page."""
    opened: list[Visit] = []

    def _visit(path: Path, width: int = 1280, height: int = 900) -> Visit:
        opened.append(_opened(chromium, path, viewport={"width": width, "height": height}))
        return opened[-1]

    yield _visit
    for seen in opened:
        seen.page.close()


@pytest.fixture(scope="module")
def look(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Look at a file at a given width, in a given scheme, on a given medium: it is opened once, and stays as it is."""
    opened: dict[Path, Visit] = {}

    def _look(
        path: Path,
        width: int = 1280,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        media: Literal["screen", "print"] = "screen",
    ) -> Visit:
        if path not in opened:
            opened[path] = _opened(chromium, path)
        page = opened[path].page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, media=media)
        return opened[path]

    yield _look
    for seen in opened.values():
        seen.page.close()
