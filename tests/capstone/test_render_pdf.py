"""The PDF of a document, read back: tagged, titled, dateless, the same every time, and nobody's text becomes Typst."""

from __future__ import annotations

import dataclasses
import io
import re
import unicodedata

import pypdf
import pytest
from pypdf.generic import ArrayObject, IndirectObject

from graders.capstone import prose
from graders.capstone.check import check
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.packs import use_case
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.pdf import _WITHOUT_GLYPH, paper
from tests.browser.test_design import hostile
from tests.capstone.faults import scaled

CASE = use_case(PACK.id)
TYPST = '#set page(width: 1cm) #panic() $x$ *a* `b` @c <d> \\ #sys.inputs // /* [#read("/etc/passwd")] = h'


def read(made):
    return pypdf.PdfReader(io.BytesIO(made))


def of_one_section(document, text):
    """A document that has this to say and no more."""
    section = next(one for one in document.sections if one.id == "S5")
    section = dataclasses.replace(section, text=text)
    return dataclasses.replace(document, sections=(section,), claims={}, decisions=(), leaves=(), validation=())


def words(reader):
    text = "".join(page.extract_text() for page in reader.pages)
    return re.sub(r"[\s\u200b]+", "", text)


def tags(reader):
    """Kinds of the structure tree in reading order, with what stands for a figure."""
    found = []

    def walk(node):
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, (list, ArrayObject)):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            walk(node.get("/K", ()))

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


@pytest.fixture(scope="module")
def made(document, brief):
    return paper(rendered(document, brief, CASE))


@pytest.fixture(scope="module")
def reader(made):
    return read(made)


@pytest.fixture(scope="module")
def text(reader):
    return words(reader)


def test_it_says_what_it_is_and_not_when(made, reader):
    assert reader.metadata.title == "Serving Willow 9"
    assert "/CreationDate" not in reader.metadata
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data()


def test_the_same_document_gives_the_same_bytes(made, document, brief):
    assert paper(rendered(document, brief, CASE)) == made


def test_it_is_tagged(reader, document):
    kinds = [kind for kind, _ in tags(reader)]
    assert kinds.count("/H1") == len(document.sections) + 2
    assert kinds.count("/Figure") == 2
    assert all(len(alt) > 80 for kind, alt in tags(reader) if kind == "/Figure")
    assert {"/Table", "/THead", "/TH", "/TD", "/L", "/LI", "/Link", "/Caption"} <= set(kinds)


def test_it_holds_every_claim_and_every_sentence(text, document, brief):
    entries = rendered(document, brief, CASE).entries
    for id_, entry in entries.items():
        assert re.sub(r"\s", "", id_) in text, id_
        assert re.sub(r"\s", "", entry.value) in text, id_
    for section in document.sections:
        for sentence in re.findall(r"[A-Z][^.{}|*`_\n]{30,}", section.text):
            assert re.sub(r"\s", "", sentence) in text, sentence


def test_a_number_carries_its_place_in_the_register(text, document, brief):
    entries = rendered(document, brief, CASE).entries
    for section in document.sections:
        for found in prose.REFERENCE.finditer(section.text):
            value = re.sub(r"\s", "", prose.shown(document.claims[found[1]], found[2] or ""))
            assert f"{value}[{entries[found[1]].number}]" in text


def test_findings_are_told(document, brief, graph):
    faulty = scaled("mem.kv_bytes_per_token", 8.0)(document)
    report = check(faulty, brief, PACK, graph=graph)
    text = words(read(paper(rendered(faulty, brief, CASE, report))))
    finding = next(one for one in report.findings if one.claim == "mem.kv_bytes_per_token" and one.recomputed)
    assert re.sub(r"\s", "", f"recomputed {finding.recomputed}") in text
    assert "ascheckedServing" in text


def test_nobodys_text_is_read_as_typst(document, brief):
    text = TYPST.replace("`b`", "b").replace("*a*", "a").replace("<d>", "d").replace("\\ ", "")
    claim = dataclasses.replace(document.claims["hw.machine"], value=TYPST, source=TYPST)
    changed = dataclasses.replace(of_one_section(document, text), claims={claim.id: claim})
    reader = read(paper(rendered(changed, brief, CASE)))
    shown = words(reader)
    assert re.sub(r"\s", "", text) in shown
    assert shown.count(re.sub(r"\s", "", TYPST)) >= 2, "value and source, as text"
    assert float(reader.pages[0].mediabox.width) > 500


def test_a_hostile_document_is_set_as_text(document, brief, graph):
    bad = hostile(document)
    reader = read(paper(rendered(bad, brief, CASE, check(bad, brief, PACK, graph=graph))))
    shown = words(reader)
    assert "<script>document.title='owned'</script>" in shown
    assert "‹U+202E›" in shown
    assert reader.metadata.title == "Serving Willow 9"
    addresses = {
        str(one.get_object()["/A"]["/URI"])
        for page in reader.pages
        for one in page.get("/Annots", ())
        if "/URI" in one.get_object().get("/A", {})
    }
    assert {one.split(":")[0] for one in addresses} <= {"http", "https"}
    root = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/JavaScript", "/EmbeddedFiles"} & {*root, *root.get("/Names", {})}


def test_every_character_that_is_kept_has_a_glyph(document, brief):
    kept = [one for one in map(chr, range(0x20, 0x3000)) if not _WITHOUT_GLYPH.match(one)]
    kept = [one for one in kept if unicodedata.category(one)[0] not in "CZ" and one not in "\\`*_{}[]<>#&|~!"]
    assert len(kept) > 1500
    text = "\n\n".join("x " + " ".join(kept[at : at + 60]) for at in range(0, len(kept), 60))
    bold = "\n\n".join(f"**x {one}** `{one}`" for one in text.split("\n\n") if "`" not in one)
    assert paper(rendered(of_one_section(document, f"{text}\n\n{bold}"), brief, CASE))


@pytest.mark.parametrize(
    "text", ["漢字 and 🙂", "עברית العربية हिन्दी", "\ud83d \x00", "a" * 5000, "", "e" + "\u0301" * 50]
)
def test_a_letter_without_a_glyph_is_shown_by_its_number(document, brief, text):
    reader = read(paper(rendered(of_one_section(document, f"So {text}."), brief, CASE)))
    if "漢" in text:
        assert "‹U+6F22›‹U+5B57›and‹U+1F642›" in words(reader)
