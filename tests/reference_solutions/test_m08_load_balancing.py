"""Balanced queues: closed forms for chance and turn, balance equations for the shortest, and news that grows old."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from reference_solutions.m08_tail_latency.load_balancing import balanced_response_s

REQUESTS = 60_000


def drawn(servers, load, seed=1, requests=REQUESTS):
    draw = np.random.default_rng(seed)
    arrivals = np.cumsum(draw.exponential(1 / (load * servers), requests))
    return arrivals, draw.exponential(1.0, requests), draw.random((requests, 2))


def mean_and_error(responses):
    settled = responses[len(responses) // 10 :]
    batches = settled[: len(settled) // 40 * 40].reshape(40, -1).mean(axis=1)
    return settled.mean(), batches.std(ddof=1) / np.sqrt(40)


def mean(servers, load, rule, refresh_s=0.0, seed=1):
    arrivals, services, draws = drawn(servers, load, seed)
    return mean_and_error(balanced_response_s(arrivals, services, servers, rule, draws, refresh_s))


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_at_random_each_is_a_queue_of_its_own(load):
    found, error = mean(5, load, "random")
    assert abs(found - 1 / (1 - load)) < 4 * error


@pytest.mark.parametrize(("servers", "load"), [(2, 0.8), (5, 0.7)])
def test_in_turn_arrivals_are_erlangs(servers, load):
    rate = servers * load  # each server gets every c-th arrival: Erlang-c gaps
    root = optimize.brentq(lambda s: (rate / (rate + 1 - s)) ** servers - s, 0, 1 - 1e-9)
    found, error = mean(servers, load, "turn")
    assert abs(found - 1 / (1 - root)) < 4 * error


def shortest_of_two(load, longest=60):
    """Mean response by the balance equations of two queues, cut off."""
    states = [(i, j) for i in range(longest) for j in range(longest)]
    index = {state: place for place, state in enumerate(states)}
    flow = np.zeros((len(states), len(states)))
    for (i, j), at in index.items():
        goals = [(i + 1, j)] if i < j else [(i, j + 1)] if j < i else [(i + 1, j), (i, j + 1)]
        moves = [(goal, 2 * load / len(goals)) for goal in goals] + [((i - 1, j), 1.0), ((i, j - 1), 1.0)]
        for goal, rate in moves:
            if goal in index:
                flow[index[goal], at] += rate
                flow[at, at] -= rate
    flow[-1] = 1
    shares = np.linalg.solve(flow, np.r_[np.zeros(len(states) - 1), 1])
    return sum(share * sum(state) for state, share in zip(states, shares, strict=True)) / (2 * load)


def test_the_shortest_of_two_by_balance_equations():
    found, error = mean(2, 0.7, "shortest")
    assert abs(found - shortest_of_two(0.7, longest=30)) < 4 * error


def test_two_choices_of_many_servers():
    found, error = mean(100, 0.9, "two")
    limit = sum(0.9 ** (2**i - 1) for i in range(1, 12)) / 0.9
    assert limit == pytest.approx(2.61406, abs=1e-5)
    assert abs(found - limit) < 4 * error + 0.03 * limit, "a hundred servers are not yet all"


def test_fresh_news_is_worth_more_than_turns_and_turns_more_than_chance():
    means = [mean(10, 0.9, rule)[0] for rule in ("shortest", "two", "turn", "random")]
    assert means == sorted(means)


def test_old_news_is_worse_than_none():
    fresh, old, older = (mean(10, 0.8, "shortest", refresh_s)[0] for refresh_s in (0.0, 1.0, 8.0))
    assert fresh < old < older
    assert older > 1.3 * mean(10, 0.8, "random")[0], "everybody joins the queue that was short"
    assert mean(10, 0.8, "two", 8.0)[0] < older, "who looks at two only follows the herd less"


def test_news_that_never_comes_is_chance():
    arrivals, services, draws = drawn(4, 0.7, requests=2000)
    found = [balanced_response_s(arrivals, services, 4, rule, draws, np.inf) for rule in ("shortest", "two", "random")]
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[2])


def test_one_server_by_lindleys_recurrence():
    arrivals, services, draws = drawn(1, 0.9, requests=500)
    wait, expected = 0.0, []
    for place, service in enumerate(services):
        if place:
            wait = max(0.0, wait + services[place - 1] - (arrivals[place] - arrivals[place - 1]))
        expected.append(wait + service)
    for rule in ("random", "turn", "shortest"):
        np.testing.assert_allclose(balanced_response_s(arrivals, services, 1, rule, draws), expected)


def test_news_by_hand():
    # News at 0, 2 and 4. At 0 both queues are empty: the first two go to server 0 (drawn), the third sees 2 and 0.
    arrivals, services, draws = [0.5, 1.0, 2.5, 3.0], [5.0, 5.0, 1.0, 1.0], np.zeros((4, 2))
    assert balanced_response_s(arrivals, services, 2, "shortest", draws, 2.0).tolist() == [5.0, 9.5, 1.0, 1.5]


def test_refusals():
    right = {"arrival_s": [1.0, 2.0], "service_s": [1.0, 1.0], "servers": 2, "rule": "two", "draws": np.zeros((2, 2))}
    for wrong in (
        {"servers": 0},
        {"servers": 1},
        {"rule": "best"},
        {"refresh_s": -1.0},
        {"service_s": [1.0]},
        {"draws": np.zeros(2)},
        {"arrival_s": [2.0, 1.0]},
    ):
        with pytest.raises(ValueError, match=r"servers to choose|each arrival"):
            balanced_response_s(**right | wrong)
