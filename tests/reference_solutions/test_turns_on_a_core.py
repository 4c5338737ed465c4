"""Which change first: times added up part by part, and trees small enough to read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.payoff import amdahl_speedup, ranked_payoffs
from reference_solutions.m02_tools_methods.turns_on_a_core import core_decision, core_diagnosis

NODES = ("retiring", "bad_speculation", "frontend_bound", "memory_bound", "core_bound")


def row(**shares):
    """Metrics of one service; retiring is what is left."""
    values = dict.fromkeys((*NODES, "backend_bound"), 0.0) | shares
    values["backend_bound"] = values["memory_bound"] + values["core_bound"]
    values["retiring"] = 1 - sum(values[node] for node in NODES[1:])
    return values


def table(*rows, slots):
    return {name: np.array([one[name] for one in rows]) for name in rows[0]} | {"slots": np.array(slots, dtype=float)}


def verdict(shares, **thresholds):
    limits = dict.fromkeys((*NODES, "backend_bound"), 0.2) | {"retiring": 0.7} | thresholds
    metrics = table(shares, slots=[1])
    return core_diagnosis(["chat"], metrics, {node: metrics[node] > limit for node, limit in limits.items()})["verdict"]


@pytest.mark.parametrize(
    ("shares", "node"),
    [
        (row(frontend_bound=0.3), "frontend_bound"),  # retiring has 70 %, and is not above its threshold
        (row(frontend_bound=0.1), "retiring"),
        (row(bad_speculation=0.3, frontend_bound=0.25), "bad_speculation"),
        (row(memory_bound=0.5, core_bound=0.25), "memory_bound"),
        (row(memory_bound=0.25, core_bound=0.5), "core_bound"),
        (row(memory_bound=0.15, core_bound=0.15), "backend_bound"),  # neither child is
        (row(memory_bound=0.22, core_bound=0.05, frontend_bound=0.28), "frontend_bound"),
    ],
)
def test_the_way_down_ends_at(shares, node):
    assert verdict(shares) == [node]


def test_a_high_threshold_turns_the_way():
    shares = row(memory_bound=0.25, frontend_bound=0.24)
    assert (verdict(shares), verdict(shares, backend_bound=0.3)) == (["memory_bound"], ["frontend_bound"])


def test_shares_belong_to_the_verdict_and_time_goes_with_the_slots():
    metrics = table(row(frontend_bound=0.3), row(memory_bound=0.4, core_bound=0.1), slots=[100, 300])
    flags = {node: metrics[node] > 0.2 for node in metrics} | {"retiring": np.array([False, False])}
    assert core_diagnosis(["chat", "search"], metrics, flags) == {
        "service": ["chat", "search"],
        "verdict": ["frontend_bound", "memory_bound"],
        "share": [0.3, 0.4],
        "time_share": [0.25, 0.75],
    }


def test_a_service_without_a_flag_has_no_verdict():
    with pytest.raises(ValueError, match="empty"):
        verdict(row(frontend_bound=0.1), retiring=0.95)


def offer(label, service, node, times_fewer):
    return {"change": label, "service": service, "node": node, "times_fewer": times_fewer}


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=2), st.floats(1.05, 50), st.floats(0.01, 0.6))
def test_time_added_up_part_by_part(slots, times_fewer, share):
    metrics = table(row(memory_bound=share), row(), slots=slots)
    found = core_decision([offer("A", "chat", "memory_bound", times_fewer)], ["chat", "search"], metrics)
    after = slots[0] * (1 - share) + slots[0] * share / times_fewer + slots[1]
    assert found["speedups"]["A"] == pytest.approx(sum(slots) / after)
    assert found["ceiling"] == pytest.approx(sum(slots) / (slots[0] * (1 - share) + slots[1]))
    assert found["ceiling"] > found["speedups"]["A"]


def test_it_agrees_with_the_page_on_payoffs():
    metrics = table(row(memory_bound=0.5), row(bad_speculation=0.2), slots=[10, 30])
    changes = [offer("A", "chat", "memory_bound", 1.5), offer("B", "search", "bad_speculation", 4.0)]
    found = core_decision(changes, ["chat", "search"], metrics)
    ranked = ranked_payoffs({"A": 0.125, "B": 0.15}, {"A": 1.5, "B": 4.0})
    assert (found["first"], found["speedups"]) == (ranked[0][0], pytest.approx(dict(ranked)))
    assert found["ceiling"] == pytest.approx(float(amdahl_speedup(0.15, math.inf)))
