"""Row buffers: single reads and streams of reads, played by the banks of module 3."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions.m01_microarchitecture.row_buffer import (
    dram_bus_share,
    dram_peak_bytes_per_s,
    mean_row_read_cycles,
    row_read_cycles,
)
from reference_solutions.m03_modeling_simulation.dram_banks import DramBanks

# DDR4-2400: the values of DRAMsim3's configuration DDR4_8Gb_x8_2400.ini
TIMING = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
TIMING |= {"tREFI": 9364, "tRFC": 420, "burst": 4}
CALM = TIMING | {"tREFI": 10**8}  # no refresh comes by


def test_peaks_are_those_that_everybody_prints():
    assert (dram_peak_bytes_per_s([1, 8, 8], 8, [3200e6, 3200e6, 4800e6]) / 1e9).tolist() == [25.6, 204.8, 307.2]


def test_single_reads_take_what_the_banks_of_module_3_take():
    for bank in range(4):
        memory = DramBanks(4, CALM)
        starts, rows = [0, 1000, 2000, 3000, 4000], [5, 5, 9, 9, 5]
        took = [memory.read(start, bank, row) - start for start, row in zip(starts, rows, strict=True)]
        single = row_read_cycles(CALM)
        assert took == [single[kind] for kind in ("closed", "hit", "conflict", "hit", "conflict")]


def test_the_mean_of_reads_one_at_a_time_is_that_of_the_banks():
    rng = np.random.default_rng(1)
    rows, memory, now = rng.integers(0, 3, 400).tolist(), DramBanks(1, CALM), 0
    took = []
    for row in rows:
        done = memory.read(now, 0, row)
        took.append(done - now)
        now = done + 200
    shares = {kind: count / 400 for kind, count in memory.counts.items()}
    assert mean_row_read_cycles(shares, CALM) == pytest.approx(np.mean(took))
    assert mean_row_read_cycles({"hit": 1.0, "closed": 0.0}, CALM) == row_read_cycles(CALM)["hit"]


def played_share(banks, bursts, timing, rows=3000):
    """Share of the bus's time that is full, if reads of new rows go round the banks and are all asked for at once."""
    memory, last = DramBanks(banks, timing), 0
    for number in range(rows):
        for _ in range(bursts):
            last = memory.read(0, number % banks, number // banks)
    return rows * bursts * timing["burst"] / last


@pytest.mark.parametrize("banks", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("faw", [12, 26, 60])
def test_one_read_a_row_reaches_the_bound(banks, faw):
    timing = CALM | {"tFAW": faw}
    assert played_share(banks, 1, timing) == pytest.approx(float(dram_bus_share(banks, 1, timing)), rel=0.02)


def test_activations_too_close_to_each_other_wait():
    timing = CALM | {"tRRD": 9}
    assert played_share(16, 1, timing) == pytest.approx(4 / 9, rel=0.02)
    assert float(dram_bus_share(16, 1, timing)) == pytest.approx(4 / 9, rel=1e-4)


@pytest.mark.parametrize("spacing", [4, 6])
@pytest.mark.parametrize("bursts", [1, 2, 4, 8])
def test_more_reads_a_row_reach_it_and_never_more(bursts, spacing):
    timing = CALM | {"tCCD": spacing}
    bound = float(dram_bus_share(16, bursts, timing))
    assert 0.97 * bound < played_share(16, bursts, timing) <= bound * (1 + 1e-9)


def test_refreshes_take_their_share():
    lost = 1 - dram_bus_share(16, 64, TIMING | {"tRFC": 560, "tREFI": 12480})  # of DDR4_8Gb_x8_3200.ini
    assert round(100 * float(lost), 2) == 4.49
    assert played_share(16, 64, TIMING, rows=800) == pytest.approx(float(dram_bus_share(16, 64, TIMING)), rel=0.02)


def test_what_no_memory_can_be_is_refused():
    with pytest.raises(ValueError, match="channels"):
        dram_peak_bytes_per_s(0, 8, 1e9)
    with pytest.raises(ValueError, match="CL"):
        row_read_cycles(TIMING | {"CL": 0})
    with pytest.raises(ValueError, match="add up"):
        mean_row_read_cycles({"hit": 0.5, "closed": 0.4}, TIMING)
    with pytest.raises(ValueError, match="add up"):
        mean_row_read_cycles({"hit": 0.5, "miss": 0.5}, TIMING)
    with pytest.raises(ValueError, match="add up"):
        mean_row_read_cycles({"hit": 1.5, "conflict": -0.5}, TIMING)
    with pytest.raises(ValueError, match="refresh"):
        dram_bus_share(4, 1, TIMING | {"tRFC": 9364})
