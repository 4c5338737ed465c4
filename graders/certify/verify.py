"""Is a certificate what it says? Offline, check by check, each in words. Nothing is fetched.

What is held against it: its form, both signatures, whom the signing key belongs to, its dates, whether it was revoked,
whose it is, and whether the decision can be derived again from what is enclosed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graders.certify import foreign
from graders.certify.credential import recipient
from graders.certify.derivation import derived
from graders.certify.finding import Beside, Check, Finding
from graders.certify.form import moment
from graders.certify.keys import is_endorsed
from graders.certify.signatures import issuer, signed
from graders.certify.status import is_set
from graders.errors import UsageError


def verify(text: bytes, beside: Beside) -> Finding:
    """Look at a certificate.

    Parameters
    ----------
    text : bytes
        The credential as JSON; of another make than the track's certificates it may be, too.
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
        return Finding((Check("form", "fails", foreign.named(text) or failure.message),))
    if foreign.is_foreign(document):
        return Finding(tuple(foreign.looked_at(document, text, beside)), foreign=True)
    first = tuple(signed(document))
    if any(one.held == "fails" for one in first):
        return Finding(first)
    rest = (
        _trusted(document, beside),
        _dated(document, beside),
        _status(document, beside),
        _recipient(document, beside),
        *derived(document, beside),
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
    issued = moment(document["validFrom"])
    if issued < moment(key.since) or (key.until and issued > moment(key.until)):
        return Check(name, "fails", f"issued outside the period in which {beside.trust.name} used this key")
    vouched = (
        "" if key is beside.trust.keys[0] or is_endorsed(beside.trust, key) else " (the key before it did not vouch)"
    )
    return Check(name, "holds", f"{beside.trust.name}, by its key {did}{vouched}")


def _dated(document: Mapping[str, Any], beside: Beside) -> Check:
    now = beside.at or datetime.now(UTC)
    since = moment(document["validFrom"])
    if now < since:
        return Check("dates", "fails", f"valid only from {since:%Y-%m-%d %H:%M} UTC")
    if "validUntil" in document and now > moment(document["validUntil"]):
        return Check("dates", "fails", f"expired on {moment(document['validUntil']):%Y-%m-%d}")
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
    if by not in known:
        return Check(name, "fails", "the status list is signed by a key that is not known to be the issuer's")
    if wrong := [one.says for one in signed(beside.status, "status list") if one.held == "fails"]:
        return Check(name, "fails", f"the status list was changed since it was signed ({wrong[0]})")
    if beside.status["id"] != said["statusListCredential"]:
        return Check(name, "fails", "the status list is another one than the certificate names")
    as_of = moment(beside.status["validFrom"])
    try:
        revoked = is_set(beside.status["credentialSubject"]["encodedList"], int(said["statusListIndex"]))
    except UsageError as failure:
        return Check(name, "fails", f"the status list cannot be read: {failure.message}")
    if revoked:
        return Check(name, "fails", f"was revoked (list of {as_of:%Y-%m-%d %H:%M} UTC)")
    return Check(name, "holds", f"not revoked as of {as_of:%Y-%m-%d %H:%M} UTC")


def _recipient(document: Mapping[str, Any], beside: Beside) -> Check:
    name = "recipient"
    if not beside.recipient:
        return Check(name, "not checked", "whose it is is hashed: give an id with --recipient to compare")
    (one,) = document["credentialSubject"]["identifier"]
    if one == recipient(beside.recipient, one["salt"]):
        return Check(name, "holds", f"it is {beside.recipient}'s")
    return Check(name, "fails", f"it is not {beside.recipient}'s")
