r"""A metric file that reads well and is wrong: three faults, and what shows them.

Question
    A metric file for Skylake-SP came with a set of counts. It is well formed. Is it right, and if not, what is wrong?
Model
    .. math:: v_{file} = v_{counts}, \qquad f_m(n) = f^{known}_m(n) \quad \text{for each metric } m

    A file is compared with other sources: its version of the event list with the one that the counts were taken with,
    its events with their descriptions, its metrics with a function of known formulas on the same counts :math:`n`.
    Rows of two threads and rows of one show different faults.
Assumes
    The other sources are right; and the faults are those of the file that the module hands out.
Breaks when
    Two faults cancel on the counts at hand: take rows of both kinds, and more than one program.
Source
    Events and formulas of Skylake-SP as in Intel's perfmon metrics file for SKX, TMA 5.01; the faults are ours.
Oracle
    The level-1 function, itself held against Intel's formulas, on counts with and without multithreading.
"""

from __future__ import annotations

import json

__all__ = ["mended_metric_file"]


def mended_metric_file(received: str) -> str:
    """Text of the metric file without its three faults.

    Parameters
    ----------
    received : str
        JSON as the module hands it out: an old version of the event list, two events exchanged, and clocks of two
        threads that are not shared.

    Returns
    -------
    str
        JSON.

    Examples
    --------
    >>> metric = {"name": "clocks", "unit": "clocks", "formula": "thread_clocks"}
    >>> received = json.dumps({"event_file": {"version": "1.28"}, "events": {}, "metrics": [metric]})
    >>> json.loads(mended_metric_file(received))["event_file"]
    {'version': '1.37'}
    """
    document = json.loads(received)
    document["event_file"]["version"] = "1.37"  # as the counts were taken
    document["events"]["issued_uops"] = "UOPS_ISSUED.ANY"
    document["events"]["retired_slots"] = "UOPS_RETIRED.RETIRE_SLOTS"
    clocks = next(metric for metric in document["metrics"] if metric["name"] == "clocks")
    clocks["formula"] = "thread_clocks * (1 - smt_on) + any_clocks / 2 * smt_on"
    return json.dumps(document, indent="  ")
