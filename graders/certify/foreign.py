"""Open Badges credentials of another make: what an independent library finds, and what is refused unread.

`aisa verify` is asked about whatever somebody hands in. Of others' credentials the proof `eddsa-rdfc-2022` and the
dates are looked at, by a key that the proof itself names; what needs another suite, another wrapping or the network is
said to be not supported, and never passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graders.certify import jcs, rdfc
from graders.certify.finding import Beside, Check
from graders.certify.signatures import issuer

_OTHERS = {
    "Ed25519Signature2020": "an older suite",
    "eddsa-2022": "the draft of eddsa-rdfc-2022",
    "ecdsa-sd-2023": "chosen parts of a credential, another kind of key",
}
_PICTURE = "a picture, perhaps with a credential baked in, which is not supported: take the credential out of it first"
_WRAPPED = (
    (rb"%PDF-", "a PDF, which proves nothing by itself: verify certificate.html or credential.json"),
    (rb"\x89PNG\r\n\x1a\n", _PICTURE),
    (rb"\s*<[^{}]{0,2000}?<svg\s|\s*<svg\s", _PICTURE),
    (rb"\s*eyJ[\w-]+\.[\w-]+\.[\w-]+\s*$", "a credential as a JSON Web Token, which is not supported"),
)
_KEY = re.compile(r"(?:did:key:|(?:https://|did:web:)[^#]+#)(z6Mk[1-9A-HJ-NP-Za-km-z]{44})(?:#\1)?")


def named(text: bytes) -> str:
    """What a text is that is no JSON; empty where that cannot be told.

    Parameters
    ----------
    text : bytes
        As it was handed in.

    Returns
    -------
    str
    """
    return next((f"is {said}" for pattern, said in _WRAPPED if re.match(pattern, text)), "")


def is_foreign(document: Mapping[str, Any]) -> bool:
    """Whether a document is no certificate of a track: those name their rule by its digest, and both proofs cover it.

    Parameters
    ----------
    document : mapping of str to Any
        As it was read.

    Returns
    -------
    bool
    """
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    named = achievement.get("id") if isinstance(achievement, dict) else None
    return not str(named).startswith("urn:sha256:")


def looked_at(document: Mapping[str, Any], text: bytes, beside: Beside) -> Iterator[Check]:
    """Look at a credential that is not of the form of a certificate.

    Parameters
    ----------
    document : mapping of str to Any
        As it was read.
    text : bytes
        The same as it was handed in.
    beside : Beside
        What else there is.

    Yields
    ------
    Check
    """
    said = document.get("proof")
    proofs = [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, dict)]
    if refused := _refused(document, proofs):
        yield Check("form", "fails", refused)
        return
    yield Check("form", "holds", "an Open Badges credential of another make: only its proof and dates are looked at")
    (proof,) = (one for one in proofs if one.get("cryptosuite") == rdfc.SUITE)
    first = _statements(text, proof)
    yield first
    if first.held == "fails":
        return
    for one in proofs:
        if one.get("cryptosuite") == jcs.SUITE:
            yield _text(document, one)
    yield _issuer(document, proof, beside)
    asked = [
        ("status", beside.status),
        ("recipient", beside.recipient),
        ("decision", beside.rederive or beside.enclosed),
    ]
    for name, wanted in asked:
        yield Check(name, "fails" if wanted else "not checked", "is not looked at in a credential of another make")


def _refused(document: Mapping[str, Any], proofs: list[dict[str, Any]]) -> str:
    """Why it is not looked at; empty if it is."""
    said = document.get("type")
    types = [str(one) for one in said] if isinstance(said, list) else [str(said)]
    if "VerifiableCredential" not in types:
        return f"is no credential: its type is {said!r}"
    if not proofs:
        return "carries no proof: nobody signed it"
    suites = [str(one.get("cryptosuite") or one.get("type")) for one in proofs]
    told = ", ".join(f"{one} ({_OTHERS[one]})" if one in _OTHERS else one for one in suites)
    if any("previousProof" in one for one in proofs):
        return "a chain of proofs is not supported"
    if suites.count(rdfc.SUITE) != 1:
        return f"one proof {rdfc.SUITE} is expected, as Open Badges 3.0 asks for; {told} is not supported"
    if not {"OpenBadgeCredential", "AchievementCredential"} & set(types):
        return f"a credential of another kind is not supported, only Open Badges: {', '.join(types[1:])}"
    return ""


def _statements(text: bytes, proof: Mapping[str, Any]) -> Check:
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import OB3LdpVerifier  # loads a JSON-LD processor

    name, key = "signature of the statements", _key(proof)
    if key is None:
        return Check(name, "fails", f"{proof.get('verificationMethod')!r} names no key that can be had offline")
    try:
        OB3LdpVerifier(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).verify(text)
    except (LibOpenBadgesException, ValueError) as failure:
        return Check(name, "fails", f"{rdfc.SUITE}: {failure}")
    return Check(name, "holds", f"{rdfc.SUITE}, by the key that the proof names")


def _text(document: Mapping[str, Any], proof: Mapping[str, Any]) -> Check:
    key = _key(proof)
    holds = key is not None and jcs.is_signed(document, proof, key)
    said = "by the key that the proof names" if holds else "something was changed since it was signed"
    return Check("signature of the text", "holds" if holds else "fails", f"{jcs.SUITE}: {said}")


def _key(proof: Mapping[str, Any]) -> Ed25519PublicKey | None:
    """The key that a verification method carries in its own name."""
    matched = _KEY.fullmatch(str(proof.get("verificationMethod")))
    return jcs.from_multikey(matched[1]) if matched else None


def _issuer(document: Mapping[str, Any], proof: Mapping[str, Any], beside: Beside) -> Check:
    method, said = str(proof.get("verificationMethod")), issuer(document)
    if beside.trust is not None and beside.trust.key(method.partition("#")[0]) is None:
        return Check("issuer", "fails", f"{method} is no key of {beside.trust.name}")
    return Check("issuer", "not checked", f"that {method} is a key of {said!r} cannot be known from the credential")
