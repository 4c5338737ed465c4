"""What module 5's worked example says of its node: what holds it back, and what speculation brings on it."""

from __future__ import annotations

import numpy as np
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.hardware import H100_SXM
from reference_solutions.m05_llm_inference.step_times import critical_tokens, step_time_s

NOTEBOOK = material_root() / "assignments/authoring/m05_llm_inference/worked_example/notebook.py"
NODE = ("weight_bytes", "token_bytes", "token_flops", "peak_flops_per_s", "bandwidth_bytes_per_s", "overhead_s")


@pytest.fixture(scope="module")
def said():
    """Constants of the notebook: its node and its model, and what it assumes of speculation."""
    cells = [cell.text for cell in read(NOTEBOOK)]
    namespace = {"np": np}
    first = next(text for text in cells if "weight_bytes = " in text)
    exec(first[first.index("weight_bytes = ") :], namespace)
    exec(next(text for text in cells if "draft_share = " in text).splitlines()[0], namespace)
    return namespace


def step_s(said, tokens, cached_tokens):
    return step_time_s(tokens, cached_tokens, **{name: said[name] for name in NODE})


def test_the_node_is_eight_of_the_device_that_the_course_cites(said):
    assert said["devices"] * H100_SXM.bandwidth_bytes_per_s * 0.8 == pytest.approx(said["bandwidth_bytes_per_s"])
    assert said["devices"] * H100_SXM.peak_flops_per_s * 0.5 == pytest.approx(said["peak_flops_per_s"])
    assert said["device_bytes"] == H100_SXM.memory_bytes


def test_one_user_waits_for_the_weights_and_the_ridge_is_not_reached(said):
    assert round(1e3 * float(step_s(said, 1, 0))) == 11
    ridge = float(critical_tokens(*(said[name] for name in NODE[:1] + NODE[2:5])))
    assert round(ridge) == 187
    room = said["devices"] * (said["utilisation"] * said["device_bytes"] - said["working_bytes"]) - said["weight_bytes"]
    assert room / said["token_bytes"] / said["request_tokens"] < ridge


def speedup(said, batch, context):
    """Rounds played out: what is accepted before the first refusal, and the large model's own token."""
    proposals = said["proposals_each"]
    accepted = np.random.default_rng(4).random((40_000, proposals)) < said["acceptance"]
    written = 1 + np.cumprod(accepted, axis=1).sum(axis=1).mean()
    plain_s = float(step_s(said, batch, batch * context))
    round_s = float(step_s(said, batch * (proposals + 1), batch * context)) + proposals * said["draft_share"] * plain_s
    return written * plain_s / round_s


@pytest.mark.parametrize("context", [256, 1024])
def test_speculation_helps_one_user_and_slows_a_full_house(said, context):
    assert speedup(said, 1, context) == pytest.approx(2.8, rel=0.01)  # "nearly three times faster"
    assert speedup(said, 300, context) < 0.9  # "slower than doing nothing"
    assert speedup(said, 30, context) > 2  # below a fifth of the ridge, checking is nearly free
