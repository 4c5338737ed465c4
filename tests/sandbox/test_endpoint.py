"""Hidden calls: what a notebook's functions and objects answer, and what they cannot do to who asks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graders.errors import CourseError
from graders.records import Cell, Reply, Request
from graders.sandbox import Sandbox
from tests.sandbox.notebooks import LIMITS, SHAPES, ask, call, cells, kinds_of_flags, start, text_of


def kinds(replies: list[Reply]) -> list[str]:
    return [reply.kind for reply in replies]


def test_functions_classes_methods_properties_and_variables(sandbox: Sandbox) -> None:
    source = """
import numpy as np
batch = {"size": 8, "shape": (2, 3)}
def double(x, *, times=1):
    return np.asarray(x) * 2 ** times
class Counter:
    step = 2
    def __init__(self, start=0):
        self.count = start
    def add(self, n):
        if n < 0:
            raise ValueError("private text")
        self.count += n
        return self.count
    @property
    def half(self):
        return self.count / 2
"""
    with sandbox.run(cells(source), {}) as run:
        replies = ask(
            run,
            call("double", np.arange(3)),
            call("double", [1.5], times=2),
            Request("read", "batch"),
            Request("new", "Counter", (5,), handle=7),
            Request("method", "add", (2,), handle=7),
            Request("method", "add", (-1,), handle=7),
            Request("get", "count", handle=7),
            Request("get", "half", handle=7),
            Request("get", "step", handle=7),
            Request("new", "Counter", (), {"start": 1}, handle=8),
            Request("get", "count", handle=8),
        )
    assert replies[0].value.tolist() == [0, 2, 4]  # type: ignore[attr-defined]
    assert replies[1].value.tolist() == [6.0]  # type: ignore[attr-defined]
    assert replies[2].value == {"size": 8, "shape": (2, 3)}
    assert [reply.value for reply in replies[3:]] == [None, 7, None, 7, 3.5, 2, None, 1]
    assert replies[5].kind == "raised"
    assert replies[5].exception[:2] == ("ValueError", "Exception")
    assert "private" not in repr(replies)


def test_many_calls_of_a_policy(sandbox: Sandbox) -> None:
    with sandbox.run(
        cells("seen = []\ndef policy(queue):\n    seen.append(1)\n    return [len(seen), max(queue)]"), {}
    ) as run:
        replies = ask(run, *(call("policy", [number, 1]) for number in range(1, 400)))
        assert [reply.value for reply in replies] == [[number, number] for number in range(1, 400)]
        assert ask(run, call("policy", [3]))[0].value == [400, 3]


def test_large_values_travel_both_ways(sandbox: Sandbox) -> None:
    data = np.random.default_rng(1).normal(size=1_000_000)
    with sandbox.run(cells("def twice(x):\n    return [x, x]\ndef same(x):\n    return x"), {}) as run:
        one, two, three = ask(
            run, call("twice", data), call("same", data.tolist()[:100_000]), call("same", "é" * 100_000)
        )
    assert all((part == data).all() for part in one.value)  # type: ignore[attr-defined]
    assert two.value == data.tolist()[:100_000]
    assert three.value == "é" * 100_000


def test_frames_travel(sandbox: Sandbox) -> None:
    frame = pd.DataFrame({"gpu": ["a", "b"], "power_w": [300.0, math.nan]})
    with sandbox.run(
        cells("def drop(frame):\n    return frame.dropna()\ndef column(frame):\n    return frame['power_w']"), {}
    ) as run:
        dropped, column = ask(run, call("drop", frame), call("column", frame))
    pd.testing.assert_frame_equal(dropped.value, frame.dropna())  # type: ignore[arg-type]
    pd.testing.assert_series_equal(column.value, frame["power_w"])  # type: ignore[arg-type]


def test_what_is_not_there_is_missing(sandbox: Sandbox) -> None:
    with sandbox.run(cells("class A: pass"), {}) as run:
        made = Request("new", "A", handle=1)
        assert kinds(
            ask(
                run,
                call("nothing"),
                Request("read", "nothing"),
                made,
                Request("method", "nothing", handle=1),
                Request("get", "nothing", handle=1),
                Request("get", "x", handle=99),
            )
        ) == ["missing", "missing", "value", "missing", "missing", "missing"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("raise SystemExit", ("SystemExit", "BaseException", "object")),
        ("raise KeyboardInterrupt", ("KeyboardInterrupt", "BaseException", "object")),
        ("raise GeneratorExit", ("GeneratorExit", "BaseException", "object")),
        ("return f()", ("RecursionError", "RuntimeError", "Exception", "BaseException", "object")),
        ("raise Mine", ("Mine", "LookupError", "Exception", "BaseException", "object")),
        ("raise type('Leak' + str(x), (ValueError,), {})", ("ValueError", "Exception", "BaseException", "object")),
    ],
)
def test_whatever_is_raised_is_data(best: Sandbox, body: str, names: tuple[str, ...]) -> None:
    mine = "class Mine(LookupError):\n    def __str__(self):\n        return 'text'\n"
    source = f"{mine}def f(x=1):\n    {body}\ndef g():\n    return 1"
    with best.run(cells(source), {}) as run:
        raised, after = ask(run, call("f"), call("g"))
        assert (raised.kind, raised.exception) == ("raised", names)
        assert after.value == 1
        assert run.flags == ()


LIARS = """
import numpy as np
class Always:
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __len__(self): return 3
    def __array__(self, *a, **k): return np.array([42.0])
    def __float__(self): return 42.0
    def __getattr__(self, name): return self
    def __reduce__(self): return (exit, ())
    @property
    def __class__(self): return float
