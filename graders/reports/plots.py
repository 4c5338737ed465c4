"""Plots as inline SVG, drawn by hand: nothing to load, nothing to run, and no text that shrinks with the screen.

Places along an axis are per cent of the width, heights are pixels, so a plot fills the line that it stands in and its
text keeps its size. Colours come from the page's style: the same plot is read by day, by night, and on grey paper.
Each has a title and a description for those who do not see it, and what it shows stands in a table beside it as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from graders.pages import visible
from graders.reports.page import percent

_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_BINS = 21  # twentieths, and one more for those who have it all
_PITCH_PX = 14  # what a dot takes in a pile
_HIGHEST = 14  # piles of more dots than this become bars
_AXIS_PX = 26
_ROW_PX = 44
_SPAN = 0.78  # of the width is for bars, the rest for what stands behind them
_LONGEST = {"long": 80, "short": 38}  # characters of a label on a screen, and on a phone


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar plot.

    Attributes
    ----------
    label : str
        What it is about; cut where it is too long, on a phone earlier.
    share : float
        Its length, of the whole axis. [1]
    note : str
        The number, as it is read, behind the bar.
    interval : tuple of float, or None
        Lower and upper end of what a whisker shows. [1]
    """

    label: str
    share: float
    note: str
    interval: tuple[float, float] | None = None


def bars(rows: Iterable[Bar], key: str, title: str, description: str, axis: bool = True) -> Markup:
    """Horizontal bars, one under the other, each below its label.

    Parameters
    ----------
    rows : iterable of Bar
        From top to bottom.
    key : str
        What ids on this page begin with.
    title, description : str
        Read out to those who do not see the plot.
    axis : bool
        Whether lengths are shares of something: then there is an axis in per cent.

    Returns
    -------
    Markup
        One `svg` element.
    """
    rows = tuple(rows)
    height = _ROW_PX * len(rows)
    shapes = [_grid(height)] if axis else []
    for number, row in enumerate(rows):
        shapes.append(_bar(row, _ROW_PX * number))
    return _svg(key, title, description, height + (_AXIS_PX if axis else 0), shapes)


def dots(rows: Iterable[Bar], key: str, title: str, description: str, ends: tuple[float, float]) -> Markup:
    """A dot with its whisker for each row, on an axis that may go below zero; a line stands at zero.

    Parameters
    ----------
    rows : iterable of Bar
        From top to bottom; `share` and `interval` are in the unit of the axis.
    key, title, description : str
        As for `bars`.
    ends : tuple of float
        Of the axis; a whisker that leaves it ends there.

    Returns
    -------
    Markup
        One `svg` element.
    """
    rows, (low, high) = tuple(rows), ends
    height = _ROW_PX * len(rows)

    def place(value: float) -> float:
        return _SPAN * (min(max(value, low), high) - low) / (high - low)

    ticks = [low + (high - low) * step / 4 for step in range(5)]
    shapes = [_reading(tick, place(tick), height) for tick in ticks]
    for number, row in enumerate(rows):
        shapes += [_behind(tick, place(tick), _ROW_PX * number) for tick in ticks]
        shapes.append(_dot(row, place, _ROW_PX * number))
    return _svg(key, title, description, height + _AXIS_PX, shapes)


