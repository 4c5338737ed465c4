r"""The kernel of a discrete-event simulation: a clock that jumps from one event to the next.

Question
    Most of simulated time nothing happens. How does a simulation skip it, and keep the order of what happens together?
Model
    .. math:: t \leftarrow \min_{e \in Q} t_e, \qquad e^{*} = \min_{e \in Q} (t_e, p_e, n_e)

    Pending events form a queue, ordered by their time, then by a priority (smaller first), then by the order in which
    they were scheduled. A step takes the first, and moves the clock to its time. A process is a generator: it yields
    how long it sleeps, and the kernel schedules its waking.
Assumes
    Whatever happens at an event takes no simulated time, and schedules nothing in the past.
Breaks when
    Two events at one time depend on each other in an order that nobody has stated: then the tie rule decides, silently.
    And events without end at one time (a zero delay in a loop) stop the clock.
Source
    Law, *Simulation Modeling and Analysis*, 5th edition, McGraw-Hill 2015, and Banks, Carson, Nelson, Nicol,
    *Discrete-Event System Simulation*, 5th edition, Pearson 2010, on the event-scheduling view (textbooks; the rule for
    ties is stated here as we use it, and is SimPy's).
Oracle
    SimPy, run on the same processes: the same trace, event by event, ties and zero delays among them; a list that is
    sorted anew at each step.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Mapping

__all__ = ["EventKernel", "process_trace"]


class EventKernel:
    """A clock and a queue of events.

    Parameters
    ----------
    start_s : float
        What the clock shows in the beginning. [s]

    Attributes
    ----------
    now_s : float
        What the clock shows. [s]
    pending : int
        Events that have neither happened nor been cancelled. [1]

    Examples
    --------
    >>> kernel = EventKernel()
    >>> late, early = kernel.schedule(2.0, "late"), kernel.schedule(1.0, "early")
    >>> kernel.step(), kernel.now_s
    ('early', 1.0)
    >>> kernel.cancel(late), kernel.step(), kernel.now_s
    (True, None, 1.0)
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = float(start_s)
        self._queue: list[tuple[float, int, int]] = []
        self._labels: dict[int, str] = {}  # of the events that are pending
        self._scheduled = 0

    @property
    def now_s(self) -> float:
        """What the clock shows."""
        return self._now_s

    @property
    def pending(self) -> int:
        """Events that have neither happened nor been cancelled."""
        return len(self._labels)

    def schedule(self, delay_s: float, label: str, priority: int = 0) -> int:
        """Put an event into the queue.

        Parameters
        ----------
        delay_s : float
            From now until it happens; may be 0. [s]
        label : str
            What `step` returns when it happens.
        priority : int
            Of events at one time, those with the smallest happen first; then those that were scheduled first.

        Returns
        -------
        int
            A ticket: 1 for the first event that was ever scheduled, 2 for the next, and so on.

        Raises
        ------
        ValueError
            If the delay is negative or not a number.
        """
        if not delay_s >= 0:
            raise ValueError("an event cannot happen in the past")
        self._scheduled += 1
        heapq.heappush(self._queue, (self._now_s + delay_s, priority, self._scheduled))
        self._labels[self._scheduled] = label
        return self._scheduled

    def cancel(self, ticket: int) -> bool:
        """Take an event out of the queue.

        Parameters
        ----------
        ticket : int
            As `schedule` gave it.

        Returns
        -------
        bool
            Whether it was pending until now.
        """
        return self._labels.pop(ticket, None) is not None

    def step(self) -> str | None:
        """Move the clock to the next pending event.

        Returns
        -------
        str or None
            Its label; None if nothing is pending: the clock then stays.
        """
        while self._queue:
            time_s, _, ticket = heapq.heappop(self._queue)
            if ticket in self._labels:  # a cancelled event stays in the heap until it comes up, and moves no clock
                self._now_s = time_s
                return self._labels.pop(ticket)
        return None


def process_trace(processes: Mapping[str, Generator[float, None, None]], until_s: float) -> list[tuple[float, str]]:
    """Run processes on one kernel, and note who wakes when.

    Parameters
    ----------
    processes : mapping of str to generator
        Name -> a generator that yields how long it sleeps. [s]
    until_s : float
        Events at this time or later do not happen. [s]

    Returns
    -------
    list of (float, str)
        Time and name, each time that a process wakes; the start counts as none. [s]

    Examples
    --------
    >>> def ticks(every_s):
    ...     while True:
    ...         yield every_s
    >>> process_trace({"a": ticks(2.0), "b": ticks(3.0)}, until_s=6.5)
    [(2.0, 'a'), (3.0, 'b'), (4.0, 'a'), (6.0, 'b'), (6.0, 'a')]
    """
    kernel, trace = EventKernel(), []
    for name, process in processes.items():
        sleep_s = next(process, None)
        if sleep_s is not None:
            kernel.schedule(sleep_s, name)
    while (woken := kernel.step()) is not None and kernel.now_s < until_s:
        trace.append((kernel.now_s, woken))
        sleep_s = next(processes[woken], None)
        if sleep_s is not None:
            kernel.schedule(sleep_s, woken)
    return trace
