"""What students really write in module 10's novel scenario."""

from __future__ import annotations

import json

import numpy as np
from scipy import special

from graders.checks import mistake

# --- the audit --------------------------------------------------------------------------------------------------------

RUNS, WORK, SPEEDUP, LIMITS, VERDICT = "runs that count", "work", "speed-up", "limits", "the verdict"


def cool(side):
    return np.array(side["ms"])[~np.array(side["throttled"])]


def scaled(counted, turns):
    return float(turns * counted.mean())


def unseen_only(counted, turns):
    return turns**2 * counted.var(ddof=1) / counted.size * (1 - counted.size / turns)


def fieller(old, new):
    """The right limits."""
    v1, v2 = old.var(ddof=1) / old.size, new.var(ddof=1) / new.size
    t = special.stdtrit((v1 + v2) ** 2 / (v1**2 / (old.size - 1) + v2**2 / (new.size - 1)), 0.975)
    g, ratio = t**2 * v2 / new.mean() ** 2, old.mean() / new.mean()
    half = t / new.mean() * np.sqrt((1 - g) * v1 + ratio**2 * v2)
    return float((ratio - half) / (1 - g)), float((ratio + half) / (1 - g))


def judged(claim, low, high, _speedup):
    return "holds" if low >= claim else "refuted" if high < claim else "open"


def audit(scenario, runs=cool, total=scaled, square=unseen_only, limits=fieller, verdict=judged, ratio=None, same=None):
    """The right audit, but for what is given."""
    old, new = (runs(scenario[side]) for side in ("old", "new"))
    sides = {side: (np.array(scenario[side]["counted"]), scenario[side]["turns"]) for side in ("old", "new")}
    counts = {side: total(*each) for side, each in sides.items()}
    near = abs(counts["old"] - counts["new"]) <= 2 * np.sqrt(sum(square(*each) for each in sides.values()))
    same_work = bool(near if same is None else same)
    low, high = limits(old, new)
    speedup = float(ratio(old, new) if ratio else old.mean() / new.mean())
    said = verdict(scenario["claim"], low, high, speedup)
    return {
        "kept": {"old": old.size, "new": new.size},
        "instructions": counts,
        "same_work": same_work,
        "speedup": speedup,
        "low": low,
        "high": high,
        "verdict": said if same_work else "other work",
    }


@mistake(
    "m10_claim_audit",
    misconception="every run counts",
    loses=[RUNS, SPEEDUP, LIMITS, VERDICT],
    mostly=0.35,
    hint="You kept the throttled runs. They measured a cooler, not the product.",
)
def every_run_counts(scenario):
    return audit(scenario, runs=lambda side: np.array(side["ms"]))


@mistake(
    "m10_claim_audit",
    misconception="the fastest run",
    loses=[SPEEDUP],
    hint="You divided the fastest runs. Luck has no interval: the audit is about means.",
)
def the_fastest_run(scenario):
    return audit(scenario, ratio=lambda old, new: old.min() / new.min())


@mistake(
    "m10_claim_audit",
    misconception="what was counted",
    loses=[WORK, VERDICT],
    mostly=0.35,
    hint="You compared what was counted. The counter saw different shares of the turns on both sides: scale first.",
)
def what_was_counted(scenario):
    return audit(scenario, total=lambda counted, turns: float(counted.sum()))


@mistake(
    "m10_claim_audit",
    misconception="the same is the same",
    loses=[WORK, VERDICT],
    mostly=0.6,
    hint="No two scaled counts are equal to the last digit. Ask whether they differ by more than they are uncertain.",
)
def the_same_is_the_same(scenario):
    return audit(scenario, same=False)


@mistake(
    "m10_claim_audit",
    misconception="work is not looked at",
    loses=[WORK, VERDICT],
    mostly=0.15,
    hint="You did not ask whether both sides did the same. A program that does less is faster, and no product needed.",
)
def work_is_not_looked_at(scenario):
    return audit(scenario, same=True)


@mistake(
    "m10_claim_audit",
    misconception="a normal quantile",
    loses=[LIMITS],
    hint="Your limits are too near: a normal quantile. With a dozen runs it is Student's.",
)
def a_normal_quantile(scenario):
    def normal(old, new):
        v1, v2, ratio = old.var(ddof=1) / old.size, new.var(ddof=1) / new.size, old.mean() / new.mean()
        g = 1.959964**2 * v2 / new.mean() ** 2
        half = 1.959964 / new.mean() * np.sqrt((1 - g) * v1 + ratio**2 * v2)
        return float((ratio - half) / (1 - g)), float((ratio + half) / (1 - g))

    return audit(scenario, limits=normal)


