"""Which calls a check makes: written by hand, or drawn for each student anew.

What is drawn derives from the seed of one student's exercise and from the check's own name, so that neither the order
of the checks nor another check's presence changes it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graders.errors import CourseError
from graders.records import Request


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the student's function, with these arguments."""

    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict)

    def request(self, target: str) -> Request:
        """What the student's process is asked."""
        return Request("call", target, self.args, self.kwargs)


@dataclass(frozen=True, slots=True)
class Read:
    """A look at the variable that the exercise is named after."""

    def request(self, target: str) -> Request:
        """What the student's process is asked."""
        return Request("read", target)


Case = Call | Read
Generator = Callable[..., Call]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Calls that `generator` draws, `count` of them, for each student anew."""

    generator: Generator
    count: int


Cases = Sequence[Case | Sampled] | Sampled


def call(*args: object, **kwargs: object) -> Call:
    """A call with these arguments: `call(layers=40, tokens=[1, 2, 3])`."""
    return Call(args, kwargs)


def value() -> Read:
    """The answer is a variable of the notebook: look at it."""
    return Read()


def sampled(generator: Generator, count: int) -> Sampled:
    """Calls drawn for each student anew.

    Parameters
    ----------
    generator : callable
        Takes a `numpy.random.Generator`, gives a `call(...)`; in a personal exercise it may take `scenario` as well.
    count : int
        How many to draw.

    Returns
    -------
    Sampled
    """
    return Sampled(generator, count)


def listed(cases: Cases) -> tuple[Case | Sampled, ...]:
    """The cases as a tuple, whether one `sampled(...)` or a list stands there."""
    return (cases,) if isinstance(cases, Sampled) else tuple(cases)


def written(cases: Cases) -> frozenset[int]:
    """Ids of the cases that are written by hand: for every student they are the same, as objects, too."""
    return frozenset(id(case) for case in listed(cases) if not isinstance(case, Sampled))


def drawn(cases: Cases, seed: bytes, name: str) -> tuple[Case, ...]:
    """The cases of one check for one student.

    Parameters
    ----------
    cases : sequence of cases, or Sampled
        As the check has them.
    seed : bytes
        Of one student's exercise.
    name : str
        Of the check.

    Returns
    -------
    tuple of Call or Read
    """
    made: list[Case] = []
    for place, case in enumerate(listed(cases)):
        if isinstance(case, Sampled):
            rng = stream(seed, f"{name}\0{place}")
            made += [_draw(case, rng, name) for _ in range(case.count)]
        else:
            made.append(case)
    return tuple(made)


def stream(seed: bytes, name: str) -> np.random.Generator:
    """Random numbers that belong to one name under one seed."""
    derived = hmac.new(seed, name.encode(), hashlib.sha256).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(derived, "big")))


def _draw(sampled: Sampled, rng: np.random.Generator, name: str) -> Call:
    made = sampled.generator(rng)
    if not isinstance(made, Call):
        called = getattr(sampled.generator, "__name__", "the generator")
        raise CourseError(f"{called} of check {name!r} gives {type(made).__name__}, not call(...)")
    return made
