r"""Where a pipeline loses its slots, and which change wins most of them back.

Question
    Several programs run below what the core can do. What holds each of them back, and which change helps it most?
Model
    A core of width :math:`w` has :math:`w` slots a clock. Each ends in one of five ways: its operation retires; it is
    thrown away, or lost to recovery; no operation arrived; the back end had no room because a load was waited for
    (memory bound), or for another reason (core bound). Recovery is counted in clocks, and costs :math:`w` slots each.
    The back end's share is what is left, parted like the clocks in which nothing executed.

    .. math:: P_c = \frac{1}{1 - v_k (1 - 1 / s_c)}

    Change :math:`c` makes the slots of node :math:`k`, a share :math:`v_k`, :math:`s_c` times fewer.
Assumes
    Slots that are won are time that is won, and a change touches one node only.
Breaks when
    Removing one cause uncovers the next: the payoff is a bound from above.
Source
    Yasin, "A Top-Down method for performance analysis and counters architecture", ISPASS 2014, pp. 35-44; Amdahl, AFIPS
    1967, pp. 483-485, for the payoff. The counters are those of no particular core.
Oracle
    Made-up programs, whose counts were written backwards from known shares; time added up slot by slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["pipeline_verdicts"]


def pipeline_verdicts(
    counters: Mapping[str, ArrayLike], width: int, changes: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """What holds each program back, and the change that helps it most.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        One row a program: its name `program`; `clocks`, `issued`, `retired`, `recovery_clocks`, `starved_slots`,
        `idle_clocks` in which nothing executed, and `idle_clocks_load`, those of them with a load under way. [1]
    width : int
        Operations that the core can issue per clock. [1]
    changes : sequence of mapping
        Of each its name `change`, and the `node` whose slots it makes `times_fewer`.

    Returns
    -------
    dict of str to list
        `program`; `verdict`, the largest of `frontend_bound`, `bad_speculation`, `memory_bound`, `core_bound`; its
        `share` of the slots; `change`, the best one; `speedup`, what it brings to this program. [1]

    Examples
    --------
    >>> counters = {"program": ["scan"], "clocks": [100], "issued": [120], "retired": [100], "recovery_clocks": [5]}
    >>> counters |= {"starved_slots": [40], "idle_clocks": [50], "idle_clocks_load": [40]}
    >>> changes = [{"change": "smaller rows", "node": "memory_bound", "times_fewer": 2}]
    >>> found = pipeline_verdicts(counters, width=4, changes=changes)
    >>> found["verdict"], [round(share, 3) for share in found["share"]], [round(s, 4) for s in found["speedup"]]
    (['memory_bound'], [0.44], [1.2821])
    """
    count = {name: np.asarray(counters[name], dtype=float) for name in counters if name != "program"}
    slots = width * count["clocks"]
    retiring = count["retired"] / slots
    bad_speculation = (count["issued"] - count["retired"] + width * count["recovery_clocks"]) / slots
    frontend_bound = count["starved_slots"] / slots
    backend_bound = 1 - retiring - bad_speculation - frontend_bound
    memory_bound = backend_bound * count["idle_clocks_load"] / count["idle_clocks"]
    share = {
        "frontend_bound": frontend_bound,
        "bad_speculation": bad_speculation,
        "memory_bound": memory_bound,
        "core_bound": backend_bound - memory_bound,
        "retiring": retiring,
    }
    table: dict[str, list[Any]] = {name: [] for name in ("program", "verdict", "share", "change", "speedup")}
    for row, program in enumerate(counters["program"]):  # type: ignore[arg-type]
        verdict = max((node for node in share if node != "retiring"), key=lambda node: share[node][row])
        speedups = {one["change"]: 1 / (1 - share[one["node"]][row] * (1 - 1 / one["times_fewer"])) for one in changes}
        best = max(speedups, key=lambda change: speedups[change])
        found = program, verdict, float(share[verdict][row]), best, float(speedups[best])
        for column, value in zip(table, found, strict=True):
            table[column].append(value)
    return table
