"""Which answers are at the end of a notebook what they were at their own cell, and keep nothing of what they are asked.

Such answers can be asked in the notebook's own process once all cells have run; every other one needs a copy that was
made at its cell. Told from the text alone: the answer and all that it uses are functions and classes, each bound once
in the notebook; of libraries it uses only what keeps no state; and it writes to nothing but its own variables. Text
that hides the contrary only makes its author's exercises see each other's calls. Nobody reads what comes of that: a
process that is asked has no way out but its answers.
"""

from __future__ import annotations

import ast
import builtins
import functools
import symtable
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graders.records import Cell

_LIBRARY_NAMES = """
    __future__ bisect collections dataclasses decimal enum fractions functools heapq itertools math numpy operator
    pandas re scipy statistics string typing
"""
_STATEFUL_NAMES = """
    seed random set_state seterr seterrcall setbufsize set_printoptions set_string_function set_option reset_option
    options simplefilter filterwarnings setcontext getcontext lru_cache cache cached_property
"""
_REACHING_NAMES = """
    exec eval compile globals locals vars setattr delattr __import__ get_ipython open input breakpoint
"""
_MACHINERY_NAMES = """
    IPython atexit builtins code codecs concurrent ctypes gc importlib inspect multiprocessing os pickle runpy signal
    subprocess sys threading types weakref
"""
_LIBRARIES = frozenset(_LIBRARY_NAMES.split())
_STATEFUL = frozenset(_STATEFUL_NAMES.split())  # attributes behind which something lasts from one call to the next
_REACHING = frozenset(_REACHING_NAMES.split())
_MACHINERY = frozenset(_MACHINERY_NAMES.split())
_PLAIN = frozenset(dir(builtins)) - _REACHING
_DECORATORS = frozenset({"staticmethod", "classmethod", "property", "dataclass"})
_LABELS = frozenset({"columns", "index", "name"})
"""Attributes of one's own tables that one may write to."""


def lasting(cells: Sequence[Cell], targets: Mapping[str, str]) -> frozenset[str]:
    """Exercises whose answers last to the end of the notebook and keep nothing.

    Parameters
    ----------
    cells : sequence of Cell
        The notebook's code, in its order; `snapshots` says where each exercise is complete.
    targets : mapping of str to str
        Exercise id -> name that its answer defines.

    Returns
    -------
    frozenset of str
        Ids. Empty where a cell is no plain Python, or reaches for what could change anything.
    """
    texts = [_text(cell.source) for cell in cells]
    if any(text is None or text.reaches for text in texts):
        return frozenset()
    bound: dict[str, list[tuple[int, _Binding]]] = {}
    touched: set[str] = set()
    for place, text in enumerate(texts):
        assert text is not None  # noqa: S101
        touched |= text.touched
        for name, binding in text.bindings:
            bound.setdefault(name, []).append((place, binding))
    return frozenset(
        exercise
        for place, cell in enumerate(cells)
        for exercise in cell.snapshots
        if exercise in targets and _lasts(targets[exercise], place, bound, touched)
    )


def _lasts(target: str, place: int, bound: Mapping[str, list[tuple[int, _Binding]]], touched: set[str]) -> bool:
    """Whether the answer and all that it uses are bound once, before its snapshot, and keep nothing."""
    seen, ahead = {target}, [target]
    while ahead:
        name = ahead.pop()
        if name not in bound:
            if name in _PLAIN and name != target:
                continue
            return False
        (where, binding), *more = bound[name]
        if where > place or name in touched or not binding.keeps_nothing:
            return False
        if any(not binding.imported or other != binding for _, other in more):
            return False
        ahead += [used for used in binding.uses if used not in seen]
        seen |= binding.uses
    return True


@dataclass(frozen=True, slots=True)
class _Binding:
    """What a name of the notebook stands for, as far as it matters here."""

    keeps_nothing: bool
    uses: frozenset[str] = frozenset()
    imported: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """One cell: names that it binds, names whose objects it writes to, and whether it reaches for everything."""

    bindings: tuple[tuple[str, _Binding], ...]
    touched: frozenset[str]
    reaches: bool


_Scopes = Mapping[tuple[str, int], symtable.SymbolTable]
_Nodes = Sequence[ast.AST]


@functools.lru_cache(maxsize=4096)
def _text(source: str) -> _Text | None:
    """What is to be known about a cell; None where it is no plain Python. Most cells are the same for everybody."""
    try:
        tree = ast.parse(source)
        table = symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    scopes = {(scope.get_name(), scope.get_lineno()): scope for scope in table.get_children()}
    statements = [(statement, [*ast.walk(statement)]) for statement in tree.body]
    bindings = [found for statement, nodes in statements for found in _bindings(statement, nodes, scopes)]
    every = [node for _, nodes in statements for node in nodes]
    touched = {_root(node) for node in every if isinstance(node, ast.Attribute | ast.Subscript) and _is_written(node)}
    touched |= {name for node in every if isinstance(node, ast.Global) for name in node.names}
    return _Text(tuple(bindings), frozenset(touched - {""}), any(map(_reaches, every)))


