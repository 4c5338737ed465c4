"""Cold starts by stack distance, what sampling saves in fractions, threads that spin, and a search read in place."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m04_sampling.cluster_number import chosen_k, searched_k
from reference_solutions.m04_sampling.regions import whole_run_time_s
from reference_solutions.m04_sampling.speedup import sampling_speedup
from reference_solutions.m04_sampling.warm_up import windowed_miss_ratios


def missed(lines, place, first, size):
    """Whether an access misses, by the different lines since its last use, counted from `first` on."""
    before = [at for at in range(first, place) if lines[at] == lines[place]]
    return not before or len({lines[at] for at in range(before[-1] + 1, place)}) >= size


@given(st.lists(st.integers(0, 9), min_size=12, max_size=50), st.integers(1, 8), st.integers(0, 30))
def test_misses_by_stack_distance(lines, size, warm_up):
    starts = [0, len(lines) // 2, len(lines) - 5]
    found = windowed_miss_ratios(lines, size, starts, 5, warm_up)
    for start, ratio in zip(starts, found, strict=True):
        first = max(0, start - warm_up)
        assert ratio == np.mean([missed(lines, place, first, size) for place in range(start, start + 5)])


def test_the_bias_falls_from_above_to_nothing():
    rng = np.random.default_rng(9)
    lines = rng.zipf(1.3, size=6000) % 500
    starts = [3000, 4000, 5000]
    means = [windowed_miss_ratios(lines, 100, starts, 500, warm_up).mean() for warm_up in (0, 100, 1000, 3000, 6000)]
    assert np.all(np.diff(means) <= 0)
    assert means[0] > 1.2 * means[-1]
    whole = [missed(lines.tolist(), place, 0, 100) for start in starts for place in range(start, start + 100)]
    assert windowed_miss_ratios(lines, 100, starts, 100, 6000).mean() == pytest.approx(np.mean(whole))


@given(st.integers(1, 100), st.integers(1, 50), st.integers(0, 50), st.integers(1, 20), st.integers(1, 400))
def test_what_sampling_saves_in_fractions(units, unit, warm_up, detailed, functional):
    instructions = 3 * units * (unit + warm_up)
    in_detail = Fraction(units * (unit + warm_up), detailed)
    between = Fraction(instructions - units * (unit + warm_up), functional)
    expected = Fraction(instructions, detailed) / (in_detail + between)
    found = sampling_speedup(instructions, units, unit, warm_up, detailed, functional)
    assert found == pytest.approx(float(expected))
    if functional >= detailed:
        assert found <= functional / detailed * (1 + 1e-12)


def test_stepped_through_unit_by_unit():
    seconds, place, units = 0.0, 0, 0
    while place < 100_000:  # 100 of every 1,000 instructions in detail
        seconds += 100 / 10.0 + 900 / 500.0
        place, units = place + 1000, units + 1
    assert sampling_speedup(100_000, units, 60, 40, 10.0, 500.0) == pytest.approx(100_000 / 10.0 / seconds)


@given(st.integers(0, 10**6), st.integers(2, 6))
def test_threads_that_spin(seed, threads):
    """Two kinds of regions; the slowest thread decides the time, and the others execute spins at an IPC of 3."""
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 1, rng.integers(0, 2, size=10)]
    balance = rng.dirichlet(np.full(threads, 3.0), size=2)  # how each kind shares its work out
    work = rng.integers(100, 1000, size=12) * 1000.0
    ipc = np.array([2.0, 0.5])
    time_s = np.array([(amount * balance[kind] / ipc[kind]).max() for amount, kind in zip(work, labels, strict=True)])
    found = whole_run_time_s(labels, work, [0, 1], time_s[:2])
    assert found == pytest.approx(time_s.sum())
    assert whole_run_time_s(np.arange(12), work, np.arange(12), time_s) == pytest.approx(time_s.sum())


def test_spins_in_a_weight_would_mislead():
    """Both regions do the same work in the same way; in the second a thread waits, and executes as much again."""
    work, executed, time_s = np.array([100.0, 100.0]), np.array([100.0, 200.0]), np.array([50.0, 50.0])
    assert whole_run_time_s([0, 0], work, [0], time_s[:1]) == time_s.sum()
    assert whole_run_time_s([0, 0], executed, [0], time_s[:1]) == 1.5 * time_s.sum()


def test_the_tools_search_on_its_own_example(shared_oracles):
    """Read in place: of each run the best of five starts; the tool tried 1, 30, 15, 8, 4, 6 and 7, and chose 8."""
    case = json.loads((shared_oracles / "microarchitecture/simpoint/sample_bb/sample_maxK30.json").read_text())
    best = {k: max(scores) for k, scores in case["bic_by_run"]}
    asked = []
    assert searched_k(lambda k: asked.append(k) or best[k], most=30) == 8
    assert asked == list(best)
    assert chosen_k(list(best), list(best.values())) == 8
    assert best[8] == pytest.approx(1800.913, abs=5e-4)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: windowed_miss_ratios([1, 2, 3], 2, [2], 2, 0),
        lambda: windowed_miss_ratios([1, 2, 3], 0, [0], 2, 0),
        lambda: windowed_miss_ratios([1, 2, 3], 2, [0], 0, 0),
        lambda: windowed_miss_ratios([1, 2, 3], 2, [0], 2, -1),
        lambda: sampling_speedup(100, 10, 10, 1, 1.0, 2.0),
        lambda: sampling_speedup(100, 1, 10, -1, 1.0, 2.0),
        lambda: sampling_speedup(100, 0, 10, 1, 1.0, 2.0),
        lambda: whole_run_time_s([0, 1], [1.0, 0.0], [0, 1], [1.0, 1.0]),
        lambda: whole_run_time_s([0, 1], [1.0, 1.0], [0], [1.0]),
        lambda: whole_run_time_s([0, 0], [1.0, 1.0], [0, 1], [1.0, 1.0]),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"windows|sample|positive|regions"):
        refused()
