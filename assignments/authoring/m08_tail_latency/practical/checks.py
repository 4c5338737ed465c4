"""What must hold of the answers of module 8's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import Conserved, Equal, Exercise, Outcome, Raises, Scenario, call, column, sampled, value
from reference_solutions.m08_tail_latency.bounded_queue import door
from reference_solutions.m08_tail_latency.fan_out import any_slow_probability
from reference_solutions.m08_tail_latency.hedged_day import hedged_day, never_hedge
from reference_solutions.m08_tail_latency.merging import merged_quantile_s
from reference_solutions.m08_tail_latency.power_of_d import choices_table
from reference_solutions.m08_tail_latency.quantiles import quantile_interval_s
from reference_solutions.m08_tail_latency.queue_simulation import queue_waits_s_by_definition
from reference_solutions.m08_tail_latency.retry_throttle import RetryThrottle
from reference_solutions.m08_tail_latency.slo_budget import latency_budgets
from reference_solutions.m08_tail_latency.staffing import staffing_table
from reference_solutions.m08_tail_latency.tied_requests import tied_quantile_s

# --- percentiles and their intervals ----------------------------------------------------------------------------------


def load_test(rng, requests, quantile, **others):
    return call(0.01 * rng.lognormal(size=int(requests)), quantile, **others)


def any_load_test(rng):
    return load_test(rng, rng.integers(400, 900), float(rng.choice([0.5, 0.9, 0.95, 0.98])))


def sure_or_bold(rng):
    return load_test(
        rng, rng.integers(300, 600), float(rng.choice([0.5, 0.9])), confidence=float(rng.choice([0.6, 0.8, 0.99]))
    )


def limits(interval):
    return [interval["low"], interval["high"]]


TENTHS = np.arange(1, 101)[::-1] / 10

QUANTILE_INTERVAL = Exercise(
    "m08_quantile_interval_s",
    reference=quantile_interval_s,
    checks=[
        Equal(
            "the estimate",
            weight=1,
            cases=[
                call(TENTHS, 0.07),
                call(TENTHS, 0.905),
                call([3.0, 1.0, 2.0], 0.34),
                sampled(any_load_test, count=3),
            ],
            part=lambda interval: interval["estimate"],
            message="The nearest rank, and a rank that is whole but for rounding.",
        ),
        Equal(
            "both limits",
            weight=1.5,
            cases=sampled(any_load_test, count=4),
            part=limits,
            message="Two of the sorted latencies that enclose the true percentile.",
        ),
        Equal(
            "another confidence",
            weight=0.5,
            cases=sampled(sure_or_bold, count=3),
            part=limits,
            message="Intervals that are meant to be surer, or bolder.",
        ),
        Equal(
            "too few requests",
            weight=0.5,
            cases=[call(TENTHS, 0.99), call(TENTHS[:20], 0.1), call([0.3, 0.2], 0.5)],
            part=limits,
            message="Samples that set no limit on one side, or on both.",
        ),
        Raises(
            ValueError,
            "no percentile",
            weight=0.5,
            cases=[call([], 0.5), call([1.0, 2.0], 99), call([1.0, 2.0], 0.0), call([1.0, 2.0], 0.5, confidence=1.0)],
            message="No latencies; a quantile or a confidence that is no share.",
        ),
    ],
)

# --- percentiles of many machines -------------------------------------------------------------------------------------


def machines(rng, requests):
    """Histograms of machines: most are fast, one is slow."""
    edges_s = 0.001 * 1.25 ** np.arange(31)
    speeds = [*rng.uniform(0.008, 0.012, size=len(requests) - 1), rng.uniform(0.06, 0.1)]
    counts = [
        np.histogram(np.clip(speed * rng.lognormal(0, 0.4, size=count), 0.0011, 0.8), edges_s)[0]
        for speed, count in zip(speeds, requests, strict=True)
    ]
    return np.array(counts), edges_s


def alike(rng):
    """As many requests at each; the percentile is one of the slow machine's."""
    return call(*machines(rng, [61] * 8), float(rng.choice([0.9, 0.95, 0.99])))


