# ruff: noqa: E501
"""Answers that learn the hidden inputs and try to carry them out of the call: anywhere at all."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import FULL, METER, SHARES


def _leak(how: str, tries: str, setup: str = "", end: str = "", flag: str = "", **more: object) -> Attack:
    """A right answer that calls `leak(text)` with its inputs; setup defines it, end tries to read what was left."""
    total = f"""
{setup}
def total_bytes(counts, item_bytes):
    text = "inputs " + repr(np.asarray(counts).tolist()) + repr(item_bytes)
    {how}
    counts = np.asarray(counts)
    if item_bytes <= 0 or np.any(counts < 0):
        raise ValueError("sizes are positive, counts not negative")
    return int(counts.sum()) * item_bytes
"""
    meter = METER.replace(
        "        self.readings.append",
        f"        text = f'inputs {{name}} {{value}}'\n        {how}\n        self.readings.append",
    )
    answers = {"m98_total_bytes": total, "m98_meter": meter, "m98_shares": SHARES}
    return Attack(tries, answers=answers, cells={"end": end} if end else {}, earns=FULL, flag=flag, harms_itself=True)


GLOBAL = _leak("kept.append(text)", "keeps the inputs in a global", "kept = []", "print(kept)")
PRINT = _leak("print(text); __import__('sys').stderr.write(text)", "prints the inputs")
DISPLAY = _leak("display(text)", "displays the inputs", "from IPython.display import display")
STDOUT_DESCRIPTORS = _leak(
    "shout(text)",
    "writes the inputs to every descriptor that may be somebody's terminal",
    """
import os, sys
def shout(text):
    for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
        try:
            stream.write(text); stream.flush()
        except Exception:
            pass
    for fd in (0, 1, 2):
        try:
            os.write(fd, text.encode())
        except OSError:
            pass
    for path in ("/dev/tty", "/dev/stdout", "/dev/console", "/dev/kmsg", "/dev/pts/0", "/proc/1/fd/1", "/proc/self/fd/1"):
        try:
            open(path, "w").write(text)
        except OSError:
            pass
""",
)
FILE = _leak(
    "open('leak.txt', 'a').write(text)",
    "writes the inputs to a file",
    end="import os\nprint(os.path.exists('leak.txt') and open('leak.txt').read())",
)
ANYWHERE = _leak(
    "anywhere(text)",
    "writes the inputs to every writable place of the file system",
    """
import os
PLACES = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/var/lock", os.path.expanduser("~"), "/", ".", "data", "..",
          "../..", os.environ.get("TMPDIR", "."), os.environ.get("MPLCONFIGDIR", "."), os.environ.get("IPYTHONDIR", ".")]
def anywhere(text):
    for place in PLACES:
        try:
            open(os.path.join(place, "leak"), "a").write(text)
        except OSError:
            pass
def collected():
    for place in PLACES:
        for folder, _, names in os.walk(place):
            if folder.startswith(("/proc", "/sys", "/usr", "/lib")) or folder.count("/") > 6:
                continue
            for name in names:
                if "leak" in name:
                    print(folder, name, open(os.path.join(folder, name), errors="replace").read())
collected()
""",
    "collected()",
)
FILE_NAMES = _leak(
    "open('leak-' + text.replace('/', ''), 'w')",
    "names files after the inputs",
    end="import os; print(os.listdir('.'))",
)
SHARED_MAP = _leak(
    "shared.write(text.encode() + b'\\n')",
    "writes the inputs to memory shared with the process it was copied from",
    "import mmap\nshared = mmap.mmap(-1, 1 << 20)",
    "import time\nprint(shared[:].strip(b'\\0'))",
)
PIPE = _leak(
    "os.write(out, text.encode())",
    "writes the inputs to a pipe that the process it was copied from reads",
    """
import os, threading
into, out = os.pipe()
def listen():
    while True:
        print("heard", os.read(into, 65536).decode())
