r"""Replicas that follow the load: Kubernetes' horizontal pod autoscaler.

Question
    Replicas are busier than they should be. How many should there be, and when is it better to leave them alone?
Model
    .. math:: n' = \left\lceil n\, \frac{m}{m^*} \right\rceil, \qquad
        n' = n \text{ if } \left| \frac{m}{m^*} - 1 \right| \le 0.1

    with the metric's mean :math:`m` over replicas and its target :math:`m^*`. Replicas without a metric are counted
    cautiously: as using all of the target when the others say *fewer*, as using nothing when they say *more*; if this
    turns the direction, nothing happens. Down it goes only to the largest number recommended within a window.
Assumes
    The load divides evenly and at once, and the metric falls as replicas are added.
Breaks when
    New replicas take longer to start than the load takes to change, or the metric is a queue that others fill.
Source
    Kubernetes documentation, "Horizontal Pod Autoscaling" (algorithm details, stabilization window).
Oracle
    The documentation's doubling and halving; a load of known size: the mean is at most the target afterwards, and with
    one replica fewer it would not be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["desired_replicas", "stabilised_replicas"]


def desired_replicas(
    metrics: Sequence[float | None], target: float, least: int, most: int, tolerance: float = 0.1
) -> int:
    """How many replicas the metrics of the present ones ask for.

    Parameters
    ----------
    metrics : sequence of float or None
        Of each replica; None where it is missing. [unit of the target]
    target : float
        What the mean should be. [any unit]
    least, most : int
        Limits of the number. [1]
    tolerance : float
        Up to which deviation from 1 the ratio changes nothing. [1]

    Returns
    -------
    int
        Replicas. [1]

    Raises
    ------
    ValueError
        If the target is not positive, the limits contradict each other, or there is no replica.

    Examples
    --------
    >>> desired_replicas([200, 200, 200, 200], 100, 1, 20), desired_replicas([109] * 4, 100, 1, 20)
    (8, 4)
    """
    if not target > 0 or least > most or not metrics:
        raise ValueError("a target is positive, limits do not contradict each other, and some replica is there")
    known, now = [metric for metric in metrics if metric is not None], len(metrics)
    if not known:
        return int(np.clip(now, least, most))
    ratio = sum(known) / len(known) / target
    if abs(ratio - 1) <= tolerance + 1e-12:
        return int(np.clip(now, least, most))
    cautious = [(target if ratio < 1 else 0.0) if metric is None else metric for metric in metrics]
    again = sum(cautious) / now / target
    if abs(again - 1) <= tolerance + 1e-12 or (again > 1) != (ratio > 1):
        return int(np.clip(now, least, most))
    return int(np.clip(np.ceil(now * again - 1e-9), least, most))


def stabilised_replicas(now: int, recommended: Sequence[int]) -> int:
    """What is done about a recommendation: up at once, down only to the largest one within the window.

    Parameters
    ----------
    now : int
        Replicas. [1]
    recommended : sequence of int
        Numbers recommended within the window, the latest last. [1]

    Returns
    -------
    int
        Replicas. [1]

    Raises
    ------
    ValueError
        If nothing was recommended.

    Examples
    --------
    >>> stabilised_replicas(8, [6, 7, 3]), stabilised_replicas(8, [6, 7, 12])
    (7, 12)
    """
    if not recommended:
        raise ValueError("something was recommended")
    return max(recommended[-1], min(now, max(recommended)))
