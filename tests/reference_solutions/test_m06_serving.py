"""A pipeline that is played request by request, a cache image by image, and an encoder whose policies are all tried."""

from __future__ import annotations

import functools
import heapq
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m06_multimodal.encoder_batching import encoder_batch, encoder_time_s
from reference_solutions.m06_multimodal.encoder_cache import encoder_hit_share
from reference_solutions.m06_multimodal.encoder_queue import camera_day, encode_all, encoder_day, next_batch
from reference_solutions.m06_multimodal.serving_pipeline import image_ttft_s, stage_table

# --- the pipeline -----------------------------------------------------------------------------------------------------


def waits(arrivals, services, servers):
    """First come, first served: waits and departures."""
    free, waited, left = [0.0] * servers, [], []
    for comes, takes in zip(arrivals, services, strict=True):
        begins = max(comes, heapq.heappop(free))
        heapq.heappush(free, begins + takes)
        waited.append(begins - comes)
        left.append(begins + takes)
    return np.array(waited), np.array(left)


def played(rate, share, hit, encode_s, text, image, read, write_s, servers, requests=60_000, seed=6):
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(1 / rate, requests))
    has_image = rng.random(requests) < share
    missed = np.flatnonzero(has_image & (rng.random(requests) >= hit))
    reaches = arrivals.copy()
    encode_wait, reaches[missed] = waits(arrivals[missed], np.full(missed.size, encode_s), servers[0])
    order = np.argsort(reaches, kind="stable")
    prefill_wait, left = waits(reaches[order], ((text + image * has_image) / read)[order], servers[1])
    left = np.sort(left)
    decode_wait, _ = waits(left, rng.exponential(write_s, requests), servers[2])
    first = np.empty(requests)
    first[order] = reaches[order] + prefill_wait + ((text + image * has_image) / read)[order]
    cut = slice(requests // 10, None)
    new = np.zeros(requests, bool)
    new[missed] = True
    ttft = {"new": new, "cached": has_image & ~new, "text": ~has_image}
    means = {name: float(np.mean((first - arrivals)[cut][chosen[cut]])) for name, chosen in ttft.items()}
    return [float(np.mean(one[len(one) // 10 :])) for one in (encode_wait, prefill_wait, decode_wait)], means


CASES = [
    (4.0, 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 28)),
    (30.0, 0.8, 0.1, 0.1, 300, 700, 9000.0, 2.0, (3, 4, 80)),
    (10.0, 0.3, 0.5, 0.3, 800, 2900, 9000.0, 3.0, (2, 3, 40)),
]


@pytest.mark.parametrize("case", CASES)
def test_requests_played_through_all_stages(case):
    """An even pace behind the encoder: the prediction is cautious, and not by much."""
    table = stage_table(*case)
    simulated, means = played(*case)
    assert table["mean_wait_s"][0] == pytest.approx(simulated[0], rel=0.1, abs=0.01 * case[3])
    assert np.all(table["mean_wait_s"][1:] > 0.9 * np.array(simulated[1:]) - 0.002)
    predicted = image_ttft_s(tuple(table["mean_wait_s"][:2]), case[3], case[4], case[5], case[6])
    for name, seen in means.items():
        assert 0.67 * predicted[name] < seen < 1.1 * predicted[name]


@pytest.mark.parametrize("case", CASES)
def test_each_stage_played_with_random_arrivals(case):
    rate, share, hit, encode_s, text, image, read, write_s, servers = case
    rng = np.random.default_rng(66)
    services = [np.full(80_000, encode_s), (text + image * (rng.random(80_000) < share)) / read]
    services.append(rng.exponential(write_s, 80_000))
    rates = [rate * share * (1 - hit), rate, rate]
    for row, (jobs_per_s, takes_s, count) in enumerate(zip(rates, services, servers, strict=True)):
        waited, _ = waits(np.cumsum(rng.exponential(1 / jobs_per_s, 80_000)), takes_s, count)
        predicted = stage_table(*case)["mean_wait_s"][row]
        assert predicted == pytest.approx(np.mean(waited[5000:]), rel=0.1, abs=0.01 * float(np.mean(takes_s)))


def test_one_server_of_fixed_time_is_m_d_1():
    table = stage_table(3.0, 1.0, 0.0, 0.2, 100, 300, 2000.0, 0.1, (1, 1, 1))
    for row, service_s in ((0, 0.2), (1, 0.2)):
        load = 3.0 * service_s
        assert table["mean_wait_s"][row] == pytest.approx(load * service_s / (2 * (1 - load)))
    assert table["mean_wait_s"][2] == pytest.approx(0.3 * 0.1 / 0.7)  # M/M/1


def test_a_mix_waits_as_pollaczek_and_khinchine_say():
    table = stage_table(2.0, 0.25, 0.0, 0.1, 400, 1600, 4000.0, 0.1, (1, 1, 1))
    times, shares = np.array([0.1, 0.5]), np.array([0.75, 0.25])
    mean, square = shares @ times, shares @ times**2
    assert table["mean_wait_s"][1] == pytest.approx(2.0 * square / (2 * (1 - 2.0 * mean)))


def test_a_stage_without_idle_time():
    table = stage_table(4.0, 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 20))
    assert table["mean_wait_s"][2] == np.inf
    at_its_most = stage_table(float(table["most_requests_per_s"][1]), 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 9))
    assert at_its_most["utilisation"][1] == pytest.approx(1.0)
    nothing = stage_table(4.0, 0.0, 0.0, 0.25, 500, 0, 8000.0, 5.0, (1, 1, 40))
    assert nothing["most_requests_per_s"][0] == np.inf
    assert nothing["mean_wait_s"][0] == 0


@pytest.mark.parametrize(
    "bad",
    [
        (0.0, 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 20)),
        (4.0, 1.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 20)),
        (4.0, 0.5, -0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 1, 20)),
        (4.0, 0.5, 0.2, 0.25, 500, 1500, 8000.0, 5.0, (1, 0, 20)),
    ],
)
def test_impossible_pipelines_are_refused(bad):
    with pytest.raises(ValueError, match=r"positive|between"):
        stage_table(*bad)


