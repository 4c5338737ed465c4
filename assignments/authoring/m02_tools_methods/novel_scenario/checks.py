"""What must hold of the answers of module 2's novel scenario."""

from __future__ import annotations

import functools
import json

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, column, value
from reference_solutions.m02_tools_methods import turns_on_a_core
from reference_solutions.m02_tools_methods.expression import names_in_expression
from reference_solutions.m02_tools_methods.metric_evaluation import (
    evaluate_metrics,
    flagged_metrics,
    require_measured_for,
)
from reference_solutions.m02_tools_methods.metric_file import read_metric_file
from reference_solutions.m02_tools_methods.metric_hygiene import metric_file_problems
from reference_solutions.m02_tools_methods.slot_accounts import core_metric_file

LEVEL_1 = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")
CHILDREN = ("memory_bound", "core_bound")
LONGEST = 16_000
"""Characters of a metric file that are read: a right one has three thousand."""

# --- a metric file, read on this side ---------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def tidied(text):
    """The file without events that no formula uses: these cost their own check, and no other."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError("no text, or a very long one")
    document = json.loads(text)
    used = {name for metric in document["metrics"] for name in names_in_expression(metric["formula"])}
    document["events"] = {alias: event for alias, event in document["events"].items() if alias in used}
    return read_metric_file(json.dumps(document))


def problems(text):
    """What is wrong with the file as it is."""
    tidied(text)
    return metric_file_problems(json.loads(text))


def fits(file, cpu, version):
    """Whether counts of this CPU, by this version of the events, are taken."""
    try:
        require_measured_for(file, cpu, version)
    except ValueError:
        return False
    return True


def machine(text, scenario):
    """Width, and which CPUs the file takes counts of: this one, in any stepping, and no other."""
    file, core = tidied(text), scenario["core"]
    cpus = [f"{core['identifier']}-{stepping}" for stepping in range(5)] + [f"{core['identifier']}7-1", "Other-1-2-3"]
    return {"width": file.width, "takes": [fits(file, cpu, file.event_file_version) for cpu in cpus]}


def documents(text, scenario):
    """The manual, and which versions of the event file are taken."""
    cpu, named = scenario["measured"]["cpu"], json.loads(text)["documents"]
    versions = [f"1.0{number}" for number in range(1, 10)]
    manual = [[document["id"], document["version"]] for document in named]
    return {"manual": manual, "takes": [fits(tidied(text), cpu, version) for version in versions]}


# --- other workloads on the core --------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def hidden_counts(text, smt):
    """Counts of five made-up workloads, written backwards from what becomes of their slots; the core as JSON."""
    core = json.loads(text)
    rng = np.random.default_rng([len(core["name"]), core["width"], smt, *core["identifier"].encode()])
    clocks = rng.integers(10**8, 10**9, size=5).astype(float)
    slots = core["width"] * clocks
    kept, cancelled, restoring, starved, blocked = (rng.dirichlet([5, 2, 2, 3, 4], size=5) * slots[:, np.newaxis]).T
    stalls = clocks * rng.uniform(0.2, 0.6, size=5)
    unit = {"clock": core["width"], "slot": 1}[next(e["unit"] for e in core["events"] if e["kind"] == "recovery")]
    happened = {
        "clocks": clocks,
        "thread_clocks": clocks * (rng.uniform(1.2, 1.9, size=5) if smt else 1),
        "instructions": kept * rng.uniform(0.7, 0.9, size=5),
        "dispatched_ops": kept + cancelled,
        "retired_ops": kept,
        "cancelled_ops": cancelled,
        "recovery": restoring / unit,
        "no_op": starved,
        "no_room": blocked,
        "stalls": stalls,
        "load_stalls": stalls * rng.uniform(0.1, 0.9, size=5),
    }
    twice = {event["kind"] for event in core["events"] if smt and event["counted_by"] == "both threads"}
    counts = {event["name"]: happened[event["kind"]] * (1 + (event["kind"] in twice)) for event in core["events"]}
    return counts | {"SMT_ON": np.full(5, smt)}


def metrics_of(text, scenario, names, smt=0):
    return evaluate_metrics(tidied(text), hidden_counts(json.dumps(scenario["core"]), smt), names)


def end_without_event(core):
    """The end of a slot that no event counts."""
    ends = {"retired_ops": "retiring", "no_op": "frontend_bound", "no_room": "backend_bound"}
    return next(node for kind, node in ends.items() if kind not in {event["kind"] for event in core["events"]})


def ends_with_one_event(text, scenario):
    others = set(LEVEL_1) - {"bad_speculation", end_without_event(scenario["core"])}
    return metrics_of(text, scenario, ["slots", *sorted(others)])


def bad_speculation(text, scenario):
    return metrics_of(text, scenario, ["bad_speculation"])


def what_is_left(text, scenario):
    return metrics_of(text, scenario, [end_without_event(scenario["core"])])


def two_threads(text, scenario):
    return metrics_of(text, scenario, ["slots", *LEVEL_1], smt=1)


def parts_of_the_back_end(text, scenario):
    """Against the file's own back end, so that an error in it costs nothing here."""
    found = metrics_of(text, scenario, ["backend_bound", *CHILDREN])
    return {child: found[child] / found["backend_bound"] for child in CHILDREN}


