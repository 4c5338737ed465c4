"""Attention's intensity: closed forms and limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.attention import attention_flops_per_byte
from reference_solutions.m02_tools_methods.intensity import gemm_flops_per_byte

lengths = st.integers(1, 100_000)
heads = st.sampled_from([1, 8, 32, 64])
dims = st.sampled_from([64, 128, 256])


@pytest.mark.parametrize(("shared", "limit"), [(1, 1.0), (4, 4.0), (8, 8.0), (64, 64.0)])
def test_decoding_tends_to_two_operations_per_cached_element_and_query_head(shared, limit):
    """2 H / (b H_kv): one flop per byte in BF16 without sharing, whatever the model."""
    found = attention_flops_per_byte(1, 10**9, heads=64, kv_heads=64 // shared, head_dim=128)
    assert float(found) == pytest.approx(limit, rel=1e-5)


@given(lengths, lengths, heads, dims)
def test_equal_heads_in_closed_form(q, k, h, d):
    """2 q k / (b (q + k)); heads and their size cancel."""
    found = float(attention_flops_per_byte(q, k, h, h, d))
    assert found == pytest.approx(4 * q * k / (2 * 2 * (q + k)))


@given(lengths, heads, dims)
def test_scores_in_memory_bound_the_intensity_by_the_size_of_a_head(n, h, d):
    """Not fused: below 4 d / (4 b), whatever the length."""
    stored = float(attention_flops_per_byte(n, n, h, h, d, fused=False))
    assert stored < d / 2
    assert stored < float(attention_flops_per_byte(n, n, h, h, d))


@given(lengths, lengths, dims)
def test_one_head_is_two_products(q, k, d):
    """With scores in memory, two products, each with its own traffic, and the softmax's."""
    flops_each = 2 * q * k * d
    first = flops_each / float(gemm_flops_per_byte(q, k, d))
    second = flops_each / float(gemm_flops_per_byte(q, d, k))
    softmax_bytes = 2 * 2 * q * k
    found = float(attention_flops_per_byte(q, k, 1, 1, d, fused=False))
    assert found == pytest.approx(2 * flops_each / (first + second + softmax_bytes))


def test_broadcasts():
    assert attention_flops_per_byte(np.ones((3, 1)), np.ones(4), 8, 8, 64).shape == (3, 4)


def test_sizes_are_positive():
    with pytest.raises(ValueError, match="kv_heads must be positive"):
        attention_flops_per_byte(1, 1, 1, 0, 1)
