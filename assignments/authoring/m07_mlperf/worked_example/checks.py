"""What must hold of the answers of module 7's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Raises, call, column, sampled
from reference_solutions.m07_mlperf.comparison import comparison_table
from reference_solutions.m07_mlperf.token_bill import token_bill

# --- what may be compared ---------------------------------------------------------------------------------------------

BASE = {
    "round": "v9.0",
    "division": "closed",
    "suite": "datacenter",
    "model": "model-99",
    "scenario": "Server",
    "unit": "Tokens/s",
}
OTHERS = {
    "round": ["v9.1", "v8.1"],
    "division": ["open"],
    "suite": ["edge"],
    "model": ["model-99.9", "other-99"],
    "scenario": ["Offline", "Interactive"],
    "unit": ["Queries/s"],
}


def made_entry(rng, name, **changed):
    size = {
        "result": float(rng.uniform(1e3, 1e5)),
        "nodes": int(rng.integers(1, 5)),
        "accelerators": int(rng.integers(2, 9)),
    }
    return {"entry": name, **BASE, **size, "power": int(rng.integers(9)), **changed}


def alike(rng):
    names = rng.permutation(["red", "blue", "green", "white"]).tolist()
    return call([made_entry(rng, name) for name in names], "green")


def mixed(rng):
    """Some entries differ from the baseline in one thing, in several, or in none."""
    entries = []
    for name in rng.permutation(list("abcdefgh")).tolist():
        count = int(rng.integers(0, 4))
        keys = rng.permutation(list(OTHERS))[:count].tolist()
        entries.append(made_entry(rng, name, **{key: str(rng.choice(OTHERS[key])) for key in keys}))
    return call(entries, str(rng.choice(list("abcdefgh"))))


def one_thing(key):
    """An entry that is different in this, and else the same."""
    rng = np.random.default_rng(3)
    return call([made_entry(rng, "base"), made_entry(rng, "other", **{key: OTHERS[key][0]})], "base")


COMPARISON = Exercise(
    "m07_comparison_table",
    reference=comparison_table,
    checks=[
        Equal(
            "for one accelerator",
            weight=1,
            cases=sampled(alike, count=3),
            part=column("entry", "per_accelerator"),
            message="Entries with several nodes, each with its accelerators.",
        ),
        Equal(
            "ratios",
            weight=0.75,
            cases=[sampled(alike, count=2), sampled(mixed, count=3)],
            part=column("ratio"),
            message="What is held against the baseline, and what must not be.",
        ),
        Equal(
            "what differs",
            weight=1,
            cases=[*map(one_thing, OTHERS), sampled(mixed, count=3)],
            part=column("differs"),
            message="Entries that differ in one thing, in several, and in none.",
        ),
        Raises(
            ValueError,
            "no baseline",
            weight=0.25,
            cases=[
                call([made_entry(np.random.default_rng(1), "a")], "b"),
                call([], "a"),
            ],
            message="A baseline that is not among the entries.",
        ),
    ],
)

# --- the bill of a token ----------------------------------------------------------------------------------------------


def any_machine(rng):
    return call(
        float(rng.uniform(1e5, 5e5)),
        int(rng.integers(2, 7)),
        float(rng.uniform(500, 3000)),
        float(rng.uniform(4000, 12000)),
        float(rng.uniform(1.1, 1.8)),
        float(rng.uniform(0.05, 0.3)),
        float(rng.uniform(2e3, 5e4)),
        float(rng.uniform(0.1, 0.8)),
    )


def tables(rng):
    machine = any_machine(rng).args
    return call(*machine[:6], rng.uniform(1e3, 1e4, size=4), rng.uniform(0.1, 1, size=(3, 1)))


MACHINES = sampled(any_machine, count=4)

BILL = Exercise(
    "m07_token_bill",
    reference=token_bill,
    checks=[
        Equal(
            "its part of the machine",
            weight=1,
            cases=MACHINES,
            part=lambda bill: bill["capital_usd"],
            message="The machine's price, shared by the tokens of its life.",
        ),
        Equal(
            "its part of the electricity",
            weight=0.75,
            cases=MACHINES,
            part=lambda bill: [bill["energy_usd"], bill["token_j"]],
            message="Busy and idle power at the facility's meter, in dollars and in joules.",
        ),
        Equal(
            "the sum",
            weight=0.5,
            cases=[call(2.5 * 8760, 1, 0, 0, 1.0, 0.1, 2500, 1.0), sampled(any_machine, count=2)],
            part=lambda bill: bill["million_usd"],
            message="What a million tokens cost altogether.",
        ),
        Equal(
            "tables",
            weight=0.5,
            cases=sampled(tables, count=2),
            part=lambda bill: [bill["million_usd"], bill["token_j"]],
            message="Rates against utilisations.",
        ),
        Raises(
            ValueError,
            "no such machine",
            weight=0.25,
            cases=[
                call(1.0, 0, 1, 1, 1.2, 0.1, 10.0, 0.5),
                call(1.0, 1, 1, 1, 0.9, 0.1, 10.0, 0.5),
                call(1.0, 1, 1, 1, 1.2, 0.1, 0.0, 0.5),
                call(1.0, 1, 1, 1, 1.2, 0.1, 10.0, 0.0),
                call(1.0, 1, 1, 1, 1.2, 0.1, 10.0, 1.2),
                call(1.0, 1, 1, 1, 1.2, 0.1, 10.0, [0.5, 40]),
            ],
            message="Years, rates and shares that are none, and a PUE below one.",
        ),
    ],
)
