"""Formulas that a candidate or a pack writes out: arithmetic over claims, read as a tree and never run as a program."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

_Valued = Callable[[Mapping[str, Any]], Any]
_LONGEST = 400
_NODES = 120
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ceil": np.ceil,
    "floor": np.floor,
    "max": np.maximum,
    "min": np.minimum,
    "sqrt": np.sqrt,
    "log": np.log,
}


class ExpressionError(ValueError):
    """A formula that is no arithmetic over claims."""


@cache
def parsed(text: str) -> ast.expr:
    """A formula's tree.

    Parameters
    ----------
    text : str
        `par.tp * hw.device_memory`.

    Returns
    -------
    ast.expr

    Raises
    ------
    ExpressionError
        If it is too long, or holds anything but numbers, claims, arithmetic, comparisons and a choice of two.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"the formula has {len(text)} characters, {_LONGEST} at most")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as failure:
        raise ExpressionError(f"the formula cannot be read: {failure.msg}") from None
    if sum(1 for _ in ast.walk(tree)) > _NODES:
        raise ExpressionError("the formula is too large: divide it into several claims")
    _require_arithmetic(tree)
    return tree


@cache
def names(text: str) -> tuple[str, ...]:
    """Ids of the claims that a formula speaks of, sorted."""
    found: set[str] = set()
    _collect(parsed(text), found)
    return tuple(sorted(found))


def evaluate(text: str, values: Mapping[str, Any]) -> Any:
    """A formula's value.

    Parameters
    ----------
    text : str
        The formula.
    values : mapping
        Claim's id -> its value: a number, an array, a word.

    Returns
    -------
    object
        A number, an array, a word or a truth value.

    Raises
    ------
    ExpressionError
        If it cannot be read, or has no value: a claim that is not there, a division by zero.
    """
    try:
        with np.errstate(all="ignore"):
            return _compiled(text)(values)
    except (ArithmeticError, TypeError, ValueError, KeyError) as failure:
        if isinstance(failure, ExpressionError):
            raise
        missing = f"no claim {failure.args[0]!r}" if isinstance(failure, KeyError) else str(failure)
        raise ExpressionError(f"{text!r} has no value: {missing}") from None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ExpressionError("only a claim's id may have a dot")


def _require_arithmetic(node: ast.AST) -> None:
    kinds = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Constant, ast.Attribute, ast.Name)
    if not isinstance(node, kinds):
        raise ExpressionError(f"a formula holds no {type(node).__name__}")
    if isinstance(node, ast.Attribute | ast.Name):
        _name(node)
        return
    if isinstance(node, ast.Constant) and not isinstance(node.value, int | float | str):
        raise ExpressionError(f"a formula holds no {node.value!r}")
    if isinstance(node, ast.BinOp) and type(node.op) not in _BINARY:
        raise ExpressionError(f"a formula holds no {type(node.op).__name__}")
    if isinstance(node, ast.Compare) and (len(node.ops) > 1 or type(node.ops[0]) not in _COMPARED):
        raise ExpressionError("a formula compares two things by <, <=, >, >= or ==")
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.USub):
        raise ExpressionError(f"a formula holds no {type(node.op).__name__}")
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords):
            raise ExpressionError(f"a formula calls nothing but {', '.join(_FUNCTIONS)}")
        children: list[ast.AST] = [*node.args]
    else:
        children = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    for child in children:
        _require_arithmetic(child)


def _collect(node: ast.expr, found: set[str]) -> None:
    if isinstance(node, ast.Attribute | ast.Name):
        found.add(_name(node))
        return
    for child in node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            _collect(child, found)


@cache
def _compiled(text: str) -> _Valued:
    """A formula's tree, walked once: what is left takes values and gives the formula's."""
    return _valued(parsed(text))


def _valued(node: ast.expr) -> _Valued:
    if isinstance(node, ast.Constant):
        constant = node.value
        return lambda _: constant
    if isinstance(node, ast.BinOp):
        return _combined(node)
    if isinstance(node, ast.UnaryOp):
        operand = _valued(node.operand)
        return lambda values: -operand(values)
    if isinstance(node, ast.Compare):
        compared, left, right = _COMPARED[type(node.ops[0])], _valued(node.left), _valued(node.comparators[0])
        return lambda values: compared(left(values), right(values))
    if isinstance(node, ast.IfExp):
        test, body, orelse = _valued(node.test), _valued(node.body), _valued(node.orelse)
        return lambda values: body(values) if test(values) else orelse(values)
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)  # noqa: S101  `_require_arithmetic` has seen to it
        function, arguments = _FUNCTIONS[node.func.id], [_valued(one) for one in node.args]
        return lambda values: function(*[argument(values) for argument in arguments])
    return operator.itemgetter(_name(node))


def _combined(node: ast.BinOp) -> _Valued:
    combined, left, right = _BINARY[type(node.op)], _valued(node.left), _valued(node.right)
    if not isinstance(node.op, ast.Pow):
        return lambda values: combined(left(values), right(values))

    def power(values: Mapping[str, Any]) -> Any:
        base, exponent = left(values), right(values)
        if np.any(np.abs(exponent) > 16):
            raise ExpressionError("a power is at most 16")
        return combined(base, exponent)

    return power
