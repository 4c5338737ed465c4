"""Which statements of a file define a name: for digests that change only where they must, and for quoting answers."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable
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
        self._binds = [_bound(statement) for statement in self.statements]
        self._uses = [_used(statement) for statement in self.statements]
        defined: set[str] = set()
        for statement in self.statements:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                if statement.name in defined:
                    raise CourseError(f"{statement.name} is defined twice", where=f"{path}:{statement.lineno}")
                defined.add(statement.name)

    def closure(self, names: Iterable[str]) -> list[ast.stmt]:
        """The statements that define these names, and all that those use, in the order of the file."""
        wanted, taken = set(names), set[int]()
        while True:
            more = {
                index for index in range(len(self.statements)) if index not in taken and self._belongs(index, wanted)
            }
            if not more:
                return [self.statements[index] for index in sorted(taken)]
            taken |= more
            for index in more:
                wanted |= self._uses[index]

    def _belongs(self, index: int, wanted: set[str]) -> bool:
        """It binds a wanted name; or defines nothing and touches one, like `RATES["x"] = 3` or a loop over it."""
        binds = self._binds[index]
        defines = binds and isinstance(self.statements[index], _DEFINING)
        return bool(binds & wanted) if defines else bool((binds | self._uses[index]) & wanted)

    def digest(self, names: Iterable[str]) -> str:
        """SHA-256 of the closure as syntax: comments, blank lines and the order of other things do not count."""
        dumped = "\n".join(ast.dump(statement) for statement in self.closure(names))
        return hashlib.sha256(dumped.encode()).hexdigest()

    def modules(self, names: Iterable[str]) -> set[str]:
        """Modules that the closure imports."""
        found = set()
        for statement in self.closure(names):
            for node in ast.walk(statement):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                elif isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
        return found

    def uses(self, names: Iterable[str], used: str) -> bool:
        """Whether the closure uses a name, `__file__` for instance."""
        return any(used in _used(statement) for statement in self.closure(names))

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


def _bound(statement: ast.stmt) -> set[str]:
    """Names that the statement binds in its module."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _used(statement: ast.stmt) -> set[str]:
    """Names that the statement reads, anywhere in it."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _is_ours(statement: ast.stmt) -> bool:
    """An import that a notebook does without."""
    return isinstance(statement, ast.ImportFrom) and (statement.module or "").split(".")[0] in _OURS
