# ruff: noqa: E501
"""Uses up memory, disk, output, processor and patience."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import FULL, RIGHT


def _cell(text: str, tries: str, flag: str = "any", place: str = "end") -> Attack:
    """The text in an own cell of a right submission, by default after everything else."""
    return Attack(tries, answers=RIGHT, cells={place: text}, earns=FULL, flag=flag, harms_itself=True)


def _call(text: str, tries: str, flag: str = "") -> Attack:
    body = "".join(f"    {line}\n" for line in text.strip().splitlines())
    total = f"def total_bytes(counts, item_bytes):\n{body}    return 1\n"
    rest = {exercise: points for exercise, points in FULL.items() if exercise != "m98_total_bytes"}
    return Attack(tries, answers={**RIGHT, "m98_total_bytes": total}, earns=rest, flag=flag, harms_itself=True)


MEMORY = _cell(
    """
kept = []
for _ in range(64):
    kept.append(bytearray(64 << 20))
breach("4 GiB of memory")
""",
    "takes all memory",
    flag="",
)
MEMORY_BEFORE = _cell(
    "kept = []\nwhile len(kept) < 64:\n    kept.append(b'x' * (64 << 20))\nbreach('4 GiB of memory')",
    "takes all memory before the exercises",
    place="start",
    flag="",
)
MEMORY_AT_ONCE = _cell("import numpy as np\nnp.ones(1 << 36)", "asks for 512 GiB at once", flag="")
MEMORY_IN_CALL = _call(
    "kept = []\nwhile len(kept) < 64:\n    kept.append(bytearray(64 << 20))\nwhile True:\n    pass",
    "takes all memory in the hidden call",
)
MEMORY_SWALLOWED = _cell(
    """
kept = []
for _ in range(20_000):
    try:
        kept.append(bytearray(1 << 20))
    except MemoryError:
        pass
if len(kept) > 4096:
    breach("4 GiB of memory")
del kept
""",
    "takes memory and takes no for no answer",
    flag="",
)
MEMORY_OF_CHILDREN = _cell(
    """
import os, signal
total = 0
into, out = os.pipe()
for _ in range(30):
    try:
        if os.fork() == 0:
            kept = []
            try:
                while len(kept) < 200:
                    kept.append(b"x" * (1 << 20)); os.write(out, b"x")
            except MemoryError:
                pass
            while True:
                signal.pause()
    except OSError:
        break
os.close(out); os.set_blocking(into, False)
for _ in range(200_000):
    try:
        total += len(os.read(into, 65536))
    except BlockingIOError:
        pass
    if total > 4096:
        breach("children took 4 GiB"); break
""",
    "takes memory in many processes",
)
MEMFD = _cell(
    """
import os
files = []
total = 0
try:
    for _ in range(200):
        files.append(os.memfd_create("x"))
        for _ in range(32):
            total += os.write(files[-1], bytes(1 << 20))
except (OSError, AttributeError) as problem:
    print(problem)
if total > 3 << 30:
    breach("3 GiB in memory files")
""",
    "keeps memory in files that have no name",
)
SHARED_MEMORY = _cell(
    """
import mmap, ctypes
kept, total = [], 0
try:
    for _ in range(256):
        shared = mmap.mmap(-1, 16 << 20)
        for page in range(0, 16 << 20, 4096):
            shared[page] = 1
        kept.append(shared); total += 16 << 20
except (OSError, ValueError, MemoryError) as problem:
    print(problem)
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for _ in range(256):
    segment = libc.shmget(0, 16 << 20, 0o1600)
    if segment < 0:
        break
    place = libc.shmat(segment, None, 0)
    if place in (None, 2**64 - 1):
        break
    ctypes.memset(place, 1, 16 << 20)
    libc.shmdt(ctypes.c_void_p(place)); total += 16 << 20
if total > 3 << 30:
    breach("3 GiB of shared memory")
""",
    "keeps memory in shared segments that it detaches",
    flag="",
)
PIPES = _cell(
    """
