"""What students really write in module 2's novel scenario."""

from __future__ import annotations

import json

from graders.checks import mistake

# --- the metric file --------------------------------------------------------------------------------------------------

SOUND, MACHINE, DOCUMENTS = "no contradictions", "its machine", "its documents"
ENDS, LOST, LEFT = "ends with an event of their own", "bad speculation", "the end without an event"
THREADS, PARTS, LIMITS = "two threads", "memory and core", "thresholds"


def events_of(scenario):
    """Kind -> event."""
    return {event["kind"]: event for event in scenario["core"]["events"]}


def halved(events):
    """Kinds whose counts hold each occurrence twice while two threads run."""
    return [kind for kind, event in events.items() if event["counted_by"] == "both threads"]


def written(scenario, clocks="clocks", twice=None, recovery=None, width=None, memory="", retiring=""):
    """A file with no mistake in it; each mistake below changes one of its decisions."""
    core, events = scenario["core"], events_of(scenario)
    twice = halved(events) if twice is None else twice
    once = {kind: f"{kind} * (1 - smt_on / 2)" if kind in twice else kind for kind in events}
    in_slots = f"width * {once['recovery']}" if events["recovery"]["unit"] == "clock" else once["recovery"]
    cancelled = "cancelled_ops" if "cancelled_ops" in events else "dispatched_ops - retired_ops"
    lost = f"({cancelled} + {in_slots if recovery is None else recovery}) / slots"
    ends = {
        "retiring": retiring or ("retired_ops / slots" if "retired_ops" in events else ""),
        "bad_speculation": lost,
        "frontend_bound": "no_op / slots" if "no_op" in events else "",
        "backend_bound": "no_room / slots" if "no_room" in events else "",
    }
    counted = [node for node, formula in ends.items() if formula]
    formulas = {node: ends[node] for node in counted}
    formulas |= {node: f"1 - {' - '.join(counted)}" for node in ends if node not in counted}
    formulas["memory_bound"] = memory or "backend_bound * load_stalls / stalls"
    formulas["core_bound"] = "backend_bound - memory_bound"
    metrics = [{"name": "slots", "unit": "slots", "formula": f"width * {once[clocks]}"}]
    for node, formula in formulas.items():
        child = node in ("memory_bound", "core_bound")
        place = {"level": 2, "parent": "backend_bound"} if child else {"level": 1}
        threshold = f"{node} > {core['thresholds'][node]}"
        metrics.append({"name": node, "unit": "share of slots", "formula": formula, "threshold": threshold, **place})
    text = " ".join(metric["formula"] for metric in metrics)
    names = set(text.replace("(", " ").replace(")", " ").split())
    return {
        "format": 1,
        "cpu": {"name": core["name"], "identifiers": [core["identifier"]], "width": width or core["width"]},
        "documents": [core["document"]],
        "event_file": core["event_file"],
        "settings": {"smt_on": "SMT_ON"},
        "events": {kind: event["name"] for kind, event in events.items() if kind in names},
        "metrics": metrics,
    }


@mistake(
    "m02_core_metric_file",
    misconception="the practical's width",
    loses=[MACHINE, ENDS, LOST, LEFT, THREADS],
    hint="Your shares are those of a core that is four wide. How many operations can this one dispatch in a clock?",
)
def the_practicals_width(scenario):
    return json.dumps(written(scenario, width=4))


@mistake(
    "m02_core_metric_file",
    misconception="the unit of recovery",
    loses=[LOST, LEFT, THREADS],
    hint="Look at the unit of the recovery event: a clock of it is as many slots as the core is wide.",
)
def the_unit_of_recovery(scenario):
    events = events_of(scenario)
    once = "recovery * (1 - smt_on / 2)" if "recovery" in halved(events) else "recovery"
    other = once if events["recovery"]["unit"] == "clock" else f"width * {once}"
    return json.dumps(written(scenario, recovery=other))


@mistake(
    "m02_core_metric_file",
    misconception="recovery costs nothing",
    loses=[LOST, LEFT, THREADS],
    hint="A wrong path costs more than the operations that are cancelled: until the core is itself again, slots go by.",
)
def recovery_costs_nothing(scenario):
    return json.dumps(written(scenario, recovery="0"))


