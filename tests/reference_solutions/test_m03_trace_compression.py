"""Compression: published encodings, bits written as text, and every trace comes back as it was."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m03_modeling_simulation.trace_compression import (
    entropy_bound_bytes,
    packed_differences,
    predicted_trace,
    stride_runs,
    unpacked_differences,
)

traces = st.lists(st.integers(-(2**62), 2**62) | st.integers(-200, 200), max_size=60)


@pytest.mark.parametrize(
    ("zigzag", "encoded"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "80 01"), (150, "96 01"), (300, "ac 02")],
)
def test_numbers_are_encoded_as_published(zigzag, encoded):
    """150 and 300 are the examples of Protocol Buffers' documentation."""
    difference = zigzag // 2 if zigzag % 2 == 0 else -(zigzag + 1) // 2
    assert packed_differences([difference]) == bytes.fromhex(encoded)
    assert unpacked_differences(bytes.fromhex(encoded)).tolist() == [difference]


@pytest.mark.parametrize(("value", "zigzag"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (2, 4), (-64, 127), (63, 126)])
def test_zigzag_is_that_of_protocol_buffers(value, zigzag):
    assert packed_differences([value]) == bytes([zigzag])


def written_as_text(values):
    """Sevens of binary digits, from the right; zigzag by shifts of 64-bit numbers, as the documentation has it."""
    text = b""
    for difference in np.diff(np.asarray(values, dtype=np.int64), prepend=0).tolist():
        digits = bin(((difference << 1) ^ (difference >> 63)) & (2**64 - 1))[2:]
        digits = digits.zfill(-(-len(digits) // 7) * 7)
        sevens = [digits[place : place + 7] for place in range(0, len(digits), 7)][::-1]
        text += bytes(int("1" * (more < len(sevens) - 1) + seven, 2) for more, seven in enumerate(sevens))
    return text


@given(st.lists(st.integers(-(2**61), 2**61) | st.integers(-200, 200), max_size=60))
def test_bytes_are_those_of_bits_written_as_text(values):
    assert packed_differences(values) == written_as_text(values)


@given(traces)
def test_differences_come_back(values):
    assert unpacked_differences(packed_differences(values)).tolist() == values


@given(st.lists(st.integers(0, 3), max_size=60) | traces)
def test_runs_come_back_and_are_as_long_as_can_be(values):
    runs = stride_runs(values)
    back = [start + stride * number for start, stride, count in runs.tolist() for number in range(count)]
    assert back == values
    for (start, stride, count), (following, _, _) in zip(runs.tolist(), runs[1:].tolist(), strict=False):
        assert count == 1 or following != start + stride * count
        assert count >= 2  # two values always make a run: only the last can be alone


def test_a_sweep_is_three_numbers():
    assert stride_runs(64 * np.arange(1_000_00) + 7).tolist() == [[7, 64, 100_000]]
    assert stride_runs([]).shape == (0, 3)


def restored(loads, codes, literals):
    """Goes the way back: the same predictors, and literals where neither was right."""
    tables, rest, addresses = {load: [0, 0] for load in loads}, list(literals), []
    for load, code in zip(loads, codes, strict=True):
        last, before = tables[load]
        address = {2: 2 * last - before, 1: last}.get(code)
        addresses.append(rest.pop(0) if address is None else address)
        tables[load] = [addresses[-1], last]
    return addresses, rest


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6) | st.integers(-(2**40), 2**40)), max_size=80))
def test_predicted_traces_come_back(trace):
    loads, addresses = [load for load, _ in trace], [address for _, address in trace]
    codes, literals = predicted_trace(loads, addresses)
    assert restored(loads, codes.tolist(), literals.tolist()) == (addresses, [])
    assert np.count_nonzero(codes == 0) == len(literals)


def test_instructions_with_habits_leave_nothing_to_store():
    loads = np.tile([1, 2, 3], 1000)
    addresses = np.stack([8 * np.arange(1000), np.full(1000, 77), 10**6 - 64 * np.arange(1000)], axis=1).ravel()
    codes, literals = predicted_trace(loads, addresses)
    assert len(literals) == 4  # 0 is what the first expects; 8; 77; a million, and the one after
    packed = len(zlib.compress(codes.astype(np.uint8).tobytes(), 9)) + 8 * len(literals)
    assert packed < len(packed_differences(addresses)) / 50


@given(st.lists(st.integers(0, 9), min_size=1, max_size=300))
def test_the_bound_is_scipys_entropy(symbols):
    counts = np.bincount(symbols)
    assert entropy_bound_bytes(symbols) == pytest.approx(len(symbols) * stats.entropy(counts, base=2) / 8)


def test_no_compressor_beats_the_bound_of_independent_symbols():
    symbols = np.random.default_rng(5).choice(4, size=60_000, p=[0.7, 0.2, 0.05, 0.05]).astype(np.uint8)
    assert entropy_bound_bytes(symbols) < len(zlib.compress(symbols.tobytes(), 9))
    random = np.random.default_rng(6).integers(-(2**62), 2**62, 1000)
    assert len(packed_differences(random)) > 8 * 1000  # two random numbers differ by a random one


def test_what_is_cut_off_or_does_not_pair_up_is_refused():
    with pytest.raises(ValueError, match="cut off"):
        unpacked_differences(bytes.fromhex("ac"))
    with pytest.raises(ValueError, match="each address"):
        predicted_trace([1, 2], [3])
    assert packed_differences([]) == b""
    assert unpacked_differences(b"").tolist() == []
    assert entropy_bound_bytes([]) == 0
