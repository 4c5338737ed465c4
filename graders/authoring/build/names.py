"""Which names a cell defines and which it takes from before: a quoted body must find all of its own."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterator

from graders.errors import CourseError

_ALWAYS = frozenset(dir(builtins)) | {"__name__", "get_ipython", "display"}


def defined(python: str, where: str) -> frozenset[str]:
    """Names that a cell binds at its top level."""
    return frozenset(s.get_name() for s in _table(python, where).get_symbols() if _binds(s))


def undefined(python: str, where: str, before: frozenset[str]) -> tuple[str, ...]:
    """Names that a cell uses, its functions' bodies included, and that neither it nor a cell before defines."""
    table = _table(python, where)
    return tuple(sorted(set(_taken(table)) - defined(python, where) - before - _ALWAYS))


def _table(python: str, where: str) -> symtable.SymbolTable:
    try:
        return symtable.symtable(python, where, "exec")
    except SyntaxError as failure:
        raise CourseError(f"the cell is not Python: {failure.msg} in its line {failure.lineno}", where=where) from None


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _taken(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that are looked up in the notebook's namespace."""
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _taken(child)
