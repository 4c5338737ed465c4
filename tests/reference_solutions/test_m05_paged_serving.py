"""Serving from a paged cache: Vidur's vLLM scheduler, memory without end, and what holds whatever memory there is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.paged_serving import paged_serving

RUNS = json.loads((Path(__file__).parents[1] / "oracles" / "m05_llm_inference" / "vidur_vllm_runs.json").read_text())[
    "cases"
]
seeds = st.integers(0, 2**32).map(np.random.default_rng)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["name"])
def test_agrees_with_vidurs_vllm_scheduler(run):
    trace = run["requests"]
    times, restarts = paged_serving(
        trace["arrival_s"],
        trace["prompt"],
        trace["output"],
        run["blocks"],
        run["step_s"],
        run["token_s"],
        run["batch_cap"],
        run["padded_tokens"],
        run["block_tokens"],
        run["watermark_share"],
    )
    arrivals_s = np.array(trace["arrival_s"])
    np.testing.assert_allclose([one[0] for one in times] - arrivals_s, trace["ttft_s"], atol=1e-9)
    np.testing.assert_allclose([one[-1] for one in times] - arrivals_s, trace["e2e_s"], atol=1e-9)
    assert restarts == trace["restarts"]
    assert len({time for one in times for time in one}) == run["batches"]


def test_the_recorded_runs_have_restarts():
    assert sum(sum(run["requests"]["restarts"]) for run in RUNS) == 24


def drawn(rng, requests=15):
    return np.cumsum(rng.exponential(0.4, requests)), rng.integers(1, 30, requests), rng.integers(1, 20, requests)


@given(seeds, st.integers(1, 6))
def test_memory_without_end_played_out(rng, batch_cap):
    """Prompts come first, as many as may run; only without any does everybody write a token."""
    arrivals_s, prompts, outputs = drawn(rng)
    waiting, running, written = list(range(15)), [], {number: [] for number in range(15)}
    now_s = 0.0
    while waiting or running:
        here = [one for one in waiting if arrivals_s[one] <= now_s][: batch_cap - len(running)]
        if not here and not running:
            now_s = max(now_s, arrivals_s[waiting[0]])
            continue
        now_s += 0.1 + 0.003 * (sum(prompts[one] for one in here) if here else len(running))
        for one in here or running:
            written[one].append(now_s)
        waiting = [one for one in waiting if one not in here]
        running = [one for one in running + here if len(written[one]) < outputs[one]]
    times, restarts = paged_serving(arrivals_s, prompts, outputs, 10_000, 0.1, 0.003, batch_cap)
    assert sum(restarts) == 0
    for number, expected in written.items():
        np.testing.assert_allclose(times[number], expected, rtol=1e-9)


@given(seeds, st.integers(4, 10))
def test_everybody_is_served_however_small_the_memory(rng, blocks):
    arrivals_s, prompts, outputs = drawn(rng)
    prompts, outputs = np.minimum(prompts, 8 * blocks - 21), np.minimum(outputs, 20)
    times, restarts = paged_serving(arrivals_s, prompts, outputs, blocks, 0.1, 0.003, 8, block_tokens=8)
    assert [len(one) for one in times] == outputs.tolist()
    assert all(np.all(np.diff(one) > 0) for one in times)
    assert min(restarts) >= 0


def test_less_memory_more_restarts():
    trace = drawn(np.random.default_rng(4), requests=40)
    restarts = [sum(paged_serving(*trace, blocks, 0.1, 0.003, 32, block_tokens=4)[1]) for blocks in (14, 30, 400)]
    assert restarts[0] > restarts[1] > restarts[2] == 0


@pytest.mark.parametrize("bad", [{"blocks": 2}, {"padded_tokens": 20}, {"batch_cap": 0}])
def test_a_request_that_can_never_be_held_is_refused(bad):
    with pytest.raises(ValueError, match=r"fits|positive"):
        paged_serving([0.0], [20], [20], **({"blocks": 100, "batch_cap": 4} | bad), step_s=0.1, token_s=0.1)
