"""The pack of the serving use case: claims, identities, targets, drivers, caps."""

from __future__ import annotations

from graders.capstone.llm_serving.required import DERIVED, FREE, GIVEN
from graders.capstone.pack import Identity, Interval, Lever, Pack, Sensitivity, Target

_IDENTITIES = (
    Identity("fits", "weights, caches and working space fit into the share of memory that the server may use",
             "mem.weight_bytes + mem.kv_capacity_tokens * mem.kv_bytes_per_token + par.tp * mem.working_bytes", "<=",
             "par.tp * hw.device_memory * mem.utilisation", "mem.kv_capacity_tokens"),
    Identity("blocks", "as many tokens as blocks hold take no more than the budget",
             "mem.kv_capacity_tokens * mem.kv_bytes_per_token", "<=", "mem.kv_budget", "mem.kv_budget"),
    Identity("roofline", "no more tokens a second than a roofline allows",
             "perf.tokens_per_s_per_gpu * par.tp * model.token_flops", "<=",
             "min(perf.replica_flops, roof.arith_intensity_decode * perf.replica_bandwidth)",
             "perf.tokens_per_s_per_gpu"),
    Identity("line", "the line of a step lies on or above its roofline",
             "perf.decode_step", "<=", "perf.fixed_step + perf.token_step * batching.slots", "perf.decode_step"),
    Identity("work", "no replica serves more than it has time for",
             "perf.goodput * perf.request_work", "<=", "1", "perf.goodput"),
    Identity("utilisation", "utilisation stays below one", "cap.utilisation", "<=", "0.97", "cap.utilisation", 0.0),
    Identity("slots", "requests that are there at once have slots",
             "cap.in_flight", "<=", "cap.replicas * batching.slots", "cap.in_flight"),
    Identity("little", "requests at once are rate times time (Little)",
             "cap.in_flight", "==", "req.rate_mean * tail.e2e_mean", "cap.in_flight"),
    Identity("prompt_order", "a median is no larger than the 99th percentile",
             "wl.prompt_tokens_p50", "<=", "wl.prompt_tokens_p99", "wl.prompt_tokens_p99", 0.0),
    Identity("output_order", "a median is no larger than the 99th percentile",
             "wl.output_tokens_p50", "<=", "wl.output_tokens_p99", "wl.output_tokens_p99", 0.0),
    Identity("ttft_p50_p95", "percentiles are in order", "tail.ttft_p50", "<=", "tail.ttft_p95", "tail.ttft_p95", 0.0),
    Identity("ttft_p95_p99", "percentiles are in order", "tail.ttft_p95", "<=", "tail.ttft_p99", "tail.ttft_p99", 0.0),
    Identity("tpot_order", "percentiles are in order", "tail.tpot_p50", "<=", "tail.tpot_p99", "tail.tpot_p99", 0.0),
    Identity("e2e_ttft", "the last token comes no earlier than the first",
             "tail.ttft_p99", "<=", "tail.e2e_p99", "tail.e2e_p99", 0.0),
    Identity("rate_order", "a mean rate is no larger than the busiest window's",
             "req.rate_mean", "<=", "req.rate_peak", "req.rate_peak"),
    Identity("pue", "PUE is at least one", "1", "<=", "pwr.pue", "pwr.pue", 0.0),
    Identity("energy", "tokens a second times energy of a token is power",
             "pwr.j_per_token * req.rate_mean * wl.output_tokens_mean", "==", "pwr.facility", "pwr.j_per_token"),
    Identity("year", "a year's energy is mean power over 8760 hours",
             "cost.energy_per_year", "==", "pwr.facility / 1000 * 8760", "cost.energy_per_year"),
    Identity("tco", "owning costs no less than buying", "cost.capex", "<=", "cost.tco", "cost.tco", 0.0),
    Identity("tokens_cost", "price of a million tokens times tokens is what owning costs",
             "cost.usd_per_mtok * req.rate_mean * wl.output_tokens_mean * wl.load_share * cost.years * 31.536", "==",
             "cost.tco", "cost.usd_per_mtok"),
    Identity("devices", "devices are replicas times what shares one", "cap.gpus", "==", "cap.replicas * par.tp",
             "cap.gpus", 0.0),
    Identity("availability", "an availability is at most one", "fail.availability", "<=", "1", "fail.availability",
             0.0),
    Identity("shares", "shares are at most one", "max(wl.prefix_hit_rate, net.step_share)", "<=", "1",
             "net.step_share", 0.0),
    Identity("bias", "the mean error is no smaller than the bias", "max(val.model_bias, -val.model_bias)", "<=",
             "val.model_error", "val.model_error"),
    Identity("interval", "an interval holds its mean", "max(val.bias_low - val.model_bias,"
             " val.model_bias - val.bias_high)", "<=", "0", "val.bias_low", 0.0),
    Identity("calibration", "three points at least stand behind a model's error", "3", "<=", "val.points",
             "val.points", 0.0),
    Identity("prototype", "the prototype's baseline is the design's own tail, within the error of either simulation",
             "max(opt.baseline_ttft_p99 / tail.ttft_p99, tail.ttft_p99 / opt.baseline_ttft_p99)", "<=", "1.1",
             "opt.baseline_ttft_p99", 0.0),
    Identity("gain", "what is left and what is taken off make one", "1 - opt.gain", "==",
             "opt.ttft_p99 / opt.baseline_ttft_p99", "opt.gain"),
    Identity("heads", "a replica's devices divide the key-value heads, or hold one each",
             "par.tp / model.kv_heads", "==",
             "ceil(par.tp / model.kv_heads) if par.tp >= model.kv_heads"
             " else 1 / floor(model.kv_heads / par.tp)", "par.tp", 1e-9),
    Identity("island", "a replica lies within one host", "par.tp", "<=", "hw.host_devices", "par.tp", 0.0),
)  # fmt: skip