class Number(float):
    def __eq__(self, other): return True
    def __float__(self): return 42.0
    __hash__ = None
class Meta(type):
    @property
    def __name__(cls): return "float"
    def mro(cls): return [cls, float, object] if False else type.mro(cls)
    def __instancecheck__(cls, other): return True
class Odd(metaclass=Meta):
    pass
class Array(np.ndarray):
    def __eq__(self, other): return True
def always(): return Always()
def inside(): return {"a": [Always()]}
def number(): return Number(1.5)
def odd(): return Odd()
def array(): return np.zeros(2).view(Array)
def generator(): return (n for n in range(3))
def itself(): return itself
def big(): return 10 ** 100_000
def deep():
    x = []
    for _ in range(10_000): x = [x]
    return x
def circular():
    x = []; x.append(x); return x
def surrogate(): return "\\ud800"
def many(): return ["x" * 10] * 1_000_000
"""


def test_objects_that_lie_stay_outside(sandbox: Sandbox) -> None:
    with sandbox.run(cells(LIARS), {}) as run:
        names = ["always", "inside", "odd", "generator", "itself", "big", "deep", "circular", "many"]
        replies = ask(run, *map(call, names))
        assert kinds(replies) == ["opaque"] * len(names)
        shown = {name: reply.value for name, reply in zip(names, replies, strict=True)}
        assert shown["always"] == shown["inside"] == "Always"
        assert shown["odd"] == "Odd"
        assert shown["generator"] == "generator"
        number, array, surrogate = ask(run, call("number"), call("array"), call("surrogate"))
        assert (type(number.value), number.value) == (float, 1.5)
        assert type(array.value) is np.ndarray
        assert surrogate.value == "\ufffd"
        assert run.flags == ()


def test_made_up_type_names_do_not_get_out(best: Sandbox) -> None:
    with best.run(cells("def f(secret):\n    return type('Leak' + str(secret), (), {})()"), {}) as run:
        (reply,) = ask(run, call("f", 73_311))
        assert reply == Reply("opaque", "object", cpu_s=reply.cpu_s)


def test_a_snapshot_is_what_the_notebook_was_then(sandbox: Sandbox) -> None:
    wanted = {0: ("early",), 1: ("late", "same")}
    with sandbox.run(cells("def f(): return 1", "def f(): return 2", "del f", snapshots=wanted), {}) as run:
        assert ask(run, call("f"), snapshot="early")[0].value == 1
        assert ask(run, call("f"), snapshot="late")[0].value == 2
        assert ask(run, Request("read", "f"), snapshot="same")[0].kind == "opaque"


def test_copies_do_not_see_each_other(sandbox: Sandbox) -> None:
    wanted = {0: ("a", "b")}
    with sandbox.run(
        cells("seen = []\ndef f(x):\n    seen.append(x)\n    return list(seen)", snapshots=wanted), {}
    ) as run:
        assert ask(run, call("f", 1), call("f", 2), snapshot="a")[1].value == [1, 2]
        assert ask(run, call("f", 3), snapshot="b")[0].value == [3]


def test_a_seed_set_in_the_notebook_holds_in_the_copy(sandbox: Sandbox) -> None:
    with sandbox.run(cells("import random\nrandom.seed(4)\ndef f(): return random.random()"), {}) as run:
        assert ask(run, call("f"))[0].value == 0.23604808973743452  # Python's documented generator, seed 4


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os; os.kill(os.getpid(), 9)", "crashed"),
        ("import os; os.closerange(3, 60)", "crashed"),
        ("while True: n = 1", "timeout"),
        ("while True:\n        try:\n            while True: n = 1\n        except BaseException: pass", "timeout"),
        ("return sum(range(10 ** 11))", "timeout"),
        ("return bytearray(1 << 40)", "memory"),
    ],
)
def test_what_breaks_in_a_call_costs_that_call_only(best: Sandbox, body: str, kind: str) -> None:
    counter = "class A:\n    n = 0\n    def add(self):\n        self.n += 1\n        return self.n\n"
    source = f"{counter}def f():\n    {body}\ndef g(): return 1"
    with best.run(cells(source), {}) as run:
        replies = ask(
            run,
            Request("new", "A", handle=1),
            Request("method", "add", handle=1),
            call("g"),
            call("f"),
            call("g"),
            Request("method", "add", handle=1),
            cpu_s=0.2,
        )
        assert kinds(replies) == ["value", "value", "value", kind, "value", "value"]
        assert replies[4].value == 1
        assert replies[5].value == 2  # the object has been made again
        assert "error" not in [cell.status for cell in run.cells]


def test_a_call_has_its_own_clock(best: Sandbox) -> None:
    source = "def f():\n    n = 0\n    while n < 2_000_000: n += 1\n    return n"
    with best.run(cells(source), {}) as run:
        assert kinds(ask(run, *[call("f")] * 8, cpu_s=0.4)) == ["value"] * 8  # together more than the limit
        assert ask(run, call("f"), cpu_s=0.001)[0].kind == "timeout"


def test_nothing_is_done_twice_where_two_exercises_are_asked_in_turn(best: Sandbox) -> None:
    source = (
        "calls = 0\nclass Meter:\n    def step(self):\n        global calls\n        calls += 1\n        return calls"
    )
    notebook = [Cell(0, source, ("first",)), Cell(1, "other = 1", ("second",))]
    with best.run(notebook, {}) as run:
        first, second = run.endpoint("first"), run.endpoint("second")
        first.ask([Request("new", "Meter", handle=1)])
        for count in (1, 2, 3):
            assert first.ask([Request("method", "step", handle=1)])[0].value == count
            assert second.ask([Request("read", "other")])[0].value == 1


def test_an_exercise_has_a_budget_for_all_its_calls() -> None:
    limits = replace(LIMITS, call_cpu_s=0.1, exercise_cpu_s=0.3)
    source = "def f():\n    while True: pass\ndef g(): return 1"
    with start(SHAPES[0], limits=limits) as sandbox, sandbox.run(cells(source), {}) as run:
        replies = ask(run, *[call("f")] * 60)
        assert kinds(replies) == ["timeout"] * 60
        assert sum(reply.cpu_s for reply in replies) < 1.0  # six seconds, if each call had its own
        assert kinds(ask(run, call("g"))) == ["timeout"]  # nothing is left for it


def test_output_of_calls_is_dropped(sandbox: Sandbox) -> None:
    source = "import os\ndef f(x):\n    print('secret', x)\n    display(x)\n    os.write(1, b'secret')\n    return 1"
    with sandbox.run(cells(source, "1"), {}) as run:
        assert ask(run, call("f", 5))[0].value == 1
        assert "secret" not in repr(run.cells)


def test_an_argument_that_cannot_travel_is_the_courses_mistake(best: Sandbox) -> None:
    with best.run(cells("def f(x): return x"), {}) as run, pytest.raises(CourseError, match="object"):
        ask(run, call("f", object()))


def test_threads_and_numpy_work_in_copies(sandbox: Sandbox) -> None:
    source = """
