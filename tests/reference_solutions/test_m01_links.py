"""Links: bits counted, packets cut byte by byte, and all packets of all pairs laid over a network."""

from __future__ import annotations

from collections import Counter, deque
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.mesh_network import (
    mesh_hops_to,
    mesh_mean_hops,
    mesh_sent_bytes_per_s,
    mesh_zero_load_cycles,
)
from reference_solutions.m01_microarchitecture.pcie_link import (
    pcie_data_bytes_per_s,
    pcie_link_bytes_per_s,
    pcie_packet_bytes,
    pcie_read_bytes_per_s,
)

# --- PCI Express ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("generation", "gb_per_s"), [(1, 4.0), (2, 8.0), (3, 15.754), (4, 31.508), (5, 63.015)])
def test_sixteen_lanes_carry_what_everybody_prints(generation, gb_per_s):
    assert round(float(pcie_link_bytes_per_s(generation, 16)) / 1e9, 3) == gb_per_s
    assert pcie_link_bytes_per_s(generation, [1, 4]) * 4 == pytest.approx(pcie_link_bytes_per_s(generation, [4, 16]))


def test_a_second_of_bits_carries_as_many_bytes():
    """Blocks of 130 bits (or symbols of 10) that fit into what a lane sends in a microsecond, one by one."""
    for generation, bits, block, data in [(1, 2500, 10, 1), (2, 5000, 10, 1), (3, 8000, 130, 16), (5, 32000, 130, 16)]:
        sent = carried = 0
        while sent + block <= bits * 13:  # of thirteen microseconds, which both kinds of blocks fill
            sent, carried = sent + block, carried + data
        assert carried / 13e-6 == pytest.approx(float(pcie_link_bytes_per_s(generation, 1)), rel=1e-12)


def cut_byte_by_byte(address, size, largest, boundary):
    """Puts byte after byte into a packet; closes it when the next one must not be in it."""
    packets, packet = [], 0
    for place in range(address, address + size):
        room = packet < largest
        if boundary is None:
            fits = room and (packet == 0 or place % 4096 != 0)
        else:  # at a boundary: does all up to the next one still fit?
            fits = place % boundary != 0 or packet + boundary <= largest
        if packet and not fits:
            packets.append(packet)
            packet = 0
        packet += 1
    return [*packets, packet]


@given(
    st.integers(0, 9000), st.integers(1, 3000), st.sampled_from([128, 256, 512]), st.sampled_from([None, None, 64, 128])
)
def test_packets_are_those_of_bytes_put_in_one_by_one(address, size, largest, boundary):
    found = pcie_packet_bytes(address, size, largest, boundary)
    assert found.tolist() == cut_byte_by_byte(address, size, largest, boundary)
    assert found.sum() == size


def test_an_aligned_transfer_has_packets_of_one_size():
    assert pcie_packet_bytes(8192, 4096, 256).tolist() == [256] * 16
    assert pcie_packet_bytes(64, 320, 256, 64).tolist() == [256, 64]


@given(st.lists(st.integers(1, 512), min_size=1, max_size=20), st.sampled_from([20, 24, 28]))
def test_packets_of_mixed_sizes_take_the_sum_of_their_times(sizes, besides):
    link = 8e9
    lasts_s = sum(Fraction(size + besides, 10**9) for size in sizes) / 8
    each_s = np.asarray(sizes) / pcie_data_bytes_per_s(link, sizes, besides)
    assert each_s.sum() == pytest.approx(float(lasts_s))


def reads_played(in_flight, request, latency, seconds_a_request):
    """Starts a request as soon as one is allowed out; answers come in turn, each as long as the link takes."""
    link_free, done, ends = 0.0, deque(), []
    for number in range(5200):
        start = done.popleft() if number >= in_flight else 0.0
        link_free = max(start + latency - seconds_a_request, link_free) + seconds_a_request
        done.append(link_free)
        ends.append(link_free)
    return 4200 * request / (ends[5199] - ends[999])  # whole rounds of each number in flight


@pytest.mark.parametrize("in_flight", [1, 2, 7, 15, 40, 200])
def test_reads_go_as_fast_as_reads_that_are_played(in_flight):
    link, request, latency = 12e9, 512, 1e-6
    played = reads_played(in_flight, request, latency, request / link)
    assert float(pcie_read_bytes_per_s(link, in_flight, request, latency)) == pytest.approx(played, rel=1e-6)


def test_what_no_link_can_be_is_refused():
    with pytest.raises(ValueError, match="flits"):
        pcie_link_bytes_per_s(6, 16)
    with pytest.raises(ValueError, match="lanes"):
        pcie_link_bytes_per_s(3, 0)
    with pytest.raises(ValueError, match="multiple"):
        pcie_packet_bytes(0, 100, 128, 96)
    with pytest.raises(ValueError, match="negative"):
        pcie_packet_bytes(-1, 100, 128)
    with pytest.raises(ValueError, match="less than its data"):
        pcie_data_bytes_per_s(1e9, 64, -1)
    with pytest.raises(ValueError, match="latency_s"):
        pcie_read_bytes_per_s(1e9, 8, 512, 0)


# --- meshes -----------------------------------------------------------------------------------------------------------

