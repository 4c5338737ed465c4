"""What students really write in module 7's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

EACH, RATIOS, DIFFERS, NO_BASELINE = "for one accelerator", "ratios", "what differs", "no baseline"
KEYS = ("division", "model", "round", "scenario", "suite", "unit")


def compared(entries, baseline, *, refuse=True, nodes=True, keys=KEYS, held=True, each=True, stem=False):
    found = [entry for entry in entries if entry["entry"] == baseline]
    if not found and refuse:
        raise ValueError("no baseline")
    own = found[0] if found else (entries or [None])[0]

    def sizes(entry):
        return entry["result"] / ((entry["nodes"] if nodes else 1) * entry["accelerators"] if each else 1)

    def same(entry, key):
        if stem and key == "model":
            return entry[key].split("-")[0] == own[key].split("-")[0]
        return entry[key] == own[key]

    differs = [", ".join(key for key in keys if not same(entry, key)) for entry in entries]
    ratios = [
        sizes(entry) / sizes(own) if not held or not text else np.nan
        for entry, text in zip(entries, differs, strict=True)
    ]
    return {
        "entry": [entry["entry"] for entry in entries],
        "per_accelerator": np.array([sizes(entry) for entry in entries]),
        "ratio": np.array(ratios),
        "differs": differs,
    }


@mistake(
    "m07_comparison_table",
    misconception="a node is all there is",
    loses=[EACH, RATIOS],
    hint="You divided by the accelerators of one node. An entry may have several nodes.",
)
def a_node_is_all(entries, baseline):
    return compared(entries, baseline, nodes=False)


@mistake(
    "m07_comparison_table",
    misconception="systems are compared as they are",
    loses=[EACH, RATIOS],
    hint="You compare whole systems. An entry with more accelerators is larger, and not better.",
)
def systems_as_they_are(entries, baseline):
    return compared(entries, baseline, each=False)


@mistake(
    "m07_comparison_table",
    misconception="everything has a ratio",
    loses=[RATIOS],
    mostly=0.8,
    hint="You hold everything against the baseline, although you know that it differs.",
)
def everything_has_a_ratio(entries, baseline):
    return compared(entries, baseline, held=False)


@mistake(
    "m07_comparison_table",
    misconception="accuracy does not matter",
    loses=[RATIOS, DIFFERS],
    mostly=0.1,
    hint="99 and 99.9 % of the reference's accuracy are the same model in yours. They are two benchmarks.",
)
def accuracy_does_not_matter(entries, baseline):
    return compared(entries, baseline, stem=True)


@mistake(
    "m07_comparison_table",
    misconception="rounds are alike",
    loses=[RATIOS, DIFFERS],
    mostly=0.1,
    hint="You compare across rounds. Rules and software moved on between them.",
)
def rounds_are_alike(entries, baseline):
    return compared(entries, baseline, keys=tuple(key for key in KEYS if key != "round"))


@mistake(
    "m07_comparison_table",
    misconception="in the order of the columns",
    loses=[DIFFERS],
    hint="What differs stands in the order of the table's columns. It is asked for in that of the alphabet.",
)
def in_the_order_of_the_columns(entries, baseline):
    return compared(entries, baseline, keys=("round", "division", "suite", "model", "scenario", "unit"))


@mistake(
    "m07_comparison_table",
    misconception="some baseline will do",
    loses=[NO_BASELINE],
    hint="If the baseline is missing, yours takes another one, and says nothing.",
)
def some_baseline_will_do(entries, baseline):
    return compared(entries, baseline, refuse=False)


# --- the bill of a token ----------------------------------------------------------------------------------------------

CAPITAL, ENERGY, SUM, TABLES, NO_MACHINE = (
    "its part of the machine",
    "its part of the electricity",
    "the sum",
    "tables",
    "no such machine",
)


def bill(machine_usd, years, idle_w, busy_w, pue, usd_per_kwh, tokens_per_s, utilisation, *, refuse=True, idles=True,
         always_busy=False, uses_pue=True, draws=True, adds=True, thousands=1.0):  # fmt: skip
    u, rate, life = (np.asarray(one, dtype=float) for one in (utilisation, tokens_per_s, years))
    if refuse and (
        np.any(u <= 0) or np.any(u > 1) or np.any(rate <= 0) or np.any(life <= 0) or np.any(np.less(pue, 1))
    ):
        raise ValueError("no machine")
    tokens_per_h = 3600 * rate * (1 if always_busy else u)
    watts = (pue if uses_pue else 1) * (
        (u * busy_w + (1 - u) * idle_w * idles) if draws else np.asarray(busy_w) + 0 * u
    )
    capital = machine_usd / (8760 * life) / tokens_per_h * 1e6 * thousands
    energy = watts / 1000 * usd_per_kwh / tokens_per_h * 1e6 * thousands
    return {
        "capital_usd": capital,
        "energy_usd": energy,
        "million_usd": capital + energy if adds else capital,
        "token_j": watts * 3600 / tokens_per_h,
    }


@mistake(
    "m07_token_bill",
    misconception="a machine is always busy",
    loses=[CAPITAL, ENERGY, SUM, TABLES],
    hint="Your tokens are those of a machine that is always busy. It delivers only while somebody asks.",
)
def always_busy(*args):
    return bill(*args, always_busy=True)


@mistake(
    "m07_token_bill",
    misconception="idle machines draw nothing",
    loses=[ENERGY, SUM, TABLES],
    mostly=0.5,
    hint="Your machine draws nothing while nobody asks. Idle power is paid for as well.",
)
def idle_draws_nothing(*args):
    return bill(*args, idles=False)


@mistake(
    "m07_token_bill",
    misconception="busy power all the time",
    loses=[ENERGY, SUM, TABLES],
    hint="Your machine draws its busy power all the time.",
)
def busy_power_all_the_time(*args):
    return bill(*args, draws=False)


@mistake(
    "m07_token_bill",
    misconception="the machine's own meter",
    loses=[ENERGY, SUM, TABLES],
    hint="You read the machine's meter. The facility's is the one that you pay for.",
)
def the_machines_own_meter(*args):
    return bill(*args, uses_pue=False)


@mistake(
    "m07_token_bill",
    misconception="electricity is for nothing",
    loses=[SUM, TABLES],
    hint="Your sum has the machine only.",
)
def electricity_is_for_nothing(*args):
    return bill(*args, adds=False)


@mistake(
    "m07_token_bill",
    misconception="a thousand tokens",
    loses=[CAPITAL, ENERGY, SUM, TABLES],
    hint="Yours is the price of a thousand tokens. Asked for is a million.",
)
def a_thousand_tokens(*args):
    return bill(*args, thousands=1e-3)


@mistake(
    "m07_token_bill",
    misconception="percent are shares",
    loses=[NO_MACHINE],
    hint="A utilisation of 40, a PUE below one or no years at all are not refused.",
)
def percent_are_shares(machine_usd, years, idle_w, busy_w, pue, usd_per_kwh, tokens_per_s, utilisation):
    share = np.clip(np.asarray(utilisation, dtype=float), 1e-3, 1)
    rate, life = np.maximum(tokens_per_s, 1.0), np.maximum(years, 0.1)
    return bill(machine_usd, life, idle_w, busy_w, np.maximum(pue, 1), usd_per_kwh, rate, share)
