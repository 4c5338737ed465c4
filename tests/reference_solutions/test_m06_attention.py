"""Attention across modalities, two towers and one loss: products listed, memory measured, limits in closed form."""

from __future__ import annotations

import decimal
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m06_multimodal.contrastive import (
    clip_parameters,
    contrastive_exchange_bytes,
    contrastive_loss,
)
from reference_solutions.m06_multimodal.cross_attention import fusion_cost
from reference_solutions.m06_multimodal.operator_census import operator_census
from reference_solutions.m06_multimodal.resampler import resampler_cost, resampler_saving
from reference_solutions.m06_multimodal.streamed_attention import StreamedAttention, attention_by_definition
from reference_solutions.m06_multimodal.vision_transformer import vit_macs

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "m06_multimodal" / "params_tokens_flops.json").read_text()
)["cases"]
few = st.integers(1, 6)


# --- cross-attention --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("cross_attn_b1_q64_kv576_d1024_h16", (64, 576, 1024, 16, 1)),
        ("cross_attn_b4_q512_kv64_d4096_h32", (512, 64, 4096, 32, 4)),
    ],
)
def test_what_torch_counts(name, shape):
    assert fusion_cost(*shape)["cross"]["flops"] == RECORDED["cross_attention_flops"][name]


@given(few, st.integers(0, 6), few, few, few, st.sampled_from([2, 4]))
def test_products_and_arrays(text, image, head_dim, heads, batch, element_bytes):
    """Every product with its three sizes; scores, keys and values as numpy's arrays."""
    hidden, dtype = heads * head_dim, {2: np.float16, 4: np.float32}[element_bytes]
    found = fusion_cost(text, image, hidden, heads, batch, element_bytes)
    for name, q, k in (("cross", text, image), ("joined", text + image, text + image)):
        products = [(q, hidden, hidden)] * 2 + [(k, hidden, hidden)] * 2
        products += [(q, head_dim, k), (q, k, head_dim)] * heads
        assert found[name]["flops"] == batch * sum(2 * a * b * c for a, b, c in products)
        assert found[name]["score_bytes"] == np.zeros((batch, heads, q, k), dtype).nbytes
        assert found[name]["cached_bytes"] == 2 * np.zeros((batch, k, hidden), dtype).nbytes
        assert found[name]["streamed_bytes"] == 2 * np.zeros((batch, heads, q), np.float32).nbytes


def test_without_an_image_the_joined_sequence_is_the_text():
    found = fusion_cost(100, 0, 64, 4)
    assert found["joined"]["flops"] == 8 * 100 * 64**2 + 4 * 100**2 * 64
    assert found["cross"]["score_bytes"] == 0


def test_impossible_layers_are_refused():
    for bad in ((0, 1, 8, 2), (1, -1, 8, 2), (1, 1, 8, 0)):
        with pytest.raises(ValueError, match="sizes are positive"):
            fusion_cost(*bad)


# --- streamed attention -----------------------------------------------------------------------------------------------


