"""Traffic: the generic cell rate algorithm, every interval of a trace, and links played packet by packet."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m03_modeling_simulation.link_traces import store_and_forward_s
from reference_solutions.m03_modeling_simulation.traffic_shaping import (
    burst_bounds,
    conforming_packets,
    cut_through_s,
    shaped_departures_s,
)

gaps = st.lists(st.integers(0, 40), min_size=1, max_size=40)
packets = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), min_size=1, max_size=25)


def trace(gaps_and_sizes):
    """Times in eighths of a second, which floating point holds exactly, and sizes."""
    times = np.cumsum([gap for gap, _ in gaps_and_sizes]) / 8
    return times, np.asarray([size for _, size in gaps_and_sizes])


def virtual_scheduling(times, increment, limit):
    """Generic cell rate algorithm for packets of one size: when the next one is due, and how much earlier it may be."""
    due, kept = Fraction(0), []
    for now in map(Fraction, times):
        kept.append(now >= due - limit)
        if kept[-1]:
            due = max(now, due) + increment
    return kept


@given(gaps, st.sampled_from([1, 2, 4]), st.integers(1, 5))
def test_the_meter_is_the_generic_cell_rate_algorithm(gaps, rate, burst):
    """A packet of 2 bytes is due every 2 / rate; the bucket lets burst / rate - 2 / rate more come early."""
    times = np.cumsum(gaps) / 8
    size, depth = 2, 2 * burst
    expected = virtual_scheduling(times, Fraction(size, rate), Fraction(depth - size, rate))
    assert conforming_packets(times, [size] * len(times), rate, depth).tolist() == expected


@given(packets, st.sampled_from([1, 2, 4]), st.integers(1, 20))
def test_what_conforms_keeps_the_contract_in_every_interval_and_no_more_could(packets, rate, burst):
    times, sizes = trace(packets)
    kept = conforming_packets(times, sizes, rate, burst)
    chosen = []
    for number in range(len(times)):  # greedy, by the definition: would all intervals that end here still do?
        tried = [*chosen, number]
        fits = all(sum(sizes[tried[i:]]) <= burst + rate * (times[number] - times[tried[i]]) for i in range(len(tried)))
        assert kept[number] == fits
        if fits:
            chosen = tried


@given(packets, st.sampled_from([1, 2, 4]), st.integers(8, 20))
def test_a_shaper_lets_packets_go_as_soon_as_every_interval_allows(packets, rate, burst):
    times, sizes = trace(packets)
    expected = []
    for number, arrival in enumerate(times):
        waits = [expected[i] + (sum(sizes[i : number + 1]) - burst) / rate for i in range(number)]
        expected.append(max([arrival, *expected[-1:], *waits]))
    left = shaped_departures_s(times, sizes, rate, burst)
    assert left.tolist() == pytest.approx(expected, abs=1e-9)
    assert conforming_packets(left, sizes, rate, burst * (1 + 1e-9)).all()


def played_link(times, sizes, link, pause):
    """First in, first out; after it was idle the link takes its pause first. Longest delay, largest backlog."""
    free, ends = -1.0, []
    for now, size in zip(times, sizes, strict=True):
        start = now + pause if now >= free else free
        free = start + size / link
        ends.append(free)
    unsent = [
        sum(min(size, link * max(end - now, 0)) for size, end in zip(sizes[: k + 1], ends, strict=False))
        for k, now in enumerate(times)
    ]
    return max(np.asarray(ends) - times), max(unsent)


@given(packets, st.sampled_from([1.0, 2.0]), st.integers(8, 20), st.sampled_from([2.0, 3.0, 8.0]), st.integers(0, 4))
def test_no_delay_and_no_backlog_exceeds_its_bound(packets, rate, burst, link, pause):
    times, sizes = trace(packets)
    shaped = shaped_departures_s(times, sizes, rate, burst)
    delay, backlog = played_link(shaped, sizes, link, pause)
    bounds = burst_bounds(burst, rate, link, pause)
    assert delay <= float(bounds["delay_s"]) + 1e-9
    assert backlog <= float(bounds["backlog_bytes"]) + 1e-9


def test_a_greedy_source_reaches_both_bounds():
    times = np.arange(0, 40) / 8  # a byte each eighth of a second, after a burst of 16 bytes
    shaped = shaped_departures_s(np.concatenate([np.zeros(16), times]), [1] * 56, 8.0, 17)
    delay, backlog = played_link(shaped, [1] * 56, 16.0, 2.0)
    bounds = burst_bounds(17, 8.0, 16.0, 2.0)
    assert delay == pytest.approx(float(bounds["delay_s"]), rel=0.01)
    assert backlog == pytest.approx(float(bounds["backlog_bytes"]), rel=0.05)


def test_a_burst_of_one_packet_is_a_leaky_bucket():
    assert shaped_departures_s(np.zeros(5), [4] * 5, 2.0, 4).tolist() == [0, 2, 4, 6, 8]


def played_switches(size, header, rates, delays):
    """Bits one by one through SimPy: a switch sends from when the header is in, and each bit after it has come."""
    env = simpy.Environment()
    wires = [simpy.Store(env) for _ in range(len(rates) + 1)]

    def fly(wire, bit, delay):
        yield env.timeout(delay)
        yield wire.put(bit)

    def node(number):
        faster = number and rates[number] > rates[number - 1]
        if number:
            bits_first = header if not faster else size - (size * rates[number - 1]) // rates[number] + header
            for _ in range(min(bits_first, size)):
                yield wires[number].get()
            seen = min(bits_first, size)
        for bit in range(size):
            if number and bit >= seen:
                yield wires[number].get()
            yield env.timeout(1 / rates[number])
            env.process(fly(wires[number + 1], bit, delays[number]))

    for number in range(len(rates)):
        env.process(node(number))

    def sink():
        for _ in range(size):
            yield wires[-1].get()

    env.run(env.process(sink()))
    return env.now


@pytest.mark.parametrize("rates", [[8.0], [8.0, 8.0], [8.0, 8.0, 8.0], [8.0, 4.0, 2.0], [8.0, 4.0, 4.0]])
def test_cut_through_takes_as_long_as_bits_that_are_played(rates):
    delays = [0.5] * len(rates)
    found = cut_through_s(400, 40, rates, delays)
    assert found == pytest.approx(played_switches(3200, 320, rates, delays), rel=1e-3)


def test_cut_through_lies_between_one_link_and_store_and_forward():
    for rates in ([10e6, 10e6, 10e6], [1e6, 10e6], [10e6, 1e6, 10e6]):
        delays = [1e-6] * len(rates)
        whole = store_and_forward_s(1500, rates, delays)
        assert cut_through_s(1500, 1500, rates, delays) == pytest.approx(whole)
        assert 8 * 1500 / min(rates) + sum(delays) <= cut_through_s(1500, 20, rates, delays) * (1 + 1e-12) < whole


def test_a_faster_link_waits_until_the_last_bit_can_follow():
    assert cut_through_s(1000, 10, [1e6, 8e6], [0.0, 0.0]) == pytest.approx(8e-3)  # both end together
    assert cut_through_s(1000, 10, [8e6, 1e6], [0.0, 0.0]) == pytest.approx(8e-3 + 1e-5)


def test_what_no_traffic_can_be_is_refused():
    with pytest.raises(ValueError, match="do not fall"):
        conforming_packets([1, 0], [1, 1], 1, 1)
    with pytest.raises(ValueError, match="size for each"):
        conforming_packets([1, 2], [1], 1, 1)
    with pytest.raises(ValueError, match="for ever"):
        shaped_departures_s([0], [5], 1, 4)
    with pytest.raises(ValueError, match="rate_bytes_per_s"):
        shaped_departures_s([0], [5], 0, 8)
    with pytest.raises(ValueError, match="contract's rate"):
        burst_bounds(1, 2, 1)
    with pytest.raises(ValueError, match="part of the packet"):
        cut_through_s(10, 11, [1.0], [0.0])
    with pytest.raises(ValueError, match="one link"):
        cut_through_s(10, 1, [], [])
