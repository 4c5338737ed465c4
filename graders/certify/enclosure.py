"""What lies beside a certificate so that anyone can derive its decision again: the evidence, the rule, the rubrics."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from graders.certify.records import Decision, Evidence
from graders.certify.rule import apply
from graders.errors import CourseError
from graders.ledger import canonical
from graders.rubrics import Rubric, Rule, read_rule, rubric

RULE = "certification"
"""Name of the rule's file among the rubrics."""

_OPENING = (
    *(yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken),
    *(yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken),
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_DEEPEST = 20
_NAME = re.compile("[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Standard:
    """By what is decided: the rule and the rubrics, and their files word for word.

    Attributes
    ----------
    rule : Rule
    rubrics : mapping of str to Rubric
        Those that the rule names.
    texts : mapping of str to str
        File name, without its ending -> text.
    """

    rule: Rule
    rubrics: Mapping[str, Rubric]
    texts: Mapping[str, str]

    def decide(self, evidence: Evidence) -> Decision:
        """What the rule says of a student's evidence."""
        return apply(self.rule, self.rubrics, evidence)


def standard(root: Path, rule: Path | None = None) -> Standard:
    """Read the rule and the rubrics that it names.

    Parameters
    ----------
    root : Path
        Root of the course material.
    rule : Path or None
        Another rule than the track's own.

    Returns
    -------
    Standard

    Raises
    ------
    CourseError
        If one of the files says something wrong.
    """
    path = rule or root / "rubrics" / f"{RULE}.yaml"
    read = read_rule(path)
    texts = {RULE: path.read_text(encoding="utf-8")}
    texts |= {name: (root / "rubrics" / f"{name}.yaml").read_text(encoding="utf-8") for name in read.rubrics}
    return Standard(read, {name: rubric(root, name) for name in read.rubrics}, texts)


def enclose(standard: Standard, evidence: Evidence) -> bytes:
    """The file that lies beside a certificate.

    Parameters
    ----------
    standard : Standard
        By what was decided.
    evidence : Evidence
        About what.

    Returns
    -------
    bytes
        Canonical JSON; its SHA-256 stands in the certificate.
    """
    return written(plain(evidence), standard.texts)


def written(evidence: Mapping[str, Any], texts: Mapping[str, str]) -> bytes:
    """The same from plain evidence and the standard's texts, as the ledger keeps them.

    Parameters
    ----------
    evidence : mapping of str to Any
        As `plain` makes it.
    texts : mapping of str to str
        Of the rule and the rubrics.

    Returns
    -------
    bytes
    """
    return b'{"evidence":%s,"standard":%s}' % (canonical(dict(evidence)), _standard_written(tuple(texts.items())))


@lru_cache(maxsize=8)  # the larger part of the file, and the same in all certificates of a course
def _standard_written(texts: tuple[tuple[str, str], ...]) -> bytes:
    return canonical(dict(texts))


def plain(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain data; what an accommodation was stays in the ledger."""
    said: dict[str, Any] = json.loads(json.dumps(asdict(evidence)))
    said["circumstances"] = [one for one in said["circumstances"] if one["what"] != "accommodation"]
    return said


def evidence_of(said: object, where: str) -> Evidence:
    """Evidence from plain data.

    Parameters
    ----------
    said : object
        As `plain` makes it.
    where : str
        What messages call it.

    Returns
    -------
    Evidence

    Raises
    ------
    CourseError
        If it says something that evidence cannot.
    """
    try:
        return _reader().validate_python(said)
    except ValidationError as failure:
        first = failure.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CourseError(f"is no evidence: {field}: {first['msg']}", where) from None


@cache
def _reader() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def open_enclosed(content: bytes, where: str) -> tuple[Standard, Evidence]:
    """Read such a file, which need not be of this version.

    Parameters
    ----------
    content : bytes
        Of the file.
    where : str
        What messages call it.

    Returns
    -------
    (Standard, Evidence)
        The rule and the rubrics as they were when the certificate was issued, and the evidence.

    Raises
    ------
    CourseError
        If it is no such file.
    """
    try:
        said = json.loads(content)
        texts = {str(name): str(text) for name, text in said["standard"].items()}
        found = said["evidence"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CourseError("does not enclose evidence and standard", where) from None
    if RULE not in texts or not all(_NAME.fullmatch(name) for name in texts):
        raise CourseError("encloses no rule, or files with odd names", where)
    try:
        return _read(tuple(sorted(texts.items()))), evidence_of(found, where)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        raise CourseError("encloses a standard that cannot be read", where) from None


@lru_cache(maxsize=8)  # certificates of a course enclose the same texts: they are read once, not a thousand times
def _read(texts: tuple[tuple[str, str], ...]) -> Standard:
    with tempfile.TemporaryDirectory(prefix="aisa-") as folder:
        (Path(folder) / "rubrics").mkdir()
        for name, text in texts:
            _require_plain(name, text)
            (Path(folder) / "rubrics" / f"{name}.yaml").write_bytes(text.encode())
        return standard(Path(folder))


def _require_plain(name: str, text: str) -> None:
    """Refuse what no rubric has and a reader of YAML can be worn out by: whoever signs may enclose anything."""
    depth = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if isinstance(token, yaml.AliasToken) or depth > _DEEPEST:
            raise CourseError("encloses a standard that refers to itself, or nests without end", name)


def digest(content: bytes) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
