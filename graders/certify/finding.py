"""What a verifier is given, and what it finds: plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from graders.certify.keys import Profile

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
    foreign : bool
        Whether it is an Open Badges credential of another make than the track's certificates.
    """

    checks: tuple[Check, ...] = field(default=())
    foreign: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing fails."""
        return all(one.held != "fails" for one in self.checks)
