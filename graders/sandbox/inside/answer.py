"""Performs requests: the one meaning of `call`, `new`, `method`, `get` and `read`.

A child uses it on a student's namespace, the gates use it in process on ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from . import codec


class Asked(Protocol):
    """A request: `graders.records.Request`, or what a child made of a message."""

    @property
    def op(self) -> str:
        """What to do."""
        ...

    @property
    def target(self) -> str:
        """To what, by name."""
        ...

    @property
    def args(self) -> Sequence[Any]:
        """By place."""
        ...

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """By name."""
        ...

    @property
    def handle(self) -> int | None:
        """Number of the object."""
        ...


class Question(NamedTuple):
    """A request as a child reads it from a message."""

    op: str
    target: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    handle: int | None


class Answer(NamedTuple):
    """What came of a request: kind as in `graders.records.Reply`, value, names of the exception's classes."""

    kind: str
    value: Any = None
    exception: tuple[str, ...] = ()


_MISSING = Answer("missing")


def perform(namespace: Mapping[str, Any], objects: dict[int, Any], request: Asked) -> Answer:
    """Do what is asked.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables.
    objects : dict
        Objects that `new` made, by number.
    request : Asked
        What to do.

    Returns
    -------
    Answer
        Its value is the very object: it has not passed the codec yet.
    """
    try:
        return _perform(namespace, objects, request)
    except MemoryError:
        return Answer("memory")
    except BaseException as raised:  # noqa: BLE001  whatever a student's code raises is data
        return Answer("raised", exception=tuple(codec.type_name(kind) for kind in codec.mro_of(type(raised))))


def _perform(namespace: Mapping[str, Any], objects: dict[int, Any], request: Asked) -> Answer:
    op, target = request.op, request.target
    if op in ("call", "new", "read"):
        if target not in namespace:
            return _MISSING
        found = namespace[target]
        if op == "read":
            return Answer("value", found)
        result = found(*request.args, **request.kwargs)
        if op == "call":
            return Answer("value", result)
        objects[-1 if request.handle is None else request.handle] = result
        return Answer("value")
    if request.handle not in objects:
        return _MISSING
    owner = objects[request.handle]
    if not _has(owner, target):
        return _MISSING
    found = getattr(owner, target)
    return Answer("value", found if op == "get" else found(*request.args, **request.kwargs))


def _has(owner: Any, name: str) -> bool:
    """Whether the object has the attribute, even if getting it raises."""
    if any(name in vars(kind) for kind in codec.mro_of(type(owner))):
        return True
    return hasattr(owner, name)


def encoded(answer: Answer) -> tuple[codec.Head, list[bytes]]:
    """The answer as head and buffers; what is no plain data becomes `opaque`.

    Parameters
    ----------
    answer : Answer
        As `perform` gave it.

    Returns
    -------
    tuple
        Of a message without its number.
    """
    buffers: list[bytes] = []
    try:
        head = {"kind": answer.kind, "value": codec.encode(answer.value, buffers), "exception": list(answer.exception)}
        if sum(map(len, buffers)) > codec.MAX_BODY:
            raise codec.OpaqueError("value that is too large")
    except codec.OpaqueError as reason:
        return {"kind": "opaque", "value": str(reason), "exception": []}, []
    except MemoryError:
        return {"kind": "memory", "value": None, "exception": []}, []
    except BaseException as raised:  # noqa: BLE001  an object that fights back
        return {"kind": "opaque", "value": codec.type_name(type(raised)), "exception": []}, []
    return head, buffers


def locally(namespace: Mapping[str, Any], objects: dict[int, Any], request: Asked) -> Answer:
    """Perform a request in this process, arguments and answer passing the codec as they do on their way to a child.

    Parameters
    ----------
    namespace, objects, request
        As for `perform`.

    Returns
    -------
    Answer
        Plain data.
    """
    buffers: list[bytes] = []
    sent = codec.encode([list(request.args), dict(request.kwargs)], buffers)
    args, kwargs = codec.decode(sent, [memoryview(data) for data in buffers])
    head, buffers = encoded(
        perform(namespace, objects, Question(request.op, request.target, args, kwargs, request.handle))
    )
    value = codec.decode(head["value"], [memoryview(data) for data in buffers])
    return Answer(head["kind"], value, tuple(head["exception"]))
