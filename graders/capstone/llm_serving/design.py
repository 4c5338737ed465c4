"""A design that meets a brief: choices by a stated rule, so that any brief has a right answer to hold others against.

The rule: the smallest replica that holds sixteen mean requests and reads its weights within half of the TPOT limit; the
largest batch that memory holds and whose step takes at most three quarters of that limit; the fewest spares that reach
the availability; as many hosts in a rack as it may power; and of all machines the one that costs least to own.
"""

from __future__ import annotations

from collections.abc import Mapping

from graders.capstone.graph import Graph
from graders.capstone.llm_serving.case import MACHINES, SIZES
from graders.capstone.records import Value

_BATCHES = (4, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192)
_HEADROOM = 0.1
_MOST_SPARES = 4


def designs(graph: Graph) -> dict[str, dict[str, Value]]:
    """The design of each machine that can keep the limits, the cheapest first, with all claims that follow.

    Parameters
    ----------
    graph : Graph
        Of the brief; one that has no budget yet is enough.

    Returns
    -------
    dict of str to dict
        Machine -> claim's id -> value.
    """
    made = {name: found for name in MACHINES if (found := designed(graph, name))}
    return dict(sorted(made.items(), key=lambda one: float(one[1]["cost.tco"])))  # type: ignore[arg-type]


def designed(graph: Graph, machine: str) -> dict[str, Value] | None:
    """The design with one machine.

    Parameters
    ----------
    graph : Graph
        Of the brief.
    machine : str
        One on offer.

    Returns
    -------
    dict of str to Value, or None
        None where no replica of it keeps the limits.
    """
    for size in SIZES:
        start: dict[str, Value] = {
            "hw.machine": machine,
            "par.tp": float(size),
            "mem.block_tokens": 16.0,
            "batching.slots": 4.0,
            "cap.headroom": _HEADROOM,
            "cap.spares": 1.0,
            "req.asked_metric": "TPOT",
        }
        shape = _light(graph, start)
        limit = _number(shape, "req.slo_tpot_p99")
        if _number(shape, "cap.max_concurrent") < 16 or _number(shape, "perf.fixed_step") > limit / 2:
            continue
        slots = _slots(shape, limit)
        for spares in range(1, _MOST_SPARES + 1):
            found = _full(graph, start, slots, spares)
            if found is None:
                break
            if _number(found, "fail.availability") >= _number(found, "req.slo_avail"):
                return found
    return None


def _slots(shape: Mapping[str, Value], limit_s: float) -> int:
    fixed, token = _number(shape, "perf.fixed_step"), _number(shape, "perf.token_step")
    most = min(_number(shape, "cap.max_concurrent"), (0.75 * limit_s - fixed) / token)
    return max([count for count in _BATCHES if count <= most], default=_BATCHES[0])


def _light(graph: Graph, start: Mapping[str, Value]) -> dict[str, Value]:
    """Claims up to the line of a step: no simulation."""
    found = dict(start) | graph.given(start["hw.machine"])
    for one in graph.index.pack.claims:
        if one.id == "perf.goodput":
            break
        if one.formula:
            found[one.id] = graph.value(one, found)
    return found


def _full(graph: Graph, start: Mapping[str, Value], slots: int, spares: int) -> dict[str, Value] | None:
    node_w = _number(graph.given(start["hw.machine"]), "hw.device_power") * 8 + _number(
        graph.brief.values, "pwr.host_power"
    )
    nodes = max(1, int(_number(graph.brief.values, "req.rack_limit") // node_w))
    chosen: dict[str, Value] = {**start, "batching.slots": float(slots), "cap.spares": float(spares),
                                "pwr.nodes_per_rack": float(nodes)}  # fmt: skip
    found, gaps = graph.filled(chosen)
    return None if "cost.tco" in gaps or "tail.ttft_p99" in gaps else found


def _number(values: Mapping[str, Value], name: str) -> float:
    value = values[name]
    assert isinstance(value, float)  # noqa: S101  the pack says so
    return value
