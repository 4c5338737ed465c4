"""SimPoint's steps against the recorded tool, and against a second way each."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m04_sampling.block_vectors import BlockProfiler
from reference_solutions.m04_sampling.cluster_number import chosen_k, searched_k
from reference_solutions.m04_sampling.cluster_quality import bic_score
from reference_solutions.m04_sampling.clustering import weighted_kmeans
from reference_solutions.m04_sampling.projection import projected_vectors
from reference_solutions.m04_sampling.simulation_points import simulation_points

ORACLES = Path(__file__).parents[1] / "oracles" / "m04_sampling"
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted(ORACLES.glob("*_s[0-9]_*.json"))}
PROJECTED = [name for name, case in RECORDED.items() if "projection_matrix" in case]
RUNS = [(name, run["k"]) for name, case in RECORDED.items() for run in case["runs"]]
WITH_CENTRES = [
    (name, k) for name, k in RUNS if "final_centers" in next(r for r in RECORDED[name]["runs"] if r["k"] == k)
]


def recorded(name, k):
    """Vectors, weights, and the run with k clusters."""
    case = RECORDED[name]
    x = np.array(case["projected_vectors"])
    w = np.broadcast_to(case["vector_weights"], len(x)).astype(float)
    return x, w, next(run for run in case["runs"] if run["k"] == k)


def counts_of(name):
    """Instructions of each block in each interval, from the file of vectors."""
    lines = [
        line[1:].split() for line in (ORACLES / RECORDED[name]["bbv_file"]).read_text().splitlines() if line[:1] == "T"
    ]
    pairs = [[tuple(map(int, entry.strip(":").split(":"))) for entry in line] for line in lines]
    table = np.zeros((len(pairs), max(block for line in pairs for block, _ in line)))
    for row, line in enumerate(pairs):
        for block, count in line:
            table[row, block - 1] = count
    return table


def profiled(counts):
    """An interval's vector, by a profiler that enters each block once."""
    sizes = np.maximum(counts, 1).astype(int).tolist()
    profiler = BlockProfiler(sizes, interval=10**12)
    for block in np.flatnonzero(counts):
        profiler.enter(int(block))
    return profiler.vectors()[0]


class Recorded(np.random.Generator):
    """Draws a recorded matrix, whoever asks for one between -1 and 1."""

    def __init__(self, matrix):
        super().__init__(np.random.PCG64(0))
        self.matrix = np.array(matrix)

    def uniform(self, low, high, size):
        assert (low, high, tuple(size)) == (-1, 1, self.matrix.shape)
        return self.matrix


@pytest.mark.parametrize("name", PROJECTED)
def test_the_tools_own_vectors_and_projection(name):
    vectors = np.array([profiled(line) for line in counts_of(name)])
    found = projected_vectors(vectors, 15, Recorded(RECORDED[name]["projection_matrix"]))
    np.testing.assert_allclose(found, RECORDED[name]["projected_vectors"], rtol=0, atol=1e-14)


def test_vectors_that_the_tool_does_not_project():
    vectors = np.array([profiled(line) for line in counts_of("lowdim_s4_k1to5_noproj")])
    np.testing.assert_allclose(
        projected_vectors(vectors), RECORDED["lowdim_s4_k1to5_noproj"]["projected_vectors"], atol=1e-15
    )


@pytest.mark.parametrize(("name", "k"), WITH_CENTRES)
def test_the_tools_clusters_from_its_own_starts(name, k):
    x, w, run = recorded(name, k)
    start = [int(np.argmin(np.abs(x - centre).sum(axis=1))) for centre in run["initial_centers"]]
    np.testing.assert_allclose(x[start], run["initial_centers"], atol=1e-12)
    if len(set(start)) < k:
        assert (name, k) == ("noisy4_s5_k1to8", 3)  # an interval drawn twice: the tool moves the empty cluster
        return
    found = weighted_kmeans(x, w, [start], rounds=100)
    assert found["labels"].tolist() == run["labels"]
    np.testing.assert_allclose(found["centres"], run["final_centers"], atol=1e-12)


