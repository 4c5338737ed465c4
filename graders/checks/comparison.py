"""Whether an answer equals what is expected: kind and shape first, then values.

The words that come back go to the student. They never hold a value, a size, a key or a name of either side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graders.errors import CourseError

EXACT = 1e-9
"""Relative tolerance where a check names none: another order of the same operations, not another formula."""

NOISE = 1e-14
"""Share of an array's largest element that counts as nothing: what is left when equal terms cancel."""

DIFFERS = "the value differs"
_DEEPEST = 40
_ALWAYS_READ = 2_000  # parts of an answer that are looked at, whatever is expected
_UNKNOWN = "something else"
_PLAIN_ONLY = "Let the reference give numbers, text, lists, dicts, arrays or tables."


def difference(answer: object, expected: object, rtol: float | None = None, atol: float | None = None) -> str:
    """How an answer differs from what is expected.

    Integers, floats, numpy scalars and 0-d arrays are one kind; a truth value is another. A list of numbers is an
    array, a tuple a list, a data frame or a dict of equally long columns a table, in which the order of the columns
    does not matter. NaN equals NaN. Where both sides are integers and no tolerance is given, they are equal exactly.

    Parameters
    ----------
    answer, expected : object
        Plain data.
    rtol, atol : float, optional
        |answer - expected| <= atol + rtol |expected|; by default `EXACT` and, in arrays, `NOISE` of the largest.

    Returns
    -------
    str
        Empty where they are equal; else the reason, in words that give nothing away.

    Raises
    ------
    CourseError
        If what is expected is no plain data.
    """
    return wanted_of(expected).difference(answer, rtol, atol)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is expected, read once for any number of answers.

    Attributes
    ----------
    form : object
        In plain form.
    parts : int
        How many of them an answer has that is like it.
    """

    form: object
    parts: int

    def difference(self, answer: object, rtol: float | None = None, atol: float | None = None) -> str:
        """How an answer differs from it, as `difference` says."""
        try:
            given = plain(answer, _ALWAYS_READ + 4 * self.parts)
        except TooMuchError:
            return "far more than expected"
        return different(given, self.form, rtol, atol)


def wanted_of(expected: object) -> Wanted:
    """What is expected, read; refuses what is no plain data, as `difference` does."""
    reader = _Reader(math.inf)
    form = reader.plain(expected)
    if _kind(form) == _UNKNOWN:
        raise CourseError(f"what is expected is a {type(expected).__name__}, and no answer can be one", do=_PLAIN_ONLY)
    return Wanted(form, reader.read)


def different(given: object, wanted: object, rtol: float | None = None, atol: float | None = None) -> str:
    """How two values in plain form differ; what a student's data may do to numpy on the way is a difference."""
    try:
        with np.errstate(all="ignore"):
            return _different(given, wanted, _Tolerance(rtol, atol))
    except (TypeError, ValueError, OverflowError):
        return DIFFERS


@dataclass(frozen=True, slots=True)
class _Tolerance:
    rtol: float | None
    atol: float | None

    @property
    def unstated(self) -> bool:
        return self.rtol is None and self.atol is None


def _different(answer: object, expected: object, tolerance: _Tolerance) -> str:
    """The reason, for two values in plain form."""
    given, wanted = answer, expected
    if isinstance(wanted, Table) and isinstance(given, dict):
        given = Table(given)  # columns of unequal length: say so, rather than "a dict"
    if _kind(given) != _kind(wanted):
        if isinstance(given, np.ndarray) and isinstance(wanted, np.ndarray) and given.shape == wanted.shape == (0,):
            return ""  # an empty list has no kind of elements
        return f"{_kind(given)}, where {_kind(wanted)} is expected"
    if isinstance(given, np.ndarray) and isinstance(wanted, np.ndarray):
        return _arrays(given, wanted, tolerance)
    if isinstance(given, Table) and isinstance(wanted, Table):
        return _tables(given.columns, wanted.columns, tolerance)
    if isinstance(given, dict) and isinstance(wanted, dict):
        if given.keys() != wanted.keys():
            return "other keys than expected"
        return _first(((given[key], wanted[key]) for key in wanted), tolerance)
    if isinstance(given, list) and isinstance(wanted, list):
        if len(given) != len(wanted):
            return "another length than expected"
        return _first(zip(given, wanted, strict=True), tolerance)
    return "" if given == wanted else DIFFERS


def _first(pairs: Iterable[tuple[object, object]], tolerance: _Tolerance) -> str:
    return next((reason for pair in pairs if (reason := _different(*pair, tolerance))), "")


def _tables(given: dict[object, object], wanted: dict[object, object], tolerance: _Tolerance) -> str:
    if given.keys() != wanted.keys():
        return "other columns than expected"
    if [_rows(given[name]) for name in wanted] != [_rows(wanted[name]) for name in wanted]:
        return "another number of rows than expected"
    return _first(((given[name], wanted[name]) for name in wanted), tolerance)


def _arrays(given: npt.NDArray[np.generic], wanted: npt.NDArray[np.generic], tolerance: _Tolerance) -> str:
    if given.shape != wanted.shape:
        return "another shape than expected"
    if given.dtype == wanted.dtype and given.dtype.kind in _NUMBERS and given.tobytes() == wanted.tobytes():
        return ""  # the usual case: nothing to tolerate
    exact = wanted.dtype.kind not in "iufc" or (tolerance.unstated and given.dtype.kind + wanted.dtype.kind in _WHOLE)
    same = np.array_equal(given, wanted) if exact else bool(np.all(_close(given, wanted, tolerance)))
    return "" if same else DIFFERS


