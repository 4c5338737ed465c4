"""Faults of training clusters: each changes one thing; numbers are in the unit of `claims.yaml`."""

from __future__ import annotations

from dataclasses import replace

from tests.capstone.faults import Fault, both, scaled, with_claim, with_first, without_claim, without_evidence

FAULTS = (
    Fault("tokens a step for tokens a second", with_claim("perf.tokens_per_s", unit="token"),
          "L1", "blocking", "wrong-dimension", "perf.tokens_per_s", True),
    Fault("hours in fortnights", with_claim("fail.job_mtbf", unit="fortnight"),
          "L1", "blocking", "unknown-unit", "fail.job_mtbf", True),
    Fault("half a replica", with_claim("par.dp", value=40.5),
          "L1", "blocking", "not-a-value", "par.dp", True),
    Fault("memory in words", with_claim("mem.per_gpu", value="enough"),
          "L1", "blocking", "not-a-value", "mem.per_gpu", True),
    Fault("terabytes slip by a thousand", with_claim("ckpt.bytes", unit="kB"),
          "L4", "major", "recomputed-otherwise", "ckpt.bytes"),
    Fault("goodput left out", without_claim("fail.goodput"),
          "L2", "blocking", "missing-claim", "fail.goodput", True),
    Fault("a leaf that leads to a decision that nobody took", with_first("leaves", decisions=("machine", "fate")),
          "L2", "major", "leads-nowhere", "S2"),
    Fault("a deadline declared an input", with_claim("req.deadline", kind="input"),
          "L2", "major", "wrong-kind", "req.deadline"),
    Fault("a date moved", scaled("req.deadline", 1.5),
          "L3", "blocking", "not-the-brief", "req.deadline", True),
    Fault("another student's model", scaled("model.width", 1.25),
          "L3", "blocking", "not-the-brief", "model.width", True),
    Fault("a peak with sparsity", scaled("hw.device_peak", 2.0),
          "L3", "blocking", "not-the-brief", "hw.device_peak", True),
    Fault("a machine that is not on offer", with_claim("hw.machine", value="X900"),
          "L3", "blocking", "not-on-offer", "hw.machine", True),
    Fault("a recomputation that nobody knows", with_claim("mem.recompute", value="half"),
          "L3", "blocking", "no-such-option", "mem.recompute", True),
    Fault("six operations a parameter, and no attention", lambda one: with_claim(
              "model.token_flops", value=6 * one.claims["model.params"].value)(one),
          "L4", "minor", "recomputed-otherwise", "model.token_flops"),
    Fault("recomputation counted as the model's own work", lambda one: with_claim(
              "perf.mfu", value=one.claims["perf.hfu"].value * 1.05)(one),
          "L6", "blocking", "impossible", "perf.mfu", True),
    Fault("optimizer states not divided", scaled("mem.state_bytes", 3.9),
          "L4", "major", "recomputed-otherwise", "mem.state_bytes"),
    Fault("scores of attention kept and not counted", lambda one: with_claim(
              "mem.layer_bytes_whole", value=one.claims["mem.layer_bytes"].value)(one),
          "L4", "major", "recomputed-otherwise", "mem.layer_bytes_whole"),
    Fault("one micro-batch in a full pipeline", lambda one: with_claim(
              "mem.layers_held", value=one.claims["model.layers"].value / one.claims["par.pp"].value)(one),
          "L4", "major", "recomputed-otherwise", "mem.layers_held"),
    Fault("bubble forgotten", lambda one: with_claim(
              "perf.step", value=one.claims["perf.step"].value * (1 - one.claims["par.bubble"].value) * 0.9)(one),
          "L4", "major", "recomputed-otherwise", "perf.step"),
    Fault("bubble over the ideal time", lambda one: scaled("par.bubble", 1 / (1 - one.claims["par.bubble"].value))(one),
          "L4", "minor", "recomputed-otherwise", "par.bubble"),
    Fault("gradients at the speed of the host's links", lambda one: scaled(
              "net.dp_allreduce",
              one.claims["net.outer_bandwidth"].value / one.claims["hw.link_bandwidth"].value)(one),
          "L4", "major", "recomputed-otherwise", "net.dp_allreduce"),
    Fault("oversubscription overlooked", lambda one: scaled(
              "net.outer_bandwidth", one.claims["net.oversubscription"].value)(one),
          "L4", "major", "recomputed-otherwise", "net.outer_bandwidth"),
    Fault("failures of one device for those of all", lambda one: scaled(
              "fail.job_mtbf", one.claims["par.gpus"].value)(one),
          "L6", "blocking", "impossible", "fail.job_mtbf", True),
    Fault("a failure loses a whole interval", lambda one: with_claim(
              "fail.goodput", value=1 - 1.5 * (1 - one.claims["fail.goodput"].value))(one),
          "L4", "minor", "recomputed-otherwise", "fail.goodput"),
    Fault("Young's interval without its root of two", scaled("ckpt.young_interval", 0.7071),
          "L4", "major", "recomputed-otherwise", "ckpt.young_interval"),
    Fault("checkpoints of weights alone", scaled("ckpt.bytes", 2 / 14),
          "L4", "major", "recomputed-otherwise", "ckpt.bytes"),
    Fault("facility overhead forgotten", lambda one: scaled("pwr.facility", 1 / one.claims["pwr.pue"].value)(one),
          "L4", "major", "recomputed-otherwise", "pwr.facility"),
    Fault("a run charged by less than its time", scaled("cost.run", 0.8),
          "L4", "major", "recomputed-otherwise", "cost.run"),
    Fault("a formula of one's own that forgets the embedding", with_claim(
              "model.params", formula="12 * model.layers * model.width ** 2"),
          "L4", "major", "other-formula", "model.params"),
    Fault("a rounding slip", scaled("net.bisection", 1.05),
          "L4", "minor", "recomputed-otherwise", "net.bisection"),
    Fault("inputs that the formula does not take", with_claim("train.flops", inputs=("model.params", "wl.tokens")),
          "L4", "minor", "other-inputs", "train.flops"),
    Fault("devices that do not divide the heads", with_claim("par.tp", value=6.0),
          "L6", "blocking", "impossible", "par.tp", True),
    Fault("replicas that do not divide the batch", with_claim("par.dp", value=41.0),
          "L6", "blocking", "impossible", "par.micro_batches", True),
    Fault("stages that do not divide the layers", with_claim("par.pp", value=3.0),
          "L6", "blocking", "impossible", "par.pp", True),
    Fault("a layer over two hosts", with_claim("par.tp", value=16.0),
          "L6", "blocking", "impossible", "par.tp", True),
    Fault("more operations than matrices reach", scaled("perf.hfu", 1.6),
          "L6", "blocking", "impossible", "perf.hfu", True),
    Fault("a ledger that does not add up", scaled("mem.per_gpu", 0.8),
          "L6", "blocking", "impossible", "mem.per_gpu", True),
    Fault("a run that is faster than itself", lambda one: with_claim(
              "train.time_wall", value=one.claims["train.time_ideal"].value * 0.95)(one),
          "L6", "blocking", "impossible", "train.time_wall", True),
    Fault("a date kept by a step that is not the step", scaled("train.time_wall", 1.2),
          "L7", "major", "decision-error", "train.time_wall"),
    Fault("a job that fits by optimism", scaled("mem.per_gpu", 1.3),
          "L7", "major", "decision-error", "mem.per_gpu"),
    Fault("a spare saved, and full strength kept", with_claim("cap.spares", value=0.0),
          "L7", "major", "decision-error", "fail.full_strength"),
    Fault("a host too many in each rack, honestly told", both(
              with_claim("pwr.nodes_per_rack", value=50.0), with_claim("pwr.rack", value=50 * 7200.0)),
          "L7", "major", "target-missed", "pwr.rack"),
    Fault("drivers by taste", with_claim("sens.top3", value=("tail.node_spread", "perf.overlap", "wl.tokens")),
          "L8", "major", "other-drivers", "sens.top3"),
    Fault("no uncertainty of a simulated wait", with_claim("sched.gang_wait_p90", uncertainty=None),
          "L8", "minor", "no-uncertainty", "sched.gang_wait_p90"),
    Fault("an interval that says nothing", with_claim(
              "sched.gang_wait_p90", uncertainty=lambda one: replace(one.uncertainty, low=0.0, high=one.value * 5)),
          "L8", "minor", "vacuous-interval", "sched.gang_wait_p90"),
    Fault("a notebook that was not handed in", without_evidence("evidence/prototype.ipynb"),
          "L9", "major", "no-evidence", "opt.goodput"),
    Fault("a notebook that was changed afterwards",
          lambda one: replace(one, files={**one.files, "evidence/prototype.ipynb": b"{}"}),
          "L9", "major", "changed-evidence", "opt.goodput"),
    Fault("a gain that the notebook does not give", with_claim("opt.goodput", value=0.9996, uncertainty=None),
          "L9", "major", "other-evidence", "opt.goodput"),
)  # fmt: skip

