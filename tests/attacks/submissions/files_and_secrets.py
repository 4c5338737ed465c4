# ruff: noqa: E501
"""Reads whatever could hold an answer, a grade, a secret or somebody else's work: files, memory, descriptors, /proc."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import WRONG


def _reads(text: str, tries: str) -> Attack:
    return Attack(tries, answers=WRONG, cells={"start": text, "end": text}, flag="any")


SOURCE = _reads(
    """
import os
for path in ("../../../source/m98_victim/practical.ipynb", "../../source/m98_victim/practical.ipynb", planted + "/source/m98_victim/practical.ipynb"):
    try:
        exec(open(path).read()); print(open(path).read())
    except Exception as problem:
        print(type(problem))
""",
    "reads the source notebook and runs its solutions",
)
GRADEBOOK = _reads(
    """
import sqlite3, os
for path in ("../../../gradebook.db", "../../gradebook.db", planted + "/gradebook.db"):
    try:
        if os.path.exists(path):
            base = sqlite3.connect(path)
            base.execute("UPDATE grade SET auto_score = 50, extra_credit = 50"); base.commit()
            breach("the gradebook can be written")
    except Exception as problem:
        print(type(problem))
""",
    "gives itself extra credit in the gradebook",
)
OTHER_SUBMISSIONS = _reads(
    """
import glob
for pattern in ("../../../submitted/*/*/*.ipynb", "../../*/*/*.ipynb", "../*/*.ipynb", planted + "/submitted/*/*/*", planted + "/*"):
    for path in glob.glob(pattern):
        print(path)
        try:
            print(open(path).read())
        except OSError:
            pass
        breach("sees other submissions: " + path)
""",
    "looks at the other submissions",
)
WHOLE_FILE_SYSTEM = _reads(
    """
import os
seen = 0
for folder, folders, names in os.walk("/", onerror=lambda problem: None):
    if folder.startswith(("/proc", "/sys")):
        folders[:] = []
        continue
    if "site-packages" in folder or "/lib/python" in folder:
        folders[:] = []
        if "graders" in names or "nbgrader" in folder:
            breach("sees " + folder)
        continue
    for name in names:
        path = os.path.join(folder, name)
        try:
            if os.path.getsize(path) > 1 << 20 or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            continue
        seen += 1
        if canary.encode() in data:
            print(path, data[:2000])
            breach("found a secret in " + path)
print(seen)
""",
    "reads every file of the machine",
)
KNOWN_PLACES = _reads(
    """
import os
for path in (planted, planted + "/course.yaml", planted_file, "/root", "/home", "/etc/passwd", "/etc/shadow", "/etc/hostname", "/var/log", "/work", "/boot",
             "/tmp/bash_jobs.0", "/usr/src", os.path.expanduser("~/.ssh"), os.path.expanduser("~/.config"), "/var/lib", "/srv", "/mnt", "/media", "/sys/fs/cgroup"):
    try:
        inside = [os.path.join(path, name) for name in (os.listdir(path) if os.path.isdir(path) else ())]
        if any(os.path.isfile(found) and os.path.getsize(found) for found in inside):
            breach("finds files in " + path)
        elif os.path.isfile(path) and len(open(path).read().splitlines()) > 3:
            breach("reads " + path)
    except OSError:
        pass
""",
    "reads places that every machine has",
)
ENVIRONMENT = _reads(
    """
import ctypes, os
print(dict(os.environ))
print([line for pid in os.listdir("/proc") if pid.isdigit() for line in [open(f"/proc/{pid}/environ", "rb").read()]] if os.path.isdir("/proc") else "")
""",
    "reads the environment of all processes",
)
ENVIRONMENT_IN_MEMORY = _reads(
    """
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
index = 0
while environ and environ[index]:
    print(environ[index]); index += 1
""",
    "reads the environment where C keeps it",
)
OWN_MEMORY = _reads(
    """
import ctypes, os
def ranges():
    try:
        lines = open("/proc/self/maps").readlines()
    except OSError:
        return
    for line in lines:
        place, rights = line.split()[:2]
        if "r" in rights and "[v" not in line:
            yield [int(part, 16) for part in place.split("-")]
needle = (canary + "-").encode()
for low, high in ranges():
    if high - low > 256 << 20:
        continue
    try:
        with open("/proc/self/mem", "rb", 0) as memory:
            memory.seek(low); data = memory.read(high - low)
    except OSError:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            into, out = os.pipe(); os.set_blocking(out, False)
            data = b""
            for page in range(low, high, 4096):
                if libc.write(out, ctypes.c_void_p(page), 4096) == 4096:
                    data += os.read(into, 4096)
            os.close(into); os.close(out)
        except Exception:
            continue
    place = (data or b"").find(needle)
    while place >= 0:
        text = data[place:place + 60]
        print(text)
        place = data.find(needle, place + 1)
""",
    "searches its own memory for what it inherited",
)
ALL_OBJECTS = _reads(
    """
