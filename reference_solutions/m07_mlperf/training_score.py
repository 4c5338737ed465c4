r"""A training result: the olympic mean of its runs, and how much of the machines' peak it used.

Question
    Ten runs train the same model to the same quality and take different times, one of them never arrives. What is the
    result; and what does a rate of tokens say of the chips' use?
Model
    .. math:: \bar t = \frac{1}{N - 2k} \sum_{i=k+1}^{N-k} t_{(i)}, \qquad
        \mathrm{MFU} = \frac{r \, (6N_p + 12 L H Q T)}{C \, P}

    The :math:`k` fastest and the :math:`k` slowest of :math:`N` runs are dropped. A run that did not converge is the
    slowest; more than :math:`k` of them make no result. A token costs six operations a parameter, and in attention
    :math:`12 L H Q T` (layers, heads, size of a head, length of the sequence); what is computed a second time to save
    memory does not count.
Assumes
    Runs differ by their seeds only. All chips are of a kind, with a peak of :math:`P` each.
Breaks when
    Runs are picked among more (the rules forbid it). MFU is no utilisation of hardware where activations are computed
    again, and peaks differ with the precision.
Source
    MLCommons, MLPerf Training Rules, at commit d73e20f of mlcommons/training_policies (May 2026): 10 runs, of large
    models 3, in UNet3D 40 with four dropped on each side. Utilisation: Chowdhery et al., "PaLM: Scaling Language
    Modeling with Pathways", arXiv 2204.02311, 2022, appendix B.
Oracle
    Published entries of MLPerf Training v5.0, each from its runs; PaLM's 46.2 % from its 238.3
    thousand tokens a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["flops_utilisation", "olympic_minutes"]


def olympic_minutes(run_minutes: ArrayLike, dropped: int = 1) -> float:
    """Result of a set of training runs.

    Parameters
    ----------
    run_minutes : (n,) array_like
        Time of each run to the target quality; infinite where it did not get there. [min]
    dropped : int
        Runs that are dropped on either side. [1]

    Returns
    -------
    float
        Mean of the others; infinite if there is no result. [min]

    Raises
    ------
    ValueError
        If no run would be left, or a time is not positive.

    Examples
    --------
    >>> olympic_minutes([30.0, 28.0, np.inf, 32.0])
    31.0
    """
    ordered = np.sort(np.asarray(run_minutes, dtype=float))
    if ordered.size <= 2 * dropped or not np.all(ordered > 0):
        raise ValueError("some runs must be left, and each takes its time")
    return float(np.mean(ordered[dropped : ordered.size - dropped]))


def flops_utilisation(
    tokens_per_s: float,
    parameters: float,
    layers: int,
    heads: int,
    head_size: int,
    sequence: int,
    chips: int,
    peak_flops_per_s: float,
) -> float:
    """Share of the chips' peak that goes into the model (MFU).

    Parameters
    ----------
    tokens_per_s : float
        Tokens that are trained on, by all chips together. [1/s]
    parameters : float
        Of the model. [1]
    layers, heads, head_size, sequence : int
        Layers, heads in each, size of a head, tokens of a sequence. [1]
    chips : int
        How many. [1]
    peak_flops_per_s : float
        Of one. [FLOP/s]

    Returns
    -------
    float
        Share. [1]

    Raises
    ------
    ValueError
        If there is no chip, or it has no peak.

    Examples
    --------
    >>> round(flops_utilisation(238.3e3, 540.35e9, 118, 48, 256, 2048, 6144, 275e12), 4)
    0.4623
    """
    validate.require_positive(chips=chips, peak_flops_per_s=peak_flops_per_s)
    flops_per_token = 6 * parameters + 12 * layers * heads * head_size * sequence
    return float(tokens_per_s * flops_per_token / (chips * peak_flops_per_s))
