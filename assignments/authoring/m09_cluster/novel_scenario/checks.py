"""What must hold of the answers of module 9's novel scenario."""

from __future__ import annotations

import functools
import json
import math

from graders.checks import Decision, Equal, Exercise, ModelAnswer, in_json, value
from reference_solutions.m09_cluster import shared_cluster

# --- the plan ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return shared_cluster.cluster_plan(json.loads(text))


def cluster_plan(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def some(*names):
    return lambda answer: [list(answer[name]) for name in names]


PLAN = Exercise(
    "m09_cluster_plan",
    reference=shared_cluster.cluster_plan,
    personal=True,
    checks=[
        Equal("a step", weight=1.25, cases=[value()], part=some("step_s"), message="What a step of each plan takes."),
        Equal(
            "failures",
            weight=1,
            cases=[value()],
            part=some("mtbf_h", "interval_s", "goodput"),
            message="How often each plan is stopped, how often it saves, and what is left.",
        ),
        Equal(
            "time and money",
            weight=1,
            cases=[value()],
            part=some("days", "usd"),
            message="When each plan ends, and what it costs.",
        ),
        Equal(
            "room for the service",
            weight=0.75,
            cases=[value()],
            part=some("service_nodes"),
            message="How many nodes the service could use, with no more than half of its replicas in a leaf.",
        ),
        Equal(
            "the plan",
            weight=1,
            cases=[value()],
            part=lambda answer: str(answer["plan"]),
            message="The cheapest plan that ends in time and leaves the service its room.",
        ),
    ],
)

# --- the queue --------------------------------------------------------------------------------------------------------


def of_each_team(name):
    return lambda text: {team: one[name] for team, one in in_json("teams")(text).items()}


QUEUE = Exercise(
    "m09_queue_order_file",
    reference=shared_cluster.queue_order_file,
    personal=True,
    checks=[
        Equal(
            "usage that is remembered",
            weight=0.5,
            cases=[value()],
            rtol=1e-4,
            part=of_each_team("usage_share"),
            message="The teams' shares of all usage, older usage counting less.",
        ),
        Equal(
            "fair share",
            weight=0.5,
            cases=[value()],
            rtol=1e-4,
            part=of_each_team("fair_share"),
            message="The factors that follow from promised and used shares.",
        ),
        Equal(
            "priorities",
            weight=0.5,
            cases=[value()],
            rtol=1e-4,
            part=lambda text: {one["job"]: one["priority"] for one in in_json("queue")(text)},
            message="The weighted sum of the three factors, for each job.",
        ),
        Equal(
            "the order",
            weight=0.5,
            cases=[value()],
            part=lambda text: [one["job"] for one in in_json("queue")(text)],
            message="Who is next, and who after that.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def possible(scenario):
    """Dollars and places of the plans that end in time and leave room, the cheapest first."""
    plan = cluster_plan(scenario)
    rows = zip(plan["usd"], range(len(plan["usd"])), plan["days"], plan["service_nodes"], strict=True)
    limit, needed = scenario["training"]["deadline_days"], scenario["service"]["replicas"]
    return sorted((usd, place) for usd, place, days, nodes in rows if nodes >= needed and days <= limit)


def lead(scenario):
    """By how many dollars the right plan leads over the next possible one."""
    found = possible(scenario)
    return float(found[1][0] - found[0][0]) if len(found) > 1 else 1_000.0


def nearest_to_the_deadline(scenario):
    """How far the nearest plan is from the deadline, as a share of it: rounding must not decide."""
    limit = scenario["training"]["deadline_days"]
    return min(abs(days / limit - 1) for days in cluster_plan(scenario)["days"])


def nodes_of(scenario):
    letter = cluster_plan(scenario)["plan"]
    return next(one["nodes"] for one in scenario["plans"] if one["plan"] == letter)


LETTER = Decision("the letter", right=lambda s: cluster_plan(s)["plan"], margin=lead, at_least=2.0, most=0.25)
SHAPE = Decision(
    "how large, in how many leaves",
    right=lambda s: (
        f"{sum(nodes_of(s)) - sum(min((one['nodes'] for one in s['plans']), key=sum))} more, "
        f"{sum(count > 0 for count in nodes_of(s))} leaves"
    ),
    margin=nearest_to_the_deadline,
    at_least=1e-7,
    most=0.6,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan, training, network = cluster_plan(scenario), scenario["training"], scenario["network"]
    best, found = "ABCDEF".index(plan["plan"]), possible(scenario)
    nodes = nodes_of(scenario)
    count, used = sum(nodes), sum(one > 0 for one in nodes)
    same = [place for place, one in enumerate(scenario["plans"]) if sum(one["nodes"]) == count and place != best]
    other = same[0] if same else found[1][1] if len(found) > 1 else 0 if best else 1
    why = []
    if plan["days"][other] > training["deadline_days"]:
        why.append("it ends too late")
    if plan["service_nodes"][other] < scenario["service"]["replicas"]:
        why.append("the service finds no room beside it")
    if not why:
        why.append("it is possible, and dearer")
    mtbf_h = 1 / (2 * count / network["node_mtbf_h"] + used / network["leaf_mtbf_h"])
    interval_s = math.sqrt(2 * training["checkpoint_s"] * mtbf_h * 3600)
    goodput = 1 - training["checkpoint_s"] / interval_s - (interval_s / 2 + training["restart_s"]) / mtbf_h / 3600
    days = plan["days"][best] * plan["goodput"][best] / goodput
    return {
        "letter": plan["plan"],
        "nodes": " + ".join(str(one) for one in nodes if one),
        "days": f"{plan['days'][best]:.1f}",
        "deadline": training["deadline_days"],
        "usd": f"{plan['usd'][best]:,.0f}",
        "mtbf": f"{plan['mtbf_h'][best]:.0f}",
        "interval": f"{plan['interval_s'][best] / 60:.0f}",
        "goodput": f"{plan['goodput'][best]:.1%}",
        "other": scenario["plans"][other]["plan"],
        "other_nodes": " + ".join(str(one) for one in scenario["plans"][other]["nodes"] if one),
        "other_usd": f"{plan['usd'][other]:,.0f}",
        "other_step": f"{plan['step_s'][other]:.2f}",
        "own_step": f"{plan['step_s'][best]:.2f}",
        "why": " and ".join(why),
        "restart_min": training["restart_s"] // 60,
        "half": -(-scenario["service"]["replicas"] // 2),
        "replicas": scenario["service"]["replicas"],
        "worse_goodput": f"{goodput:.1%}",
        "worse_days": f"{days:.1f}",
        "kept": "still kept" if days <= training["deadline_days"] else "missed",
    }


DEFENCE = ModelAnswer("m09_cluster_defence", facts=defence_facts)
