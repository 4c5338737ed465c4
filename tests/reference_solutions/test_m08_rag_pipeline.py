"""A pipeline's plan: every combination tried, closed forms of one tier, simulated replicas; alerts by the Workbook."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import lambertw

from reference_solutions.m08_tail_latency.queue_simulation import queue_waits_s
from reference_solutions.m08_tail_latency.rag_pipeline import burn_alert_file, pipeline_plan


def tier(name, service_ms, usd, shards, fewest):
    return {
        "tier": name,
        "service_ms": service_ms,
        "usd_per_hour": usd,
        "shards": shards,
        "replicas": [fewest, fewest + 1, fewest + 2],
    }


@st.composite
def pipelines(draw):
    arrival = draw(st.integers(100, 2000))

    def one(name, shards):
        service_ms = draw(st.integers(3, 40)) / 10
        fewest = int(arrival * service_ms / 900) + 1
        return tier(name, service_ms, draw(st.integers(1, 20)), shards, fewest)

    return {
        "arrival_per_s": arrival,
        "budget_ms": draw(st.integers(60, 400)),
        "quantile": draw(st.sampled_from([0.9, 0.99])),
        "tiers": [one("first", 1), one("search", draw(st.integers(2, 20))), one("last", 1)],
        "hedge": {"delay_ms": draw(st.integers(50, 300)) / 10, "usd_per_hour": draw(st.integers(0, 60))},
    }


def time_ms(scenario, part, count, hedged):
    """By Lambert's W, and the definition of a quantile of a product of two tails, searched for by halving."""
    arrival, service = scenario["arrival_per_s"] / count, 1e3 / part["service_ms"]
    delay = scenario["hedge"]["delay_ms"] / 1e3
    total = arrival
    if hedged:
        x = arrival * delay * np.exp(-(service - arrival) * delay)
        total = arrival - np.real(lambertw(-x)) / delay if x <= np.exp(-1) else np.inf
    if total >= service:
        return np.inf
    in_time = (1 - (1 - scenario["quantile"]) / len(scenario["tiers"])) ** (1 / part["shards"])

    def late(t):
        return np.exp(-(service - total) * t) * (
            np.exp(-(service - total) * (t - delay)) if hedged and t > delay else 1
        )

    low, high = 0.0, 100.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if late(middle) > 1 - in_time else (low, middle)
    return np.ceil(1e4 * low - 1e-6) / 10


@settings(max_examples=15)
@given(pipelines())
def test_no_combination_is_better(scenario):
    best = None
    for counts in itertools.product(*(part["replicas"] for part in scenario["tiers"])):
        for hedged in (False, True):
            usd, spent = hedged * scenario["hedge"]["usd_per_hour"], 0.0
            for part, count in zip(scenario["tiers"], counts, strict=True):
                usd += count * part["shards"] * part["usd_per_hour"]
                spent += time_ms(scenario, part, count, hedged and part["shards"] > 1)
            if spent <= scenario["budget_ms"] + 1e-9 and (best is None or (usd, round(spent, 6), hedged) < best):
                best = (usd, round(spent, 6), hedged)
    if best is None:
        with pytest.raises(ValueError, match="empty"):
            pipeline_plan(scenario)
        return
    plan = pipeline_plan(scenario)
    assert (plan["usd_per_hour"], pytest.approx(plan["p99_ms"]), plan["hedged"]) == best
    for part in scenario["tiers"]:
        assert plan["replicas"][part["tier"]] in part["replicas"]


def test_simulated_replicas_keep_what_is_booked():
    """One replica at the load of the plan: late as often as its shard may be, within the scatter of three million."""
    search = tier("search", 3.0, 1, 10, 4)
    scenario = {"arrival_per_s": 1000, "budget_ms": 200, "quantile": 0.96, "tiers": [search]}
    scenario["hedge"] = {"delay_ms": 20.0, "usd_per_hour": 5}
    booked_ms = pipeline_plan(scenario)["booked_ms"]["search"][0]
    rng = np.random.default_rng(15)
    arrival_s, service_s = np.cumsum(rng.exponential(1 / 250, 3_000_000)), rng.exponential(0.003, 3_000_000)
    late = np.mean(1e3 * (queue_waits_s(arrival_s, service_s, 1) + service_s) > booked_ms)
    assert 1 - (1 - late) ** 10 == pytest.approx(0.04, rel=0.1)


@given(st.integers(1, 20), st.integers(1, 72), st.integers(7, 120), st.sampled_from([0.9, 0.99, 0.999]))
def test_an_alert_spends_what_was_asked(per_cent, window_h, period_days, quantile):
    asked = {"severity": "page", "budget_share": per_cent / 100, "window_h": window_h}
    text = burn_alert_file({"quantile": quantile, "alerting": {"period_days": period_days, "alerts": [asked]}})
    file = json.loads(text)
    (alert,) = file["alerts"]
    spent = alert["late_share"] * window_h / ((1 - quantile) * 24 * period_days)
    assert spent == pytest.approx(per_cent / 100)
    assert alert["burn_rate"] * (1 - quantile) == pytest.approx(alert["late_share"])
    assert 12 * alert["short_window_min"] == pytest.approx(60 * window_h)
    assert (file["objective"], file["period_days"]) == (quantile, period_days)


@pytest.mark.parametrize(("share", "window_h", "printed"), [(0.02, 1, 14.4), (0.05, 6, 6.0), (0.1, 72, 1.0)])
def test_the_workbooks_table(share, window_h, printed):
    asked = {"severity": "page", "budget_share": share, "window_h": window_h}
    text = burn_alert_file({"quantile": 0.999, "alerting": {"period_days": 30, "alerts": [asked]}})
    assert json.loads(text)["alerts"][0]["burn_rate"] == pytest.approx(printed)
