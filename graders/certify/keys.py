"""The issuer's keys: made at first use, kept where only the course's owner reads, replaced without losing the past.

::

    COURSE/.aisa/issuer/<fingerprint>.pem   a private key, mode 600; never in a backup's manifest, never released
    COURSE/issuer.json                      the profile: public keys with their periods; published apart

A certificate names the key that signed it. Whom that key belongs to it cannot say about itself: that is what the
profile is for, which a verifier gets by another way, and which `aisa verify --trust` reads.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graders.certify import jcs
from graders.course import Course, files
from graders.errors import CourseError, UsageError
from graders.ledger import Ledger

PROFILE = "issuer.json"
FOLDER = Path(".aisa", "issuer")
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|^`\\]+")
_State = Literal["in use", "retired", "lost", "stolen"]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of an issuer, as others see it.

    Attributes
    ----------
    did : str
        `did:key:z6Mk...`, which is the key itself.
    since, until : str
        When it signed, UTC; `until` is empty while it is in use.
    state : str
        `in use`; `retired`: what it signed in its time stands; `lost`: the same, but nobody can sign with it; `stolen`:
        somebody else may have signed with it and dated it back, so nothing that it signed is trusted.
    endorsed_by : str
        The key before it, where that one signed for it; empty where it could not.
    endorsement : mapping or None
        That signature.
    """

    did: str
    since: str
    until: str = ""
    state: str = "in use"
    endorsed_by: str = ""
    endorsement: dict[str, Any] | None = None

    @property
    def method(self) -> str:
        """The verification method that proofs name."""
        return f"{self.did}#{self.did.removeprefix('did:key:')}"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who issues, and with which keys.

    Attributes
    ----------
    name, url : str
        Of the office; `url` may be empty.
    keys : tuple of PublicKey
        Oldest first.
    """

    name: str
    url: str
    keys: tuple[PublicKey, ...]

    @property
    def current(self) -> PublicKey:
        """The key in use."""
        return self.keys[-1]

    def key(self, did: str) -> PublicKey | None:
        """The key of this name, if it is one of the issuer's."""
        return next((one for one in self.keys if one.did == did), None)


@dataclass(frozen=True, slots=True)
class Signer:
    """The issuer, able to sign.

    Attributes
    ----------
    profile : Profile
    private : Ed25519PrivateKey
        Of its current key.
    """

    profile: Profile
    private: Ed25519PrivateKey

    @property
    def pem(self) -> bytes:
        """The private key as text."""
        return _pem(self.private)

    @classmethod
    def of(cls, profile: Profile, pem: bytes) -> Signer:
        """The issuer in another process: its private key travelled as text."""
        private = load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise UsageError("is no private key of an issuer")
        return cls(profile, private)


def signer(course: Course, name: str = "", url: str = "") -> Signer:
    """The course's issuer; its first key is made when it is first asked for.

    Parameters
    ----------
    course : Course
        Whose it is.
    name, url : str
        Of the office, at first use; later they are what the profile says.

    Returns
    -------
    Signer

    Raises
    ------
    CourseError
        If the profile or the private key is wrong, missing, or readable for others, or the address is none.
    """
    path = course.root / PROFILE
    if not path.exists():
        if url and not _ADDRESS.fullmatch(url):  # what certificates name is made of it
            raise UsageError(f"the office's address is https://... or http://..., not {url!r}")
        profile = Profile(name or course.course_id, url, ())
        _renew(course, profile, state="", reason="the first key")
    profile = read_profile(path)
    return Signer(profile, _private(course, profile.current))


def rotate(course: Course, state: _State, reason: str) -> Signer:
    """Replace the current key.

    Parameters
    ----------
    course : Course
        Whose it is.
    state : str
        What becomes of the old key: `retired`, `lost` or `stolen`.
    reason : str
        In words; it is kept in the ledger.

    Returns
    -------
    Signer
        With a new key, which the old one vouches for if it is retired: of a lost or stolen one nobody can tell.
    """
    if state not in ("retired", "lost", "stolen"):
        raise UsageError(f"a key that is replaced is retired, lost or stolen, not {state!r}")
    if not reason.strip():
        raise UsageError("a key is not replaced without a reason", do="Give one with --reason.")
    _renew(course, read_profile(course.root / PROFILE), state, reason)
    return signer(course)


