"""The quote step for a variable: the body of a reference function, its `return` turned into an assignment.

The reference is a function whose parameters are variables that the notebook has before: none for a constant, the
`scenario` of a personal notebook, a table that an earlier cell read.
"""

from __future__ import annotations

import ast

from graders.authoring.build.quote import BEGIN, END, MARK, Quoted, public_name
from graders.authoring.build.reference_page import Function, body, definition, read_page
from graders.errors import CourseError


def asks_for_variable(text: str) -> bool:
    """Whether an answer cell leaves everything but comments to the student: the answer is a variable."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n"))


def quote_variable(text: str, reference: str, where: str) -> Quoted:
    """Fill an answer cell that asks for a variable.

    Parameters
    ----------
    text : str
        The author's cell: comments, and one mark.
    reference : str
        `mNN_slug.topic:name` under `reference_solutions`: a function that ends with its only `return`.
    where : str
        File and line of the cell, for messages.

    Returns
    -------
    Quoted
        The cell with the statements that give the variable between nbgrader's marks.

    Raises
    ------
    CourseError
        If the reference is not there, or cannot be written as statements of a notebook.
    """
    lines = text.split("\n")
    marks = [number for number, line in enumerate(lines) if line.startswith(MARK)]
    if len(marks) != 1:
        raise CourseError(f"the cell has {len(marks)} marks {MARK} at a line's start, expected one", where=where)
    page = read_page(reference, where)
    function = definition(page.tree, reference.rpartition(":")[2], page.path)
    if isinstance(function, ast.ClassDef):
        raise CourseError(f"{function.name} is a class, and the cell asks for a variable", where=where)
    _require_plain(function, f"{page.path}:{function.lineno}")
    solution = _assigned(body(function, page), public_name(reference))
    lines[marks[0] : marks[0] + 1] = [BEGIN, *solution, END]
    return Quoted("\n".join(lines), tuple(line.strip() for line in solution if line.strip()))


def _require_plain(function: Function, where: str) -> None:
    """Its parameters are names, and it returns at its end only."""
    given = function.args
    if given.defaults or given.kw_defaults or given.vararg or given.kwarg:
        do = "Name the variables that an earlier cell of the notebook defines."
        raise CourseError(f"parameters of {function.name} have defaults, or take anything", where=where, do=do)
    returns = [node for statement in function.body for node in _returns(statement)]
    if len(returns) != 1 or returns[0] is not function.body[-1] or returns[0].value is None:
        do = "Let its last statement be its only return."
        raise CourseError(f"{function.name} cannot be quoted as an assignment", where=where, do=do)


def _returns(node: ast.AST) -> list[ast.Return]:
    """What returns from this function, and not from one inside of it."""
    if isinstance(node, ast.Return):
        return [node]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return []
    return [found for child in ast.iter_child_nodes(node) for found in _returns(child)]


def _assigned(statements: str, name: str) -> list[str]:
    """The lines, with the last statement's `return` written `name =`."""
    lines = statements.split("\n")
    wrapped = ast.parse("def f():\n" + "\n".join(f"    {line}" for line in lines)).body[0]
    last = wrapped.body[-1].lineno - 2  # type: ignore[attr-defined]
    lines[last] = lines[last].replace("return", f"{name} =", 1)
    return lines
