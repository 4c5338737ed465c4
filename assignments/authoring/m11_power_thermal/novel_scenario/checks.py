"""What must hold of the answers of module 11's novel scenario."""

from __future__ import annotations

import functools
import json
import math

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, value
from reference_solutions.m11_power_thermal import power_plan as page
from reference_solutions.m11_power_thermal.runaway import settled_temperature_c

# --- every plan of a machine ------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return page.power_plan(json.loads(text))


def power_plan(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def work_of(scenario, prefill_mhz, decode_mhz):
    """Time [s] and mean dynamic power [W] of a request."""
    volts = {state["mhz"]: state["mv"] / 1e3 for state in scenario["states"]}
    time_s = energy_j = 0.0
    for name, mhz in (("prefill", prefill_mhz), ("decode", decode_mhz)):
        phase = scenario["phases"][name]
        time_s += phase["mega_cycles"] / mhz + phase["memory_ms"] / 1e3
        energy_j += 1e-3 * phase["switched_nf"] * volts[mhz] ** 2 * phase["mega_cycles"]
    return time_s, energy_j / time_s


def plan_of(scenario, level, prefill_mhz, decode_mhz):
    """Temperature, tokens a second and tokens a joule of any plan."""
    (cooler,) = (one for one in scenario["coolers"] if one["level"] == level)
    leaks, (time_s, dynamic_w) = scenario["leakage"], work_of(scenario, prefill_mhz, decode_mhz)
    settled_c = float(
        settled_temperature_c(
            scenario["ambient_c"], cooler["k_per_w"], dynamic_w, leaks["watts"], leaks["per_k"], leaks["nominal_c"]
        )
    )
    leaking_w = leaks["watts"] * math.exp(min(leaks["per_k"] * (settled_c - leaks["nominal_c"]), 700.0))
    rate = scenario["tokens"] / time_s
    return settled_c, rate, rate / (dynamic_w + leaking_w + cooler["watts"] + scenario["other_w"])


def is_allowed(scenario, settled_c, rate):
    return settled_c <= scenario["limit_c"] and rate >= scenario["promise_tokens_per_s"] * (1 - 1e-9)


@functools.lru_cache(maxsize=2048)
def best_by_level(text):
    """Level -> most tokens a joule, with their clocks; None where no plan is allowed."""
    scenario, found = json.loads(text), {}
    for cooler in scenario["coolers"]:
        try:
            plan = page.power_plan({**scenario, "coolers": [cooler]})
        except ValueError:
            found[cooler["level"]] = None
        else:
            found[cooler["level"]] = plan["tokens_per_j"], plan["prefill_mhz"], plan["decode_mhz"]
    return found


# --- the plan ---------------------------------------------------------------------------------------------------------


def answered(answer, scenario):
    return plan_of(scenario, answer["cooling"], int(answer["prefill_mhz"]), int(answer["decode_mhz"]))


def over_the_best(answer, scenario):
    """What the answered plan makes of a joule, over what the best one does; 0 if it is not allowed."""
    settled_c, rate, per_joule = answered(answer, scenario)
    return per_joule / power_plan(scenario)["tokens_per_j"] if is_allowed(scenario, settled_c, rate) else 0.0


def said_over_true(answer, scenario):
    """What is said of the answered plan, over what is true of it."""
    said = [answer[name] for name in ("temperature_c", "tokens_per_s", "tokens_per_j")]
    return [float(one) / true for one, true in zip(said, answered(answer, scenario), strict=True)]


PLAN = Exercise(
    "m11_power_plan",
    reference=power_plan,
    personal=True,
    checks=[
        Equal(
            "the fastest clocks",
            weight=1.5,
            cases=[value()],
            part=lambda answer: dict(answer["settled_c"]),
            rtol=1e-4,
            message="Where each level of cooling settles at full speed, or that it does not.",
        ),
        Equal(
            "the plan",
            weight=2,
            cases=[value()],
            part=over_the_best,
            rtol=1e-3,
            message="Cooling and clocks: allowed, and no other makes more of a joule.",
        ),
        Equal(
            "what it makes",
            weight=1.5,
            cases=[value()],
            part=said_over_true,
            rtol=1e-3,
            message="Temperature, tokens a second and tokens a joule of the plan that was answered.",
        ),
        Equal(
            "if the fan stops",
            weight=1,
            cases=[value()],
            part=lambda answer: answer["boost_s"],
            rtol=1e-3,
            message="How long the passive cooling holds the fastest clocks.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def lead(scenario):
    """By how much the best plan leads over the best with another level of cooling, in per cent."""
    best = [one[0] if one else 0.0 for one in best_by_level(json.dumps(scenario)).values()]
    first, second = sorted(best)[:-3:-1]
    return 100 * (first / second - 1) if second else 100.0


COOLING = Decision(
    "cooling",
    right=lambda scenario: power_plan(scenario)["cooling"],
    margin=lead,
    at_least=1e-4,  # within a thousandth both are right
    most=0.5,
)
CLOCK = Decision(
    "clock of the prefill",
    right=lambda scenario: str(power_plan(scenario)["prefill_mhz"]),
    margin=lambda _scenario: 1.0,
    at_least=1.0,
    most=0.5,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def without(scenario, **changed):
    """Tokens a joule of the best plan of a machine that is changed in this."""
    return planned(json.dumps({**scenario, **changed}))["tokens_per_j"]


def other_level(scenario, plan):
    """The best level beside the plan's, in words."""
    others = {level: best for level, best in best_by_level(json.dumps(scenario)).items() if level != plan["cooling"]}
    words = [
        f"`{level}` would make {best[0]:.4f} tokens/J at best ({best[1]} and {best[2]} MHz)"
        if best
        else f"with `{level}` no plan is allowed"
        for level, best in others.items()
    ]
    return "; ".join(words)


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan, leaks = power_plan(scenario), scenario["leakage"]
    time_s, dynamic_w = work_of(scenario, plan["prefill_mhz"], plan["decode_mhz"])
    (cooler,) = (one for one in scenario["coolers"] if one["level"] == plan["cooling"])
    no_limit = without(scenario, limit_c=1000) / plan["tokens_per_j"] - 1
    no_promise = without(scenario, promise_tokens_per_s=0) / plan["tokens_per_j"] - 1
    warmer = plan_of(
        {**scenario, "ambient_c": scenario["ambient_c"] + 10},
        plan["cooling"],
        plan["prefill_mhz"],
        plan["decode_mhz"],
    )[0]
    held = {"the limit": no_limit, "the promise": no_promise}
    binding = max(held, key=held.get)
    return {
        "cooling": plan["cooling"],
        "first": plan["prefill_mhz"],
        "second": plan["decode_mhz"],
        "per_joule": f"{plan['tokens_per_j']:.4f}",
        "per_second": f"{plan['tokens_per_s']:.2f}",
        "time_ms": f"{1e3 * time_s:.0f}",
        "switched_j": f"{dynamic_w * time_s:.2f}",
        "dynamic_w": f"{dynamic_w:.2f}",
        "leaking_w": f"{leaks['watts'] * np.exp(leaks['per_k'] * (plan['temperature_c'] - leaks['nominal_c'])):.2f}",
        "resistance": f"{cooler['k_per_w']:.3f}",
        "settles": f"{plan['temperature_c']:.1f}",
        "others": other_level(scenario, plan),
        "binding": binding if held[binding] > 1e-9 else "neither",
        "gained": f"{100 * held[binding]:.1f}",
        "warmer": f"settle at {warmer:.1f} degC" if np.isfinite(warmer) else "run away",
        "kept": "still within the limit" if warmer <= scenario["limit_c"] else "beyond the limit",
        "boost": f"{plan['boost_s']:.0f} s" if np.isfinite(plan["boost_s"]) else "for ever",
    }


DEFENCE = ModelAnswer("m11_power_plan_defence", facts=defence_facts)
