"""Why something was lost, in words that a student may read.

Texts that student code made never appear, nor names that it chose: of exceptions and types only those that every
Python has are repeated, since hidden inputs could travel in any other.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Sequence

from graders.checks.comparison import DIFFERS
from graders.errors import GraderError
from graders.records import Reply

_EXCEPTIONS = {
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
}
_TYPES = {
    "function", "method", "generator", "map", "filter", "zip", "range", "type", "module", "object", "dict_keys",
    "dict_values", "dict_items", "Figure", "Axes", "DataFrame", "Series", "Index",
}  # fmt: skip

_BY_KIND = {
    "missing": "there is nothing of this name in the notebook",
    "timeout": "out of CPU time",
    "memory": "out of memory",
    "crashed": "the process ended",
}


def reason_of(reply: Reply) -> str:
    """Why a reply is no value; empty where it is one.

    Raises
    ------
    GraderError
        If the machine was too slow to ask: that is nobody's answer.
    """
    if reply.kind == "retry":
        raise GraderError("the machine was too slow to put a hidden call to an answer", do="Grade it again.")
    if reply.kind == "value":
        return ""
    if reply.kind == "raised":
        known = [name for name in reply.exception if name in _EXCEPTIONS - {"Exception", "BaseException"}]
        return f"raised {known[0]}" if known else "raised an exception"
    if reply.kind == "opaque":
        return f"a {reply.value}, which is no plain data" if reply.value in _TYPES else "an object, no plain data"
    return _BY_KIND[reply.kind]


def summed_up(reasons: Sequence[str], noun: str = "cases") -> str:
    """One line for all cases of a check; `reasons` holds an empty string for each that is right."""
    lost = Counter(reason for reason in reasons if reason)
    if len(reasons) == 1:
        return next(iter(lost), "")
    parts = [
        f"{count} of {len(reasons)} {noun} {'differ' if reason == DIFFERS else _verb(reason)}"
        for reason, count in sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "; ".join(parts)


def _verb(reason: str) -> str:
    return reason if reason.startswith("raised ") else f"gave: {reason}"