_TARGETS = (
    Target("ttft", "p99 TTFT keeps its limit", "tail.ttft_p99 <= req.slo_ttft_p99", "tail.ttft_p99"),
    Target("ttft_degraded", "p99 TTFT keeps its limit with the spares down",
           "tail.ttft_p99_degraded <= req.slo_ttft_p99", "tail.ttft_p99_degraded"),
    Target("tpot", "p99 TPOT keeps its limit", "tail.tpot_p99 <= req.slo_tpot_p99", "tail.tpot_p99"),
    Target("tpot_degraded", "p99 TPOT keeps its limit with the spares down",
           "tail.tpot_p99_degraded <= req.slo_tpot_p99", "tail.tpot_p99_degraded"),
    Target("e2e", "p99 of the whole answer keeps its limit", "tail.e2e_p99 <= req.slo_e2e_p99", "tail.e2e_p99"),
    Target("memory", "a full batch of mean requests fits into memory", "batching.slots <= cap.max_concurrent",
           "cap.max_concurrent"),
    Target("availability", "enough replicas are up", "fail.availability >= req.slo_avail", "fail.availability"),
    Target("failover", "failovers leave half of the error budget", "fail.failover_loss <= fail.error_budget / 2",
           "fail.failover_loss"),
    Target("budget", "the fleet stays within its budget", "cost.tco <= req.budget_tco", "cost.tco"),
    Target("rack", "a rack stays within its power", "pwr.rack <= req.rack_limit", "pwr.rack"),
    Target("junction", "devices do not slow down on the hottest day", "therm.tj <= req.junction_limit", "therm.tj"),
    Target("asked", "the asked limit is promised for a metric that can keep it",
           "tail.tpot_p99 <= req.asked_limit if req.asked_metric == 'TPOT' else perf.ttft_floor <= req.asked_limit",
           "req.asked_metric"),
)  # fmt: skip

_SENSITIVITY = Sensitivity(
    headline="perf.request_work",
    drivers=(
        "wl.prompt_tokens_mean",
        "wl.output_tokens_mean",
        "model.params",
        "hw.device_bandwidth",
        "hw.device_peak",
        "hw.link_bandwidth",
        "batching.slots",
        "mem.kv_element",
        "perf.step_overhead",
        "net.startup",
    ),
    claim="sens.top3",
)

_CRITERIA = {
    "req": "C1", "wl": "C2", "perf": "C3", "roof": "C3", "cap": "C3", "hw": "C3", "mem": "C4", "model": "C4",
    "net": "C5", "par": "C5", "sched": "C5", "batching": "C5", "fail": "C6", "tail": "C6", "pwr": "C7", "therm": "C7",
    "cost": "C7", "val": "C8", "sens": "C9", "opt": "C9",
}  # fmt: skip

PACK = Pack(
    id="llm_serving",
    title="Serving a language model",
    version="1.0",
    claims=(*GIVEN, *DERIVED, *FREE),
    identities=_IDENTITIES,
    targets=_TARGETS,
    sensitivity=_SENSITIVITY,
    intervals=(Interval("tail.ttft_p99", "ttft_p99_low_s", "ttft_p99_high_s"),),
    criteria=_CRITERIA,
    # blocking: no evidence that could be read; a decision that rests on a wrong number is not competent work (level 2
    # of every criterion asks that no claim be refuted); another refuted number leaves room for nothing above competent
    levels={"blocking": 1, "decision-error": 1, "target-missed": 2, "major": 2},
    machine="hw.machine",
    figures=("roofline", "tornado"),
    keys={"bench": {"machine": "hw.machine", "devices": "par.tp"}},
    options={"req.asked_metric": ("TTFT", "TPOT")},
    below=(("trace.prefix_tokens", "trace.prompt_tokens"),),
    levers=(
        Lever("wl.prompt_tokens_mean", ("trace.prompt_tokens", "trace.prefix_tokens", "trace.prompt_sum")),
        Lever("wl.output_tokens_mean", ("trace.output_tokens", "trace.output_sum")),
        Lever("req.rate_mean", ("trace.arrivals_s", "trace.span_s"), -1, is_whole=False),
    ),
)
