"""Right answers of module 2 by other ways than the reference's, written from the released notebook alone."""

from __future__ import annotations

import math
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

    def __init__(self, counters, groups, fixed=()):
        self.counters, self.groups, self.fixed = counters, tuple(map(tuple, groups)), tuple(fixed)
        self.turns = []
        every = [*self.fixed, *sum(self.groups, ())]
        if self.counters <= 0 or sorted(set(every)) != sorted(every):
            raise ValueError("at least one counter, and each event once")
        if any(len(group) not in range(1, counters + 1) for group in self.groups):
            raise ValueError("each group must fit on the counters, and hold something")

    @property
    def active_events(self):
        start = len(self.turns) % len(self.groups) if self.groups else 0
        queue = self.groups[start:] + self.groups[:start]
        sizes = np.cumsum([len(group) for group in queue])
        fitting = int(np.searchsorted(sizes, self.counters, side="right"))
        return {*self.fixed, *sum(queue[:fitting], ())}

    def tick(self, duration_s, counts):
        if duration_s <= 0:
            raise ValueError("a turn lasts some time")
        self.turns.append((duration_s, self.active_events, dict(counts)))

    def raw(self, event):
        return sum(counts.get(event, 0) for _, active, counts in self.turns if event in active)

    def running_share(self, event):
        enabled = math.fsum(duration for duration, _, _ in self.turns)
        running = math.fsum(duration for duration, active, _ in self.turns if event in active)
        return running / enabled if self.turns else math.nan

    def estimate(self, event):
        share = self.running_share(event)
        return self.raw(event) / share if share > 0 else math.nan


@answer("m02_counter_multiplexer", by="a rotating queue of groups, sums in place")
class Rotation:
    """Each group keeps its own running time; groups stand in a deque."""

    def __init__(self, counters, groups, fixed=()):
        known = set()
        for event in [*fixed, *(event for group in groups for event in group)]:
            if event in known:
                raise ValueError(f"{event} is there twice")
            known.add(event)
        if counters < 1:
            raise ValueError("no counter")
        for group in groups:
            if not group or len(group) > counters:
                raise ValueError("a group that can never be counted")
        self.counters = counters
        self.fixed = dict.fromkeys(fixed, 0)
        self.queue = deque({"events": dict.fromkeys(group, 0), "running": 0.0} for group in groups)
        self.enabled = 0.0

    def _on(self):
        room = self.counters
        for group in self.queue:
            room -= len(group["events"])
            if room < 0:
                return
            yield group

    def _home(self, event):
        for group in self.queue:
            if event in group["events"]:
                return group
        return {"events": self.fixed, "running": self.enabled}

    @property
    def active_events(self):
        return set(self.fixed).union(*(group["events"] for group in self._on()))

    def tick(self, duration_s, counts):
        if not duration_s > 0:
            raise ValueError("a turn needs time")
        self.enabled += duration_s
        for event in self.fixed:
            self.fixed[event] += counts.get(event, 0)
        for group in self._on():
            group["running"] += duration_s
            for event in group["events"]:
                group["events"][event] += counts.get(event, 0)
        self.queue.rotate(-1)

    def raw(self, event):
        return self._home(event)["events"][event]

    def running_share(self, event):
        return self._home(event)["running"] / self.enabled if self.enabled else float("nan")

    def estimate(self, event):
        home = self._home(event)
        return self.raw(event) * self.enabled / home["running"] if home["running"] else float("nan")
