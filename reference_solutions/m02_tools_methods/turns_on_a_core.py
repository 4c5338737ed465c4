r"""Services that take turns on a core: where each is held back, and which change comes first.

Question
    Three services share a core, one after the other. Each is held back by something else, and for each somebody
    offers a change. Which one first, and what does it bring to the whole?
Model
    .. math:: t_i = \frac{S_i}{\sum_j S_j}, \qquad f_c = t_i\, v_{ik}, \qquad
        P_c = \frac{1}{1 - f_c + f_c / s_c}, \qquad \lim_{s \to \infty} P_c = \frac{1}{1 - f_c}

    Service :math:`i` has the core for a share :math:`t_i` of the time, since slots go with the core's clocks; a share
    :math:`v_{ik}` of its slots belongs to node :math:`k`. Change :math:`c` makes them :math:`s_c` times fewer. On a
    plane of time and slots, :math:`f_c` is an area.
Assumes
    The clock frequency is the same in all turns, and slots that are won become time that is won.
Breaks when
    Removing one cause uncovers the next (a stall behind the stall): the payoff is a bound from above; or a change in
    one service moves what the others find in the caches.
Source
    Yasin, ISPASS 2014, pp. 35-44, section III, for the way down the tree; Amdahl, AFIPS 1967, pp. 483-485, for the
    payoff.
Oracle
    Hundreds of made-up cores, whose counts were written backwards from known shares; time added up part by part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference_solutions.units import Array

__all__ = ["core_decision", "core_diagnosis"]


def core_diagnosis(
    services: Sequence[str], metrics: Mapping[str, Array], flags: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Any]:
    """Where each service is held back, and how much of the time it has the core.

    Parameters
    ----------
    services : sequence of str
        Their names.
    metrics : mapping of str to (N,) ndarray
        `slots`, and the share of the slots of each node: `retiring`, `bad_speculation`, `frontend_bound`,
        `backend_bound`, `memory_bound`, `core_bound`, one value a service. [1]
    flags : mapping of str to (N,) ndarray of bool
        Whether a node's share is above the node's threshold.

    Returns
    -------
    dict of str to list
        `service`; `verdict`, the node at which the way down the tree ends; `share` of the service's slots that this
        node has; `time_share` of the core that the service has. [1]

    Raises
    ------
    ValueError
        If no node of level 1 is flagged.

    Examples
    --------
    >>> shares = {"retiring": [0.5, 0.2], "bad_speculation": [0.3, 0.1], "frontend_bound": [0.1, 0.1]}
    >>> shares |= {"backend_bound": [0.1, 0.6], "memory_bound": [0.1, 0.5], "core_bound": [0, 0.1], "slots": [100, 300]}
    >>> metrics = {name: np.array(values) for name, values in shares.items()}
    >>> flags = {name: metrics[name] > 0.2 for name in metrics} | {"retiring": np.array([False, False])}
    >>> diagnosis = core_diagnosis(["chat", "search"], metrics, flags)
    >>> diagnosis["verdict"], diagnosis["share"], diagnosis["time_share"]
    (['bad_speculation', 'memory_bound'], [0.3, 0.5], [0.25, 0.75])
    """
    verdicts = []
    for row in range(len(services)):
        level_1 = [
            node for node in ("retiring", "bad_speculation", "frontend_bound", "backend_bound") if flags[node][row]
        ]
        _, verdict = max((metrics[node][row], node) for node in level_1)
        level_2 = [node for node in ("memory_bound", "core_bound") if flags[node][row]]
        if verdict == "backend_bound" and level_2:
            _, verdict = max((metrics[node][row], node) for node in level_2)
        verdicts.append(verdict)
    slots = metrics["slots"]  # as many a clock in all services, so that they go with the time
    return {
        "service": list(services),
        "verdict": verdicts,
        "share": [float(metrics[verdict][row]) for row, verdict in enumerate(verdicts)],
        "time_share": [float(share) for share in slots / np.sum(slots)],
    }


def core_decision(
    changes: Sequence[Mapping[str, Any]], services: Sequence[str], metrics: Mapping[str, Array]
) -> dict[str, Any]:
    """Which of the changes on offer comes first, and what each of them brings to the whole.

    Parameters
    ----------
    changes : sequence of mapping
        Of each its label in `change`, the `service` and `node` whose slots it makes `times_fewer`.
    services : sequence of str
        Names of the services.
    metrics : mapping of str to (N,) ndarray
        `slots`, and the share of the slots of each node, one value a service. [1]

    Returns
    -------
    dict
        `speedups`: label -> time before over time after, of all services together; `first`: the label of the largest;
        `ceiling`: the speed-up of that change if all of its node's slots went. [1]

    Examples
    --------
    A tenth of a half of the time removed, against a half made a fifth faster:

    >>> metrics = {"frontend_bound": np.array([0.1, 0.1]), "retiring": np.array([0.6, 1.0])}
    >>> metrics["slots"] = np.array([100, 100])
    >>> changes = [{"change": "A", "service": "chat", "node": "frontend_bound", "times_fewer": float("inf")}]
    >>> changes += [{"change": "B", "service": "search", "node": "retiring", "times_fewer": 1.25}]
    >>> decision = core_decision(changes, ["chat", "search"], metrics)
    >>> decision["first"], decision["ceiling"], {label: round(s, 4) for label, s in decision["speedups"].items()}
    ('B', 2.0, {'A': 1.0526, 'B': 1.1111})
    """
    areas = {}
    for change in changes:
        row = list(services).index(change["service"])
        time_share = metrics["slots"][row] / np.sum(metrics["slots"])
        areas[change["change"]] = float(time_share * metrics[change["node"]][row])
    speedups = {}
    for change in changes:
        area = areas[change["change"]]
        speedups[change["change"]] = 1 / (1 - area + area / change["times_fewer"])
    _, first = max((speedup, label) for label, speedup in speedups.items())
    return {"speedups": speedups, "first": first, "ceiling": 1 / (1 - areas[first])}
