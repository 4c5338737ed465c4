r"""Metrics from counters, by a metric file; and refusing a file that was written for another machine.

Question
    Here are counts and a metric file. Do the two belong together, what are the metrics, and which of them matter?
Model
    .. math:: v_m = f_m(\text{counts}, v_{m'}, \dots), \qquad
        \mathrm{flag}(m) = \theta_m(v) \land \mathrm{flag}(\mathrm{parent}(m))

    Metrics are evaluated once each, the ones that others need first. A node of the tree is flagged where its own
    threshold expression holds and all its ancestors are flagged.
Assumes
    The counts are of one run, one row a workload, and the file was checked when it was read.
Breaks when
    The CPU, its stepping or the event file's version is another than the file's: the same name may then count
    something else, and nothing in the numbers shows it. Hence versions are compared before values.
Source
    Yasin, ISPASS 2014, pp. 35-44 (tree and thresholds); identifiers as in perf's and Intel's mapfile.csv.
Oracle
    Five metric files on 49 recorded counter sets of Intel, Arm and AMD, to 1e-9, and pmu-tools' flags; our functions
    written by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.m02_tools_methods.expression import evaluate_expression, names_in_expression
from reference_solutions.m02_tools_methods.metric_file import MetricFile
from reference_solutions.units import Array

__all__ = ["evaluate_metrics", "flagged_metrics", "require_measured_for"]


def require_measured_for(file: MetricFile, cpu_identifier: str, event_file_version: str) -> None:
    """Refuse counts of another CPU, or of events that another version defined.

    Parameters
    ----------
    file : MetricFile
        The metrics to be computed.
    cpu_identifier : str
        What the measured CPU calls itself, as perf prints it: "GenuineIntel-6-55-4".
    event_file_version : str
        Version of the event file that the counters were programmed from; "1.37" and "V1.37" are the same.

    Raises
    ------
    ValueError
        If one of the two differs; both sides are named.

    Examples
    --------
    >>> from reference_solutions.m02_tools_methods.metric_file import load_metric_file
    >>> skylake = load_metric_file("skylake_sp")
    >>> require_measured_for(skylake, "GenuineIntel-6-55-4", "V1.37")
    >>> require_measured_for(skylake, "GenuineIntel-6-8F-8", "1.37")
    Traceback (most recent call last):
    ValueError: counts of GenuineIntel-6-8F-8, but the metrics are for GenuineIntel-6-55-[01234] (Skylake-SP)
    """
    patterns = [pattern for identifier in file.identifiers for pattern in (identifier, f"{identifier}-*")]
    if not any(fnmatchcase(cpu_identifier, pattern) for pattern in patterns):
        raise ValueError(
            f"counts of {cpu_identifier}, but the metrics are for {' '.join(file.identifiers)} ({file.cpu})"
        )
    if event_file_version.lower().removeprefix("v") != file.event_file_version.lower().removeprefix("v"):
        raise ValueError(
            f"counts by version {event_file_version} of the events, "
            f"but the metrics are for version {file.event_file_version} of {file.event_file}"
        )


def evaluate_metrics(
    file: MetricFile, counters: Mapping[str, ArrayLike], names: Collection[str] = ()
) -> dict[str, Array]:
    """Metrics of all workloads.

    Parameters
    ----------
    file : MetricFile
        Their definitions.
    counters : mapping of str to (N,) array_like
        Name of an event or setting -> one value a workload; there may be more than are needed.
    names : collection of str
        Metrics that are wanted; all, if none is named. Events that none of them needs may be missing.

    Returns
    -------
    dict of str to (N,) ndarray
        The metrics, in the order of the file.

    Raises
    ------
    ValueError
        If a metric is unknown, or an event is missing; all that are missing are named.
    ZeroDivisionError
        If a formula divides by zero; the metric is named.

    Examples
    --------
    >>> from reference_solutions.m02_tools_methods.metric_file import load_metric_file
    >>> counts = {"CPU_CYCLES": [100, 100], "INST_RETIRED": [150, 50]}
    >>> evaluate_metrics(load_metric_file("neoverse_v2"), counts, ["ipc"])
    {'ipc': array([1.5, 0.5])}
    """
    unknown = [name for name in names if name not in file.metrics]
    if unknown:
        raise ValueError(f"{file.cpu} has no metric {', '.join(unknown)}")
    wanted = set(names or file.metrics)
    order = list(dict.fromkeys(needed for name in file.metrics if name in wanted for needed in _needed(file, name)))
    columns = {**file.events, **file.settings}
    aliases = {name for metric in order for name in names_in_expression(file.metrics[metric].formula)} & set(columns)
    missing = sorted(columns[alias] for alias in aliases if columns[alias] not in counters)
    if missing:
        raise ValueError(f"the counters lack {', '.join(missing)}")
    values: dict[str, Array] = {alias: np.asarray(counters[columns[alias]], dtype=float) for alias in aliases}
    values["width"] = np.asarray(file.width, dtype=float)
    for name in order:
        try:
            values[name] = evaluate_expression(file.metrics[name].formula, values)
        except ZeroDivisionError as failure:
            raise ZeroDivisionError(f"metric {name} of {file.cpu}: {failure}") from None
    return {name: values[name] for name in file.metrics if name in wanted}


def flagged_metrics(file: MetricFile, values: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.bool_]]:
    """Whether each node of the tree deserves attention, for each workload.

    Parameters
    ----------
    file : MetricFile
        Thresholds and tree.
    values : mapping of str to (N,) array_like
        Metrics; nodes without a value, or whose threshold needs one that is missing, are left out.

    Returns
    -------
    dict of str to (N,) ndarray of bool
        Flag of each node, in the order of the file.

    Examples
    --------
    Much micro-code makes even few retiring slots worth a look:

    >>> from reference_solutions.m02_tools_methods.metric_file import load_metric_file
    >>> flags = flagged_metrics(load_metric_file("skylake_sp"), {"retiring": 0.5, "heavy_operations": 0.2})
    >>> {name: bool(flag) for name, flag in flags.items()}
    {'retiring': True, 'heavy_operations': True}
    """
    flags: dict[str, NDArray[np.bool_]] = {}
    nodes = [metric for metric in file.metrics.values() if metric.threshold and metric.name in values]
    for metric in sorted(nodes, key=lambda metric: metric.level):
        known = all(name in values for name in names_in_expression(metric.threshold))
        if known and (not metric.parent or metric.parent in flags):
            own = evaluate_expression(metric.threshold, values) != 0
            flags[metric.name] = own & flags[metric.parent] if metric.parent else np.asarray(own)
    return {name: flags[name] for name in file.metrics if name in flags}


def _needed(file: MetricFile, name: str) -> Iterator[str]:
    """A metric and all that it needs, the ones that others need first; some more than once."""
    ordered: dict[str, None] = {}
    waiting = [name]
    while waiting:
        needed = [one for one in names_in_expression(file.metrics[waiting[-1]].formula) if one in file.metrics]
        unready = [one for one in needed if one not in ordered]
        if unready:
            waiting += unready
        else:
            ordered[waiting.pop()] = None
    yield from ordered
