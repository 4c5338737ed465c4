"""What students check their document with: a folder of plain Python that holds no model and no formula of ours."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from graders.capstone import expression, prose, records, units
from graders.capstone.files import FILES
from graders.capstone.pack import Pack
from graders.capstone.selfcheck import run

FOLDER = "selfcheck"
_PACKAGE = "graders.capstone"


def package(pack: Pack) -> dict[str, bytes]:
    """The folder's files, by name: `python selfcheck` runs it, beside the document's own files.

    Parameters
    ----------
    pack : Pack
        Whose required claims and identities it knows.

    Returns
    -------
    dict of str to bytes
    """
    modules = {"units": units, "expression": expression, "records": records, "prose": prose, "__main__": run}
    made = {f"{name}.py": _alone(inspect.getsource(module)).encode() for name, module in modules.items()}
    return made | {"pack.json": _known(pack)}


def _alone(source: str) -> str:
    """A module's text with its imports of ours made those of files beside it."""
    source = re.sub(rf"^from {re.escape(_PACKAGE)}\.(\w+) import", r"from \1 import", source, flags=re.MULTILINE)
    return re.sub(rf"^from {re.escape(_PACKAGE)} import (.+)$", r"import \1", source, flags=re.MULTILINE)


def _known(pack: Pack) -> bytes:
    """What a student may know of a pack: which claims, in which units; what physics demands; no formula."""
    content: dict[str, Any] = {
        "pack": pack.id,
        "version": pack.version,
        "claims": [
            {"id": one.id, "unit": one.unit, "kind": one.kind, "section": one.section, "says": one.says,
             "is_word": one.is_word}
            for one in pack.claims
        ],
        "identities": [
            {"says": one.says, "left": one.left, "relation": one.relation, "right": one.right, "claim": one.claim,
             "tolerance": one.tolerance}
            for one in pack.identities
        ],
        "machine": pack.machine,
        "figures": pack.figures,
        "keys": {name: _keys(kind.model_json_schema()) for name, kind in FILES.items()},
    }  # fmt: skip
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _keys(schema: dict[str, Any]) -> dict[str, Any]:
    """The list in a file: its name, and the keys that an entry may have, and must."""
    lists = {name: one for name, one in schema["properties"].items() if one.get("type") == "array"}
    ((name, one),) = lists.items()
    entry = schema["$defs"][one["items"]["$ref"].rsplit("/", maxsplit=1)[1]]
    return {"list": name, "may": sorted(entry["properties"]), "must": sorted(entry.get("required", []))}
