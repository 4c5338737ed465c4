r"""Sampling in time: threads that are simulated in detail now and then, and go on at their own pace in between.

Question
    Threads wait for each other, and instructions say little about time. How long does a program take, if only a tenth
    of its *time* is simulated in detail?
Model
    .. math:: \hat r_t = \frac{\text{instructions of } t \text{ in the last detailed part}}
        {\text{time in which it had work}}, \qquad
        T = \sum_{\text{regions}} \max_t \sum_{\text{pieces}} \frac{I}{r}

    The clock alternates: detailed parts, in which each thread advances at its true rate, and parts that are gone
    through quickly, in which it advances at the rate :math:`\hat r_t` that it last showed. Synchronisation is kept in
    both: who reaches a barrier waits there for the last, and what it spins meanwhile is in no rate. Time is simulated
    and not counted together from instructions, so nothing has to be known about who waits for whom.
Assumes
    A thread goes on as it did in the last detailed part; one that has not been seen yet, at its true rate. Barriers
    between regions; a first part in detail.
Breaks when
    Rates change between two detailed parts and back again, in step with the clock: then they are seen at the same place
    each time.
Source
    Carlson, Heirman, Eeckhout, "Sampled Simulation of Multi-Threaded Applications", ISPASS 2013; Ardestani, Renau,
    "ESESC: A Fast Multicore Simulator Using Time-Based Sampling" (abstracts read): samples in time, since IPC says
    little about the time of threads that wait. The clock is our own simplification.
Oracle
    The true time, region by region; the same clock in small steps; threads of one rate, whose time is exact with any
    sample.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["barrier_run_s", "time_sampled_run_s"]

Region = Sequence[Sequence[tuple[float, float]]]


def barrier_run_s(regions: Sequence[Region]) -> float:
    """True time of a program with barriers.

    Parameters
    ----------
    regions : sequence of sequence of sequence of (float, float)
        For each region, for each thread, its pieces: instructions [1], and instructions a second [1/s]. At the end of a
        region threads wait for the last.

    Returns
    -------
    float
        Time. [s]

    Raises
    ------
    ValueError
        If a number is not positive, or the number of threads changes.

    Examples
    --------
    >>> barrier_run_s([[[(4.0, 2.0)], [(3.0, 1.0)]], [[(1.0, 1.0), (2.0, 4.0)], [(1.0, 1.0)]]])
    4.5
    """
    if len({len(region) for region in regions}) > 1:
        raise ValueError("each region has the same threads")
    if any(number <= 0 for region in regions for thread in region for piece in thread for number in piece):
        raise ValueError("instructions and rates are positive")
    return float(
        sum(max((sum(count / rate for count, rate in thread) for thread in region), default=0.0) for region in regions)
    )


def time_sampled_run_s(regions: Sequence[Region], detailed_s: float, forward_s: float) -> dict[str, float]:
    """Time that a simulation finds which alternates between detail and the rates it saw last.

    Parameters
    ----------
    regions : sequence of sequence of sequence of (float, float)
        As for `barrier_run_s`.
    detailed_s, forward_s : float
        Lengths of the detailed parts, and of those in between. [s]

    Returns
    -------
    dict of str to float
        `run_s` that it finds, and `detailed_s` of it [s].

    Raises
    ------
    ValueError
        If a detailed part has no length, one in between a negative one, a number is not positive, or the number of
        threads changes.

    Examples
    --------
    A thread that turns twice as fast halfway, unseen until the next detailed part:

    >>> program = [[[(10.0, 1.0), (10.0, 2.0)]]]
    >>> time_sampled_run_s(program, detailed_s=1.0, forward_s=3.0), barrier_run_s(program)
    ({'run_s': 16.0, 'detailed_s': 4.0}, 15.0)
    """
    if not detailed_s > 0 or forward_s < 0:
        raise ValueError("a detailed part has a length, and one in between no negative one")
    barrier_run_s(regions)  # refuses what is no program
    threads = len(regions[0]) if regions else 0
    clock = _Clock(threads, detailed_s, forward_s)
    for region in regions:
        left = [[list(piece) for piece in thread] for thread in region]
        while any(left):
            clock.advance(left)
    return {"run_s": clock.now_s, "detailed_s": clock.detailed_s}


class _Clock:
    """Alternates between detail and what lies in between, and knows the rate that each thread showed last."""

    def __init__(self, threads: int, detailed_s: float, forward_s: float) -> None:
        self.now_s = self.detailed_s = 0.0
        self._lengths_s = (detailed_s, forward_s)
        self._left_s, self._in_detail = detailed_s, True
        self._rates: list[float | None] = [None] * threads
        self._done, self._busy_s = [0.0] * threads, [0.0] * threads

    def advance(self, left: list[list[list[float]]]) -> None:
        """Go on until a piece ends or the part does."""
        working = [thread for thread, pieces in enumerate(left) if pieces]
        rates = {thread: self._rate(thread, left[thread][0][1]) for thread in working}
        step_s = min(self._left_s, *(left[thread][0][0] / rates[thread] for thread in working))
        for thread in working:
            piece, advanced = left[thread][0], rates[thread] * step_s
            piece[0] -= advanced
            if piece[0] <= 1e-9 * advanced:
                left[thread].pop(0)
            if self._in_detail:
                self._done[thread] += advanced
                self._busy_s[thread] += step_s
        self.now_s += step_s
        self.detailed_s += step_s if self._in_detail else 0.0
        self._left_s -= step_s
        if self._left_s <= 0:
            self._turn()

    def _rate(self, thread: int, true_rate: float) -> float:
        seen = self._rates[thread]
        return true_rate if self._in_detail or seen is None else seen

    def _turn(self) -> None:
        if self._in_detail:
            for thread, busy_s in enumerate(self._busy_s):
                if busy_s > 0:
                    self._rates[thread] = self._done[thread] / busy_s
            self._done, self._busy_s = [0.0] * len(self._done), [0.0] * len(self._busy_s)
        if self._lengths_s[1] > 0:
            self._in_detail = not self._in_detail
        self._left_s = self._lengths_s[0 if self._in_detail else 1]
