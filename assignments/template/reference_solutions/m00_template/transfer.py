r"""Time that a message takes over a link.

Question
    How long does it take to move data from one place to another?
Model
    .. math:: T = L + n / B

    A message of :math:`n` bytes waits for the latency :math:`L`, then follows at the bandwidth :math:`B`.
Assumes
    Nobody else uses the link.
Breaks when
    Messages share the link, or are cut into packets with headers of their own.
Source
    Replace: the paper or book that the model is from, with edition and section.
Oracle
    Replace: what it is tested against: a closed form, a published number, a recorded output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["faster_link", "link_choice", "transfer_s"]


def transfer_s(size_bytes: ArrayLike, latency_s: float, bandwidth_bytes_per_s: float) -> Any:
    """Time from the first to the last byte of a transfer.

    Parameters
    ----------
    size_bytes : (...) array_like
        Size of the message. [B]
    latency_s : float
        Latency of the link. [s]
    bandwidth_bytes_per_s : float
        Bandwidth of the link. [B/s]

    Returns
    -------
    (...) ndarray
        Time of each transfer. [s]

    Raises
    ------
    ValueError
        If a size is negative.

    Examples
    --------
    >>> float(transfer_s(1e9, 1e-6, 1e10))
    0.100001
    """
    size_bytes = np.asarray(size_bytes)
    if np.any(size_bytes < 0):
        raise ValueError("a size is negative")
    return latency_s + size_bytes / bandwidth_bytes_per_s


def faster_link(links: Mapping[str, Any], small_bytes: float, large_bytes: float) -> dict[str, str]:
    """Name of the faster link for each of two sizes.

    Parameters
    ----------
    links : mapping of str to tuple
        Name -> latency [s] and bandwidth [B/s].
    small_bytes, large_bytes : float
        The two sizes. [B]

    Returns
    -------
    dict of str to str
        `small` and `large` -> name of a link.

    Examples
    --------
    >>> faster_link({"near": (1e-6, 1e9), "far": (1e-5, 1e10)}, 100, 1e8)
    {'small': 'near', 'large': 'far'}
    """
    small_s, large_s = (
        {name: latency_s + size_bytes / rate for name, (latency_s, rate) in links.items()}
        for size_bytes in (small_bytes, large_bytes)
    )
    return {"small": min(small_s, key=small_s.__getitem__), "large": min(large_s, key=large_s.__getitem__)}


def link_choice(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Link over which all messages of a scenario take the least time, and that time.

    Parameters
    ----------
    scenario : mapping
        `links`: name, latency [s] and bandwidth [B/s] of each; `sizes_bytes` of the messages. [B]

    Returns
    -------
    dict
        `link`, and `total_s`. [s]

    Examples
    --------
    >>> link_choice({"links": [["near", 1.0, 10.0], ["far", 3.0, 100.0]], "sizes_bytes": [10, 20]})
    {'link': 'near', 'total_s': 5.0}
    """
    totals_s = {
        name: sum(latency_s + size / rate for size in scenario["sizes_bytes"])
        for name, latency_s, rate in scenario["links"]
    }
    best = min(totals_s, key=totals_s.__getitem__)
    return {"link": best, "total_s": totals_s[best]}
