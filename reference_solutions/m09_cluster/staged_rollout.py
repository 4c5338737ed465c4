r"""A new version for a fleet in the field: in stages, so that a bad one is caught while few have it.

Question
    A hundred thousand devices take an update over thin links. How long does it take, and how many does a bad one reach?
Model
    .. math:: t = \sum_j \left( \max\left( \frac{S}{\beta}, \frac{n_j S}{B} \right) + w + o \right), \qquad
        n_j = \min\left( \lceil N s\, g^{j} \rceil,\; N \right) - \min\left( \lceil N s\, g^{j - 1} \rceil,\; N \right)

    The first stage gives a package of :math:`S` bytes to a share :math:`s` of :math:`N` devices; each further stage
    ends :math:`g` times as far. A stage takes what the slower of a device's link :math:`\beta` and the server's
    :math:`B` takes, after a wait :math:`w` for devices to come online, and is watched for :math:`o` before the next
    one. A bad version that its first watch shows reaches the first stage and nobody else.
Assumes
    Devices of a stage load side by side and share the server; who is offline longer than the wait counts as absent.
Breaks when
    Failures show only after longer than a watch, or stages are not drawn at random from the fleet.
Source
    Stages as rollouts are commonly run: Beyer et al. (eds.), *Site Reliability Workbook*, O'Reilly 2018, chapter 16,
    "Canarying Releases"; the arithmetic is our own.
Oracle
    Stages played one by one with whole devices; one stage in closed form.
"""

from __future__ import annotations

from reference_solutions import validate

__all__ = ["staged_rollout"]


def staged_rollout(
    devices: int,
    package_bytes: float,
    link_bytes_per_s: float,
    server_bytes_per_s: float,
    first_share: float,
    growth: float,
    online_s: float,
    watch_s: float,
) -> dict[str, float]:
    """Time and reach of a rollout in stages.

    Parameters
    ----------
    devices : int
        Of the fleet. [1]
    package_bytes : float
        What each loads. [B]
    link_bytes_per_s, server_bytes_per_s : float
        Of a device, and of the server for all. [B/s]
    first_share : float
        Share of the fleet in the first stage. [1]
    growth : float
        How many times as many have the version after the next stage. [1]
    online_s, watch_s : float
        Wait for devices to come online, and watch after a stage. [s]

    Returns
    -------
    dict of str to float
        `rollout_s` [s]; `stages`; `first_devices`, which a bad version reaches [1]; `server_bytes` in all [B].

    Raises
    ------
    ValueError
        If a size or rate is not positive, the share is none, or stages do not grow.

    Examples
    --------
    A hundredth, a tenth, all; an hour each to load, wait and watch:

    >>> staged_rollout(1000, 3.6e6, 1e3, 1e9, 0.01, 10, 3600.0, 3600.0)["rollout_s"] / 3600
    9.0
    """
    validate.require_positive(devices=devices, package_bytes=package_bytes, first_share=first_share)
    validate.require_positive(link_bytes_per_s=link_bytes_per_s, server_bytes_per_s=server_bytes_per_s)
    if first_share > 1 or growth <= 1 or online_s < 0 or watch_s < 0:
        raise ValueError("first_share is at most 1, stages grow, and nobody waits a negative time")
    reached, stages, rollout_s = 0, 0, 0.0
    first_devices = min(_whole(devices * first_share), int(devices))
    while reached < devices:
        goal = min(_whole(devices * first_share * growth**stages), int(devices))
        loading_s = max(package_bytes / link_bytes_per_s, (goal - reached) * package_bytes / server_bytes_per_s)
        rollout_s += loading_s + online_s + watch_s
        reached, stages = goal, stages + 1
    return {
        "rollout_s": rollout_s,
        "stages": float(stages),
        "first_devices": float(first_devices),
        "server_bytes": float(devices * package_bytes),
    }


def _whole(count: float) -> int:
    """Devices, rounded up; a product that misses a whole number by rounding is that number."""
    return int(-(-(count - 1e-9 * count) // 1))