def flags_around_thresholds(text, scenario):
    """Flags of each node alone, a little below and above its threshold; children under a flagged parent."""
    file, limits = tidied(text), scenario["core"]["thresholds"]
    flags = {}
    for node, limit in limits.items():
        values = {other: np.full(2, 1.0 if other == "backend_bound" else 0.0) for other in limits}
        values[node] = np.array([limit - 0.0004, limit + 0.0004])
        flags[node] = flagged_metrics(file, values)[node]
    return flags


METRIC_FILE = Exercise(
    "m02_core_metric_file",
    reference=core_metric_file,
    personal=True,
    checks=[
        Equal(
            "no contradictions",
            weight=0.5,
            cases=[value()],
            part=problems,
            message="The file is complete, its names are known, and whatever is listed is used.",
        ),
        Equal(
            "its machine",
            weight=0.5,
            cases=[value()],
            part=machine,
            message="It gives the width, takes counts of your core in any stepping, and of no other core.",
        ),
        Equal(
            "its documents",
            weight=0.5,
            cases=[value()],
            part=documents,
            message="It names the manual, and takes counts by the version that the manual describes.",
        ),
        Equal(
            "ends with an event of their own",
            weight=0.75,
            cases=[value()],
            part=ends_with_one_event,
            message="Slots, and the ends that a single event counts; one thread on the core.",
        ),
        Equal(
            "bad speculation",
            weight=1,
            cases=[value()],
            part=bad_speculation,
            message="What was cancelled, and what recovery cost; one thread on the core.",
        ),
        Equal(
            "the end without an event",
            weight=0.75,
            cases=[value()],
            part=what_is_left,
            message="What the other three ends leave; one thread on the core.",
        ),
        Equal(
            "two threads",
            weight=1,
            cases=[value()],
            part=two_threads,
            message="Slots and all four ends, while two threads share the core.",
        ),
        Equal(
            "memory and core",
            weight=0.5,
            cases=[value()],
            part=parts_of_the_back_end,
            message="How the back end's slots are shared out between memory and the core's own units.",
        ),
        Equal(
            "thresholds",
            weight=0.5,
            cases=[value()],
            part=flags_around_thresholds,
            message="Each node is flagged above the manual's threshold, and not below.",
        ),
    ],
)

# --- the diagnosis ----------------------------------------------------------------------------------------------------


def read_right(scenario):
    """Services, metrics and flags, by the right metric file."""
    return evaluated(json.dumps(scenario))


@functools.lru_cache(maxsize=1024)
def evaluated(text):
    """What the right metric file makes of the counts of a scenario, which is written as JSON."""
    scenario = json.loads(text)
    file, table = read_metric_file(core_metric_file(scenario)), scenario["counts"]
    metrics = evaluate_metrics(file, table)
    return table["service"], metrics, flagged_metrics(file, metrics)


def core_diagnosis(scenario):
    return turns_on_a_core.core_diagnosis(*read_right(scenario))


DIAGNOSIS = Exercise(
    "m02_core_diagnosis",
    reference=core_diagnosis,
    personal=True,
    checks=[
        Equal(
            "verdicts",
            weight=2,
            cases=[value()],
            part=column("verdict", by="service"),
            message="Where the manual's way of reading ends, for each of the services.",
        ),
        Equal(
            "shares of the slots",
            weight=1,
            cases=[value()],
            rtol=1e-3,
            part=column("share", by="service"),
            message="How large the nodes of the verdicts are.",
        ),
        Equal(
            "shares of the time",
            weight=1,
            cases=[value()],
            rtol=1e-3,
            part=column("time_share", by="service"),
            message="How long each service has the core.",
        ),
    ],
)

# --- the decision -----------------------------------------------------------------------------------------------------


def core_decision(scenario):
    services, metrics, _ = read_right(scenario)
    return turns_on_a_core.core_decision(scenario["changes"], services, metrics)


