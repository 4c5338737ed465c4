r"""More events than counters: taking turns, and scaling what could not be counted.

Question
    A core has a handful of counters and you asked for thirty events. What do the reported numbers mean?
Model
    .. math:: \hat{n} = n_{raw} \cdot \frac{t_{enabled}}{t_{running}}

    Events of a group go on the counters together or not at all. At every tick the groups are put on in the order of
    their queue while they fit (the first that does not fit ends it: no group overtakes another), then the first of
    the queue goes to its end. Each event knows how long it was wanted and how long it ran.
Assumes
    An event's rate while it was counted is its rate while it was not.
Breaks when
    The program's phases keep step with the rotation, or are shorter than a turn; and for ratios of events that were
    counted at different times, whose errors are independent.
Source
    perf_event_open(2), Linux manual pages: time_enabled and time_running; Linux, kernel/events/core.c, for the order
    in which groups go on and rotate.
Oracle
    Closed forms for constant and for piecewise constant rates: exact, and off by a factor that is known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["CounterMultiplexer"]


class CounterMultiplexer:
    """Groups of events that take turns on the counters of one core.

    Parameters
    ----------
    counters : int
        Programmable counters of the core. [1]
    groups : sequence of sequence of str
        Events that must be counted together; each group fits on the counters, and no event is in two.

    Raises
    ------
    ValueError
        If a group is empty or larger than the counters.

    Examples
    --------
    Two groups of two on three counters take turns of half a second; at a steady rate the estimate is exact.

    >>> multiplexer = CounterMultiplexer(counters=3, groups=[["loads", "misses"], ["branches", "mispredicts"]])
    >>> for _ in range(10):
    ...     multiplexer.tick(0.5, {"loads": 1000, "branches": 300})
    >>> multiplexer.running_share("loads"), multiplexer.estimate("loads")
    (0.5, 10000.0)
    """

    def __init__(self, counters: int, groups: Sequence[Sequence[str]]) -> None:
        if any(not 1 <= len(group) <= counters for group in groups):
            raise ValueError("every group has at least one event and fits on the counters")
        self._counters = counters
        self._queue = list(groups)
        self._raw = {event: 0.0 for group in groups for event in group}
        self._running_s = dict.fromkeys(self._raw, 0.0)
        self._enabled_s = 0.0

    @property
    def active_events(self) -> set[str]:
        """Events that are being counted now."""
        active: set[str] = set()
        for group in self._queue:
            if len(active) + len(group) > self._counters:
                break  # nobody overtakes: a small group waits behind a large one
            active.update(group)
        return active

    def tick(self, duration_s: float, counts: Mapping[str, float]) -> None:
        """Let time pass, in which events happened, then let the next group come first.

        Parameters
        ----------
        duration_s : float
            Length of the turn. [s]
        counts : mapping of str to float
            How often each event happened, whether it was being counted or not; none, if it is not named. [1]
        """
        for event in self.active_events:
            self._raw[event] += counts.get(event, 0)
            self._running_s[event] += duration_s
        self._enabled_s += duration_s
        self._queue = self._queue[1:] + self._queue[:1]

    def running_share(self, event: str) -> float:
        """Share of the time that an event was counted.

        Parameters
        ----------
        event : str
            One of the events.

        Returns
        -------
        float
            Running time over enabled time; NaN before the first turn. [1]
        """
        return self._running_s[event] / self._enabled_s if self._enabled_s else float("nan")

    def estimate(self, event: str) -> float:
        """Count that would have been seen, had the event always run.

        Parameters
        ----------
        event : str
            One of the events.

        Returns
        -------
        float
            What was counted, scaled; NaN if the event never ran. [1]
        """
        running_s = self._running_s[event]
        return self._raw[event] * self._enabled_s / running_s if running_s > 0 else float("nan")
