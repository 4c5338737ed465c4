"""Right answers of module 8's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import lambertw

from graders.checks import answer


@answer("m08_pipeline_plan", by="every combination, and Lambert's W")
def plan_by_trying_all(scenario):
    """Tries all plans with and without copies."""
    budget = 10 * scenario["budget_ms"]
    delay_s, flat = scenario["hedge"]["delay_ms"] / 1e3, scenario["hedge"]["usd_per_hour"]

    def busy(arrival, service, delay):
        """The smallest load at which copies settle, if there is one."""
        if math.isinf(delay):
            return arrival
        x = arrival * delay * math.exp(-(service - arrival) * delay)
        if x > math.exp(-1):
            return math.inf
        return arrival - float(np.real(lambertw(-x))) / delay

    def tenths(tier, count, delay):
        arrival, service = scenario["arrival_per_s"] / count, 1e3 / tier["service_ms"]
        total = busy(arrival, service, delay)
        if total >= service:
            return math.inf
        in_time = (1 - (1 - scenario["quantile"]) / 4) ** (1 / tier["shards"])
        alone_s = math.log(1 / (1 - in_time)) / (service - total)
        return math.ceil(1e4 * (alone_s if alone_s <= delay else (alone_s + delay) / 2))

    options = {tier["tier"]: [tenths(tier, c, math.inf) for c in tier["replicas"]] for tier in scenario["tiers"]}
    with_copies = [tenths(scenario["tiers"][1], c, delay_s) for c in scenario["tiers"][1]["replicas"]]
    best = None
    for counts in itertools.product(*(range(len(tier["replicas"])) for tier in scenario["tiers"])):
        usd = sum(
            tier["replicas"][place] * tier["shards"] * tier["usd_per_hour"]
            for tier, place in zip(scenario["tiers"], counts, strict=True)
        )
        times = [options[tier["tier"]][place] for tier, place in zip(scenario["tiers"], counts, strict=True)]
        for hedged in (False, True):
            spent = sum(times) - times[1] + with_copies[counts[1]] if hedged else sum(times)
            if math.isnan(spent) or spent > budget:
                continue
            rank = (usd + flat * hedged, spent, hedged, counts)
            best = rank if best is None or rank < best else best
    usd, spent, hedged, counts = best
    booked_ms = {name: [time / 10 for time in times] for name, times in options.items()}
    return {
        "booked_ms": {**booked_ms, "search, hedged": [time / 10 for time in with_copies]},
        "replicas": {t["tier"]: t["replicas"][place] for t, place in zip(scenario["tiers"], counts, strict=True)},
        "hedged": hedged,
        "p99_ms": spent / 10,
        "usd_per_hour": usd,
    }


@answer("m08_burn_alert_file", by="late questions first, written as text")
def alerts_as_text(scenario):
    """From the share of the period's late questions that fall into a window."""
    period_h = 24 * scenario["alerting"]["period_days"]
    late = 1 - scenario["quantile"]
    lines = []
    for asked in scenario["alerting"]["alerts"]:
        share = asked["budget_share"] * late * period_h / asked["window_h"]  # all of them within the window
        lines.append(
            f'{{"severity": "{asked["severity"]}", "long_window_h": {asked["window_h"]}, '
            f'"short_window_min": {5 * asked["window_h"]}, "burn_rate": {share / late!r}, "late_share": {share!r}}}'
        )
    period = scenario["alerting"]["period_days"]
    return f'{{"objective": 0.99, "period_days": {period}, "alerts": [{", ".join(lines)}]}}'
