"""Serving simulators: Vidur's schedulers, a process for each request in SimPy, and what holds of every schedule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.continuous_batching import (
    continuous_batching,
    continuous_batching_by_definition,
    static_batching,
)
from reference_solutions.m05_llm_inference.next_prompts import next_prompts
from reference_solutions.m05_llm_inference.request_metrics import goodput_per_s, request_metrics
from reference_solutions.m05_llm_inference.serving import chunked_prompts, simulate_serving, whole_prompts

RUNS = json.loads((Path(__file__).parents[1] / "oracles" / "m05_llm_inference" / "vidur_runs.json").read_text())[
    "cases"
]


def traces(rng, requests, rate_per_s, longest_prompt=40, longest_answer=12):
    """Arrivals, prompts and answers."""
    arrivals_s = np.cumsum(rng.exponential(1 / rate_per_s, requests))
    return arrivals_s, rng.integers(1, longest_prompt, requests), rng.integers(1, longest_answer, requests)


seeds = st.integers(0, 2**32).map(np.random.default_rng)


def simpy_batching(arrivals_s, prompts, outputs, slots, step_s, token_s):
    """Continuous batching as a process for each request, which wakes up for every token."""
    env = simpy.Environment()
    queue, running = [], []
    first_s, last_s = np.full(len(arrivals_s), np.nan), np.full(len(arrivals_s), np.nan)
    came = env.event()
    done = env.event()

    def request(number):
        nonlocal came
        yield env.timeout(arrivals_s[number])
        entered = env.event()
        queue.append((number, entered))
        if not came.triggered:
            came.succeed()
        yield entered
        for token in range(outputs[number]):
            yield done
            if token == 0:
                first_s[number] = env.now
        last_s[number] = env.now
        running.remove(number)

    def server():
        nonlocal came, done
        while True:
            if not queue and not running:
                came = env.event()
                yield came
            read = len(running)
            while queue and len(running) < slots:
                number, entered = queue.pop(0)
                running.append(number)
                read += prompts[number]
                entered.succeed()
            yield env.timeout(step_s + token_s * read)
            step, done = done, env.event()
            step.succeed()
            yield env.timeout(0)  # those that were woken count their token first

    for number in range(len(arrivals_s)):
        env.process(request(number))
    env.process(server())
    env.run(until=1e6)
    return first_s, last_s


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["name"])
def test_agrees_with_vidur(run):
    trace = run["requests"]
    arrivals_s, prompts, outputs = np.array(trace["arrival_s"]), trace["prompt"], trace["output"]
    policy = chunked_prompts(run["chunk_tokens"]) if run["scheduler"] == "sarathi" else whole_prompts
    times = simulate_serving(policy, arrivals_s, prompts, outputs, run["slots"], run["step_s"], run["token_s"])
    np.testing.assert_allclose([one[0] for one in times] - arrivals_s, trace["ttft_s"], atol=1e-9)
    np.testing.assert_allclose([one[-1] for one in times] - arrivals_s, trace["e2e_s"], atol=1e-9)
    assert len({time for one in times for time in one}) <= run["batches"]
    if run["scheduler"] == "orca":
        first_s, last_s = continuous_batching(arrivals_s, prompts, outputs, run["slots"], run["step_s"], run["token_s"])
        np.testing.assert_allclose(first_s - arrivals_s, trace["ttft_s"], atol=1e-9)
        np.testing.assert_allclose(last_s - arrivals_s, trace["e2e_s"], atol=1e-9)


@given(seeds, st.integers(1, 6), st.floats(0.2, 20))
def test_jumps_are_steps(rng, slots, rate_per_s):
    trace = traces(rng, requests=25, rate_per_s=rate_per_s)
    jumped = continuous_batching(*trace, slots, step_s=0.1, token_s=0.003)
    stepped = continuous_batching_by_definition(*trace, slots, step_s=0.1, token_s=0.003)
    np.testing.assert_allclose(jumped, stepped, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_process_for_each_request_in_simpy(seed):
    rng = np.random.default_rng(seed)
    trace = traces(rng, requests=60, rate_per_s=float(rng.uniform(0.5, 8)))
    slots = int(rng.integers(1, 7))
    found = continuous_batching(*trace, slots, step_s=0.1, token_s=0.003)
    np.testing.assert_allclose(found, simpy_batching(*trace, slots, step_s=0.1, token_s=0.003), rtol=1e-9)


@given(seeds, st.integers(1, 6))
def test_static_batches_played_out(rng, slots):
    arrivals_s, prompts, outputs = traces(rng, requests=15, rate_per_s=3)
    left, now_s, first_s, last_s = list(range(15)), 0.0, {}, {}
    while left:
        now_s = max(now_s, arrivals_s[left[0]])
        batch = [one for one in left if arrivals_s[one] <= now_s][:slots]
        left = left[len(batch) :]
        now_s += 0.1 + 0.003 * sum(prompts[one] for one in batch)
        first_s |= dict.fromkeys(batch, now_s)
        written = 1
        while any(outputs[one] > written for one in batch):
            now_s += 0.1 + 0.003 * len(batch)
            written += 1
        last_s |= dict.fromkeys(batch, now_s)
    found = static_batching(arrivals_s, prompts, outputs, slots, step_s=0.1, token_s=0.003)
    np.testing.assert_allclose(found[0], [first_s[one] for one in range(15)])
    np.testing.assert_allclose(found[1], [last_s[one] for one in range(15)])


@given(seeds)
def test_one_slot_makes_both_kinds_equal(rng):
    trace = traces(rng, requests=12, rate_per_s=1)
    both = [kind(*trace, 1, step_s=0.1, token_s=0.003) for kind in (static_batching, continuous_batching)]
    np.testing.assert_allclose(*both, rtol=1e-9)


@given(seeds, st.integers(1, 6))
def test_no_schedule_beats_the_bound_and_continuous_beats_static(rng, slots):
    _, prompts, outputs = traces(rng, requests=20, rate_per_s=1)
    together = np.zeros(20), prompts, outputs
    continuous, static = (kind(*together, slots, 0.1, 0.0)[1].max() for kind in (continuous_batching, static_batching))
    assert outputs.sum() / slots * 0.1 * (1 - 1e-9) <= continuous <= static * (1 + 1e-9)


def test_static_batching_waits_for_the_longest():
    """Everybody there at once, tokens for free: each batch takes as many steps as its longest answer."""
    outputs = [3, 9, 2, 5, 1]
    _, last_s = static_batching(np.zeros(5), np.ones(5, int), outputs, slots=2, step_s=1.0, token_s=0.0)
    assert last_s.tolist() == [9, 9, 14, 14, 15]


# --- chunks -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 300), st.integers(1, 400))
def test_a_prompt_alone_takes_its_chunks(prompt, budget):
    [times] = simulate_serving(chunked_prompts(budget), [0.0], [prompt], [1], slots=4, step_s=1.0, token_s=0.0)
    assert times == [-(-prompt // budget)]


@given(seeds, st.integers(8, 60))
def test_a_budget_bounds_every_gap(rng, budget):
    """With a budget above the slots, no step takes longer than its budget; every token but the first waits one step."""
    trace = traces(rng, requests=20, rate_per_s=5)
    times = simulate_serving(chunked_prompts(budget), *trace, slots=8, step_s=0.1, token_s=0.003)
    longest_s = max((np.diff(one).max() for one in times if len(one) > 1), default=0)
    assert longest_s <= 0.1 + 0.003 * budget + 1e-9
    assert [len(one) for one in times] == trace[2].tolist()


@given(seeds)
def test_a_budget_of_everything_is_no_budget(rng):
    trace = traces(rng, requests=20, rate_per_s=5)
    chunked = simulate_serving(chunked_prompts(10**6), *trace, slots=4, step_s=0.1, token_s=0.003)
    assert chunked == simulate_serving(whole_prompts, *trace, slots=4, step_s=0.1, token_s=0.003)


def test_a_budget_that_answers_use_up_reads_nothing():
    waiting = [{"id": 1, "prompt_left": 10, "is_started": True}]
    assert chunked_prompts(8)(waiting, decoding=8, free_slots=3) == {}


# --- what a policy may not do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (lambda waiting, decoding, free: {99: 1}, "who waits"),
        (lambda waiting, decoding, free: {0: 11}, "what is left"),
        (lambda waiting, decoding, free: {0: -1}, "what is left"),
        (lambda waiting, decoding, free: {one["id"]: 1 for one in waiting}, "slots"),
    ],
)
def test_impossible_wishes_are_refused(policy, words):
    with pytest.raises(ValueError, match=words):
        simulate_serving(policy, [0.0, 0.0], [10, 10], [2, 2], slots=1, step_s=1.0, token_s=0.1)


def test_whoever_is_never_let_in_has_no_token():
    times = simulate_serving(lambda waiting, decoding, free: {}, [0.0, 5.0], [10, 10], [2, 2], 1, 1.0, 0.1)
    assert times == [[], []]


@pytest.mark.parametrize("serve", [continuous_batching, static_batching])
@pytest.mark.parametrize(
    "bad", [([1.0, 0.0], [1, 1], [1, 1], 2, 0.1, 0.1), ([0.0], [1], [1], 0, 0.1, 0.1), ([0.0], [1], [0], 1, 0.1, 0.1)]
)
def test_impossible_traces_are_refused(serve, bad):
    with pytest.raises(ValueError, match=r"order|positive"):
        serve(*bad)


def test_a_policy_sees_requests_in_order():
    with pytest.raises(ValueError, match="order"):
        simulate_serving(whole_prompts, [1.0, 0.0], [1, 1], [1, 1], 1, 0.1, 0.1)


# --- the policy that is after goodput ---------------------------------------------------------------------------------

SERVICE = {"step_s": 0.012, "token_s": 6e-5, "ttft_limit_s": 1.0, "tpot_limit_s": 0.03, "patience_s": 8.0}


def served(policy, trace):
    times = simulate_serving(policy, *trace, slots=32, step_s=SERVICE["step_s"], token_s=SERVICE["token_s"])
    table = request_metrics(trace[0], times)
    return table, goodput_per_s(table["ttft_s"], table["tpot_s"], 1.0, 0.03, window_s=trace[0][-1])


@pytest.mark.parametrize("seed", range(3))
def test_more_goodput_than_first_come_first_served(seed):
    rng = np.random.default_rng(seed)
    arrivals_s = np.cumsum(rng.exponential(1 / 5.5, 120))
    prompts = np.clip(rng.lognormal(6.98, 1.36, 120), 8, 7500).astype(int)
    trace = arrivals_s, prompts, np.clip(rng.lognormal(3.6, 0.8, 120), 2, 600).astype(int)
    table, goodput = served(lambda *asked: next_prompts(*asked, SERVICE), trace)
    assert goodput > 1.2 * served(whole_prompts, trace)[1]
    assert np.nanmax(table["longest_gap_s"]) <= SERVICE["tpot_limit_s"] + 1e-9


@given(seeds, st.integers(0, 60), st.integers(0, 5))
def test_a_step_keeps_its_time_and_its_slots(rng, decoding, free):
    waiting = [
        {
            "id": number,
            "waited_s": float(rng.uniform(0, 12)),
            "prompt_left": int(rng.integers(1, 400)),
            "is_started": bool(rng.integers(2)),
        }
        for number in range(6)
    ]
    read = next_prompts(waiting, decoding, free, SERVICE)
    assert sum(not waiting[number]["is_started"] for number in read) <= free
    assert all(0 < tokens <= waiting[number]["prompt_left"] for number, tokens in read.items())
    assert SERVICE["step_s"] + SERVICE["token_s"] * (decoding + sum(read.values())) <= SERVICE["tpot_limit_s"] + 1e-9


def test_patience_comes_before_the_limit_and_the_limit_before_the_rest():
    waits_s = {"late": 5.0, "timely": 0.2, "lost": 9.0}
    waiting = [
        {"id": name, "waited_s": waited_s, "prompt_left": 200, "is_started": True} for name, waited_s in waits_s.items()
    ]
    assert list(next_prompts(waiting, 0, 0, SERVICE)) == ["lost", "timely"]  # room for 300 tokens


def test_whole_prompts_as_slots_allow():
    waiting = [{"id": number, "prompt_left": 10 * number} for number in (1, 2, 3)]
    assert whole_prompts(waiting, decoding=9, free_slots=2) == {1: 10, 2: 20}
    assert whole_prompts(waiting, decoding=9, free_slots=0) == {}
