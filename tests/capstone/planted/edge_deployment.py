"""Faults of edge designs: each changes one thing; numbers are in the unit of `claims.yaml`."""

from __future__ import annotations

from dataclasses import replace

from tests.capstone.faults import Fault, both, scaled, with_claim, with_first, without_claim, without_evidence


def of(id_, other, factor=1.0):
    """A claim that takes another one's value."""
    return lambda one: with_claim(id_, value=one.claims[other].value * factor, uncertainty=None)(one)


FAULTS = (
    Fault("bytes where seconds belong", with_claim("mem.traffic", unit="s"),
          "L1", "blocking", "wrong-dimension", "mem.traffic", True),
    Fault("energy where power belongs", with_claim("pwr.mean", unit="J"),
          "L1", "blocking", "wrong-dimension", "pwr.mean", True),
    Fault("a unit that nobody knows", with_claim("wl.frame_rate", unit="fps"),
          "L1", "blocking", "unknown-unit", "wl.frame_rate", True),
    Fault("a difference for a temperature", with_claim("therm.junction", unit="K"),
          "L1", "blocking", "wrong-dimension", "therm.junction", True),
    Fault("a word for a number", with_claim("fleet.stages", value="a few"),
          "L1", "blocking", "not-a-value", "fleet.stages", True),
    Fault("tail latency left out", without_claim("tail.latency_p99"),
          "L2", "blocking", "missing-claim", "tail.latency_p99", True),
    Fault("the sun left out", without_claim("tail.latency_p99_sun"),
          "L2", "blocking", "missing-claim", "tail.latency_p99_sun", True),
    Fault("a leaf that leads to a decision that nobody took", with_first("leaves", decisions=("clock", "fate")),
          "L2", "major", "leads-nowhere", "S2"),
    Fault("a target declared an input", with_claim("req.accuracy_floor", kind="input"),
          "L2", "major", "wrong-kind", "req.accuracy_floor"),
    Fault("an accuracy derived that was measured", with_claim("quant.accuracy", kind="derived"),
          "L2", "major", "wrong-kind", "quant.accuracy"),
    Fault("a limit softened", scaled("req.latency_p99", 2.0),
          "L3", "blocking", "not-the-brief", "req.latency_p99", True),
    Fault("another student's encoder", scaled("model.layers", 1.5),
          "L3", "blocking", "not-the-brief", "model.layers", True),
    Fault("a data sheet's figure with sparsity", scaled("hw.peak", 2.0),
          "L3", "blocking", "not-the-brief", "hw.peak", True),
    Fault("a cooler summer", with_claim("therm.ambient", value=25.0),
          "L3", "blocking", "not-the-brief", "therm.ambient", True),
    Fault("a board that is not on offer", with_claim("hw.machine", value="Board Z"),
          "L3", "blocking", "not-on-offer", "hw.machine", True),
    Fault("weights in a format that nobody offers", with_claim("quant.scheme", value="fp2"),
          "L3", "blocking", "no-such-option", "quant.scheme", True),
    Fault("multiply-adds taken for operations", scaled("model.encoder_flops", 0.5),
          "L4", "major", "recomputed-otherwise", "model.encoder_flops"),
    Fault("an arena in which every tensor has a place of its own", scaled("mem.arena", 2.5),
          "L4", "major", "recomputed-otherwise", "mem.arena"),
    Fault("scales of weights forgotten", lambda one: with_claim(
              "mem.weight_element", value=one.claims["quant.bits"].value / 8 * 0.5)(one),
          "L4", "major", "recomputed-otherwise", "mem.weight_element"),
    Fault("keys counted, values not", scaled("mem.kv_token_bytes", 0.5),
          "L4", "major", "recomputed-otherwise", "mem.kv_token_bytes"),
    Fault("power that falls with the clock alone", lambda one: with_claim(
              "pwr.busy", value=one.claims["pwr.dynamic_full"].value * one.claims["perf.clock_share"].value)(one),
          "L4", "major", "recomputed-otherwise", "pwr.busy"),
    Fault("a battery that gives all that stands on it", lambda one: with_claim(
              "batt.life", value=one.claims["batt.capacity"].value * 3600 * 0.7
              / one.claims["batt.mean_power"].value)(one),
          "L4", "minor", "recomputed-otherwise", "batt.life"),
    Fault("a device that never sleeps", of("batt.mean_power", "pwr.mean"),
          "L4", "major", "recomputed-otherwise", "batt.mean_power"),
    Fault("a rollout that is one download", of("fleet.rollout", "net.update_time", 5.0),
          "L4", "major", "recomputed-otherwise", "fleet.rollout"),
    Fault("hangs that the watchdog ends at once", of("fail.restart", "load.cold_start", 0.6),
          "L4", "major", "recomputed-otherwise", "fail.restart"),
    Fault("crops of every frame sent to the cloud, not those that are reported", scaled("fleet.calls", 40.0),
          "L4", "major", "recomputed-otherwise", "fleet.calls"),
    Fault("an interval of two independent accuracies", both(
              with_claim("quant.drop_low", value=lambda claim: claim.value - 0.012, uncertainty=None),
              with_claim("quant.drop_high", value=lambda claim: claim.value + 0.012, uncertainty=None)),
          "L4", "major", "recomputed-otherwise", "quant.drop_high"),
    Fault("a formula of one's own that forgets the second slot",
          with_claim("mem.flash_bytes", formula="mem.code_bytes + mem.models_bytes"),
          "L4", "major", "other-formula", "mem.flash_bytes"),
    Fault("a rounding slip", scaled("perf.answer_time", 1.05),
          "L4", "minor", "recomputed-otherwise", "perf.answer_time"),
    Fault("inputs that the formula does not take",
          with_claim("mem.lm_bytes", inputs=("model.encoder_params", "mem.weight_element")),
          "L4", "minor", "other-inputs", "mem.lm_bytes"),
    Fault("a board that is busy for more than all of the time", with_claim("sched.utilisation", value=1.3),
          "L6", "blocking", "impossible", "sched.utilisation", True),
    Fault("percentiles out of order", of("tail.latency_p90", "tail.latency_p99", 1.2),
          "L6", "blocking", "impossible", "tail.latency_p99", True),
    Fault("a crop faster than the roofline", scaled("perf.encoder_time", 0.5),
          "L6", "blocking", "impossible", "perf.encoder_time", True),
    Fault("more tokens than the memory reads weights", scaled("perf.tokens_per_s", 3.0),
          "L6", "blocking", "impossible", "perf.tokens_per_s", True),
    Fault("heat that does not leave", with_claim("therm.junction", value=60.0),
          "L6", "blocking", "impossible", "therm.junction", True),
    Fault("a battery that gives more than it holds", scaled("batt.life", 1.5),
          "L6", "blocking", "impossible", "batt.life", True),
    Fault("a chain better than its weakest part", of("fail.availability", "fail.software_availability"),
          "L6", "blocking", "impossible", "fail.availability", True),
    Fault("memory that does not add up", scaled("mem.ram_peak", 0.7),
          "L6", "blocking", "impossible", "mem.ram_peak", True),
    Fault("a faster clock, and the tail of a cool board", with_claim("perf.clock_share", value=0.9),
          "L7", "major", "decision-error", "tail.latency_p99_sun"),
    Fault("a lower threshold, and the accuracy of the old one", with_claim("fleet.threshold", value=0.1),
          "L7", "major", "decision-error", "fleet.accuracy"),
    Fault("a year that is dearer than it is", scaled("cost.device_year", 1.5),
          "L7", "major", "decision-error", "cost.device_year"),
    Fault("an impatient watchdog, honestly told", with_claim("fail.watchdog", value=2.0),
          "L7", "major", "target-missed", "perf.answer_time"),
    Fault("drivers by taste", with_claim("sens.top3", value=("hw.bandwidth", "therm.resistance", "therm.ambient")),
          "L8", "major", "other-drivers", "sens.top3"),
    Fault("no uncertainty", with_claim("tail.latency_p99_sun", uncertainty=None),
          "L8", "minor", "no-uncertainty", "tail.latency_p99_sun"),
    Fault("a drop without its interval", with_claim("quant.drop", uncertainty=None),
          "L8", "minor", "no-uncertainty", "quant.drop"),
    Fault("overconfident about a simulated tail", with_claim(
              "tail.latency_p99", uncertainty=lambda one: replace(
                  one.uncertainty, low=one.value * 0.9999, high=one.value * 1.0001)),
          "L8", "minor", "overconfident-interval", "tail.latency_p99"),
    Fault("an interval that says nothing", with_claim(
              "tail.latency_p50", uncertainty=lambda one: replace(one.uncertainty, low=0.0, high=one.value * 5)),
          "L8", "minor", "vacuous-interval", "tail.latency_p50"),
    Fault("a notebook that was not handed in", without_evidence("evidence/validation.ipynb"),
          "L9", "major", "no-evidence", "quant.drop"),
    Fault("a notebook that was changed afterwards",
          lambda one: replace(one, files={**one.files, "evidence/prototype.ipynb": b"{}"}),
          "L9", "major", "changed-evidence", "opt.latency_p99"),
    Fault("an accuracy that the notebook does not give", with_claim("fleet.accuracy", value=0.95),
          "L9", "major", "other-evidence", "fleet.accuracy"),
)  # fmt: skip

SAME = {
    "mem.weight_element": "(quant.bits * mem.scale_group + 8 * mem.scale_bytes) / mem.scale_group / 8",
    "mem.kv_token_bytes": "2 * model.lm_layers * model.lm_kv_heads * model.lm_head_dim * mem.kv_element",
    "roof.ridge": "perf.board_flops / perf.board_bandwidth",
    "perf.tokens_per_s": "wl.answer_tokens / (wl.answer_tokens * perf.token_time)",
    "therm.sustained": "max(req.junction_limit - therm.ambient, 0) / therm.resistance",
    "pwr.busy": "pwr.dynamic_full * pwr.voltage ** 2 * perf.clock_share",
    "fail.software_availability": "fail.software_mtbf / (fail.software_mtbf + fail.restart / 3600)",
    "cost.capital_per_year": "1 / (cost.years / cost.bom)",
}
"""Formulas of one's own that say what the pack's do."""
