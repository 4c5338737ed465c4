"""The statements that we sign are those that a whole JSON-LD processor finds, and what has no meaning is refused."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openbadgeslib.ob3.contexts import document_loader
from pyld import jsonld

from graders.certify import jcs, rdfc
from graders.certify.credential import Papers, credential
from graders.certify.issue import current_status_list
from graders.certify.keys import signer
from graders.certify.records import Circumstance
from graders.course import init
from graders.errors import UsageError
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence, with_module, with_round

SAMPLES = "1edtech-validator/inspector-vc/src/test/resources/ob30"
SIGNED_BY_1EDTECH = (
    *("simple", "simple-context-alias", "simple-context-version", "simple-did-web-method", "simple-multiple-proofs"),
    *("endorsement-valid", "simple-err-expired", "simple-err-issued", "simple-err-issuer"),
)
"""Those whose signature is right, whatever else is wrong with them, and whose words are among those of ours."""
# control characters are refused, see below; surrogates are no text
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\t\n\r\\"'), min_size=1, max_size=40)


def by_a_processor(document):
    """The same by PyLD, which shares no line with ours."""
    bare = {name: said for name, said in document.items() if name != "proof"}
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()}
    return jsonld.normalize(bare, options)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return signer(init(tmp_path_factory.mktemp("office") / "course", course_id="spring", students=["student-01"]))


ODD = 'a "quoted" \\ back\\slash,\ttab\nand\r\nlines, é \u200b \u2028 名前 \U0001f600'


@settings(max_examples=15)
@example(office_name=ODD, url="https://office.example", title=ODD, about=ODD, points=1.25, level=1.5)
@given(
    office_name=TEXT,
    url=st.sampled_from(["", "https://office.example", "http://x.example/a?b=c"]),
    title=TEXT,
    about=TEXT,
    points=st.floats(0, 50),
    level=st.sampled_from([0.0, 1.5, 2.0, 4.0]),
)
def test_a_certificate_states_what_a_processor_finds(office, office_name, url, title, about, points, level):
    profile = type(office.profile)(office_name, url, office.profile.keys)
    mine = with_module(evidence(), STANDARD.rule.modules[0], title=title, points=points)
    mine = with_round(mine, "capstone", levels=dict.fromkeys(mine.rounds[0].levels, level))
    mine = type(mine)(
        **{name: getattr(mine, name) for name in mine.__slots__}
        | {
            "circumstances": (
                Circumstance("proctored", about, "seen", "office-1"),
                Circumstance("resit", about, "x", "y"),
            ),
        }
    )
    named = Papers(f"urn:uuid:{'0' * 8}", mine, "ef" * 32, "salt", "urn:uuid:list", 7, "2026-01-02T03:04:05Z")
    document = credential(STANDARD.rule, STANDARD.rubrics, named, type(office)(profile, office.private))
    assert rdfc.statements(document) == by_a_processor(document)
    assert rdfc.is_signed(document, document["proof"][0], office.private.public_key())


def test_so_do_a_status_list_and_the_options_of_a_proof(certified):
    course, one = certified
    with Ledger(course) as ledger:
        revoked = current_status_list(course, ledger, signer(course))
    options = {name: said for name, said in one.credential["proof"][0].items() if name != "proofValue"}
    for document in (revoked, options | {"@context": one.credential["@context"]}):
        assert rdfc.statements(document) == by_a_processor(document)


@pytest.mark.parametrize("name", SIGNED_BY_1EDTECH)
def test_what_1edtech_signed_is_signed(shared_openbadges, name):
    document = json.loads((shared_openbadges / SAMPLES / f"{name}.json").read_bytes())
    said = document["proof"]
    (proof,) = [one for one in (said if isinstance(said, list) else [said]) if one.get("cryptosuite") == rdfc.SUITE]
    key = jcs.from_multikey(proof["verificationMethod"].rpartition("#")[2])
    assert rdfc.is_signed(document, proof, key)
    assert rdfc.statements(document) == by_a_processor(document)
    assert not rdfc.is_signed(document | {"validFrom": "2010-01-01T00:00:01Z"}, proof, key)


def edited(document, edit):
    other = copy.deepcopy(dict(document))
    edit(other)
    return other


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda one: one.update(nickname="x"), "'nickname' means nothing"),
        (lambda one: one["type"].append("Diploma"), "'Diploma' means nothing"),
        (lambda one: one.update({"@context": ["https://other.example/v1"]}), "is not known here"),
        (lambda one: one.update(id="relative"), "an absolute address is expected"),
        (lambda one: one.update(id="https://x.example/ y"), "an absolute address is expected"),
        (lambda one: one.update(id="name:x"), "an absolute address is expected"),
        (lambda one: one.update(name=3), "no statement can be made of 3"),
        (lambda one: one.update(name="a\x00b"), "no statement can be made of"),
        (lambda one: one.update(name="\ud800"), "no statement can be made of"),
        (lambda one: one.update(name={"x": {}}), "'x' means nothing"),
        (lambda one: one["credentialSubject"]["identifier"][0].update(hashed="\n"), ""),
        (lambda one: one["credentialSubject"]["identifier"].append({}), ""),
        (lambda one: one["credentialSubject"]["result"].append(one["credentialSubject"]["result"][0]), "say the same"),
    ],
)
def test_what_has_no_meaning_is_refused_and_not_signed(certified, edit, said):
    _, one = certified
    other = edited(one.credential, edit)
    if said:
        with pytest.raises(UsageError, match=said):
            rdfc.statements(other)
    assert not rdfc.is_signed(other, one.credential["proof"][0], jcs.from_multikey(one.credential["issuer"]["id"]))
