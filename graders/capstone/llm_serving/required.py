"""The claims that a serving design must make, each after those it is computed from."""

from __future__ import annotations

from graders.capstone.declaring import derived, given
from graders.capstone.pack import Required, Tolerance

_TRACE = {"prompt_tokens": "trace.prompt_tokens", "output_tokens": "trace.output_tokens"}
_REPLICA = {"slots": "batching.slots", "step_s": "perf.fixed_step", "token_s": "perf.token_step"}
_FLEET = {"arrivals_s": "trace.arrivals_s", **_TRACE, **_REPLICA}
_LIMITS = {"ttft_limit_s": "req.slo_ttft_p99", "tpot_limit_s": "req.slo_tpot_p99"}
_ERRORS = {"predicted": "perf.fixed_step + perf.token_step * bench.tokens", "measured": "bench.step_s"}
_SHARE: Tolerance = "difference"
_DEMAND = {"goodput_per_s": "perf.goodput", "headroom": "cap.headroom", "spares": "cap.spares"}

GIVEN = (
    *given(
        "target",
        "S2",
        """
        req.slo_ttft_p99     | s    | limit on the 99th percentile of the time to the first token
        req.slo_tpot_p99     | s    | limit on the 99th percentile of a request's mean time per further token
        req.slo_e2e_p99      | s    | limit on the 99th percentile of the time to the last token
        req.slo_avail        | 1    | share of the time that enough replicas are up
        req.budget_tco       | USD  | what the fleet may cost over its years
        req.rack_limit       | W    | what a rack may draw
        req.junction_limit   | degC | temperature at which a device begins to slow down
        """,
    ),
    *given(
        "input",
        "S2",
        """
        req.peak_window      | s | window over which the peak rate is counted
        req.asked_limit      | s | the limit that was asked for without naming its metric
        """,
    ),
    *given("choice", "S2", "req.asked_metric | name | the metric that the asked limit is promised for: TTFT or TPOT"),
    *given(
        "input",
        "S3",
        """
        wl.tenant_share      | 1 | share of the requests that the first of two tenants sends
        wl.load_share        | 1 | mean load over a day as a share of the trace's
        tail.calls_per_answer | count | model calls that one answer of the assistant needs
        """,
    ),
    *given(
        "input",
        "S6",
        """
        model.params         | count | weights
        model.active_params  | count | weights that a token meets
        model.layers         | count | layers
        model.kv_heads       | count | key-value heads
        model.head_dim       | count | elements of a head
        model.hidden         | count | elements of an activation
        mem.weight_element   | B     | bytes of a weight
        mem.kv_element       | B     | bytes of a cached element
        mem.utilisation      | 1     | share of a device's memory that the server may use
        mem.working_bytes    | B     | what a device keeps for activations and graphs
        """,
    ),
    *given("choice", "S4", "hw.machine | name | machine that is bought"),
    *given(
        "vendor",
        "S4",
        """
        hw.device_memory     | B      | memory of a device
        hw.device_bandwidth  | B/s    | peak of its memory
        hw.device_peak       | flop/s | dense BF16 peak
        hw.device_power      | W      | its power limit
        hw.link_bandwidth    | B/s    | link in one direction
        """,
    ),
    *given(
        "input",
        "S4",
        """
        hw.device_price      | USD   | price of a device
        hw.host_price        | USD   | price of a host with its network
        hw.host_devices      | count | devices in a host
        """,
    ),
    *given(
        "input",
        "S5",
        """
        perf.compute_efficiency   | 1 | share of the peak that matrices reach
        perf.bandwidth_efficiency | 1 | share of the memory's peak that kernels reach
        perf.step_overhead        | s | host and launches of a step
        """,
    ),
    *given("input", "S7", "net.startup | s | start-up time of a step of the ring"),
    *given("choice", "S7", "par.tp | count | devices that share a replica"),
    *given("choice", "S6", "mem.block_tokens | count | tokens of a block of the cache"),
    *given("choice", "S8", "batching.slots | count | requests in a step of a replica at most"),
    *given(
        "choice",
        "S5",
        """
        cap.headroom | 1     | share of a replica's goodput that stays free
        cap.spares   | count | replicas that may be down at peak
        """,
    ),
    *given(
        "input",
        "S9",
        """
        fail.device_mtbf | h | mean time between failures of a device
        fail.host_mtbf   | h | mean time between failures of a host
        fail.mttr        | h | mean time to repair
        fail.failover    | s | time until a lost replica's users are served elsewhere
        """,
    ),
    *given(
        "input",
        "S10",
        """
        pwr.idle_power     | W   | what an idle device draws
        pwr.host_power     | W   | what a host draws beside its devices
        pwr.pue            | 1   | power usage effectiveness
        therm.coolant      | degC | coolant at the inlet on the hottest day
        therm.resistance   | K/W | from junction to coolant
        """,
    ),
    *given("choice", "S10", "pwr.nodes_per_rack | count | hosts in a rack"),
    *given(
        "input",
        "S11",
        """
        cost.years         | year    | years that the fleet serves
        cost.usd_per_kwh   | USD/kWh | price of energy
        cost.running_share | 1/year  | space, spares and people a year, of the machines' price
        """,
    ),
)

