"""What must hold of the answers of module 8's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import Conserved, Equal, Exercise, Outcome, Raises, Scenario, call, column, sampled
from reference_solutions.m08_tail_latency.fan_out import any_slow_probability
from reference_solutions.m08_tail_latency.hedged_day import hedged_day, never_hedge
from reference_solutions.m08_tail_latency.quantiles import quantile_interval_s
from reference_solutions.m08_tail_latency.queue_simulation import queue_waits_s_by_definition
from reference_solutions.m08_tail_latency.retry_throttle import RetryThrottle
from reference_solutions.m08_tail_latency.slo_budget import latency_budgets
from reference_solutions.m08_tail_latency.staffing import staffing_table

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
