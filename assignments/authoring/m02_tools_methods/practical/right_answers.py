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