SAME = {
    "model.params": "model.layers * (12 * model.width ** 2 + 13 * model.width)"
    " + model.width * (model.vocabulary + wl.sequence)",
    "model.token_flops": "72 * model.layers * model.width ** 2 * (1 + wl.sequence / (6 * model.width)"
    " + model.vocabulary / (12 * model.layers * model.width))",
    "par.bubble": "(par.pp - 1) / (par.pieces * par.micro_batches + par.pp - 1)",
    "mem.state_bytes": "mem.stage_params * ((2 if mem.zero_stage < 3 else 2 / par.dp)"
    " + (2 if mem.zero_stage < 2 else 2 / par.dp) + (12 if mem.zero_stage < 1 else 12 / par.dp))",
    "net.tp_allreduce": "2 * (par.tp - 1) * (net.inner_startup + net.message_bytes / par.tp / hw.link_bandwidth)",
    "net.pp_transfer": "net.outer_startup + net.message_bytes / par.tp / net.outer_bandwidth",
    "ckpt.young_interval": "sqrt(2 * ckpt.time * 3600 * fail.job_mtbf)",
    "therm.tj": "therm.coolant + therm.coolant_rise + hw.device_power * therm.resistance",
    "par.gpus": "par.dp * par.pp * par.tp",
}
"""Formulas of one's own that say what the pack's do."""
