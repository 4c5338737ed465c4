"""Vision encoders: what torchvision publishes, what torch counts, matrices one by one, and a clock of frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m06_multimodal.encoder_batching import encoder_batch, encoder_time_s
from reference_solutions.m06_multimodal.vision_transformer import (
    clip_tower_parameters,
    siglip_tower_parameters,
    vit_cost,
    vit_macs,
)

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "m06_multimodal" / "params_tokens_flops.json").read_text()
)["cases"]["vision"]
PUBLISHED = [  # torchvision's documentation of its weights: num_params, GFLOPS (of multiply-adds, two digits)
    ((224, 224, 16, 12, 768, 3072, 1000), 86_567_656, 17.56),
    ((224, 224, 32, 12, 768, 3072, 1000), 88_224_232, 4.41),
    ((224, 224, 16, 24, 1024, 4096, 1000), 304_326_632, 61.55),
    ((224, 224, 32, 24, 1024, 4096, 1000), 306_535_400, 15.38),
    ((224, 224, 14, 32, 1280, 5120, 1000), 632_045_800, 167.29),  # cut off; 167.295 to three digits
    ((518, 518, 14, 32, 1280, 5120, 1000), 633_470_440, 1016.72),
]
few = st.integers(1, 4)


@pytest.mark.parametrize(("shape", "parameters", "giga_macs"), PUBLISHED)
def test_what_torchvision_publishes(shape, parameters, giga_macs):
    cost = vit_cost(*shape)
    assert cost["parameters"] == parameters
    assert cost["macs"] / 1e9 == pytest.approx(giga_macs, abs=0.0052)


def shape_of(case):
    return case["patch"], case["layers"], case["hidden"], case["ffn"]


@pytest.mark.parametrize("name", [name for name in RECORDED if name != "CLIP-L/14 full"])
def test_what_torch_counts(name):
    case = RECORDED[name]
    patch, layers, hidden, mlp = shape_of(case)
    extra = case["seq_len"] - case["patches"]
    flops = 2 * float(vit_macs(case["patches"], patch, layers, hidden, mlp, extra_tokens=extra))
    tokens = case["seq_len"]
    if name.startswith("SigLIP"):  # its head attends: one query, all keys and values, then the two matrices
        assert siglip_tower_parameters(case["patches"], patch, layers, hidden, mlp) == case["params"]
        flops += 2 * (2 * hidden**2 + 2 * tokens * hidden**2 + 2 * tokens * hidden + 2 * hidden * mlp)
    elif name.startswith("CLIP"):
        assert clip_tower_parameters(case["patches"], patch, layers, hidden, mlp) == case["params"]
    else:
        cost = vit_cost(case["image"], case["image"], patch, layers, hidden, mlp, classes=1000)
        assert (cost["parameters"], cost["tokens"]) == (case["params"], tokens)
        flops += 2 * hidden * 1000
    assert flops == case["flops_b1"]


@given(few, few, few, few, st.integers(1, 5), st.integers(1, 5), st.integers(0, 3), st.integers(0, 2))
def test_matrix_by_matrix(rows, columns, patch, layers, hidden, mlp, classes, extra):
    """Every array of parameters is made, every product listed with its three sizes."""
    tokens = rows * columns + extra
    arrays = [(3, patch, patch, hidden), (hidden,), (tokens, hidden), (hidden, classes), (classes,)] + [(hidden,)] * 2
    arrays += [(hidden,)] * extra
    products = [(rows * columns, 3 * patch * patch, hidden)] + ([(1, hidden, classes)] if classes else [])
    for _ in range(layers):
        arrays += [(hidden, hidden), (hidden,)] * 4 + [(hidden, mlp), (mlp,), (mlp, hidden), (hidden,)]
        arrays += [(hidden,)] * 4  # two norms, a scale and a shift each
        products += [(tokens, hidden, hidden)] * 4 + [(tokens, hidden, tokens), (tokens, tokens, hidden)]
        products += [(tokens, hidden, mlp), (tokens, mlp, hidden)]
    found = vit_cost(rows * patch, columns * patch, patch, layers, hidden, mlp, classes, extra)
    assert found["tokens"] == tokens
    assert found["parameters"] == sum(int(np.prod(array)) for array in arrays)
    assert found["macs"] == sum(m * k * n for m, k, n in products)


def test_the_two_counts_agree():
    whole = vit_cost(336, 224, 14, 5, 64, 100, classes=0, extra_tokens=3)
    assert float(vit_macs(24 * 16, 14, 5, 64, 100, extra_tokens=3)) == whole["macs"]


@pytest.mark.parametrize(
    "bad", [(0, 224, 16, 1, 8, 8), (224, 220, 16, 1, 8, 8), (224, 224, 16, 1, 8, 8, -1), (32, 32, 16, 1, 8, 8, 0, -1)]
)
def test_impossible_transformers_are_refused(bad):
    with pytest.raises(ValueError, match=r"must|cover"):
        vit_cost(*bad)
    with pytest.raises(ValueError, match="must not be negative"):
        vit_macs(-1, 14, 1, 8, 8)


# --- batches ----------------------------------------------------------------------------------------------------------


def encoder_of(rng):
    return {
        "frame_flops": float(rng.uniform(5e9, 8e10)),
        "frame_bytes": float(rng.uniform(1e7, 2e8)),
        "weight_bytes": float(rng.uniform(1e8, 1e9)),
        "launch_s": float(rng.uniform(1e-4, 3e-3)),
        "peak_flops_per_s": float(rng.uniform(5e12, 5e13)),
        "bandwidth_bytes_per_s": float(rng.uniform(5e10, 3e11)),
        "best_share": float(rng.uniform(0.2, 0.6)),
        "half_batch": float(rng.uniform(0.5, 6)),
    }


def played(frames_per_s, encoder, batch, keep_every=1, frames=1200):
    """Latency of the latest frame and share of busy time, frame by frame; batches start when full and when free."""
    waiting, latest, free_s, busy_s = [], 0.0, 0.0, 0.0
    takes_s = float(encoder_time_s(batch, encoder))
    for number in range(0, frames, keep_every):
        waiting.append(number / frames_per_s)
        if len(waiting) == batch:
            free_s = max(free_s, waiting[-1]) + takes_s
            busy_s += takes_s
            latest = max(latest, free_s - waiting[0])
            waiting = []
    return latest, busy_s / (frames / frames_per_s)


@pytest.mark.parametrize("seed", range(60))
def test_every_batch_played(seed):
    rng = np.random.default_rng(seed)
    encoder, deadline_s = encoder_of(rng), float(rng.uniform(0.02, 0.3))
    frames_per_s = float(10 ** rng.uniform(1, 2.7))
    found = encoder_batch(frames_per_s, deadline_s, encoder, largest=12, drop=4)
    for keep_every in range(1, 5):
        late = {batch: played(frames_per_s, encoder, batch, keep_every) for batch in range(1, 13)}
        # A queue that grows is late sooner or later: 1,200 frames are enough unless it hardly grows.
        kept = [batch for batch, (latency_s, busy) in late.items() if latency_s <= deadline_s and busy <= 1.0]
        if kept:
            assert (found["keep_every"], found["batch"]) == (keep_every, max(kept))
            assert found["latency_s"] == pytest.approx(late[max(kept)][0])
            assert found["utilisation"] == pytest.approx(late[max(kept)][1], rel=0.05)
            return
    assert found["batch"] == 0
    assert found["latency_s"] == np.inf


def test_where_computing_bounds_the_time_is_a_line():
    encoder = encoder_of(np.random.default_rng(1)) | {"bandwidth_bytes_per_s": 1e15}
    batches = np.arange(1, 20)
    rate = encoder["peak_flops_per_s"] * encoder["best_share"]
    line = encoder["launch_s"] + encoder["frame_flops"] * (batches + encoder["half_batch"]) / rate
    np.testing.assert_allclose(encoder_time_s(batches, encoder), line)


def test_a_larger_batch_takes_less_of_a_frame():
    for seed in range(20):
        encoder = encoder_of(np.random.default_rng(seed))
        a_frame_s = encoder_time_s(np.arange(1, 40), encoder) / np.arange(1, 40)
        assert np.all(np.diff(a_frame_s) < 1e-15)


def test_impossible_encoders_are_refused():
    encoder = encoder_of(np.random.default_rng(0))
    with pytest.raises(ValueError, match="a batch has a frame"):
        encoder_time_s(0, encoder)
    with pytest.raises(ValueError, match="computes nothing"):
        encoder_time_s(1, encoder | {"best_share": 0.0})
    for bad in ((0.0, 0.1), (10.0, 0.0), (10.0, 0.1, encoder, 0)):
        with pytest.raises(ValueError, match="must be positive"):
            encoder_batch(*bad[:2], encoder, *bad[3:])
