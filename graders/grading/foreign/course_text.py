"""What the text of a course's own cells says: which statements they have, which names they use and import."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graders.errors import CourseError
from graders.records import CourseText

_INVISIBLE = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT})
_PATCHING = frozenset({"setattr", "delattr", "patch", "monkeypatch"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def plain(source: str, where: str) -> str:
    """A cell's text as plain Python: magics and shell lines become calls, as IPython has it.

    Parameters
    ----------
    source : str
        Text of a cell of the course's own.
    where : str
        What messages call it.

    Returns
    -------
    str

    Raises
    ------
    CourseError
        If it is no Python: nbgrader would give everybody no points for it.
    """
    from IPython.core.inputtransformer2 import TransformerManager  # takes a moment, and only these courses need it

    try:
        text = TransformerManager().transform_cell(source)
        ast.parse(text)
    except (SyntaxError, ValueError) as failure:
        do = "Mend the source notebook and release it again."
        raise CourseError(f"a cell of the course's own is no Python ({failure})", where, do) from None
    return str(text)


@dataclass
class Names:
    """What all cells of a notebook as its authors wrote it say of names.

    Attributes
    ----------
    origins : dict of str to str
        What is imported under a name: `numpy`, or `math:isclose`.
    answered : set of str
        Names that a right answer defines: a student may, too.
    modules : dict of str to bool
        Modules that are imported, and whether the notebook cannot do without.
    """

    origins: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    modules: dict[str, bool] = field(default_factory=dict)

    def add(self, source: str, *, answer: bool) -> None:
        """Take in one cell.

        Parameters
        ----------
        source : str
            Plain Python; what is none is passed over.
        answer : bool
            Whether it is an answer.
        """
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            return
        if answer:
            self.answered |= set(_bound(tree.body))
        optional = {
            id(node) for guarded in ast.walk(tree) if isinstance(guarded, ast.Try) for node in ast.walk(guarded)
        }
        for node in ast.walk(tree):
            for name, module, origin in _imported(node):
                self.modules[module] = self.modules.get(module, False) or id(node) not in optional
                if self.origins.setdefault(name, origin) != origin:
                    self.origins[name] = ""

    def read_by(self, source: str) -> CourseText:
        """What is to be known about one cell that runs past the shell.

        Parameters
        ----------
        source : str
            Plain Python.

        Returns
        -------
        CourseText
        """
        tree = ast.parse(source)
        binds = tuple(dict.fromkeys(_bound(tree.body)))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        reads = tuple(sorted(used - set(binds) - self.answered))
        return CourseText(
            statements=len(tree.body),
            shows=bool(tree.body) and isinstance(tree.body[-1], ast.Expr) and not _silenced(source),
            reads=reads,
            binds=binds,
            origins={name: self.origins[name] for name in reads if self.origins.get(name)},
            patches=any(map(_patches, ast.walk(tree))),
        )


def names_of(cells: Sequence[tuple[str, bool]]) -> Names:
    """Names of a whole notebook.

    Parameters
    ----------
    cells : sequence of (str, bool)
        Plain Python of each code cell, and whether it is an answer.

    Returns
    -------
    Names
    """
    names = Names()
    for source, answer in cells:
        names.add(source, answer=answer)
    return names


def packages(modules: Mapping[str, bool]) -> tuple[str, ...]:
    """The packages that modules belong to."""
    return tuple(sorted({module.partition(".")[0] for module in modules}))


def _imported(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Name, module and origin of what a statement imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, alias.name, whole
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, node.module, f"{node.module}:{alias.name}"


def _bound(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Names that statements bind in the notebook itself, not in a function or class of it."""
    ahead: list[ast.AST] = list(statements)
    while ahead:
        node = ahead.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        if not isinstance(node, _SCOPES):
            ahead += ast.iter_child_nodes(node)


def _patches(node: ast.AST) -> bool:
    """Whether a node may replace something of a library."""
    if isinstance(node, ast.Name):
        return node.id in _PATCHING
    return isinstance(node, ast.Attribute) and (not isinstance(node.ctx, ast.Load) or node.attr in _PATCHING)


def _silenced(source: str) -> bool:
    """Whether a semicolon at the end keeps the last value from being shown."""
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            last = last if token.type in _INVISIBLE else token.string
    except (tokenize.TokenError, IndentationError):
        return False
    return last == ";"
