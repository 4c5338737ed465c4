"""Personal briefs of the training use case: for everybody clear and within reach, and not the same for all.

Student id and course salt choose a machine, then one of the `CASES` in which that machine is the right one, and the
level of all prices. A case is taken if `clear` says that nothing in it is a matter of rounding among designs by one
rule (`design`). With other plans another machine may come near.
"""

from __future__ import annotations

from collections.abc import Mapping

from graders.capstone.graph import Graph, NoValueError
from graders.capstone.pack import PackIndex
from graders.capstone.pricing import repriced
from graders.capstone.records import Brief, Value
from graders.capstone.rolling import rolled
from graders.capstone.training_cluster.case import SIZES, bench_of, machines_of, name_of, trace_of, values_of
from graders.capstone.training_cluster.cases import CASES
from graders.capstone.training_cluster.design import designs
from graders.capstone.training_cluster.pack import PACK

BUDGET_ROOM = 1.12
"""The budget is so much above what the right design costs: a tenth for another taste, not for another machine."""

_POWER_ROOM = 1.08
_MARGIN = 1.06
"""Nothing that decides lies closer to its limit."""


def brief(student: str, salt: str) -> Brief:
    """The brief of one student.

    Parameters
    ----------
    student : str
        Id.
    salt : str
        The course's.

    Returns
    -------
    Brief
    """
    own = f"{salt}\0{student}"
    machine = list(CASES)[rolled(own, "machine", 0, len(CASES) - 1)]
    number, budget, power_w = CASES[machine][rolled(own, "case", 0, len(CASES[machine]) - 1)]
    made = of_case(f"case {number}", student)
    level = rolled(own, "prices", 800, 1250) / 1000
    return priced(made, level, budget, power_w)


def of_case(case: str, student: str = "") -> Brief:
    """The brief of a case, without budget and without a limit on the facility's power.

    Parameters
    ----------
    case : str
        `case 17`.
    student : str
        Whose it is.

    Returns
    -------
    Brief
    """
    values, machines = values_of(case), machines_of(case)
    made = Brief(PACK.id, student, case, f"Training {name_of(case)}", values, machines, trace_of(case))
    graph = Graph(PackIndex(PACK), made)
    data = dict(made.data)
    for name in machines:
        for size in SIZES:
            found: dict[str, Value] = {**graph.given(name), "hw.machine": name, "par.tp": float(size)}
            fixed, sequence = (
                graph.value(graph.index.required[id_], found) for id_ in ("perf.layer_fixed", "perf.layer_sequence")
            )
            data |= bench_of(case, name, size, float(fixed), float(sequence))  # type: ignore[arg-type]
    return Brief(made.pack, student, case, made.title, values, machines, data)


def priced(made: Brief, level: float, budget: float, power_w: float) -> Brief:
    """A case with its budget, at another level of all prices: the same machine stays the right one.

    Parameters
    ----------
    made : Brief
        As `of_case` makes it.
    level : float
        What all prices and the budget are multiplied by.
    budget, power_w : float
        Of the case. [USD], [W]

    Returns
    -------
    Brief
    """
    prices = ("hw.device_price", "hw.host_price", "cost.usd_per_kwh", "cost.storage")
    return repriced(made, level, prices, ("req.budget_run", budget), power_limit=power_w)


def clear(case: str) -> tuple[str, float, float] | None:
    """What is right in a case: machine, budget, limit on power; None where it is a matter of rounding.

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    (str, float, float) or None
        The budget in USD, the limit in watts.
    """
    graph = Graph(PackIndex(PACK), of_case(case))
    try:
        ranked = designs(graph)
    except NoValueError:
        return None
    if len(ranked) < 2:
        return None
    (machine, best), (_, second) = list(ranked.items())[:2]
    cost, other = (float(one["cost.run"]) for one in (best, second))  # type: ignore[arg-type]
    if other < cost * BUDGET_ROOM * _MARGIN or not is_sound(best):
        return None
    return machine, float(f"{cost * BUDGET_ROOM:.4g}"), float(f"{float(best['pwr.peak']) * _POWER_ROOM:.3g}")  # type: ignore[arg-type]


def is_sound(best: Mapping[str, Value]) -> bool:
    """Whether a design keeps every limit with a margin, and is of a size that is worth a design."""
    number = {name: value for name, value in best.items() if isinstance(value, float)}
    down, allowed = 1 - number["fail.full_strength"], 1 - number["req.full_strength"]
    lost, may_be_lost = 1 - number["fail.goodput"], 1 - number["req.goodput"]
    return (
        number["train.time_wall"] * 1.05 <= number["req.deadline"]
        and number["mem.per_gpu"] * 1.015 <= number["hw.device_memory"] * number["mem.utilisation"]
        and lost * 1.2 <= may_be_lost
        and down * 1.05 <= allowed
        and number["ckpt.history"] >= number["req.history"]
        and number["data.stored"] * _MARGIN <= number["data.capacity"]
        and number["data.read_rate"] * 4 <= number["data.read_bandwidth"]
        and number["sched.gang_wait_p90"] >= 1
        and number["sched.gang_wait_p90"] * 1.05 <= number["req.gang_wait_p90"]
        and number["sched.fifo_wait_p90"] >= 1.2 * number["sched.gang_wait_p90"]
        and number["pwr.rack"] <= number["req.rack_limit"]
        and number["therm.flow"] <= number["req.flow_limit"]
        and number["therm.tj"] + 0.9 <= number["req.junction_limit"]
        and number["pwr.nodes_per_rack"] >= 2
        and 1 <= number["cap.spares"] <= 40
        and number["par.pp"] >= 2
        and number["par.bubble"] <= 0.12
        and number["perf.mfu"] >= 0.25
        and number["par.dp"] >= 2
        and 256 <= number["par.gpus"] <= 6000
        and not number["net.leaf_hosts"] <= number["cap.run_nodes"] <= 1.1 * number["net.leaf_hosts"]
    )