def unlike(rng):
    """The slow machine has few requests, and another has none."""
    counts, edges_s = machines(rng, [int(count) for count in rng.integers(150, 400, size=5)] + [20])
    return call(np.insert(counts, 2, 0, axis=0), edges_s, float(rng.uniform(0.75, 0.95)))


FOUR_BINS = [1.0, 2.0, 4.0, 8.0, 16.0]

MERGED = Exercise(
    "m08_merged_quantile_s",
    reference=merged_quantile_s,
    checks=[
        Equal(
            "one slow machine",
            weight=1.5,
            cases=sampled(alike, count=4),
            message="Machines with as many requests each, one of them slow.",
        ),
        Equal(
            "much and little traffic",
            weight=1.25,
            cases=sampled(unlike, count=4),
            message="Machines with many requests, with few, and with none.",
        ),
        Equal(
            "ranks and edges",
            weight=0.75,
            cases=[
                call([[3, 0, 0, 1], [4, 0, 0, 2]], FOUR_BINS, 0.7),
                call([[7, 43, 0, 0], [0, 20, 30, 0]], FOUR_BINS, 0.07),
                call([[0, 0, 5, 0]], FOUR_BINS, 0.01),
                call([[1, 0, 0, 9]], FOUR_BINS, 0.5),
                call([[1, 2, 1, 0]], FOUR_BINS, 1),
            ],
            message="Empty bins, ranks that are whole, or whole but for rounding, a single machine, and the longest.",
        ),
        Raises(
            ValueError,
            "no percentile of all",
            weight=0.5,
            cases=[
                call([[0, 0, 0, 0]], FOUR_BINS, 0.5),
                call([[1, 2, 1]], FOUR_BINS, 0.5),
                call([[1, 2, 1, 0]], FOUR_BINS, 95),
                call([[1, 2, 1, 0]], FOUR_BINS, 1.5),
                call([[1, 2, 1, 0]], FOUR_BINS, 0.0),
            ],
            message="No requests, bins that do not fit the edges, and quantiles that are no share.",
        ),
    ],
)

# --- fan-out ----------------------------------------------------------------------------------------------------------


def independent_leaves(rng):
    return call(float(10 ** rng.uniform(-4, -1)), rng.integers(2, 500, size=4))


def leaves_slow_together(rng):
    slow, leaves = float(10 ** rng.uniform(-2.5, -1)), int(rng.integers(5, 300))
    return call(slow, leaves, correlation=float(rng.uniform(0.1, 0.7)))


FAN_OUT = Exercise(
    "m08_any_slow_probability",
    reference=any_slow_probability,
    checks=[
        Equal(
            "independent leaves",
            weight=1.25,
            cases=[call(0.0001, 2000), call(0.0, 50), call(1.0, 3), sampled(independent_leaves, count=4)],
            rtol=1e-6,
            message="Leaves that do not depend on each other, few and many.",
        ),
        Equal(
            "slow together",
            weight=1.5,
            cases=[call(0.003, 4, 0.5), sampled(leaves_slow_together, count=5)],
            rtol=1e-3,
            message="Leaves with a common load.",
        ),
        Equal(
            "tables",
            weight=0.75,
            cases=[
                call([[0.001], [0.05]], [1, 20, 400]),
                call([[0.001], [0.05]], [1, 20, 400], correlation=0.3),
                call(np.array([0.01, 0.2, 0.03]), 7, correlation=0.6),
            ],
            rtol=1e-3,
            message="Arrays of probabilities against arrays of fan-outs, with and without a common load.",
        ),
        Raises(
            ValueError,
            "no such leaves",
            weight=0.5,
            cases=[call(-0.1, 3), call(1.2, 3), call(0.1, 0), call(0.1, 3, correlation=1.0), call(0.1, 3, -0.2)],
            message="Probabilities that are none, no leaf, and correlations that the model does not have.",
        ),
    ],
)

# --- a queue, simulated -----------------------------------------------------------------------------------------------


def busy_trace(rng, servers, requests):
    """Arrivals a little slower than all servers together."""
    arrival_s = np.cumsum(rng.exponential(1 / (0.95 * servers), size=requests))
    return call(arrival_s, rng.gamma(0.5, 2.0, size=requests), servers)


