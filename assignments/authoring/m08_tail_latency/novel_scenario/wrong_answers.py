"""What students really write in module 8's novel scenario."""

from __future__ import annotations

import functools
import json

import numpy as np
from scipy.special import lambertw

from graders.checks import mistake

# --- the plan ---------------------------------------------------------------------------------------------------------

TIMES, COPIES, PLAN, PRICE = (
    "what each tier takes",
    "what copies change",
    "the plan",
    "its price and its promise",
)


def shares_of(scenario, tier, misses=4):
    """Share of its answers that one server of a tier must give in time."""
    return (1 - (1 - scenario["quantile"]) / misses) ** (1 / tier["shards"])


def settled(arrival, service, delay_s):
    """Requests and copies of a replica, once the load has settled."""
    x = arrival * delay_s * np.exp(-(service - arrival) * delay_s)
    total = arrival - np.real(lambertw(-np.where(x <= np.exp(-1), x, 0))) / delay_s
    return np.where((x <= np.exp(-1)) & (total < service), total, np.inf)


def hedged_s(alone_s, delay_s):
    return np.where(alone_s > delay_s, (alone_s + delay_s) / 2, alone_s)


def booked(scenario, share=shares_of, copies_load=True, hedge=hedged_s, rounded=np.ceil):
    """The right times, but for what is given."""
    delay_s, tables = scenario["hedge"]["delay_ms"] / 1e3, {}
    for tier in scenario["tiers"]:
        arrival = scenario["arrival_per_s"] / np.array(tier["replicas"])
        service = 1e3 / tier["service_ms"]
        means = -np.log(1 - share(scenario, tier))
        tables[tier["tier"]] = (rounded(1e4 * means / (service - arrival)) / 10).tolist()
        if tier["shards"] > 1:
            busy = settled(arrival, service, delay_s) if copies_load else arrival
            alone_s = np.where(busy < service, means / (service - busy), np.inf)
            tables[tier["tier"] + ", hedged"] = (rounded(1e4 * hedge(alone_s, delay_s)) / 10).tolist()
    return tables


def usd_of(scenario, counts, hedged, shards=True):
    price = sum(
        tier["replicas"][place] * (tier["shards"] if shards else 1) * tier["usd_per_hour"]
        for tier, place in zip(scenario["tiers"], counts, strict=True)
    )
    return price + hedged * scenario["hedge"]["usd_per_hour"]


def chosen(scenario, tables, sides=(False, True), spent_first=False, shards=True):
    """The right choice among these times, but for what is given: all choices of a side at once, the first of equals."""
    best, names = None, [tier["tier"] for tier in scenario["tiers"]]
    usd = [np.array(t["replicas"]) * (t["shards"] if shards else 1) * t["usd_per_hour"] for t in scenario["tiers"]]
    for hedged in sides:
        rows = [tables[name + ", hedged" if hedged and name == "search" else name] for name in names]
        spent = np.round(functools.reduce(np.add.outer, map(np.array, rows)), 6)
        kept = np.argwhere(spent <= scenario["budget_ms"])
        if not len(kept):
            continue
        price = functools.reduce(np.add.outer, usd) + hedged * scenario["hedge"]["usd_per_hour"]
        ranks = [price[tuple(kept.T)], spent[tuple(kept.T)]]
        ranks = ranks[::-1] if spent_first else ranks
        place = np.lexsort(ranks[::-1])[0]
        counts = tuple(kept[place].tolist())
        found = [float(rank[place]) for rank in ranks], hedged, counts, float(spent[counts])
        best = min(best or found, found, key=lambda one: one[:2])
    if best is None:
        best = [], False, tuple(len(tier["replicas"]) - 1 for tier in scenario["tiers"]), float(scenario["budget_ms"])
    _, hedged, counts, total = best
    return {
        "booked_ms": tables,
        "replicas": {t["tier"]: t["replicas"][place] for t, place in zip(scenario["tiers"], counts, strict=True)},
        "hedged": hedged,
        "p99_ms": total,
        "usd_per_hour": usd_of(scenario, counts, hedged, shards),
    }


@mistake(
    "m08_pipeline_plan",
    misconception="every tier may miss its per cent",
    loses=[TIMES, COPIES, PLAN, PRICE],
    hint="Each of your tiers is late once in a hundred times. Four of them are late nearly four times as often.",
)
def every_tier_may_miss_its_per_cent(scenario):
    tables = booked(scenario, share=lambda given, tier: shares_of(given, tier, misses=1))
    return chosen(scenario, tables)


@mistake(
    "m08_pipeline_plan",
    misconception="a search is a shard",
    loses=[TIMES, COPIES, PLAN, PRICE],
    hint="Your search waits for one shard. A question waits for the slowest of all: what must each of them promise?",
)
def a_search_is_a_shard(scenario):
    tables = booked(scenario, share=lambda given, tier: 1 - (1 - given["quantile"]) / 4)
    return chosen(scenario, tables)


@mistake(
    "m08_pipeline_plan",
    misconception="misses of shards grow with their number",
    loses=[TIMES, COPIES, PLAN, PRICE],
    hint="You raised the share to the number of shards: that is how seldom all are in time, not what each must do.",
)
def misses_grow(scenario):
    tables = booked(scenario, share=lambda given, tier: (1 - (1 - given["quantile"]) / 4) ** tier["shards"])
    return chosen(scenario, tables)


