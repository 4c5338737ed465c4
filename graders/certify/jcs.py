"""The proof `eddsa-jcs-2022`: a signature over the canonical JSON itself.

A certificate carries two proofs. `eddsa-rdfc-2022`, which Open Badges 3.0 demands, signs the statements that the JSON
expands to; this one signs every byte of it, and a browser can verify it in a page of script.

Source: W3C, Data Integrity EdDSA Cryptosuites v1.0, section 3.3 (eddsa-jcs-2022); Multikey: W3C, Controlled
Identifiers v1.0, section 2.2.2; canonical JSON: RFC 8785; signature: Ed25519, RFC 8032.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graders.errors import UsageError
from graders.ledger import canonical

SUITE = "eddsa-jcs-2022"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUBLIC = b"\xed\x01"


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str, created: str) -> dict[str, Any]:
    """Make the proof of a document.

    Parameters
    ----------
    document : mapping of str to Any
        Plain data; a proof that it already has is not signed.
    key : Ed25519PrivateKey
        Of the issuer.
    method : str
        Verification method: where the public key is found.
    created : str
        When, UTC, as ISO 8601.

    Returns
    -------
    dict of str to Any
        The proof, to stand among the document's proofs.
    """
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    return proof | {"proofValue": "z" + base58(key.sign(_hashed(document, proof)))}


def is_signed(document: Mapping[str, Any], proof: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether a proof is the signature of a document under a key.

    Parameters
    ----------
    document : mapping of str to Any
        Its proofs are left out.
    proof : mapping of str to Any
        One of them.
    key : Ed25519PublicKey
        Of the issuer.

    Returns
    -------
    bool
    """
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if options.get("type") != "DataIntegrityProof" or options.get("cryptosuite") != SUITE:
        return False
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z"):
        return False
    secured = dict(document)
    if "@context" in options:
        said, theirs = _listed(options["@context"]), _listed(document.get("@context"))
        if theirs[: len(said)] != said:
            return False
        secured["@context"] = options["@context"]
    try:
        key.verify(from_base58(value[1:]), _hashed(secured, options))
    except (InvalidSignature, UsageError):
        return False
    return True


def multikey(key: Ed25519PublicKey) -> str:
    """A public key as text: `z6Mk...`.

    Parameters
    ----------
    key : Ed25519PublicKey
        To write.

    Returns
    -------
    str
    """
    return "z" + base58(_ED25519_PUBLIC + key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def from_multikey(text: str) -> Ed25519PublicKey:
    """The public key that such a text, `did:key:` or verification method of one, names.

    Parameters
    ----------
    text : str
        `z6Mk...`, `did:key:z6Mk...` or `did:key:z6Mk...#z6Mk...`.

    Returns
    -------
    Ed25519PublicKey

    Raises
    ------
    UsageError
        If it is no Ed25519 key.
    """
    bare = text.partition("#")[0].removeprefix("did:key:")
    raw = from_base58(bare[1:]) if bare.startswith("z") else b""
    if not raw.startswith(_ED25519_PUBLIC) or len(raw) != 34:
        raise UsageError(f"{text!r} is no Ed25519 key", do="Expected did:key:z6Mk...")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def base58(raw: bytes) -> str:
    """Bytes in the alphabet of base58btc.

    Parameters
    ----------
    raw : bytes
        To write.

    Returns
    -------
    str
    """
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def from_base58(text: str) -> bytes:
    """The bytes that were written so.

    Parameters
    ----------
    text : str
        In the alphabet of base58btc.

    Returns
    -------
    bytes

    Raises
    ------
    UsageError
        If another character stands in it.
    """
    number = 0
    for character in text:
        digit = _BASE58.find(character)
        if digit < 0:
            raise UsageError(f"{character!r} is no character of base58")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _hashed(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that are signed: first of the proof's options, then of the document."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    return hashlib.sha256(canonical(dict(options))).digest() + hashlib.sha256(canonical(bare)).digest()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
