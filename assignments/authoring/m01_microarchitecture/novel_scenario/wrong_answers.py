"""What students really write in module 1's novel scenario."""

from __future__ import annotations

import json

import numpy as np

from graders.checks import mistake

# --- what policies cost -----------------------------------------------------------------------------------------------

LATENCIES, BANDWIDTHS, TIMES = "latencies", "bandwidths", "times"


def traffics(scenario, homes=None):
    """Accesses from each node (row) to each node (column), policy by policy."""
    by_page = np.asarray(scenario["accesses"], dtype=float)
    pages, nodes = by_page.shape
    homes = homes or {
        "first_touch": np.asarray(scenario["touched_by"]),
        "interleave": np.arange(pages) % nodes,
        "bind": np.full(pages, scenario["server"]["bind_node"]),
    }
    return {policy: by_page.T @ np.eye(nodes)[home] for policy, home in homes.items()}


def between(matrix):
    """What lies off the diagonal."""
    return np.asarray(matrix)[~np.eye(len(matrix), dtype=bool)]


def costed(scenario, traffic=None, mean=None, allowed=None, run=None):
    """The table without a mistake, but for what is given as a function."""
    server = scenario["server"]
    latency, line = np.asarray(server["latency_s"]), server["line_bytes"]
    memory, link = np.asarray(server["memory_bytes_per_s"]), between(server["link_bytes_per_s"])
    rows = []
    for policy, moved in (traffic or traffics(scenario)).items():
        memory_s, link_s = line * moved.sum(axis=0) / memory, line * between(moved) / link
        waiting_s = (moved * latency).sum(axis=1)
        whole = line * moved.sum()
        bytes_per_s = allowed(whole, memory_s, link_s) if allowed else whole / max(memory_s.max(), link_s.max())
        longest = waiting_s.max() / server["outstanding"]
        run_s = run(waiting_s, whole / bytes_per_s) if run else max(longest, whole / bytes_per_s)
        rows.append((policy, mean(moved) if mean else waiting_s.sum() / moved.sum(), bytes_per_s, run_s))
    names = ("policy", "latency_s", "bytes_per_s", "run_s")
    return {
        name: [one if name == "policy" else float(one) for one in column]
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


@mistake(
    "m01_placement_costs",
    misconception="from and to",
    loses=[BANDWIDTHS, TIMES],
    hint="You swapped who asks and where it lies. A memory serves what all nodes ask of it: a column, not a row.",
)
def swapped(scenario):
    return costed(scenario, traffic={policy: moved.T for policy, moved in traffics(scenario).items()})


@mistake(
    "m01_placement_costs",
    misconception="each pair of nodes counts alike",
    loses=[LATENCIES],
    hint="You took the mean over pairs of nodes. An access that happens more often counts more often.",
)
def unweighted(scenario):
    latency = np.asarray(scenario["server"]["latency_s"])
    return costed(scenario, mean=lambda moved: latency[moved > 0].mean())


@mistake(
    "m01_placement_costs",
    misconception="all memories always help",
    loses=[BANDWIDTHS],
    hint="You added up all memories. With uneven traffic the busiest place is full while others are half idle.",
)
def all_memories(scenario):
    table = costed(scenario)
    return table | {"bytes_per_s": [float(sum(scenario["server"]["memory_bytes_per_s"]))] * 3}


@mistake(
    "m01_placement_costs",
    misconception="links are wide enough",
    loses=[BANDWIDTHS],
    mostly=0.85,
    hint="You looked at the memories only. A link carries what one node asks of another: is it wider?",
)
def no_links(scenario):
    right = costed(scenario)
    table = costed(scenario, allowed=lambda whole, memory_s, link_s: whole / memory_s.max())
    return table | {"run_s": right["run_s"]}


@mistake(
    "m01_placement_costs",
    misconception="one access after the other",
    loses=[TIMES],
    hint="You let each access wait for the one before it. Many lines are under way at a time.",
)
def in_a_row(scenario):
    return costed(scenario, run=lambda waiting_s, moving_s: max(waiting_s.max(), moving_s))


@mistake(
    "m01_placement_costs",
    misconception="waiting and moving add up",
    loses=[TIMES],
    hint="You added the time of waiting and the time of moving. They overlap: the longer of the two decides.",
)
def added(scenario):
    outstanding = scenario["server"]["outstanding"]
    return costed(scenario, run=lambda waiting_s, moving_s: waiting_s.max() / outstanding + moving_s)


@mistake(
    "m01_placement_costs",
    misconception="nodes share their work",
    loses=[TIMES],
    mostly=0.75,
    hint="You spread the waiting over all nodes. Each node works off its own accesses; the slowest ends the run.",
)
def shared_waiting(scenario):
    outstanding = scenario["server"]["outstanding"]
    return costed(scenario, run=lambda waiting_s, moving_s: max(waiting_s.mean() / outstanding, moving_s))


# --- the plan ---------------------------------------------------------------------------------------------------------

PLACEMENT, LAUNCH, LIMITED, BUSY = "the placement", "the launch", "what limits it", "how busy the memory is"


def held(one, gpu, file_quarters=4, reserved=True):
    """Limits of a launch; arguments change one decision each."""
    warps = -(-one["threads"] // 32)
    each = -(-32 * one["registers"] // 256) * 256
    shared = one["shared_bytes"] + gpu["reserved_shared_bytes_per_block"] * reserved
    shared += -shared % gpu["shared_granularity_bytes"]
    return {
        "warps": gpu["max_warps"] // warps,
        "blocks": gpu["max_blocks"],
        "registers": file_quarters * (gpu["registers"] // file_quarters // each) // warps,
        "shared_memory": gpu["shared_bytes"] // shared if shared else 2**31,
    }


def launches_of(scenario, per_thread=lambda one: one["loads"] * one["access_bytes"], **other):
    """What each launch reaches."""
    gpu, rows = scenario["gpu"], []
    for one in scenario["launches"]:
        limits = held(one, gpu, **other)
        blocks = min(limits.values())
        under_way = gpu["multiprocessors"] * blocks * one["threads"] * per_thread(one)
        rows.append(
            {
                "launch": one["launch"],
                "blocks": blocks,
                "limited_by": [name for name in limits if limits[name] == blocks],
                "busy_share": min(1.0, under_way / gpu["latency_s"] / gpu["bandwidth_bytes_per_s"]),
                "warps": blocks * -(-one["threads"] // 32),
                "loads": one["loads"],
            }
        )
    return rows


def written(scenario, rows, by="busy_share", policy_by=("run_s", min)):
    """The file: the launch that is best by something, the policy likewise."""
    costs = costed(scenario)
    column, best = policy_by
    row = costs[column].index(best(costs[column]))
    launch = max(rows, key=lambda one: one[by])
    keys = ("launch", "blocks", "limited_by", "busy_share")
    return json.dumps(
        {
            "placement": {"policy": costs["policy"][row], "run_s": costs["run_s"][row]},
            "launch": {key: launch[key] for key in keys},
        }
    )


@mistake(
    "m01_deployment_plan",
    misconception="the highest occupancy wins",
    loses=[LAUNCH, LIMITED, BUSY],
    hint="You took the launch with the most resident warps. What counts is what they have under way together.",
)
def highest_occupancy(scenario):
    return written(scenario, launches_of(scenario), by="warps")


@mistake(
    "m01_deployment_plan",
    misconception="the most loads win",
    loses=[LAUNCH, LIMITED, BUSY],
    hint="You took the launch whose threads have the most loads under way. How many of these threads are resident?",
)
def most_loads(scenario):
    return written(scenario, launches_of(scenario), by="loads")


@mistake(
    "m01_deployment_plan",
    misconception="the nearest memory wins",
    loses=[PLACEMENT],
    mostly=0.2,
    hint="You took the policy of least latency. On your server another one is done sooner: look at what is crowded.",
)
def least_latency(scenario):
    return written(scenario, launches_of(scenario), policy_by=("latency_s", min))


@mistake(
    "m01_deployment_plan",
    misconception="always interleave",
    loses=[PLACEMENT],
    mostly=0.55,
    hint="You interleaved. Where extents have users of their own, most accesses are then far for no gain.",
)
def always_interleave(scenario):
    plan = json.loads(written(scenario, launches_of(scenario)))
    return json.dumps(plan | {"placement": {"policy": "interleave", "run_s": costed(scenario)["run_s"][1]}})


@mistake(
    "m01_deployment_plan",
    misconception="one large register file",
    loses=[LAUNCH, LIMITED, BUSY],
    mostly=0.3,
    hint="Your blocks take registers from anywhere in the file. It is cut into four quarters.",
)
def whole_file(scenario):
    return written(scenario, launches_of(scenario, file_quarters=1))


@mistake(
    "m01_deployment_plan",
    misconception="the system takes nothing",
    loses=[LAUNCH, LIMITED, BUSY],
    mostly=0.3,
    hint="Your blocks take only the shared memory that they ask for. Look at what is reserved for each of them.",
)
def nothing_reserved(scenario):
    return written(scenario, launches_of(scenario, reserved=False))


@mistake(
    "m01_deployment_plan",
    misconception="one load at a time",
    loses=[BUSY],
    hint="Your share counts one load for each thread. A thread that has several under way has several times the bytes.",
)
def one_load(scenario):
    rows = launches_of(scenario)
    single = {one["launch"]: one["busy_share"] for one in launches_of(scenario, lambda one: one["access_bytes"])}
    plan = json.loads(written(scenario, rows))
    plan["launch"]["busy_share"] = single[plan["launch"]["launch"]]
    return json.dumps(plan)


@mistake(
    "m01_deployment_plan",
    misconception="Python for JSON",
    loses=[PLACEMENT, LAUNCH, LIMITED, BUSY],
    hint="This is how Python prints a dict. JSON has double quotes: json.dumps writes it.",
)
def printed(scenario):
    return str(json.loads(written(scenario, launches_of(scenario))))
