r"""The metric file of a core that only its manual describes.

Question
    A core is new. Its manual says what each event counts, in which unit and on whose counters, and which of the four
    ends of a slot has no event. What are Top-Down's formulas on it?
Model
    .. math:: S = w\,C, \qquad u_e = n_e \cdot
        \begin{cases} w & e \text{ counts clocks} \\ 1 & \text{otherwise} \end{cases} \cdot
        \begin{cases} \tfrac12 & \text{both threads' counters count } e, \text{ and both run} \\
        1 & \text{otherwise} \end{cases}, \qquad
        v_k = \sum_{e \in k} \pm u_e / S, \quad v_{rest} = 1 - \sum_{k \ne rest} v_k

    Every event becomes a number of slots :math:`u_e`; an end of the slots is their sum, and the end without an event
    is what is left. Memory's part of the back end is that of the stalled clocks in which a load waits.
Assumes
    The manual is right, and every slot comes to one of the four ends.
Breaks when
    A slot may be counted under two ends, a core gives slots to threads unevenly and counts them for one only, or an
    event means something else in another version of the event file: the file therefore names its version.
Source
    Yasin, ISPASS 2014, pp. 35-44, table 2, for the four ends; the halving as in Intel's perfmon metrics file for SKX
    (`_ANY` events), the recovery counted in slots as in AMD's and Arm's files.
Oracle
    Skylake-SP described in this way gives the formulas of its own metric file, to 1e-12; counts written backwards
    from known shares on a thousand made-up cores.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["core_metric_file"]


def core_metric_file(scenario: Mapping[str, Any]) -> str:
    """Metric file of a scenario's core, as text.

    Parameters
    ----------
    scenario : mapping
        Its `core` has `name`, `identifier`, `width`, `document`, `event_file`, `thresholds` (node -> share) and
        `events`: of each its `name`, its `kind` (what it counts), its `unit` and by whose counters it is `counted_by`.

    Returns
    -------
    str
        JSON, as `read_metric_file` reads it.

    Examples
    --------
    >>> kinds = {"clocks": "clock", "retired_ops": "operation", "dispatched_ops": "operation", "no_op": "slot"}
    >>> kinds |= {"recovery": "clock", "stalls": "clock", "load_stalls": "clock"}
    >>> shared = {"clocks": "both threads", "recovery": "first thread"}
    >>> events = [
    ...     {"name": kind.upper(), "kind": kind, "unit": unit, "counted_by": shared.get(kind, "own thread")}
    ...     for kind, unit in kinds.items()
    ... ]
    >>> core = {"name": "Core", "identifier": "Vendor-1-2", "width": 6, "events": events}
    >>> core["document"] = {"id": "D-1", "title": "Guide", "version": "2"}
    >>> core["event_file"] = {"name": "events.json", "version": "1.04"}
    >>> nodes = ("retiring", "bad_speculation", "frontend_bound", "backend_bound", "memory_bound", "core_bound")
    >>> core["thresholds"] = dict.fromkeys(nodes, 0.2)
    >>> file = json.loads(core_metric_file({"core": core}))
    >>> {metric["name"]: metric["formula"] for metric in file["metrics"]}["bad_speculation"]
    '(dispatched_ops - retired_ops + width * recovery) / slots'
    """
    core = scenario["core"]
    kinds = {event["kind"]: event for event in core["events"]}
    once = {kind: f"({kind} / 2 if smt_on else {kind})" for kind in kinds}  # what the core did once, counted once
    once |= {kind: kind for kind, event in kinds.items() if event["counted_by"] != "both threads"}
    recovery = f"width * {once['recovery']}" if kinds["recovery"]["unit"] == "clock" else once["recovery"]
    cancelled = "cancelled_ops" if "cancelled_ops" in kinds else "dispatched_ops - retired_ops"
    formulas = {"bad_speculation": f"({cancelled} + {recovery}) / slots"}
    ends = {"retiring": "retired_ops", "frontend_bound": "no_op", "backend_bound": "no_room"}
    formulas |= {node: f"{kind} / slots" for node, kind in ends.items() if kind in kinds}
    rest = next(node for node in ends if node not in formulas)
    formulas[rest] = f"1 - ({' + '.join(formulas)})"
    children = {"memory_bound": "backend_bound * load_stalls / stalls", "core_bound": "backend_bound - memory_bound"}
    metrics: list[dict[str, Any]] = [{"name": "slots", "unit": "slots", "formula": f"width * {once['clocks']}"}]
    for node, formula in (formulas | children).items():
        place = {"level": 2, "parent": "backend_bound"} if node in children else {"level": 1}
        threshold = f"{node} > {core['thresholds'][node]}"
        metrics.append({"name": node, "unit": "share of slots", **place, "formula": formula, "threshold": threshold})
    used = [kind for kind in kinds if any(kind in metric["formula"] for metric in metrics)]
    document = {
        "format": 1,
        "cpu": {"name": core["name"], "identifiers": [core["identifier"]], "width": core["width"]},
        "documents": [core["document"]],
        "event_file": core["event_file"],
        "settings": {"smt_on": "SMT_ON"},
        "events": {kind: kinds[kind]["name"] for kind in used},
        "metrics": metrics,
    }
    return json.dumps(document, indent="  ")
