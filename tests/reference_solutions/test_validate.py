"""Refusals name what they refuse, and let everything possible pass."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions import units
from reference_solutions.validate import require_columns, require_positive


def test_possible_values_pass():
    require_positive(width=4, peaks=[1e9, np.inf])
    require_columns({"a": [1], "b": [2]}, ["a"])


@pytest.mark.parametrize("value", [0, -1, np.nan, [1, 0], [1, np.nan]])
def test_impossible_values_are_named(value):
    with pytest.raises(ValueError, match=r"^peak must be positive$"):
        require_positive(bandwidth=1, peak=value)


def test_all_missing_columns_are_named():
    with pytest.raises(ValueError, match="no column b, c"):
        require_columns({"a": [1]}, ["a", "b", "c"])


def test_factors():
    assert units.TERA == units.GIGA * units.KILO == units.MEGA**2
    assert (units.KIB, units.MIB, units.GIB) == (1024, 1_048_576, 1_073_741_824)
