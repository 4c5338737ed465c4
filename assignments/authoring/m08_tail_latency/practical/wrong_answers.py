"""What students really write in module 8's practical."""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, ndtr, ndtri

from graders.checks import mistake

# --- percentiles and their intervals ----------------------------------------------------------------------------------

ESTIMATE, LIMITS, CONFIDENCE = "the estimate", "both limits", "another confidence"
FEW, NO_PERCENTILE = "too few requests", "no percentile"


def asked_for_a_percentile(latency_s, quantile, confidence):
    if len(latency_s) == 0 or not 0 < quantile < 1 or not 0 < confidence < 1:
        raise ValueError("no percentile")


def rank_of(quantile, n):
    return int(np.ceil(quantile * n - 1e-9))


def ranks(n, quantile, tail):
    """The right lower and upper rank; 0 and n + 1 where there is none."""
    at_most = bdtr(np.arange(n + 1), n, quantile)
    return int(np.sum(at_most <= tail)), int(np.sum(at_most < 1 - tail)) + 1


def interval(latency_s, quantile, confidence, *, estimate=None, tail=None, ordered=None):
    asked_for_a_percentile(latency_s, quantile, confidence)
    ordered = np.sort(np.asarray(latency_s, dtype=float)) if ordered is None else ordered
    low, high = ranks(len(ordered), quantile, (1 - confidence) / 2 if tail is None else tail)
    return {
        "estimate": float(ordered[rank_of(quantile, len(ordered)) - 1]) if estimate is None else estimate,
        "low": float(ordered[low - 1]) if low else 0.0,
        "high": float(ordered[high - 1]) if high <= len(ordered) else np.inf,
    }


@mistake(
    "m08_quantile_interval_s",
    misconception="between two ranks",
    loses=[ESTIMATE],
    hint="Your estimate lies between two requests. The nearest rank is a latency that somebody really had.",
)
def between_two_ranks(latency_s, quantile, confidence=0.95):
    asked_for_a_percentile(latency_s, quantile, confidence)
    return interval(latency_s, quantile, confidence, estimate=float(np.quantile(latency_s, quantile)))


@mistake(
    "m08_quantile_interval_s",
    misconception="rounding moves a rank",
    loses=[ESTIMATE],
    hint="In floats 0.07 times 100 is a little more than 7, and your rank is 8. A whole rank must stay whole.",
)
def rounding_moves_a_rank(latency_s, quantile, confidence=0.95):
    asked_for_a_percentile(latency_s, quantile, confidence)
    rank = int(np.ceil(quantile * len(latency_s)))
    return interval(latency_s, quantile, confidence, estimate=float(np.sort(latency_s)[rank - 1]))


@mistake(
    "m08_quantile_interval_s",
    misconception="all of the rest on each side",
    loses=[LIMITS, CONFIDENCE, FEW],
    hint="You left the whole rest on each side, so both together miss twice as often as promised.",
)
def all_of_the_rest_on_each_side(latency_s, quantile, confidence=0.95):
    return interval(latency_s, quantile, confidence, tail=1 - confidence)


@mistake(
    "m08_quantile_interval_s",
    misconception="always 95 percent",
    loses=[CONFIDENCE],
    hint="Your interval is as wide for 60 % as it is for 99 %. Which argument did you not use?",
)
def always_95_percent(latency_s, quantile, confidence=0.95):
    return interval(latency_s, quantile, confidence, tail=0.025)


@mistake(
    "m08_quantile_interval_s",
    misconception="interval of the mean",
    loses=[LIMITS, CONFIDENCE, FEW],
    hint="A deviation over the root of n is the error of a mean. A percentile errs by ranks, unevenly to both sides.",
)
def interval_of_the_mean(latency_s, quantile, confidence=0.95):
    right = interval(latency_s, quantile, confidence)
    half = ndtri((1 + confidence) / 2) * np.std(latency_s, ddof=1) / np.sqrt(len(latency_s))
    return right | {"low": right["estimate"] - half, "high": right["estimate"] + half}


@mistake(
    "m08_quantile_interval_s",
    misconception="the extremes are limits",
    loses=[FEW],
    hint="The largest latency of a small sample is no limit: the true percentile may well lie above all that you saw.",
)
def the_extremes_are_limits(latency_s, quantile, confidence=0.95):
    right = interval(latency_s, quantile, confidence)
    return right | {
        "low": right["low"] or float(np.min(latency_s)),
        "high": min(right["high"], float(np.max(latency_s))),
    }


@mistake(
    "m08_quantile_interval_s",
    misconception="latencies come sorted",
    loses=[ESTIMATE, LIMITS, CONFIDENCE, FEW],
    hint="A rank is a place among *sorted* latencies. Yours come in the order in which they were measured.",
)
def latencies_come_sorted(latency_s, quantile, confidence=0.95):
    return interval(latency_s, quantile, confidence, ordered=np.asarray(latency_s, dtype=float))


@mistake(
    "m08_quantile_interval_s",
    misconception="whatever is given is a share",
    loses=[NO_PERCENTILE],
    hint="A quantile of 99 is not refused. Somebody meant 0.99, and gets a number that looks like an answer.",
)
def whatever_is_given_is_a_share(latency_s, quantile, confidence=0.95):
    if len(latency_s) == 0:
        return {"estimate": np.nan, "low": 0.0, "high": np.inf}
    if 0 < quantile < 1 and 0 < confidence < 1:
        return interval(latency_s, quantile, confidence)
    return {"estimate": float(np.max(latency_s)), "low": 0.0, "high": np.inf}


# --- percentiles of many machines -------------------------------------------------------------------------------------

ALIKE, UNLIKE, RANKS, NONE_OF_ALL = (
    "one slow machine",
    "much and little traffic",
    "ranks and edges",
    "no percentile of all",
)


def asked_for_histograms(counts, edges_s, quantile):
    counted = np.asarray(counts, dtype=float)
    if counted.shape[1] != len(edges_s) - 1 or not np.sum(counted) > 0 or not 0 < quantile <= 1:
        raise ValueError("no percentile of all")
    return counted, np.asarray(edges_s, dtype=float)


def bin_of(counts, rank):
    """The first bin up to which there are so many requests."""
    return int(np.sum(np.cumsum(counts) < rank))


