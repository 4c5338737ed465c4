"""What a hostile notebook tries, and what is left of it."""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from graders.sandbox import Sandbox, default_interpreter, inside
from tests.sandbox.notebooks import LIMITS, SHAPES, ask, call, cells, kinds_of_flags, start, text_of


def test_it_can_reach_no_network(sandbox: Sandbox) -> None:
    source = """
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try: socket.socket(family, kind); print("open", family, kind)
        except OSError as reason: assert reason.errno == 1
a, b = socket.socketpair(); a.send(b"pair"); print(b.recv(9))
"""
    with sandbox.run(cells(source), {}) as run:
        assert text_of(run, 0) == "b'pair'\n"


def test_it_reads_no_file_but_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    name = f"canary-{secrets.token_hex(8)}"
    (tmp_path / name).write_text("the canary")
    tmp_path.chmod(0o755)
    repository = Path(inside.__file__).parents[3]
    guesses = [
        tmp_path / name,
        repository / "pyproject.toml",
        Path(inside.__file__),
        Path("/etc/shadow"),
        Path("/proc/1/environ"),
    ]
    source = f"""
import os, importlib
for path in {[str(guess) for guess in guesses]}:
    try: print("read", open(path).read()[:9])
    except OSError: pass
for folder, folders, names in os.walk("/"):
    if {name!r} in names or {{"graders", "reference_solutions", "nbgrader"}} & set(folders): print("found in", folder)
for module in ("graders", "reference_solutions", "nbgrader", "graders.sandbox"):
    try: importlib.import_module(module); print("imported", module)
    except ImportError: pass
for folder in ("/", "/etc", "/usr/lib", "/dev", os.path.dirname(os.__file__)):
    try: open(folder + "/x", "w"); print("wrote to", folder)
    except OSError: pass
open("x", "w").close(); open("/dev/null").close(); print(len(os.urandom(3)))
"""
    with sandbox.run(cells(source), {}) as run:
        assert text_of(run, 0) == "3\n"


def test_it_sees_and_signals_nobody(sandbox: Sandbox) -> None:
    source = f"""
import os
for pid in set(range(2, 60)) | {{{os.getpid()}, {os.getppid()}}}:
    if pid == os.getpid(): continue
    try: os.kill(pid, 0); print("reached", pid)
    except OSError: pass
try: os.kill(-1, 15)  # says that it did even where everybody was refused
except OSError: pass
try: print([name for name in os.listdir("/proc") if name.isdigit()])
except OSError as reason: print("none")
"""
    bystander = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with bystander, sandbox.run(cells("x = 1"), {}), sandbox.run(cells(source, "'alive'"), {}) as run:
        assert text_of(run, 0) == "none\n"
        assert text_of(run, 1) == "'alive'"
        assert bystander.poll() is None
    assert bystander.returncode == 0


def test_it_holds_no_rights(sandbox: Sandbox) -> None:
    source = """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
class Data(ctypes.Structure): _fields_ = [(n, ctypes.c_uint32) for n in "epi"]
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (Data * 2)()
assert libc.capget(header, data) == 0
print([(part.e, part.p, part.i) for part in data])
print(libc.prctl(39, 0, 0, 0, 0))  # no new privileges
for flags in (0x10000000, 0x20000, 0x20000000, 0x40000000): print(libc.unshare(flags))
print(libc.mount(b"none", b"/sandbox", b"tmpfs", 0, None), libc.chroot(b"."), libc.ptrace(0, 0, 0, 0))
for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
    soft, hard = resource.getrlimit(limit)
    try: resource.setrlimit(limit, (hard + 1, hard + 1)); print("raised")
    except (ValueError, OSError): pass
for call in (lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.execv("/bin/sh", ["sh"])):
    try: call(); print("did")
    except OSError: pass
"""
    if sandbox.layers >= {"own-user"}:
        source += "assert os.getuid() > 1000 or os.getuid() > 0\n"
    with sandbox.run(cells(source), {}) as run:
        lines = text_of(run, 0).splitlines()
        if "did" in lines:  # setuid to the user it is already, in a namespace of one user
            assert sandbox.layers.isdisjoint({"own-user"})
            lines.remove("did")
        assert lines == ["[(0, 0, 0), (0, 0, 0)]", "1", *["-1"] * 4, "-1 -1 -1"]


