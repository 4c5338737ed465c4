"""Answers that answer nothing: the same whatever is asked, or one of the inputs handed back.

Such an answer can keep a check by luck: the visible example's value as a constant, the first argument where a maximum
happens to be it. It earns nothing, whatever it keeps, unless what is right is like that too.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from graders.checks.cases import Call
from graders.checks.comparison import Table, TooMuchError, different, plain
from graders.records import Reply

_MOST = 10_000  # parts of an answer that are looked at: what is larger is not trivial


def trivial(calls: Sequence[Call], replies: Sequence[Reply], expected: Sequence[Reply], reference: object) -> str:
    """Why an answer is trivial, in words for the student; empty where it is not.

    Parameters
    ----------
    calls : sequence of Call
        All that is compared with the reference's values.
    replies, expected : sequence of Reply
        What the answer and the reference gave.
    reference : object
        Whose parameters name the inputs.
    """
    if len(calls) < 2 or any(reply.kind != "value" for reply in replies):
        return ""
    try:
        given = [plain(reply.value, _MOST) for reply in replies]
    except TooMuchError:
        return ""
    wanted = [plain(reply.value, math.inf) for reply in expected]
    if _alike(given) and not _alike(wanted):
        return "the answer is the same whatever is asked"
    inputs = [_bound(call, reference) for call in calls]
    for name in set.intersection(*map(set, inputs)):
        known = [plain(each[name], math.inf) for each in inputs]
        if _equal(given, known) and not _equal(wanted, known):
            return "the answer is one of its inputs"
    return ""


def _alike(values: Sequence[object]) -> bool:
    """Equal to each other, or made of one number or word throughout, in whatever shape."""
    return _equal(values[1:], [values[0]] * (len(values) - 1)) or len(_elements(values)) == 1


def _equal(values: Sequence[object], others: Sequence[object]) -> bool:
    return not any(different(value, other) for value, other in zip(values, others, strict=True))


def _bound(call: Call, reference: object) -> Mapping[str, object]:
    """Inputs by parameter, whether they were named in the call or not."""
    try:
        signature = inspect.signature(reference if callable(reference) else _anything)
        return signature.bind(*call.args, **call.kwargs).arguments
    except (TypeError, ValueError):
        return {**{str(place): argument for place, argument in enumerate(call.args)}, **call.kwargs}


def _anything(*args: object, **kwargs: object) -> None:
    """Takes whatever is given."""


def _elements(data: object) -> set[Hashable]:
    """Two different numbers, words or truth values that plain data are made of; fewer, if there are not two."""
    if isinstance(data, np.ndarray):
        numbers = data.astype(np.float64) if data.dtype.kind in "iuf" else data  # 1 and 1.0 are one element
        return {(data.dtype.kind == "b", repr(each)) for each in np.unique(numbers)[:2].tolist()}
    if isinstance(data, Table):
        return _elements(list(data.columns.values()))
    if isinstance(data, dict):
        return _elements(list(data.values()))
    if not isinstance(data, list | frozenset):
        return {data if isinstance(data, str | bytes | None) else "odd"}
    found: set[Hashable] = set()
    for item in data:
        found |= _elements(item)
        if len(found) > 1:
            break
    return found
