"""What must hold of the answers of module 7's practical."""

from __future__ import annotations

import json

import numpy as np

from graders.checks import Equal, Exercise, Raises, Scenario, call, column, sampled
from reference_solutions.m07_mlperf.batching_system import BatchingSystem
from reference_solutions.m07_mlperf.convergence import convergence_check
from reference_solutions.m07_mlperf.early_stopping import early_stopping
from reference_solutions.m07_mlperf.latency_percentile import latency_percentiles
from reference_solutions.m07_mlperf.log_audit import log_audit
from reference_solutions.m07_mlperf.query_counts import query_counts
from reference_solutions.m07_mlperf.scenarios import scenario_log
from reference_solutions.m07_mlperf.tier_rates import tier_rates
from reference_solutions.m07_mlperf.training_score import flops_utilisation, olympic_minutes

# --- scenarios --------------------------------------------------------------------------------------------------------


def played(rng, scenario, **others):
    """A run of some twenty queries; either the duration or the number decides."""
    service = rng.uniform(0.5, 2.0, size=int(rng.integers(5, 9)))
    gaps = rng.exponential(1.4, size=int(rng.integers(6, 11))) + 0.01
    least = (float(rng.uniform(20, 30)), 3) if rng.random() < 0.5 else (float(rng.uniform(0.5, 2)), 17)
    return call(scenario, service, gaps, *least, **others)


def one_camera(rng):
    return played(rng, "SingleStream")


def several_cameras(rng):
    return played(rng, "MultiStream", samples_per_query=int(rng.choice([2, 3, 5])))


def crowd(rng):
    return played(rng, "Server")


def backlog(rng):
    return played(rng, "Offline")


TIMES = column("scheduled_s", "completed_s")

SCENARIO_LOG = Exercise(
    "m07_scenario_log",
    reference=scenario_log,
    checks=[
        Equal(
            "streams",
            weight=1.25,
            cases=[sampled(one_camera, count=3), sampled(several_cameras, count=3)],
            part=TIMES,
            message="One camera, and several of them.",
        ),
        Equal(
            "a crowd",
            weight=1.25,
            cases=sampled(crowd, count=4),
            part=TIMES,
            message="Queries that come whether the system is ready or not.",
        ),
        Equal(
            "a backlog",
            weight=0.75,
            cases=sampled(backlog, count=4),
            part=column("scheduled_s", "completed_s", "samples"),
            message="Everything in one query that is just long enough.",
        ),
        Equal(
            "samples and ends",
            weight=1,
            cases=[
                call("MultiStream", [0.5, 0.25], [], 4.0, 1),
                call("SingleStream", [0.5], [], 2.0, 1),
                call("SingleStream", [0.5], [], 1.0, 6),
                call("Server", [0.25], [0.5], 2.0, 1),
                call("Server", [0.25], [0.5], 1.0, 5),
            ],
            part=column("samples"),
            message="How many queries there are, and samples in each; runs that end exactly at the least duration.",
        ),
        Raises(
            ValueError,
            "no such run",
            weight=0.75,
            cases=[
                call("Streaming", [1.0], [1.0], 1.0, 1),
                call("Server", [1.0], [], 1.0, 1),
                call("Server", [1.0], [1.0, -1.0], 1.0, 1),
                call("Offline", [], [1.0], 1.0, 1),
                call("SingleStream", [1.0, 0.0], [1.0], 1.0, 1),
            ],
            message="A scenario that there is not, and times that are missing or not positive.",
        ),
    ],
)

# --- percentiles ------------------------------------------------------------------------------------------------------


def busy_run(rng):
    """As many queries as make the rank no whole number, some issued late."""
    count = int(rng.integers(30, 90)) * 2 + 1
    due = np.cumsum(rng.exponential(1.0, size=count))
    issued = due + rng.exponential(1.0, size=count) * (rng.random(count) < 0.5)
    return call(due, issued, issued + rng.lognormal(size=count), float(rng.choice([0.5, 0.9, 0.95])))


def whole_ranks(rng):
    count = int(rng.choice([100, 200, 300]))
    due = rng.uniform(0, 10, size=count)
    return call(due, due, due + rng.lognormal(size=count), float(rng.choice([0.07, 0.29, 0.57, 0.9])))


