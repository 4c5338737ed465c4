"""Ready properties for `Property(..., holds=...)`: each makes a predicate over (case, value) pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from graders.checks.cases import Case
from graders.checks.values import Pairs

Predicate = Callable[[Pairs], bool]

_SLACK = 1e-9  # share of the largest value: rounding is no breach


def monotone(*, increasing: bool = True, strict: bool = False) -> Predicate:
    """Values go one way: along each array, and from case to case where they are single numbers.

    Parameters
    ----------
    increasing : bool
        Up or down.
    strict : bool
        Whether two equal neighbours are a breach.
    """

    def holds(pairs: Pairs) -> bool:
        values = [_numbers(value) for _, value in pairs]
        runs = [np.concatenate(values)] if all(value.size == 1 for value in values) else values
        return all(_goes(run if increasing else -run, strict=strict) for run in runs)

    return holds


def bounded(low: float = -np.inf, high: float = np.inf) -> Predicate:
    """Every number lies between `low` and `high`, both included; NaN does not."""

    def holds(pairs: Pairs) -> bool:
        slack = _SLACK * max((abs(limit) for limit in (low, high) if np.isfinite(limit)), default=0.0)
        numbers = np.concatenate([_numbers(value) for _, value in pairs])
        return bool(np.all((numbers >= low - slack) & (numbers <= high + slack)))

    return holds


def sums_to(total: float) -> Predicate:
    """The numbers of each value (of each row, if it is a table) add up to `total`."""

    def holds(pairs: Pairs) -> bool:
        return all(np.allclose(_row_sums(value), total, rtol=_SLACK, atol=0.0) for _, value in pairs)

    return holds


def conserved(before: Callable[[Case], float], after: Callable[[object], float]) -> Predicate:
    """What goes in comes out: `before` of each case equals `after` of its value."""

    def holds(pairs: Pairs) -> bool:
        return all(np.isclose(after(value), before(case), rtol=_SLACK, atol=0.0) for case, value in pairs)

    return holds


def _goes(run: npt.NDArray[np.float64], *, strict: bool) -> bool:
    slack = 0.0 if strict else _SLACK * float(np.max(np.abs(run), initial=0.0))
    steps = np.diff(run)
    return bool(np.all(steps > 0) if strict else np.all(steps >= -slack))


def _columns(value: object) -> list[npt.NDArray[np.float64]]:
    if isinstance(value, Mapping) or hasattr(value, "columns"):  # a data frame iterates over its columns, too
        return [_floats(value[name]) for name in value]  # type: ignore[attr-defined, index]
    return [_floats(value)]


def _floats(data: object) -> npt.NDArray[np.float64]:
    return np.atleast_1d(np.asarray(data, dtype=np.float64))


def _numbers(value: object) -> npt.NDArray[np.float64]:
    return np.concatenate([column.ravel() for column in _columns(value)])


def _row_sums(value: object) -> npt.NDArray[np.float64]:
    columns = _columns(value)
    return _floats(np.sum(columns, axis=0) if len(columns) > 1 else np.sum(columns[0]))
