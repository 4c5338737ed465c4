"""A step as a line against roofline and ring; what a trace asks for, window by window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.transfer_time import ring_all_reduce_s
from reference_solutions.m05_llm_inference.step_line import fixed_step_s, token_step_s
from reference_solutions.m05_llm_inference.step_times import step_time_s
from reference_solutions.m05_llm_inference.trace_load import busiest_rate_per_s, prefix_hit_rate

sizes = st.floats(1, 1e6)
shares = st.floats(0, 1)


@given(st.integers(1, 500), sizes, sizes, sizes, sizes, sizes, st.integers(0, 10_000))
def test_the_line_never_lies_below_the_roofline(tokens, weights, token_bytes, flops, peak, bandwidth, context):
    line = fixed_step_s(weights, bandwidth) + tokens * token_step_s(flops, peak, context, token_bytes, bandwidth)
    assert line >= step_time_s(tokens, tokens * context, weights, token_bytes, flops, peak, bandwidth) * (1 - 1e-12)


@given(st.integers(1, 500), sizes, sizes, sizes, st.integers(1, 10_000))
def test_the_line_is_the_roofline_where_memory_binds_alone(tokens, weights, token_bytes, bandwidth, context):
    endless = 1e300
    line = fixed_step_s(weights, bandwidth) + tokens * token_step_s(1, endless, context, token_bytes, bandwidth)
    roof = step_time_s(tokens, tokens * context, weights, token_bytes, 1, endless, bandwidth)
    assert line == pytest.approx(float(roof), rel=1e-12)


@given(st.integers(1, 100), st.integers(1, 16), st.floats(0, 1e-3), sizes, sizes, st.integers(1, 500))
def test_communication_is_two_rings_a_layer(layers, devices, startup, message, link, tokens):
    fixed = fixed_step_s(1, 1e300, 0, layers, devices, startup)
    token = token_step_s(1, 1e300, 0, 1, 1, layers, devices, message, link)
    rings = 2 * layers * ring_all_reduce_s(tokens * message, devices, startup, link)
    assert float(fixed + tokens * token) == pytest.approx(float(rings), rel=1e-9, abs=1e-290)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40), st.integers(1, 100))
def test_no_window_of_a_fine_grid_holds_more(times, window):
    arrivals = np.sort(np.array(times)) / 4
    width = window / 4
    starts = np.arange(0, 76, 0.25)
    counts = [np.count_nonzero((arrivals >= start) & (arrivals < start + width)) for start in starts]
    assert busiest_rate_per_s(arrivals, width) == pytest.approx(max(counts) / width)


def test_an_arrival_at_the_windows_end_is_outside():
    assert busiest_rate_per_s([0, 1, 2], 1.0) == 1.0
    assert busiest_rate_per_s([0, 1, 2], 1.0001) == pytest.approx(2 / 1.0001)


def test_the_hit_rate_weighs_tokens_and_not_requests():
    assert prefix_hit_rate([10, 990], [10, 0]) == 0.01
    for prompts, prefixes in (([5], [6]), ([5], [-1])):
        with pytest.raises(ValueError, match="part of its prompt"):
            prefix_hit_rate(prompts, prefixes)


@pytest.mark.parametrize(("arrivals", "window"), [([], 1.0), ([1, 0], 1.0), ([0, 1], 0.0)])
def test_a_trace_that_is_none_is_refused(arrivals, window):
    with pytest.raises(ValueError, match=r"order|positive"):
        busiest_rate_per_s(arrivals, window)


def test_steps_refuse_what_no_machine_is():
    with pytest.raises(ValueError, match="weight_bytes"):
        fixed_step_s(0, 1)
    with pytest.raises(ValueError, match="devices"):
        token_step_s(1, 1, 1, 1, 1, devices=0)
