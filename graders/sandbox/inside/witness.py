"""Sees the values that a cell of the course's own gets: an object that answers for itself when it is compared is told.

Every call of such a cell, and all that it compares, passes by here and goes on unchanged. Whatever happens in the
functions that are called is not looked at.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from typing import Any

_SEEN, _COMPARED = "<seen>", "<compared>"  # no notebook can write these names
_NAMES = """
    eq ne lt le gt ge bool len contains iter getitem float int index complex abs round array array_ufunc array_function
    getattribute getattr add radd sub rsub mul rmul truediv rtruediv hash instancecheck
"""
_HOOKS = frozenset(f"__{name}__" for name in _NAMES.split())
_MADE_BY_A_STATEMENT = 1 << 9  # of a type's flags: every class of Python's, and few of C's
_MOST, _DEEPEST = 20_000, 3

_flags = type.__dict__["__flags__"].__get__
_space = type.__dict__["__dict__"].__get__
_bases = type.__dict__["__mro__"].__get__
_name = type.__dict__["__qualname__"].__get__


class Witness(ast.NodeTransformer):
    """Watches over one notebook's course cells.

    Parameters
    ----------
    expected : list of str
        Names of classes that a right answer defines.
    """

    def __init__(self, expected: list[str]) -> None:
        self._expected = frozenset(expected)
        self._harmless: set[type] = set()
        self._left = 0
        self.found: list[str] = []
        vars(builtins).update({_SEEN: self._see, _COMPARED: self._compare})  # functions of the course's use them later

    def attend(self) -> None:
        """A cell begins."""
        self._left, self.found = _MOST, []

    # --- the cell's text --------------------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """What a call gives is seen."""
        self.generic_visit(node)
        return _through(_SEEN, node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """What is compared is looked at more closely."""
        self.generic_visit(node)
        node.left = _through(_COMPARED, node.left)
        node.comparators = [_through(_COMPARED, one) for one in node.comparators]
        return node

    # --- the values -------------------------------------------------------------------------------------------------

    def _see(self, value: Any) -> Any:
        kind = type(value)
        if kind not in self._harmless:
            self._judge(kind)
        return value

    def _compare(self, value: Any) -> Any:
        for part in self._parts(value, _DEEPEST):
            self._see(part)
        return value

    def _parts(self, value: Any, depth: int) -> Iterator[Any]:
        """A value, and what lies in it."""
        yield value
        kind = type(value)
        inner: Any = ()
        if kind in (list, tuple, set, frozenset):
            inner = value
        elif kind is dict:
            inner = [*value, *value.values()]
        elif "numpy" in sys.modules and kind is sys.modules["numpy"].ndarray and value.dtype == object:
            inner = value.ravel()[: self._left].tolist()
        for part in inner:
            self._left -= 1
            if self._left < 0 or not depth:
                return
            yield from self._parts(part, depth - 1)

    def _judge(self, kind: type) -> None:
        if self._is_harmless(kind):
            self._harmless.add(kind)
        elif (name := str(_name(kind))) not in self.found:
            self.found.append(name)

    def _is_harmless(self, kind: type) -> bool:
        if not _flags(kind) & _MADE_BY_A_STATEMENT or kind.__name__ in self._expected:
            return True
        if _is_library(kind):
            return True
        own = [base for base in _bases(kind) if _flags(base) & _MADE_BY_A_STATEMENT and not _is_library(base)]
        return not any(_HOOKS & set(_space(base)) for base in own) and type(kind) is type


def _is_library(kind: type) -> bool:
    """Whether a class lies where it says that it was defined, and not in the notebook."""
    home = _space(kind).get("__module__")
    module = sys.modules.get(home) if isinstance(home, str) and home != "__main__" else None
    return module is not None and vars(module).get(_name(kind)) is kind


def _through(name: str, node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant):
        return node
    call = ast.Call(ast.Name(name, ast.Load()), [node], [])
    return ast.copy_location(call, node)
