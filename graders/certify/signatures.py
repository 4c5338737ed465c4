"""Has a certificate the form that it must have, and was nothing changed in it since it was signed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from graders.certify import form, jcs, rdfc
from graders.certify.credential import CONTEXTS
from graders.certify.finding import Check
from graders.errors import UsageError
from graders.ledger import digest_of


def signed(document: Mapping[str, Any], kind: form.Kind = "certificate") -> Iterator[Check]:
    """Look at form and signatures.

    Parameters
    ----------
    document : mapping of str to Any
        As it was read.
    kind : str
        What it is held to be.

    Yields
    ------
    Check
        Where the form fails, of the form alone.
    """
    suites = sorted(_suites(document))
    if suites != sorted((jcs.SUITE, rdfc.SUITE)):
        yield Check("form", "fails", f"two proofs are expected, {rdfc.SUITE} and {jcs.SUITE}, found {suites}")
        return
    if wrong := form.fault(document, kind):
        yield Check("form", "fails", f"is not that of a {kind}: {wrong}")
        return
    if document["@context"] != list(CONTEXTS if kind == "certificate" else CONTEXTS[:1]):
        yield Check("form", "fails", f"its contexts are not those of a {kind}")
        return
    yield Check("form", "holds", f"a {kind} with two proofs, fingerprint {digest_of(dict(document))}")
    stated, told = (
        "something that it states was changed since it was signed",
        "something was changed since it was signed",
    )
    yield _holds(document, rdfc, "signature of the statements", "by the issuer's key", stated)
    yield _holds(document, jcs, "signature of the text", "no byte of what it says was changed", told)


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


def _suites(document: Mapping[str, Any]) -> list[str]:
    said = document.get("proof")
    found = said if isinstance(said, list) else [said]
    return [str(one.get("cryptosuite")) for one in found if isinstance(one, dict)]


def _holds(document: Mapping[str, Any], suite: ModuleType, name: str, good: str, bad: str) -> Check:
    """Whether the proof of a suite holds, by the issuer's key and no other."""
    (proof,) = (one for one in document["proof"] if one["cryptosuite"] == suite.SUITE)
    did = issuer(document)
    if proof["verificationMethod"] != f"{did}#{did.removeprefix('did:key:')}":
        return Check(name, "fails", f"{suite.SUITE}: the proof names another key than the issuer's")
    try:
        holds = suite.is_signed(document, proof, jcs.from_multikey(did))
    except UsageError as failure:
        return Check(name, "fails", f"{suite.SUITE}: {failure.message}")
    return Check(name, "holds" if holds else "fails", f"{suite.SUITE}: {good if holds else bad}")
