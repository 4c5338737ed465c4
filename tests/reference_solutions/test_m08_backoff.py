"""Waves of retries: drawn clients, sums of uniform pauses in closed form, and nobody who comes twice or never."""

from __future__ import annotations

from math import comb, factorial

import numpy as np
import pytest

from reference_solutions.m08_tail_latency.backoff import longest_pause_s, retry_wave_per_s

MEAN_PART = {"none": 1.0, "full": 0.5, "equal": 0.75}


def drawn_s(clients, retry, base_s, most_s, jitter):
    draw = np.random.default_rng(1)
    least = {"none": 1.0, "full": 0.0, "equal": 0.5}[jitter]
    longest = [min(most_s, base_s * 2**number) for number in range(retry + 1)]
    return sum(draw.uniform(least, 1, clients) * pause if least < 1 else np.full(clients, pause) for pause in longest)


@pytest.mark.parametrize("jitter", ["full", "equal"])
@pytest.mark.parametrize("retry", [0, 1, 3])
def test_drawn_clients(jitter, retry):
    at_s, rate = retry_wave_per_s(1.0, retry, 0.5, 3.0, jitter, 0.01)
    drawn = drawn_s(200_000, retry, 0.5, 3.0, jitter)
    for begin_s, end_s in ((0.1, 0.2), (0.3, 0.45), (1.0, 2.0), (2.0, 4.0), (4.0, 6.5)):
        # what comes between two times belongs to both: half of each end counts
        inside = (at_s > begin_s + 1e-9) & (at_s < end_s - 1e-9)
        ends = np.isclose(at_s, begin_s) | np.isclose(at_s, end_s)
        share = 0.01 * (rate[inside].sum() + rate[ends].sum() / 2)
        assert abs(share - np.mean((drawn > begin_s) & (drawn < end_s))) < 0.005


@pytest.mark.parametrize("pauses", [2, 3, 5])
def test_sums_of_equal_pauses_are_irwins_and_halls(pauses):
    at_s, rate = retry_wave_per_s(100.0, pauses - 1, 2.0, 2.0, "full", 0.002)
    x = at_s / 2
    density = sum(
        (-1) ** k * comb(pauses, k) * np.maximum(x - k, 0) ** (pauses - 1) for k in range(pauses + 1)
    ) / factorial(pauses - 1)
    np.testing.assert_allclose(rate[x <= pauses], (100 * density / 2)[x <= pauses], atol=0.06)


@pytest.mark.parametrize("jitter", MEAN_PART)
@pytest.mark.parametrize("step_s", [0.01, 0.037])
def test_everybody_comes_once_and_at_the_mean_pause(jitter, step_s):
    for retry in range(4):
        at_s, rate = retry_wave_per_s(700.0, retry, 0.5, 2.5, jitter, step_s)
        assert rate.sum() * step_s == pytest.approx(700)
        assert np.all(rate >= -1e-9)
        pauses = longest_pause_s(np.arange(retry + 1), 0.5, 2.5)
        assert np.sum(at_s * rate) * step_s / 700 == pytest.approx(MEAN_PART[jitter] * pauses.sum())


def test_the_first_wave_in_closed_form():
    at_s, rate = retry_wave_per_s(1000.0, 0, 2.0, 9.0, "full", 0.01)
    np.testing.assert_allclose(rate[(at_s > 0.005) & (at_s < 1.995)], 500)
    at_s, rate = retry_wave_per_s(1000.0, 0, 2.0, 9.0, "equal", 0.01)
    np.testing.assert_allclose(rate[(at_s > 1.005) & (at_s < 1.995)], 1000)
    np.testing.assert_allclose(rate[at_s < 0.995], 0, atol=1e-9)


def test_chance_flattens_the_waves_and_waiting_alone_does_not():
    peaks = {
        jitter: [retry_wave_per_s(1e4, retry, 1.0, 60.0, jitter, 0.01)[1].max() for retry in range(4)]
        for jitter in MEAN_PART
    }
    assert peaks["none"] == pytest.approx([1e6] * 4), "all together, each time"
    assert np.all(np.diff(peaks["full"]) < 0)
    assert np.all(np.diff(peaks["equal"]) < 0)
    assert all(
        full < equal < 0.1 * none
        for full, equal, none in zip(*(peaks[j] for j in ("full", "equal", "none")), strict=True)
    )


def test_pauses_and_refusals():
    assert longest_pause_s(np.arange(6), 0.1, 1.0).tolist() == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert longest_pause_s(0, 5.0, 1.0) == 1.0
    for retry, base_s, most_s in ((-1, 1.0, 1.0), (0, 0.0, 1.0), (0, 1.0, 0.0)):
        with pytest.raises(ValueError, match=r"positive|numbered"):
            longest_pause_s(retry, base_s, most_s)
    right = {"clients": 10.0, "retry": 0, "base_s": 1.0, "most_s": 2.0, "jitter": "full", "step_s": 0.1}
    for wrong in ({"clients": 0.0}, {"retry": -1}, {"jitter": "some"}, {"step_s": 0.0}, {"base_s": -1.0}):
        with pytest.raises(ValueError, match=r"positive|numbered|a jitter"):
            retry_wave_per_s(**right | wrong)
