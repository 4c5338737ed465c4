"""Answers that answer nothing: the same whatever is asked, or one of the inputs handed back.

Such an answer can keep a check by luck: the visible example's value as a constant, the first argument where a maximum
happens to be it. It earns nothing, whatever it keeps, unless what is right is like that too.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from graders.checks.cases import Call
from graders.checks.comparison import difference
from graders.records import Reply

_DEEPEST = 20


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
    if (_elements(replies) == 1 and _elements(expected) > 1) or (_all_same(replies) and not _all_same(expected)):
        return "the answer is the same whatever is asked"
    inputs = [_bound(call, reference) for call in calls]
    for name in set.intersection(*map(set, inputs)):
        given = [each[name] for each in inputs]
        if _echoed(replies, given) and not _echoed(expected, given):
            return "the answer is one of its inputs"
    return ""


def _all_same(replies: Sequence[Reply]) -> bool:
    return not any(difference(reply.value, replies[0].value) for reply in replies[1:])


def _echoed(replies: Sequence[Reply], given: Sequence[object]) -> bool:
    return all(not difference(reply.value, item) for reply, item in zip(replies, given, strict=True))


def _bound(call: Call, reference: object) -> Mapping[str, object]:
    """Inputs by parameter, whether they were named in the call or not."""
    try:
        signature = inspect.signature(reference if callable(reference) else _anything)
        return signature.bind(*call.args, **call.kwargs).arguments
    except (TypeError, ValueError):
        return {**{str(place): argument for place, argument in enumerate(call.args)}, **call.kwargs}


def _anything(*args: object, **kwargs: object) -> None:
    """Takes whatever is given."""


def _elements(replies: Sequence[Reply]) -> int:
    """How many different numbers, words and truth values the replies are made of: 1, or more."""
    found: set[Hashable] = set()
    for reply in replies:
        found |= _leaves(reply.value, 0)
        if len(found) > 1:
            break
    return len(found)


def _leaves(data: object, depth: int) -> set[Hashable]:
    if depth > _DEEPEST:
        return {"deep", "deeper"}
    if isinstance(data, Mapping):
        return _union(list(data.values()), depth)
    if hasattr(data, "columns"):
        return _union([data[name] for name in data.columns], depth)  # type: ignore[index]
    if isinstance(data, list | tuple | set | frozenset):
        return _union(list(data), depth)
    array = np.asarray(data)
    if array.dtype.kind == "O":
        return {repr(data)} if array.ndim == 0 else _union(array.ravel().tolist(), depth)
    return {(array.dtype.kind == "b", repr(each)) for each in np.unique(_rounded(array)).tolist()[:2]}


def _union(items: Sequence[object], depth: int) -> set[Hashable]:
    found: set[Hashable] = set()
    for item in items:
        found |= _leaves(item, depth + 1)
        if len(found) > 1:
            break
    return found


def _rounded(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Numbers of one kind, so that 1 and 1.0 are one element."""
    return array.astype(np.float64) if array.dtype.kind in "iuf" else array
