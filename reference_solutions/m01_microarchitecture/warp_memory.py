r"""Memory accesses of a warp: sectors of global memory, and conflicts on the banks of shared memory.

Question
    Thirty-two threads access memory at once. How much of what is moved do they use, and how often must they queue?
Model
    Global memory is moved in *sectors* of 32 bytes. A warp's access costs as many as it touches:
    :math:`|\{\lfloor a_i / 32 \rfloor\}|` over its active lanes, and uses the bytes that were asked for over those that
    were moved. Shared memory has 32 *banks* of 4 bytes, word :math:`x` on bank :math:`x \bmod 32`. Lanes that want the
    same word share it; different words of one bank are served one after the other:

    .. math:: \max_b \left| \{ x_i : x_i \bmod 32 = b \} \right|
Assumes
    Aligned accesses of up to 16 bytes to global memory (compute capability 6.0 or higher), 4 bytes to shared memory.
Breaks when
    The L1 cache keeps a sector for the next access, or accesses of 8 and 16 bytes to shared memory are served in halves
    and quarters of a warp.
Source
    NVIDIA, *CUDA C++ Best Practices Guide*, "Coalesced Access to Global Memory"; *CUDA C++ Programming Guide*, "Shared
    Memory" of compute capability 5.x, to which those of later ones refer.
Oracle
    Closed forms of strides: min(32, 4 s) sectors, conflicts gcd(s, 32); sets and counters of Python, lane by lane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bank_conflict_degree", "sector_efficiency", "warp_sectors"]


def warp_sectors(addresses: ArrayLike, access_bytes: int, active: ArrayLike = True) -> NDArray[np.int64]:
    """Sectors of 32 bytes that accesses of warps touch.

    Parameters
    ----------
    addresses : (..., 32) array_like of int
        Address of each lane's access, a multiple of its size. [B]
    access_bytes : {1, 2, 4, 8, 16}
        Size of an access. [B]
    active : (..., 32) array_like of bool
        Which lanes take part.

    Returns
    -------
    (...) ndarray of int
        Sectors of each warp; 0 if no lane takes part. [1]

    Raises
    ------
    ValueError
        If there are not 32 lanes, no such size, or an active lane's address is not aligned.

    Examples
    --------
    Neighbours, a start that is off by a lane, a stride of two, and all of them at one place:

    >>> lanes = np.arange(32)
    >>> warp_sectors([4 * lanes, 4 * lanes + 4, 8 * lanes, 0 * lanes], access_bytes=4)
    array([4, 5, 8, 1])
    """
    where = np.asarray(addresses)
    takes_part = np.broadcast_to(np.asarray(active, dtype=bool), where.shape)
    if where.shape[-1:] != (32,) or access_bytes not in (1, 2, 4, 8, 16):
        raise ValueError("a warp has 32 lanes, and each accesses 1, 2, 4, 8 or 16 bytes")
    if np.any(takes_part & (where % access_bytes != 0)):
        raise ValueError("an address is a multiple of the size of its access")
    sectors = np.sort(np.where(takes_part, where // 32, np.nan), axis=-1)  # lanes that touch none stand last
    touched: NDArray[np.int64] = np.sum(np.diff(sectors, axis=-1, prepend=-np.inf) > 0, axis=-1)
    return touched


def sector_efficiency(addresses: ArrayLike, access_bytes: int, active: ArrayLike = True) -> NDArray[np.float64]:
    """Bytes that lanes ask for, each for itself, over the bytes that are moved.

    Parameters
    ----------
    addresses : (..., 32) array_like of int
        Address of each lane's access, a multiple of its size. [B]
    access_bytes : {1, 2, 4, 8, 16}
        Size of an access. [B]
    active : (..., 32) array_like of bool
        Which lanes take part.

    Returns
    -------
    (...) ndarray
        Efficiency; above 1 where lanes share what they ask for, NaN if no lane takes part. [1]

    Examples
    --------
    >>> float(sector_efficiency(8 * np.arange(32), access_bytes=4))
    0.5
    """
    moved = 32.0 * warp_sectors(addresses, access_bytes, active)
    asked = access_bytes * np.sum(np.broadcast_to(active, np.shape(addresses)), axis=-1)
    efficiency: NDArray[np.float64] = np.divide(asked, moved, out=np.full(moved.shape, np.nan), where=moved > 0)
    return efficiency


def bank_conflict_degree(words: ArrayLike) -> NDArray[np.int64]:
    """How often a warp's access to shared memory is served one after the other.

    Parameters
    ----------
    words : (..., 32) array_like of int
        Word of 4 bytes that each lane accesses, not negative. [1]

    Returns
    -------
    (...) ndarray of int
        Largest number of different words on one bank; 1 is free of conflicts. [1]

    Raises
    ------
    ValueError
        If there are not 32 lanes, or a word is negative.

    Examples
    --------
    A column of a matrix of 32 words a row, and of one that is padded to 33:

    >>> bank_conflict_degree([32 * np.arange(32), 33 * np.arange(32)])
    array([32,  1])
    """
    word = np.asarray(words)
    if word.shape[-1:] != (32,) or np.any(word < 0):
        raise ValueError("a warp has 32 lanes, and no word is negative")
    banks = np.arange(32)
    on_bank = np.where(word[..., np.newaxis, :] % 32 == banks[:, np.newaxis], word[..., np.newaxis, :], -1)
    different = np.sum(np.diff(np.sort(on_bank, axis=-1), axis=-1, prepend=-1) > 0, axis=-1)
    degree: NDArray[np.int64] = np.max(different, axis=-1)
    return degree
