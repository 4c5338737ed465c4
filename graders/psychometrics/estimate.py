"""A number that is never shown alone: with its interval and what it rests on, or with the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

SHARE = 0.95
"""Confidence of every interval. [1]"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Something estimated from a sample, or a plain word that it cannot be.

    Attributes
    ----------
    value, low, high : float or None
        With its interval of 95 %; None where it cannot be estimated.
    n : int
        Students or documents that it rests on.
    why : str
        Why it cannot be estimated, and what it would take; empty where it can.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: str = ""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end; None where there is no value."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def not_estimable(n: int, why: str) -> Estimate:
    """No value, and why there is none.

    Parameters
    ----------
    n : int
        Students or documents there are.
    why : str
        A phrase that says what it would take.

    Returns
    -------
    Estimate
    """
    return Estimate(None, None, None, n, why)
