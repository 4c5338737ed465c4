"""What students really write in module 5's novel scenario, each with the thought behind it."""

from __future__ import annotations

import json
import math

from graders.checks import mistake

# --- what one replica serves ------------------------------------------------------------------------------------------

SLOTS, BATCH, BOUND, RATE = "what memory holds", "the largest batch", "what binds", "requests a second"


def means(scenario):
    """Mean lengths of prompt and answer."""
    traffic = scenario["traffic"]
    return [traffic[f"{part}_median"] * math.exp(traffic[f"{part}_spread"] ** 2 / 2) for part in ("prompt", "answer")]


def token_of(model):
    """Bytes that a token keeps."""
    heads = model.get("kv_heads", 0)
    elements = 2 * heads * model["head_dim"] if heads else model["latent_dim"] + model["rope_dim"]
    return elements * model["layers"] * model["cache_element_bytes"]


def sheet(scenario, **changed):
    """The right table, or one with a thought of its own: `lengths`, `token`, `cached`, `overhead`, and so on."""
    model = scenario["model"]
    prompt, answer = changed.get("lengths") or means(scenario)
    token = changed.get("token") or token_of(model)
    cached = changed.get("cached", lambda prompt, answer: prompt + answer / 2)(prompt, answer)
    weights = model["weights"] * model["weight_element_bytes"]
    rows = []
    for machine in scenario["machines"]:
        devices = changed.get("devices", machine["devices"])
        speed, peak = devices * machine["bandwidth_bytes_per_s"], devices * machine["flops_per_s"]
        overhead = changed.get("overhead", machine["overhead_s"])
        slots = max(math.floor((devices * machine["usable_bytes"] - weights) / token / (prompt + answer)), 0)
        left = scenario["promise"]["tpot_limit_s"] - overhead
        limited = min((left * speed - weights) / token / cached, left * peak / 2 / model["weights"])
        batch = changed.get("batch", min)(slots, max(math.floor(limited), 0))
        step = overhead + max((weights + batch * cached * token) / speed, 2 * model["weights"] * batch / peak)
        prefill = changed.get("prefill", 1) * 2 * model["weights"] * prompt / peak
        decode = answer * step / (1 if changed.get("alone") else max(batch, 1))
        rate = 1 / (prefill + decode) if batch else 0.0
        rows.append([machine["machine"], slots, batch, "memory" if batch == slots else "tpot", rate])
    columns = ("machine", "slots", "batch", "bound_by", "requests_per_s")
    return {name: [row[place] for row in rows] for place, name in enumerate(columns)}


@mistake(
    "m05_replica_profile",
    misconception="the median is the mean",
    loses=[SLOTS, BATCH, BOUND, RATE],
    hint="You planned with medians. A few long requests hold much of the memory: the mean is larger.",
)
def medians(scenario):
    traffic = scenario["traffic"]
    return sheet(scenario, lengths=[traffic["prompt_median"], traffic["answer_median"]])


@mistake(
    "m05_replica_profile",
    misconception="one device is a replica",
    loses=[SLOTS, BATCH, BOUND, RATE],
    hint="You counted one device. A replica has all devices of its machine: they share weights, caches and work.",
)
def one_device(scenario):
    return sheet(scenario, devices=1)


@mistake(
    "m05_replica_profile",
    misconception="keys without values, latents with",
    loses=[SLOTS, BATCH, BOUND, RATE],
    hint="With heads, a token keeps a key *and* a value; with latent attention one vector. Yours is the other way.",
)
def other_kind_of_attention(scenario):
    token = token_of(scenario["model"])
    return sheet(scenario, token=token / 2 if "kv_heads" in scenario["model"] else 2 * token)


@mistake(
    "m05_replica_profile",
    misconception="memory is the only limit",
    loses=[BATCH, BOUND, RATE],
    hint="Your batch is as large as memory allows. Does its step keep the limit on TPOT?",
)
def memory_alone(scenario):
    return sheet(scenario, batch=lambda slots, limited: slots)


@mistake(
    "m05_replica_profile",
    misconception="every request is at its end",
    loses=[BATCH, BOUND, RATE],
    hint="Your step reads full-grown caches. Memory must hold them; a step reads, on average, half-written answers.",
    mostly=0.8,
)
def read_at_full_length(scenario):
    return sheet(scenario, cached=lambda prompt, answer: prompt + answer)


@mistake(
    "m05_replica_profile",
    misconception="overhead is somebody else's",
    loses=[BATCH, BOUND, RATE],
    hint="You gave the whole limit to reading and computing. The overhead is a part of each step, too.",
    mostly=0.8,
)
def overhead_forgotten(scenario):
    return sheet(scenario, overhead=0.0)


