"""Right answers of module 11's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math

from graders.checks import answer


def leaking(leaks, t):
    return leaks["watts"] * math.exp(leaks["per_k"] * (t - leaks["nominal_c"]))


def settled(scenario, resistance, dynamic):
    """By halving, up to where the slopes are equal."""
    leaks, ambient = scenario["leakage"], scenario["ambient_c"]
    low, high = ambient, leaks["nominal_c"] - math.log(leaks["per_k"] * resistance * leaks["watts"]) / leaks["per_k"]
    if high < ambient or ambient + resistance * (dynamic + leaking(leaks, high)) > high:
        return math.inf
    for _ in range(100):
        middle = (low + high) / 2
        hotter = ambient + resistance * (dynamic + leaking(leaks, middle)) > middle
        low, high = (middle, high) if hotter else (low, middle)
    return low


def request(scenario, first, second):
    """Seconds and switched joules."""
    seconds = joules = 0.0
    for name, state in (("prefill", first), ("decode", second)):
        phase = scenario["phases"][name]
        cycles = 1e6 * phase["mega_cycles"]
        seconds += cycles / (1e6 * state["mhz"]) + 0.001 * phase["memory_ms"]
        joules += phase["switched_nf"] * 1e-9 * (0.001 * state["mv"]) ** 2 * cycles
    return seconds, joules


@answer("m11_power_plan", by="every plan in a loop, temperatures by halving")
def plan_by_loops(scenario):
    leaks, ambient, states = scenario["leakage"], scenario["ambient_c"], scenario["states"]
    plans = []
    for cooler, first, second in itertools.product(scenario["coolers"], states, states):
        seconds, joules = request(scenario, first, second)
        t = settled(scenario, cooler["k_per_w"], joules / seconds)
        rate = scenario["tokens"] / seconds
        if t <= scenario["limit_c"] and rate >= scenario["promise_tokens_per_s"]:
            spent = joules + seconds * (leaking(leaks, t) + cooler["watts"] + scenario["other_w"])
            plans.append((scenario["tokens"] / spent, rate, t, cooler["level"], first["mhz"], second["mhz"]))
    per_joule, per_second, t, level, first, second = max(plans)
    seconds, joules = request(scenario, states[-1], states[-1])
    passive = scenario["coolers"][0]
    goal = ambient + passive["k_per_w"] * (joules / seconds + leaking(leaks, scenario["limit_c"]))
    held = math.inf
    if goal > scenario["limit_c"]:
        held = passive["k_per_w"] * scenario["heat_j_per_k"] * math.log((goal - ambient) / (goal - scenario["limit_c"]))
    return {
        "settled_c": {one["level"]: settled(scenario, one["k_per_w"], joules / seconds) for one in scenario["coolers"]},
        "cooling": level,
        "prefill_mhz": first,
        "decode_mhz": second,
        "temperature_c": t,
        "tokens_per_s": per_second,
        "tokens_per_j": per_joule,
        "boost_s": held,
    }
