r"""Differential Top-Down: why a program became slower.

Question
    Version 2 takes 18 % more clocks than version 1. More instructions, or slower ones; and if slower, through which
    node of the tree?
Model
    .. math:: C = N \cdot CPI = N \sum_i f_i\, CPI, \qquad
        \Delta C = \underbrace{L(C', C) \ln\frac{N'}{N}}_{\text{instructions}}
        + \sum_i \underbrace{\frac{L(C', C)}{L(CPI', CPI)} \left(f'_i\, CPI' - f_i\, CPI\right)}_{\text{node } i},
        \qquad L(x, y) = \frac{x - y}{\ln x - \ln y}

    With shares :math:`f_i` that add up to one, each node's clocks per instruction add up to CPI, so their changes add
    up to its change. The logarithmic mean :math:`L` splits a product without a rest: :math:`L(C', C)` is the weight
    of both factors' logarithms, and the quotient of means is the number of instructions that the change of CPI met.
Assumes
    The two runs did the same work, the shares of both are of the same tree and add up to one.
Breaks when
    The work changed (then instructions tell of work, not of code), clocks are shared out by nodes that overlap, or
    noise between runs is as large as the change: repeat the runs first.
Source
    Ang, "The LMDI approach to decomposition analysis: a practical guide", Energy Policy 33(7), 2005, pp. 867-871, for
    the logarithmic mean; its use on Top-Down shares is ours.
Oracle
    The additive identity for any two runs; limits in which only one thing changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["clock_changes", "cpi_changes", "logarithmic_mean", "ranked_changes"]


def logarithmic_mean(first: ArrayLike, second: ArrayLike) -> Array:
    """The mean between the geometric and the arithmetic one that splits products; the arguments broadcast.

    Parameters
    ----------
    first, second : (...) array_like
        Positive numbers. [1]

    Returns
    -------
    (...) ndarray
        Their difference over the difference of their logarithms; the number itself where they are equal. [1]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> logarithmic_mean([8, 5], [2, 5]).round(4)
    array([4.3281, 5.    ])
    """
    validate.require_positive(first=first, second=second)
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    small, large = np.minimum(x, y), np.maximum(x, y)
    u = (large - small) / small
    near = u < 1e-8  # there log1p(u) / u is one, and 0 / 0 at equal numbers
    return np.asarray(np.where(near, (small + large) / 2, (large - small) / np.log1p(np.where(near, 1, u))))


def cpi_changes(
    shares_before: Mapping[str, ArrayLike],
    cpi_before: ArrayLike,
    shares_after: Mapping[str, ArrayLike],
    cpi_after: ArrayLike,
) -> dict[str, Array]:
    """Clocks per instruction that each node gained or lost; they add up to the change of CPI.

    Parameters
    ----------
    shares_before : mapping of str to (...) array_like
        Share of each node; those of one level add up to one. [1]
    cpi_before : (...) array_like
        Clocks per instruction. [1]
    shares_after, cpi_after : like those before
        The same of the other run. [1]

    Returns
    -------
    dict of str to (...) ndarray
        Change of each node. [1]

    Raises
    ------
    ValueError
        If the two have other nodes.

    Examples
    --------
    CPI rises from 1 to 1.5; memory's part of it from 0.25 to 0.75:

    >>> before, after = {"memory": 0.25, "other": 0.75}, {"memory": 0.5, "other": 0.5}
    >>> {node: float(change) for node, change in cpi_changes(before, 1.0, after, 1.5).items()}
    {'memory': 0.5, 'other': 0.0}
    """
    if set(shares_before) != set(shares_after):
        raise ValueError(f"only one run has {', '.join(sorted(set(shares_before) ^ set(shares_after)))}")
    was, now = np.asarray(cpi_before, dtype=float), np.asarray(cpi_after, dtype=float)
    return {
        node: np.asarray(shares_after[node], dtype=float) * now - np.asarray(share, dtype=float) * was
        for node, share in shares_before.items()
    }


def clock_changes(
    shares_before: Mapping[str, ArrayLike],
    clocks_before: ArrayLike,
    instructions_before: ArrayLike,
    shares_after: Mapping[str, ArrayLike],
    clocks_after: ArrayLike,
    instructions_after: ArrayLike,
) -> dict[str, Array]:
    """Clocks that the number of instructions and each node cost or saved; they add up to the change of clocks.

    Parameters
    ----------
    shares_before : mapping of str to (...) array_like
        Share of each node; those of one level add up to one. [1]
    clocks_before : (...) array_like
        Clocks of the run. [1]
    instructions_before : (...) array_like
        Instructions that it retired. [1]
    shares_after, clocks_after, instructions_after : like those before
        The same of the other run. [1]

    Returns
    -------
    dict of str to (...) ndarray
        `instructions`, then each node. [1]

    Raises
    ------
    ValueError
        If the two have other nodes, one is named `instructions`, or a count is not positive.

    Examples
    --------
    A fifth more instructions, as slow as before:

    >>> shares = {"memory": 0.25, "other": 0.75}
    >>> changes = clock_changes(shares, 1000, 1000, shares, 1200, 1200)
    >>> {name: round(float(change), 9) for name, change in changes.items()}
    {'instructions': 200.0, 'memory': 0.0, 'other': 0.0}
    """
    validate.require_positive(instructions_before=instructions_before, instructions_after=instructions_after)
    if "instructions" in shares_before:
        raise ValueError("no node is named instructions")
    was, now = np.asarray(instructions_before, dtype=float), np.asarray(instructions_after, dtype=float)
    cpi_was, cpi_now = np.asarray(clocks_before) / was, np.asarray(clocks_after) / now
    mean_clocks = logarithmic_mean(clocks_after, clocks_before)
    met = mean_clocks / logarithmic_mean(cpi_now, cpi_was)
    changes = {"instructions": np.asarray(mean_clocks * np.log(now / was))}
    for node, change in cpi_changes(shares_before, cpi_was, shares_after, cpi_now).items():
        changes[node] = np.asarray(met * change)
    return changes


def ranked_changes(changes: Mapping[str, float]) -> list[tuple[str, float]]:
    """Changes of one comparison, the largest first, whether it cost or saved.

    Parameters
    ----------
    changes : mapping of str to float
        What each cause changed. [1]

    Returns
    -------
    list of tuple of str and float
        Cause and change; equal ones in the order of the names.

    Examples
    --------
    >>> ranked_changes({"memory": 30.0, "instructions": -50.0, "front end": 5.0})
    [('instructions', -50.0), ('memory', 30.0), ('front end', 5.0)]
    """
    return sorted(((cause, float(change)) for cause, change in changes.items()), key=lambda one: (-abs(one[1]), one[0]))