def _bindings(statement: ast.stmt, nodes: _Nodes, scopes: _Scopes) -> Iterator[tuple[str, _Binding]]:
    """Names that a statement of the notebook binds; `nodes` is all that it consists of."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        lines = [statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)]
        scope = next((scopes[found] for line in lines if (found := (statement.name, line)) in scopes), None)
        forgets = scope is not None and all(map(_forgets, nodes))
        yield statement.name, _Binding(forgets, _uses(statement, scope) if scope is not None else frozenset())
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        known = _is_library(statement)
        for alias in statement.names:
            origin = f"{getattr(statement, 'module', '')}:{alias.name}"
            yield alias.asname or alias.name.split(".")[0], _Binding(known, imported=origin)
    else:
        yield from ((name, _Binding(keeps_nothing=False)) for node in nodes if (name := _bound(node)))


def _bound(node: ast.AST) -> str:
    """Name that a node binds, if it does."""
    if isinstance(node, ast.Name):
        return "" if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, ast.alias):
        return node.asname or node.name.split(".")[0]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    return (node.name or "") if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) else ""


def _uses(statement: ast.FunctionDef | ast.ClassDef, scope: symtable.SymbolTable) -> frozenset[str]:
    """Names of the notebook that a definition refers to, in its body and around it."""
    names = {node.id for part in _around(statement) for node in ast.walk(part) if isinstance(node, ast.Name)}
    scopes = [scope]
    while scopes:
        inner = scopes.pop()
        scopes += inner.get_children()
        names |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global()}
    return frozenset(names)


def _around(statement: ast.FunctionDef | ast.ClassDef) -> list[ast.expr]:
    """Expressions of a definition that are evaluated where it stands."""
    if isinstance(statement, ast.ClassDef):
        return [*statement.decorator_list, *statement.bases, *(keyword.value for keyword in statement.keywords)]
    arguments = statement.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    notes = [argument.annotation for argument in every if argument is not None and argument.annotation is not None]
    defaults = [default for default in arguments.kw_defaults if default is not None]
    returns = [statement.returns] if statement.returns is not None else []
    return [*statement.decorator_list, *arguments.defaults, *defaults, *notes, *returns]


def _forgets(node: ast.AST) -> bool:
    """Whether nothing that this part of a definition makes outlives a call, its own objects aside."""
    if isinstance(node, ast.Global | ast.AsyncFunctionDef | ast.Await):
        return False
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        decorators = all(isinstance(one, ast.Name) and one.id in _DECORATORS for one in node.decorator_list)
        if isinstance(node, ast.ClassDef):
            return decorators and not node.keywords and all(map(_is_member, node.body))
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        return decorators and all(map(_is_constant, defaults))
    if isinstance(node, ast.Lambda):
        return all(map(_is_constant, node.args.defaults))
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _is_library(node)
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return (
            node.attr not in _STATEFUL
            and not node.attr.startswith("__")
            and (not _is_written(node) or own or node.attr in _LABELS)
        )
    return not isinstance(node, ast.Name) or node.id not in _STATEFUL


def _is_member(statement: ast.stmt) -> bool:
    """Whether a statement of a class's body makes nothing that its objects could share and change."""
    if isinstance(statement, ast.AnnAssign | ast.Assign):
        return statement.value is None or _is_constant(statement.value)
    return isinstance(statement, ast.FunctionDef | ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    return isinstance(node, ast.Constant) or ast.unparse(node) in ("np.inf", "np.nan", "math.inf", "math.nan")


def _is_library(statement: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(statement, ast.ImportFrom):
        known = not statement.level and (statement.module or "").split(".")[0] in _LIBRARIES
        return known and not {alias.name for alias in statement.names} & (_STATEFUL | {"*"})
    return all(alias.name.split(".")[0] in _LIBRARIES for alias in statement.names)


def _is_written(node: ast.Attribute | ast.Subscript) -> bool:
    """Whether an object's part is written to, rather than read."""
    return not isinstance(node.ctx, ast.Load)


def _root(node: ast.AST) -> str:
    """Name at the beginning of `a.b[c].d`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _reaches(node: ast.AST) -> bool:
    """Whether a node could change what any name stands for."""
    if isinstance(node, ast.Name):
        return node.id in _REACHING
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in _MACHINERY
    return isinstance(node, ast.alias) and (node.name == "*" or node.name.split(".")[0] in _MACHINERY)
