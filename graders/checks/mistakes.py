"""Known mistakes and independent right answers: ordinary functions and classes with a tag on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from graders.errors import CourseError

Answer = TypeVar("Answer", bound=Callable[..., Any])
_TAG = "__aisa_tags__"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer that students really give.

    Attributes
    ----------
    exercise : str
        Id of the exercise.
    misconception : str
        Its name, for the instructor: what the student believes.
    loses : tuple of str
        Names of exactly the checks that it loses.
    hint : str
        What the student reads.
    answer : callable
        The function or class; for a variable a function that gives it, of variables that the exercise is `given`.
    mostly : float
        Share of the students for whom it loses them: for a few, wrong values may happen to be right, and a decision
        may be right by chance.
    """

    exercise: str
    misconception: str
    loses: tuple[str, ...]
    hint: str
    answer: Callable[..., Any]
    mostly: float = 0.9


@dataclass(frozen=True, slots=True)
class RightAnswer:
    """A right answer written from the notebook alone, by another way than the reference's.

    Attributes
    ----------
    exercise : str
        Id of the exercise.
    by : str
        The other way: "loop over levels".
    answer : callable
        As in `Mistake`.
    """

    exercise: str
    by: str
    answer: Callable[..., Any]


def mistake(
    exercise: str, *, misconception: str, loses: Sequence[str], hint: str, mostly: float = 0.9
) -> Callable[[Answer], Answer]:
    """Tag a function or class as a known mistake.

    Parameters
    ----------
    exercise : str
        Id of the exercise.
    misconception : str
        Its name, for the instructor.
    loses : sequence of str
        Names of exactly the checks that it loses.
    hint : str
        What the student reads who makes it.
    mostly : float
        Share of the students for whom it loses them; less than usual for a decision that is right by chance.
    """
    if isinstance(loses, str) or not loses:
        raise CourseError(f"mistake {misconception!r} must list the checks that it loses", where=f"exercise {exercise}")
    if not misconception.strip() or not hint.strip():
        raise CourseError("a mistake needs a misconception and a hint", where=f"exercise {exercise}")

    def tag(answer: Answer) -> Answer:
        return _tagged(answer, Mistake(exercise, misconception, tuple(loses), hint, answer, mostly))

    return tag


def answer(exercise: str, *, by: str) -> Callable[[Answer], Answer]:
    """Tag a function or class as an independent right answer; `by` says which way it goes."""

    def tag(right: Answer) -> Answer:
        return _tagged(right, RightAnswer(exercise, by, right))

    return tag


def tags_in(namespace: Mapping[str, object]) -> list[Mistake | RightAnswer]:
    """All tags in a module's namespace, in the order of definition."""
    return [tag for found in namespace.values() for tag in getattr(found, "__dict__", {}).get(_TAG, ())]


def _tagged(answer: Answer, tag: Mistake | RightAnswer) -> Answer:
    setattr(answer, _TAG, (tag, *vars(answer).get(_TAG, ())))
    return answer
