"""Which statements of a file define a name: for digests that change only where they must, and for quoting answers."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from graders.errors import CourseError

_DEFINING = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
)
_OURS = ("graders", "__future__")


class _Facts:
    """What a statement binds in its module, reads anywhere in it, and imports.

    Parameters
    ----------
    statement : ast.stmt
        One of a file's own, not of a block in it.
    """

    def __init__(self, statement: ast.stmt) -> None:
        self.statement = statement
        self.uses: set[str] = set()
        self.modules: set[str] = set()
        stored: set[str] = set()
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                (stored if isinstance(node.ctx, ast.Store) else self.uses).add(node.id)
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                self.modules |= {alias.name for alias in node.names}
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stored = {statement.name}
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            stored = {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        self.binds = stored

    @cached_property
    def touches(self) -> set[str]:
        """Names that call for it: those that it binds; if it defines nothing, like `RATES["x"] = 3`, all in it."""
        defines = self.binds and isinstance(self.statement, _DEFINING)
        return self.binds if defines else self.binds | self.uses

    @cached_property
    def dumped(self) -> str:
        """The statement as syntax."""
        return ast.dump(self.statement)


class Source:
    """A Python file, read as the statements that it is made of.

    Parameters
    ----------
    path : Path
        `checks.py`, `wrong_answers.py` or `right_answers.py`.

    Raises
    ------
    CourseError
        If two functions or classes of it have one name: the first would never be seen.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        try:
            self.statements = ast.parse(self.text, filename=str(path)).body
        except SyntaxError as error:
            raise CourseError(f"it is no Python: {error.msg}", where=f"{path}:{error.lineno}") from error
        self._facts = [_Facts(statement) for statement in self.statements]
        defined: set[str] = set()
        for statement in self.statements:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                if statement.name in defined:
                    raise CourseError(f"{statement.name} is defined twice", where=f"{path}:{statement.lineno}")
                defined.add(statement.name)

    def closure(self, names: Iterable[str]) -> list[ast.stmt]:
        """The statements that define these names, and all that those use, in the order of the file."""
        return [facts.statement for facts in self._closure(names)]

    def _closure(self, names: Iterable[str]) -> list[_Facts]:
        wanted, taken = set(names), set[int]()
        while True:
            more = {
                index
                for index, facts in enumerate(self._facts)
                if index not in taken and not facts.touches.isdisjoint(wanted)
            }
            if not more:
                return [self._facts[index] for index in sorted(taken)]
            taken |= more
            for index in more:
                wanted |= self._facts[index].uses

    def digest(self, names: Iterable[str]) -> str:
        """SHA-256 of the closure as syntax: comments, blank lines and the order of other things do not count."""
        dumped = "\n".join(facts.dumped for facts in self._closure(names))
        return hashlib.sha256(dumped.encode()).hexdigest()

    def modules(self, names: Iterable[str]) -> set[str]:
        """Modules that the closure imports."""
        return {module for facts in self._closure(names) for module in facts.modules}

    def uses(self, names: Iterable[str], used: str) -> bool:
        """Whether the closure uses a name, `__file__` for instance."""
        return any(used in facts.uses for facts in self._closure(names))

    def quoted(self, name: str, called: str) -> str:
        """The definition of an answer as a notebook would have it: no decorators, called as the exercise wants it.

        Parameters
        ----------
        name : str
            The function or class in this file.
        called : str
            The name that the exercise asks for.

        Returns
        -------
        str
            Python source that stands alone: with the constants, functions and imports that it uses.
        """
        closure = [statement for statement in self.closure([name]) if not _is_ours(statement)]
        if any(module.split(".")[0] == "reference_solutions" for module in self.modules([name])):
            raise CourseError(
                f"{name} imports a reference solution, which no student has",
                where=str(self.path),
                do="Write the answer out.",
            )
        parts = [self._segment(statement) for statement in closure]
        return _renamed("\n\n".join(parts) + "\n", name, called)

    def _segment(self, statement: ast.stmt) -> str:
        lines = self.text.splitlines()
        return "\n".join(lines[statement.lineno - 1 : statement.end_lineno])  # a decorator's line lies before `lineno`


def _renamed(python: str, name: str, called: str) -> str:
    """The source with one name spelt otherwise; text in quotes and attributes stay."""
    lines, before = python.splitlines(keepends=True), ""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(python).readline):
        if token.type == tokenize.NAME and token.string == name and before != ".":
            found.append(token)
        before = token.string
    for token in reversed(found):
        (row, start), (_, end) = token.start, token.end
        lines[row - 1] = lines[row - 1][:start] + called + lines[row - 1][end:]
    return "".join(lines)


def _is_ours(statement: ast.stmt) -> bool:
    """An import that a notebook does without."""
    return isinstance(statement, ast.ImportFrom) and (statement.module or "").split(".")[0] in _OURS
