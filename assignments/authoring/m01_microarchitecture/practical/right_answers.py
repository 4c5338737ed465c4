"""Right answers of module 1's practical notebook by other ways, written from the released notebook alone."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m01_cpi_stack", by="a data frame, row by row")
def cpi_stack_by_rows(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    def layers(row):
        groups = row["long_misses"] / row["parallelism"] if row["long_misses"] else 0.0
        cycles = {
            "base": row["instructions"] / width,
            "branches": row["branch_mispredictions"] * (frontend_cycles + row["resolution_cycles"]),
            "fetch": row["fetch_misses"] * fetch_miss_cycles,
            "memory": groups * memory_cycles,
        }
        return {layer: spent / row["instructions"] for layer, spent in cycles.items()}

    columns = {name: list(events[name]) for name in events}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return pd.DataFrame([layers(row) for row in rows])


@answer("m01_retired_cycles", by="a core that is played, cycle by cycle")
def retired_by_playing(producers, latency_cycles, width, window):
    latencies = list(latency_cycles)
    count = len(latencies)
    if width <= 0 or window <= 0 or any(one < 0 for one in latencies):
        raise ValueError("no such core")
    for place in range(count):
        if any(one >= place or one < 0 for one in producers[place]):
            raise ValueError("needs what does not stand before it")
    begun, done, gone = {}, {}, {}
    waiting = []  # begun, and not done
    cycle = 0
    while len(gone) < count:
        moved, left, came = True, 0, 0
        while moved:  # what happens in a cycle may make room for more in the same one
            moved = False
            if came < width and len(begun) < count and len(begun) - len(gone) < window:
                waiting.append(len(begun))
                begun[len(begun)] = cycle
                came, moved = came + 1, True
            for place in [*waiting]:
                if all(done.get(one, math.inf) <= cycle for one in producers[place]):
                    done[place] = cycle + latencies[place]
                    waiting.remove(place)
                    moved = True
            if left < width and len(gone) < len(begun) and done.get(len(gone), math.inf) <= cycle:
                gone[len(gone)] = cycle
                left, moved = left + 1, True
        cycle += 1
    return [int(gone[place]) for place in range(count)]


@answer("m01_pipeline_verdicts", by="slots that are left after each change, program by program")
def verdicts_by_slots(counters, width, changes):
    found = []
    for row, program in enumerate(counters["program"]):
        count = {name: counters[name][row] for name in counters}
        slots = {
            "retiring": count["retired"],
            "bad_speculation": count["issued"] - count["retired"] + width * count["recovery_clocks"],
            "frontend_bound": count["starved_slots"],
        }
        whole = width * count["clocks"]
        left = whole - sum(slots.values())
        slots["core_bound"] = left * (count["idle_clocks"] - count["idle_clocks_load"]) / count["idle_clocks"]
        slots["memory_bound"] = left - slots["core_bound"]
        after = [whole - slots[one["node"]] + slots[one["node"]] / one["times_fewer"] for one in changes]
        lost = sorted((number, node) for node, number in slots.items() if node != "retiring")
        best = int(np.argmin(after))
        found.append((program, lost[-1][1], lost[-1][0] / whole, changes[best]["change"], whole / after[best]))
    return pd.DataFrame(found, columns=["program", "verdict", "share", "change", "speedup"])


@answer("m01_stack_distances", by="sets of what lies in between")
def distances_by_sets(lines):
    trace = [int(line) for line in lines]
    found = []
    for place, line in enumerate(trace):
        between = set()
        for earlier in range(place - 1, -1, -1):
            if trace[earlier] == line:
                found.append(float(len(between)))
                break
            between.add(trace[earlier])
        else:
            found.append(math.inf)
    return found


@answer("m01_stack_distances", by="times of the last use, counted")
def distances_by_last_use(lines):
    last = {}
    found = np.full(len(lines), np.inf)
    for now, line in enumerate(np.asarray(lines).tolist()):
        if line in last:
            found[now] = np.sum(np.fromiter(last.values(), dtype=int) > last[line])
        last[line] = now
    return found


@answer("m01_lru_cache", by="the times of the last use")
class LruCache:
    def __init__(self, sets, ways):
        if sets <= 0 or ways <= 0:
            raise ValueError("no room for a line")
        self.shape = sets, ways
        self.now = 0
        self.last = {}
        self.inside = set()

    def access(self, line):
        sets, ways = self.shape
        self.now += 1
        before = self.last.get(line)
        since = sum(1 for time in self.last.values() if before is not None and time > before)
        self.last[line] = self.now
        if line in self.inside:
            return "hit"
        neighbours = [other for other in self.inside if (other - line) % sets == 0]
        if len(neighbours) == ways:
            self.inside.remove(min(neighbours, key=self.last.get))
        self.inside.add(line)
        if before is None:
            return "compulsory"
        return "conflict" if since < sets * ways else "capacity"


@answer("m01_access_times", by="cycles added up, level by level")
def times_by_adding_up(designs, accesses):
    found = []
    for row in range(len(designs["l1_misses"])):
        one = {name: designs[name][row] for name in designs}
        reached = [accesses, one["l1_misses"], one["l2_misses"], one["l3_misses"]]
        cycles = [one[name + "_cycles"] for name in ("l1", "l2", "l3", "memory")]
        spent = sum(number * each for number, each in zip(reached, cycles, strict=True))
        found.append([behind / before for before, behind in itertools.pairwise(reached)] + [spent / accesses])
    return pd.DataFrame(found, columns=["l1_miss_ratio", "l2_miss_ratio", "l3_miss_ratio", "average_cycles"])


@answer("m01_memory_use", by="three rates, of which the least counts")
def use_by_rates(programs):
    table = {"bytes_per_s": [], "limit": [], "lines_needed": []}
    columns = (list(programs[name]) for name in ("offered", "buffers", "line_bytes", "latency_s", "peak_bytes_per_s"))
    for offered, buffers, line, latency, peak in zip(*columns, strict=True):
        rates = {"memory": peak, "buffers": buffers * line / latency, "program": offered * line / latency}
        slowest = min(rates, key=rates.get)
        table["bytes_per_s"].append(rates[slowest])
        table["limit"].append(slowest)
        table["lines_needed"].append(peak / (line / latency))
    return table


@answer("m01_prefetch_figure", by="a loop that is played until it repeats")
def figure_by_playing(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    def mean_cycles(distance):
        if (distance + 1) * lines_per_iteration > cache_lines:
            return latency_cycles + iteration_cycles
        starts = [0.0] * (distance + 1)  # of the last iterations; the first ones find their lines
        ends = []
        for _ in range(6 * (distance + 1)):
            ready = starts[-distance - 1] + latency_cycles if distance else starts[-1] + latency_cycles
            starts.append(max(starts[-1], ready) + iteration_cycles)
            ends.append(starts[-1])
        round_of = distance + 1
        return (ends[-1] - ends[-1 - 3 * round_of]) / (3 * round_of)

    points = [(distance, mean_cycles(distance)) for distance in distances]
    best = min(points, key=lambda point: (round(point[1], 9), point[0]))
    first, last = points[0][0], points[-1][0]
    top, bottom = latency_cycles + iteration_cycles, iteration_cycles
    return {
        "title": "How far ahead?",
        "x": {"label": "prefetch distance [iterations]", "scale": "linear", "limits": (first, last)},
        "y": {"label": "per iteration [cycle]", "scale": "linear", "limits": (0, top)},
        "series": [
            {"label": "no waiting", "kind": "line", "x": [first, last], "y": [bottom, bottom]},
            {"label": "prefetched", "kind": "points", "x": [x for x, _ in points], "y": [y for _, y in points]},
            {"label": "no prefetch", "kind": "line", "x": np.arange(first, last + 1), "y": [top] * (last + 1 - first)},
        ],
        "marks": [{"label": "best", "x": best[0], "y": best[1]}],
        "left_out": [],
    }


@answer("m01_snooping_bus", by="one record a line: who has it, and whether it is dirty")
class SnoopingBus:
    def __init__(self, cores):
        if cores <= 0:
            raise ValueError("a bus needs cores")
        self.lines = {}
        self.seen = {"BusRd": 0, "BusRdX": 0, "BusUpgr": 0}
        self.invalidations = 0
        self.write_backs = 0

    @property
    def transactions(self):
        return dict(self.seen)

    def state(self, core, line):
        holders, dirty, alone = self.lines.get(line, (frozenset(), False, False))
        if core not in holders:
            return "I"
        if dirty:
            return "M"
        return "E" if alone else "S"

    def read(self, core, line):
        holders, dirty, _ = self.lines.get(line, (frozenset(), False, False))
        if core in holders:
            return
        self.seen["BusRd"] += 1
        self.write_backs += int(dirty)
        self.lines[line] = (holders | {core}, False, not holders)

    def write(self, core, line):
        holders, dirty, alone = self.lines.get(line, (frozenset(), False, False))
        if core not in holders:
            self.seen["BusRdX"] += 1
            self.write_backs += int(dirty)
        elif not (dirty or alone):
            self.seen["BusUpgr"] += 1
        self.invalidations += len(holders - {core})
        self.lines[line] = (frozenset({core}), True, True)


@answer("m01_place_page", by="the nearest node that is not too busy")
def near_unless_busy(accesses, free_pages, load, latency_s):
    nodes = range(len(accesses))
    pays = [sum(accesses[user] * latency_s[user][node] for user in nodes) for node in nodes]
    fair = (sum(load) + sum(accesses)) / len(accesses)
    room = [node for node in nodes if free_pages[node] > 0]
    calm = [node for node in room if load[node] <= 1.3 * fair] or room
    near = min(pays[node] for node in room)
    choice = min(room, key=lambda node: pays[node])
    indifferent = max(pays) < 1.6 * near
    return min(calm, key=lambda node: load[node]) if indifferent else choice


@answer("m01_place_page", by="a mean latency, and a penalty for more than a fair share")
def near_with_a_penalty(accesses, free_pages, load, latency_s):
    after = np.add(load, np.sum(accesses))
    near = np.average(latency_s, axis=0, weights=accesses)
    crowded = np.maximum(after / after.mean() - 1, 0) * np.ptp(latency_s)
    full = np.equal(free_pages, 0)
    return np.ma.masked_array(near + 0.9 * crowded, mask=full).argmin()  # a numpy integer


@answer("m01_block_occupancy", by="blocks that are put in until one does not fit")
def occupancy_by_filling(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    if threads_per_block <= 0 or registers_per_thread < 0 or shared_bytes_per_block < 0:
        raise ValueError("no kernel looks like this")
    warps = math.ceil(threads_per_block / 32)
    per_warp = math.ceil(registers_per_thread * 32 / 256) * 256
    grain = multiprocessor["shared_granularity_bytes"]
    shared = shared_bytes_per_block + multiprocessor["reserved_shared_bytes_per_block"]
    shared = math.ceil(shared / grain) * grain

    def filled(fits):
        count = 0
        while fits(count + 1):
            count += 1
        return count

    limits = {
        "warps": filled(lambda blocks: blocks * warps <= multiprocessor["max_warps"]),
        "blocks": multiprocessor["max_blocks"],
        "registers": math.inf,
        "shared_memory": math.inf,
    }
    if per_warp:
        quarter = multiprocessor["registers"] // 4
        limits["registers"] = filled(lambda blocks: math.ceil(blocks * warps / 4) * per_warp <= quarter)
    if shared:
        limits["shared_memory"] = filled(lambda blocks: blocks * shared <= multiprocessor["shared_bytes"])
    if threads_per_block > 1024:
        limits["warps"] = 0
    if registers_per_thread > 255:
        limits["registers"] = 0
    if shared_bytes_per_block > multiprocessor["max_shared_bytes_per_block"]:
        limits["shared_memory"] = 0
    resident = min(limits.values())
    return {"limits": limits, "blocks": resident, "occupancy": resident * warps / multiprocessor["max_warps"]}


@answer("m01_warps_figure", by="the rate at every whole number of warps, and at the corner")
def figure_by_counting(latency_cycles, independent, most_warps):
    lines, marks, never = [], [], []
    for own in independent:
        warps = list(range(most_warps + 1))
        rates = [min(n * own, latency_cycles) / latency_cycles for n in warps]
        busy = [n for n, rate in zip(warps, rates, strict=True) if rate == 1]
        if busy:
            marks.append({"label": str(own), "x": busy[0], "y": rates[busy[0]]})
            warps.insert(busy[0], latency_cycles / own)
            rates.insert(busy[0], 1.0)
        else:
            never.append(str(own))
        lines.append({"label": str(own), "kind": "line", "x": warps[::-1], "y": rates[::-1]})
    return {
        "title": "How many are enough?",
        "x": {"label": "warps of a scheduler [1]", "scale": "linear", "limits": (0, most_warps)},
        "y": {"label": "instructions [1/cycle]", "scale": "linear", "limits": (0, 1)},
        "series": lines[::-1],
        "marks": marks,
        "left_out": never,
    }


@functools.cache
def played_steps(devices):
    """Steps until every device of a ring has all pieces of all others."""
    parts = [[{device} for _ in range(devices)] for device in range(devices)]  # whose pieces are in which sum
    steps = 0
    while any(len(whose) < devices for sums in parts for whose in sums):
        pieces = [(device - steps) % devices for device in range(devices)]
        sent = [set(parts[device][piece]) for device, piece in enumerate(pieces)]
        for device, (piece, whose) in enumerate(zip(pieces, sent, strict=True)):
            parts[(device + 1) % devices][piece] |= whose
        steps += 1
    return steps


@answer("m01_ring_all_reduce_s", by="a ring that is played until all devices have all sums")
def ring_by_playing(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    def seconds(size, count, startup, bandwidth):
        return sum([startup + size / count / bandwidth] * played_steps(int(count)))

    return np.vectorize(seconds, otypes=[float])(size_bytes, devices, startup_s, bandwidth_bytes_per_s)
