"""Visible tests must be able to fail: what swallows a failure, or asserts nothing, is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from graders.errors import CourseError

_TOO_BROAD = {"BaseException", "Exception", "AssertionError", "RuntimeError", "NotImplementedError"}
"""A handler of these also catches a failed assert, or the stub of an exercise that nobody has begun."""


def require_able_to_fail(python: str, name: str, where: str) -> None:
    """Refuse a test cell that cannot fail.

    Parameters
    ----------
    python : str
        Source of the cell.
    name : str
        What the student writes; the cell must use it, and must not define it.
    where : str
        File and line of the cell, for messages.

    Raises
    ------
    CourseError
        If the cell swallows a failure or asserts nothing about `name`.
    """
    tree = ast.parse(python)
    for problem in _problems(tree):
        raise CourseError(f"the test cell {problem}", where=where, do="Let a wrong answer fail it.")
    used = {(node.id, type(node.ctx)) for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    if (name, ast.Load) not in used:
        raise CourseError(f"the test cell never uses {name}", where=where)
    if (name, ast.Store) in used or name in bound:
        raise CourseError(f"the test cell defines {name} itself", where=where)


def _problems(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and _always_true(node.test):
            yield f"asserts {ast.unparse(node.test)}, which is always true"
        elif isinstance(node, (ast.Try, ast.TryStar)):
            yield from _swallowed(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield "suppresses exceptions"
    if not any(_asserts_surely(statement) for statement in tree.body):
        yield "asserts nothing that surely runs"


def _asserts_surely(statement: ast.stmt) -> bool:
    """Whether a statement asserts something without a condition in between."""
    if isinstance(statement, (ast.With, ast.For)):
        return any(_asserts_surely(inner) for inner in statement.body)
    if isinstance(statement, ast.Try):
        return any(_asserts_surely(inner) or isinstance(inner, ast.Raise) for inner in statement.orelse)
    return isinstance(statement, ast.Assert)


def _always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_always_true(value) for value in test.values)
    if isinstance(test, (ast.Tuple, ast.List, ast.Set)):
        return bool(test.elts)
    if isinstance(test, ast.Constant):
        return bool(test.value)
    return isinstance(test, (ast.Lambda, ast.JoinedStr, ast.GeneratorExp))


def _swallowed(node: ast.Try | ast.TryStar) -> Iterator[str]:
    """A `try` expects one narrow exception, and fails in its `else` if it does not come."""
    for handler in node.handlers:
        caught = {ast.unparse(one) for one in _types(handler.type)}
        if not caught or caught & _TOO_BROAD:
            yield f"swallows failures with `except {', '.join(sorted(caught)) or ''}`".replace(" `", "`", 0)
    if node.handlers and not any(isinstance(inner, (ast.Assert, ast.Raise)) for inner in node.orelse):
        yield "has a `try` without an `else` that fails"
    jumps = (ast.Return, ast.Break, ast.Continue)
    if any(isinstance(inner, jumps) for statement in node.finalbody for inner in ast.walk(statement)):
        yield "swallows failures with a jump in `finally`"


def _types(caught: ast.expr | None) -> list[ast.expr]:
    if caught is None:
        return []
    return list(caught.elts) if isinstance(caught, ast.Tuple) else [caught]
