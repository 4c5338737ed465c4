r"""A kernel that streams: what it has under way, and what the memory makes of it.

Question
    Versions of an attention kernel read the same cache of keys and values. How long does each take, and is the memory
    busy with what is needed?
Model
    .. math:: f = M\, b\, w\, k \cdot 32\, \sigma, \qquad B = \min\left(B_{peak}, \frac{f}{T}\right), \qquad
        e = \frac{32\, a}{32\, \sigma}, \qquad t = \frac{S}{e B}

    Each of :math:`M` multiprocessors holds :math:`b` blocks of :math:`w` warps, and each warp has :math:`k` loads under
    way, which move :math:`\sigma` sectors of 32 bytes. By Little's law these bytes :math:`f` arrive within one latency
    :math:`T`, unless the memory's peak is lower. Of what is moved, a share :math:`e` was asked for: 32 lanes ask for
    :math:`a` bytes each. :math:`S` bytes are needed in all.
Assumes
    Every byte comes from memory, once, and a latency that does not depend on the load.
Breaks when
    The memory nears its peak (the latency grows), the last blocks leave multiprocessors idle, or L2 holds a part.
Source
    Little, Operations Research 9(3), 1961, pp. 383-387; Volkov, UCB/EECS-2016-143, 2016, on its use for GPUs and its
    limits; NVIDIA, *CUDA C++ Best Practices Guide*, "Coalesced Access to Global Memory", for sectors.
Oracle
    A simulation in which every load takes one latency and the memory serves sector by sector; both limits in closed
    form.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["decode_flight"]


def decode_flight(versions: Mapping[str, ArrayLike], gpu: Mapping[str, float]) -> dict[str, Array]:
    """Bandwidth, use and time of versions of a streaming kernel, one row a version.

    Parameters
    ----------
    versions : mapping of str to (N,) array_like
        `blocks` on a multiprocessor, `warps` of a block, `loads` that each warp has under way, `sectors` that a load of
        a warp moves, `access_bytes` that each lane asks for, `needed_bytes` in all. [1, B]
    gpu : mapping of str to float
        `multiprocessors`, `latency_s` of the memory, `bandwidth_bytes_per_s`. [1, s, B/s]

    Returns
    -------
    dict of str to (N,) ndarray
        `moved_bytes_per_s`; `busy_share` of the memory's peak; `used_share` of what is moved; `time_s`.

    Examples
    --------
    >>> versions = {"blocks": [2], "warps": [4], "loads": [1], "sectors": [8], "access_bytes": [4]}
    >>> versions["needed_bytes"] = [32e6]
    >>> found = decode_flight(versions, {"multiprocessors": 10, "latency_s": 1e-6, "bandwidth_bytes_per_s": 40e9})
    >>> {name: float(values[0]) for name, values in found.items()}
    {'moved_bytes_per_s': 20480000000.0, 'busy_share': 0.512, 'used_share': 0.5, 'time_s': 0.003125}
    """
    count = {name: np.asarray(versions[name], dtype=float) for name in versions if name != "version"}
    warps = gpu["multiprocessors"] * count["blocks"] * count["warps"]
    in_flight_bytes = warps * count["loads"] * count["sectors"] * 32
    moved_bytes_per_s = np.minimum(in_flight_bytes / gpu["latency_s"], gpu["bandwidth_bytes_per_s"])
    used_share = count["access_bytes"] / count["sectors"]  # of 32 lanes, in sectors of 32 bytes
    return {
        "moved_bytes_per_s": moved_bytes_per_s,
        "busy_share": moved_bytes_per_s / gpu["bandwidth_bytes_per_s"],
        "used_share": used_share,
        "time_s": count["needed_bytes"] / (used_share * moved_bytes_per_s),
    }
