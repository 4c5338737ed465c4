"""Training: matrix products counted, schedules played, maxima drawn; a partition replayed minute by minute."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from reference_solutions.m09_cluster.training_memory import micro_batches_in_flight
from reference_solutions.m09_cluster.training_queue import gang_partition
from reference_solutions.m09_cluster.training_step import (
    first_stage_layers,
    pipeline_step_s,
    slowest_of,
    training_token_flops,
)

SHAPES = {"layers": st.integers(1, 120), "heads": st.integers(1, 128), "sequence": st.integers(1, 8192)}


def products(layers, heads, sequence, vocabulary, recompute):
    """Every matrix product of a sequence, (m x k) by (k x n) as 2 m n k, forward, backward and again; per token."""
    width, dim = 64 * heads, 64
    linear = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
    matrices = sum(2 * sequence * k * n for k, n in linear)
    attention = heads * (2 * sequence * sequence * dim + 2 * sequence * dim * sequence)
    logits = 2 * sequence * width * vocabulary
    forward = layers * (matrices + attention) + logits
    again = {"none": 0, "selective": layers * attention, "full": layers * (matrices + attention)}[recompute]
    return (3 * forward + again) / sequence


@given(**SHAPES, vocabulary=st.integers(1, 200_000), recompute=st.sampled_from(["none", "selective", "full"]))
def test_operations_product_by_product(layers, heads, sequence, vocabulary, recompute):
    counted = products(layers, heads, sequence, vocabulary, recompute)
    found = training_token_flops(layers, 64 * heads, sequence, vocabulary, recompute)
    assert float(found) == pytest.approx(counted, rel=1e-12)


def test_the_paper_with_full_recomputation():
    """Narayanan et al., appendix: 96 B s l h^2 (1 + s / 6h + V / 16 l h) for a batch of B sequences."""
    layers, h, s, words, batch = 96, 12288, 2048, 51200, 1536
    paper = 96 * batch * s * layers * h**2 * (1 + s / (6 * h) + words / (16 * layers * h))
    assert float(training_token_flops(layers, h, s, words, "full")) * batch * s == pytest.approx(paper, rel=1e-12)


def order_of(stages, micro_batches, pieces):
    """What the first stage does, piece after piece: warm-up, then forward and backward in turn."""
    total = micro_batches * pieces
    if pieces == 1:
        warm_up = min(stages - 1, total)
    else:
        warm_up = total if micro_batches == stages else min(2 * (stages - 1) + (pieces - 1) * stages, total)
    return ["forward"] * warm_up + ["forward", "backward"] * (total - warm_up) + ["backward"] * warm_up


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 6))
def test_layers_that_the_first_stage_holds(stages, pieces, groups):
    micro_batches = stages * (groups + 1)
    held = most = 0
    for one in order_of(stages, micro_batches, pieces):
        held += 1 if one == "forward" else -1
        most = max(most, held)
    layers = 2 * stages * pieces
    assert float(first_stage_layers(layers, stages, micro_batches, pieces)) == pytest.approx(most * 2)
    if pieces == 1:
        assert most == int(micro_batches_in_flight(0, stages, micro_batches))


def played(stages, micro_batches, forward_s, backward_s):
    """When the last of 1F1B's passes ends, each pass waiting for the one that it depends on."""
    done: dict[tuple[str, int, int], float] = {}
    plans = []
    for stage in range(stages):
        warm = min(stages - 1 - stage, micro_batches)
        plan = [("f", i) for i in range(warm)]
        for i in range(micro_batches - warm):
            plan += [("f", warm + i), ("b", i)]
        plans.append(plan + [("b", i) for i in range(micro_batches - warm, micro_batches)])
    free = [0.0] * stages
    while any(plans):
        for stage, plan in enumerate(plans):
            while plan:
                kind, i = plan[0]
                before = ("f", i, stage - 1) if kind == "f" else ("b", i, stage + 1)
                edge = stage == 0 if kind == "f" else stage == stages - 1
                if not edge and before not in done:
                    break
                start = max(free[stage], 0.0 if edge else done[before])
                if kind == "b" and edge:
                    start = max(start, done["f", i, stage])
                free[stage] = done[kind, i, stage] = start + (forward_s if kind == "f" else backward_s)
                plan.pop(0)
    return max(done.values())


