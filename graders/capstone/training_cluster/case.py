"""A case: model, run, promises, machines on offer, other jobs and a benchmark, rolled from a number.

Figures of devices are their vendors' (`reference_solutions.hardware`). Model, run, network, prices, cooling, failures,
jobs and benchmark are made up, of the size of what is published: in the run of Llama 3 405B a device failed once in
about fifty thousand hours (419 unexpected interruptions of 16,384 devices in 54 days, as Data Center Dynamics reported
from Meta's paper in July 2024, which was not seen itself).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from graders.capstone.records import Value
from graders.capstone.rolling import chosen, rolled
from reference_solutions.hardware import A100_SXM_80GB, H100_SXM, H200_SXM, Device

JOBS = 500
"""In a trace: some two weeks, so that queues form and pass."""

SIZES = (2, 4, 8)
"""Devices of a layer that the benchmark was run on."""

_SEQUENCES = (1, 2, 3, 4, 6, 8, 12, 16)
_SHAPES = ((80, 10240), (96, 10240), (80, 12288), (96, 12288), (112, 12288), (80, 14336), (96, 14336))
"""Layers and widths: 101 to 239 billion parameters."""

_JOB_DEVICES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
_OFFERS: dict[str, tuple[Device, float, tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    # device, network port in B/s, price in hundreds, of a host in thousands of dollars, thermal resistance in mK/W
    "A100 SXM 80 GB": (A100_SXM_80GB, 25e9, (30, 75), (20, 40), (60, 85)),
    "H100 SXM": (H100_SXM, 50e9, (190, 330), (45, 80), (42, 54)),
    "H200 SXM": (H200_SXM, 50e9, (200, 370), (45, 80), (42, 54)),
}
MACHINES = tuple(_OFFERS)
_MODELS = ("Alder", "Birch", "Cedar", "Hazel", "Juniper", "Larch", "Rowan", "Willow")


def values_of(case: str) -> dict[str, Value]:
    """What a case fixes, by claim's id, without budget and power limit.

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    dict of str to Value
        In the pack's units.
    """
    layers, width = chosen(case, "shape", _SHAPES)
    sequence = chosen(case, "sequence", (2048, 4096, 8192))
    rack_w, heat, rise = rolled(case, "rack", 25, 60) * 1000, 4180, rolled(case, "rise", 8, 13)
    numbers = {
        "req.deadline": rolled(case, "deadline", 60, 120),
        "req.goodput": rolled(case, "goodput", 88, 94) / 100,
        "req.full_strength": chosen(case, "strength", (0.95, 0.98, 0.99, 0.995)),
        "req.history": rolled(case, "history", 12, 36),
        "req.gang_wait_p90": rolled(case, "wait", 3, 10) * 1200,
        "req.rack_limit": rack_w,
        "req.flow_limit": round(rack_w / heat / rise * rolled(case, "flow", 70, 130) / 100, 3),
        "req.junction_limit": rolled(case, "junction", 84, 90),
        "wl.tokens": rolled(case, "tokens", 15, 40) * 1e11,
        "wl.sequence": sequence,
        "wl.batch": chosen(case, "batch", (1152, 1440, 1536, 1920)) * 4096 // sequence,
        "wl.token_bytes": rolled(case, "token bytes", 2, 4),
        "model.layers": layers,
        "model.width": width,
        "model.heads": width // 128,
        "model.vocabulary": chosen(case, "words", (64_000, 100_352, 128_256)),
        "mem.utilisation": rolled(case, "utilisation", 90, 95) / 100,
        "mem.working_bytes": rolled(case, "working", 40, 80) * 10**8,
        "hw.host_devices": 8,
        "perf.compute_efficiency": rolled(case, "compute", 50, 64) / 100,
        "perf.overlap": rolled(case, "overlap", 40, 80) / 100,
        "perf.step_overhead": rolled(case, "overhead", 20, 60) / 100,
        "net.inner_startup": rolled(case, "inner", 4, 10) * 1e-6,
        "net.outer_startup": rolled(case, "outer", 10, 30) * 1e-6,
        "net.leaf_hosts": chosen(case, "leaf", (16, 32)),
        "net.oversubscription": chosen(case, "oversubscription", (1.0, 1.5, 2.0, 3.0)),
        "fail.device_mtbf": rolled(case, "device", 40, 80) * 1000,
        "fail.host_mtbf": rolled(case, "machine", 12, 30) * 1000,
        "fail.mttr": rolled(case, "repair", 6, 36),
        "fail.detect": rolled(case, "detect", 4, 15) * 60,
        "tail.node_spread": rolled(case, "spread", 5, 20) / 1000,
        "ckpt.copy_bandwidth": rolled(case, "copy", 10, 25) * 1e9,
        "data.write_bandwidth": rolled(case, "write", 8, 30) * 1e9,
        "data.read_bandwidth": rolled(case, "read", 30, 60) * 1e9,
        "data.capacity": rolled(case, "capacity", 10, 24) * 1e13,
        "pwr.idle_power": rolled(case, "idle", 60, 110),
        "pwr.host_power": rolled(case, "host power", 16, 26) * 100,
        "pwr.pue": rolled(case, "pue", 108, 135) / 100,
        "therm.coolant": rolled(case, "coolant", 25, 34),
        "therm.coolant_rise": rise,
        "therm.heat_capacity": heat,
        "cost.years": chosen(case, "years", (3, 4)),
        "cost.usd_per_kwh": rolled(case, "energy", 8, 20) / 100,
        "cost.running_share": rolled(case, "running", 4, 9) / 100,
        "cost.storage": rolled(case, "storage", 10, 40) * 10**5,
    }
    return {name: float(number) for name, number in numbers.items()}


def machines_of(case: str) -> dict[str, dict[str, Value]]:
    """Machines on offer: figures of their vendors; network, prices and cooling of the case."""
    offers: dict[str, dict[str, Value]] = {}
    for name, (device, port, price, host, resistance) in _OFFERS.items():
        offers[name] = {
            "hw.device_memory": device.memory_bytes,
            "hw.device_peak": device.peak_flops_per_s,
            "hw.device_power": float(device.power_w),
            "hw.link_bandwidth": device.link_bytes_per_s,
            "hw.network_bandwidth": port,
            "hw.device_price": rolled(case, f"price of {name}", *price) * 100.0,
            "hw.host_price": rolled(case, f"host of {name}", *host) * 1000.0,
            "therm.resistance": rolled(case, f"resistance of {name}", *resistance) / 1000,
        }
    return offers


def trace_of(case: str) -> dict[str, Any]:
    """Other jobs of a case: Poisson arrivals that swell by day, sizes of a list, log-normal run times."""
    draw = np.random.default_rng(rolled(case, "trace", 0, 2**60))
    uniform = draw.random((3, JOBS))
    gap_s = rolled(case, "gap", 20, 60) * 60
    days = np.arange(JOBS) * gap_s / 86400
    arrivals = np.round(np.cumsum(-np.log(1 - uniform[0]) * gap_s / (1 + 0.4 * np.sin(2 * np.pi * days))))
    weights = np.array([rolled(case, f"jobs of {size}", 2, 12) / size**0.5 for size in _JOB_DEVICES])
    edges = np.cumsum(weights / weights.sum())
    devices = np.array(_JOB_DEVICES)[np.minimum(np.searchsorted(edges, uniform[1]), len(_JOB_DEVICES) - 1)]
    median_s, spread = rolled(case, "run", 40, 150) * 60, rolled(case, "run spread", 70, 110) / 100
    runs = np.clip(np.rint(median_s * np.exp(spread * special.ndtri(uniform[2]))), 60, 48 * 3600)
    return {
        "trace.submit_s": arrivals,
        "trace.job_devices": devices,
        "trace.run_s": runs,
        "trace.jobs": float(JOBS),
        "trace.span_s": float(arrivals[-1]),
        "trace.devices_sum": float(devices.sum()),
        "trace.run_sum": float(runs.sum()),
        "trace.device_s": float(devices @ runs),
    }


def bench_of(case: str, name: str, size: int, fixed_s: float, sequence_s: float) -> dict[str, Any]:
    """Layers that the platform team measured, forward and backward: a line with a lean and noise of the case.

    Parameters
    ----------
    case, name : str
        Case and machine.
    size : int
        Devices of the layer.
    fixed_s, sequence_s : float
        The line that the machine would follow, were it as its figures say.

    Returns
    -------
    dict
        Columns by key.
    """
    seed = f"{case}\0{name}\0{size}"
    lean = 1 + rolled(seed, "lean", -40, 40) / 1000
    noise = [1 + rolled(seed, f"noise {count}", -25, 25) / 1000 for count in _SEQUENCES]
    seconds = [
        float(f"{(fixed_s + sequence_s * n) * lean * one:.4g}") for n, one in zip(_SEQUENCES, noise, strict=True)
    ]
    return {f"bench.sequences|{name}|{size}": np.array(_SEQUENCES, dtype=float),
            f"bench.layer_s|{name}|{size}": np.array(seconds)}  # fmt: skip


def name_of(case: str) -> str:
    """What the model is called."""
    return f"{chosen(case, 'name', _MODELS)} {rolled(case, 'version', 2, 9)}"
