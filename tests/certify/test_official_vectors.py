"""The standards' own vectors and samples, read in place: what is valid verifies, what is invalid does not.

W3C, Data Integrity EdDSA Cryptosuites v1.0, appendix (test vectors); 1EdTech, samples of the public validator.
"""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, verify_data_integrity_proof

from graders.certify import jcs
from graders.ledger import canonical

W3C = "w3c-vc-di-eddsa/TestVectors"
SAMPLES = "1edtech-validator/inspector-vc/src/test/resources/ob30"
VALID = (
    *("simple", "simple-context-alias", "simple-context-version", "simple-did-key-method", "simple-did-web-method"),
    *("simple-multiple-proofs", "bit-string-list/credential-status-revoked"),
    "bit-string-list/credential-status-revoked-blank-nodes",
)
INVALID = {
    **dict.fromkeys(
        (
            *("simple-err-credential-subject-achievement-result-description-type", "simple-err-evidence-type"),
            *("simple-err-credential-subject-identifier-type", "simple-err-credential-subject-profile-type"),
            *("simple-err-credential-subject-result-type", "simple-err-credential-subject-type"),
            *("simple-err-issuer-otheridentifier-type", "simple-err-issuer-parentorg-type", "simple-err-issuer-type"),
            "simple-err-proof-method-no-scheme",
        ),
        "compacted form",
    ),
    "simple-err-context": "issuanceDate",
    "simple-err-expired": "expired",
    "simple-err-issued": "Malformed",
    "simple-err-issuer": "issuer must be",
    "simple-err-proof-method": "signature mismatch",
    "simple-err-proof-value": "signature mismatch",
    "simple-err-type": "not an OpenBadgeCredential",
    "simple-noproof": "issuanceDate",
}
BAD_METHOD = ("simple-err-proof-method-unknown-did-method", "simple-err-proof-method-unknown-scheme")
NOT_BY_DESIGN = {
    "complete": ("an endorsement inside it is not in the form that is signed", "endorsement at .* compacted"),
    "complete_v1": ("data model 1.1 and Ed25519Signature2020, an older suite", "expirationDate"),
    "credential-status-revoked": ("data model 1.1 and Ed25519Signature2020, an older suite", "issuanceDate"),
    "endorsement-err-schema-status-refresh": ("an endorsement by an older suite", "not an OpenBadgeCredential"),
    "sd/derivedcredential": ("ecdsa-sd-2023: chosen parts of a credential, another kind of key", "ecdsa-sd-2023"),
    "simple-eddsa-2022": ("data model 1.1 and eddsa-2022, the draft of eddsa-rdfc-2022", "issuanceDate"),
    "simple_v1": ("data model 1.1 and Ed25519Signature2020, an older suite", "issuanceDate"),
}
OWN_TEST = ("endorsement-valid",)
# the examples' context defines no term: whatever it is asked, it puts this in front (W3C, VCDM 2.0, appendix B.1)
EXAMPLES = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    }
}


def read(path):
    return json.loads(path.read_bytes())


def text(path):
    return path.read_text(encoding="utf-8").strip()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def pem(key):
    """The public key of a multikey or of a verification method."""
    named = jcs.from_multikey(key.rpartition("#")[2])
    return named.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def method(document):
    """What the last of its proofs names."""
    said = document["proof"]
    return (said[-1] if isinstance(said, list) else said)["verificationMethod"]


def test_w3c_jcs_vector_is_reproduced_byte_for_byte(shared_openbadges):
    folder = shared_openbadges / W3C / "eddsa-jcs-2022"
    signed, options = read(folder / "signedJCS.json"), read(folder / "proofConfigJCS.json")
    bare = {name: value for name, value in signed.items() if name != "proof"}
    assert canonical(bare).decode() == text(folder / "canonDocJCS.txt")
    assert canonical(options).decode() == text(folder / "proofCanonJCS.txt")
    assert sha256(canonical(bare)) == text(folder / "docHashJCS.txt")
    assert sha256(canonical(options)) == text(folder / "proofHashJCS.txt")
    keys = read(shared_openbadges / W3C / "keyPair.json")
    # a secret Multikey is the seed of 32 bytes after two that say what it is
    private = Ed25519PrivateKey.from_private_bytes(jcs.from_base58(keys["privateKeyMultibase"][1:])[2:])
    assert jcs.multikey(private.public_key()) == keys["publicKeyMultibase"]
    assert jcs.sign(bare, private, options["verificationMethod"], options["created"]) == signed["proof"]
    assert jcs.from_base58(signed["proof"]["proofValue"][1:]).hex() == text(folder / "sigHexJCS.txt")


def test_w3c_jcs_vector_verifies_until_it_is_changed(shared_openbadges):
    signed = read(shared_openbadges / W3C / "eddsa-jcs-2022" / "signedJCS.json")
    key = jcs.from_multikey(method(signed))
    assert jcs.is_signed(signed, signed["proof"], key)
    assert not jcs.is_signed(signed | {"name": "Another"}, signed["proof"], key)


