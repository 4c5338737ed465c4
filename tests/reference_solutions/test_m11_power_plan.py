"""Plans of a machine: every one by loops and halving, and a transient of its requests."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reference_solutions.m11_power_thermal.power_plan import power_plan
from reference_solutions.m11_power_thermal.runaway import settled_temperature_c
from reference_solutions.m11_power_thermal.tj_study import boost_s
from reference_solutions.m11_power_thermal.transient import rises_k


def machine(rng):
    """A machine of three coolers and four clocks, not unlike those of the course."""
    ohms = sorted(rng.uniform(1.2, 8, 3), reverse=True)
    return {
        "ambient_c": int(rng.integers(15, 40)),
        "limit_c": int(rng.integers(60, 90)),
        "heat_j_per_k": 80,
        "leakage": {"watts": float(rng.uniform(0.5, 3)), "per_k": float(rng.uniform(0.012, 0.025)), "nominal_c": 60},
        "other_w": float(rng.uniform(1, 4)),
        "coolers": [
            {"level": level, "k_per_w": float(ohm), "watts": float(watts)}
            for level, ohm, watts in zip("abc", ohms, [0, *sorted(rng.uniform(0.02, 0.6, 2))], strict=True)
        ],
        "states": [{"mhz": 500 * (1 + state), "mv": 520 + 90 * state + 15 * state**2} for state in range(4)],
        "phases": {
            name: {
                "mega_cycles": int(rng.integers(100, 600)),
                "memory_ms": int(rng.integers(10, 500)),
                "switched_nf": float(rng.uniform(2, 9)),
            }
            for name in ("prefill", "decode")
        },
        "tokens": 12,
        "promise_tokens_per_s": float(rng.uniform(4, 9)),
    }


def judged(made, cooler, first, second):
    """Temperature, rate, tokens a joule, dynamic power of one plan, step by step."""
    seconds = joules = 0.0
    for name, state in (("prefill", first), ("decode", second)):
        phase = made["phases"][name]
        seconds += phase["mega_cycles"] * 1e6 / (state["mhz"] * 1e6) + phase["memory_ms"] / 1000
        joules += phase["switched_nf"] * 1e-9 * (state["mv"] / 1000) ** 2 * phase["mega_cycles"] * 1e6
    leaks, low = made["leakage"], float(made["ambient_c"])

    def excess(t):
        leaking = leaks["watts"] * np.exp(leaks["per_k"] * (t - leaks["nominal_c"]))
        return made["ambient_c"] + cooler["k_per_w"] * (joules / seconds + leaking) - t

    high = leaks["nominal_c"] - np.log(leaks["per_k"] * cooler["k_per_w"] * leaks["watts"]) / leaks["per_k"]
    if excess(high) > 0 or high < low:
        return np.inf, 12 / seconds, 0.0, joules / seconds
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    leaking = leaks["watts"] * np.exp(leaks["per_k"] * (low - leaks["nominal_c"]))
    spent = joules + seconds * (leaking + cooler["watts"] + made["other_w"])
    return low, 12 / seconds, 12 / spent, joules / seconds


def test_plans_one_by_one():
    rng, seen = np.random.default_rng(1), set()
    for _ in range(60):
        made = machine(rng)
        states, coolers = made["states"], made["coolers"]
        plans = {
            (cooler["level"], first["mhz"], second["mhz"]): judged(made, cooler, first, second)
            for cooler, first, second in itertools.product(coolers, states, states)
        }
        allowed = {
            plan: found
            for plan, found in plans.items()
            if found[0] <= made["limit_c"] and found[1] >= made["promise_tokens_per_s"]
        }
        if not allowed:
            with pytest.raises(ValueError, match="allowed"):
                power_plan(made)
            continue
        best = max(allowed, key=lambda plan: allowed[plan][2])
        plan = power_plan(made)
        assert (plan["cooling"], plan["prefill_mhz"], plan["decode_mhz"]) == best
        said = [plan[name] for name in ("temperature_c", "tokens_per_s", "tokens_per_j")]
        assert said == pytest.approx(allowed[best][:3], rel=1e-7)
        fastest = {one["level"]: plans[one["level"], 2000, 2000][0] for one in coolers}
        assert plan["settled_c"] == pytest.approx(fastest, rel=1e-7)
        leaks = made["leakage"]
        watts = plans["a", 2000, 2000][3] + leaks["watts"] * np.exp(leaks["per_k"] * (made["limit_c"] - 60))
        ambient, ohm = made["ambient_c"], coolers[0]["k_per_w"]
        held = float(boost_s(made["limit_c"], ambient, ambient, watts, ohm, 80 * ohm))
        assert plan["boost_s"] == pytest.approx(held, rel=1e-9)
        seen.add(plan["cooling"])
    assert seen == set("abc")


def test_newton_settles_where_lamberts_function_does():
    rng = np.random.default_rng(2)
    for _ in range(100):
        made = machine(rng)
        made["limit_c"], made["promise_tokens_per_s"] = 500, 0.0
        plan = power_plan(made)
        dynamic = [judged(made, cooler, made["states"][-1], made["states"][-1])[3] for cooler in made["coolers"]]
        leaks, ohms = made["leakage"], [one["k_per_w"] for one in made["coolers"]]
        found = settled_temperature_c(made["ambient_c"], ohms, dynamic, leaks["watts"], leaks["per_k"], 60)
        assert list(plan["settled_c"].values()) == pytest.approx(found.tolist(), rel=1e-9)


def test_a_request_repeated_until_nothing_changes():
    """Phases as a power trace, leakage updated request by request: the mean is what the plan says."""
    made = machine(np.random.default_rng(5))
    made["limit_c"], made["promise_tokens_per_s"] = 200, 0.0
    plan = power_plan(made)
    (cooler,) = (one for one in made["coolers"] if one["level"] == plan["cooling"])
    states = {state["mhz"]: state for state in made["states"]}
    trace = []
    for name, mhz in (("prefill", plan["prefill_mhz"]), ("decode", plan["decode_mhz"])):
        phase, volts = made["phases"][name], states[mhz]["mv"] / 1000
        computes, waits = phase["mega_cycles"] / mhz, phase["memory_ms"] / 1000
        watts = phase["switched_nf"] * 1e-9 * volts**2 * mhz * 1e6
        trace += [watts] * round(1000 * computes) + [0.0] * round(1000 * waits)
    rise, leaks = 0.0, made["leakage"]
    capacity = 0.05  # a small one warms up soon
    for _ in range(500):
        leaking = leaks["watts"] * np.exp(leaks["per_k"] * (made["ambient_c"] + rise - 60))
        power = np.array(trace)[:, np.newaxis] + leaking
        steps = rises_k([[1 / cooler["k_per_w"]]], [80 * capacity], power, 0.001, rise)[:, 0]
        before, rise = rise, float(steps[-1])
    assert abs(rise - before) < 1e-6
    assert made["ambient_c"] + steps.mean() == pytest.approx(plan["temperature_c"], abs=0.5)
