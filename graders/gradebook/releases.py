"""Versions of a release: what students were given, and when; appended and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from graders.course.seal import holds, seal
from graders.errors import GradebookError
from graders.gradebook import tables as t

_PURPOSE = "seal of releases"


@dataclass(frozen=True, slots=True)
class Version:
    """What students were given at one time.

    Attributes
    ----------
    assignment : str
    number : int
        From 1.
    files : mapping of str to str
        Path below `release/<assignment>` -> SHA-256.
    exercises : mapping of str to str
        Exercise -> SHA-256 of its cells and points, as students see them.
    released_at : str
        When, UTC.
    """

    assignment: str
    number: int
    files: Mapping[str, str]
    exercises: Mapping[str, str]
    released_at: str


def append(connection: Connection, secret: bytes, version: Version) -> None:
    """Write a version down for good.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    secret : bytes
        The course's.
    version : Version
        The newest.
    """
    said = asdict(version)
    row = said | {name: json.dumps(said[name], sort_keys=True) for name in ("files", "exercises")}
    connection.execute(insert(t.release), row | {"seal": seal(secret, _PURPOSE, said)})


def assignments(connection: Connection) -> list[str]:
    """Slugs of the modules that were released, sorted."""
    return sorted(connection.execute(select(t.release.c.assignment).distinct()).scalars())


def versions(connection: Connection, secret: bytes, assignment: str) -> tuple[Version, ...]:
    """All versions of an assignment.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    secret : bytes
        The course's.
    assignment : str
        Slug of the module.

    Returns
    -------
    tuple of Version
        The first first.

    Raises
    ------
    GradebookError
        If one of them was changed.
    """
    found = []
    chosen = select(t.release).where(t.release.c.assignment == assignment).order_by(t.release.c.number)
    for row in connection.execute(chosen):
        parts = {name: json.loads(getattr(row, name)) for name in ("files", "exercises")}
        version = Version(row.assignment, row.number, parts["files"], parts["exercises"], row.released_at)
        if not holds(secret, _PURPOSE, asdict(version), row.seal):
            where = f"release {row.number} of {assignment}"
            raise GradebookError("was changed: its seal does not hold", where, "Restore the gradebook from a backup.")
        found.append(version)
    return tuple(found)