@given(st.integers(0, 2**31), st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_tiles_of_any_size_and_order(seed, sizes):
    rng = np.random.default_rng(seed)
    keys = np.sum(sizes)
    queries, k, v = rng.normal(size=(3, 4)), 20 * rng.normal(size=(keys, 4)), rng.normal(size=(keys, 2))
    attention = StreamedAttention(queries)
    if keys == 0:
        with pytest.raises(ValueError, match="nothing to attend to"):
            _ = attention.output
        return
    places = np.split(rng.permutation(keys), np.cumsum(sizes)[:-1])
    for place in places:
        attention.absorb(k[place], v[place])
    scores = (queries.astype(np.longdouble) @ k.T.astype(np.longdouble)) / 2
    top = scores.max(axis=1, keepdims=True)
    weights = np.exp(scores - top)
    np.testing.assert_allclose(attention.output, (weights @ v) / weights.sum(axis=1, keepdims=True), rtol=1e-9)
    np.testing.assert_allclose(attention.log_sum_exp, top[:, 0] + np.log(weights.sum(axis=1)), rtol=1e-12)
    np.testing.assert_allclose(attention.output, attention_by_definition(queries, k, v), rtol=1e-9)


def test_scores_of_thousands_do_not_overflow():
    attention = StreamedAttention([[2000.0]])
    for key, worth in ((1.0, 5.0), (2.0, 7.0), (-3.0, 9.0)):
        attention.absorb([[key]], [[worth]])
    assert attention.output.tolist() == [[7.0]]
    assert attention.log_sum_exp.tolist() == [4000.0]


def peak_bytes(keys, tile):
    queries = np.ones((64, 16))
    tracemalloc.start()
    attention = StreamedAttention(queries)
    for _ in range(0, keys, tile):
        attention.absorb(np.ones((tile, 16)), np.ones((tile, 16)))
    assert np.allclose(attention.output, 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_keys():
    assert peak_bytes(40_000, 100) < 1.1 * peak_bytes(1_000, 100) < 64 * 40_000 * 8 / 20


def test_tiles_that_do_not_fit_are_refused():
    attention = StreamedAttention(np.ones((2, 3)))
    with pytest.raises(ValueError, match="a value for each key"):
        attention.absorb(np.ones((2, 3)), np.ones((1, 3)))
    with pytest.raises(ValueError, match="as many elements"):
        attention.absorb(np.ones((2, 4)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="nothing to attend to"):
        _ = attention.log_sum_exp


# --- the operators of a block, and resamplers -------------------------------------------------------------------------


@given(few, few, few, few, few, few)
def test_operators_made_by_numpy(batch, new, context, head_dim, heads, mlp):
    hidden = heads * head_dim
    x = np.ones((batch * new, hidden), np.float16)
    products = {
        "qkv": (x, np.ones((hidden, 3 * hidden), np.float16)),
        "scores": (np.ones((batch, heads, new, head_dim), np.float16), np.ones((batch, heads, head_dim, context), "e")),
        "values": (np.ones((batch, heads, new, context), np.float16), np.ones((batch, heads, context, head_dim), "e")),
        "output": (x, np.ones((hidden, hidden), np.float16)),
        "up": (x, np.ones((hidden, mlp), np.float16)),
        "down": (np.ones((batch * new, mlp), np.float16), np.ones((mlp, hidden), np.float16)),
    }
    found = operator_census(batch, new, context, hidden, heads, mlp)
    assert found["operator"].tolist() == list(products)
    for place, (left, right) in enumerate(products.values()):
        result = left @ right
        assert found["bytes"][place] == left.nbytes + right.nbytes + result.nbytes
        assert found["flops"][place] == 2 * result.size * left.shape[-1]


def test_a_block_is_the_sum_of_its_operators():
    block = operator_census(1, 197, 197, 768, 12, 3072)["flops"].sum()
    patches = float(vit_macs(196, 16, 0, 768, 3072))
    assert 12 * block == 2 * (float(vit_macs(196, 16, 12, 768, 3072)) - patches)
    cross = operator_census(1, 64, 64, 1024, 16, 1)["flops"][:4].sum()
    assert cross == fusion_cost(64, 64, 1024, 16)["cross"]["flops"]


def test_one_token_is_bound_by_memory():
    found = operator_census(1, 1, 4096, 8192, 64, 32768)["flops_per_byte"]
    np.testing.assert_allclose(found, 1.0, atol=0.02)


@given(few, few, few, few, few, few)
def test_resamplers_product_by_product(tokens, wide, latents, hidden, mlp, layers):
    products = [(latents, hidden, hidden)] * 2 + [(tokens, wide, hidden)] * 2
    products += [(latents, hidden, tokens), (latents, tokens, hidden)]
    products += [(latents, hidden, hidden)] * 4 + [(latents, hidden, latents), (latents, latents, hidden)]
    products += [(latents, hidden, mlp), (latents, mlp, hidden)]
    learned = [products[place] for place in (0, 1, 2, 3, 6, 7, 8, 9, 12, 13)]
    found = resampler_cost(tokens, wide, latents, hidden, mlp, layers)
    assert found["flops"] == layers * sum(2 * a * b * c for a, b, c in products)
    assert found["weights"] == layers * sum(b * c for _, b, c in learned)


def test_a_resampler_that_keeps_all_costs():
    cost = resampler_cost(64, 32, 64, 32, 128, 2)
    attention = fusion_cost(64, 64, 32, 4)["cross"]["flops"] + 8 * 64 * 32**2 + 4 * 64**2 * 32
    assert cost["flops"] == 2 * (attention + 4 * 64 * 32 * 128)
    saved = resampler_saving(64, 64, 1e9, 1e5, cost["flops"])
    assert saved == {"flops": -cost["flops"], "cache_bytes": 0.0}
    assert resampler_saving(576, 32, 7e9, 100, 0)["flops"] == 2 * 7e9 * 544


@pytest.mark.parametrize(
    "bad",
    [
        lambda: operator_census(1, 1, 1, 10, 3, 1),
        lambda: operator_census(0, 1, 1, 10, 2, 1),
        lambda: resampler_cost(0, 1, 1, 1, 1, 1),
        lambda: resampler_saving(1, 1, -1, 1, 1),
    ],
)
def test_impossible_blocks_are_refused(bad):
    with pytest.raises(ValueError, match=r"positive|negative"):
        bad()


# --- the contrastive loss ---------------------------------------------------------------------------------------------


@given(st.integers(1, 50))
def test_pairs_that_look_alike(pairs):
    found = contrastive_loss(np.ones((pairs, 3)), np.ones((pairs, 3)), 3.0)
    assert found["loss"] == pytest.approx(np.log(pairs), abs=1e-12)
    assert found["accuracy"] == (pairs == 1)


def test_perfect_pairs():
    found = contrastive_loss(np.eye(5) * 7, np.eye(5), np.log(1e6), largest_scale=1e9)
    assert found == {"images": 0.0, "texts": 0.0, "loss": 0.0, "accuracy": 1.0}
    held = contrastive_loss(np.eye(5), np.eye(5), 20.0)["loss"]
    assert held == pytest.approx(np.log(1 + 4 * np.exp(-100.0)), abs=1e-30)


def test_with_forty_digits():
    rng = np.random.default_rng(6)
    images, texts = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    with decimal.localcontext() as context:
        context.prec = 40
        D = decimal.Decimal
        x, y = ([[D(float(one)) for one in row] for row in table] for table in (images, texts))
        unit = [[[one / sum(a * a for a in row).sqrt() for one in row] for row in table] for table in (x, y)]
        z = [[D(30) * sum(a * b for a, b in zip(r, c, strict=True)) for c in unit[1]] for r in unit[0]]
        rows = sum((sum(one.exp() for one in row)).ln() - row[i] for i, row in enumerate(z)) / 6
        columns = sum((sum(row[j].exp() for row in z)).ln() - z[j][j] for j in range(6)) / 6
    found = contrastive_loss(images, texts, np.log(30.0))
    assert found["images"] == pytest.approx(float(rows), rel=1e-13)
    assert found["texts"] == pytest.approx(float(columns), rel=1e-13)
    assert found["loss"] == pytest.approx(float(rows + columns) / 2, rel=1e-13)


def test_finite_differences_in_the_scale():
    """The slope in ln(scale) is the mean of (expected minus own logit), rows and columns."""
    rng = np.random.default_rng(3)
    images, texts = rng.normal(size=(8, 5)), rng.normal(size=(8, 5))
    z = 12 * (images / np.linalg.norm(images, axis=1)[:, None]) @ (texts / np.linalg.norm(texts, axis=1)[:, None]).T
    slopes = []
    for table in (z, z.T):
        share = np.exp(table) / np.exp(table).sum(axis=1, keepdims=True)
        slopes.append(np.mean((share * table).sum(axis=1) - np.diag(table)))
    step = 1e-5
    low, high = (contrastive_loss(images, texts, np.log(12) + one)["loss"] for one in (-step, step))
    assert (high - low) / (2 * step) == pytest.approx(np.mean(slopes), rel=1e-6)


def test_impossible_pairs_are_refused():
    for bad in ((np.ones((2, 3)), np.ones((3, 3))), (np.ones((0, 3)), np.ones((0, 3))), (np.ones(3), np.ones(3))):
        with pytest.raises(ValueError, match="as many images as texts"):
            contrastive_loss(*bad, 1.0)
    with pytest.raises(ValueError, match="no direction"):
        contrastive_loss(np.zeros((2, 3)), np.ones((2, 3)), 1.0)
    with pytest.raises(ValueError, match="as many pairs"):
        contrastive_exchange_bytes(10, 3, 4, 2)


@given(few, few, few)
def test_a_ring_of_devices(devices, share, dim):
    """Each device passes on what it has last got, until all have both sides of everybody."""
    held = [{device} for device in range(devices)]
    received = [0] * devices
    for turn in range(devices - 1):
        for device in range(devices):
            source = (device - 1 - turn) % devices
            held[device].add(source)
            received[device] += 2 * share * dim * 2
    assert all(one == set(range(devices)) for one in held)
    found = contrastive_exchange_bytes(devices * share, devices, dim, 2)
    assert found["received_bytes"] == pytest.approx(received[0])
    assert found["logits_bytes"] == np.zeros((share, devices * share), np.float16).nbytes


def test_both_towers_as_transformers_builds_them():
    vision = RECORDED["vision"]["CLIP-ViT-L/14"]
    shape = (vision["patches"], vision["patch"], vision["layers"], vision["hidden"], vision["ffn"])
    found = clip_parameters(shape, (49408, 77, 12, 768, 3072), 768)
    assert found == RECORDED["vision"]["CLIP-L/14 full"]["params"]