@given(st.integers(1, 8), st.integers(1, 20), st.floats(0.1, 2), st.floats(0.1, 2))
def test_a_pipeline_played_pass_by_pass(stages, micro_batches, forward_s, backward_s):
    micro_batches += stages
    expected = played(stages, micro_batches, forward_s, backward_s)
    assert float(pipeline_step_s(forward_s + backward_s, stages, micro_batches)) == pytest.approx(expected)


def test_what_comes_on_top_of_the_pipeline():
    alone = float(pipeline_step_s(0.5, 4, 16, 2))
    assert float(pipeline_step_s(0.5, 4, 16, 2, 1.1, 0.3)) == pytest.approx(1.1 * alone + 0.3)


def test_maxima_of_normals():
    """Closed forms for two and three, the integral of the distribution for more, and five million drawn."""
    assert slowest_of(1, 0.5) == 1
    assert slowest_of(2, 1.0) - 1 == pytest.approx(1 / math.sqrt(math.pi), abs=1e-6)
    assert slowest_of(3, 1.0) - 1 == pytest.approx(1.5 / math.sqrt(math.pi), abs=1e-6)
    for nodes in (10, 100, 1000):
        above, _ = integrate.quad(lambda z, n=nodes: 1 - stats.norm.cdf(z) ** n, 0, 10)
        below, _ = integrate.quad(lambda z, n=nodes: stats.norm.cdf(z) ** n, -10, 0)
        assert slowest_of(nodes, 1.0) - 1 == pytest.approx(above - below, abs=1e-5)
    drawn = np.random.default_rng(3).normal(size=(20_000, 250)).max(axis=1).mean()
    assert slowest_of(250, 0.02) - 1 == pytest.approx(0.02 * drawn, rel=0.01)


def minute_by_minute(submit, devices, run, nodes, size):
    """Strictly in order of arrival, in whole minutes, without events: starts of the jobs."""
    waiting, running, starts, minute = list(range(len(submit))), [], {}, 0
    while waiting or running:
        running = [job for job in running if starts[job] + run[job] > minute]
        free = nodes - sum(math.ceil(devices[job] / size) for job in running)
        while waiting and submit[waiting[0]] <= minute and math.ceil(devices[waiting[0]] / size) <= free:
            job = waiting.pop(0)
            free -= math.ceil(devices[job] / size)
            starts[job] = minute
            running.append(job)
        minute += 1
    return [starts[job] for job in range(len(submit))], minute - 1


@settings(max_examples=30)
@given(st.data(), st.integers(2, 6), st.integers(1, 8))
def test_a_partition_in_order_of_arrival(data, nodes, size):
    count = data.draw(st.integers(1, 12))
    submit = sorted(data.draw(st.lists(st.integers(0, 60), min_size=count, max_size=count)))
    devices = data.draw(st.lists(st.integers(1, nodes * size), min_size=count, max_size=count))
    run = data.draw(st.lists(st.integers(1, 40), min_size=count, max_size=count))
    starts, end = minute_by_minute(submit, devices, run, nodes, size)
    found = gang_partition(submit, devices, run, nodes, size, "fifo")
    waits = sorted(one - at for one, at in zip(starts, submit, strict=True))
    assert found["wait_mean_s"] == pytest.approx(sum(waits) / count)
    assert found["wait_p90_s"] == waits[-(-9 * count // 10) - 1]
    held = sum(math.ceil(g / size) * r for g, r in zip(devices, run, strict=True))
    assert found["utilisation"] == pytest.approx(held / (nodes * (end - submit[0])))
    assert found["fragmentation"] == pytest.approx(1 - sum(np.multiply(devices, run)) / (size * held))


def test_backfill_lets_a_short_job_pass():
    jobs = {"submit_s": [0, 1, 2], "job_devices": [8, 16, 8], "run_s": [100, 50, 60], "nodes": 2, "node_devices": 8}
    assert gang_partition(**jobs, policy="fifo")["wait_mean_s"] == pytest.approx((0 + 99 + 148) / 3)
    assert gang_partition(**jobs)["wait_mean_s"] == pytest.approx((0 + 99 + 0) / 3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: training_token_flops(1, 1, 1, 1, "half"), "recompute"),
        (lambda: training_token_flops(0, 1, 1, 1), "layers"),
        (lambda: first_stage_layers(96, 8, 0), "micro_batches"),
        (lambda: pipeline_step_s(1, 1, 1, 1, 0.9), "no faster"),
        (lambda: slowest_of(3, -0.1), "spread"),
        (lambda: gang_partition([0], [9], [1], 1, 8), "more than"),
        (lambda: gang_partition([0], [8], [1], 1, 8, "lottery"), "policy"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
