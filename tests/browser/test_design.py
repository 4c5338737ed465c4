"""A rendered design document in a real browser: silent, harmless, within the screen, open to assistive technology."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.sync_api import Page

from graders.capstone import document as documents
from graders.capstone.check import check
from graders.capstone.defence import defence
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import matter
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.llm_serving.questions import QUESTIONS
from graders.capstone.llm_serving.sample import SAMPLE
from graders.capstone.pack import PackIndex
from graders.capstone.packs import use_case
from graders.capstone.records import Brief, Claim, Decision, Document, Evidence, Leaf, Measurement, Option
from graders.capstone.rendering.defence_page import defence_page
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.figures import Drawn, figure
from graders.capstone.rendering.html import page as page_of
from tests.browser.axe import faults
from tests.browser.test_cohort_report import ATTEMPTS, overlap
from tests.capstone.faults import scaled

pytestmark = pytest.mark.browser
CASE = use_case(PACK.id)
MORE = (
    "[click](javascript:document.title='owned') ![x](http://192.0.2.1/x.png) <http://192.0.2.1>",
    "[9 GB](#claim-mem.weight_bytes)\n\n[a]: http://192.0.2.1 'b'",
    "| a | b |\n|---|---|\n" + "| x | y |\n" * 300,
    "\x1b[31mred\x1b[0m \u202eright to left\u200b",
    "$$\\href{javascript:document.title='owned'}{x}$$",
    "> " * 3000 + "\n" + "*" * 5000,
    "`" * 4000 + "\na fence without an end",
)


def hostile(document: Document) -> Document:
    """The sample with every field that is a text made an attempt."""
    text = "\n\n".join(("{table mem.*}", "{figure <script>}", "{figure roofline}", *ATTEMPTS, *MORE))
    sections = [dataclasses.replace(one, title=ATTEMPTS[0], text=text) for one in document.sections[5:6] * 2]
    claims = dict(document.claims)
    for number, attempt in enumerate((*ATTEMPTS, *MORE)):
        made = Claim(f"own.n{number}", "choice", attempt, attempt, attempt, (attempt,), attempt,
                     evidence=Evidence("evidence/a.ipynb", "x", "0" * 64))  # fmt: skip
        claims[made.id] = made
    one = ATTEMPTS[1]
    return dataclasses.replace(
        document,
        claims=claims,
        sections=tuple(sections),
        decisions=(Decision(one, one, one, one, one, (one,), (Option(one, (one,), (one,)),), one, one, (one,), one),),
        leaves=(Leaf(one, one, one, one, one, one, one, one, one, "H", "H", (one,), (one,), (one,)),),
        validation=(Measurement(one, one, one, one, one, 3, one, one),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample, one with a fault and its findings, and one that means no good."""
    folder = tmp_path_factory.mktemp("design")
    document, _ = documents.read(SAMPLE.folder)
    brief = SAMPLE.brief()
    faulty = scaled("mem.kv_bytes_per_token", 8.0)(document)
    bad = hostile(document)
    (folder / "sample.html").write_text(page_of(rendered(document, brief, CASE)))
    (folder / "faulty.html").write_text(page_of(rendered(faulty, brief, CASE, check(faulty, brief, PACK))))
    (folder / "hostile.html").write_text(page_of(rendered(bad, brief, CASE, check(bad, brief, PACK))))
    for name, one in (("defence", document), ("hostile-defence", bad)):
        (folder / f"{name}.html").write_text(prepared(one, brief))
    return folder


def prepared(document: Document, brief: Brief) -> str:
    """A defence with one driver and two questions: each answer takes a simulation."""
    seen = matter(document, PackIndex(PACK), brief)
    sensitivity = dataclasses.replace(PACK.sensitivity, drivers=("net.startup",))
    pack = dataclasses.replace(PACK, sensitivity=sensitivity, levers=())
    few = dataclasses.replace(seen, index=PackIndex(pack), graph=Graph(PackIndex(pack), brief))
    made = defence(few, dataclasses.replace(CASE, questions=QUESTIONS[-2:]))
    drawn = Drawn(seen.graph, seen.values, document.claims)
    return defence_page(rendered(document, brief, CASE), made, figure("tornado", CASE.figures, drawn))


