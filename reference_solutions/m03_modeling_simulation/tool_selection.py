r"""Choosing a simulation tool: what it must have, what it costs in time, and what its merits weigh.

Question
    Seven tools, six criteria, three people with three favourites. Which tool, and who could have known without trying?
Model
    .. math:: T = T_0 + N\,t_e, \qquad s = \frac{\sum_k w_k x_k}{\sum_k w_k}

    What a tool *must* have is no criterion: without it the tool is out, whatever its merits. A run of :math:`N` events
    takes the start and a time for each. What is left is scored: merits :math:`x_k` from 0 to 5 with weights
    :math:`w_k`; a merit for which there is no evidence counts 0. A tool that another admitted one equals or beats in
    every merit is dominated: no weights can make it the only winner.
Assumes
    Merits add up: a strong one makes up for a weak one.
Breaks when
    The winner changes with weights that nobody would defend to the second digit: then say so, and decide by a trial.
Source
    Weighted sums and dominance as in textbooks of decision analysis; the rules are stated here as we use them.
Oracle
    Tools compared pair by pair; all weights of a grid, under which a dominated tool never wins alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["tool_table"]


def tool_table(
    tools: Mapping[str, ArrayLike], weights: Mapping[str, float], events: float, longest_s: float
) -> dict[str, Any]:
    """Tools by what they must have, their time for a run, and their weighted merits.

    Parameters
    ----------
    tools : mapping of str to (n,) array_like
        Columns `tool` (names), `offline` (truth values), `start_s`, `event_s`, and one of merits from 0 to 5 for each
        criterion; NaN where there is no evidence. [1, s]
    weights : mapping of str to float
        Criterion -> its weight. [1]
    events : float
        Events of the run that the tool is for. [1]
    longest_s : float
        Time that this run may take. [s]

    Returns
    -------
    dict of str to (n,) ndarray
        `tool`; `run_s`; `admitted`: offline, and within the time; `score`, of all tools, from 0 to 5; `dominated`: an
        admitted tool, not this one, is as good in every criterion and better in one; `chosen`: the admitted tool with
        the highest score, of equals the quicker run, then the first; none if none is admitted. [s, 1]

    Raises
    ------
    ValueError
        If there is no weight, a weight is negative, all are zero, or a merit does not lie between 0 and 5.

    Examples
    --------
    >>> tools = {"tool": ["A", "B"], "offline": [True, True], "start_s": [1.0, 0.1], "event_s": [1e-6, 1e-5]}
    >>> tools |= {"docs": [4, 3], "queues": [2, float("nan")]}
    >>> table = tool_table(tools, {"docs": 3, "queues": 1}, events=1e6, longest_s=60)
    >>> table["score"].tolist(), table["dominated"].tolist(), table["run_s"].round(3).tolist()
    ([3.5, 2.25], [False, True], [2.0, 10.1])
    """
    weight = np.array(list(weights.values()), dtype=float)
    if not weight.size or np.any(weight < 0) or not np.sum(weight) > 0:
        raise ValueError("weights are not negative, and one at least is not zero")
    merits = np.array([np.nan_to_num(np.asarray(tools[name], dtype=float), nan=0.0) for name in weights])
    if np.any(merits < 0) or np.any(merits > 5):
        raise ValueError("merits lie between 0 and 5")
    run_s = np.asarray(tools["start_s"], dtype=float) + events * np.asarray(tools["event_s"], dtype=float)
    admitted = np.asarray(tools["offline"], dtype=bool) & (run_s <= longest_s)
    score = weight @ merits / np.sum(weight)
    as_good = np.all(merits[:, :, None] >= merits[:, None, :], axis=0)  # row: by whom, column: who is dominated
    better = np.any(merits[:, :, None] > merits[:, None, :], axis=0)
    chosen = np.zeros(run_s.size, dtype=bool)
    if np.any(admitted):
        chosen[np.lexsort([run_s, np.where(admitted, -score, np.inf)])[0]] = True
    return {
        "tool": np.asarray(tools["tool"]),
        "run_s": run_s,
        "admitted": admitted,
        "score": score,
        "dominated": np.any(as_good & better & admitted[:, None], axis=0),
        "chosen": chosen,
    }
