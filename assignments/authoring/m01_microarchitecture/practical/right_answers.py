"""Right answers of module 1's practical notebook by other ways, written from the released notebook alone."""

from __future__ import annotations

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
