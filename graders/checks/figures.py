"""Parts and properties of figures that are plain data, for `Equal(..., part=...)` and `Property(..., holds=...)`.

A figure is a dict: `title`; axes `x` and `y`, each with `label`, `scale` (`linear`, `log` or `category`) and `limits`;
`series`, each with `label`, `kind` (`line`, `points` or `bars`), `x` and `y`, bars with the `base` that they stand on;
`marks`, each with `label`, `x` and `y`. What does not change the picture does not change a part: the order of series
and points, further points on a straight line, the direction in which a line is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from graders.checks.properties import Predicate
from graders.checks.values import Pairs

Figure = Mapping[str, Any]
Floats = npt.NDArray[np.float64]

_DECIMALS = 9  # of slopes as they are seen
_STRAIGHT = 1e-6
"""Sine of an angle that nobody sees, and share of the picture's size that a point may lie beside a line."""


def series(kind: str, label: str | None = None, *, ends: bool = True) -> Callable[[Figure], object]:
    """A part: all series of one kind, or the one with this label.

    A line is its corners from left to right, points are sorted by x and y, a bar is its base and its height.

    Parameters
    ----------
    kind : str
        `line`, `points` or `bars`.
    label : str, optional
        Look at this series only.
    ends : bool
        Whether it matters where lines end; else a line is its slopes at both ends, and its corners in between.

    Returns
    -------
    callable
        Takes a figure; gives label -> form. A label that is there twice is no part of a figure.
    """

    def part(figure: Figure) -> object:
        chosen = [one for one in figure["series"] if one["kind"] == kind and label in (None, one["label"])]
        form = _FORMS[kind] if ends else _open_form
        found = {one["label"]: form(one, figure) for one in chosen}
        if len(found) < len(chosen) or (label is not None and not found):
            raise LookupError(f"{len(chosen)} series of kind {kind} have {len(found)} labels")
        return found

    return part


def marks(figure: Figure) -> object:
    """A part: what is marked where, by label."""
    found = {one["label"]: [one["x"], one["y"]] for one in figure["marks"]}
    if len(found) < len(figure["marks"]):
        raise LookupError("a mark's label is there twice")
    return found


def scales(figure: Figure) -> object:
    """A part: the scales of both axes."""
    return {name: figure[name]["scale"] for name in "xy"}


def labelled() -> Predicate:
    """Both axes have a label, every series has one, and none is there twice."""

    def holds(pairs: Pairs) -> bool:
        return all(_is_labelled(figure) for _, figure in pairs)

    return holds


def in_view() -> Predicate:
    """Every coordinate lies within its axis' limits, ends included, and a logarithmic axis starts above zero."""

    def holds(pairs: Pairs) -> bool:
        return all(_shows(figure, name) for _, figure in pairs for name in "xy")

    return holds


# --- forms of series ----------------------------------------------------------------------------------------


def _corners(line: Figure, figure: Figure) -> Floats:
    """The points where a line starts, turns and ends, from left to right."""
    points = _points(line)
    seen = _seen(points, figure)
    extent = np.ptp(seen, axis=0)
    seen = seen / np.where(extent > 0, extent, 1.0)
    apart = np.r_[True, np.any(np.abs(np.diff(seen, axis=0)) > _STRAIGHT**2, axis=1)]
    points, seen = points[apart], seen[apart]
    kept = _turns(seen)
    if not _lie_on(seen, kept):
        kept = np.arange(len(seen))  # it bends too gently for corners: all of its points are its form
    points = points[kept]
    return points if tuple(points[0]) <= tuple(points[-1]) else points[::-1]


def _open_form(line: Figure, figure: Figure) -> object:
    """A line that may be drawn further: its slopes as they are seen, and its corners; without corners, its height."""
    corners = _corners(line, figure)
    seen = _seen(corners, figure)
    (first_x, first_y), (last_x, last_y) = seen[1] - seen[0], seen[-1] - seen[-2]
    slopes = np.round([first_y / first_x, last_y / last_x], _DECIMALS)
    height = [] if len(corners) > 2 else [round(float(seen[0, 1] - slopes[0] * seen[0, 0]), _DECIMALS)]
    return {"slopes": slopes, "corners": corners[1:-1], "height": height}


def _turns(seen: Floats) -> npt.NDArray[np.intp]:
    """Places of the ends, and of the points where the direction changes."""
    steps = np.diff(seen, axis=0)
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    before, after = steps[:-1], steps[1:]
    sine = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turns = (np.abs(sine) > _STRAIGHT) | (np.sum(before * after, axis=1) < 0)
    return np.unique(np.r_[0, 1 + np.flatnonzero(turns), len(seen) - 1])


def _lie_on(seen: Floats, kept: npt.NDArray[np.intp]) -> bool:
    """Whether the points that were left out lie on the lines between those that were kept."""
    if len(kept) < 2:
        return True
    place = np.clip(np.searchsorted(kept, np.arange(len(seen)), side="right") - 1, 0, len(kept) - 2)
    start, end = seen[kept[place]], seen[kept[place + 1]]
    along, beside = end - start, seen - start
    area = along[:, 0] * beside[:, 1] - along[:, 1] * beside[:, 0]
    return bool(np.all(np.abs(area) <= _STRAIGHT * np.linalg.norm(along, axis=1)))


def _sorted_points(points: Figure, _figure: Figure) -> Floats:
    pairs = _points(points)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _bars(bars: Figure, _figure: Figure) -> object:
    found = {name: [base, height] for name, base, height in zip(bars["x"], bars["base"], bars["y"], strict=True)}
    if len(found) < len(bars["x"]):
        raise LookupError("a bar is there twice")
    return found


_FORMS: Mapping[str, Callable[[Figure, Figure], object]] = {"line": _corners, "points": _sorted_points, "bars": _bars}


def _points(one: Figure) -> Floats:
    points = np.column_stack([np.asarray(one[name], dtype=np.float64) for name in "xy"])
    if not len(points) or not np.all(np.isfinite(points)):
        raise ValueError("a series has no points, or one that cannot be drawn")
    return points


def _seen(points: Floats, figure: Figure) -> Floats:
    """Where points lie on the axes."""
    seen = points.copy()
    for column, name in enumerate("xy"):
        if figure[name]["scale"] == "log":
            if np.min(points[:, column]) <= 0:
                raise ValueError("a logarithmic axis has no zero")
            seen[:, column] = np.log10(points[:, column])
    return seen


# --- properties of a figure ---------------------------------------------------------------------------------------


def _is_labelled(figure: Any) -> bool:
    labels = [one["label"] for one in figure["series"]]
    texts = [*labels, *(figure[name]["label"] for name in "xy")]
    said = all(isinstance(text, str) and text.strip() for text in texts)
    return bool(labels) and said and len(set(labels)) == len(labels)


def _shows(figure: Any, name: str) -> bool:
    axis = figure[name]
    shown = [value for one in figure["series"] for value in one[name]]
    if axis["scale"] == "category":
        return set(shown) <= set(axis["limits"])
    low, high = (float(limit) for limit in axis["limits"])
    slack = 1e-9 * (abs(low) + abs(high))
    starts = low > 0 or axis["scale"] != "log"
    return starts and low < high and all(low - slack <= value <= high + slack for value in shown)
