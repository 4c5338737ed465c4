"""What an edge design must claim of what it is given and decides: each claim after those it is computed from."""

from __future__ import annotations

from graders.capstone.declaring import derived
from graders.capstone.pack import Required, Tolerance

_SHARE: Tolerance = "difference"
_BOARD = {"flops_per_s": "perf.board_flops", "bandwidth_bytes_per_s": "perf.board_bandwidth", "sram_bytes": "hw.sram"}
_SHAPE = {"patches": "model.patches", "patch_px": "model.patch_px", "layers": "model.layers",
          "hidden": "model.hidden", "mlp": "model.mlp"}  # fmt: skip
_ELEMENTS = {"activation_bytes": "mem.activation_element", "weight_bytes": "mem.weight_element",
             "launch_s": "perf.launch"}  # fmt: skip
_PASS = {**_SHAPE, **_BOARD, **_ELEMENTS}
_DECODE = {"weight_bytes": "mem.lm_bytes", "token_bytes": "mem.kv_token_bytes",
           "token_flops": "2 * model.lm_params", "peak_flops_per_s": "perf.board_flops",
           "bandwidth_bytes_per_s": "perf.board_bandwidth", "overhead_s": "perf.token_overhead"}  # fmt: skip
_HEAT = {"ambient_c": "therm.ambient", "resistance_k_per_w": "therm.resistance"}
_LEAKS = {"leakage_w": "pwr.leakage", "per_k": "pwr.leak_per_k", "nominal_c": "pwr.leak_nominal"}
_FRAMES = {
    "arrivals_s": "trace.arrivals_s",
    "base_w": "pwr.idle + pwr.leakage_warm",
    "busy_w": "pwr.busy",
    "slow_factor": "therm.slow_factor",
    "slow_w": "pwr.busy_slow",
    **_HEAT,
    "start_c": "therm.junction",
    "limit_c": "req.junction_limit",
    "resume_c": "req.junction_limit - therm.hysteresis",
    "time_constant_s": "therm.time_constant",
    "queue_frames": "sched.queue_frames",
}
_SEEN = {**_FRAMES, "work_s": "perf.frame_overhead + trace.crops * trace.slowdown * perf.encoder_time"}
_ALONE = {**_FRAMES, "work_s": "perf.frame_overhead + trace.crops * perf.encoder_time"}
_SUN = {**_SEEN, "ambient_c": "therm.ambient + therm.sun",
        "start_c": "min(therm.junction + therm.sun, req.junction_limit)"}  # fmt: skip
_PAIRS = {"before": "eval.reference", "after": "eval.quantised"}
_LEFT = {"correct": "eval.quantised", "confidence": "eval.confidence", "threshold": "fleet.threshold",
         "other_accuracy": "fleet.other_accuracy"}  # fmt: skip
_ROLLOUT = {"devices": "fleet.devices", "package_bytes": "net.update_bytes", "link_bytes_per_s": "net.link",
            "server_bytes_per_s": "net.server", "first_share": "fleet.first_share", "growth": "fleet.growth",
            "online_s": "3600 * fleet.online", "watch_s": "3600 * fleet.watch"}  # fmt: skip
_ERRORS = {"predicted": "perf.launch + max(2 * bench.macs / (perf.board_flops / perf.clock_share),"
           " bench.moved_bytes / perf.board_bandwidth)", "measured": "bench.operator_s"}  # fmt: skip

# fmt: off
_Rows = tuple[tuple[str, str, str, Tolerance, str], ...]
"""Results of a function: claim, unit, key, tolerance, what it is."""

_TAIL: _Rows = (
    ("latency_p50", "s", "p50_s", "simulated", "median from the camera to the answer"),
    ("latency_p90", "s", "p90_s", "simulated", "90th percentile from the camera to the answer"),
    ("latency_p99", "s", "p99_s", "simulated", "99th percentile from the camera to the answer"),
    ("latency_mean", "s", "mean_s", "simulated", "mean from the camera to the answer"),
    ("dropped_share", "1", "dropped_share", _SHARE, "share of the frames that are dropped"),
    ("slow_share", "1", "slow_share", _SHARE, "share of the frames that meet a hot board"),
    ("hottest", "degC", "hottest_c", "default", "hottest moment of the trace"),
)
_TAIL_IN_THE_SUN: _Rows = (
    ("latency_p99", "s", "p99_s", "simulated", "99th percentile from the camera to the answer"),
    ("slow_share", "1", "slow_share", _SHARE, "share of the frames that meet a hot board"),
    ("dropped_share", "1", "dropped_share", _SHARE, "share of the frames that are dropped"),
)
_STAGES: _Rows = (
    ("rollout", "s", "rollout_s", "default", "until the whole fleet has an update"),
    ("stages", "1", "stages", "exact", "stages of a rollout"),
    ("exposed", "1", "first_devices", "exact", "devices that a bad update reaches"),
)

