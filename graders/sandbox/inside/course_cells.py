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
from .witness import Witness

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
    witness : Witness
        Sees what the cells get.
    """

    def __init__(self, made: shell.Shell, libraries: Libraries, witness: Witness) -> None:
        self._shell = made
        self._libraries = libraries
        self._witness = witness
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
            `replaced`, `redefined` and `lying`, what was not as it should be; and the nonce.
        """
        nonce, replaced, redefined = order.pop("nonce"), self._libraries.mend(), self._redefined(order)
        status, ran, shown = self._attempt(source, shows=order["shows"])
        if order["patches"]:
            self._libraries.accept()
        else:
            replaced += [name for name in self._libraries.mend() if name not in replaced]
        self._remember(order["binds"])
        self._shell.execution_count += 1
        said = {"status": status, "ran": ran, "shown": shown, "nonce": nonce}
        odd = {"replaced": replaced, "redefined": redefined, "lying": self._witness.found}
        return {**said, **{kind: names[:_MOST] for kind, names in odd.items()}}

    def _attempt(self, source: str, *, shows: bool) -> tuple[str, int, str]:
        """Run a cell and show what it raises: status, statements that ran, the last value's text."""
        place = f"<course cell {self._shell.execution_count}>"
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)  # for its traceback
        self._witness.attend()
        try:
            return "ok", *self._statements(source, place, shows=shows)
        except MemoryError:
            return "memory", 0, ""
        except BaseException:  # noqa: BLE001  whatever it is: the cell has failed
            self._show_failure()
            return "error", 0, ""
        finally:
            _settrace(None)
            linecache.cache.pop(place, None)

    def _statements(self, source: str, name: str, *, shows: bool) -> tuple[int, str]:
        """Run them one by one: how many there were, and the last one's value."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        body = ast.fix_missing_locations(self._witness.visit(_parse(source, name))).body
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
