"""A backup opened for reading: a folder as it is, an archive unpacked to where nobody else reads."""

from __future__ import annotations

import contextlib
import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graders.backup.making import RECORD
from graders.errors import UsageError


@contextlib.contextmanager
def opened(place: Path) -> Iterator[Path]:
    """Open a backup.

    Parameters
    ----------
    place : Path
        A folder, or an archive.

    Yields
    ------
    Path
        Folder that holds it; of an archive it is gone afterwards.

    Raises
    ------
    UsageError
        If it is no backup, or cannot be unpacked.
    """
    if place.is_dir():
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="aisa-backup-") as folder:
        try:
            with tarfile.open(place) as archive:
                archive.extractall(folder, filter="data")
        except (OSError, tarfile.TarError) as failure:
            do = "Name a folder or a .tar.gz that `aisa backup` made."
            raise UsageError(f"cannot be unpacked ({failure})", str(place), do) from None
        held = sorted(Path(folder).iterdir())
        yield held[0] if len(held) == 1 else Path(folder)


def record_of(folder: Path, place: Path) -> dict[str, Any]:
    """What a backup says about itself, its seal included.

    Parameters
    ----------
    folder : Path
        That holds it.
    place : Path
        What messages call it.

    Returns
    -------
    dict

    Raises
    ------
    UsageError
        If it is no backup.
    """
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_bytes())
        return dict(record)
    except (OSError, ValueError, TypeError) as failure:
        do = "Name a folder or a .tar.gz that `aisa backup` made."
        raise UsageError(f"holds no {RECORD} that can be read ({type(failure).__name__})", str(place), do) from None
