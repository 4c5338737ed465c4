"""Runs of LoadGen: closed forms, a simulation with SimPy, what LoadGen recorded, the binomial distribution."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m07_mlperf.batching_system import BatchingSystem, accuracy_kept, best_documents
from reference_solutions.m07_mlperf.early_stopping import early_stopping, least_queries
from reference_solutions.m07_mlperf.latency_percentile import latency_percentiles
from reference_solutions.m07_mlperf.log_audit import log_audit
from reference_solutions.m07_mlperf.query_counts import query_counts
from reference_solutions.m07_mlperf.scenarios import scenario_log

ORACLES = Path(__file__).parents[1] / "oracles/m07_mlperf"
RUNS = {run["input"]["name"]: run for run in json.loads((ORACLES / "loadgen_runs.json").read_text())["cases"]}
TRACES = {run["scenario"]: run for run in json.loads((ORACLES / "loadgen_traces.json").read_text())["cases"]}
LEAST = json.loads((ORACLES / "early_stopping.json").read_text())["cases"]


def as_log(facts):
    return "\n".join(":::MLLOG " + json.dumps({"key": key, "value": value}) for key, value in facts.items())


# --- scenarios --------------------------------------------------------------------------------------------------------


def test_equal_services_have_closed_forms():
    single = scenario_log("SingleStream", [0.5], [], 10.25, 3)
    assert single["scheduled_s"].tolist() == [
        0.5 * k for k in range(21)
    ]  # the first that begins at 10.25 or later is none
    assert len(scenario_log("SingleStream", [0.5], [], 1.0, 7)["samples"]) == 7
    several = scenario_log("MultiStream", [0.5], [], 10.25, 1)
    assert (several["completed_s"] - several["scheduled_s"]).tolist() == [4.0] * 3
    assert set(several["samples"].tolist()) == {8}
    offline = scenario_log("Offline", [0.5], [], 10.25, 3)
    assert [column.tolist() for column in offline.values()] == [[0.0], [10.5], [21]]


@pytest.mark.parametrize("seed", range(8))
def test_server_is_what_simpy_simulates(seed):
    rng = np.random.default_rng(seed)
    gaps, service = rng.exponential(1.0, 200), rng.gamma(2.0, 0.4, 150)
    run = scenario_log("Server", service, gaps, 60.0, 80)
    answered = []
    environment = simpy.Environment()
    worker = simpy.Resource(environment, capacity=1)

    def query(number):
        with worker.request() as turn:
            yield turn
            yield environment.timeout(service[number % 150])
        answered.append((number, environment.now))

    def arrivals():
        number = 0
        while environment.now < 60.0 or number < 80:
            environment.process(query(number))
            yield environment.timeout(gaps[number % 200])
            number += 1

    environment.process(arrivals())
    environment.run()
    assert [number for number, _ in sorted(answered)] == list(range(len(run["samples"])))
    np.testing.assert_allclose([at for _, at in sorted(answered)], run["completed_s"], rtol=1e-12)


def test_a_crowd_waits_as_in_m_d_1_and_as_loadgen_measured():
    rng = np.random.default_rng(7)
    run = scenario_log("Server", [0.01], rng.exponential(0.02, 40_000), 0.0, 40_000)
    mean_s = float(np.mean(run["completed_s"] - run["scheduled_s"]))
    assert mean_s == pytest.approx(0.01 * (1 + 0.5 / (2 * 0.5)), rel=0.03)  # Pollaczek and Khinchine, load 1/2
    measured = RUNS["srv_md1_rho50"]["detail"]["result_mean_latency_ns"] / 1e9
    assert mean_s == pytest.approx(measured, rel=0.1)


def test_loadgens_crowd_is_a_poisson_process_from_time_zero():
    scheduled_s = np.array(TRACES["Server"]["scheduled_ns"]) / 1e9
    assert scheduled_s[0] == 0
    gaps = np.diff(scheduled_s)
    assert stats.kstest(gaps, stats.expon(scale=1 / 150).cdf).pvalue > 0.01
    ours = scenario_log("Server", [0.0015], gaps, 0.0, len(scheduled_s))
    np.testing.assert_allclose(ours["scheduled_s"], scheduled_s, atol=1e-9)
    measured_s = scheduled_s + np.array(TRACES["Server"]["latency_ns"]) / 1e9
    assert np.all(measured_s > ours["completed_s"] - 2e-4)  # a real worker is never faster, but for its timer


def test_loadgens_camera_waits_for_each_answer():
    trace = TRACES["SingleStream"]
    scheduled, latency = np.array(trace["scheduled_ns"]), np.array(trace["latency_ns"])
    assert np.all(scheduled[1:] >= scheduled[:-1] + latency[:-1] - 1000)  # LoadGen rounds to microseconds here
    ours = scenario_log("SingleStream", latency / 1e9, [], 0.0, len(latency))
    between = np.diff(scheduled) / 1e9 - np.diff(ours["scheduled_s"])  # what LoadGen itself takes
    assert np.median(between) < 1e-4


def test_no_such_run():
    for given_ in [("Stream", [1.0], [1.0]), ("Server", [1.0], []), ("Server", [1.0], [0.0]), ("Offline", [], [])]:
        with pytest.raises(ValueError, match=r"scenario|missing|positive"):
            scenario_log(*given_, 1.0, 1)
    with pytest.raises(ValueError, match="has a sample"):
        scenario_log("MultiStream", [1.0], [], 1.0, 1, samples_per_query=0)


# --- percentiles ------------------------------------------------------------------------------------------------------


def test_loadgen_takes_the_next_rank():
    # LoadGen 6.0.17, 100 queries of 20, 40 ... 2,000 ms
    completed = np.arange(20, 2001, 20) / 1000
    for percentile, theirs_s, nearest_s in ((0.5, 1.02, 1.0), (0.9, 1.82, 1.8)):
        seen = latency_percentiles(np.zeros(100), np.zeros(100), completed, percentile)
        assert (seen["loadgen_s"], seen["nearest_rank_s"]) == pytest.approx((theirs_s, nearest_s))


@pytest.mark.parametrize("scenario", TRACES)
def test_percentiles_are_those_of_loadgens_summary(scenario):
    trace = TRACES[scenario]
    due, issued, latency = (np.array(trace[name]) for name in ("scheduled_ns", "issue_delay_ns", "latency_ns"))
    for percent in ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90"):
        seen = latency_percentiles(due, due + issued, due + latency, float(percent) / 100)
        assert seen["loadgen_s"] == trace["facts"][f"result_{percent}_percentile_latency_ns"]
        assert seen["from_issue_s"] <= seen["nearest_rank_s"] <= seen["loadgen_s"]


@given(st.integers(1, 300), st.integers(1, 99), st.integers(0, 100))
def test_percentiles_by_counting(count, percent, seed):
    rng = np.random.default_rng(seed)
    scheduled = np.cumsum(rng.exponential(1.0, count))
    issued = scheduled + rng.exponential(1.0, count)
    completed = issued + rng.exponential(1.0, count)
    seen = latency_percentiles(scheduled, issued, completed, percent / 100)
    latencies = (completed - scheduled).tolist()
    nearest = min(one for one in latencies if 100 * sum(other <= one for other in latencies) >= percent * count)
    assert seen["nearest_rank_s"] == nearest
    assert seen["loadgen_s"] == sorted(latencies)[min(percent * count // 100, count - 1)]
    assert seen["from_issue_s"] < seen["nearest_rank_s"] or count == 0


def test_time_runs_forward():
    with pytest.raises(ValueError, match="due"):
        latency_percentiles([0.0], [1.0], [0.5], 0.5)
    with pytest.raises(ValueError, match="due"):
        latency_percentiles([1.0], [0.5], [2.0], 0.5)
    with pytest.raises(ValueError, match="percentile"):
        latency_percentiles([], [], [], 0.5)


# --- how many queries -------------------------------------------------------------------------------------------------


def test_the_published_table():
    seen = query_counts([0.9, 0.95, 0.97, 0.99])
    assert seen["needed"].tolist() == [23_886, 50_425, 85_811, 262_742]
    assert seen["rounded"].tolist() == [24_576, 57_344, 90_112, 270_336]


def test_a_share_is_off_as_often_as_was_promised():
    needed = int(query_counts(0.9, confidence=0.9)["needed"])
    off = stats.binom(needed, 0.9)
    outside = off.cdf(0.895 * needed) + off.sf(0.905 * needed)
    assert outside == pytest.approx(0.1, abs=0.005)
    with pytest.raises(ValueError, match="between"):
        query_counts(1.0)


# --- early stopping ---------------------------------------------------------------------------------------------------


def test_least_counts_are_loadgens():
    rows = [row for row in LEAST if row["d"] == 0]
    assert len(rows) > 40
    for row in rows:
        assert least_queries(row["t"], row["p"], row["c"]) == row["n_total"], row


def test_the_least_counts_that_everybody_knows():
    known = {0.9: [44, 64, 81], 0.95: [90, 130, 165], 0.97: [152, 219, 277], 0.99: [459, 662, 838]}
    assert {p: [least_queries(late, p) for late in range(3)] for p in known} == known


@settings(max_examples=40)
@given(
    st.integers(1, 3000),
    st.sampled_from([0.5, 0.8, 0.9, 0.99]),
    st.integers(0, 50),
    st.sampled_from([0.9, 0.99, 0.9999]),
)
def test_early_stopping_by_trying(queries, percentile, late, confidence):
    late = min(late, queries)
    latency = np.arange(1, queries + 1) / queries
    limit = 1.0 if late == 0 else float(latency[-late]) - 0.5 / queries
    seen = early_stopping(latency, percentile, limit, confidence)
    convinces = [t for t in range(queries) if stats.binom.cdf(t, queries, 1 - percentile) <= 1 - confidence]
    t = convinces[-1] if convinces else 0
    assert seen["over"] == late
    assert seen["discarded"] == max(t - 1, 0)
    assert seen["estimate_s"] == (latency[-t] if t else np.inf)
    enough = next(n for n in range(late + 1, 10**6) if stats.binom.cdf(late, n, 1 - percentile) <= 1 - confidence)
    assert seen["missing"] == max(0, enough - queries)
    assert least_queries(late, percentile, confidence) == enough


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if run["input"]["scenario"] != "Offline"])
def test_runs_are_stopped_as_loadgen_stopped_them(name):
    facts = RUNS[name]["detail"]
    said, count = facts["early_stopping_result"], facts["result_query_count"]
    for percentile, discarded in re.findall(r"discard (\d+) .*?stopping ([\d.]+)th", said):
        seen = early_stopping(np.arange(count), float(discarded) / 100, 0.0)
        assert seen["discarded"] == int(percentile)
    if RUNS[name]["input"]["scenario"] == "Server":
        late = facts["result_overlatency_query_count"]
        seen = early_stopping(np.r_[np.zeros(count - late), np.ones(late)], 0.99, 0.5)
        more = re.search(r"at least (\d+) more", said)
        assert seen["missing"] == (int(more[1]) if more else 0)


def test_early_stopping_of_measured_latencies_is_loadgens():
    crowd, camera = TRACES["Server"], TRACES["SingleStream"]
    limit = crowd["facts"]["effective_target_latency_ns"]
    seen = early_stopping(crowd["latency_ns"], 0.99, limit)
    assert seen["over"] == crowd["facts"]["result_overlatency_query_count"] > 0
    said = crowd["facts"]["early_stopping_result"]
    assert seen["missing"] == int(re.search(r"at least (\d+) more", said)[1])
    seen = early_stopping(camera["latency_ns"], 0.9, 0.0)
    said = re.search(r"discard (\d+) .*estimate: (\d+)", camera["facts"]["early_stopping_result"])
    assert (seen["discarded"], seen["estimate_s"]) == (int(said[1]), int(said[2]))


def test_no_early_stopping_without_a_share():
    for given_ in [([], 0.9, 1.0), ([1.0], 1.0, 1.0), ([1.0], 0.9, 1.0, 1.0)]:
        with pytest.raises(ValueError, match="between"):
            early_stopping(*given_)
    with pytest.raises(ValueError, match="between"):
        least_queries(-1, 0.9)


# --- logs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_an_audit_agrees_with_loadgen(name):
    facts = RUNS[name]["detail"]
    audit = log_audit(as_log(facts))
    assert audit["scenario"] == RUNS[name]["input"]["scenario"]
    assert audit["claimed"] == (facts["result_validity"] == "VALID")
    assert ("queries" in audit["breaches"]) == (not facts["early_stopping_met"])
    assert "duration" in audit["breaches"]  # all of them are short: nobody submitted them
    assert ("samples_per_query" in audit["breaches"]) == (name == "ms_exp_w2_spq16")
    more = re.search(r"at least (\d+) more", facts["early_stopping_result"])
    assert audit["missing"] == (int(more[1]) if more else 0)


def test_an_audit_sees_mode_errors_and_small_runs():
    facts = RUNS["off_det_w4"]["detail"] | {"effective_min_duration_ms": 600_000}
    assert log_audit(as_log(facts))["breaches"] == []
    assert log_audit(as_log(facts | {"generated_samples_per_query": 24_000}))["missing"] == 576
    wrong = facts | {"effective_test_mode": "AccuracyOnly", "num_errors": 2}
    assert log_audit("noise\n" + as_log(wrong))["breaches"] == ["errors", "mode"]
    short = RUNS["ss_det_5ms"]["detail"] | {"result_query_count": 50}
    assert log_audit(as_log(short))["missing"] == 14
    with pytest.raises(ValueError, match="scenario"):
        log_audit("nothing")


# --- a system of one's own --------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(1, 9), st.lists(st.integers(0, 12), max_size=8), st.integers(0, 1000))
def test_every_query_is_answered_once_and_rightly(batch_size, calls, seed):
    rng = np.random.default_rng(seed)
    documents, samples = rng.normal(size=(20, 6)), rng.normal(size=(15, 6))
    system = BatchingSystem(documents, batch_size)
    system.load(np.arange(15), samples)
    asked, answered = [], []
    for count in calls:
        wanted = rng.integers(0, 15, count)
        ids = list(range(len(asked), len(asked) + count))
        asked += wanted.tolist()
        answered += system.issue(ids, wanted)
        assert system.waiting == len(asked) - len(answered) < batch_size
    answered += system.flush()
    assert [number for number, _ in answered] == list(range(len(asked)))
    assert [document for _, document in answered] == [
        max(range(20), key=lambda d: float(np.dot(documents[d], samples[index]))) for index in asked
    ]
    assert system.batches == -(-len(asked) // batch_size)
    assert best_documents(documents, samples).tolist() == [np.argmax(documents @ one) for one in samples]


def test_what_is_not_loaded_is_refused_whole():
    system = BatchingSystem(np.eye(3), 4)
    system.load([1, 2], np.eye(3)[:2])
    with pytest.raises(ValueError, match="loaded"):
        system.issue([10, 11], [1, 3])
    assert system.waiting == 0
    system.issue([12], [1])
    system.unload([1, 5])
    assert system.flush() == [[12, 0]]
    assert system.flush() == []
    with pytest.raises(ValueError, match="loaded"):
        system.issue([13], [1])
    with pytest.raises(ValueError, match="batch"):
        BatchingSystem(np.eye(3), 0)


def test_accuracy_is_a_gate():
    assert accuracy_kept(99.0, 100.0)
    assert not accuracy_kept(98.999, 100.0)
    assert not accuracy_kept(99.0, 100.0, share=0.999)
    with pytest.raises(ValueError, match="quality"):
        accuracy_kept(1.0, 0.0)