# --- the cache --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_least_recently_used_is_dropped(seed):
    rng = np.random.default_rng(seed)
    popularity = np.arange(1, 301.0) ** -rng.uniform(0.4, 1.3)
    capacity = int(rng.integers(5, 200))
    cache, hits = OrderedDict(), 0
    asked = rng.choice(300, 60_000, p=popularity / popularity.sum())
    for number, image in enumerate(asked.tolist()):
        if image in cache:
            hits += number >= 5000
            cache.move_to_end(image)
        else:
            cache[image] = True
            if len(cache) > capacity:
                cache.popitem(last=False)
    assert encoder_hit_share(popularity, capacity) == pytest.approx(hits / 55_000, abs=0.02)


@given(st.integers(2, 60), st.data())
def test_equal_popularity(images, data):
    capacity = data.draw(st.integers(0, images))
    assert encoder_hit_share(np.full(images, 3.0), capacity) == pytest.approx(capacity / images, abs=1e-6)


def test_impossible_caches_are_refused():
    for bad in (([1.0, 0.0], 1), ([1.0], -1)):
        with pytest.raises(ValueError, match="positive"):
            encoder_hit_share(*bad)


# --- the encoder's queue ----------------------------------------------------------------------------------------------

TIMES = [0.011, 0.013, 0.015, 0.017, 0.019, 0.021]


