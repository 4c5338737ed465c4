"""A case: model, users, promises, boards on offer, a trace, a benchmark and an evaluation, rolled from a number.

Figures of the two Jetson modules are their vendor's; board A and all else (prices, powers, cooling, models, users) is
made up, and the brief says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graders.capstone.records import Value
from graders.capstone.rolling import chosen, rolled

FRAMES = 1800
"""In a trace: enough for a 99th percentile whose interval is narrow, few enough for a check within a second."""

SAMPLES = 4000
"""Crops of the evaluation."""

SCHEMES = ("int4", "int8")

_NANO_4, _NANO_8, _A = "Jetson Orin Nano 4GB", "Jetson Orin Nano 8GB", "Board A"
_VENDOR: dict[str, dict[str, float]] = {
    # NVIDIA, "Jetson Orin Nano Series" data sheet: 10 dense INT8 TOPS (20 sparse), 64 and 128 bits of LPDDR5; twice as
    # many cores and twice the peak in the larger one (40 sparse), 68 GB/s, and half of that; a power mode of 15 W.
    # Not seen in a document of the vendor's: the smaller one's 10 W, which the brief calls the case's own
    _NANO_4: {"hw.peak": 10e12, "hw.memory": 4e9, "hw.bandwidth": 34.1e9, "hw.power_limit": 10.0},
    _NANO_8: {"hw.peak": 20e12, "hw.memory": 8e9, "hw.bandwidth": 68.3e9, "hw.power_limit": 15.0},
    _A: {"hw.peak": 6e12, "hw.memory": 4e9, "hw.bandwidth": 25.6e9, "hw.power_limit": 6.0},  # nobody's: of the case
}
BOARDS = (_A, _NANO_4, _NANO_8)

_MADE_UP: dict[str, dict[str, tuple[int, int, float]]] = {
    # lowest, highest, unit
    _A: {
        "hw.sram": (3, 8, 2.0**17), "hw.flash": (7, 8, 1e9), "hw.flash_bandwidth": (20, 30, 1e7),
        "hw.board_price": (70, 95, 1.0), "load.init": (30, 50, 0.1), "pwr.idle": (45, 65, 0.01),
        "pwr.dynamic_full": (300, 380, 0.01), "pwr.leakage": (15, 25, 0.01), "therm.resistance": (95, 125, 0.1),
        "therm.time_constant": (40, 60, 1.0),
    },
    _NANO_4: {
        "hw.sram": (2, 6, 2.0**17), "hw.flash": (16, 16, 1e9), "hw.flash_bandwidth": (60, 90, 1e7),
        "hw.board_price": (170, 210, 1.0), "load.init": (80, 120, 0.1), "pwr.idle": (130, 170, 0.01),
        "pwr.dynamic_full": (500, 580, 0.01), "pwr.leakage": (30, 45, 0.01), "therm.resistance": (66, 84, 0.1),
        "therm.time_constant": (60, 90, 1.0),
    },
    _NANO_8: {
        "hw.sram": (2, 6, 2.0**17), "hw.flash": (32, 32, 1e9), "hw.flash_bandwidth": (60, 90, 1e7),
        "hw.board_price": (300, 360, 1.0), "load.init": (80, 120, 0.1), "pwr.idle": (180, 230, 0.01),
        "pwr.dynamic_full": (780, 900, 0.01), "pwr.leakage": (45, 65, 0.01), "therm.resistance": (44, 58, 0.1),
        "therm.time_constant": (80, 120, 1.0),
    },
}  # fmt: skip
_ENCODERS = (
    # patches, edge, blocks, width, width of the feed-forward layers
    (196, 16, 12, 384, 1536),
    (256, 14, 12, 512, 2048),
    (196, 16, 12, 768, 3072),
    (256, 14, 12, 768, 3072),
    (324, 14, 16, 768, 3072),
    (256, 14, 24, 1024, 4096),
    (100, 14, 24, 1024, 4096),
    (64, 14, 24, 1024, 4096),
)
_LANGUAGE_MODELS = ((5, 24, 4, 64), (11, 22, 4, 64), (16, 28, 8, 64), (29, 30, 8, 96))
"""Weights in 1e8, layers, key-value heads, elements of a head."""

_PRODUCTS = ("inspection camera", "shelf camera", "workshop glasses", "rescue camera", "field microscope")
_OPERATORS = (
    # rows, depth, columns of the benchmark's products
    (196, 384, 1536), (196, 768, 768), (196, 768, 3072), (256, 1024, 1024), (256, 1024, 4096), (576, 768, 768),
    (1, 2048, 2048), (1, 2048, 8192), (16, 2048, 2048), (64, 1024, 4096),
)  # fmt: skip


def values_of(case: str) -> dict[str, Value]:
    """What a case fixes, by claim's id, without what is promised by what its right design reaches.

    Parameters
    ----------
    case : str
        `case 17`.

    Returns
    -------
    dict of str to Value
        In the pack's units.
    """
    patches, edge, layers, hidden, mlp = chosen(case, "encoder", _ENCODERS)
    weights, lm_layers, heads, dim = chosen(case, "language model", _LANGUAGE_MODELS)
    p90 = rolled(case, "p90", 6, 20) / 100
    numbers = {
        "req.latency_p90": p90,
        "req.latency_p99": p90 * rolled(case, "p99", 20, 32) / 10,
        "req.latency_sun": p90 * rolled(case, "sun", 35, 60) / 10,
        "req.dropped_limit": 0.002,
        "req.drop_limit": chosen(case, "drop", (0.01, 0.012, 0.03, 0.035)),
        "req.fallback_limit": rolled(case, "fallback", 15, 30) / 100,
        "req.token_rate": rolled(case, "tokens", 6, 14),
        "req.cold_start": rolled(case, "cold", 18, 30),
        "req.skin_limit": rolled(case, "skin", 52, 58),
        "req.junction_limit": rolled(case, "junction", 84, 92),
        "req.slo_avail": chosen(case, "availability", (0.99, 0.992, 0.995)),
        "req.rollout_limit": rolled(case, "rollout", 12, 28),
        "req.exposed_limit": rolled(case, "exposed", 100, 500),
        "wl.active_share": rolled(case, "active", 25, 45) / 100,
        "wl.answers_per_hour": rolled(case, "answers", 4, 20),
        "wl.prompt_tokens": 32 * rolled(case, "question", 8, 16),
        "wl.answer_tokens": 8 * rolled(case, "answer", 6, 14),
        "wl.reports_per_hour": rolled(case, "reports", 20, 80),
        "model.patches": patches,
        "model.patch_px": edge,
        "model.layers": layers,
        "model.hidden": hidden,
        "model.mlp": mlp,
        "model.lm_params": weights * 10**8,
        "model.lm_layers": lm_layers,
        "model.lm_kv_heads": heads,
        "model.lm_head_dim": dim,
        "mem.kv_element": 2,
        "mem.activation_element": 1,
        "mem.scale_bytes": 2,
        "mem.scale_group": chosen(case, "group", (32, 64, 128)),
        "mem.frame_bytes": 1920 * 1080 * 3 // 2,
        "mem.code_bytes": rolled(case, "code", 40, 90) * 10**7,
        "mem.system_bytes": rolled(case, "system", 60, 100) * 10**7,
        "perf.compute_efficiency": rolled(case, "compute", 28, 50) / 100,
        "perf.bandwidth_efficiency": rolled(case, "bandwidth", 60, 75) / 100,
        "perf.launch": rolled(case, "launch", 15, 40) * 1e-6,
        "perf.frame_overhead": rolled(case, "overhead", 50, 120) / 10_000,
        "perf.token_overhead": rolled(case, "token overhead", 20, 60) / 10_000,
        "fleet.devices": rolled(case, "devices", 20, 120) * 500,
        "fleet.growth": chosen(case, "growth", (4, 5, 8)),
        "fleet.online": rolled(case, "online", 12, 30),
        "fleet.watch": chosen(case, "watch", (12, 24)),
        "fleet.updates": chosen(case, "updates", (4, 6, 12)),
        "fleet.other_accuracy": rolled(case, "other", 960, 985) / 1000,
        "net.link": rolled(case, "link", 20, 90) * 10_000,
        "net.server": rolled(case, "server", 8, 25) * 10**7,
        "net.delta_share": rolled(case, "delta", 25, 60) / 100,
        "net.crop_bytes": rolled(case, "crop", 20, 60) * 1000,
        "fail.software_mtbf": rolled(case, "hang", 120, 500),
        "fail.hardware_mtbf": rolled(case, "device", 50, 110) * 1000,
        "fail.replace": rolled(case, "replace", 72, 168),
        "pwr.voltage_floor": rolled(case, "voltage", 55, 70) / 100,
        "pwr.leak_per_k": rolled(case, "leak", 14, 22) / 1000,
        "pwr.leak_nominal": 25,
        "pwr.sleep": rolled(case, "sleep", 4, 12) / 100,
        "therm.ambient": rolled(case, "ambient", 32, 40),
        "therm.sun": rolled(case, "sunshine", 8, 22),
        "therm.skin_resistance": rolled(case, "skin resistance", 22, 42) / 10,
        "therm.hysteresis": rolled(case, "hysteresis", 4, 8),
        "therm.slow_clock": chosen(case, "slow", (0.5, 0.6)),
        "therm.horizon": 3600 * rolled(case, "horizon", 2, 6),
        "batt.capacity": rolled(case, "battery", 40, 99),
        "batt.usable": rolled(case, "usable", 78, 88) / 100,
        "batt.efficiency": rolled(case, "converter", 86, 94) / 100,
        "batt.self_discharge": rolled(case, "self-discharge", 5, 15) / 10_000,
        "batt.cycles": rolled(case, "cycles", 5, 9) * 100,
        "cost.camera_price": rolled(case, "camera", 25, 60),
        "cost.battery_price": rolled(case, "battery price", 25, 55),
        "cost.enclosure_price": rolled(case, "enclosure", 40, 90),
        "cost.years": rolled(case, "years", 3, 5),
        "cost.usd_per_kwh": rolled(case, "energy", 12, 30) / 100,
        "cost.usd_per_gb": rolled(case, "traffic", 10, 60) / 100,
        "cost.usd_per_call": rolled(case, "call", 5, 20) / 10_000,
        "cost.visit": rolled(case, "visit", 60, 160),
    }  # fmt: skip
    return {name: float(f"{number:.6g}") for name, number in numbers.items()}


def boards_of(case: str) -> dict[str, dict[str, Value]]:
    """Boards on offer: figures of their vendors, and what the case makes up."""
    offers: dict[str, dict[str, Value]] = {}
    for name in BOARDS:
        made_up = {
            id_: float(f"{rolled(case, f'{id_} of {name}', low, high) * unit:.10g}")
            for id_, (low, high, unit) in _MADE_UP[name].items()
        }
        offers[name] = {**_VENDOR[name], **made_up}
    return offers


def trace_of(case: str) -> dict[str, Any]:
    """Frames of a camera with a little jitter: crops that swell with a slow wave, and stretches with other work."""
    draw = np.random.default_rng(rolled(case, "trace", 0, 2**60))
    uniform = draw.random((3, FRAMES))
    rate = rolled(case, "rate", 60, 160) / 10
    place = np.arange(FRAMES)
    arrivals = np.round((place + 0.2 * uniform[0]) / rate, 4)
    wave = 1 + 0.35 * np.sin(2 * np.pi * place / FRAMES * rolled(case, "waves", 2, 3))
    more = rolled(case, "crops", 25, 50) / 100 * wave  # probability of each further crop
    crops = np.ones(FRAMES, dtype=int)
    for further in range(1, 5):
        crops += uniform[1] < more**further
    seconds = place / rate
    stretch, every = rolled(case, "stretch", 4, 8), rolled(case, "every", 20, 35)
    runs = (seconds + every * uniform[2, 0]) % every < stretch
    slowdown = np.where(runs, 1 + rolled(case, "slowdown", 15, 45) / 100, 1.0)
    return {
        "trace.arrivals_s": arrivals,
        "trace.crops": crops,
        "trace.slowdown": slowdown,
        "trace.frames": float(FRAMES),
        "trace.span_s": float(arrivals[-1]),
        "trace.crops_sum": float(crops.sum()),
        "trace.work_sum": float((crops * slowdown).sum()),
        "trace.corun_sum": float(runs.sum()),
    }


def eval_of(case: str) -> dict[str, Any]:
    """What the model answers rightly on the same crops, before and after quantisation, and how sure it is."""
    draw = np.random.default_rng(rolled(case, "evaluation", 0, 2**60))
    uniform = draw.random((2 + 2 * len(SCHEMES), SAMPLES))
    accuracy = rolled(case, "accuracy", 860, 920) / 1000
    reference = uniform[0] < accuracy
    data: dict[str, Any] = {}
    for place, scheme in enumerate(SCHEMES):
        low, high = ((14, 22), (4, 7))[place]
        lost = rolled(case, f"lost by {scheme}", low, high) / 1000
        gained = rolled(case, f"gained by {scheme}", 1, (5, 2)[place]) / 1000
        turned, sure = uniform[2 + 2 * place], uniform[3 + 2 * place]
        quantised = np.where(reference, turned >= lost / accuracy, turned < gained / (1 - accuracy))
        # sure where right, less so where wrong: powers of a uniform number
        confidence = np.where(quantised, sure**0.25, sure**0.9)
        data[f"eval.reference|{scheme}"] = reference.astype(int)
        data[f"eval.quantised|{scheme}"] = quantised.astype(int)
        data[f"eval.confidence|{scheme}"] = np.round(confidence, 4)
    return data


def bench_of(case: str, values: dict[str, Value], name: str, offer: dict[str, Value], scheme: str) -> dict[str, Any]:
    """Products that the platform team measured at the full clock: the roofline with a lean and noise of the case.

    Parameters
    ----------
    case, name, scheme : str
        Case, board, and how weights were stored.
    values, offer : dict of str to Value
        What the case fixes, and the board's figures.

    Returns
    -------
    dict
        Columns by key.
    """
    seed = f"{case}\0{name}\0{scheme}"
    number = {id_: value for id_, value in {**values, **offer}.items() if isinstance(value, float)}
    element = (8 if scheme == "int8" else 4) / 8 + number["mem.scale_bytes"] / number["mem.scale_group"]
    flops = number["hw.peak"] * number["perf.compute_efficiency"]
    bandwidth = number["hw.bandwidth"] * number["perf.bandwidth_efficiency"]
    rows = np.array(_OPERATORS, dtype=float)
    macs = rows.prod(axis=1)
    moved = np.round(rows[:, 0] * (rows[:, 1] + rows[:, 2]) + rows[:, 1] * rows[:, 2] * element)
    lean = 1 + rolled(seed, "lean", -40, 40) / 1000
    noise = np.array([1 + rolled(seed, f"noise {place}", -30, 30) / 1000 for place in range(len(_OPERATORS))])
    ideal = number["perf.launch"] + np.maximum(2 * macs / flops, moved / bandwidth)
    seconds = np.array([float(f"{one:.4g}") for one in ideal * lean * noise])
    whose = f"{name}|{scheme}"
    return {f"bench.macs|{whose}": macs, f"bench.moved_bytes|{whose}": moved, f"bench.operator_s|{whose}": seconds}


def name_of(case: str) -> str:
    """What is built."""
    return str(chosen(case, "product", _PRODUCTS))
