r"""Branch predictors of two bits a counter: bimodal and gshare.

Question
    How often does a predictor guess wrong on this trace, and would a longer history help?
Model
    A table of :math:`2^b` counters from 0 to 3, all 2 (weakly taken) at the start. A branch at address :math:`a` looks
    at counter :math:`(a \oplus h) \bmod 2^b`, where :math:`h` holds the outcomes of the last :math:`k` branches, the
    latest in the lowest bit. It is predicted taken from 2 on; then its counter goes up if it was taken, else down, and
    saturates. With :math:`k = 0` this is the bimodal predictor.
    :math:`\mathrm{MPKI} = 1000 \cdot \text{mispredictions} / \text{instructions}`.
Assumes
    The outcome is known before the next branch is predicted.
Breaks when
    Several predictors vote or learn longer patterns (tournament, TAGE), or the history is updated speculatively.
Source
    Smith, "A study of branch prediction strategies", ISCA 1981, pp. 135-148; McFarling, "Combining branch predictors",
    Western Research Laboratory TN-36, June 1993 (gshare). The start value is a convention of ours.
Oracle
    Closed forms: a loop of n, an alternating branch; and the counters' recurrence applied table entry by table entry.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

__all__ = ["mispredicted_branches", "misses_per_kilo_instructions"]


def mispredicted_branches(
    addresses: ArrayLike, taken: ArrayLike, table_bits: int, history_bits: int = 0
) -> NDArray[np.bool_]:
    """Whether each branch of a trace is mispredicted.

    Parameters
    ----------
    addresses : (N,) array_like of int
        Address of each branch, in order.
    taken : (N,) array_like of bool
        Its outcome.
    table_bits, history_bits : int
        Logarithm of the number of counters; outcomes that are remembered, at most as many. [1]

    Returns
    -------
    (N,) ndarray of bool
        Whether the guess was wrong.

    Raises
    ------
    ValueError
        If the history is longer than the table's index, or one of them is negative.

    Examples
    --------
    A loop of four iterations, three times: only the way out is not foreseen.

    >>> int(mispredicted_branches([64] * 12, [True, True, True, False] * 3, table_bits=4).sum())
    3
    """
    if not 0 <= history_bits <= table_bits:
        raise ValueError("a history has between none and table_bits outcomes")
    counters = [2] * (1 << table_bits)
    history, wrong = 0, []
    for address, outcome in zip(np.asarray(addresses).tolist(), np.asarray(taken, dtype=bool).tolist(), strict=True):
        entry = (address ^ history) % (1 << table_bits)
        wrong.append((counters[entry] >= 2) != outcome)
        counters[entry] = min(counters[entry] + 1, 3) if outcome else max(counters[entry] - 1, 0)
        history = (2 * history + outcome) % (1 << history_bits)
    return np.array(wrong, dtype=bool)


def misses_per_kilo_instructions(misses: ArrayLike, instructions: ArrayLike) -> Array:
    """Misses per thousand instructions (MPKI), of branches or of a cache; the arguments broadcast.

    Parameters
    ----------
    misses : (...) array_like
        How many. [1]
    instructions : (...) array_like
        Instructions in the same time. [1]

    Returns
    -------
    (...) ndarray
        Misses per thousand. [1]

    Examples
    --------
    >>> float(misses_per_kilo_instructions(3, 48))
    62.5
    """
    per_kilo: Array = 1000 * np.asarray(misses, dtype=float) / np.asarray(instructions, dtype=float)
    return per_kilo
