"""A design that meets a brief: choices by a stated rule, so that any brief has a right answer to hold others against.

The rule: layers over all devices of a host, with sequence parallelism and ZeRO 1; the fewest stages that hold the model
with selective recomputation, with none if that fits as well, with full if nothing else does; two pieces a stage where
they fit; the fewest replicas that meet the deadline with six per cent to spare; Daly's interval; as few spares, hosts
for research and kept checkpoints as targets allow; as many hosts in a rack as it may power and cool; and of all
machines the one whose run costs least.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from graders.capstone.graph import Graph, NoValueError
from graders.capstone.records import Value
from graders.capstone.training_cluster.case import MACHINES

ROOM = 1.06
"""Nothing that the rule settles lies closer to its limit."""

_STAGES = (1, 2, 4, 8, 16)
_TENSOR = 8.0
_MOST_SPARES, _MOST_RESEARCH = 60, 80
_WITHOUT_SIMULATION = ("sched.", "pwr.", "cost.", "therm.", "val.", "sens.", "opt.", "data.")


def designs(graph: Graph) -> dict[str, dict[str, Value]]:
    """The design of each machine that can keep the limits, the cheapest run first, with all claims that follow.

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
    return dict(sorted(made.items(), key=lambda one: _number(one[1], "cost.run")))


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
        None where no plan of it keeps the limits.
    """
    start: dict[str, Value] = {
        "hw.machine": machine,
        "par.tp": _TENSOR,
        "par.micro_batch": 1.0,
        "par.sequence_parallel": "yes",
        "mem.zero_stage": 1.0,
        "sched.policy": "backfill",
        "sched.research_nodes": float(_research(graph)),
        "cap.spares": 0.0,
        "ckpt.interval": 3600.0,
        "ckpt.kept": 1.0,
    }
    for plan in _plans(graph, start):
        shape = _light(graph, start | plan)
        if shape is not None and _fits(shape) and _is_in_time(shape):
            return _full(graph, start | plan, shape)
    return None


def _plans(graph: Graph, start: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """Plans in the order in which the rule prefers them."""
    layers, batch = (int(_number(graph.brief.values, name)) for name in ("model.layers", "wl.batch"))
    shares = [count for count in range(1, batch + 1) if batch % count == 0]
    for recompute, stages in (*itertools.product(("selective",), _STAGES), *itertools.product(("full",), _STAGES)):
        many = dict[str, Value]({"par.pp": float(stages), "par.pieces": 1.0, "mem.recompute": recompute})
        if layers % stages or not _would_fit(graph, {**start, **many, "par.dp": float(batch)}):
            continue
        kinds = ("none", recompute) if recompute == "selective" else (recompute,)
        for dp in (count for count in shares if batch // count >= stages):
            if _is_hopeless(graph, {**start, **many, "par.dp": float(dp)}):
                continue
            for kind, pieces in itertools.product(kinds, (2, 1)):
                if pieces == 1 or (stages > 1 and layers % (2 * stages) == 0 and batch // dp % stages == 0):
                    yield {**many, "mem.recompute": kind, "par.pieces": float(pieces), "par.dp": float(dp)}


def _would_fit(graph: Graph, start: Mapping[str, Value]) -> bool:
    shape = _light(graph, start)
    return shape is not None and _fits(shape)


def _is_hopeless(graph: Graph, start: Mapping[str, Value]) -> bool:
    """Whether a plan is so late that neither two pieces nor less recomputation make up for it."""
    shape = _light(graph, start)
    return shape is not None and _number(shape, "train.time_wall") > 1.5 * _number(shape, "req.deadline")


def _fits(shape: Mapping[str, Value]) -> bool:
    return _number(shape, "mem.per_gpu") * 1.02 <= _number(shape, "hw.device_memory") * _number(
        shape, "mem.utilisation"
    )


def _is_in_time(shape: Mapping[str, Value]) -> bool:
    return _number(shape, "train.time_wall") * ROOM <= _number(shape, "req.deadline")


def _research(graph: Graph) -> int:
    """The fewest hosts with which the other jobs do not wait too long."""
    required, values = graph.index.required["sched.gang_wait_p90"], dict(graph.brief.values)
    for hosts in range(1, _MOST_RESEARCH):
        tried = {**values, "sched.research_nodes": float(hosts), "sched.policy": "backfill"}
        try:
            wait_s = graph.value(required, tried)
        except NoValueError:
            continue  # the largest job does not fit
        if isinstance(wait_s, float) and wait_s * ROOM <= _number(values, "req.gang_wait_p90"):
            return hosts
    return _MOST_RESEARCH


def _light(graph: Graph, start: Mapping[str, Value]) -> dict[str, Value] | None:
    """Claims of a plan without those that need a simulation, its checkpoints at Daly's interval."""
    found = dict(start) | graph.given(start["hw.machine"])
    for one in graph.index.pack.claims:
        if not one.formula or one.id.startswith(_WITHOUT_SIMULATION):
            continue
        try:
            found[one.id] = graph.value(one, found)
        except NoValueError:
            return None
        if one.id == "ckpt.daly_interval":
            found["ckpt.interval"] = float(f"{_number(found, 'ckpt.daly_interval'):.2g}")
    return found


def _full(graph: Graph, start: Mapping[str, Value], shape: Mapping[str, Value]) -> dict[str, Value] | None:
    given = graph.given(start["hw.machine"])
    host_w = _number(given, "hw.device_power") * _number(given, "hw.host_devices") + _number(given, "pwr.host_power")
    cooled_w = (
        _number(given, "req.flow_limit") * _number(given, "therm.heat_capacity") * _number(given, "therm.coolant_rise")
    )
    interval_s = _number(shape, "ckpt.interval")
    kept = math.ceil(_number(given, "req.history") * 3600 / (interval_s + _number(shape, "ckpt.time")))
    choices: dict[str, Value] = {
        **start,
        "ckpt.interval": interval_s,
        "ckpt.kept": float(kept),
        "cap.spares": float(_spares(graph, shape)),
        "pwr.nodes_per_rack": float(max(1, int(min(_number(given, "req.rack_limit"), cooled_w) / 1.01 // host_w))),
    }
    found, gaps = graph.filled(choices)
    return None if "cost.run" in gaps or "val.points" in gaps else found


def _spares(graph: Graph, shape: Mapping[str, Value]) -> int:
    required = graph.index.required["fail.full_strength"]
    for spares in range(_MOST_SPARES):
        share = graph.value(required, {**shape, "cap.spares": float(spares)})
        if isinstance(share, float) and 1 - share <= (1 - _number(shape, "req.full_strength")) / 1.1:
            return spares
    return _MOST_SPARES


def _number(values: Mapping[str, Value], name: str) -> float:
    value = values[name]
    assert isinstance(value, float)  # noqa: S101  the pack says so
    return value
