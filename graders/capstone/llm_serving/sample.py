"""The sample of the serving use case: which case it answers, and what its prototype gives."""

from __future__ import annotations

from typing import Any

from graders.capstone.exemplar import Sample
from graders.capstone.graph import Graph, model
from graders.capstone.llm_serving.brief import of_case, priced
from graders.capstone.llm_serving.cases import CASES
from graders.capstone.llm_serving.design import designed, designs
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.records import Brief, Claim, Value

NUMBER = 170
"""The case that the committed sample answers."""

_OWN = (
    Claim("alt.chosen_tbps_per_kusd", "derived", 0.0, "B/s/USD", "hw.device_bandwidth / hw.device_price",
          ("hw.device_bandwidth", "hw.device_price")),
    Claim("alt.chosen_tflops_per_kusd", "derived", 0.0, "flop/s/USD", "hw.device_peak / hw.device_price",
          ("hw.device_peak", "hw.device_price")),
    Claim("alt.prefix_work_share", "derived", 0.0, "1",
          "wl.prefix_hit_rate * wl.prompt_tokens_mean * perf.token_step / perf.request_work",
          ("wl.prefix_hit_rate", "wl.prompt_tokens_mean", "perf.token_step", "perf.request_work")),
)  # fmt: skip
"""Claims that the sample makes beside those that are required."""


def sample_brief() -> Brief:
    """The brief that the committed sample answers."""
    for rows in CASES.values():
        for number, budget, e2e_s in rows:
            if number == NUMBER:
                return priced(of_case(f"case {number}", "sample"), 1.0, budget, e2e_s)
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
    data: dict[str, Any] = dict(graph.brief.data)
    machine = {"replicas": "cap.replicas", "slots": "batching.slots"}
    seen = model("fleet_latency")(
        data["trace.arrivals_s"],
        data["trace.prompt_tokens"] - data["trace.prefix_tokens"],
        data["trace.output_tokens"],
        **{name: int(found[id_]) for name, id_ in machine.items()},  # type: ignore[arg-type]
        step_s=found["perf.fixed_step"],
        token_s=found["perf.token_step"],
    )
    found["opt.baseline_ttft_p99"] = found["tail.ttft_p99"]
    found["opt.ttft_p99"] = seen["ttft_p99_s"]
    found["opt.gain"] = 1 - found["opt.ttft_p99"] / found["opt.baseline_ttft_p99"]  # type: ignore[operator]
    return found


def _right(graph: Graph) -> dict[str, Value]:
    """The right design of a brief: that of the machine under which its case is listed."""
    for machine, rows in CASES.items():
        if graph.brief.case in {f"case {number}" for number, _, _ in rows} and (found := designed(graph, machine)):
            return found
    return next(iter(designs(graph).values()))


SAMPLE = Sample(PACK, sample_brief, values, _OWN)
