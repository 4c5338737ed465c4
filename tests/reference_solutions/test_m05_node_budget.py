"""A node's memory: the general functions, and blocks handed out one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.memory_budget import concurrent_requests, kv_budget_bytes
from reference_solutions.m05_llm_inference.node_budget import node_budget

nodes = st.tuples(
    st.integers(1, 8), st.integers(100, 900), st.sampled_from([0.5, 0.75, 1.0]), st.integers(0, 40), st.integers(1, 50)
)


@given(nodes, st.integers(1, 6), st.integers(1, 60), st.integers(1, 16))
def test_agrees_with_the_general_functions(node, token_bytes, request_tokens, block_tokens):
    devices, device_bytes, utilisation, working_bytes, weight_bytes = node
    found = node_budget(*node, token_bytes, request_tokens, block_tokens)
    budget = float(kv_budget_bytes(devices, device_bytes, weight_bytes, utilisation, working_bytes))
    assert found["budget_bytes"] == budget
    if budget >= 0:
        assert found["requests"] == float(concurrent_requests(budget, token_bytes, request_tokens, block_tokens))


@given(nodes, st.integers(1, 6), st.integers(1, 60), st.integers(1, 16))
def test_blocks_handed_out_one_by_one(node, token_bytes, request_tokens, block_tokens):
    found = node_budget(*node, token_bytes, request_tokens, block_tokens)
    left, blocks = found["budget_bytes"], 0
    while left >= token_bytes * block_tokens:
        left -= token_bytes * block_tokens
        blocks += 1
    requests, tables = 0, blocks
    while tables * block_tokens >= request_tokens and tables >= -(-request_tokens // block_tokens):
        tables -= -(-request_tokens // block_tokens)
        requests += 1
    if found["budget_bytes"] >= 0:
        assert (found["tokens"], found["requests"]) == (blocks * block_tokens, requests)


def test_seventy_billion_on_eight_devices():
    found = node_budget(8, 80e9, 0.9, 0.0, 140e9, 327_680, 8192, 16)
    assert found["budget_bytes"] == pytest.approx(436e9)
    assert found["tokens"] == 1_330_566 // 16 * 16
