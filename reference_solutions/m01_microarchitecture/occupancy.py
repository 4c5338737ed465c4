r"""Occupancy: how many blocks of a kernel fit on a multiprocessor, and which resource says so.

Question
    A kernel is launched with so many threads, registers and so much shared memory a block. How full does that make a
    multiprocessor, and what would have to shrink to fit one block more?
Model
    With :math:`w = \lceil T / 32 \rceil` warps a block, blocks fit up to the least of four limits:

    .. math:: \left\lfloor \frac{W}{w} \right\rfloor, \quad B, \quad
        \left\lfloor \frac{4 \lfloor F / 4 r \rfloor}{w} \right\rfloor, \quad \left\lfloor \frac{S}{s} \right\rfloor

    :math:`W` warps and :math:`B` blocks that a multiprocessor keeps at most. A warp takes :math:`r` registers, 32 times
    those of a thread, rounded up to 256; the file of :math:`F` registers is cut into four, one for each scheduler, and
    no warp lies on two of them. A block takes :math:`s` bytes of shared memory: its own and what the system reserves,
    together rounded up; :math:`S` there are. A block that breaks a limit of its own (1,024 threads, 255 registers a
    thread, the largest share of shared memory) is not launched. Occupancy is the share of :math:`W` that is in use.
Assumes
    Shared memory has its largest share of the memory that it divides with the cache.
Breaks when
    Blocks come in clusters, use more than one barrier, or the grid has fewer blocks than would fit.
Source
    NVIDIA, `cuda_occupancy.h`, CUDA 12.9, read for its rules, none of it copied; *CUDA C++ Programming Guide* 12.9,
    "Hardware Multithreading".
Oracle
    That header, compiled and run on 1,080 launches on eight compute capabilities (recorded): exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["block_occupancy"]


def block_occupancy(
    threads_per_block: int, registers_per_thread: int, shared_bytes_per_block: int, multiprocessor: Mapping[str, int]
) -> dict[str, Any]:
    """Blocks that a multiprocessor holds at a time, and the limits that decide it.

    Parameters
    ----------
    threads_per_block : int
        Size of a block. [1]
    registers_per_thread : int
        As the compiler reports them; 0 does not limit. [1]
    shared_bytes_per_block : int
        Static and dynamic shared memory together. [B]
    multiprocessor : mapping of str to int
        `max_warps`, `max_blocks`, `registers`, `shared_bytes`, `max_shared_bytes_per_block`,
        `reserved_shared_bytes_per_block`, `shared_granularity_bytes`. [1, B]

    Returns
    -------
    dict
        `limits`: blocks by `warps`, `blocks`, `registers`, `shared_memory`, infinite where nothing is used; `blocks`,
        the least of them, 0 if the block cannot be launched; `occupancy`. [1]

    Raises
    ------
    ValueError
        If there is no thread, or less than no register or shared memory.

    Examples
    --------
    >>> from reference_solutions.hardware import MULTIPROCESSORS
    >>> found = block_occupancy(256, 64, 33 * 1024, MULTIPROCESSORS["8.0"])
    >>> found["limits"], found["blocks"], found["occupancy"]
    ({'warps': 8, 'blocks': 32, 'registers': 4, 'shared_memory': 4}, 4, 0.5)
    """
    if threads_per_block < 1 or min(registers_per_thread, shared_bytes_per_block) < 0:
        raise ValueError("a block has threads, and its registers and shared memory are not negative")
    warps = -(-threads_per_block // 32)
    warp_registers = 256 * -(-registers_per_thread // 8)  # 8 for each of 32 threads are a unit
    granularity = multiprocessor["shared_granularity_bytes"]
    reserved = multiprocessor["reserved_shared_bytes_per_block"]
    shared_bytes = granularity * -(-(shared_bytes_per_block + reserved) // granularity)
    limits = {
        "warps": multiprocessor["max_warps"] // warps,
        "blocks": multiprocessor["max_blocks"],
        "registers": 4 * (multiprocessor["registers"] // 4 // warp_registers) // warps if warp_registers else np.inf,
        "shared_memory": multiprocessor["shared_bytes"] // shared_bytes if shared_bytes else np.inf,
    }
    if threads_per_block > 1024:
        limits["warps"] = 0
    if registers_per_thread > 255:
        limits["registers"] = 0
    if shared_bytes_per_block > multiprocessor["max_shared_bytes_per_block"]:
        limits["shared_memory"] = 0
    blocks = int(min(limits.values()))
    return {"limits": limits, "blocks": blocks, "occupancy": blocks * warps / multiprocessor["max_warps"]}