@mistake(
    "m05_replica_profile",
    misconception="prompts are read for nothing",
    loses=[RATE],
    hint="Your rate counts the answers only. While a prompt is read, the machine does nothing else.",
)
def prefill_forgotten(scenario):
    return sheet(scenario, prefill=0)


@mistake(
    "m05_replica_profile",
    misconception="a batch is as slow as its requests",
    loses=[RATE],
    hint="You took the time of one request for the time that a replica spends on it. A batch shares every step.",
)
def batch_not_shared(scenario):
    return sheet(scenario, alone=True)


# --- the plan ---------------------------------------------------------------------------------------------------------

REPLICAS, BILLS, CHOICE = "replicas", "bills", "the choice"


def plan(scenario, replicas=None, bill=None, choice=None):
    """The right plan, or one with a thought of its own."""
    promise = scenario["promise"]
    load, headroom, spares = scenario["traffic"]["requests_per_s"], promise["headroom"], promise["spares"]
    replicas = replicas or (lambda rate: math.ceil(load / rate / (1 - headroom)) + spares)
    bill = bill or (lambda number, price: number * price)
    table = sheet(scenario)
    offers = {}
    for name, rate, machine in zip(table["machine"], table["requests_per_s"], scenario["machines"], strict=True):
        if rate:
            number = replicas(rate)
            offers[name] = {"replicas": number, "usd_per_hour": bill(number, machine["usd_per_hour"])}
    choice = choice or (lambda name: offers[name]["usd_per_hour"])
    return json.dumps({"offers": offers, "choice": min(offers, key=choice)})


@mistake(
    "m05_capacity_plan",
    misconception="headroom is added to the load",
    loses=[REPLICAS, BILLS, CHOICE],
    hint="You added the headroom to the load. Keeping 30 % free means that 70 % must carry it: one over 0.7, not 1.3.",
    mostly=0.25,
)
def headroom_added(scenario):
    load, headroom = scenario["traffic"]["requests_per_s"], scenario["promise"]["headroom"]
    spares = scenario["promise"]["spares"]
    return plan(scenario, replicas=lambda rate: math.ceil(load / rate * (1 + headroom)) + spares)


@mistake(
    "m05_capacity_plan",
    misconception="no headroom",
    loses=[REPLICAS, BILLS, CHOICE],
    hint="Your replicas are full to the last slot. The headroom is what carries the bursts that a mean does not show.",
    mostly=0.7,
)
def headroom_forgotten(scenario):
    load, spares = scenario["traffic"]["requests_per_s"], scenario["promise"]["spares"]
    return plan(scenario, replicas=lambda rate: math.ceil(load / rate) + spares)


@mistake(
    "m05_capacity_plan",
    misconception="spares are not ordered",
    loses=[REPLICAS, BILLS, CHOICE],
    hint="When a replica fails, yours cannot carry the load. Spares run, and are paid for, from the first day.",
)
def spares_forgotten(scenario):
    load, headroom = scenario["traffic"]["requests_per_s"], scenario["promise"]["headroom"]
    return plan(scenario, replicas=lambda rate: math.ceil(load / rate / (1 - headroom)))


@mistake(
    "m05_capacity_plan",
    misconception="nearly enough is enough",
    loses=[REPLICAS, BILLS, CHOICE],
    hint="You rounded. Four fifths of a replica cannot be rented, and three replicas do not carry 3.4.",
    mostly=0.3,
)
def rounded_down(scenario):
    load, headroom = scenario["traffic"]["requests_per_s"], scenario["promise"]["headroom"]
    spares = scenario["promise"]["spares"]
    return plan(scenario, replicas=lambda rate: math.floor(load / rate / (1 - headroom)) + spares)


@mistake(
    "m05_capacity_plan",
    misconception="the price of one",
    loses=[BILLS, CHOICE],
    hint="These are prices of one machine. The bill is that of all replicas, the spares included.",
)
def price_of_one(scenario):
    return plan(scenario, bill=lambda number, price: price)


@mistake(
    "m05_capacity_plan",
    misconception="fewest machines",
    loses=[CHOICE],
    hint="You chose the plan with the fewest replicas. What was asked for is the cheapest.",
    mostly=0.35,
)
def fewest_machines(scenario):
    offers = json.loads(plan(scenario))["offers"]
    return plan(scenario, choice=lambda name: offers[name]["replicas"])


@mistake(
    "m05_capacity_plan",
    misconception="the cheapest machine is the cheapest plan",
    loses=[CHOICE],
    hint="You chose the machine with the lowest price. How many of them does the promise take?",
    mostly=0.35,
)
def cheapest_machine(scenario):
    prices = {machine["machine"]: machine["usd_per_hour"] for machine in scenario["machines"]}
    return plan(scenario, choice=lambda name: prices[name])