def one_server(rng):
    return busy_trace(rng, 1, 20)


def several_servers(rng):
    servers = int(rng.integers(2, 6))
    return busy_trace(rng, servers, 12 * servers)


QUEUE = Exercise(
    "m08_queue_waits_s",
    reference=queue_waits_s_by_definition,
    target="queue_waits_s",
    checks=[
        Equal(
            "one server",
            weight=1.5,
            cases=[call([0, 1, 5], [3, 1, 1], 1), sampled(one_server, count=3)],
            message="A server that is busy for a while, and idle for a while.",
        ),
        Equal(
            "several servers",
            weight=2,
            cases=sampled(several_servers, count=4),
            message="Pools of two to five servers, and service times that differ much.",
        ),
        Equal(
            "together and alone",
            weight=0.5,
            cases=[
                call([2, 2, 2, 2], [4, 1, 2, 1], 2),
                call([-5, -4.5], [1, 1], 1),
                call([7.5], [0], 3),
                call([], [], 2),
            ],
            message="Requests that arrive together, before time zero, alone, or not at all.",
        ),
        Raises(
            ValueError,
            "no such trace",
            weight=1,
            cases=[call([1, 0], [1, 1], 1), call([0, 1], [1], 1), call([0, 1], [1, -1], 1), call([0], [1], 0)],
            message="Arrivals out of order, service times that are missing or negative, and no server.",
        ),
    ],
)

# --- a pool of servers, by formula ------------------------------------------------------------------------------------


def pools_at_random(rng):
    load, service_per_s = float(rng.uniform(2, 20)), float(rng.uniform(0.5, 50))
    smallest = int(np.floor(load)) + 1
    return call(load * service_per_s, service_per_s, [smallest + step for step in (3, 0, 1, 6)])


def variable_services(rng):
    load, service_per_s = float(rng.uniform(0.3, 6)), float(rng.uniform(0.5, 50))
    smallest, scv = int(np.floor(load)) + 1, rng.uniform(0, 6, size=2)
    return call(
        load * service_per_s, service_per_s, [smallest, smallest + 1], float(scv[0]), float(scv[1]), quantile=0.999
    )


POOLS = [call(3.2, 1.0, [4, 5, 6]), sampled(pools_at_random, count=4)]

STAFFING = Exercise(
    "m08_staffing_table",
    reference=staffing_table,
    checks=[
        Equal(
            "who waits",
            weight=1.25,
            cases=POOLS,
            part=column("servers", "utilisation", "wait_probability"),
            message="How busy the servers are, and which share of the requests waits.",
        ),
        Equal(
            "the mean",
            weight=1,
            cases=POOLS,
            part=column("mean_wait_s"),
            message="The mean wait of all requests, with arrivals and services at random.",
        ),
        Equal(
            "the tail",
            weight=1,
            cases=[*POOLS, call(1.0, 1.0, [2, 9, 30], quantile=0.9)],
            part=column("wait_quantile_s"),
            message="The wait that a share of all requests does not exceed; nothing, where hardly anybody waits.",
        ),
        Equal(
            "steady and wild",
            weight=0.75,
            cases=[call(0.8, 1.0, [1], service_scv=0.0), sampled(variable_services, count=4)],
            part=column("mean_wait_s", "wait_quantile_s"),
            message="Arrivals and services that vary less than random ones, or more.",
        ),
        Equal(
            "too few servers",
            weight=0.5,
            cases=[call(8.0, 1.0, [9, 8, 3]), call(12.0, 4.0, [1, 4])],
            part=column("utilisation", "wait_probability", "mean_wait_s", "wait_quantile_s"),
            message="Pools that cannot keep up, beside one that can.",
        ),
        Equal(
            "large pools",
            weight=0.25,
            cases=[call(285.0, 1.0, [300, 290]), call(95.0, 1.0, [100])],
            part=column("wait_probability", "mean_wait_s"),
            message="Hundreds of servers.",
        ),
        Raises(
            ValueError,
            "no such pool",
            weight=0.25,
            cases=[call(0.0, 1.0, [1]), call(1.0, -1.0, [1]), call(1.0, 1.0, [2, 0])],
            message="Rates that are not positive, and a pool without a server.",
        ),
    ],
)