@mistake(
    "m10_claim_audit",
    misconception="the ends of two intervals",
    loses=[LIMITS, VERDICT],
    mostly=0.01,
    hint="You divided the ends of two intervals. Both means seldom err so far, and against each other.",
)
def the_ends_of_two(scenario):
    def ends(old, new):
        halves = [special.stdtrit(each.size - 1, 0.975) * each.std(ddof=1) / np.sqrt(each.size) for each in (old, new)]
        low = (old.mean() - halves[0]) / (new.mean() + halves[1])
        return float(low), float((old.mean() + halves[0]) / (new.mean() - halves[1]))

    return audit(scenario, limits=ends)


@mistake(
    "m10_claim_audit",
    misconception="the measured speed-up decides",
    loses=[VERDICT],
    mostly=0.15,
    hint="You compared the speed-up itself with the claim. A verdict needs its limits.",
)
def the_speedup_decides(scenario):
    return audit(scenario, verdict=lambda claim, _low, _high, speedup: "holds" if speedup >= claim else "refuted")


@mistake(
    "m10_claim_audit",
    misconception="not refuted is proven",
    loses=[VERDICT],
    mostly=0.15,
    hint="A claim that is not refuted is not proven. Yours holds although it lies above the lower limit.",
)
def not_refuted(scenario):
    return audit(scenario, verdict=lambda claim, _low, high, _speedup: "refuted" if high < claim else "holds")


# --- the next measurement ---------------------------------------------------------------------------------------------

FEWEST, REQUESTS, TURNS = "runs", "requests", "turns"
COUNTS = np.arange(2, 20_000)
STUDENT_T = special.stdtrit(2 * COUNTS - 2, 0.975)


def planned(scenario, runs=cool, spread=max, quantile=None, per_side=2.0, requests=None, turns=None, largest=max):
    """The right plan, but for what is given."""
    wanted, sides = scenario["wanted"], (scenario["old"], scenario["new"])
    c = spread(float(runs(side).std(ddof=1) / runs(side).mean()) for side in sides)
    t = STUDENT_T if quantile is None else quantile
    enough = COUNTS[t * c * np.sqrt(per_side / COUNTS) <= wanted["half_width"]]
    fewest = int(np.ceil(np.log(1 - wanted["confidence"]) / np.log(wanted["quantile"])))
    needs = []
    for side in sides:
        counted = np.array(side["counted"])
        relative = counted.std(ddof=1) / counted.mean()
        needs.append(
            turns(relative, wanted["count_u"], side["turns"])
            if turns
            else fewest_turns(relative, wanted["count_u"], side["turns"])
        )
    return json.dumps(
        {
            "runs_per_side": int(enough[0]),
            "requests": int(requests(wanted)) if requests else fewest,
            "turns": int(largest(needs)),
        }
    )


def fewest_turns(relative, target, turns):
    return int(np.ceil(1 / ((target / relative) ** 2 + 1 / turns)))


@mistake(
    "m10_remeasure_file",
    misconception="one side is uncertain",
    loses=[FEWEST],
    hint="Your half width is that of one mean. A speed-up has two, and their variances add up.",
)
def one_side(scenario):
    return planned(scenario, per_side=1.0)


@mistake(
    "m10_remeasure_file",
    misconception="throttled runs scatter, too",
    loses=[FEWEST],
    hint="Your scatter contains the throttled runs. The next measurement will not have any.",
)
def throttled_scatter(scenario):
    return planned(scenario, runs=lambda side: np.array(side["ms"]))


@mistake(
    "m10_remeasure_file",
    misconception="the quieter side",
    loses=[FEWEST],
    hint="You planned for the side that scatters less. The other one decides.",
)
def the_quieter_side(scenario):
    return planned(scenario, spread=min)


@mistake(
    "m10_remeasure_file",
    misconception="one beyond the quantile",
    loses=[REQUESTS],
    hint="You asked for one request beyond the quantile, on average. It may be missing: ask how often all fall below.",
)
def one_beyond(scenario):
    return planned(scenario, requests=lambda wanted: np.ceil(round(1 / (1 - wanted["quantile"]), 6)))


@mistake(
    "m10_remeasure_file",
    misconception="a limit on both sides",
    loses=[REQUESTS],
    hint="You left half of the rest for a lower limit. Nobody has asked for one.",
)
def both_sides(scenario):
    return planned(
        scenario,
        requests=lambda wanted: np.ceil(np.log((1 - wanted["confidence"]) / 2) / np.log(wanted["quantile"])),
    )


@mistake(
    "m10_remeasure_file",
    misconception="turns without end",
    loses=[TURNS],
    hint="You planned as if turns were without end. With all of them counted nothing is uncertain.",
)
def turns_without_end(scenario):
    return planned(scenario, turns=lambda relative, target, _turns: np.ceil((relative / target) ** 2))


@mistake(
    "m10_remeasure_file",
    misconception="the easier side's turns",
    loses=[TURNS],
    mostly=0.8,
    hint="You took the side that needs fewer turns. Both must be sure enough.",
)
def the_easier_side(scenario):
    return planned(scenario, largest=min)
