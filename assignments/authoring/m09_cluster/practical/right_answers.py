"""Right answers of module 9's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m09_packed_bins", by="lists of what lies in each bin")
def packed_by_lists(sizes, capacity, rule):
    """Keeps the contents of the bins, and looks at their sums in hundred-millionths."""
    if rule not in ("first fit", "best fit", "first fit decreasing", "best fit decreasing"):
        raise ValueError("no such rule")
    items = [(round(float(size) / capacity * 1e8), place) for place, size in enumerate(sizes)]
    room = 10**8
    if any(not 0 < size <= room for size, _ in items):
        raise ValueError("an item fits nowhere, or has no size")
    bins = []
    for item in sorted(items, key=lambda one: (-one[0], one[1])) if "decreasing" in rule else items:
        loads = [sum(size for size, _ in one) for one in bins]
        fits = [number for number, load in enumerate(loads) if load + item[0] <= room]
        if rule[:4] == "best":
            fits.sort(key=lambda number: (-loads[number], number))
        if fits:
            bins[fits[0]].append(item)
        else:
            bins.append([item])
    where = {place: number for number, one in enumerate(bins) for _, place in one}
    return [where[place] for place in range(len(items))]


@answer("m09_fewest_bins_bound", by="fractions, threshold by threshold")
def bound_by_fractions(sizes, capacity):
    """The same groups in exact arithmetic."""
    items = [Fraction(float(size)).limit_denominator(10**6) for size in sizes]
    c = Fraction(capacity).limit_denominator(10**6)
    if any(item <= 0 or item > c for item in items):
        raise ValueError("an item fits nowhere, or has no size")
    best = 0
    for k in {Fraction(0)} | {item for item in items if 2 * item <= c}:
        groups = {"alone": 0, "large": 0}
        over = Fraction(0)
        for item in items:
            if item > c - k:
                groups["alone"] += 1
            elif 2 * item > c:
                groups["large"] += 1
                over -= c - item
            elif item >= k:
                over += item
        best = max(best, sum(groups.values()) + max(0, math.ceil(over / c)))
    return best


@answer("m09_node_scores", by="whole numbers and a data frame")
def scores_by_rows(request, allocatable, requested, weights):
    """Row by row, in Python's whole numbers."""
    rows = []
    for has, used in zip(np.asarray(allocatable).tolist(), np.asarray(requested).tolist(), strict=True):
        asked = [int(one) for one in request]
        fits = all(d == 0 or u + d <= c for d, u, c in zip(asked, used, has, strict=True))
        there = [(d, u, c, int(w)) for d, u, c, w in zip(asked, used, has, weights, strict=True) if c]
        total = sum(w for *_, w in there) or 1
        there = [(d, u, c, min(u + d, c), w) for d, u, c, w in there]
        least = sum(w * ((c - full) * 100 // c) for *_, c, full, w in there) // total if fits else 0
        most = sum(w * (full * 100 // c) for *_, c, full, w in there) // total if fits else 0
        full = [full / c for *_, c, full, _ in there]
        mean = sum(full) / len(full)
        sigma = math.sqrt(sum((one - mean) ** 2 for one in full) / len(full))
        row = {"fits": fits, "least": least, "most": most, "balanced": 0, "alignment": 0.0}
        if fits:
            row["balanced"] = math.floor(100 - 100 * sigma + 1e-9)
            row["alignment"] = sum(d * (c - u) / c**2 for d, u, c, *_ in there)
        rows.append(row)
    return pd.DataFrame(rows)


@answer("m09_fragmentation_gpus", by="GPU after GPU")
def fragments_gpu_by_gpu(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    """Asks each GPU whether a task can use it."""
    lost = 0.0
    for asked, cpus, share in zip(task_gpus, task_cpus, task_share, strict=True):
        enough = [round(float(one) - min(asked, 1), 8) >= 0 for one in free_gpus]
        can_run = asked > 0 and cpus <= free_cpus and enough.count(True) >= asked
        lost += share * sum(one for one, good in zip(free_gpus, enough, strict=True) if not (can_run and good))
    return lost


@answer("m09_choose_node", by="the fullest node with room")
def the_fullest_node(free_gpus, task_gpus, mix):
    """Best fit; of equals the one with the fewest GPUs that are whole."""
    share = min(task_gpus, 1) - 1e-9
    room = [n for n, gpus in enumerate(free_gpus) if sum(free >= share for free in gpus) >= task_gpus]
    return min(room, key=lambda n: (round(sum(free_gpus[n]), 6), sum(free > 0.999 for free in free_gpus[n])))


@answer("m09_mig_layout", by="all choices of start slots, in order")
def layout_by_choices(profiles, taken=()):
    """Tries every combination of places."""
    size = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}
    starts = {"1g": range(7), "2g": range(0, 5, 2), "3g": (0, 4), "4g": (0,), "7g": (0,)}
    if sum(int(one[0]) for one in profiles) > 7 or sum(size[one] for one in profiles) + len(taken) > 8:
        return None
    for choice in itertools.product(*(starts[one] for one in profiles)):
        slices = [one for p, s in zip(profiles, choice, strict=True) for one in range(s, s + size[p])] + list(taken)
        if len(slices) == len(set(slices)):
            return list(choice)
    return None


@answer("m09_reservation", by="sorting the ends, and adding up")
def promise_by_sums(now_s, free_gpus, running, needed_gpus):
    """A running total over the ends, of which only the last of each moment counts."""
    ends = sorted([(max(end_s, now_s), gpus) for gpus, end_s in running] + [(now_s, 0)])
    totals = free_gpus + np.cumsum([gpus for _, gpus in ends])
    if totals[-1] < needed_gpus:
        raise ValueError("never")
    start_s = ends[int(np.argmax(totals >= needed_gpus))][0]
    free = max(total for total, (end_s, _) in zip(totals, ends, strict=True) if end_s == start_s)
    return {"start_s": start_s, "spare_gpus": int(free - needed_gpus)}


@answer("m09_jobs_to_start", by="a reservation for everybody")
def conservatively(now_s, free_gpus, running, queue):
    """Conservative backfill: plans all waiting jobs in their order, and starts those whose time is now."""
    total = free_gpus + sum(gpus for gpus, _ in running)
    plan = [(now_s, end_s, gpus) for gpus, end_s in running if end_s > now_s]
    free_later = sum(gpus for gpus, end_s in running if end_s <= now_s)
    if free_later:  # jobs at their end give back in a moment
        plan.append((now_s, now_s + 1e-6, free_later))
    chosen = []
    for place, (gpus, takes_s) in enumerate(queue):
        for start_s in sorted({now_s, *(end_s for _, end_s, _ in plan)}):
            inside = [start_s, *(begin for begin, _, _ in plan if start_s < begin < start_s + takes_s)]
            if all(sum(g for b, e, g in plan if b <= at < e) + gpus <= total for at in inside):
                plan.append((start_s, start_s + takes_s, gpus))
                if start_s == now_s:
                    chosen.append(place)
                break
    return chosen


@answer("m09_drf_tasks", by="a list of what is left")
def drf_by_what_is_left(capacity, demand, weights):
    """Takes each task out of what is left."""
    if min(capacity) < 0 or np.min(demand) < 0 or min(weights) <= 0 or any(sum(row) <= 0 for row in demand):
        raise ValueError("no such users")
    left, tasks, out = [float(one) for one in capacity], [0] * len(demand), set()
    for user, row in enumerate(demand):
        if any(need > has for need, has in zip(row, capacity, strict=True)):
            out.add(user)
    step = [
        max((need / has for need, has in zip(row, capacity, strict=True) if has > 0), default=0) / weight
        for row, weight in zip(demand, weights, strict=True)
    ]
    while len(out) < len(demand):
        lowest = min(tasks[user] * step[user] for user in range(len(demand)) if user not in out)
        user = next(u for u in range(len(demand)) if u not in out and tasks[u] * step[u] <= lowest + 1e-9)
        after = [has - need for has, need in zip(left, demand[user], strict=True)]
        if all(rest >= -1e-9 * (has or 1) for rest, has in zip(after, capacity, strict=True)):
            left = after
            tasks[user] += 1
        else:
            out.add(user)
    return tasks


@answer("m09_quota_cohort", by="a ledger of each team")
class CohortByLedgers:
    """Teams with their jobs, and a clock of admissions."""

    def __init__(self, nominal, borrowing):
        if sorted(nominal) != sorted(borrowing) or any(n < 0 for n in nominal.values()):
            raise ValueError("no cohort")
        if any(b < 0 for b in borrowing.values()):
            raise ValueError("no cohort")
        self._quota, self._most = nominal, {team: nominal[team] + borrowing[team] for team in nominal}
        self._ledger, self._clock = {team: {} for team in nominal}, 0

    def used(self, team):
        return sum(gpus for gpus, _, _ in self._ledger[team].values())

    def borrowed(self, team):
        extra = self.used(team) - self._quota[team]
        return extra if extra > 0 else 0

    def finish(self, job):
        for jobs in self._ledger.values():
            jobs.pop(job, None)

    def admit(self, job, team, gpus, priority):
        if team not in self._ledger or gpus <= 0 or any(job in jobs for jobs in self._ledger.values()):
            raise ValueError("no such job")
        own = self.used(team) + gpus
        if own > self._most[team]:
            return None
        free = sum(self._quota.values()) - sum(map(self.used, self._ledger))
        chosen = self._chosen(team, gpus - free) if own <= self._quota[team] else []
        if free + sum(size for _, size in chosen) < gpus:
            return None
        for name, _ in chosen:
            self.finish(name)
        self._clock += 1
        self._ledger[team][job] = (gpus, priority, self._clock)
        return [name for name, _ in chosen]

    def _chosen(self, team, missing):
        queue = []
        for other, jobs in self._ledger.items():
            if other != team:
                queue += [(level, -clock, name, other, size) for name, (size, level, clock) in jobs.items()]
        extra, chosen = {other: self.borrowed(other) for other in self._ledger}, []
        for _, _, name, other, size in sorted(queue):
            if sum(one for _, one in chosen) < missing and extra[other] > 0:
                chosen.append((name, size))
                extra[other] -= size
        for one in reversed(list(chosen)):
            if sum(size for _, size in chosen) - one[1] >= missing:
                chosen.remove(one)
        return chosen


@answer("m09_placed_all_reduce_s", by="step after step")
def all_reduce_by_steps(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    """Adds up the steps of all phases."""
    counts = [int(one) for one in devices_on_node if one != 0]
    if not counts or min(counts) < 0:
        raise ValueError("no such placement")
    if min(counts) < max(counts):
        n, steps = sum(counts), 2 * sum(counts) - 2
        startup_s, bytes_per_s = max(inner_startup_s, outer_startup_s), min(inner_bytes_per_s, outer_bytes_per_s)
        return sum(startup_s + size_bytes / (n * bytes_per_s) for _ in range(steps))
    each, nodes, total_s = counts[0], len(counts), 0.0
    for _ in range(2):
        for _ in range(each - 1):
            total_s += inner_startup_s + size_bytes / (each * inner_bytes_per_s)
        for _ in range(nodes - 1):
            total_s += outer_startup_s + size_bytes / (each * nodes * outer_bytes_per_s)
    return total_s


@answer("m09_goodput_figure", by="point after point")
def goodput_by_points(interval_s, checkpoint_s, restart_s, mtbf_s):
    """Computes each point on its own."""

    def exact(tau):
        return tau / mtbf_s / (math.exp((restart_s + tau + checkpoint_s) / mtbf_s) - math.exp(restart_s / mtbf_s))

    simple = [(tau, 1 - checkpoint_s / tau - tau / 2 / mtbf_s - restart_s / mtbf_s) for tau in interval_s]
    simple = [(tau, g) for tau, g in simple if g >= 0]
    young = (2 * checkpoint_s * mtbf_s) ** 0.5
    daly = young + checkpoint_s / 3 + young * checkpoint_s / (18 * mtbf_s) - checkpoint_s
    return {
        "title": "How much of the time is progress",
        "x": {"label": "interval between checkpoints [s]", "scale": "log", "limits": [interval_s[0], interval_s[-1]]},
        "y": {"label": "goodput [1]", "scale": "linear", "limits": [0, 1]},
        "series": [
            {"label": "first order", "kind": "line", "x": [tau for tau, _ in simple], "y": [g for _, g in simple]},
            {"label": "exact", "kind": "line", "x": list(interval_s), "y": [exact(tau) for tau in interval_s]},
        ],
        "marks": [{"label": name, "x": tau, "y": exact(tau)} for name, tau in (("Young", young), ("Daly", daly))],
        "left_out": [],
    }


@answer("m09_training_table", by="a data frame, plan after plan")
def plans_by_rows(model, plans, memory_bytes):
    """Looks each figure up in a small table."""
    bytes_of = {0: (16, 0), 1: (4, 12), 2: (2, 14), 3: (0, 16)}  # on every replica, divided among them
    rows = []
    for plan in plans:
        if plan["zero_stage"] not in bytes_of or model["layers"] % plan["pipeline"] != 0:
            raise ValueError("no such plan")
        whole, divided = bytes_of[plan["zero_stage"]]
        here = model["parameters"] / (plan["tensor"] * plan["pipeline"])
        tokens = model["sequence"] * plan["micro_batch"]
        one_layer = {
            "none": (34 * tokens * model["width"] + 5 * model["heads"] * model["sequence"] * tokens) / plan["tensor"],
            "selective": 34 * tokens * model["width"] / plan["tensor"],
            "full": 2 * tokens * model["width"],
        }
        if plan["recompute"] not in one_layer:
            raise ValueError("no such plan")
        layers = model["layers"] // plan["pipeline"]
        slots = plan["micro_batches"] + plan["pipeline"] - 1
        rows.append(
            {
                "devices": plan["tensor"] * plan["pipeline"] * plan["data"],
                "state_bytes": here * (whole + divided / plan["data"]),
                "activation_bytes": one_layer[plan["recompute"]]
                * layers
                * min(plan["pipeline"], plan["micro_batches"]),
                "idle_share": 1 - plan["micro_batches"] / slots,
            }
        )
        rows[-1]["fits"] = rows[-1]["state_bytes"] + rows[-1]["activation_bytes"] <= memory_bytes
    return pd.DataFrame(rows)