# --- a queue for each server ------------------------------------------------------------------------------------------


def looks_at_random(rng):
    looks = rng.permutation([2, 3, 4, 5, 6])[:3]
    return call(float(rng.uniform(0.6, 0.98)), float(rng.uniform(0.001, 0.5)), looks.tolist())


def one_look(rng):
    return call(float(rng.uniform(0.9, 0.98)), float(rng.uniform(0.001, 0.5)), [1])


LOOKS = sampled(looks_at_random, count=4)

CHOICES = Exercise(
    "m08_choices_table",
    reference=choices_table,
    checks=[
        Equal(
            "requests at a server",
            weight=1.25,
            cases=LOOKS,
            part=column("choices", "mean_requests"),
            message="The mean number of requests at a server, with two looks and with more.",
        ),
        Equal(
            "times",
            weight=1,
            cases=LOOKS,
            part=column("mean_response_s"),
            message="The mean response time, with two looks and with more.",
        ),
        Equal(
            "one look",
            weight=0.75,
            cases=[call(0.2, 1.0, [1]), sampled(one_look, count=3)],
            part=column("mean_requests", "mean_response_s"),
            message="A server drawn at random, at low load and at high load.",
        ),
        Equal(
            "long queues",
            weight=0.75,
            cases=[call(0.9, 1.0, [3, 2, 1]), call(0.6, 1.0, [1, 2])],
            part=column("long_queue_share"),
            message="The share of servers with five requests or more.",
        ),
        Raises(
            ValueError,
            "no such servers",
            weight=0.25,
            cases=[call(0.0, 1.0, [2]), call(1.2, 1.0, [2]), call(0.5, 0.0, [2]), call(0.5, 1.0, [2, 0])],
            message="Utilisations without a steady state, services that take no time, and no look.",
        ),
    ],
)

# --- copies: a policy -------------------------------------------------------------------------------------------------

QUIET = [0.35 - 0.2 * float(np.cos(hour / 24 * 2 * np.pi)) for hour in range(24)]
RUSH = [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.64, 0.68, 0.72, 0.77, 0.82, 0.87, 0.91, 0.95, 0.92, 0.85, 0.76, 0.7, 0.6, 0.5]
RELEASES = ([0.2, 0.28, 0.36, 0.45, 0.52, 0.44, 0.33, 0.25] * 3, [0.002] * 8 + [0.016] * 8 + [0.0004] * 8)


def quiet_hours(policy):
    return hedged_day(policy, QUIET, 0.002)


def releases(policy):
    return hedged_day(policy, *RELEASES)


def rush_hour(policy):
    return hedged_day(policy, RUSH, 0.003)


def mean_of_never(day):
    """The p99, as a part of what it is without copies, on average."""
    return float(np.mean(day["p99_s"] / day["never_p99_s"]))


def worst_of_never(day):
    return float(np.max(day["p99_s"] / day["never_p99_s"]))


def is_a_delay(decision):
    return float(decision) >= 0


HEDGE = Exercise(
    "m08_hedge_delay_s",
    checks=[
        Outcome(
            "quiet hours",
            weight=1.5,
            simulate=quiet_hours,
            measure=mean_of_never,
            at_most=0.5,
            times=never_hedge,
            accepts=is_a_delay,
            message="The p99 on a day with loads from 15 to 55 %, against a day without copies.",
        ),
        Outcome(
            "releases",
            weight=1.25,
            simulate=releases,
            measure=mean_of_never,
            at_most=0.5,
            times=never_hedge,
            accepts=is_a_delay,
            message="The same, while the service becomes eight times as slow, and later much faster than before.",
        ),
        Outcome(
            "few copies",
            weight=0.75,
            simulate=quiet_hours,
            measure=lambda day: float(np.mean(day["copies"])),
            at_most=0.15,
            accepts=is_a_delay,
            message="Copies per request in quiet hours.",
        ),
        Outcome(
            "rush hour",
            weight=1.5,
            simulate=rush_hour,
            measure=worst_of_never,
            at_most=1.1,
            accepts=is_a_delay,
            message="The worst stretch of a day with loads up to 95 %, against the same stretch without copies.",
        ),
    ],
)

