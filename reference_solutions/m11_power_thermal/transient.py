r"""Temperatures over time, while power changes from step to step.

Question
    A network of thermal conductances and capacitances, and a power trace. How hot is each node at the end of each step?
Model
    .. math:: C \dot{x} = p - B x, \qquad
        A = C^{-1/2} B\, C^{-1/2} = U \Lambda U^{\mathsf T}, \qquad
        z' = e^{-\Lambda \Delta t} z + \frac{1 - e^{-\Lambda \Delta t}}{\Lambda}\, q

    :math:`x` are rises above ambient. While power is constant, the solution is known; in the eigenvectors of the
    symmetric :math:`A`, with :math:`z = U^{\mathsf T} C^{1/2} x` and :math:`q = U^{\mathsf T} C^{-1/2} p`, each mode
    decays for itself. One decomposition serves all steps, and a step is exact however long it is.
Assumes
    Power is constant within a step; conductances and capacitances do not know the temperature; B is symmetric.
Breaks when
    Leakage follows the temperature within a step: then take shorter steps, and update the power.
Source
    Linear systems with constant coefficients: Strang, Introduction to Linear Algebra, chapter on eigenvalues and
    differential equations. HotSpot's block model does the same by Runge-Kutta steps that it adapts; such steps may not
    be longer than 2.785 over the largest eigenvalue (Hairer, Wanner, Solving Ordinary Differential Equations II, IV.2).
Oracle
    The matrix exponential; scipy's implicit Runge-Kutta; HotSpot's recorded transients; one node's closed form.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["longest_rk4_step_s", "rises_k"]

STABLE_RK4 = 2.785293563405282
"""Where 1 - z + z^2/2 - z^3/6 + z^4/24 is 1 again: the end of the fourth-order Runge-Kutta method's real interval."""


def rises_k(
    conductance_w_per_k: ArrayLike,
    capacitance_j_per_k: ArrayLike,
    power_w: ArrayLike,
    step_s: float,
    start_k: ArrayLike = 0.0,
) -> Array:
    """Rise of each node above ambient at the end of each step.

    Parameters
    ----------
    conductance_w_per_k : (nodes, nodes) array_like
        Symmetric; off the diagonal the negative conductance between two nodes, on it the sum of all that lead from the
        node, to ambient as well. [W/K]
    capacitance_j_per_k : (nodes,) array_like
        Capacitance of each node. [J/K]
    power_w : (steps, nodes) array_like
        Power of each node during each step. [W]
    step_s : float
        Length of a step. [s]
    start_k : (nodes,) array_like
        Rise before the first step; one number is that of all nodes. [K]

    Returns
    -------
    (steps, nodes) ndarray
        Rises. [K]

    Raises
    ------
    ValueError
        If a capacitance or the step is not positive.

    Examples
    --------
    One node of 2 J/K, 0.5 W/K to ambient: 4 s are a time constant.

    >>> rises_k([[0.5]], [2.0], [[10.0], [0.0]], 4.0).round(4)
    array([[12.6424],
           [ 4.6509]])
    """
    capacitance, watts = np.asarray(capacitance_j_per_k, dtype=float), np.asarray(power_w, dtype=float)
    if not (np.all(capacitance > 0) and step_s > 0):
        raise ValueError("capacitances and the step must be positive")
    root = np.sqrt(capacitance)
    rates, modes = np.linalg.eigh(np.asarray(conductance_w_per_k) / np.multiply.outer(root, root))
    stays = rates * step_s < 1e-12  # a mode that leads nowhere keeps what it gets
    decay = np.exp(-rates * step_s)
    gain = np.where(stays, step_s, -np.expm1(-rates * step_s) / np.where(stays, step_s, rates))
    state, driven = modes.T @ (root * start_k), gain * (watts / root @ modes)
    found = np.empty(watts.shape)
    for step in range(len(watts)):
        state = decay * state + driven[step]
        found[step] = state
    return np.asarray(found @ modes.T / root)


def longest_rk4_step_s(conductance_w_per_k: ArrayLike, capacitance_j_per_k: ArrayLike) -> float:
    """Longest step of the classical Runge-Kutta method that does not blow up.

    Parameters
    ----------
    conductance_w_per_k : (nodes, nodes) array_like
        As for `rises_k`. [W/K]
    capacitance_j_per_k : (nodes,) array_like
        Capacitance of each node. [J/K]

    Returns
    -------
    float
        Step. [s]

    Examples
    --------
    >>> round(longest_rk4_step_s([[0.5]], [2.0]), 4)
    11.1412
    """
    root = np.sqrt(np.asarray(capacitance_j_per_k, dtype=float))
    rates = np.linalg.eigvalsh(np.asarray(conductance_w_per_k) / np.multiply.outer(root, root))
    return STABLE_RK4 / float(rates[-1])
