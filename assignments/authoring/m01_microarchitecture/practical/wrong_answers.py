"""What students really write in module 1's practical notebook."""

from __future__ import annotations

import math

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


# --- a window ---------------------------------------------------------------------------------------------------------

CHAIN, WIDTH, LATE, OVERTAKES, WINDOW = (
    "a chain",
    "the width",
    "in order at the end",
    "out of order in the middle",
    "the window",
)
IMPOSSIBLE = "impossible programs"


def retired(producers, latency_cycles, width, window, refuses=True, room=True, **other):
    """Cycles without a mistake, but for decisions that are given."""
    latencies = [int(one) for one in latency_cycles]
    if refuses and (min(width, window) < 1 or min(latencies, default=0) < 0):
        raise ValueError("no such core")
    if refuses and any(not 0 <= one < place for place, needs in enumerate(producers) for one in needs):
        raise ValueError("no such program")
    at, starts, done, gone = [], [], [], []
    for place, latency in enumerate(latencies):
        begins = at[-1] if at else 0
        together = other.get("dispatched", width)
        if place >= together:
            begins = max(begins, at[place - together] + 1)
        if place >= window > 0 and room:
            begins = max(begins, gone[place - window])
        at.append(begins)
        ready = max([begins, *(done[one] for one in producers[place] if other.get("waits", True))])
        if other.get("starts_in_order") and starts:
            ready = max(ready, starts[-1])
        starts.append(ready)
        done.append(ready + latency)
        leaves = [done[-1]]
        if gone and other.get("retires_in_order", True):
            leaves.append(gone[-1])
        if place >= width and other.get("retire_width", True):
            leaves.append(gone[place - width] + 1)
        gone.append(max(leaves))
    return np.array(gone, dtype=int)


@mistake(
    "m01_retired_cycles",
    misconception="a window without end",
    loses=[WINDOW],
    hint="Your core dispatches on and on behind a load. The window is full when so many wait to retire.",
)
def endless_window(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, room=False)


@mistake(
    "m01_retired_cycles",
    misconception="data are there at once",
    loses=[CHAIN, OVERTAKES, WINDOW],
    hint="You let instructions start before what they need has finished. Look at a chain: its latencies add up.",
)
def needs_nothing(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, waits=False)


@mistake(
    "m01_retired_cycles",
    misconception="starting in order",
    loses=[OVERTAKES, WINDOW],
    hint="You let nobody start before the one that stands before it. This core waits for data only, not for its turn.",
)
def one_behind_the_other(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, starts_in_order=True)


@mistake(
    "m01_retired_cycles",
    misconception="whoever has finished retires",
    loses=[LATE, OVERTAKES, WINDOW],
    hint="Your instructions retire as they finish. They may finish in any order, but retire in that of the program.",
)
def retires_when_finished(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, retires_in_order=False, retire_width=False)


@mistake(
    "m01_retired_cycles",
    misconception="retiring any number at once",
    loses=[LATE, OVERTAKES, WINDOW],
    hint="Behind a long instruction many are ready to retire. You let all go at once; the width holds there as well.",
)
def retires_at_once(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, retire_width=False)


@mistake(
    "m01_retired_cycles",
    misconception="dispatching one a cycle",
    loses=[WIDTH, OVERTAKES, WINDOW],
    hint="You dispatch one instruction in each cycle. A core of width 4 dispatches up to four.",
)
def one_dispatch_a_cycle(producers, latency_cycles, width, window):
    return retired(producers, latency_cycles, width, window, dispatched=1)


@mistake(
    "m01_retired_cycles",
    misconception="any program is a program",
    loses=[IMPOSSIBLE],
    hint="Some programs and cores cannot be: an instruction that needs itself, for one. They raise ValueError.",
)
def anything_goes(producers, latency_cycles, width, window):
    try:
        return retired(producers, latency_cycles, max(width, 1), max(window, 1), refuses=False)
    except IndexError:
        return np.zeros(len(producers), dtype=int)


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


