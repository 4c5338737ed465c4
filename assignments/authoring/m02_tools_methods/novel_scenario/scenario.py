"""A wide core that you have never seen, and three services that take turns on it: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id, the number of the attempt and the name
of the thing. Only whole numbers are rolled, shares of the slots in thousandths, so that all machines get the same. What
is no clear case (`is_news` and `is_clear` say what one is) is thrown away, and the next attempt begins.

Vendor, core and counts are made up. Counts are written backwards, from shares of the slots, as in the practical.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, NamedTuple

VENDOR = "Aldebrook"
CORES = ("Cairn", "Corrie", "Lochan", "Machair", "Merse", "Skerry", "Strath", "Tarn")
SERVICES = ("chat", "code", "search", "speech", "summary", "vision")

NAMES = {
    "clocks": ("core_clk_active", "core_ticks"),
    "thread_clocks": ("thr_clk_active", "thr_ticks"),
    "instructions": ("ret_inst", "ret_instructions"),
    "dispatched_ops": ("disp_ops", "disp_all_ops"),
    "retired_ops": ("ret_ops", "ret_all_ops"),
    "cancelled_ops": ("disp_cancelled", "disp_wrong_path"),
    "recovery": ("disp_recovery", "disp_restore"),
    "no_op": ("disp_no_op", "disp_queue_empty"),
    "no_room": ("disp_no_room", "disp_sched_full"),
    "stalls": ("exe_idle", "exe_stall"),
    "load_stalls": ("exe_idle_load", "exe_stall_load"),
}
"""What an event counts -> what vendors might call it."""

UNITS = {"instructions": "instruction", "no_op": "slot", "no_room": "slot"}
UNITS |= dict.fromkeys(("dispatched_ops", "retired_ops", "cancelled_ops"), "operation")
"""What it counts -> in which unit; what is not here counts clocks, and a recovery either clocks or slots."""

COUNTED = {
    "backend_bound": ("dispatched_ops", "retired_ops", "recovery", "no_op"),
    "frontend_bound": ("dispatched_ops", "retired_ops", "recovery", "no_room"),
    "retiring": ("cancelled_ops", "recovery", "no_op", "no_room"),
}
"""End of a slot that a core has no event for -> the events that it has for the others."""

LEVEL_1 = ("frontend_bound", "bad_speculation", "backend_bound", "retiring")
CHILDREN = ("memory_bound", "core_bound")

THRESHOLDS = {
    "frontend_bound": (120, 180),
    "bad_speculation": (90, 140),
    "backend_bound": (200, 280),
    "retiring": (650, 720),
    "memory_bound": (170, 220),
    "core_bound": (120, 170),
}
"""Node -> from where to where its threshold may lie, in thousandths of the slots."""

PROFILES = {
    "frontend_bound": {"no_op": (280, 380), "lost": (40, 110), "no_room": (100, 200), "load": (300, 700)},
    "bad_speculation": {"no_op": (60, 160), "lost": (210, 300), "no_room": (80, 180), "load": (300, 700)},
    "memory_bound": {"no_op": (40, 130), "lost": (30, 100), "no_room": (430, 600), "load": (680, 820)},
    "core_bound": {"no_op": (40, 130), "lost": (30, 100), "no_room": (400, 520), "load": (180, 320)},
    "retiring": {"no_op": (40, 100), "lost": (30, 80), "no_room": (60, 120), "load": (300, 700)},
}
"""What holds a service back -> where its slots go, and which part of its stalls waits for a load, in thousandths."""

CHANGES = {
    "frontend_bound": ("lay out the hot code by profile", (20, 120)),
    "bad_speculation": ("sort requests, so that branches are foreseen", (30, 200)),
    "memory_bound": ("keep the table in fewer bytes", (10, 90)),
    "core_bound": ("multiply by reciprocals instead of dividing", (15, 100)),
    "retiring": ("use wider vectors in the outer loop", (5, 25)),
}
"""Node -> a change that divides its slots, and by how much more than 1, in hundredths, from and to."""


class Service(NamedTuple):
    """What one service does on the core: shares of the slots in thousandths, by what becomes of them."""

    name: str
    held_back_by: str
    smt: int
    clocks: int
    slots: dict[str, int]
    thread_clocks: int
    stalls: int
    instructions: int


def scenario(student: str, salt: str) -> dict[str, Any]:
    """Core, manual page, counts and changes on offer of one student, as plain data."""
    own = f"{salt}\0{student}"
    place = rolled(own, "best change", 0, 15)
    best = 3 if place == 15 else place % 3  # the large change of something small is seldom the best, but may be
    core = next(core for attempt in itertools.count() if is_news(core := rolled_core(f"{own}\0{attempt}")))
    for attempt in itertools.count():
        seed = f"{own}\0{attempt}"
        services = rolled_services(seed)
        changes = rolled_changes(seed, services, modest=best == 3)
        if is_clear(core, services, changes, best):
            break
    return {
        "core": core,
        "manual": manual_page(core),
        "measured": {
            "cpu": f"{core['identifier']}-{rolled(own, 'stepping', 0, 4)}",
            "event_file_version": core["event_file"]["version"],
        },
        "counts": counts(core, services),
        "changes": sorted(changes, key=lambda change: str(change["change"])),
    }


# --- the dice -------------------------------------------------------------------------------------------------------


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def chosen(seed: str, what: str, options: Any) -> Any:
    """One of the options."""
    return list(options)[rolled(seed, what, 0, len(options) - 1)]


def shuffled(seed: str, what: str, options: Any) -> list[Any]:
    """All of the options, in an order of their own."""
    return sorted(options, key=lambda option: rolled(seed, f"{what}\0{option}", 0, 2**60))


# --- the core -------------------------------------------------------------------------------------------------------


def rolled_core(seed: str) -> dict[str, Any]:
    """A core as its vendor knows it: width, documents, thresholds, and what each event counts."""
    width, name = chosen(seed, "width", (6, 8)), chosen(seed, "core", CORES)
    kinds = (
        "clocks",
        "thread_clocks",
        "instructions",
        *COUNTED[chosen(seed, "rest", COUNTED)],
        "stalls",
        "load_stalls",
    )
    return {
        "name": f"{VENDOR} {name} W{width}",
        "identifier": f"{VENDOR}-{rolled(seed, 'family', 3, 9)}-{rolled(seed, 'model', 0x20, 0x7F):X}",
        "width": width,
        "document": {
            "id": f"AB-{rolled(seed, 'document', 1000, 9999)}",
            "title": f"{name} Performance Monitoring Guide",
            "version": f"{rolled(seed, 'edition', 1, 4)}.{rolled(seed, 'issue', 0, 9)}",
        },
        "event_file": {"name": f"{name.lower()}_core_events.json", "version": f"1.0{rolled(seed, 'version', 4, 9)}"},
        "events": [rolled_event(seed, kind) for kind in shuffled(seed, "events", kinds)],
        "thresholds": {node: rolled(seed, f"over {node}", *ends) / 1000 for node, ends in THRESHOLDS.items()},
    }


def rolled_event(seed: str, kind: str) -> dict[str, str]:
    """An event: its name, what it counts, in which unit, and on whose counters while two threads run."""
    name = chosen(seed, f"name of {kind}", NAMES[kind])
    of_the_core = kind in ("clocks", "recovery")
    return {
        "name": chosen(seed, "style", (f"PM_{name}", name, name.replace("_", ".", 1))).upper(),
        "kind": kind,
        "unit": chosen(seed, "unit", ("clock", "slot")) if kind == "recovery" else UNITS.get(kind, "clock"),
        "counted_by": chosen(seed, f"who counts {kind}", ("both threads", "first thread"))
        if of_the_core
        else "own thread",
    }


# --- its manual -----------------------------------------------------------------------------------------------------

SAYS = {
    "clocks": "Clock in which at least one thread of the core is active.",
    "thread_clocks": "Clock in which this thread is active.",
    "instructions": "Instruction that this thread retires. Many make one operation, some make several, "
    "and a fused pair makes one.",
    "dispatched_ops": "Operation that this thread dispatches, whether it is retired later or cancelled.",
    "retired_ops": "Operation that this thread retires.",
    "cancelled_ops": "Operation that this thread dispatches, and that is cancelled later.",
    "recovery": "{unit} in which dispatch is held while the core restores its state.",
    "no_op": "Slot of this thread left empty because its queue had no operation, though the scheduler had room.",
    "no_room": "Slot of this thread left empty because the scheduler had no room for the operation in its queue.",
    "stalls": "Clock in which this thread is active and none of its operations begins to execute.",
    "load_stalls": "Clock in which this thread is active, none of its operations begins to execute, and a load waits.",
}
MARKS = {"both threads": " †", "first thread": " ‡", "own thread": ""}

MANUAL = """\
### {core}: where dispatch slots go

