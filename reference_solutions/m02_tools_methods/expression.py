r"""Metric formulas as text, read by a small evaluator and never by Python's own.

Question
    A vendor ships its metrics as text. How is `max(1 - (a + b), 0) if slots > 0 else 0` computed without letting text
    from a file run as a program?
Model
    .. math:: e \;::=\; number \mid name \mid -e \mid e \circ e \mid e \lessgtr e \mid e \;\mathrm{and|or}\; e \mid
        f(e, e, \dots) \mid e \;\mathrm{if}\; e \;\mathrm{else}\; e

    Python parses the text into a tree; every node must be of a listed kind; then the tree is walked. :math:`\circ` is
    one of ``+ - * /``; :math:`f` is `min`, `max` or `d_ratio`, the division of perf's files, which is 0 where the
    divisor is. A comparison is 1 where it holds, else 0. Names stand for arrays, a value a workload.
Assumes
    Values are numbers, and broadcast.
Breaks when
    A divisor is zero in a row that is asked for: an error, not an infinity. The branch of a condition that is not
    taken is not asked for, so `a / b if b > 0 else 0` is the way to say what such a row means.
Source
    Python's grammar, ast module, Python Language Reference, section 6 (Expressions); d_ratio as in
    tools/perf/util/expr.y of Linux.
Oracle
    1,900 evaluations of the vendors' own formula texts on recorded counters, to 1e-9; Python's arithmetic on random
    trees.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

__all__ = ["evaluate_expression", "names_in_expression"]

_LONGEST, _DEEPEST = 4000, 60
_Mask = NDArray[np.bool_]
_ARITHMETIC: dict[type, Callable[..., Array]] = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}
_COMPARISONS: dict[type, Callable[..., _Mask]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_FUNCTIONS = ("min", "max", "d_ratio")
_ALLOWED = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd, ast.Not),
    *(ast.BinOp, ast.Div, *_ARITHMETIC, ast.Compare, *_COMPARISONS, ast.BoolOp, ast.And, ast.Or, ast.IfExp, ast.Call),
)


def names_in_expression(text: str) -> tuple[str, ...]:
    """Names that an expression needs values for, sorted.

    Parameters
    ----------
    text : str
        The expression.

    Returns
    -------
    tuple of str
        Its names, without those of functions.

    Raises
    ------
    ValueError
        If the text is no expression of the allowed kinds.

    Examples
    --------
    >>> names_in_expression("max(1 - (frontend + backend), 0) if slots > 0 else 0")
    ('backend', 'frontend', 'slots')
    """
    return _names(text)


def evaluate_expression(text: str, values: Mapping[str, ArrayLike]) -> Array:
    """Value of an expression, for all workloads at once.

    Parameters
    ----------
    text : str
        The expression.
    values : mapping of str to (...) array_like
        What its names stand for; they broadcast.

    Returns
    -------
    (...) ndarray
        The value; of a comparison 1 or 0.

    Raises
    ------
    ValueError
        If the text is no expression of the allowed kinds, or a name has no value.
    ZeroDivisionError
        If a divisor is zero in a row that the conditions ask for.

    Examples
    --------
    >>> evaluate_expression("stalls / clocks if clocks > 0 else 0", {"stalls": [30, 0], "clocks": [100, 0]})
    array([0.3, 0. ])
    """
    tree = _parsed(text)
    names = names_in_expression(text)
    unknown = [name for name in names if name not in values]
    if unknown:
        raise ValueError(f"no value for {', '.join(unknown)} in {text!r}")
    with np.errstate(over="ignore", invalid="ignore"):
        return _value(tree, {name: np.asarray(values[name], dtype=float) for name in names}, np.True_)


@lru_cache(maxsize=512)
def _names(text: str) -> tuple[str, ...]:
    """Names of an expression: a metric file asks for them again and again."""
    tree = _parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return tuple(sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}))


@lru_cache(maxsize=512)
def _parsed(text: str) -> ast.expr:
    """The tree of an expression, every node of which is of a known kind."""
    if len(text) > _LONGEST:
        raise ValueError(f"an expression of {len(text)} characters, at most {_LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as failure:
        raise ValueError(f"not an expression: {text!r} ({getattr(failure, 'msg', failure)})") from None
    _require_allowed(tree, text, 0)
    return tree


def _require_allowed(node: ast.AST, text: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"an expression nested deeper than {_DEEPEST}: {text[:40]!r}...")
    if not isinstance(node, _ALLOWED):
        raise ValueError(f"{type(node).__name__} is not allowed in {text!r}")
    if isinstance(node, ast.Constant) and not _is_finite(node.value):
        raise ValueError(f"only finite numbers are allowed in {text!r}, found {node.value!r}")
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        fits = len(node.args) == 2 if name == "d_ratio" else len(node.args) >= 2
        if name not in _FUNCTIONS or not fits:
            raise ValueError(f"{ast.unparse(node)!r} is no call of {', '.join(_FUNCTIONS)} with two values in {text!r}")
    for child in ast.iter_child_nodes(node):
        _require_allowed(child, text, depth + 1)


def _is_finite(value: object) -> bool:
    """Whether a constant is a number that a float can hold."""
    try:
        return type(value) in (int, float) and bool(np.isfinite(float(value)))  # type: ignore[arg-type]
    except OverflowError:
        return False


def _value(node: ast.expr, values: Mapping[str, Array], asked: NDArray[np.bool_] | np.bool_) -> Array:
    """Value of a node; rows that are not `asked` may hold anything."""
    match node:
        case ast.Constant():
            return np.asarray(node.value, dtype=float)
        case ast.Name():
            return values[node.id]
        case ast.UnaryOp():
            operand = _value(node.operand, values, asked)
            if isinstance(node.op, ast.Not):
                return np.asarray(operand == 0, dtype=float)
            return -operand if isinstance(node.op, ast.USub) else operand
        case ast.BinOp():
            left, right = _value(node.left, values, asked), _value(node.right, values, asked)
            if isinstance(node.op, ast.Div):
                return _quotient(left, right, asked, node)
            return np.asarray(_ARITHMETIC[type(node.op)](left, right))
        case ast.IfExp():
            return _choice(node, values, asked)
        case ast.Call():
            return _call(node, values, asked)
        case ast.BoolOp():
            return _junction(node, values, asked)
        case _:
            return _comparison(node, values, asked)  # type: ignore[arg-type]


def _quotient(left: Array, right: Array, asked: NDArray[np.bool_] | np.bool_, node: ast.BinOp) -> Array:
    zero = right == 0
    if np.any(zero & asked):
        rows = f" in {np.count_nonzero(zero & asked)} of the rows" if zero.ndim else ""
        raise ZeroDivisionError(f"{ast.unparse(node.right)!r} is 0{rows} where {ast.unparse(node)!r} is asked for")
    return np.asarray(left / np.where(zero, np.nan, right))


def _choice(node: ast.IfExp, values: Mapping[str, Array], asked: NDArray[np.bool_] | np.bool_) -> Array:
    chosen = _value(node.test, values, asked) != 0
    taken = _value(node.body, values, asked & chosen)
    return np.asarray(np.where(chosen, taken, _value(node.orelse, values, asked & ~chosen)))


def _call(node: ast.Call, values: Mapping[str, Array], asked: NDArray[np.bool_] | np.bool_) -> Array:
    name = node.func.id  # type: ignore[attr-defined]
    first, *others = (_value(argument, values, asked) for argument in node.args)
    if name == "d_ratio":
        zero = others[0] == 0
        return np.asarray(np.where(zero, 0.0, first / np.where(zero, np.nan, others[0])))
    for other in others:
        first = np.minimum(first, other) if name == "min" else np.maximum(first, other)
    return np.asarray(first)


def _junction(node: ast.BoolOp, values: Mapping[str, Array], asked: NDArray[np.bool_] | np.bool_) -> Array:
    """`and` and `or`; as in Python, what no longer matters is not asked for."""
    both = isinstance(node.op, ast.And)
    so_far = np.asarray(_value(node.values[0], values, asked) != 0)
    for operand in node.values[1:]:
        open_rows = asked & (so_far if both else ~so_far)
        holds = _value(operand, values, open_rows) != 0
        so_far = so_far & holds if both else so_far | holds
    return np.asarray(so_far, dtype=float)


def _comparison(node: ast.Compare, values: Mapping[str, Array], asked: NDArray[np.bool_] | np.bool_) -> Array:
    holds: Array = np.asarray(1.0)
    left = _value(node.left, values, asked)
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, values, asked)
        holds = holds * _COMPARISONS[type(operator)](left, right)
        left = right
    return holds