# --- a cache with sets ------------------------------------------------------------------------------------------------

SETS, LAST, KINDS, WHOLE, LINES, NO_CACHE = (
    "sets",
    "the last to go",
    "capacity or conflict",
    "the cache without sets",
    "lines in any order",
    "no cache",
)


class _Cache:
    """The cache as it should be; each mistake below changes one of its decisions."""

    renews = renews_whole = True
    least = 1

    def __init__(self, sets, ways):
        if min(sets, ways) < self.least:
            raise ValueError("no cache")
        self.sets, self.ways = sets, ways
        self.own, self.whole, self.seen = {}, [], set()

    def set_of(self, line):
        return line % max(self.sets, 1)

    def kind(self, line, in_whole):
        return "conflict" if in_whole else "capacity"

    @staticmethod
    def touch(held, line, room, renews):
        there = line in held
        if there and renews:
            held.remove(line)
        if renews or not there:
            held.append(line)
        if len(held) > room:
            del held[0]

    def access(self, line):
        held = self.own.setdefault(self.set_of(line), [])
        hit, in_whole, again = line in held, line in self.whole, line in self.seen
        answer = "hit" if hit else self.kind(line, in_whole) if again else "compulsory"
        self.touch(held, line, max(self.ways, 1), self.renews)
        if self.renews_whole or not hit:
            self.touch(self.whole, line, self.sets * self.ways, True)
        self.seen.add(line)
        return answer


@mistake(
    "m01_lru_cache",
    misconception="first in, first out",
    loses=[LAST, LINES],
    hint="Your sets replace the line that *came* first. A hit makes a line the last to go.",
)
class ComesAndGoes(_Cache):
    renews = False


@mistake(
    "m01_lru_cache",
    misconception="the mask of a power of two",
    loses=[SETS, LINES],
    hint="You took the lower bits of the line. That is the remainder only if the number of sets is a power of two.",
)
class Masked(_Cache):
    def set_of(self, line):
        return line & (self.sets - 1)


@mistake(
    "m01_lru_cache",
    misconception="neighbours share a set",
    loses=[SETS, LAST, KINDS, WHOLE, LINES],
    hint="You put neighbours into the same set. Line x belongs to set x mod S: neighbours lie apart.",
)
class Neighbours(_Cache):
    def set_of(self, line):
        return line // max(self.sets, 1) % max(self.sets, 1)


@mistake(
    "m01_lru_cache",
    misconception="a full cache has no conflicts",
    loses=[WHOLE, LINES],
    hint="You asked whether the cache is full. Ask whether one of this size without sets would have held this line.",
)
class FullMeansCapacity(_Cache):
    def kind(self, line, in_whole):
        full = sum(len(held) for held in self.own.values()) >= self.sets * self.ways
        return "capacity" if full else "conflict"


@mistake(
    "m01_lru_cache",
    misconception="a set that is full is a conflict",
    loses=[KINDS, LINES],
    hint="You call every miss in a full set a conflict. If a cache without sets misses as well, it is capacity.",
)
class AlwaysConflict(_Cache):
    def kind(self, line, in_whole):
        return "conflict"


@mistake(
    "m01_lru_cache",
    misconception="the other cache sees misses only",
    loses=[WHOLE, LINES],
    hint="The cache without sets is asked at *every* access. Yours sees only what misses, and forgets lines that hit.",
)
class SeesMissesOnly(_Cache):
    renews_whole = False


@mistake(
    "m01_lru_cache",
    misconception="a cache of nothing",
    loses=[NO_CACHE],
    hint="A cache without sets or without ways must be refused with ValueError.",
)
class OfNothing(_Cache):
    least = 0


# --- access times -----------------------------------------------------------------------------------------------------

FIRST_LEVEL, BEHIND, MEAN = "the first level", "the levels behind it", "the mean"


