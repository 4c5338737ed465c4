r"""What a schedule was worth: allocation, useful work, waiting, and fairness.

Question
    A trace says when jobs came, started and ended, on how many GPUs, and how well they used them. Was the cluster busy,
    useful, quick, and fair?
Model
    From the first arrival to the last end, the *makespan* :math:`T`, on :math:`G` GPUs, with waits :math:`w`, run times
    :math:`r`, and :math:`x_u` the GPU-seconds of a team:

    .. math:: A = \frac{\sum g_i r_i}{G T}, \quad E = \frac{\sum m_i g_i r_i}{G T}, \quad
        s_i = \max\left( 1, \frac{w_i + r_i}{\max(r_i, \tau)} \right), \quad J = \frac{(\sum x_u)^2}{n \sum x_u^2}

    :math:`m` is the share of the GPUs' peak that a job reaches (MFU): allocation says what was held, :math:`E` what was
    worked. The slowdown is bounded with :math:`\tau = 10` s, so that a job of a second does not count as ruined.
Assumes
    GPUs are alike, and a mean over jobs is what matters to people.
Breaks when
    Long and short jobs are compared by one mean, or the ends of the trace weigh much: then look at a stretch within.
Source
    Jain, Chiu, Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC TR-301, 1984. The bounded slowdown is
    Feitelson's; its paper was not seen, the form with 10 s stands in the code of public simulators of job queues.
Oracle
    Equal shares, J = 1; all to one of n, 1/n; a trace counted second by second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["jain_index", "schedule_report"]


def jain_index(shares: ArrayLike) -> float:
    """Jain's index of fairness.

    Parameters
    ----------
    shares : (n,) array_like
        What each got. [any unit]

    Returns
    -------
    float
        1 if all got the same, 1 / n if one got all. [1]

    Raises
    ------
    ValueError
        If nobody got anything, or somebody less than nothing.

    Examples
    --------
    >>> jain_index([5, 5, 5, 5]), jain_index([1, 0, 0, 0])
    (1.0, 0.25)
    """
    got = np.asarray(shares, dtype=float)
    if np.any(got < 0) or not np.any(got > 0):
        raise ValueError("somebody got something, and nobody less than nothing")
    return float(got.sum() ** 2 / (got.size * np.sum(got**2)))


def schedule_report(
    submit_s: Sequence[float],
    start_s: Sequence[float],
    run_s: Sequence[float],
    job_gpus: Sequence[int],
    mfu: Sequence[float],
    team: Sequence[str],
    gpus: int,
) -> dict[str, float]:
    """Metrics of a schedule.

    Parameters
    ----------
    submit_s : (n,) sequence of float
        When each job came. [s]
    start_s : (n,) sequence of float
        When it started. [s]
    run_s : (n,) sequence of float
        For how long it ran; 0 at most for some of them. [s]
    job_gpus : (n,) sequence of int
        On how many GPUs. [GPUs]
    mfu : (n,) sequence of float
        Share of their peak that it reached. [1]
    team : (n,) sequence of str
        Its owner.
    gpus : int
        GPUs of the cluster. [GPUs]

    Returns
    -------
    dict of str to float
        `makespan_s`; `allocated` and `useful`, shares of all GPU-seconds in it; `mean_completion_s`, from arrival to
        end; `mean_slowdown`, bounded with 10 s; `fairness`, Jain's index of the teams' GPU-seconds.

    Examples
    --------
    >>> report = schedule_report([0, 0], [0, 10], [10, 30], [4, 2], [0.5, 0.4], ["a", "b"], gpus=4)
    >>> report["makespan_s"], report["allocated"], report["useful"], report["mean_slowdown"]
    (40.0, 0.625, 0.275, 1.1666666666666665)
    """
    came, began, ran = (np.asarray(one, dtype=float) for one in (submit_s, start_s, run_s))
    makespan_s = float(np.max(began + ran) - np.min(came))
    gpu_s = np.asarray(job_gpus) * ran
    slowdown = np.maximum(1, (began - came + ran) / np.maximum(ran, 10))
    of_teams = np.array(
        [sum(gpu_s[place] for place, one in enumerate(team) if one == name) for name in dict.fromkeys(team)]
    )
    return {
        "makespan_s": makespan_s,
        "allocated": float(gpu_s.sum() / (gpus * makespan_s)),
        "useful": float(np.sum(gpu_s * np.asarray(mfu)) / (gpus * makespan_s)),
        "mean_completion_s": float(np.mean(began - came + ran)),
        "mean_slowdown": float(np.mean(slowdown)),
        "fairness": float(of_teams.sum() ** 2 / (len(of_teams) * np.sum(of_teams**2))),
    }
