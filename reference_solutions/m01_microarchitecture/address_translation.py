r"""Address translation: what a TLB reaches, and what a walk through page tables costs.

Question
    A program misses few caches and still waits. How much of its time goes into finding out where its data lie, and
    what would larger pages change?
Model
    A TLB of :math:`e` entries for pages of :math:`p` bytes *reaches* :math:`e p` bytes. A miss walks the page table:
    one access a level, less the levels that a page-walk cache knows. Under a hypervisor each level of the guest's table
    stands at an address of the guest, which needs a walk of the host's table of its own, and so does the result:

    .. math:: n - c, \qquad (n - c + 1)(m + 1) - 1, \qquad
        \mathrm{CPI}_{tlb} = \frac{\mathrm{MPKI}}{1000} \cdot \frac{\text{walk}}{\text{walks at a time}}
Assumes
    The TLB is fully associative and keeps what was used last (LRU). The cache of upper levels knows the guest's
    :math:`c`, with the host's addresses in it. Nothing but the walk waits.
Breaks when
    A TLB has sets, so that pages of one stride push each other out; the host's walks have caches of their own; pages of
    several sizes share entries (here each size has its own, and their reaches add up).
Source
    Bhargava, Serebrin, Spadini, Manne, "Accelerating two-dimensional page walks for virtualized systems", ASPLOS 2008,
    by its abstract; the 24 accesses of two tables of four levels also in the abstract of Stojkovic, Skarlatos, Kokolis,
    Xu, Torrellas, ASPLOS 2022. The terms for the page-walk cache and for walks at a time are our own.
Oracle
    Page tables of a guest and a host, laid out in memory and walked with every read counted; 24 as printed; a TLB kept
    as an ordered dictionary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.m01_microarchitecture.set_associative import cache_hits
from reference_solutions.units import Array

__all__ = ["page_walk_accesses", "tlb_misses", "tlb_reach_bytes", "translation_cycles_per_instruction"]


def tlb_reach_bytes(entries: ArrayLike, page_bytes: ArrayLike) -> NDArray[np.int64]:
    """Memory that a TLB can translate without a walk; the arguments broadcast.

    Parameters
    ----------
    entries : (...) array_like of int
        Translations that it holds. [1]
    page_bytes : (...) array_like of int
        Size of a page. [B]

    Returns
    -------
    (...) ndarray of int
        Reach. [B]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    In MiB, with pages of 4 KiB and of 2 MiB:

    >>> (tlb_reach_bytes(1536, [4096, 2**21]) // 2**20).tolist()
    [6, 3072]
    """
    validate.require_positive(entries=entries, page_bytes=page_bytes)
    reach: NDArray[np.int64] = np.multiply(entries, page_bytes, dtype=np.int64)
    return reach


def tlb_misses(addresses: ArrayLike, page_bytes: int, entries: int) -> NDArray[np.bool_]:
    """Which accesses of a trace find no translation in a TLB that starts empty.

    Parameters
    ----------
    addresses : (N,) array_like of int
        Address of each access, in order, not negative. [B]
    page_bytes : int
        Size of a page. [B]
    entries : int
        Translations that the TLB holds. [1]

    Returns
    -------
    (N,) ndarray of bool
        True where an access has to walk.

    Raises
    ------
    ValueError
        If a page or the TLB is empty, or an address is negative.

    Examples
    --------
    >>> tlb_misses([0, 64, 4096, 8192, 0], page_bytes=4096, entries=2).tolist()
    [True, False, True, True, True]
    """
    validate.require_positive(page_bytes=page_bytes, entries=entries)
    where = np.asarray(addresses, dtype=np.int64)
    if np.any(where < 0):
        raise ValueError("an address is not negative")
    missed: NDArray[np.bool_] = ~cache_hits(where // page_bytes, 1, entries)
    return missed


def page_walk_accesses(
    levels: ArrayLike, host_levels: ArrayLike = 0, cached_levels: ArrayLike = 0
) -> NDArray[np.int64]:
    """Memory accesses of a walk; the arguments broadcast.

    Parameters
    ----------
    levels : (...) array_like of int
        Levels of the page table; of the guest's, if there is a host. [1]
    host_levels : (...) array_like of int
        Levels of the host's page table; 0 without a hypervisor. [1]
    cached_levels : (...) array_like of int
        Upper levels that a page-walk cache knows; the last is always read. [1]

    Returns
    -------
    (...) ndarray of int
        Accesses, one after the other. [1]

    Raises
    ------
    ValueError
        If there is no level, more are cached than all but the last, or a number is negative.

    Examples
    --------
    Four levels; five; four under a host with four; the same with three of the guest's cached:

    >>> page_walk_accesses([4, 5, 4, 4], [0, 0, 4, 4], [0, 0, 0, 3]).tolist()
    [4, 5, 24, 9]
    """
    guest, host, cached = (np.asarray(one, dtype=np.int64) for one in (levels, host_levels, cached_levels))
    if np.any(guest < 1) or np.any(host < 0) or np.any(cached < 0) or np.any(cached >= guest):
        raise ValueError("a table has a level at least, and its last level is not cached")
    accesses: NDArray[np.int64] = (guest - cached + 1) * (host + 1) - 1
    return accesses


def translation_cycles_per_instruction(
    misses_per_kilo_instructions: ArrayLike, walk_cycles: ArrayLike, walks_at_a_time: ArrayLike = 1
) -> Array:
    """Cycles of an instruction that go into walks; the arguments broadcast.

    Parameters
    ----------
    misses_per_kilo_instructions : (...) array_like
        Misses of the last TLB in 1000 instructions. [1]
    walk_cycles : (...) array_like
        Length of a walk. [cycle]
    walks_at_a_time : (...) array_like
        Walks under way together while there is one, on average. [1]

    Returns
    -------
    (...) ndarray
        Component of the CPI stack. [cycle]

    Raises
    ------
    ValueError
        If a rate or a length is negative, or fewer than one walk is under way while there is one.

    Examples
    --------
    Two misses, 30 cycles each; 120 under a hypervisor; two walkers:

    >>> translation_cycles_per_instruction(2, [30, 120, 120], [1, 1, 2]).tolist()
    [0.06, 0.24, 0.12]
    """
    rate, length = np.asarray(misses_per_kilo_instructions, dtype=float), np.asarray(walk_cycles, dtype=float)
    if not (np.all(rate >= 0) and np.all(length >= 0) and np.all(np.asarray(walks_at_a_time) >= 1)):
        raise ValueError("rates and lengths are not negative, and a walk under way is one at least")
    cycles: Array = rate / 1000 * length / walks_at_a_time
    return cycles