def piles(shares: Mapping[str, float], median: float | None, key: str, title: str, description: str) -> Markup:
    """A dot for each student, piled up where several have about the same share.

    Parameters
    ----------
    shares : mapping of str to float
        By student. [1]
    median : float or None
        Marked by a line. [1]
    key, title, description : str
        As for `bars`.

    Returns
    -------
    Markup
        One `svg` element.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for student, share in sorted(shares.items(), key=lambda item: (item[1], item[0])):
        found[_bin(share)].append(student)
    highest = max((len(pile) for pile in found.values()), default=1)
    height = _PITCH_PX * min(highest, _HIGHEST) + 2 * _PITCH_PX
    draw = _dots if highest <= _HIGHEST else _pile
    shapes = [_scale(height)]
    for place, pile in sorted(found.items()):
        shapes.append(draw(place, pile, height, highest))
    if median is not None:
        shapes.append(_median(median, height))
    return _svg(key, title, description, height + _AXIS_PX, shapes)


# --- the pieces --------------------------------------------------------------------------------------------------


def _svg(key: str, title: str, description: str, height: float, shapes: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" width="100%" height="{height:g}" role="img" aria-labelledby="{key}-title" '
        'aria-describedby="{key}-description">\n<title id="{key}-title">{title}</title>\n'
        '<desc id="{key}-description">{description}</desc>\n{shapes}\n</svg>'
    ).format(
        key=key,
        height=height,
        title=visible(title),
        description=visible(description, 20_000),
        shapes=Markup("\n").join(shapes),
    )


def _bar(row: Bar, top: float) -> Markup:
    middle = top + 28
    shapes = [
        *(_text(label, 0, top + 15, name) for name, label in _cut(row.label).items()),
        _rect("track", 0, _SPAN, middle - 5, 10),
        _rect("value", 0, row.share * _SPAN, middle - 5, 10),
        *(_whisker(*row.interval, middle) if row.interval else ()),
        _text(row.note, _SPAN, middle + 4.5, "note", dx=8),
    ]
    return Markup("").join(shapes)


def _reading(tick: float, x: float, height: float) -> Markup:
    said = f"{tick:g}".replace("-", "\N{MINUS SIGN}")
    return _text(said, x, height + 18, f"axis {'middle' if x else 'start'}")


def _behind(tick: float, x: float, top: float) -> Markup:
    """A tick's line behind one row's whisker: it leaves the label above alone."""
    return _line("grid" if tick else "zero", x, x, top + 20, top + 36)


def _dot(row: Bar, place: Callable[[float], float], top: float) -> Markup:
    middle = top + 28
    low, high = row.interval or (row.share, row.share)
    shapes = [
        *(_text(label, 0, top + 15, name) for name, label in _cut(row.label).items()),
        *(_whisker(place(low) / _SPAN, place(high) / _SPAN, middle) if row.interval else ()),
        Markup('<circle cx="{x:.2f}%" cy="{y:g}" r="4.5"/>').format(x=100 * place(row.share), y=middle),
        _text(row.note, _SPAN, middle + 4.5, "note", dx=8),
    ]
    return Markup("").join(shapes)


def _cut(label: str) -> dict[str, str]:
    """The label by the class that shows it where it has room; one alone, if it has room everywhere."""
    if len(label) <= _LONGEST["short"]:
        return {"": label}
    return {name: label if len(label) <= most else f"{label[: most - 1].rstrip()}…" for name, most in _LONGEST.items()}


def _whisker(low: float, high: float, middle: float) -> Iterable[Markup]:
    """A line with ends, first as a halo that parts it from the bar beneath."""
    for name in ("halo", "whisker"):
        yield _line(name, low * _SPAN, high * _SPAN, middle, middle)
        for end in (low, high):
            yield _line(name, end * _SPAN, end * _SPAN, middle - 4, middle + 4)


def _grid(height: float) -> Markup:
    ticks = []
    for tick in _TICKS:
        ticks.append(_line("grid", tick * _SPAN, tick * _SPAN, 20, height))
        ticks.append(_tick(tick, tick * _SPAN, height))
    return Markup("").join(ticks)


def _bin(share: float) -> int:
    """Which twentieth a share falls into; a sum like 0.1 + 0.2 does not fall into the one below."""
    return min(int(share * (_BINS - 1) + 1e-9), _BINS - 1)


def _dots(place: int, pile: list[str], height: float, _: int) -> Markup:
    dot = Markup('<circle cx="{x:.2f}%" cy="{y:g}" r="5.5"><title>{student}</title></circle>')
    x = 100 * (place + 0.5) / _BINS
    return Markup("").join(
        dot.format(x=x, y=height - _PITCH_PX * (number + 0.5), student=visible(student, 80))
        for number, student in enumerate(pile)
    )


def _pile(place: int, pile: list[str], height: float, highest: int) -> Markup:
    tall = _PITCH_PX * _HIGHEST * len(pile) / highest
    bar = _rect("value", (place + 0.15) / _BINS, 0.7 / _BINS, height - tall, tall)
    return bar + _text(str(len(pile)), (place + 0.5) / _BINS, height - tall - 4, "middle")


def _median(median: float, height: float) -> Markup:
    x = median * (_BINS - 1) / _BINS
    side = "start" if median < 0.5 else "end"
    line = _line("median", x, x, 0, height)
    return line + _text(f"median {percent(median)}", x, 13, f"note {side}", dx=6 if median < 0.5 else -6)


def _scale(height: float) -> Markup:
    span = (_BINS - 1) / _BINS
    ticks = [_line("base", 0, 1, height, height)]
    for tick in _TICKS:
        x = tick * span if tick < 1 else 1 - 0.5 / _BINS
        ticks.append(_tick(tick, x, height))
    return Markup("").join(ticks)


def _tick(tick: float, x: float, height: float) -> Markup:
    return _text(percent(tick), x, height + 18, f"axis {'middle' if tick else 'start'}")


def _text(text: str, x: float, y: float, name: str = "", dx: float = 0) -> Markup:
    return Markup('<text class="{name}" x="{x:.2f}%" y="{y:g}" dx="{dx:g}">{text}</text>').format(
        name=name, x=100 * x, y=y, dx=dx, text=visible(text)
    )


def _line(name: str, x1: float, x2: float, y1: float, y2: float) -> Markup:
    return Markup('<line class="{name}" x1="{x1:.2f}%" x2="{x2:.2f}%" y1="{y1:g}" y2="{y2:g}"/>').format(
        name=name, x1=100 * x1, x2=100 * x2, y1=y1, y2=y2
    )


def _rect(name: str, x: float, width: float, y: float, height: float) -> Markup:
    return Markup('<rect class="{name}" x="{x:.2f}%" width="{width:.2f}%" y="{y:g}" height="{height:g}"/>').format(
        name=name, x=100 * x, width=100 * width, y=y, height=height
    )