def hierarchy(designs, accesses, ratios=None, mean=None):
    """Ratios and means without a mistake, but for what is given."""
    counted = [np.asarray(designs[f"l{level}_misses"], dtype=float) for level in (1, 2, 3)]
    cycles = [np.asarray(designs[f"{name}_cycles"], dtype=float) for name in ("l1", "l2", "l3", "memory")]
    local = ratios or [counted[0] / accesses, counted[1] / counted[0], counted[2] / counted[1]]

    def nested(cycles, local):
        return cycles[0] + local[0] * (cycles[1] + local[1] * (cycles[2] + local[2] * cycles[3]))

    table = {f"l{level}_miss_ratio": ratio for level, ratio in enumerate(local, start=1)}
    return table | {"average_cycles": (mean or nested)(cycles, local)}


@mistake(
    "m01_access_times",
    misconception="every ratio is one of all accesses",
    loses=[BEHIND, MEAN],
    hint="You divided by all accesses. L2 is asked only by those that miss L1: its local ratio is a share of these.",
)
def global_ratios(designs, accesses):
    return hierarchy(designs, accesses, [np.asarray(designs[f"l{level}_misses"]) / accesses for level in (1, 2, 3)])


@mistake(
    "m01_access_times",
    misconception="local ratios in a plain sum",
    loses=[MEAN],
    hint="You multiplied each level's time with one local ratio. To get to L3, an access must have missed L1 and L2.",
)
def plain_sum(designs, accesses):
    def flat(cycles, local):
        return cycles[0] + local[0] * cycles[1] + local[1] * cycles[2] + local[2] * cycles[3]

    return hierarchy(designs, accesses, mean=flat)


@mistake(
    "m01_access_times",
    misconception="who misses does not pay for the look",
    loses=[MEAN],
    hint="You charged each access only for the level where it hits. Whoever misses a level has asked it before.",
)
def pays_where_it_hits(designs, accesses):
    def weighted(cycles, local):
        beyond = (1 - local[1]) * cycles[1] + local[1] * ((1 - local[2]) * cycles[2] + local[2] * cycles[3])
        return (1 - local[0]) * cycles[0] + local[0] * beyond

    return hierarchy(designs, accesses, mean=weighted)


@mistake(
    "m01_access_times",
    misconception="today's local ratios stay",
    loses=[BEHIND, MEAN],
    hint="You took today's local ratios for all. A larger L1 changes which accesses reach L2, and so its ratio.",
)
def ratios_of_today(designs, accesses):
    counted = [np.asarray(designs[f"l{level}_misses"], dtype=float) for level in (1, 2, 3)]
    local = [counted[0] / accesses, counted[1] / counted[0], counted[2] / counted[1]]
    return hierarchy(designs, accesses, [local[0], *(np.full(len(one), one[0]) for one in local[1:])])


@mistake(
    "m01_access_times",
    misconception="hit ratios",
    loses=[FIRST_LEVEL, BEHIND],
    hint="These are the shares that hit. A miss ratio is the share that goes on to the next level.",
)
def hit_ratios(designs, accesses):
    table = hierarchy(designs, accesses)
    return {name: 1 - values if name.endswith("ratio") else values for name, values in table.items()}


# --- many at a time ---------------------------------------------------------------------------------------------------

FEW, BUSY, LIMIT, NEEDED = "few under way", "a busy memory", "limits", "lines for the peak"


def used(programs, under_way=None, capped=True, first=False, **other):
    """Bandwidth and limits without a mistake, but for what is given."""
    names = ("offered", "buffers", "line_bytes", "latency_s", "peak_bytes_per_s")
    given = {name: np.asarray(programs[name], dtype=float) for name in names}
    both = np.minimum(given["offered"], given["buffers"]) if under_way is None else under_way(given)
    arrives = both * given["line_bytes"] / given["latency_s"]
    fewer = np.where(given["offered"] < given["buffers"], "program", "buffers")
    return {
        "bytes_per_s": np.minimum(arrives, given["peak_bytes_per_s"]) if capped else arrives,
        "limit": np.where(arrives < given["peak_bytes_per_s"], fewer, "memory"),
        "lines_needed": given["peak_bytes_per_s"] * given["latency_s"] / given["line_bytes"],
    } | other


