r"""Traces that fit on a disk: differences, runs, predictions, and the bound that none of them beats.

Question
    A trace of a billion addresses is eight gigabytes. How small can it be stored without losing one of them, and by
    what?
Model
    Neighbours differ little. A difference :math:`d` becomes :math:`2 d` or :math:`-2 d - 1` (*zigzag*: small whichever
    sign it has), and that number 7 bits at a time, the lowest first, with the top bit of a byte set while more follow
    (*varint*). A sweep is three numbers: start, stride, count. Where each instruction has a habit of its own, two
    predictors guess its next address: the last one, and the last one plus the last difference; a code says which was
    right, and only what neither guessed is stored as it is. If symbols come independently of each other, no code needs
    less than

    .. math:: H = - \sum_s p_s \log_2 p_s \quad \text{bits a symbol}
Assumes
    Whole numbers that fit into 64 bits with a sign. Codes and literals are stored apart, for a general compressor.
Breaks when
    Addresses are random: a varint of a random 64-bit number takes ten bytes, two more than it had. And the bound is
    that of single symbols: repetition over longer stretches goes below it.
Source
    Varints and zigzag: Protocol Buffers documentation, "Encoding". Predictors and separate streams: after Burtscher,
    Ganusov, Jackson, Ke, Ratanaworabhan, Sam, "The VPC trace-compression algorithms", IEEE Transactions on Computers
    54(11), 2005, pp. 1329-1344, by its abstract; much simplified. Shannon, "A mathematical theory of communication",
    Bell System Technical Journal 27, 1948, for the bound (standard, not re-read).
Oracle
    Published encodings of single numbers (150, 300, zigzag of -1, 1, -2); bits written as text; round trips of any
    trace; `scipy.stats.entropy`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["entropy_bound_bytes", "packed_differences", "predicted_trace", "stride_runs", "unpacked_differences"]

LITERAL, LAST, STRIDE = 0, 1, 2


def packed_differences(values: ArrayLike) -> bytes:
    """Store a trace as zigzag varints of its differences, the first from 0.

    Parameters
    ----------
    values : (N,) array_like of int
        The trace; neighbours differ by less than 2**63.

    Returns
    -------
    bytes
        A byte for each difference from -64 to 63, more for others.

    Examples
    --------
    >>> packed_differences([300, 301, 299]).hex(" ")
    'd8 04 02 03'
    """
    last, packed = 0, bytearray()
    for value in np.asarray(values, dtype=np.int64).tolist():
        difference, last = value - last, value
        rest = 2 * difference if difference >= 0 else -2 * difference - 1
        while rest > 127:
            packed.append(rest % 128 + 128)
            rest //= 128
        packed.append(rest)
    return bytes(packed)


def unpacked_differences(packed: bytes) -> NDArray[np.int64]:
    """Trace that was stored by `packed_differences`.

    Parameters
    ----------
    packed : bytes
        As it was stored.

    Returns
    -------
    (N,) ndarray of int
        The trace.

    Raises
    ------
    ValueError
        If the last number is cut off.

    Examples
    --------
    >>> unpacked_differences(bytes.fromhex("d8040203")).tolist()
    [300, 301, 299]
    """
    if packed and packed[-1] > 127:
        raise ValueError("the last number of the trace is cut off")
    values, last, rest, place = [], 0, 0, 1
    for byte in packed:
        rest += byte % 128 * place
        place *= 128
        if byte < 128:
            last += rest // 2 if rest % 2 == 0 else -(rest + 1) // 2
            values.append(last)
            rest, place = 0, 1
    return np.asarray(values, dtype=np.int64)


def stride_runs(values: ArrayLike) -> NDArray[np.int64]:
    """Cut a trace into runs of one stride each, from the left, each as long as it can be.

    Parameters
    ----------
    values : (N,) array_like of int
        The trace.

    Returns
    -------
    (R, 3) ndarray of int
        Start, stride and number of values of each run; a run of one value has stride 0.

    Examples
    --------
    >>> stride_runs([0, 8, 16, 24, 100, 100, 7]).tolist()
    [[0, 8, 4], [100, 0, 2], [7, 0, 1]]
    """
    trace = np.asarray(values, dtype=np.int64).tolist()
    runs, place = [], 0
    while place < len(trace):
        stride = trace[place + 1] - trace[place] if place + 1 < len(trace) else 0
        end = place + 1
        while end < len(trace) and trace[end] - trace[end - 1] == stride:
            end += 1
        runs.append((trace[place], stride, end - place))
        place = end
    return np.asarray(runs, dtype=np.int64).reshape(-1, 3)


def predicted_trace(instructions: ArrayLike, addresses: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split a trace into which predictor was right, and the addresses that none of them guessed.

    Parameters
    ----------
    instructions : (N,) array_like of int
        Address of each access's instruction: each has predictors of its own, which start at 0.
    addresses : (N,) array_like of int
        Address of each access.

    Returns
    -------
    (N,) ndarray of int
        Codes: 2, last address plus last difference; 1, last address; 0, neither. The first that is right is used, in
        this order.
    (L,) ndarray of int
        Addresses of the accesses with code 0, in order.

    Raises
    ------
    ValueError
        If the columns differ in length.

    Examples
    --------
    >>> codes, literals = predicted_trace([1] * 6, [100, 108, 116, 124, 124, 90])
    >>> codes.tolist(), literals.tolist()
    ([0, 0, 2, 2, 1, 0], [100, 108, 90])
    """
    loads, trace = np.asarray(instructions).tolist(), np.asarray(addresses, dtype=np.int64).tolist()
    if len(loads) != len(trace):
        raise ValueError("an instruction for each address")
    table: dict[int, tuple[int, int]] = {}
    codes, literals = [], []
    for load, address in zip(loads, trace, strict=True):
        last, difference = table.get(load, (0, 0))
        code = STRIDE if address == last + difference else LAST if address == last else LITERAL
        codes.append(code)
        if code == LITERAL:
            literals.append(address)
        table[load] = address, address - last
    return np.asarray(codes, dtype=np.int64), np.asarray(literals, dtype=np.int64)


def entropy_bound_bytes(symbols: ArrayLike) -> float:
    """Size below which no code can bring symbols that come independently of each other.

    Parameters
    ----------
    symbols : (N,) array_like
        The symbols; their shares are those in here.

    Returns
    -------
    float
        Bound. [B]

    Examples
    --------
    A million coins, of which one in a hundred shows heads:

    >>> round(entropy_bound_bytes(np.arange(1_000_000) % 100 == 0))
    10099
    """
    _, counts = np.unique(np.asarray(symbols), return_counts=True)
    shares = counts / counts.sum()
    return float(-np.sum(counts * np.log2(shares)) / 8)
