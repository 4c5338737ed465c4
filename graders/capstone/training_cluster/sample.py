"""The sample of the training use case: which case it answers, and what its prototype gives."""

from __future__ import annotations

from collections.abc import Mapping

from graders.capstone.exemplar import Sample
from graders.capstone.graph import Graph, model
from graders.capstone.records import Brief, Claim, Value
from graders.capstone.training_cluster.brief import of_case, priced
from graders.capstone.training_cluster.cases import CASES
from graders.capstone.training_cluster.design import designed, designs
from graders.capstone.training_cluster.pack import PACK

NUMBER = 230
"""The case that the committed sample answers."""

_OWN = (
    Claim("alt.chosen_flops_per_usd", "derived", 0.0, "flop/s/USD",
          "hw.device_peak / (hw.device_price + hw.host_price / hw.host_devices)",
          ("hw.device_peak", "hw.device_price", "hw.host_price", "hw.host_devices")),
    Claim("alt.recompute_ratio", "derived", 0.0, "1", "model.token_flops_done / model.token_flops",
          ("model.token_flops_done", "model.token_flops")),
    Claim("alt.link_share", "derived", 0.0, "1", "net.tp_time / perf.micro_batch_time",
          ("net.tp_time", "perf.micro_batch_time")),
    Claim("alt.wait_ratio", "derived", 0.0, "1", "sched.fifo_wait_p90 / sched.gang_wait_p90",
          ("sched.fifo_wait_p90", "sched.gang_wait_p90")),
    Claim("alt.energy_share", "derived", 0.0, "1",
          "cost.energy_per_year * cost.usd_per_kwh * cost.years / cost.tco",
          ("cost.energy_per_year", "cost.usd_per_kwh", "cost.years", "cost.tco")),
    Claim("alt.token_check", "derived", 0.0, "1", "model.token_flops / (6 * model.params)",
          ("model.token_flops", "model.params")),
)  # fmt: skip
"""Claims that the sample makes beside those that are required."""


def sample_brief() -> Brief:
    """The brief that the committed sample answers."""
    for rows in CASES.values():
        for number, budget, power_w in rows:
            if number == NUMBER:
                return priced(of_case(f"case {number}", "sample"), 1.0, budget, power_w)
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
    return with_prototype(_right(graph))


def with_prototype(design: Mapping[str, Value]) -> dict[str, Value]:
    """A design's values, and what its prototype gives.

    The prototype draws failures; what it tends to is the closed form: with the copy in place of the write, and a loss
    that reaches back to the last copy that was written out.

    Parameters
    ----------
    design : mapping of str to Value
        By claim's id.

    Returns
    -------
    dict of str to Value
    """
    number = {name: value for name, value in design.items() if isinstance(value, float)}
    goodput, mtbf_s = model("expected_goodput"), 3600 * number["fail.job_mtbf"]
    before = goodput(number["ckpt.interval"], number["ckpt.time"], number["fail.restart"], mtbf_s)
    lost_s = number["fail.restart"] + number["ckpt.time"]
    after = goodput(number["opt.interval"], number["opt.snapshot"], lost_s, mtbf_s)
    measured = {"opt.baseline_goodput": float(before), "opt.goodput": float(after)}
    return {**design, **measured, "opt.gain": float(1 - before / after)}


def _right(graph: Graph) -> dict[str, Value]:
    """The right design of a brief: that of the machine under which its case is listed."""
    for machine, rows in CASES.items():
        if graph.brief.case in {f"case {number}" for number, _, _ in rows} and (found := designed(graph, machine)):
            return found
    return next(iter(designs(graph).values()))


SAMPLE = Sample(PACK, sample_brief, values, _OWN)