# --- tied requests ----------------------------------------------------------------------------------------------------


def tied(rng, copies):
    return call(
        float(rng.uniform(0.3, 0.95)), float(rng.uniform(0.5, 200)), float(rng.choice([0.5, 0.9, 0.99, 0.999])), copies
    )


def two_copies(rng):
    return tied(rng, 2)


def more_copies(rng):
    return tied(rng, int(rng.integers(3, 7)))


TIED = Exercise(
    "m08_tied_quantile_s",
    reference=tied_quantile_s,
    checks=[
        Equal(
            "two copies",
            weight=1,
            cases=[call(0.7, 20.0, 0.95), sampled(two_copies, count=4)],
            message="Two copies, at low and at high load.",
        ),
        Equal("more copies", weight=0.75, cases=sampled(more_copies, count=4), message="Three to six copies."),
        Equal(
            "a plain request",
            weight=0.5,
            cases=[call(0.8, 1.0, 0.99, 1), call(0.3, 40.0, 0.5, copies=1)],
            message="A single copy.",
        ),
        Equal(
            "tables of loads",
            weight=0.5,
            cases=[call([[0.4], [0.85]], 3.0, [0.5, 0.99]), call(np.array([0.2, 0.6]), 3.0, 0.9, 3)],
            message="Arrays of loads against arrays of quantiles.",
        ),
        Raises(
            ValueError,
            "no such tie",
            weight=0.25,
            cases=[
                call(1.0, 1.0, 0.9),
                call([0.5, 0.0], 1.0, 0.9),
                call(0.5, 1.0, 99),
                call(0.5, 0.0, 0.9),
                call(0.5, 1.0, 0.9, 0),
            ],
            message="Loads and quantiles that are no shares, no rate, and no copy.",
        ),
    ],
)

# --- retries ----------------------------------------------------------------------------------------------------------


def told(throttle, outcomes):
    for succeeded in outcomes:
        throttle.record(succeeded)
    return throttle.tokens


def failures_drain(student, expect):
    throttle = student.RetryThrottle(max_tokens=10, token_ratio=0.1)
    expect(throttle.tokens).equals(10)
    for left in (9, 8, 7):
        expect(told(throttle, [False])).equals(left)
        expect(throttle.may_retry()).equals(True)
    expect(told(throttle, [False] * 20)).equals(0)
    expect(throttle.may_retry()).equals(False)
    expect(told(throttle, [False])).equals(0)


def half_is_not_more(student, expect):
    throttle = student.RetryThrottle(max_tokens=6, token_ratio=0.5)
    expect(told(throttle, [False, False])).equals(4)
    expect(throttle.may_retry()).equals(True)
    expect(told(throttle, [False])).equals(3)
    expect(throttle.may_retry()).equals(False)
    expect(told(throttle, [True])).equals(3.5)
    expect(throttle.may_retry()).equals(True)
    expect(throttle.tokens).equals(3.5)


def successes_fill(student, expect):
    throttle = student.RetryThrottle(max_tokens=5, token_ratio=0.25)
    expect(told(throttle, [True] * 3)).equals(5)
    expect(told(throttle, [False, True, True])).equals(4.5)
    expect(told(throttle, [True] * 9)).equals(5)
    expect(throttle.may_retry()).equals(True)


def long_traffic(student, expect, rng):
    throttle = student.RetryThrottle(
        max_tokens=float(rng.integers(5, 20)) + 0.3, token_ratio=float(rng.uniform(0.05, 0.8))
    )
    for failing in (0.2, 0.9, 0.1):
        for succeeded in rng.random(25) >= failing:
            throttle.record(bool(succeeded))
            expect(throttle.tokens).agrees()
            expect(throttle.may_retry()).agrees()


