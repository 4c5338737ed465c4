"""Operations and times of a step: counters of torch, LLM-Viewer's totals, and products listed one by one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.hardware import A100_SXM_80GB, H100_SXM
from reference_solutions.m05_llm_inference.forward_flops import causal_context, forward_flops
from reference_solutions.m05_llm_inference.step_times import critical_tokens, step_time_s

ORACLES = Path(__file__).parents[1] / "oracles" / "m05_llm_inference"
SHAPE = ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab")
DENSE = [
    case
    for case in json.loads((ORACLES / "shapes_kv_flops.json").read_text())["cases"]
    if "flops_torch_flopcounter" in case and "n_sliding_layers" not in case
]
VIEWER = json.loads((ORACLES / "llm_viewer_rooflines.json").read_text())


def test_ten_models_are_recorded():
    assert len(DENSE) == 10


@pytest.mark.parametrize("case", DENSE, ids=lambda case: case["model"])
def test_agrees_with_torchs_counter(case):
    """The recorded prefill computes the full square, with logits at every position."""
    shape = [case[name] for name in SHAPE]
    passes = {
        "prefill_b1_s128_all_logits": (128, 128**2, 128),
        "prefill_b1_s512_all_logits": (512, 512**2, 512),
        "prefill_b2_s1024_all_logits": (2048, 2 * 1024**2, 2048),
        "decode_b1_pastctx512": (1, causal_context(1, 512), 1),
        "decode_b4_pastctx1000": (4, 4 * causal_context(1, 1000), 4),
    }
    assert {name: float(forward_flops(*shape, *one)) for name, one in passes.items()} == case["flops_torch_flopcounter"]


small = st.integers(1, 6)


@given(small, small, small, small, small, small, small, small, st.integers(0, 9))
def test_product_by_product(layers, hidden, kv_heads, group, head_dim, intermediate, vocabulary, tokens, past):
    heads = kv_heads * group
    products = [(1, hidden, vocabulary)]  # rows, inner size, columns; a logit for the last token
    for _ in range(layers):
        products += [(tokens, hidden, heads * head_dim), (tokens, heads * head_dim, hidden)]
        products += 2 * [(tokens, hidden, kv_heads * head_dim)]
        products += 2 * [(tokens, hidden, intermediate)] + [(tokens, intermediate, hidden)]
        for _ in range(heads):
            for token in range(tokens):
                context = past + token + 1
                products += [(1, head_dim, context), (1, context, head_dim)]
    counted = sum(2 * rows * inner * columns for rows, inner, columns in products)
    found = forward_flops(
        layers,
        hidden,
        heads,
        kv_heads,
        head_dim,
        intermediate,
        vocabulary,
        tokens,
        context=causal_context(tokens, past),
        logits=1,
    )
    assert float(found) == counted


@given(st.integers(0, 200), st.integers(0, 200))
def test_contexts_one_by_one(tokens, past):
    assert float(causal_context(tokens, past)) == sum(past + token + 1 for token in range(tokens))


def test_a_model_has_a_shape():
    with pytest.raises(ValueError, match="kv_heads"):
        forward_flops(1, 1, 1, 0, 1, 1, 1, 1, 1, 1)


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VIEWER["cases"], ids=lambda case: f"{case['model']} {case['hardware'][7:11]}")
def test_llm_viewer_adds_up_no_less_and_in_decode_hardly_more(case):
    hardware = VIEWER["hardware"][case["hardware"]]
    peak = hardware["INT8" if max(case["w_bit"], case["a_bit"], case["kv_bit"]) <= 8 else "FP16"]
    batch, cached = case["batch"], case["batch"] * case["seqlen"]
    for phase, tokens in (("prefill", cached), ("decode", batch)):
        total = case[phase]
        found = float(
            step_time_s(
                tokens,
                cached if phase == "decode" else 0,
                total["load_weight"] if phase == "decode" else total["memory_access"],
                total["load_kv_cache"] / cached,
                total["OPs"] / tokens,
                peak,
                hardware["bandwidth"],
            )
        )
        assert found <= total["inference_time"] * (1 + 1e-9)
    assert found == pytest.approx(total["inference_time"], rel=0.02)


def test_weights_of_seventy_billion_on_eight_h100():
    machine = 8 * H100_SXM.peak_flops_per_s, 8 * H100_SXM.bandwidth_bytes_per_s
    one = float(step_time_s(1, 0, 140e9, 327_680, 140e9, *machine))
    assert round(1e3 * one, 3) == 5.224
    assert round(float(critical_tokens(140e9, 140e9, *machine))) == 295
    assert (
        round(float(critical_tokens(2, 2, A100_SXM_80GB.peak_flops_per_s, A100_SXM_80GB.bandwidth_bytes_per_s))) == 153
    )


models = st.tuples(st.floats(1e9, 1e12), st.floats(1e3, 1e7), st.floats(1e9, 1e12))
machines = st.tuples(st.floats(1e12, 1e16), st.floats(1e10, 1e14))


@settings(max_examples=40)
@given(models, machines)
def test_both_limits_meet_at_the_critical_tokens(model, machine):
    weight_bytes, token_bytes, token_flops = model
    at = float(critical_tokens(weight_bytes, token_flops, *machine))
    reading_s = weight_bytes / machine[1]
    times = step_time_s([at / 2, at, 2 * at], 0, weight_bytes, token_bytes, token_flops, *machine)
    np.testing.assert_allclose(times, [reading_s, reading_s, 2 * reading_s], rtol=1e-9)


@settings(max_examples=40)
@given(models, machines, st.integers(1, 500), st.integers(0, 10**6), st.floats(0, 0.1))
def test_the_longer_of_two_streams(model, machine, tokens, cached, overhead_s):
    """Operations and bytes served one second after the other, until both are done."""
    weight_bytes, token_bytes, token_flops = model
    operations, traffic = tokens * token_flops, weight_bytes + cached * token_bytes
    time_s = float(step_time_s(tokens, cached, weight_bytes, token_bytes, token_flops, *machine, overhead_s))
    time_s -= overhead_s
    assert machine[0] * time_s >= operations * (1 - 1e-6)
    assert machine[1] * time_s >= traffic * (1 - 1e-6)
    assert np.isclose(machine[0] * time_s, operations, rtol=1e-6) or np.isclose(machine[1] * time_s, traffic, rtol=1e-6)


def test_caches_are_not_shared_by_a_batch():
    """Twice the batch in decode: weights as before, caches twice."""
    times = step_time_s([1, 2], [1000, 2000], 1e6, 1e3, 1.0, 1e15, 1e6)
    np.testing.assert_allclose(times, [2.0, 3.0])


@pytest.mark.parametrize("bad", [(-1, 0), (1, -1)])
def test_tokens_are_not_negative(bad):
    with pytest.raises(ValueError, match="tokens"):
        step_time_s(*bad, 1, 1, 1, 1, 1)


def test_a_machine_has_a_peak():
    with pytest.raises(ValueError, match="peak"):
        step_time_s(1, 1, 1, 1, 1, 0, 1)
    with pytest.raises(ValueError, match="token_flops"):
        critical_tokens(1, 0, 1, 1)