LATENCIES = Exercise(
    "m07_latency_percentiles",
    reference=latency_percentiles,
    checks=[
        Equal(
            "from the schedule",
            weight=1,
            cases=sampled(busy_run, count=4),
            part=lambda seen: [seen["nearest_rank_s"], seen["loadgen_s"]],
            message="Latencies of queries that were issued late.",
        ),
        Equal(
            "from the issue",
            weight=0.5,
            cases=sampled(busy_run, count=3),
            part=lambda seen: seen["from_issue_s"],
            message="What is measured if one counts from the issue.",
        ),
        Equal(
            "whole ranks",
            weight=1,
            cases=[call([0.0] * 8, [0.0] * 8, [3, 1, 2, 8, 5, 4, 7, 6], 0.75), sampled(whole_ranks, count=4)],
            part=lambda seen: [seen["nearest_rank_s"], seen["loadgen_s"]],
            message="Ranks that are whole, or whole but for rounding: there the conventions differ.",
        ),
        Raises(
            ValueError,
            "no latency",
            weight=0.5,
            cases=[
                call([], [], [], 0.9),
                call([0.0, 1.0], [0.0, 0.5], [2.0, 2.0], 0.9),
                call([0.0], [1.0], [0.5], 0.9),
                call([0.0], [0.0], [1.0], 90),
                call([0.0], [0.0], [1.0], 1.0),
            ],
            message="No query, times that run backwards, and percentiles that are no share.",
        ),
    ],
)

# --- how many queries -------------------------------------------------------------------------------------------------


def percentiles_at_random(rng):
    return call(rng.uniform(0.5, 0.995, size=3))


def surer_or_bolder(rng):
    return call(
        float(rng.uniform(0.6, 0.99)),
        confidence=float(rng.uniform(0.5, 0.98)),
        part_of_tail=int(rng.choice([5, 10, 50])),
    )


def needed(counts):
    return counts["needed"]


COUNTS = Exercise(
    "m07_query_counts",
    reference=query_counts,
    checks=[
        Equal(
            "needed",
            weight=1,
            cases=[call(0.95), call([0.97, 0.99]), sampled(percentiles_at_random, count=3)],
            part=needed,
            atol=0,
            rtol=0,
            message="The rules' own table, and other percentiles, to the nearest query.",
        ),
        Equal(
            "rounded",
            weight=0.5,
            cases=[call(0.95), call(np.linspace(0.995, 0.9995, 60)), sampled(percentiles_at_random, count=3)],
            part=lambda counts: counts["rounded"],
            atol=0,
            rtol=0,
            message="Multiples of 8,192.",
        ),
        Equal(
            "other margins",
            weight=0.25,
            cases=sampled(surer_or_bolder, count=4),
            part=needed,
            atol=0,
            rtol=0,
            message="Another confidence, and another part of the tail.",
        ),
        Raises(
            ValueError,
            "no share",
            weight=0.25,
            cases=[call(1.0), call(0.0), call([0.9, 99]), call(0.9, confidence=1.0)],
            message="Percentiles and confidences that are no share.",
        ),
    ],
)

# --- early stopping ---------------------------------------------------------------------------------------------------


def measured(rng, queries, percentile, **others):
    """Latencies of which a few more or a few less are late than may be."""
    latency = rng.lognormal(size=int(queries))
    late = max(0, int((1 - percentile) * queries * rng.uniform(0.2, 0.9)))
    limit = float(np.sort(latency)[-late - 1]) if late else float(latency.max())
    return call(latency, percentile, limit, **others)


def long_run(rng):
    return measured(rng, rng.integers(700, 1400), float(rng.choice([0.9, 0.95, 0.97])))


def other_confidence(rng):
    return measured(
        rng, rng.integers(300, 600), float(rng.choice([0.8, 0.9])), confidence=float(rng.choice([0.9, 0.999]))
    )


def too_short(rng):
    return measured(rng, rng.integers(60, 220), 0.99)


def server(said):
    return [said["over"], said["missing"]]


def stream(said):
    return [said["discarded"], said["estimate_s"]]


