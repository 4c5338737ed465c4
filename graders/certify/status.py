"""Which certificates were revoked: a signed list of bits that says nothing about whose they are.

Source: W3C, Bitstring Status List v1.0, sections 2.1, 2.2 and 3.3: at least 131,072 entries, index 0 is the highest bit
of the first byte, compressed with GZIP and written in base64url.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import zlib
from collections.abc import Iterable, Set
from typing import Any

from graders.certify.credential import CONTEXTS, proofs
from graders.certify.keys import Signer
from graders.errors import UsageError

ENTRIES = 131_072
"""Least number that the source allows: the few who are revoked hide among it."""

_LARGEST = 5 << 20


def status_list(id_: str, revoked: Iterable[int], signer: Signer, issued: str) -> dict[str, Any]:
    """Make and sign the list.

    Parameters
    ----------
    id_ : str
        Its id, which certificates name.
    revoked : iterable of int
        Indices of revoked certificates.
    signer : Signer
        Who issues.
    issued : str
        As of when, UTC.

    Returns
    -------
    dict of str to Any
        With both proofs.
    """
    document: dict[str, Any] = {
        "@context": [CONTEXTS[0]],
        "id": id_,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signer.profile.current.did,
        "validFrom": issued,
        "credentialSubject": {
            "id": f"{id_}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
    }
    return document | {"proof": proofs(document, signer, issued)}


def encoded(revoked: Iterable[int]) -> str:
    """Indices as the text of a list.

    Parameters
    ----------
    revoked : iterable of int
        From 0, below `ENTRIES`.

    Returns
    -------
    str
    """
    bits = bytearray(ENTRIES // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> (index % 8)
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def is_set(text: str, index: int) -> bool:
    """Whether the bit of an index is set in the text of a list.

    Parameters
    ----------
    text : str
        As `encoded` makes it.
    index : int
        From 0.

    Returns
    -------
    bool

    Raises
    ------
    UsageError
        If it is no such text, or has no such index.
    """
    if not text.startswith("u"):
        raise UsageError("the list is not written in base64url")
    try:
        packed = base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))
        bits = zlib.decompressobj(wbits=31).decompress(packed, _LARGEST)  # however much more there is
    except (ValueError, zlib.error):
        raise UsageError("the list cannot be unpacked") from None
    if len(bits) * 8 < ENTRIES:
        raise UsageError(f"the list has {len(bits) * 8} entries, at least {ENTRIES} are needed")
    if not 0 <= index < len(bits) * 8:
        raise UsageError(f"the list has no entry {index}")
    return bool(bits[index // 8] & (0x80 >> (index % 8)))


def free_index(secret: bytes, student: str, taken: Set[int]) -> int:
    """A place in the list that is nobody's: it follows no order that would tell who was certified when.

    Parameters
    ----------
    secret : bytes
        The course's.
    student : str
        For whom.
    taken : set of int
        Places that are somebody's.

    Returns
    -------
    int

    Raises
    ------
    UsageError
        If the list is full.
    """
    if len(taken) >= ENTRIES:
        raise UsageError("the status list is full", do="Begin another course.")
    drawn = int.from_bytes(hmac.digest(secret, f"place in the status list: {student}".encode(), "sha256")) % ENTRIES
    while drawn in taken:
        drawn = (drawn + 1) % ENTRIES
    return drawn
