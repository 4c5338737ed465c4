"""IPython's shell without a terminal: cells run, and what they show is handed to an outlet as nbformat outputs.

No history, no completion, no profile on disk. Tracebacks are plain text.
"""

from __future__ import annotations

import ast
import contextlib
import keyword
import operator
import re
import site
import sys
import sysconfig
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Instance, Type

from .outlet import Outlet, Stream

_SPECIAL = re.compile(
    r"^\s*[%!?,;/] | =\s*[%!] | \?\s*$ | ^\s*(?:>>>|\.\.\.|In[ ]\[) | \A\s"
    rf" | \A(?!(?:{'|'.join(keyword.kwlist)})\b)\w+(?:[^\S\n].*)?\n?\Z",
    re.MULTILINE | re.VERBOSE,
)
"""What IPython's own language needs: without any of it a cell is plain Python, and stays as it is.

A magic may go without its sign, as the only line of a cell: a word that Python reserves is none.
"""


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    def publish(
        self, data: Any, metadata: Any = None, *_: Any, transient: Any = None, update: bool = False, **__: Any
    ) -> None:
        """Send a display."""
        self._validate_data(data, metadata)
        kind = "update_display_data" if update else "display_data"
        bundle = _jsonable(data)
        shown = {"output_type": kind, "data": bundle, "metadata": {}}
        identity = (transient or {}).get("display_id")
        if isinstance(identity, str):
            shown["display_id"] = identity
        self.shell.outlet.show(shown, _size(bundle))

    def clear_output(self, wait: bool = False) -> None:
        """Ask for the cell's outputs to be cleared."""
        self.shell.outlet.show({"output_type": "clear_output", "wait": bool(wait)}, 0)


class _Hook(DisplayHook):  # type: ignore[misc]
    def start_displayhook(self) -> None:
        """Nothing to begin."""

    def write_output_prompt(self) -> None:
        """No prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:  # noqa: ARG002
        """Send a result."""
        data = _jsonable(format_dict)
        shown = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": self.prompt_count}
        self.shell.outlet.show(shown, _size(data), last=True)

    def finish_displayhook(self) -> None:
        """Nothing to end."""


def _jsonable(data: Any) -> dict[str, Any]:
    """A bundle of representations with bytes as base64, and nothing that JSON cannot hold."""
    from base64 import encodebytes

    made: dict[str, Any] = {}
    for kind, value in dict(data).items():
        if isinstance(value, bytes):
            value = encodebytes(value).decode("ascii")
        plain = isinstance(value, str) or (str(kind).endswith("json") and isinstance(value, (dict, list)))
        made[str(kind)] = value if plain else str(value)
    return made


def _size(data: dict[str, Any]) -> int:
    return sum(len(value) if isinstance(value, str) else len(repr(value)) for value in data.values())


class _NoHistory(HistoryManager):  # type: ignore[misc]
    """Inputs and outputs of this run, without a database or a thread."""

    enabled = False

    def store_inputs(self, line_num: int, source: str, source_raw: str | None = None) -> None:
        """Keep an input where a notebook finds it: `In`, `_i`, `_ii`, `_iii`, `_i1`."""
        known, said = self.shell.user_ns, (source if source_raw is None else source_raw).rstrip("\n")
        before = known.get(f"_i{line_num - 1}", "")
        known.update(_iii=known.get("_ii", ""), _ii=known.get("_i", ""), _i=before)
        known[f"_i{line_num}"] = said
        self.input_hist_parsed.append(source.rstrip("\n"))
        self.input_hist_raw.append(said)


class Shell(InteractiveShell):  # type: ignore[misc]
    """The shell of a child."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    outlet = Instance(Outlet)

    def init_ipython_dir(self, ipython_dir: Any) -> None:  # noqa: ARG002
        """Nothing on disk."""
        self.ipython_dir = ""

    def init_profile_dir(self, profile_dir: Any) -> None:  # noqa: ARG002
        """No profile."""
        self.profile_dir = None

    def init_history(self) -> None:
        """No database, no thread."""
        self.history_manager = _NoHistory(shell=self, parent=self, hist_file=":memory:")
        self.configurables.append(self.history_manager)

    def init_completer(self) -> None:
        """Nobody types."""
        self.Completer = None

    def init_virtualenv(self) -> None:
        """The environment is the interpreter's."""

    def transform_cell(self, raw_cell: str) -> str:
        """Turn IPython's own language into Python; most cells are Python, and need not be read token by token."""
        manager = self.input_transformer_manager
        steps = (manager.cleanup_transforms, manager.line_transforms, manager.token_transformers)
        extended = self.input_transformers_post or any(map(operator.ne, steps, _STOCK))
        if extended or _SPECIAL.search(raw_cell):
            return str(super().transform_cell(raw_cell))
        return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"

    def should_run_async(self, raw_cell: str, **given: Any) -> bool:
        """Whether a cell awaits something; one that does not speak of it need not be compiled to find out."""
        return ("await" in raw_cell or "async" in raw_cell) and bool(super().should_run_async(raw_cell, **given))

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool:
        """Run a cell's statements in one go, then a last expression that is shown: compiled one by one they are dear.

        What can be compiled only one by one, awaits something, or is to show more is left to IPython.
        """
        if interactivity != "last_expr" or not nodelist:
            return bool(await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result))
        shown = nodelist[-1:] if isinstance(nodelist[-1], ast.Expr) else []
        silent = nodelist[: len(nodelist) - len(shown)]
        parts = [(silent, ast.Module(silent, []), "exec"), (shown, ast.Interactive(shown), "single")]
        try:
            codes = [compiler(tree, cell_name, mode) for statements, tree, mode in parts if statements]
        except Exception:  # noqa: BLE001  it runs what stands before, and shows what is wrong
            return bool(await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result))
        for code in codes:
            if await self.run_code(code, result):
                return True
        return False

    def _tee(self, channel: str) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        """No record of what was shown: it is sent off, and nobody looks at it here."""
        return contextlib.nullcontext()

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        """No record of what was raised, for the same reason."""
        return {}

    def init_traceback_handlers(self, custom_exceptions: Any) -> None:
        """Plain text: rendering anything else is dear."""
        super().init_traceback_handlers(custom_exceptions)
        self.InteractiveTB.set_mode(mode="Plain")

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except BaseException:  # noqa: BLE001  __str__ is the student's
            text = "<no text: its __str__ raised>"
        lines = [_shortened(line).rstrip("\n") for line in stb if _OURS not in line]
        shown = {"output_type": "error", "ename": str(etype.__name__), "evalue": text, "traceback": lines}
        self.outlet.show(shown, len(text) + sum(map(len, lines)))

    def ask_exit(self) -> None:
        """`exit` in a cell ends nothing."""

    def enable_gui(self, gui: Any = None) -> None:
        """There is no display."""


