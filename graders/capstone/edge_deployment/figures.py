"""Figures that documents of the edge use case may ask for: bars against a limit, and the tornado."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from graders.capstone.prose import number
from graders.capstone.rendering.figures import Drawn, Figure, Mark, Row, tornado, value_of

_ROW_PX, _BAR_PX, _WIDEST = 40, 12, 0.8

_Bar = tuple[str, float, tuple[str, ...]]
"""What a bar is of, its length, and the claims that it is drawn from."""


def latency(drawn: Drawn) -> Figure:
    """Percentiles of a frame, with and without other work, against the limit."""
    bars = [
        _bar(drawn, "median", "tail.latency_p50"),
        _bar(drawn, "90th percentile", "tail.latency_p90"),
        _bar(drawn, "99th percentile, no other work", "tail.latency_p99_alone"),
        _bar(drawn, "99th percentile", "tail.latency_p99"),
    ]
    limit = drawn.number("req.latency_p99")
    lies = [f"{label} {number(1000 * length)} ms" for label, length, _ in bars]
    says = (
        f"Bars of latency from the camera to the answer, and a line at the limit of {number(1000 * limit)} ms:"
        f" {'; '.join(lies)}."
    )
    return _against(drawn, "latency", "Latency of a frame", says, bars, ("limit", limit, "req.latency_p99"))


def power(drawn: Drawn) -> Figure:
    """What the board draws, and what it may draw for ever."""
    serving = drawn.number("pwr.steady") - drawn.number("pwr.idle")
    bars = [
        _bar(drawn, "rest", "pwr.idle"),
        ("frames", serving, ("pwr.steady", "pwr.idle")),
        _bar(drawn, "leakage", "pwr.leakage_warm"),
        _bar(drawn, "all under the trace", "pwr.mean"),
        _bar(drawn, "all while a frame is served", "pwr.active"),
    ]
    limit = drawn.number("therm.sustained")
    lies = [f"{label} {number(length)} W" for label, length, _ in bars]
    says = (
        f"Bars of power, and a line at the {number(limit)} W that may be drawn for ever in the hottest surroundings:"
        f" {'; '.join(lies)}."
    )
    return _against(drawn, "power", "Power of the board", says, bars, ("sustained", limit, "therm.sustained"))


def _bar(drawn: Drawn, label: str, claim: str) -> _Bar:
    return label, drawn.number(claim), (claim,)


def _against(
    drawn: Drawn, name: str, title: str, says: str, bars: Sequence[_Bar], limit: tuple[str, float, str]
) -> Figure:
    """Bars from the left edge, and a line across them at a limit."""
    word, most, claim = limit
    span = _WIDEST / max(most, *(length for _, length, _ in bars))
    height = _ROW_PX * len(bars)
    marks = [Mark("line", "base", 0, 0, 0, height), Mark("line", "roof", span * most, 0, span * most, height)]
    rows = []
    for place, (label, length, claims) in enumerate(bars):
        top, end = _ROW_PX * place, span * length
        marks.append(Mark("text", "", 0.008, top + 14, text=label))
        marks.append(Mark("bar", "value" if length <= most else "other", 0, top + 20, end, top + 20 + _BAR_PX))
        shown = value_of(drawn, claims[0]) if len(claims) == 1 else f"{number(length)} W"
        marks.append(Mark("text", "note", end + 0.012, top + 31, text=shown))
        rows.append(Row(claims, (label, shown)))
    marks.append(Mark("text", "note", span * most + 0.012, 14, text=word))
    rows.append(Row((claim,), (word, value_of(drawn, claim))))
    return Figure(name, title, says, height + 6, tuple(marks), ("What", "Value"), tuple(rows))


FIGURES: Mapping[str, Callable[[Drawn], Figure]] = MappingProxyType(
    {"latency": latency, "power": power, "tornado": tornado}
)