def read_profile(path: Path) -> Profile:
    """Read an issuer's profile.

    Parameters
    ----------
    path : Path
        As it was published.

    Returns
    -------
    Profile

    Raises
    ------
    CourseError
        If it cannot be read or is none; the field is named.
    """
    try:
        said = _ProfileJson.model_validate_json(path.read_bytes())
    except OSError as failure:
        raise CourseError(f"the issuer's profile cannot be read ({failure.strerror})", str(path)) from None
    except ValidationError as failure:
        first = failure.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CourseError(f"is no issuer's profile: {field}: {first['msg']}", str(path)) from None
    return Profile(said.name, said.url, tuple(PublicKey(**one.model_dump()) for one in said.keys))


def is_endorsed(profile: Profile, key: PublicKey) -> bool:
    """Whether the key before it vouches for a key, by its signature.

    Parameters
    ----------
    profile : Profile
        Of the issuer.
    key : PublicKey
        One of its keys.

    Returns
    -------
    bool
    """
    before = profile.key(key.endorsed_by)
    if before is None or key.endorsement is None or before.state == "stolen":
        return False
    return jcs.is_signed(_vouched(key), key.endorsement, jcs.from_multikey(before.did))


class _KeyJson(BaseModel):
    model_config = ConfigDict(extra="forbid")
    did: Annotated[str, Field(pattern=r"^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$")]
    since: str
    until: str
    state: _State
    endorsed_by: str
    endorsement: dict[str, Any] | None


class _ProfileJson(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["aisa issuer profile 1"]
    name: Annotated[str, Field(min_length=1)]
    url: str
    keys: Annotated[list[_KeyJson], Field(min_length=1)]


def _renew(course: Course, profile: Profile, state: str, reason: str) -> None:
    """A new key comes after the last one: key file, ledger, profile, in the order that a crash leaves nothing half."""
    private, now = Ed25519PrivateKey.generate(), datetime.now(UTC).isoformat(timespec="seconds")
    new = PublicKey(f"did:key:{jcs.multikey(private.public_key())}", now)
    keys = list(profile.keys)
    if keys:
        old = keys[-1]
        if state == "retired":
            vouch = jcs.sign(_vouched(new), _private(course, old), old.method, now)
            new = PublicKey(new.did, now, endorsed_by=old.did, endorsement=vouch)
        keys[-1] = PublicKey(old.did, old.since, now, state, old.endorsed_by, old.endorsement)
    files.write(course.root, course.root / FOLDER / f"{new.did[-16:]}.pem", _pem(private), mode=0o600)
    with Ledger(course) as ledger:
        ledger.append("issuer key made", new.did, {"replaces": keys[-1].did if keys else "", "reason": reason}, at=now)
    _write_profile(course, Profile(profile.name, profile.url, (*keys, new)))


def _vouched(key: PublicKey) -> dict[str, Any]:
    return {"did": key.did, "since": key.since}


def _write_profile(course: Course, profile: Profile) -> None:
    said = {"type": "aisa issuer profile 1", "name": profile.name, "url": profile.url}
    text = json.dumps(said | {"keys": [asdict(one) for one in profile.keys]}, indent=2, ensure_ascii=False) + "\n"
    files.write(course.root, course.root / PROFILE, text.encode())


def _private(course: Course, key: PublicKey) -> Ed25519PrivateKey:
    path = course.root / FOLDER / f"{key.did[-16:]}.pem"
    lost = "Restore it from where it was kept, or replace it: `aisa certify --new-key lost --reason ...`."
    try:
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as failure:
        raise CourseError(f"the issuer's private key cannot be read ({failure.strerror})", str(path), lost) from None
    if mode & 0o077:
        found = f"others can read the issuer's private key (mode {mode & 0o777:o})"
        raise CourseError(found, str(path), f"Run: chmod 600 {path}; if somebody may have read it, replace it.")
    try:
        private = load_pem_private_key(raw, password=None)
    except (ValueError, TypeError):
        raise CourseError("is no private key", str(path), lost) from None
    if not isinstance(private, Ed25519PrivateKey) or jcs.multikey(private.public_key()) != key.did.rpartition(":")[2]:
        raise CourseError("is not the private key of the profile's current key", str(path), lost)
    return private


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