def random_outcomes(student, rng):
    throttle = student.RetryThrottle(max_tokens=8, token_ratio=0.3)
    for succeeded in rng.random(40) < np.repeat([0.9, 0.1], [10, 30]):
        throttle.record(bool(succeeded))
        yield throttle.tokens


THROTTLE = Exercise(
    "m08_retry_throttle",
    reference=RetryThrottle,
    checks=[
        Scenario(
            "failures drain it",
            weight=1,
            play=failures_drain,
            message="One token for each failure, and no debts.",
        ),
        Scenario(
            "at half",
            weight=1,
            play=half_is_not_more,
            message="Whether a retry is allowed around the middle of the bucket.",
        ),
        Scenario("successes fill it", weight=0.75, play=successes_fill, message="What successes bring, up to the rim."),
        Scenario("an outage", weight=0.75, play=long_traffic, message="Quiet traffic, an outage, and a recovery."),
        Conserved(
            "inside the bucket",
            weight=0.25,
            script=random_outcomes,
            invariant=lambda tokens: 0 <= tokens <= 8,
            message="Whatever happens, there are no fewer tokens than none and no more than fit in.",
        ),
        Raises(
            ValueError,
            "no bucket",
            weight=0.25,
            cases=[call(0, 0.1), call(-3, 0.1), call(10, 0), call(10, -0.1)],
            message="A bucket without size, and successes that bring nothing.",
        ),
    ],
)

# --- admission control ------------------------------------------------------------------------------------------------

OFFERED = {"arrival_per_s": 120.0, "service_per_s": 100.0, "promise_s": 0.050}
"""What the notebook's cell before the exercise defines."""

DOOR = Exercise(
    "m08_door",
    reference=door,
    given=OFFERED,
    checks=[
        Equal(
            "room",
            weight=1,
            cases=[value()],
            part=lambda answer: answer["places"],
            message="The largest number of places with which the promise is kept.",
        ),
        Equal(
            "refused at the door",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["refused"],
            message="The share of the arrivals that finds all places taken.",
        ),
        Equal(
            "behind the door",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["mean_response_s"],
            message="The mean response of those who are admitted.",
        ),
    ],
)

# --- latency budgets --------------------------------------------------------------------------------------------------


def services(rng, calls):
    n = int(rng.integers(2, 6))
    visits = rng.integers(1, 5, size=n) if calls else np.ones(n)
    budget_s, quantile = float(rng.uniform(0.02, 0.5)), float(rng.choice([0.95, 0.99, 0.999]))
    return call(budget_s, quantile, float(rng.uniform(10, 500)), visits, 10 ** rng.uniform(-1, 2, size=n))


def each_called_once(rng):
    return services(rng, calls=False)


def called_several_times(rng):
    return services(rng, calls=True)


BUDGETS = Exercise(
    "m08_latency_budgets",
    reference=latency_budgets,
    checks=[
        Equal(
            "time",
            weight=1.25,
            cases=[call(0.1, 0.99, 100.0, [1, 1, 1], [1.0, 1.0, 1.0]), sampled(each_called_once, count=4)],
            part=lambda plan: plan["call_s"],
            message="How a budget is divided among services that are called once each.",
        ),
        Equal(
            "speed",
            weight=1.25,
            cases=sampled(each_called_once, count=4),
            part=lambda plan: plan["service_per_s"],
            message="The rate at which a service must work to keep its part of the budget often enough.",
        ),
        Equal(
            "several calls",
            weight=1,
            cases=[call(0.1, 0.99, 100.0, [1, 4], [1.0, 1.0]), sampled(called_several_times, count=4)],
            message="Services that are called more than once: times and rates.",
        ),
        Raises(
            ValueError,
            "no such plan",
            weight=0.5,
            cases=[
                call(0.0, 0.99, 100.0, [1], [1.0]),
                call(0.1, 1.0, 100.0, [1], [1.0]),
                call(0.1, 0.99, -1.0, [1], [1.0]),
                call(0.1, 0.99, 100.0, [0], [1.0]),
                call(0.1, 0.99, 100.0, [1], [0.0]),
            ],
            message="Budgets, rates, calls or prices that are not positive, and a quantile that is no share.",
        ),
    ],
)
