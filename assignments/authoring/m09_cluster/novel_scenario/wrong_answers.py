"""What students really write in module 9's novel scenario."""

from __future__ import annotations

import json
import math

import numpy as np

from graders.checks import mistake

# --- the plan ---------------------------------------------------------------------------------------------------------

STEP, FAILURES, MONEY, ROOM, PLAN = "a step", "failures", "time and money", "room for the service", "the plan"


def planned(scenario, **other):
    """The right plan, but for what is given."""
    training, network, rows = scenario["training"], scenario["network"], []
    for one in scenario["plans"]:
        n, used = sum(one["nodes"]), sum(count > 0 for count in one["nodes"])
        between = network["leaf_gb_per_s"] / (1 if used == 1 or other.get("flat") else network["oversubscription"])
        buffer, piece = training["buffer_gb"], training["buffer_gb"] / (1 if other.get("whole") else 8)
        summed_s = 2 * 7 / 8 * buffer / network["inner_gb_per_s"] + 2 * (n - 1) / n * piece / between
        step_s = training["node_days"] * 86_400 / training["steps"] / n + (0 if other.get("free") else summed_s)
        rate = n / network["node_mtbf_h"]
        rate += 0 if other.get("no_leaves") else (3 if other.get("all_leaves") else used) / network["leaf_mtbf_h"]
        mtbf_h = 1 / rate
        interval_s = math.sqrt(2 * training["checkpoint_s"] * mtbf_h * 3600)
        lost = (interval_s * (1 if other.get("all_lost") else 0.5) + training["restart_s"]) / mtbf_h / 3600
        goodput = 1 - training["checkpoint_s"] / interval_s - lost
        days = training["steps"] * step_s / (1 if other.get("no_goodput") else goodput) / 86_400
        usd = math.ceil(days * 24 * (1 if other.get("one_node") else n) * training["usd_per_node_hour"])
        left = [free - count for free, count in zip(scenario["leaves"]["free_nodes"], one["nodes"], strict=True)]
        most = -(-scenario["service"]["replicas"] // 2)
        if other.get("rounded_down"):
            most = scenario["service"]["replicas"] // 2
        room = sum(left if other.get("anywhere") else [min(free, most) for free in left])
        rows.append([step_s, mtbf_h, interval_s, goodput, days, usd, room])
    names = ["step_s", "mtbf_h", "interval_s", "goodput", "days", "usd", "service_nodes"]
    answer = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    limit = training["deadline_days"]
    possible = [
        place
        for place, row in enumerate(rows)
        if (row[4] <= limit or other.get("no_deadline"))
        and (row[6] >= scenario["service"]["replicas"] or other.get("no_room"))
    ]
    possible = possible or list(range(len(rows)))
    key = (lambda place: rows[place][4]) if other.get("fastest") else (lambda place: rows[place][5])
    return answer | {"plan": scenario["plans"][min(possible, key=key)]["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="leaves are free",
    loses=[STEP, MONEY],
    hint="Your plans in several leaves send as fast as those in one. Between leaves the bandwidth is oversubscribed.",
)
def leaves_are_free(scenario):
    return planned(scenario, flat=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="the whole buffer between nodes",
    loses=[STEP, MONEY, PLAN],
    mostly=0.3,
    hint="After the first phase each device holds an eighth of the buffer's sum. Only that goes between nodes.",
)
def the_whole_buffer(scenario):
    return planned(scenario, whole=True)


@mistake(
    "m09_cluster_plan",
    misconception="nothing to send",
    loses=[STEP, MONEY],
    hint="Your steps only compute. After each of them the devices sum their buffers, and nothing overlaps here.",
)
def nothing_to_send(scenario):
    return planned(scenario, free=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="switches never fail",
    loses=[FAILURES, MONEY],
    hint="You count failures of nodes only. A leaf that the plan uses stops it as well.",
)
def switches_never_fail(scenario):
    return planned(scenario, no_leaves=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="all leaves count",
    loses=[FAILURES, MONEY],
    hint="A leaf without a node of the plan may fail as it likes: count those that the plan uses.",
)
def all_leaves_count(scenario):
    return planned(scenario, all_leaves=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="a whole interval is lost",
    loses=[FAILURES, MONEY],
    hint="A failure costs half an interval on average, not a whole one.",
)
def a_whole_interval_is_lost(scenario):
    return planned(scenario, all_lost=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="days without failures",
    loses=[MONEY],
    hint="Your training ends as if nothing ever failed: its steps are only a part of the time.",
)
def days_without_failures(scenario):
    return planned(scenario, no_goodput=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="one node is paid",
    loses=[MONEY, PLAN],
    mostly=0.6,
    hint="You paid one node's hours. All nodes of the plan are paid.",
)
def one_node_is_paid(scenario):
    return planned(scenario, one_node=True)


@mistake(
    "m09_cluster_plan",
    misconception="room is room",
    loses=[ROOM],
    hint="Your service puts more than half of its replicas into one leaf. If that fails, so does the service.",
)
def room_is_room(scenario):
    return planned(scenario, anywhere=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="half is rounded down",
    loses=[ROOM],
    mostly=0.4,
    hint="Half of seven, rounded up, is four. With three in each leaf you refuse plans that have room.",
)
def half_is_rounded_down(scenario):
    return planned(scenario, rounded_down=True) | {"plan": planned(scenario)["plan"]}


@mistake(
    "m09_cluster_plan",
    misconception="the cheapest, whatever it takes",
    loses=[PLAN],
    mostly=0.35,
    hint="Yours is the cheapest of all plans. It ends too late, or leaves the service no room.",
)
def the_cheapest(scenario):
    return planned(scenario, no_deadline=True, no_room=True)


@mistake(
    "m09_cluster_plan",
    misconception="the fastest",
    loses=[PLAN],
    mostly=0.6,
    hint="Yours ends first. The cheapest that ends in time was asked for.",
)
def the_fastest(scenario):
    return planned(scenario, fastest=True)


# --- the queue --------------------------------------------------------------------------------------------------------

REMEMBERED, FAIR, PRIORITIES, ORDER = "usage that is remembered", "fair share", "priorities", "the order"


def ordered(scenario, **other):
    """The right file, but for what is given."""
    queue = scenario["queue"]
    half = queue["half_life_days"]
    forgotten = other.get("forgotten", lambda day: 2 ** (-day / half))
    used = {one["team"]: sum(h * forgotten(d + 1) for d, h in enumerate(one["gpu_hours"])) for one in queue["teams"]}
    total = sum(used.values())
    teams = {}
    for one in queue["teams"]:
        share = used[one["team"]] / total
        factor = other.get("factor", lambda u, s: 2 ** (-u / s))(share, one["share"])
        teams[one["team"]] = {"usage_share": share, "fair_share": factor}
    weights, rows = queue["weights"], []
    for job in queue["jobs"]:
        age = job["age_h"] / queue["oldest_h"]
        priority = weights["fair_share"] * teams[job["team"]]["fair_share"]
        priority += weights["age"] * (age if other.get("ageless") else min(1, age))
        priority += weights["size"] * job["gpus"] / (64 if other.get("largest") else queue["gpus"])
        rows.append({"job": job["job"], "priority": priority})
    rows.sort(key=lambda row: row["priority"] * (1 if other.get("lowest") else -1))
    return json.dumps({"teams": teams, "queue": rows})


@mistake(
    "m09_queue_order_file",
    misconception="nothing is forgotten",
    loses=[REMEMBERED, FAIR, PRIORITIES, ORDER],
    mostly=0.1,
    hint="You added up all days alike. What was used five days ago counts less than yesterday.",
)
def nothing_is_forgotten(scenario):
    return ordered(scenario, forgotten=lambda day: 1.0)


@mistake(
    "m09_queue_order_file",
    misconception="e for two",
    loses=[REMEMBERED, FAIR, PRIORITIES],
    hint="With e to the minus d over H usage is not halved after H days. A half-life goes with powers of two.",
)
def e_for_two(scenario):
    right = json.loads(ordered(scenario))
    half = scenario["queue"]["half_life_days"]
    wrong = json.loads(ordered(scenario, forgotten=lambda day: float(np.exp(-day / half))))
    return in_the_right_order(wrong, right)


def in_the_right_order(wrong, right):
    """The order of the right file, with the priorities of a wrong one."""
    priority = {row["job"]: row["priority"] for row in wrong["queue"]}
    wrong["queue"] = [{"job": row["job"], "priority": priority[row["job"]]} for row in right["queue"]]
    return json.dumps(wrong)


@mistake(
    "m09_queue_order_file",
    misconception="promised over used",
    loses=[FAIR, PRIORITIES, ORDER],
    mostly=0.5,
    hint="Your exponent is upside down: who has used more than was promised gets the larger factor.",
)
def promised_over_used(scenario):
    return ordered(scenario, factor=lambda u, s: 2 ** (-s / max(u, 1e-9)))


@mistake(
    "m09_queue_order_file",
    misconception="age without end",
    loses=[PRIORITIES, ORDER],
    mostly=0.3,
    hint="From the oldest age on, the factor is 1: yours grows on, and a forgotten job outweighs everything.",
)
def age_without_end(scenario):
    return ordered(scenario, ageless=True)


@mistake(
    "m09_queue_order_file",
    misconception="the largest job is all",
    loses=[PRIORITIES, ORDER],
    mostly=0.1,
    hint="You divided by the largest job. The size counts against the whole cluster.",
)
def the_largest_job_is_all(scenario):
    return ordered(scenario, largest=True)


@mistake(
    "m09_queue_order_file",
    misconception="the lowest first",
    loses=[ORDER],
    hint="Your queue begins with the lowest priority.",
)
def the_lowest_first(scenario):
    return ordered(scenario, lowest=True)
