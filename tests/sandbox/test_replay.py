"""A cell that takes its process down costs itself: the notebook runs again without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.sandbox import Sandbox
from tests.sandbox.notebooks import LIMITS, SHAPES, ask, call, cells, kinds_of_flags, start, text_of

OVERFLOW = """
import ctypes, threading
libc = ctypes.CDLL(None)
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
def sort_for_ever(a, b):
    numbers = (ctypes.c_int * 2)(2, 1)
    libc.qsort(numbers, 2, 4, callback)
    return 0
callback = compare(sort_for_ever)
import sys
sys.setrecursionlimit(10 ** 9)
sort_for_ever(0, 0)
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(3)", "status 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.abort()", "killed by"),
        (OVERFLOW, "SIGSEGV"),
        (
            "import os, threading\nthreading.Thread(target=os._exit, args=(4,)).start()\nthreading.Event().wait()",
            "status 4",
        ),
    ],
)
def test_later_exercises_keep_their_answers(best: Sandbox, source: str, said: str) -> None:
    notebook = cells("x = 20", source, "def f(): return x + 1", "print('end')", snapshots={1: ("at",), 2: ("after",)})
    with best.run(notebook, {"data.txt": b"1"}) as run:
        assert [cell.status for cell in run.cells] == ["ok", "crashed", "ok", "ok"]
        assert text_of(run, 3) == "end\n"
        assert kinds_of_flags(run) == ["crashed"]
        assert run.flags[0].where == "cell 1"
        assert said in run.flags[0].detail
        assert ask(run, call("f"), snapshot="after")[0].value == 21
        assert ask(run, call("f"), snapshot="at")[0].kind == "missing"


def test_several_cells_that_crash(sandbox: Sandbox) -> None:
    crash = "import os\nprint('before', flush=True)\nos._exit(1)"
    with sandbox.run(cells("a = 1", crash, "b = 2", crash, "def f(): return a + b", crash, "'end'"), {}) as run:
        assert [cell.status for cell in run.cells] == ["ok", "crashed", "ok", "crashed", "ok", "crashed", "ok"]
        assert [text_of(run, place) for place in (1, 3, 5, 6)] == ["before\n"] * 3 + ["'end'"]
        assert ask(run, call("f"))[0].value == 3


def test_outputs_are_those_of_the_first_run(sandbox: Sandbox) -> None:
    with sandbox.run(cells("print('once')", "import os; os._exit(1)", "print('then')"), {}) as run:
        assert [text_of(run, place) for place in (0, 2)] == ["once\n", "then\n"]
        assert [cell.execution_count for cell in run.cells] == [1, None, 2]


def test_a_notebook_that_only_crashes_comes_to_an_end(best: Sandbox) -> None:
    with best.run(cells(*["import os; os._exit(1)"] * 12, "def f(): return 1"), {}) as run:
        assert [cell.status for cell in run.cells] == ["crashed"] * 12 + ["ok"]
        assert ask(run, call("f"))[0].value == 1


def test_replays_have_an_end() -> None:
    limits = replace(LIMITS, cell_cpu_s=1.0, notebook_cpu_s=1.0, call_cpu_s=0.1)
    long = "n = 0\nwhile n < 4_000_000: n += 1"
    with (
        start(SHAPES[0], limits) as sandbox,
        sandbox.run(cells(long, "import os\ndef f(): os._exit(1)\ndef g(): return 1"), {}) as run,
    ):
        kinds = [reply.kind for reply in ask(run, *[call("f")] * 60, call("g"))]
        assert len(kinds) == 61
        assert set(kinds) <= {"crashed", "timeout"}


def test_a_cell_that_breaks_the_machinery_is_left_out(best: Sandbox) -> None:
    breakers = [
        "import os\nos.closerange(3, 60)",
        "import os\nos.fork = lambda: 0",
        "import sys\nfor name in list(sys.modules):\n    if 'inside' in name: vars(sys.modules[name]).clear()",
        "get_ipython().__class__.run_cell = lambda *a, **k: 1 / 0",
    ]
    for breaker in breakers:
        with best.run(cells("x = 1", breaker, "def f(): return x", "'end'", snapshots={2: ("s",)}), {}) as run:
            assert run.cells[0].status == "ok"
            (reply,) = ask(run, call("f"))
            assert reply.value == 1 or reply.kind in ("crashed", "missing"), breaker
