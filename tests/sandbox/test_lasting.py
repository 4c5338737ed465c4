"""Snapshots that last: no copy is made for them, and they are answered all the same."""

from __future__ import annotations

from graders.records import Request
from graders.sandbox import Sandbox
from tests.sandbox.notebooks import ask, call, cells, kinds_of_flags

TWO = ("def f(x): return x + 1", "def g(x): return 10 * x", "print('end')")
AT = {0: ("f",), 1: ("g",)}


def test_they_are_answered_in_one_process_after_the_last_cell(sandbox: Sandbox) -> None:
    where = "import os\ndef f(): return os.getpid(), len(seen)\nseen = []"
    with sandbox.run(cells(where, "seen.append(1)", snapshots={0: ("a", "b")}), {}, lasting=("a", "b")) as run:
        (first,), (second,) = ask(run, call("f"), snapshot="a"), ask(run, call("f"), snapshot="b")
        assert first.value == second.value  # the same process
        assert first.value[1] == 1  # and the notebook's end
        assert run.started == 1


def test_others_still_get_their_copies(sandbox: Sandbox) -> None:
    wanted = {0: ("early",), 1: ("late",), 2: ("lasts",)}
    sources = ("x = 1\ndef f(): return x", "x = 2", "def g(): return 'end'", "x = 3")
    with sandbox.run(cells(*sources, snapshots=wanted), {}, lasting=("lasts",)) as run:
        assert ask(run, call("f"), snapshot="early")[0].value == 1
        assert ask(run, call("g"), snapshot="lasts")[0].value == "end"
        assert ask(run, call("f"), snapshot="late")[0].value == 2
        assert run.started == 1


def test_a_notebook_whose_threads_go_on_is_asked_in_a_copy(sandbox: Sandbox) -> None:
    source = """
import threading
go_on = threading.Event()
threading.Thread(target=go_on.wait, daemon=True).start()
def f(): return threading.active_count()
"""
    with sandbox.run(cells(source), {}, lasting=("s",)) as run:
        assert ask(run, Request("read", "__name__"))[0].kind == "value"
        import_count = ask(run, call("f"))[0].value
        assert import_count == 1  # of a fork only the thread that forks is left


def test_what_is_shown_in_calls_is_not_heard(sandbox: Sandbox) -> None:
    with sandbox.run(cells("def f(secret):\n    print(secret)\n    return 1"), {}, lasting=("s",)) as run:
        before = run.cells
        assert ask(run, call("f", "s3cret"))[0].value == 1
        assert run.cells == before
        assert "s3cret" not in repr(run.cells) + repr(run.flags)


def test_a_crash_costs_only_the_one_that_crashes(sandbox: Sandbox) -> None:
    breaks = "def f(x):\n    import os\n    os._exit(1)"
    with sandbox.run(cells(breaks, *TWO[1:], snapshots=AT), {}, lasting=("f", "g")) as run:
        assert ask(run, call("g", 1), snapshot="g")[0].value == 10
        assert [reply.kind for reply in ask(run, call("f", 1), snapshot="f")] == ["crashed"]
        assert [reply.value for reply in ask(run, call("g", 2), call("g", 3), snapshot="g")] == [20, 30]
        assert kinds_of_flags(run) == ["crashed"]


def test_a_call_that_does_not_end_costs_only_itself(sandbox: Sandbox) -> None:
    loops = "def f(x):\n    while x: pass\n    return 'done'"
    with sandbox.run(cells(loops, *TWO[1:], snapshots=AT), {}, lasting=("f", "g")) as run:
        assert [reply.kind for reply in ask(run, call("f", 1), call("f", 0), snapshot="f")] == ["timeout", "value"]
        assert ask(run, call("g", 2), snapshot="g")[0].value == 20


def test_objects_live_on_between_the_calls_of_others(sandbox: Sandbox) -> None:
    counter = (
        "class F:\n    def __init__(self): self.n = 0\n    def up(self):\n        self.n += 1\n        return self.n"
    )
    with sandbox.run(cells(counter, *TWO[1:], snapshots=AT), {}, lasting=("f", "g")) as run:
        made = Request("new", "F", handle=7)
        up = Request("method", "up", handle=7)
        assert ask(run, made, up, snapshot="f")[1].value == 1
        assert ask(run, call("g", 1), snapshot="g")[0].value == 10
        assert ask(run, up, snapshot="f")[0].value == 2
