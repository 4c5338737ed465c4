"""A page of the reference solutions, read for quoting: its text and its syntax tree, never imported."""

from __future__ import annotations

import ast
import copy
import importlib.util
import textwrap
from dataclasses import dataclass
from pathlib import Path

from graders.errors import CourseError

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """A file of the reference solutions.

    Attributes
    ----------
    path : str
        Where it lies.
    lines : list of str
        Its text.
    tree : ast.Module
        Its syntax.
    validators : frozenset of str
        Names under which it knows `reference_solutions.validate` and what it imports from it.
    """

    path: str
    lines: list[str]
    tree: ast.Module
    validators: frozenset[str]


def read_page(reference: str, where: str) -> ReferencePage:
    """The file that a reference names.

    Parameters
    ----------
    reference : str
        `mNN_slug.topic:name`.
    where : str
        File and line of the cell that names it, for messages.

    Returns
    -------
    ReferencePage

    Raises
    ------
    CourseError
        If there is no such file.
    """
    module, colon, name = reference.partition(":")
    if not (colon and name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise CourseError(f"reference {reference!r}, expected 'mNN_slug.topic:name'", where=where)
    try:
        spec = importlib.util.find_spec(f"reference_solutions.{module}")
    except ModuleNotFoundError:
        spec = None
    if spec is None or not spec.origin:
        raise CourseError(f"there is no reference_solutions/{module.replace('.', '/')}.py", where=where)
    text = Path(spec.origin).read_text(encoding="utf-8")
    tree = ast.parse(text)
    return ReferencePage(spec.origin, text.split("\n"), tree, _validators(tree))


def _validators(tree: ast.Module) -> frozenset[str]:
    """Names under which a page knows `reference_solutions.validate` and what it imports from it."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}".startswith("reference_solutions.validate"):
                    names.add(alias.asname or alias.name)
    return frozenset(names)


def definition(tree: ast.Module, name: str, where: str, verb: str = "found") -> Definition:
    """The one function or class of this name."""
    found = [node for node in tree.body if isinstance(node, Definition) and node.name == name]
    if len(found) != 1:
        raise CourseError(f"expected one function or class {name!r}, {verb} {len(found)}", where=where)
    return found[0]


def body(function: Function, page: ReferencePage) -> str:
    """Text of a function's body: no docstring, discarded validation or annotations; comments kept; not indented."""
    where = f"{page.path}:{function.lineno}"
    statements = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    dropped = [statement for statement in statements if _is_validation(statement, page.validators)]
    kept = [statement for statement in statements if statement not in dropped]
    if not kept:
        raise CourseError(f"{function.name} has no body to quote", where=where)
    first, last = statements[0].lineno, function.end_lineno or 0
    while page.lines[first - 2].lstrip().startswith("#"):
        first -= 1
    gone = {line for one in dropped for line in range(one.lineno, (one.end_lineno or 0) + 1)}
    lines = _without_annotations(kept, page.lines)
    quoted = textwrap.dedent("\n".join(lines[n - 1] for n in range(first, last + 1) if n not in gone)).strip("\n")
    function_again = ast.parse("def f():\n" + textwrap.indent(quoted, "    ")).body[0]
    if _meaning(function_again.body) != _meaning(kept):  # type: ignore[attr-defined]
        raise CourseError("the body changes its meaning when it is indented", where=where, do="Use no long strings.")
    return quoted


def _without_annotations(statements: list[ast.stmt], lines: list[str]) -> list[str]:
    """The page's lines with `x: Array = ...` written `x = ...`: notebooks are not typed."""
    bare = list(lines)
    for node in (inner for statement in statements for inner in ast.walk(statement)):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            number, encoded = node.lineno - 1, lines[node.lineno - 1].encode()
            ends = node.target.end_col_offset, node.annotation.end_col_offset
            bare[number] = (encoded[: ends[0]] + encoded[ends[1] :]).decode()
    return bare


def _meaning(statements: list[ast.stmt]) -> list[str]:
    """Syntax trees without positions and annotations."""
    return [ast.dump(_Unannotated().visit(copy.deepcopy(statement))) for statement in statements]


class _Unannotated(ast.NodeTransformer):
    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        return node if node.value is None else ast.Assign(targets=[node.target], value=node.value)


def _is_validation(statement: ast.stmt, validators: frozenset[str]) -> bool:
    """Whether a statement is a call of a validation that drops what it returns."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    called = statement.value.func
    while isinstance(called, ast.Attribute):
        called = called.value
    return isinstance(called, ast.Name) and called.id in validators