@mistake(
    "m02_core_metric_file",
    misconception="the thread's clocks",
    loses=[THREADS],
    hint="Two threads that run side by side share the core's clocks. The sum of their own counts many twice.",
)
def the_threads_clocks(scenario):
    return json.dumps(written(scenario, clocks="thread_clocks"))


@mistake(
    "m02_core_metric_file",
    misconception="marks the other way round",
    loses=[THREADS],
    hint="With two threads, not every event of the core is in the sum twice. Who counts it? Read its mark.",
)
def marks_the_other_way_round(scenario):
    twice = halved(events_of(scenario))
    return json.dumps(written(scenario, twice=[kind for kind in ("clocks", "recovery") if kind not in twice]))


@mistake(
    "m02_core_metric_file",
    misconception="halved as in the practical",
    loses=[THREADS],
    mostly=0.7,
    hint="You halve what the core counts, as on the practical's CPU. Here not every such event is in the sum twice.",
)
def halved_as_in_the_practical(scenario):
    return json.dumps(written(scenario, twice=["clocks", "recovery"]))


@mistake(
    "m02_core_metric_file",
    misconception="instructions for operations",
    loses=[ENDS, LEFT, THREADS],
    mostly=0.5,
    hint="What you count are instructions. A slot is taken by an operation, and an instruction may make several.",
)
def instructions_for_operations(scenario):
    return json.dumps(written(scenario, retiring="instructions / slots"))


@mistake(
    "m02_core_metric_file",
    misconception="memory's share of the clocks",
    loses=[PARTS],
    hint="Your memory node is a share of clocks. It is a part of the back end's slots: how are these shared out?",
)
def memorys_share_of_the_clocks(scenario):
    return json.dumps(written(scenario, memory="load_stalls * width / slots"))


@mistake(
    "m02_core_metric_file",
    misconception="thresholds in percent",
    loses=[LIMITS],
    hint="No share is ever above fifteen: your thresholds are percentages, your shares are parts of 1.",
)
def thresholds_in_percent(scenario):
    document = written(scenario)
    for metric in document["metrics"][1:]:
        metric["threshold"] = f"{metric['name']} > {100 * scenario['core']['thresholds'][metric['name']]}"
    return json.dumps(document)


@mistake(
    "m02_core_metric_file",
    misconception="one stepping only",
    loses=[MACHINE],
    hint="Your file holds for one stepping, and refuses the next batch of the same core. Leave out what comes last.",
)
def one_stepping_only(scenario):
    document = written(scenario)
    document["cpu"]["identifiers"] = [scenario["measured"]["cpu"]]
    return json.dumps(document)


@mistake(
    "m02_core_metric_file",
    misconception="the version before",
    loses=[DOCUMENTS],
    hint="Your file takes counts by an old version of the events, in which one of them counted something else.",
)
def the_version_before(scenario):
    document = written(scenario)
    document["event_file"] = {**document["event_file"], "version": "1.03"}
    return json.dumps(document)


@mistake(
    "m02_core_metric_file",
    misconception="every event of the page",
    loses=[SOUND],
    hint="Your file lists events that no formula uses: somebody will spend counters on them.",
)
def every_event_of_the_page(scenario):
    document = written(scenario)
    document["events"] = {kind: event["name"] for kind, event in events_of(scenario).items()}
    return json.dumps(document)


# --- the diagnosis ----------------------------------------------------------------------------------------------------

VERDICTS, SHARES, TIMES = "verdicts", "shares of the slots", "shares of the time"
LEVEL_1 = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")


def measured(scenario, clocks="clocks", swapped=False):
    """Slots and shares of the slots, a dict for each service."""
    counts, events, core = scenario["counts"], events_of(scenario), scenario["core"]
    twice = halved(events)
    if swapped:
        twice = [kind for kind in ("clocks", "recovery") if kind not in twice]
    rows = []
    for row, smt in enumerate(counts["SMT_ON"]):
        count = {
            kind: counts[event["name"]][row] / (2 if smt and kind in twice else 1) for kind, event in events.items()
        }
        slots = core["width"] * count[clocks]
        recovery = count["recovery"] * (core["width"] if events["recovery"]["unit"] == "clock" else 1)
        cancelled = count.get("cancelled_ops", count.get("dispatched_ops", 0) - count.get("retired_ops", 0))
        known = {"bad_speculation": (cancelled + recovery) / slots}
        for kind, node in (("retired_ops", "retiring"), ("no_op", "frontend_bound"), ("no_room", "backend_bound")):
            if kind in count:
                known[node] = count[kind] / slots
        node = next(node for node in LEVEL_1 if node not in known)
        known[node] = 1 - sum(known.values())
        known["memory_bound"] = known["backend_bound"] * count["load_stalls"] / count["stalls"]
        known["core_bound"] = known["backend_bound"] - known["memory_bound"]
        rows.append({"slots": slots, **known})
    return rows


