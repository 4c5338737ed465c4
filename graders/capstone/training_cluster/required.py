"""The claims that follow in a training cluster's design, each after those it is computed from."""

from __future__ import annotations

from graders.capstone.declaring import derived
from graders.capstone.pack import Required, Tolerance

_PLAN = {"stages": "par.pp", "micro_batches": "par.micro_batches", "pieces": "par.pieces"}
_MODEL = {"layers": "model.layers", "width": "model.width", "sequence": "wl.sequence", "vocabulary": "model.vocabulary"}
_LAYER = {
    "sequence": "wl.sequence",
    "micro_batch": "par.micro_batch",
    "width": "model.width",
    "heads": "model.heads",
    "tensor_parallel": "par.tp",
    "sequence_parallel": "1 if par.sequence_parallel == 'yes' else 0",
}
_JOBS = {
    "submit_s": "trace.submit_s",
    "job_devices": "trace.job_devices",
    "run_s": "trace.run_s",
    "nodes": "sched.research_nodes",
    "node_devices": "hw.host_devices",
}
_SAVED = {
    "interval_s": "ckpt.interval",
    "checkpoint_s": "ckpt.time",
    "restart_s": "fail.restart",
    "mtbf_s": "3600 * fail.job_mtbf",
}
_POWER = {
    "devices": "cap.gpus",
    "device_power_w": "hw.device_power",
    "idle_power_w": "pwr.idle_power",
    "hosts": "cap.nodes",
    "host_power_w": "pwr.host_power",
    "pue": "pwr.pue",
}
_ERRORS = {"predicted": "perf.layer_fixed + perf.layer_sequence * bench.sequences", "measured": "bench.layer_s"}
_SHARE: Tolerance = "difference"

