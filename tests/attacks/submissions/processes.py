# ruff: noqa: E501
"""Starts, survives, kills, crashes: processes, threads, signals and the ways out of them."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import FULL, RIGHT, WRONG

_NULL = "import ctypes\nctypes.string_at(0)\n"


def _cell(text: str, tries: str, flag: str = "any") -> Attack:
    """The text in an own cell of an otherwise right submission: it gains nothing, and harms nobody but itself."""
    return Attack(tries, answers=RIGHT, cells={"m98_meter": text}, earns=FULL, flag=flag, harms_itself=True)


def _call(text: str, tries: str, flag: str = "any") -> Attack:
    """The text in the tested function: only that exercise is lost."""
    body = "".join(f"    {line}\n" for line in text.strip().splitlines())
    total = f"def total_bytes(counts, item_bytes):\n{body}    return 1\n"
    rest = {exercise: points for exercise, points in FULL.items() if exercise != "m98_total_bytes"}
    return Attack(tries, answers={**RIGHT, "m98_total_bytes": total}, earns=rest, flag=flag, harms_itself=True)


BACKGROUND = _cell(
    """
import subprocess, sys
for command in (["sleep", "1000"], [sys.executable, "-c", "import time; time.sleep(1000)"], ["/bin/sh", "-c", "sleep 1000 &"]):
    try:
        subprocess.Popen(command, start_new_session=True)
    except Exception as problem:
        print(type(problem))
""",
    "leaves a program in the background",
)
DAEMON = _cell(
    """
import os, signal
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        os.closerange(0, 256)
        while True:
            signal.pause()
    os._exit(0)
""",
    "leaves a daemon that ignores every signal",
)
DAEMON_THAT_SPINS = _cell(
    "import os\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        pass\n",
    "leaves a process that burns a core",
)
DAEMON_IN_CALL = _call(
    "import os, signal\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        signal.pause()",
    "leaves a process from a hidden call",
)
DIES_WITHOUT_PARENT_SIGNAL = _cell(
    """
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(1, 0, 0, 0, 0)
libc.prctl(36, 1, 0, 0, 0)
if os.fork() == 0:
    libc.prctl(1, 0, 0, 0, 0)
    os.setsid()
    while True:
        signal.pause()
""",
    "asks the kernel not to be killed with its parent",
)
RETURNS_TWICE = _cell("import os\nos.fork()\nos.fork()", "lets two copies of itself go on with the notebook")
RETURNS_TWICE_IN_CALL = _call("import os\nos.fork()", "lets two copies of itself answer the hidden call")
PARENT_LEAVES = _cell("import os\nif os.fork():\n    os._exit(0)", "goes on in a copy while the first process leaves")
THREADS_SURVIVE = _cell(
    """
import threading, time
def forever():
    while True:
        time.sleep(0.001)
for _ in range(8):
    threading.Thread(target=forever, daemon=False).start()
""",
    "leaves threads that never end",
    flag="",
)
THREAD_BUSY = _cell(
    "import threading\ndef spin():\n    while True:\n        pass\nthreading.Thread(target=spin, daemon=True).start()",
    "leaves a thread that takes the processor from its own hidden calls",
    flag="",
)
ATEXIT = _cell(
    """
import atexit, os
def last():
    open("/tmp/last", "w").write("x")
    while True:
        pass
atexit.register(last)
os.register_at_fork(after_in_child=lambda: None)
""",
    "has something to do when it ends",
    flag="",
)
FORK_HOOKS = _cell(
    "import os\nos.register_at_fork(before=lambda: 1 / 0, after_in_parent=lambda: os.write(2, b'x'), after_in_child=lambda: os._exit(0))",
    "ends every copy that is made of it",
    flag="",
)
KILL_ALL = _cell(
    """
import os, signal
reached = []
for pid in [-1, *range(2, 400)]:
    if pid == os.getpid():
        continue
    try:
        os.kill(pid, 0); reached.append(pid)
    except OSError:
        pass
print(reached)
if os.getpid() < 400 and not os.path.exists(planted):
    for pid in (-1, os.getppid(), 1):
        if pid:
            try:
                os.kill(pid, signal.SIGTERM); os.kill(pid, signal.SIGUSR1)
            except OSError:
                pass
elif reached:
    breach("can signal others")
""",
    "signals everyone that it can",
)
KILL_PARENT = _cell(
    """
import os, signal
above = os.getppid()
if above and not os.path.exists(planted):
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGINT):
        try:
            os.kill(above, number)
            breach("killed its parent")
        except OSError:
            pass
