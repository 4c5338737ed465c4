"""The quote step: the body of a reference solution, put where the author wrote `### SOLUTION`.

A solution has one text: the function that is typed, tested and documented. Its docstring stays behind (the notebook
has its own), and so do validation calls whose result is discarded; conversions and comments are quoted.
All of it works on the text and its syntax tree: nothing is imported.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from graders.authoring.answers import BEGIN_MARK, END_MARK
from graders.errors import CourseError

MARK = "### SOLUTION"
BEGIN, END = f"### {BEGIN_MARK}", f"### {END_MARK}"

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Quoted:
    """A filled answer cell.

    Attributes
    ----------
    text : str
        The cell's source, solution included.
    solution : tuple of str
        The quoted lines alone, without indentation.
    """

    text: str
    solution: tuple[str, ...]


def public_name(reference: str) -> str:
    """Name that students write for `topic:name`; where the fast form hides the idea, `_by_definition` is quoted."""
    return reference.rpartition(":")[2].removesuffix("_by_definition")


def exercise_name(name: str) -> str:
    """Name of a function or class as exercise ids spell it: `CounterMultiplexer` -> `counter_multiplexer`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def quote(text: str, reference: str, where: str) -> Quoted:
    """Fill an answer cell.

    Parameters
    ----------
    text : str
        The author's cell: a function with one mark, or a class with a mark in each method that is to be written.
    reference : str
        `mNN_slug.topic:name` under `reference_solutions`.
    where : str
        File and line of the cell, for messages.

    Returns
    -------
    Quoted
        The cell with the reference's body between nbgrader's marks.

    Raises
    ------
    CourseError
        If the reference is not there, or the two do not agree in names, kinds and defaults of their parameters.
    """
    page = _page(reference, where)
    theirs = _definition(page.tree, reference.rpartition(":")[2], page.path, "")
    lines = text.split("\n")
    parseable = "\n".join(re.sub(rf"{MARK}\b.*", "pass", line) for line in lines)
    try:
        tree = ast.parse(parseable)
    except SyntaxError as failure:
        raise CourseError(f"the cell is not Python: {failure.msg} in its line {failure.lineno}", where=where) from None
    ours = _definition(tree, public_name(reference), where, "the cell defines")
    bodies = _bodies(ours, theirs, lines, page, where)
    for number in sorted(bodies, reverse=True):
        indent = re.match(r"\s*", lines[number - 1]).group()  # type: ignore[union-attr]
        lines[number - 1 : number] = [
            indent + line if line else "" for line in (BEGIN, *bodies[number].split("\n"), END)
        ]
    solution = tuple(line.strip() for body in bodies.values() for line in body.split("\n") if line.strip())
    return Quoted("\n".join(lines), solution)


# --- the reference's side ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    path: str
    lines: list[str]
    tree: ast.Module
    validators: frozenset[str]


def _page(reference: str, where: str) -> _Page:
    """The file that a reference names."""
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
    return _Page(spec.origin, text.split("\n"), tree, _validators(tree))


def _validators(tree: ast.Module) -> frozenset[str]:
    """Names under which a page knows `reference_solutions.validate` and what it imports from it."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}".startswith("reference_solutions.validate"):
                    names.add(alias.asname or alias.name)
    return frozenset(names)


def _definition(tree: ast.Module, name: str, where: str, verb: str) -> _Definition:
    found = [node for node in tree.body if isinstance(node, _Definition) and node.name == name]
    if len(found) != 1:
        raise CourseError(f"expected one function or class {name!r}, {verb or 'found'} {len(found)}", where=where)
    return found[0]


def _body(function: _Function, page: _Page) -> str:
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


# --- the two sides together -----------------------------------------------------------------------------------


def _bodies(ours: _Definition, theirs: _Definition, lines: list[str], page: _Page, where: str) -> dict[int, str]:
    """Line of each mark in the cell -> the body that belongs there."""
    if isinstance(ours, ast.ClassDef) != isinstance(theirs, ast.ClassDef):
        raise CourseError(f"{ours.name} is a class on one side and a function on the other", where=where)
    marks = {number for number, line in enumerate(lines, 1) if line.strip().startswith(MARK)}
    bodies: dict[int, str] = {}
    for our, their in _pairs(ours, theirs, where):
        if _shape(our) != _shape(their):
            raise CourseError(f"the notebook has {_shape(our)}, the reference {_shape(their)}", where=where)
        inside = [number for number in marks if our.lineno <= number <= (our.end_lineno or 0)]
        if len(inside) > 1:
            raise CourseError(f"{our.name} has {len(inside)} marks {MARK}, expected one", where=where)
        if inside:
            bodies[inside[0]] = _body(their, page)
    if not bodies or marks - set(bodies):
        raise CourseError(f"expected {MARK} in a body of {ours.name}, and nowhere else", where=where)
    return bodies


def _pairs(ours: _Definition, theirs: _Definition, where: str) -> list[tuple[_Function, _Function]]:
    """The functions that belong together: the two themselves, or the methods of two classes."""
    if not isinstance(ours, ast.ClassDef):
        return [(ours, theirs)]  # type: ignore[list-item]
    our, their = ({node.name: node for node in side.body if isinstance(node, _Function)} for side in (ours, theirs))
    if set(our) != set(their):
        lone = sorted(set(our) ^ set(their))
        raise CourseError(f"only one side of {ours.name} has the methods {', '.join(lone)}", where=where)
    return [(our[name], their[name]) for name in our]


def _shape(function: _Function) -> str:
    """Decorators, name, and names, kinds and defaults of the parameters; no annotations."""
    arguments = function.args
    bare = ast.arguments(
        posonlyargs=[ast.arg(one.arg) for one in arguments.posonlyargs],
        args=[ast.arg(one.arg) for one in arguments.args],
        vararg=ast.arg(arguments.vararg.arg) if arguments.vararg else None,
        kwonlyargs=[ast.arg(one.arg) for one in arguments.kwonlyargs],
        kw_defaults=arguments.kw_defaults,
        kwarg=ast.arg(arguments.kwarg.arg) if arguments.kwarg else None,
        defaults=arguments.defaults,
    )
    decorators = "".join(f"@{ast.unparse(one)} " for one in function.decorator_list)
    return f"{decorators}{public_name(function.name)}({ast.unparse(bare)})"
