"""The proof `eddsa-rdfc-2022`: a signature over the statements that a document makes, however its JSON is written.

Open Badges 3.0 demands it. Documents of ours are of few shapes: each node says its type, contexts are a fixed set, and
no two nodes without a name say the same. So the statements can be written down in one walk, and numbered by the first
step of their canonicalization alone; whatever is otherwise is refused, not guessed. Tests hold every statement against
a whole JSON-LD processor, and certificates against two other implementations.

Source: W3C, Data Integrity EdDSA Cryptosuites v1.0, section 3.2 (eddsa-rdfc-2022); JSON-LD 1.1, sections 4.1.8 and
4.2.3 (contexts of a type, coercion); RDF Dataset Canonicalization, sections 4.4.3 and 4.6.3 (steps for names whose
first hash is theirs alone).
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from graders.certify import jcs
from graders.errors import UsageError

SUITE = "eddsa-rdfc-2022"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_NAME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[^\x00-\x20<>\"{}|^`\\]+")
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_Statement = tuple[str, str, str]


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str, created: str) -> dict[str, Any]:
    """Make the proof of a document.

    Parameters
    ----------
    document : mapping of str to Any
        With its contexts; a proof that it already has is not signed.
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

    Raises
    ------
    UsageError
        If the document says something that no statement can be made of.
    """
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    return proof | {"proofValue": "z" + jcs.base58(key.sign(_hashed(document, proof)))}


def is_signed(document: Mapping[str, Any], proof: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether a proof is the signature of a document's statements under a key.

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
    value = proof.get("proofValue")
    if proof.get("cryptosuite") != SUITE or not isinstance(value, str) or not value.startswith("z"):
        return False
    options = {name: said for name, said in proof.items() if name != "proofValue"}
    try:
        key.verify(jcs.from_base58(value[1:]), _hashed(document, options))
    except (InvalidSignature, UsageError):
        return False
    return True


def statements(document: Mapping[str, Any]) -> str:
    """All that a document says, as canonical N-Quads.

    Parameters
    ----------
    document : mapping of str to Any
        With its contexts; its proofs say nothing of it.

    Returns
    -------
    str
        A line for each statement.

    Raises
    ------
    UsageError
        If a context is not known here, or something in it has no meaning in its contexts.
    """
    vocabulary = _vocabulary(tuple(document.get("@context", ())))
    found: set[_Statement] = set()
    said = {name: value for name, value in document.items() if name not in ("@context", "proof")}
    _walk(said, vocabulary, found, itertools.count())
    return _numbered(found)


def _hashed(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that are signed: first of the proof's options, read in the document's contexts, then of it."""
    both = (statements({**options, "@context": document.get("@context", ())}), statements(document))
    return b"".join(hashlib.sha256(one.encode()).digest() for one in both)


# --- from JSON to statements -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Term:
    """What a word means: its name, how its text is read, and the words that mean something only in its place."""

    iri: str
    read: str
    scoped: Mapping[str, _Term]


@cache
def _vocabulary(contexts: tuple[str, ...]) -> Mapping[str, _Term]:
    """The words of several contexts: a later one goes before an earlier one."""
    from openbadgeslib.ob3.contexts import bundled_contexts  # loads the library

    known = bundled_contexts()
    if unknown := [one for one in contexts if one not in known]:
        raise UsageError(f"the context {unknown[0]} is not known here, and none is fetched")
    words: dict[str, _Term] = {}
    for one in contexts:
        words |= _terms(known[one]["@context"])
    return words


def _terms(said: Mapping[str, Any]) -> dict[str, _Term]:
    terms = {}
    for word, given in said.items():
        one = given if isinstance(given, dict) else {"@id": given}
        plain = one.get("@container", "@set") == "@set" and one.get("@context", {}) is not None
        if plain and "://" in str(one.get("@id", "")):
            terms[word] = _Term(one["@id"], str(one.get("@type", "")), _terms(one.get("@context", {})))
    return terms


def _walk(
    node: Mapping[str, Any], vocabulary: Mapping[str, _Term], found: set[_Statement], numbers: Iterator[int]
) -> str:
    """Add what a node says; its name, or a number where it has none."""
    subject = _iri(node["id"], vocabulary) if "id" in node else f"_:{next(numbers)}"
    types = [_term(one, vocabulary) for one in _listed(node.get("type", ()))]
    found.update((subject, _TYPE, f"<{one.iri}>") for one in types)
    words = dict(vocabulary)
    for one in types:
        words |= one.scoped
    for word, said in node.items():
        if word in ("id", "type"):
            continue
        term = _term(word, words)
        for value in _listed(said):
            inner = (
                isinstance(value, dict) and not term.scoped
            )  # words of a place hold further in: none of ours has any
            read = _walk(value, vocabulary, found, numbers) if inner else _value(term, value, vocabulary)
            found.add((subject, f"<{term.iri}>", read))
    return subject


def _value(term: _Term, value: object, vocabulary: Mapping[str, _Term]) -> str:
    if isinstance(value, bool) and term.read.endswith("XMLSchema#boolean"):
        return f'"{str(value).lower()}"^^<{term.read}>'
    if not isinstance(value, str) or _ODD.search(value):
        raise UsageError(f"no statement can be made of {value!r}")
    if term.read == "@id":
        return _iri(value, vocabulary)
    if term.read == "@vocab":
        return f"<{_term(value, term.scoped).iri}>"
    return f'"{value.translate(_ESCAPED)}"' + (f"^^<{term.read}>" if term.read else "")


def _iri(name: object, vocabulary: Mapping[str, _Term]) -> str:
    matched = _NAME.fullmatch(name) if isinstance(name, str) else None
    if matched is None or matched[1] in vocabulary:
        raise UsageError(f"{name!r} names nothing: an absolute address is expected, https://... or urn:...")
    return f"<{name}>"


def _term(word: object, words: Mapping[str, _Term]) -> _Term:
    if not isinstance(word, str) or word not in words:
        raise UsageError(f"{word!r} means nothing in the contexts of this document")
    return words[word]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


# --- canonical numbers -------------------------------------------------------------------------------------------


def _numbered(found: set[_Statement]) -> str:
    """The statements in order; nodes without a name are numbered by the hash of what is said with them."""
    about: dict[str, list[_Statement]] = defaultdict(list)
    for one in found:
        for node in {one[0], one[2]}:
            if node.startswith("_:"):
                about[node].append(one)
    hashes = {node: _first_hash(node, said) for node, said in about.items()}
    if len(set(hashes.values())) < len(hashes):
        raise UsageError("two nodes without a name say the same")
    order = sorted(hashes, key=hashes.__getitem__)
    names = {node: f"_:c14n{number}" for number, node in enumerate(order)}
    return "".join(sorted(_line([names.get(part, part) for part in one]) for one in found))


def _first_hash(node: str, said: list[_Statement]) -> str:
    lines = sorted(
        _line(["_:a" if part == node else "_:z" if part.startswith("_:") else part for part in one]) for one in said
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _line(parts: list[str]) -> str:
    return " ".join(parts) + " .\n"
