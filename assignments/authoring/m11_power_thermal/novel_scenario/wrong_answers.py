"""What students really write in module 11's novel scenario."""

from __future__ import annotations

import numpy as np
from scipy.special import lambertw

from graders.checks import mistake

FASTEST, PLAN, MAKES, FAN = "the fastest clocks", "the plan", "what it makes", "if the fan stops"


def plan(
    scenario, *, waiting=True, volts=2, cooler_draws=True, other=True, leaks=True, grows=True, limit=True, promise=True,
    aim="joule", alike=False, power_at="limit", level=0, warmed=True,
):  # fmt: skip
    """The right plan, but for what is given."""
    leakage, coolers = scenario["leakage"], scenario["coolers"]
    mhz, supply = (np.array([state[name] for state in scenario["states"]], dtype=float) for name in ("mhz", "mv"))
    seconds, joules = [], []
    for name in ("prefill", "decode"):
        phase = scenario["phases"][name]
        seconds.append(phase["mega_cycles"] / mhz + waiting * phase["memory_ms"] / 1e3)
        joules.append(1e-3 * phase["switched_nf"] * (supply / 1e3) ** volts * phase["mega_cycles"])
    time_s = np.add.outer(*seconds)
    dynamic = np.add.outer(*joules) / time_s
    ohm, draws = (np.array([one[name] for one in coolers])[:, None, None] for name in ("k_per_w", "watts"))

    def leaking(t):
        with np.errstate(over="ignore"):
            return leaks * leakage["watts"] * np.exp(grows * leakage["per_k"] * (t - leakage["nominal_c"]))

    alone = scenario["ambient_c"] + ohm * dynamic
    if leaks and grows:
        u = leakage["per_k"] * ohm * leaking(alone)
        settled = np.where(u <= np.exp(-1), alone - np.real(lambertw(-u)) / leakage["per_k"], np.inf)
    else:
        settled = alone + ohm * leaking(alone)
    rate = scenario["tokens"] / time_s
    heat = leaking(settled) if warmed else leaking(np.full(settled.shape, leakage["nominal_c"]))
    per_joule = rate / (dynamic + heat + cooler_draws * draws + other * scenario["other_w"])
    kept = np.isfinite(settled) & ((settled <= scenario["limit_c"]) | (not limit))
    kept &= (rate >= scenario["promise_tokens_per_s"]) | (not promise)
    kept &= np.eye(len(mhz), dtype=bool) | (not alike)
    wanted = {"joule": per_joule, "second": np.broadcast_to(rate, per_joule.shape), "kelvin": -settled}[aim]
    place, first, second = np.unravel_index(int(np.argmax(np.where(kept, wanted, -np.inf))), kept.shape)
    warm = {"limit": scenario["limit_c"], "nominal": leakage["nominal_c"], "ambient": scenario["ambient_c"]}[power_at]
    resistance = coolers[level if level is not None else place]["k_per_w"]
    goal = resistance * (dynamic[-1, -1] + leaking(np.float64(warm)))
    span = scenario["limit_c"] - scenario["ambient_c"]
    boost = -resistance * scenario["heat_j_per_k"] * np.log1p(-span / goal) if goal > span else np.inf
    return {
        "settled_c": {one["level"]: float(t) for one, t in zip(coolers, settled[:, -1, -1], strict=True)},
        "cooling": coolers[place]["level"],
        "prefill_mhz": int(mhz[first]),
        "decode_mhz": int(mhz[second]),
        "temperature_c": float(settled[place, first, second]),
        "tokens_per_s": float(rate[first, second]),
        "tokens_per_j": float(per_joule[place, first, second]),
        "boost_s": float(boost),
    }


@mistake(
    "m11_power_plan",
    misconception="memory waits for nobody",
    loses=[FASTEST, PLAN, MAKES, FAN],
    mostly=0.3,
    hint="Your requests take no time at memory. It belongs to the request at any clock.",
)
def no_memory(scenario):
    return plan(scenario, waiting=False)


@mistake(
    "m11_power_plan",
    misconception="energy goes with the voltage",
    loses=[FASTEST, PLAN, MAKES, FAN],
    mostly=0.3,
    hint="Your cycles cost C times V. Charge goes with the voltage, and energy is charge times voltage.",
)
def linear_in_volts(scenario):
    return plan(scenario, volts=1)


@mistake(
    "m11_power_plan",
    misconception="leakage does not grow",
    loses=[FASTEST, PLAN, MAKES, FAN],
    mostly=0.2,
    hint="Your machine leaks the same at any temperature, and so never runs away.",
)
def leakage_does_not_grow(scenario):
    return plan(scenario, grows=False)


@mistake(
    "m11_power_plan",
    misconception="leakage of the nominal temperature in the bill",
    loses=[PLAN, MAKES],
    mostly=0.15,
    hint="Your bill has the leakage of the nominal temperature. It is paid at the temperature where the plan settles.",
)
def nominal_in_the_bill(scenario):
    return plan(scenario, warmed=False)


@mistake(
    "m11_power_plan",
    misconception="cooling is for nothing",
    loses=[PLAN, MAKES],
    mostly=0.3,
    hint="Your fan draws nothing. A joule of the fan is a joule.",
)
def cooling_is_for_nothing(scenario):
    return plan(scenario, cooler_draws=False)


@mistake(
    "m11_power_plan",
    misconception="the chip is the machine",
    loses=[PLAN, MAKES],
    mostly=0.12,
    hint="Your joules are the chip's. Everything else stays on while a request takes its time.",
)
def the_chip_is_the_machine(scenario):
    return plan(scenario, other=False)


@mistake(
    "m11_power_plan",
    misconception="a limit is a wish",
    loses=[PLAN],
    mostly=0.15,
    hint="Your plan settles above the limit.",
)
def a_limit_is_a_wish(scenario):
    return plan(scenario, limit=False)


@mistake(
    "m11_power_plan",
    misconception="a promise is sales' business",
    loses=[PLAN],
    mostly=0.6,
    hint="Your plan makes most of a joule, and fewer tokens a second than were promised.",
)
def no_promise(scenario):
    return plan(scenario, promise=False)


@mistake(
    "m11_power_plan",
    misconception="the fastest plan",
    loses=[PLAN],
    hint="Yours is the fastest plan that is allowed. Asked for are tokens a joule.",
)
def the_fastest_plan(scenario):
    return plan(scenario, aim="second")


@mistake(
    "m11_power_plan",
    misconception="cool is thrifty",
    loses=[PLAN],
    mostly=0.5,
    hint="Yours is the coolest plan that is allowed. A kelvin less is worth what leakage it saves.",
)
def cool_is_thrifty(scenario):
    return plan(scenario, aim="kelvin")


@mistake(
    "m11_power_plan",
    misconception="one clock for all",
    loses=[PLAN],
    mostly=0.15,
    hint="Your phases share a clock. They differ in what a cycle switches, and may have one each.",
)
def one_clock_for_all(scenario):
    return plan(scenario, alike=True)


@mistake(
    "m11_power_plan",
    misconception="leakage at the start, for how long it lasts",
    loses=[FAN],
    mostly=0.85,
    hint="You took the leakage of the start. On the safe side it is that of the limit, all the time.",
)
def leakage_at_the_start(scenario):
    return plan(scenario, power_at="ambient")


@mistake(
    "m11_power_plan",
    misconception="the fan goes on",
    loses=[FAN],
    mostly=0.4,
    hint="You took your plan's cooling. The fan has stopped: what is left is the passive level.",
)
def the_fan_goes_on(scenario):
    return plan(scenario, level=None)