@mistake(
    "m01_memory_use",
    misconception="loads wait one after the other",
    loses=[FEW, BUSY, LIMIT],
    hint="You let one line arrive in each latency. Those that are under way together arrive together.",
)
def one_at_a_time(programs):
    return used(programs, under_way=lambda given: np.ones(len(given["offered"])))


@mistake(
    "m01_memory_use",
    misconception="hardware is always full",
    loses=[FEW, LIMIT],
    hint="You filled every buffer. A program that offers one load at a time leaves all others empty.",
)
def all_buffers(programs):
    return used(programs, under_way=lambda given: given["buffers"])


@mistake(
    "m01_memory_use",
    misconception="buffers without end",
    loses=[FEW, LIMIT],
    hint="You let everything be under way that the program offers. The hardware has only so many buffers.",
)
def all_that_is_offered(programs):
    return used(programs, under_way=lambda given: given["offered"])


@mistake(
    "m01_memory_use",
    misconception="Little's law has no peak",
    loses=[BUSY],
    hint="You let arrive whatever is under way. No memory delivers more than its peak; beyond, the latency grows.",
)
def no_peak(programs):
    return used(programs, capped=False)


@mistake(
    "m01_memory_use",
    misconception="what is under way is what is needed",
    loses=[NEEDED],
    hint="That is what this program has under way. What would it take to reach the peak, whoever asks?",
)
def present_lines(programs):
    return used(programs, lines_needed=np.minimum(programs["offered"], programs["buffers"]))


@mistake(
    "m01_memory_use",
    misconception="bytes for lines",
    loses=[NEEDED],
    hint="Bandwidth times latency are the *bytes* under way. How many lines are they?",
)
def bytes_needed(programs):
    return used(programs, lines_needed=np.asarray(programs["peak_bytes_per_s"]) * np.asarray(programs["latency_s"]))


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


# --- warps that are enough --------------------------------------------------------------------------------------------

BOUND, ENOUGH, NEVER, WARP_AXES = "the bound", "enough", "never enough", "title and axes"


def warps_drawn(latency, kernels, most, rate=None, enough=None, title="Warps", left_out=True):
    """The figure, from the rate of `n` warps with `own` under way in each, and from how many are enough."""
    rate = rate or (lambda n, own: min(1.0, n * own / latency))
    enough = enough or (lambda own: math.ceil(latency / own))
    fine = sorted({float(n) for n in range(most + 1)} | {latency / own for own in kernels if latency / own < most})
    return {
        "title": title,
        "x": {"label": "warps [1]", "scale": "linear", "limits": [0, most]},
        "y": {"label": "rate [1/cycle]", "scale": "linear", "limits": [0, 1]},
        "series": [
            {"label": str(own), "kind": "line", "x": fine, "y": [rate(n, own) for n in fine]} for own in kernels
        ],
        "marks": [{"label": str(own), "x": enough(own), "y": 1} for own in kernels if enough(own) <= most],
        "left_out": [str(own) for own in kernels if enough(own) > most] if left_out else [],
    }


@mistake(
    "m01_warps_figure",
    misconception="one instruction a warp",
    loses=[BOUND, ENOUGH, NEVER],
    hint="All your kernels are alike. A warp with four instructions under way does the work of four with one.",
)
def one_each(latency_cycles, independent, most_warps):
    return warps_drawn(
        latency_cycles,
        independent,
        most_warps,
        rate=lambda n, own: min(1.0, n / latency_cycles),
        enough=lambda own: latency_cycles,
    )


