"""Figures that documents of the training use case may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from graders.capstone.prose import number
from graders.capstone.rendering.figures import Drawn, Figure, Mark, Row, tornado

_ROW_PX = 40
_WIDE = 0.8
"""Share of the width that the largest bar takes: a number stands behind it."""

_Part = tuple[str, float, tuple[str, ...]]
"""Name, size, and the claims that it is drawn from."""


def ledger(drawn: Drawn) -> Figure:
    """What a device's memory holds, beside what it has."""
    parts: tuple[_Part, ...] = (
        ("weights, gradients, optimizer", drawn.number("mem.state_bytes"), ("mem.state_bytes",)),
        ("activations", drawn.number("mem.activation_bytes"), ("mem.activation_bytes",)),
        ("working space", drawn.number("mem.working_bytes"), ("mem.working_bytes",)),
        ("together", drawn.number("mem.per_gpu"), ("mem.per_gpu",)),
        ("usable", drawn.number("hw.device_memory") * drawn.number("mem.utilisation"),
         ("hw.device_memory", "mem.utilisation")),
    )  # fmt: skip
    share = 100 * parts[3][1] / parts[4][1]
    return _bars(
        "ledger",
        "Memory of a device of the first stage",
        f"Bars of what it holds, and of what the job may use of it. Together they take {number(share)} % of that.",
        parts,
        1e9,
        "GB",
    )


def step(drawn: Drawn) -> Figure:
    """Where the time of a step goes."""
    micro_batches, slowest = drawn.number("par.micro_batches"), drawn.number("tail.straggler")
    whole, compute = drawn.number("perf.step"), micro_batches * drawn.number("perf.micro_compute")
    a_micro_batch = drawn.number("perf.micro_batch_time")
    turns = micro_batches * a_micro_batch
    with_bubble = turns / (1 - drawn.values["par.bubble"])  # type: ignore[operator]  # a number, if it has a time
    parts: tuple[_Part, ...] = (
        ("operations", compute, ("par.micro_batches", "perf.micro_compute")),
        ("activations on their way", turns - compute, ("par.micro_batches", "net.tp_time", "net.pp_time")),
        ("pipeline stands still", with_bubble - turns, ("par.bubble",)),
        ("waiting for the slowest", with_bubble * (slowest - 1), ("tail.straggler",)),
        ("gradients, optimizer", max(0.0, whole - with_bubble * slowest), ("net.dp_exposed", "perf.step_overhead")),
        ("a step", whole, ("perf.step",)),
    )
    return _bars(
        "step",
        "Time of a step",
        f"Bars of what a step is made of. Operations are {number(100 * compute / whole)} % of it.",
        parts,
        1.0,
        "s",
    )


def _bars(name: str, title: str, says: str, parts: Sequence[_Part], unit: float, symbol: str) -> Figure:
    largest = max(size for _, size, _ in parts)
    marks = [Mark("line", "base", 0, 0, 0, _ROW_PX * len(parts))]
    for place, (what, size, _) in enumerate(parts):
        top, end = _ROW_PX * place, _WIDE * size / largest
        marks.append(Mark("text", "", 0, top + 14, text=what))
        marks.append(Mark("bar", "value", 0, top + 20, end, top + 32))
        marks.append(Mark("text", "note", end + 0.012, top + 31, text=f"{number(size / unit)} {symbol}"))
    rows = tuple(Row(ids, (what, f"{number(size / unit)} {symbol}")) for what, size, ids in parts)
    return Figure(name, title, says, _ROW_PX * len(parts) + 6, tuple(marks), ("Part", "Size"), rows)


FIGURES: Mapping[str, Callable[[Drawn], Figure]] = MappingProxyType(
    {"ledger": ledger, "step": step, "tornado": tornado}
)