def of_each_machine(counted, edges, quantile):
    """Percentiles of the machines that had requests, and how many they had."""
    busy = [machine for machine in counted if np.sum(machine) > 0]
    totals = [np.sum(machine) for machine in busy]
    places = [bin_of(one, rank_of(quantile, total)) for one, total in zip(busy, totals, strict=True)]
    return np.array([edges[place + 1] for place in places]), np.array(totals)


@mistake(
    "m08_merged_quantile_s",
    misconception="the mean of percentiles",
    loses=[ALIKE, UNLIKE, RANKS],
    hint="You averaged the machines' percentiles. The mean of percentiles is the percentile of nothing: add counts.",
)
def the_mean_of_percentiles(counts, edges_s, quantile):
    return float(np.mean(of_each_machine(*asked_for_histograms(counts, edges_s, quantile), quantile)[0]))


@mistake(
    "m08_merged_quantile_s",
    misconception="percentiles weighted by traffic",
    loses=[ALIKE, UNLIKE, RANKS],
    hint="You weighted the machines' percentiles by their requests. That mends means, and no percentiles.",
)
def percentiles_weighted_by_traffic(counts, edges_s, quantile):
    percentiles, totals = of_each_machine(*asked_for_histograms(counts, edges_s, quantile), quantile)
    return float(percentiles @ (totals / totals.sum()))


@mistake(
    "m08_merged_quantile_s",
    misconception="the worst machine's percentile",
    loses=[ALIKE, UNLIKE, RANKS],
    hint="Yours is the percentile of the worst machine. It has only a part of the requests.",
)
def the_worst_machine(counts, edges_s, quantile):
    return float(np.max(of_each_machine(*asked_for_histograms(counts, edges_s, quantile), quantile)[0]))


@mistake(
    "m08_merged_quantile_s",
    misconception="shares instead of counts",
    loses=[UNLIKE],
    hint="You made shares of each machine's counts first. A machine with twenty requests then weighs as much as any.",
)
def shares_instead_of_counts(counts, edges_s, quantile):
    counted, edges = asked_for_histograms(counts, edges_s, quantile)
    totals = counted.sum(axis=1, keepdims=True)
    shares = np.sum(counted / np.maximum(totals, 1), axis=0)
    return float(edges[bin_of(shares, quantile * shares.sum() - 1e-9) + 1])


@mistake(
    "m08_merged_quantile_s",
    misconception="the lower edge",
    loses=[ALIKE, UNLIKE, RANKS],
    hint="Yours is the lower edge of the bin. All of its requests took longer: that looks better than it is.",
)
def the_lower_edge(counts, edges_s, quantile):
    counted, edges = asked_for_histograms(counts, edges_s, quantile)
    merged = counted.sum(axis=0)
    return float(edges[bin_of(merged, rank_of(quantile, merged.sum()))])


@mistake(
    "m08_merged_quantile_s",
    misconception="in the middle of a bin",
    loses=[ALIKE, UNLIKE, RANKS],
    hint="You went to a place within the bin. What lies in it is not known, and only its upper edge is never too low.",
)
def within_the_bin(counts, edges_s, quantile):
    counted, edges = asked_for_histograms(counts, edges_s, quantile)
    merged = counted.sum(axis=0)
    return float(np.interp(quantile * merged.sum(), np.r_[0.0, np.cumsum(merged)], edges))


@mistake(
    "m08_merged_quantile_s",
    misconception="more than instead of at least",
    loses=[RANKS],
    hint="An edge up to which there are exactly as many requests as the rank is enough. You went on to the next.",
)
def more_than_the_rank(counts, edges_s, quantile):
    counted, edges = asked_for_histograms(counts, edges_s, quantile)
    merged = counted.sum(axis=0)
    past = int(np.sum(np.cumsum(merged) <= quantile * merged.sum()))
    return float(edges[min(past, merged.size - 1) + 1])


@mistake(
    "m08_merged_quantile_s",
    misconception="any counts have a percentile",
    loses=[NONE_OF_ALL],
    hint="No requests, a quantile of 95, or bins without edges give a number here. Refuse what has no percentile.",
)
def any_counts_have_a_percentile(counts, edges_s, quantile):
    merged, edges = np.sum(np.asarray(counts, dtype=float), axis=0), np.asarray(edges_s, dtype=float)
    place = bin_of(merged, rank_of(quantile, merged.sum()))
    return float(edges[min(place + 1, edges.size - 1)])


# --- fan-out ----------------------------------------------------------------------------------------------------------

INDEPENDENT, TOGETHER, TABLES, NO_LEAVES = "independent leaves", "slow together", "tables", "no such leaves"


def asked_for_leaves(slow_probability, fan_out, correlation):
    p, n = np.asarray(slow_probability, dtype=float), np.asarray(fan_out)
    if not (np.all((p >= 0) & (p <= 1)) and np.all(n >= 1) and 0 <= correlation < 1):
        raise ValueError("no such leaves")
    return p, n


def averaged(p, n, correlation, common, own):
    """With weights of our choice for the common load and the leaf's own part."""
    if correlation == 0:
        return 1 - (1 - p) ** n
    z = np.linspace(-9, 9, 1801)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * 0.01
    fast = ndtr((ndtri(1 - p)[..., np.newaxis] - common * z) / own)
    return 1 - np.sum(weight * fast ** np.asarray(n)[..., np.newaxis], axis=-1)