@pytest.mark.parametrize("folder", ["eddsa-rdfc-2022", "eddsa-rdfc-2022/employ"])
def test_w3c_rdfc_hashes_and_signatures_agree(shared_openbadges, folder):
    """From the canonical statements that the vector gives, whatever contexts they came from."""
    here = shared_openbadges / W3C / folder
    hashes = [sha256((text(here / f"{name}.txt") + "\n").encode()) for name in ("proofCanonDataInt", "canonDocDataInt")]
    assert hashes == [text(here / "proofHashDataInt.txt"), text(here / "docHashDataInt.txt")]
    assert "".join(hashes) == text(here / "combinedHashDataInt.txt")
    signed = read(here / "signedDataInt.json")
    signature = jcs.from_base58(signed["proof"]["proofValue"][1:])
    assert signature.hex() == text(here / "sigHexDataInt.txt")
    jcs.from_multikey(method(signed).rpartition("#")[2]).verify(signature, bytes.fromhex("".join(hashes)))


@pytest.mark.parametrize("name", ["eddsa-rdfc-2022/signedDataInt", "proof-set-chain/signedProofSet1"])
def test_w3c_rdfc_vector_verifies_until_it_is_changed(shared_openbadges, name):
    signed = read(shared_openbadges / W3C / f"{name}.json")
    verify_data_integrity_proof(signed, pem(method(signed)), extra_contexts=EXAMPLES)
    with pytest.raises(OB3VerificationError, match="signature mismatch"):
        verify_data_integrity_proof(signed | {"name": "Another"}, pem(method(signed)), extra_contexts=EXAMPLES)


def test_each_proof_of_w3cs_set_stands_alone(shared_openbadges):
    signed = read(shared_openbadges / W3C / "proof-set-chain" / "signedProofSet2.json")
    assert len(signed["proof"]) == 2
    for proof in signed["proof"]:
        key = pem(proof["verificationMethod"])
        verify_data_integrity_proof(signed | {"proof": proof}, key, extra_contexts=EXAMPLES)
        with pytest.raises(OB3VerificationError, match="signature mismatch"):
            verify_data_integrity_proof(signed | {"proof": proof, "name": "Another"}, key, extra_contexts=EXAMPLES)


@pytest.mark.parametrize("name", VALID)
def test_valid_samples_verify(shared_openbadges, name):
    path = shared_openbadges / SAMPLES / f"{name}.json"
    OB3LdpVerifier(pem(method(read(path)))).verify(path.read_bytes())


def test_a_valid_endorsement_is_signed(shared_openbadges):
    document = read(shared_openbadges / SAMPLES / "endorsement-valid.json")
    verify_data_integrity_proof(document, pem(method(document)))


@pytest.mark.parametrize(("name", "said"), INVALID.items())
def test_invalid_samples_do_not(shared_openbadges, name, said):
    path = shared_openbadges / SAMPLES / f"{name}.json"
    document = read(path)
    named = method(document) if "proof" in document else ""
    # a method that names no key at all is held against the key of the good samples
    key = named if "z6Mk" in named and "z6MkjZRs" not in named else method(read(path.with_name("simple.json")))
    with pytest.raises(OB3VerificationError, match=said):
        OB3LdpVerifier(pem(key)).verify(path.read_bytes())


@pytest.mark.parametrize("name", BAD_METHOD)
def test_methods_that_nobody_can_resolve_do_not(shared_openbadges, name):
    """With no key given, as a verifier has it who only has the credential."""
    with pytest.raises(OB3VerificationError):
        OB3LdpVerifier().verify((shared_openbadges / SAMPLES / f"{name}.json").read_bytes())


@pytest.mark.parametrize(("name", "why"), NOT_BY_DESIGN.items())
def test_what_is_not_verified_by_design_is_refused_for_that_reason(shared_openbadges, name, why):
    folder = shared_openbadges / SAMPLES
    with pytest.raises(OB3VerificationError, match=why[1]):
        OB3LdpVerifier(pem(method(read(folder / "simple.json")))).verify((folder / f"{name}.json").read_bytes())


def test_every_sample_is_in_one_list(shared_openbadges):
    folder = shared_openbadges / SAMPLES
    there = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json")}
    lists = (VALID, INVALID, BAD_METHOD, NOT_BY_DESIGN, OWN_TEST)
    assert there == set().union(*lists)
    assert len(there) == sum(map(len, lists))


def test_the_dual_credential_has_both_proofs(shared_openbadges):
    path = shared_openbadges / "examples" / "capstone_dual.json"
    document = read(path)
    OB3LdpVerifier.for_issuer_did(document["issuer"]["id"]).verify(path.read_bytes())
    (proof,) = [one for one in document["proof"] if one["cryptosuite"] == jcs.SUITE]
    assert jcs.is_signed(document, proof, jcs.from_multikey(document["issuer"]["id"]))
    assert not jcs.is_signed(document | {"name": "Another"}, proof, jcs.from_multikey(document["issuer"]["id"]))
