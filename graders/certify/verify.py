"""Is a certificate what it says? Offline, check by check, each in words. Nothing is fetched.

What is held against it: its form, both signatures, whom the signing key belongs to, its dates, whether it was revoked,
whose it is, and whether the decision can be derived again from what is enclosed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from graders.certify import enclosure, jcs
from graders.certify.credential import CONTEXTS
from graders.certify.keys import Profile, is_endorsed
from graders.certify.status import is_set
from graders.errors import AisaError, UsageError

Held = Literal["holds", "fails", "not checked"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
    held : str
        `holds`, `fails`, `not checked`.
    says : str
        What was found, in words.
    """

    name: str
    held: Held
    says: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a verifier has besides the certificate; what is missing is said to be not checked.

    Attributes
    ----------
    trust : Profile or None
        Of the issuer, got by another way than the certificate.
    status : mapping or None
        A status list.
    enclosed : bytes or None
        The file of evidence.
    recipient : str
        Whose it is said to be.
    rederive : bool
        Whether to derive the decision again.
    files : tuple of Path
        Others that it may name: the design document.
    at : datetime or None
        As of when; now, if not said.
    """

    trust: Profile | None = None
    status: Mapping[str, Any] | None = None
    enclosed: bytes | None = None
    recipient: str = ""
    rederive: bool = False
    files: tuple[Path, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """All checks of one certificate.

    Attributes
    ----------
    checks : tuple of Check
    """

    checks: tuple[Check, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether nothing fails."""
        return all(one.held != "fails" for one in self.checks)


def verify(text: bytes, beside: Beside) -> Finding:
    """Look at a certificate.

    Parameters
    ----------
    text : bytes
        The credential as JSON.
    beside : Beside
        What else there is.

    Returns
    -------
    Finding
        Where the form or a signature fails, nothing that the certificate says of itself is looked at further.
    """
    try:
        document = parse(text)
    except UsageError as failure:
        return Finding((Check("form", "fails", failure.message),))
    first = tuple(_signed(document, text))
    if any(one.held == "fails" for one in first):
        return Finding(first)
    rest = (
        _trusted(document, beside),
        _dated(document, beside),
        _status(document, beside),
        _recipient(document, beside),
        *_evidence(document, beside),
    )
    return Finding((*first, *rest))


