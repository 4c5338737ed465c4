"""`aisa verify` on every file of the standards: what is valid and supported holds, all else is refused by its reason.

W3C, Data Integrity EdDSA Cryptosuites v1.0, test vectors; 1EdTech, Open Badges Specification 3.0 and its implementation
guide, samples of the public validator.
"""

from __future__ import annotations

import hashlib
import html
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from graders.certify import jcs, rdfc
from graders.certify.finding import Beside
from graders.certify.handed_in import looked_at
from graders.certify.status import is_set
from graders.certify.verify import verify
from graders.errors import UsageError
from tests.certify.vectors import EXPECTED, SAYS

GUIDE = "1edtech-spec/ob_v3p0/impl"
ASKED = [
    (folder, name, found)
    for folder, files in EXPECTED.items()
    for found, names in files.items()
    for name in names.split()
]


def test_every_file_is_asked_about(shared_openbadges):
    there = {str(path.relative_to(shared_openbadges)) for path in shared_openbadges.rglob("*") if path.is_file()}
    listed = [f"{folder}/{name}".removeprefix("./") for folder, name, _ in ASKED]
    assert set(listed) == there
    assert len(listed) == len(there)


@pytest.mark.parametrize(("folder", "name", "found"), ASKED)
def test_it_holds_or_is_refused_for_its_reason(shared_openbadges, folder, name, found):
    finding = verify((shared_openbadges / folder / name).read_bytes(), Beside())
    wrong = [one.says for one in finding.checks if one.held == "fails"]
    assert finding.foreign or found in ("no JSON", "picture", "jwt")
    assert finding.holds is (found == "holds")
    if found != "holds":
        assert re.search(SAYS[found], wrong[0])


@pytest.mark.parametrize(("folder", "name"), [(folder, name) for folder, name, found in ASKED if found == "holds"])
def test_what_holds_does_not_once_something_is_changed(shared_openbadges, folder, name):
    document = json.loads((shared_openbadges / folder / name).read_bytes())
    document["credentialSubject"]["achievement"]["name"] = "Another"
    assert not verify(json.dumps(document).encode(), Beside()).holds


@pytest.mark.parametrize("asked", [{"status": {"id": "urn:x"}}, {"recipient": "student-01"}, {"rederive": True}])
def test_what_cannot_be_looked_at_in_it_fails_when_it_is_asked_for(shared_openbadges, asked):
    text = (shared_openbadges / "examples" / "capstone_dual.json").read_bytes()
    finding = verify(text, Beside(**asked))
    assert [one.says for one in finding.checks if one.held == "fails"] == [
        "is not looked at in a credential of another make"
    ]


def test_a_certificate_that_lost_a_proof_is_not_taken_for_one_of_another_make(certified):
    for kept in (0, 1):
        text = json.dumps(dict(certified[1].credential) | {"proof": [certified[1].credential["proof"][kept]]}).encode()
        finding = verify(text, Beside())
        assert not finding.foreign
        assert not finding.holds


# --- the pages of the specification --------------------------------------------------------------------------------


def samples(path):
    """Documents in a page of the specification, by title."""
    pattern = r'<pre[^>]*?title="([^"]*)"[^>]*>(.*?)</pre\s*>'
    found = {title: html.unescape(body) for title, body in re.findall(pattern, path.read_text(), re.DOTALL)}
    return {title: body for title, body in found.items() if body.strip().startswith("{\n") and '"' in body}


def test_the_guides_signed_badge_holds_and_is_signed_again_byte_for_byte(shared_openbadges):
    page = shared_openbadges / GUIDE / "linked-data-proof-ob.html"
    text = samples(page)["Signed credential"]
    assert verify(text.encode(), Beside()).holds
    signed = json.loads(text)
    folder = shared_openbadges / GUIDE / "test-vectors" / "obv3p0"
    assert rdfc.statements(signed).strip() == (folder / "document-canon.txt").read_text().strip()
    options = {name: said for name, said in signed["proof"].items() if name != "proofValue"}
    read = rdfc.statements(options | {"@context": signed["@context"]})
    assert read.strip() == (folder / "proof-canon.txt").read_text().strip()
    pair, hashed, signature = re.findall(r">([0-9a-f]{128})<", page.read_text())
    assert hashed == "".join(hashlib.sha256(one.encode()).hexdigest() for one in (read, rdfc.statements(signed)))
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(pair)[:32])
    again = rdfc.sign(signed, private, options["verificationMethod"], options["created"])
    assert again == signed["proof"]
    assert jcs.from_base58(again["proofValue"][1:]).hex() == signature


def test_the_guides_record_of_several_badges_is_refused_as_another_kind(shared_openbadges):
    """Its own vector is sound: canonical statements, hashes and signature agree."""
    page = shared_openbadges / GUIDE / "linked-data-proof-clr.html"
    text = samples(page)["Signed credential"]
    finding = verify(text.encode(), Beside())
    assert [one.says for one in finding.checks] == [
        "a credential of another kind is not supported, only Open Badges: ClrCredential"
    ]
    folder = shared_openbadges / GUIDE / "test-vectors" / "clrv2p0"
    lines = [(folder / f"{name}-canon.txt").read_text().strip() + "\n" for name in ("proof", "document")]
    hashed = b"".join(hashlib.sha256(one.encode()).digest() for one in lines)
    _, said, signature = re.findall(r">([0-9a-f]{128})<", page.read_text())
    assert hashed.hex() == said
    (proof,) = json.loads(text)["proof"]
    assert jcs.from_base58(proof["proofValue"][1:]).hex() == signature
    jcs.from_multikey(proof["verificationMethod"].rpartition("#")[2]).verify(bytes.fromhex(signature), hashed)


def test_no_page_of_the_specification_passes_for_a_certificate(shared_openbadges):
    pages = sorted((shared_openbadges / "1edtech-spec").rglob("*.html"))
    unsigned = 0
    for path in pages:
        with pytest.raises(UsageError, match="holds one credential, found 0"):
            list(looked_at([path], Beside()))
        for title, text in samples(path).items():
            if title != "Signed credential":
                assert not verify(text.encode(), Beside()).holds
                unsigned += 1
    assert unsigned >= 10


# --- chains, older suites, lists -------------------------------------------------------------------------------------


def test_no_proof_of_a_chain_or_of_an_older_suite_passes_alone(shared_openbadges):
    folder = shared_openbadges / "w3c-vc-di-eddsa" / "TestVectors"
    for name in (
        "proof-set-chain/signedProofChain1",
        "proof-set-chain/signedProofChain2",
        "Ed25519Signature2020/signedEdSig",
    ):
        document = json.loads((folder / f"{name}.json").read_bytes())
        for proof in document["proof"] if isinstance(document["proof"], list) else [document["proof"]]:
            if "previousProof" in proof or proof["type"] == "Ed25519Signature2020":
                key = jcs.from_multikey(proof["verificationMethod"].rpartition("#")[2])
                assert not rdfc.is_signed(document, proof, key)
                assert not jcs.is_signed(document, proof, key)


def test_1edtechs_list_is_read(shared_openbadges):
    folder = shared_openbadges / "1edtech-validator/inspector-vc/src/test/resources/ob30/bit-string-list"
    revoked = json.loads((folder / "credential-status-revoked.json").read_bytes())["credentialStatus"]
    said = json.loads((folder / "testlist").read_bytes())["credentialSubject"]["encodedList"]
    assert is_set(said, int(revoked["statusListIndex"]))
    assert sum(is_set(said, index) for index in range(64)) == 1
