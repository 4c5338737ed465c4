"""Right answers of module 8's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import heapq
import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from graders.checks import answer


@answer("m08_quantile_interval_s", by="binomial terms, one after the other")
def interval_by_terms(latency_s, quantile, confidence=0.95):
    """Walks up the ranks, and adds what a binomial gives to each."""
    values = sorted(float(latency) for latency in latency_s)
    n = len(values)
    if n < 1 or not (0 < quantile < 1 and 0 < confidence < 1):
        raise ValueError("no percentile")
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        + k * math.log(quantile) + (n - k) * math.log1p(-quantile)
        for k in range(n + 1)
    ]  # fmt: skip
    terms = [math.exp(log) for log in logs]
    below, above = [*itertools.accumulate(terms)], [*itertools.accumulate(reversed(terms))][::-1]
    low, high, tail = 0.0, math.inf, (1 - confidence) / 2
    for rank in range(1, n + 1):
        if below[rank - 1] <= tail:
            low = values[rank - 1]
        if high == math.inf and above[rank] <= tail:
            high = values[rank - 1]
    rank = math.ceil(Fraction(quantile).limit_denominator(10**6) * n)
    return {"estimate": values[rank - 1], "low": low, "high": high}


@answer("m08_merged_quantile_s", by="every request written down, and sorted")
def merged_by_sorting(counts, edges_s, quantile):
    """Gives each request the upper edge of its bin, and takes the one at the rank."""
    bins = len(edges_s) - 1
    if any(len(machine) != bins for machine in counts) or not 0 < quantile <= 1:
        raise ValueError("no such histograms, or no such share")
    latencies = sorted(
        float(edges_s[place + 1])
        for machine in counts
        for place, requests in enumerate(machine)
        for _ in range(int(requests))
    )
    if not latencies:
        raise ValueError("no requests")
    return latencies[math.ceil(Fraction(quantile).limit_denominator(10**6) * len(latencies)) - 1]


@answer("m08_any_slow_probability", by="leaf by leaf, and a trapezoid over the common load's quantiles")
def any_slow_by_quantiles(slow_probability, fan_out, correlation=0.0):
    """Averages over equally likely loads."""
    if not 0 <= correlation < 1:
        raise ValueError("no such correlation")
    u = (np.arange(20_000) + 0.5) / 20_000

    def one(slow, leaves):
        if not 0 <= slow <= 1 or leaves < 1:
            raise ValueError("no such leaf")
        if correlation == 0:
            return -math.expm1(leaves * math.log1p(-slow)) if slow < 1 else 1.0
        own = (ndtri(1 - slow) - math.sqrt(correlation) * ndtri(u)) / math.sqrt(1 - correlation)
        return 1 - float(np.mean(np.exp(leaves * np.log(np.maximum(ndtr(own), 1e-300)))))

    return np.vectorize(one, otypes=[float])(slow_probability, fan_out)


@answer("m08_queue_waits_s", by="a heap of departures")
def waits_by_heap(arrival_s, service_s, servers):
    """Keeps the times at which the servers that are busy will be free."""
    arrivals, services = list(map(float, arrival_s)), list(map(float, service_s))
    if servers < 1 or len(arrivals) != len(services):
        raise ValueError("no such pool, or no such trace")
    if any(later < earlier for earlier, later in itertools.pairwise(arrivals)) or min(services, default=0) < 0:
        raise ValueError("no such trace")
    departures, waits = [], []
    for now, takes in zip(arrivals, services, strict=True):
        while departures and departures[0] <= now:
            heapq.heappop(departures)
        begins = now if len(departures) < servers else heapq.heappop(departures)
        heapq.heappush(departures, begins + takes)
        waits.append(begins - now)
    return waits


@answer("m08_staffing_table", by="logarithms of the states")
def staffing_by_states(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    """Probabilities of all states of the pool, from their logarithms."""
    if arrival_per_s <= 0 or service_per_s <= 0 or min(servers) < 1:
        raise ValueError("no such pool")
    load, rows = arrival_per_s / service_per_s, []
    for pool in servers:
        row = {"servers": pool, "utilisation": load / pool, "wait_probability": 1.0}
        row |= {"mean_wait_s": math.inf, "wait_quantile_s": math.inf}
        if load < pool:
            logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(pool)]
            logs.append(pool * math.log(load) - math.lgamma(pool + 1) - math.log(1 - load / pool))
            largest = max(logs)
            chance = math.exp(logs[-1] - largest) / math.fsum(math.exp(log - largest) for log in logs)
            mean = 0.5 * (arrival_scv + service_scv) / (service_per_s * (pool - load))
            late = max(1.0, chance / (1 - quantile))
            row |= {"wait_probability": chance, "mean_wait_s": chance * mean, "wait_quantile_s": mean * math.log(late)}
        rows.append(row)
    return pd.DataFrame(rows)


@answer("m08_choices_table", by="level by level, each from the one below")
def choices_by_levels(utilisation, service_s, choices):
    """Feeds each level from the one below until nothing is left."""
    if service_s <= 0 or utilisation <= 0 or utilisation >= 1 or any(looks < 1 for looks in choices):
        raise ValueError("no such servers")
    rows = []
    for looks in choices:
        levels = [utilisation]
        for _ in range(5000):
            levels.append(utilisation * levels[-1] ** looks)
        mean = math.fsum(levels)
        rows.append({"choices": looks, "mean_requests": mean, "long_queue_share": levels[4]})
        rows[-1]["mean_response_s"] = mean / (utilisation / service_s)
    return pd.DataFrame(rows)


@answer("m08_hedge_delay_s", by="a budget of copies that shrinks as the servers fill")
def delay_by_a_budget(latency_s, utilisation):
    """Copies for 8 % of the requests on an idle fleet, for none from two thirds on."""
    budget = 0.08 * (1 - utilisation / 0.66)
    if budget <= 0:
        return math.inf
    worst_first = sorted(latency_s, reverse=True)
    return float(worst_first[min(len(worst_first) - 1, int(budget * len(worst_first)))])


@answer("m08_tied_quantile_s", by="halving the time between two bounds")
def tied_by_halving(utilisation, service_per_s, quantile, copies=2):
    """Looks for the time at which as many requests as allowed are late."""
    if service_per_s <= 0 or copies < 1:
        raise ValueError("no rate, or no copy")

    def late(t, load):
        if copies == 1:
            return math.exp(-(1 - load) * t)
        more = copies - 1
        grown = load * math.exp(-more * t) + load**-more - load
        return math.exp(-t) * grown ** (-1 / more) / load

    def one(load, share):
        if not (0 < load < 1 and 0 < share < 1):
            raise ValueError("no share")
        low, high = 0.0, 1.0
        while late(high, load) > 1 - share:
            high *= 2
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if late(middle, load) > 1 - share else (low, middle)
        return low / service_per_s

    return np.vectorize(one, otypes=[float])(utilisation, quantile)


@answer("m08_retry_throttle", by="tokens that are missing")
class ThrottleByWhatIsMissing:
    """Counts the empty part of the bucket."""

    def __init__(self, max_tokens, token_ratio):
        if max_tokens <= 0 or token_ratio <= 0:
            raise ValueError("no bucket")
        self._size, self._ratio, self._missing = max_tokens, token_ratio, 0

    @property
    def tokens(self):
        return self._size - self._missing

    def record(self, succeeded):
        if succeeded:
            self._missing -= min(self._ratio, self._missing)
        else:
            self._missing += min(1, self._size - self._missing)

    def may_retry(self):
        return 2 * self._missing < self._size


@answer("m08_door", by="balance equations of each chain, solved")
def door_by_balance(arrival_per_s, service_per_s, promise_s):
    """Solves chains of one place, two places, and so on, until one breaks the promise."""
    kept = {}
    for places in range(1, 100):
        flows = np.zeros((places + 1, places + 1))
        for requests in range(places):
            flows[requests, requests + 1], flows[requests + 1, requests] = arrival_per_s, service_per_s
        balance = (flows - np.diag(flows.sum(axis=1))).T
        balance[-1] = 1
        shares = np.linalg.solve(balance, np.eye(places + 1)[-1])
        response_s = float(np.arange(places + 1) @ shares) / (service_per_s * (1 - float(shares[0])))
        if response_s > promise_s:
            break
        kept = {"places": places, "refused": float(shares[-1]), "mean_response_s": response_s}
    return kept


@answer("m08_latency_budgets", by="the multiplier, searched for by halving")
def budgets_by_the_multiplier(budget_s, quantile, arrival_per_s, visits, price):
    """At the optimum a second more saves the same at each service: search for that price of time."""
    if not 0 < quantile < 1 or min(budget_s, arrival_per_s, *visits, *price) <= 0:
        raise ValueError("no such plan")
    k = math.log(sum(visits) / (1 - quantile))

    def times(worth):  # d(price k / t) / dt = -worth visits
        return [math.sqrt(cost * k / (worth * calls)) for cost, calls in zip(price, visits, strict=True)]

    low, high = 1e-12, 1e15
    for _ in range(300):
        middle = math.sqrt(low * high)
        spent = sum(calls * time for calls, time in zip(visits, times(middle), strict=True))
        low, high = (middle, high) if spent > budget_s else (low, middle)
    call_s = times(math.sqrt(low * high))
    rates = [calls * arrival_per_s + k / time for calls, time in zip(visits, call_s, strict=True)]
    return {"call_s": call_s, "service_per_s": rates}
