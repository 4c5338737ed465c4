r"""Speculative decoding: a small model proposes, the large one checks.

Question
    A draft model writes a few tokens, the target model checks them all in one step. How much faster is that?
Model
    .. math:: E = \frac{1 - \alpha^{\gamma + 1}}{1 - \alpha}, \qquad S = \frac{E}{\gamma c + 1}

    Each of :math:`\gamma` proposals is accepted with probability :math:`\alpha`; the first that is not ends the round,
    and the target's own token comes on top. A draft step costs :math:`c` of a target step.
Assumes
    Acceptances are independent, and the target checks :math:`\gamma + 1` tokens in the time of one: it is bound by
    memory.
Breaks when
    The batch is large: then the step is bound by arithmetic (`critical_tokens`), and checked tokens cost what written
    ones do.
Source
    Leviathan, Kalman, Matias, "Fast Inference from Transformers via Speculative Decoding", ICML 2023, equation 1 and
    theorem 3.8.
Oracle
    Rounds played out on drawn acceptances, and summed over where the first refusal falls; 3.3616 tokens a round at 0.8
    with four proposals; the limit of certain acceptance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["speculative_speedup", "tokens_per_round"]


def tokens_per_round(acceptance: ArrayLike, proposals: ArrayLike) -> Array:
    """Expected tokens that a round of speculative decoding writes; the arguments broadcast.

    Parameters
    ----------
    acceptance : (...) array_like
        Probability that a proposal is accepted, 0 to 1. [1]
    proposals : (...) array_like of int
        Tokens that the draft model proposes. [1]

    Returns
    -------
    (...) ndarray
        Tokens. [1]

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, or proposals are negative.

    Examples
    --------
    >>> tokens_per_round([0.0, 0.8, 1.0], 4)
    array([1.    , 3.3616, 5.    ])
    """
    alpha, gamma = np.broadcast_arrays(np.asarray(acceptance, dtype=float), np.asarray(proposals, dtype=float))
    if not (np.all((alpha >= 0) & (alpha <= 1)) and np.all(gamma >= 0)):
        raise ValueError("an acceptance lies between 0 and 1, proposals are not negative")
    refused = np.where(alpha < 1, 1 - alpha, np.nan)  # a draft that is never refused has a case of its own
    return np.asarray(np.where(alpha < 1, (1 - alpha ** (gamma + 1)) / refused, gamma + 1))


def speculative_speedup(acceptance: ArrayLike, proposals: ArrayLike, draft_cost: ArrayLike) -> Array:
    """Factor by which a sequence is written faster; the arguments broadcast.

    Parameters
    ----------
    acceptance : (...) array_like
        Probability that a proposal is accepted, 0 to 1. [1]
    proposals : (...) array_like of int
        Tokens that the draft model proposes. [1]
    draft_cost : (...) array_like
        Time of a draft step over that of a target step. [1]

    Returns
    -------
    (...) ndarray
        Speed-up; below one where drafting costs more than it brings. [1]

    Raises
    ------
    ValueError
        If the draft costs nothing.

    Examples
    --------
    >>> round(float(speculative_speedup(0.8, 4, 0.05)), 4)
    2.8013
    """
    validate.require_positive(draft_cost=draft_cost)
    return np.asarray(
        tokens_per_round(acceptance, proposals) / (np.asarray(proposals) * np.asarray(draft_cost, dtype=float) + 1)
    )
