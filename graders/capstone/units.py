"""Units of claims: a small table with dimensions, so that a claim in GB meets one in bytes, and never one in seconds.

Twenty units are what designs of this track are written in. A library would bring its registry's start-up time to every
check, and know of neither tokens nor requests nor dollars, which are dimensions of their own here: a price a request
must not pass as a price a token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_PREFIXES = {"": 1.0, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}
_BINARY_PREFIXES = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}

_BASE: dict[str, tuple[float, dict[str, int]]] = {
    "1": (1.0, {}),
    "%": (0.01, {}),
    "s": (1.0, {"time": 1}),
    "min": (60.0, {"time": 1}),
    "h": (3600.0, {"time": 1}),
    "day": (86_400.0, {"time": 1}),
    "year": (31_536_000.0, {"time": 1}),  # 365 days
    "B": (1.0, {"data": 1}),
    "flop": (1.0, {"work": 1}),
    "token": (1.0, {"token": 1}),
    "req": (1.0, {"request": 1}),
    "W": (1.0, {"energy": 1, "time": -1}),
    "Wh": (3600.0, {"energy": 1}),
    "J": (1.0, {"energy": 1}),
    "K": (1.0, {"temperature": 1}),
    "degC": (1.0, {"celsius": 1}),  # a point on a scale, not a difference: never mixed with K
    "USD": (1.0, {"money": 1}),
    "kg": (1.0, {"mass": 1}),
}
_PREFIXED = ("s", "B", "flop", "token", "req", "W", "Wh", "J", "USD")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, taken apart.

    Attributes
    ----------
    name : str
        As it was written.
    factor : float
        What one of it is in base units.
    dimensions : tuple of (str, int)
        Dimension -> power, sorted, none zero.
    """

    name: str
    factor: float
    dimensions: tuple[tuple[str, int], ...]


@cache
def unit(name: str) -> Unit:
    """The unit of this name: symbols joined by `*` and `/`, each perhaps with a prefix.

    Parameters
    ----------
    name : str
        `GB`, `token/s`, `USD/Mtoken`, `1`.

    Returns
    -------
    Unit

    Raises
    ------
    ValueError
        If a symbol is not known.
    """
    factor, powers = 1.0, dict[str, int]()
    parts = re.split(r"([*/])", name.replace(" ", ""))
    for sign, symbol in zip(["*", *parts[1::2]], parts[::2], strict=True):
        direction = 1 if sign == "*" else -1
        size, dimensions = _symbol(symbol)
        factor *= size**direction
        for dimension, power in dimensions.items():
            powers[dimension] = powers.get(dimension, 0) + direction * power
    return Unit(name, factor, tuple(sorted((what, power) for what, power in powers.items() if power)))


def _symbol(symbol: str) -> tuple[float, dict[str, int]]:
    if symbol in _BASE:
        return _BASE[symbol]
    for base in _PREFIXED:
        if symbol.endswith(base):
            prefix = symbol.removesuffix(base)
            size = _PREFIXES.get(prefix, _BINARY_PREFIXES.get(prefix) if base == "B" else None)
            if size is not None:
                return size * _BASE[base][0], _BASE[base][1]
    known = ", ".join(_BASE)
    raise ValueError(
        f"unknown unit {symbol!r}: one of {known}, with u, m, k, M, G, T, P, E, Z before it, joined by * and /"
    )


def converted(value: float, given: str, wanted: str) -> float:
    """A value in another unit of the same dimensions.

    Parameters
    ----------
    value : float
        In `given`.
    given, wanted : str
        Units.

    Returns
    -------
    float
        In `wanted`.

    Raises
    ------
    ValueError
        If one is not known, or they measure different things.
    """
    one, other = unit(given), unit(wanted)
    if one.dimensions != other.dimensions:
        raise ValueError(f"{given} measures {measured(one)}, {wanted} measures {measured(other)}")
    return value if one.factor == other.factor else value * one.factor / other.factor


def measured(one: Unit) -> str:
    """What a unit measures, in words: `data / token`."""
    above = [f"{what}^{power}" if power > 1 else what for what, power in one.dimensions if power > 0]
    below = [f"{what}^{-power}" if power < -1 else what for what, power in one.dimensions if power < 0]
    return " / ".join([" * ".join(above) or "a number", *below]) if one.dimensions else "a number"
