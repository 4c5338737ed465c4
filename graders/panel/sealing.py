"""Sealed scores: a commitment first, the scores later, and anybody can check that they are the same.

::

    commitment = SHA-256( nonce || canonical JSON of the scores )        nonce: 32 random bytes; RFC 8785

The commitment stands in the ledger before anybody else has scored; it gives no score away, because nobody can try
2^256 nonces. Opened, it shows that nothing was changed after others were seen.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders.ledger import canonical

_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment.

    Attributes
    ----------
    nonce : str
        64 hexadecimal digits.
    said : mapping of str to Any
        The scores, as plain data.
    """

    nonce: str
    said: Mapping[str, Any]

    @property
    def commitment(self) -> str:
        """What stands in the ledger for it: 64 hexadecimal digits."""
        return commitment(self.nonce, self.said)


def seal(said: Mapping[str, Any]) -> Opening:
    """Seal scores with a new nonce.

    Parameters
    ----------
    said : mapping of str to Any
        Plain data.

    Returns
    -------
    Opening
    """
    return Opening(secrets.token_hex(_NONCE_BYTES), said)


def commitment(nonce: str, said: Mapping[str, Any]) -> str:
    """The commitment to what somebody says.

    Parameters
    ----------
    nonce : str
        64 hexadecimal digits.
    said : mapping of str to Any
        Plain data.

    Returns
    -------
    str
        64 hexadecimal digits; empty where the nonce is none, which is no commitment to anything.
    """
    try:
        start = bytes.fromhex(nonce)
    except ValueError:
        return ""
    if len(start) != _NONCE_BYTES or nonce != start.hex():
        return ""
    return hashlib.sha256(start + canonical(dict(said))).hexdigest()