_WHOLE = {"ii", "iu", "ui", "uu"}
_NUMBERS = "biufc"  # the same bytes are equal, as a time that is none is not


def _close(
    given: npt.NDArray[np.generic], wanted: npt.NDArray[np.generic], tolerance: _Tolerance
) -> npt.NDArray[np.bool_]:
    kind = np.complex128 if "c" in given.dtype.kind + wanted.dtype.kind else np.float64
    left, right = given.astype(kind), wanted.astype(kind)
    size = np.abs(right)
    largest = float(np.max(size, initial=0.0, where=np.isfinite(size))) if wanted.ndim else 0.0
    rtol = EXACT if tolerance.rtol is None else tolerance.rtol
    atol = NOISE * largest if tolerance.atol is None else tolerance.atol
    near = np.isfinite(left) & np.isfinite(right) & (np.abs(left - right) <= atol + rtol * size)
    same: npt.NDArray[np.bool_] = near | (left == right) | (np.isnan(left) & np.isnan(right))
    return same


# --- plain form: arrays of numbers or truth values, tables, dicts, lists, sets, text ------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name."""

    columns: dict[object, object]


class TooMuchError(Exception):
    """An answer has many more parts than anything that is expected: reading them would only take our time."""


def plain(data: object, most: float) -> object:
    """One form for each kind of data, whatever it came as.

    Parameters
    ----------
    data : object
        What passed the codec.
    most : float
        Parts to read: items of lists, dicts and sets, columns; lists of nothing but numbers count as one.

    Raises
    ------
    TooMuchError
        If it has more.
    """
    try:
        return _Reader(most).plain(data)
    except (TypeError, ValueError, OverflowError):
        return _Odd


class _Odd:
    """Stands for what cannot be read, or lies deeper than any answer of ours does."""


class _Reader:
    """Reads data into plain form, and counts its parts."""

    def __init__(self, most: float) -> None:
        self.most = most
        self.read = 0

    def plain(self, data: object, depth: int = 0) -> object:
        if depth > _DEEPEST:
            return _Odd
        if data is None or isinstance(data, str | bytes):
            return data
        if isinstance(data, bool | int | float | complex | np.generic | np.ndarray):
            return self._array(data, depth)
        if isinstance(data, Mapping):
            self._count(len(data))
            return _mapping({key: self.plain(item, depth + 1) for key, item in data.items()})
        if isinstance(data, list | tuple):
            return self._listed(data, depth)
        if isinstance(data, Set):
            self._count(len(data))
            return frozenset(data)
        return self._framed(data, depth)

    def _count(self, parts: int) -> None:
        self.read += parts
        if self.read > self.most:
            raise TooMuchError

    def _framed(self, data: object, depth: int) -> object:
        if hasattr(data, "columns") and data.columns.is_unique:  # a data frame
            self._count(len(data.columns))
            return Table({name: self.plain(column, depth + 1) for name, column in data.items()})  # type: ignore[attr-defined]
        if hasattr(data, "to_numpy"):  # a series
            return self.plain(data.to_numpy(), depth + 1)
        return data

    def _array(self, data: object, depth: int) -> object:
        array = np.asarray(data)
        if array.dtype.kind in "biufcmM":
            return array
        if isinstance(data, int):
            return np.asarray(_as_float(data))  # beyond 64 bits
        return self.plain(array.tolist(), depth + 1)  # text or objects

    def _listed(self, data: list[object] | tuple[object, ...], depth: int) -> object:
        kinds = set(map(type, data))
        if data and (kinds <= _REALS or kinds == {bool}):
            try:
                array = np.asarray(data)  # the usual case, without a look at each item
            except OverflowError:
                array = np.asarray([_as_float(item) if isinstance(item, int) else item for item in data])
            if array.dtype.kind in "biuf":
                return array
        self._count(len(data))
        return _stacked([self.plain(item, depth + 1) for item in data])


_REALS = {int, float, np.float64}


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _stacked(items: list[object]) -> object:
    """A list of equally shaped arrays of one kind is an array."""
    if not items:
        return np.empty(0)
    arrays = [item for item in items if isinstance(item, np.ndarray)]
    if len(arrays) < len(items) or len({(array.shape, _family(array)) for array in arrays}) > 1:
        return items
    return np.stack(arrays)


def _mapping(items: dict[object, object]) -> object:
    """A dict of equally long columns is a table."""
    lengths = {_rows(column) for column in items.values()}
    return Table(items) if len(lengths) == 1 and lengths != {None} else items


def _rows(column: object) -> int | None:
    if isinstance(column, np.ndarray):
        return len(column) if column.ndim == 1 else None
    return len(column) if isinstance(column, list) else None


_FAMILIES = {"b": "truth value", "i": "number", "u": "number", "f": "number", "c": "number"}
_NAMES: dict[type, str] = {dict: "a dict", list: "a list", frozenset: "a set", str: "text", bytes: "bytes"}


def _family(array: npt.NDArray[np.generic]) -> str:
    return _FAMILIES.get(array.dtype.kind, "time")


def _kind(data: object) -> str:
    """The kind of plain data, in words that may be told."""
    if isinstance(data, np.ndarray):
        return f"an array of {_family(data)}s" if data.ndim else f"a {_family(data)}"
    if isinstance(data, Table):
        return "a table"
    return "nothing (None)" if data is None else _NAMES.get(type(data), _UNKNOWN)
