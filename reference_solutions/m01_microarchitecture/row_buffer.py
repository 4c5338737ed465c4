r"""DRAM by hand: what a read takes, what the channels' peak is, and why a random reader never sees it.

Question
    The data sheet says 307 GB/s. How long does a single read take, and which share of the peak is left if every read
    opens another row?
Model
    A row must be *precharged* away, another *activated*, before its columns are read; the burst comes after:

    .. math:: t_{hit} = CL + b, \qquad t_{closed} = t_{RCD} + t_{hit}, \qquad t_{conflict} = t_{RP} + t_{closed}, \qquad
        B_{peak} = \text{channels} \cdot \text{bytes} \cdot \text{transfers per s}

    A channel activates at most four rows in :math:`t_{FAW}`, one in :math:`t_{RRD}`, and each of :math:`n` banks one
    in :math:`t_{RC} = t_{RAS} + t_{RP}`; with :math:`m` bursts of each row, and the time of refreshes taken away,
    bursts fill the bus for a share of

    .. math:: \min \left( \frac{b}{\max(b, t_{CCD})},\ m b \min \left( \frac{4}{t_{FAW}}, \frac{1}{t_{RRD}},
        \frac{n}{t_{RC}} \right) \right) \left( 1 - \frac{t_{RFC}}{t_{REFI}} \right)
Assumes
    Enough reads wait for all banks to be busy; the controller finds them in the order that suits it. A row's column
    commands fit into :math:`t_{RAS}` of its activation.
Breaks when
    Reads follow from each other, so that times add up; writes turn the bus around; bank groups need a longer spacing.
Source
    Names of the timings, and 12480 and 560 cycles between and for refreshes of `DDR4_8Gb_x8_3200`: configuration files
    of DRAMsim3 (repository umd-memsys/DRAMsim3, folder `configs`), Li, Yang, Reddy, Srivastava, Jacob, IEEE Computer
    Architecture Letters 19(2), 2020, pp. 106-109. Their meaning: JEDEC JESD79-4, not read. The bound is our own.
Oracle
    8 channels of 8 bytes at 4800 million transfers a second: 307.2 GB/s; a refresh loss of 4.49 %; the banks that
    module 3 plays (`DramBanks`), which share no code with these equations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["dram_bus_share", "dram_peak_bytes_per_s", "mean_row_read_cycles", "row_read_cycles"]

_KINDS = ("hit", "closed", "conflict")


def dram_peak_bytes_per_s(channels: ArrayLike, bus_bytes: ArrayLike, transfers_per_s: ArrayLike) -> Array:
    """Peak of a memory; the arguments broadcast.

    Parameters
    ----------
    channels : (...) array_like of int
        Channels. [1]
    bus_bytes : (...) array_like
        Width of a channel's data, without those for error correction. [B]
    transfers_per_s : (...) array_like
        Transfers on each of its wires, two in a clock period. [1/s]

    Returns
    -------
    (...) ndarray
        Peak. [B/s]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> (dram_peak_bytes_per_s(8, 8, [3200e6, 4800e6]) / 1e9).tolist()
    [204.8, 307.2]
    """
    validate.require_positive(channels=channels, bus_bytes=bus_bytes, transfers_per_s=transfers_per_s)
    peak: Array = np.multiply(channels, bus_bytes) * np.asarray(transfers_per_s, dtype=float)
    return peak


def row_read_cycles(timing: Mapping[str, int]) -> dict[str, int]:
    """Time of a single read of an idle memory, by what its bank's row buffer holds.

    Parameters
    ----------
    timing : mapping of str to int
        `CL`, `tRCD`, `tRP` and `burst`. [cycle]

    Returns
    -------
    dict of str to int
        `hit`: the row is open; `closed`: none is; `conflict`: another one is. [cycle]

    Raises
    ------
    ValueError
        If a timing is not positive.

    Examples
    --------
    >>> row_read_cycles({"CL": 16, "tRCD": 16, "tRP": 16, "burst": 4})
    {'hit': 20, 'closed': 36, 'conflict': 52}
    """
    validate.require_positive(**{name: timing[name] for name in ("CL", "tRCD", "tRP", "burst")})
    hit = timing["CL"] + timing["burst"]
    return {"hit": hit, "closed": timing["tRCD"] + hit, "conflict": timing["tRP"] + timing["tRCD"] + hit}


def mean_row_read_cycles(shares: Mapping[str, float], timing: Mapping[str, int]) -> float:
    """Mean time of reads that come one at a time.

    Parameters
    ----------
    shares : mapping of str to float
        Share of the reads of each kind: `hit`, `closed`, `conflict`; they add up to 1. [1]
    timing : mapping of str to int
        `CL`, `tRCD`, `tRP` and `burst`. [cycle]

    Returns
    -------
    float
        Mean. [cycle]

    Raises
    ------
    ValueError
        If a share is negative, or they do not add up to 1.

    Examples
    --------
    >>> mean_row_read_cycles({"hit": 0.75, "conflict": 0.25}, {"CL": 16, "tRCD": 16, "tRP": 16, "burst": 4})
    28.0
    """
    unknown = set(shares) - set(_KINDS)
    if unknown or min(shares.values(), default=0) < 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"shares of {', '.join(_KINDS)} add up to 1")
    cycles = row_read_cycles(timing)
    return float(sum(share * cycles[kind] for kind, share in shares.items()))


def dram_bus_share(banks: int, bursts_per_row: ArrayLike, timing: Mapping[str, int]) -> Array:
    """Share of a channel's peak that reads can reach if each row that is opened serves so many of them.

    Parameters
    ----------
    banks : int
        Banks of the channel. [1]
    bursts_per_row : (...) array_like
        Reads of a row before its bank opens another. [1]
    timing : mapping of str to int
        `tRP`, `tRAS`, `tCCD`, `tRRD`, `tFAW`, `tREFI`, `tRFC` and `burst`. [cycle]

    Returns
    -------
    (...) ndarray
        Bound of the share. [1]

    Raises
    ------
    ValueError
        If a number is not positive, or refreshes leave no time.

    Examples
    --------
    Sixteen banks, one read a row, then four; the loss to refreshes is in both:

    >>> timing = {"tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26, "tREFI": 9364, "tRFC": 420, "burst": 4}
    >>> dram_bus_share(16, [1, 4], timing).round(3).tolist()
    [0.588, 0.955]
    """
    names = ("tRP", "tRAS", "tCCD", "tRRD", "tFAW", "tREFI", "tRFC", "burst")
    validate.require_positive(banks=banks, bursts_per_row=bursts_per_row, **{name: timing[name] for name in names})
    if timing["tRFC"] >= timing["tREFI"]:
        raise ValueError("a refresh is over before the next one")
    burst = timing["burst"]
    rows_per_cycle = min(4 / timing["tFAW"], 1 / timing["tRRD"], banks / (timing["tRAS"] + timing["tRP"]))
    bus = burst / max(burst, timing["tCCD"])
    share: Array = np.minimum(bus, np.asarray(bursts_per_row, dtype=float) * burst * rows_per_cycle)
    return share * (1 - timing["tRFC"] / timing["tREFI"])
