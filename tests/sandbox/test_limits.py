"""Limits hold, cost what they name, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.errors import SandboxError
from graders.sandbox import Sandbox
from graders.sandbox.process import Process
from tests.sandbox.notebooks import LIMITS, SHAPES, ask, call, cells, kinds_of_flags, start, text_of


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("while True: pass", "timeout"),
        ("import time\nwhile True: time.process_time()", "timeout"),
        ("while True:\n    try:\n        while True: n = 1\n    except BaseException: pass", "timeout"),
        ("sum(range(10 ** 11))", "timeout"),
        ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "timeout"),
        (
            "import threading\ndef long(): sum(range(10**11))\n"
            "[threading.Thread(target=long).start() for _ in range(3)]\nlong()",
            "timeout",
        ),
        ("bytearray(1 << 40)", "memory"),
        ("x = []\nwhile True: x.append(bytes(1 << 22))", "memory"),
    ],
)
def test_a_cell_that_uses_too_much(best: Sandbox, source: str, status: str) -> None:
    with best.run(cells("def f(): return 1", source, "def g(): return 2"), {}) as run:
        assert [cell.status for cell in run.cells] == ["ok", status, "ok"]
        assert run.cells[1].cpu_s < 4 * LIMITS.cell_cpu_s
        assert [reply.value for reply in ask(run, call("f"), call("g"))] == [1, 2]
        assert (status == "timeout") == ("timeout" in kinds_of_flags(run))


def test_an_interrupted_cell_goes_on_in_the_same_process(best: Sandbox) -> None:
    with best.run(cells("kept = []", "kept.append(1)\nwhile True: n = 1", "kept"), {}) as run:
        assert run.cells[1].outputs[-1]["ename"] == "KeyboardInterrupt"
        assert text_of(run, 2) == "[1]"


def test_a_notebooks_time_is_bounded() -> None:
    limits = replace(LIMITS, cell_cpu_s=0.5, notebook_cpu_s=0.8)
    with (
        start(SHAPES[0], limits) as sandbox,
        sandbox.run(cells("def f(): return 1", "while True: n = 1", "while True: n = 1", "x = 1", "y = 1"), {}) as run,
    ):
        assert [cell.status for cell in run.cells] == ["ok", "timeout", "timeout", "skipped", "skipped"]
        assert ask(run, call("f"))[0].value == 1  # the snapshot after a skipped cell is there, and answers


def test_one_that_sleeps_is_stopped_and_one_that_is_starved_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = replace(LIMITS, cell_wall_s=0.3, call_wall_s=0.3)
    forever = "import threading\nthreading.Event().wait()"
    with start(SHAPES[0], limits) as sandbox:
        with sandbox.run(cells(forever, "def f():\n    threading.Event().wait()\ndef g(): return 1"), {}) as run:
            assert [cell.status for cell in run.cells] == ["timeout", "ok"]
            assert [reply.kind for reply in ask(run, call("f"), call("g"))] == ["timeout", "value"]
        monkeypatch.setattr(Process, "waited_s", lambda _: 0.2)
        with sandbox.run(
            cells("import threading\ndef f():\n    threading.Event().wait()\ndef g(): return 1"), {}
        ) as run:
            assert [reply.kind for reply in ask(run, call("f"), call("g"))] == ["retry", "retry"]
            assert ask(run, call("g"))[0].value == 1
        with pytest.raises(SandboxError, match="too slow"):
            sandbox.run(cells(forever), {})


def test_an_exercise_that_only_sleeps_or_crashes_is_given_up(best: Sandbox) -> None:
    limits = replace(LIMITS, call_wall_s=0.1)
    source = "import os, threading\ndef f():\n    threading.Event().wait()\ndef g(): os._exit(1)\ndef h(): return 1"
    with start(SHAPES[0], limits) as sandbox, sandbox.run(cells(source, snapshots={0: ("a", "b")}), {}) as run:
        for name, snapshot, kind in (("f", "a", "timeout"), ("g", "b", "crashed")):
            replies = ask(run, *[call(name)] * 50, call("h"), snapshot=snapshot)
            assert [reply.kind for reply in replies] == [kind] * 51
        assert run.started <= 4  # the first child, and two more for the copies that crashed


def test_a_notebooks_wall_time_is_bounded() -> None:
    limits = replace(LIMITS, cell_wall_s=0.3, notebook_wall_s=0.5, call_wall_s=0.3)
    forever = "import threading\nthreading.Event().wait()"
    with start(SHAPES[0], limits) as sandbox, sandbox.run(cells("1", *[forever] * 20, "def f(): return 1"), {}) as run:
        statuses = [cell.status for cell in run.cells]
        assert statuses[0] == "ok"
        assert "timeout" in statuses
        assert statuses[-1] == "skipped"
        assert ask(run, call("f"))[0].kind in ("missing", "timeout")


def test_processes_and_threads(sandbox: Sandbox) -> None:
    fork = "import os\ntry:\n    os.fork()\n    print('forked')\nexcept OSError as reason:\n    print(reason)"
    threads = f"""