@pytest.mark.parametrize(("name", "k"), RUNS)
def test_the_tools_scores_points_and_weights(name, k):
    x, w, run = recorded(name, k)
    labels = np.array(run["labels"])
    members = [labels == cluster for cluster in range(k)]
    clustering = {"labels": labels, "centres": np.array([w[one] @ x[one] / max(w[one].sum(), 1e-9) for one in members])}
    assert bic_score(x, w, clustering) == pytest.approx(run["bic"], rel=1e-12)
    points = simulation_points(x, w, clustering)
    theirs = {cluster: interval for interval, cluster in run["simpoints"]}
    assert dict(zip(points["cluster"].tolist(), points["interval"].tolist(), strict=True)) == theirs
    weights = {int(cluster): weight for weight, cluster in run["weights"]}
    assert dict(zip(points["cluster"].tolist(), points["weight"], strict=True)) == pytest.approx(weights, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in RECORDED if "search" not in name])
def test_the_tools_choice_after_a_full_scan(name):
    runs = RECORDED[name]["runs"]
    assert chosen_k([run["k"] for run in runs], [run["bic"] for run in runs]) == RECORDED[name]["chosen_k"]


def test_the_tools_search():
    case = RECORDED["phases3_s1_search"]
    scores = {run["k"]: run["bic"] for run in case["runs"]}
    asked = []
    assert searched_k(lambda k: asked.append(k) or scores[k], most=10) == case["chosen_k"]
    assert sorted(asked) == sorted(scores)


def test_a_search_may_miss_the_smallest():
    scores = dict(enumerate([0.0, 100.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0], start=1))
    assert chosen_k(list(scores), list(scores.values())) == 2
    assert searched_k(scores.__getitem__, most=8) == 8


@settings(max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 40), st.data())
def test_intervals_counted_with_fractions(sizes, interval, data):
    trace = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=60))
    profiler = BlockProfiler(sizes, interval)
    for block in trace:
        profiler.enter(block)
    intervals, inside = [], []
    for block in trace:
        inside.append(block)
        if sum(sizes[one] for one in inside) >= interval:
            intervals.append(inside)
            inside = []
    assert profiler.finished == len(intervals)
    intervals += [inside] if inside else []
    total = sum(sizes[block] for block in trace)
    rows = [
        [Fraction(sizes[b] * one.count(b), sum(sizes[x] for x in one)) for b in range(len(sizes))] for one in intervals
    ]
    assert profiler.vectors().shape == (len(intervals), len(sizes))
    np.testing.assert_allclose(profiler.vectors(), np.array(rows, dtype=float).reshape(-1, len(sizes)))
    np.testing.assert_allclose(profiler.weights(), [sum(sizes[x] for x in one) / total for one in intervals])


def test_a_projection_keeps_a_third_of_the_squared_distance_for_each_dimension():
    rng = np.random.default_rng(3)
    vectors = rng.dirichlet(np.ones(60), size=2)
    true = np.sum((vectors[0] - vectors[1]) ** 2)
    found = [np.sum(np.diff(projected_vectors(vectors, 15, seed), axis=0) ** 2) for seed in range(3000)]
    assert np.mean(found) / true == pytest.approx(15 / 3, rel=0.02)
    assert np.std(found) / np.mean(found) == pytest.approx(np.sqrt(2 / 15), rel=0.1)


def least_distortion(x, w, k):
    """Every way to put the points into k clusters, tried."""
    best = np.inf
    for labels in itertools.product(range(k), repeat=len(x)):
        parts = [np.flatnonzero(np.array(labels) == cluster) for cluster in set(labels)]
        means = [np.average(x[part], axis=0, weights=w[part]) for part in parts]
        best = min(best, sum(w[p] @ ((x[p] - mean) ** 2).sum(axis=1) for p, mean in zip(parts, means, strict=True)))
    return best


