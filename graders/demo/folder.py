"""The demo's folder: made anew each time, and nobody else's folder is ever touched."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from graders.errors import UsageError

_MARKER = ".aisa-demo"
_MARK = "Made by `aisa demo`, which replaces this whole folder when it runs again.\n"


def fresh(directory: Path) -> Path:
    """An empty folder that says whose it is.

    Parameters
    ----------
    directory : Path
        Where: a place that is free, an empty folder, or an earlier demo, which is replaced.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    UsageError
        If something else is there, or nothing can be written.
    """
    target = Path(directory).absolute()
    try:
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise UsageError("is no folder", str(target), "Name a folder that does not exist yet.")
        if target.is_dir() and any(target.iterdir()):
            _require_ours(target)
            old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
            target.rename(old / target.name)  # from here on no half of an old demo is at its place
            shutil.rmtree(old)
        target.mkdir(parents=True, exist_ok=True)
        (target / _MARKER).write_text(_MARK, encoding="utf-8")
    except OSError as failure:
        raise UsageError(f"cannot be used ({failure.strerror})", str(target), "Name another folder.") from None
    return target


def _require_ours(target: Path) -> None:
    marker = target / _MARKER
    if marker.is_symlink() or not marker.is_file() or marker.read_text(encoding="utf-8", errors="replace") != _MARK:
        found = sorted(entry.name for entry in target.iterdir())[0]
        do = "Name a folder that does not exist yet: a demo replaces only what a demo made."
        raise UsageError(f"holds something else ({found})", str(target), do)
