"""The rendered document: every number leads to its claim, figures say what claims say, no other markup gets in."""

from __future__ import annotations

import dataclasses
import math
import re
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from graders.capstone import prose
from graders.capstone.check import check
from graders.capstone.findings import Finding
from graders.capstone.llm_serving.figures import FIGURES
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.packs import use_case
from graders.capstone.records import Claim
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.figures import Drawn, figure
from graders.capstone.rendering.html import page
from graders.capstone.what_if import what_if
from graders.cli import app
from tests.capstone.faults import scaled, with_claim, with_text

CASE = use_case("llm_serving")


class Reader(HTMLParser):
    """Ids, links with their text, marked texts and tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.marked, self.tags, self.open = [], [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [given["id"]] if "id" in given else []
        if tag in ("a", "mark"):
            self.open.append([tag, given, ""])

    def handle_endtag(self, tag):
        if tag in ("a", "mark"):
            _, given, text = self.open.pop()
            self.links += [(given["href"], text)] if tag == "a" else []
            self.marked += [text] if tag == "mark" else []

    def handle_data(self, data):
        for one in self.open:
            one[2] += data


@pytest.fixture(scope="module")
def text(document, brief):
    return page(rendered(document, brief, CASE))


def with_prose(document, brief, text, **changes):
    section = dataclasses.replace(document.sections[5], text=text)
    return page(rendered(dataclasses.replace(document, sections=(section,), **changes), brief, CASE))


def chapter(text):
    """What a page with one section shows of it."""
    return text[text.index('<div class="prose">') : text.index('<section class="appendix"')]


def test_every_link_leads_somewhere_and_every_claim_has_one_place(text, document):
    read = Reader(text)
    assert len(read.ids) == len(set(read.ids))
    assert {href for href, _ in read.links if not href.startswith("http")} <= {f"#{one}" for one in read.ids} | {
        "#content"
    }
    assert {f"claim-{id_}" for id_ in document.claims} <= set(read.ids)


def test_a_number_of_prose_is_its_claim(text, document):
    shown = {
        (href, re.sub(r"\[\d+\]$", "", said).replace("\N{NO-BREAK SPACE}", " ")) for href, said in Reader(text).links
    }
    asked = 0
    for section in document.sections:
        for found in prose.REFERENCE.finditer(section.text):
            asked += 1
            assert (f"#claim-{found[1]}", prose.shown(document.claims[found[1]], found[2] or "")) in shown
    assert asked > 80
    assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_the_register_says_what_a_claim_rests_on(text, document):
    rows = dict(re.findall(r'<tr id="claim-([^"]+)">(.*?)</tr>', text, re.DOTALL))
    assert set(rows) == set(document.claims)
    for id_, one in document.claims.items():
        said = re.sub(r"<[^>]+>", "", rows[id_]).replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">")
        assert prose.shown(one, digits=6) in said
        assert all(part in said for part in (one.kind, one.formula, one.source, *one.inputs)), id_
        if one.evidence:
            assert one.evidence.sha256 in said
            assert one.evidence.variable in said


def test_the_sample_has_nothing_to_mark(text):
    assert Reader(text).marked == ["marked"], "the word that explains it"


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        ("It takes 412 tokens a second.", ["412 tokens"]),
        ("A *half*, or 50 %, of it.", ["50 %"]),
        ("{cap.nodes} hosts and 3 more", ["3 more"]),
        ("## S99 a heading of 7\n\n1. one\n2. two\n", []),
        ("`3 GB` in code, p99 in words, and the 2nd time", []),
        ("{mem.swap_bytes} and {cap.nodes:GB}", ["{mem.swap_bytes}", "{cap.nodes:GB}"]),
    ],
)
def test_what_no_claim_stands_for_is_marked(document, brief, written, marked):
    assert Reader(chapter(with_prose(document, brief, written))).marked == marked
    if "{mem" not in written:
        assert [one.strip() for one in prose.unbound_numbers(written)] == marked, "as the check counts them"


def test_a_link_of_theirs_is_never_taken_for_a_claim(document, brief):
    shown = chapter(
        with_prose(document, brief, "[9 GB](#claim-mem.weight_bytes) [x](javascript:alert) [y](https://example.org)")
    )
    assert [href for href, _ in Reader(shown).links] == ["https://example.org"]


def test_html_and_pictures_stay_text(document, brief):
    shown = chapter(
        with_prose(document, brief, "<b>bold</b> <img src=x> ![p](https://example.org/p.png)\n\n<h1>x</h1>")
    )
    assert not Reader(shown).tags & {"b", "img", "h1"}
    assert "&lt;b&gt;bold" in shown


def test_headings_leave_no_level_out(document, brief):
    shown = chapter(with_prose(document, brief, "# one\n\n##### two\n\n# three\n\ntext"))
    assert re.findall(r"<(h\d)>", shown) == ["h3", "h4", "h3"]


def test_a_table_shows_the_claims_that_it_asks_for(document, brief):
    shown = chapter(with_prose(document, brief, "Before\n{table net.* par.tp}\nafter"))
    assert re.findall(r'data-head="Kind">.*?#claim-([^"]+)"', shown, re.DOTALL) == [
        id_ for id_ in rendered(document, brief, CASE).entries if id_.startswith("net.") or id_ == "par.tp"
    ]
    assert "Before" in shown
    assert "after" in shown


# --- figures


@pytest.fixture(scope="module")
def drawn(document, graph, seen):
    return Drawn(graph, seen.values, document.claims)


def test_the_use_case_draws_what_its_pack_names():
    assert set(FIGURES) == set(PACK.figures)


def test_the_roofline_is_that_of_the_claims(drawn, seen):
    """Second way: what a step does, over how long it takes; and no phase lies above the roof."""
    made = figure("roofline", FIGURES, drawn)
    value = seen.values
    rows = {row.cells[0]: row.cells for row in made.rows}
    decode = value["batching.slots"] * value["model.token_flops"] / value["perf.decode_step"]
    assert float(rows["decode"][2]) == pytest.approx(decode, rel=0.006)
    assert float(rows["ridge"][1]) == pytest.approx(value["roof.ridge"], rel=0.006)
    for name in ("decode", "prefill"):
        intensity, rate = map(float, rows[name][1:])
        assert rate <= 1.01 * min(value["perf.replica_flops"], intensity * value["perf.replica_bandwidth"])
    assert len([one for one in made.marks if one.shape == "dot"]) == 2


def test_a_point_lies_where_the_axes_say(drawn):
    """The decades that are labelled give every place again."""
    made = figure("roofline", FIGURES, drawn)
    powers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    labels = [one for one in made.marks if one.look == "axis" and one.text.startswith("10")]
    across = {one.x: float(one.text[2:].translate(powers)) for one in labels if one.y > 300}
    (low, first), (high, last) = min(across.items()), max(across.items())
    dots = [one for one in made.marks if one.shape == "dot"]
    stated = [float(row.cells[1]) for row in made.rows if row.cells[0] in ("decode", "prefill")]
    for dot, intensity in zip(dots, stated, strict=True):
        assert first + (dot.x - low) / (high - low) * (last - first) == pytest.approx(math.log10(intensity), abs=0.003)


def test_the_tornado_is_what_small_changes_do(drawn, seen):
    """Second way: the what-if answers, by a tenth of a per cent."""
    rows = {row.claims[0]: row.cells[-1] for row in figure("tornado", FIGURES, drawn).rows}
    for driver in ("hw.device_peak", "batching.slots", "model.params", "perf.step_overhead"):
        up, down = (
            next((one.share for one in what_if(seen, {driver: change}).claims if one.id == "perf.request_work"), 0.0)
            for change in ("x1.01", "x0.99")
        )
        assert float(rows[driver].replace("\N{MINUS SIGN}", "-")) == pytest.approx((up - down) / 0.02, abs=0.011), (
            driver
        )


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan, 1e308, "many"])
def test_a_figure_that_cannot_be_drawn_says_why(document, brief, value):
    claims = dict(document.claims)
    for id_ in ("perf.replica_flops", "batching.slots"):
        claims[id_] = dataclasses.replace(claims[id_], value=value)
    shown = chapter(with_prose(document, brief, "x\n\n{figure roofline}\n\n{figure tornado}", claims=claims))
    if value != 1e308:
        assert "It cannot be drawn: perf.replica_flops" in shown
    assert "There is no such figure: one of roofline, tornado." in chapter(
        with_prose(document, brief, "x\n\n{figure pie}")
    )


def test_a_document_cannot_ask_for_tables_without_end(document, brief):
    text = with_prose(document, brief, "Much:\n\n" + "{table *}\n\n" * 500 + "x " * 100_000)
    assert text.count("<caption>") < 5_000 / len(document.claims) + 30
    assert "tables and figures have over 5000 rows" in text
    assert "(cut; " in text


# --- findings


def test_findings_stand_beside_what_they_are_about(document, brief, graph):
    faulty = scaled("mem.kv_bytes_per_token", 8.0)(
        with_text("S5", lambda text: text + "\n\nWe saw 412 of them.\n")(document)
    )
    report = check(faulty, brief, PACK, graph=graph)
    text = page(rendered(faulty, brief, CASE, report))
    row = re.search(r'<tr id="claim-mem.kv_bytes_per_token">(.*?)</tr>', text, re.DOTALL)[1]
    finding = next(one for one in report.findings if one.claim == "mem.kv_bytes_per_token" and one.recomputed)
    assert finding.recomputed in row
    assert "What the check found in S5" in text
    assert "412 of" in Reader(text).marked
    assert all(one.message.split("'")[0][:40] in text for one in report.findings)


def test_a_missing_claim_and_a_verdict_that_turns_over_are_told(document, brief, graph):
    claims = {k: v for k, v in with_claim("cap.spares", value=1.0)(document).claims.items() if k != "tail.ttft_p99"}
    faulty = dataclasses.replace(document, claims=claims)
    text = page(rendered(faulty, brief, CASE, check(faulty, brief, PACK, graph=graph)))
    assert "<code>tail.ttft_p99</code> is not claimed" in text
    assert "missing: 99th percentile of the time to the first token" in text
    assert "turns over" in text
    assert "keep the document from the panel" in text


def test_an_empty_document_renders(document, brief):
    text = page(rendered(dataclasses.replace(document, claims={}, sections=(), decisions=()), brief, CASE))
    assert "0 claims." in text


# --- the command


def test_the_command_writes_what_it_was_asked_for(tmp_path):
    ran = CliRunner().invoke(app, ["capstone", "render", "--sample", "--html", str(tmp_path / "design.html")])
    assert ran.exit_code == 0, ran.output
    assert "Serving Willow 9" in (tmp_path / "design.html").read_text()
    assert [one.name for one in tmp_path.iterdir()] == ["design.html"]
    nothing = CliRunner().invoke(app, ["capstone", "render", "--sample"])
    assert type(nothing.exception).__name__ == "UsageError"


def test_the_same_document_gives_the_same_page(document, brief, text):
    assert page(rendered(document, brief, CASE)) == text


def test_a_claim_of_ones_own_is_shown_as_such(document, brief):
    own = Claim("own.claim", "choice", "a <b>word</b>", source="mine")
    text = page(rendered(dataclasses.replace(document, claims={**document.claims, own.id: own}), brief, CASE))
    assert "a &lt;b&gt;word&lt;/b&gt;" in text


def test_a_remark_is_no_fault(document, brief, graph):
    report = check(document, brief, PACK, graph=graph)
    remark = Finding("L4", "info", "inherited", "follows from another", "cap.gpus")
    text = page(rendered(document, brief, CASE, dataclasses.replace(report, findings=(remark,))))
    row = re.search(r'<tr><th scope="row" class="wide">devices</th>.*?</tr>', text)[0]
    assert "holds" in row
    assert "follows from another" in text
