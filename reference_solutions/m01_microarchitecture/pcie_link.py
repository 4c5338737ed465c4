r"""A PCI Express link: what its lanes carry, and what is left of it for data.

Question
    A card sits in sixteen lanes of the third generation. How fast can data go through, and why do small packets, or
    few reads in flight, make it so much slower?
Model
    A lane sends :math:`g` symbols a second, of which a line code leaves :math:`c` for bytes: 8 of 10 in generations 1
    and 2, 128 of 130 in 3 to 5. A packet of :math:`p` bytes of data carries :math:`h` bytes besides:

    .. math:: B = \frac{\text{lanes} \cdot g \cdot c}{8}, \qquad B_{data} = B \frac{p}{p + h}, \qquad
        B_{read} = \min \left( B \frac{p}{p + h},\ \frac{\text{reads in flight} \cdot r}{t} \right)

    with requests of :math:`r` bytes and :math:`t` from a request to the end of its data. A packet carries 20 bytes
    besides data: 4 of framing and sequence number, 12 of header, 4 of checksum; 4 more for addresses over 4 GiB, and 4
    for a second checksum. Packets that write end at 4 KiB lines at the latest; answers to a read may end at any
    multiple of the *read completion boundary*, so that only the first and last are uneven.
Assumes
    Nothing goes the other way that needs room in this direction; no packet is repeated; the receiver has credits.
Breaks when
    Generation 6 packs packets into flits of fixed size; acknowledgements and credits of busy traffic in the other
    direction take room as well; a root complex answers in pieces of the boundary although it may use more.
Source
    Rates and line codes: PCI Express Base Specification, not read by us; the raw figures are the usual ones. Packets'
    parts: Intel, AN 708, "PCI Express DMA Reference Design", and "PCI Express High Performance Reference Design",
    "Protocol Overhead": framing, sequence, header of three or four double words, checksum, five to seven in all.
    Completions in pieces of the largest payload, at the read completion boundary: AMD, PG302, "Completion Packets".
Oracle
    16 lanes by hand: 4, 15.754, 31.508, 63.015 GB/s in generations 1, 3, 4, 5; packets cut byte by byte, and a stream
    of bits counted one packet after the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import GIGA, Array

__all__ = ["pcie_data_bytes_per_s", "pcie_link_bytes_per_s", "pcie_packet_bytes", "pcie_read_bytes_per_s"]

_TRANSFERS_PER_S = {1: 2.5 * GIGA, 2: 5 * GIGA, 3: 8 * GIGA, 4: 16 * GIGA, 5: 32 * GIGA}
_PAGE = 4096


def pcie_link_bytes_per_s(generation: int, lanes: ArrayLike) -> Array:
    """What a link carries in one direction, packets' heads and all.

    Parameters
    ----------
    generation : {1, 2, 3, 4, 5}
        Of the link as it was trained, not as the card could.
    lanes : (...) array_like of int
        Lanes of the link. [1]

    Returns
    -------
    (...) ndarray
        Bytes a second, after the line code. [B/s]

    Raises
    ------
    ValueError
        If there is no such generation (the sixth has no line code of this kind), or no lane.

    Examples
    --------
    >>> [round(float(pcie_link_bytes_per_s(generation, 16)) / 1e9, 3) for generation in (1, 3, 4, 5)]
    [4.0, 15.754, 31.508, 63.015]
    """
    if generation not in _TRANSFERS_PER_S:
        raise ValueError("generations 1 to 5 have a line code; generation 6 sends flits")
    validate.require_positive(lanes=lanes)
    code = 8 / 10 if generation < 3 else 128 / 130
    carried: Array = np.asarray(lanes, dtype=float) * _TRANSFERS_PER_S[generation] * code / 8
    return carried


def pcie_packet_bytes(
    address: int, size_bytes: int, largest_bytes: int, completion_boundary_bytes: int | None = None
) -> NDArray[np.int64]:
    """Bytes of data in each packet of a transfer.

    Parameters
    ----------
    address : int
        Where it starts. [B]
    size_bytes : int
        Its length. [B]
    largest_bytes : int
        Largest payload of a packet, or largest request of a read. [B]
    completion_boundary_bytes : int, optional
        Boundary at which answers to one read end; left out for what is written or asked for. [B]

    Returns
    -------
    (P,) ndarray of int
        Data of the packets, in order, each as large as it may be. [B]

    Raises
    ------
    ValueError
        If the address is negative, a length is not positive, or the boundary does not divide the largest payload.

    Examples
    --------
    A write across a 4 KiB line, and the answers to a read of 512 bytes that starts 16 bytes before a boundary:

    >>> pcie_packet_bytes(4000, 400, 256).tolist()
    [96, 256, 48]
    >>> pcie_packet_bytes(48, 512, 256, completion_boundary_bytes=64).tolist()
    [208, 256, 48]
    """
    boundary = completion_boundary_bytes or largest_bytes
    validate.require_positive(size_bytes=size_bytes, largest_bytes=largest_bytes, completion_boundary_bytes=boundary)
    if address < 0 or largest_bytes % boundary:
        raise ValueError("an address is not negative, and a payload is a multiple of the boundary")
    sizes, here, stop = [], address, address + size_bytes
    while here < stop:
        end = min(here + largest_bytes, (here // _PAGE + 1) * _PAGE)
        if completion_boundary_bytes is not None:
            end = (here + largest_bytes) // boundary * boundary
        sizes.append(min(end, stop) - here)
        here += sizes[-1]
    return np.asarray(sizes, dtype=np.int64)


def pcie_data_bytes_per_s(link_bytes_per_s: ArrayLike, data_bytes: ArrayLike, besides_bytes: ArrayLike = 20) -> Array:
    """What a link carries of data, in packets of one size; the arguments broadcast.

    Parameters
    ----------
    link_bytes_per_s : (...) array_like
        What the link carries in all. [B/s]
    data_bytes : (...) array_like
        Data in a packet. [B]
    besides_bytes : (...) array_like
        What a packet carries besides: 20 to 28. [B]

    Returns
    -------
    (...) ndarray
        Data a second. [B/s]

    Raises
    ------
    ValueError
        If the link or a packet is empty, or there is less than nothing besides.

    Examples
    --------
    >>> pcie_data_bytes_per_s(16e9, [60, 300]).tolist()
    [12000000000.0, 15000000000.0]
    """
    validate.require_positive(link_bytes_per_s=link_bytes_per_s, data_bytes=data_bytes)
    data, besides = np.asarray(data_bytes, dtype=float), np.asarray(besides_bytes, dtype=float)
    if np.any(besides < 0):
        raise ValueError("a packet does not carry less than its data")
    carried: Array = np.asarray(link_bytes_per_s, dtype=float) * data / (data + besides)
    return carried


def pcie_read_bytes_per_s(
    data_bytes_per_s: ArrayLike, reads_in_flight: ArrayLike, request_bytes: ArrayLike, latency_s: ArrayLike
) -> Array:
    """How fast a card reads memory: what the link carries, or what is in flight; the arguments broadcast.

    Parameters
    ----------
    data_bytes_per_s : (...) array_like
        Data that the link carries towards the card. [B/s]
    reads_in_flight : (...) array_like of int
        Requests that the card can have out at a time. [1]
    request_bytes : (...) array_like
        What one asks for. [B]
    latency_s : (...) array_like
        From a request to the last of its data, on an idle link. [s]

    Returns
    -------
    (...) ndarray
        Data a second. [B/s]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    Eight requests of 512 bytes in 1 us, then 64:

    >>> pcie_read_bytes_per_s(15e9, [8, 64], 512, 1e-6).tolist()
    [4096000000.0, 15000000000.0]
    """
    validate.require_positive(
        data_bytes_per_s=data_bytes_per_s, reads=reads_in_flight, request_bytes=request_bytes, latency_s=latency_s
    )
    asked = np.multiply(reads_in_flight, request_bytes) / np.asarray(latency_s, dtype=float)
    read: Array = np.minimum(data_bytes_per_s, asked)
    return read
