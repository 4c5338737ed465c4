"""A design that meets a brief: choices by a stated rule, so that any brief has a right answer to hold others against.

The rule: eight-bit weights if they keep every limit, else four; the lowest confidence threshold that reaches the
accuracy; the slowest clock that keeps every limit with a margin; the largest first stage that exposes
few enough; the shortest watchdog that never interrupts an answer; and of all boards the one that costs least in a year.
"""

from __future__ import annotations

from collections.abc import Mapping

from graders.capstone.edge_deployment.case import BOARDS
from graders.capstone.expression import ExpressionError, evaluate
from graders.capstone.graph import Graph
from graders.capstone.pack import Target
from graders.capstone.records import Value

MARGIN = 1.06
"""Nothing that decides lies closer to its limit."""

_SCHEMES = ("int8", "int4")
_CLOCKS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
_FIRST = (0.02, 0.01, 0.005, 0.002, 0.001)
_WATCHDOGS = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
_QUEUE = 6.0


def designs(graph: Graph) -> dict[str, dict[str, Value]]:
    """The design of each board that keeps the limits, the cheapest first, with all claims that follow.

    Parameters
    ----------
    graph : Graph
        Of the brief; limits that it does not have yet are not looked at.

    Returns
    -------
    dict of str to dict
        Board -> claim's id -> value.
    """
    made = {name: found for name in BOARDS if (found := designed(graph, name))}
    return dict(sorted(made.items(), key=lambda one: float(one[1]["cost.device_year"])))  # type: ignore[arg-type]


def designed(graph: Graph, board: str, *, margin: float = MARGIN) -> dict[str, Value] | None:
    """The design with one board.

    Parameters
    ----------
    graph : Graph
        Of the brief.
    board : str
        One on offer.
    margin : float
        How far from each limit it must stay.

    Returns
    -------
    dict of str to Value, or None
        None where it keeps the limits at no clock.
    """
    for scheme in _SCHEMES:
        start = _chosen(graph, board, scheme, margin)
        for clock in _CLOCKS if start else ():
            found, gaps = graph.filled({**start, "perf.clock_share": clock})
            if not set(gaps) - _LATER and not missed(graph, found, margin):
                return found
    return None


_LATER = {"opt.baseline_p99", "opt.latency_p99", "opt.gain", "req.energy_limit", "req.battery_life",
          "req.budget_device_year"}  # fmt: skip
"""What a case lacks until it is priced, and what only a prototype gives."""


def _chosen(graph: Graph, board: str, scheme: str, margin: float) -> dict[str, Value]:
    """What does not depend on the clock; nothing where no choice keeps its limit."""
    base: dict[str, Value] = {"hw.machine": board, "quant.scheme": scheme, "sched.queue_frames": _QUEUE,
                              "perf.clock_share": 1.0}  # fmt: skip
    found = _tried(graph, base, "quant.drop_high")
    if _number(found, "quant.drop_high") * margin > _number(found, "req.drop_limit"):
        return {}
    for threshold in _THRESHOLDS:
        start = {**base, "fleet.threshold": threshold}
        found = _tried(graph, start, "fleet.accuracy")
        if (1 - _number(found, "fleet.accuracy")) * margin <= 1 - _number(found, "req.accuracy_floor"):
            break
    else:
        return {}
    share = next(
        (one for one in _FIRST
         if one * _number(graph.brief.values, "fleet.devices") * margin <= _number(found, "req.exposed_limit")), None,
    )  # fmt: skip
    answer_s = _number(_tried(graph, {**start, "perf.clock_share": _CLOCKS[0]}, "perf.answer_time"), "perf.answer_time")
    watchdog = next((one for one in _WATCHDOGS if one >= 2 * margin * answer_s), None)
    if share is None or watchdog is None:
        return {}
    return {**start, "fleet.first_share": share, "fail.watchdog": watchdog}


def _tried(graph: Graph, start: Mapping[str, Value], wanted: str) -> dict[str, Value]:
    """Claims that one of them needs, and nothing else."""
    found = dict(start) | graph.given(start["hw.machine"])
    needed = {wanted}
    for one in reversed(graph.index.pack.claims):
        if one.id in needed:
            needed |= set(one.inputs)
    for one in graph.index.pack.claims:
        if one.formula and one.id in needed:
            found[one.id] = graph.value(one, found)
    return found


def missed(graph: Graph, found: Mapping[str, Value], margin: float) -> list[str]:
    """Targets that these claims do not keep, or not by so much; those that lack a claim are not looked at."""
    return [one.id for one in graph.index.pack.targets if not _is_kept(one, found, margin)]


def _is_kept(target: Target, found: Mapping[str, Value], margin: float) -> bool:
    sign = " <= " if " <= " in target.holds else " >= "
    try:
        left, right = (float(evaluate(side, found)) for side in target.holds.split(sign))
    except ExpressionError:
        return True
    if sign == " >= ":
        left, right = right, left
    if target.id in _NEAR_ONE:
        left, right = 1 - right, 1 - left  # what is missing to one
    room = 1.0 + (margin - 1) / 4 if target.id in _DEGREES else margin
    return left * room <= right or left <= right == 0


_DEGREES = ("skin", "junction")
_NEAR_ONE = ("accuracy", "availability")


def _number(values: Mapping[str, Value], name: str) -> float:
    value = values[name]
    assert isinstance(value, float)  # noqa: S101  the pack says so
    return value
