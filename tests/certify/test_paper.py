"""The certificate as PDF: what it says, its tags, and that no text of others is read as anything but text."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from graders.certify import paper
from graders.certify.facts import facts_of
from graders.certify.page import certificate_page
from graders.certify.paper import certificate_pdf
from tests.certify.looking import held

ODD_NAMES = {
    "markup of typst": '#panic("x") *b* $x^2$ @a <b> = c \\ " ] } // z',
    "markup of a page": "<script>alert(1)</script> &amp; {{ 7 * 7 }}",
    "end of a string": '"}) \\u{0} #sys.inputs',
}


def pdf_of(one):
    return certificate_pdf(one, facts_of(one))


def read(content):
    return PdfReader(io.BytesIO(content))


def told(content):
    """All its text, lines joined."""
    said = " ".join(page.extract_text() for page in read(content).pages)
    return re.sub(r"\s+", " ", said.replace("\u200b", "").replace("’", "'"))


def tags(content):
    """How often each kind of element stands in its tree."""
    counts = {}

    def walk(node):
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if "/S" in node:
                counts[node["/S"]] = counts.get(node["/S"], 0) + 1
            walk(node.get("/K", []))

    walk(read(content).trailer["/Root"]["/StructTreeRoot"])
    return counts


@pytest.fixture
def pdf(certified):
    return pdf_of(certified[1])


def test_it_shows_what_the_page_shows(certified, pdf):
    _, one = certified
    said, facts = told(pdf), facts_of(one)
    subject = one.credential["credentialSubject"]
    for fact in (
        *(one.student, one.id, one.credential["name"], one.credential["issuer"]["id"], facts.fingerprint),
        *(one.credential["issuer"]["name"], one.credential["validFrom"][:10], subject["narrative"]),
        subject["achievement"]["criteria"]["narrative"],
        *(f"{each.name} {each.value} %" for each in facts.modules),
        *(f"{each.name} {each.value}" for table in facts.rubrics for each in table.criteria),
        *(f"{each.level}. {each.says}" for table in facts.rubrics for each in table.criteria),
    ):
        assert re.sub(r"\W", "", fact) in re.sub(r"\W", "", said), fact
    page = certificate_page(one, facts)
    assert all(fact in page for fact in (facts.fingerprint, one.id, facts.modules[0].value))


def test_the_fingerprint_is_what_a_verifier_tells(certified):
    _, one = certified
    assert held(one.credential)["form"][1].endswith(f"fingerprint {facts_of(one).fingerprint}")


def test_it_is_open_to_assistive_technology(certified, pdf):
    _, one = certified
    root = read(pdf).trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read(pdf).metadata.title == f"{one.credential['name']} · {one.student}"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    found = tags(pdf)
    rows = [len(facts_of(one).modules), *(len(table.criteria) for table in facts_of(one).rubrics)]
    assert found["/H1"] == 1
    assert found["/H2"] == len(rows) + 1
    assert (found["/Table"], found["/THead"], found["/TH"]) == (len(rows), len(rows), 2 + 3 + 3)
    assert found["/TR"] == sum(rows) + len(rows)
    assert found["/Figure"] == 1


def test_the_same_certificate_makes_the_same_bytes_without_a_date_of_making(certified, pdf):
    assert pdf_of(certified[1]) == pdf
    assert not {"/CreationDate", "/ModDate"} & set(read(pdf).metadata)
    assert "CreateDate" not in read(pdf).trailer["/Root"]["/Metadata"].get_object().get_data().decode()


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_name_is_text_and_nothing_else(certified, name):
    made = pdf_of(dataclasses.replace(certified[1], student=name))
    assert re.sub(r"\s", "", name) in re.sub(r"\s", "", told(made)).replace("”", '"').replace("“", '"')
    assert read(made).metadata.title.endswith(name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\u202egnp", "a‹U+202E›gnp"),
        ("a\x1b[31mb", "ab"),
        ("a\x00b", "a‹U+2400›b"),
        ("名前 \U0001f600", "‹U+540D›‹U+524D› ‹U+1F600›"),
        ("".join(map(chr, range(0xC0, 0x180))), None),
        ("x" * 300, None),
    ],
    ids=["reordered", "codes", "zero", "no font has it", "Latin letters", "a word that no line holds"],
)
def test_what_hides_or_has_no_shape_stands_by_its_number(certified, name, shown):
    made = pdf_of(dataclasses.replace(certified[1], student=name))
    assert re.sub(r"\s", "", shown or name) in re.sub(r"\s", "", told(made))


def test_another_failure_of_the_typesetter_is_not_hidden(certified, monkeypatch):
    compiler, _ = paper._compiler()
    monkeypatch.setattr(paper, "_compiler", lambda: (compiler, b"#nothing"))
    with pytest.raises(RuntimeError, match="unknown variable"):
        pdf_of(certified[1])


def test_a_pdf_is_no_proof(pdf):
    assert held(pdf)["form"] == (
        "fails",
        "is a PDF, which proves nothing by itself: verify certificate.html or credential.json",
    )


def test_paper_and_page_hold_the_same_code(certified):
    assert facts_of(certified[1]).qr.removeprefix("<svg ") in certificate_page(certified[1], facts_of(certified[1]))
