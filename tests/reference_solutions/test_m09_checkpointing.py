"""Checkpoints: Daly's captions, the best interval searched for numerically, jobs simulated failure by failure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reference_solutions.m09_cluster.checkpointing import (
    daly_interval_s,
    expected_goodput,
    first_order_goodput,
    job_mtbf_s,
    young_interval_s,
)


def test_the_captions_of_daly():
    minutes = daly_interval_s(5 * 60, np.array([24 * 60, 6 * 60, 15]) * 60) / 60
    assert minutes == pytest.approx([117, 57, 9.1], abs=0.35)
    assert minutes == pytest.approx([116.69, 56.71, 9.14], abs=0.005)


def test_intervals_of_a_minute_and_six_hours():
    assert float(young_interval_s(60, 21_600)) == pytest.approx(1609.97, abs=0.005)
    assert float(daly_interval_s(60, 21_600)) == pytest.approx(1570.22, abs=0.005)
    assert daly_interval_s([300, 400], 150).tolist() == [150, 150]


@settings(max_examples=300)
@given(st.floats(1, 600), st.floats(2_000, 1e6), st.floats(0, 600))
def test_no_interval_is_better(checkpoint_s, mtbf_s, restart_s):
    def best(goodput, start):
        bounds = (np.log(start / 2), np.log(start * 2))
        return np.exp(
            optimize.minimize_scalar(
                lambda log: -float(goodput(np.exp(log), checkpoint_s, restart_s, mtbf_s)),
                bounds=bounds,
                method="bounded",
                options={"xatol": 1e-8},
            ).x
        )

    young, daly = float(young_interval_s(checkpoint_s, mtbf_s)), float(daly_interval_s(checkpoint_s, mtbf_s))
    if float(first_order_goodput(young, checkpoint_s, restart_s, mtbf_s)) > 0.4:  # else the line is cut off at 0 nearby
        assert young == pytest.approx(best(first_order_goodput, young), rel=2e-3)
    numeric = best(expected_goodput, young)
    assert daly == pytest.approx(numeric, rel=0.02)
    lost = [1 - float(expected_goodput(tau, checkpoint_s, restart_s, mtbf_s)) for tau in (daly, numeric)]
    assert lost[0] == pytest.approx(lost[1], rel=1e-4)


def simulated_goodput(rng, interval_s, checkpoint_s, restart_s, mtbf_s, segments=20_000):
    """A job that computes, saves, fails and restarts; failures strike whatever it does."""
    now, next_failure = 0.0, rng.exponential(mtbf_s)
    for _ in range(segments):
        needs, left = interval_s + checkpoint_s, interval_s + checkpoint_s
        while now + left > next_failure:
            now = next_failure
            next_failure += rng.exponential(mtbf_s)
            left = restart_s + needs
        now += left
    return segments * interval_s / now


@pytest.mark.parametrize(("interval_s", "mtbf_s"), [(900, 10_000), (3000, 4000), (200, 600)])
def test_jobs_that_fail(interval_s, mtbf_s):
    found = simulated_goodput(np.random.default_rng(9), interval_s, 60, 240, mtbf_s)
    assert float(expected_goodput(interval_s, 60, 240, mtbf_s)) == pytest.approx(found, rel=0.015)


@given(st.floats(100, 2000), st.floats(0, 60), st.floats(0, 60))
def test_both_agree_while_failures_are_rare(interval_s, checkpoint_s, restart_s):
    first = float(first_order_goodput(interval_s, checkpoint_s, restart_s, 1e7))
    exact = float(expected_goodput(interval_s, checkpoint_s, restart_s, 1e7))
    assert first == pytest.approx(exact, abs=(checkpoint_s / interval_s) ** 2 + 1e-4)


def test_the_first_of_many_clocks():
    rng = np.random.default_rng(4)
    gpus, hosts = rng.exponential(1000.0, (50_000, 16)), rng.exponential(4000.0, (50_000, 2))
    first = np.minimum(gpus.min(axis=1), hosts.min(axis=1)).mean()
    assert job_mtbf_s([1000.0, 4000.0], [16, 2]) == pytest.approx(first, rel=0.02)
    assert job_mtbf_s(1000.0, 0) == np.inf


def test_refusals():
    with pytest.raises(ValueError, match="part_mtbf_s"):
        job_mtbf_s([100.0, 0.0], [1, 1])
    with pytest.raises(ValueError, match="parts"):
        job_mtbf_s(100.0, -1)
    for interval in (young_interval_s, daly_interval_s):
        with pytest.raises(ValueError, match="checkpoint_s"):
            interval(0, 100)
    for goodput in (first_order_goodput, expected_goodput):
        with pytest.raises(ValueError, match="interval_s"):
            goodput(0, 1, 1, 100)
        with pytest.raises(ValueError, match="restart_s"):
            goodput(10, 1, -1, 100)
    assert float(first_order_goodput(100, 1, 500, 100)) == 0
