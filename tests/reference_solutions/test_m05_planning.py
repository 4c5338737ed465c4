"""Capacity, disaggregation, speculation and prefixes: simulations, sums, and structures of another kind."""

from __future__ import annotations

import ciw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.capacity import replicas_needed
from reference_solutions.m05_llm_inference.continuous_batching import continuous_batching
from reference_solutions.m05_llm_inference.disaggregation import (
    instances_apart,
    prefill_queue_ttft_s,
    prefill_to_decode_ratio,
)
from reference_solutions.m05_llm_inference.prefix_cache import prefix_hits
from reference_solutions.m05_llm_inference.speculative_decoding import speculative_speedup, tokens_per_round

# --- capacity ---------------------------------------------------------------------------------------------------------


def mean_wait_s(rate_per_s, slots=16, requests=3000):
    """Mean time to first token of one replica, in the last third of a long run."""
    rng = np.random.default_rng(5)
    arrivals_s = np.cumsum(rng.exponential(1 / rate_per_s, requests))
    prompts, outputs = rng.integers(100, 900, requests), rng.integers(10, 190, requests)
    first_s, _ = continuous_batching(arrivals_s, prompts, outputs, slots, step_s=0.02, token_s=1e-4)
    return float(np.mean((first_s - arrivals_s)[-requests // 3 :]))


def test_a_simulation_holds_at_the_planned_rate_and_fails_above():
    plan = replicas_needed(1.0, 500, 100, step_s=0.02, token_s=1e-4, batch=16, slots=16)
    capacity_per_s = 1 / max(plan["prefill"] + plan["decode"], plan["memory"])  # of one replica
    unloaded_s = mean_wait_s(0.01 * capacity_per_s)
    assert mean_wait_s(0.7 * capacity_per_s) < 3 * unloaded_s
    assert mean_wait_s(1.2 * capacity_per_s) > 100 * unloaded_s


@given(st.floats(0.1, 500), st.integers(10, 4000), st.integers(1, 800), st.integers(1, 64), st.floats(0, 0.6))
def test_replicas_tried_one_after_the_other(rate, prompt, output, batch, headroom):
    plan = replicas_needed(rate, prompt, output, 0.02, 1e-4, batch, slots=64, headroom=headroom, spares=2)
    replicas = 1
    while True:
        each = rate / replicas  # requests a second that one of them gets
        busy = each * (prompt * 1e-4 + output * 1e-4 + output / batch * 0.02)
        inside = each * (prompt * 1e-4 + output * (0.02 + 1e-4 * batch))
        if max(busy, inside / 64) <= (1 - headroom) * (1 + 1e-9):
            break
        replicas += 1
    assert plan["replicas"] == replicas + 2
    assert plan["binding"] == ("time" if busy >= inside / 64 else "memory")


def test_whole_numbers_stay_whole():
    plan = replicas_needed(10, 1000, 100, step_s=0.01, token_s=1e-4, batch=10, slots=100, headroom=0.0)
    assert plan["prefill"] + plan["decode"] == pytest.approx(2.1)
    exact = replicas_needed(0.3, 1, 1, step_s=1.0, token_s=1e-12, batch=1, slots=1, headroom=0.9)
    assert exact["replicas"] == 3


@pytest.mark.parametrize("bad", [{"headroom": 1.0}, {"headroom": -0.1}, {"spares": -1}, {"batch": 65}, {"batch": 0}])
def test_impossible_plans_are_refused(bad):
    with pytest.raises(ValueError, match=r"headroom|batch"):
        replicas_needed(
            **{"batch": 8, **bad}, rate_per_s=1, prompt_tokens=1, output_tokens=1, step_s=1, token_s=1, slots=64
        )


# --- prefill and decode apart -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_a_prefill_queue_by_lindleys_recursion(load):
    rng = np.random.default_rng(int(10 * load))
    gaps = rng.exponential(1.0, 200_000)
    walk = np.concatenate([[0.0], np.cumsum(load - gaps)])
    waits = walk - np.minimum.accumulate(walk)
    assert float(prefill_queue_ttft_s(load, 1.0)) == pytest.approx(load + waits.mean(), rel=0.03)


def test_a_prefill_queue_in_ciw():
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(5.0)],
        service_distributions=[ciw.dists.Deterministic(0.1)],
        number_of_servers=[1],
    )
    ciw.seed(11)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(2500)
    times = [record.waiting_time + record.service_time for record in simulation.get_all_records()]
    assert float(prefill_queue_ttft_s(0.1, 5.0)) == pytest.approx(np.mean(times), rel=0.03)


@given(st.floats(0.01, 2), st.floats(0, 0.99))
def test_constant_service_waits_half_as_long(prefill_s, load):
    rate = load / prefill_s
    exponential_wait_s = load * prefill_s / (1 - load)
    found = float(prefill_queue_ttft_s(prefill_s, rate))
    assert found == pytest.approx(prefill_s + exponential_wait_s / 2)


@given(st.floats(0.1, 50), st.floats(0.1, 50))
def test_neither_kind_waits_for_the_other(prefill_rate, decode_rate):
    ratio = float(prefill_to_decode_ratio(prefill_rate, decode_rate))
    assert 100 * ratio * prefill_rate == pytest.approx(100 * decode_rate)


@given(
    st.lists(st.floats(0.1, 200), min_size=1, max_size=4),
    st.floats(0.01, 1),
    st.floats(0.5, 20),
    st.floats(1.05, 10),
)
def test_instances_added_one_by_one(rates, prefill_s, decode_rate, slack):
    plan = instances_apart(rates, prefill_s, decode_rate, slack * prefill_s)
    for rate, prefill, decode, ttft_s in zip(rates, plan["prefill"], plan["decode"], plan["ttft_s"], strict=True):
        instances = 1
        while prefill_queue_ttft_s(prefill_s, rate / instances) > slack * prefill_s * (1 + 1e-9):
            instances += 1
        assert prefill == instances
        assert ttft_s == pytest.approx(float(prefill_queue_ttft_s(prefill_s, rate / instances)))
        assert decode_rate * (decode - 1) < rate <= decode_rate * decode * (1 + 1e-12)


def test_impossible_instances_are_refused():
    with pytest.raises(ValueError, match="nobody can wait"):
        instances_apart([1.0], prefill_s=0.2, decode_rate_per_s=1.0, ttft_limit_s=0.2)
    with pytest.raises(ValueError, match="rates_per_s"):
        instances_apart([0.0], prefill_s=0.2, decode_rate_per_s=1.0, ttft_limit_s=0.3)
    for bad in ((0, 1), (0.1, -1)):
        with pytest.raises(ValueError, match="must"):
            prefill_queue_ttft_s(*bad)
    with pytest.raises(ValueError, match="decode_rate_per_s"):
        prefill_to_decode_ratio(1, 0)


# --- speculation ------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.integers(0, 12))
def test_rounds_by_where_the_first_refusal_falls(acceptance, proposals):
    refused_at = [acceptance**place * (1 - acceptance) * (place + 1) for place in range(proposals)]
    whole = acceptance**proposals * (proposals + 1)
    assert float(tokens_per_round(acceptance, proposals)) == pytest.approx(sum(refused_at) + whole, rel=1e-6)


def test_rounds_played_out():
    accepted = np.random.default_rng(3).random((50_000, 5)) < 0.7
    tokens = 1 + np.cumprod(accepted, axis=1).sum(axis=1)
    assert float(tokens_per_round(0.7, 5)) == pytest.approx(tokens.mean(), rel=0.01)


@given(st.floats(0, 1), st.integers(1, 10), st.floats(0.01, 1))
def test_a_speedup_is_tokens_over_time(acceptance, proposals, draft_cost):
    rounds_s = sum([draft_cost] * proposals) + 1
    expected = float(tokens_per_round(acceptance, proposals)) / rounds_s
    assert float(speculative_speedup(acceptance, proposals, draft_cost)) == pytest.approx(expected)


def test_numbers_of_the_catalogue():
    assert round(float(speculative_speedup(0.8, 4, 0.05)), 4) == 2.8013
    assert float(speculative_speedup(0.0, 4, 0.25)) == 0.5


def test_impossible_drafts_are_refused():
    for bad in ((1.1, 4), (-0.1, 4), (0.5, -1)):
        with pytest.raises(ValueError, match="acceptance"):
            tokens_per_round(*bad)
    with pytest.raises(ValueError, match="draft_cost"):
        speculative_speedup(0.5, 4, 0)


# --- prefixes ---------------------------------------------------------------------------------------------------------

prompts_of_letters = st.lists(st.text("ab", min_size=1, max_size=5), max_size=12)


def as_blocks(text):
    """Each block named by all up to its end."""
    return [text[: end + 1] for end in range(len(text))]


@given(prompts_of_letters)
def test_a_trie_where_memory_has_no_end(texts):
    trie, expected = {}, []
    for text in texts:
        node, found, missing = trie, 0, False
        for letter in text:
            missing = missing or letter not in node
            found += not missing
            node = node.setdefault(letter, {})
        expected.append(found)
    assert prefix_hits([as_blocks(text) for text in texts], np.inf).tolist() == expected


@given(prompts_of_letters, st.integers(1, 8))
def test_a_list_searched_from_end_to_end(texts, capacity):
    last_used, expected = {}, []  # block -> (prompt that used it last, how far from its end)
    for number, text in enumerate(texts):
        blocks = as_blocks(text)
        expected.append(next((place for place, block in enumerate(blocks) if block not in last_used), len(blocks)))
        last_used |= {block: (number, -place) for place, block in enumerate(blocks)}
        last_used = dict(sorted(last_used.items(), key=lambda item: item[1])[-capacity:])
    assert prefix_hits([as_blocks(text) for text in texts], capacity).tolist() == expected


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 5))
def test_single_blocks_are_an_lru_cache(names, capacity):
    expected = []
    for at, name in enumerate(names):
        before = names[:at][::-1]
        distinct = len(set(before[: before.index(name)])) if name in before else np.inf
        expected.append(int(distinct < capacity))
    assert prefix_hits([[name] for name in names], capacity).tolist() == expected


def test_memory_holds_a_block():
    with pytest.raises(ValueError, match="capacity_blocks"):
        prefix_hits([["a"]], 0)
