"""The text that a student would have typed to give an answer which we hold as a function or class.

A notebook's answer cell has to stand alone, so whatever the answer uses of its own file is typed before it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from graders.errors import CourseError

_NOT_THEIRS = ("graders", "reference_solutions")  # no student can import these


def typed(answer: Callable[..., Any], target: str, *, called: bool = False) -> str:
    """Source text that defines an answer under the name that the exercise asks for.

    Parameters
    ----------
    answer : callable
        A function or class of `wrong_answers.py` or `right_answers.py`.
    target : str
        The name that the exercise asks for.
    called : bool
        The exercise asks for a variable: the function is called, and what it returns gets the name.

    Returns
    -------
    str
        A cell's text: what the answer uses of its own file, then the answer, without its tag.

    Raises
    ------
    CourseError
        If it uses something that no student has.
    """
    path = _file(answer)
    text = path.read_text(encoding="utf-8")
    definitions = _definitions(ast.parse(text))
    own = definitions[answer.__name__]
    needed = _needed(own, definitions, where=f"{path}: {answer.__name__}")
    parts = [_lines(text, node) for node in needed]
    if called:
        return "\n\n".join([*parts, _segment(text, own), f"{target} = {answer.__name__}()"]) + "\n"
    renamed = re.sub(rf"\b{re.escape(answer.__name__)}\b", target, _segment(text, own))
    return "\n\n".join([*parts, renamed]) + "\n"


def _file(answer: Callable[..., Any]) -> Path:
    """Where an answer was written: asked of its code, since author files need not be importable by name."""
    written = vars(answer).values() if inspect.isclass(answer) else [inspect.unwrap(answer)]
    code = next((one.__code__ for one in written if inspect.isfunction(one)), None)
    if code is None:
        raise CourseError("an answer is a function, or a class with methods", answer.__name__, "Write it as one.")
    return Path(code.co_filename)


def _definitions(module: ast.Module) -> dict[str, ast.stmt]:
    """What each name of a file is bound by, at its top level."""
    bound: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update({(alias.asname or alias.name).partition(".")[0]: node for alias in node.names})
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [inner for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]
            bound.update({name.id: node for name in names})
    return bound


def _needed(own: ast.stmt, definitions: dict[str, ast.stmt], where: str) -> list[ast.stmt]:
    """Definitions of the same file that an answer uses, directly or through others, in the file's order."""
    found: list[ast.stmt] = []
    waiting = [own]
    while waiting:
        for name in _names(waiting.pop()):
            node = definitions.get(name)
            if node is None or node is own or node in found:
                continue
            if isinstance(node, ast.Import | ast.ImportFrom) and _imports(node) & set(_NOT_THEIRS):
                raise CourseError(f"it uses {name}, which no student can import", where, "Write it out in the answer.")
            found.append(node)
            waiting.append(node)
    return sorted(found, key=lambda node: node.lineno)


def _names(node: ast.stmt) -> list[str]:
    """Names that a definition uses; its decorators' too, except our own tags."""
    tags = _tags(node)
    skipped = {id(inner) for tag in tags for inner in ast.walk(tag)}
    return [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and id(inner) not in skipped]


def _tags(node: ast.stmt) -> list[ast.expr]:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return [
        one
        for one in decorators
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in ("mistake", "answer")
    ]


def _imports(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names}


def _segment(text: str, node: ast.stmt) -> str:
    """A definition's text with every decorator but our tags."""
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)  # noqa: S101  an answer is one of them
    tags = _tags(node)
    kept = [f"@{ast.get_source_segment(text, one)}" for one in node.decorator_list if one not in tags]
    return "\n".join([*kept, _lines(text, node)])


def _lines(text: str, node: ast.stmt) -> str:
    """The whole lines of a definition: a comment at the end of the last one belongs to it."""
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
