r"""Metric-definition files: formulas that say for which machine they hold.

Question
    A share of 31 % "front-end bound": by which formula, from which events, of which edition of which document, for
    which CPU?
Model
    .. math:: metric = f(events, settings, width, other\ metrics)

    A file is a JSON document: the CPU with its identifiers and width, the documents that the formulas rest on, the
    event file with its version, an alias for each event, and for each metric its formula, unit, level, parent and
    threshold. Metrics may use each other, in any order, but not in a circle.
Assumes
    Names of events mean what the named version of the event file says; aliases are names of Python.
Breaks when
    An event keeps its name and changes its meaning between steppings or versions: this is what the versions are for.
Source
    Events and metric files of Intel (intel/perfmon, with mapfile.csv for the identifiers), Arm Neoverse V2 Core
    Telemetry Specification (109528, issue 2.0), AMD Processor Programming Reference 55901 and Linux's pmu-events.
Oracle
    Our five files against the vendors' formulas on 49 recorded counter sets, to 1e-9.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_solutions.m02_tools_methods.metric_hygiene import metric_file_problems

__all__ = [
    "METRIC_FILES",
    "MetricDefinition",
    "MetricFile",
    "load_metric_file",
    "read_metric_file",
]

_FOLDER = Path(__file__).parent / "metric_files"
METRIC_FILES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
"""CPUs that a file is here for."""


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric of a file.

    Parameters
    ----------
    name : str
        Its name.
    formula : str
        Expression over aliases, `width` and other metrics.
    unit : str
        What it is a number of: "slots", "share of slots", "per 1000 instructions".
    level : int
        Level in the Top-Down tree; 0 for a metric outside of it. [1]
    parent : str
        Its parent in the tree; empty for a root.
    threshold : str
        Expression over metrics; where it holds, the metric deserves attention. Empty: never by itself.

    Examples
    --------
    >>> MetricDefinition("ipc", "instructions / clocks", "per clock").level
    0
    """

    name: str
    formula: str
    unit: str
    level: int = 0
    parent: str = ""
    threshold: str = ""


@dataclass(frozen=True, slots=True)
class MetricFile:
    """A metric-definition file that was read and found sound.

    Parameters
    ----------
    cpu : str
        Name of the CPU.
    identifiers : tuple of str
        Patterns of the identifiers that it gives itself, as in perf's and Intel's mapfile.csv.
    width : int
        Slots of a clock. [1]
    documents : tuple of str
        Documents that the formulas rest on: number, title, version.
    event_file : str
        Where the events are defined.
    event_file_version : str
        Version of that.
    events : mapping of str to str
        Alias -> name of the event, which is the column of a counter table.
    settings : mapping of str to str
        Alias -> column of a setting of the run, such as multithreading.
    metrics : mapping of str to MetricDefinition
        Name -> metric.

    Examples
    --------
    >>> zen = load_metric_file("zen4")
    >>> zen.width, zen.event_file_version, zen.metrics["retiring"].formula
    (6, 'v1', 'retired_ops / total_dispatch_slots if total_dispatch_slots > 0 else 0')
    """

    cpu: str
    identifiers: tuple[str, ...]
    width: int
    documents: tuple[str, ...]
    event_file: str
    event_file_version: str
    events: Mapping[str, str]
    settings: Mapping[str, str]
    metrics: Mapping[str, MetricDefinition]


def load_metric_file(cpu: str) -> MetricFile:
    """Metric file of a CPU that one is here for.

    Parameters
    ----------
    cpu : str
        One of `METRIC_FILES`.

    Returns
    -------
    MetricFile
        The file.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> load_metric_file("skylake_sp").metrics["fetch_bandwidth"].parent
    'frontend_bound'
    """
    if cpu not in METRIC_FILES:
        raise ValueError(f"no metric file for {cpu!r}, there are {', '.join(METRIC_FILES)}")
    return read_metric_file((_FOLDER / f"{cpu}.json").read_text(encoding="utf-8"))


def read_metric_file(text: str) -> MetricFile:
    """A metric file from its text.

    Parameters
    ----------
    text : str
        JSON.

    Returns
    -------
    MetricFile
        What it says.

    Raises
    ------
    ValueError
        If it is no JSON, or has problems; all are named.

    Examples
    --------
    >>> read_metric_file("{}")
    Traceback (most recent call last):
    ValueError: 7 problems: format is missing; cpu is missing; documents is missing; event_file is missing; ...
    """
    document = json.loads(text, object_pairs_hook=_object_without_doubles)
    problems = metric_file_problems(document)
    if problems:
        shown = "; ".join(problems[:4]) + ("; ..." if len(problems) > 4 else "")
        raise ValueError(f"{len(problems)} problem{'s' * (len(problems) > 1)}: {shown}")
    return MetricFile(
        cpu=document["cpu"]["name"],
        identifiers=tuple(document["cpu"]["identifiers"]),
        width=document["cpu"]["width"],
        documents=tuple(f"{one['id']}, {one['title']}, {one['version']}" for one in document["documents"]),
        event_file=document["event_file"]["name"],
        event_file_version=document["event_file"]["version"],
        events=document["events"],
        settings=document["settings"],
        metrics={one["name"]: MetricDefinition(**one) for one in document["metrics"]},
    )


def _object_without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; Python would silently keep the last of two equal keys."""
    keys = [key for key, _ in pairs]
    doubles = sorted({key for key in keys if keys.count(key) > 1})
    if doubles:
        raise ValueError(f"keys that are there twice: {', '.join(doubles)}")
    return dict(pairs)