*{document[id]}, {document[title]}, edition {document[version]}. CPU identifier `{identifier}`, followed by the
stepping. Describes the event file `{file[name]}`, version {file[version]}; up to version 1.03, `{recovery}` counted
{older}s.*

**Dispatch.** In each clock the core can dispatch up to {width} operations from the queues of its threads to the
scheduler: a clock has {width} dispatch *slots*. An operation takes one. It is retired later, or it is cancelled,
because the path on which it was fetched proves wrong. Then the core restores its state, and until that is done it
dispatches nothing, for neither thread. Any other slot without an operation was left empty for want of an operation,
or for want of room. While two threads are active, each slot belongs to one of them.

**Events.** Of the four ends that a slot can come to, three can be counted. The fourth has no event.

| event | unit | counts each |
|---|---|---|
{events}

**Two threads.** Recorders report the sum over the counters of both threads. Most events belong to the thread that they
are about. Those with a mark are raised by the core as a whole. While two threads are enabled, an event marked † is
counted by both threads' counters, and an event marked ‡ by the first thread's only. With one thread enabled, the
other's counters stand still.

**Stalls.** Slots lost for want of room are shared out as the stalled clocks are: the part of these in which a load
waits is `memory_bound`, the rest is `core_bound`.

**Reading.** A node deserves attention where its share of the slots is above its threshold. Go to the largest such node
of level 1. From the back end, go on to the larger of its two children that deserve it.

