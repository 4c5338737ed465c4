r"""Loops on vector units: lanes that are used, remainders, masks, and what gathering costs.

Question
    A unit computes sixteen numbers at once. How much faster does a loop become, and where do the other lanes go?
Model
    :math:`n` elements on :math:`W` lanes take :math:`\lceil n / W \rceil` vectors, and use :math:`u` of their lanes; a
    share :math:`f` of the scalar time that runs as vectors makes the whole :math:`S` times as fast:

    .. math:: u = \frac{n}{W \lceil n / W \rceil}, \qquad S = \frac{1}{(1 - f) + f / (u W)}

    Without masks, what is left over after whole vectors runs one by one, and so does what comes before the first
    aligned address. With masks, both sides of a condition are run whenever one lane of a vector needs them: if each
    element takes the first side with probability :math:`p`, that is

    .. math:: c_1 \left(1 - (1 - p)^W \right) + c_2 \left(1 - p^W \right)

    A gather touches as many lines as its lanes' addresses do.
Assumes
    A vector instruction takes as long as a scalar one. Elements choose their side independently of each other.
Breaks when
    Wide vectors lower the clock, memory is the limit anyway (`attainable_flops_per_s`), or neighbours choose alike, so
    that fewer vectors need both sides.
Source
    Amdahl, AFIPS 1967, pp. 483-485, for the speed-up; the counts and the probability are our own. Intel's and Arm's
    optimisation manuals, not read for this, give the latencies that are left out here.
Oracle
    Loops played instruction by instruction; all patterns of a condition over a vector, each with its probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["gathered_lines", "lane_use", "masked_branch_cycles", "simd_loop_instructions", "simd_speedup"]


def lane_use(elements: ArrayLike, lanes: ArrayLike) -> Array:
    """Share of the lanes that work, over all vectors of a loop; the arguments broadcast.

    Parameters
    ----------
    elements : (...) array_like of int
        Elements of the loop. [1]
    lanes : (...) array_like of int
        Elements of a vector. [1]

    Returns
    -------
    (...) ndarray
        Use of lanes. [1]

    Raises
    ------
    ValueError
        If a loop is empty or a vector has no lane.

    Examples
    --------
    >>> lane_use([3, 16, 17], 16).tolist()
    [0.1875, 1.0, 0.53125]
    """
    validate.require_positive(elements=elements, lanes=lanes)
    vectors = -(-np.asarray(elements) // np.asarray(lanes))
    use: Array = np.asarray(elements) / (np.asarray(lanes) * vectors)
    return use


def simd_speedup(vector_share: ArrayLike, lanes: ArrayLike, use: ArrayLike = 1.0) -> Array:
    """How many times as fast a program becomes; the arguments broadcast.

    Parameters
    ----------
    vector_share : (...) array_like
        Share of the scalar program's time that runs as vectors, between 0 and 1. [1]
    lanes : (...) array_like of int
        Elements of a vector. [1]
    use : (...) array_like
        Share of the lanes that work, above 0. [1]

    Returns
    -------
    (...) ndarray
        Scalar time over vector time; below 1 if too few lanes work. [1]

    Raises
    ------
    ValueError
        If a share is outside its range or there is no lane.

    Examples
    --------
    >>> simd_speedup([0.5, 1.0, 1.0], 8, [1.0, 1.0, 0.25]).round(3).tolist()
    [1.778, 8.0, 2.0]
    """
    validate.require_positive(lanes=lanes, use=use)
    share, working = np.asarray(vector_share, dtype=float), np.asarray(use, dtype=float)
    if np.any((share < 0) | (share > 1)) or np.any(working > 1):
        raise ValueError("shares lie between 0 and 1")
    speedup: Array = 1 / (1 - share + share / (working * np.asarray(lanes)))
    return speedup


def simd_loop_instructions(
    elements: ArrayLike, lanes: ArrayLike, peeled: ArrayLike = 0, masked: bool = False
) -> NDArray[np.int64]:
    """Times that a loop's body runs, as a vector or as a scalar; the arguments broadcast.

    Parameters
    ----------
    elements : (...) array_like of int
        Elements of the loop. [1]
    lanes : (...) array_like of int
        Elements of a vector. [1]
    peeled : (...) array_like of int
        Elements before the first aligned address; they are fewer than lanes. [1]
    masked : bool
        Whether what is left before and after runs as one vector each, with a mask, rather than one by one.

    Returns
    -------
    (...) ndarray of int
        Runs of the body. [1]

    Raises
    ------
    ValueError
        If a number is negative, a vector has no lane, or a whole vector is peeled.

    Examples
    --------
    Of 21 elements 2 lie before an alignment of 8; then 2 vectors, and 3 are left:

    >>> [int(simd_loop_instructions(21, 8, 2, masked=masked)) for masked in (False, True)]
    [7, 4]
    """
    validate.require_positive(lanes=lanes)
    count, width, before = (np.asarray(one, dtype=np.int64) for one in (elements, lanes, peeled))
    if np.any(count < 0) or np.any(before < 0) or np.any(before >= width):
        raise ValueError("a loop has no negative length, and fewer elements are peeled than there are lanes")
    first = np.minimum(before, count)
    vectors, left = np.divmod(count - first, width)
    rest = np.minimum(first, 1) + np.minimum(left, 1) if masked else first + left
    runs: NDArray[np.int64] = vectors + rest
    return runs


def masked_branch_cycles(
    taken_share: ArrayLike, lanes: ArrayLike, taken_cycles: ArrayLike, other_cycles: ArrayLike
) -> Array:
    """Mean time of a vector for a condition whose sides both run under masks; the arguments broadcast.

    Parameters
    ----------
    taken_share : (...) array_like
        Probability that an element takes the first side. [1]
    lanes : (...) array_like of int
        Elements of a vector. [1]
    taken_cycles, other_cycles : (...) array_like
        Time of either side; one that no lane needs is skipped. [cycle]

    Returns
    -------
    (...) ndarray
        Mean time of a vector. [cycle]

    Raises
    ------
    ValueError
        If a probability is none, a time is negative, or there is no lane.

    Examples
    --------
    A side of 20 cycles that one element in a hundred needs: one vector in seven does, or one in four:

    >>> masked_branch_cycles(0.01, [16, 32], 20, 0).round(3).tolist()
    [2.971, 5.5]
    """
    validate.require_positive(lanes=lanes)
    share, width = np.asarray(taken_share, dtype=float), np.asarray(lanes)
    costs = np.asarray(taken_cycles, dtype=float), np.asarray(other_cycles, dtype=float)
    if np.any((share < 0) | (share > 1)) or any(np.any(cost < 0) for cost in costs):
        raise ValueError("a probability lies between 0 and 1, and no time is negative")
    cycles: Array = costs[0] * (1 - (1 - share) ** width) + costs[1] * (1 - share**width)
    return cycles


def gathered_lines(addresses: ArrayLike, element_bytes: int, line_bytes: int = 64) -> NDArray[np.int64]:
    """Lines that a gather, or a load of neighbours, touches.

    Parameters
    ----------
    addresses : (..., W) array_like of int
        Address of each lane's element, a multiple of its size. [B]
    element_bytes : int
        Size of an element; it divides that of a line. [B]
    line_bytes : int
        Size of a line. [B]

    Returns
    -------
    (...) ndarray of int
        Different lines. [1]

    Raises
    ------
    ValueError
        If an element does not divide a line, or an address is negative or not aligned.

    Examples
    --------
    Sixteen neighbours from a line's start, from its middle, and every eighth:

    >>> lanes = 4 * np.arange(16)
    >>> gathered_lines([lanes, lanes + 32, 8 * lanes], element_bytes=4).tolist()
    [1, 2, 8]
    """
    validate.require_positive(element_bytes=element_bytes, line_bytes=line_bytes)
    where = np.asarray(addresses, dtype=np.int64)
    if line_bytes % element_bytes or np.any(where < 0) or np.any(where % element_bytes):
        raise ValueError("elements divide a line, and addresses are multiples of their size")
    touched = np.sort(where // line_bytes, axis=-1)
    different: NDArray[np.int64] = np.sum(np.diff(touched, axis=-1, prepend=-1) > 0, axis=-1)
    return different
