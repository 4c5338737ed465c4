r"""Figures as data: what a plot shows, before anything is drawn.

Question
    Does the picture show what the numbers say? A reader, and a machine, can only judge that from its axes, series and
    labels.
Model
    .. math:: \log P = \min(\log I + \log B,\; \log P_{peak})

    A figure is a plain object: a title, two axes with label, scale and limits, series of lines, points or bars with
    label and coordinates, marks, and what could not be shown. On logarithmic axes a roof is a polyline with a bend at
    the ridge, and slope one to its left. Stacked bars stand on each other, and end at 100 %.
Assumes
    Whoever draws it takes the object as it is.
Breaks when
    A value cannot be drawn (zero or NaN on a logarithmic axis, a negative share in a stack): it is named in
    `left_out`, never dropped in silence.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76, figure 1 (roofline); Yasin, ISPASS 2014, pp. 35-44
    (stacked categories); the form of the object is ours.
Oracle
    Vertices by hand, points of every roof under the roofline's function, stacks that add up; a planted fault of each
    kind is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["figure_problems", "roofline_figure", "stacked_figure"]

_AXIS = {"label", "scale", "limits"}
_KINDS = ("line", "points", "bars")


def roofline_figure(
    kernels: Mapping[str, tuple[float, float]],
    peak_flops_per_s: float,
    bandwidths_bytes_per_s: Mapping[str, float],
    ceilings_flops_per_s: Mapping[str, float] | None = None,
    title: str = "Roofline",
) -> dict[str, Any]:
    """Roofline plot: one roof a level of memory, lower ceilings, ridges, kernels.

    Parameters
    ----------
    kernels : mapping of str to tuple of float and float
        Kernel -> intensity [flop/B] and measured performance [flop/s].
    peak_flops_per_s : float
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : mapping of str to float
        Level of memory -> its bandwidth. [B/s]
    ceilings_flops_per_s : mapping of str to float, optional
        What is left of the peak -> how much. [flop/s]
    title : str
        Title of the figure.

    Returns
    -------
    dict
        `title`, `x`, `y`, `series` (roofs, ceilings, kernels), `marks` (ridges), `left_out` (names of kernels that a
        logarithmic axis cannot show).

    Raises
    ------
    ValueError
        If there is no level, a figure of the machine is not positive, or a ceiling is above the peak.

    Examples
    --------
    >>> figure = roofline_figure({"triad": (0.1, 0.8e9)}, 100e9, {"DRAM": 10e9})
    >>> [(one["label"], one["kind"], one["x"]) for one in figure["series"]]
    [('DRAM', 'line', [0.01, 10.0, 100.0]), ('triad', 'points', [0.1])]
    >>> figure["marks"]
    [{'label': 'ridge of DRAM', 'x': 10.0, 'y': 100000000000.0}]
    """
    ceilings = ceilings_flops_per_s or {}
    speeds = [peak_flops_per_s, *bandwidths_bytes_per_s.values(), *ceilings.values()]
    if not bandwidths_bytes_per_s or not all(speed > 0 for speed in speeds):
        raise ValueError("a roofline has a level of memory, and its speeds are positive")
    if any(speed > peak_flops_per_s for speed in ceilings.values()):
        raise ValueError("no ceiling is above the peak")
    shown = {name: at for name, at in kernels.items() if all(0 < value < np.inf for value in at)}
    ridges = {level: peak_flops_per_s / speed for level, speed in bandwidths_bytes_per_s.items()}
    intensities = [*ridges.values(), *(intensity for intensity, _ in shown.values())]
    lowest = float(10 ** np.floor(np.log10(min(intensities) / 2)))  # whole decades, nothing on the frame
    highest = float(10 ** np.ceil(np.log10(max(intensities) * 2)))
    roofs = {
        level: ([lowest, ridges[level], highest], [lowest * speed, peak_flops_per_s, peak_flops_per_s])
        for level, speed in bandwidths_bytes_per_s.items()
    }
    fastest = max(bandwidths_bytes_per_s.values())
    lower = {name: ([max(lowest, speed / fastest), highest], [speed, speed]) for name, speed in ceilings.items()}
    series: list[dict[str, Any]] = [
        {"label": name, "kind": "line", "x": x, "y": y} for name, (x, y) in [*roofs.items(), *lower.items()]
    ]
    series += [{"label": name, "kind": "points", "x": [x], "y": [y]} for name, (x, y) in shown.items()]
    heights = [height for one in series for height in one["y"]]
    return {
        "title": title,
        "x": {"label": "operational intensity [flop/B]", "scale": "log", "limits": [lowest, highest]},
        "y": {"label": "performance [flop/s]", "scale": "log", "limits": [min(heights) / 2, 2 * max(heights)]},
        "series": series,
        "marks": [{"label": f"ridge of {level}", "x": at, "y": peak_flops_per_s} for level, at in ridges.items()],
        "left_out": [name for name in kernels if name not in shown],
    }


def stacked_figure(
    shares: Mapping[str, Sequence[float]], workloads: Sequence[str], title: str = "Top-Down"
) -> dict[str, Any]:
    """Stacked bars: one bar a workload, one layer a category, in percent.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        Category -> its share in each workload. [1]
    workloads : sequence of str
        Names, in the order of the shares.
    title : str
        Title of the figure.

    Returns
    -------
    dict
        `title`, `x`, `y`, `series` (bars with the `base` that each stands on), `marks`, `left_out` (workloads with a
        negative or unknown share, or whose shares do not add up to one within a millionth).

    Raises
    ------
    ValueError
        If a category has another number of shares than there are workloads.

    Examples
    --------
    >>> figure = stacked_figure({"retiring": [0.5, 0.9], "stalled": [0.5, 0.2]}, ["sort", "noisy"])
    >>> [(one["label"], one["x"], one["base"], one["y"]) for one in figure["series"]]
    [('retiring', ['sort'], [0.0], [50.0]), ('stalled', ['sort'], [50.0], [50.0])]
    >>> figure["left_out"]
    ['noisy']
    """
    if not all(len(column) == len(workloads) for column in shares.values()):
        raise ValueError("each category has one share a workload")
    table = 100 * np.array([list(column) for column in shares.values()], dtype=float).reshape(len(shares), -1)
    drawable = np.all(table >= 0, axis=0) & (np.abs(np.sum(table, axis=0) - 100) <= 1e-4)
    names = [name for name, drawn in zip(workloads, drawable, strict=True) if drawn]
    layers = table[:, drawable]
    bases = np.cumsum(layers, axis=0) - layers
    return {
        "title": title,
        "x": {"label": "workload", "scale": "category", "limits": names},
        "y": {"label": "share of slots [%]", "scale": "linear", "limits": [0.0, 100.0]},
        "series": [
            {"label": category, "kind": "bars", "x": list(names), "y": layer.tolist(), "base": base.tolist()}
            for category, layer, base in zip(shares, layers, bases, strict=True)
        ],
        "marks": [],
        "left_out": [name for name in workloads if name not in names],
    }


def figure_problems(figure: Mapping[str, Any]) -> list[str]:
    """What a reader of a figure would stumble over, one sentence each; empty if nothing.

    Parameters
    ----------
    figure : mapping
        A figure as `roofline_figure` and `stacked_figure` make it.

    Returns
    -------
    list of str
        Axes without label, unknown scales, series without label or with a label twice, coordinates that cannot be
        drawn or do not pair up, series outside of the limits, stacks that do not end at 100 %.

    Examples
    --------
    >>> figure = roofline_figure({"triad": (0.1, 0.8e9)}, 100e9, {"DRAM": 10e9})
    >>> figure["x"]["scale"] = "linear"
    >>> figure["series"][1]["label"] = "DRAM"
    >>> figure_problems(figure)
    ['x is linear and y is log: a roof is no polyline', 'the label DRAM is there twice']
    """
    problems = [f"no {part}" for part in ("title", "series") if not figure.get(part)]
    axes = {name: figure.get(name, {}) for name in "xy"}
    for name, axis in axes.items():
        if not set(axis) >= _AXIS or not axis["label"]:
            problems.append(f"{name} has no label, scale or limits")
        elif axis["scale"] not in ("log", "linear", "category"):
            problems.append(f"{name} has the unknown scale {axis['scale']}")
        elif axis["scale"] == "log" and not min(axis["limits"]) > 0:
            problems.append(f"{name} is logarithmic and starts at {min(axis['limits']):g}")
    if problems:
        return problems
    if (axes["x"]["scale"] == "log") != (axes["y"]["scale"] == "log"):
        problems.append(f"x is {axes['x']['scale']} and y is {axes['y']['scale']}: a roof is no polyline")
    labels = [one.get("label", "") for one in figure["series"]]
    problems += [f"the label {label} is there twice" for label in dict.fromkeys(labels) if labels.count(label) > 1]
    for one in figure["series"]:
        problems += _series_problems(one, axes)
    return problems + _stack_problems(figure["series"])


def _series_problems(series: Mapping[str, Any], axes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    label, kind = series.get("label") or "a series", series.get("kind")
    problems = [] if series.get("label") else ["a series has no label"]
    if kind not in _KINDS:
        problems.append(f"{label} is of the unknown kind {kind}")
    if len(series.get("x", [])) != len(series.get("y", [])):
        return [*problems, f"{label} has {len(series.get('x', []))} x and {len(series.get('y', []))} y"]
    for name, axis in axes.items():
        if axis["scale"] == "category":
            outside = [value for value in series[name] if value not in axis["limits"]]
        else:
            lowest, highest = axis["limits"]
            slack = 1e-9 * (abs(highest) + abs(lowest))
            outside = [value for value in series[name] if not lowest - slack <= value <= highest + slack]
        if outside:
            problems.append(f"{label} has {name} = {outside[0]}, which the axis does not show")
    return problems


def _stack_problems(series: Sequence[Mapping[str, Any]]) -> list[str]:
    """Bars that do not stand on each other, or do not end at 100 %."""
    height: dict[Any, float] = {}
    problems = []
    for one in series:
        if one.get("kind") != "bars":
            continue
        for name, base, share in zip(one["x"], one.get("base", []), one["y"], strict=False):
            if abs(base - height.get(name, 0.0)) > 1e-6:
                problems.append(
                    f"{one['label']} of {name} starts at {base:g} %, the stack is at {height.get(name, 0):g} %"
                )
            height[name] = base + share
    return problems + [
        f"the stack of {name} ends at {top:g} %" for name, top in height.items() if abs(top - 100) > 1e-4
    ]
