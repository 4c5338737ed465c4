r"""What a chip draws while it does nothing: leakage, over voltage and temperature.

Question
    Leakage was measured at a few voltages and temperatures. What is it at others, and how many kelvin double it?
Model
    .. math:: P = P_0\, \frac{V}{V_0}\, e^{k (V - V_0)}\, e^{\beta (T - T_0)}, \qquad
        \Delta T_2 = \frac{\ln 2}{\beta}

    Power is voltage times current; the current of transistors that are off grows with voltage and temperature, about
    exponentially over a range that matters. The logarithm of :math:`P V_0 / V` is linear in both: least squares on it
    let each measurement count by its *relative* error.
Assumes
    One exponent for the whole range. This form is a fit of ours, not a published law: what is published is linear in
    voltage with a leakage current for each transistor (Butts, Sohi), or has a current of several terms (Liao et al.).
Breaks when
    The range is wide: McPAT's 40 nm core takes 35 K to double at 310 K, and 52 K at 370 K. Gate leakage hardly knows
    the temperature.
Source
    Butts, Sohi, "A Static Power Model for Architects", MICRO 2000; Liao, He, Lepak, "Temperature and Supply Voltage
    Aware Performance and Power Modeling at Microarchitecture Level", IEEE TCAD, July 2005.
Oracle
    Planted laws are found again; a nonlinear search for the least squares; recorded leakage of McPAT over temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["leakage_fit", "leakage_power_w"]


def leakage_power_w(
    nominal_w: ArrayLike,
    voltage_v: ArrayLike,
    temperature_c: ArrayLike,
    nominal_v: float,
    nominal_c: float,
    per_v: float,
    per_k: float,
) -> Array:
    """Leakage at a voltage and a temperature; the first three broadcast.

    Parameters
    ----------
    nominal_w : (...) array_like
        Leakage at the nominal voltage and temperature. [W]
    voltage_v : (...) array_like
        Supply. [V]
    temperature_c : (...) array_like
        Temperature. [degC]
    nominal_v : float
        Nominal voltage. [V]
    nominal_c : float
        Nominal temperature. [degC]
    per_v, per_k : float
        Exponents for a volt [1/V] and a kelvin [1/K].

    Returns
    -------
    (...) ndarray
        Leakage. [W]

    Raises
    ------
    ValueError
        If a voltage is not positive.

    Examples
    --------
    >>> round(float(leakage_power_w(10.0, 1.0, 95.0, 1.0, 60.0, 3.0, 0.02)), 4)
    20.1375
    """
    validate.require_positive(voltage_v=voltage_v, nominal_v=nominal_v)
    volts, degrees = np.asarray(voltage_v, dtype=float), np.asarray(temperature_c, dtype=float)
    exponent = per_v * (volts - nominal_v) + per_k * (degrees - nominal_c)
    return np.asarray(np.asarray(nominal_w) * volts / nominal_v * np.exp(exponent))


def leakage_fit(
    power_w: ArrayLike, voltage_v: ArrayLike, temperature_c: ArrayLike, nominal_v: float, nominal_c: float
) -> dict[str, float]:
    """Law of the leakage that was measured: least squares of its logarithm.

    Parameters
    ----------
    power_w : (n,) array_like
        Leakage that was measured. [W]
    voltage_v : (n,) array_like
        At which supply. [V]
    temperature_c : (n,) array_like
        At which temperature. [degC]
    nominal_v : float
        Voltage for which the law is written. [V]
    nominal_c : float
        Temperature for which it is written. [degC]

    Returns
    -------
    dict of str to float
        `nominal_w` at the nominal point [W], `per_v` [1/V], `per_k` [1/K], `doubling_k` [K].

    Raises
    ------
    ValueError
        If a power or a voltage is not positive, or the measurements do not determine three numbers.

    Examples
    --------
    >>> fit = leakage_fit([10.0, 20.0, 26.6], [1.0, 1.0, 1.1], [60.0, 95.0, 95.0], 1.0, 60.0)
    >>> round(fit["nominal_w"], 3), round(fit["per_v"], 3), round(fit["doubling_k"], 3)
    (10.0, 1.899, 35.0)
    """
    watts, volts = np.asarray(power_w, dtype=float), np.asarray(voltage_v, dtype=float)
    over = np.column_stack([np.ones(len(volts)), volts - nominal_v, np.asarray(temperature_c) - nominal_c])
    if not (np.all(watts > 0) and np.all(volts > 0)) or np.linalg.matrix_rank(over) < over.shape[1]:
        raise ValueError("powers and voltages are positive, and three numbers want three measurements that differ")
    (logarithm, per_v, per_k), *_ = np.linalg.lstsq(over, np.log(watts / (volts / nominal_v)), rcond=None)
    return {
        "nominal_w": float(np.exp(logarithm)),
        "per_v": float(per_v),
        "per_k": float(per_k),
        "doubling_k": float(np.log(2) / per_k),
    }
