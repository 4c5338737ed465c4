"""How somebody comes in: a signed link that lets in once, then a session that only their browser holds.

A link's token is `nonce.signature`; the signature turns guesses away before anything is looked up. The ledger keeps its
digest when it is issued and when it is used; what a browser gets in exchange is kept as a digest too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from graders.errors import UsageError
from graders.panel.desk import Desk
from graders.panel.records import LINK_ISSUED, LINK_USED

SESSION_HOURS = 12
"""A session ends with the working day; another link begins another."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has come in.

    Attributes
    ----------
    rater : str
    csrf : str
        What every form of theirs must bring back.
    digest : str
        Of what the browser holds.
    """

    rater: str
    csrf: str
    digest: str


def issue(desk: Desk, rater: str, hours: int) -> str:
    """Make a link's token.

    Parameters
    ----------
    desk : Desk
        Open.
    rater : str
        Whom it lets in.
    hours : int
        How long it can be used.

    Returns
    -------
    str
        It stands nowhere else: only its digest is kept.
    """
    nonce = secrets.token_urlsafe(_BYTES)
    token = f"{nonce}.{_signature(desk, nonce)}"
    until = datetime.now(UTC) + timedelta(hours=hours)
    body = {"link": _digest(token), "until": until.isoformat(timespec="seconds")}
    desk.ledger.append(LINK_ISSUED, rater, body)
    return token


def enter(desk: Desk, token: str) -> str:
    """Exchange a link for a session, once.

    Parameters
    ----------
    desk : Desk
        Open.
    token : str
        Of the link.

    Returns
    -------
    str
        What the browser shall hold.

    Raises
    ------
    UsageError
        If it is no link of ours, was used, or is too old.
    """
    nonce, _, signature = token.partition(".")
    if not token.isascii() or not hmac.compare_digest(signature, _signature(desk, nonce)):
        raise UsageError("this is no link to this panel", do="Ask for a new one.")
    digest = _digest(token)
    held = secrets.token_urlsafe(_BYTES)
    with desk.ledger.writing() as write:
        entries = [one for one in desk.ledger.entries(kinds=[LINK_ISSUED, LINK_USED]) if one.body.get("link") == digest]
        if not entries:
            raise UsageError("this link is not known here", do="Ask for a new one.")
        if any(one.kind == LINK_USED for one in entries):
            raise UsageError("this link was used already: it lets in once", do="If it was not you, say so at once.")
        if datetime.fromisoformat(entries[0].body["until"]) < datetime.now(UTC):
            raise UsageError("this link is too old", do="Ask for a new one.")
        rater = entries[0].subject
        until = datetime.now(UTC) + timedelta(hours=SESSION_HOURS)
        write(LINK_USED, rater, {"link": digest})
        desk.store.begin_session(_digest(held), rater, until.isoformat(timespec="seconds"))
    return held


def session(desk: Desk, held: str) -> Session | None:
    """Who holds this; None if nobody who may come in.

    Parameters
    ----------
    desk : Desk
        Open.
    held : str
        What the browser sent.

    Returns
    -------
    Session or None
    """
    digest = _digest(held)
    found = desk.store.session(digest)
    if found is None or datetime.fromisoformat(found[1]) < datetime.now(UTC):
        return None
    csrf = hmac.new(desk.course.secret, f"panel form\0{digest}".encode(), "sha256").hexdigest()
    return Session(found[0], csrf, digest)


def _signature(desk: Desk, nonce: str) -> str:
    return hmac.new(desk.course.secret, f"panel link\0{nonce}".encode(), "sha256").hexdigest()


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()
