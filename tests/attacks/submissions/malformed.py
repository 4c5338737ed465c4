from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable

from tests.attacks.attack import Attack, Notebook, cell_of
from tests.attacks.right import FULL, RIGHT, WRONG


def _bytes(change: Callable[[bytes], bytes], tries: str) -> Attack:
    return Attack(tries, answers=RIGHT, raw=change, refused=True, flag="")


EMPTY = _bytes(lambda data: b"", "an empty file")
BLANKS = _bytes(lambda data: b" \n" * 1000, "blanks")
CUT = _bytes(lambda data: data[: len(data) // 2], "half a notebook")
TEXT = _bytes(lambda data: b"The dog ate it.", "a text")
PYTHON = _bytes(lambda data: b"import numpy as np\n", "a script by a notebook's name")
LIST = _bytes(lambda data: b"[]", "a list")
NUMBER = _bytes(lambda data: b"7", "a number")
NULL = _bytes(lambda data: b"null", "nothing, in JSON")
NO_CELLS = _bytes(lambda data: b"{}", "an object without cells")
ZIPPED = _bytes(gzip.compress, "a packed notebook")
UTF16 = Attack(
    "a notebook in UTF-16", answers=RIGHT, raw=lambda data: data.decode().encode("utf-16"), earns=FULL, flag=""
)
LATIN = _bytes(
    lambda data: data.replace(b"Victim", b"V\xefctim", 1).replace(b'"nbformat"', b'"caf\xe9": 1, "nbformat"'),
    "bytes that are no UTF-8",
)
NUL_BYTES = _bytes(lambda data: data + b"\0" * 1000, "zeros after the notebook")
TWO = _bytes(lambda data: data + data, "two notebooks in one file")
DEEP = _bytes(lambda data: b"[" * 200_000 + b"]" * 200_000, "200,000 lists in each other")
DEEP_INSIDE = _bytes(
    lambda data: data.rstrip().rstrip(b"}") + b', "deep": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "a notebook with 100,000 objects in each other",
)
HUGE_INT = _bytes(
    lambda data: re.sub(rb'"nbformat_minor": \d+', b'"nbformat_minor": ' + b"9" * 100_000, data),
    "an int of 100,000 digits",
)
BIG = _bytes(lambda data: data.rstrip().rstrip(b"}") + b', "pad": "' + b"x" * (60 << 20) + b'"}', "60 MB")


def _nbformat(major: object, minor: object = 4) -> Callable[[Notebook], None]:
    def edit(notebook: Notebook) -> None:
        notebook["nbformat"], notebook["nbformat_minor"] = major, minor

    return edit


def _nbformat3(notebook: Notebook) -> None:
    cells = notebook.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"], cell["language"] = cell.pop("source"), "python"
    notebook["worksheets"], notebook["nbformat"], notebook["nbformat_minor"] = [{"cells": cells, "metadata": {}}], 3, 0


NBFORMAT_3 = Attack("a notebook of ten years ago", answers=RIGHT, edit=_nbformat3, refused=True, flag="")
NBFORMAT_99 = Attack("a notebook of the future", answers=RIGHT, edit=_nbformat(99), refused=True, flag="")
NBFORMAT_TEXT = Attack("a format that is a text", answers=RIGHT, edit=_nbformat("4"), refused=True, flag="")


def _cell_50_mb(notebook: Notebook) -> None:
    cell_of(notebook, "m98_total_bytes-answer")["source"] = "x = 1\n" * (50 << 20 >> 3)


CELL_50_MB = Attack("a cell of 50 MB", edit=_cell_50_mb, refused=True, flag="")


def _cells(value: object) -> Callable[[Notebook], None]:
    def edit(notebook: Notebook) -> None:
        notebook["cells"] = value

    return edit


CELLS_DICT = Attack("cells that are no list", edit=_cells({"0": {}}), refused=True, flag="")
CELLS_NUMBERS = Attack("cells that are numbers", edit=_cells([1, 2, 3]), refused=True, flag="")
CELLS_NULL = Attack("cells that are nothing", edit=_cells(None), refused=True, flag="")
CELLS_EMPTY_OBJECTS = Attack("cells without a type", edit=_cells([{}, {}]), refused=True, flag="")
CELLS_MANY = Attack(
    "200,000 cells",
    edit=_cells([{"cell_type": "markdown", "metadata": {}, "source": ""}] * 200_000),
    refused=True,
    flag="",
)


def _sources(value: object) -> Callable[[Notebook], None]:
    def edit(notebook: Notebook) -> None:
        cell_of(notebook, "m98_total_bytes-answer")["source"] = value

    return edit


SOURCE_NUMBER = Attack("a cell whose text is a number", answers={}, edit=_sources(7), refused=True, flag="")
SOURCE_NUMBERS = Attack(
    "a cell whose text is a list of numbers", answers={}, edit=_sources([1, None]), refused=True, flag=""
)
SOURCE_SURROGATES = Attack("a cell whose text no encoding takes", edit=_sources("x = '\ud800'"), flag="")
SOURCE_NULS = Attack("a cell of zeros", edit=_sources("\0" * 100), flag="")


def _metadata_list(notebook: Notebook) -> None:
    notebook["metadata"] = []
    for cell in notebook["cells"]:
        cell["metadata"] = "none"


METADATA_NO_OBJECT = Attack("metadata that are no objects", answers=WRONG, edit=_metadata_list, flag="any")


# --- readable after all -----------------------------------------------------------------------------------

BOM = Attack(
    "a byte order mark, as some editors leave it",
    answers=RIGHT,
    raw=lambda data: b"\xef\xbb\xbf" + data,
    earns=FULL,
    flag="",
)
LINE_ENDS = Attack(
    "line ends of another system", answers=RIGHT, raw=lambda data: data.replace(b"\n", b"\r\n"), earns=FULL, flag=""
)
ESCAPED = Attack(
    "every letter escaped",
    answers=RIGHT,
    raw=lambda data: json.dumps(json.loads(data), ensure_ascii=True).encode(),
    earns=FULL,
    flag="",
)
MINIFIED = Attack(
    "no blank in it",
    answers=RIGHT,
    raw=lambda data: json.dumps(json.loads(data), separators=(",", ":")).encode(),
    earns=FULL,
    flag="",
)


def _twin_keys(data: bytes) -> bytes:
    """Two lists of cells: what is checked first and what is run last must be the same one."""
    notebook = json.loads(data)
    decoy = json.dumps([cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"])
    return b'{"cells": ' + decoy.encode() + b"," + data.lstrip()[1:]


TWIN_KEYS = Attack("two lists of cells under one name", answers=WRONG, raw=_twin_keys, flag="")
NOT_A_NUMBER = Attack(
    "numbers that JSON has not",
    answers=WRONG,
    raw=lambda data: data.rstrip().rstrip(b"}") + b', "a": NaN, "b": -Infinity, "c": 1e999}',
    flag="",
)
SOURCE_LINES = Attack(
    "cells whose texts are lists of lines",
    answers=RIGHT,
    raw=lambda data: json.dumps(
        {
            **(n := json.loads(data)),
            "cells": [{**c, "source": str("".join(c["source"])).splitlines(keepends=True)} for c in n["cells"]],
        }
    ).encode(),
    earns=FULL,
    flag="",
)


def _older_minor(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 2
    for cell in notebook["cells"]:
        cell.pop("id", None)


MINOR_2 = Attack("a notebook that an older JupyterLab wrote", answers=RIGHT, edit=_older_minor, earns=FULL, flag="")
