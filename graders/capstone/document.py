"""A design document's folder, read into records; what cannot be read is a finding, not an accident."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from graders.authoring import yaml_document
from graders.capstone import prose
from graders.capstone.files import ClaimsYaml, DecisionsYaml, UtilityTreeYaml, ValidationYaml
from graders.capstone.findings import Finding
from graders.capstone.records import Claim, Document
from graders.errors import CourseError, SubmissionError, UsageError

Model = TypeVar("Model", bound=BaseModel)

DESIGN, CLAIMS, DECISIONS = "design.md", "claims.yaml", "decisions.yaml"
TREE, VALIDATION, EVIDENCE = "utility_tree.yaml", "validation.yaml", "evidence"
LARGEST_FILE = 1 << 20
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*\w")


def read(folder: Path) -> tuple[Document, tuple[Finding, ...]]:
    """Read a design document.

    Parameters
    ----------
    folder : Path
        With `design.md`, `claims.yaml`, `decisions.yaml`, `utility_tree.yaml`, `validation.yaml` and `evidence/`.

    Returns
    -------
    Document
        With whatever could be read.
    tuple of Finding
        One of level L0 for each file that could not.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder", str(folder), "Make a document with `aisa capstone new`.")
    findings: list[Finding] = []
    claims = _read(folder / CLAIMS, ClaimsYaml, findings)
    decisions = _read(folder / DECISIONS, DecisionsYaml, findings)
    tree = _read(folder / TREE, UtilityTreeYaml, findings)
    validation = _read(folder / VALIDATION, ValidationYaml, findings)
    document = Document(
        folder=folder,
        pack=claims.pack if claims else "",
        claims=_claims(claims, folder / CLAIMS) if claims else {},
        sections=prose.sections(_text(folder / DESIGN, findings)),
        decisions=tuple(one.record() for one in decisions.decisions) if decisions else (),
        leaves=tuple(one.record() for one in tree.leaves) if tree else (),
        validation=tuple(one.record() for one in validation.validation) if validation else (),
        files=_evidence(folder / EVIDENCE, findings),
    )
    return document, tuple(findings)


def _read(path: Path, model: type[Model], findings: list[Finding]) -> Model | None:
    try:
        if _is_plain(path) and path.stat().st_size > LARGEST_FILE:
            raise CourseError(f"has more than {LARGEST_FILE >> 20} MiB", where=str(path))
        _refuse_aliases(path)
        return yaml_document.read(path, model)
    except CourseError as failure:
        findings.append(_unreadable(failure, path))
    except (SubmissionError, RecursionError) as failure:
        findings.append(_unreadable(CourseError(str(failure), str(path)), path))
    return None


def _refuse_aliases(path: Path) -> None:
    """Refuse YAML whose parts refer to each other: a page of it can stand for more than any memory holds."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not _ALIAS.search(text):
        return
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
                raise CourseError("refers to another part of the file by `*`; write it out", where=where)
    except yaml.YAMLError:
        return  # said, with its line, by whoever reads it


def _is_plain(path: Path) -> bool:
    if path.is_symlink():
        raise SubmissionError("is a link: hand in the file itself")
    return path.is_file()


def _unreadable(failure: CourseError, path: Path) -> Finding:
    where = failure.where.replace(str(path.parent) + "/", "")
    return Finding("L0", "blocking", "unreadable-file", failure.message, where=where or path.name)


def _claims(said: ClaimsYaml, path: Path) -> dict[str, Claim]:
    lines = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        key, _, value = line.strip().removeprefix("- ").partition(":")
        if key == "id":
            lines[_scalar(value)] = number
    return {one.id: one.record(lines.get(one.id, 0)) for one in said.claims}


def _scalar(text: str) -> Any:
    try:
        return str(yaml.safe_load(text))
    except yaml.YAMLError:  # a line of a longer text that looks like a key
        return ""


def _text(path: Path, findings: list[Finding]) -> str:
    try:
        if not _is_plain(path):
            raise SubmissionError("there is no such file")
        content = path.read_bytes()
        if len(content) > LARGEST_FILE:
            raise SubmissionError(f"has more than {LARGEST_FILE >> 20} MiB")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError, SubmissionError) as failure:
        findings.append(Finding("L0", "blocking", "unreadable-file", f"cannot be read ({failure})", where=path.name))
        return ""


def _evidence(folder: Path, findings: list[Finding]) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.glob("*.ipynb")) if folder.is_dir() and not folder.is_symlink() else ():
        name = f"{EVIDENCE}/{path.name}"
        try:
            if not _is_plain(path) or path.stat().st_size > LARGEST_FILE:
                raise SubmissionError(f"is no plain file of at most {LARGEST_FILE >> 20} MiB")
            found[name] = path.read_bytes()
        except (OSError, SubmissionError) as failure:
            findings.append(Finding("L0", "blocking", "unreadable-file", f"cannot be read ({failure})", where=name))
    return found
