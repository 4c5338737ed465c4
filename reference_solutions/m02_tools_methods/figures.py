r"""Figures as data: what a plot shows, before anything is drawn.

Question
    Does the picture show what the numbers say? A reader, and a machine, can only judge that from its axes, series and
    labels.
Model
    .. math:: \log P = \min(\log I + \log B,\; \log P_{peak})

    A figure is a plain object: a title, two axes with label, scale and limits, series of lines, points or bars with
    label and coordinates, marks, and what could not be shown. On logarithmic axes a roof is a polyline with a bend at
    the ridge, and slope one to its left. A kernel has a point for each level of memory, all at the same height: it has
    one performance, and as many intensities as there are levels. Stacked bars stand on each other, and end at 100 %.
Assumes
    Whoever draws it takes the object as it is.
Breaks when
    A value cannot be drawn (zero or NaN on a logarithmic axis, a negative share in a stack): it is named in
    `left_out`, never dropped in silence.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76, figure 1 (roofline); Yang, Kurth, Williams, CCPE 32(20),
    2020 (a point for each level); Yasin, ISPASS 2014, pp. 35-44 (stacked categories); the form of the object is ours.
Oracle
    Vertices by hand, points of every roof under the roofline's function, stacks that add up; a planted fault of each
    kind is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["bottleneck_figure", "figure_problems", "roofline_figure"]

_AXIS = {"label", "scale", "limits"}
_KINDS = ("line", "points", "bars")


def roofline_figure(
    kernels: Mapping[str, Sequence[Any]], peak_flops_per_s: float, bandwidths_bytes_per_s: Mapping[str, float]
) -> dict[str, Any]:
    """Hierarchical roofline plot: a roof for each level of memory, and each kernel with a point for each level.

    Parameters
    ----------
    kernels : mapping of str to sequence
        Columns with one row a kernel: `kernel` (its name), `flops_per_s` [flop/s], and for each level
        `<level>_bytes_per_s`, its traffic. [B/s]
    peak_flops_per_s : float
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : mapping of str to float
        Level of memory -> its bandwidth. [B/s]

    Returns
    -------
    dict
        `title`, `x`, `y`, `series` (a line for each level, points for each kernel, in the order of the levels that
        see its traffic), `marks` (ridges), `left_out` (names of kernels that a logarithmic axis cannot show).

    Examples
    --------
    >>> kernels = {"kernel": ["triad", "copy"], "flops_per_s": [0.8e9, 0.0], "DRAM_bytes_per_s": [8e9, 9e9]}
    >>> figure = roofline_figure(kernels, 100e9, {"DRAM": 10e9})
    >>> [(one["label"], one["kind"], one["x"]) for one in figure["series"]]
    [('DRAM', 'line', [0.05, 10.0, 20.0]), ('triad', 'points', [0.1])]
    >>> figure["marks"], figure["left_out"]
    ([{'label': 'DRAM', 'x': 10.0, 'y': 100000000000.0}], ['copy'])
    """
    points, left_out = [], []
    traffic = [kernels[f"{level}_bytes_per_s"] for level in bandwidths_bytes_per_s]
    for name, performance, *moved in zip(kernels["kernel"], kernels["flops_per_s"], *traffic, strict=True):
        intensities = [performance / rate for rate in moved if rate > 0]
        if performance > 0 and intensities:
            heights = [performance] * len(intensities)
            points.append({"label": name, "kind": "points", "x": intensities, "y": heights})
        else:
            left_out.append(name)  # a logarithmic axis has no zero, and no infinity
    ridges = {level: peak_flops_per_s / bandwidth for level, bandwidth in bandwidths_bytes_per_s.items()}
    shown = [*ridges.values(), *(x for one in points for x in one["x"])]
    left, right = min(shown) / 2, 2 * max(shown)
    roofs = []
    for level, bandwidth in bandwidths_bytes_per_s.items():
        heights = [left * bandwidth, peak_flops_per_s, peak_flops_per_s]
        roofs.append({"label": level, "kind": "line", "x": [left, ridges[level], right], "y": heights})
    heights = [y for one in [*roofs, *points] for y in one["y"]]
    return {
        "title": "Hierarchical roofline",
        "x": {"label": "operational intensity [flop/B]", "scale": "log", "limits": [left, right]},
        "y": {"label": "performance [flop/s]", "scale": "log", "limits": [min(heights) / 2, 2 * max(heights)]},
        "series": [*roofs, *points],
        "marks": [{"label": level, "x": ridge, "y": peak_flops_per_s} for level, ridge in ridges.items()],
        "left_out": left_out,
    }


def bottleneck_figure(shares: Mapping[str, Sequence[float]], workloads: Sequence[str]) -> dict[str, Any]:
    """Stacked bars in percent, one bar a workload and one layer a category, and a mark on each bottleneck.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        Category -> its share in each workload; `retiring` is one of them, and never a bottleneck. [1]
    workloads : sequence of str
        Names, in the order of the shares.

    Returns
    -------
    dict
        `title`, `x`, `y`, `series` (bars with the `base` that each stands on), `marks` (the middle of the largest
        layer of each bar, labelled with its category), `left_out` (workloads with a negative or unknown share, or
        whose shares do not add up to one within a thousandth).

    Examples
    --------
    >>> figure = bottleneck_figure({"retiring": [0.5, 0.9], "stalled": [0.5, 0.2]}, ["sort", "noisy"])
    >>> [(one["label"], one["x"], one["base"], one["y"]) for one in figure["series"]]
    [('retiring', ['sort'], [0.0], [50.0]), ('stalled', ['sort'], [50.0], [50.0])]
    >>> figure["marks"], figure["left_out"]
    ([{'label': 'stalled', 'x': 'sort', 'y': 75.0}], ['noisy'])
    """
    layers = {category: 100 * np.asarray(column, dtype=float) for category, column in shares.items()}
    total = sum(layers.values())
    drawable = np.min(list(layers.values()), axis=0) >= 0
    drawable &= np.abs(total - 100) <= 0.1  # neither holds for NaN
    names = [name for name, drawn in zip(workloads, drawable, strict=True) if drawn]
    series = []
    base = np.zeros(len(names))
    for category, layer in layers.items():
        height = layer[drawable]
        bars = {"x": list(names), "y": height.tolist(), "base": base.tolist()}
        series.append({"label": category, "kind": "bars", **bars})
        base = base + height
    marks = []
    for row, name in enumerate(names):
        worst = max((one for one in series if one["label"] != "retiring"), key=lambda one: one["y"][row])
        marks.append({"label": worst["label"], "x": name, "y": worst["base"][row] + worst["y"][row] / 2})
    return {
        "title": "Where the slots went",
        "x": {"label": "workload", "scale": "category", "limits": names},
        "y": {"label": "share of slots [%]", "scale": "linear", "limits": [0.0, 100.0]},
        "series": series,
        "marks": marks,
        "left_out": [name for name in workloads if name not in names],
    }


def figure_problems(figure: Mapping[str, Any]) -> list[str]:
    """What a reader of a figure would stumble over, one sentence each; empty if nothing.

    Parameters
    ----------
    figure : mapping
        A figure as `roofline_figure` and `bottleneck_figure` make it.

    Returns
    -------
    list of str
        Axes without label, unknown scales, series without label or with a label twice, coordinates that cannot be
        drawn or do not pair up, series outside of the limits, stacks that do not end at 100 %.

    Examples
    --------
    >>> kernels = {"kernel": ["triad"], "flops_per_s": [0.8e9], "DRAM_bytes_per_s": [8e9]}
    >>> figure = roofline_figure(kernels, 100e9, {"DRAM": 10e9})
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
    return problems + [f"the stack of {name} ends at {top:g} %" for name, top in height.items() if abs(top - 100) > 0.1]
