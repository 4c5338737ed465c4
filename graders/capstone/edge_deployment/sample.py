"""The sample of the edge use case: which case it answers, and what its prototype gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from graders.capstone.edge_deployment.brief import of_case, priced
from graders.capstone.edge_deployment.cases import CASES
from graders.capstone.edge_deployment.design import designed, designs
from graders.capstone.edge_deployment.pack import PACK
from graders.capstone.exemplar import Sample
from graders.capstone.expression import evaluate
from graders.capstone.graph import Graph, model
from graders.capstone.records import Brief, Claim, Value

NUMBER = 474
"""The case that the committed sample answers."""

_OWN = (
    Claim("alt.busy_energy_share", "derived", 0.0, "1", "min(sched.utilisation, 1) * pwr.busy / pwr.mean",
          ("sched.utilisation", "pwr.busy", "pwr.mean")),
    Claim("alt.other_work_tail", "derived", 0.0, "1", "tail.latency_p99 / tail.latency_p99_alone - 1",
          ("tail.latency_p99", "tail.latency_p99_alone")),
)  # fmt: skip
"""Claims that the sample makes beside those that are required."""


def sample_brief() -> Brief:
    """The brief that the committed sample answers."""
    for rows in CASES.values():
        for number, *promised in rows:
            if number == NUMBER:
                return priced(of_case(f"case {number}", "sample"), 1.0, *promised)
    raise LookupError(f"case {NUMBER} is no longer among the cases: choose another for the sample")


def values(graph: Graph) -> dict[str, Value]:
    """All values of the right design of a brief, the prototype's included.

    Parameters
    ----------
    graph : Graph
        Of the brief.

    Returns
    -------
    dict of str to Value
        By claim's id.
    """
    found = dict(_right(graph))
    found["opt.baseline_p99"] = found["tail.latency_p99"]
    found["opt.latency_p99"] = _together(graph, found)
    found["opt.gain"] = 1 - found["opt.latency_p99"] / found["opt.baseline_p99"]  # type: ignore[operator]
    return found


def _together(graph: Graph, found: dict[str, Value]) -> float:
    """Tail latency, were the crops of a frame encoded in one pass, so that weights are read once a frame."""
    crops = np.asarray(graph.brief.data["trace.crops"])
    one = _arguments(graph, found, "perf.encoder_time")
    passes_s = {int(n): model("encoder_pass")(**one, images=int(n))["time_s"] for n in np.unique(crops)}
    together_s = np.array([passes_s[int(n)] for n in crops]) * graph.brief.data["trace.slowdown"]
    board = _arguments(graph, found, "tail.latency_p99")
    board["queue_frames"] = int(board["queue_frames"])
    board["work_s"] = found["perf.frame_overhead"] + together_s
    return float(model("throttled_frames")(**board)["p99_s"])


def _arguments(graph: Graph, found: dict[str, Value], claim: str) -> dict[str, Any]:
    """What the reference function of a claim takes."""
    required = graph.index.required[claim]
    scope = graph.scope(required.inputs, found)
    return {name: evaluate(text, scope) for name, text in required.arguments.items()}


def _right(graph: Graph) -> dict[str, Value]:
    """The right design of a brief: that of the board under which its case is listed."""
    for board, rows in CASES.items():
        if graph.brief.case in {f"case {row[0]}" for row in rows} and (found := designed(graph, board)):
            return found
    return next(iter(designs(graph).values()))


SAMPLE = Sample(PACK, sample_brief, values, _OWN)
