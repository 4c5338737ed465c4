"""What students really write in module 1's practical notebook."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- the stack of miss events -----------------------------------------------------------------------------------------

BASE, BRANCHES, FETCH, MEMORY, NONE = "base", "branches", "fetch", "memory", "no long miss"


def stacked(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles, **other):
    """A stack without a mistake, but for layers that are given."""
    count = {name: np.asarray(events[name]) for name in events if name != "program"}
    instructions = np.asarray(count["instructions"], dtype=float)
    overlapping = np.where(count["long_misses"] > 0, count["parallelism"], 1)
    layers = {
        "base": np.full(instructions.shape, 1 / width),
        "branches": count["branch_mispredictions"] * (count["resolution_cycles"] + frontend_cycles) / instructions,
        "fetch": count["fetch_misses"] * fetch_miss_cycles / instructions,
        "memory": count["long_misses"] / overlapping * memory_cycles / instructions,
    }
    return layers | other


@mistake(
    "m01_cpi_stack",
    misconception="misses wait one after the other",
    loses=[MEMORY, NONE],
    hint="You charged each long miss the whole latency. Those that are under way together wait at the same time.",
)
def one_after_the_other(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    per_instruction = np.asarray(events["long_misses"]) / np.asarray(events["instructions"])
    return stacked(
        events, width, frontend_cycles, fetch_miss_cycles, memory_cycles, memory=per_instruction * memory_cycles
    )


@mistake(
    "m01_cpi_stack",
    misconception="a branch costs the front end only",
    loses=[BRANCHES],
    hint="The front end starts anew only when the branch is known to be wrong. What passes until then is lost as well.",
)
def refill_only(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    per_instruction = np.asarray(events["branch_mispredictions"]) / np.asarray(events["instructions"])
    return stacked(
        events, width, frontend_cycles, fetch_miss_cycles, memory_cycles, branches=per_instruction * frontend_cycles
    )


@mistake(
    "m01_cpi_stack",
    misconception="a core does one instruction a cycle",
    loses=[BASE],
    hint="Without any event this core dispatches several instructions in each cycle. How long does one take?",
)
def one_a_cycle(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    return stacked(
        events,
        width,
        frontend_cycles,
        fetch_miss_cycles,
        memory_cycles,
        base=np.ones(len(np.asarray(events["instructions"]))),
    )


@mistake(
    "m01_cpi_stack",
    misconception="nothing over nothing",
    loses=[NONE],
    hint="A program that never waits for the memory loses no time to it. Your layer is not a number there.",
)
def not_a_number(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    groups = np.asarray(events["long_misses"]) / np.asarray(events["parallelism"])
    memory = groups * memory_cycles / np.asarray(events["instructions"])
    return stacked(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles, memory=memory)


@mistake(
    "m01_cpi_stack",
    misconception="cycles for cycles per instruction",
    loses=[BASE, BRANCHES, FETCH, MEMORY, NONE],
    hint="These are the cycles of the whole program. Cycles *per instruction* do not grow with its length.",
)
def whole_programs(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    stack = stacked(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles)
    return {layer: cycles * np.asarray(events["instructions"]) for layer, cycles in stack.items()}


@mistake(
    "m01_cpi_stack",
    misconception="shares for cycles",
    loses=[BASE, BRANCHES, FETCH, MEMORY, NONE],
    hint="You gave shares of the time, which add up to one. The layers are cycles, and add up to the CPI.",
)
def normalised(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    stack = stacked(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles)
    whole = sum(stack.values())
    return {layer: cycles / whole for layer, cycles in stack.items()}


# --- verdicts ---------------------------------------------------------------------------------------------------------

VERDICTS, SHARES, BEST, GAINS = "verdicts", "their shares", "the best changes", "what they bring"
NODES = ("frontend_bound", "bad_speculation", "memory_bound", "core_bound")


def shares_of(counters, width, recovery_width=None, issued_too=True, part="idle_clocks_load"):
    """Shares of the slots, node by node; arguments change one decision each."""
    count = {name: np.asarray(column, dtype=float) for name, column in counters.items() if name != "program"}
    slots = width * count["clocks"]
    recovery = (recovery_width or width) * count["recovery_clocks"]
    share = {
        "retiring": count["retired"] / slots,
        "bad_speculation": ((count["issued"] - count["retired"]) * issued_too + recovery) / slots,
        "frontend_bound": count["starved_slots"] / slots,
    }
    left = 1 - sum(share.values())
    of_memory = count[part] / (count["idle_clocks"] if part == "idle_clocks_load" else count["clocks"])
    return share | {"memory_bound": left * of_memory, "core_bound": left * (1 - of_memory)}


def judged(counters, changes, share, pays=None, nodes=NODES):
    """The table, from shares and from what a change pays."""
    pays = pays or (lambda share, fewer: 1 / (1 - share * (1 - 1 / fewer)))
    table = {name: [] for name in ("program", "verdict", "share", "change", "speedup")}
    for row, program in enumerate(counters["program"]):
        verdict = max(nodes, key=lambda node: share[node][row])
        gains = {one["change"]: float(pays(share[one["node"]][row], one["times_fewer"])) for one in changes}
        best = max(gains, key=gains.get)
        table["program"].append(program)
        table["verdict"].append(verdict)
        table["share"].append(float(share[verdict][row]))
        table["change"].append(best)
        table["speedup"].append(gains[best])
    return table


@mistake(
    "m01_pipeline_verdicts",
    misconception="the change at the verdict",
    loses=[BEST, GAINS],
    hint="You took the change that belongs to the verdict. Where most is lost, least may be offered: compare all.",
)
def change_at_the_verdict(counters, width, changes):
    share = shares_of(counters, width)
    table = judged(counters, changes, share)
    for row, verdict in enumerate(table["verdict"]):
        own = next(one for one in changes if one["node"] == verdict)
        table["change"][row] = own["change"]
        table["speedup"][row] = 1 / (1 - table["share"][row] * (1 - 1 / own["times_fewer"]))
    return table


@mistake(
    "m01_pipeline_verdicts",
    misconception="recovery in clocks",
    loses=[SHARES, BEST, GAINS],
    hint="Recovery is counted in clocks. In each of them all slots of the core are lost, not one.",
)
def recovery_in_clocks(counters, width, changes):
    return judged(counters, changes, shares_of(counters, width, recovery_width=1))


@mistake(
    "m01_pipeline_verdicts",
    misconception="retiring as a bottleneck",
    loses=[VERDICTS, SHARES],
    hint="A slot that retires is useful work. The verdict is about the slots that are lost.",
)
def retiring_too(counters, width, changes):
    return judged(counters, changes, shares_of(counters, width), nodes=(*NODES, "retiring"))


@mistake(
    "m01_pipeline_verdicts",
    misconception="the factor applies to the program",
    loses=[BEST, GAINS],
    hint="A factor makes the slots of one node fewer. What does the program gain, if that node is a tenth of it?",
)
def the_largest_factor(counters, width, changes):
    return judged(counters, changes, shares_of(counters, width), pays=lambda share, fewer: fewer)


@mistake(
    "m01_pipeline_verdicts",
    misconception="a share that goes altogether",
    loses=[BEST, GAINS],
    hint="You took away all slots of a node. The change leaves some: they become fewer by a factor, not none.",
)
def all_of_it(counters, width, changes):
    return judged(counters, changes, shares_of(counters, width), pays=lambda share, fewer: 1 / (1 - share))


@mistake(
    "m01_pipeline_verdicts",
    misconception="the gain for the speed-up",
    loses=[GAINS],
    hint="That is the share of the time that is saved. A speed-up is the time before over the time after.",
)
def saved_share(counters, width, changes):
    return judged(counters, changes, shares_of(counters, width), pays=lambda share, fewer: 1 + share * (1 - 1 / fewer))


# --- stack distances --------------------------------------------------------------------------------------------------

LOOPS, ANY, FIRST, NOTHING = "loops", "lines in any order", "first touches", "nothing"


def with_last_use(lines, distance, never=np.inf):
    """For each access what `distance` makes of the trace between it and the last use."""
    last, found = {}, []
    trace = [int(line) for line in np.asarray(lines).ravel()]
    for place, line in enumerate(trace):
        found.append(distance(trace[last[line] + 1 : place]) if line in last else never)
        last[line] = place
    return np.asarray(found, dtype=float)


@mistake(
    "m01_stack_distances",
    misconception="time for distance",
    loses=[LOOPS, ANY],
    hint="You counted accesses. A line that is touched twice in between takes only one place on the stack.",
)
def accesses_in_between(lines):
    return with_last_use(lines, len)


@mistake(
    "m01_stack_distances",
    misconception="the position on the stack",
    loses=[LOOPS, ANY],
    hint="You counted the line itself. A cache of one line holds what was touched last: it is less than 1 away.",
)
def positions(lines):
    return with_last_use(lines, lambda between: len(set(between)) + 1)


@mistake(
    "m01_stack_distances",
    misconception="a stack without moving up",
    loses=[LOOPS, ANY],
    hint="Your lines stay where they came in, as in a queue. A line that is touched comes to the top again.",
)
def queue(lines):
    stack, found = [], []
    for line in np.asarray(lines).tolist():
        found.append(len(stack) - 1 - stack.index(line) if line in stack else np.inf)
        if line not in stack:
            stack.append(line)
    return np.asarray(found, dtype=float)


@mistake(
    "m01_stack_distances",
    misconception="first touches are near",
    loses=[LOOPS, ANY, FIRST, NOTHING],
    hint="A first touch misses in every cache, however large. With your number it would hit in all of them.",
)
def minus_one(lines):
    return with_last_use(lines, lambda between: len(set(between)), never=-1)


@mistake(
    "m01_stack_distances",
    misconception="as far as the stack is deep",
    loses=[LOOPS, ANY, FIRST, NOTHING],
    hint="You put a first touch just below the stack: a cache one line larger would hit. No cache can.",
)
def as_deep_as_the_stack(lines):
    distances = with_last_use(lines, lambda between: len(set(between)))
    seen = 0
    for place in range(len(distances)):
        if np.isinf(distances[place]):
            distances[place] = seen
            seen += 1
    return distances


# --- prefetching ------------------------------------------------------------------------------------------------------

NEAR, FAR, MARK, LIMITS, AXES = "too near", "too far", "the best distance", "the two limits", "title and axes"


def drawn(distances, latency_cycles, iteration_cycles, stall, best=None, base=0):
    """The figure, from what an iteration waits at each distance."""
    times = [iteration_cycles + stall(ahead) for ahead in distances]
    best = times.index(min(times)) if best is None else distances.index(best)
    ends, slowest = [distances[0], distances[-1]], iteration_cycles + latency_cycles
    return {
        "title": "Prefetching",
        "x": {"label": "distance [iterations]", "scale": "linear", "limits": ends},
        "y": {"label": "time [cycle]", "scale": "linear", "limits": [base, slowest]},
        "series": [
            {"label": "prefetched", "kind": "points", "x": distances, "y": times},
            {"label": "no prefetch", "kind": "line", "x": ends, "y": [slowest] * 2},
            {"label": "no waiting", "kind": "line", "x": ends, "y": [iteration_cycles] * 2},
        ],
        "marks": [{"label": "best", "x": distances[best], "y": times[best]}],
        "left_out": [],
    }


def late(ahead, latency_cycles, iteration_cycles):
    return max(0, latency_cycles - ahead * iteration_cycles)


@mistake(
    "m01_prefetch_figure",
    misconception="late in every iteration",
    loses=[NEAR, FAR, MARK],
    hint="While the loop stands still, the next lines come nearer as well: it stands still once in d + 1 iterations.",
)
def always_late(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles)

    return drawn(distances, latency_cycles, iteration_cycles, stall)


@mistake(
    "m01_prefetch_figure",
    misconception="farther never hurts",
    loses=[FAR, MARK],
    hint="Your curve only falls. Count the lines that are in the cache between a prefetch and its use: do they fit?",
)
def no_cliff(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    return drawn(distances, latency_cycles, iteration_cycles, stall)


@mistake(
    "m01_prefetch_figure",
    misconception="one line an iteration",
    loses=[FAR, MARK],
    hint="An iteration may read several lines, and all of them take room. You counted one.",
)
def one_line_each(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if ahead + 1 > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    return drawn(distances, latency_cycles, iteration_cycles, stall)


@mistake(
    "m01_prefetch_figure",
    misconception="a prefetch waits, too",
    loses=[NEAR, FAR, MARK],
    hint="A prefetch is not waited for: it costs no time of its own. You let each iteration pay for its request.",
)
def prefetches_wait(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines or ahead == 0:
            return latency_cycles
        return latency_cycles / (ahead + 1)

    return drawn(distances, latency_cycles, iteration_cycles, stall)


@mistake(
    "m01_prefetch_figure",
    misconception="the farthest is the safest",
    loses=[MARK],
    hint="Of several distances that take equally long the nearest is best: it needs the least room.",
)
def farthest(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    times = [stall(ahead) for ahead in distances]
    best = max(ahead for ahead, time in zip(distances, times, strict=True) if time == min(times))
    return drawn(distances, latency_cycles, iteration_cycles, stall, best=best)


@mistake(
    "m01_prefetch_figure",
    misconception="an axis that begins at the least",
    loses=[AXES],
    hint="Your vertical axis does not begin at zero, so that a small gain looks like a large one.",
)
def cut_axis(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    return drawn(distances, latency_cycles, iteration_cycles, stall, base=iteration_cycles)


@mistake(
    "m01_prefetch_figure",
    misconception="no title",
    loses=[AXES],
    hint="Say in a title what your figure shows: in a report of thirty plots nobody guesses.",
)
def untitled(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    return drawn(distances, latency_cycles, iteration_cycles, stall) | {"title": ""}


@mistake(
    "m01_prefetch_figure",
    misconception="a loop without prefetches overlaps",
    loses=[LIMITS],
    hint="A loop that never asks early waits for the whole latency, and then computes. You let the two overlap.",
)
def overlapping(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def stall(ahead):
        if lines_per_iteration * (ahead + 1) > cache_lines:
            return latency_cycles
        return late(ahead, latency_cycles, iteration_cycles) / (ahead + 1)

    figure = drawn(distances, latency_cycles, iteration_cycles, stall)
    figure["series"][1]["y"] = [max(latency_cycles, iteration_cycles)] * 2
    return figure


# --- coherence --------------------------------------------------------------------------------------------------------

SILENT, READERS, UPGRADE, DIRTY = "a silent write", "readers", "an upgrade", "a dirty line"
SHARING, TRAFFIC, FEW, INVARIANT = "false sharing", "traffic", "few cores", "one writer or many readers"


class _Bus:
    """The protocol as it should be; each mistake below changes one of its decisions."""

    alone = "E"  # what a reader gets whom nobody else disturbs
    snooped = "S"  # what a holder keeps when somebody else reads
    upgrade = "BusUpgr"
    counts_copies = True
    writes_back = ("read", "write")
    least = 1

    def __init__(self, cores):
        if cores < self.least:
            raise ValueError("no cores")
        self.states = {}
        self.cores = range(cores)
        self.transactions = dict.fromkeys(("BusRd", "BusRdX", "BusUpgr"), 0)
        self.invalidations = self.write_backs = 0

    def state(self, core, line):
        return self.states.get((core, line), "I")

    def others(self, core, line):
        return [other for other in self.cores if other != core and self.state(other, line) != "I"]

    def read(self, core, line):
        if self.state(core, line) != "I":
            return
        self.transactions["BusRd"] += 1
        others = self.others(core, line)
        for other in others:
            self.write_backs += self.state(other, line) == "M" and "read" in self.writes_back
            self.states[other, line] = self.snooped
        self.states[core, line] = "S" if others else self.alone

    def write(self, core, line):
        mine, others = self.state(core, line), self.others(core, line)
        if mine == "S":
            self.transactions[self.upgrade] += 1
        elif mine == "I":
            self.transactions["BusRdX"] += 1
        for other in others:
            self.write_backs += self.state(other, line) == "M" and "write" in self.writes_back
            self.states[other, line] = "I"
        self.invalidations += len(others) if self.counts_copies else bool(others)
        self.states[core, line] = "M"


@mistake(
    "m01_snooping_bus",
    misconception="no exclusive state",
    loses=[SILENT, TRAFFIC],
    hint="Who reads a line that nobody else has may later write it without a word. You made it Shared.",
)
class ThreeStates(_Bus):
    alone = "S"


@mistake(
    "m01_snooping_bus",
    misconception="fetching what is there",
    loses=[UPGRADE, TRAFFIC],
    hint="A core that shares a line has its data already. It must tell the others, but need not fetch the line again.",
)
class FetchesAgain(_Bus):
    upgrade = "BusRdX"


@mistake(
    "m01_snooping_bus",
    misconception="a read takes the line away",
    loses=[READERS, UPGRADE, DIRTY, TRAFFIC],
    hint="When somebody else reads, a copy may stay: it becomes Shared. You made it Invalid.",
)
class Migratory(_Bus):
    snooped = "I"


@mistake(
    "m01_snooping_bus",
    misconception="one invalidation a write",
    loses=[UPGRADE, TRAFFIC],
    hint="A write to a line that three others hold costs three copies, and so three invalidations.",
)
class CountsWrites(_Bus):
    counts_copies = False


@mistake(
    "m01_snooping_bus",
    misconception="what is overwritten need not be saved",
    loses=[DIRTY, SHARING, TRAFFIC],
    hint="A write changes a word, not the whole line. The rest of a line that is Modified elsewhere must not be lost.",
)
class LosesDirtyLines(_Bus):
    writes_back = ("read",)


@mistake(
    "m01_snooping_bus",
    misconception="a reader gets it from the cache alone",
    loses=[DIRTY, TRAFFIC],
    hint="After a read of a Modified line both copies are Shared, and Shared means that memory is up to date.",
)
class NeverWritesBackForReaders(_Bus):
    writes_back = ("write",)


@mistake(
    "m01_snooping_bus",
    misconception="the holder stays as it is",
    loses=[READERS, DIRTY, TRAFFIC, INVARIANT],
    hint="Your reader gets a copy, and the holder does not notice: it may still write without telling anybody.",
)
class HolderStays(_Bus):
    def read(self, core, line):
        before = {other: self.state(other, line) for other in self.others(core, line)}
        super().read(core, line)
        for other, state in before.items():
            self.states[other, line] = state


@mistake(
    "m01_snooping_bus",
    misconception="a bus for nobody",
    loses=[FEW],
    hint="A bus without any core must be refused with ValueError.",
)
class ForNobody(_Bus):
    least = 0


# --- placement --------------------------------------------------------------------------------------------------------

OWNED, SHARED, SMALL = "one user each", "all use all", "a node that is too small"


@mistake(
    "m01_place_page",
    misconception="first come, first place",
    loses=[OWNED, SHARED, SMALL],
    hint="You fill one node after the other. Then one memory serves everybody, and most accesses are far.",
)
def in_order(accesses, free_pages, load, latency_s):
    return next(node for node, free in enumerate(free_pages) if free > 0)


@mistake(
    "m01_place_page",
    misconception="fair is best",
    loses=[OWNED, SMALL],
    hint="You deal pages out evenly. Nobody is crowded, but a page lies far from its users three times in four.",
)
def dealt_out(accesses, free_pages, load, latency_s):
    return max(range(len(free_pages)), key=lambda node: free_pages[node])


@mistake(
    "m01_place_page",
    misconception="nearness is everything",
    loses=[SHARED],
    hint="You look at the latency only. If all nodes use a page alike, the same node wins each time, and gets crowded.",
)
def nearest(accesses, free_pages, load, latency_s):
    cost = np.asarray(accesses) @ np.asarray(latency_s)
    return int(np.argmin(np.where(np.asarray(free_pages) > 0, cost, np.inf)))


@mistake(
    "m01_place_page",
    misconception="there is always room",
    loses=[SHARED, SMALL],
    hint="In one of the situations your policy put a page on a node that was full.",
)
def without_room(accesses, free_pages, load, latency_s):
    return int(np.argmin(np.asarray(accesses) @ np.asarray(latency_s)))


@mistake(
    "m01_place_page",
    misconception="balance is everything",
    loses=[OWNED, SMALL],
    hint="You look at the load only. Memories are equally busy, with accesses from the other end of the machine.",
)
def least_loaded(accesses, free_pages, load, latency_s):
    return int(np.argmin(np.where(np.asarray(free_pages) > 0, load, np.inf)))


# --- occupancy --------------------------------------------------------------------------------------------------------

WARPS, REGISTERS, MEMORY_OF, RESIDENT = "warps and blocks", "registers", "shared memory", "blocks and occupancy"
LAUNCH, REFUSED = "what cannot be launched", "impossible kernels"


def up(number, unit):
    return -(-number // unit) * unit


def registers_in_quarters(warps, registers, file):
    each = up(32 * registers, 256)
    return 4 * (file // 4 // each) // warps if each else np.inf


def held(threads, each, shared, sm, refuses=True, launches=True, exact_warps=False, **other):
    """Occupancy without a mistake, but for limits that are given; `each` thread has that many registers."""
    if refuses and (threads < 1 or each < 0 or shared < 0):
        raise ValueError("no such kernel")
    warps = threads / 32 if exact_warps else up(threads, 32) // 32
    size = up(shared + sm["reserved_shared_bytes_per_block"], sm["shared_granularity_bytes"])
    limits = {
        "warps": int(sm["max_warps"] // warps),
        "blocks": sm["max_blocks"],
        "registers": registers_in_quarters(warps, each, sm["registers"]),
        "shared_memory": sm["shared_bytes"] // size if size else np.inf,
    } | other
    if launches:
        limits["warps"] *= threads <= 1024
        limits["registers"] = 0 if each > 255 else limits["registers"]
        limits["shared_memory"] = 0 if shared > sm["max_shared_bytes_per_block"] else limits["shared_memory"]
    blocks = int(min(limits.values()))
    return {"limits": limits, "blocks": blocks, "occupancy": blocks * warps / sm["max_warps"]}


@mistake(
    "m01_block_occupancy",
    misconception="one large register file",
    loses=[REGISTERS, RESIDENT, LAUNCH],
    hint="You divided the whole file. It is cut into four quarters, and no warp lies on two of them.",
)
def whole_file(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    warps = max(up(threads_per_block, 32) // 32, 1)
    each = up(32 * registers_per_thread, 256)
    limit = multiprocessor["registers"] // (warps * each) if each else np.inf
    return held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor, registers=limit)


@mistake(
    "m01_block_occupancy",
    misconception="registers by the thread",
    loses=[REGISTERS, RESIDENT, LAUNCH],
    hint="Registers are given to warps, 256 at a time. You gave each thread just what it asked for.",
)
def registers_by_the_thread(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    asked = registers_per_thread * max(threads_per_block, 1)
    limit = multiprocessor["registers"] // asked if asked else np.inf
    return held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor, registers=limit)


@mistake(
    "m01_block_occupancy",
    misconception="the system takes nothing",
    loses=[MEMORY_OF, RESIDENT],
    hint="You counted only what the block asks for. The system reserves some for each block, where the table says so.",
)
def nothing_reserved(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    size = up(shared_bytes_per_block, multiprocessor["shared_granularity_bytes"])
    limit = multiprocessor["shared_bytes"] // size if size > 0 else np.inf
    return held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor, shared_memory=limit)


@mistake(
    "m01_block_occupancy",
    misconception="threads for warps",
    loses=[WARPS, RESIDENT],
    hint="The last warp of a block may be partly empty, and is resident all the same. You counted threads.",
)
def threads_for_warps(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    return held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor, exact_warps=True)


@mistake(
    "m01_block_occupancy",
    misconception="every block can be launched",
    loses=[LAUNCH],
    hint="Some blocks break a rule for a single block: too many threads, registers or bytes. Those are never resident.",
)
def everything_launches(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    return held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor, launches=False)


@mistake(
    "m01_block_occupancy",
    misconception="nothing is refused",
    loses=[REFUSED],
    hint="A block without threads is no kernel that scarcely fits: it is a wrong question, and raises ValueError.",
)
def nothing_is_refused(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    return held(max(threads_per_block, 1), registers_per_thread, shared_bytes_per_block, multiprocessor, refuses=False)


@mistake(
    "m01_block_occupancy",
    misconception="threads over threads",
    loses=[RESIDENT],
    hint="You related resident blocks to the most blocks. Occupancy is about warps: those are what hides latency.",
)
def of_the_blocks(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    found = held(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor)
    return found | {"occupancy": found["blocks"] / multiprocessor["max_blocks"]}