EARLY = Exercise(
    "m07_early_stopping",
    reference=early_stopping,
    checks=[
        Equal(
            "a crowd",
            weight=1,
            cases=[
                call([0.1] * 700, 0.99, 0.2),
                call([0.1] * 80, 0.95, 0.1),
                call([0.1] * 64, 0.9, 0.2),
                sampled(long_run, count=3),
                sampled(too_short, count=3),
            ],
            part=server,
            message="How many queries were late, and how many are missing.",
        ),
        Equal(
            "a stream",
            weight=1.5,
            cases=sampled(long_run, count=5),
            part=stream,
            message="How many of the slowest are discarded, and which latency is reported.",
        ),
        Equal(
            "short runs",
            weight=0.5,
            cases=[
                call(np.arange(64.0), 0.9, 1e9),
                call(np.arange(63.0), 0.9, 1e9),
                call(np.arange(81.0), 0.9, 1e9),
                call(np.arange(44.0), 0.9, 1e9),
                sampled(too_short, count=2),
            ],
            part=stream,
            message="Runs that are just long enough for an estimate, or too short.",
        ),
        Equal(
            "another confidence",
            weight=0.5,
            cases=sampled(other_confidence, count=4),
            part=lambda said: server(said) + stream(said),
            message="Runs that shall be surer, or need not be so sure.",
        ),
        Raises(
            ValueError,
            "no run",
            weight=0.5,
            cases=[
                call([], 0.9, 1.0),
                call([1.0], 90, 1.0),
                call([1.0], 1.0, 1.0),
                call([1.0], 0.9, 1.0, confidence=1.0),
            ],
            message="No latencies, and shares that are none.",
        ),
    ],
)

# --- a system of one's own --------------------------------------------------------------------------------------------


def small_search(student, rng, batch_size, loaded=12):
    """A system with samples in memory, and their vectors."""
    system = student.BatchingSystem(rng.normal(size=(9, 4)), batch_size)
    system.load(list(range(loaded)), rng.normal(size=(loaded, 4)))
    return system


def in_batches(student, expect, rng):
    system = small_search(student, rng, int(rng.integers(3, 6)))
    given = 1000
    for count in rng.integers(1, 9, size=6):
        ids = list(range(given, given + int(count)))
        given += int(count)
        expect(system.issue(ids, rng.integers(0, 12, size=int(count)).tolist())).agrees()
        expect(system.waiting).agrees()
        expect(system.batches).agrees()


def flushed(student, expect, rng):
    system = small_search(student, rng, 5)
    expect(system.flush()).equals([])
    expect(system.batches).equals(0)
    system.issue([50, 40, 60], rng.integers(0, 12, size=3).tolist())
    expect(system.flush()).agrees()
    expect(system.waiting).equals(0)
    expect(system.batches).equals(1)
    expect(system.flush()).equals([])
    expect(system.batches).equals(1)


def asked_again(student, expect, rng):
    """The same sample over and over, then with another vector, as another data set might have it."""
    system = student.BatchingSystem(rng.permutation(np.eye(5)), 2)
    first, second = rng.permutation(5)[:2]
    system.load([3], [np.eye(5)[first]])
    expect(system.issue([1, 2], [3, 3])).agrees()
    system.issue([3], [3])
    system.load([3], [np.eye(5)[second]])
    expect(system.issue([4, 5, 6], [3, 3, 3])).agrees()
    expect(system.batches).equals(3)


def not_loaded(student, expect, rng):
    system = small_search(student, rng, 3, loaded=4)
    system.unload([1, 9])
    expect(system.issue([1, 2, 3, 4], [0, 2, 3, 1])).raises(ValueError)
    expect(system.waiting).equals(0)
    expect(system.batches).equals(0)
    expect(system.issue([5], [7])).raises(ValueError)
    expect(system.issue([6, 7, 8], [0, 2, 3])).agrees()


def waiting_while_unloaded(student, expect, rng):
    system = small_search(student, rng, 2)
    system.issue([11], [5])
    system.unload([5])
    expect(system.issue([12], [6])).agrees()
    expect(system.issue([13], [5])).raises(ValueError)
    expect(system.waiting).equals(0)


