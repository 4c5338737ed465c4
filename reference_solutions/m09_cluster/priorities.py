r"""Priorities: who has had less than her share, who has waited longest, whose job is large.

Question
    In which order should waiting jobs be looked at, if teams have shares and jobs have ages?
Model
    Usage is forgotten with a half-life :math:`H`. A team with the share :math:`S` of the machine and the share
    :math:`U` of all (decayed) usage has the fair-share factor :math:`F`, and a job the priority :math:`P`:

    .. math:: U_H = \sum_k u_k\, 2^{-\Delta_k / H}, \qquad F = 2^{-U / (S d)}, \qquad P = \sum_f w_f f

    :math:`d` dampens. In a tree of accounts the *effective* usage takes part of the parent's:
    :math:`U_E = U_A + (U_{E,parent} - U_A)\, S / S_{siblings}`.
Assumes
    Factors between 0 and 1; weights say which of them matter.
Breaks when
    Weights are such that one factor drowns the others; the default of today's Slurm is another algorithm (Fair Tree).
Source
    SchedMD, Slurm documentation: "Multifactor Priority Plugin" and "Classic Fairshare Algorithm" (simplified form with
    dampening; effective usage).
Oracle
    The five factors printed on Slurm's page; half of the share used, 2^-0.5; usage halved by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["decayed_usage", "effective_usage", "fair_share_factor", "multifactor_priority"]


def decayed_usage(usage: ArrayLike, age_s: ArrayLike, half_life_s: float) -> float:
    """Usage that is still remembered.

    Parameters
    ----------
    usage : (k,) array_like
        GPU-seconds of periods that are over. [GPU s]
    age_s : (k,) array_like
        How long ago each was. [s]
    half_life_s : float
        After which time half of it is forgotten. [s]

    Returns
    -------
    float
        Decayed usage. [GPU s]

    Raises
    ------
    ValueError
        If the half-life is not positive.

    Examples
    --------
    >>> decayed_usage([100, 100], [0, 7200], half_life_s=3600)
    125.0
    """
    validate.require_positive(half_life_s=half_life_s)
    return float(np.sum(np.asarray(usage) * 2.0 ** (-np.asarray(age_s, dtype=float) / half_life_s)))


def fair_share_factor(usage_share: ArrayLike, share: ArrayLike, dampening: float = 1.0) -> Array:
    """Fair-share factor of Slurm's classic algorithm, in its simplified form; the arguments broadcast.

    Parameters
    ----------
    usage_share : (...) array_like
        Share of all decayed usage. [1]
    share : (...) array_like
        Share of the machine that was promised. [1]
    dampening : float
        The larger, the later usage counts. [1]

    Returns
    -------
    (...) ndarray
        Factor: 1 for who has used nothing, 1/2 for who has used what was promised; 0 where nothing was promised. [1]

    Raises
    ------
    ValueError
        If a share is negative, or the dampening is not positive.

    Examples
    --------
    >>> fair_share_factor([0.0, 0.25, 0.5, 0.1], [0.25, 0.25, 0.25, 0.0]).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    validate.require_positive(dampening=dampening)
    used, promised = np.asarray(usage_share, dtype=float), np.asarray(share, dtype=float)
    if np.any(used < 0) or np.any(promised < 0):
        raise ValueError("a share is not negative")
    exponent = used / np.where(promised > 0, promised, 1) / dampening
    return np.asarray(np.where(promised > 0, 2.0**-exponent, 0.0))


def effective_usage(
    usage_share: ArrayLike, parent_usage_share: ArrayLike, share: ArrayLike, siblings_share: ArrayLike
) -> Array:
    """Usage share of an account, with its part of the parent's; the arguments broadcast.

    Parameters
    ----------
    usage_share : (...) array_like
        Of the account itself. [1]
    parent_usage_share : (...) array_like
        Effective usage share of the parent. [1]
    share : (...) array_like
        Shares of the account. [1]
    siblings_share : (...) array_like
        Shares of all children of the parent together, this one included. [1]

    Returns
    -------
    (...) ndarray
        Effective usage share. [1]

    Raises
    ------
    ValueError
        If the children have no shares.

    Examples
    --------
    >>> float(effective_usage(0.2, 0.4, 1, 4))
    0.25
    """
    validate.require_positive(siblings_share=siblings_share)
    own = np.asarray(usage_share, dtype=float)
    return np.asarray(own + (np.asarray(parent_usage_share) - own) * np.divide(share, siblings_share))


def multifactor_priority(factors: ArrayLike, weights: ArrayLike) -> Array:
    """Priority of jobs: weighted factors, added up.

    Parameters
    ----------
    factors : (..., f) array_like
        Age, size, fair share and others of each job, between 0 and 1. [1]
    weights : (f,) array_like
        Of the factors. [1]

    Returns
    -------
    (...) ndarray
        Priority. [1]

    Raises
    ------
    ValueError
        If a factor is not between 0 and 1.

    Examples
    --------
    >>> multifactor_priority([[0.5, 0.25], [1.0, 0.0]], [1000, 2000]).tolist()
    [1000.0, 1000.0]
    """
    factor = np.asarray(factors, dtype=float)
    if np.any((factor < 0) | (factor > 1)):
        raise ValueError("a factor lies between 0 and 1")
    return np.asarray(factor @ np.asarray(weights, dtype=float))
