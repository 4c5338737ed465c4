"""Translation: page tables laid out in memory and walked, and a TLB kept as an ordered dictionary."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.address_translation import (
    page_walk_accesses,
    tlb_misses,
    tlb_reach_bytes,
    translation_cycles_per_instruction,
)

FAN = 4  # entries of a table; page tables of x86 have 512, which changes no count


class Memory:
    """Page tables of a guest and of a host, and every read of them counted."""

    def __init__(self):
        self.words, self.free, self.reads = {}, 1, 0

    def table(self):
        self.free += 1
        return self.free

    def map(self, root, levels, number, frame):
        """Let a table of so many levels say that a page number lies in a frame."""
        here = root
        for level in reversed(range(levels)):
            slot = here, number // FAN**level % FAN
            here = self.words.setdefault(slot, frame if level == 0 else self.table())

    def read(self, slot):
        self.reads += 1
        return self.words[slot]

    def walk(self, root, levels, number, known=None, host=None):
        """Frame of a page number; `known` is the table that a cache knows, `host` translates where tables lie."""
        here, level = known or (root, levels)
        while level:
            level -= 1
            place = host(here) if host else here
            here = self.read((place, number // FAN**level % FAN))
        return host(here) if host else here


def nested_reads(levels, host_levels, cached):
    """Walks a guest's table, every table of which the host keeps somewhere else; reads of that walk, and its frame."""
    memory, host_root, guest_root, pages = Memory(), 1000, 3, {}
    for guest_number in range(1, 40):  # where the host keeps what the guest calls so
        pages[guest_number] = 500 + 7 * guest_number
        if host_levels:
            memory.map(host_root, host_levels, guest_number, pages[guest_number])
        else:
            pages[guest_number] = guest_number

    number, below = 27, guest_root
    tables = [guest_root, *range(4, 4 + levels - 1), 30]  # the guest's tables and, at last, its frame
    for level in reversed(range(levels)):
        below = tables[levels - level]
        memory.words[pages[tables[levels - level - 1]], number // FAN**level % FAN] = below

    def host(guest_number):
        return memory.walk(host_root, host_levels, guest_number) if host_levels else guest_number

    known = (tables[cached], levels - cached)
    frame = memory.walk(guest_root, levels, number, known, host)
    return memory.reads, frame == pages[30]


@pytest.mark.parametrize("levels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("host_levels", [0, 3, 4, 5])
def test_a_walk_reads_what_page_tables_in_memory_need(levels, host_levels):
    for cached in range(levels):
        reads, right = nested_reads(levels, host_levels, cached)
        assert right
        assert page_walk_accesses(levels, host_levels, cached) == reads


def test_two_tables_of_four_levels_need_24():
    assert page_walk_accesses([4, 4, 5], [0, 4, 5]).tolist() == [4, 24, 35]
    assert page_walk_accesses(4) == 4


def lru_misses(addresses, page, entries):
    kept, missed = OrderedDict(), []
    for address in addresses:
        number = address // page
        missed.append(number not in kept)
        kept[number] = True
        kept.move_to_end(number)
        if len(kept) > entries:
            kept.popitem(last=False)
    return missed


@given(
    st.lists(st.integers(0, 40_000), max_size=80), st.sampled_from([1024, 4096]), st.integers(min_value=1, max_value=9)
)
def test_misses_are_those_of_an_ordered_dictionary(addresses, page, entries):
    assert tlb_misses(addresses, page, entries).tolist() == lru_misses(addresses, page, entries)


def test_a_sweep_within_reach_misses_once_a_page_and_one_beyond_it_always():
    reach = int(tlb_reach_bytes(16, 4096))
    within = np.tile(np.arange(0, reach, 512), 5)
    beyond = np.tile(np.arange(0, reach + 4096, 4096), 5)
    assert tlb_misses(within, 4096, 16).sum() == 16
    assert tlb_misses(beyond, 4096, 16).all()
    assert tlb_misses(beyond, 8192, 16).sum() == 9  # pages of twice the size, and all of it is within reach


def test_reach_of_a_second_level_tlb():
    assert tlb_reach_bytes(1536, [2**12, 2**21]).tolist() == [6 * 2**20, 3 * 2**30]


@given(st.integers(0, 50), st.integers(0, 200), st.integers(1, 4))
def test_cycles_of_an_instruction_are_those_of_walkers_kept_busy(misses, walk, walkers):
    """A million instructions' misses come in groups, each walked together by so many walkers."""
    groups = 1000 * misses
    cycles = groups * walk  # each group takes as long as a walk
    found = translation_cycles_per_instruction(misses * walkers, walk, walkers)
    assert float(found) == pytest.approx(cycles / 1e6)


def test_what_no_translation_can_be_is_refused():
    with pytest.raises(ValueError, match="level at least"):
        page_walk_accesses(0)
    with pytest.raises(ValueError, match="not cached"):
        page_walk_accesses(4, 4, 4)
    with pytest.raises(ValueError, match="entries"):
        tlb_reach_bytes(0, 4096)
    with pytest.raises(ValueError, match="not negative"):
        tlb_misses([-1], 4096, 4)
    with pytest.raises(ValueError, match="one at least"):
        translation_cycles_per_instruction(1, 30, 0.5)