| level | node | attention above |
|---|---|---|
{thresholds}
"""


def manual_page(core: dict[str, Any]) -> str:
    """The page of the vendor's manual that describes the events, in Markdown."""
    recovery = next(event for event in core["events"] if event["kind"] == "recovery")
    events = [
        f"| `{event['name']}`{MARKS[event['counted_by']]} | {event['unit']} | "
        f"{SAYS[event['kind']].format(unit=event['unit'].capitalize())} |"
        for event in core["events"]
    ]
    thresholds = [
        f"| {2 if node in CHILDREN else 1} | `{node}` | {100 * share:.1f} % of the slots |"
        for node, share in core["thresholds"].items()
    ]
    return MANUAL.format(
        core=core["name"],
        identifier=core["identifier"],
        width=core["width"],
        document=core["document"],
        file=core["event_file"],
        recovery=recovery["name"],
        older={"clock": "slot", "slot": "clock"}[recovery["unit"]],
        events="\n".join(events),
        thresholds="\n".join(thresholds),
    )


# --- what runs on it ------------------------------------------------------------------------------------------------


def rolled_services(seed: str) -> list[Service]:
    """Three services, each held back by something else; one or two of them keep two threads busy."""
    threads = chosen(seed, "threads", ((0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)))
    names, profiles = shuffled(seed, "services", SERVICES), shuffled(seed, "profiles", PROFILES)
    return [
        Service(
            name=name,
            held_back_by=profile,
            smt=smt,
            clocks=(clocks := rolled(seed, f"clocks of {name}", 250_000_000, 1_000_000_000)),
            slots=rolled_slots(f"{seed}\0{name}", profile),
            thread_clocks=clocks * (rolled(seed, f"threads of {name}", 1300, 1900) if smt else 1000) // 1000,
            stalls=clocks * rolled(seed, f"stalls of {name}", 300, 500) // 1000,
            instructions=rolled(seed, f"instructions of {name}", 780, 920),
        )
        for name, profile, smt in zip(names, profiles, threads, strict=False)
    ]


def rolled_slots(seed: str, profile: str) -> dict[str, int]:
    """What becomes of a service's slots, in thousandths; and `load`, the part of the stalls in which a load waits."""
    slots = {end: rolled(seed, end, *ends) for end, ends in PROFILES[profile].items()}
    recovery = slots["lost"] * rolled(seed, "recovery", 300, 600) // 1000
    retired = 1000 - slots["lost"] - slots["no_op"] - slots["no_room"]
    return {**slots, "retired": retired, "recovery": recovery, "cancelled": slots["lost"] - recovery}


def counts(core: dict[str, Any], services: list[Service]) -> dict[str, list[Any]]:
    """What a recorder reports: a column for each event, a row for each service."""
    table: dict[str, list[Any]] = {"service": [service.name for service in services]}
    table["SMT_ON"] = [service.smt for service in services]
    for event in core["events"]:
        table[event["name"]] = [counted(event, core["width"], service) for service in services]
    return table


