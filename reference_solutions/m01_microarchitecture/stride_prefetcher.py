r"""A stride prefetcher, and the three numbers that say what it is worth.

Question
    Hardware guesses which lines a program will read next. How many of its guesses are used, how many misses do they
    save, and do they come in time?
Model
    A table keeps, for each load instruction, its last line, its step, and how often in a row the step was the same.
    From the :math:`t`-th time on, each access asks for the line that lies :math:`d` steps ahead, unless that is held
    already, or lies in another page. Lines are held in one cache and leave it in the order of their last use:

    .. math:: \text{accuracy} = \frac{\text{useful}}{\text{issued}}, \qquad
        \text{coverage} = \frac{\text{useful}}{\text{useful} + \text{misses left}}, \qquad
        \text{lateness} = \frac{\text{late}}{\text{useful}}

    A guess is *useful* once, when its line is first accessed; *late* if the line is still on its way then. Over
    :math:`n` lines with one step that is :math:`n - t - d` useful of :math:`n - t` issued, late if the memory takes
    longer than :math:`d` accesses.
Assumes
    One access a unit of time, whether it hits or misses; memory serves all that is asked for. An access to the line of
    the access before teaches nothing.
Breaks when
    Guesses queue behind misses, the table is small, so that instructions share an entry, or loads run out of order.
Source
    Chen, Baer, "Effective hardware-based data prefetching for high-performance processors", IEEE Transactions on
    Computers 44(5), 1995, pp. 609-623, for a table by instruction (its states of an entry are reduced to a count here);
    Srinath, Mutlu, Kim, Patt, "Feedback directed prefetching", HPCA 2007, for accuracy and lateness, paper not read:
    the three quotients are those in general use.
Oracle
    Closed forms of one step, within a page and over pages; the whole history searched anew at each access.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["prefetch_scores", "stride_prefetches"]


def stride_prefetches(
    instructions: ArrayLike,
    lines: ArrayLike,
    same_steps: int,
    steps_ahead: int,
    latency_accesses: int,
    cache_lines: int,
    lines_per_page: int = 64,
) -> dict[str, int]:
    """Play a stride prefetcher over a trace.

    Parameters
    ----------
    instructions : (N,) array_like of int
        Address of the load instruction of each access.
    lines : (N,) array_like of int
        Line that each access touches, in order, not negative.
    same_steps : int
        How often in a row an instruction must make the same step before guesses start. [1]
    steps_ahead : int
        How many steps ahead the line lies that is asked for. [1]
    latency_accesses : int
        Accesses until a line that was asked for is there. [1]
    cache_lines : int
        Lines that the cache holds. [1]
    lines_per_page : int
        Lines of a page; no guess leaves the page of its access. [1]

    Returns
    -------
    dict of str to int
        `issued`, `useful`, `late` and `misses`: accesses to lines that were neither held nor on their way. [1]

    Raises
    ------
    ValueError
        If the trace's columns differ in length, a line is negative, or a number is not positive (a latency may be 0).

    Examples
    --------
    Ten lines in a row; the third access is the second with the same step:

    >>> stride_prefetches([1] * 10, range(10), same_steps=2, steps_ahead=3, latency_accesses=4, cache_lines=64)
    {'issued': 8, 'useful': 5, 'late': 5, 'misses': 5}
    """
    validate.require_positive(same_steps=same_steps, steps_ahead=steps_ahead, cache_lines=cache_lines)
    validate.require_positive(lines_per_page=lines_per_page, latency_accesses=latency_accesses + 1)
    loads, trace = np.asarray(instructions).tolist(), np.asarray(lines, dtype=np.int64).tolist()
    if len(loads) != len(trace) or min(trace, default=0) < 0:
        raise ValueError("an instruction for each access, and no negative line")
    counts = dict.fromkeys(("issued", "useful", "late", "misses"), 0)
    held: dict[int, float] = {}  # line: when it arrives, if it was guessed and not touched since; last used last
    table: dict[int, tuple[int, int, int]] = {}
    touched = -1.0
    for now, (load, line) in enumerate(zip(loads, trace, strict=True)):
        arrival = held.pop(line, None)
        counts["misses"] += arrival is None
        counts["useful"] += arrival is not None and arrival != touched
        counts["late"] += arrival is not None and arrival > now
        _keep(held, line, touched, cache_lines)
        last, step, times = table.get(load, (line, 0, 0))
        if line != last:
            step, times = line - last, times + 1 if line - last == step else 1
        table[load] = line, step, times
        ahead = line + steps_ahead * step
        inside = ahead >= 0 and ahead // lines_per_page == line // lines_per_page
        if line != last and times >= same_steps and inside and ahead not in held:
            counts["issued"] += 1
            _keep(held, ahead, now + latency_accesses, cache_lines)
    return counts


def _keep(held: dict[int, float], line: int, arrival: float, cache_lines: int) -> None:
    """Bring a line in, as the last one that was used; the one whose last use is longest ago leaves a full cache."""
    held[line] = arrival
    if len(held) > cache_lines:
        del held[next(iter(held))]


def prefetch_scores(counts: Mapping[str, int]) -> dict[str, float]:
    """Accuracy, coverage and lateness of a prefetcher.

    Parameters
    ----------
    counts : mapping of str to int
        `issued`, `useful`, `late` and `misses`, as `stride_prefetches` gives them. [1]

    Returns
    -------
    dict of str to float
        `accuracy`, `coverage` and `lateness`; NaN where there is nothing to divide by. [1]

    Raises
    ------
    ValueError
        If a count is negative, or more are useful than issued, or late than useful.

    Examples
    --------
    >>> prefetch_scores({"issued": 10, "useful": 8, "late": 2, "misses": 8})
    {'accuracy': 0.8, 'coverage': 0.5, 'lateness': 0.25}
    """
    issued, useful, late, misses = (counts[name] for name in ("issued", "useful", "late", "misses"))
    if not 0 <= late <= useful <= issued or misses < 0:
        raise ValueError("late ones are useful, useful ones were issued, and no count is negative")
    parts = {"accuracy": (useful, issued), "coverage": (useful, useful + misses), "lateness": (late, useful)}
    return {name: part / whole if whole else float("nan") for name, (part, whole) in parts.items()}