# fmt: off
DERIVED = (
    # --- S3 the other jobs
    derived("wl.jobs_per_day", "1/day", "S3", "jobs that arrive", "trace.jobs / trace.span_s * 86400"),
    derived("wl.job_devices_mean", "1", "S3", "devices that a job asks for", "trace.devices_sum / trace.jobs"),
    derived("wl.job_devices_p99", "1", "S3", "99th percentile of it", "nearest_rank_quantile_s", tolerance="exact",
            arguments={"latency_s": "trace.job_devices", "quantile": "0.99"}),
    derived("wl.job_run_mean", "s", "S3", "mean run time of a job", "trace.run_sum / trace.jobs"),
    derived("wl.job_run_p50", "s", "S3", "median run time", "nearest_rank_quantile_s",
            arguments={"latency_s": "trace.run_s", "quantile": "0.5"}),
    derived("wl.job_run_p99", "s", "S3", "99th percentile of run times", "nearest_rank_quantile_s",
            arguments={"latency_s": "trace.run_s", "quantile": "0.99"}),
    derived("wl.job_load", "1", "S3", "devices that the jobs keep busy in the mean", "trace.device_s / trace.span_s"),
    # --- S5 operations
    derived("model.params", "1", "S6", "parameters",
            "12 * model.layers * model.width ** 2 + 13 * model.layers * model.width"
            " + (model.vocabulary + wl.sequence) * model.width"),
    derived("model.token_flops", "flop/token", "S5", "operations to train on a token, none of them twice",
            "training_token_flops", arguments={**_MODEL, "recompute": "'none'"}),
    derived("model.token_flops_done", "flop/token", "S5", "operations of a token with what is computed anew",
            "training_token_flops", arguments={**_MODEL, "recompute": "mem.recompute"}),
    derived("train.flops", "flop", "S5", "operations of the run", "model.token_flops * wl.tokens"),
    derived("train.steps", "1", "S5", "steps of the run", "ceil(wl.tokens / (wl.batch * wl.sequence))",
            tolerance="exact"),
    # --- S7 degrees
    derived("par.gpus", "1", "S7", "devices of the run", "par.tp * par.pp * par.dp", tolerance="exact"),
    derived("par.micro_batches", "1", "S7", "micro-batches of a step and replica",
            "wl.batch / (par.dp * par.micro_batch)", tolerance="exact"),
    derived("par.bubble", "1", "S7", "share of a step that the pipeline stands still", "bubble_share_of_time",
            arguments=_PLAN),
    derived("cap.run_nodes", "1", "S4", "hosts of the run", "ceil(par.gpus / hw.host_devices)", tolerance="exact"),
    derived("cap.nodes", "1", "S4", "hosts of the cluster", "cap.run_nodes + cap.spares + sched.research_nodes",
            tolerance="exact"),
    derived("cap.gpus", "1", "S4", "devices of the cluster", "cap.nodes * hw.host_devices", tolerance="exact"),
    # --- S6 memory
    derived("mem.stage_params", "1", "S6", "parameters of a device of the first stage, embedding included",
            "(12 * model.layers * model.width ** 2 + 13 * model.layers * model.width) / (par.pp * par.tp)"
            " + (model.vocabulary + wl.sequence) * model.width / par.tp"),
    derived("mem.state_bytes", "B", "S6", "weights, gradients and optimizer states of that device", "model_state_bytes",
            arguments={"parameters": "mem.stage_params", "replicas": "par.dp", "zero_stage": "mem.zero_stage"}),
    derived("mem.layer_bytes", "B", "S6", "what a layer keeps of a micro-batch", "activation_bytes_per_layer",
            arguments={**_LAYER, "recompute": "mem.recompute"}),
    derived("mem.layer_bytes_whole", "B", "S6", "the same without recomputation", "activation_bytes_per_layer",
            arguments={**_LAYER, "recompute": "'none'"}),
    derived("mem.layers_held", "1", "S6", "layers that the first stage holds, each for one micro-batch",
            "first_stage_layers", arguments={**_PLAN, "layers": "model.layers"}),
    derived("mem.activation_bytes", "B", "S6", "activations of a device of the first stage",
            "mem.layers_held * mem.layer_bytes + (mem.layer_bytes_whole if mem.recompute == 'full' else 0)"),
    derived("mem.per_gpu", "B", "S6", "memory that a device of the first stage needs",
            "mem.state_bytes + mem.activation_bytes + mem.working_bytes"),
    # --- S7 network
    derived("net.outer_bandwidth", "B/s", "S7", "what a device gets between hosts when all send",
            "hw.network_bandwidth / net.oversubscription if cap.run_nodes > net.leaf_hosts else hw.network_bandwidth"),
    derived("net.bisection", "B/s", "S7", "between two halves of the run, in one direction",
            "cap.run_nodes * hw.host_devices * net.outer_bandwidth / 2"),
    derived("net.message_bytes", "B", "S7", "activations of a micro-batch between two layers",
            "2 * wl.sequence * par.micro_batch * model.width"),
    derived("net.tp_allreduce", "s", "S7", "one sum of them over the devices of a layer", "ring_all_reduce_s",
            arguments={"size_bytes": "net.message_bytes", "devices": "par.tp", "startup_s": "net.inner_startup",
            "bandwidth_bytes_per_s": "hw.link_bandwidth"}),
    derived("net.tp_time", "s", "S7", "all such sums of a micro-batch on a stage",
            "model.layers / par.pp * (6 if mem.recompute == 'full' else 4) * net.tp_allreduce"),
    derived("net.pp_transfer", "s", "S7", "one transfer to the next stage", "transfer_s",
            arguments={"size_bytes": "net.message_bytes / par.tp", "startup_s": "net.outer_startup",
            "bandwidth_bytes_per_s": "net.outer_bandwidth"}),
    derived("net.pp_time", "s", "S7", "transfers of a micro-batch at a stage, there and back",
            "2 * par.pieces * net.pp_transfer if par.pp > 1 else 0"),
    derived("net.gradient_bytes", "B", "S7", "gradients of a device of the first stage", "2 * mem.stage_params"),
    derived("net.host_replicas", "1", "S7", "replicas that have devices in the same host",
            "min(par.dp, max(1, floor(hw.host_devices / par.tp)))", tolerance="exact"),
    derived("net.dp_allreduce", "s", "S7", "one sum of the gradients over all replicas", "hierarchical_all_reduce_s",
            arguments={"size_bytes": "net.gradient_bytes", "group_devices": "net.host_replicas",
            "groups": "ceil(par.dp / net.host_replicas)", "inner_startup_s": "net.inner_startup",
            "inner_bytes_per_s": "hw.link_bandwidth", "outer_startup_s": "net.outer_startup",
            "outer_bytes_per_s": "net.outer_bandwidth"}),
    derived("net.dp_time", "s", "S7", "what replicas exchange in a step; with ZeRO 3 weights in each micro-batch, too",
            "net.dp_allreduce * (par.micro_batches + 0.5 if mem.zero_stage >= 3 else 1)"),
    # --- S5 a step
    derived("perf.micro_compute", "s", "S5", "operations of a micro-batch on a stage",
            "model.token_flops_done * wl.sequence * par.micro_batch / (par.pp * par.tp)"
            " / (hw.device_peak * perf.compute_efficiency)"),
    derived("perf.micro_batch_time", "s", "S5", "a micro-batch on a stage, forward and backward",
            "perf.micro_compute + net.tp_time + net.pp_time"),
    derived("net.overlap_window", "s", "S7", "backward pass of the last micro-batch, which the sum may run beside",
            "2 / 3 * perf.micro_compute"),
    derived("net.dp_exposed", "s", "S7", "part of the exchange that nothing hides",
            "net.dp_time - min(perf.overlap * net.dp_time, net.overlap_window)"),
    derived("tail.straggler", "1", "S9", "step with the slowest host over one with a mean host", "slowest_of",
            arguments={"nodes": "cap.run_nodes", "spread": "tail.node_spread"}),
    derived("perf.step", "s", "S5", "a step", "pipeline_step_s",
            arguments={**_PLAN, "micro_batch_s": "perf.micro_batch_time", "slowdown": "tail.straggler",
            "exposed_s": "net.dp_exposed + perf.step_overhead"}),
    derived("perf.tokens_per_s", "token/s", "S5", "tokens that the run sees while it runs",
            "wl.batch * wl.sequence / perf.step"),
    derived("perf.mfu", "1", "S5", "share of all peaks that the model's own operations take",
            "model.token_flops * perf.tokens_per_s / (par.gpus * hw.device_peak)"),
    derived("perf.hfu", "1", "S5", "the same with what is computed anew",
            "model.token_flops_done * perf.tokens_per_s / (par.gpus * hw.device_peak)"),
    derived("train.time_ideal", "day", "S5", "the run, if nothing failed", "wl.tokens / perf.tokens_per_s / 86400"),
    derived("perf.layer_fixed", "s", "S12", "start-up times of a layer, forward and backward",
            "8 * (par.tp - 1) * net.inner_startup"),
    derived("perf.layer_sequence", "s", "S12", "what a sequence adds to a layer, forward and backward",
            "(72 * model.width ** 2 + 12 * wl.sequence * model.width) * wl.sequence / par.tp"
            " / (hw.device_peak * perf.compute_efficiency)"
            " + 16 * (par.tp - 1) / par.tp * wl.sequence * model.width / hw.link_bandwidth"),
    # --- S9 failures and checkpoints
    derived("fail.job_mtbf", "h", "S9", "mean time between failures of the run",
            "1 / (par.gpus / fail.device_mtbf + cap.run_nodes / fail.host_mtbf)"),
    derived("ckpt.bytes", "B", "S9", "a checkpoint: weights of two bytes, optimizer states of twelve",
            "14 * model.params"),
    derived("ckpt.time", "s", "S9", "for which a checkpoint holds the run up", "ckpt.bytes / data.write_bandwidth"),
    *(
        derived(f"ckpt.{name}_interval", "s", "S9", f"{name.title()}'s interval", f"{name}_interval_s",
                arguments={"checkpoint_s": "ckpt.time", "mtbf_s": "3600 * fail.job_mtbf"})
        for name in ("young", "daly")
    ),
    derived("ckpt.overhead", "1", "S9", "checkpoints over progress", "ckpt.time / ckpt.interval"),
    derived("ckpt.history", "h", "S9", "how far back checkpoints reach",
            "ckpt.kept * (ckpt.interval + ckpt.time) / 3600"),
    derived("fail.restart", "s", "S9", "from a failure until the run goes on",
            "fail.detect + ckpt.bytes / data.read_bandwidth"),
    derived("fail.goodput", "1", "S9", "share of the time that is progress", "expected_goodput",
            tolerance="complement", arguments=_SAVED),
    derived("fail.goodput_first_order", "1", "S9", "the same to first order", "first_order_goodput",
            tolerance="complement", arguments=_SAVED),
    derived("train.time_wall", "day", "S5", "the run with its failures", "train.time_ideal / fail.goodput"),
    derived("fail.failures", "1", "S9", "failures during the run", "24 * train.time_wall / fail.job_mtbf"),
    derived("fail.host_availability", "1", "S9", "share of the time that a host with its devices is up",
            "steady_availability", tolerance="complement",
            arguments={"mtbf_s": "3600 / (hw.host_devices / fail.device_mtbf + 1 / fail.host_mtbf)",
            "mttr_s": "3600 * fail.mttr"}),
    derived("fail.full_strength", "1", "S9", "share of the time that the run has all of its hosts",
            "k_of_n_availability", tolerance="complement", arguments={"availability": "fail.host_availability",
            "needed": "cap.run_nodes", "replicas": "cap.run_nodes + cap.spares"}),
    # --- S6 data
    derived("data.read_rate", "B/s", "S6", "what the run reads while it runs", "perf.tokens_per_s * wl.token_bytes"),
    derived("data.stored", "B", "S6", "tokens and checkpoints that are kept",
            "wl.tokens * wl.token_bytes + ckpt.kept * ckpt.bytes"),
    # --- S8 the research partition
    *(
        derived(f"sched.{name}", unit, "S8", says, "gang_partition", result, "simulated",
                arguments={**_JOBS, "policy": policy})
        for name, unit, result, policy, says in (
            ("gang_wait_mean", "s", "wait_mean_s", "sched.policy", "mean wait of the other jobs"),
            ("gang_wait_p90", "s", "wait_p90_s", "sched.policy", "90th percentile of it"),
            ("fifo_wait_p90", "s", "wait_p90_s", "'fifo'", "the same strictly in order of arrival"),
            ("utilisation", "1", "utilisation", "sched.policy", "share of the partition that is held"),
            ("fragmentation", "1", "fragmentation", "sched.policy", "share of that which nobody asked for"),
        )
    ),
    # --- S10 power and heat
    derived("pwr.busy", "1", "S10", "share of the time that a device of the cluster is busy",
            "(par.gpus * fail.goodput * (1 - par.bubble)"
            " + sched.research_nodes * hw.host_devices * sched.utilisation * (1 - sched.fragmentation)) / cap.gpus"),
    derived("pwr.facility", "W", "S10", "mean power at the meter", "facility_power_w",
            arguments={**_POWER, "busy_share": "min(pwr.busy, 1)"}),
    derived("pwr.peak", "W", "S10", "power at the meter with all devices at their limit", "facility_power_w",
            arguments={**_POWER, "busy_share": "1"}),
    derived("pwr.swing", "W", "S10", "by which the run's devices fall together when a step ends",
            "par.gpus * (hw.device_power - pwr.idle_power)"),
    derived("pwr.rack", "W", "S10", "a full rack at the limit of its devices",
            "pwr.nodes_per_rack * (hw.host_devices * hw.device_power + pwr.host_power)"),
    derived("therm.flow", "kg/s", "S10", "coolant that such a rack needs",
            "pwr.rack / (therm.heat_capacity * therm.coolant_rise)"),
    derived("therm.tj", "degC", "S10", "junction at the coolant's warm end on the hottest day",
            "junction_temperature_c", arguments={"coolant_c": "therm.coolant + therm.coolant_rise",
            "power_w": "hw.device_power", "resistance_k_per_w": "therm.resistance"}),
    # --- S11 cost
    derived("cost.capex", "USD", "S11", "price of the cluster",
            "cap.gpus * hw.device_price + cap.nodes * hw.host_price + cost.storage"),
    derived("cost.energy_per_year", "kWh/year", "S11", "energy at the meter", "pwr.facility / 1000 * 8760"),
    derived("cost.tco", "USD", "S11", "cost of the cluster over its years", "ownership_usd",
            arguments={"capital_usd": "cost.capex", "years": "cost.years",
            "energy_kwh_per_year": "cost.energy_per_year", "usd_per_kwh": "cost.usd_per_kwh",
            "running_share_per_year": "cost.running_share"}),
    derived("cost.run", "USD", "S11", "the run: its hosts' part of that, for as long as it takes",
            "cost.tco / cost.years * train.time_wall / 365 * (cap.run_nodes + cap.spares) / cap.nodes"),
    derived("cost.run_energy", "kWh", "S11", "energy of the cluster while it runs",
            "pwr.facility / 1000 * 24 * train.time_wall"),
    derived("cost.usd_per_mtok", "USD/Mtoken", "S11", "cost of a million tokens", "million_tokens_usd",
            arguments={"cost_usd": "cost.run", "tokens": "wl.tokens"}),
    derived("cost.usd_per_zflop", "USD/Zflop", "S11", "cost of as many operations", "cost.run / train.flops * 1e21"),
    # --- S12 validation
    *(
        derived(f"val.{name}", "1", "S12", says, "relative_errors", result, tolerance, kind="measured",
                arguments=_ERRORS)
        for name, result, tolerance, says in (
            ("model_error", "mape", _SHARE, "mean relative error of a layer's line on the benchmark"),
            ("model_bias", "bias", _SHARE, "its mean with the sign, model over machine"),
            ("bias_low", "bias_low", _SHARE, "lower end of the bias's interval"),
            ("bias_high", "bias_high", _SHARE, "upper end of the bias's interval"),
        )
    ),
    derived("val.points", "1", "S12", "points of the benchmark", "relative_errors", "points", "exact",
            kind="measured", arguments=_ERRORS),
    # --- S14 sensitivity
    derived("sens.break_even_goodput", "1", "S14", "goodput at which the deadline is missed",
            "train.time_ideal / req.deadline"),
    derived("sens.break_even_efficiency", "1", "S14", "share of the peak at which the deadline is missed",
            "perf.compute_efficiency * perf.micro_compute / ((perf.step * req.deadline / train.time_wall"
            " - net.dp_exposed - perf.step_overhead) / ((par.micro_batches + (par.pp - 1) / par.pieces)"
            " * tail.straggler) - net.tp_time - net.pp_time)"),
)

FREE = (
    Required("sens.top3", "1", "derived", "S14", "inputs that the run's time is most sensitive to, strongest first",
             formula="elasticities", tolerance="exact", is_word=True),
    Required("opt.snapshot", "s", "derived", "S15", "time to copy the state to the hosts' memory",
             formula="ckpt.bytes / (par.gpus * ckpt.copy_bandwidth)"),
    Required("opt.interval", "s", "derived", "S15", "interval of such checkpoints: no shorter than a write takes",
             formula="max(ckpt.time, sqrt(2 * opt.snapshot * 3600 * fail.job_mtbf))"),
    Required("opt.baseline_goodput", "1", "measured", "S15", "goodput of the prototype without the optimisation",
             tolerance="complement"),
    Required("opt.goodput", "1", "measured", "S15", "goodput of the prototype with it", tolerance="complement"),
    Required("opt.gain", "1", "derived", "S15", "share of the run's time that it takes off",
             formula="1 - opt.baseline_goodput / opt.goodput", tolerance="difference"),
)
# fmt: on
