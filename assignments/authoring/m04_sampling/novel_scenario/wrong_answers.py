"""What students really write in module 4's novel scenario."""

from __future__ import annotations

import json

import numpy as np

from graders.checks import mistake

PROMISE, RANDOM, STRIDE, DEALT, CHOICE = (
    "what is promised",
    "windows at random",
    "the stride",
    "phase by phase",
    "the choice",
)


class Day:
    """The scenario's numbers, and the right plan in pieces that mistakes replace."""

    def __init__(self, scenario):
        self.given = scenario
        self.names = [phase["phase"] for phase in scenario["phases"]]
        self.count, self.cpi, cv, self.minutes = (
            np.array([phase[name] for phase in scenario["phases"]], dtype=float)
            for name in ("windows", "mean_cpi", "cv", "minutes")
        )
        self.scatter, self.total = cv * self.cpi, self.count.sum()
        self.share = self.count / self.total
        self.mean = self.share @ self.cpi
        self.allowed = scenario["error"] * self.mean / scenario["z"]
        self.within = self.share @ self.scatter**2
        self.spread = self.within + self.share @ (self.cpi - self.mean) ** 2
        self.price = self.share @ self.minutes

    def at_random(self, spread, finite=True, rounded=np.ceil):
        return int(rounded(spread / (self.allowed**2 + (spread / self.total if finite else 0))))

    def dealt(self, price_power=0.5, finite=True, least=2):
        weight = self.share * self.scatter
        rest = self.within / self.total if finite else 0.0
        each = weight / self.minutes**price_power * (weight @ self.minutes**price_power) / (self.allowed**2 + rest)
        return np.maximum(least, np.ceil(each)).astype(int)

    def written(
        self, *, n=None, stride=None, dealt=None, profile=None, spread=None, chosen=None, half=None, price=None, **more
    ):
        n = self.at_random(self.spread) if n is None else n
        dealt = self.dealt() if dealt is None else dealt
        if stride is None:
            stride = next(k for k in range(int(self.total // n), 0, -1) if np.gcd(k, self.given["period_windows"]) == 1)
        hours = int(np.ceil(n * (self.price if price is None else price) / 60))
        profile = self.given["profile_hours"] if profile is None else profile
        other = int(np.ceil(profile + dealt @ self.minutes / 60))
        if chosen is None:
            chosen = "random" if hours <= other else "stratified"
        variance = {
            "random": (self.spread if spread is None else spread) / n * (1 - n / self.total),
            "stratified": np.sum((self.share * self.scatter) ** 2 / dealt * (1 - dealt / self.count)),
        }[chosen]
        width = self.given["z"] * np.sqrt(variance) / self.mean if half is None else half(variance)
        plan = {
            "error": 0.02,
            "confidence": 0.95,
            "random": {"windows": n, "stride": stride, "hours": hours},
            "stratified": {"windows": dict(zip(self.names, dealt.tolist(), strict=True)), "hours": other},
            "chosen": chosen,
            "half_width": float(width),
        }
        return json.dumps(plan | more)


@mistake(
    "m04_sampling_plan_file",
    misconception="scatter within phases for all scatter",
    loses=[RANDOM, STRIDE, CHOICE],
    mostly=0.3,
    hint="Your windows at random scatter within phases only. They also scatter because phases differ.",
)
def within_for_all(scenario):
    day = Day(scenario)
    return day.written(n=day.at_random(day.within), spread=day.within)


@mistake(
    "m04_sampling_plan_file",
    misconception="phases count alike",
    loses=[RANDOM, STRIDE, DEALT, CHOICE],
    mostly=0.3,
    hint="Your mean is that of the phases, one like the other. A phase counts as much as it has windows.",
)
def phases_count_alike(scenario):
    day = Day(scenario)
    day.mean = day.cpi.mean()
    day.allowed = scenario["error"] * day.mean / scenario["z"]
    day.spread = day.within + day.share @ (day.cpi - day.mean) ** 2
    return day.written()


@mistake(
    "m04_sampling_plan_file",
    misconception="the error for the standard error",
    loses=[RANDOM, STRIDE, DEALT, CHOICE],
    mostly=0.4,
    hint="Your standard error is the whole 2 %. The promise is about z of them.",
)
def error_for_standard_error(scenario):
    day = Day(scenario)
    day.allowed = scenario["error"] * day.mean
    return day.written()


@mistake(
    "m04_sampling_plan_file",
    misconception="the day has no end",
    loses=[RANDOM, DEALT, CHOICE],
    mostly=0.5,
    hint="You left out that the day has an end: what has been simulated is known, and a few windows fewer are enough.",
)
def the_day_has_no_end(scenario):
    day = Day(scenario)
    n, dealt = day.at_random(day.spread, finite=False), day.dealt(finite=False)
    right = next(
        k
        for k in range(int(day.total // day.at_random(day.spread)), 0, -1)
        if np.gcd(k, scenario["period_windows"]) == 1
    )
    return day.written(n=n, dealt=dealt, stride=right)


@mistake(
    "m04_sampling_plan_file",
    misconception="the longest stride",
    loses=[STRIDE],
    mostly=0.5,
    hint="Your stride has a divisor in common with the period: some places of it are never met.",
)
def the_longest_stride(scenario):
    day = Day(scenario)
    return day.written(stride=int(day.total // day.at_random(day.spread)))


@mistake(
    "m04_sampling_plan_file",
    misconception="a stride that is too long",
    loses=[STRIDE],
    hint="With your stride the day has fewer windows than the plan needs. Go down from N/n, not up.",
)
def a_stride_that_is_too_long(scenario):
    day = Day(scenario)
    stride = int(np.ceil(day.total / day.at_random(day.spread)))
    while np.gcd(stride, scenario["period_windows"]) > 1:
        stride += 1
    return day.written(stride=stride)


@mistake(
    "m04_sampling_plan_file",
    misconception="dear phases like cheap ones",
    loses=[DEALT, CHOICE],
    mostly=0.3,
    hint="You dealt windows out as if all cost the same. A dear phase gets fewer, by the root of its price.",
)
def dear_like_cheap(scenario):
    day = Day(scenario)
    return day.written(dealt=day.dealt(price_power=0.0))


@mistake(
    "m04_sampling_plan_file",
    misconception="in proportion to the day",
    loses=[DEALT, CHOICE],
    mostly=0.3,
    hint="Your windows are in proportion to the phases' sizes. A calm phase needs fewer, a wild one more.",
)
def in_proportion(scenario):
    day = Day(scenario)
    n = day.within / (day.allowed**2 + day.within / day.total)
    return day.written(dealt=np.maximum(2, np.ceil(n * day.share)).astype(int))


@mistake(
    "m04_sampling_plan_file",
    misconception="one window is enough for a calm phase",
    loses=[DEALT],
    mostly=0.5,
    hint="A phase got a single window. One window knows no scatter: two at least.",
)
def one_is_enough(scenario):
    day = Day(scenario)
    right = json.loads(day.written())
    alone = json.loads(day.written(dealt=day.dealt(least=1), chosen=right["chosen"]))
    return json.dumps(right | {"stratified": alone["stratified"]})


@mistake(
    "m04_sampling_plan_file",
    misconception="the profile is for nothing",
    loses=[DEALT, CHOICE],
    mostly=0.3,
    hint="You left the profile out of the price. Somebody has to tell the phase of every window first.",
)
def the_profile_for_nothing(scenario):
    return Day(scenario).written(profile=0)


@mistake(
    "m04_sampling_plan_file",
    misconception="windows of a random plan cost the mean of the prices",
    loses=[RANDOM, CHOICE],
    mostly=0.15,
    hint="You took the mean of the five prices. Windows at random are mostly of the large phases.",
)
def the_mean_of_the_prices(scenario):
    day = Day(scenario)
    return day.written(price=day.minutes.mean())


@mistake(
    "m04_sampling_plan_file",
    misconception="the dearer plan",
    loses=[CHOICE],
    hint="You chose the plan that books more hours.",
)
def the_dearer_plan(scenario):
    day = Day(scenario)
    right = json.loads(day.written())["chosen"]
    return day.written(chosen="stratified" if right == "random" else "random")


@mistake(
    "m04_sampling_plan_file",
    misconception="the promise for the width",
    loses=[CHOICE],
    hint="Your half width is the 2 % that were promised. The rounded plan is a little better: say what it will be.",
)
def the_promise_for_the_width(scenario):
    return Day(scenario).written(half=lambda _variance: scenario["error"])


@mistake(
    "m04_sampling_plan_file",
    misconception="confidence is what may fail",
    loses=[PROMISE],
    hint="Your confidence is the share of days on which the promise fails. It is the share on which it holds.",
)
def confidence_is_what_fails(scenario):
    return Day(scenario).written(confidence=0.05)
