"""Certificates as they are handed in: files, pages and folders; what lies beside or inside each, and what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from graders.certify import papers
from graders.certify.finding import Beside, Check, Finding
from graders.certify.page import embedded
from graders.certify.verify import parse, verify
from graders.certify.workers import side_by_side
from graders.errors import UsageError


@dataclass(frozen=True, slots=True)
class Handed:
    """A certificate that was handed in.

    Attributes
    ----------
    path : str
        Its file.
    finding : Finding
        What a verifier found.
    """

    path: str
    finding: Finding


def all_of(given: Iterable[Path]) -> tuple[Path, ...]:
    """The certificates that are meant by files and folders.

    Parameters
    ----------
    given : iterable of Path
        A file; the folder of a certificate; or a folder of such folders.

    Returns
    -------
    tuple of Path
        Their files, in order.
    """
    found: list[Path] = []
    for one in given:
        inside = sorted(one.glob(f"*/{papers.CREDENTIAL}")) if one.is_dir() else []
        found += inside if inside and not (one / papers.CREDENTIAL).exists() else [_file(one)]
    return tuple(found)


def looked_at(
    paths: Sequence[Path], beside: Beside, evidence: Path | None = None, workers: int = 1
) -> Iterator[Handed]:
    """Verify certificates.

    Parameters
    ----------
    paths : sequence of Path
        Their files.
    beside : Beside
        What there is besides all of them.
    evidence : Path or None
        The evidence, where it does not lie beside or inside.
    workers : int
        Processes that work side by side.

    Yields
    ------
    Handed
        In the order of the files; what of many cannot be read at all does not hold, and alone is an error.

    Raises
    ------
    UsageError
        If the only one cannot be read.
    """
    if len(paths) == 1:
        yield _looked_at(beside, evidence, paths[0])
        return
    with side_by_side(len(paths), workers) as mapped:
        yield from mapped(partial(_one_of_many, beside, evidence), paths)


def status_list(path: Path) -> dict[str, Any]:
    """A status list as it is handed in.

    Parameters
    ----------
    path : Path
        Its file.

    Returns
    -------
    dict of str to Any

    Raises
    ------
    UsageError
        If it cannot be read, or is no JSON object.
    """
    try:
        return parse(_read(path))
    except UsageError as failure:
        raise UsageError(f"the status list {failure.message}", str(path)) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise UsageError(f"cannot be read ({failure.strerror})", str(path)) from None


def _file(path: Path) -> Path:
    return path / papers.CREDENTIAL if path.is_dir() else path


def _one_of_many(beside: Beside, evidence: Path | None, path: Path) -> Handed:
    try:
        return _looked_at(beside, evidence, path)
    except UsageError as failure:
        return Handed(str(path), Finding((Check("file", "fails", failure.message),)))


def _looked_at(beside: Beside, evidence: Path | None, path: Path) -> Handed:
    text, enclosed = _read(path), None
    if path.suffix == ".html":
        text, enclosed = embedded(text)
    elif evidence is None and (path.parent / papers.EVIDENCE).is_file():
        evidence = path.parent / papers.EVIDENCE
    enclosed = _read(evidence) if evidence is not None else enclosed
    return Handed(str(path), verify(text, replace(beside, enclosed=enclosed)))