DERIVED = (
    # --- S3 workload
    derived("wl.frame_rate", "req/s", "S3", "frames a second", "trace.frames / trace.span_s"),
    derived("wl.crops_mean", "1/req", "S3", "crops of a frame", "trace.crops_sum / trace.frames"),
    derived("wl.crops_p99", "1/req", "S3", "99th percentile of the crops of a frame", "nearest_rank_quantile_s",
            tolerance="exact", arguments={"latency_s": "trace.crops", "quantile": "0.99"}),
    derived("wl.work_mean", "1/req", "S3", "crops of a frame, each as long as other work beside it makes it",
            "trace.work_sum / trace.frames"),
    derived("wl.corun_share", "1", "S3", "share of the frames beside which other work runs",
            "trace.corun_sum / trace.frames"),
    # --- S6, S7 memory and quantisation
    derived("quant.bits", "1", "S7", "bits of a weight", "8 if quant.scheme == 'int8' else 4", tolerance="exact"),
    derived("mem.weight_element", "B", "S6", "bytes of a weight with its part of a scale",
            "quant.bits / 8 + mem.scale_bytes / mem.scale_group"),
    derived("model.encoder_params", "1", "S6", "weights of the vision encoder", "clip_tower_parameters",
            arguments=_SHAPE),
    derived("mem.encoder_bytes", "B", "S6", "the vision encoder's weights",
            "model.encoder_params * mem.weight_element"),
    derived("mem.lm_bytes", "B", "S6", "the language model's weights", "model.lm_params * mem.weight_element"),
    derived("mem.models_bytes", "B", "S6", "both", "mem.encoder_bytes + mem.lm_bytes"),
    derived("mem.flash_bytes", "B", "S6", "flash: the code, and two slots of the models, so that an update can fail",
            "mem.code_bytes + 2 * mem.models_bytes"),
    derived("mem.kv_token_bytes", "B/token", "S6", "keys and values of a token", "kv_cache_bytes",
            arguments={"layers": "model.lm_layers", "kv_heads": "model.lm_kv_heads",
            "head_dim": "model.lm_head_dim", "element_bytes": "mem.kv_element", "tokens": "1"}),
    derived("mem.kv_bytes", "B", "S6", "cache at the end of an answer",
            "mem.kv_token_bytes * (wl.prompt_tokens + wl.answer_tokens)"),
    *(
        derived(f"mem.{name}", "B", "S6", says, "encoder_arena_bytes", result,
                arguments={"patches": "model.patches", "patch_px": "model.patch_px", "hidden": "model.hidden",
                "mlp": "model.mlp", "activation_bytes": "mem.activation_element"})
        for name, result, says in (
            ("arena_least", "least_bytes", "activations of a crop that live at once at most"),
            ("arena", "arena_bytes", "the arena in which they are planned"),
        )
    ),
    derived("mem.queue_bytes", "B", "S6", "frames that wait", "sched.queue_frames * mem.frame_bytes"),
    derived("mem.ram_peak", "B", "S6", "memory at most",
            "mem.system_bytes + mem.models_bytes + mem.kv_bytes + mem.arena + mem.queue_bytes"),
    *(
        derived(f"quant.{name}", "1", "S7", says, "paired_outcomes", result, _SHARE, kind="measured",
                arguments=_PAIRS)
        for name, result, says in (
            ("accuracy_before", "accuracy_before", "accuracy of the model before, on the evaluation's crops"),
            ("accuracy", "accuracy_after", "accuracy of the quantised one, on the same crops"),
            ("drop", "drop", "what quantisation costs"),
            ("drop_low", "drop_low", "lower end of its interval"),
            ("drop_high", "drop_high", "upper end of its interval"),
            ("p_value", "p_value", "McNemar's exact test that it costs nothing"),
        )
    ),
    derived("quant.samples", "1", "S7", "crops of the evaluation", "paired_outcomes", "samples", "exact",
            kind="measured", arguments=_PAIRS),
    # --- S5 performance
    derived("perf.board_flops", "flop/s", "S5", "operations that kernels reach at the chosen clock",
            "hw.peak * perf.clock_share * perf.compute_efficiency"),
    derived("perf.board_bandwidth", "B/s", "S5", "traffic that kernels reach",
            "hw.bandwidth * perf.bandwidth_efficiency"),
    derived("model.encoder_flops", "flop", "S5", "operations of a crop", "encoder_pass", "flops", arguments=_PASS),
    derived("perf.encoder_time", "s", "S5", "a crop, operator by operator", "encoder_pass", "time_s", arguments=_PASS),
    derived("perf.memory_share", "1", "S5", "part of it in operators that memory bounds", "encoder_pass",
            "memory_share", _SHARE, arguments=_PASS),
    derived("mem.traffic", "B", "S6", "bytes that a crop moves between memory and chip", "encoder_pass",
            "traffic_bytes", arguments=_PASS),
    derived("mem.traffic_least", "B", "S6", "the same, were each operand moved once", "encoder_pass", "least_bytes",
            arguments=_PASS),
    derived("mem.moved_twice", "1", "S6", "traffic beyond that, as a share of it",
            "mem.traffic / mem.traffic_least - 1", tolerance=_SHARE),
    derived("mem.bandwidth_use", "1", "S6", "share of the memory's rate that the camera's work takes",
            "wl.frame_rate * wl.crops_mean * mem.traffic / perf.board_bandwidth"),
    derived("roof.ridge", "flop/B", "S5", "ridge of the board", "ridge_flops_per_byte",
            arguments={"peak_flops_per_s": "perf.board_flops", "bandwidth_bytes_per_s": "perf.board_bandwidth"}),
    derived("roof.encoder_intensity", "flop/B", "S5", "intensity of a crop", "model.encoder_flops / mem.traffic"),
    derived("roof.encoder_bound", "1", "S5", "what limits a crop as a whole: memory or compute",
            "'memory' if roof.encoder_intensity < roof.ridge else 'compute'", tolerance="exact"),
    derived("perf.frame_time", "s", "S5", "a mean frame that has the board to itself",
            "perf.frame_overhead + wl.crops_mean * perf.encoder_time"),
    derived("perf.single_p90", "s", "S5", "90th percentile of frames that have the board to themselves (SingleStream)",
            "nearest_rank_quantile_s",
            arguments={"latency_s": "perf.frame_overhead + trace.crops * perf.encoder_time", "quantile": "0.9"}),
    derived("perf.prefill_time", "s", "S5", "reading a question", "step_time_s",
            arguments={"tokens": "wl.prompt_tokens", "cached_tokens": "0", **_DECODE}),
    derived("perf.token_time", "s", "S5", "writing a token at the end of an answer", "step_time_s",
            arguments={"tokens": "1", "cached_tokens": "wl.prompt_tokens + wl.answer_tokens", **_DECODE}),
    derived("perf.tokens_per_s", "token/s", "S5", "tokens a second", "1 / perf.token_time"),
    derived("perf.answer_time", "s", "S5", "a question, to the last token of its answer",
            "perf.prefill_time + wl.answer_tokens * perf.token_time"),
    derived("roof.decode_intensity", "flop/B", "S5", "intensity of writing a token",
            "2 * model.lm_params / (mem.lm_bytes + mem.kv_bytes)"),
    derived("load.cold_start", "s", "S6", "from power to the first frame",
            "load.init + mem.models_bytes / hw.flash_bandwidth"),
    # --- S8 the board's time
    derived("sched.utilisation", "1", "S8", "share of the time that the board serves frames",
            "wl.frame_rate * (perf.frame_overhead + wl.work_mean * perf.encoder_time)"),
    # --- S10 power and heat
    derived("pwr.voltage", "1", "S10", "voltage at the chosen clock, as a share of the full clock's",
            "pwr.voltage_floor + (1 - pwr.voltage_floor) * perf.clock_share"),
    derived("pwr.busy", "W", "S10", "what serving adds at the chosen clock: clock times voltage squared",
            "pwr.dynamic_full * perf.clock_share * pwr.voltage * pwr.voltage"),
    derived("pwr.steady", "W", "S10", "mean power under the trace, leakage aside",
            "pwr.idle + min(sched.utilisation, 1) * pwr.busy"),
    derived("therm.junction", "degC", "S10", "junction under the trace in the hottest surroundings",
            "settled_temperature_c", arguments={**_HEAT, "dynamic_w": "pwr.steady", **_LEAKS}),
    derived("pwr.leakage_warm", "W", "S10", "leakage at that temperature",
            "pwr.leakage * 2.718281828459045 ** (pwr.leak_per_k * (therm.junction - pwr.leak_nominal))"),
    derived("pwr.mean", "W", "S10", "mean power under the trace", "pwr.steady + pwr.leakage_warm"),
    derived("pwr.active", "W", "S10", "power while a frame is served", "pwr.idle + pwr.busy + pwr.leakage_warm"),
    derived("pwr.j_per_frame", "J/req", "S10", "energy of a frame", "pwr.mean / wl.frame_rate"),
    derived("pwr.j_per_crop", "J", "S10", "what a crop adds to it", "pwr.busy * perf.encoder_time"),
    derived("perf.encoder_full", "s", "S10", "a crop at the full clock", "encoder_pass", "time_s",
            arguments={**_PASS, "flops_per_s": "hw.peak * perf.compute_efficiency"}),
    derived("pwr.j_per_crop_full", "J", "S10", "what a crop would add at the full clock",
            "pwr.dynamic_full * perf.encoder_full"),
    derived("therm.skin", "degC", "S10", "touched surface under the trace",
            "therm.ambient + pwr.mean * therm.skin_resistance"),
    derived("therm.sustained", "W", "S10", "power that may be drawn for ever", "sustained_power_w",
            arguments={"limit_c": "req.junction_limit", "coolant_c": "therm.ambient",
            "resistance_k_per_w": "therm.resistance"}),
    derived("therm.time_to_throttle", "s", "S10", "from the trace's temperature to the limit, always serving",
            "time_to_limit_s", arguments={"limit_c": "req.junction_limit", "start_c": "therm.junction", **_HEAT,
            "power_w": "pwr.active", "time_constant_s": "therm.time_constant", "horizon_s": "therm.horizon"}),
    derived("therm.encoder_slow", "s", "S10", "a crop on a hot board", "encoder_pass", "time_s",
            arguments={**_PASS, "flops_per_s": "perf.board_flops * therm.slow_clock"}),
    derived("therm.slow_factor", "1", "S10", "how much longer a hot board takes",
            "therm.encoder_slow / perf.encoder_time"),
    derived("pwr.voltage_slow", "1", "S10", "voltage of a hot board",
            "pwr.voltage_floor + (1 - pwr.voltage_floor) * perf.clock_share * therm.slow_clock"),
    derived("pwr.busy_slow", "W", "S10", "what serving adds on a hot board",
            "pwr.dynamic_full * perf.clock_share * therm.slow_clock * pwr.voltage_slow * pwr.voltage_slow"),
    # --- S9 tail
    *(
        derived(f"tail.{name}", unit, "S9", says, "throttled_frames", result, tolerance, arguments=_SEEN)
        for name, unit, result, tolerance, says in _TAIL
    ),
    derived("tail.latency_p99_alone", "s", "S9", "99th percentile, were no other work beside it", "throttled_frames",
            "p99_s", "simulated", arguments=_ALONE),
    *(
        derived(f"tail.{name}_sun", unit, "S9", f"{says} in direct sun", "throttled_frames", result, tolerance,
                arguments=_SUN)
        for name, unit, result, tolerance, says in _TAIL_IN_THE_SUN
    ),
    derived("sched.frames_at_once", "req", "S8", "frames on the board at once, by Little's law",
            "wl.frame_rate * (1 - tail.dropped_share) * tail.latency_mean", tolerance="simulated"),
    # --- S10 battery
    derived("batt.mean_power", "W", "S10", "mean power over a day: frames, answers, sleep",
            "wl.active_share * (pwr.mean + wl.answers_per_hour / 3600 * perf.answer_time * pwr.busy)"
            " + (1 - wl.active_share) * pwr.sleep"),
    derived("batt.life", "s", "S10", "time that a charge lasts", "battery_life_s",
            arguments={"capacity_j": "3600 * batt.capacity", "usable_share": "batt.usable",
            "efficiency": "batt.efficiency", "power_w": "batt.mean_power",
            "self_discharge_per_s": "batt.self_discharge / 86400"}),
    derived("batt.charges", "1/year", "S10", "charges in a year", "31536000 / batt.life"),
    # --- S9 failure
    derived("fail.restart", "s", "S9", "from a hang to the next frame", "fail.watchdog + load.cold_start"),
    derived("fail.software_availability", "1", "S9", "share of the time without a hang", "steady_availability",
            tolerance="complement", arguments={"mtbf_s": "3600 * fail.software_mtbf", "mttr_s": "fail.restart"}),
    derived("fail.hardware_availability", "1", "S9", "share of the time without a failed device",
            "steady_availability", tolerance="complement",
            arguments={"mtbf_s": "3600 * fail.hardware_mtbf", "mttr_s": "3600 * fail.replace"}),
    derived("fail.availability", "1", "S9", "share of the time that a device works",
            "fail.software_availability * fail.hardware_availability", tolerance="complement"),
    derived("fail.replacements", "1/year", "S9", "replacements of a device in a year", "8760 / fail.hardware_mtbf"),
    # --- S7, S8 fleet
    derived("net.update_bytes", "B", "S7", "what an update sends to a device",
            "net.delta_share * (mem.code_bytes + mem.models_bytes)"),
    derived("net.update_time", "s", "S7", "loading it over a device's link", "net.update_bytes / net.link"),
    *(
        derived(f"fleet.{name}", unit, "S8", says, "staged_rollout", result, tolerance, arguments=_ROLLOUT)
        for name, unit, result, tolerance, says in _STAGES
    ),
    *(
        derived(f"fleet.{name}", "1", "S8", says, "selective_outcomes", result, _SHARE, kind="measured",
                arguments=_LEFT)
        for name, result, says in (
            ("fallback_share", "left_share", "share of the reported crops that the cloud is asked about"),
            ("kept_accuracy", "kept_accuracy", "accuracy on those that the device answers"),
            ("accuracy", "accuracy", "accuracy of device and cloud together"),
        )
    ),
    derived("fleet.calls", "1/year", "S8", "crops that a device sends in a year",
            "fleet.fallback_share * wl.reports_per_hour * wl.active_share * 8760"),
    # --- S11 cost
    derived("cost.bom", "USD", "S11", "bill of materials of a device",
            "hw.board_price + cost.camera_price + cost.battery_price + cost.enclosure_price"),
    derived("cost.capital_per_year", "USD/year", "S11", "its part of a year", "cost.bom / cost.years"),
    derived("cost.battery_per_year", "USD/year", "S11", "wear of the battery",
            "cost.battery_price * batt.charges / batt.cycles"),
    derived("cost.cloud_per_year", "USD/year", "S11", "crops in the cloud", "fleet.calls * cost.usd_per_call"),
    derived("cost.data_per_year", "USD/year", "S11", "traffic: updates and crops",
            "(fleet.updates * net.update_bytes + fleet.calls * net.crop_bytes) / 1000000000 * cost.usd_per_gb"),
    derived("cost.service_per_year", "USD/year", "S11", "replacements", "fail.replacements * (cost.bom + cost.visit)"),
    derived("cost.energy_per_year", "USD/year", "S11", "energy at the socket",
            "batt.mean_power / batt.efficiency * 8.76 * cost.usd_per_kwh"),
    derived("cost.device_year", "USD/year", "S11", "a device in a year",
            "cost.capital_per_year + cost.battery_per_year + cost.cloud_per_year + cost.data_per_year"
            " + cost.service_per_year + cost.energy_per_year"),
    derived("cost.fleet", "USD", "S11", "the fleet over its years", "cost.device_year * cost.years * fleet.devices"),
    # --- S12 validation
    *(
        derived(f"val.{name}", "1", "S12", says, "relative_errors", result, _SHARE, kind="measured",
                arguments=_ERRORS)
        for name, result, says in (
            ("model_error", "mape", "mean relative error of the operators' roofline on the benchmark"),
            ("model_bias", "bias", "its mean with the sign, model over board"),
            ("bias_low", "bias_low", "lower end of the bias's interval"),
            ("bias_high", "bias_high", "upper end of the bias's interval"),
        )
    ),
    derived("val.points", "1", "S12", "operators of the benchmark", "relative_errors", "points", "exact",
            kind="measured", arguments=_ERRORS),
    # --- S14 sensitivity
    derived("sens.break_even_rate", "req/s", "S14", "frames a second from which on the board is never idle",
            "1 / (perf.frame_overhead + wl.work_mean * perf.encoder_time)"),
    derived("sens.highest_ambient", "degC", "S14", "surroundings in which the trace brings the board to its limit",
            "highest_ambient_c", arguments={"limit_c": "req.junction_limit", "dynamic_w": "pwr.steady", **_LEAKS,
            "resistance_k_per_w": "therm.resistance"}),
)

FREE = (
    Required("sens.top3", "1", "derived", "S14",
             "inputs that the energy of a frame is most sensitive to, strongest first", formula="elasticities",
             tolerance="exact", is_word=True),
    Required("opt.baseline_p99", "s", "measured", "S15", "p99 latency of the prototype without the optimisation",
             tolerance="simulated"),
    Required("opt.latency_p99", "s", "measured", "S15", "p99 latency of the prototype with it", tolerance="simulated"),
    derived("opt.gain", "1", "S15", "what it takes off, as a share", "1 - opt.latency_p99 / opt.baseline_p99",
            tolerance=_SHARE),
)
# fmt: on
