"""What module 4's practical shows beside its exercises: its program, its samplers, and numbers that its text names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import manifold

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m04_sampling.block_vectors import BlockProfiler
from reference_solutions.m04_sampling.cluster_number import chosen_k
from reference_solutions.m04_sampling.cluster_quality import bic_score
from reference_solutions.m04_sampling.clustering import weighted_kmeans
from reference_solutions.m04_sampling.intervals import sampled_interval
from reference_solutions.m04_sampling.phase_map import trustworthiness
from reference_solutions.m04_sampling.projection import projected_vectors
from reference_solutions.m04_sampling.sample_size import units_needed
from reference_solutions.m04_sampling.sampling_plan import fixed_plan, next_units, sampled_programs
from reference_solutions.m04_sampling.simulation_points import simulation_points
from reference_solutions.m04_sampling.window import window

NOTEBOOK = material_root() / "assignments/authoring/m04_sampling/practical/notebook.py"


def course_cell(marker, until=None, **names):
    """What a cell of the notebook defines, run by itself, up to where it draws."""
    namespace = {"np": np, "pd": pd, **names}
    text = next(cell for cell in read(NOTEBOOK) if marker in cell.text).text
    exec(text[: text.index(until)] if until else text, namespace)
    return namespace


@pytest.fixture(scope="module")
def program():
    return course_cell("BLOCKS, INTERVAL =", "figure, axes", BlockProfiler=BlockProfiler)


@pytest.fixture(scope="module")
def phases(program):
    made = course_cell(
        "tried = list(range(", "figure, (left", **program, projected_vectors=projected_vectors,
        weighted_kmeans=weighted_kmeans, bic_score=bic_score, chosen_k=chosen_k,
    )  # fmt: skip
    return program | made


def test_the_rule_finds_the_phases_that_the_program_was_made_of(phases):
    assert phases["k"] == 4
    labels = np.asarray(phases["clusterings"][4]["labels"])
    truth = np.repeat(*np.array(phases["SCRIPT"]).T)[: len(labels)]
    pairs = {(one, other) for one, other in zip(labels[:-2].tolist(), truth[:-2].tolist(), strict=False)}
    assert len(pairs) <= 8  # nearly one to one: an interval at a border is of both
    table = simulation_points(phases["points"], phases["weights"], phases["clusterings"][4])
    estimate = table["weight"] @ phases["cpi"][table["interval"]]
    truth = phases["weights"] @ phases["cpi"]
    assert abs(estimate / truth - 1) < 0.06
    of_phase = [phases["cpi"][labels == cluster].mean() for cluster in range(4)]
    assert max(of_phase) / min(of_phase) > 2.5


def test_maps_are_told_apart_by_trust_only(phases):
    points = phases["points"][::2]
    shown = manifold.TSNE(perplexity=15, init="pca", method="exact", max_iter=300, random_state=0).fit_transform(points)
    assert trustworthiness(points, shown) > 0.9
    assert trustworthiness(points, np.random.default_rng(1).permutation(shown)) < 0.65


def test_fifteen_dimensions_keep_near_apart_from_far(program):
    apart = course_cell("def distances(", "figure, axes")["distances"]
    before = apart(program["vectors"])
    after = {d: apart(projected_vectors(program["vectors"], d, seed=1)) for d in (2, 15)}
    near, far = before < 0.15, before > 0.4
    assert after[15][near].max() < after[15][far].min()
    assert after[2][near].max() > after[2][far].min()


@pytest.mark.parametrize("policy", [next_units, fixed_plan, lambda units, cpi, population, error: np.arange(500)])
def test_the_notebooks_sampler_is_ours(policy):
    made = course_cell("def sampled(policy", units_needed=units_needed)
    theirs, ours = made["sampled"](policy, made["PROGRAMS"], 0.05), sampled_programs(policy, made["PROGRAMS"], 0.05)
    for their, our in (("measured", "measured"), ("cost", "cost"), ("if V were known", "ideal")):
        np.testing.assert_array_equal(theirs[their], ours[our])


def test_what_the_text_says_of_every_kth_unit():
    made = course_cell("def sampled(policy", units_needed=units_needed)
    every_kth = course_cell("def every_kth(", "pd.concat(", units_needed=units_needed)["every_kth"]
    row = made["sampled"](every_kth, made["PROGRAMS"], 0.05).loc["a loop of 50 units"]
    assert (row["measured"], row["cost"]) == (200, 20_000)
    assert row["off [%]"] > 50
    assert units_needed(1.0, 0.05, population=20_000) == 3_051


def test_what_the_text_says_of_sizes():
    assert 10_000 * 1_000 / 1e12 == 1e-5
    assert units_needed(1.0, 0.025) == 4 * units_needed(1.0, 0.05)
    assert (3 * 0.1 / 0.03) ** 2 > 100


def test_what_the_text_says_of_intervals():
    rng = np.random.default_rng(1)
    held = {}
    for sigma in (0.3, 1.6):
        samples = [sampled_interval(rng.lognormal(0, sigma, size=size)) for size in [5] * 1500 + [150] * 1500]
        inside = [one["low"] <= np.exp(sigma**2 / 2) <= one["high"] for one in samples]
        held[sigma] = [np.mean(inside[:1500]), np.mean(inside[1500:])]
    assert min(held[0.3]) > 0.925
    assert max(held[1.6]) < 0.9
    assert held[1.6][0] < 0.75 < held[1.6][1]


def test_what_the_text_says_of_windows():
    machine = course_cell("latency_ns =")
    machine = {name: machine[name] for name in ("latency_ns", "queue_ns", "clock_ghz", "peak_ipc", "offered")}
    found = window(**machine)
    assert found["unit"] == 10_000
    begins = np.arange(0, 4_000_000, 40)
    takes = np.where(np.random.default_rng(7).random(len(begins)) < 0.02, found["cycles"], 30.0)
    slow = takes > 30

    def lost(length):
        return 1 - np.mean(begins[slow] + takes[slow] <= (begins[slow] // length + 1) * length)

    assert lost(int(0.99 * found["cycles"])) == 1
    assert lost(int(1.3 * found["cycles"])) > 0.6
    assert lost(int(10 * found["cycles"])) == pytest.approx(0.1, abs=0.02)
