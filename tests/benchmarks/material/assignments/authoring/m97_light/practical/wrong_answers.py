"""Known mistakes of the light notebook."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake


@mistake(
    "m97_harmonic_mean",
    misconception="arithmetic mean of rates",
    loses=["a known case", "other cases", "no rates"],
    hint="Over equal amounts of work it is the times that add up, not the rates.",
)
def arithmetic_mean(rates):
    return np.mean(rates)
