"""Personal briefs of the edge use case: for everybody clear and within reach, and not the same for all.

Student id and course salt choose a board, then one of the `CASES` in which that board is the right one, and the level
of all prices. A case is taken if `clear` says that nothing in it is a matter of rounding among designs by one rule.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from graders.capstone.edge_deployment.case import (
    SCHEMES,
    bench_of,
    boards_of,
    eval_of,
    name_of,
    trace_of,
    values_of,
)
from graders.capstone.edge_deployment.cases import CASES
from graders.capstone.edge_deployment.design import MARGIN, designed, designs
from graders.capstone.edge_deployment.pack import PACK
from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex
from graders.capstone.pricing import repriced
from graders.capstone.records import Brief
from graders.capstone.rolling import rolled

BUDGET_ROOM, _ENERGY_ROOM, _LIFE_ROOM = 1.12, 1.15, 0.85
"""What is promised beside what the right design reaches: room for another taste, not for another board."""


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
    board = list(CASES)[rolled(own, "board", 0, len(CASES) - 1)]
    number, *promised = CASES[board][rolled(own, "case", 0, len(CASES[board]) - 1)]
    level = rolled(own, "prices", 800, 1250) / 1000
    return priced(of_case(f"case {number}", student), level, *promised)


def of_case(case: str, student: str = "") -> Brief:
    """The brief of a case, without what is promised by what its right design reaches.

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
    values, boards = values_of(case), boards_of(case)
    data = trace_of(case) | eval_of(case)
    for name, offer in boards.items():
        for scheme in SCHEMES:
            data |= bench_of(case, values, name, offer, scheme)
    before = float(np.mean(data[f"eval.reference|{SCHEMES[0]}"]))
    values["req.accuracy_floor"] = round(before + rolled(case, "floor", 12, 36) / 1000, 3)
    return Brief(PACK.id, student, case, f"The {name_of(case)}", values, boards, data)


_PRICES = ("hw.board_price", "cost.camera_price", "cost.battery_price", "cost.enclosure_price", "cost.usd_per_kwh",
           "cost.usd_per_gb", "cost.usd_per_call", "cost.visit")  # fmt: skip


def priced(made: Brief, level: float, budget: float, energy_j: float, life_h: float) -> Brief:
    """A case with its promises, at another level of all prices: the same board stays the right one.

    Parameters
    ----------
    made : Brief
        As `of_case` makes it.
    level : float
        What all prices and the budget are multiplied by.
    budget, energy_j, life_h : float
        Of the case. [USD/year], [J], [h]

    Returns
    -------
    Brief
    """
    budgets = ("req.budget_device_year", budget)
    return repriced(made, level, _PRICES, budgets, energy_limit=energy_j, battery_life=life_h)


def clear(case: str) -> tuple[str, float, float, float] | None:
    """What is right in a case: board, budget, energy of a frame, battery's life; None where it is a matter of rounding.

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    (str, float, float, float) or None
        The budget in USD a year, the energy in J, the life in hours.
    """
    made = of_case(case)
    graph = Graph(PackIndex(PACK), made)
    ranked = designs(graph)
    if not ranked:
        return None
    board, best = next(iter(ranked.items()))
    number = {name: value for name, value in best.items() if isinstance(value, float)}
    if not is_sound(number):
        return None
    cost = number["cost.device_year"]
    promised = (
        float(f"{cost * BUDGET_ROOM:.4g}"),
        float(f"{number['pwr.j_per_frame'] * _ENERGY_ROOM:.3g}"),
        float(np.floor(number["batt.life"] / 3600 * _LIFE_ROOM * 2) / 2),
    )
    whole = Graph(PackIndex(PACK), priced(made, 1.0, promised[0] * MARGIN, *promised[1:]))
    for other in made.machines:
        if other != board and designed(whole, other, margin=1 / MARGIN):
            return None  # another one comes near
    return (board, *promised)


def is_sound(number: Mapping[str, float]) -> bool:
    """Whether a design is of a size that is worth a design, and no word of it turns on rounding."""
    decode = number["roof.decode_intensity"] / number["roof.ridge"]
    return (
        0.25 <= number["sched.utilisation"] <= 0.9
        and 2 <= number["batt.life"] / 3600 <= 60
        and not 1 / 1.1 < number["roof.encoder_intensity"] / number["roof.ridge"] < 1.1
        and not 1 / 1.1 < decode < 1.1
        and not 0.035 < number["quant.p_value"] < 0.1
        and number["fail.software_availability"] < 1
        and number["therm.time_to_throttle"] > 1
    )