SYSTEM = Exercise(
    "m07_batching_system",
    reference=BatchingSystem,
    checks=[
        Scenario("batches", weight=1.5, play=in_batches, message="Queries that come one by one, and many at a time."),
        Scenario("flush", weight=1, play=flushed, message="What still waits, and what does not."),
        Scenario(
            "asked again",
            weight=1,
            play=asked_again,
            message="The same sample again, with the same vector and another.",
        ),
        Scenario(
            "not loaded", weight=0.75, play=not_loaded, message="Samples that are not in memory, among others that are."
        ),
        Scenario(
            "unloaded meanwhile",
            weight=0.5,
            play=waiting_while_unloaded,
            message="A query whose sample is unloaded while it waits.",
        ),
        Raises(
            ValueError, "no batch", weight=0.25, cases=[call([[1.0]], 0), call([[1.0]], -2)], message="A batch of none."
        ),
    ],
)

# --- logs -------------------------------------------------------------------------------------------------------------

IN_ORDER = {
    "effective_scenario": "Server",
    "effective_test_mode": "PerformanceOnly",
    "effective_samples_per_query": 1,
    "effective_target_latency_percentile": 0.99,
    "effective_min_duration_ms": 600_000,
    "generated_samples_per_query": 1,
    "result_query_count": 270_336,
    "result_overlatency_query_count": 2000,
    "result_validity": "VALID",
    "num_errors": 0,
}


def log(**changed):
    """The text of a log, between lines that say nothing."""
    facts = {key: value for key, value in (IN_ORDER | changed).items() if value is not None}
    lines = [":::MLLOG " + json.dumps({"key": key, "value": value, "metadata": {}}) for key, value in facts.items()]
    return call("\n".join(["warming up", *lines, "# done :::MLLOG", ""]))


def crowds_log(rng):
    late = int(rng.integers(0, 30))
    return log(result_query_count=int(rng.integers(400, 3000)), result_overlatency_query_count=late)


def streams_log(rng):
    scenario, percentile = (("SingleStream", 0.9), ("MultiStream", 0.99))[int(rng.integers(2))]
    return log(
        effective_scenario=scenario,
        effective_target_latency_percentile=percentile,
        effective_samples_per_query=8,
        result_query_count=int(rng.integers(20, 64)),
        result_overlatency_query_count=None,
    )


def backlogs_log(rng):
    return log(
        effective_scenario="Offline",
        effective_target_latency_percentile=0.9,
        generated_samples_per_query=int(rng.integers(9_000, 24_000)),
        result_query_count=1,
        result_overlatency_query_count=None,
    )


def breaches(rng):
    """Some of the settings are wrong."""
    wrong = {
        "effective_min_duration_ms": int(rng.integers(10, 599_999)),
        "num_errors": int(rng.integers(1, 5)),
        "effective_test_mode": str(rng.choice(["AccuracyOnly", "FindPeakPerformance"])),
        "effective_scenario": "MultiStream",
        "result_query_count": 600,
    }
    chosen = {name: value for name, value in wrong.items() if rng.random() < 0.5}
    late = 3 if "result_query_count" in chosen else 2000
    return log(effective_samples_per_query=int(rng.choice([4, 16])), result_overlatency_query_count=late, **chosen)


def missing(audit):
    return [audit["scenario"], audit["missing"]]


AUDIT = Exercise(
    "m07_log_audit",
    reference=log_audit,
    checks=[
        Equal(
            "missing in a crowd",
            weight=1.25,
            cases=[log(result_query_count=662, result_overlatency_query_count=1), sampled(crowds_log, count=5)],
            part=missing,
            message="How many queries a Server run lacks.",
        ),
        Equal(
            "missing elsewhere",
            weight=1,
            cases=[
                sampled(streams_log, count=4),
                sampled(backlogs_log, count=2),
                log(
                    effective_scenario="Offline",
                    generated_samples_per_query=6144,
                    result_query_count=4,
                    result_overlatency_query_count=None,
                ),
            ],
            part=missing,
            message="Queries that a stream lacks, and samples of a backlog.",
        ),
        Equal(
            "breaches",
            weight=1,
            cases=[log(), log(num_errors=None), log(effective_samples_per_query=4), sampled(breaches, count=8)],
            part=lambda audit: list(audit["breaches"]),
            message="What is not in order, and nothing else; runs where all is.",
        ),
        Equal(
            "the claim",
            weight=0.5,
            cases=[log(), log(result_validity="INVALID"), log(num_errors=3), sampled(breaches, count=2)],
            part=lambda audit: audit["claimed"],
            message="What LoadGen itself said.",
        ),
        Raises(
            ValueError,
            "no log",
            weight=0.25,
            cases=[call(""), call("effective_scenario Server"), log(effective_scenario=None)],
            message="Texts that name no scenario.",
        ),
    ],
)

