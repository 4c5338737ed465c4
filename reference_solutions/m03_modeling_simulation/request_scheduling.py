r"""Which request next: a controller that prefers open rows, and forgets nobody.

Question
    Requests of several programs wait for one memory channel. In which order is it quick, and still fair?
Model
    FR-FCFS, *first ready, first come first served*: of the waiting requests the oldest whose row is open; if there is
    none, the oldest. It saves precharges and activations. But a program that streams through one row keeps it open for
    ever, and whoever wants another row of that bank waits: so a request beyond a certain age goes first, whatever is
    open. A controller is asked for a decision whenever the last column command has been given.
Assumes
    The controller sees all that wait, and knows what is open.
Breaks when
    Writes have to be drained in groups, or priorities come from outside.
Source
    Rixner, Dally, Kapasi, Mattson, Owens, "Memory access scheduling", ISCA 2000, on scheduling for open rows; the limit
    on age is ours, in the spirit of batching schedulers.
Oracle
    Streams that never conflict, and rows that alternate, by hand; a stream that would starve another; the banks of
    `DramBanks`, tested apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference_solutions.m03_modeling_simulation.dram_banks import DramBanks
from reference_solutions.units import Array

__all__ = ["first_come", "pick_request", "served_requests"]

Picker = Callable[[list[dict[str, int]], list[int], int], int]


def pick_request(waiting: list[dict[str, int]], open_rows: list[int], now: int) -> int:
    """The oldest request whose row is open, else the oldest; but first of all one that has waited too long.

    Parameters
    ----------
    waiting : list of dict of str to int
        Requests in the order of their arrival, each with `arrival`, `bank` and `row`. [cycle]
    open_rows : list of int
        Row that each bank has open, -1 for none.
    now : int
        The time of the decision. [cycle]

    Returns
    -------
    int
        Place of a request in `waiting`. [1]

    Examples
    --------
    >>> waiting = [{"arrival": 0, "bank": 0, "row": 4}, {"arrival": 9, "bank": 1, "row": 2}]
    >>> pick_request(waiting, open_rows=[3, 2], now=20), pick_request(waiting, open_rows=[3, 2], now=500)
    (1, 0)
    """
    if now - waiting[0]["arrival"] > 400:  # cycles: about ten conflicts
        return 0
    ready = [place for place, request in enumerate(waiting) if open_rows[request["bank"]] == request["row"]]
    return ready[0] if ready else 0


def first_come(waiting: list[dict[str, int]], open_rows: list[int], now: int) -> int:
    """The oldest request: what a controller is held against.

    Parameters
    ----------
    waiting : list of dict of str to int
        Not looked at.
    open_rows : list of int
        Not looked at.
    now : int
        Not looked at. [cycle]

    Returns
    -------
    int
        Place 0. [1]

    Examples
    --------
    >>> first_come([{"arrival": 0, "bank": 0, "row": 4}], [3], 20)
    0
    """
    del waiting, open_rows, now
    return 0


def served_requests(
    picker: Picker, requests: Sequence[Mapping[str, int]], banks: int, timing: Mapping[str, int], room: int = 16
) -> dict[str, Any]:
    """What comes of a controller's decisions.

    Parameters
    ----------
    picker : callable
        Takes what waits, the open rows and the time; gives a place.
    requests : sequence of mapping of str to int
        `arrival`, `bank` and `row` of each, by arrival. [cycle]
    banks : int
        Banks of the channel. [1]
    timing : mapping of str to int
        As `DramBanks` takes it. [cycle]
    room : int
        Requests that the controller sees at a time; later ones wait outside, in order. [1]

    Returns
    -------
    dict of str to object
        `latency`, (n,) ndarray of the cycles from arrival to data, in the order of arrival; `counts` by kind; `cycles`
        until the last data. [cycle, 1]

    Raises
    ------
    ValueError
        If the controller gives no place among those that wait.

    Examples
    --------
    >>> timing = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
    >>> timing |= {"tREFI": 9364, "tRFC": 420, "burst": 4}
    >>> requests = [{"arrival": 0, "bank": 0, "row": row} for row in (1, 2, 1, 2)]
    >>> [served_requests(one, requests, 1, timing)["counts"]["hit"] for one in (first_come, pick_request)]
    [0, 2]
    """
    memory = DramBanks(banks, timing)
    latency: Array = np.zeros(len(requests))
    places = list(range(len(requests)))  # of those that have not been served, by arrival
    now = last = 0
    while places:
        now = max(now, requests[places[0]]["arrival"])
        seen = [place for place in places[:room] if requests[place]["arrival"] <= now]
        chosen = int(picker([dict(requests[place]) for place in seen], memory.open_rows, now))
        if not 0 <= chosen < len(seen):
            raise ValueError("no such request is waiting")
        place = seen[chosen]
        places.remove(place)
        done = memory.read(now, requests[place]["bank"], requests[place]["row"])
        latency[place] = done - requests[place]["arrival"]
        last = max(last, done)
        now = done - timing["CL"] - timing["burst"]
    return {"latency": latency, "counts": memory.counts, "cycles": last}