def counted(event: dict[str, str], width: int, service: Service) -> int:
    """How often an event was counted in one service, by both threads' counters together."""
    ends, slots = service.slots, width * service.clocks
    happened = {
        "clocks": service.clocks,
        "thread_clocks": service.thread_clocks,
        "instructions": slots * ends["retired"] * service.instructions // 10**6,
        "dispatched_ops": slots * (ends["retired"] + ends["cancelled"]) // 1000,
        "retired_ops": slots * ends["retired"] // 1000,
        "cancelled_ops": slots * ends["cancelled"] // 1000,
        "recovery": (service.clocks if event["unit"] == "clock" else slots) * ends["recovery"] // 1000,
        "no_op": slots * ends["no_op"] // 1000,
        "no_room": slots * ends["no_room"] // 1000,
        "stalls": service.stalls,
        "load_stalls": service.stalls * ends["load"] // 1000,
    }[event["kind"]]
    return 2 * happened if service.smt and event["counted_by"] == "both threads" else happened


# --- what could be done ---------------------------------------------------------------------------------------------


def rolled_changes(seed: str, services: list[Service], modest: bool) -> list[dict[str, Any]]:
    """Four changes: of what holds each service back, perhaps modest ones; and a large one of something small."""
    offers = [(service, service.held_back_by) for service in services]
    service = chosen(seed, "service of the large one", services)
    small = {node: share for node, share in shares(service).items() if node in CHANGES and node != "retiring"}
    offers.append((service, max((node for node in small if node != service.held_back_by), key=lambda n: small[n])))
    gains = [rolled(seed, f"gain of {node}", *CHANGES[node][1]) for _, node in offers[:3]]
    factors = [1 + gain / (200 if modest else 100) for gain in gains]
    factors.append(float(rolled(seed, "factor of the large one", 8, 20)))
    labels = shuffled(seed, "labels", "ABCD")
    return [
        {"change": label, "service": service.name, "what": CHANGES[node][0], "node": node, "times_fewer": factor}
        for label, (service, node), factor in zip(labels, offers, factors, strict=True)
    ]


def shares(service: Service) -> dict[str, float]:
    """Shares of the slots by node, in thousandths."""
    slots = service.slots
    memory = slots["no_room"] * slots["load"] / 1000
    return {
        "frontend_bound": slots["no_op"],
        "bad_speculation": slots["lost"],
        "backend_bound": slots["no_room"],
        "retiring": slots["retired"],
        "memory_bound": memory,
        "core_bound": slots["no_room"] - memory,
    }


# --- what is thrown away ----------------------------------------------------------------------------------------


def is_news(core: dict[str, Any]) -> bool:
    """Whether its events are to be read in another way than those of the practical's CPU."""
    events = {event["kind"]: event for event in core["events"]}
    whose = {events[kind]["counted_by"] for kind in ("clocks", "recovery")}
    same_ends = {"retired_ops", "no_op"} <= set(events)
    return not (same_ends and events["recovery"]["unit"] == "clock" and whose == {"both threads"})


def is_clear(core: dict[str, Any], services: list[Service], changes: list[dict[str, Any]], best: int) -> bool:
    """Whether every verdict is clear, and change number `best` clearly saves the most.

    Of the three verdicts, one is below the back end, and one is not its service's largest node. The best change saves
    at least 3 % of the time, and a quarter more than any other.
    """
    verdicts = {service.held_back_by for service in services}
    if verdicts.isdisjoint(CHILDREN) or verdicts.isdisjoint(("frontend_bound", "bad_speculation")):
        return False
    by_name = {service.name: service for service in services}
    saved = [saved_by(change, by_name[change["service"]]) for change in changes]
    others = max(save for place, save in enumerate(saved) if place != best)
    if saved[best] < max(30 * sum(service.clocks for service in services), 1.25 * others):
        return False
    return all(is_clear_verdict(service, core["thresholds"]) for service in services)


def saved_by(change: dict[str, Any], service: Service) -> float:
    """Clocks that a change saves, times a thousand."""
    return float(service.clocks * shares(service)[change["node"]] * (1 - 1 / change["times_fewer"]))


def is_clear_verdict(service: Service, thresholds: dict[str, float]) -> bool:
    """Whether the manual's rule leads to what holds a service back, and would still if counts were a little off.

    At level 1 no share is nearer to its threshold than 2 % of the slots, and the largest above its own leads by 5 %;
    of the back end's children the larger is above its threshold, and above its sibling, by 5 %.
    """
    share = shares(service)
    over = {node: share[node] - 1000 * thresholds[node] for node in share}
    if any(abs(over[node]) < 20 for node in LEVEL_1):
        return False
    first, *others = sorted((node for node in LEVEL_1 if over[node] > 0), key=lambda node: -share[node]) or [""]
    if others and share[first] - share[others[0]] < 50:
        return False
    if first != "backend_bound":
        return first == service.held_back_by
    smaller, larger = sorted(CHILDREN, key=lambda node: share[node])
    return larger == service.held_back_by and min(over[larger], share[larger] - share[smaller]) >= 50
