"""Runs cells that are the course's own, tests among them, past whatever a notebook has done to its shell.

Their text is compiled and run here, statement by statement: the shell's transformers, events, history and way of
showing errors have no part in it. What libraries were is put back first. All of this happens in the student's own
process: it stops what is tried in passing, and makes the rest visible. It is no wall.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from types import ModuleType
from typing import Any

from . import codec, shell
from .libraries import Libraries

_compile: Any = compile
_eval, _parse, _settrace, _setprofile = eval, ast.parse, sys.settrace, sys.setprofile
_ABSENT = object()
_LONGEST = 100  # characters of what may be a number
_MOST = 20  # names that are reported of one kind


class CourseCells:
    """The course's cells of one notebook.

    Parameters
    ----------
    made : shell.Shell
        Where the notebook runs.
    libraries : Libraries
        As they were before.
    """

    def __init__(self, made: shell.Shell, libraries: Libraries) -> None:
        self._shell = made
        self._libraries = libraries
        self._space = made.user_ns  # this very one, whatever the shell is told later
        self._native = dict(self._space)
        self._given: dict[str, object] = {}

    def run(self, source: str, order: dict[str, Any]) -> codec.Head:
        """Run one cell.

        Parameters
        ----------
        source : str
            Plain Python.
        order : dict
            `reads` and `binds`, its names; `origins`, what imported names should stand for; `patches`,
            whether it replaces something itself; `shows`, whether its last value is shown; and a `nonce`.

        Returns
        -------
        dict
            `status`; `ran`, the statements that came to their end; `shown`, the last value's text, if it is shown;
            `replaced` and `redefined`, what was not as it should be; and the nonce.
        """
        nonce, replaced = order.pop("nonce"), self._libraries.mend()
        redefined = self._redefined(order)
        status, ran, shown = "error", 0, ""
        try:
            ran, shown = self._statements(source, shows=order["shows"])
            status = "ok"
        except MemoryError:
            status = "memory"
        except BaseException:  # noqa: BLE001  whatever it is: the cell has failed
            self._show_failure()
        _settrace(None)
        if order["patches"]:
            self._libraries.accept()
        else:
            replaced += [name for name in self._libraries.mend() if name not in replaced]
        self._remember(order["binds"])
        self._shell.execution_count += 1
        said = {"status": status, "ran": ran, "shown": shown, "nonce": nonce}
        return {**said, "replaced": replaced[:_MOST], "redefined": redefined[:_MOST]}

    def _statements(self, source: str, *, shows: bool) -> tuple[int, str]:
        """Run them one by one; how many there were, and the last one's value."""
        name = f"<course cell {self._shell.execution_count}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        flags, body = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, _parse(source, name).body
        ran, shown = 0, ""
        for index, statement in enumerate(body):
            tree: ast.mod = ast.Module([statement], [])
            if shows and index == len(body) - 1 and isinstance(statement, ast.Expr):
                tree = ast.Expression(statement.value)
            value = isinstance(tree, ast.Expression)
            code = _compile(tree, name, "eval" if value else "exec", flags, dont_inherit=True)
            _settrace(None)
            _setprofile(None)
            result = _eval(code, self._space)
            if code.co_flags & inspect.CO_COROUTINE:
                result = self._shell.loop_runner(result)
            if value and result is not None:
                shown = _number(result)
                self._show(result)
            ran += 1
        return ran, shown

    # --- what is shown ----------------------------------------------------------------------------------------------

    def _show(self, value: object) -> None:
        """As a notebook shows the value of its last expression."""
        try:
            shell.show_result(self._shell, value)
        except BaseException:  # noqa: BLE001  the score does not depend on it
            self._shell.outlet.write("stderr", "<the value cannot be shown>\n")

    def _show_failure(self) -> None:
        try:
            shell.Shell.showtraceback(self._shell)
        except BaseException:  # noqa: BLE001  the score does not depend on it
            self._shell.outlet.write("stderr", f"{codec.type_name(type(sys.exception()))}\n")

    # --- whose names they are ---------------------------------------------------------------------------------------

    def _redefined(self, order: dict[str, Any]) -> list[str]:
        """Names that the cell reads and that the notebook has given another meaning."""
        found = []
        for name in order["reads"]:
            should = self._given.get(name)
            if should is None:
                should = self._libraries.find(order["origins"].get(name, ""))
            if should is None and self._libraries.find(f"builtins:{name}") is not None:
                should = self._native.get(name, _ABSENT)
            if should is not None and self._space.get(name, _ABSENT) is not should:
                found.append(name)
        return found

    def _remember(self, names: list[str]) -> None:
        """Functions, classes and modules that the course's own cell has defined."""
        for name in names:
            value = self._space.get(name)
            if callable(value) or isinstance(value, ModuleType):
                self._given[name] = value


def _number(value: object) -> str:
    """Text of a number, for a score; of anything else what Python shows of it, for it may look like one."""
    kind: Any = type(value)
    numpy = sys.modules.get("numpy")
    try:
        if kind in (int, float) or (numpy is not None and issubclass(kind, (numpy.floating, numpy.integer))):
            return repr(float(value))  # type: ignore[arg-type]
        return str(repr(value))[:_LONGEST]
    except OverflowError:
        return "inf"
    except Exception:  # noqa: BLE001  it has no text
        return ""
