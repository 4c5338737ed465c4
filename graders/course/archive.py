"""A zip file that a student handed in: its notebooks, and nothing else of it is ever unpacked."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath

from graders.course.folder import DEEPEST_FOLDER, LARGEST_FOLDER, LONGEST_NAME, MOST_FILES, is_odd
from graders.course.notebook_file import LARGEST_NOTEBOOK, too_large
from graders.errors import SubmissionError

LARGEST_ARCHIVE = 64 << 20
_ENTRY = b"PK\x01\x02"  # each entry of the directory begins with it
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may claim gigabytes before they unpack a byte
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, OverflowError, RuntimeError, KeyError)


def notebooks(content: bytes, where: str) -> tuple[dict[str, bytes], list[str]]:
    """Look into a zip file.

    Parameters
    ----------
    content : bytes
        The zip file.
    where : str
        What messages call it.

    Returns
    -------
    (dict of str to bytes, list of str)
        Its notebooks by path, and the paths of what else is in it.

    Raises
    ------
    SubmissionError
        If anything about it is not as it must be; nothing of it is used then.
    """
    if content.count(_ENTRY) > MOST_FILES:  # before a directory of a million entries becomes a million objects
        raise SubmissionError(f"holds more than {MOST_FILES} files", where, "Hand in the notebooks only.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [info for info in archive.infolist() if _is_wanted(info, where)]
            _require_little(files, where)
            require_distinct([info.filename for info in files], where)
            mine = [info for info in files if info.filename.lower().endswith(".ipynb")]
            found = {info.filename: _read(archive, info, where) for info in mine}
    except _DAMAGE as failure:
        do = "Make it anew, and hand it in again."
        raise SubmissionError(f"is damaged, or no zip file ({failure})"[:200], where, do) from None
    return found, [info.filename for info in files if info not in mine]


def require_distinct(paths: Iterable[str], where: str) -> None:
    """Refuse files whose names are the same on some machine or other.

    Parameters
    ----------
    paths : iterable of str
        All that were handed in together.
    where : str
        What messages call it.

    Raises
    ------
    SubmissionError
        If two differ in nothing, in case, or in how an accent is written.
    """
    seen: dict[str, str] = {}
    for path in paths:
        plain = unicodedata.normalize("NFKC", path).casefold()
        if plain in seen:
            found = f"{seen[plain]!r} and {path!r}" if seen[plain] != path else f"{path!r} twice"
            do = "Hand in one of them."
            raise SubmissionError(f"holds {found}: names must differ in more than case", where, do)
        seen[plain] = path


def _is_wanted(info: zipfile.ZipInfo, where: str) -> bool:
    """Whether an entry is a file that somebody made on purpose; an entry that can be no honest one is refused."""
    path = PurePosixPath(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    name = info.orig_filename
    if any(map(is_odd, name.split("/"))) or len(name) > LONGEST_NAME * DEEPEST_FOLDER:
        raise SubmissionError(f"a file in it has an odd name: {name[:LONGEST_NAME]!r}", where, "Rename it.")
    if path.is_absolute() or ".." in path.parts or _DRIVE.match(name):
        raise SubmissionError(f"{name!r} lies outside of it", where, "Make the zip from the notebooks alone.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise SubmissionError(f"{name!r} in it is a link or a device", where, "Hand in the file itself.")
    if info.flag_bits & _ENCRYPTED:
        raise SubmissionError("is encrypted", where, "Hand it in without a password.")
    if len(path.parts) > DEEPEST_FOLDER:
        raise SubmissionError(f"has folders deeper than {DEEPEST_FOLDER}", where, "Hand in the notebooks only.")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not (hidden or info.is_dir() or kind == stat.S_IFDIR)


def _require_little(files: list[zipfile.ZipInfo], where: str) -> None:
    size = sum(info.file_size for info in files)
    if size > LARGEST_FOLDER:
        found, limit = size >> 20, LARGEST_FOLDER >> 20
        raise SubmissionError(f"would unpack to {found} MiB, at most {limit}", where, "Hand in the notebooks only.")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    """One member, however much it claims to be."""
    if info.compress_type not in _METHODS:
        do = "Make the zip with your system's own program."
        raise SubmissionError(f"{info.filename!r} in it is compressed in an unusual way", where, do)
    if info.file_size > LARGEST_NOTEBOOK:
        raise too_large(info.file_size, f"{where}/{info.filename}")
    with archive.open(info) as member:
        return member.read(LARGEST_NOTEBOOK + 1)