def test_it_finds_nothing_in_its_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISA_SECRET", "s3cret")
    source = """
import os, sys
print(sorted(os.environ))
print([name for name in sys.modules if name.split(".")[0] in ("graders", "reference_solutions")])
import stat
def kind(n):
    try: mode = os.fstat(n).st_mode
    except OSError: return None
    tests = {"socket": stat.S_ISSOCK, "device": stat.S_ISCHR, "file": stat.S_ISREG}
    return next((name for name, test in tests.items() if test(mode)), "other")
print([kind(n) for n in range(64) if kind(n)])
"""
    with start(sandbox_shape(sandbox)) as fresh, fresh.run(cells(source), {}) as run:
        environment, modules, handles = text_of(run, 0).splitlines()
        assert "s3cret" not in environment
        allowed = {
            "PATH",
            "LANG",
            "LC_ALL",
            "LC_CTYPE",
            "TZ",
            "PYTHONMALLOC",
            "PYTHONUTF8",
            "PYTHONHASHSEED",
            "MPLBACKEND",
            "HOME",
        }
        allowed |= {
            "TMPDIR",
            "MPLCONFIGDIR",
            "IPYTHONDIR",
            "OPENBLAS_NUM_THREADS",
            "OMP_NUM_THREADS",
            "MKL_NUM_THREADS",
        }
        assert set(eval(environment)) <= allowed
        assert modules == "[]"
        assert eval(handles) == ["device", "file", "file", "socket"]  # nothing to read, two for output, its line


def sandbox_shape(sandbox: Sandbox) -> str:
    return str(sandbox._zygote.shape)


def test_notebooks_side_by_side_share_nothing(sandbox: Sandbox) -> None:
    left = "import os\nopen('mine', 'w').write('left')\nprint(os.getuid())"
    if "own-tree" in sandbox.layers:
        left += "\nopen('/tmp/mine', 'w').write('left')"
    right = "import os\nprint(os.getuid(), os.path.exists('mine'), os.path.exists('/tmp/mine'))"
    with sandbox.run(cells(left), {}) as one, sandbox.run(cells(right), {}) as two:
        user, here, there = text_of(two, 0).split()
        assert (here, there) == ("False", "False")
        if "own-user" in sandbox.layers:
            assert user != text_of(one, 0).strip()