@mistake(
    "m08_any_slow_probability",
    misconception="probabilities add up",
    loses=[INDEPENDENT, TOGETHER, TABLES],
    hint="You added probabilities. With a hundred leaves at 5 % that would be 500 %: some are slow together.",
)
def probabilities_add_up(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return np.minimum(1.0, p * n)


@mistake(
    "m08_any_slow_probability",
    misconception="all fast for any slow",
    loses=[INDEPENDENT, TOGETHER, TABLES],
    hint="That is how often *all* leaves are fast. You were asked for the other requests.",
)
def all_fast_for_any_slow(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return 1 - averaged(p, n, correlation, np.sqrt(correlation), np.sqrt(1 - correlation))


@mistake(
    "m08_any_slow_probability",
    misconception="all leaves must be slow",
    loses=[INDEPENDENT, TOGETHER, TABLES],
    hint="You computed how often all leaves are slow at a time. A request waits for the slowest: one is enough.",
)
def all_leaves_must_be_slow(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    if correlation == 0:
        return p**n
    z = np.linspace(-9, 9, 1801)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * 0.01
    fast = ndtr((ndtri(1 - p)[..., np.newaxis] - np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
    return np.sum(weight * (1 - fast) ** np.asarray(n)[..., np.newaxis], axis=-1)


@mistake(
    "m08_any_slow_probability",
    misconception="correlation left out",
    loses=[TOGETHER, TABLES],
    hint="Your leaves know nothing of each other, whatever the correlation is.",
)
def correlation_left_out(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return 1 - (1 - p) ** n


@mistake(
    "m08_any_slow_probability",
    misconception="a mixture of the two extremes",
    loses=[TOGETHER, TABLES],
    hint="You mixed independent leaves with leaves that are one. Correlated ones are neither: average over the load.",
)
def mixture_of_the_extremes(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return (1 - correlation) * (1 - (1 - p) ** n) + correlation * p


@mistake(
    "m08_any_slow_probability",
    misconception="weights without roots",
    loses=[TOGETHER, TABLES],
    hint="Your weights are r and 1 - r. Then the variables have not variance 1: variances add up, deviations do not.",
)
def weights_without_roots(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return averaged(p, n, correlation, correlation, 1 - correlation)


@mistake(
    "m08_any_slow_probability",
    misconception="the common load only",
    loses=[TOGETHER, TABLES],
    hint="You did not divide by the deviation of a leaf's own part, so a single leaf is slow more seldom than it is.",
)
def the_common_load_only(slow_probability, fan_out, correlation=0.0):
    p, n = asked_for_leaves(slow_probability, fan_out, correlation)
    return averaged(p, n, correlation, np.sqrt(correlation), 1.0)


@mistake(
    "m08_any_slow_probability",
    misconception="whatever is given is a probability",
    loses=[NO_LEAVES],
    hint="A probability of 1.2, no leaf, or a correlation of 1 gives a number here. It means nothing.",
)
def whatever_is_given_is_a_probability(slow_probability, fan_out, correlation=0.0):
    p, n = np.clip(np.asarray(slow_probability, dtype=float), 0, 1), np.asarray(fan_out)
    r = min(max(correlation, 0.0), 0.999)
    return averaged(p, n, r, np.sqrt(r), np.sqrt(1 - r))


# --- a queue, simulated -----------------------------------------------------------------------------------------------

ONE, SEVERAL, EDGES, NO_TRACE = "one server", "several servers", "together and alone", "no such trace"


def asked_for_a_trace(arrival_s, service_s, servers):
    arrival, service = np.asarray(arrival_s, dtype=float), np.asarray(service_s, dtype=float)
    if arrival.shape != service.shape or servers < 1 or np.any(np.diff(arrival) < 0) or np.any(service < 0):
        raise ValueError("no such trace")
    return arrival.tolist(), service.tolist()


def first_free(arrivals, services, servers):
    """The right waits."""
    free, waits = [-np.inf] * servers, []
    for arrives, takes in zip(arrivals, services, strict=True):
        place = free.index(min(free))
        begins = max(arrives, free[place])
        free[place] = begins + takes
        waits.append(begins - arrives)
    return np.array(waits)


@mistake(
    "m08_queue_waits_s",
    misconception="response for wait",
    loses=[ONE, SEVERAL, EDGES],
    hint="Yours are response times: the service is in them. A wait ends when the service begins.",
)
def response_for_wait(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    return first_free(arrivals, services, servers) + np.array(services)


@mistake(
    "m08_queue_waits_s",
    misconception="servers in turn",
    loses=[SEVERAL, EDGES],
    hint="You hand requests out in turn. A request then waits behind a long one while another server is idle.",
)
def servers_in_turn(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    free, waits = [-np.inf] * servers, []
    for number, (arrives, takes) in enumerate(zip(arrivals, services, strict=True)):
        begins = max(arrives, free[number % servers])
        free[number % servers] = begins + takes
        waits.append(begins - arrives)
    return np.array(waits)


@mistake(
    "m08_queue_waits_s",
    misconception="one fast server",
    loses=[SEVERAL, EDGES],
    hint="You made one server of them, so many times as fast. Its queue is another one: a long request blocks all.",
)
def one_fast_server(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    return first_free(arrivals, [takes / servers for takes in services], 1)


@mistake(
    "m08_queue_waits_s",
    misconception="never idle",
    loses=[ONE, SEVERAL],
    hint="Some of your waits are below zero: a server that has nothing to do cannot begin before the request is there.",
)
def never_idle(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    free, waits = [arrivals[0] if arrivals else 0.0] * servers, []
    for arrives, takes in zip(arrivals, services, strict=True):
        place = free.index(min(free))
        waits.append(free[place] - arrives)
        free[place] += takes
    return np.array(waits)


@mistake(
    "m08_queue_waits_s",
    misconception="the clock starts at zero",
    loses=[EDGES],
    hint="Your servers are busy until time zero. A trace may begin before, and finds them idle.",
)
def the_clock_starts_at_zero(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    free, waits = [0.0] * servers, []
    for arrives, takes in zip(arrivals, services, strict=True):
        place = free.index(min(free))
        begins = max(arrives, free[place])
        free[place] = begins + takes
        waits.append(begins - arrives)
    return np.array(waits)


@mistake(
    "m08_queue_waits_s",
    misconception="the next server free, not the first",
    loses=[SEVERAL, EDGES],
    hint="A waiting request takes the server that is free *first*. Yours waits for the one that is busy longest.",
)
def the_last_server_free(arrival_s, service_s, servers):
    arrivals, services = asked_for_a_trace(arrival_s, service_s, servers)
    free, waits = [-np.inf] * servers, []
    for arrives, takes in zip(arrivals, services, strict=True):
        idle = [place for place in range(servers) if free[place] <= arrives]
        place = idle[0] if idle else free.index(max(free))
        begins = max(arrives, free[place])
        free[place] = begins + takes
        waits.append(begins - arrives)
    return np.array(waits)


@mistake(
    "m08_queue_waits_s",
    misconception="any list is a trace",
    loses=[NO_TRACE],
    hint="Arrivals out of order, or services below zero, are simulated without a word. The result is no queue's.",
)
def any_list_is_a_trace(arrival_s, service_s, servers):
    pairs = list(zip(np.asarray(arrival_s, float).tolist(), np.asarray(service_s, float).tolist(), strict=False))
    return first_free([arrives for arrives, _ in pairs], [takes for _, takes in pairs], max(servers, 1))


# --- a pool of servers, by formula ------------------------------------------------------------------------------------

WHO, MEAN, TAIL, VARIES = "who waits", "the mean", "the tail", "steady and wild"
TOO_FEW, LARGE, NO_POOL = "too few servers", "large pools", "no such pool"


def asked_for_pools(arrival_per_s, service_per_s, servers):
    if not arrival_per_s > 0 or not service_per_s > 0 or np.any(np.asarray(servers) < 1):
        raise ValueError("no such pool")


def erlang_b(load, servers):
    blocked = 1.0
    for busy in range(1, int(servers) + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(load, servers):
    blocked, utilisation = erlang_b(load, servers), load / servers
    return blocked / (1 - utilisation * (1 - blocked))


def table(arrival_per_s, service_per_s, servers, scv=1.0, quantile=0.99, *, chance=erlang_c, row=None):
    """The right table, but for what is given."""
    asked_for_pools(arrival_per_s, service_per_s, servers)
    load, rows = arrival_per_s / service_per_s, []
    for pool in servers:
        if load >= pool:
            rows.append([pool, load / pool, 1.0, np.inf, np.inf])
            continue
        waiting, scale_s = chance(load, pool), scv / (pool * service_per_s - arrival_per_s)
        with np.errstate(all="ignore"):
            found = [waiting * scale_s, max(0.0, scale_s * np.log(waiting / (1 - quantile)))]
        rows.append([pool, load / pool, waiting, *(row(waiting, scale_s, quantile) if row else found)])
    names = ("servers", "utilisation", "wait_probability", "mean_wait_s", "wait_quantile_s")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


def mean_scv(arrival_scv, service_scv):
    return (arrival_scv + service_scv) / 2


@mistake(
    "m08_staffing_table",
    misconception="lost for waiting",
    loses=[WHO, MEAN, TAIL, VARIES, TOO_FEW, LARGE],
    hint="That is Erlang B: the share that would be lost if nobody could wait. Here they wait, and meet others who do.",
)
def lost_for_waiting(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    scv = mean_scv(arrival_scv, service_scv)
    return table(arrival_per_s, service_per_s, servers, scv, quantile, chance=erlang_b)


@mistake(
    "m08_staffing_table",
    misconception="one fast server",
    loses=[WHO, MEAN, TAIL, VARIES, TOO_FEW, LARGE],
    hint="A pool that is busy 80 % of the time does not make 80 % wait. That holds for one server, however fast.",
)
def one_fast_server_waits(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    scv = mean_scv(arrival_scv, service_scv)
    return table(arrival_per_s, service_per_s, servers, scv, quantile, chance=lambda load, pool: load / pool)


@mistake(
    "m08_staffing_table",
    misconception="factorials",
    loses=[LARGE],
    hint="Your factorials and powers leave the range of a float for hundreds of servers. The recursion never does.",
)
def factorials(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    def by_factorials(load, pool):
        with np.errstate(all="ignore"):
            terms = np.cumprod(np.r_[1.0, np.full(int(pool), load)]) / np.cumprod(np.r_[1.0, np.arange(1.0, pool + 1)])
            last = terms[-1] / (1 - load / pool)
            return float(last / (np.sum(terms[:-1]) + last))

    scv = mean_scv(arrival_scv, service_scv)
    return table(arrival_per_s, service_per_s, servers, scv, quantile, chance=by_factorials)


@mistake(
    "m08_staffing_table",
    misconception="mean of those who wait",
    loses=[MEAN, VARIES, TOO_FEW, LARGE],
    hint="Yours is the mean wait of those who wait. Over all requests, the others count as well, with zero.",
)
def mean_of_those_who_wait(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    def row(waiting, scale_s, quantile):
        return [scale_s, max(0.0, scale_s * np.log(waiting / (1 - quantile)))]

    return table(arrival_per_s, service_per_s, servers, mean_scv(arrival_scv, service_scv), quantile, row=row)


@mistake(
    "m08_staffing_table",
    misconception="tail of those who wait",
    loses=[TAIL, VARIES, TOO_FEW],
    hint="That is the p99 of those who wait. Of *all* requests fewer wait so long: those served at once count, too.",
)
def tail_of_those_who_wait(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    def row(waiting, scale_s, quantile):
        return [waiting * scale_s, -scale_s * np.log(1 - quantile)]

    return table(arrival_per_s, service_per_s, servers, mean_scv(arrival_scv, service_scv), quantile, row=row)


@mistake(
    "m08_staffing_table",
    misconception="4.6 times the mean",
    loses=[TAIL, VARIES, TOO_FEW],
    hint="You took a multiple of the mean wait. That is right where everybody waits; here many do not wait at all.",
)
def a_multiple_of_the_mean(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    def row(waiting, scale_s, quantile):
        return [waiting * scale_s, -waiting * scale_s * np.log(1 - quantile)]

    return table(arrival_per_s, service_per_s, servers, mean_scv(arrival_scv, service_scv), quantile, row=row)


@mistake(
    "m08_staffing_table",
    misconception="waits below zero",
    loses=[TAIL],
    hint="Where hardly anybody waits, your p99 is a negative time. Nobody is served before the request is there.",
)
def waits_below_zero(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    def row(waiting, scale_s, quantile):
        return [waiting * scale_s, scale_s * np.log(waiting / (1 - quantile))]

    return table(arrival_per_s, service_per_s, servers, mean_scv(arrival_scv, service_scv), quantile, row=row)


@mistake(
    "m08_staffing_table",
    misconception="all are random",
    loses=[VARIES],
    hint="You left both variabilities out. Equal service times halve the wait, wild ones make a multiple of it.",
)
def all_are_random(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    return table(arrival_per_s, service_per_s, servers, 1.0, quantile)


@mistake(
    "m08_staffing_table",
    misconception="squared once more",
    loses=[VARIES],
    hint="They are squared already: the variance over the square of the mean. You squared them again.",
)
def squared_once_more(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    return table(arrival_per_s, service_per_s, servers, mean_scv(arrival_scv**2, service_scv**2), quantile)


@mistake(
    "m08_staffing_table",
    misconception="a formula beyond its limit",
    loses=[TOO_FEW],
    hint="You put an overloaded pool into formulas of a steady state, and got probabilities and waits that cannot be.",
)
def a_formula_beyond_its_limit(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    asked_for_pools(arrival_per_s, service_per_s, servers)
    load, scv, rows = arrival_per_s / service_per_s, mean_scv(arrival_scv, service_scv), []
    for pool in servers:
        waiting = erlang_c(load, pool)
        with np.errstate(all="ignore"):
            scale_s = np.float64(scv) / (pool * service_per_s - arrival_per_s)
            rows.append([pool, load / pool, waiting, waiting * scale_s, scale_s * np.log(waiting / (1 - quantile))])
        if load < pool:
            rows[-1][-1] = max(0.0, rows[-1][-1])
    names = ("servers", "utilisation", "wait_probability", "mean_wait_s", "wait_quantile_s")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


@mistake(
    "m08_staffing_table",
    misconception="smallest pool first",
    loses=[WHO, MEAN, TAIL, TOO_FEW, LARGE],
    hint="You sorted the pools. The rows are asked for in the order given.",
)
def smallest_pool_first(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    scv = mean_scv(arrival_scv, service_scv)
    return table(arrival_per_s, service_per_s, sorted(servers), scv, quantile)


@mistake(
    "m08_staffing_table",
    misconception="any number is a pool",
    loses=[NO_POOL],
    hint="No server, or a rate below zero, is answered with numbers. Refuse what no pool can be.",
)
def any_number_is_a_pool(arrival_per_s, service_per_s, servers, arrival_scv=1.0, service_scv=1.0, quantile=0.99):
    pools = [pool for pool in servers if pool >= 1]
    rates = max(abs(arrival_per_s), 1e-9), max(abs(service_per_s), 1e-9)
    return table(*rates, pools, mean_scv(arrival_scv, service_scv), quantile)


# --- a queue for each server ------------------------------------------------------------------------------------------

REQUESTS, TIMES, ONE_LOOK, LONG_QUEUES, NO_SERVERS = (
    "requests at a server",
    "times",
    "one look",
    "long queues",
    "no such servers",
)


def asked_for_looks(utilisation, service_s, choices):
    if not 0 < utilisation < 1 or not service_s > 0 or min(choices) < 1:
        raise ValueError("no such servers")


def levels_of(utilisation, looks, levels=4000):
    """The right shares of servers with at least 1, 2, ... requests."""
    shares = [utilisation]
    for _ in range(levels - 1):
        shares.append(utilisation * shares[-1] ** looks)
    return np.array(shares)


def looks_table(utilisation, service_s, choices, *, shares=levels_of, row=None):
    """The right table, but for what is given."""
    asked_for_looks(utilisation, service_s, choices)
    rows = []
    for looks in choices:
        found = shares(utilisation, looks)
        right = [found.sum(), found.sum() / utilisation * service_s, found[4]]
        rows.append([looks, *(row(found, *right) if row else right)])
    names = ("choices", "mean_requests", "mean_response_s", "long_queue_share")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


@mistake(
    "m08_choices_table",
    misconception="geometric, only steeper",
    loses=[REQUESTS, TIMES, LONG_QUEUES],
    hint="Your tail still falls by one factor on each level. But all looks must find a long queue, and these get rare.",
)
def geometric_only_steeper(utilisation, service_s, choices):
    def shares(utilisation, looks):
        return utilisation * utilisation ** (looks * np.arange(4000.0))

    return looks_table(utilisation, service_s, choices, shares=shares)


@mistake(
    "m08_choices_table",
    misconception="d looks are d times as good",
    loses=[REQUESTS, TIMES, LONG_QUEUES],
    hint="You divided the plain queue by the number of looks. Two looks do not halve a queue: they change its law.",
)
def so_many_times_as_good(utilisation, service_s, choices):
    def shares(utilisation, looks):
        return utilisation ** np.arange(1, 4001.0) / looks

    return looks_table(utilisation, service_s, choices, shares=shares)


@mistake(
    "m08_choices_table",
    misconception="nobody is counted",
    loses=[REQUESTS, TIMES, ONE_LOOK],
    hint="Your sum begins with the share that has at least no request, which is 1: that counts a request nobody sent.",
)
def nobody_is_counted(utilisation, service_s, choices):
    def row(shares, mean, response_s, long):
        return [mean + 1, (mean + 1) / utilisation * service_s, long]

    return looks_table(utilisation, service_s, choices, row=row)


@mistake(
    "m08_choices_table",
    misconception="number for time",
    loses=[TIMES, ONE_LOOK],
    hint="You multiplied the number of requests by a service time. Little's law divides it by the rate of arrivals.",
)
def number_for_time(utilisation, service_s, choices):
    def row(shares, mean, response_s, long):
        return [mean, mean * service_s, long]

    return looks_table(utilisation, service_s, choices, row=row)


@mistake(
    "m08_choices_table",
    misconception="wait for response",
    loses=[TIMES, ONE_LOOK],
    hint="Your times end when the service begins. The response has the service in it.",
)
def wait_for_response(utilisation, service_s, choices):
    def row(shares, mean, response_s, long):
        return [mean, response_s - service_s, long]

    return looks_table(utilisation, service_s, choices, row=row)


@mistake(
    "m08_choices_table",
    misconception="more than five",
    loses=[LONG_QUEUES],
    hint="Those are the servers with *more* than five requests. Five are long already.",
)
def more_than_five(utilisation, service_s, choices):
    def row(shares, mean, response_s, long):
        return [mean, response_s, shares[5]]

    return looks_table(utilisation, service_s, choices, row=row)


@mistake(
    "m08_choices_table",
    misconception="a few levels are enough",
    loses=[ONE_LOOK],
    hint="You stop after a few levels. With two looks that is enough; with one, thirty at a server are common.",
)
def few_levels_are_enough(utilisation, service_s, choices):
    def shares(utilisation, looks):
        return levels_of(utilisation, looks, levels=30)

    return looks_table(utilisation, service_s, choices, shares=shares)


@mistake(
    "m08_choices_table",
    misconception="any load has a table",
    loses=[NO_SERVERS],
    hint="At a load of 1.2, or with no look at all, there is no steady state that your table could describe.",
)
def any_load_has_a_table(utilisation, service_s, choices):
    load = min(max(utilisation, 0.01), 0.999)
    found = looks_table(load, max(service_s, 1e-9), [max(looks, 1) for looks in choices])
    return found | {"choices": np.array(choices)}


# --- copies: a policy -------------------------------------------------------------------------------------------------

QUIET, RELEASES, COPIES, RUSH = "quiet hours", "releases", "few copies", "rush hour"


@mistake(
    "m08_hedge_delay_s",
    misconception="two are better than one",
    loses=[QUIET, RELEASES, COPIES, RUSH],
    hint="You send every request twice. From half load on, that is more than the servers can do.",
)
def two_are_better_than_one(latency_s, utilisation):
    return 0.0


@mistake(
    "m08_hedge_delay_s",
    misconception="slower than most is slow",
    loses=[QUIET, RELEASES, COPIES, RUSH],
    hint="After the median half of all requests send a copy. Copy those that are really late.",
)
def slower_than_most_is_slow(latency_s, utilisation):
    return float(np.median(latency_s))


@mistake(
    "m08_hedge_delay_s",
    misconception="the p99 after the p99",
    loses=[QUIET, RELEASES, RUSH],
    hint="Your copy leaves when the 99th percentile is already there. To make it shorter, it must leave well before.",
)
def the_p99_after_the_p99(latency_s, utilisation):
    return float(np.quantile(latency_s, 0.99))


@mistake(
    "m08_hedge_delay_s",
    misconception="five percent whatever the load",
    loses=[RUSH],
    hint="Copies after the p95 are 5 %, as long as they make nobody late. At rush hour they do, and breed.",
)
def five_percent_whatever_the_load(latency_s, utilisation):
    return float(np.quantile(latency_s, 0.95))


@mistake(
    "m08_hedge_delay_s",
    misconception="milliseconds that were right once",
    loses=[RELEASES, RUSH],
    hint="A fixed delay is right for one release of one service. Take it from what you measure.",
)
def milliseconds_that_were_right_once(latency_s, utilisation):
    return 0.010


@mistake(
    "m08_hedge_delay_s",
    misconception="help where it hurts most",
    loses=[QUIET, RELEASES, RUSH],
    hint="You send copies when servers are busy. That is when nobody has time for them.",
)
def help_where_it_hurts_most(latency_s, utilisation):
    return float(np.quantile(latency_s, 0.95)) if utilisation > 0.6 else np.inf


@mistake(
    "m08_hedge_delay_s",
    misconception="the mean is where the tail begins",
    loses=[COPIES, RUSH],
    hint="After the mean more than a fifth of the requests send a copy. Those are no stragglers yet.",
)
def the_mean_is_where_the_tail_begins(latency_s, utilisation):
    return float(np.mean(latency_s))


@mistake(
    "m08_hedge_delay_s",
    misconception="a delay in milliseconds",
    loses=[QUIET, RELEASES],
    hint="Your delay is a thousand times too long: it was asked for in seconds. So hardly a copy is ever sent.",
)
def a_delay_in_milliseconds(latency_s, utilisation):
    return 1e3 * float(np.quantile(latency_s, 0.95)) if utilisation < 0.6 else np.inf


# --- tied requests ----------------------------------------------------------------------------------------------------

TWO, MORE, PLAIN, ARRAYS, NO_TIE = "two copies", "more copies", "a plain request", "tables of loads", "no such tie"


def asked_for_a_tie(utilisation, service_per_s, quantile, copies):
    load, share = np.asarray(utilisation, dtype=float), np.asarray(quantile, dtype=float)
    if not (np.all((load > 0) & (load < 1) & (share > 0) & (share < 1)) and service_per_s > 0 and copies >= 1):
        raise ValueError("no such tie")
    return load, share


def tied_time_s(load, service_per_s, late, copies):
    """The right time after which a share is late."""
    if copies == 1:
        return -np.log(late) / ((1 - load) * service_per_s)
    more = copies - 1
    return np.log(((load * late) ** -more - load) / (load**-more - load)) / (more * service_per_s)


@mistake(
    "m08_tied_quantile_s",
    misconception="the quickest of independent responses",
    loses=[TWO, MORE, ARRAYS],
    hint="You took the quickest of several plain responses. The copies of a tied request are not all served.",
)
def quickest_of_independent(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return tied_time_s(load, service_per_s, 1 - share, 1) / copies


@mistake(
    "m08_tied_quantile_s",
    misconception="a faster server",
    loses=[TWO, MORE, ARRAYS],
    hint="You made one server of those that were asked, as fast as all together. Only one of them serves the request.",
)
def a_faster_server(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return tied_time_s(load / copies, service_per_s, 1 - share, 1)


@mistake(
    "m08_tied_quantile_s",
    misconception="servers for requests",
    loses=[TWO, MORE, PLAIN, ARRAYS],
    hint="You left out the factor before the bracket: that is a share of servers with so much work, not of requests.",
)
def servers_for_requests(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return np.maximum(0.0, tied_time_s(load, service_per_s, (1 - share) / load, copies))


@mistake(
    "m08_tied_quantile_s",
    misconception="always two copies",
    loses=[MORE, ARRAYS],
    hint="Your time is the same with three copies as with two.",
)
def always_two_copies(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return tied_time_s(load, service_per_s, 1 - share, min(copies, 2))


@mistake(
    "m08_tied_quantile_s",
    misconception="a root goes astray",
    loses=[MORE, ARRAYS],
    hint="You did not undo the exponent of the bracket, -1/(d - 1), as a whole. For two copies it is a reciprocal.",
)
def a_root_goes_astray(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    if copies == 1:
        return tied_time_s(load, service_per_s, 1 - share, 1)
    more = copies - 1
    return np.log((1 / (load * (1 - share)) - load) / (load**-more - load)) / (more * service_per_s)


@mistake(
    "m08_tied_quantile_s",
    misconception="in service times",
    loses=[TWO, MORE, PLAIN, ARRAYS],
    hint="Your times are the same for fast servers and slow ones: they are in mean service times.",
)
def in_service_times(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return tied_time_s(load, 1.0, 1 - share, copies)


@mistake(
    "m08_tied_quantile_s",
    misconception="one copy is a limit",
    loses=[PLAIN],
    hint="With a single copy you divide by zero. The formula for two and more ends there: take the plain queue.",
)
def one_copy_divides_by_zero(utilisation, service_per_s, quantile, copies=2):
    load, share = asked_for_a_tie(utilisation, service_per_s, quantile, copies)
    return tied_time_s(load, service_per_s, 1 - share, copies) if copies > 1 else np.full(np.shape(load), np.nan)


@mistake(
    "m08_tied_quantile_s",
    misconception="any number is a share",
    loses=[NO_TIE],
    hint="A quantile of 99, or servers without a rate, give a number here, or nan. Refuse them.",
)
def any_number_is_a_share(utilisation, service_per_s, quantile, copies=2):
    load, share = np.asarray(utilisation, dtype=float), np.asarray(quantile, dtype=float)
    with np.errstate(all="ignore"):
        return tied_time_s(load, service_per_s, 1 - share, max(copies, 1))


# --- retries ----------------------------------------------------------------------------------------------------------

DRAIN, HALF, FILL, OUTAGE = "failures drain it", "at half", "successes fill it", "an outage"
INSIDE, NO_BUCKET = "inside the bucket", "no bucket"


@mistake(
    "m08_retry_throttle",
    misconception="half is enough",
    loses=[HALF],
    hint="With exactly half of the tokens your throttle still retries. It must be more than half.",
)
class HalfIsEnough:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, max(0.0, self._tokens + (self.ratio if succeeded else -1)))

    def may_retry(self):
        return self._tokens >= self.size / 2


@mistake(
    "m08_retry_throttle",
    misconception="debts",
    loses=[DRAIN, OUTAGE, INSIDE],
    hint="Your bucket goes below zero. After a long outage it would take for ever until a retry is allowed again.",
)
class Debts:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, self._tokens + (self.ratio if succeeded else -1))

    def may_retry(self):
        return self._tokens > self.size / 2


@mistake(
    "m08_retry_throttle",
    misconception="savings without end",
    loses=[FILL, OUTAGE, INSIDE],
    hint="Your bucket overflows its size. What a quiet week has saved up would feed an hour of retries.",
)
class SavingsWithoutEnd:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = max(0.0, self._tokens + (self.ratio if succeeded else -1))

    def may_retry(self):
        return self._tokens > self.size / 2


@mistake(
    "m08_retry_throttle",
    misconception="a token for a token",
    loses=[HALF, FILL, OUTAGE],
    hint="A success brings a whole token in yours. Then half of all attempts may fail, and it retries on.",
)
class ATokenForAToken:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self._tokens = max_tokens, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, max(0.0, self._tokens + (1 if succeeded else -1)))

    def may_retry(self):
        return self._tokens > self.size / 2


@mistake(
    "m08_retry_throttle",
    misconception="any token will do",
    loses=[HALF, OUTAGE],
    hint="You retry as long as there is a token. The upper half of the bucket decides, so that it closes in time.",
)
class AnyTokenWillDo:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, max(0.0, self._tokens + (self.ratio if succeeded else -1)))

    def may_retry(self):
        return self._tokens > 0


@mistake(
    "m08_retry_throttle",
    misconception="asking costs a token",
    loses=[DRAIN, HALF, OUTAGE],
    hint="Asking takes a token in yours. Only outcomes move the bucket; the retry will have one of its own.",
)
class AskingCostsAToken:
    def __init__(self, max_tokens, token_ratio):
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("no bucket")
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, max(0.0, self._tokens + (self.ratio if succeeded else -1)))

    def may_retry(self):
        if self._tokens > self.size / 2:
            self._tokens -= 1
            return True
        return False


@mistake(
    "m08_retry_throttle",
    misconception="any bucket will do",
    loses=[NO_BUCKET],
    hint="A bucket of size zero is made without a word, and never lets a retry through.",
)
class AnyBucketWillDo:
    def __init__(self, max_tokens, token_ratio):
        self.size, self.ratio, self._tokens = max_tokens, token_ratio, float(max_tokens)

    @property
    def tokens(self):
        return self._tokens

    def record(self, succeeded):
        self._tokens = min(self.size, max(0.0, self._tokens + (self.ratio if succeeded else -1)))

    def may_retry(self):
        return self._tokens > self.size / 2


# --- admission control ------------------------------------------------------------------------------------------------

ROOM, REFUSED, BEHIND = "room", "refused at the door", "behind the door"


def behind_a_door(arrival_per_s, service_per_s, places):
    """The right share refused and mean response."""
    requests = np.arange(places + 1)
    shares = (arrival_per_s / service_per_s) ** requests
    shares /= shares.sum()
    return float(shares[-1]), float(requests @ shares / (arrival_per_s * (1 - shares[-1])))


def a_door(arrival_per_s, service_per_s, places):
    refused, response_s = behind_a_door(arrival_per_s, service_per_s, places)
    return {"places": places, "refused": refused, "mean_response_s": response_s}


def most_places(keeps):
    """The last number of places before the promise is broken."""
    places = 1
    while places < 500 and keeps(places + 1):
        places += 1
    return places


@mistake(
    "m08_door",
    misconception="the refused are counted in",
    loses=[ROOM, REFUSED, BEHIND],
    hint="You divided by the rate of all arrivals. Those who are refused are not in the system: take those admitted.",
)
def the_refused_are_counted_in(arrival_per_s, service_per_s, promise_s):
    def response_s(places):
        refused, found_s = behind_a_door(arrival_per_s, service_per_s, places)
        return found_s * (1 - refused)

    places = most_places(lambda places: response_s(places) <= promise_s)
    return a_door(arrival_per_s, service_per_s, places) | {"mean_response_s": response_s(places)}


@mistake(
    "m08_door",
    misconception="the worst case is promised",
    loses=[ROOM, REFUSED, BEHIND],
    hint="You made even the last place keep the promise. It is about the mean, and most find fewer before them.",
)
def the_worst_case_is_promised(arrival_per_s, service_per_s, promise_s):
    return a_door(arrival_per_s, service_per_s, round(promise_s * service_per_s))


@mistake(
    "m08_door",
    misconception="wait for response",
    loses=[ROOM, REFUSED, BEHIND],
    hint="Your time ends when the service begins. An answer is promised: the service counts.",
)
def wait_for_an_answer(arrival_per_s, service_per_s, promise_s):
    def wait_s(places):
        return behind_a_door(arrival_per_s, service_per_s, places)[1] - 1 / service_per_s

    places = most_places(lambda places: wait_s(places) <= promise_s)
    return a_door(arrival_per_s, service_per_s, places) | {"mean_response_s": wait_s(places)}


@mistake(
    "m08_door",
    misconception="one place too many",
    loses=[ROOM, REFUSED, BEHIND],
    hint="That is the first number of places that *breaks* the promise.",
)
def one_place_too_many(arrival_per_s, service_per_s, promise_s):
    places = most_places(lambda places: behind_a_door(arrival_per_s, service_per_s, places)[1] <= promise_s)
    return a_door(arrival_per_s, service_per_s, places + 1)


@mistake(
    "m08_door",
    misconception="room for those who wait",
    loses=[ROOM],
    hint="You counted the places for waiting. The one in service stands in the system as well.",
)
def room_for_those_who_wait(arrival_per_s, service_per_s, promise_s):
    places = most_places(lambda places: behind_a_door(arrival_per_s, service_per_s, places)[1] <= promise_s)
    return a_door(arrival_per_s, service_per_s, places) | {"places": places - 1}


@mistake(
    "m08_door",
    misconception="only the excess is refused",
    loses=[REFUSED],
    hint="You refuse only what the server could never do. But it is idle at times, so it must refuse a little more.",
)
def only_the_excess_is_refused(arrival_per_s, service_per_s, promise_s):
    places = most_places(lambda places: behind_a_door(arrival_per_s, service_per_s, places)[1] <= promise_s)
    return a_door(arrival_per_s, service_per_s, places) | {"refused": 1 - service_per_s / arrival_per_s}


@mistake(
    "m08_door",
    misconception="all shares refuse",
    loses=[REFUSED],
    hint="That is how often the server is busy. Only who finds *all* places taken is refused.",
)
def whoever_finds_it_busy(arrival_per_s, service_per_s, promise_s):
    places = most_places(lambda places: behind_a_door(arrival_per_s, service_per_s, places)[1] <= promise_s)
    busy = 1 - 1 / np.sum((arrival_per_s / service_per_s) ** np.arange(places + 1))
    return a_door(arrival_per_s, service_per_s, places) | {"refused": float(busy)}


# --- latency budgets --------------------------------------------------------------------------------------------------

TIME, SPEED, CALLS, NO_PLAN = "time", "speed", "several calls", "no such plan"


def asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = np.asarray(visits, dtype=float), np.asarray(price, dtype=float)
    if not (budget_s > 0 and 0 < quantile < 1 and arrival_per_s > 0 and np.all(visits > 0) and np.all(price > 0)):
        raise ValueError("no such plan")
    return visits, price


def plan(budget_s, quantile, arrival_per_s, visits, weights, miss=None):
    """Times in proportion to these weights, each call of a service alike; rates that keep them."""
    call_s = budget_s * weights / np.sum(visits * weights)
    miss = (1 - quantile) / np.sum(visits) if miss is None else miss
    return {"call_s": call_s, "service_per_s": visits * arrival_per_s - np.log(miss) / call_s}


@mistake(
    "m08_latency_budgets",
    misconception="fair shares",
    loses=[TIME, SPEED, CALLS],
    hint="You gave every call the same time. A millisecond moved from a cheap service to a dear one saves money.",
)
def fair_shares(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, np.ones(len(price)))


@mistake(
    "m08_latency_budgets",
    misconception="in proportion to the price",
    loses=[TIME, SPEED, CALLS],
    hint="You divided by the price itself. A rate goes with one over the time: equal *slopes* are the optimum.",
)
def in_proportion_to_the_price(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, price)


@mistake(
    "m08_latency_budgets",
    misconception="the dear one must be fast",
    loses=[TIME, SPEED, CALLS],
    hint="You give the dear service the least time, and so have to buy most of what costs most.",
)
def the_dear_one_must_be_fast(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, 1 / np.sqrt(price * visits))


@mistake(
    "m08_latency_budgets",
    misconception="everybody keeps the promise of the whole",
    loses=[SPEED, CALLS],
    hint="Each of your services misses as often as the whole request may. Together they miss several times as often.",
)
def everybody_keeps_the_whole_promise(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, np.sqrt(price / visits), miss=1 - quantile)


@mistake(
    "m08_latency_budgets",
    misconception="misses by service",
    loses=[CALLS],
    hint="You divided the misses among the services. One that is called four times has four chances to miss.",
)
def misses_by_service(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    weights = np.sqrt(price / visits)
    return plan(budget_s, quantile, arrival_per_s, visits, weights, miss=(1 - quantile) / len(visits))


@mistake(
    "m08_latency_budgets",
    misconception="a price is a price, however often",
    loses=[CALLS],
    hint="Your times ignore how often a service is called. A millisecond a call is four where it is called four times.",
)
def however_often_it_is_called(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, np.sqrt(price))


@mistake(
    "m08_latency_budgets",
    misconception="the mean keeps the promise",
    loses=[SPEED, CALLS],
    hint="Your services keep their time on average, and miss it in more than a third of the calls.",
)
def the_mean_keeps_the_promise(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    return plan(budget_s, quantile, arrival_per_s, visits, np.sqrt(price / visits), miss=np.exp(-1))


@mistake(
    "m08_latency_budgets",
    misconception="only the speed beyond the load",
    loses=[SPEED, CALLS],
    hint="You left out the calls that the service has to serve anyway: your rate is what must be left over.",
)
def only_the_speed_beyond_the_load(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = asked_for_a_plan(budget_s, quantile, arrival_per_s, visits, price)
    found = plan(budget_s, quantile, arrival_per_s, visits, np.sqrt(price / visits))
    return found | {"service_per_s": found["service_per_s"] - visits * arrival_per_s}


@mistake(
    "m08_latency_budgets",
    misconception="any promise can be planned",
    loses=[NO_PLAN],
    hint="A quantile of 1, or a price of zero, gives infinite rates or times here. Refuse what no plan can keep.",
)
def any_promise_can_be_planned(budget_s, quantile, arrival_per_s, visits, price):
    visits, price = np.asarray(visits, dtype=float), np.asarray(price, dtype=float)
    with np.errstate(all="ignore"):
        return plan(budget_s, quantile, arrival_per_s, visits, np.sqrt(price / visits))
