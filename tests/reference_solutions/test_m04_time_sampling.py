"""Sampling in time: the true time by hand, the same clock in small steps, and samples that cannot be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions.m04_sampling.regions import whole_run_time_s
from reference_solutions.m04_sampling.time_sampling import barrier_run_s, time_sampled_run_s


def drawn(seed, threads=3, regions=6, pieces=3):
    draw = np.random.default_rng(seed)
    return [
        [
            list(zip(draw.uniform(1, 9, pieces).tolist(), draw.uniform(1, 4, pieces).tolist(), strict=True))
            for _ in range(threads)
        ]
        for _ in range(regions)
    ]


def in_small_steps(regions, detailed_s, forward_s, step_s=1e-3):
    """The clock, a thousandth of a second at a time."""
    threads = len(regions[0])
    seen, shown = [None] * threads, [[] for _ in range(threads)]
    tick = detailed = 0
    period = detailed_s + forward_s
    for region in regions:
        left = [[list(piece) for piece in thread] for thread in region]
        while any(left):
            in_detail = (tick * step_s + 1e-9) % period < detailed_s
            if not in_detail and any(shown):
                seen = [np.mean(rates) if rates else old for rates, old in zip(shown, seen, strict=True)]
                shown = [[] for _ in range(threads)]
            for thread, pieces in enumerate(left):
                if not pieces:
                    continue
                rate = pieces[0][1] if in_detail or seen[thread] is None else seen[thread]
                if in_detail:
                    shown[thread].append(rate)
                pieces[0][0] -= rate * step_s
                if pieces[0][0] <= 0:
                    pieces.pop(0)
            tick += 1
            detailed += in_detail
    return tick * step_s, detailed * step_s


def test_the_true_time_by_hand():
    # 3 s and 2 s at the first barrier, 1 s and 4 s at the second
    assert barrier_run_s([[[(2.0, 2.0), (4.0, 2.0)], [(2.0, 1.0)]], [[(1.0, 1.0)], [(8.0, 2.0)]]]) == 7.0
    assert barrier_run_s([]) == barrier_run_s([[[], []]]) == 0
    assert barrier_run_s([[[], [(3.0, 1.0)]]]) == 3.0, "a thread may have nothing to do"


@pytest.mark.parametrize("seed", range(3))
def test_the_clock_in_small_steps(seed):
    regions = drawn(seed)
    found = time_sampled_run_s(regions, 0.5, 1.5)
    run_s, detailed_s = in_small_steps(regions, 0.5, 1.5)
    assert found["run_s"] == pytest.approx(run_s, rel=0.01)
    assert found["detailed_s"] == pytest.approx(detailed_s, rel=0.02)


@pytest.mark.parametrize(("detailed_s", "forward_s"), [(0.1, 5.0), (1.0, 1.0), (0.03, 0.7)])
def test_threads_of_one_rate_are_exact_with_any_sample(detailed_s, forward_s):
    draw = np.random.default_rng(4)
    rates = draw.uniform(1, 4, 3).tolist()
    regions = [[[(float(draw.uniform(1, 9)), rate)] for rate in rates] for _ in range(8)]
    found = time_sampled_run_s(regions, detailed_s, forward_s)
    assert found["run_s"] == pytest.approx(barrier_run_s(regions), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_all_in_detail_is_the_truth(seed):
    regions = drawn(seed)
    found = time_sampled_run_s(regions, 0.7, 0.0)
    assert found["run_s"] == pytest.approx(barrier_run_s(regions)) == pytest.approx(found["detailed_s"])


def test_short_parts_follow_what_changes_slowly():
    regions = drawn(5, regions=40)
    truth = barrier_run_s(regions)
    errors = [abs(time_sampled_run_s(regions, part, 9 * part)["run_s"] / truth - 1) for part in (1.0, 0.02)]
    assert errors[1] < 0.02 < errors[0]
    found = time_sampled_run_s(regions, 0.02, 0.18)
    assert found["detailed_s"] / found["run_s"] == pytest.approx(0.1, rel=0.02)


def test_instructions_that_spin_do_not_count():
    """Regions weighted by instructions, spinning included, against time that is simulated."""
    regions = [[[(4.0, 2.0)], [(1.0, 2.0)]]] * 3 + [[[(2.0, 2.0)], [(2.0, 2.0)]]]  # 2 s each, and 1 s
    truth = barrier_run_s(regions)
    assert time_sampled_run_s(regions, 0.25, 0.75)["run_s"] == pytest.approx(truth) == pytest.approx(7)
    spun = [4.0 + 1.0 + 1.5 * 3.0] * 3 + [4.0]  # who waits 1.5 s spins at 3 instructions a second
    all_alike = [0, 0, 0, 0]
    assert whole_run_time_s(all_alike, spun, regions=[0], time_s=[2.0]) != pytest.approx(truth, rel=0.01)
    assert whole_run_time_s(all_alike, [2.0, 2.0, 2.0, 1.0], regions=[0], time_s=[2.0]) == pytest.approx(truth)


def test_refusals():
    program = [[[(1.0, 1.0)]]]
    for detailed_s, forward_s in ((0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(ValueError, match="has a length"):
            time_sampled_run_s(program, detailed_s, forward_s)
    for wrong in ([[[(0.0, 1.0)]]], [[[(1.0, -1.0)]]], [[[(1.0, 1.0)]], [[(1.0, 1.0)], []]]):
        with pytest.raises(ValueError, match=r"are positive|same threads"):
            time_sampled_run_s(wrong, 1.0, 1.0)
    assert time_sampled_run_s([], 1.0, 1.0) == {"run_s": 0.0, "detailed_s": 0.0}
