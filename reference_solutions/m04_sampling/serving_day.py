r"""A service with a day of its own: windows at random, or so many from each phase of the day.

Question
    A day of a service is cut into windows, which belong to phases. Its mean CPI is wanted within 2 %. How many windows
    must be simulated, of which phases, and is it worth knowing the phases?
Model
    .. math:: n_0 = \left( \frac{z\,S}{\varepsilon\,\mu} \right)^2, \quad
        S^2 = \sum_h W_h s_h^2 + \sum_h W_h (m_h - \mu)^2, \qquad
        n_h = \frac{W_h s_h}{\sqrt{c_h}} \cdot
        \frac{\sum_j W_j s_j \sqrt{c_j}}{(\varepsilon\,\mu / z)^2 + \frac{1}{N} \sum_j W_j s_j^2}

    Windows at random pay for the scatter within phases *and* between them, and need no profile. Windows drawn phase by
    phase pay for the scatter within only, and are dealt out so that the whole is cheapest: more to phases that are
    large and wild, fewer to dear ones (Neyman's allocation with costs, for a finite population). Every number is
    rounded up; a phase has two windows at least, or nobody knows its scatter. The stride of the random plan, made
    systematic, has no divisor in common with the period of what repeats itself.
Assumes
    Phases are known without error once a profile is paid for; shares and scatter as in the pilot.
Breaks when
    The day changes: the shares :math:`W_h` are those of the profile, and a wrong one is a bias that no interval shows.
Source
    Cochran, Sampling Techniques, 3rd edition, Wiley 1977, chapter 5 (stratified sampling, allocation with costs);
    Neyman 1934 for the allocation.
Oracle
    Variances by drawing samples of a made-up day; every allocation of a small day, tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["sampling_plan_file"]


def sampling_plan_file(scenario: Mapping[str, Any]) -> str:
    """Both plans, the cheaper one, and what is published with it, as the text of a JSON file.

    Parameters
    ----------
    scenario : mapping
        `phases`, each with its name `phase`, `windows` of the day, `mean_cpi`, `cv` (scatter over mean) and
        `minutes` that one window costs; `error`, `z`, `confidence`, `profile_hours`, and `period_windows` of what
        repeats itself.

    Returns
    -------
    str
        `error`, `confidence`; `random` with `windows`, `stride` and `hours`; `stratified` with `windows` of each phase
        and `hours`; `chosen`, and its `half_width`, as a share of the mean.

    Examples
    --------
    Two phases that scatter alike around different means:

    >>> calm = {"windows": 5000, "cv": 0.1, "minutes": 30}
    >>> phases = [calm | {"phase": "day", "mean_cpi": 3.0}, calm | {"phase": "night", "mean_cpi": 1.0}]
    >>> day = {"phases": phases, "error": 0.02, "z": 1.96, "confidence": 0.95, "profile_hours": 100}
    >>> plan = json.loads(sampling_plan_file(day | {"period_windows": 25}))
    >>> plan["random"], plan["chosen"]
    ({'windows': 2014, 'stride': 4, 'hours': 1007}, 'stratified')
    >>> plan["stratified"], round(plan["half_width"], 5)
    ({'windows': {'day': 72, 'night': 24}, 'hours': 148}, 0.01988)
    """
    phases = scenario["phases"]
    windows, means, cv, minutes = (
        np.array([phase[name] for phase in phases], dtype=float) for name in ("windows", "mean_cpi", "cv", "minutes")
    )
    total, scatter = windows.sum(), cv * means
    share = windows / total
    mean = share @ means
    allowed = scenario["error"] * mean / scenario["z"]  # standard error that keeps the promise

    within = share @ scatter**2
    spread = within + share @ (means - mean) ** 2
    at_random = int(np.ceil(spread / (allowed**2 + spread / total)))
    stride = int(total // at_random)
    while np.gcd(stride, scenario["period_windows"]) > 1:
        stride -= 1
    random_hours = int(np.ceil(at_random * (share @ minutes) / 60))

    each = share * scatter / np.sqrt(minutes) * (share * scatter @ np.sqrt(minutes)) / (allowed**2 + within / total)
    dealt = np.maximum(2, np.ceil(each)).astype(int)
    stratified_hours = int(np.ceil(scenario["profile_hours"] + dealt @ minutes / 60))

    if random_hours <= stratified_hours:
        chosen, variance = "random", spread / at_random * (1 - at_random / total)
    else:
        chosen, variance = "stratified", np.sum((share * scatter) ** 2 / dealt * (1 - dealt / windows))
    plan = {
        "error": scenario["error"],
        "confidence": scenario["confidence"],
        "random": {"windows": at_random, "stride": stride, "hours": random_hours},
        "stratified": {
            "windows": {phase["phase"]: count for phase, count in zip(phases, dealt.tolist(), strict=True)},
            "hours": stratified_hours,
        },
        "chosen": chosen,
        "half_width": float(scenario["z"] * np.sqrt(variance) / mean),
    }
    return json.dumps(plan)
