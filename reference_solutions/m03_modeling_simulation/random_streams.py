r"""Streams of random numbers that can be repeated, and never meet.

Question
    A simulation draws arrivals, services and failures. How does each get numbers of its own, the same in every run of
    every design, and surely none that another one uses?
Model
    MRG32k3a adds up two recurrences, each over its last three numbers:

    .. math:: x_n = (1403580\, x_{n-2} - 810728\, x_{n-3}) \bmod m_1, \qquad
        y_n = (527612\, y_{n-1} - 1370589\, y_{n-3}) \bmod m_2, \qquad
        u_n = \frac{(x_n - y_n) \bmod m_1}{m_1 + 1}

    with :math:`m_1 = 2^{32} - 209` and :math:`m_2 = 2^{32} - 22853` (a difference of zero counts as :math:`m_1`). A
    step is a matrix times the last three numbers, so that :math:`k` steps are its :math:`k`-th power: streams start
    :math:`2^{127}` numbers apart, substreams of a stream :math:`2^{76}`. A distribution comes by inversion,
    :math:`x = F^{-1}(u)`: one number each, so that two designs stay in step, and :math:`1 - u` gives the antithetic.
Assumes
    Nobody draws :math:`2^{76}` numbers of a substream. Each source of chance has a stream, each run a substream.
Breaks when
    Streams are seeded by the clock or by 1, 2, 3 in a generator for which that does not mean different places; or two
    sources share a stream, so that one more draw of the first shifts all of the second.
Source
    L'Ecuyer, "Good parameters and implementations for combined multiple recursive random number generators", Operations
    Research 47(1), 1999, pp. 159-164, for the generator; L'Ecuyer, Simard, Chen, Kelton, "An object-oriented
    random-number package with many long streams and substreams", Operations Research 50(6), 2002, pp. 1073-1075, for
    the distances. Both as repeated in the package's sources, which were read for constants and results only.
Oracle
    The results that come with the package RngStreams (repository umontreal-simul/RngStreams, commit fd93bf0, file
    tests/test2RngStream.res): states of streams, numbers of streams and substreams, and sums of 100,000 of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["exponential_times", "jumped_state", "stream_numbers", "stream_start"]

_MODULI = (2**32 - 209, 2**32 - 22853)
_STEPS = (((0, 1, 0), (0, 0, 1), (-810728, 1403580, 0)), ((0, 1, 0), (0, 0, 1), (-1370589, 0, 527612)))

Matrix = tuple[tuple[int, ...], ...]


def _product(left: Matrix, right: Matrix, modulus: int) -> Matrix:
    """Product of two matrices of whole numbers of any size."""
    columns = list(zip(*right, strict=True))
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) % modulus for column in columns) for row in left
    )


def _power(matrix: Matrix, exponent: int, modulus: int) -> Matrix:
    """Power by squaring."""
    result: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    while exponent:
        if exponent % 2:
            result = _product(matrix, result, modulus)
        matrix, exponent = _product(matrix, matrix, modulus), exponent // 2
    return result


def _checked(state: Sequence[int]) -> list[int]:
    """A state's six numbers."""
    numbers = [int(number) for number in state]
    halves = numbers[:3], numbers[3:]
    if len(numbers) != 6 or any(
        not any(half) or min(half) < 0 or max(half) >= modulus for half, modulus in zip(halves, _MODULI, strict=True)
    ):
        raise ValueError("a state is three numbers below each modulus, and not three zeros")
    return numbers


def jumped_state(state: Sequence[int], steps: int) -> tuple[int, ...]:
    """State of the generator after so many numbers, which are not computed.

    Parameters
    ----------
    state : sequence of six int
        The last three numbers of each recurrence, the oldest first.
    steps : int
        Numbers to leap over; negative goes back. [1]

    Returns
    -------
    tuple of six int
        State there.

    Raises
    ------
    ValueError
        If the state is none.

    Examples
    --------
    >>> jumped_state([12345] * 6, 2**127)
    (3692455944, 1366884236, 2968912127, 335948734, 4161675175, 475798818)
    """
    numbers, there = _checked(state), []
    for half, modulus, step in zip((numbers[:3], numbers[3:]), _MODULI, _STEPS, strict=True):
        leap = _power(step, steps % (modulus**3 - 1), modulus)  # a recurrence repeats after so many
        there += [sum(a * b for a, b in zip(row, half, strict=True)) % modulus for row in leap]
    return tuple(there)


def stream_start(stream: int, substream: int = 0, seed: Sequence[int] = (12345,) * 6) -> tuple[int, ...]:
    """State at which a substream of a stream starts.

    Parameters
    ----------
    stream : int
        Number of the stream: one for each source of chance. [1]
    substream : int
        Number of the substream: one for each run. [1]
    seed : sequence of six int
        Where stream 0 starts.

    Returns
    -------
    tuple of six int
        State of the generator.

    Raises
    ------
    ValueError
        If a number is negative, or the seed is no state.

    Examples
    --------
    >>> stream_start(0, 0)
    (12345, 12345, 12345, 12345, 12345, 12345)
    """
    if stream < 0 or substream < 0:
        raise ValueError("streams and substreams count from 0")
    return jumped_state(seed, stream * 2**127 + substream * 2**76)


def stream_numbers(state: Sequence[int], count: int, antithetic: bool = False) -> tuple[Array, tuple[int, ...]]:
    """Draw numbers that are evenly spread between 0 and 1.

    Parameters
    ----------
    state : sequence of six int
        State to go on from.
    count : int
        How many. [1]
    antithetic : bool
        Whether 1 - u is wanted in place of u.

    Returns
    -------
    (count,) ndarray
        Numbers above 0 and below 1. [1]
    tuple of six int
        State after them.

    Raises
    ------
    ValueError
        If the state is none, or the count is negative.

    Examples
    --------
    >>> numbers, state = stream_numbers(stream_start(2), 3)
    >>> numbers.round(8).tolist()
    [0.72850979, 0.96558728, 0.99618413]
    """
    x3, x2, x1, y3, y2, y1 = _checked(state)
    if count < 0:
        raise ValueError("a count is not negative")
    modulus, other = _MODULI
    drawn = []
    for _ in range(count):
        x3, x2, x1 = x2, x1, (1403580 * x2 - 810728 * x3) % modulus
        y3, y2, y1 = y2, y1, (527612 * y1 - 1370589 * y3) % other
        drawn.append((x1 - y1) % modulus or modulus)
    numbers: Array = np.asarray(drawn, dtype=float) / (modulus + 1)
    return (1 - numbers if antithetic else numbers), (x3, x2, x1, y3, y2, y1)


def exponential_times(numbers: ArrayLike, mean_s: ArrayLike) -> Array:
    """Exponential times by inversion: one for each number, growing with it; the arguments broadcast.

    Parameters
    ----------
    numbers : (...) array_like
        Numbers above or at 0 and below 1. [1]
    mean_s : (...) array_like
        Mean of the times. [s]

    Returns
    -------
    (...) ndarray
        Times. [s]

    Raises
    ------
    ValueError
        If a number is outside, or a mean is not positive.

    Examples
    --------
    The median:

    >>> float(exponential_times(0.5, 2.0).round(4))
    1.3863
    """
    validate.require_positive(mean_s=mean_s)
    drawn = np.asarray(numbers, dtype=float)
    if not np.all((drawn >= 0) & (drawn < 1)):
        raise ValueError("numbers lie between 0 and 1")
    times_s: Array = -np.asarray(mean_s, dtype=float) * np.log1p(-drawn)
    return times_s
