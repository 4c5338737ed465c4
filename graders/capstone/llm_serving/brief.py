"""Personal briefs of the serving use case: for everybody clear and within reach, and not the same for all.

Student id and course salt choose a machine, then one of the `CASES` in which that machine is the right one, and the
level of all prices: `rolled` says how. A case is taken if `clear` says that nothing in it is a matter of rounding among
designs by one rule, which takes the smallest replica of each machine. With a larger one another machine may come near.
"""

from __future__ import annotations

from collections.abc import Mapping

from graders.capstone.graph import Graph, NoValueError
from graders.capstone.llm_serving.case import (
    SIZES,
    bench_of,
    machines_of,
    name_of,
    trace_of,
    values_of,
)
from graders.capstone.llm_serving.cases import CASES
from graders.capstone.llm_serving.design import designs
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.pack import PackIndex
from graders.capstone.pricing import repriced
from graders.capstone.records import Brief, Value
from graders.capstone.rolling import rolled

BUDGET_ROOM = 1.12
"""The budget is so much above what the right design costs: a tenth for another taste, not for another machine."""

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
    number, budget, e2e = CASES[machine][rolled(own, "case", 0, len(CASES[machine]) - 1)]
    made = of_case(f"case {number}", student)
    level = rolled(own, "prices", 800, 1250) / 1000
    return priced(made, level, budget, e2e)


def of_case(case: str, student: str = "") -> Brief:
    """The brief of a case, without budget and without a limit on the whole answer.

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
    made = Brief(PACK.id, student, case, f"Serving {name_of(case)}", values, machines, trace_of(case))
    graph = Graph(PackIndex(PACK), made)
    data = dict(made.data)
    for name in machines:
        for size in SIZES:
            fixed, token = _line(graph, name, size)
            data |= bench_of(case, name, size, fixed, token)
    return Brief(made.pack, student, case, made.title, values, machines, data)


def _line(graph: Graph, machine: str, size: int) -> tuple[float, float]:
    """The step's line of a machine, from the brief alone."""
    found: dict[str, Value] = {**graph.given(machine), "hw.machine": machine, "par.tp": float(size),
                               "batching.slots": 1.0, "mem.block_tokens": 16.0}  # fmt: skip
    for one in PACK.claims:
        if one.formula:
            try:
                found[one.id] = graph.value(one, found)
            except NoValueError:
                continue  # needs a choice that the line does not depend on
        if one.id == "perf.token_step":
            break
    return float(found["perf.fixed_step"]), float(found["perf.token_step"])  # type: ignore[arg-type]


def priced(made: Brief, level: float, budget: float, e2e_s: float) -> Brief:
    """A case with its budget, at another level of all prices: the same machine stays the right one.

    Parameters
    ----------
    made : Brief
        As `of_case` makes it.
    level : float
        What all prices and the budget are multiplied by.
    budget, e2e_s : float
        Of the case. [USD], [s]

    Returns
    -------
    Brief
    """
    prices = ("hw.device_price", "hw.host_price", "cost.usd_per_kwh")
    return repriced(made, level, prices, ("req.budget_tco", budget), slo_e2e_p99=e2e_s)


def clear(case: str) -> tuple[str, float, float] | None:
    """What is right in a case: machine, budget, limit on the whole answer; None where it is a matter of rounding.

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    (str, float, float) or None
        The budget in USD, the limit in seconds.
    """
    ranked = designs(Graph(PackIndex(PACK), of_case(case)))
    if len(ranked) < 2:
        return None
    (machine, best), (_, second) = list(ranked.items())[:2]
    cost = float(best["cost.tco"])  # type: ignore[arg-type]
    if float(second["cost.tco"]) < cost * BUDGET_ROOM * _MARGIN or not is_sound(best):  # type: ignore[arg-type]
        return None
    e2e_s = float(f"{float(best['tail.e2e_p99']) * 1.25:.2g}")  # type: ignore[arg-type]
    return machine, float(f"{cost * BUDGET_ROOM:.4g}"), e2e_s


def is_sound(best: Mapping[str, Value]) -> bool:
    """Whether a design keeps every limit with a margin, and is of a size that is worth a design."""
    number = {name: value for name, value in best.items() if isinstance(value, float)}
    below = (
        ("tail.ttft_p99_degraded", "req.slo_ttft_p99"),
        ("tail.tpot_p99_degraded", "req.slo_tpot_p99"),
        ("fail.failover_loss", "fail.error_budget"),
        ("batching.slots", "cap.max_concurrent"),
        ("therm.tj", "req.junction_limit"),
    )
    floor, asked = number["perf.ttft_floor"], number["req.asked_limit"]
    down, allowed = 1 - number["fail.availability"], 1 - number["req.slo_avail"]
    return (
        all(number[one] * (_MARGIN if one != "therm.tj" else 1.01) <= number[limit] for one, limit in below)
        and number["fail.failover_loss"] * 2 * _MARGIN <= number["fail.error_budget"]
        and number["pwr.rack"] * 1.01 <= number["req.rack_limit"]
        and not 1 / 1.15 < floor / asked < 1.15
        and down * 1.3 <= allowed
        and 3 <= number["cap.replicas"] - number["cap.spares"] <= 40
        and number["cap.utilisation"] <= 0.9
        and number["batching.slots"] >= 8
        and number["perf.decode_step"] * 0.97
        <= number["perf.fixed_step"] + number["perf.token_step"] * number["batching.slots"]
        and not 1 / 1.1 < number["roof.arith_intensity_decode"] / number["roof.ridge"] < 1.1
        and not 1 / 1.1 < number["roof.arith_intensity_prefill"] / number["roof.ridge"] < 1.1
    )