import threading
gate, started = threading.Event(), 0
try:
    for _ in range({LIMITS.processes + 5}):
        threading.Thread(target=gate.wait).start()
        started += 1
except RuntimeError as reason:
    print(reason)
gate.set()
print(started < {LIMITS.processes}, started > 4)
"""
    program = "import subprocess\nsubprocess.run(['/bin/true'])"
    with sandbox.run(cells(fork, threads, program, "import os\nos.system('true')", "'alive'"), {}) as run:
        assert "not permitted" in text_of(run, 0)
        assert text_of(run, 1) == "can't start new thread\nTrue True\n"
        assert run.cells[2].status == "error"
        assert run.cells[3].status == "ok"
        assert text_of(run, 3) != "0"
        assert text_of(run, 4) == "'alive'"
        assert kinds_of_flags(run) == ["processes"]


def test_a_fork_bomb_is_a_refused_call(sandbox: Sandbox) -> None:
    bomb = """
import os
count = 0
for _ in range(500):
    try:
        os.fork()
        count += 1
    except OSError: pass
count
"""
    with sandbox.run(cells(bomb), {}) as run:
        assert text_of(run, 0) == "0"


def test_files(sandbox: Sandbox) -> None:
    one = f"with open('big', 'wb') as file: file.write(bytes({LIMITS.disk_bytes + 1}))"
    many = "for number in range(2_000):\n    with open(f'f{number}', 'wb') as file: file.write(bytes(10_000))"
    unlinked = """
import os
kept = []
for _ in range(100):
    handle = os.open('gone', os.O_CREAT | os.O_WRONLY)
    os.unlink('gone'); kept.append(handle)
    os.write(handle, bytes(1 << 20))
"""
    opened = "held = [open('/dev/null') for _ in range(100)]"
    for source in (one, many, unlinked, opened):
        with sandbox.run(cells(source, "'alive'"), {}) as run:
            failed = run.cells[0].outputs[-1]
            assert (failed["output_type"], failed["ename"]) in (("error", "OSError"), ("error", "PermissionError"))
            assert text_of(run, 1) == "'alive'"


def test_a_library_that_looks_for_programs_is_not_accused(best: Sandbox) -> None:
    curious = "import subprocess\ntry: subprocess.check_output(['fc-list'])\nexcept OSError as reason: print(reason)"
    with best.run(cells(curious), {}) as run:
        assert "not permitted" in text_of(run, 0)
        assert run.flags == ()
    with best.run(cells(*[curious] * 3), {}) as run:
        assert kinds_of_flags(run) == ["processes"]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.memfd_create('x')",
        "from multiprocessing import shared_memory\nshared_memory.SharedMemory(create=True, size=1 << 20)",
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.shmget(1, 4096, 0o1666) < 0: raise OSError(ctypes.get_errno(), 'shmget')",
    ],
)
def test_memory_that_would_escape_the_limits(sandbox: Sandbox, source: str) -> None:
    with sandbox.run(cells(source), {}) as run:
        assert run.cells[0].outputs[-1]["ename"] in ("PermissionError", "OSError", "FileNotFoundError")


def test_a_flood_on_the_line_ends(best: Sandbox) -> None:
    flood = """
import os, json, stat, struct
line = next(n for n in range(3, 60) if stat.S_ISSOCK(os.fstat(n).st_mode))
head = json.dumps({"output": {"output_type": "stream", "name": "stdout", "text": "x" * 1000}}).encode()
while True:
    os.write(line, struct.pack("<II", len(head), 0) + head)
"""
    with best.run(cells(flood, "'next'"), {}) as run:
        assert run.cells[0].status in ("timeout", "crashed")
        assert len(text_of(run, 0)) < LIMITS.output_bytes + 200
        assert text_of(run, 1) == "'next'"