""",
    "kills the process that made it",
)
KILL_GROUP = _cell(
    "import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\ntry:\n    os.killpg(0, signal.SIGHUP)\nexcept OSError:\n    pass",
    "signals its process group",
)
KILL_SELF = Attack(
    "kills itself in a cell of its own",
    answers=RIGHT,
    cells={"end": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nos._exit(3)"},
    earns=FULL,
)
STOP_SELF = _cell("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "stops itself", flag="")
ALARM = _cell("import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)", "has alarms kill it all the time")
EXIT_IN_CELL = _cell("import os\nos._exit(0)", "ends its process in a cell of its own")
EXIT_IN_CALL = _call("import os\nos._exit(0)", "ends its process in the hidden call")
EXIT_IN_CALL_LATE = _call(
    "import os\nif len(np.ravel(counts)) > 3:\n    os._exit(0)", "ends its process in some of the hidden calls"
)
SEGFAULT_IN_CELL = _cell(_NULL, "reads address 0 in a cell of its own")
SEGFAULT_IN_CALL = _call(_NULL, "reads address 0 in the hidden call")
ABORT_IN_CALL = _call("import os\nos.abort()", "aborts in the hidden call")
STACK_OVERFLOW = _cell(
    """
import ctypes, sys
sys.setrecursionlimit(1 << 30)
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int)
def deeper():
    return COMPARE(deeper)()
deeper()
""",
    "overflows the C stack",
)
RECURSION = _cell("def deeper():\n    return deeper()\ndeeper()", "recurses without end", flag="")
RECURSION_IN_CALL = _call("return total_bytes(counts, item_bytes)", "recurses without end in the hidden call", flag="")
CORRUPTED = _cell(
    """
import ctypes
numbers = (1, 2, 3)
for offset in range(0, 4096, 8):
    ctypes.c_size_t.from_address(id(type(numbers)) + offset).value = 7
""",
    "overwrites the interpreter's own types",
)
CORRUPTED_IN_CALL = _call(
    "import ctypes\nctypes.memset(id(None) - 4096, 65, 8192)", "overwrites the interpreter's memory in the hidden call"
)
SMALL_INTS = Attack(
    "makes 1 equal to 2 for everyone in its process",
    answers={"m98_total_bytes": "def total_bytes(counts, item_bytes):\n    return 1\n"},
    cells={"m98_total_bytes": "import ctypes\nctypes.c_uint32.from_address(id(1) + 24).value = 2"},
    flag="any",
)
FORK_BOMB = _cell(
    """
import os, signal
for turn in range(3000):
    try:
        if os.fork() == 0:
            while True:
                signal.pause()
    except OSError:
        print("enough", turn)
        break
else:
    breach("3000 processes")
""",
    "forks without end",
)
FORK_BOMB_DEEP = _cell(
    """
import os
def split(depth):
    try:
        for _ in range(2):
            if os.fork() == 0:
                if depth < 14:
                    split(depth + 1)
                while True:
                    pass
    except OSError:
        pass
split(0)
""",
    "forks processes that fork processes",
)
FORK_BOMB_IN_CALL = _call(
    "import os, signal\nfor _ in range(3000):\n    if os.fork() == 0:\n        signal.pause()",
    "forks without end in the hidden call",
)
THREAD_BOMB = _cell(
    """
import threading
wait = threading.Event()
for turn in range(5000):
    try:
        threading.Thread(target=wait.wait, daemon=True).start()
    except RuntimeError:
        print("enough", turn)
        break
else:
    breach("5000 threads")
wait.set()
""",
    "starts threads without end",
    flag="",
)
PTRACE = _cell(
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in (os.getppid(), 1, 2):
    if pid not in (0, os.getpid()) and libc.ptrace(16, pid, None, None) == 0:
        breach("traces process %d" % pid)
class Vec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
data = ctypes.create_string_buffer(64)
here, there = Vec(ctypes.addressof(data), 64), Vec(id(os), 64)
for pid in (os.getppid(), 1, 2):
    if pid not in (0, os.getpid()) and libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
        breach("reads the memory of process %d" % pid)
    if pid not in (0, os.getpid()) and libc.syscall(438, libc.syscall(434, pid, 0), 0, 0) >= 0:
        breach("takes descriptors of process %d" % pid)
""",
    "traces and reads other processes",
)
SUBREAPER_AND_NAMES = _cell(
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(15, b"systemd", 0, 0, 0)
libc.prctl(4, 1, 0, 0, 0)
os.setpriority(os.PRIO_PROCESS, 0, 19)
for wish in (-1, -20):
    try:
        os.nice(wish)
    except OSError:
        pass
""",
    "hides behind another name and asks for priority",
)
MULTIPROCESSING = _cell(
    """
import concurrent.futures, multiprocessing, os
try:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=os.getpid) for _ in range(4)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
except Exception as problem:
    print(type(problem))
""",
    "honestly computes in processes of its own",
    flag="",
)
CRASHES_EVERYWHERE = Attack(
    "crashes in every cell, so that nothing is left to replay",
    answers=dict.fromkeys(WRONG, "import os\nos._exit(1)"),
    cells={"start": "import os\nos._exit(1)", "end": "import os\nos._exit(1)"},
)
CRASHES_ON_REPLAY = Attack(
    "crashes only in a process that replays it",
    answers=RIGHT,
    cells={
        "start": "import os, random\nrandom.seed(os.urandom(8))",
        "m98_meter": "import os\nif not os.path.exists('once'):\n    open('once', 'w').close()\n    os._exit(1)\nos._exit(2)",
    },
    earns=FULL,
)
