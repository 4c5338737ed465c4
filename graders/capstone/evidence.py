"""Evidence notebooks, run again in the sandbox, beside the brief's data and the document's claims."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from graders.capstone.levels.evidence import Reading
from graders.capstone.pack import TABLES
from graders.capstone.packs import use_case
from graders.capstone.records import Brief, Claim, Document, Value
from graders.errors import SandboxError
from graders.records import Cell, Limits, Reply, Request
from graders.sandbox import Sandbox, default_interpreter

IMPORTS = ("numpy", "json", "csv")
_END = "end"
_TRIES = 3
_MOST_NOTEBOOKS = 8


def run(
    document: Document, brief: Brief, interpreter: Path | None = None, *, allow_unsafe: bool = False
) -> dict[tuple[str, str], Reading]:
    """Run every notebook that a measured claim rests on.

    Parameters
    ----------
    document : Document
        With its notebooks.
    brief : Brief
        Whose data lie beside them.
    interpreter : Path, optional
        Python of the sandbox.
    allow_unsafe : bool
        Whether to run where a property of the sandbox does not hold.

    Returns
    -------
    dict
        (File, variable) -> number, or in words why there is none.

    Raises
    ------
    SandboxError
        If the sandbox cannot start.
    """
    wanted: dict[str, list[str]] = {}
    for one in document.claims.values():
        if one.evidence is not None and one.evidence.file in document.files:
            wanted.setdefault(one.evidence.file, []).append(one.evidence.variable)
    if not wanted:
        return {}
    beside = files(brief, document.claims)
    too_many = f"only {_MOST_NOTEBOOKS} notebooks are run"
    readings: dict[tuple[str, str], Reading] = {(name, one): too_many for name in wanted for one in wanted[name]}
    python = interpreter or default_interpreter()
    with Sandbox(python, imports=IMPORTS, limits=Limits(), allow_unsafe=allow_unsafe) as sandbox:
        for name, variables in sorted(wanted.items())[:_MOST_NOTEBOOKS]:
            found = _one(sandbox, document.files[name], beside, sorted(set(variables)))
            readings |= {(name, variable): value for variable, value in found.items()}
    return readings


def _one(sandbox: Sandbox, notebook: bytes, beside: Mapping[str, bytes], variables: list[str]) -> dict[str, Reading]:
    try:
        cells = _cells(notebook)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        return dict.fromkeys(variables, f"it is no notebook ({failure})")
    for _ in range(_TRIES):
        found = _read(sandbox, cells, beside, variables)
        if found is not None:
            return found
    raise SandboxError("the machine was too slow to run a notebook", do="Check again when less runs beside it.")


def _read(
    sandbox: Sandbox, cells: list[Cell], beside: Mapping[str, bytes], variables: list[str]
) -> dict[str, Reading] | None:
    """What a notebook's variables hold after a run; None where the machine was too slow, which is nobody's fault."""
    with sandbox.run(cells, beside) as ran:
        bad = next((one for one in ran.cells if one.status != "ok"), None)
        if bad is not None:
            return dict.fromkeys(variables, f"cell {bad.index + 1} ended with {bad.status}")
        replies = ran.endpoint(_END).ask([Request("read", name) for name in variables])
    if any(reply.kind == "retry" for reply in replies):
        return None
    return {name: _number(reply) for name, reply in zip(variables, replies, strict=True)}


def _cells(notebook: bytes) -> list[Cell]:
    found = json.loads(notebook)["cells"]
    sources = ["".join(one["source"]) for one in found if one["cell_type"] == "code"]
    last = len(sources) - 1
    if last < 0:
        raise ValueError("no code cell")
    return [Cell(place, source, (_END,) if place == last else ()) for place, source in enumerate(sources)]


def _number(reply: Reply) -> Reading:
    if reply.kind != "value":
        return f"the variable is {reply.kind}"
    value = np.asarray(reply.value)
    if value.ndim or value.dtype.kind not in "iuf" or not math.isfinite(float(value)):
        return "the variable holds no finite number"
    return float(value)


def files(brief: Brief, claims: Mapping[str, Claim] | None = None) -> dict[str, bytes]:
    """What lies beside an evidence notebook: `brief.json`, the brief's tables as `trace.csv` and so on, `claims.json`.

    Parameters
    ----------
    brief : Brief
        Whose data.
    claims : mapping of str to Claim, optional
        The document's, as value and unit; left out where there is no document yet.

    Returns
    -------
    dict of str to bytes
        By file name.
    """
    keys = use_case(brief.pack).pack.keys
    made = {"brief.json": _json({"pack": brief.pack, "values": brief.values, "machines": brief.machines})}
    for table in TABLES:
        if rows := _rows(brief.data, table, tuple(keys.get(table, {}))):
            made[f"{table}.csv"] = _csv(rows)
    if claims is not None:
        made["claims.json"] = _json({one.id: {"value": one.value, "unit": one.unit} for one in claims.values()})
    return made


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


def _rows(data: Mapping[str, Any], table: str, keys: tuple[str, ...]) -> list[tuple[Value, ...]]:
    """A table with its header: columns that say whose rows they are, and columns in the brief's order."""
    groups: dict[str, dict[str, list[Value]]] = {}
    for key, column in data.items():
        name, _, whose = key.partition("|")
        if name.startswith(f"{table}.") and np.ndim(column):
            groups.setdefault(whose, {})[name.removeprefix(f"{table}.")] = column.tolist()
    rows: list[tuple[Value, ...]] = []
    for whose, columns in sorted(groups.items()):
        beginning = tuple(whose.split("|")) if keys else ()
        rows += [(*keys, *columns)] * (not rows)
        rows += [(*beginning, *row) for row in zip(*columns.values(), strict=True)]
    return rows


def _csv(rows: list[tuple[Value, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