_MANAGER = TransformerManager()
_STOCK = (_MANAGER.cleanup_transforms, _MANAGER.line_transforms, _MANAGER.token_transformers)
"""What transforms cells in a shell that nobody has extended."""


def _shortened(line: str) -> str:
    return _PLACES.sub("", line)


def _places() -> re.Pattern[str]:
    paths = [*site.getsitepackages(), sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"]]
    return re.compile("|".join(re.escape(path + "/") for path in sorted(set(paths), key=len, reverse=True)))


_PLACES = _places()
_OURS = str(Path(__file__).parent)


_EVERYWHERE = ("1 + 1", "print(2)", "def f():\n    raise ValueError(3)\nf()", "%%capture\n1", "x =")
_BY_MODULE = {
    "numpy": ("import numpy as f\nf.linspace(0, 1, 3)",),
    "pandas": ("import pandas as f\nf.DataFrame({'a': [1.5, 2.5], 'b': ['x', 'y']}).groupby('b').mean()",),
}


def make() -> Shell:
    """The one shell of this process, warmed up: what cells and tracebacks load is loaded."""
    shell: Shell = Shell.instance(outlet=Outlet(lambda *_: None, 1 << 16), colors="nocolor", xmode="Plain", autocall=0)
    _run(shell, _EVERYWHERE)
    return shell


def warm_up(shell: Shell, modules: list[str]) -> None:
    """Show what notebooks show with these modules: the first table of a process takes ten times as long as the next."""
    for module in modules:
        _run(shell, _BY_MODULE.get(module, ()))


def _run(shell: Shell, sources: tuple[str, ...]) -> None:
    """Run cells whose outputs nobody sees, and forget them."""
    streams = sys.stdout, sys.stderr
    connect(shell, shell.outlet)
    for source in sources:
        shell.run_cell(source, store_history=True)
    shell.reset(new_session=True)
    shell.user_ns.pop("f", None)
    sys.stdout, sys.stderr = streams


def connect(shell: Shell, outlet: Outlet) -> None:
    """Send what the shell shows to `outlet`."""
    shell.outlet = outlet
    sys.stdout, sys.stderr = Stream(outlet, "stdout"), Stream(outlet, "stderr")


def show_result(shell: Shell, value: object) -> None:
    """Show a value as a notebook shows that of a cell's last expression."""
    formatted, _ = shell.display_formatter.format(value)
    data, count = _jsonable(formatted), shell.execution_count
    shown = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count}
    if data:
        shell.outlet.show(shown, _size(data))
