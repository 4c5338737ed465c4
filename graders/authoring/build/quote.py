"""The quote step: the body of a reference solution, put where the author wrote `### SOLUTION`.

A solution has one text: the function that is typed, tested and documented. Its docstring stays behind (the notebook
has its own), and so do validation calls whose result is discarded; conversions and comments are quoted.
All of it works on the text and its syntax tree: nothing is imported.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from graders.authoring.answers import BEGIN_MARK, END_MARK
from graders.authoring.build.reference_page import Definition, Function, ReferencePage, body, definition, read_page
from graders.errors import CourseError

MARK = "### SOLUTION"
BEGIN, END = f"### {BEGIN_MARK}", f"### {END_MARK}"


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
    page = read_page(reference, where)
    theirs = definition(page.tree, reference.rpartition(":")[2], page.path)
    lines = text.split("\n")
    parseable = "\n".join(re.sub(rf"{MARK}\b.*", "pass", line) for line in lines)
    try:
        tree = ast.parse(parseable)
    except SyntaxError as failure:
        raise CourseError(f"the cell is not Python: {failure.msg} in its line {failure.lineno}", where=where) from None
    ours = definition(tree, public_name(reference), where, "the cell defines")
    bodies = _bodies(ours, theirs, lines, page, where)
    for number in sorted(bodies, reverse=True):
        indent = re.match(r"\s*", lines[number - 1]).group()  # type: ignore[union-attr]
        lines[number - 1 : number] = [
            indent + line if line else "" for line in (BEGIN, *bodies[number].split("\n"), END)
        ]
    solution = tuple(line.strip() for body in bodies.values() for line in body.split("\n") if line.strip())
    return Quoted("\n".join(lines), solution)


# --- the two sides together -----------------------------------------------------------------------------------


def _bodies(ours: Definition, theirs: Definition, lines: list[str], page: ReferencePage, where: str) -> dict[int, str]:
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
            bodies[inside[0]] = body(their, page)
    if not bodies or marks - set(bodies):
        raise CourseError(f"expected {MARK} in a body of {ours.name}, and nowhere else", where=where)
    return bodies


def _pairs(ours: Definition, theirs: Definition, where: str) -> list[tuple[Function, Function]]:
    """The functions that belong together: the two themselves, or the methods of two classes."""
    if not isinstance(ours, ast.ClassDef):
        return [(ours, theirs)]  # type: ignore[list-item]
    our, their = ({node.name: node for node in side.body if isinstance(node, Function)} for side in (ours, theirs))
    if set(our) != set(their):
        lone = sorted(set(our) ^ set(their))
        raise CourseError(f"only one side of {ours.name} has the methods {', '.join(lone)}", where=where)
    return [(our[name], their[name]) for name in our]


def _shape(function: Function) -> str:
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
