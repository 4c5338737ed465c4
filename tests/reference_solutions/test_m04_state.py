"""State between windows: kept, emptied, stored; stack distances, workers and studies counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions.m04_sampling.checkpoints import checkpoint_table
from reference_solutions.m04_sampling.kept_state import kept_state_miss_ratios
from reference_solutions.m04_sampling.speedup import sampling_speedup
from reference_solutions.m04_sampling.warm_up import windowed_miss_ratios

STUDY = {
    "instructions": 4e8,
    "windows": 7,
    "window": 3000.0,
    "functional_per_s": 2e6,
    "detailed_per_s": 1e5,
    "checkpoint_bytes": 6e6,
    "bytes_per_s": 1e8,
}


@pytest.mark.parametrize("seed", range(4))
def test_stack_distances_over_the_windows_put_together(seed):
    draw = np.random.default_rng(seed)
    trace, starts = (draw.zipf(1.4, 300) % 40).tolist(), [10, 60, 140, 250]
    together = [line for start in starts for line in trace[start : start + 30]]
    misses = []
    for place, line in enumerate(together):
        earlier = [at for at in range(place) if together[at] == line]
        others = set(together[earlier[-1] + 1 : place]) if earlier else set(range(99))
        misses.append(len(others) >= 8)
    expected = np.array(misses).reshape(4, 30).mean(axis=1)
    np.testing.assert_allclose(kept_state_miss_ratios(trace, 8, starts, 30), expected)


@pytest.mark.parametrize("seed", range(4))
def test_kept_is_never_worse_than_emptied(seed):
    draw = np.random.default_rng(seed)
    trace, starts = (draw.zipf(1.2, 500) % 60).tolist(), [0, 100, 210, 400]
    for cache_lines in (1, 4, 20, 100):
        kept = kept_state_miss_ratios(trace, cache_lines, starts, 50)
        assert np.all(kept <= windowed_miss_ratios(trace, cache_lines, starts, 50, 0))


def test_kept_state_of_a_loop_is_the_truth_and_of_two_phases_is_not():
    loop = list(range(6)) * 50
    truth = windowed_miss_ratios(loop, 8, [60, 120, 240], 12, 300)
    np.testing.assert_array_equal(kept_state_miss_ratios(loop, 8, [0, 60, 120, 240], 12)[1:], truth)
    phases = list(range(8)) * 5 + list(range(100, 108)) * 5 + list(range(8)) * 5
    kept = kept_state_miss_ratios(phases, 8, [32, 80], 8)
    assert kept[1] == 0 < windowed_miss_ratios(phases, 8, [80], 8, 300)[0] == 1, (
        "it hits on what was pushed out long ago"
    )


def test_refusals_of_windows():
    for cache_lines, starts, window in ((0, [0], 1), (1, [0], 0), (1, [5], 2), (1, [-1], 1), (1, [0, 1], 2)):
        with pytest.raises(ValueError, match="windows lie"):
            kept_state_miss_ratios([1, 2, 3, 4, 5, 6], cache_lines, starts, window)


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 20])
def test_windows_dealt_out_one_by_one(workers):
    free_s = [0.0] * workers
    for _ in range(STUDY["windows"]):
        first = free_s.index(min(free_s))
        free_s[first] += 6e6 / 1e8 + 3000 / 1e5
    assert checkpoint_table(**STUDY, workers=workers)["checkpoints_s"] == pytest.approx(max(free_s))


def test_warming_is_what_the_speed_up_is_made_of():
    found = checkpoint_table(**STUDY)
    speedup = sampling_speedup(4e8, 7, 1000, 2000, detailed_per_s=1e5, functional_per_s=2e6)
    assert found["warming_s"] == pytest.approx(4e8 / 1e5 / speedup)
    assert found["library_bytes"] == 42e6


def test_studies_counted_until_the_library_is_paid():
    slow = STUDY | {"windows": 400, "checkpoint_bytes": 4e7}
    found = checkpoint_table(**slow)
    spent, saved, studies = found["library_s"], 0.0, 0
    while saved < spent:
        saved += found["warming_s"] - found["checkpoints_s"]
        studies += 1
    assert found["studies"] == studies > 3


def test_limits_of_a_library():
    assert checkpoint_table(**STUDY | {"checkpoint_bytes": 1e12})["studies"] == np.inf, (
        "reading takes longer than warming"
    )
    whole = checkpoint_table(**STUDY | {"windows": 4, "window": 1e8, "checkpoint_bytes": 1e-9})
    assert whole["warming_s"] == pytest.approx(4000) == pytest.approx(whole["checkpoints_s"]), "all is in detail"
    for name in ("instructions", "windows", "window", "checkpoint_bytes", "bytes_per_s", "functional_per_s"):
        with pytest.raises(ValueError, match="positive"):
            checkpoint_table(**STUDY | {name: 0})
    with pytest.raises(ValueError, match="more than the program"):
        checkpoint_table(**STUDY | {"window": 1e8})