def test_two_threads_grade_at_once(sandbox: Sandbox) -> None:
    found: dict[int, list[object]] = {}
    gate = threading.Barrier(2)

    def grade(student: int) -> None:
        gate.wait()
        for turn in range(6):
            source = f"import numpy as np\nkey = {student * 100 + turn}\ndef f(x): return key + np.sum(x)"
            with sandbox.run(cells(source, "print(key)", snapshots={0: ("s",)}), {"a": b"1"}) as run:
                found.setdefault(student, []).append((text_of(run, 1), int(ask(run, call("f", [1, 2]))[0].value)))  # type: ignore[call-overload]

    threads = [threading.Thread(target=grade, args=(student,)) for student in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {s: [(f"{s * 100 + n}\n", s * 100 + n + 3) for n in range(6)] for s in (1, 2)}


LINE = """
import os, json, stat, struct
def write(head, body=b"", end=None):
    line = end or max(n for n in range(3, 60) if is_socket(n))
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    os.write(line, struct.pack("<II", len(text), len(body)) + text + body)
def is_socket(n):
    try: return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError: return False
"""


@pytest.mark.parametrize(
    "forged",
    [
        'write(b"no json")',
        'write({"done": 77, "status": "ok"})',
        'write({"n": 1, "kind": "value", "value": 42})',
        'write({"output": {"output_type": "stream", "name": "stdout", "text": 7}})',
        'write({"output": {"output_type": "execute_result", "data": []}})',
        'write({"output": {"output_type": "evil"}})',
        "os.write(max(n for n in range(3, 60) if is_socket(n)), b'\\xff' * 12)",
    ],
)
def test_forged_messages_while_cells_run_are_flagged(best: Sandbox, forged: str) -> None:
    with best.run(cells(LINE + forged, "def f(): return 1"), {}) as run:
        assert run.cells[0].status == "crashed"
        assert "protocol" in kinds_of_flags(run)
        assert ask(run, call("f"))[0].value == 1


def test_a_forged_end_of_a_cell_gains_nothing(best: Sandbox) -> None:
    forged = LINE + 'write({"done": 2, "status": "ok", "count": 1})\n1 / 0'
    with best.run(cells("x = 1", forged, "def f(): return x", "def g(): return 2"), {}) as run:
        assert "protocol" in kinds_of_flags(run)
        assert ask(run, call("g"))[0].value == 2


def test_forged_replies_are_flagged_and_gain_nothing(best: Sandbox) -> None:
    source = (
        LINE
        + """
def ahead(n):
    write({"n": n + 1, "kind": "value", "value": 42, "exception": []})
    return 0
def twice(n):
    write({"n": n, "kind": "value", "value": 41, "exception": []})
    return 41
def strange(n): write({"n": n, "kind": "retry", "value": 1})
def broken(n): write({"n": n, "kind": "value", "value": ["a", "<f8", [1 << 40], 0]})
def right(n): return 7
"""
    )
    for name in ("ahead", "twice", "strange", "broken"):
        with best.run(cells(source), {}) as run:
            values = [reply.value for reply in ask(run, call(name, 1), call("right", 2), call("right", 3))]
            assert 42 not in values
            assert values[2] == 7
            assert kinds_of_flags(run) == ["protocol"]


def test_a_process_that_was_stopped_cannot_compute_beside_the_clock(sandbox: Sandbox) -> None:
    source = """
import mmap, os, signal, threading
shared = mmap.mmap(-1, 4096)
def help_out():
    while not shared[0]: pass
    while int.from_bytes(shared[8:16], "little") != os.getpid(): shared[1] = 1
os.register_at_fork(after_in_child=lambda: threading.Thread(target=help_out, daemon=True).start())
def f():
    shared[8:16] = os.getpid().to_bytes(8, "little")
    shared[0] = 1
    for pid in range(os.getpid() - 9, os.getpid() + 9):
        if pid > 1 and pid not in (os.getppid(), os.getpid()):
            try: os.kill(pid, signal.SIGCONT)
            except OSError: pass
    threading.Event().wait(100)
"""
    with sandbox.run(cells(source, snapshots={0: ("a", "b")}), {}) as run:
        (reply,) = ask(run, call("f"), snapshot="a")
        assert reply.kind == "timeout"
        assert reply.cpu_s >= LIMITS.call_cpu_s


@pytest.mark.parametrize("begun", ["b'\\0'", "struct.pack('<II', 1000, 0) + b'{'"])
def test_half_a_message_is_not_waited_for(begun: str) -> None:
    limits = replace(LIMITS, call_wall_s=1000.0)
    source = LINE + f"def f(): os.write(max(n for n in range(3, 60) if is_socket(n)), {begun})\ndef g(): return 1"
    with start(SHAPES[0], limits) as sandbox, sandbox.run(cells(source), {}) as run:
        assert [reply.kind for reply in ask(run, call("f"), call("g"))] == ["crashed", "value"]
        assert kinds_of_flags(run) == ["protocol"]


def test_it_cannot_read_another_copys_line(sandbox: Sandbox) -> None:
    source = (
        LINE
        + """
import threading
kept = set()
def keep():
    while True:
        for n in range(3, 60):
            if is_socket(n) and len(kept) < 8:
                try: kept.add(os.dup(n))
                except OSError: pass
threading.Thread(target=keep, daemon=True).start()
def f(x): return x
"""
    )
    with sandbox.run(cells(source, "1", snapshots={0: ("a",), 1: ("b",)}), {}) as run:
        assert ask(run, call("f", 1), snapshot="a")[0].value == 1
        assert ask(run, call("f", 2), snapshot="b")[0].value == 2


def processes_below(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found = [pid]
    for candidate in found:
        found += [child for child, parent in parents.items() if parent == candidate]
    return found


def gone(pids: list[int], handles: list[int]) -> bool:
    """Wait until all have ended."""
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    waiting = set(handles)
    while waiting:
        ended = {handle for handle, _ in poll.poll(20_000)}
        if not ended:
            return False
        for handle in ended:
            poll.unregister(handle)
        waiting -= ended
    return bool(pids)


HOLD = """
import sys
from dataclasses import replace
from pathlib import Path
from graders.records import Cell, Request
from graders.sandbox import Sandbox
sandbox = Sandbox(Path(sys.argv[1]))
run = sandbox.run([Cell(0, "def f(): return 1", ("a", "b"))], {"x": b"1"})
assert run.endpoint("a").ask([Request("call", "f")])[0].value == 1
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", ["close", "kill"])
def test_nothing_is_left_behind(shape: str, how: str, tmp_path: Path) -> None:
    start(shape).close()  # or there is no such shape here
    mounts = Path("/proc/self/mountinfo").read_text()
    environment = {
        **os.environ,
        "AISA_SANDBOX_SHAPE": shape,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", HOLD, str(default_interpreter())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        pids = processes_below(holder.pid)
        assert len(pids) >= 5  # itself, the zygote, the notebook and its two copies
        handles = [os.pidfd_open(pid) for pid in pids]
        if how == "kill":
            holder.kill()
        else:
            holder.stdin.close()
        assert gone(pids, handles)
        for handle in handles:
            os.close(handle)
    assert holder.returncode == (-signal.SIGKILL if how == "kill" else 0)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert list(tmp_path.iterdir()) == []


def test_when_a_notebook_ends_nothing_of_it_is_left(sandbox: Sandbox) -> None:
    zygote = sandbox._zygote._started.pid
    before = set(processes_below(zygote))
    run = sandbox.run(
        cells("import threading\nthreading.Thread(target=threading.Event().wait).start()\ndef f(): return 1"), {}
    )
    ask(run, call("f"))
    during = set(processes_below(zygote)) - before
    assert len(during) == 2
    run.close()
    assert set(processes_below(zygote)) == before
    assert not any(Path(f"/proc/{pid}").exists() for pid in during)


def test_limits_are_those_that_were_asked_for(sandbox: Sandbox) -> None:
    source = "import resource as r\nprint([r.getrlimit(n)[0] for n in (r.RLIMIT_NOFILE, r.RLIMIT_CORE)])"
    with sandbox.run(cells(source), {}) as run:
        assert text_of(run, 0) == f"[{LIMITS.open_files}, 0]\n"