def unfold(page: Page, *, everything: bool = True) -> None:
    """Open all that is folded, or fold it again."""
    page.evaluate("open => { for (const one of document.querySelectorAll('details')) one.open = open }", everything)


@pytest.fixture(params=["sample", "faulty", "hostile", "defence", "hostile-defence"])
def design(request, folder):
    return folder / f"{request.param}.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_in_silence(look, design, scheme):
    seen = look(design, scheme=scheme)
    seen.page.wait_for_load_state("networkidle")
    assert (seen.complaints, seen.requests, seen.dialogs) == ([], [], [])
    assert seen.page.title() == f"Serving Willow 9: {'defence' if 'defence' in design.name else 'design'}"


def test_nothing_of_a_candidate_becomes_markup(look, folder):
    page = look(folder / "hostile.html").page
    assert page.locator("script, iframe, object, embed, link, img, base, form, input").count() == 0
    assert page.locator("style").count() == 1
    assert page.locator("svg").count() == page.locator("svg.plot").count() == 2, "a figure a section, all ours"
    addresses = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert {one.split(":")[0] for one in addresses if not one.startswith("#")} <= {"http", "https"}
    assert page.get_by_text("<script>document.title='owned'</script>").count() > 0, "shown, as text"


def test_no_link_of_theirs_leads_to_a_claim(look, folder):
    page = look(folder / "hostile.html").page
    assert page.locator(".prose a[href^='#']").count() == 0


def test_the_policy_would_stop_what_escaping_missed(visit, design):
    broken = design.with_name(f"broken-{design.name}")
    broken.write_text(design.read_text().replace("<main", "<script>document.title='owned'</script><main", 1))
    seen = visit(broken)
    assert seen.page.title() != "owned"
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_its_screen(look, design, width):
    page = look(design, width=width).page
    unfold(page, everything=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("sample", 1280, "light"),
        ("sample", 390, "dark"),
        ("faulty", 390, "light"),
        ("hostile", 1280, "dark"),
        ("defence", 1280, "light"),
        ("defence", 390, "dark"),
        ("hostile-defence", 320, "light"),
    ],
)
def test_axe_finds_no_fault(look, folder, name, width, scheme):
    page = look(folder / f"{name}.html", width=width, scheme=scheme).page
    unfold(page)
    assert faults(page, "best-practice") == {}


def test_a_number_leads_to_its_claim_by_keyboard(visit, folder):
    page = visit(folder / "sample.html").page
    page.locator(".prose a[href='#claim-cap.gpus']").first.press("Enter")
    row = page.locator("tr:target")
    assert "devices" in row.inner_text()
    assert row.evaluate(
        "row => { const box = row.getBoundingClientRect(); return box.top >= 0 && box.top < innerHeight }"
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_no_text_of_a_figure_is_cut_off_or_lies_on_another(look, folder, width):
    page = look(folder / "sample.html", width=width).page
    assert page.locator("svg.plot").count() == 2
    for plot in page.locator("svg.plot").all():
        frame = plot.bounding_box()
        boxes = [text.bounding_box() for text in plot.locator("text").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert all(
            frame["y"] - 1 <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"] for box in boxes
        )
        assert not [(one, two) for place, one in enumerate(boxes) for two in boxes[:place] if overlap(one, two)]


def test_it_prints_whole(look, folder):
    """On paper the place in the register stands behind a number, and what is folded is open."""
    page = look(folder / "sample.html", width=700, media="print").page
    unfold(page, everything=False)
    assert page.locator("nav:visible").count() == 0
    assert page.locator(".prose a sup").first.bounding_box()["width"] > 4
    assert page.locator("details table").first.bounding_box()["height"] > 50


def test_an_answer_unfolds_by_keyboard_and_a_cell_leads_to_what_follows(visit, folder):
    page = visit(folder / "defence.html").page
    fold = page.locator("#questions ~ ol details").first
    assert not fold.locator("table").is_visible()
    fold.locator("summary").press("Enter")
    assert fold.locator("table").is_visible()
    page.locator(".grid td a").first.press("Enter")
    assert "times 0.5" in page.locator("details:target summary").inner_text()


def test_answers_print(look, folder):
    page = look(folder / "defence.html", width=700, media="print").page
    unfold(page, everything=False)
    assert page.locator("details table").first.bounding_box()["height"] > 50
