r"""A plan for sampling: which units next, and when it is enough.

Question
    A program has so many units, and a promise about the error. Which units are measured first, and how many more?
Model
    .. math:: k = \left\lfloor \frac{N}{n} \right\rfloor, \quad u_i = j + i\,k, \qquad
        n_{\text{tuned}} = \left( \frac{z\,\hat V}{\varepsilon} \right)^2

    Systematic sampling measures every :math:`k`-th unit from an offset :math:`j` on. A first pass measures the
    variation, a second one measures as many units as that asks for. A loop whose period divides :math:`k` is met at
    the same place every time: the sample looks calm and is wrong. One unit at random from each stretch of :math:`k`
    costs the same and has no period.
Assumes
    Units that can be measured in any order, warmed.
Breaks when
    The first pass misses what makes the program vary, and the plan stops too early.
Source
    Wunderlich et al., "SMARTS", ISCA 2003: U = 1000 instructions in all cases (4.2), 2,000 or 4,000 instructions of
    detailed warming with functional warming in between (4.1, 4.4), and systematic sampling.
Oracle
    Recorded systematic samples; programs whose mean is known; sampling theory for a population with a period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reference_solutions.m04_sampling.sample_size import units_needed
from reference_solutions.units import Array

__all__ = ["every_kth_unit", "fixed_plan", "next_units", "sampled_programs"]

Policy = Callable[[Any, Any, int, float], Any]


def every_kth_unit(population: int, units: int, offset: int = 0) -> Array:
    """Numbers of the units of a systematic sample.

    Parameters
    ----------
    population : int
        Units of the program. [1]
    units : int
        Units to measure. [1]
    offset : int
        The first of them. [1]

    Returns
    -------
    (units,) ndarray of int
        Their numbers. [1]

    Raises
    ------
    ValueError
        If there are more units to measure than units, or the offset is not within the first stretch.

    Examples
    --------
    >>> every_kth_unit(population=100, units=4, offset=7).tolist()
    [7, 32, 57, 82]
    """
    if not 1 <= units <= population or not 0 <= offset < population // units:
        raise ValueError("a sample is a part of the program, and begins in its first stretch")
    return np.asarray(offset + population // units * np.arange(units))


def next_units(units: Array, cpi: Array, population: int, error: float) -> Array:
    """Units to measure next: a pilot, then as many as its variation asks for, one at random from each stretch.

    Parameters
    ----------
    units : (measured,) ndarray of int
        Numbers of the units that have been measured.
    cpi : (measured,) ndarray
        What they measured. [1]
    population : int
        Units of the program, numbered from 0. [1]
    error : float
        Error of the mean that is allowed, as a share of it, with 99.7 %. [1]

    Returns
    -------
    (wanted,) ndarray of int
        Numbers of the units to measure next; none, when it is enough. [1]

    Examples
    --------
    >>> len(next_units(np.array([]), np.array([]), 20_000, 0.05)), len(next_units(np.arange(90), np.ones(90), 900, 0.1))
    (200, 0)
    """
    wanted = 200
    if len(units) > 0:
        needed = (3 * np.std(cpi, ddof=1) / np.mean(cpi) / error) ** 2
        wanted = int(1.1 * needed / (1 + needed / population)) + 1 - len(units)
    if wanted <= 0:
        return np.array([], dtype=int)
    edges = np.linspace(0, population, wanted + 1)
    chance = np.random.default_rng(len(units)).random(wanted)
    return np.asarray((edges[:-1] + chance * np.diff(edges)).astype(int))


def fixed_plan(units: Array, cpi: Array, population: int, error: float) -> Array:  # noqa: ARG001  a policy's form
    """As many units as a variation of 1 asks for, spread evenly, whatever they measure.

    Parameters
    ----------
    units : (measured,) ndarray of int
        Numbers of the units that have been measured.
    cpi : (measured,) ndarray
        What they measured. [1]
    population : int
        Units of the program. [1]
    error : float
        Error that is allowed, as a share. [1]

    Returns
    -------
    (wanted,) ndarray of int
        Numbers of the units to measure next. [1]

    Examples
    --------
    >>> len(fixed_plan(np.array([]), np.array([]), 20_000, 0.05))
    3051
    """
    if len(units) > 0:
        return np.array([], dtype=int)
    return every_kth_unit(population, units_needed(1.0, error, population=population))


def sampled_programs(policy: Policy, programs: Mapping[str, Array], error: float, rounds: int = 8) -> dict[str, Array]:
    """What a policy measures of some programs, and how far its means are off.

    Parameters
    ----------
    policy : callable
        As `next_units`; asked until it wants nothing new.
    programs : mapping of str to (population,) array
        CPI of every unit of each program. [1]
    error : float
        Error that is promised, as a share. [1]
    rounds : int
        How often the policy is asked at most. [1]

    Returns
    -------
    dict of str to (programs,) ndarray
        `measured`, the number of units [1]; `missed`, whether the mean is off by more than the error; `cost`, the
        units measured, or all of them where the promise is missed [1]; `ideal`, the units that a sampler needs who
        knows the variation beforehand [1].

    Examples
    --------
    >>> found = sampled_programs(fixed_plan, {"calm": np.linspace(1.0, 1.1, 20_000)}, error=0.05)
    >>> found["measured"].tolist(), found["cost"].tolist(), found["ideal"].tolist()
    ([3051.0], [3051.0], [3.0])
    """
    rows = []
    for whole in programs.values():
        known = np.zeros(len(whole), dtype=bool)
        for _ in range(rounds):
            seen = np.flatnonzero(known)
            wanted = np.asarray(policy(seen, whole[seen], len(whole), error)).astype(int)
            if wanted.size == 0 or np.all(known[wanted]):
                break
            known[wanted] = True
        truth = whole.mean()
        missed = not known.any() or abs(whole[known].mean() - truth) > error * truth
        ideal = units_needed(float(whole.std() / truth), error, population=len(whole))
        rows.append([known.sum(), missed, len(whole) if missed else known.sum(), ideal])
    columns = np.array(rows, dtype=float).T
    return dict(zip(("measured", "missed", "cost", "ideal"), columns, strict=True))
