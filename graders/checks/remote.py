"""A student's functions and objects, driven from here as if they were ours.

`student.BlockAllocator(blocks=8)` reads as Python; each step is one message. The reference says what is a method and
what a property. Values that come back are plain data; a step that fails comes back as a `Failure`, or is raised as
`StudentFailure` where a simulator must not go on.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable

from graders.checks.reasons import reason_of
from graders.errors import CourseError
from graders.records import Endpoint, Reply, Request

_HANDLES = itertools.count(1)
_LAST_WORDS = {"timeout", "memory", "crashed"}
"""After these the student's process is another one: its objects are gone."""


class StudentFailure(Exception):  # noqa: N818  the student's, not an error of ours
    """A step that gave no value, on its way through a play or a simulator of ours.

    Attributes
    ----------
    reply : Reply
        What came back instead.
    """

    def __init__(self, reply: Reply, reason: str = "") -> None:
        super().__init__(reply, reason)
        self.reply = reply
        self.reason = reason or reason_of(reply)


class Failure:
    """A step that gave no value, as data: `expect(...).raises(...)` looks at it, and the play goes on."""

    __slots__ = ("reply",)

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


class Session:
    """What is asked of one student's process, step by step, and what it answered.

    Parameters
    ----------
    endpoint : Endpoint
        The process.
    reference : object
        The exercise's reference, or None.
    most : int
        Steps after which it is given up.
    raises : bool
        Whether a failing step raises `StudentFailure`; otherwise it gives a `Failure`.

    Attributes
    ----------
    replies : list of Reply
        Of every step so far.
    failures : list of Failure
        Those that nobody has looked at.
    """

    def __init__(self, endpoint: Endpoint, reference: object, most: int, *, raises: bool) -> None:
        self.endpoint = endpoint
        self.reference = reference
        self.most = most
        self.raises = raises
        self.replies: list[Reply] = []
        self.failures: list[Failure] = []

    def step(self, request: Request) -> Reply:
        """Ask one thing.

        Raises
        ------
        StudentFailure
            If the process ended over it, or there were too many steps.
        """
        if len(self.replies) >= self.most:
            raise StudentFailure(Reply("opaque"), "more steps than allowed")
        (reply,) = self.endpoint.ask([request])
        self.replies.append(reply)
        reason = reason_of(reply)
        if reason and (self.raises or reply.kind in _LAST_WORDS):
            raise StudentFailure(reply, reason)
        return reply

    def outcome(self, request: Request) -> object:
        """The value that a step gives, or its `Failure`."""
        if any(isinstance(argument, Failure) for argument in (*request.args, *request.kwargs.values())):
            raise StudentFailure(self.replies[-1], "a step was given what an earlier one failed to give")
        if any(isinstance(argument, RemoteObject) for argument in (*request.args, *request.kwargs.values())):
            raise CourseError(f"{request.target} is given an object of the student's; only plain data can be sent")
        reply = self.step(request)
        if reply.kind == "value":
            return reply.value
        failure = Failure(reply)
        self.failures.append(failure)
        return failure


def fresh_handle() -> int:
    """A number for a new object that no other object of any process has."""
    return next(_HANDLES)


class Student:
    """The names of the student's notebook: `student.kv_cache_bytes(...)`, `student.BlockAllocator(...)`."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("_"):
            raise AttributeError(name)
        session = self._session
        made_of = session.reference if inspect.isclass(session.reference) else None
        if made_of is not None and made_of.__name__ == name:
            return lambda *args, **kwargs: _made(session, name, args, kwargs)
        return lambda *args, **kwargs: session.outcome(Request("call", name, args, kwargs))


class RemoteObject:
    """One object of the student's: methods and properties as the reference class has them."""

    __slots__ = ("_handle", "_session")
    _session: Session
    _handle: int

    def __init__(self, session: Session, handle: int) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_handle", handle)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        session: Session = self._session
        handle: int = self._handle
        if callable(inspect.getattr_static(session.reference, name, None)) or _is_wrapped(session.reference, name):
            return lambda *args, **kwargs: session.outcome(Request("method", name, args, kwargs, handle))
        return session.outcome(Request("get", name, handle=handle))

    def __setattr__(self, name: str, assigned: object) -> None:
        raise CourseError(f"a play sets {name!r} of a student's object; it can only call, and look")


def _made(session: Session, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    handle = fresh_handle()
    made = session.outcome(Request("new", name, args, kwargs, handle))
    return made if isinstance(made, Failure) else RemoteObject(session, handle)


def _is_wrapped(reference: object, name: str) -> bool:
    """Class and static methods are objects that are not callable themselves."""
    return isinstance(inspect.getattr_static(reference, name, None), classmethod | staticmethod)
