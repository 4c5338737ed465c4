"""Memory of training: ZeRO's printed figure, activations tensor by tensor, pipelines played event by event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m09_cluster.training_memory import (
    activation_bytes_per_layer,
    bubble_per_ideal_time,
    bubble_share_of_time,
    micro_batches_in_flight,
    model_state_bytes,
)


def test_the_figure_of_zero():
    printed_gb = [120, 31.4, 16.6, 1.9]
    assert model_state_bytes(7.5e9, 64, [0, 1, 2, 3]) / 1e9 == pytest.approx(printed_gb, abs=0.05)
    assert model_state_bytes(7.5e9, 64, [0, 1, 2, 3]).tolist() == [120e9, 31.40625e9, 16.640625e9, 1.875e9]


@given(st.integers(1, 10**9), st.integers(1, 64), st.integers(0, 3))
def test_shards_written_out(parameters, replicas, stage):
    held = {"weights": 2, "gradients": 2, "master weights": 4, "momentum": 4, "variance": 4}
    divided = (["master weights", "momentum", "variance"], ["gradients"], ["weights"])
    shared = [name for group in divided[:stage] for name in group]
    total = sum(parameters * size / (replicas if name in shared else 1) for name, size in held.items())
    assert float(model_state_bytes(parameters, replicas, stage)) == pytest.approx(total)


def kept_tensors(s, b, h, a, t, sequence_parallel, selective):
    """Bytes of each tensor that a layer keeps, after Korthikanti et al., section 4.1."""
    whole = t if sequence_parallel else 1
    tensors = {
        "input of both layer norms": 2 * 2 * s * b * h / whole,
        "input of the attention": 2 * s * b * h / whole,
        "queries": 2 * s * b * h / t,
        "keys": 2 * s * b * h / t,
        "values": 2 * s * b * h / t,
        "input of the projection": 2 * s * b * h / t,
        "mask behind the projection": s * b * h / whole,
        "input of the MLP": 2 * s * b * h / whole,
        "input of GELU": 2 * 4 * s * b * h / t,
        "input of the second matrix": 2 * 4 * s * b * h / t,
        "mask behind the MLP": s * b * h / whole,
    }
    if not selective:
        tensors |= {"softmax": 2 * a * s * s * b / t, "mask": a * s * s * b / t, "dropped": 2 * a * s * s * b / t}
    return tensors


@given(
    st.integers(1, 64).map(lambda n: 64 * n),
    st.integers(1, 8),
    st.integers(1, 32).map(lambda n: 128 * n),
    st.sampled_from([8, 16, 64]),
    st.sampled_from([1, 2, 4, 8]),
    st.booleans(),
    st.sampled_from(["none", "selective"]),
)
def test_activations_tensor_by_tensor(s, b, h, a, t, sequence_parallel, recompute):
    expected = sum(kept_tensors(s, b, h, a, t, sequence_parallel, recompute == "selective").values())
    found = activation_bytes_per_layer(s, b, h, a, t, sequence_parallel, recompute)
    assert float(found) == pytest.approx(expected)


def test_a_layer_of_gpt_3():
    assert float(activation_bytes_per_layer(2048, 1, 12288, 96)) == pytest.approx(2.8689e9, rel=2e-5)
    assert float(activation_bytes_per_layer(2048, 1, 12288, 96, 8, True, "full")) == 2 * 2048 * 12288
    assert activation_bytes_per_layer(2048, 1, 12288, 96, [1, 8]).shape == (2,)
    assert activation_bytes_per_layer(2048, 1, 12288, 96, [1, 8], recompute="full").shape == (2,)


def played(stages, micro_batches, order):
    """Makespan and most activations held of a pipeline whose devices follow an order; forward 1, backward 2."""
    done, free, at = {}, [0.0] * stages, [0] * stages
    held, most = [0] * stages, [0] * stages
    while any(at[d] < len(order[d]) for d in range(stages)):
        moved = False
        for d in range(stages):
            if at[d] == len(order[d]):
                continue
            what, k = order[d][at[d]]
            needs = ("F", d - 1, k) if what == "F" else (("B", d + 1, k) if d < stages - 1 else ("F", d, k))
            if (what == "F" and d == 0) or needs in done:
                free[d] = max(free[d], done.get(needs, 0.0)) + (1 if what == "F" else 2)
                done[what, d, k] = free[d]
                held[d] += 1 if what == "F" else -1
                most[d] = max(most[d], held[d])
                at[d] += 1
                moved = True
        assert moved
    return max(free), most


def one_forward_one_backward(stages, micro_batches):
    orders = []
    for d in range(stages):
        ahead = min(micro_batches, stages - 1 - d)
        order = [("F", k) for k in range(ahead)]
        for k in range(micro_batches - ahead):
            order += [("F", ahead + k), ("B", k)]
        orders.append(order + [("B", k) for k in range(micro_batches - ahead, micro_batches)])
    return orders


def all_forward_first(stages, micro_batches):
    one = [("F", k) for k in range(micro_batches)] + [("B", k) for k in range(micro_batches)]
    return [one] * stages


@pytest.mark.parametrize("schedule", [one_forward_one_backward, all_forward_first])
@given(st.integers(1, 6), st.integers(1, 9))
def test_pipelines_played(schedule, stages, micro_batches):
    whole, held = played(stages, micro_batches, schedule(stages, micro_batches))
    ideal = 3 * micro_batches
    assert float(bubble_per_ideal_time(stages, micro_batches)) == pytest.approx((whole - ideal) / ideal)
    assert float(bubble_share_of_time(stages, micro_batches)) == pytest.approx((whole - ideal) / whole)
    if schedule is one_forward_one_backward:
        assert micro_batches_in_flight(np.arange(stages), stages, micro_batches).tolist() == held


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4))
def test_an_interleaved_pipeline_played(stages, groups, pieces):
    """Forward passes only: each device takes groups of as many micro-batches as stages through one piece at a time."""
    micro_batches, done, free = stages * groups, {}, [0.0] * stages
    order = [(c, g * stages + k) for g in range(groups) for c in range(pieces) for k in range(stages)]
    for piece, k in order:  # every order of devices in which what is needed has been computed
        for d in range(stages):
            needs = (d - 1, piece, k) if d else (stages - 1, piece - 1, k)
            free[d] = max(free[d], done.get(needs, 0.0)) + 1 / pieces
            done[d, piece, k] = free[d]
    ideal = micro_batches
    assert float(bubble_per_ideal_time(stages, micro_batches, pieces)) == pytest.approx((max(free) - ideal) / ideal)


def test_refusals():
    with pytest.raises(ValueError, match="parameters"):
        model_state_bytes(0, 8)
    with pytest.raises(ValueError, match="stage"):
        model_state_bytes(1e9, 8, 4)
    with pytest.raises(ValueError, match="recompute"):
        activation_bytes_per_layer(2048, 1, 4096, 32, recompute="some")
    with pytest.raises(ValueError, match="tensor_parallel"):
        activation_bytes_per_layer(2048, 1, 4096, 32, 0)
    with pytest.raises(ValueError, match="micro_batches"):
        bubble_per_ideal_time(4, 0)
    with pytest.raises(ValueError, match="counted from 0"):
        micro_batches_in_flight(4, 4, 8)
