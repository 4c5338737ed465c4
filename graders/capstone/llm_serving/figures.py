"""Figures that documents of the serving use case may ask for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

from graders.capstone.prose import number
from graders.capstone.rendering.figures import Drawn, Figure, Mark, Row, decades, logarithmic, tornado

_HEIGHT_PX, _AXIS_PX, _MOST_LABELS = 300, 44, 8
_Place = Callable[[float, float], tuple[float, float]]
"""Intensity and rate -> share of the width, and pixels from the top."""
_UP = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def roofline(drawn: Drawn) -> Figure:
    """What a replica may reach at each intensity, and where its two phases lie."""
    peak, bandwidth = drawn.number("perf.replica_flops"), drawn.number("perf.replica_bandwidth")
    ridge = peak / bandwidth
    points = (
        ("decode", drawn.number("roof.arith_intensity_decode"), _written(drawn),
         ("roof.arith_intensity_decode", "perf.tokens_per_s_per_gpu", "par.tp", "model.token_flops")),
        ("prefill", drawn.number("roof.arith_intensity_prefill"), _read(drawn),
         ("roof.arith_intensity_prefill", "wl.prompt_tokens_mean", "perf.prefill_time", "model.token_flops")),
    )  # fmt: skip
    across = decades(min(ridge, *(one[1] for one in points)) / 2, max(ridge, *(one[1] for one in points)) * 2)
    up = decades(min(one[2] for one in points) / 3, peak * 1.2)

    def place(intensity: float, rate: float) -> tuple[float, float]:
        return logarithmic(intensity, across), _HEIGHT_PX * (1 - logarithmic(rate, up))

    marks = [*_grid(across, up), *_roof(peak, bandwidth, across, up, place)]
    for line, (name, intensity, rate, _) in enumerate(points, 1):
        x, y = place(intensity, rate)
        marks.append(Mark("dot", "value", x, y))
        marks.append(Mark("text", "note", min(max(x, 0.1), 0.9), y + 5 + 17 * line, text=name, anchor="middle"))
    rows = [
        Row(("perf.replica_bandwidth",), ("roof left of the ridge", "", f"{number(bandwidth)} B/s")),
        Row(("perf.replica_flops", "perf.replica_bandwidth"), ("ridge", number(ridge), number(peak))),
        *(Row(ids, (name, number(intensity), number(rate))) for name, intensity, rate, ids in points),
    ]
    lie = "; ".join(
        f"{name}, at {number(intensity)} flop/B, reaches {number(100 * rate / min(peak, intensity * bandwidth))} %"
        for name, intensity, rate, _ in points
    )
    return Figure(
        "roofline",
        "Roofline of a replica",
        "Operations a second over operations a byte, both axes logarithmic. The roof rises with the intensity up to the"
        f" ridge at {number(ridge)} flop/B and is level from there. Of the roof above it, {lie}. Decode writes full"
        " batches, prefill reads a mean prompt.",
        _HEIGHT_PX + _AXIS_PX,
        tuple(marks),
        ("What", "Intensity [flop/B]", "Operations a second [flop/s]"),
        tuple(rows),
    )


def _written(drawn: Drawn) -> float:
    return drawn.number("perf.tokens_per_s_per_gpu") * drawn.number("par.tp") * drawn.number("model.token_flops")


def _read(drawn: Drawn) -> float:
    tokens = drawn.number("wl.prompt_tokens_mean")
    return tokens * drawn.number("model.token_flops") / drawn.number("perf.prefill_time")


def _grid(across: tuple[int, ...], up: tuple[int, ...]) -> list[Mark]:
    marks = []
    for power in _labelled(across):
        x = logarithmic(10.0**power, across)
        marks.append(Mark("line", "grid", x, 0, x, _HEIGHT_PX))
        side = "start" if power == across[0] else "end" if power == across[-1] else "middle"
        marks.append(Mark("text", "axis", x, _HEIGHT_PX + 18, text=_power(power), anchor=side))  # type: ignore[arg-type]
    for power in _labelled(up):
        y = _HEIGHT_PX * (1 - logarithmic(10.0**power, up))
        marks.append(Mark("line", "grid", 0, y, 1, y))
        if power != up[0]:
            marks.append(Mark("text", "axis", 0, y + 15, text=_power(power) + (" flop/s" if power == up[-1] else "")))
    marks.append(Mark("text", "axis", 0.5, _HEIGHT_PX + 38, text="intensity [flop/B]", anchor="middle"))
    return marks


def _roof(peak: float, bandwidth: float, across: tuple[int, ...], up: tuple[int, ...], place: _Place) -> list[Mark]:
    ridge, low = peak / bandwidth, max(10.0 ** across[0], 10.0 ** up[0] / bandwidth)
    corners = [place(low, low * bandwidth), place(ridge, peak), place(10.0 ** across[-1], peak)]
    return [Mark("line", "roof", *one, *other) for one, other in itertools.pairwise(corners)]


def _labelled(powers: tuple[int, ...]) -> tuple[int, ...]:
    """Those that have room for a label."""
    return powers[:: -(-len(powers) // _MOST_LABELS)]


def _power(power: int) -> str:
    return f"10{str(power).translate(_UP)}"


FIGURES: Mapping[str, Callable[[Drawn], Figure]] = MappingProxyType({"roofline": roofline, "tornado": tornado})
