"""What must hold of the answers of module 3's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Outcome, Raises, Scenario, call, column, sampled
from reference_solutions.m03_modeling_simulation.bounded_fit import calibrated_costs
from reference_solutions.m03_modeling_simulation.dram_banks import DramBanks
from reference_solutions.m03_modeling_simulation.event_kernel import EventKernel
from reference_solutions.m03_modeling_simulation.fidelity import fidelity_table
from reference_solutions.m03_modeling_simulation.interval_core import interval_cycles
from reference_solutions.m03_modeling_simulation.link_traces import link_table
from reference_solutions.m03_modeling_simulation.little import little_audit
from reference_solutions.m03_modeling_simulation.queue_log import queue_log
from reference_solutions.m03_modeling_simulation.request_scheduling import first_come, served_requests
from reference_solutions.m03_modeling_simulation.simpoints import simpoint_estimate
from reference_solutions.m03_modeling_simulation.temporal_decoupling import decoupled_reads
from reference_solutions.m03_modeling_simulation.tool_selection import tool_table
from reference_solutions.m03_modeling_simulation.warp_schedulers import warp_issue

# --- the kernel -------------------------------------------------------------------------------------------------------


def in_order(student, expect):
    kernel = student.EventKernel(start_s=2.0)
    for delay_s, label in ((5.0, "c"), (0.5, "a"), (3.25, "b")):
        kernel.schedule(delay_s, label)
    for label, time_s in (("a", 2.5), ("b", 5.25)):
        expect(kernel.step()).equals(label)
        expect(kernel.now_s).equals(time_s)
    kernel.schedule(1.0, "before c")
    for label, time_s, left in (("before c", 6.25, 1), ("c", 7.0, 0), (None, 7.0, 0)):
        expect(kernel.step()).equals(label)
        expect(kernel.now_s).equals(time_s)
        expect(kernel.pending).equals(left)


def ties(student, expect):
    kernel = student.EventKernel()
    for label, priority in (("z", 0), ("y", None), ("last", 3), ("first", -2), ("x", 0)):
        kernel.schedule(4.0, label) if priority is None else kernel.schedule(4.0, label, priority)
    for label in ("first", "z", "y"):
        expect(kernel.step()).equals(label)
    kernel.schedule(0.0, "at once")
    for label in ("x", "at once", "last"):
        expect(kernel.step()).equals(label)
        expect(kernel.now_s).equals(4.0)


def cancelled(student, expect):
    kernel = student.EventKernel()
    tickets = [kernel.schedule(float(delay), f"event {delay}") for delay in (1, 2, 3, 9)]
    expect(tickets).equals([1, 2, 3, 4])
    expect(kernel.cancel(1)).equals(True)
    expect(kernel.cancel(1)).equals(False)
    expect(kernel.cancel(77)).equals(False)
    expect(kernel.pending).equals(3)
    expect(kernel.step()).equals("event 2")
    expect(kernel.cancel(2)).equals(False)
    expect(kernel.cancel(4)).equals(True)
    expect(kernel.step()).equals("event 3")
    expect(kernel.step()).equals(None)
    expect(kernel.now_s).equals(3.0)
    expect(kernel.pending).equals(0)


def traffic(student, expect, rng):
    kernel, given = student.EventKernel(float(rng.integers(1, 9))), 0
    for number in range(110):
        what = rng.random()
        if what < 0.5:
            delay_s, priority, given = float(rng.integers(0, 4)), int(rng.integers(-1, 2)), given + 1
            expect(kernel.schedule(delay_s, f"event {(7 * number) % 110}", priority)).agrees()
        elif what < 0.7:
            expect(kernel.cancel(int(rng.integers(max(1, given - 7), given + 2)))).agrees()
        else:
            expect(kernel.step()).agrees()
        expect(kernel.now_s).agrees()
        expect(kernel.pending).agrees()


def no_past(student, expect):
    kernel = student.EventKernel(100.0)
    expect(kernel.schedule(-1.0, "yesterday")).raises(ValueError)
    expect(kernel.schedule(float("nan"), "some day")).raises(ValueError)
    expect(kernel.schedule(0.0, "now")).equals(1)
    expect(kernel.pending).equals(1)
    expect(kernel.step()).equals("now")


KERNEL = Exercise(
    "m03_event_kernel",
    reference=EventKernel,
    checks=[
        Scenario(
            "in order of time", weight=1, play=in_order, message="Events at different times, some scheduled later."
        ),
        Scenario(
            "ties", weight=1.25, play=ties, message="Events at one time: priorities, and the order of scheduling."
        ),
        Scenario("cancelled", weight=1, play=cancelled, message="Events that are cancelled, once, twice, or too late."),
        Scenario("traffic", weight=1, play=traffic, message="Many events, ties and cancellations among them."),
        Scenario("no past", weight=0.75, play=no_past, message="Delays that are negative or no number."),
    ],
)

# --- a queue, customer by customer ------------------------------------------------------------------------------------


def one_server(rng):
    return call(float(rng.uniform(0.5, 0.9)), 1.0, 1, 40, int(rng.integers(1, 10**6)))


def several_servers(rng):
    servers, service = int(rng.integers(2, 6)), float(rng.uniform(0.5, 3))
    return call(servers * service * 0.9, service, servers, 60, int(rng.integers(1, 10**6)))


RUNS = [sampled(one_server, count=2), sampled(several_servers, count=2)]


def of_log(*names):
    return lambda log: [np.asarray(log[name], dtype=float).tolist() for name in names]


QUEUE = Exercise(
    "m03_queue_log",
    reference=queue_log,
    checks=[
        Equal("when they come", weight=0.75, cases=RUNS, part=of_log("arrival_s"), message="Times of arrival."),
        Equal(
            "one server",
            weight=1,
            cases=sampled(one_server, count=3),
            part=of_log("start_s"),
            message="When services begin, with a single server.",
        ),
        Equal(
            "several servers",
            weight=1,
            cases=sampled(several_servers, count=3),
            part=of_log("start_s"),
            message="When services begin, with two to five servers.",
        ),
        Equal("when they leave", weight=0.5, cases=RUNS, part=of_log("departure_s"), message="Times of departure."),
        Raises(
            ValueError,
            "no such queue",
            weight=0.75,
            cases=[call(*one, 5, 1) for one in ((2.0, 1.0, 2), (3.0, 1.0, 2), (0.0, 1.0, 1), (1.0, -2.0, 1))]
            + [call(1.0, 2.0, 0, 5, 1), call(1.0, 2.0, 1, 0, 1)],
            message="Rates that are not positive, no servers, no customers, and servers that cannot keep up.",
        ),
    ],
)

# --- Little's law -----------------------------------------------------------------------------------------------------


def any_log(rng):
    """Some came before the window, some leave after it, some stay all through it."""
    arrival = np.cumsum(rng.exponential(1.0, size=40))
    stays = rng.gamma(0.5, 8.0, size=40)
    stays[2] = 60.0
    order = rng.permutation(40)
    from_s = float(rng.uniform(8, 12))
    return call(arrival[order], (arrival + stays)[order], from_s, from_s + float(rng.uniform(8, 14)))


LOGS = sampled(any_log, count=4)


def of_books(*names):
    return lambda books: [books[name] for name in names]


LITTLE = Exercise(
    "m03_little_audit",
    reference=little_audit,
    checks=[
        Equal(
            "who is there",
            weight=0.75,
            cases=LOGS,
            part=of_books("mean_in_system"),
            message="The mean number in a window.",
        ),
        Equal(
            "who comes",
            weight=0.75,
            cases=LOGS,
            part=of_books("arrival_per_s", "mean_time_s"),
            message="The rate of those who arrive in the window, and how long they stay.",
        ),
        Equal(
            "what is carried",
            weight=0.75,
            cases=LOGS,
            part=of_books("carried_in_s", "carried_out_s"),
            message="What belongs to customers of before, and what lies after the window.",
        ),
        Equal(
            "at the edges",
            weight=0.5,
            cases=[call([0, 2, 5], [2, 9, 9], 2, 5), call([0, 1], [2, 3], 10, 12), call([3], [3], 1, 4)],
            part=of_books("arrival_per_s", "mean_time_s", "carried_in_s", "carried_out_s"),
            message="Arrivals exactly at the beginning and at the end, and a window in which nobody arrives.",
        ),
        Raises(
            ValueError,
            "no such log",
            weight=0.25,
            cases=[call([0, 1], [2], 0, 1), call([1], [0], 0, 2), call([0], [np.nan], 0, 2), call([0], [1], 3, 2)],
            message="Departures that are missing, too early or no number, and a window without a length.",
        ),
    ],
)

# --- tools ------------------------------------------------------------------------------------------------------------

CRITERIA = ("queues", "processes", "documentation", "visual")


def any_tools(rng):
    count = 6
    tools = {"tool": [f"tool {number}" for number in range(count)], "offline": rng.random(count) < 0.7}
    tools |= {"start_s": rng.uniform(0.1, 12, size=count), "event_s": 10 ** rng.uniform(-7, -4.5, size=count)}
    for name in CRITERIA:
        tools[name] = np.where(rng.random(count) < 0.15, np.nan, rng.integers(0, 6, size=count).astype(float))
    tools["offline"][0] = True
    weights = {name: float(rng.integers(1, 6)) for name in rng.permutation(CRITERIA)[:3].tolist()}
    return call(tools, weights, float(rng.choice([1e5, 1e6])), 30.0)


def near_relatives(rng):
    """Tools that differ in one merit: some are dominated, by admitted ones or by others."""
    best = rng.integers(3, 6, size=3)
    worse = best - np.array([1, 0, 0])
    other = best + np.array([-2, 0, 0])
    merits = np.array([best, worse, other, best])
    tools = {"tool": ["a", "b", "c", "d"], "offline": [False, True, True, True], "start_s": [1.0, 1.0, 1.0, 99.0]}
    tools |= {"event_s": [1e-6] * 4, "x": merits[:, 0], "y": merits[:, 1], "z": merits[:, 2]}
    return call(tools, {"x": 2, "y": 1, "z": 1}, 1e6, float(rng.uniform(5, 50)))


TOOLS = sampled(any_tools, count=4)
EQUALS = {"tool": ["a", "b", "c"], "offline": [True] * 3, "event_s": [1e-6] * 3, "x": [4, 4, 4], "y": [2, 2, 2]}
HIDING = {"tool": ["a", "b", "c"], "offline": [True] * 3, "start_s": [1.0] * 3, "event_s": [0.0] * 3}
HIDING |= {"x": [4.0, 5.0, 5.0], "y": [3.0, np.nan, 1.0]}
NONE_ADMITTED = {"tool": ["a", "b"], "offline": [False, True], "start_s": [0, 9], "event_s": [0, 0], "x": [5, 5]}
ONE_TOOL = {"tool": ["a"], "offline": [True], "start_s": [0.0], "event_s": [0.0], "x": [3.0], "y": [6.0]}

TOOL_TABLE = Exercise(
    "m03_tool_table",
    reference=tool_table,
    checks=[
        Equal(
            "who is admitted",
            weight=0.75,
            cases=[TOOLS, call(NONE_ADMITTED, {"x": 1}, 1e6, 9.0)],
            part=column("tool", "run_s", "admitted"),
            message="What a run takes, and which tools are offline and in time.",
        ),
        Equal("merits", weight=1, cases=TOOLS, part=column("score"), message="Weighted merits, some without evidence."),
        Equal(
            "who is dominated",
            weight=1,
            cases=[
                TOOLS,
                sampled(near_relatives, count=2),
                call(EQUALS | {"start_s": [1, 1, 1]}, {"x": 1}, 1, 9),
                call(HIDING, {"x": 1, "y": 1}, 1, 9),
            ],
            part=column("dominated"),
            message="Tools that an admitted one equals or beats; and tools that are all alike.",
        ),
        Equal(
            "who is chosen",
            weight=0.75,
            cases=[
                TOOLS,
                call(EQUALS | {"start_s": [3, 1, 1]}, {"x": 1, "y": 1}, 1, 9),
                call(NONE_ADMITTED, {"x": 1}, 1e6, 5.0),
                call(HIDING, {"x": 1, "y": 1}, 1, 9),
                sampled(near_relatives, count=2),
            ],
            part=column("chosen"),
            message="The best admitted tool, of equals the quicker one; or none.",
        ),
        Raises(
            ValueError,
            "no such weights",
            weight=0.5,
            cases=[call(ONE_TOOL, one, 1, 9) for one in ({}, {"x": 0.0}, {"x": -1.0}, {"y": 1.0})],
            message="No weights, negative ones, only zeros; merits beyond 5.",
        ),
    ],
)

# --- levels of fidelity -----------------------------------------------------------------------------------------------


def any_levels(rng):
    count = 6
    levels = {"level": [f"level {number}" for number in range(count)], "error": np.round(rng.uniform(0, 0.3, count), 2)}
    levels |= {"instructions_per_s": 10 ** rng.uniform(5, 8, count), "setup_s": 10 ** rng.uniform(2, 5, count)}
    hosts = int(rng.integers(3, 12))
    points = hosts * int(rng.integers(2, 9)) + int(rng.integers(1, hosts))
    return call(levels, 3e9, 1e9, points, hosts, 2e5, 0.2)


def alike(error, speed, setup):
    return {"level": list("abcd")[: len(error)], "error": error, "instructions_per_s": speed, "setup_s": setup}


LEVELS = sampled(any_levels, count=4)
TWINS = call(alike([0.2, 0.1, 0.1, 0.05], [1e6, 1e6, 1e6, 1e6], [9, 9, 9, 20]), 1e9, 1e6, 1, 1, 100, 0.3)
TOO_SLOW = call(alike([0.1, 0.5], [1e3, 1e9], [0, 0]), 1e9, 1e9, 1, 1, 100, 0.3)
AT_THE_LIMIT = call(alike([0.2, 0.1], [1e6, 1e6], [90, 91]), 1e9, 1e7, 1, 1, 100, 0.2)

FIDELITY = Exercise(
    "m03_fidelity_table",
    reference=fidelity_table,
    checks=[
        Equal(
            "what a study takes",
            weight=1.25,
            cases=[LEVELS, call(alike([0.1], [1e6], [7]), 1e9, 1e6, 21, 10, 100, 0.3)],
            part=column("level", "study_s", "slowdown"),
            message="Set-up, rounds of design points, and slowdown.",
        ),
        Equal(
            "the front",
            weight=1,
            cases=[LEVELS, TWINS],
            part=column("pareto"),
            message="Levels that no other beats; twins.",
        ),
        Equal(
            "who is feasible",
            weight=0.75,
            cases=[LEVELS, AT_THE_LIMIT, TOO_SLOW],
            part=column("feasible"),
            message="Levels that keep tolerance and deadline, just or not at all.",
        ),
        Equal(
            "who is chosen",
            weight=0.5,
            cases=[LEVELS, TWINS, TOO_SLOW, AT_THE_LIMIT],
            part=column("chosen"),
            message="The quickest feasible level; of equals the more accurate one; or none.",
        ),
        Raises(
            ValueError,
            "no such study",
            weight=0.5,
            cases=[
                call(alike([-0.1], [1e6], [7]), 1e9, 1e6, 1, 1, 100, 0.3),
                call(alike([0.1], [0.0], [7]), 1e9, 1e6, 1, 1, 100, 0.3),
                call(alike([0.1], [1e6], [-7]), 1e9, 1e6, 1, 1, 100, 0.3),
                call(alike([0.1], [1e6], [7]), 1e9, 1e6, 0, 1, 100, 0.3),
                call(alike([0.1], [1e6], [7]), 1e9, 1e6, 1, 0, 100, 0.3),
            ],
            message="Speeds, points and hosts that are not positive; errors and set-up times that are negative.",
        ),
    ],
)

# --- banks of a memory ------------------------------------------------------------------------------------------------

TIMING = {"CL": 22, "tRCD": 22, "tRP": 20, "tRAS": 52, "tCCD": 5, "tRRD": 7, "tFAW": 40}
TIMING |= {"tREFI": 12_480, "tRFC": 560, "burst": 4}


def each_kind(student, expect):
    memory = student.DramBanks(2, TIMING)
    expect(memory.open_rows).equals([-1, -1])
    for cycle, bank, row, done in ((0, 0, 3, 48), (500, 0, 3, 526), (1000, 0, 4, 1068), (2000, 1, 3, 2048)):
        expect(memory.read(cycle, bank, row)).equals(done)
    expect(memory.open_rows).equals([4, 3])
    expect(memory.counts).equals({"hit": 1, "closed": 2, "conflict": 1})


def hits_in_a_row(student, expect):
    memory = student.DramBanks(2, TIMING)
    for number in range(6):
        expect(memory.read(0, 0, 1)).equals(48 + 5 * number)
    memory.read(300, 1, 1)
    for bank, done in ((0, 353), (1, 358), (0, 363)):
        expect(memory.read(301, bank, 1)).equals(done)


def rows_in_turns(student, expect):
    memory = student.DramBanks(1, TIMING)
    for number in range(6):
        expect(memory.read(0, 0, number % 2)).equals(48 + 72 * number)
    expect(memory.read(2000, 0, 1)).equals(2026)
    expect(memory.read(2001, 0, 0)).agrees()


def activations(student, expect):
    memory = student.DramBanks(8, TIMING)
    for bank in range(8):
        expect(memory.read(0, bank, 0)).agrees()
    for bank in range(8):
        expect(memory.read(200, bank, bank % 2)).agrees()
    other = student.DramBanks(8, TIMING)
    expect(other.read(0, 0, 0)).agrees()
    for bank in range(1, 8):
        expect(other.read(20, bank, 0)).agrees()


def refreshed(student, expect):
    memory = student.DramBanks(2, TIMING)
    memory.read(12_000, 0, 5)
    expect(memory.read(12_480, 0, 5)).equals(12_480 + 560 + 48)
    expect(memory.open_rows).equals([5, -1])
    expect(memory.read(13_100, 0, 5)).agrees()
    expect(memory.read(40_000, 1, 5)).agrees()
    expect(memory.open_rows).equals([-1, 5])
    expect(memory.counts).agrees()


def any_reads(student, expect, rng):
    banks = int(rng.integers(6, 10))
    memory, cycle = student.DramBanks(banks, TIMING | {"tREFI": 900, "tRFC": 200}), 0
    for _ in range(60):
        cycle += int(rng.choice([0, 0, 0, 3, 20, 90]))
        expect(memory.read(cycle, int(rng.integers(0, banks)), int(rng.integers(0, 3)))).agrees()
    expect(memory.open_rows).agrees()
    expect(memory.counts).agrees()


def no_such_read(student, expect):
    expect(student.DramBanks(0, TIMING)).raises(ValueError)
    memory = student.DramBanks(2, TIMING)
    expect(memory.read(100, 0, 0)).equals(148)
    for cycle, bank, row in ((100, 2, 0), (100, -1, 0), (100, 0, -1), (99, 0, 0)):
        expect(memory.read(cycle, bank, row)).raises(ValueError)


BANKS = Exercise(
    "m03_dram_banks",
    reference=DramBanks,
    checks=[
        Scenario("each kind", weight=1, play=each_kind, message="A read of each kind, with much time between them."),
        Scenario(
            "hits in a row", weight=0.75, play=hits_in_a_row, message="Open rows, read as quickly as the bus allows."
        ),
        Scenario("rows in turns", weight=1, play=rows_in_turns, message="Two rows of one bank that close each other."),
        Scenario("activations", weight=0.75, play=activations, message="Many banks that are activated at once."),
        Scenario("refreshed", weight=0.5, play=refreshed, message="Reads at a refresh, after it, and long after it."),
        Scenario("any reads", weight=0.5, play=any_reads, message="Reads of all kinds, with frequent refreshes."),
        Scenario("no such read", weight=0.5, play=no_such_read, message="No bank, no such bank or row, out of order."),
    ],
)

# --- the controller ---------------------------------------------------------------------------------------------------

DDR4_2400 = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
DDR4_2400 |= {"tREFI": 9364, "tRFC": 420, "burst": 4}


def colliding(policy):
    """Two programs stream through rows of the same banks, in turns."""
    requests = [{"arrival": 14 * n, "bank": n // 117 % 4, "row": 2 * (n // 117) + n % 2} for n in range(260)]
    return served_requests(policy, requests, 4, DDR4_2400)


def colliding_and_guests(policy):
    """The same, and how long anybody waits while a stream keeps its row open."""
    requests = [{"arrival": 4 * n, "bank": 0, "row": 5 if n in (48, 103, 171) else 1} for n in range(700)]
    longest = float(np.max(served_requests(policy, requests, 4, DDR4_2400)["latency"]))
    return colliding(policy) | {"fair": longest <= 1000}


def mixed(policy):
    """Two streams in one bank, and scattered requests in others."""
    rng, requests = np.random.default_rng(33), []
    for number, kind in enumerate(rng.random(360)):
        bank, row = (0, 1 + number % 2) if kind < 0.55 else (int(rng.integers(1, 4)), int(rng.integers(0, 6)))
        requests.append({"arrival": 22 * number, "bank": bank, "row": row})
    run, plain = (served_requests(one, requests, 4, DDR4_2400) for one in (policy, first_come))
    return run | {"fair": np.max(run["latency"]) <= 2.5 * np.max(plain["latency"])}


def mean_latency(run):
    return float(np.mean(run["latency"]))


def mean_if_fair(run):
    return mean_latency(run) if run["fair"] else np.inf


def a_place(decision):
    return int(decision) == decision >= 0


PICK = Exercise(
    "m03_pick_request",
    checks=[
        Outcome(
            "colliding streams",
            weight=1.5,
            simulate=colliding,
            measure=mean_latency,
            at_most=0.5,
            times=first_come,
            accepts=a_place,
            message="The mean latency of streams that close each other's rows, against the order of arrival.",
        ),
        Outcome(
            "nobody starves",
            weight=1,
            simulate=colliding_and_guests,
            measure=mean_if_fair,
            at_most=0.5,
            times=first_come,
            accepts=a_place,
            message="The same, and nobody waits for more than 1,000 cycles while a stream keeps its row open.",
        ),
        Outcome(
            "a mix",
            weight=1,
            simulate=mixed,
            measure=mean_latency,
            at_most=0.8,
            times=first_come,
            accepts=a_place,
            message="The mean latency of streams and scattered requests, against the order of arrival.",
        ),
        Outcome(
            "a mix, and nobody much later",
            weight=0.5,
            simulate=mixed,
            measure=mean_if_fair,
            at_most=0.8,
            times=first_come,
            accepts=a_place,
            message="The same, and the longest latency is at most 2.5 times that in order of arrival.",
        ),
    ],
)

# --- simulation points ------------------------------------------------------------------------------------------------

STATISTICS = ("simInsts", "system.cpu.numCycles", "system.l2.overallMisses::total")
OF_DRAM = ("system.mem_ctrls.dram.readBursts", "system.mem_ctrls.dram.readRowHits")


def dump(counts):
    """One dump, with lines that nobody asked for."""
    lines = ["", "---------- Begin Simulation Statistics ----------"]
    lines += [f"{name:<48} {count:>14}    # what was counted (Count)" for name, count in counts.items()]
    lines += ["system.l2.overallMisses::cpu.data   17 # (Count)", "system.mem_ctrls.dram.writeRowHitRate nan # (Ratio)"]
    lines += ["system.cpu.commit.numCommittedDist::0   1200   60.00%   60.00% # insts committed each cycle (Count)"]
    return "\n".join([*lines, "", "---------- End Simulation Statistics   ----------", ""])


def drawn_points(rng, points, spread):
    """Counts and weights; with a spread the points are of unequal length."""
    dumps = []
    for _ in range(points):
        instructions = int(1e8 * rng.uniform(1 - spread, 1 + spread))
        bursts = int(instructions * rng.uniform(0.002, 0.03))
        counts = (instructions, int(instructions * rng.uniform(0.3, 3)), int(bursts * rng.uniform(1, 1.3)), bursts)
        dumps.append(dict(zip(STATISTICS + OF_DRAM, (*counts, int(bursts * rng.uniform(0.1, 0.9))), strict=True)))
    parts = 1 + rng.multinomial(10**6 - points, rng.dirichlet(np.full(points, 2.0)))  # millionths: they add up to 1
    return dumps, parts / 10**6


def files(dumps, weights):
    return "".join(map(dump, dumps)), "\n".join(
        f"{weight:.6f} {number}" for number, weight in enumerate(weights)
    ) + "\n"


def equal_lengths(rng):
    return call(*files(*drawn_points(rng, 4, 0.0)))


def unequal_lengths(rng):
    return call(*files(*drawn_points(rng, 3, 0.6)))


WHOLE = dump(dict(zip(STATISTICS + OF_DRAM, (100_000, 170_000, 400, 380, 200), strict=True)))
WITH_REST = "system.cpu.numCycles 99 # between dumps\n" + WHOLE + "\nsimInsts nan\n" + WHOLE
POINTS = [sampled(equal_lengths, count=3), sampled(unequal_lengths, count=2)]

SIMPOINT = Exercise(
    "m03_simpoint_estimate",
    reference=simpoint_estimate,
    checks=[
        Equal(
            "the program's CPI",
            weight=1,
            cases=sampled(equal_lengths, count=3),
            part=lambda found: found["cpi"],
            message="Cycles per instruction, from points of equal length.",
        ),
        Equal(
            "misses and row hits",
            weight=1,
            cases=POINTS,
            part=lambda found: [found["l2_mpki"], found["row_hit_share"]],
            message="Misses in a thousand instructions, and the share of bursts that find their row open.",
        ),
        Equal(
            "points of unequal length",
            weight=0.5,
            cases=sampled(unequal_lengths, count=3),
            part=lambda found: found["cpi"],
            message="Points that were cut at other numbers of instructions.",
        ),
        Equal(
            "lines between dumps",
            weight=0.5,
            cases=[call(WITH_REST, "0.5 0\n\n0.5 1\n\n"), call(WHOLE, "1 0")],
            message="Lines that belong to no dump, and empty lines among the weights.",
        ),
        Raises(
            ValueError,
            "not whole",
            weight=0.5,
            cases=[
                call(WHOLE.partition("---------- End")[0], "1 0"),
                call(WHOLE.partition("---------- End")[0] + WHOLE, "0.5 0\n0.5 1"),
                call("---------- End Simulation Statistics   ----------\n" + WHOLE, "1 0"),
                call(WHOLE, "0.5 0\n0.5 1"),
                call(WHOLE, "0.99 0"),
            ],
            message="Dumps without an end or a beginning, and weights that do not fit them.",
        ),
        Raises(
            ValueError,
            "no number",
            weight=0.5,
            cases=[
                call(WHOLE.replace("170000", "   nan"), "1 0"),
                call(WHOLE.replace("    380", "    inf"), "1 0"),
                call(WHOLE.replace("readRowHits", "readRowMiss"), "1 0"),
                call(WHOLE.replace("100000", "     0"), "1 0"),
            ],
            message="Statistics that are missing or no number, and a dump in which nothing was simulated.",
        ),
    ],
)

# --- an interval core -------------------------------------------------------------------------------------------------

COSTS = {"branch": 17.0, "fetch": 23.0, "load": 210.0}


def events(rng, share, gap):
    places = np.cumsum(rng.integers(1, gap, size=40))
    kinds = rng.choice(["branch", "fetch", "load"], size=40).tolist()
    depends = (rng.random(40) < share).tolist()
    return call(places.tolist(), kinds, depends, int(places[-1]) + 50, int(rng.integers(2, 7)), 64, COSTS)


def far_apart(rng):
    places = (70 * np.arange(20) + rng.integers(0, 5, size=20)).tolist()
    kinds = rng.choice(["branch", "fetch", "load"], size=20).tolist()
    return call(places, kinds, (rng.random(20) < 0.5).tolist(), 2000, int(rng.integers(2, 7)), 64, COSTS)


def independent_events(rng):
    return events(rng, 0.0, 40)


def some_depend(rng):
    return events(rng, 0.5, 40)


def edge(*places, kinds, depends):
    return call(list(places), list(kinds), list(depends), 400, 4, 64, COSTS)


INTERVAL = Exercise(
    "m03_interval_cycles",
    reference=interval_cycles,
    checks=[
        Equal(
            "far apart",
            weight=1,
            cases=sampled(far_apart, count=3),
            message="Events that are more than a window apart.",
        ),
        Equal(
            "in shadows",
            weight=1.25,
            cases=sampled(independent_events, count=4),
            message="Events that do not depend on the load behind which they stand.",
        ),
        Equal(
            "some depend", weight=1, cases=sampled(some_depend, count=4), message="Events of which some depend on it."
        ),
        Equal(
            "at the window's end",
            weight=0.5,
            cases=[
                edge(10, 73, kinds=["load", "branch"], depends=[False, False]),
                edge(10, 74, kinds=["load", "branch"], depends=[False, False]),
                edge(10, 50, 90, kinds=["load", "load", "fetch"], depends=[False, False, False]),
                edge(10, 20, 30, kinds=["load", "branch", "fetch"], depends=[False, True, False]),
                edge(0, 3, kinds=["branch", "fetch"], depends=[False, False]),
                call([], [], [], 90, 4, 64, COSTS),
            ],
            message="The last place in a shadow and the first behind it, shadows that end early, and no event at all.",
        ),
        Raises(
            ValueError,
            "no such program",
            weight=0.25,
            cases=[
                edge(10, 10, kinds=["load", "load"], depends=[False, False]),
                edge(400, kinds=["load"], depends=[False]),
                edge(-1, kinds=["load"], depends=[False]),
                call([1], ["load"], [False], 10, 0, 64, COSTS),
                call([1], ["load"], [False], 10, 4, 0, COSTS),
            ],
            message="Events out of order or outside of the program, no width and no window.",
        ),
    ],
)

# --- warps ------------------------------------------------------------------------------------------------------------


def streams(rng, warps, barriers=0):
    made = []
    for _ in range(warps):
        stream = rng.choice([1, 2, 3, 5, 9], size=int(rng.integers(4, 10))).tolist()
        for _ in range(barriers):
            stream.insert(int(rng.integers(0, len(stream) + 1)), 0)
        made.append(stream)
    return made


def round_robin(rng):
    return call(streams(rng, int(rng.integers(3, 6))), "lrr")


def greedy(rng):
    return call(streams(rng, int(rng.integers(3, 6))), "gto")


def few_warps(rng):
    return call([[int(rng.integers(6, 12))] * 5 for _ in range(2)], "lrr")


def meeting(rng):
    return call(streams(rng, 4, barriers=2), str(rng.choice(["lrr", "gto"])))


def issued(found):
    return list(found["order"])


def counted(found):
    return [found["cycles"], found["barrier_stalls"], found["latency_stalls"]]


WARPS = Exercise(
    "m03_warp_issue",
    reference=warp_issue,
    checks=[
        Equal("round robin", weight=1, cases=sampled(round_robin, count=3), part=issued, message="The order of LRR."),
        Equal(
            "greedy, then oldest", weight=1, cases=sampled(greedy, count=3), part=issued, message="The order of GTO."
        ),
        Equal(
            "time and stalls",
            weight=0.75,
            cases=[
                call([[7]], "lrr"),
                call([[], []], "gto"),
                sampled(few_warps, count=2),
                sampled(round_robin, count=2),
            ],
            part=counted,
            message="When all results are there, and how often nobody could issue.",
        ),
        Equal(
            "barriers",
            weight=0.75,
            cases=[call([[9, 0, 1], [0, 1]], "gto"), call([[0], [0]], "lrr"), sampled(meeting, count=4)],
            message="Warps that wait for each other.",
        ),
        Raises(
            ValueError,
            "no such warps",
            weight=0.5,
            cases=[call([[1]], "fifo"), call([[0, 1], [1]], "lrr"), call([[-2]], "gto")],
            message="An unknown policy, a negative latency, barriers at which somebody is missing.",
        ),
    ],
)

# --- running ahead ----------------------------------------------------------------------------------------------------


def initiators(rng, longest=40):
    values = iter(range(1, 1000))
    return [
        [[int(rng.integers(1, longest)), next(values) if rng.random() < 0.5 else -1] for _ in range(14)]
        for _ in range(3)
    ]


def synchronised(rng):
    return call(initiators(rng), 0)


def running_ahead(rng):
    return call(initiators(rng), int(rng.integers(30, 120)))


def short_quantum(rng):
    return call(initiators(rng), int(rng.integers(5, 25)))


def seen(found):
    return [list(one) for one in found["reads"]]


AHEAD = [sampled(running_ahead, count=3), sampled(short_quantum, count=2)]

DECOUPLED = Exercise(
    "m03_decoupled_reads",
    reference=decoupled_reads,
    checks=[
        Equal(
            "without a quantum",
            weight=1,
            cases=sampled(synchronised, count=3),
            part=seen,
            message="What is read if all synchronise before each step.",
        ),
        Equal("ahead of the clock", weight=1.25, cases=AHEAD, part=seen, message="What is read with a quantum."),
        Equal(
            "synchronisations",
            weight=0.75,
            cases=[*AHEAD, sampled(synchronised, count=1)],
            part=lambda found: [found["syncs"], found["finish"]],
            message="How often control is given back, and when all are done.",
        ),
        Equal(
            "ties and edges",
            weight=0.5,
            cases=[
                call([[[5, -1]], [[5, 3]], [[5, -1]]], 0),
                call([[[10, 4], [10, 5]], [[20, -1], [0, -1]]], 10),
                call([[[9, 1], [1, 2], [9, 3]], [[10, -1], [9, -1]]], 10),
                call([[], [[0, -1]]], 7),
                call([[[1, -1]], [[1, 5]]], 1),
                call([], 3),
            ],
            message="Initiators that go on together, a quantum that ends exactly at a step, a delay of 0, no steps.",
        ),
        Raises(
            ValueError,
            "no such time",
            weight=0.5,
            cases=[call([[[1, 1]]], -1), call([[[1, 1], [-1, -1]]], 5)],
            message="A quantum or a delay that is negative.",
        ),
    ],
)

# --- calibration ------------------------------------------------------------------------------------------------------


def machine(rng, noise, loosest):
    """Counts of three kinds of events, times from costs that were planted, and bounds around them."""
    cost = np.array([0.2e-9, 5e-9, 60e-9]) * rng.uniform(0.7, 1.4, size=3)
    counts = np.round(10 ** rng.uniform(0, 1.5, size=(16, 3)) * [1e9, 4e7, 3e6])
    measured = counts @ cost * (1 + noise * rng.normal(size=16))
    held_out = rng.permutation(16) < 4
    return call(counts, measured, cost / loosest, cost * loosest, held_out)


def exact(rng):
    return machine(rng, 0.0, 50.0)


def noisy(rng):
    return machine(rng, 0.08, 50.0)


def tight(rng):
    """Bounds that bind, on both sides: they leave out the costs with which the times were made."""
    counts, measured, low, high, held_out = machine(rng, 0.1, 30.0).args
    cost = 30 * low
    return call(counts, measured, [1.25 * cost[0], *low[1:]], [*high[:2], 0.7 * cost[2]], held_out)


def errors(found):
    return [found["train_error"], found["test_error"]]


CALIBRATION = Exercise(
    "m03_calibrated_costs",
    reference=calibrated_costs,
    checks=[
        Equal(
            "planted costs",
            weight=0.75,
            cases=sampled(exact, count=3),
            rtol=1e-3,
            part=lambda found: found["cost_s"],
            message="Times without noise: the costs with which they were made.",
        ),
        Equal(
            "relative errors",
            weight=1,
            cases=sampled(noisy, count=3),
            rtol=1e-3,
            part=lambda found: found["cost_s"],
            message="Times with noise, long runs and short ones.",
        ),
        Equal(
            "bounds that bind",
            weight=0.75,
            cases=sampled(tight, count=3),
            rtol=1e-3,
            part=lambda found: found["cost_s"],
            message="Costs that would like to leave their bounds.",
        ),
        Equal(
            "errors of both groups",
            weight=0.75,
            cases=sampled(noisy, count=3),
            rtol=1e-2,
            part=errors,
            message="How well the costs fit the runs they were fitted to, and those held out.",
        ),
        Equal(
            "can they be told apart",
            weight=0.5,
            cases=sampled(noisy, count=3),
            rtol=1e-3,
            part=lambda found: found["condition"],
            message="The condition number of the scaled counts.",
        ),
        Raises(
            ValueError,
            "nothing to fit",
            weight=0.25,
            cases=[
                call([[1, 2], [2, 1], [1, 1]], [1, 0, 3], [0, 0], [1, 1], [False, False, True]),
                call([[1, 2], [2, 1], [1, 1]], [1, 2, 3], [0, 0], [1, 1], [False, False, False]),
                call([[1, 2], [2, 1], [1, 1]], [1, 2, 3], [0, 0], [1, 1], [False, True, True]),
            ],
            message="Times that are not positive, nothing held out, and too few runs to fit to.",
        ),
    ],
)

# --- one link, two simulators -----------------------------------------------------------------------------------------


def link(rng, room=4, packets=50):
    """Lines of a trace, delays, and what was dropped, of a link of 10 ms a packet and 4 ms of propagation."""
    lines, delays, dropped, free, queue = [], [], 0, 0.0, []
    for time in np.cumsum(rng.exponential(0.0095, packets)):
        queue = [begins for begins in queue if begins > time]
        if len(queue) >= room:
            lines.append((time, "d"))
            dropped += 1
            continue
        begins = max(time, free)
        free = begins + 0.010
        queue.append(begins)
        lines += [(time, "+"), (begins, "-"), (free + 0.004, "r")]
        delays.append(free + 0.004 - time)
    return sorted(lines), delays, dropped


def trace_text(lines):
    return "\n".join(f"{what} {time:.9f} /NodeList/0/DeviceList/0 ns3::PppHeader (IP)" for time, what in lines)


def scalar_text(received, dropped, mean_s, count=None, version="version 3"):
    lines = [version, "run Link-0-20260101", "attr configname Link", "", 'par Link.app size "1220 B"']
    lines += [f"scalar Link.queue packetDropped:count {dropped}", "attr title dropped"]
    lines += ["statistic Link.queue queueingTime:stats", f"field count {received}", "field mean 0.0123", "attr unit s"]
    lines += [f"scalar Link.app packetReceived:count {received}", "statistic Link.app endToEndDelay:stats"]
    lines += [f"field count {received if count is None else count}", f"field mean {mean_s:.9f}", "field stddev 0.02"]
    return "\n".join(lines) + "\n"


def any_link(rng):
    lines, _, _ = link(rng)
    _, delays, dropped = link(rng)
    return call(trace_text(lines), scalar_text(len(delays), dropped, float(np.mean(delays))))


LINKS = sampled(any_link, count=4)
SHORT, SCALARS = [(1.0, "+"), (1.0, "-"), (2.0, "r")], scalar_text(9, 1, 0.02)

LINK = Exercise(
    "m03_link_table",
    reference=link_table,
    checks=[
        Equal(
            "packets",
            weight=0.75,
            cases=LINKS,
            part=column("received", "dropped", by="tool"),
            message="What was received, and what was dropped.",
        ),
        Equal("loss", weight=0.5, cases=LINKS, part=column("loss", by="tool"), message="The share that was dropped."),
        Equal(
            "delays",
            weight=1,
            cases=[LINKS, call(trace_text(SHORT), SCALARS)],
            part=column("mean_delay_s", by="tool"),
            message="The mean delay, with the wait in the queue.",
        ),
        Raises(
            ValueError,
            "a trace that is not whole",
            weight=0.375,
            cases=[
                call(trace_text([*SHORT, (1.5, "d")]), SCALARS),
                call(trace_text([(0.5, "r"), *SHORT[:2]]), SCALARS),
                call(trace_text(SHORT[:2]), SCALARS),
                call("", SCALARS),
            ],
            message="Times that fall, packets that nobody sent or got, and an empty trace.",
        ),
        Raises(
            ValueError,
            "scalars that are not whole",
            weight=0.375,
            cases=[
                call(trace_text(SHORT), scalar_text(9, 1, 0.02, version="run 3")),
                call(trace_text(SHORT), scalar_text(9, 1, 0.02, count=8)),
                call(trace_text(SHORT), SCALARS.replace("packetDropped", "packetQueued")),
                call(trace_text(SHORT), SCALARS.rpartition("field mean")[0]),
            ],
            message="No version, a number that is missing, and two counts that differ.",
        ),
    ],
)
