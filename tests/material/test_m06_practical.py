"""What module 6's practical shows beside its exercises: an encoder, an afternoon, and numbers that its text names."""

from __future__ import annotations

import contextlib

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.hardware import H100_SXM
from reference_solutions.m06_multimodal.anyres import PINPOINTS, anyres_tokens
from reference_solutions.m06_multimodal.contrastive import contrastive_exchange_bytes, contrastive_loss
from reference_solutions.m06_multimodal.cross_attention import fusion_cost
from reference_solutions.m06_multimodal.dynamic_resolution import dynamic_tokens
from reference_solutions.m06_multimodal.encoder_batching import encoder_batch, encoder_time_s
from reference_solutions.m06_multimodal.encoder_queue import encode_all, encoder_day, next_batch
from reference_solutions.m06_multimodal.media_bill import media_bill
from reference_solutions.m06_multimodal.operator_census import operator_census
from reference_solutions.m06_multimodal.serving_pipeline import stage_table
from reference_solutions.m06_multimodal.streamed_attention import StreamedAttention
from reference_solutions.m06_multimodal.tiles import tile_tokens
from reference_solutions.m06_multimodal.vision_transformer import vit_cost

FOLDER = material_root() / "assignments/authoring/m06_multimodal"
CELLS = [cell.text for cell in read(FOLDER / "practical/notebook.py")]
ANSWERS = {
    "anyres_tokens": anyres_tokens, "dynamic_tokens": dynamic_tokens, "tile_tokens": tile_tokens,
    "operator_census": operator_census, "StreamedAttention": StreamedAttention, "stage_table": stage_table,
    "fusion_cost": fusion_cost, "encoder_batch": encoder_batch, "next_batch": next_batch, "vit_cost": vit_cost,
    "contrastive_loss": contrastive_loss,
}  # fmt: skip


def run(*markers):
    """What cells of the notebook define, run one after the other, with the answers of the references."""
    mpl.use("Agg")
    namespace = {"np": np, "pd": pd, **ANSWERS}
    exec(next(cell for cell in CELLS if "import matplotlib" in cell), namespace)
    with contextlib.chdir(FOLDER):
        for marker in markers:
            exec(next(cell for cell in CELLS if marker in cell), namespace)
    namespace["plt"].close("all")
    return namespace


def test_the_notebooks_encoder_is_ours():
    notebook = run("def encoder_time_s(")
    for changed in ({}, {"bandwidth_bytes_per_s": 4e9}, {"half_batch": 0.0}):
        board = notebook["EDGE"] | changed
        batches = np.arange(1, 40)
        np.testing.assert_allclose(notebook["encoder_time_s"](batches, board), encoder_time_s(batches, board))


@pytest.mark.parametrize("policy", [next_batch, encode_all, lambda slack, _: (0, 3) if len(slack) > 2 else (0, 0)])
def test_the_notebooks_afternoon_is_ours(policy):
    notebook = run("def encoder_time_s(", "def afternoon(")
    for arrivals in notebook["AFTERNOONS"].values():
        theirs = notebook["afternoon"](policy, arrivals)
        ours = encoder_day(policy, arrivals, 0.1, notebook["BATCH_S"])
        assert theirs["in time"] / 100 == pytest.approx(ours["in_time"], abs=2e-3)
        assert theirs["batch"] == pytest.approx(ours["mean_batch"])
        assert theirs["in time"] + theirs["late"] + theirs["dropped"] == pytest.approx(100)


def test_the_notebooks_canvases_are_ours():
    assert run("PINPOINTS = (")["PINPOINTS"] == PINPOINTS


def test_what_the_text_says_of_encoders_and_operators():
    first, last = (vit_cost(side, side, 14, 12, 768, 3072) for side in (224, 1344))
    assert last["macs"] / last["tokens"] / (first["macs"] / first["tokens"]) == pytest.approx(2.8, abs=0.05)
    intensity = run("PEAK_FLOPS_PER_S,")["intensity"]
    assert pytest.approx(295, abs=1) == H100_SXM.peak_flops_per_s / H100_SXM.bandwidth_bytes_per_s
    with_weights = intensity.loc[["qkv", "output", "up", "down"]]
    assert with_weights[["CLIP reads 32", "VLM reads 1,605"]].min().min() > 295
    assert 150 < with_weights["CLIP reads 1 image"].min() < 295
    assert intensity.loc[["scores", "values"]].max().max() < 295
    assert intensity["DALL-E writes token 600"].max() < 1.01
    assert intensity.loc["scores", "DALL-E writes 32 images"] == intensity.loc["scores", "DALL-E writes token 600"]


def test_what_the_text_says_of_batches_of_pairs():
    cost = contrastive_exchange_bytes(32_768, 256, 768, 2)
    assert cost["received_bytes"] > 10 * cost["logits_bytes"]


def test_what_the_text_says_of_tokens():
    tokens = {side: anyres_tokens(side, side)["tokens"] for side in (336, 337, 2400)}
    assert tokens[336] < tokens[337] == tokens[2400]
    assert dynamic_tokens(64, 64)["tokens"] == 4
    assert anyres_tokens(64, 64)["tokens"] == 1176


def test_what_the_text_says_of_tables_of_scores():
    layer = fusion_cost(500, 12_000, 4096, 32, batch=8)
    assert layer["joined"]["score_bytes"] == pytest.approx(80e9, rel=0.02)
    assert layer["joined"]["score_bytes"] / layer["cross"]["score_bytes"] == pytest.approx(26, abs=1)


def test_what_the_text_says_of_memory():
    peak = run("def peak_megabytes(")["peak_megabytes"]
    assert peak(4096, 64) < 1.1 * peak(1024, 64)
    assert peak(4096, 4096) - peak(1024, 1024) > 3 * 256 * (4096 - 1024) * 8 / 1e6


def test_what_the_text_says_of_the_fleet():
    best = run("for image_share in (0.0")["best"]
    most = {(share, hits): rate for share, hits, rate, *_ in best}
    assert most[0.0, 0.0] == pytest.approx(40)
    assert most[1.0, 0.0] == pytest.approx(24, abs=0.5)
    text, images = best[0][3:], best[8][3:]
    assert images[0] > text[0]
    assert images[1] > text[1]


def test_what_the_text_says_of_frames():
    notebook = run("def encoder_time_s(", "def afternoon(")
    board = notebook["EDGE"]
    most = max(rate for rate in range(10, 400) if encoder_batch(float(rate), 0.1, board)["keep_every"] == 1)
    assert encoder_batch(float(most + 1), 0.1, board)["keep_every"] == 2
    crowd = notebook["AFTERNOONS"]["twice too many"]
    assert notebook["afternoon"](encode_all, crowd)["in time"] < 5
    assert notebook["afternoon"](next_batch, crowd)["in time"] > 50


def test_what_the_text_says_of_other_media():
    notebook = run("call_s = 122.0")
    given = {name: notebook[name] for name in ("call_s", "film", "writer", "refiner")}
    assert given == load(load_module(FOLDER)).exercises["m06_media_bill"].given
    bill = media_bill(**given)
    assert bill["refined_flops"] / bill["written_flops"] == pytest.approx(2.75, abs=0.1)
    assert bill["written_bytes"] / (50 * 2 * 860e6) == pytest.approx(300, rel=0.06)