@mistake(
    "m01_warps_figure",
    misconception="more than one a cycle",
    loses=[BOUND],
    hint="Your lines go on rising. A scheduler issues at most one instruction in each cycle, however many are ready.",
)
def no_ceiling(latency_cycles, independent, most_warps):
    return warps_drawn(latency_cycles, independent, most_warps, rate=lambda n, own: n * own / latency_cycles)


@mistake(
    "m01_warps_figure",
    misconception="part of a warp",
    loses=[ENOUGH],
    hint="You marked the corner of the line. Warps come whole: how many are the least that reach the peak?",
)
def at_the_corner(latency_cycles, independent, most_warps):
    return warps_drawn(latency_cycles, independent, most_warps, enough=lambda own: latency_cycles / own)


@mistake(
    "m01_warps_figure",
    misconception="rounded down",
    loses=[ENOUGH],
    hint="You rounded down. With so many warps the scheduler is nearly busy, and now and then has nobody to ask.",
)
def rounded_down(latency_cycles, independent, most_warps):
    return warps_drawn(latency_cycles, independent, most_warps, enough=lambda own: max(latency_cycles // own, 1))


@mistake(
    "m01_warps_figure",
    misconception="nobody is left out",
    loses=[NEVER],
    hint="A kernel that needs more warps than there are has no mark. Say so in `left_out`: silence looks like success.",
)
def nobody_left_out(latency_cycles, independent, most_warps):
    return warps_drawn(latency_cycles, independent, most_warps, left_out=False)


@mistake(
    "m01_warps_figure",
    misconception="no title for the warps",
    loses=[WARP_AXES],
    hint="Your figure has no title: say what it shows.",
)
def warps_untitled(latency_cycles, independent, most_warps):
    return warps_drawn(latency_cycles, independent, most_warps, title="")


# --- a ring -----------------------------------------------------------------------------------------------------------

LARGE, EMPTY, ANY_BUFFER, ALONE = "large buffers", "empty buffers", "any buffers", "one device"


def ring(size_bytes, devices, startup_s, bandwidth_bytes_per_s, steps=None, piece=None):
    """Time of a ring without a mistake, but for its steps and the size of a piece."""
    size, count = np.asarray(size_bytes, dtype=float), np.asarray(devices)
    number = 2 * (count - 1) if steps is None else steps(count)
    sent = size / count if piece is None else piece(size, count)
    return number * (np.asarray(startup_s) + sent / np.asarray(bandwidth_bytes_per_s))


@mistake(
    "m01_ring_all_reduce_s",
    misconception="once around",
    loses=[LARGE, EMPTY, ANY_BUFFER],
    hint="After once around each device has the sum of *one* piece. Then the results must travel as well.",
)
def once_around(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    return ring(size_bytes, devices, startup_s, bandwidth_bytes_per_s, steps=lambda count: count - 1)


@mistake(
    "m01_ring_all_reduce_s",
    misconception="the whole buffer in every step",
    loses=[LARGE, ANY_BUFFER],
    hint="You sent the whole buffer in each step. A device sends one of n pieces, while all others do the same.",
)
def whole_buffer(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    return ring(size_bytes, devices, startup_s, bandwidth_bytes_per_s, piece=lambda size, count: size + 0 * count)


@mistake(
    "m01_ring_all_reduce_s",
    misconception="one start for all steps",
    loses=[EMPTY, ANY_BUFFER],
    hint="You paid the start-up once. Each step is a message of its own, and waits for the one before.",
)
def one_start(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    moving = ring(size_bytes, devices, 0.0, bandwidth_bytes_per_s)
    return moving + np.asarray(startup_s) * (np.asarray(devices) > 1)


@mistake(
    "m01_ring_all_reduce_s",
    misconception="all the way round",
    loses=[LARGE, EMPTY, ANY_BUFFER, ALONE],
    hint="A piece that has visited n devices has made n - 1 steps. You counted the way back to where it began.",
)
def all_the_way(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    return ring(size_bytes, devices, startup_s, bandwidth_bytes_per_s, steps=lambda count: 2 * count)