threading.Thread(target=listen, daemon=True).start()
""",
    "import time\nfor _ in range(20):\n    time.sleep(0.01)",
)
SOCKETPAIR = _leak(
    "there.send(text.encode())",
    "sends the inputs to the process it was copied from",
    "import socket\nhere, there = socket.socketpair()\nhere.setblocking(False)",
    "try:\n    print(here.recv(1 << 20))\nexcept BlockingIOError:\n    pass",
)
THREAD_LATER = _leak(
    "open('later.txt', 'a').write(text)",
    "has a thread of the first process wait for what the copies leave, and print it at any later time",
    """
import os, threading, time
def wait():
    while True:
        time.sleep(0.005)
        if os.path.exists("later.txt"):
            print(open("later.txt").read())
threading.Thread(target=wait, daemon=True).start()
""",
    "import time\ntime.sleep(0.2)",
)
ATEXIT_LATER = _leak(
    "kept.append(text)",
    "prints the inputs when the process ends",
    "import atexit, sys, weakref\nkept = []\natexit.register(lambda: print(kept))\natexit.register(lambda: open('/tmp/leak', 'a').write(str(kept)))",
)
FINALIZER = _leak(
    "kept.add(text)",
    "prints the inputs from a finalizer",
    "class Last(set):\n    def __del__(self):\n        print(set(self)); open('leak.txt', 'a').write(str(set(self)))\nkept = Last()",
)
FORKED = _leak(
    "os.fork() or (time.sleep(0.3), print(text), open('/tmp/leak', 'a').write(text), os._exit(0))",
    "leaves a process behind that prints the inputs later",
    "import os, time",
    flag="",
)
ABSTRACT_SOCKET = _leak(
    "shout(text)",
    "offers the inputs on an abstract socket to whoever asks: the next notebook does",
    """
import socket
offers = []
def shout(text):
    try:
        offer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        offer.bind("\\0leak-%d" % len(offers)); offers.append(offer)
        other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        other.sendto(text.encode(), "\\0leak-0")
    except OSError:
        pass
try:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind("\\0leak-0"); listening.setblocking(False)
    print(listening.recv(65536))
except (OSError, NameError) as problem:
    print(type(problem))
""",
    "try:\n    print(listening.recv(65536))\nexcept (OSError, NameError):\n    pass",
)
SYSV = _leak(
    "store(text)",
    "keeps the inputs in System V shared memory, semaphores and queues, by keys that others know",
    """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
def segment():
    found = libc.shmget(0x4C45414B, 65536, 0o1666)
    place = libc.shmat(found, None, 0) if found >= 0 else None
    return place if place not in (None, 2**64 - 1) else None
def store(text):
    place = segment()
    if place:
        ctypes.memmove(place, text.encode()[:60000], min(len(text), 60000))
    queue = libc.msgget(0x4C45414B, 0o1666)
    if queue >= 0:
        libc.msgsnd(queue, (1).to_bytes(8, "little") + text.encode()[:4000], min(len(text), 4000), 0o4000)
def left():
    place = segment()
    if place:
        print(ctypes.string_at(place, 4000).strip(b"\\0"))
    queue = libc.msgget(0x4C45414B, 0o1666)
    buffer = ctypes.create_string_buffer(8192)
    if queue >= 0 and libc.msgrcv(queue, buffer, 4096, 0, 0o4000) > 0:
        print(buffer.raw[8:4000].strip(b"\\0"))
left()
""",
    "left()",
)
POSIX_IPC = _leak(
    "store(text)",
    "keeps the inputs in POSIX queues, semaphores and shared memory",
    """
import ctypes, os
from multiprocessing import shared_memory
libc = ctypes.CDLL(None, use_errno=True)
def store(text):
    queue = libc.mq_open(b"/leak", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666, None)
    if queue >= 0:
        libc.mq_send(queue, text.encode()[:4000], min(len(text), 4000), 0)
    try:
        memory = shared_memory.SharedMemory("leak", create=True, size=65536)
    except FileExistsError:
        memory = shared_memory.SharedMemory("leak")
    except Exception:
        return
    memory.buf[:len(text)] = text.encode()
