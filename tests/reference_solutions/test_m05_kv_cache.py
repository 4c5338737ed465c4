"""Key-value caches: what transformers allocates, published sizes, and elements counted one by one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.cache_sizing import cache_sizing
from reference_solutions.m05_llm_inference.kv_cache import (
    kv_cache_bytes,
    latent_cache_bytes,
    rank_kv_heads,
    windowed_cache_bytes,
)
from reference_solutions.m05_llm_inference.memory_budget import concurrent_requests, kv_budget_bytes

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "m05_llm_inference" / "shapes_kv_flops.json").read_text()
)["cases"]
few = st.integers(1, 5)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["model"])
def test_agrees_with_what_transformers_allocates(case):
    for element_bytes, recorded in ((2, "kv_bytes_per_token_fp16"), (1, "kv_bytes_per_token_fp8")):
        if case["attention"] == "MLA":
            found = latent_cache_bytes(case["layers"], case["kv_lora_rank"], case["qk_rope"], element_bytes, 1)
        else:
            found = kv_cache_bytes(case["layers"], case["kv_heads"], case["head_dim"], element_bytes, 1)
        assert float(found) == case[recorded]


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        ((40, 40, 128), 819_200),  # OPT-13B, 800 KiB: Kwon et al. 2023
        ((126, 8, 128), 516_096),  # Llama-3.1-405B, 516.096 kB: DeepSeek-AI, ISCA 2025, table 1
        ((80, 8, 128), 327_680),  # Qwen-2.5-72B, 327.680 kB: the same
    ],
)
def test_published_sizes_of_a_token(shape, published):
    assert float(kv_cache_bytes(*shape, element_bytes=2, tokens=1)) == published


@given(few, few, few, st.sampled_from([1, 2, 4]), st.lists(st.integers(0, 6), max_size=4))
def test_element_by_element(layers, kv_heads, head_dim, element_bytes, lengths):
    counted = [
        sum(element_bytes for _ in range(layers) for _ in "kv" for _ in range(kv_heads * head_dim * length))
        for length in lengths
    ]
    found = kv_cache_bytes(layers, kv_heads, head_dim, element_bytes, lengths)
    assert found.tolist() == counted


@given(few, st.data(), st.integers(1, 8), st.integers(0, 12))
def test_windows_layer_by_layer(layers, data, window, tokens):
    windowed = data.draw(st.integers(0, layers))
    held = 0
    for layer in range(layers):
        cache = list(range(tokens))
        held += len(cache[-window:] if layer < windowed else cache)
    found = windowed_cache_bytes(layers, windowed, window, kv_heads=3, head_dim=4, element_bytes=2, tokens=tokens)
    assert float(found) == held * 2 * 3 * 4 * 2


def test_a_window_of_everything_is_none():
    windows = windowed_cache_bytes(10, 10, 4096, 8, 128, 2, [1, 100, 4096])
    np.testing.assert_array_equal(windows, kv_cache_bytes(10, 8, 128, 2, [1, 100, 4096]))


@given(st.integers(1, 64), st.integers(1, 64))
def test_ranks_hold_every_head_at_least_once(kv_heads, ranks):
    held = [0] * ranks
    for head in range(max(kv_heads, ranks)):
        held[head % ranks] += 1
    assert float(rank_kv_heads(kv_heads, ranks)) == max(held)


@pytest.mark.parametrize("bad", [(0, 8, 128, 2, 1), (80, -8, 128, 2, 1), (80, 8, 128, 0, 1), (80, 8, 128, 2, [3, -1])])
def test_impossible_caches_are_refused(bad):
    with pytest.raises(ValueError, match="must be positive"):
        kv_cache_bytes(*bad)


def test_impossible_windows_and_vectors_are_refused():
    with pytest.raises(ValueError, match="some of the layers"):
        windowed_cache_bytes(4, 5, 100, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="window_tokens"):
        windowed_cache_bytes(4, 2, 0, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="latent_dim"):
        latent_cache_bytes(4, 0, 64, 2, 1)
    with pytest.raises(ValueError, match="ranks"):
        rank_kv_heads(8, 0)


# --- all kinds in one table -------------------------------------------------------------------------------------------

budgets = st.floats(1, 1e9)


@given(few, few, few, st.sampled_from([1, 2]), st.integers(1, 50), budgets)
def test_a_table_of_plain_and_latent_models(layers, heads, dim, element_bytes, tokens, budget):
    models = {
        "plain": {"layers": layers, "kv_heads": heads, "head_dim": dim, "element_bytes": element_bytes},
        "latent": {"layers": layers, "latent_dim": heads, "rope_dim": dim, "element_bytes": element_bytes},
    }
    table = cache_sizing(models, tokens, budget)
    plain = kv_cache_bytes(layers, heads, dim, element_bytes, [tokens, tokens + 1])
    latent = latent_cache_bytes(layers, heads, dim, element_bytes, [tokens, tokens + 1])
    assert table["request_bytes"] == [plain[0], latent[0]]
    assert table["next_token_bytes"] == [plain[1] - plain[0], latent[1] - latent[0]]
    for number, one in zip(table["requests"], (plain[0], latent[0]), strict=True):
        assert number * one <= budget < (number + 1) * one


@given(few, st.data(), st.integers(1, 30), st.integers(1, 50))
def test_a_table_of_windows(layers, data, window, tokens):
    windowed = data.draw(st.integers(0, layers))
    model = {"layers": layers, "kv_heads": 2, "head_dim": 3, "element_bytes": 2}
    table = cache_sizing({"m": model | {"windowed_layers": windowed, "window_tokens": window}}, tokens, 1e6)
    now, after = windowed_cache_bytes(layers, windowed, window, 2, 3, 2, [tokens, tokens + 1])
    assert table["request_bytes"] == [now]
    assert table["next_token_bytes"] == [after - now]


def test_scales_of_an_fp8_cache():
    model = {"layers": 80, "kv_heads": 8, "head_dim": 128, "element_bytes": 1, "scale_bytes": 4}
    with_scales = kv_cache_bytes(80, 8, 128, 1 + 4 / 128, 100)
    assert cache_sizing({"m": model}, 100, 1e12)["request_bytes"] == [with_scales]


# --- memory to concurrency --------------------------------------------------------------------------------------------


def test_seventy_billion_on_eight_devices():
    budget = float(kv_budget_bytes(devices=8, device_bytes=80e9, weight_bytes=140e9, utilisation=0.9))
    assert budget == pytest.approx(436e9)
    assert budget // 327_680 == 1_330_566
    assert float(concurrent_requests(budget, 327_680, 8192)) == 83_160 // 512  # whole blocks of 16 tokens


def test_working_space_is_taken_on_every_device():
    assert float(kv_budget_bytes(4, 10.0, 8.0, utilisation=0.5, working_bytes=2.0)) == 4 * (5 - 2) - 8


@given(st.integers(0, 3000), st.integers(1, 5), st.integers(1, 40), st.integers(1, 16))
def test_blocks_handed_out_one_by_one(budget, token_bytes, tokens, block_tokens):
    free, requests = [*range(0, budget - token_bytes * block_tokens + 1, token_bytes * block_tokens)], 0
    while True:
        held = 0
        while held < tokens and free:
            free.pop()
            held += block_tokens
        if held < tokens:
            break
        requests += 1
    assert float(concurrent_requests(budget, token_bytes, tokens, block_tokens)) == requests


def test_a_model_that_does_not_fit_serves_nobody():
    budget = kv_budget_bytes([1, 2, 4], 80e9, 140e9)
    assert (budget < 0).tolist() == [True, False, False]
    assert concurrent_requests(budget, 327_680, 4096).tolist()[0] == 0


@pytest.mark.parametrize("bad", [(0, 1, 1, 0.9), (1, 1, 1, 1.1), (1, 1, 1, 0)])
def test_impossible_machines_are_refused(bad):
    with pytest.raises(ValueError, match=r"devices|utilisation"):
        kv_budget_bytes(*bad)


def test_a_request_has_tokens():
    with pytest.raises(ValueError, match="request_tokens"):
        concurrent_requests(100, 1, 0)