def verdict_of(row, thresholds, flagged_only=True, go_down=True):
    """The node at which the way down ends."""
    flagged = [node for node in LEVEL_1 if not flagged_only or row[node] > thresholds[node]] or list(LEVEL_1)
    node = max(flagged, key=lambda one: row[one])
    if node == "backend_bound" and go_down:
        node = max(("memory_bound", "core_bound"), key=lambda one: row[one])
    return node


def table_of(scenario, rows, verdicts, shares=None, times=None):
    total = sum(row["slots"] for row in rows)
    return {
        "service": scenario["counts"]["service"],
        "verdict": verdicts,
        "share": shares or [row[verdict] for row, verdict in zip(rows, verdicts, strict=True)],
        "time_share": times or [row["slots"] / total for row in rows],
    }


def right_verdicts(scenario, rows):
    return [verdict_of(row, scenario["core"]["thresholds"]) for row in rows]


@mistake(
    "m02_core_diagnosis",
    misconception="the largest share",
    loses=[VERDICTS, SHARES],
    hint="You took the largest node. A core that retires half of its slots is well. Which nodes are too large?",
)
def the_largest_share(scenario):
    rows = measured(scenario)
    thresholds = scenario["core"]["thresholds"]
    return table_of(scenario, rows, [verdict_of(row, thresholds, flagged_only=False) for row in rows])


@mistake(
    "m02_core_diagnosis",
    misconception="the back end is a verdict",
    loses=[VERDICTS, SHARES],
    hint="You stopped at the back end. Whether it waits for memory or for its own units calls for different remedies.",
)
def the_back_end_is_a_verdict(scenario):
    rows = measured(scenario)
    thresholds = scenario["core"]["thresholds"]
    return table_of(scenario, rows, [verdict_of(row, thresholds, go_down=False) for row in rows])


@mistake(
    "m02_core_diagnosis",
    misconception="shares of the parent",
    loses=[SHARES],
    hint="Below the back end you give a share of the back end. All shares here are of the slots.",
)
def shares_of_the_parent(scenario):
    rows = measured(scenario)
    verdicts = right_verdicts(scenario, rows)
    shares = [
        row[verdict] / (row["backend_bound"] if verdict in ("memory_bound", "core_bound") else 1)
        for row, verdict in zip(rows, verdicts, strict=True)
    ]
    return table_of(scenario, rows, verdicts, shares=shares)


@mistake(
    "m02_core_diagnosis",
    misconception="percent",
    loses=[SHARES, TIMES],
    hint="A hundred times too much: shares are parts of 1.",
)
def percent(scenario):
    rows = measured(scenario)
    table = table_of(scenario, rows, right_verdicts(scenario, rows))
    return table | {column: [100 * share for share in table[column]] for column in ("share", "time_share")}


@mistake(
    "m02_core_diagnosis",
    misconception="turns of equal length",
    loses=[TIMES],
    hint="They take turns, but not for equally long. What did the core itself count while each was running?",
)
def turns_of_equal_length(scenario):
    rows = measured(scenario)
    return table_of(scenario, rows, right_verdicts(scenario, rows), times=[1 / 3] * 3)


@mistake(
    "m02_core_diagnosis",
    misconception="time of the threads",
    loses=[TIMES],
    hint="You added up the time of threads. Two that run side by side have the core for one and the same time.",
)
def time_of_the_threads(scenario):
    rows = measured(scenario)
    clocks = scenario["counts"][events_of(scenario)["thread_clocks"]["name"]]
    return table_of(scenario, rows, right_verdicts(scenario, rows), times=[one / sum(clocks) for one in clocks])


@mistake(
    "m02_core_diagnosis",
    misconception="marks the other way round",
    loses=[VERDICTS, SHARES, TIMES],
    mostly=0.3,
    hint="Services with two threads are off by a factor of two. Who counts the core's clocks? See the mark.",
)
def marks_the_other_way(scenario):
    rows = measured(scenario, swapped=True)
    return table_of(scenario, rows, right_verdicts(scenario, rows))