# --- training ---------------------------------------------------------------------------------------------------------


def ten_runs(rng):
    return call(rng.uniform(20, 40, size=int(rng.choice([3, 5, 10]))))


def one_never_arrives(rng):
    runs = rng.uniform(20, 40, size=10)
    runs[rng.integers(10)] = np.inf
    return call(runs)


def many_dropped(rng):
    runs = rng.uniform(20, 40, size=40)
    runs[rng.permutation(40)[: rng.integers(0, 5)]] = np.inf
    return call(runs, dropped=4)


OLYMPIC = Exercise(
    "m07_olympic_minutes",
    reference=olympic_minutes,
    checks=[
        Equal("the mean", weight=1, cases=sampled(ten_runs, count=4), message="Runs that all arrive."),
        Equal(
            "a run that never arrives",
            weight=0.75,
            cases=sampled(one_never_arrives, count=3),
            message="One run that does not get there.",
        ),
        Equal(
            "no result",
            weight=0.5,
            cases=[call([np.inf, 20.0, 30.0, np.inf, 25.0]), call([np.inf] * 3), call([20.0, np.inf, np.inf])],
            message="More runs that do not get there than may be dropped.",
        ),
        Equal("forty runs", weight=0.5, cases=sampled(many_dropped, count=4), message="Four are dropped on each side."),
        Raises(
            ValueError,
            "no runs",
            weight=0.25,
            cases=[call([20.0, 30.0]), call([20.0] * 8, dropped=4), call([0.0, 20.0, 30.0]), call([-1.0, 20.0, 30.0])],
            message="Too few runs, and times that are not positive.",
        ),
    ],
)

# --- convergence ------------------------------------------------------------------------------------------------------


def epochs(rng):
    reference = rng.normal(20, 0.8, size=int(rng.choice([10, 20])))
    return call(reference, rng.normal(19.6, 0.8, size=int(rng.choice([5, 10]))))


def many_runs(rng):
    return call(rng.normal(30, 1.0, size=80), rng.normal(29.8, 1.0, size=40), dropped=4)


def about_the_limit(rng):
    """A submission that is a little too good, or not quite."""
    reference = rng.normal(20, 0.8, size=10)
    least = convergence_check(reference, [20.0] * 5)["least_epochs"]
    return call(reference, least + float(rng.choice([-0.03, 0.03])) + rng.normal(0, 1e-3, size=5))


RCP = Exercise(
    "m07_convergence_check",
    reference=convergence_check,
    checks=[
        Equal(
            "the mean",
            weight=0.5,
            cases=sampled(epochs, count=3),
            part=lambda seen: seen["mean_epochs"],
            message="The reference's mean, without its extremes.",
        ),
        Equal(
            "the least",
            weight=1.5,
            cases=sampled(epochs, count=4),
            part=lambda seen: [seen["least_epochs"], seen["speedup"]],
            message="The least mean that passes, and the speed-up.",
        ),
        Equal(
            "the verdict",
            weight=1,
            cases=[
                call([16, 14, 16, 17, 16, 16, 15, 16, 15, 16], [1.0, 15.5, 15.6, 15.4, 99.0]),
                call([16, 14, 16, 17, 16, 16, 15, 16, 15, 16], [15.0, 15.2, 15.3, 15.0, 40.0]),
                call([20.0] * 10, [20.0] * 5),
                sampled(about_the_limit, count=6),
            ],
            part=lambda seen: seen["passes"],
            message="Submissions on both sides of the limit, with and without an odd run.",
        ),
        Equal(
            "forty runs",
            weight=0.5,
            cases=sampled(many_runs, count=3),
            part=lambda seen: [seen["mean_epochs"], seen["least_epochs"], seen["speedup"]],
            message="Four dropped on each side.",
        ),
        Raises(
            ValueError,
            "no runs",
            weight=0.5,
            cases=[
                call([15.0, 16.0], [15.0] * 5),
                call([15.0] * 10, [15.0, 16.0]),
                call([15.0] * 80, [15.0] * 8, dropped=4),
            ],
            message="Too few runs of the reference, or of the submission.",
        ),
    ],
)