DECISION = Exercise(
    "m02_core_decision",
    reference=core_decision,
    personal=True,
    checks=[
        Equal(
            "payoffs",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: dict(answer["speedups"]),
            message="What each change alone brings to all three services together.",
        ),
        Equal(
            "the first change",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            # A letter alone is right by chance for one in four: it counts with the number that speaks for it.
            part=lambda answer: [answer["first"], answer["speedups"][answer["first"]]],
            message="The change that brings the most, and what it brings.",
        ),
        Equal(
            "its ceiling",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["ceiling"],
            message="What the first change could bring at most.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def gains(scenario):
    """Share of the time that each change saves, the largest first."""
    return sorted((1 - 1 / speedup for speedup in core_decision(scenario)["speedups"].values()), reverse=True)


def distance_from_thresholds(scenario):
    """The least distance of a share of level 1 from its threshold, over all services."""
    _, metrics, _ = read_right(scenario)
    return min(float(np.min(np.abs(metrics[node] - scenario["core"]["thresholds"][node]))) for node in LEVEL_1)


def lead_of_the_verdict(scenario):
    """By how much each verdict's node, or its parent, leads over the next flagged node of its level; the least."""
    _, metrics, flags = read_right(scenario)
    leads = []
    for row, verdict in enumerate(core_diagnosis(scenario)["verdict"]):
        for nodes in (LEVEL_1, CHILDREN) if verdict in CHILDREN else (LEVEL_1,):
            flagged = sorted((float(metrics[node][row]) for node in nodes if flags[node][row]), reverse=True)
            leads += [flagged[0] - flagged[1]] if len(flagged) > 1 else []
    return min(leads, default=1.0)


FIRST = Decision(
    "which change first",
    right=lambda scenario: core_decision(scenario)["first"],
    margin=lambda scenario: gains(scenario)[0] / gains(scenario)[1],
    at_least=1.24,
    most=0.3,
)
WORTH_IT = Decision(
    "what the first change is about",
    right=lambda scenario: next(
        change["node"] for change in scenario["changes"] if change["change"] == core_decision(scenario)["first"]
    ),
    margin=lambda scenario: gains(scenario)[0],
    at_least=0.0299,
    most=0.3,
)
VERDICTS = Decision(
    "what holds the services back",
    right=lambda scenario: ", ".join(core_diagnosis(scenario)["verdict"]),
    margin=distance_from_thresholds,
    at_least=0.0199,
    most=0.1,
)
WAYS = Decision(
    "the first service's verdict",
    right=lambda scenario: core_diagnosis(scenario)["verdict"][0],
    margin=lead_of_the_verdict,
    at_least=0.0499,
    most=0.3,
)
MAPPINGS = Decision(
    "how the counts are read",
    right=lambda scenario: f"{end_without_event(scenario['core'])}, {recovery_unit(scenario)}, {halved(scenario)}",
    margin=lambda scenario: 1.0,
    at_least=1.0,
    most=0.2,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def recovery_unit(scenario):
    return next(event["unit"] for event in scenario["core"]["events"] if event["kind"] == "recovery")


def halved(scenario):
    """Which counts are halved while two threads run, in words."""
    marked = [event for event in scenario["core"]["events"] if event["counted_by"] != "own thread"]
    twice = [f"`{event['name']}`" for event in marked if event["counted_by"] == "both threads"]
    once = [f"`{event['name']}`" for event in marked if event["counted_by"] == "first thread"]
    if not twice:
        return f"nothing is halved: {' and '.join(once)} are counted by the first thread only"
    rest = f", and {once[0]} is not" if once else ""
    return f"{' and '.join(twice)} {'are' if len(twice) > 1 else 'is'} halved{rest}"


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    services, metrics, _ = read_right(scenario)
    decision = core_decision(scenario)
    offers = {change["change"]: change for change in scenario["changes"]}
    time_share = dict(zip(services, metrics["slots"] / np.sum(metrics["slots"]), strict=True))
    share = {
        label: float(metrics[change["node"]][services.index(change["service"])]) for label, change in offers.items()
    }
    area = {label: float(time_share[change["service"]]) * share[label] for label, change in offers.items()}
    first, second = sorted(decision["speedups"], key=lambda label: -decision["speedups"][label])[:2]
    largest = max(offers, key=lambda label: offers[label]["times_fewer"])
    change = offers[first]
    saved = share[first] * (1 - 1 / change["times_fewer"])  # of the service's slots
    return {
        "first": first,
        "service": change["service"],
        "node": change["node"],
        "times_fewer": f"{change['times_fewer']:g}",
        "time_share": f"{time_share[change['service']]:.1%}",
        "share": f"{share[first]:.1%}",
        "area": f"{area[first]:.1%}",
        "speedup": f"{decision['speedups'][first]:.3f}",
        "ceiling": f"{decision['ceiling']:.3f}",
        "width": scenario["core"]["width"],
        "rest": f"`{end_without_event(scenario['core'])}`",
        "recovery": f"`{next(e['name'] for e in scenario['core']['events'] if e['kind'] == 'recovery')}`",
        "recovery_unit": recovery_unit(scenario),
        "halved": halved(scenario),
        "second": second,
        "second_speedup": f"{decision['speedups'][second]:.3f}",
        "largest": largest,
        "largest_factor": f"{offers[largest]['times_fewer']:g}",
        "largest_area": f"{area[largest]:.1%}",
        "share_after": f"{(share[first] - saved) / (1 - saved):.1%}",
        "clocks_saved": f"{saved:.1%}",
    }


DEFENCE = ModelAnswer("m02_core_defence", facts=defence_facts)
