r"""What can be wrong with a metric file, before a single count is taken.

Question
    A metric file came with the CPU, or a colleague wrote it. Does it contradict itself, and where?
Model
    .. math:: \text{sound} \iff \text{complete} \land \text{names unique and known} \land
        \text{formulas readable} \land \text{metrics free of circles} \land \text{parents one level up}

    A file must say for which CPU, width, document and version of the events it holds. Each alias stands for one event
    and each event has one alias; each formula uses known names only; whoever is listed is used.
Assumes
    The JSON could be read, and no key is there twice.
Breaks when
    The file is sound and wrong: two events swapped, a factor for multithreading forgotten, a version that was not
    meant. These show only against another source: published formulas, a calibration, sums that must be one.
Source
    Our own rules, for the fields that Intel's perfmon and Arm's telemetry specifications carry as well.
Oracle
    A planted fault of each kind is found and named; our five files, and every fault alone, are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference_solutions.m02_tools_methods.expression import names_in_expression

__all__ = ["metric_file_problems"]

_SHAPE: dict[str, Any] = {
    "format": int,
    "cpu": {"name": str, "identifiers": [str], "width": int},
    "documents": [{"id": str, "title": str, "version": str}],
    "event_file": {"name": str, "version": str},
    "events": {"*": str},
    "settings": {"*": str},
    "metrics": [{"name": str, "formula": str, "unit": str, "level?": int, "parent?": str, "threshold?": str}],
}
"""What a document must hold; a key with a question mark may be missing, `*` is any key."""


def metric_file_problems(document: Any) -> list[str]:
    """What is wrong with a metric file, one sentence each; empty if nothing is.

    Parameters
    ----------
    document : object
        What the JSON says.

    Returns
    -------
    list of str
        First what is missing or of another type; only where nothing is, what contradicts itself.

    Examples
    --------
    >>> document = {
    ...     "format": 1,
    ...     "cpu": {"name": "Wide core", "identifiers": ["Vendor-1-2"], "width": 8},
    ...     "documents": [{"id": "D-1", "title": "Manual", "version": "2"}],
    ...     "event_file": {"name": "events.json", "version": "1.0"},
    ...     "events": {"clocks": "CYCLES", "retired": "OPS_RETIRED"},
    ...     "settings": {},
    ...     "metrics": [{"name": "retiring", "formula": "retired / (width * clock)", "unit": "share of slots"}],
    ... }
    >>> metric_file_problems(document)
    ['metric retiring: clock is no alias, setting or metric', 'event clocks is used by no metric']
    """
    problems = list(_misshapen(document, _SHAPE, "the file"))
    return problems or [*_name_problems(document), *_formula_problems(document), *_tree_problems(document["metrics"])]


def _misshapen(value: Any, shape: Any, where: str) -> Iterator[str]:
    """Keys that are missing or unknown, and values of another type."""
    if isinstance(shape, type):
        if type(value) is not shape or value == "":
            wanted = {"str": "a text that is not empty", "int": "a whole number"}[shape.__name__]
            yield f"{where} is {value!r}, expected {wanted}"
    elif type(value) is not type(shape):
        yield f"{where} is {value!r}, expected {'a list' if isinstance(shape, list) else 'an object'}"
    elif isinstance(shape, list):
        if not value:
            yield f"{where} is empty"
        for number, one in enumerate(value, 1):
            yield from _misshapen(one, shape[0], f"{where} {number}")
    else:
        yield from _misshapen_object(value, shape, "" if where == "the file" else f"{where}: ")


def _misshapen_object(value: dict[str, Any], shape: dict[str, Any], prefix: str) -> Iterator[str]:
    if "*" in shape:
        for key, one in value.items():
            yield from _misshapen(one, shape["*"], f"{prefix}{key}")
        return
    for key in value:
        if not {key, f"{key}?"} & set(shape):
            yield f"{prefix}unknown key {key}"
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in value:
            yield from _misshapen(value[name], inner, f"{prefix}{name}")
        elif key == name:
            yield f"{prefix}{name} is missing"


def _name_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Names that are no names, or stand for two things; the edition of the format; a width that no core has."""
    if document["format"] != 1:
        yield f"format is {document['format']}, only 1 is known"
    if document["cpu"]["width"] < 1:
        yield f"cpu: width is {document['cpu']['width']}, a core has at least one slot a clock"
    names = ["width", *document["events"], *document["settings"], *(one["name"] for one in document["metrics"])]
    for name in names:
        if not name.isidentifier():
            yield f"{name!r} is no name that a formula could use"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} stands for two things"
    events = list(document["events"].values())
    for event in sorted({event for event in events if events.count(event) > 1}):
        yield f"event {event} has two aliases"


def _formula_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Formulas that cannot be read, names that nobody knows, circles, events that nobody uses."""
    metrics = {one["name"] for one in document["metrics"]}
    needs: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    readable = True
    for one in document["metrics"]:
        known = {"width", *document["events"], *document["settings"], *metrics}
        for kind, text, allowed in (("metric", one["formula"], known), ("threshold of", one.get("threshold"), metrics)):
            try:
                names = names_in_expression(text) if text else ()
            except ValueError as failure:
                yield f"{kind} {one['name']}: {failure}"
                readable = False
                continue
            what = "alias, setting or metric" if kind == "metric" else "metric"
            yield from (f"{kind} {one['name']}: {name} is no {what}" for name in names if name not in allowed)
            used.update(names)
            if kind == "metric":
                needs[one["name"]] = tuple(name for name in names if name in metrics)
    yield from (f"event {alias} is used by no metric" for alias in document["events"] if readable and alias not in used)
    yield from _circles(needs)


def _circles(needs: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """One circle of metrics that need each other, if there is any."""
    left = dict(needs)
    while free := [name for name, needed in left.items() if not any(other in left for other in needed)]:
        for name in free:
            del left[name]
    path = list(left)[:1]
    while path:
        needed = next(other for other in left[path[-1]] if other in left)
        if needed in path:
            yield f"metrics in a circle: {' -> '.join([*path[path.index(needed) :], needed])}"
            return
        path.append(needed)


def _tree_problems(metrics: list[dict[str, Any]]) -> Iterator[str]:
    """Parents that are not there, or not one level up."""
    levels = {one["name"]: one.get("level", 0) for one in metrics}
    for one in metrics:
        parent, level = one.get("parent", ""), one.get("level", 0)
        if parent and parent not in levels:
            yield f"metric {one['name']}: its parent {parent} is no metric"
        elif parent and levels[parent] != level - 1:
            yield f"metric {one['name']} of level {level} has a parent of level {levels[parent]}"
        elif not parent and level > 1:
            yield f"metric {one['name']} of level {level} has no parent"