# --- utilisation ------------------------------------------------------------------------------------------------------


def large_model(rng):
    return call(
        float(rng.uniform(1e4, 1e6)),
        float(rng.uniform(1e9, 1e12)),
        int(rng.integers(20, 120)),
        int(rng.integers(16, 96)),
        int(rng.choice([64, 128, 256])),
        int(rng.choice([1024, 2048, 8192])),
        int(rng.integers(8, 4096)),
        float(rng.uniform(1e14, 1e15)),
    )


def small_model_long_text(rng):
    """Attention is the greater part."""
    return call(
        1e5, float(rng.uniform(1e7, 1e8)), 24, int(rng.integers(8, 20)), 128, 32768, 64, float(rng.uniform(1e14, 1e15))
    )


UTILISATION = Exercise(
    "m07_flops_utilisation",
    reference=flops_utilisation,
    checks=[
        Equal("large models", weight=1.25, cases=sampled(large_model, count=5), message="Models of all sizes."),
        Equal(
            "long sequences",
            weight=0.75,
            cases=sampled(small_model_long_text, count=3),
            message="Small models with long sequences, where attention is the greater part.",
        ),
    ],
)

# --- tiers ------------------------------------------------------------------------------------------------------------


def sweep(rng, waver):
    """A sweep in the order in which it was measured; above the knee it wavers."""
    rates = np.arange(1.0, 13.0) * float(rng.uniform(0.5, 2.0))
    ttft = 0.1 / (1 - rates / (1.05 * rates.max())) * (1 + waver * rng.uniform(-1, 1, size=12))
    tpot = 0.01 * (1 + np.arange(12) / 2) * (1 + waver * rng.uniform(-1, 1, size=12))
    order = rng.permutation(12)
    tiers = {
        name: (float(np.quantile(ttft, place)), float(np.quantile(tpot, other)))
        for name, place, other in zip("abc", rng.uniform(0.3, 0.8, 3), rng.uniform(0.3, 0.95, 3), strict=True)
    }
    return call(rates[order], ttft[order], tpot[order], tiers, float(1.1 * rates.max()))


def smooth_sweep(rng):
    return sweep(rng, 0.0)


def wavering_sweep(rng):
    """One measurement above the border passes by luck."""
    asked = sweep(rng, 0.0)
    rates, ttft, tpot, tiers, offline = asked.args
    lucky = np.argsort(rates)[-1]
    return call(
        rates,
        np.where(np.arange(12) == lucky, 0.05, ttft),
        np.where(np.arange(12) == lucky, 0.001, tpot),
        tiers,
        offline,
    )


def rate(rows):
    return list(rows["rate_per_s"])


TIERS = Exercise(
    "m07_tier_rates",
    reference=tier_rates,
    checks=[
        Equal(
            "rates", weight=1.5, cases=sampled(smooth_sweep, count=4), part=rate, message="Sweeps that rise steadily."
        ),
        Equal(
            "luck",
            weight=1,
            cases=sampled(wavering_sweep, count=4),
            part=rate,
            message="Sweeps in which a rate beyond a miss passes by luck.",
        ),
        Equal(
            "edges",
            weight=0.5,
            cases=[
                call(
                    [2.0, 1.0, 3.0],
                    [0.2, 0.1, 0.3],
                    [0.02, 0.01, 0.03],
                    {"just": (0.2, 0.03), "also": (0.3, 0.02)},
                    4.0,
                ),
                call(
                    [1.0, 2.0], [0.5, 0.6], [0.1, 0.1], {"none": (0.4, 0.2), "neither": (1.0, 0.05), "all": (1, 1)}, 3.0
                ),
                call([5.0], [0.1], [0.1], {}, 3.0),
            ],
            part=rate,
            message="Limits that are just met, tiers that nothing serves, and no tier.",
        ),
        Equal(
            "of the offline rate",
            weight=0.5,
            cases=sampled(smooth_sweep, count=3),
            part=column("of_offline", by="tier"),
            message="What a promise costs.",
        ),
        Raises(
            ValueError,
            "no sweep",
            weight=0.5,
            cases=[call([], [], [], {"a": (1, 1)}, 3.0), call([1.0], [0.1], [0.1], {"a": (1, 1)}, 0.0)],
            message="A sweep without rates, and a machine that does nothing offline.",
        ),
    ],
)
