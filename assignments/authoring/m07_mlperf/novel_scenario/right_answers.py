"""Right answers of module 7's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools

import pandas as pd

from graders.checks import answer


@answer("m07_procurement", by="tables, machines tried one by one, and a year's books")
def procurement_by_tables(scenario):
    hours = 8760
    tier_per_s, machines, million_usd = {}, {}, {}
    for name, offer in scenario["offers"].items():
        sweep = pd.DataFrame(offer["sweep"]).sort_values("requests_per_s")
        tier_per_s[name], machines[name], usd, tokens = {}, 0, 0.0, 0.0
        for label, tier in scenario["tiers"].items():
            missed = (sweep["ttft_p99_s"] > tier["ttft_s"]) | (sweep["tpot_p99_s"] > tier["tpot_s"])
            rate = float(sweep["requests_per_s"][~missed.cummax()].max())
            carried = rate * (1 - scenario["headroom"])
            fits = next(n for n in itertools.count(1) if n * carried >= tier["requests_per_s"] - 1e-9)
            count = fits + scenario["spares"]
            busy_hours = hours * tier["requests_per_s"] / rate  # of all machines together
            kwh = (busy_hours * offer["busy_w"] + (count * hours - busy_hours) * offer["idle_w"]) / 1000
            usd += count * offer["machine_usd"] / scenario["years"] + kwh * scenario["pue"] * scenario["usd_per_kwh"]
            tokens += tier["requests_per_s"] * tier["tokens"] * hours * 3600
            tier_per_s[name][label] = rate
            machines[name] += count
        million_usd[name] = usd / tokens * 1e6
    ranked = sorted(million_usd, key=million_usd.get)
    slides = pd.Series(
        {name: offer["machine_usd"] / offer["offline_per_s"] for name, offer in scenario["offers"].items()}
    )
    return {
        "tier_per_s": tier_per_s,
        "machines": machines,
        "million_usd": million_usd,
        "choice": next(n for n in ranked if scenario["offers"][n]["accuracy"] >= scenario["accuracy_floor"]),
        "slide_choice": slides.idxmin(),
    }