SHAPES = [(2, 1), (3, 1), (2, 2), (3, 2), (4, 4), (5, 3), (6, 4), (8, 8)]


def neighbours(node, columns, rows, torus):
    x, y = node
    for dx, dy in [(1, 0), (-1, 0), (0, 1), (0, -1)]:
        there = ((x + dx) % columns, (y + dy) % rows) if torus else (x + dx, y + dy)
        if 0 <= there[0] < columns and 0 <= there[1] < rows and there != node:
            yield there


def distances(start, columns, rows, torus):
    """Breadth-first."""
    found, waiting = {start: 0}, deque([start])
    while waiting:
        node = waiting.popleft()
        for there in neighbours(node, columns, rows, torus):
            if there not in found:
                found[there] = found[node] + 1
                waiting.append(there)
    return found


@pytest.mark.parametrize("torus", [False, True])
@pytest.mark.parametrize(("columns", "rows"), SHAPES)
def test_mean_hops_are_those_of_breadth_first_search(columns, rows, torus):
    nodes = list(product(range(columns), range(rows)))
    total = sum(sum(distances(start, columns, rows, torus).values()) for start in nodes)
    assert mesh_mean_hops(columns, rows, torus) == pytest.approx(total / (len(nodes) * (len(nodes) - 1)))


def test_square_meshes_have_two_thirds_of_their_side():
    assert [mesh_mean_hops(k, k) for k in (2, 4, 8, 16)] == pytest.approx([2 * k / 3 for k in (2, 4, 8, 16)])


@pytest.mark.parametrize("torus", [False, True])
def test_hops_to_places_are_those_of_breadth_first_search(torus):
    places = [(0, 1), (4, 0), (4, 3), (2, 2)]
    ways = [distances(place, 5, 4, torus) for place in places]
    expected = [[sum(way[x, y] for way in ways) / 4 for x in range(5)] for y in range(4)]
    np.testing.assert_allclose(mesh_hops_to(5, 4, places, torus), expected)


def test_hops_to_one_place_are_distances():
    assert mesh_hops_to(4, 1, [[1, 0]]).tolist() == [[1, 0, 1, 2]]


def steps(start, end, length, torus):
    """Ways along one dimension, each with its share: both ways round share what is equally far."""
    ahead, back = (end - start) % length, (start - end) % length
    if not torus:
        return [(1.0, 1 if end > start else -1, abs(end - start))]
    if ahead == back:
        return [(0.5, 1, ahead), (0.5, -1, back)]
    return [(1.0, 1, ahead) if ahead < back else (1.0, -1, back)]


def fullest_link(columns, rows, torus):
    """Load of the fullest link if each node sends one unit, evenly to all nodes."""
    load, nodes = Counter(), list(product(range(columns), range(rows)))
    for (x, y), (u, v) in product(nodes, nodes):
        for (share, step, count), (share_v, step_v, count_v) in product(
            steps(x, u, columns, torus), steps(y, v, rows, torus)
        ):
            for number in range(count):
                load["x", (x + step * number) % columns, y, step] += share * share_v / len(nodes)
            for number in range(count_v):
                load["y", u, (y + step_v * number) % rows, step_v] += share * share_v / len(nodes)
    return max([1.0, *load.values()])  # a node's own link carries all that it sends


@pytest.mark.parametrize("torus", [False, True])
@pytest.mark.parametrize(("columns", "rows"), [*SHAPES, (9, 2), (1, 7), (10, 3)])
def test_nodes_send_what_the_fullest_link_lets_through(columns, rows, torus):
    if torus and 2 in (columns, rows):
        return  # a ring of two: whether it has one link or two each way is a matter of words
    sent = float(mesh_sent_bytes_per_s(columns, rows, 7.0, torus))
    assert sent == pytest.approx(7.0 / fullest_link(columns, rows, torus))


def flits_played(hops, router, link, flits):
    """Each flit goes through wires and routers, a cycle behind the one before; the last one's arrival."""
    arrived = 0
    for number in range(flits):
        now = number  # when it leaves the node
        for stage in range(2 * hops + 3):  # wire, router, wire, ..., router, wire
            now += link if stage % 2 == 0 else router
        arrived = now + 1  # it takes a cycle to come in
    return arrived


@pytest.mark.parametrize(("hops", "size"), [(0, 16), (1, 17), (6, 64), (14, 256)])
def test_a_packet_arrives_when_its_last_flit_does(hops, size):
    assert mesh_zero_load_cycles(hops, 3, 1, size, 16) == flits_played(hops, 3, 1, -(-size // 16))


def test_what_no_network_can_be_is_refused():
    with pytest.raises(ValueError, match="two nodes"):
        mesh_mean_hops(1, 1)
    with pytest.raises(ValueError, match="two nodes"):
        mesh_sent_bytes_per_s(0, 5, 1.0)
    with pytest.raises(ValueError, match="places"):
        mesh_hops_to(3, 3, [[3, 0]])
    with pytest.raises(ValueError, match="places"):
        mesh_hops_to(3, 3, [])
    with pytest.raises(ValueError, match="not negative"):
        mesh_zero_load_cycles(-1, 3, 1, 64, 16)