def best_share(arrivals, deadline_s, times):
    """Most frames that any policy can have in time: every choice at every moment is tried."""
    due = [one + deadline_s for one in arrivals]

    @functools.cache
    def best(now, first):
        if first == len(arrivals):
            return 0
        here = sum(one <= now for one in arrivals[first:])
        if here < 1:
            return best(arrivals[first], first)
        found = best(arrivals[first + here], first) if first + here < len(arrivals) else 0
        found = max(found, best(now, first + 1))
        for batch in range(1, min(here, len(times)) + 1):
            ends = now + times[batch - 1]
            found = max(found, sum(one >= ends for one in due[first : first + batch]) + best(ends, first + batch))
        return found

    return best(0.0, 0) / len(arrivals)


def test_no_policy_beats_the_best_and_this_one_is_near():
    gaps = []
    for seed in range(20):
        arrivals = np.sort(np.random.default_rng(seed).uniform(0, 0.05, 8)).tolist()
        best = best_share(arrivals, 0.03, TIMES[:4])
        gaps.append(best - encoder_day(next_batch, arrivals, 0.03, TIMES[:4])["in_time"])
        assert encoder_day(encode_all, arrivals, 0.03, TIMES[:4])["in_time"] <= best + 1e-9
    assert min(gaps) > -1e-9
    assert max(gaps) < 3.1 / 8
    assert np.mean(gaps) < 0.12


@given(st.lists(st.floats(-0.05, 0.2), max_size=12))
def test_the_largest_batch_with_the_fewest_dropped(slacks):
    slack = sorted(slacks)
    pairs = [
        (dropped, batch)
        for dropped in range(len(slack))
        for batch in range(1, min(len(TIMES), len(slack) - dropped) + 1)
        if TIMES[batch - 1] <= slack[dropped]
    ]
    expected = max(pairs, key=lambda pair: (pair[1], -pair[0])) if pairs else (len(slack), 0)
    assert next_batch(slack, TIMES) == expected


def test_where_frames_come_evenly_all_that_can_be_kept_is_kept():
    encoder = {"frame_flops": 35e9, "frame_bytes": 50e6, "weight_bytes": 180e6, "launch_s": 1e-3}
    encoder |= {"peak_flops_per_s": 10e12, "bandwidth_bytes_per_s": 100e9, "best_share": 0.4, "half_batch": 1.0}
    assert encoder_batch(90.0, 0.15, encoder)["keep_every"] == 1
    times = encoder_time_s(np.arange(1, 9), encoder).tolist()
    assert encoder_day(next_batch, np.arange(400) / 90.0, 0.15, times)["in_time"] == 1.0


@given(st.integers(0, 10_000), st.sampled_from([next_batch, encode_all]))
def test_frames_are_conserved(seed, policy):
    arrivals = camera_day([300.0, 900.0], 0.1, seed, burst=3)
    if arrivals.size == 0:
        return
    day = encoder_day(policy, arrivals, 0.03, TIMES)
    assert day["in_time"] + day["late"] + day["dropped"] == pytest.approx(1.0)
    assert day["late"] == 0 or policy is encode_all
    assert arrivals.size % 3 == 0
    assert np.all(np.diff(arrivals) >= 0)


def test_a_policy_that_waits_is_asked_again():
    def when_two(slack, _times):
        return (0, 2) if len(slack) >= 2 else (0, 0)

    day = encoder_day(when_two, [0.0, 0.01, 0.02], 0.05, TIMES)
    assert (day["in_time"], day["dropped"], day["mean_batch"]) == pytest.approx((2 / 3, 1 / 3, 2.0))


def test_decisions_about_nothing_are_refused():
    for bad in ((0, 3), (3, 0), (-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="only frames that wait"):
            encoder_day(lambda *_, bad=bad: bad, [0.0, 0.0], 0.05, TIMES[:2])
    with pytest.raises(ValueError, match="has a frame"):
        encoder_day(next_batch, [], 0.05, TIMES)


def test_whatever_waits_is_encoded():
    assert encode_all([-1.0] * 9, TIMES) == (0, 6)
    assert encode_all([0.5], TIMES) == (0, 1)
