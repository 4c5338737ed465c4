"""Seals: nobody without the course secret can make a record that holds."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping


def seal(secret: bytes, purpose: str, said: Mapping[str, object]) -> str:
    """HMAC-SHA-256 of everything that a record says.

    Parameters
    ----------
    secret : bytes
        The course's.
    purpose : str
        What is sealed: a seal of one thing never holds for another.
    said : mapping
        Plain data, floats finite.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    key = hmac.digest(secret, purpose.encode(), "sha256")
    # one text for one meaning: keys sorted, no spaces, ASCII
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def holds(secret: bytes, purpose: str, said: Mapping[str, object], found: str) -> bool:
    """Whether a seal is the one that a record must have.

    Parameters
    ----------
    secret : bytes
        The course's.
    purpose : str
        As it was sealed.
    said : mapping
        What the record says, without its seal.
    found : str
        Its seal.

    Returns
    -------
    bool
    """
    return hmac.compare_digest(seal(secret, purpose, said), found)
