"""A certificate in a real browser: it verifies itself, finds what was changed, and is open to assistive technology."""

from __future__ import annotations

import re

import pytest

from graders.certify.facts import facts_of
from graders.certify.issue import issue
from graders.certify.keys import signer
from graders.certify.page import certificate_page, transcript_page
from graders.course import init
from graders.ledger import Ledger
from tests.browser.axe import faults
from tests.certify.sample import STANDARD, evidence

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page of a certificate, pages in which something was changed, and a transcript."""
    folder = tmp_path_factory.mktemp("certificate")
    course = init(folder / "course", course_id="spring", students=["student-01"])
    with Ledger(course) as ledger:
        part = evidence("student-02", rounds=())
        both = {"student-01": evidence(), "student-02": part}
        whole, partial = issue(course, ledger, STANDARD, both, signer(course, "Office of tests"))
    page = certificate_page(whole.certificate, facts_of(whole.certificate))
    (folder / "good.html").write_text(page)
    (folder / "transcript.html").write_text(transcript_page(partial, STANDARD))
    for name, old, new in CHANGES:
        other = re.sub(old, new, page, count=1, flags=re.DOTALL)
        assert other != page, name
        (folder / f"{name}.html").write_text(other)
    return folder


CHANGES = [
    ("credential", r'"value": "80.0"', '"value": "99.0"'),
    ("shown level", r'(data-says="[^"]*/value">)3', r"\g<1>4"),
    ("shown issuer", r'(data-says="issuer/name">)Office of tests', r"\g<1>A university"),
    ("shown name", r"<bdi data-student>student-01", "<bdi data-student>student-09"),
    ("evidence", r'"points":40', '"points":41'),
    ("key", r'"id": "did:key:z6Mk', '"id": "did:key:z6Mz'),
]


def verdict(visit):
    visit.page.wait_for_function("!document.getElementById('verdict').textContent.startsWith('Checking')")
    return visit.page.locator("#verdict").inner_text()


def test_a_good_one_holds_and_says_what_was_not_checked(visit, folder):
    opened = visit(folder / "good.html")
    assert verdict(opened) == "The signature holds."
    assert "it is student-01's" in opened.page.locator("#checked").inner_text()
    assert "whom the key belongs to" in opened.page.locator("#checked").inner_text()
    assert (opened.complaints, opened.requests) == ([], [])


@pytest.mark.parametrize("name", [name for name, _, _ in CHANGES])
def test_whatever_is_changed_is_found(visit, folder, name):
    assert verdict(visit(folder / f"{name}.html")).startswith("This is not a valid certificate")


@pytest.mark.parametrize("name", ["good", "transcript"])
@pytest.mark.parametrize("width", [1280, 320])
def test_everybody_can_read_it(look, folder, name, width):
    page = look(folder / f"{name}.html", width=width).page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert faults(page, "best-practice") == {}
