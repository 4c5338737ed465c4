r"""How far a mean over few students can be trusted. Pure.

Question
    So many students earned this share of an exercise's points on average. What would many students like them earn?
Model
    .. math:: \left\{ p : |\bar x - p| \le z \sqrt{p (1 - p) / n} \right\}

    Wilson's interval: all means that the one seen does not refute. It is made for counts of successes. Shares of
    points lie between 0 and 1 as well, and no such quantity with mean :math:`p` has a variance above
    :math:`p (1 - p)`, so for them it is never too narrow, only somewhat wide.
Assumes
    Students work by themselves, and those who handed in stand for those who will.
Breaks when
    Answers are copied, or only the eager hand in. Below :data:`FEWEST` students it says next to nothing, and is not
    given. A bootstrap is not used: where all earned the same, its interval has no width.
Source
    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158), 1927, pp. 209-212;
    recommended for small n by Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion", Statistical
    Science 16(2), 2001, pp. 101-133; the bound is of Bhatia and Davis, "A Better Bound on the Variance", American
    Mathematical Monthly 107(4), 2000, pp. 353-357.
"""

from __future__ import annotations

import math
from statistics import NormalDist

FEWEST = 5
"""Students below which an interval would cover most of the axis: with four of them, half right, 15 to 85 %."""


def interval(mean: float, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Wilson's interval about a mean of shares.

    Parameters
    ----------
    mean : float
        Of `n` numbers between 0 and 1. [1]
    n : int
        How many they are.
    confidence : float
        Share of such intervals that hold the truth, or nearly: counts are discrete. [1]

    Returns
    -------
    tuple of float or None
        Lower and upper end, between 0 and 1; None where `n` is too small.
    """
    if n < FEWEST:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    shrink = 1 / (1 + z * z / n)
    centre = shrink * (mean + z * z / (2 * n))
    half = shrink * z * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