# --- the decision -----------------------------------------------------------------------------------------------------

PAYOFFS, FIRST, CEILING = "payoffs", "the first change", "its ceiling"


def areas_of(scenario, rows, whole=True):
    """Label -> share of the time (of all services, or of its own) that a change is about."""
    services = scenario["counts"]["service"]
    total = sum(row["slots"] for row in rows)
    areas = {}
    for change in scenario["changes"]:
        row = rows[services.index(change["service"])]
        areas[change["change"]] = row[change["node"]] * (row["slots"] / total if whole else 1)
    return areas


def factors_of(scenario):
    return {change["change"]: change["times_fewer"] for change in scenario["changes"]}


def amdahl(area, factor):
    return 1 / (1 - area + area / factor)


def decided(scenario, areas, first=None, speedup=amdahl):
    factors = factors_of(scenario)
    speedups = {label: speedup(areas[label], factors[label]) for label in areas}
    first = first or max(speedups, key=lambda label: speedups[label])
    return {"speedups": speedups, "first": first, "ceiling": speedup(areas[first], float("inf"))}


@mistake(
    "m02_core_decision",
    misconception="its own service only",
    loses=[PAYOFFS, FIRST, CEILING],
    hint="That is what a change brings to its own service. The other two take their time as before.",
)
def its_own_service_only(scenario):
    return decided(scenario, areas_of(scenario, measured(scenario), whole=False))


@mistake(
    "m02_core_decision",
    misconception="one plus what is saved",
    loses=[PAYOFFS, FIRST, CEILING],
    hint="You added the saved share to one. A speed-up divides the time before by the time that is left.",
)
def one_plus_what_is_saved(scenario):
    areas = areas_of(scenario, measured(scenario))
    return decided(scenario, areas, speedup=lambda area, factor: 1 + area * (1 - 1 / factor))


@mistake(
    "m02_core_decision",
    misconception="all of it goes",
    loses=[PAYOFFS, FIRST, CEILING],
    mostly=0.4,
    hint="You took the whole area away. Made s times fewer, its s-th part stays.",
)
def all_of_it_goes(scenario):
    areas = areas_of(scenario, measured(scenario))
    return decided(scenario, areas, speedup=lambda area, factor: 1 / (1 - area))


@mistake(
    "m02_core_decision",
    misconception="the largest factor",
    loses=[FIRST, CEILING],
    hint="You chose the largest factor. Times fewer of what? Ten times less of almost nothing is almost nothing.",
)
def the_largest_factor(scenario):
    factors = factors_of(scenario)
    first = max(factors, key=lambda label: factors[label])
    return decided(scenario, areas_of(scenario, measured(scenario)), first=first)


@mistake(
    "m02_core_decision",
    misconception="the largest area",
    loses=[FIRST, CEILING],
    mostly=0.4,
    hint="You chose where most is lost. What counts is how much of it the change takes away.",
)
def the_largest_area(scenario):
    areas = areas_of(scenario, measured(scenario))
    return decided(scenario, areas, first=max(areas, key=lambda label: areas[label]))


@mistake(
    "m02_core_decision",
    misconception="the service goes",
    loses=[CEILING],
    hint="Your ceiling would make a whole service vanish. The change can only take away its node.",
)
def the_service_goes(scenario):
    rows = measured(scenario)
    answer = decided(scenario, areas_of(scenario, rows))
    service = next(one["service"] for one in scenario["changes"] if one["change"] == answer["first"])
    row = rows[scenario["counts"]["service"].index(service)]
    return answer | {"ceiling": 1 / (1 - row["slots"] / sum(one["slots"] for one in rows))}


@mistake(
    "m02_core_decision",
    misconception="time of the threads",
    loses=[PAYOFFS, FIRST, CEILING],
    hint="You weighted the services with the time of their threads. Two side by side have the core only once.",
)
def weighted_by_threads(scenario):
    rows = measured(scenario)
    clocks = scenario["counts"][events_of(scenario)["thread_clocks"]["name"]]
    return decided(scenario, areas_of(scenario, [{**row, "slots": one} for row, one in zip(rows, clocks, strict=True)]))
