"""What must hold of the answers of module 1's novel scenario, and of all scenarios together."""

from __future__ import annotations

import functools
import json

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, column, in_json, value
from reference_solutions.m01_microarchitecture import deployment
from reference_solutions.m01_microarchitecture.occupancy import block_occupancy

# --- what policies cost -----------------------------------------------------------------------------------------------


def placement_costs(scenario):
    return deployment.placement_costs(scenario["accesses"], scenario["touched_by"], scenario["server"])


COSTS = Exercise(
    "m01_placement_costs",
    reference=placement_costs,
    personal=True,
    checks=[
        Equal(
            "latencies",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=column("latency_s", by="policy"),
            message="The mean latency of an access, with each policy.",
        ),
        Equal(
            "bandwidths",
            weight=2.25,
            cases=[value()],
            rtol=1e-4,
            part=column("bytes_per_s", by="policy"),
            message="What memories and links allow all nodes together, with each policy.",
        ),
        Equal(
            "times",
            weight=2.25,
            cases=[value()],
            rtol=1e-4,
            part=column("run_s", by="policy"),
            message="When the run is over, with each policy.",
        ),
    ],
)

# --- the plan ---------------------------------------------------------------------------------------------------------


def deployment_plan(scenario):
    return deployment.deployment_plan(placement_costs(scenario), scenario["launches"], scenario["gpu"])


def placed(text):
    """The policy with the time that speaks for it: by itself it is right by chance for one in three."""
    found = in_json("placement")(text)
    return [found["policy"], float(found["run_s"])]


def launched(text):
    """The letter, with the blocks that it keeps resident."""
    found = in_json("launch")(text)
    return [found["launch"], found["blocks"]]


PLAN = Exercise(
    "m01_deployment_plan",
    reference=deployment_plan,
    personal=True,
    checks=[
        Equal(
            "the placement",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=placed,
            message="The policy whose run is over first, and when.",
        ),
        Equal(
            "the launch",
            weight=2,
            cases=[value()],
            part=launched,
            message="The launch that keeps the memory busiest, and how many of its blocks are resident.",
        ),
        Equal(
            "what limits it",
            weight=1,
            cases=[value()],
            part=lambda text: [in_json("launch", "launch")(text), sorted(in_json("launch", "limited_by")(text))],
            message="All resources that leave no room for one block more of this launch.",
        ),
        Equal(
            "how busy the memory is",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=lambda text: float(in_json("launch", "busy_share")(text)),
            message="The share of the memory's peak that this launch reaches.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def reached(scenario):
    """Letter -> its occupancy on the scenario's GPU, and the share of the peak."""
    gpu, found = scenario["gpu"], {}
    for one in scenario["launches"]:
        held = block_occupancy(one["threads"], one["registers"], one["shared_bytes"], {**gpu, **NO_LIMIT})
        bytes_under_way = gpu["multiprocessors"] * held["blocks"] * one["threads"] * one["loads"] * one["access_bytes"]
        share = bytes_under_way / gpu["latency_s"] / gpu["bandwidth_bytes_per_s"]
        found[one["launch"]] = {"share": share, "occupancy": held["occupancy"], "loads": one["loads"]}
    return found


NO_LIMIT = {"max_shared_bytes_per_block": 2**30}


def lead(numbers):
    first, second = sorted(numbers, reverse=True)[:2]
    return first / second


@functools.lru_cache(maxsize=256)
def planned(text):
    return json.loads(text)


def plan_of(scenario):
    return planned(deployment_plan(scenario))


PLACEMENTS = Decision(
    "which placement",
    right=lambda scenario: plan_of(scenario)["placement"]["policy"],
    margin=lambda scenario: lead([1 / time_s for time_s in placement_costs(scenario)["run_s"]]),
    at_least=1.1,
    most=0.4,
)
LAUNCHES = Decision(
    "which launch",
    right=lambda scenario: plan_of(scenario)["launch"]["launch"],
    margin=lambda scenario: lead([one["share"] for one in reached(scenario).values()]),
    at_least=1.14,
    most=0.3,
)
LIMITS = Decision(
    "what limits it",
    right=lambda scenario: ", ".join(plan_of(scenario)["launch"]["limited_by"]),
    margin=lambda scenario: 1 - plan_of(scenario)["launch"]["busy_share"],
    at_least=0.05,
    most=0.5,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def narrow_place(scenario, policy):
    """What a run waits for, in words: its slowest node, or the busiest memory or link."""
    costs = placement_costs(scenario)
    row = costs["policy"].index(policy)
    moved_s = scenario["server"]["line_bytes"] * np.sum(scenario["accesses"]) / costs["bytes_per_s"][row]
    if costs["run_s"][row] > moved_s * (1 + 1e-9):
        return "waiting: latencies of the slowest node, with all its lines under way"
    return "moving: a memory or a link that is busy all the time"


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    costs, plan, shares = placement_costs(scenario), plan_of(scenario), reached(scenario)
    order = np.argsort(costs["run_s"])
    launch = plan["launch"]
    fullest = max(shares, key=lambda letter: shares[letter]["occupancy"])
    loaded = max(shares, key=lambda letter: shares[letter]["loads"])
    return {
        "policy": costs["policy"][order[0]],
        "run": f"{costs['run_s'][order[0]]:.3g} s",
        "latency": f"{costs['latency_s'][order[0]] * 1e9:.0f} ns",
        "limit": narrow_place(scenario, costs["policy"][order[0]]),
        "second": costs["policy"][order[1]],
        "second_run": f"{costs['run_s'][order[1]]:.3g} s",
        "second_limit": narrow_place(scenario, costs["policy"][order[1]]),
        "launch": launch["launch"],
        "blocks": launch["blocks"],
        "limited_by": " and ".join(launch["limited_by"]),
        "share": f"{launch['busy_share']:.0%}",
        "occupancy": f"{shares[launch['launch']]['occupancy']:.0%}",
        "fullest": fullest,
        "fullest_occupancy": f"{shares[fullest]['occupancy']:.0%}",
        "fullest_share": f"{shares[fullest]['share']:.0%}",
        "loaded": loaded,
        "loaded_loads": shares[loaded]["loads"],
        "loaded_share": f"{shares[loaded]['share']:.0%}",
    }


DEFENCE = ModelAnswer("m01_deployment_defence", facts=defence_facts)