import fcntl, os, socket
pipes, total = [], 0
try:
    for _ in range(10_000):
        into, out = os.pipe()
        os.set_blocking(out, False); fcntl.fcntl(out, 1031, 1 << 20)
        total += os.write(out, bytes(1 << 20)); pipes.append((into, out))
except OSError as problem:
    print(problem)
if total > 1 << 30:
    breach("1 GiB in pipes")
""",
    "keeps memory in pipes",
    flag="",
)
DISK_ONE_BIG = _cell(
    """
total = 0
try:
    with open("big", "wb") as file:
        for _ in range(1024):
            total += file.write(bytes(1 << 20)); file.flush()
except OSError as problem:
    print(problem)
if total > 900 << 20:
    breach("1 GiB on disk")
""",
    "fills the disk with one file",
    flag="",
)
DISK_MANY = _cell(
    """
total = 0
try:
    for number in range(1024):
        with open(f"part-{number}", "wb") as file:
            total += file.write(bytes(1 << 20))
except OSError as problem:
    print(problem)
if total > 900 << 20:
    breach("1 GiB on disk")
""",
    "fills the disk with many files",
    flag="",
)
DISK_EVERYWHERE = _cell(
    """
import os, tempfile
total = 0
for place in (".", "/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), "/run", "/", tempfile.gettempdir(), os.environ.get("MPLCONFIGDIR", ".")):
    try:
        for number in range(300):
            with open(os.path.join(place, f"fill-{number}"), "wb") as file:
                total += file.write(bytes(1 << 20))
    except OSError as problem:
        print(place, problem)
if total > 900 << 20:
    breach("1 GiB on disk")
""",
    "fills every place that it may write to",
    flag="",
)
DISK_BEFORE = _cell(
    "try:\n    while True:\n        open('full', 'ab').write(bytes(1 << 20))\nexcept OSError:\n    pass",
    "leaves its later cells no disk",
    place="start",
    flag="",
)
INODES = _cell(
    """
made = 0
try:
    for made in range(300_000):
        open(f"i{made}", "w").close()
except OSError as problem:
    print(problem)
if made > 290_000:
    breach("300,000 files")
""",
    "makes files until the names run out",
    flag="",
)
DEEP_FOLDERS = _cell(
    "import os\ntry:\n    for _ in range(20_000):\n        os.mkdir('d'); os.chdir('d')\nexcept OSError as problem:\n    print(problem)",
    "nests folders deeper than any path",
    flag="",
)
SPARSE = _cell(
    "with open('sparse', 'wb') as file:\n    file.truncate(1 << 44)",
    "makes a file of 16 TiB that holds nothing",
    flag="",
)
OUTPUT_20_MB = _cell("for _ in range(20_000):\n    print('x' * 1000)", "prints 20 MB")
OUTPUT_ENDLESS = _cell("while True:\n    print('x' * 10_000)", "prints without end")
OUTPUT_LINES = _cell("for number in range(1_000_000):\n    print(number)", "prints a million lines")
OUTPUT_FLUSHED = _cell(
    "import sys\nfor number in range(100_000):\n    print(number, end='\\r', flush=True); sys.stderr.write('.')",
    "alternates between two streams",
)
OUTPUT_DESCRIPTOR = _cell(
    "import os\nfor _ in range(20_000):\n    os.write(1, b'x' * 1000); os.write(2, b'y' * 1000)",
    "writes 40 MB past the interpreter",
    flag="",
)
OUTPUT_IN_CALL = _call("while True:\n    print('x' * 10_000)", "prints without end in the hidden call")
OUTPUT_DISPLAYS = _cell(
    "from IPython.display import display\nfor number in range(50_000):\n    display(number)", "makes 50,000 displays"
)
OUTPUT_BIG_HTML = _cell(
    "from IPython.display import HTML, display\ndisplay(HTML('<p>' + 'x' * 50_000_000))", "displays a page of 50 MB"
)
OUTPUT_BIG_RESULT = _cell("['x' * 1000] * 100_000", "ends a cell with a value of 100 MB", flag="")
OUTPUT_BIG_ERROR = _cell("raise ValueError('x' * 50_000_000)", "raises an error of 50 MB")
OUTPUT_UPDATES = _cell(
    "from IPython.display import display, clear_output\nhandle = display('x' * 1000, display_id='a')\nfor number in range(20_000):\n    handle.update('y' * 1000); clear_output()",
    "updates a display 20,000 times",
    flag="",
)
OUTPUT_LATER = _cell(
    "import threading, time\ndef later():\n    while True:\n        print('late' * 1000)\nthreading.Thread(target=later, daemon=True).start()",
    "prints from a thread into all later cells",
    place="start",
    flag="",
)
LOOP = _cell("while True:\n    pass", "loops")
LOOP_BEFORE = _cell("while True:\n    pass", "loops before the exercises", place="start")
LOOP_DEAF = _cell(
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "loops and swallows every interruption",
    place="m98_meter",
)
LOOP_IN_C = _cell("pow(7, 10**9, 10**400_000 + 1)", "loops in C, where no interruption is heard", place="m98_meter")
LOOP_IN_REGEX = _cell(
    "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')", "loops in a regular expression", place="m98_meter"
)
LOOP_IN_INT = _cell("10 ** (10 ** 9)", "multiplies without end", place="m98_meter")
LOOP_IN_CALL = _call("while True:\n    pass", "loops in the hidden call")
LOOP_DEAF_IN_CALL = _call(
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "loops deafly in the hidden call",
)
LOOP_IN_C_IN_CALL = _call("return pow(7, 10**9, 10**400_000 + 1)", "loops in C in the hidden call")
LOOP_IN_DEL = _call(
    "class Stuck:\n    def __del__(self):\n        while True:\n            pass\nreturn Stuck()",
    "loops while its answer is thrown away",
)
LOOP_IN_REPR = _cell(
    "class Stuck:\n    def __repr__(self):\n        while True:\n            pass\nStuck()",
    "loops while its result is shown",
)
LOOP_IN_PROPERTY = Attack(
    "loops when it is asked for an attribute",
    answers={
        **RIGHT,
        "m98_meter": "class Meter:\n    def __init__(self, window):\n        pass\n    def __getattr__(self, name):\n        while True:\n            pass\n",
    },
    earns={"m98_total_bytes": 4.0, "m98_shares": 2.0},
)
SLEEP = _cell("import time\ntime.sleep(100_000)", "sleeps")
SLEEP_IN_CALL = _call("import time\ntime.sleep(100_000)", "sleeps in the hidden call")
SLOW_CALLS = _call(
    "import time\nlast = time.process_time() + 0.07\nwhile time.process_time() < last:\n    pass",
    "takes a little too long, every time",
    flag="",
)
CPU_OF_CHILDREN = _cell(
    """
import os
for _ in range(8):
    try:
        if os.fork() == 0:
            while True:
                pass
    except OSError:
        pass
os.wait()
""",
    "burns the processor in other processes and waits for them",
)
COMPILER = _cell(
    "eval('(' * 90 + '1' + ')' * 90); compile('-' * 500_000 + '4', 'x', 'eval')", "overfeeds the parser", flag=""
)
BIG_SOURCE = _cell("x = 1\n" * 100_000, "has a cell of 100,000 lines", flag="")
MANY_CELLS_SLOW = Attack(
    "takes nearly all the time in every cell",
    answers=RIGHT,
    cells=dict.fromkeys(
        ("start", "m98_meter", "end"),
        "import time\nlast = time.process_time() + 0.5\nwhile time.process_time() < last:\n    pass",
    ),
    earns=FULL,
    flag="",
)
DESCRIPTORS = _cell(
    "import os\nkept = []\ntry:\n    while len(kept) < 100_000:\n        kept.append(os.dup(1))\nexcept OSError:\n    pass\nif len(kept) > 50_000:\n    breach('100,000 descriptors')",
    "takes all descriptors",
    flag="",
)
