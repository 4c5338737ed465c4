"""Right answers of module 2's practical notebook by other ways than the reference's, written from the release alone."""

from __future__ import annotations

import math
import statistics
from collections import deque

import numpy as np
import pandas as pd

from graders.checks import answer

COUNTERS = (
    "SMT_ON",
    "CPU_CLK_UNHALTED.THREAD",
    "CPU_CLK_UNHALTED.THREAD_ANY",
    "IDQ_UOPS_NOT_DELIVERED.CORE",
    "INT_MISC.RECOVERY_CYCLES",
    "INT_MISC.RECOVERY_CYCLES_ANY",
    "UOPS_ISSUED.ANY",
    "UOPS_RETIRED.RETIRE_SLOTS",
)
"""As the notebook lists them."""


@answer("m02_attainable_flops_per_s", by="times instead of rates")
def attainable_by_times(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    """Per operation: its own time, and the time of its bytes; the longer one decides."""
    i, p, b = np.broadcast_arrays(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s)
    if np.isnan(i).any() or np.isnan(p).any() or np.isnan(b).any() or i.min() < 0 or p.min() <= 0 or b.min() <= 0:
        raise ValueError("not a kernel, or not a machine")
    with np.errstate(divide="ignore"):
        seconds_of_traffic = 1 / (i * b.astype(float))
    return 1 / np.maximum(1 / p, seconds_of_traffic)


@answer("m02_attainable_flops_per_s", by="a decision for each element")
def attainable_one_by_one(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    def one(intensity, peak, bandwidth):
        if not (intensity >= 0 and peak > 0 and bandwidth > 0):
            raise ValueError(f"no machine has {peak} flop/s and {bandwidth} B/s, or no kernel {intensity} flop/B")
        ridge = peak / bandwidth
        return intensity * bandwidth if intensity < ridge else peak

    return np.vectorize(one, otypes=[float])(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s)


@answer("m02_gemm_flops_per_byte", by="bytes per operation, matrix by matrix")
def gemm_by_reuse(m, n, k, element_bytes=2):
    """An element of A serves n multiply-adds, one of B serves m, one of C serves k: each brings its bytes for those."""
    per_multiply_add = sum(np.true_divide(element_bytes, uses) for uses in (n, m, k))
    return 2 / per_multiply_add


@answer("m02_gemm_flops_per_byte", by="one shape at a time, in whole numbers")
def gemm_one_by_one(m, n, k, element_bytes=2):
    def one(m, n, k, element_bytes):
        moved = int(m) * int(k) + int(k) * int(n) + int(m) * int(n)
        return 2 * int(m) * int(n) * int(k) / (moved * float(element_bytes))

    return np.vectorize(one, otypes=[float])(m, n, k, element_bytes)


@answer("m02_attention_flops_per_byte", by="bytes per operation of one query head")
def attention_per_score(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    """A score costs 4 d operations. Its bytes: part of a query and a result, of a shared key and value, and its own."""
    of_query, of_key = np.true_divide(2, keys), 2 * np.true_divide(kv_heads, heads) / queries
    of_score = 4 * (1 - np.asarray(fused, dtype=float)) / head_dim
    return 4 / (np.asarray(element_bytes, dtype=float) * (of_query + of_key + of_score))


@answer("m02_attention_flops_per_byte", by="a list of what is moved, kernel by kernel")
def attention_listed(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    def one(q, k, h, groups, d, size, on_chip):
        moved = {"Q": h * q * d, "K": groups * k * d, "V": groups * k * d, "O": h * q * d}
        if not on_chip:
            moved |= {"S out": h * q * k, "S in": h * q * k, "P out": h * q * k, "P in": h * q * k}
        operations = h * (2 * q * k * d) + h * (2 * q * d * k)
        return operations / (size * sum(moved.values()))

    arguments = (queries, keys, heads, kv_heads, head_dim, element_bytes)
    return np.vectorize(one, otypes=[float])(*(np.asarray(one, dtype=float) for one in arguments), fused)


@answer("m02_roofline_figure", by="a data frame, and roofs sampled at many points")
def roofline_sampled(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    table = pd.DataFrame(kernels).set_index("kernel")
    levels = list(bandwidths_bytes_per_s)
    traffic = table[[f"{level}_bytes_per_s" for level in levels]].set_axis(levels, axis="columns")
    intensity = (1 / traffic.where(traffic > 0)).mul(table["flops_per_s"], axis="index")
    drawn = intensity.notna().any(axis="columns") & (table["flops_per_s"] > 0)
    ridges = {level: peak_flops_per_s / bandwidths_bytes_per_s[level] for level in levels}
    values = np.concatenate([intensity[drawn].to_numpy().ravel(), list(ridges.values())])
    low, high = 0.5 * np.nanmin(values), np.nanmax(values) / 0.5
    lines, dots = [], []
    for level in levels:
        x = np.sort(np.append(np.geomspace(low, high, 60), ridges[level]))
        y = np.minimum(peak_flops_per_s, bandwidths_bytes_per_s[level] * x)
        lines.append({"kind": "line", "label": level, "x": x, "y": y})
    for name, row in intensity[drawn].iterrows():
        x = row.dropna().to_list()
        dots.append({"kind": "points", "label": name, "x": x, "y": np.full(len(x), table.loc[name, "flops_per_s"])})
    heights = np.concatenate([series["y"] for series in lines + dots])
    return {
        "title": "Roofline",
        "x": {"scale": "log", "label": "intensity [flop/B]", "limits": (low, high)},
        "y": {"scale": "log", "label": "performance [flop/s]", "limits": (0.5 * heights.min(), heights.max() / 0.5)},
        "series": lines + dots,
        "marks": [{"label": level, "x": ridges[level], "y": peak_flops_per_s} for level in levels],
        "left_out": list(table.index[~drawn]),
    }


@answer("m02_bottleneck_figure", by="workload by workload, layers filled as they grow")
def bottlenecks_one_by_one(shares, workloads):
    columns = {name: [float(share) for share in shares[name]] for name in shares}
    series = {name: {"label": name, "kind": "bars", "x": [], "y": [], "base": []} for name in columns}
    marks, left_out = [], []
    for row, workload in enumerate(workloads):
        own = {name: column[row] for name, column in columns.items()}
        if not all(share >= 0 for share in own.values()) or abs(math.fsum(own.values()) - 1) > 0.001:
            left_out.append(workload)
            continue
        height, largest = 0.0, -1.0
        for name, share in own.items():
            one = series[name]
            one["x"].append(workload)
            one["y"].append(100 * share)
            one["base"].append(height)
            if name != "retiring" and share > largest:
                largest, mark = share, {"label": name, "x": workload, "y": height + 50 * share}
            height += 100 * share
        marks.append(mark)
    drawn = [workload for workload in workloads if workload not in left_out]
    return {
        "title": "Bottlenecks",
        "x": {"label": "", "scale": "category", "limits": drawn},
        "y": {"label": "slots [%]", "scale": "linear", "limits": (0, 100)},
        "series": list(series.values()),
        "marks": marks,
        "left_out": left_out,
    }


@answer("m02_drill_down_path", by="recursion")
def path_by_recursion(values, tree):
    def below(parent):
        best = None
        for node, (its_parent, threshold) in tree.items():
            share = values.get(node, math.nan)
            if its_parent == parent and share > threshold and (best is None or share > values[best]):
                best = node
        return [] if best is None else [best, *below(best)]

    return below("")


@answer("m02_drill_down_path", by="a data frame of the nodes, sorted once")
def path_by_sorting(values, tree):
    nodes = pd.DataFrame.from_dict(tree, orient="index", columns=["parent", "threshold"])
    nodes["share"] = pd.Series(values, dtype=float)
    flagged = nodes[nodes["share"] > nodes["threshold"]].sort_values("share", ascending=False, kind="stable")
    path = [""]
    while (flagged["parent"] == path[-1]).any():
        path.append(flagged.index[flagged["parent"] == path[-1]][0])
    return path[1:]


@answer("m02_topdown_level_1", by="a data frame, back end by its own formula")
def topdown_with_a_frame(counters, width=4):
    c = pd.DataFrame({name: np.asarray(counters[name]) for name in counters})
    smt = c["SMT_ON"].astype(bool)
    clocks = c["CPU_CLK_UNHALTED.THREAD"].where(~smt, c["CPU_CLK_UNHALTED.THREAD_ANY"] / 2)
    recovery = c["INT_MISC.RECOVERY_CYCLES"].where(~smt, c["INT_MISC.RECOVERY_CYCLES_ANY"] / 2)
    per_slot = 1 / (clocks.where(clocks > 0) * width)
    lost, issued, kept = c["IDQ_UOPS_NOT_DELIVERED.CORE"], c["UOPS_ISSUED.ANY"], c["UOPS_RETIRED.RETIRE_SLOTS"]
    return pd.DataFrame(
        {
            "frontend_bound": lost * per_slot,
            "backend_bound": 1 - (lost + issued + width * recovery) * per_slot,
            "retiring": kept * per_slot,
            "bad_speculation": (issued - kept + width * recovery) * per_slot,
        }
    )


@answer("m02_topdown_level_1", by="row by row, without arrays")
def topdown_row_by_row(counters, width=4):
    names = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")
    columns = {name: [] for name in names}
    for row in zip(*(list(counters[name]) for name in COUNTERS), strict=True):
        smt, thread, any_thread, lost, recovery, any_recovery, issued, retired = (float(count) for count in row)
        slots = width * (any_thread / 2 if smt else thread)
        bubbles = width * (any_recovery / 2 if smt else recovery)
        wasted = issued - retired + bubbles
        for name, count in zip(names, (retired, wasted, lost, slots - retired - wasted - lost), strict=True):
            columns[name].append(count / slots if slots else math.nan)
    return columns


@answer("m02_perf_metrics_level_1", by="a data frame, corrections moved from account to account")
def metrics_with_a_frame(counters, clear_slots=0):
    c = pd.DataFrame({name: np.asarray(counters[name]) for name in counters})
    ends = ["RETIRING", "BAD_SPECULATION", "FRONTEND_BOUND", "BACKEND_BOUND"]
    fields = c[[f"PERF_METRICS.{end}" for end in ends]].set_axis(
        ["retiring", *map(str.lower, ends[1:])], axis="columns"
    )
    ran = (c["TOPDOWN.SLOTS"] > 0) & (fields.sum(axis="columns") > 0)
    shares = fields[ran].div(fields[ran].sum(axis="columns"), axis="index")
    moved = c.loc[ran, "INT_MISC.UOP_DROPPING"] / c.loc[ran, "TOPDOWN.SLOTS"]
    shares["frontend_bound"] -= moved
    shares["bad_speculation"] += moved
    if clear_slots != 0:
        cleared = c.loc[ran, "INT_MISC.CLEARS_COUNT"] / c.loc[ran, "TOPDOWN.SLOTS"] * clear_slots
        shares["backend_bound"] += cleared
        shares["bad_speculation"] -= cleared
    shares["bad_speculation"] = shares["bad_speculation"].clip(lower=0)
    return shares.reindex(c.index)


@answer("m02_perf_metrics_level_1", by="row by row, without arrays")
def metrics_row_by_row(counters, clear_slots=0):
    names = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")
    columns = {name: [] for name in names}
    table = {name: list(counters[name]) for name in counters}
    for row in range(len(table["TOPDOWN.SLOTS"])):
        kept, bad, lost, blocked = (float(table[f"PERF_METRICS.{name.upper()}"][row]) for name in names)
        whole, slots = kept + bad + lost + blocked, float(table["TOPDOWN.SLOTS"][row])
        if whole == 0 or slots == 0:
            found = [math.nan] * 4
        else:
            front = lost / whole - table["INT_MISC.UOP_DROPPING"][row] / slots
            back = blocked / whole + (clear_slots * table["INT_MISC.CLEARS_COUNT"][row] / slots if clear_slots else 0)
            found = [kept / whole, max(0.0, 1 - kept / whole - front - back), front, back]
        for name, share in zip(names, found, strict=True):
            columns[name].append(share)
    return columns


@answer("m02_topdown_level_2", by="a data frame of slots, divided once at the end")
def level_2_in_slots(counters, level_1, width=4):
    c, parents = (pd.DataFrame({name: np.asarray(table[name]) for name in table}) for table in (counters, level_1))
    clocks = c["CPU_CLK_UNHALTED.THREAD"].mask(c["SMT_ON"] == 1, c["CPU_CLK_UNHALTED.THREAD_ANY"] / 2)
    slots = width * clocks.where(clocks > 0)
    stores, none = c["EXE_ACTIVITY.BOUND_ON_STORES"], c["CYCLE_ACTIVITY.STALLS_TOTAL"]
    ports = c["EXE_ACTIVITY.1_PORTS_UTIL"] + parents["retiring"] * c["EXE_ACTIVITY.2_PORTS_UTIL"]
    memory = ((c["CYCLE_ACTIVITY.STALLS_MEM_ANY"] + stores) / (none + ports + stores)).fillna(0)
    guesses, clears = c["BR_MISP_RETIRED.ALL_BRANCHES"], c["MACHINE_CLEARS.COUNT"]
    guessed = (guesses / (guesses + clears)).fillna(0)
    lost = {
        "fetch_latency": width * c["IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE"],
        "branch_mispredicts": parents["bad_speculation"] * slots * guessed,
        "heavy_operations": c["UOPS_RETIRED.RETIRE_SLOTS"] + c["UOPS_RETIRED.MACRO_FUSED"] - c["INST_RETIRED.ANY"],
        "memory_bound": parents["backend_bound"] * slots * memory,
    }
    shares = pd.DataFrame(lost).div(slots, axis="index")
    shares["fetch_bandwidth"] = parents["frontend_bound"] - shares["fetch_latency"]
    shares["machine_clears"] = parents["bad_speculation"] - shares["branch_mispredicts"]
    shares["light_operations"] = parents["retiring"] - shares["heavy_operations"]
    shares["core_bound"] = parents["backend_bound"] - shares["memory_bound"]
    return shares


@answer("m02_topdown_level_2", by="row by row, siblings by their own formulas where there is one")
def level_2_row_by_row(counters, level_1, width=4):
    def one(count, share):
        clocks = count["CPU_CLK_UNHALTED.THREAD_ANY"] / 2 if count["SMT_ON"] else count["CPU_CLK_UNHALTED.THREAD"]
        if clocks == 0:
            return dict.fromkeys(names, math.nan)
        light = (count["INST_RETIRED.ANY"] - count["UOPS_RETIRED.MACRO_FUSED"]) / (width * clocks)
        heavy = count["UOPS_RETIRED.RETIRE_SLOTS"] / (width * clocks) - light
        nothing_came = count["IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE"] / clocks
        clears, guesses = count["MACHINE_CLEARS.COUNT"], count["BR_MISP_RETIRED.ALL_BRANCHES"]
        cleared = share["bad_speculation"] * (clears / (clears + guesses) if clears + guesses else 1)
        units = count["EXE_ACTIVITY.1_PORTS_UTIL"] + share["retiring"] * count["EXE_ACTIVITY.2_PORTS_UTIL"]
        waited = count["CYCLE_ACTIVITY.STALLS_MEM_ANY"] + count["EXE_ACTIVITY.BOUND_ON_STORES"]
        units += count["CYCLE_ACTIVITY.STALLS_TOTAL"] - count["CYCLE_ACTIVITY.STALLS_MEM_ANY"]
        core = share["backend_bound"] * (units / (units + waited) if units + waited else 1)
        found = (heavy, share["retiring"] - heavy, share["bad_speculation"] - cleared, cleared, nothing_came)
        found += (share["frontend_bound"] - nothing_came, share["backend_bound"] - core, core)
        return dict(zip(names, found, strict=True))

    names = ("heavy_operations", "light_operations", "branch_mispredicts", "machine_clears", "fetch_latency")
    names += ("fetch_bandwidth", "memory_bound", "core_bound")
    rows = []
    for row in range(len(list(counters["SMT_ON"]))):
        rows.append(one(*({name: float(list(table[name])[row]) for name in table} for table in (counters, level_1))))
    return {name: [found[name] for found in rows] for name in names}


@answer("m02_counter_multiplexer", by="a diary that is read again for every question")
class Diary:
    """Keeps every turn as it was, and no sums."""

    def __init__(self, counters, groups):
        self.counters, self.groups = counters, tuple(map(tuple, groups))
        self.turns = []
        if any(len(group) not in range(1, counters + 1) for group in self.groups):
            raise ValueError("each group must fit on the counters, and hold something")

    @property
    def active_events(self):
        start = len(self.turns) % len(self.groups) if self.groups else 0
        queue = self.groups[start:] + self.groups[:start]
        sizes = np.cumsum([len(group) for group in queue])
        fitting = int(np.searchsorted(sizes, self.counters, side="right"))
        return {*sum(queue[:fitting], ())}

    def tick(self, duration_s, counts):
        self.turns.append((duration_s, self.active_events, dict(counts)))

    def running_share(self, event):
        enabled = math.fsum(duration for duration, _, _ in self.turns)
        running = math.fsum(duration for duration, active, _ in self.turns if event in active)
        return running / enabled if self.turns else math.nan

    def estimate(self, event):
        raw = sum(counts.get(event, 0) for _, active, counts in self.turns if event in active)
        share = self.running_share(event)
        return raw / share if share > 0 else math.nan


@answer("m02_counter_multiplexer", by="a rotating queue of groups, sums in place")
class Rotation:
    """Each group keeps its own running time; groups stand in a deque."""

    def __init__(self, counters, groups):
        for group in groups:
            if not group or len(group) > counters:
                raise ValueError("a group that can never be counted")
        self.counters = counters
        self.queue = deque({"events": dict.fromkeys(group, 0), "running": 0.0} for group in groups)
        self.home = {event: group for group in self.queue for event in group["events"]}
        self.enabled = 0.0

    def _on(self):
        room = self.counters
        for group in self.queue:
            room -= len(group["events"])
            if room < 0:
                return
            yield group

    @property
    def active_events(self):
        return set().union(*(group["events"] for group in self._on()))

    def tick(self, duration_s, counts):
        self.enabled += duration_s
        for group in self._on():
            group["running"] += duration_s
            for event in group["events"]:
                group["events"][event] += counts.get(event, 0)
        self.queue.rotate(-1)

    def running_share(self, event):
        return self.home[event]["running"] / self.enabled if self.enabled else float("nan")

    def estimate(self, event):
        home = self.home[event]
        return home["events"][event] * self.enabled / home["running"] if home["running"] else float("nan")


@answer("m02_calibrate_counter", by="a system of linear equations")
def calibrated_by_lstsq(known, counted):
    known, medians = np.asarray(known, dtype=float), np.median(np.asarray(counted, dtype=float), axis=1)
    if known.min() == known.max():
        raise ValueError("these kernels are all of one size")
    system = np.column_stack([known, np.ones_like(known)])
    solution, *_ = np.linalg.lstsq(system, medians, rcond=None)
    return {"gain": solution[0], "offset": solution[1], "misfit": np.abs(system @ solution - medians).max()}


@answer("m02_calibrate_counter", by="sums, without arrays")
def calibrated_by_sums(known, counted):
    sizes = [float(size) for size in known]
    if len(set(sizes)) == 1:
        raise ValueError("one size")
    medians = [statistics.median(float(count) for count in runs) for runs in counted]
    count, size, median = len(sizes), math.fsum(sizes), math.fsum(medians)
    crossed = math.fsum((n - size / count) * c for n, c in zip(sizes, medians, strict=True))
    gain = crossed / math.fsum((n - size / count) ** 2 for n in sizes)
    offset = (median - gain * size) / count
    strayed = [abs(offset + gain * n - c) for n, c in zip(sizes, medians, strict=True)]
    return {"misfit": max(strayed), "offset": offset, "gain": gain}


@answer("m02_counter_verdicts", by="looking at the plots")
def judged_by_eye():
    return {
        "instructions": "exact",
        "branches": "correctable",
        "fp_operations": "correctable",
        "l2_misses": "broken",
        "stores": "broken",
        "machine_clears": "broken",
    }


@answer("m02_counter_verdicts", by="correcting each counter, and looking at what is left")
def judged_by_correcting(known, counted):
    verdicts = {}
    for counter, runs in counted.items():
        medians = np.median(runs, axis=1)
        gain, offset = np.polyfit(known, medians, 1)
        left = np.max(np.abs((medians - offset) / max(gain, 1e-9) - known)) / np.ptp(known)
        verdicts[counter] = "correctable" if left < 0.01 else "broken"
        if np.max(np.abs(medians - known) / known) <= 0.01:
            verdicts[counter] = "exact"
    return verdicts


@answer("m02_mended_metric_file", by="editing the text")
def edited(received):
    text = received.replace('"version": "1.28"', '"version": "1.37"')
    text = text.replace('"issued_uops": "UOPS_RETIRED.RETIRE_SLOTS"', '"issued_uops": "UOPS_ISSUED.ANY"')
    text = text.replace('"retired_slots": "UOPS_ISSUED.ANY"', '"retired_slots": "UOPS_RETIRED.RETIRE_SLOTS"')
    own, both = "thread_clocks * (1 - smt_on)", "0.5 * any_clocks * smt_on"
    return text.replace('"formula": "thread_clocks"', f'"formula": "{both} + {own}"')


@answer("m02_cpi_changes", by="two series")
def changes_of_series(shares_before, cpi_before, shares_after, cpi_after):
    if shares_before.keys() ^ shares_after.keys():
        raise ValueError("split into other nodes")
    return (pd.Series(shares_after) * cpi_after - pd.Series(shares_before) * cpi_before).to_dict()
