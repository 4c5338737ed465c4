"""Entries, and how they are chained: pure, so that anyone can redo it from an exported log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from graders.course import seal
from graders.errors import UsageError

GENESIS = "0" * 64
"""What the first entry names as the one before it."""

_PURPOSE = "seal of a ledger's entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    at : str
        When, UTC, as ISO 8601.
    kind : str
        What happened: `scores sealed`.
    subject : str
        Whom or what it is about: a student's id, a credential's.
    body : mapping of str to Any
        What is known of it: plain data.
    previous : str
        Digest of the entry before.
    digest : str
        SHA-256 of the canonical JSON (RFC 8785) of all above: anyone can recompute it.
    seal : str
        HMAC of the digest under the course's secret: only the course can add an entry.
    """

    number: int
    at: str
    kind: str
    subject: str
    body: Mapping[str, Any]
    previous: str
    digest: str
    seal: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a log that cannot have been written so.

    Attributes
    ----------
    number : int
        Of the entry.
    what : str
        What is wrong with it.
    """

    number: int
    what: str


def canonical(said: object) -> bytes:
    """The one text of plain data, by RFC 8785: what is digested and signed.

    Parameters
    ----------
    said : object
        Mappings with text keys, sequences, text, whole numbers below 2^53, finite numbers, booleans, None.

    Returns
    -------
    bytes

    Raises
    ------
    UsageError
        If it is no such data.
    """
    try:
        return rfc8785.dumps(said)  # type: ignore[arg-type]  # what it takes cannot be said in types of ours
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as failure:
        raise UsageError(f"this cannot be written as canonical JSON ({failure})") from None


def digest_of(said: object) -> str:
    """SHA-256 of the canonical text, in hexadecimal digits.

    Parameters
    ----------
    said : object
        Plain data.

    Returns
    -------
    str
    """
    return hashlib.sha256(canonical(said)).hexdigest()


def chained(
    secret: bytes, number: int, at: str, kind: str, subject: str, body: Mapping[str, Any], previous: str
) -> Entry:
    """The entry that follows `previous`.

    Parameters
    ----------
    secret : bytes
        The course's.
    number : int
        One more than that of the entry before.
    at : str
        When, UTC.
    kind, subject : str
        What happened, and to whom.
    body : mapping of str to Any
        What is known of it.
    previous : str
        Digest of the entry before; `GENESIS` for the first.

    Returns
    -------
    Entry
    """
    digest = digest_of(_said(number, at, kind, subject, body, previous))
    return Entry(number, at, kind, subject, body, previous, digest, seal.seal(secret, _PURPOSE, {"digest": digest}))


def faults(entries: Iterable[Entry], secret: bytes | None = None) -> tuple[Fault, ...]:
    """What is wrong with a whole log; nothing, if nobody tampered with it.

    Parameters
    ----------
    entries : iterable of Entry
        From the first on.
    secret : bytes or None
        The course's: without it the seals are not looked at, and a log rewritten from some entry to its end goes
        unnoticed unless its head was kept elsewhere, as a credential keeps it.

    Returns
    -------
    tuple of Fault
    """
    found, previous = [], GENESIS
    for expected, one in enumerate(entries, start=1):
        if one.number != expected:
            found.append(Fault(one.number, f"entry {expected} is missing"))
        if one.previous != previous:
            found.append(Fault(one.number, "names another entry before it than there is"))
        if one.digest != digest_of(_said(one.number, one.at, one.kind, one.subject, one.body, one.previous)):
            found.append(Fault(one.number, "does not say what it said when it was written"))
        if secret is not None and not seal.holds(secret, _PURPOSE, {"digest": one.digest}, one.seal):
            found.append(Fault(one.number, "was not written by this course"))
        previous = one.digest
    return tuple(found)


def _said(number: int, at: str, kind: str, subject: str, body: Mapping[str, Any], previous: str) -> dict[str, Any]:
    return {"number": number, "at": at, "kind": kind, "subject": subject, "body": dict(body), "previous": previous}
