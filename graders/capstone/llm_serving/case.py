"""A case: model, users, promises, machines on offer and a benchmark of each, rolled from a number.

Whatever differs is rolled with SHA-256, in whole numbers, so that all machines of this world get the same. Figures of
devices are their vendors' (`reference_solutions.hardware`); model, users, prices, cooling and benchmark are made up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from graders.capstone.records import Value
from graders.capstone.rolling import chosen, rolled
from reference_solutions.hardware import A100_SXM_80GB, H100_SXM, H200_SXM, Device

REQUESTS = 2400
"""In a trace: enough for a 99th percentile whose interval is narrow, few enough for a check within two seconds."""

SIZES = (2, 4, 8)
"""Devices of a replica that the benchmark was run on."""

_BATCHES = (1, 4, 8, 16, 32, 48, 64, 96)
_OFFERS: dict[str, tuple[Device, tuple[int, int], tuple[int, int]]] = {
    # device, price in hundreds of dollars, thermal resistance in thousandths of K/W
    "A100 SXM 80 GB": (A100_SXM_80GB, (45, 95), (70, 95)),
    "H100 SXM": (H100_SXM, (220, 330), (48, 62)),
    "H200 SXM": (H200_SXM, (260, 400), (48, 62)),
}
MACHINES = tuple(_OFFERS)
_MODELS = ("Alder", "Birch", "Cedar", "Hazel", "Juniper", "Larch", "Rowan", "Willow")


def values_of(case: str) -> dict[str, Value]:
    """What a case fixes, by claim's id, without what is promised for its own sake (budget, end to end).

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    dict of str to Value
        In the pack's units.
    """
    params = rolled(case, "weights", 24, 110) * 10**9
    active = params if rolled(case, "experts", 0, 3) else params * rolled(case, "active", 20, 35) // 100
    numbers = {
        "req.slo_ttft_p99": rolled(case, "ttft", 8, 24) / 10,
        "req.slo_tpot_p99": rolled(case, "tpot", 30, 80) / 1000,
        "req.slo_avail": chosen(case, "availability", (0.999, 0.9995, 0.9999)),
        "req.rack_limit": rolled(case, "rack", 18, 42) * 1000,
        "req.junction_limit": rolled(case, "junction", 84, 90),
        "req.peak_window": 10,
        "req.asked_limit": chosen(case, "asked", (0.1, 0.15, 0.2, 0.3, 0.4)),
        "wl.tenant_share": rolled(case, "tenant", 20, 45) / 100,
        "wl.load_share": rolled(case, "load", 40, 65) / 100,
        "tail.calls_per_answer": rolled(case, "calls", 2, 8),
        "model.params": params,
        "model.active_params": active,
        "model.layers": rolled(case, "layers", 40, 96),
        "model.kv_heads": 8,
        "model.head_dim": 128,
        "model.hidden": rolled(case, "hidden", 8, 20) * 512,
        "mem.weight_element": rolled(case, "weight bytes", 1, 2),
        "mem.kv_element": rolled(case, "cache bytes", 1, 2),
        "mem.utilisation": 0.9,
        "mem.working_bytes": rolled(case, "working", 20, 40) * 10**8,
        "hw.host_price": rolled(case, "host", 40, 70) * 1000,
        "hw.host_devices": 8,
        "perf.compute_efficiency": rolled(case, "compute", 40, 55) / 100,
        "perf.bandwidth_efficiency": rolled(case, "bandwidth", 65, 80) / 100,
        "perf.step_overhead": rolled(case, "overhead", 10, 40) / 10_000,
        "net.startup": rolled(case, "startup", 15, 40) * 1e-7,
        "fail.device_mtbf": rolled(case, "device", 30, 60) * 1000,
        "fail.host_mtbf": rolled(case, "machine", 8, 20) * 1000,
        "fail.mttr": rolled(case, "repair", 4, 24),
        "fail.failover": rolled(case, "failover", 10, 60),
        "pwr.idle_power": rolled(case, "idle", 60, 110),
        "pwr.host_power": rolled(case, "host power", 16, 26) * 100,
        "pwr.pue": rolled(case, "pue", 112, 140) / 100,
        "therm.coolant": rolled(case, "coolant", 25, 34),
        "cost.years": 3,
        "cost.usd_per_kwh": rolled(case, "energy", 8, 20) / 100,
        "cost.running_share": rolled(case, "running", 4, 9) / 100,
    }
    return {name: float(number) for name, number in numbers.items()}


def machines_of(case: str) -> dict[str, dict[str, Value]]:
    """Machines on offer: figures of their vendors, prices and cooling of the case."""
    offers: dict[str, dict[str, Value]] = {}
    for name, (device, price, resistance) in _OFFERS.items():
        offers[name] = {
            "hw.device_memory": device.memory_bytes,
            "hw.device_bandwidth": device.bandwidth_bytes_per_s,
            "hw.device_peak": device.peak_flops_per_s,
            "hw.device_power": float(device.power_w),
            "hw.link_bandwidth": device.link_bytes_per_s,
            "hw.device_price": rolled(case, f"price of {name}", *price) * 100.0,
            "therm.resistance": rolled(case, f"resistance of {name}", *resistance) / 1000,
        }
    return offers


def trace_of(case: str) -> dict[str, Any]:
    """The trace of a case: Poisson arrivals whose rate swells once, log-normal lengths, prompts that share a prefix."""
    draw = np.random.default_rng(rolled(case, "trace", 0, 2**60))
    uniform = draw.random((5, REQUESTS))
    rate = rolled(case, "rate", 10, 28)
    swell = 1 + 0.15 * np.sin(np.linspace(0, 2 * np.pi, REQUESTS))  # a slow wave around the mean
    arrivals = np.round(np.cumsum(-np.log(1 - uniform[0]) / (rate * swell)), 3)
    prompts = _lengths(uniform[1], rolled(case, "prompt", 30, 110) * 10, rolled(case, "prompt spread", 50, 85) / 100)
    outputs = _lengths(uniform[2], rolled(case, "answer", 12, 32) * 10, rolled(case, "answer spread", 40, 65) / 100)
    shared = rolled(case, "shared", 12, 40) * 10
    has_prefix = uniform[3] < rolled(case, "sharers", 30, 70) / 100
    prefixes = np.where(has_prefix, np.minimum(shared, prompts - 1), 0)
    prefixes[0] = 0  # nobody came before
    return {
        "trace.arrivals_s": arrivals,
        "trace.prompt_tokens": prompts,
        "trace.output_tokens": outputs,
        "trace.prefix_tokens": prefixes,
        "trace.requests": float(REQUESTS),
        "trace.span_s": float(arrivals[-1]),
        "trace.prompt_sum": float(prompts.sum()),
        "trace.output_sum": float(outputs.sum()),
    }


def _lengths(uniform: Any, median: int, spread: float) -> Any:
    """Log-normal lengths, cut at eight times the median: an interface has a limit."""
    lengths = np.rint(median * np.exp(spread * special.ndtri(uniform)))
    return np.clip(lengths, 2, 8 * median).astype(int)


def bench_of(case: str, name: str, size: int, fixed_s: float, token_s: float) -> dict[str, Any]:
    """Steps that the platform team measured on one machine: a line with a lean and noise of the case.

    Parameters
    ----------
    case, name : str
        Case and machine.
    size : int
        Devices of the replica.
    fixed_s, token_s : float
        The line that the machine would follow, were it as its figures say.

    Returns
    -------
    dict
        Columns by key.
    """
    seed = f"{case}\0{name}\0{size}"
    lean = 1 + rolled(seed, "lean", -40, 40) / 1000
    noise = [1 + rolled(seed, f"noise {batch}", -25, 25) / 1000 for batch in _BATCHES]
    seconds = [float(f"{(fixed_s + token_s * b) * lean * n:.4g}") for b, n in zip(_BATCHES, noise, strict=True)]
    return {f"bench.tokens|{name}|{size}": np.array(_BATCHES, dtype=float),
            f"bench.step_s|{name}|{size}": np.array(seconds)}  # fmt: skip


def name_of(case: str) -> str:
    """What the model is called."""
    return f"{chosen(case, 'name', _MODELS)} {rolled(case, 'version', 2, 9)}"
