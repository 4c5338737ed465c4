r"""Tokens a joule under a limit: which cooling, which clock for each phase of a request.

Question
    A machine answers requests that compute first and wait for memory then. It has coolers that draw power themselves, a
    limit of temperature, and a rate that it has promised. How does it make most of a joule?
Model
    .. math:: t = \sum_p \left( \frac{N_p}{f_p} + m_p \right), \qquad
        P_d = \frac{1}{t} \sum_p C_p V_p^2 N_p, \qquad
        E = t \left( P_d + P_0\, e^{\beta (T - T_0)} + P_{cool} + P_{other} \right)

    :math:`T` is where the package settles at the mean dynamic power (`settled_temperature_c`; here by Newton's method):
    requests are short against its time constant. Slow clocks switch cheaply and keep everything else on for longer;
    better cooling leaks less and draws more. All plans are looked at: levels of cooling times clocks of both phases.
    Should the fan stop, a cold machine may run its fastest clocks for a while (`boost_s`); its power is taken as that
    at the limit, which is cautious.
Assumes
    Requests follow each other without a gap; a core that waits switches nothing; leakage is that of one voltage.
Breaks when
    Requests come in bursts (then idle time belongs to them), or the limit is met by a hot spot.
Source
    Dynamic power after Chandrakasan et al. 1992, the fixed point after Corless et al. 1996, as on the pages of
    `dynamic_power` and `runaway`; energy per token is power over rate.
Oracle
    Every plan by halving and plain loops; a transient of a request's phases, repeated until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference_solutions import validate

__all__ = ["power_plan"]


def power_plan(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Cooling and clocks that give most tokens a joule, within limit and promise.

    Parameters
    ----------
    scenario : mapping
        `ambient_c`, `limit_c` [degC]; `heat_j_per_k` [J/K]; `other_w` [W]; `leakage` with `watts`, `per_k`,
        `nominal_c`; `coolers`, each with `level`, `k_per_w`, `watts`; `states` with `mhz`, `mv`; `phases`, `prefill`
        and `decode`, with `mega_cycles`, `memory_ms`, `switched_nf`; `tokens` of a request; `promise_tokens_per_s`.

    Returns
    -------
    dict
        `settled_c`, by level, with the fastest clock in both phases [degC]; `cooling`, `prefill_mhz`, `decode_mhz`;
        `temperature_c`, `tokens_per_s`, `tokens_per_j` of the plan; `boost_s`, how long the first cooler holds
        the fastest clocks from ambient [s].

    Raises
    ------
    ValueError
        If no plan is allowed.

    Examples
    --------
    One state, two coolers: the better one draws more than it saves.

    >>> phase = {"mega_cycles": 500, "memory_ms": 0, "switched_nf": 8.0}
    >>> coolers = [{"level": "passive", "k_per_w": 5.0, "watts": 0.0}, {"level": "loud", "k_per_w": 2.0, "watts": 3.0}]
    >>> machine = {"ambient_c": 25, "limit_c": 90, "heat_j_per_k": 50, "other_w": 1.0, "coolers": coolers, "tokens": 10}
    >>> machine |= {"leakage": {"watts": 1.0, "per_k": 0.02, "nominal_c": 60}, "promise_tokens_per_s": 5.0}
    >>> machine |= {"states": [{"mhz": 1000, "mv": 900}], "phases": {"prefill": phase, "decode": phase}}
    >>> plan = power_plan(machine)
    >>> plan["cooling"], round(plan["temperature_c"], 2), round(plan["tokens_per_j"], 3), plan["boost_s"]
    ('passive', 62.67, 1.172, inf)
    """
    leakage, coolers, span_k = scenario["leakage"], scenario["coolers"], scenario["limit_c"] - scenario["ambient_c"]
    mhz, volts = (np.array([state[name] for state in scenario["states"]], dtype=float) for name in ("mhz", "mv"))
    phases = [scenario["phases"][name] for name in ("prefill", "decode")]
    seconds = [phase["mega_cycles"] / mhz + phase["memory_ms"] / 1e3 for phase in phases]
    joules = [1e-3 * phase["switched_nf"] * (volts / 1e3) ** 2 * phase["mega_cycles"] for phase in phases]  # nF times M
    time_s = np.add.outer(*seconds)  # clocks of prefill down, of decode across; and levels of cooling before them
    dynamic_w = np.add.outer(*joules) / time_s
    ohm, drawn_w = (np.array([one[name] for one in coolers])[:, None, None] for name in ("k_per_w", "watts"))
    alone_c = scenario["ambient_c"] + ohm * dynamic_w
    grown_k = ohm * leakage["watts"] * np.exp(leakage["per_k"] * (alone_c - leakage["nominal_c"]))
    settles = leakage["per_k"] * grown_k <= np.exp(-1)
    first_k = grown_k * settles  # Newton's method for x = first exp(per_k x), from below
    rise_k = step_k = first_k
    while np.max(step_k) > 1e-9:
        now_k = first_k * np.exp(leakage["per_k"] * rise_k)
        step_k = (now_k - rise_k) / (1 - leakage["per_k"] * now_k)
        rise_k = rise_k + step_k
    settled_c = np.where(settles, alone_c + rise_k, np.inf)
    leaking_w = leakage["watts"] * np.exp(leakage["per_k"] * (settled_c - leakage["nominal_c"]))
    tokens_per_s = scenario["tokens"] / time_s
    tokens_per_j = tokens_per_s / (dynamic_w + leaking_w + drawn_w + scenario["other_w"])
    kept = (settled_c <= scenario["limit_c"]) & (tokens_per_s >= scenario["promise_tokens_per_s"])
    validate.require_positive(plans_that_are_allowed=np.sum(kept))
    level, first, second = np.unravel_index(int(np.argmax(np.where(kept, tokens_per_j, -np.inf))), kept.shape)
    most_leaking_w = leakage["watts"] * np.exp(leakage["per_k"] * (scenario["limit_c"] - leakage["nominal_c"]))
    goal_k = coolers[0]["k_per_w"] * (dynamic_w[-1, -1] + most_leaking_w)
    constant_s = coolers[0]["k_per_w"] * scenario["heat_j_per_k"]
    share = np.minimum(span_k / goal_k, 1.0)  # of the way: 1, and infinite time, where the limit is not reached
    with np.errstate(divide="ignore"):
        boost_s = -constant_s * np.log(1 - share)
    return {
        "settled_c": {one["level"]: float(c) for one, c in zip(coolers, settled_c[:, -1, -1], strict=True)},
        "cooling": coolers[level]["level"],
        "prefill_mhz": int(mhz[first]),
        "decode_mhz": int(mhz[second]),
        "temperature_c": float(settled_c[level, first, second]),
        "tokens_per_s": float(tokens_per_s[first, second]),
        "tokens_per_j": float(tokens_per_j[level, first, second]),
        "boost_s": float(boost_s),
    }
