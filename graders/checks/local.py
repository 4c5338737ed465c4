"""An endpoint in this very process, for code that is ours: references, known mistakes, baselines.

Never for a student's code: nothing is limited here. What a request means, and what travels, is the sandbox's own code.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence

import numpy as np

from graders.errors import CourseError
from graders.records import Reply, Request
from graders.sandbox.inside.answer import Answer, Asked, Question, locally, perform
from graders.sandbox.inside.codec import OpaqueError


class LocalEndpoint:
    """Answers requests from a namespace, as a student's process does from its notebook's.

    Parameters
    ----------
    namespace : mapping of str to object
        What the notebook would define: functions, classes, variables.
    coded : bool
        Whether arguments and values pass the codec, as on their way to a child. References do without: five times
        as fast, and their arguments are copied all the same.
    """

    def __init__(self, namespace: Mapping[str, object], *, coded: bool = True) -> None:
        self._namespace = dict(namespace)
        self._perform = locally if coded else _copied
        self._objects: dict[int, object] = {}

    def ask(self, requests: Sequence[Request], cpu_s: float | None = None) -> list[Reply]:
        """Answer each request in order; `cpu_s` is looked at afterwards, since nothing is stopped here."""
        return [self._reply(request, cpu_s) for request in requests]

    def _reply(self, request: Request, cpu_s: float | None) -> Reply:
        started = 0.0 if cpu_s is None else time.process_time()
        try:
            answer = self._perform(self._namespace, self._objects, request)
        except OpaqueError as error:
            raise CourseError(
                f"a hidden input of {request.target} is no plain data: {error}", do="Use numbers, text, lists, arrays."
            ) from error
        if answer.exception[:1] == ("KeyboardInterrupt",):
            raise KeyboardInterrupt  # somebody stops us: no behaviour of the answer
        if cpu_s is not None and time.process_time() - started > cpu_s:
            return Reply("timeout")
        return Reply(answer.kind, answer.value, answer.exception)  # type: ignore[arg-type]


def _copied(namespace: Mapping[str, object], objects: dict[int, object], request: Asked) -> Answer:
    """Perform a request with copies of its arguments: what is done to them harms no other answer's."""
    args = [copied(value) for value in request.args]
    kwargs = {name: copied(value) for name, value in request.kwargs.items()}
    return perform(namespace, objects, Question(request.op, request.target, args, kwargs, request.handle))


_UNCHANGEABLE = frozenset({int, float, bool, str, bytes, complex, type(None)})


def copied(value: object) -> object:
    """A copy that shares nothing that could be changed: `copy.deepcopy`, quick for plain data."""
    kind = type(value)
    if kind in _UNCHANGEABLE:
        return value
    if kind is list and isinstance(value, list):
        return value.copy() if _UNCHANGEABLE.issuperset(map(type, value)) else [copied(item) for item in value]
    if kind is tuple and isinstance(value, tuple):
        return value if _UNCHANGEABLE.issuperset(map(type, value)) else tuple([copied(item) for item in value])
    if kind is dict and isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if kind is np.ndarray and isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return value.copy()
    return copy.deepcopy(value)