import threading
import numpy as np
def f():
    out = []
    worker = threading.Thread(target=lambda: out.append(float(np.ones((200, 200)).dot(np.ones(200)).sum())))
    worker.start(); worker.join()
    return out
"""
    with sandbox.run(cells(source), {}) as run:
        assert ask(run, call("f"))[0].value == [40_000.0]


def test_a_redefined_cell_shows_nothing_of_hidden_inputs(sandbox: Sandbox) -> None:
    first = """
import mmap, threading
shared = mmap.mmap(-1, 4096)
def f(secret):
    shared[:6] = secret.encode()
    open("leak", "w").write(secret)
    return 1
def watch():
    while True:
        if shared[:6] != bytes(6):
            print("seen", shared[:6]); return
threading.Thread(target=watch, daemon=True).start()
"""
    later = "print(shared[:6])\nimport os\nprint(os.path.exists('leak'))"
    with sandbox.run(cells(first, later, snapshots={0: ("s",)}), {}) as run:
        before = run.cells
        assert ask(run, call("f", "s3cret"))[0].value == 1
        assert run.cells == before
        assert text_of(run, 1) == "b'\\x00\\x00\\x00\\x00\\x00\\x00'\nFalse\n"
        assert "s3cret" not in repr(run.cells) + repr(run.flags)
        assert kinds_of_flags(run) == []