@pytest.mark.parametrize("k", [2, 3])
def test_from_all_starts_it_finds_the_best_of_all_partitions(k):
    """Lloyd promises a local minimum only: from all starts together it is the least one, nearly always."""
    found, falls = 0, []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(6, 2)), rng.uniform(0.1, 1, size=6)
        least, starts = least_distortion(x, w, k), list(itertools.combinations(range(6), k))
        reached = weighted_kmeans(x, w, starts, rounds=100)["distortion"]
        assert reached >= least * (1 - 1e-9)
        found += bool(np.isclose(reached, least))
        falls += [weighted_kmeans(x, w, starts[:1], rounds=rounds)["distortion"] for rounds in (1, 2, 3, 100)]
    assert found >= 11
    assert np.all(np.diff(np.reshape(falls, (-1, 4)), axis=1) <= 1e-12)


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_score_is_a_likelihood_of_normal_clouds(seed, k):
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(12, 3)), np.arange(12) % k
    centres = np.array([x[labels == j].mean(axis=0) for j in range(k)])
    spread = np.sqrt(np.mean((x - centres[labels]) ** 2))
    likelihood = sum(
        stats.norm.logpdf(x[i], centres[labels[i]], spread).sum() + np.log(np.mean(labels == labels[i]))
        for i in range(12)
    )
    expected = likelihood - (k - 1 + 3 * k + 1) / 2 * np.log(12)
    assert bic_score(x, np.full(12, 0.3), {"labels": labels, "centres": centres}) == pytest.approx(expected)


def test_a_clustering_without_distortion_scores_infinity():
    assert bic_score([[1.0], [2.0]], [1, 1], {"labels": [0, 1], "centres": [[1.0], [2.0]]}) == np.inf


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=9), st.integers(0, 10))
def test_the_first_in_a_sorted_list_that_is_high_enough(scores, tenths):
    low, high = min(scores), max(scores)
    expected = next(k for k, score in enumerate(scores, 1) if 10 * (score - low) >= tenths * (high - low))
    order = np.random.default_rng(0).permutation(len(scores))
    assert chosen_k(order + 1, np.array(scores, dtype=float)[order] * 10, tenths / 10) == expected


@given(st.integers(0, 10**6), st.sampled_from([0.3, 0.6, 0.9, 1.0]))
def test_points_cluster_by_cluster(seed, coverage):
    rng = np.random.default_rng(seed)
    x, w, labels = rng.normal(size=(20, 2)), rng.uniform(0.1, 1, size=20), rng.integers(0, 5, size=20)
    centres = rng.normal(size=(5, 2))
    shares = {j: w[labels == j].sum() / w.sum() for j in set(labels.tolist())}
    kept = []
    for j in sorted(shares, key=lambda j: (-shares[j], j)):
        if sum(shares[one] for one in kept) < coverage - 1e-9:
            kept.append(j)
    expected = [
        (j, min((i for i in range(20) if labels[i] == j), key=lambda i: (round(np.hypot(*(x[i] - centres[j])), 9), i)),
         shares[j] / sum(shares[one] for one in kept))
        for j in sorted(kept)
    ]  # fmt: skip
    found = simulation_points(x, w, {"labels": labels, "centres": centres}, coverage)
    rows = list(zip(found["cluster"], found["interval"], found["weight"], strict=True))
    assert rows == [(j, i, pytest.approx(weight)) for j, i, weight in expected]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: BlockProfiler([], 10),
        lambda: BlockProfiler([3, 0], 10),
        lambda: BlockProfiler([3], 0),
        lambda: BlockProfiler([3], 10).enter(1),
        lambda: BlockProfiler([3], 10).enter(-1),
        lambda: projected_vectors(np.eye(20), 0),
        lambda: weighted_kmeans([[1.0]], [1.0], [], 10),
        lambda: weighted_kmeans([[1.0]], [1.0], [[0]], 0),
        lambda: bic_score([[1.0], [2.0]], [1.0], {"labels": [0, 0], "centres": [[1.5]]}),
        lambda: chosen_k([], []),
        lambda: chosen_k([1, 2], [3.0]),
        lambda: chosen_k([1], [3.0], 90),
        lambda: simulation_points([[1.0]], [1.0], {"labels": [0], "centres": [[1.0]]}, 0.0),
        lambda: simulation_points([[1.0]], [1.0], {"labels": [0], "centres": [[1.0]]}, 90),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"block|interval|projection|start|weight|score|coverage"):
        refused()
