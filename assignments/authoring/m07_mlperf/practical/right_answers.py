"""Right answers of module 7's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
from scipy import special

from graders.checks import answer


@answer("m07_scenario_log", by="generators of schedules, one for each kind of user")
def log_by_generators(scenario, service_s, gaps_s, min_duration_s, min_queries, samples_per_query=8):
    kinds = {"SingleStream": 1, "MultiStream": samples_per_query, "Server": 1, "Offline": 1}
    if scenario not in kinds or len(service_s) == 0 or min(service_s) <= 0:
        raise ValueError("no such run")
    times = itertools.cycle(service_s)
    if scenario == "Offline":
        ends = itertools.accumulate(times)
        count, end = next(
            (number, end) for number, end in enumerate(ends, 1) if end >= min_duration_s and number >= min_queries
        )
        return {"scheduled_s": [0.0], "completed_s": [end], "samples": [count]}
    if scenario == "Server":
        if len(gaps_s) == 0 or min(gaps_s) <= 0:
            raise ValueError("no such run")
        schedule = itertools.chain([0.0], itertools.accumulate(itertools.cycle(gaps_s)))
    else:
        schedule = None
    scheduled, completed = [], []
    while True:
        last = completed[-1] if completed else 0.0
        due = next(schedule) if schedule else last
        if due >= min_duration_s and len(scheduled) >= min_queries:
            break
        scheduled.append(due)
        completed.append(max(last, due) + sum(itertools.islice(times, kinds[scenario])))
    return {"scheduled_s": scheduled, "completed_s": completed, "samples": [kinds[scenario]] * len(scheduled)}


@answer("m07_latency_percentiles", by="exact fractions of whole percents")
def percentiles_by_fractions(scheduled_s, issued_s, completed_s, percentile):
    times = list(zip(scheduled_s, issued_s, completed_s, strict=True))
    if not times or not 0 < percentile < 1 or any(not due <= issued <= done for due, issued, done in times):
        raise ValueError("no latency")
    whole = round(percentile * 1_000_000) * len(times)  # in millionths
    rank, later = -(-whole // 1_000_000), whole // 1_000_000
    latencies = sorted(done - due for due, _, done in times)
    return {
        "nearest_rank_s": latencies[rank - 1],
        "loadgen_s": latencies[later],
        "from_issue_s": sorted(done - issued for _, issued, done in times)[rank - 1],
    }


@answer("m07_query_counts", by="chi-square instead of normal")
def counts_by_chi_square(percentile, confidence=0.99, part_of_tail=20):
    p = np.atleast_1d(np.asarray(percentile, dtype=float))
    if np.any(p <= 0) or np.any(p >= 1) or not 0 < confidence < 1:
        raise ValueError("no share")
    squared = special.chdtri(1, 1 - confidence)
    needed = [round(squared * part_of_tail**2 * one / (1 - one)) for one in p.tolist()]
    rounded = [8192 * math.ceil(count / 8192) for count in needed]
    if np.ndim(percentile) == 0:
        return {"needed": needed[0], "rounded": rounded[0]}
    return {"needed": needed, "rounded": rounded}


@answer("m07_early_stopping", by="the incomplete beta function, by bisection")
def early_stopping_by_bisection(latency_s, percentile, limit_s, confidence=0.99):
    falling = sorted(map(float, latency_s), reverse=True)
    if not falling or not 0 < percentile < 1 or not 0 < confidence < 1:
        raise ValueError("no run")

    def convinces(late, queries):
        return queries > late and special.betainc(queries - late, late + 1, percentile) <= 1 - confidence

    over, count = sum(one > limit_s for one in falling), len(falling)
    low, high = over, 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if convinces(over, middle) else (middle, high)
    late = 0
    while convinces(late + 1, count):
        late += 1
    return {
        "over": over,
        "missing": max(high - count, 0),
        "discarded": late - 1 if late else 0,
        "estimate_s": falling[late - 1] if late else math.inf,
    }


@answer("m07_batching_system", by="one sample after the other when it is loaded, answered in groups")
class SystemByGroups:
    """Finds the answer to each sample when it is loaded, and hands the answers out in groups."""

    def __init__(self, documents, batch_size):
        if batch_size < 1:
            raise ValueError("no batch")
        self._documents = [list(map(float, row)) for row in documents]
        self._size, self._memory, self._held, self._groups = batch_size, {}, [], 0

    @property
    def waiting(self):
        return len(self._held)

    @property
    def batches(self):
        return self._groups

    def load(self, indices, vectors):
        self._memory.update({int(index): self._best(row) for index, row in zip(indices, vectors, strict=True)})

    def unload(self, indices):
        gone = set(map(int, indices))
        self._memory = {index: best for index, best in self._memory.items() if index not in gone}

    def issue(self, ids, indices):
        if not set(map(int, indices)) <= set(self._memory):
            raise ValueError("not loaded")
        self._held += [[int(number), self._memory[int(index)]] for number, index in zip(ids, indices, strict=True)]
        full = len(self._held) // self._size
        self._groups += full
        ready, self._held = self._held[: full * self._size], self._held[full * self._size :]
        return ready

    def flush(self):
        rest, self._held = self._held, []
        self._groups += bool(rest)
        return rest

    def _best(self, vector):
        wanted = [float(one) for one in vector]
        scores = [sum(map(float.__mul__, row, wanted)) for row in self._documents]
        return scores.index(max(scores))


@answer("m07_log_audit", by="lines cut into parts, and all totals at once")
def audit_by_strings(detail):
    said = {}
    for line in detail.split("\n"):
        head, _, rest = line.partition(":::MLLOG ")
        if rest and not head:
            said[json.loads(rest)["key"]] = json.loads(rest)["value"]
    scenario = said.get("effective_scenario")
    if scenario is None:
        raise ValueError("no log")
    count = said["result_query_count"]
    if scenario == "Offline":
        short = 24_576 - count * said["generated_samples_per_query"]
    else:
        late = said["result_overlatency_query_count"] if scenario == "Server" else 1
        tail = 1 - said["effective_target_latency_percentile"]
        totals = np.arange(count, count + 20_000)
        short = int(np.argmax(special.bdtr(late, totals, tail) <= 0.01))
    wrong = []
    if said["effective_min_duration_ms"] < 600_000:
        wrong.append("duration")
    if said.get("num_errors"):
        wrong.append("errors")
    if said["effective_test_mode"] != "PerformanceOnly":
        wrong.append("mode")
    if short > 0:
        wrong.append("queries")
    if scenario == "MultiStream" and said["effective_samples_per_query"] != 8:
        wrong.append("samples_per_query")
    claimed = said["result_validity"] == "VALID"
    return {"scenario": scenario, "claimed": claimed, "missing": max(short, 0), "breaches": wrong}


@answer("m07_olympic_minutes", by="taking the extremes away one by one")
def olympic_by_removal(run_minutes, dropped=1):
    runs = list(map(float, run_minutes))
    if len(runs) < 2 * dropped + 1 or min(runs) <= 0:
        raise ValueError("no runs")
    for _ in range(dropped):
        runs.remove(min(runs))
        runs.remove(max(runs))
    return sum(runs) / len(runs)


@answer("m07_convergence_check", by="sums of squares, and the t-quantile of the incomplete beta function")
def convergence_by_sums(reference_epochs, submission_epochs, dropped=1):
    reference = sorted(map(float, reference_epochs))[dropped:]
    submission = sorted(map(float, submission_epochs))[dropped:]
    reference, submission = (
        reference[: max(len(reference) - dropped, 0)],
        submission[: max(len(submission) - dropped, 0)],
    )
    n, m = len(reference), len(submission)
    if not n or not m:
        raise ValueError("no runs")
    mean = sum(reference) / n
    spread = math.sqrt(sum((one - mean) ** 2 for one in reference) / n)
    freedom = n + m - 2
    share = special.betaincinv(freedom / 2, 0.5, 0.1)  # both tails of 5 %
    t = math.sqrt(freedom * (1 - share) / share)
    least = mean - t * spread * math.sqrt((n + m) / (n * m))
    return {
        "mean_epochs": mean,
        "least_epochs": least,
        "speedup": (mean - least) / least,
        "passes": sum(submission) >= m * least - 1e-12 * abs(m * least),
    }


@answer("m07_flops_utilisation", by="time for a sequence at the peak")
def utilisation_by_time(tokens_per_s, parameters, layers, heads, head_size, sequence, chips, peak_flops_per_s):
    weights = 6 * parameters * sequence
    attention = 12 * layers * heads * head_size * sequence**2
    shortest_s = (weights + attention) / (chips * peak_flops_per_s)
    return shortest_s / (sequence / tokens_per_s)


@answer("m07_tier_rates", by="the lowest rate that misses")
def tiers_by_misses(rate_per_s, ttft_p99_s, tpot_p99_s, tiers, offline_per_s):
    rates = np.asarray(rate_per_s, dtype=float)
    if not rates.size or offline_per_s <= 0:
        raise ValueError("no sweep")
    served = []
    for ttft, tpot in tiers.values():
        misses = (np.asarray(ttft_p99_s) > ttft) | (np.asarray(tpot_p99_s) > tpot)
        below = rates[rates < rates[misses].min(initial=np.inf)]
        served.append(below.max(initial=0.0))
    return {"tier": list(tiers), "rate_per_s": served, "of_offline": [rate / offline_per_s for rate in served]}