import gc, sys
needle = canary + "-"
for thing in gc.get_objects():
    try:
        for value in (thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple, set) else ()):
            if type(value) is str and needle in value and value is not needle:
                print(value)
            if type(value) is bytes and needle.encode() in value:
                print(value[:1000])
    except Exception:
        pass
print([name for name in sys.modules if "grader" in name or "reference" in name or "checks" in name])
if any(name.split(".")[0] in ("graders", "reference_solutions", "nbgrader", "checks") for name in sys.modules):
    breach("modules of the trusted side are loaded")
""",
    "looks through all live objects for secrets",
)
ALL_FRAMES = _reads(
    """
import sys, inspect
for frame in list(sys._current_frames().values()):
    while frame is not None:
        print(frame.f_code.co_filename, frame.f_code.co_name, {k: repr(v)[:200] for k, v in frame.f_locals.items()})
        frame = frame.f_back
""",
    "prints the locals of everyone who called it",
)
DESCRIPTORS = _reads(
    """
import os, stat
for fd in range(3, 256):
    try:
        status = os.fstat(fd)
    except OSError:
        continue
    where = ""
    try:
        where = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        pass
    print(fd, stat.S_IFMT(status.st_mode), where)
    if stat.S_ISREG(status.st_mode):
        try:
            data = os.pread(fd, 1 << 20, 0)
            if canary.encode() in data:
                breach(f"descriptor {fd} holds a secret")
        except OSError:
            pass
    if stat.S_ISDIR(status.st_mode):
        for path in ("..", "../../..", "etc/passwd", "../etc/passwd", "../../../../etc/passwd"):
            try:
                os.close(os.open(path + "/etc/shadow", os.O_RDONLY, dir_fd=fd))
                breach(f"descriptor {fd} leads out")
            except OSError:
                pass
""",
    "uses descriptors that it inherited",
)
PROC = _reads(
    """
import os
for pid in (os.listdir("/proc") if os.path.isdir("/proc") else []):
    if not pid.isdigit() or int(pid) in (os.getpid(),):
        continue
    for name in ("environ", "mem", "maps", "cmdline", "cwd/course.yaml", "root/etc/shadow", "fd", "task", "stack"):
        path = f"/proc/{pid}/{name}"
        try:
            data = os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1 << 16)
            if data and name in ("environ", "mem", "maps", "cwd/course.yaml", "root/etc/shadow", "fd"):
                breach(f"reads {path}")
        except (OSError, ValueError):
            pass
for path in ("/proc/1/root/etc/shadow", "/proc/self/root/etc/shadow", "/proc/thread-self/root/../../etc/shadow", "/proc/sys/kernel/core_pattern",
             "/proc/kcore", "/proc/kmsg", "/proc/keys", "/proc/sched_debug", "/proc/sysrq-trigger", "/proc/config.gz"):
    try:
        if open(path, "rb").read(16) and "core_pattern" not in path:
            breach("reads " + path)
    except OSError:
        pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj", "/proc/1/oom_score_adj", "/proc/sys/kernel/randomize_va_space", "/proc/sysrq-trigger"):
    try:
        if "oom" not in path:
            open(path, "w").close()
            breach("may write " + path)
    except OSError:
        pass
""",
    "reads other processes through /proc",
)
HANDLES = _reads(
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("kind", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]
for inode in (2, 1):
    handle = Handle(8, 1)
    handle.data[0] = inode
    root = os.open("/", os.O_RDONLY)
    opened = libc.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
    if opened >= 0:
        breach("opened a file by its inode")
    os.close(root)
""",
    "opens files by inode, past any jail",
)
LINKS_OUT = _reads(
    """
import os
for target in ("/etc/shadow", planted_file, "/proc/1/root", "/proc/1/cwd"):
    for kind in (os.symlink, os.link):
        try:
            kind(target, "out-" + str(len(os.listdir("."))))
        except OSError:
            pass
for name in os.listdir("."):
    try:
        if name.startswith("out-") and open(name).read():
            breach("reads through a link: " + os.readlink(name))
    except OSError:
        pass
""",
    "links to files outside",
)
CLOCKS_AND_MACHINE = _reads(
    """
import os, platform, socket, pwd, grp, getpass
print(platform.node())
try:
    names = [entry.pw_name for entry in pwd.getpwall()]
except Exception:
    names = []
if canary in platform.node():
    breach("sees the machine's name")
print(os.getloadavg(), os.getcwd(), names)
""",
    "describes the machine that grades it",
)
DATA_OF_THE_COURSE = _reads(
    """
import os
print(sorted(os.listdir("data")), sorted(os.listdir(".")))
extra = [name for folder, _, names in os.walk(".") for name in names if "check" in name or "reference" in name or "wrong" in name]
if extra:
    breach("has files beside its notebook: " + str(extra))
""",
    "looks at what is delivered beside the notebook",
)
