"""Questions for the defence, drawn from the candidate's own notebook answers: who wrote them can say why they are so.

Nothing here judges an answer. A line of it is quoted, and asked about in a way that its text alone does not answer.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LONGEST_CODE = 20_000
"""Characters of an answer that is taken apart; the longest reference solution has a tenth of it."""
_LONGEST_QUOTE = 300
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?\s*(?:%|[a-zA-Zµ]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TRIVIAL = {"0", "1", "2", "-1", "0.0", "1.0", "2.0", "True", "False", "None"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a candidate answered in a notebook.

    Attributes
    ----------
    exercise, title : str
        Its id, and what people call it.
    kind : str
        `code`, `value` or `text`.
    said : str
        Code as it was handed in, a value as text, or what was written.
    """

    exercise: str
    title: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a panel may ask.

    Attributes
    ----------
    exercise, title : str
        Whose answer it is about.
    quote : str
        Of the answer, as it was handed in.
    asks : str
        The question.
    criterion : str
        Of the defence's rubric, that the reply bears on.
    """

    exercise: str
    title: str
    quote: str
    asks: str
    criterion: str


def draw_questions(answers: Sequence[Answer], seed: str, count: int) -> tuple[Question, ...]:
    """Questions about a candidate's answers, no two about one exercise, spread over modules, drawn by a seed.

    Parameters
    ----------
    answers : sequence of Answer
        The candidate's own.
    seed : str
        What the draw derives from: the same questions each time.
    count : int
        How many at most.

    Returns
    -------
    tuple of Question
        Fewer where there are fewer answers that something can be asked about.
    """
    drawn: dict[str, list[Question]] = {}
    for answer in sorted(answers, key=lambda one: _lot(seed, one.exercise)):
        possible = sorted(_possible(answer), key=lambda one: _lot(seed, one.exercise, one.quote, one.asks))
        if possible:
            drawn.setdefault(answer.exercise.partition("_")[0], []).append(possible[0])
    rounds = [[theirs[turn] for theirs in drawn.values() if turn < len(theirs)] for turn in range(len(answers))]
    return tuple(one for turn in rounds for one in turn)[:count]


def _possible(answer: Answer) -> Iterator[Question]:
    ways = {"code": _of_code, "value": _of_value, "text": _of_text}
    for quote, asks, criterion in ways[answer.kind](answer.said[:_LONGEST_CODE]):
        short = quote if len(quote) <= _LONGEST_QUOTE else f"{quote[:_LONGEST_QUOTE]} …"
        yield Question(answer.exercise, answer.title, short, asks, criterion)


def _of_code(code: str) -> Iterator[tuple[str, str, str]]:
    """A constant, a branch, a loop, a division, a bound: each of them was a decision."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a candidate's "\d" is not our warning
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = code.splitlines()
    for node in ast.walk(tree):
        asked = _about(node)
        if asked is not None and isinstance(node, (ast.expr, ast.stmt)):
            yield lines[node.lineno - 1].strip(), *asked


def _about(node: ast.AST) -> tuple[str, str] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and repr(node.value) not in _TRIVIAL:
        return f"Where does {node.value!r} come from, and what does the result do if it is half as large?", "D1"
    if isinstance(node, ast.If):
        return (
            "Give an input for which this branch is taken, one for which it is not, and say what breaks without.",
            "D1",
        )
    if isinstance(node, (ast.For, ast.While)):
        return "How often does this loop run for an input ten times as large, and could it be avoided?", "D2"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return "What are the units above and below this division, and when does the quotient mislead?", "D1"
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name in ("min", "max", "minimum", "maximum", "clip", "ceil", "floor"):
            return f"What physical bound does `{name}` stand for here, and which side holds in your capstone?", "D3"
    return None


def _of_value(said: str) -> Iterator[tuple[str, str, str]]:
    if said.strip():
        asks = "How did you get this value, which input moves it most, and what would it be if that input doubled?"
        yield said.strip(), asks, "D1"


def _of_text(said: str) -> Iterator[tuple[str, str, str]]:
    for sentence in _SENTENCE.split(" ".join(said.split())):
        if _NUMBER.search(sentence):
            yield sentence, "Derive this number at the board, and say how far off it may be.", "D3"
        elif len(sentence.split()) >= 6:  # shorter ones hold no claim that could be wrong
            yield sentence, "What would you have to observe to take this back, and what is the best other choice?", "D2"


def _lot(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode()).hexdigest()
