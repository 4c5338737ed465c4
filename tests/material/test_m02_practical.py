"""Module 2's practical: what its text says of matrix products, attention, eight bits and level 2 is so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.paths import material_root
from reference_solutions.m02_tools_methods.attention import attention_flops_per_byte
from reference_solutions.m02_tools_methods.figures import bottleneck_figure
from reference_solutions.m02_tools_methods.intensity import gemm_flops_per_byte
from reference_solutions.m02_tools_methods.perf_metrics import perf_metrics_level_1
from reference_solutions.m02_tools_methods.topdown import topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import LEVEL_2, topdown_level_2

DATA = material_root() / "assignments/authoring/m02_tools_methods/data"
RIDGES = {"H100 SXM": 989.4e12 / 3.35e12, "A100 SXM 80 GB": 312e12 / 2.039e12}


@pytest.fixture(scope="module")
def counters():
    return pd.read_csv(DATA / "counters.csv", comment="#", index_col="workload")


@pytest.fixture(scope="module")
def shares(counters):
    return pd.DataFrame(topdown_level_1(counters), index=counters.index)


@pytest.fixture(scope="module")
def level_2(counters, shares):
    both = counters.join(pd.read_csv(DATA / "level_2_counters.csv", comment="#", index_col="workload"), how="inner")
    return pd.DataFrame(topdown_level_2(both, shares.loc[both.index]), index=both.index)


def test_decoding_without_sharing_has_one_operation_a_byte_however_long_the_context():
    np.testing.assert_allclose(attention_flops_per_byte(1, [1000, 10_000, 100_000], 64, 64, 128), 1, atol=2e-3)


def test_eight_heads_to_a_head_of_keys_bring_what_eight_positions_bring():
    one = attention_flops_per_byte(1, 4096, 64, 64, 128)
    assert attention_flops_per_byte(1, 4096, 64, 8, 128) / one == pytest.approx(8, rel=0.01)
    assert attention_flops_per_byte(8, 4096, 64, 64, 128) / one == pytest.approx(8, rel=0.01)


def test_scores_in_memory_keep_attention_below_every_ridge():
    stored = attention_flops_per_byte([4096, 10**6], [4096, 10**6], 64, 64, 128, fused=False)
    np.testing.assert_allclose(stored, 64, rtol=0.04)
    assert np.all(stored < min(RIDGES.values()))
    assert attention_flops_per_byte(4096, 4096, 64, 64, 128) > max(RIDGES.values())
    fused = attention_flops_per_byte(512, 4096, 64, 64, [64, 128, 256])
    np.testing.assert_allclose(fused, fused[0])


def test_of_the_batch_of_256_only_the_h100_is_left_of_its_ridge():
    batch = gemm_flops_per_byte(256, 4096, 4096)
    assert RIDGES["A100 SXM 80 GB"] < 312e12 / 1.555e12 < batch < RIDGES["H100 SXM"]


def test_eight_bits_are_enough_for_what_is_large(shares):
    sound = shares[(shares >= 0).all(axis=1)]
    fields = (255 * sound).round()
    assert sorted(fields.sum(axis=1)) == [254, 254, 254, 255, 255, 255, 255, 256]
    table = {f"PERF_METRICS.{category.upper()}": fields[category] for category in fields}
    table |= {"INT_MISC.UOP_DROPPING": np.zeros(8), "TOPDOWN.SLOTS": np.ones(8)}
    found = pd.DataFrame(perf_metrics_level_1(table), index=sound.index)
    off = abs(found / sound - 1)
    assert off[sound > 0.03].max(axis=None) < 0.02
    assert sound.min(axis=None) == pytest.approx(0.002, rel=1e-6)
    assert found.loc["stream_triad", "bad_speculation"] / sound.min(axis=None) == pytest.approx(2, abs=0.05)


def test_level_2_tells_apart_what_level_1_did_not(level_2, shares):
    for program in ("stream_triad", "decode_gemv", "embedding_lookup"):
        assert level_2.loc[program].idxmax() == "memory_bound"
    gemm, dispatch, parser = (level_2.loc[name] for name in ("dense_gemm", "op_dispatch", "json_parser_smt"))
    assert gemm["core_bound"] > 4 * gemm["memory_bound"]
    assert dispatch["fetch_latency"] > 2 * dispatch["fetch_bandwidth"]
    assert parser["fetch_bandwidth"] > parser["fetch_latency"]
    tokenizer = level_2.loc["tokenizer"]
    assert tokenizer["branch_mispredicts"] > 20 * tokenizer["machine_clears"]
    assert shares.loc["json_parser_smt"].drop("retiring").idxmax() == "frontend_bound"


def test_the_mark_of_the_parser_moves(level_2, shares):
    parts = [child for category, pair in LEVEL_2.items() if category != "retiring" for child in pair]
    layers = shares.loc[level_2.index, ["retiring"]].join(level_2[parts])
    figure = bottleneck_figure(layers, list(layers.index))
    assert figure["left_out"] == []
    assert {mark["x"]: mark["label"] for mark in figure["marks"]}["json_parser_smt"] == "branch_mispredicts"