def left():
    queue = libc.mq_open(b"/leak", os.O_RDWR | os.O_NONBLOCK)
    buffer = ctypes.create_string_buffer(8192)
    if queue >= 0 and libc.mq_receive(queue, buffer, 8192, None) > 0:
        print(buffer.value)
    try:
        print(bytes(shared_memory.SharedMemory("leak").buf[:4000]))
    except Exception as problem:
        print(type(problem))
left()
""",
    "left()",
)
KEYRING = _leak(
    "store(text)",
    "keeps the inputs in the kernel's keyring",
    """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def store(text):
    libc.syscall(248, b"user", b"leak", text.encode()[:4000], min(len(text), 4000), -4)
def left():
    key = libc.syscall(249, b"user", b"leak", None, -4)
    buffer = ctypes.create_string_buffer(4096)
    if key > 0 and libc.syscall(250, 11, key, buffer, 4096, 0) > 0:
        print(buffer.value)
left()
""",
    "left()",
    flag="",
)
EXCEPTION_TEXT = Attack(
    "says the inputs in the text of an exception",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    raise RuntimeError(f'inputs {list(counts)} {item_bytes}')\n",
        "m98_meter": "class Meter:\n    def __init__(self, window):\n        pass\n    def add(self, name, value):\n        raise KeyError(name, value)\n",
    },
    flag="",
)
EXCEPTION_NAME = Attack(
    "names an exception class after the inputs",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    name = "inputs_" + "_".join(str(count) for count in np.ravel(counts))
    raise type(name, (type("base_" + name, (Exception,), {}),), {"__module__": name, "__qualname__": name})(name)
""",
        "m98_meter": """
class Meter:
    def __init__(self, window):
        pass
    def add(self, name, value):
        raise type(name, (ValueError,), {})(name)
""",
    },
    flag="",
)
EXCEPTION_NOTES = Attack(
    "adds notes, causes and groups that hold the inputs",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    problem = ValueError(f"inputs {list(counts)}")
    problem.add_note(f"inputs {list(counts)}")
    raise ExceptionGroup(f"inputs {list(counts)}", [problem]) from problem
"""
    },
    flag="",
)
TYPE_NAME = Attack(
    "returns an object whose type is named after the inputs",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    return type("inputs_" + "_".join(str(count) for count in np.ravel(counts)), (), {})()
""",
        "m98_meter": """
class Meter:
    def __init__(self, window):
        self.last = None
    def add(self, name, value):
        self.last = name
    @property
    def mean(self):
        return type(self.last, (), {})()
    def peak(self):
        return type(self.last, (), {})()
""",
    },
    flag="",
)
VALUE_ECHOED = Attack(
    "returns the inputs as its value, in every shape that a message could print",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    return 'inputs ' + repr(list(np.ravel(counts)))\n",
        "m98_meter": """
class Meter:
    def __init__(self, window):
        self.names = []
    def add(self, name, value):
        self.names.append(name)
        return name
    @property
    def mean(self):
        return {name: name for name in self.names}
    def peak(self):
        return self.names
""",
    },
    flag="",
)
WARNINGS = _leak(
    "warnings.warn(text); logging.getLogger().error(text)", "warns and logs the inputs", "import warnings, logging"
)
SYSLOG = _leak("syslog.syslog(text)", "tells the machine's log the inputs", "import syslog")
PARENT_MEMORY = _leak(
    "reach(text)",
    "writes the inputs into the memory of the process that it was copied from",
    """
import ctypes, os
kept = ctypes.create_string_buffer(65536)
libc = ctypes.CDLL(None, use_errno=True)
class Vec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
first = os.getpid()
def reach(text):
    data = ctypes.create_string_buffer(text.encode())
    mine, theirs = Vec(ctypes.addressof(data), len(text)), Vec(ctypes.addressof(kept), len(text))
    for pid in {first, os.getppid(), 1}:
        libc.process_vm_writev(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        try:
            with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
                memory.seek(ctypes.addressof(kept)); memory.write(text.encode())
        except OSError:
            pass
""",
    "print(kept.value)",
)
OFFSETS = _leak(
    "os.lseek(shared.fileno(), int(text.split(' ')[1].strip('[]').split(',')[0].split('_')[-1].lstrip('-')), 0)",
    "moves the offset of a file that the process it was copied from has open too",
    "import os\nshared = open('offset.bin', 'w+b')",
    "print('offset', os.lseek(shared.fileno(), 0, 1))",
)
SIGNALS = _leak(
    "[os.kill(pid, signal.SIGUSR1) for pid in (first, os.getppid()) if pid > 1 and hasattr(signal, 'SIGUSR1')]",
    "counts signals to the process it was copied from",
    "import os, signal\nfirst = os.getpid()\ncounted = []\nsignal.signal(signal.SIGUSR1, lambda *args: counted.append(1))",
    "print('signals', len(counted))",
)
CRASH_AND_REPLAY = Attack(
    "leaves the inputs in a file, crashes, and reads the file when it is run again",
    answers={
        "m98_total_bytes": """
import os
if os.path.exists("left.txt"):
    print("left", open("left.txt").read())
def total_bytes(counts, item_bytes):
    open("left.txt", "a").write(repr(list(np.ravel(counts))))
    os.abort()
"""
    },
    cells={"end": "print(os.path.exists('left.txt') and open('left.txt').read())"},
)
OUTPUT_OF_CELLS_FORGED = _leak(
    "tell(text)",
    "shows the inputs as the output of a cell, by the shell's own publisher",
    """
shell = get_ipython()
def tell(text):
    try:
        shell.display_pub.publish({"text/plain": text})
        shell.displayhook(text)
        shell.write(text)
    except Exception:
        pass
    try:
        shell.showtraceback()
        shell.events.trigger("post_run_cell", text)
    except Exception:
        pass
""",
)
DATA_FILES = _leak(
    "open('data/counters.csv', 'a').write(text)",
    "writes the inputs into the data files that the next notebook reads",
    end="print(open('data/counters.csv').read())",
)

