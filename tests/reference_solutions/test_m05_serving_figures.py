"""Figures of serving: shares block by block, fronts by comparing every pair, and what cannot be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.block_allocator import cache_use_share
from reference_solutions.m05_llm_inference.serving_figures import block_size_figure, tradeoff_figure

lengths = st.lists(st.integers(1, 100), min_size=1, max_size=8)


@given(lengths, st.floats(0, 1))
def test_shares_of_blocks_and_reservations(tokens, aim):
    sizes = [1, 8, 16, 50, 100]
    figure = block_size_figure(tokens, sizes, longest_tokens=100, aim_share=aim)
    blocks, reserved = figure["series"]
    np.testing.assert_allclose(blocks["y"], cache_use_share(tokens, sizes))
    np.testing.assert_allclose(reserved["y"], 2 * [float(cache_use_share(tokens, 100))])
    reached = [size for size, share in zip(sizes, cache_use_share(tokens, sizes), strict=True) if share >= aim]
    assert [mark["x"] for mark in figure["marks"]] == reached[-1:]
    assert figure["left_out"] == []


def test_what_no_reservation_holds_counts_nowhere():
    with_it = block_size_figure([30, 70, 101], [16, 64], 100, 0.5)
    without = block_size_figure([30, 70], [16, 64], 100, 0.5)
    assert with_it["left_out"] == [101]
    assert with_it["series"] == without["series"]


def test_an_aim_that_no_block_reaches_has_no_mark():
    assert block_size_figure([10], [16, 32], 100, 0.9)["marks"] == []


numbers = st.one_of(st.floats(0.01, 10), st.just(float("nan")))
runs = st.lists(st.tuples(numbers, st.floats(1, 1000)), min_size=1, max_size=8).filter(
    lambda rows: any(np.isfinite(wait) for wait, _ in rows)
)


@given(runs, st.floats(0.01, 10))
def test_a_front_by_comparing_every_pair(rows, limit_s):
    names = [f"r{number}" for number in range(len(rows))]
    table = {"setting": names, "ttft_s": [row[0] for row in rows], "tokens_per_s": [row[1] for row in rows]}
    figure = tradeoff_figure(table, limit_s)
    served = {(wait, rate) for wait, rate in rows if np.isfinite(wait)}
    front = {
        (wait, rate)
        for wait, rate in served
        if not any(w <= wait and r >= rate and (w, r) != (wait, rate) for w, r in served)
    }
    points, line = figure["series"]
    assert set(zip(points["x"], points["y"], strict=True)) == served
    assert list(zip(line["x"], line["y"], strict=True)) == sorted(front)
    kept = [rate for wait, rate in front if wait <= limit_s]
    assert [mark["y"] for mark in figure["marks"]] == ([max(kept)] if kept else [])
    assert figure["left_out"] == [name for name, row in zip(names, rows, strict=True) if not np.isfinite(row[0])]


@pytest.mark.parametrize("one", [{"ttft_s": [0.0]}, {"tokens_per_s": [float("nan")]}])
def test_a_run_without_a_place_is_named(one):
    table = {"setting": ["a", "b"], "ttft_s": [0.1, 0.2], "tokens_per_s": [5.0, 6.0]}
    table |= {name: [values[0], table[name][1]] for name, values in one.items()}
    assert tradeoff_figure(table, 1.0)["left_out"] == ["a"]
