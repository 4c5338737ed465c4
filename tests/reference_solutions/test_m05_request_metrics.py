"""Metrics of requests: traces by hand, identities, one request at a time, and percentiles of real runs."""

from __future__ import annotations

import json
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m05_llm_inference.request_metrics import goodput_per_s, request_metrics

gaps = st.lists(st.floats(0, 5), min_size=0, max_size=8)
requests = st.lists(st.tuples(st.floats(0, 100), gaps), min_size=1, max_size=6)


def streamed(rows):
    """When requests were sent, and their tokens' times, from the gaps."""
    return [sent for sent, _ in rows], [sent + np.cumsum(gap) for sent, gap in rows]


def test_by_hand():
    table = request_metrics([10.0, 11.0, 12.0], [[10.5, 10.5, 10.7, 11.5], [11.25], []])
    np.testing.assert_allclose(table["tokens"], [4, 1, 0])
    np.testing.assert_allclose(table["ttft_s"], [0.5, 0.25, np.nan])
    np.testing.assert_allclose(table["tpot_s"], [1 / 3, np.nan, np.nan])
    np.testing.assert_allclose(table["longest_gap_s"], [0.8, np.nan, np.nan])
    np.testing.assert_allclose(table["e2e_s"], [1.5, 0.25, np.nan])


@given(requests)
def test_the_end_is_the_first_token_and_the_gaps(rows):
    table = request_metrics(*streamed(rows))
    many = table["tokens"] > 1
    ends = table["ttft_s"] + (table["tokens"] - 1) * table["tpot_s"]
    np.testing.assert_allclose(table["e2e_s"][many], ends[many], rtol=1e-9, atol=1e-9)
    assert np.all(table["longest_gap_s"][many] >= table["tpot_s"][many] - 1e-12)


@given(requests)
def test_one_request_at_a_time(rows):
    table = request_metrics(*streamed(rows))
    for row, (_, gap) in enumerate(rows):
        assert table["tokens"][row] == len(gap)
        if len(gap) > 1:
            assert table["ttft_s"][row] == pytest.approx(gap[0], abs=1e-9)
            assert table["tpot_s"][row] == pytest.approx(statistics.fmean(gap[1:]), abs=1e-9)
            assert table["longest_gap_s"][row] == pytest.approx(max(gap[1:]), abs=1e-9)


@given(requests, st.floats(0, 5), st.floats(0, 5), st.floats(0.1, 10))
def test_goodput_counted_one_by_one(rows, ttft_limit_s, tpot_limit_s, window_s):
    table = request_metrics(*streamed(rows))
    good = 0
    for ttft_s, tpot_s in zip(table["ttft_s"], table["tpot_s"], strict=True):
        if not np.isnan(ttft_s) and ttft_s <= ttft_limit_s and (np.isnan(tpot_s) or tpot_s <= tpot_limit_s):
            good += 1
    found = goodput_per_s(table["ttft_s"], table["tpot_s"], ttft_limit_s, tpot_limit_s, window_s)
    assert found == pytest.approx(good / window_s)


@pytest.mark.parametrize("times", [[1.0, 0.9], [-0.1]])
def test_tokens_out_of_order_are_refused(times):
    with pytest.raises(ValueError, match="in order"):
        request_metrics([0.0], [times])


def test_a_row_for_each_request():
    with pytest.raises(ValueError, match="zip"):
        request_metrics([0.0, 1.0], [[0.5]])


def test_a_window_has_a_length():
    with pytest.raises(ValueError, match="window_s"):
        goodput_per_s([0.1], [0.1], 1, 1, 0.0)


@pytest.mark.shared
def test_percentiles_that_a_benchmark_printed(shared_oracles):
    """First and last tokens of real vLLM runs; every gap is taken as the mean, which no printed number depends on."""
    recorded = json.loads((shared_oracles / "systems/serving/measured_vllm.json").read_text())["cases"]
    for case in recorded:
        column = dict(zip(case["columns"], np.array(case["requests"]).T, strict=True))
        times = [
            np.linspace(first, last, int(tokens))
            for first, last, tokens in zip(
                column["first_token_s"], column["last_token_s"], column["output"], strict=True
            )
        ]
        table = request_metrics(column["queued_s"], times)
        found = {"TTFT": table["ttft_s"], "TPOT": table["tpot_s"], "Latency": table["e2e_s"]}
        compared = 0
        for line in case["summary"].splitlines():
            match line.split():
                case [metric, statistic, printed, _, _] if metric in found:
                    values = 1e3 * found[metric][~np.isnan(found[metric])]
                    percentile = {"Mean": None, "Median": 50, "P90": 90, "P95": 95, "P99": 99}[statistic]
                    value = values.mean() if percentile is None else np.percentile(values, percentile)
                    assert value == pytest.approx(float(printed), abs=0.06)
                    compared += 1
        assert compared == 15