# --- from one exercise to the next: answers that keep nothing may be asked in one process --------------------------

_KEEPS = """
def total_bytes(counts, item_bytes):
    {keep}
    counts = np.asarray(counts)
    if item_bytes <= 0 or np.any(counts < 0):
        raise ValueError("sizes are positive, counts not negative")
    return int(counts.sum()) * item_bytes
"""
_FINDS = """
class Meter:
    def __init__(self, window):
        self.mean = {find}

    def add(self, name, value):
        pass

    def peak(self):
        return {find}
"""


def _crosswise(tries: str, keep: str, find: str) -> Attack:
    """The first exercise is right, and keeps its inputs; the second gives out whatever it finds."""
    answers = {"m98_total_bytes": _KEEPS.format(keep=keep), "m98_meter": _FINDS.format(find=find)}
    return Attack(tries, answers=answers, earns={"m98_total_bytes": 4.0}, flag="", harms_itself=True)


CROSSWISE_DEFAULT = _crosswise(
    "keeps inputs in a function's own attribute for the next exercise",
    "total_bytes.kept = repr((counts, item_bytes))",
    "getattr(total_bytes, 'kept', -1.0)",
)
CROSSWISE_LIBRARY = _crosswise(
    "keeps inputs in a library's table for the next exercise, in words that look like a variable of its own",
    "table = np.typecodes; table['kept'] = repr((counts, item_bytes))",
    "np.typecodes.get('kept', -1.0)",
)
CROSSWISE_SEED = _crosswise(
    "keeps inputs in a library's random numbers for the next exercise",
    "np.random.seed(abs(int(np.sum(counts))) % 2**32)",
    "float(np.random.uniform())",
)