@mistake(
    "m08_pipeline_plan",
    misconception="means are enough",
    loses=[TIMES, COPIES, PLAN, PRICE],
    hint="Your tiers book their mean response. More than a third of the questions take longer than that.",
)
def means_are_enough(scenario):
    return chosen(scenario, booked(scenario, share=lambda given, tier: 1 - np.exp(-1)))


@mistake(
    "m08_pipeline_plan",
    misconception="copies come for nothing",
    loses=[COPIES, PLAN, PRICE],
    mostly=0.4,
    hint="Your copies load nobody. They are requests: take the load that settles with them, or that never does.",
)
def copies_come_for_nothing(scenario):
    return chosen(scenario, booked(scenario, copies_load=False))


@mistake(
    "m08_pipeline_plan",
    misconception="two copies, half the time",
    loses=[COPIES, PLAN, PRICE],
    mostly=0.4,
    hint="You halved the time and forgot the delay: until then there is one copy only.",
)
def half_the_time(scenario):
    return chosen(scenario, booked(scenario, hedge=lambda alone_s, delay_s: alone_s / 2))


@mistake(
    "m08_pipeline_plan",
    misconception="to the nearest tenth",
    loses=[TIMES, COPIES],
    hint="You rounded to the nearest tenth. A promise that is rounded down is not kept: book upwards.",
)
def to_the_nearest_tenth(scenario):
    right = chosen(scenario, booked(scenario))
    return right | {"booked_ms": booked(scenario, rounded=np.round)}


@mistake(
    "m08_pipeline_plan",
    misconception="one shard is paid",
    loses=[PLAN, PRICE],
    mostly=0.5,
    hint="You paid for the replicas of one shard. All shards have as many.",
)
def one_shard_is_paid(scenario):
    return chosen(scenario, booked(scenario), shards=False)


@mistake(
    "m08_pipeline_plan",
    misconception="the fastest plan",
    loses=[PLAN, PRICE],
    hint="Yours is the fastest plan on offer. The promise is kept for less.",
)
def the_fastest_plan(scenario):
    return chosen(scenario, booked(scenario), spent_first=True)


@mistake(
    "m08_pipeline_plan",
    misconception="copies on principle",
    loses=[PLAN, PRICE],
    mostly=0.35,
    hint="You took copies without asking for their price. Without them the same promise is cheaper here.",
)
def copies_on_principle(scenario):
    return chosen(scenario, booked(scenario), sides=(True,))


@mistake(
    "m08_pipeline_plan",
    misconception="no copies on principle",
    loses=[PLAN, PRICE],
    mostly=0.35,
    hint="You left copies out. Here they are cheaper than the replicas that they save.",
)
def no_copies_on_principle(scenario):
    return chosen(scenario, booked(scenario), sides=(False,))


# --- the alerts -------------------------------------------------------------------------------------------------------

PROMISE, RATES, SHORT, LATE = "the promise", "burn rates", "short windows", "late questions"


def written(scenario, rate=None, short=None, late=None, **promised):
    """The right file, but for what is given."""
    alerting, alerts = scenario["alerting"], []
    for asked in alerting["alerts"]:
        right = asked["budget_share"] * 24 * alerting["period_days"] / asked["window_h"]
        burn_rate = rate(asked) if rate else right
        alerts.append(
            {
                "severity": asked["severity"],
                "long_window_h": asked["window_h"],
                "short_window_min": short(asked) if short else 5 * asked["window_h"],
                "burn_rate": burn_rate,
                "late_share": late(asked, burn_rate) if late else 0.01 * burn_rate,
            }
        )
    return json.dumps({"objective": 0.99, "period_days": alerting["period_days"], "alerts": alerts} | promised)


@mistake(
    "m08_burn_alert_file",
    misconception="days over hours",
    loses=[RATES, LATE],
    hint="You divided days by hours. Your rates are twenty-four times too low.",
)
def days_over_hours(scenario):
    days = scenario["alerting"]["period_days"]
    return written(scenario, rate=lambda asked: asked["budget_share"] * days / asked["window_h"])


@mistake(
    "m08_burn_alert_file",
    misconception="every period has thirty days",
    loses=[RATES, LATE],
    mostly=0.6,
    hint="Your rates are those of a month. The promise here is over another period.",
)
def every_period_has_thirty_days(scenario):
    return written(scenario, rate=lambda asked: asked["budget_share"] * 720 / asked["window_h"])


@mistake(
    "m08_burn_alert_file",
    misconception="per cent of the budget for per cent of the questions",
    loses=[LATE],
    hint="You took the share of the budget for the share of late questions. The budget itself is 1 % of the questions.",
)
def budget_for_questions(scenario):
    return written(scenario, late=lambda asked, burn_rate: asked["budget_share"])


@mistake(
    "m08_burn_alert_file",
    misconception="late is whoever is not in time",
    loses=[LATE],
    hint="You multiplied with the objective. What burns is what it leaves: one minus it.",
)
def late_is_whoever_is_not_in_time(scenario):
    return written(scenario, late=lambda asked, burn_rate: 0.99 * burn_rate)


@mistake(
    "m08_burn_alert_file",
    misconception="a twelfth of an hour for every window",
    loses=[SHORT],
    hint="Five minutes is a twelfth of an hour. Your other windows are longer, and so are their twelfths.",
)
def five_minutes_for_all(scenario):
    return written(scenario, short=lambda asked: 5)


@mistake(
    "m08_burn_alert_file",
    misconception="the error budget as the objective",
    loses=[PROMISE],
    hint="Your objective is what may be late. It is the share that must be in time.",
)
def the_budget_as_the_objective(scenario):
    return written(scenario, objective=0.01)
