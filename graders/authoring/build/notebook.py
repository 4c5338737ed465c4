"""The write step: a notebook as bytes that are the same on every machine and for every version of nbformat."""

from __future__ import annotations

import json
from typing import Any


def notebook_bytes(document: dict[str, Any]) -> bytes:
    """Keys sorted, sources as lists of lines, one space of indentation, a newline at the end: as Jupyter saves it."""
    cells = [cell | {"source": cell["source"].splitlines(keepends=True)} for cell in document["cells"]]
    text = json.dumps(document | {"cells": cells}, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()