def parse(text: bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice.

    Parameters
    ----------
    text : bytes
        To read.

    Returns
    -------
    dict of str to Any

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        said = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as failure:
        raise UsageError(f"is not JSON that can be trusted ({failure})") from None
    if not isinstance(said, dict):
        raise UsageError("is no JSON object")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice in an object")
    return dict(pairs)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


# --- form and signatures ----------------------------------------------------------------------------------------


def _signed(document: Mapping[str, Any], text: bytes) -> Iterator[Check]:
    said = document.get("proof")
    found = said if isinstance(said, list) else [said]
    listed = {str(one.get("cryptosuite")): one for one in found if isinstance(one, dict)}
    suites = sorted(listed)
    if len(found) != 2 or suites != [jcs.SUITE, "eddsa-rdfc-2022"]:
        yield Check("form", "fails", f"two proofs are expected, eddsa-rdfc-2022 and eddsa-jcs-2022, found {suites}")
        return
    if document.get("@context") != list(CONTEXTS):
        yield Check("form", "fails", "its contexts are not those of such a certificate")
        return
    if strange := [name for name in document if name not in _MEMBERS]:
        yield Check("form", "fails", f"members that no certificate has: {', '.join(strange)}")
        return
    yield Check("form", "holds", "an Open Badges 3.0 credential with two proofs")
    yield _statements(document, text)
    yield _text(document, listed[jcs.SUITE])


_MEMBERS = (
    *("@context", "id", "type", "name", "issuer", "validFrom", "validUntil", "credentialSubject", "evidence"),
    *("credentialStatus", "credentialSchema", "proof"),
)


_ONLY_DATES = ("Credential has expired (validUntil ", "Credential is not yet valid (validFrom ")


def _statements(document: Mapping[str, Any], text: bytes) -> Check:
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import OB3LdpVerifier

    name = "signature of the statements"
    try:
        OB3LdpVerifier.for_issuer_did(issuer(document)).verify(text)
    except (LibOpenBadgesException, AisaError, ValueError) as failure:
        if str(failure).startswith(_ONLY_DATES):  # looked at after the signature; other messages quote the document
            return Check(name, "holds", "eddsa-rdfc-2022, by the issuer's key; for its dates see below")
        return Check(name, "fails", f"eddsa-rdfc-2022: {failure}")
    return Check(name, "holds", "eddsa-rdfc-2022, by the issuer's key")


def _text(document: Mapping[str, Any], proof: Mapping[str, Any]) -> Check:
    name = "signature of the text"
    did = issuer(document)
    if (
        str(proof.get("verificationMethod", "")).partition("#")[0] != did
        or proof.get("proofPurpose") != "assertionMethod"
    ):
        return Check(name, "fails", "the proof names another key than the issuer's, or another purpose")
    try:
        key = jcs.from_multikey(did)
    except UsageError as failure:
        return Check(name, "fails", failure.message)
    if not jcs.is_signed(document, proof, key):
        return Check(name, "fails", "something was changed since it was signed (eddsa-jcs-2022)")
    return Check(name, "holds", "eddsa-jcs-2022: no byte of what it says was changed")


def issuer(document: Mapping[str, Any]) -> str:
    """The issuer's id; empty where none is said.

    Parameters
    ----------
    document : mapping of str to Any
        A credential.

    Returns
    -------
    str
    """
    said = document.get("issuer")
    found = said.get("id") if isinstance(said, dict) else said
    return found if isinstance(found, str) else ""


# --- trust, dates, status, recipient -----------------------------------------------------------------------------


def _trusted(document: Mapping[str, Any], beside: Beside) -> Check:
    name, did = "issuer", issuer(document)
    if beside.trust is None:
        says = (
            f"signed by {did}: this key identifies nobody by itself; give the issuer's published profile with --trust"
        )
        return Check(name, "not checked", says)
    key = beside.trust.key(did)
    if key is None:
        return Check(name, "fails", f"{did} is no key of {beside.trust.name}")
    if key.state == "stolen":
        return Check(name, "fails", f"a key of {beside.trust.name} that was stolen: anyone may have signed with it")
    issued = _moment(document["validFrom"])
    if issued < _moment(key.since) or (key.until and issued > _moment(key.until)):
        return Check(name, "fails", f"issued outside the period in which {beside.trust.name} used this key")
    vouched = (
        "" if key is beside.trust.keys[0] or is_endorsed(beside.trust, key) else " (the key before it did not vouch)"
    )
    return Check(name, "holds", f"{beside.trust.name}, by its key {did}{vouched}")


def _dated(document: Mapping[str, Any], beside: Beside) -> Check:
    now = beside.at or datetime.now(UTC)
    since = _moment(document["validFrom"])
    if now < since:
        return Check("dates", "fails", f"valid only from {since:%Y-%m-%d %H:%M} UTC")
    if "validUntil" in document and now > _moment(document["validUntil"]):
        return Check("dates", "fails", f"expired on {_moment(document['validUntil']):%Y-%m-%d}")
    return Check(
        "dates", "holds", f"issued on {since:%Y-%m-%d}, without end" if "validUntil" not in document else "in time"
    )


def _status(document: Mapping[str, Any], beside: Beside) -> Check:
    name = "status"
    if beside.status is None:
        return Check(name, "not checked", "whether it was revoked is not known: give a status list with --status")
    said = document["credentialStatus"]
    by = issuer(beside.status)
    known = (
        {issuer(document)} if beside.trust is None else {key.did for key in beside.trust.keys if key.state != "stolen"}
    )
    proofs = [one for one in beside.status.get("proof", ()) if one.get("cryptosuite") == jcs.SUITE]
    if by not in known:
        return Check(name, "fails", "the status list is signed by a key that is not known to be the issuer's")
    if not proofs or not jcs.is_signed(beside.status, proofs[0], jcs.from_multikey(by)):
        return Check(name, "fails", "the status list was changed since it was signed")
    if beside.status.get("id") != said["statusListCredential"]:
        return Check(name, "fails", "the status list is another one than the certificate names")
    as_of = _moment(beside.status["validFrom"])
    try:
        revoked = is_set(beside.status["credentialSubject"]["encodedList"], int(said["statusListIndex"]))
    except (UsageError, KeyError, ValueError) as failure:
        return Check(name, "fails", f"the status list cannot be read ({failure})")
    if revoked:
        return Check(name, "fails", f"was revoked (list of {as_of:%Y-%m-%d %H:%M} UTC)")
    return Check(name, "holds", f"not revoked as of {as_of:%Y-%m-%d %H:%M} UTC")


def _recipient(document: Mapping[str, Any], beside: Beside) -> Check:
    name = "recipient"
    if not beside.recipient:
        return Check(name, "not checked", "whose it is is hashed: give an id with --recipient to compare")
    for one in document["credentialSubject"]["identifier"]:
        hashed = hashlib.sha256(f"{beside.recipient}{one.get('salt', '')}".encode()).hexdigest()
        if one.get("identityHash") == f"sha256${hashed}":
            return Check(name, "holds", f"it is {beside.recipient}'s")
    return Check(name, "fails", f"it is not {beside.recipient}'s")


def _moment(text: str) -> datetime:
    """A moment that the issuer wrote; one that says no zone is meant in UTC."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# --- evidence ----------------------------------------------------------------------------------------------------


def _evidence(document: Mapping[str, Any], beside: Beside) -> Iterator[Check]:
    named = {one["id"].removeprefix("urn:sha256:"): one["name"] for one in document["evidence"]}
    for path in beside.files:
        found = enclosure.digest(path.read_bytes())
        says = (
            f"{path.name} is the {named[found].lower()}" if found in named else f"{path.name} is nothing that it names"
        )
        yield Check("evidence", "holds" if found in named else "fails", says)
    if beside.enclosed is None:
        held: Held = "fails" if beside.rederive else "not checked"
        yield Check("decision", held, "the enclosed evidence is not here, so the decision cannot be derived again")
        return
    if enclosure.digest(beside.enclosed) not in named:
        yield Check("evidence", "fails", "the enclosed evidence is not what the certificate names: it was changed")
        return
    yield Check("evidence", "holds", "the enclosed evidence is what the certificate names")
    yield _decision(document, beside.enclosed)


def _decision(document: Mapping[str, Any], enclosed: bytes) -> Check:
    """Apply the enclosed rule to the enclosed evidence, and compare with what the certificate says."""
    name = "decision"
    try:
        standard, evidence = enclosure.open_enclosed(enclosed, "the enclosed evidence")
        decision = standard.decide(evidence)
    except AisaError as failure:
        return Check(name, "fails", f"cannot be derived again: {failure}")
    if not decision.certified:
        return Check(name, "fails", f"the rule does not certify this evidence: {'; '.join(decision.reasons)}")
    if differs := [what for what, said, found in _compared(document, standard, evidence) if said != found]:
        return Check(name, "fails", f"the certificate says otherwise than its evidence: {', '.join(differs)}")
    return Check(name, "holds", f"derived again from its evidence by rule {decision.rule} {decision.version}")


def _compared(
    document: Mapping[str, Any], standard: enclosure.Standard, evidence: Any
) -> Iterator[tuple[str, object, object]]:
    subject = document["credentialSubject"]
    yield "the rule", subject["achievement"]["id"], f"urn:sha256:{standard.rule.digest}"
    said = {one["resultDescription"].removeprefix(f"{document['id']}:"): one["value"] for one in subject["result"]}
    for one in evidence.modules:
        if one.module in standard.rule.modules:
            yield one.module, said.pop(one.module, None), f"{100 * one.points / one.max_points:.1f}"
    for rubric in standard.rule.rubrics:
        levels = next(one.levels for one in reversed(evidence.rounds) if one.rubric == rubric)
        for criterion, level in levels.items():
            yield f"{rubric} {criterion}", said.pop(f"{rubric}:{criterion}", None), f"{level:g}"
    yield "results that no evidence stands behind", sorted(said), []