# fmt: off
DERIVED = (
    # --- S3 workload
    derived("req.rate_mean", "req/s", "S3", "mean rate of the trace", "trace.requests / trace.span_s"),
    derived("req.rate_peak", "req/s", "S3", "highest rate in any window", "busiest_rate_per_s",
             arguments={"arrivals_s": "trace.arrivals_s", "window_s": "req.peak_window"}),
    derived("wl.prompt_tokens_mean", "token/req", "S3", "mean prompt", "trace.prompt_sum / trace.requests"),
    derived("wl.prompt_tokens_p50", "token/req", "S3", "median prompt", "nearest_rank_quantile_s",
             arguments={"latency_s": "trace.prompt_tokens", "quantile": "0.5"}),
    derived("wl.prompt_tokens_p99", "token/req", "S3", "99th percentile of prompts", "nearest_rank_quantile_s",
             arguments={"latency_s": "trace.prompt_tokens", "quantile": "0.99"}),
    derived("wl.output_tokens_mean", "token/req", "S3", "mean answer", "trace.output_sum / trace.requests"),
    derived("wl.output_tokens_p50", "token/req", "S3", "median answer", "nearest_rank_quantile_s",
             arguments={"latency_s": "trace.output_tokens", "quantile": "0.5"}),
    derived("wl.output_tokens_p99", "token/req", "S3", "99th percentile of answers", "nearest_rank_quantile_s",
             arguments={"latency_s": "trace.output_tokens", "quantile": "0.99"}),
    derived("wl.prefix_hit_rate", "1", "S3", "share of prompt tokens that were read before", "prefix_hit_rate",
             arguments={"prompt_tokens": "trace.prompt_tokens", "prefix_tokens": "trace.prefix_tokens"}),
    # --- S6 memory
    derived("model.token_flops", "flop/token", "S6", "operations for a token", "2 * model.active_params"),
    derived("mem.weight_bytes", "B", "S6", "weights, all devices together", "model.params * mem.weight_element"),
    derived("mem.kv_bytes_per_token", "B/token", "S6", "keys and values of a token", "kv_cache_bytes",
             arguments={"layers": "model.layers", "kv_heads": "model.kv_heads", "head_dim": "model.head_dim",
             "element_bytes": "mem.kv_element", "tokens": "1"}),
    derived("mem.kv_budget", "B", "S6", "memory of a replica that is left for caches", "kv_budget_bytes",
             arguments={"devices": "par.tp", "device_bytes": "hw.device_memory", "weight_bytes": "mem.weight_bytes",
             "utilisation": "mem.utilisation", "working_bytes": "mem.working_bytes"}),
    derived("mem.request_tokens", "token/req", "S6", "mean length of a request at its end",
             "wl.prompt_tokens_mean + wl.output_tokens_mean"),
    derived("mem.context_tokens", "token/req", "S6", "mean length while an answer is written",
             "wl.prompt_tokens_mean + wl.output_tokens_mean / 2"),
    derived("mem.kv_capacity_tokens", "token", "S6", "tokens that a replica's blocks hold", "node_budget", "tokens",
             arguments={"devices": "par.tp", "device_bytes": "hw.device_memory", "utilisation": "mem.utilisation",
             "working_bytes": "mem.working_bytes", "weight_bytes": "mem.weight_bytes",
             "token_bytes": "mem.kv_bytes_per_token", "request_tokens": "1", "block_tokens": "mem.block_tokens"}),
    derived("cap.max_concurrent", "1", "S6", "requests of mean length that a replica's memory holds",
             "concurrent_requests", arguments={"budget_bytes": "mem.kv_budget",
             "token_bytes": "mem.kv_bytes_per_token", "request_tokens": "ceil(mem.request_tokens)",
             "block_tokens": "mem.block_tokens"}),
    # --- S5, S7 performance and network
    derived("perf.replica_flops", "flop/s", "S5", "operations that a replica reaches",
             "par.tp * hw.device_peak * perf.compute_efficiency"),
    derived("perf.replica_bandwidth", "B/s", "S5", "traffic that a replica's memories reach",
             "par.tp * hw.device_bandwidth * perf.bandwidth_efficiency"),
    derived("net.message_bytes", "B/token", "S7", "activations of a token that an all-reduce sums",
             "2 * model.hidden"),
    derived("net.tp_allreduce_time", "s", "S7", "one all-reduce of a full decode step", "ring_all_reduce_s",
             arguments={"size_bytes": "batching.slots * net.message_bytes", "devices": "par.tp",
             "startup_s": "net.startup", "bandwidth_bytes_per_s": "hw.link_bandwidth"}),
    derived("perf.fixed_step", "s", "S5", "part of a step that its tokens do not change", "fixed_step_s",
             arguments={"weight_bytes": "mem.weight_bytes", "bandwidth_bytes_per_s": "perf.replica_bandwidth",
             "overhead_s": "perf.step_overhead", "layers": "model.layers", "devices": "par.tp",
             "startup_s": "net.startup"}),
    derived("perf.token_step", "s", "S5", "what a further token adds to a step", "token_step_s",
             arguments={"token_flops": "model.token_flops", "flops_per_s": "perf.replica_flops",
             "context_tokens": "mem.context_tokens", "token_bytes": "mem.kv_bytes_per_token",
             "bandwidth_bytes_per_s": "perf.replica_bandwidth", "layers": "model.layers", "devices": "par.tp",
             "message_bytes": "net.message_bytes", "link_bytes_per_s": "hw.link_bandwidth"}),
    derived("perf.decode_step", "s", "S5", "decode step of a full batch, by the roofline", "step_time_s",
             arguments={"tokens": "batching.slots", "cached_tokens": "batching.slots * mem.context_tokens",
             "weight_bytes": "mem.weight_bytes", "token_bytes": "mem.kv_bytes_per_token",
             "token_flops": "model.token_flops", "peak_flops_per_s": "perf.replica_flops",
             "bandwidth_bytes_per_s": "perf.replica_bandwidth",
             "overhead_s": "perf.step_overhead + 2 * model.layers * net.tp_allreduce_time"}),
    derived("net.step_share", "1", "S7", "share of a decode step that communication takes",
             "2 * model.layers * net.tp_allreduce_time / perf.decode_step"),
    derived("perf.prefill_time", "s", "S5", "step that reads a mean prompt alone",
             "perf.fixed_step + perf.token_step * wl.prompt_tokens_mean"),
    derived("perf.ttft_floor", "s", "S5", "time to the first token of a long prompt (p99) without any queue",
             "perf.fixed_step + perf.token_step * wl.prompt_tokens_p99"),
    derived("req.asked_ttft_possible", "1", "S2", "whether the asked limit could hold for TTFT: yes or no",
             "'yes' if perf.ttft_floor <= req.asked_limit else 'no'", tolerance="exact"),
    derived("perf.tokens_per_s_per_gpu", "token/s", "S5", "tokens that a device writes in full batches",
             "batching.slots / perf.decode_step / par.tp"),
    derived("perf.request_work", "s", "S5", "time of a replica that a request takes in full batches",
             "wl.prompt_tokens_mean * perf.token_step"
             " + wl.output_tokens_mean * (perf.token_step + perf.fixed_step / batching.slots)"),
    derived("roof.ridge", "flop/B", "S5", "ridge of a replica", "ridge_flops_per_byte",
             arguments={"peak_flops_per_s": "perf.replica_flops",
             "bandwidth_bytes_per_s": "perf.replica_bandwidth"}),
    derived("roof.arith_intensity_decode", "flop/B", "S5", "intensity of a full decode step",
             "batching.slots * model.token_flops"
             " / (mem.weight_bytes + batching.slots * mem.context_tokens * mem.kv_bytes_per_token)"),
    derived("roof.arith_intensity_prefill", "flop/B", "S5", "intensity of reading a mean prompt",
             "wl.prompt_tokens_mean * model.token_flops"
             " / (mem.weight_bytes + wl.prompt_tokens_mean * mem.kv_bytes_per_token)"),
    derived("roof.decode_bound", "1", "S5", "what limits decode: memory or compute",
             "'memory' if roof.arith_intensity_decode < roof.ridge else 'compute'", tolerance="exact"),
    derived("roof.prefill_bound", "1", "S5", "what limits prefill: memory or compute",
             "'memory' if roof.arith_intensity_prefill < roof.ridge else 'compute'", tolerance="exact"),
    # --- S5, S8 capacity
    derived("perf.goodput", "req/s", "S5", "highest rate of a replica within both limits, by simulation",
             "goodput_rate_per_s", tolerance="simulated", arguments={**_FLEET, **_LIMITS}),
    derived("batching.half_goodput", "req/s", "S8", "the same with half of the slots", "goodput_rate_per_s",
             tolerance="simulated", arguments={**_FLEET, **_LIMITS, "slots": "ceil(batching.slots / 2)"}),
    derived("cap.replicas", "1", "S5", "replicas, spares included", "replicas_for_rate", tolerance="exact",
             arguments={"rate_per_s": "req.rate_peak", **_DEMAND}),
    derived("cap.gpus", "1", "S5", "devices", "cap.replicas * par.tp", tolerance="exact"),
    derived("cap.nodes", "1", "S4", "hosts", "ceil(cap.gpus / hw.host_devices)", tolerance="exact"),
    derived("cap.utilisation", "1", "S5", "mean rate over what all replicas could serve within limits",
             "req.rate_mean / (cap.replicas * perf.goodput)", tolerance="simulated"),
    derived("sched.first_tenant_replicas", "1", "S8", "replicas, were the first tenant alone on its own",
             "replicas_for_rate", tolerance="exact", arguments={"rate_per_s": "req.rate_peak * wl.tenant_share",
             **_DEMAND}),
    derived("sched.second_tenant_replicas", "1", "S8", "replicas, were the second tenant alone on its own",
             "replicas_for_rate", tolerance="exact",
             arguments={"rate_per_s": "req.rate_peak * (1 - wl.tenant_share)", **_DEMAND}),
    derived("sched.isolation_loss", "1", "S8", "replicas that hard isolation would add, as a share",
             "(sched.first_tenant_replicas + sched.second_tenant_replicas) / cap.replicas - 1"),
    # --- S9 tail and failure
    *(
        derived(f"tail.{name}", "s", "S9", says, "fleet_latency", f"{name}_s", "simulated",
                 arguments={"replicas": "cap.replicas", **_FLEET})
        for name, says in (
            ("ttft_p50", "median time to the first token"),
            ("ttft_p95", "95th percentile of the time to the first token"),
            ("ttft_p99", "99th percentile of the time to the first token"),
            ("tpot_p50", "median time per further token"),
            ("tpot_p99", "99th percentile of the time per further token"),
            ("e2e_mean", "mean time to the last token"),
            ("e2e_p99", "99th percentile of the time to the last token"),
        )
    ),
    *(
        derived(f"tail.{name}_degraded", "s", "S9", f"{says} with the spares down", "fleet_latency", f"{name}_s",
                 "simulated", arguments={"replicas": "cap.replicas - cap.spares", **_FLEET})
        for name, says in (
            ("ttft_p99", "99th percentile of the time to the first token"),
            ("tpot_p99", "99th percentile of the time per further token"),
        )
    ),
    derived("cap.in_flight", "req", "S5", "requests that are there at once, by Little's law",
             "req.rate_mean * tail.e2e_mean", tolerance="simulated"),
    derived("tail.fanout_amplification", "1", "S9", "probability that an answer meets a call beyond its p99",
             "any_slow_probability", arguments={"slow_probability": "0.01", "fan_out": "tail.calls_per_answer"}),
    derived("fail.replica_mtbf", "h", "S9", "mean time between failures of a replica",
             "1 / (par.tp / fail.device_mtbf + par.tp / hw.host_devices / fail.host_mtbf)"),
    derived("fail.replica_availability", "1", "S9", "share of the time that a replica is up", "steady_availability",
             tolerance="complement", arguments={"mtbf_s": "3600 * fail.replica_mtbf", "mttr_s": "3600 * fail.mttr"}),
    derived("fail.availability", "1", "S9", "share of the time that enough replicas are up", "k_of_n_availability",
             tolerance="complement", arguments={"availability": "fail.replica_availability",
             "needed": "cap.replicas - cap.spares", "replicas": "cap.replicas"}),
    derived("fail.error_budget", "s", "S9", "error budget of thirty days", "(1 - req.slo_avail) * 30 * 86400"),
    derived("fail.failover_loss", "s", "S9", "what failovers take from it, by the share of users who notice",
             "30 * 24 / fail.replica_mtbf * fail.failover"),
    # --- S10 power and heat
    derived("pwr.facility", "W", "S10", "mean power at the meter", "facility_power_w",
             arguments={"devices": "cap.gpus", "device_power_w": "hw.device_power", "idle_power_w": "pwr.idle_power",
             "busy_share": "min(cap.utilisation, 1)", "hosts": "cap.nodes", "host_power_w": "pwr.host_power",
             "pue": "pwr.pue"}),
    derived("pwr.rack", "W", "S10", "a full rack at the limit of its devices",
             "pwr.nodes_per_rack * (hw.host_devices * hw.device_power + pwr.host_power)"),
    derived("pwr.j_per_token", "J/token", "S10", "energy of a written token", "token_energy_j",
             arguments={"power_w": "pwr.facility", "tokens_per_s": "req.rate_mean * wl.output_tokens_mean"}),
    derived("therm.tj", "degC", "S10", "junction at the power limit on the hottest day", "junction_temperature_c",
             arguments={"coolant_c": "therm.coolant", "power_w": "hw.device_power",
             "resistance_k_per_w": "therm.resistance"}),
    # --- S11 cost
    derived("cost.capex", "USD", "S11", "price of the fleet",
             "cap.gpus * hw.device_price + cap.nodes * hw.host_price"),
    derived("cost.energy_per_year", "kWh/year", "S11", "energy at the meter", "pwr.facility / 1000 * 8760"),
    derived("cost.tco", "USD", "S11", "cost over the years", "ownership_usd",
             arguments={"capital_usd": "cost.capex", "years": "cost.years",
             "energy_kwh_per_year": "cost.energy_per_year", "usd_per_kwh": "cost.usd_per_kwh",
             "running_share_per_year": "cost.running_share"}),
    derived("cost.usd_per_mtok", "USD/Mtoken", "S11", "cost of a million written tokens", "million_tokens_usd",
             arguments={"cost_usd": "cost.tco",
             "tokens": "req.rate_mean * wl.output_tokens_mean * wl.load_share * cost.years * 31536000"}),
    # --- S12 validation
    *(
        derived(f"val.{name}", "1", "S12", says, "relative_errors", result, tolerance, kind="measured",
                 arguments=_ERRORS)
        for name, result, tolerance, says in (
            ("model_error", "mape", _SHARE, "mean relative error of the step's line on the benchmark"),
            ("model_bias", "bias", _SHARE, "its mean with the sign, model over machine"),
            ("bias_low", "bias_low", _SHARE, "lower end of the bias's interval"),
            ("bias_high", "bias_high", _SHARE, "upper end of the bias's interval"),
        )
    ),
    derived("val.points", "1", "S12", "points of the benchmark", "relative_errors", "points", "exact",
             kind="measured", arguments=_ERRORS),
    # --- S14 sensitivity
    derived("sens.break_even_prompt", "token", "S14", "prompt at which TTFT misses its limit without any queue",
             "(req.slo_ttft_p99 - perf.fixed_step) / perf.token_step"),
    derived("sens.break_even_rate", "req/s", "S14", "peak rate from which another replica is needed",
             "(cap.replicas - cap.spares) * perf.goodput * (1 - cap.headroom)", tolerance="simulated"),
)

FREE = (
    Required("sens.top3", "1", "derived", "S14", "inputs that a request's work is most sensitive to, strongest first",
             formula="elasticities", tolerance="exact", is_word=True),
    Required("opt.baseline_ttft_p99", "s", "measured", "S15", "p99 TTFT of the prototype without the optimisation",
             tolerance="simulated"),
    Required("opt.ttft_p99", "s", "measured", "S15", "p99 TTFT of the prototype with it",
             tolerance="simulated"),
    Required("opt.gain", "1", "derived", "S15", "what it takes off, as a share",
             formula="1 - opt.ttft_p99 / opt.baseline_ttft_p99", tolerance="difference"),
)
# fmt: on
