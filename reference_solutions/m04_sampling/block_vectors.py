r"""Basic-block vectors: what an interval of a program executes.

Question
    A program is cut into intervals. Which code does each of them execute, in a form that no machine has a say in?
Model
    .. math:: v_{ib} = \frac{c_{ib}\,s_b}{\sum_{b'} c_{ib'}\,s_{b'}}, \qquad
        w_i = \frac{\sum_b c_{ib}\,s_b}{\sum_{i'} \sum_b c_{i'b}\,s_b}

    :math:`c_{ib}` counts how often interval :math:`i` enters basic block :math:`b` of :math:`s_b` instructions. An
    entry is the share of the interval's instructions that belong to the block, so each row sums to one. A block belongs
    whole to the interval in which it is entered, and an interval ends with the first block that fills it: intervals are
    a little longer than asked for, and :math:`w_i`, their share of all instructions, says by how much.
Assumes
    A block that is entered is executed to its end. The same code does the same work.
Breaks when
    Data decide how fast the same code is (a hash table that has outgrown the cache), or threads wait by spinning: then
    equal vectors hide different times.
Source
    Sherwood, Perelman, Hamerly, Calder, "Automatically Characterizing Large Scale Program Behavior", ASPLOS X, 2002;
    the manual of Valgrind's exp-bbv for what a file of such vectors holds.
Oracle
    Vectors that SimPoint 3.2 made of recorded counts; block by block with sums of fractions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference_solutions.units import Array

__all__ = ["BlockProfiler"]


class BlockProfiler:
    """Counts instructions by basic block, interval after interval.

    Parameters
    ----------
    sizes : sequence of int
        Instructions of each basic block; blocks are numbered from 0. [1]
    interval : int
        Instructions with which an interval is full. [1]

    Raises
    ------
    ValueError
        If there is no block, or a size or the interval is not positive.

    Examples
    --------
    >>> profiler = BlockProfiler(sizes=[4, 6], interval=10)
    >>> for block in (0, 1, 1):
    ...     profiler.enter(block)
    >>> profiler.finished, profiler.vectors().tolist(), profiler.weights().tolist()
    (1, [[0.4, 0.6], [0.0, 1.0]], [0.625, 0.375])
    """

    def __init__(self, sizes: Sequence[int], interval: int) -> None:
        if len(sizes) == 0 or min(sizes) <= 0 or interval <= 0:
            raise ValueError("a program has blocks, and blocks and intervals have instructions")
        self._sizes = list(sizes)
        self._interval = interval
        self._full: list[list[int]] = []
        self._open = [0] * len(self._sizes)

    @property
    def finished(self) -> int:
        """Intervals that are full. [1]"""
        return len(self._full)

    def enter(self, block: int) -> None:
        """Count a block that is entered, with all of its instructions.

        Parameters
        ----------
        block : int
            Its number.

        Raises
        ------
        ValueError
            If there is no such block.
        """
        if not 0 <= block < len(self._sizes):
            raise ValueError("there is no such block")
        self._open[block] += self._sizes[block]
        if sum(self._open) >= self._interval:
            self._full.append(self._open)
            self._open = [0] * len(self._sizes)

    def vectors(self) -> Array:
        """Share of each block in each interval, the last, unfinished one included.

        Returns
        -------
        (intervals, blocks) ndarray
            Rows sum to one; no row, as long as no block has been entered. [1]
        """
        counts = self._full + [self._open] * any(self._open)
        table = np.array(counts, dtype=float).reshape(len(counts), len(self._sizes))
        return np.asarray(table / table.sum(axis=1, keepdims=True))

    def weights(self) -> Array:
        """Share of each interval in all instructions so far, the unfinished one included.

        Returns
        -------
        (intervals,) ndarray
            They sum to one. [1]
        """
        counts = self._full + [self._open] * any(self._open)
        instructions = np.array([sum(interval) for interval in counts], dtype=float)
        return np.asarray(instructions / instructions.sum())
