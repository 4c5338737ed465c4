# ruff: noqa: E501
"""Ways out of the jail: network, namespaces, privileges, devices, system calls that sandboxes forget."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import WRONG


def _out(text: str, tries: str, flag: str = "any") -> Attack:
    return Attack(tries, answers=WRONG, cells={"start": text}, flag=flag)


_LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"

NETWORK = _out(
    """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port)), (socket.AF_INET, ("192.0.2.1", 80))):
    try:
        caller = socket.socket(family, socket.SOCK_STREAM); caller.settimeout(0.2)
        caller.connect(address)
        breach("connected to " + str(address))
    except OSError as problem:
        print(problem)
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"leak", ("127.0.0.1", port))
except OSError as problem:
    print(problem)
try:
    listening = socket.socket(); listening.bind(("0.0.0.0", 0)); listening.listen()
    print("listening", listening.getsockname())
except OSError as problem:
    print(problem)
""",
    "connects to the grader's machine",
)
DOWNLOAD = _out(
    """
import socket, urllib.request
for url in (f"http://127.0.0.1:{port}/", "http://192.0.2.1/", "http://169.254.169.254/latest/meta-data/", "file:///etc/shadow"):
    try:
        print(urllib.request.urlopen(url, timeout=0.2).read())
        breach("fetched " + url)
    except Exception as problem:
        print(type(problem))
try:
    print(socket.getaddrinfo("example.org", 80))
    breach("asked a name server")
except OSError as problem:
    print(problem)
""",
    "fetches pages and names",
)
UNIX_SOCKETS = _out(
    """
import socket
for path in (unix_socket, "\\0" + abstract, "/var/run/docker.sock", "/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/notify", "/dev/log", "/tmp/.X11-unix/X0"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            caller = socket.socket(socket.AF_UNIX, kind)
            caller.connect(path)
            breach("connected to " + repr(path))
        except OSError:
            pass
""",
    "talks to services of the machine",
)
ODD_SOCKETS = _out(
    """
import socket
for family in (3, 5, 8, 16, 17, 21, 29, 30, 31, 38, 40, 41, 44, 45):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            made = socket.socket(family, kind)
            print("made", family, kind)
            if family in (17, 38, 40, 44):
                breach(f"socket of family {family}")
        except OSError:
            pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    breach("raw socket")
except OSError:
    pass
""",
    "makes sockets of all families: packets, netlink, kernel cryptography, virtual machines",
)
IO_URING = _out(
    _LIBC
    + """
parameters = ctypes.create_string_buffer(256)
ring = libc.syscall(425, 8, parameters)
if ring >= 0:
    breach("io_uring")
""",
    "works past the filter by io_uring",
)
NAMESPACES = _out(
    _LIBC
    + """
for flags in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x10020000):
    if libc.unshare(flags) == 0:
        breach(f"made a namespace {flags:#x}")
for pid in (1, os.getppid(), "self"):
    for kind in ("mnt", "pid", "net", "user", "ipc"):
        try:
            fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
            if pid != "self" and libc.setns(fd, 0) == 0:
                breach("entered a namespace of " + str(pid))
        except OSError:
            pass
""",
    "makes and enters namespaces",
)
CLONE_FLAGS = _out(
    _LIBC
    + """
for flags in (0x10000000 | 17, 0x10020000 | 17, 0x20000000 | 17, 0x2000000 | 17):
    pid = libc.syscall(56, flags, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
        breach(f"cloned into a namespace {flags:#x}")
class CloneArgs(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup".split()]
arguments = CloneArgs(flags=0x10000000, exit_signal=17)
pid = libc.syscall(435, ctypes.byref(arguments), ctypes.sizeof(arguments))
if pid == 0:
    os._exit(0)
if pid > 0:
    breach("clone3 into a user namespace")
""",
    "clones into a namespace, also by clone3",
)
MOUNTS = _out(
    _LIBC
    + """
os.makedirs("m", exist_ok=True)
for source, kind, flags in ((b"proc", b"proc", 0), (b"tmpfs", b"tmpfs", 0), (b"/", b"", 4096), (b"none", b"sysfs", 0), (b"none", b"", 32), (b"/dev/vda", b"ext4", 0), (b"cgroup2", b"cgroup2", 0)):
    if libc.mount(source, b"m", kind, flags, None) == 0:
        breach("mounted " + repr(source))
if libc.umount2(b"/", 2) == 0 or libc.umount2(b"/proc", 2) == 0:
    breach("unmounted")
for number in (428, 429, 430, 432, 442):
    if libc.syscall(number, -100, b"/", 1, 0, 0) >= 0 and number != 428:
        breach(f"new mount call {number}")
""",
    "mounts and unmounts",
)
CHROOT = _out(
    _LIBC
    + """
here = os.open(".", os.O_RDONLY)
os.makedirs("c", exist_ok=True)
try:
    os.chroot("c"); breach("changed its root")
    os.fchdir(here)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
except OSError as problem:
    print(problem)
if libc.syscall(155, b".", b".") == 0:
    breach("pivoted its root")
for _ in range(64):
    os.chdir("..")
print(os.listdir("."))
""",
    "leaves the jail through a root of its own",
)
PRIVILEGES = _out(
    _LIBC
    + """
print(os.getresuid(), os.getresgid(), os.getgroups())
before = os.getresuid()
for call in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.seteuid(65534 if before[0] else 0)):
    try:
        call()
    except OSError as problem:
        print(problem)
if os.getresuid() != before and 0 in os.getresuid():
    breach("became " + str(os.getresuid()))
for capability in range(41):
    if libc.prctl(23, capability, 0, 0, 0) == 1 and libc.prctl(24, capability, 0, 0, 0) == 0 and False:
        pass
status = open("/proc/self/status").read() if os.path.exists("/proc/self/status") else ""
for line in status.splitlines():
    if line.startswith("CapEff") and int(line.split()[1], 16):
        breach("has capabilities " + line)
    if line.startswith("NoNewPrivs") and line.split()[1] != "1":
        breach("may gain privileges")
class Head(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
data = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset(ctypes.byref(Head(0x20080522, 0)), data) == 0:
    breach("gave itself capabilities")
libc.prctl(38, 0, 0, 0, 0)
""",
    "gives itself another user and capabilities",
)
SETUID_PROGRAMS = _out(
    """
import os, subprocess
for program in ("/bin/su", "/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/usr/bin/newuidmap", "/bin/mount", "/usr/bin/chsh", "/usr/bin/gpasswd", "/usr/bin/bwrap", "/usr/bin/fusermount3"):
    if os.path.exists(program):
        breach("sees " + program)
    try:
        subprocess.run([program], timeout=1)
    except Exception:
        pass
""",
    "runs programs that run as root",
)
DEVICES = _out(
    _LIBC
    + """
import stat
for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/vda", "/dev/sda", "/dev/nvidia0", "/dev/kvm", "/dev/fuse", "/dev/loop-control", "/dev/net/tun",
             "/dev/kmsg", "/dev/tty", "/dev/ptmx", "/dev/input/event0", "/dev/mapper/control", "/dev/uinput", "/dev/vsock", "/dev/dri/card0"):
    try:
        os.close(os.open(path, os.O_RDWR))
        breach("opened " + path)
    except OSError:
        pass
for name, kind, device in (("n1", stat.S_IFBLK, os.makedev(254, 0)), ("n2", stat.S_IFCHR, os.makedev(1, 1)), ("n3", stat.S_IFCHR, os.makedev(1, 2))):
    try:
        os.mknod(name, 0o666 | kind, device)
        os.close(os.open(name, os.O_RDONLY))
        breach("made and opened a device")
    except OSError:
        pass
""",
    "opens and makes devices",
)
KERNEL_CALLS = _out(
    _LIBC
    + """
def tried(name, number, *arguments):
    result = libc.syscall(number, *arguments)
    print(name, result, ctypes.get_errno())
    if result >= 0:
        breach(name)
zero = ctypes.create_string_buffer(4096)
tried("bpf", 321, 0, zero, 48)
tried("perf_event_open", 298, zero, 0, -1, -1, 0)
tried("userfaultfd", 323, 0x80001)
tried("keyctl", 250, 0, -4, 1)
tried("add_key", 248, b"user", b"x", b"x", 1, -4)
tried("kexec_load", 246, 0, 0, 0, 0)
tried("init_module", 175, zero, 0, b"")
tried("finit_module", 313, -1, b"", 0)
tried("delete_module", 176, b"none", 0)
tried("swapon", 167, b"none", 0)
tried("sethostname", 170, b"evil", 4)
tried("setdomainname", 171, b"evil", 4)
tried("acct", 163, None)
tried("iopl", 172, 3)
tried("ioperm", 173, 0, 8, 1)
tried("syslog", 103, 3, zero, 4096)
tried("settimeofday", 164, zero, None)
tried("clock_settime", 227, 0, zero)
tried("quotactl", 179, 0, None, 0, None)
tried("fanotify_init", 300, 0, 0)
tried("open_by_handle_at", 304, -100, zero, 0)
tried("process_vm_readv", 310, os.getppid() or 1, zero, 1, zero, 1, 0)
tried("kcmp", 312, os.getppid() or 1, 1, 0, 0, 0)
tried("pidfd_getfd", 438, 0, 0, 0)
tried("move_pages", 279, 1, 0, None, None, None, 0)
tried("vhangup", 153)
tried("reboot", 169, 0xFEE1DEAD, 672274793, 0, None)
tried("memfd_secret", 447, 0)
tried("landlock_restrict_self by others", 446, -1, 0)
tried("lookup_dcookie", 212, 0, zero, 10)
""",
    "makes the system calls that sandboxes forget",
)
PERSONALITY = _out(
    _LIBC
    + """
libc.personality(0x0040000)
libc.prctl(4, 1, 0, 0, 0)
libc.prctl(22, 0, 0, 0, 0)
libc.prctl(8, 1, 0, 0, 0)
libc.arch_prctl(0x1002, 0) if False else None
""",
    "changes its personality and makes itself dumpable",
    flag="any",
)
OLD_SYSCALLS = _out(
    _LIBC
    + """
import mmap
# the 32-bit entry (int 0x80) has other numbers: 102 is socketcall, 5 is open, 20 getpid
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b814000000cd80c3"))
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
answer = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
print("int 0x80", answer)
if answer == os.getpid():
    breach("the 32-bit entry answers")
""",
    "calls the kernel by its 32-bit entry, which a filter may not look at",
)
X32_SYSCALLS = _out(
    _LIBC + "if libc.syscall(0x40000000 + 41, 1, 1, 0) >= 0:\n    breach('the x32 entry answers')\n",
    "calls the kernel by its x32 numbers",
)
TERMINAL = _out(
    """
import fcntl, os, termios
for fd in range(0, 10):
    for character in b"id\\n":
        try:
            fcntl.ioctl(fd, termios.TIOCSTI, bytes([character]))
            breach("typed into the grader's terminal")
        except OSError:
            pass
""",
    "types into the terminal of whoever grades",
)
SCHEDULER = _out(
    """
import os
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    try:
        os.sched_setscheduler(0, policy, os.sched_param(50))
        breach("real-time priority")
    except OSError as problem:
        print(problem)
for pid in (1, os.getppid()):
    try:
        if pid not in (0, os.getpid()):
            os.sched_setaffinity(pid, {0}); breach("moves other processes")
    except OSError as problem:
        print(problem)
""",
    "asks for real-time priority",
)
CGROUPS = _out(
    """
import os
for folder, folders, names in os.walk("/sys/fs/cgroup"):
    for name in names:
        if name in ("cgroup.procs", "memory.max", "pids.max", "release_agent", "notify_on_release"):
            try:
                open(os.path.join(folder, name), "r+").close()
                breach("may write " + os.path.join(folder, name))
            except OSError:
                pass
""",
    "changes its own limits through cgroups",
)
WRITES_OUTSIDE = _out(
    """
import os, sys, sysconfig
for place in (planted, "/", "/etc", "/usr/bin", "/usr/lib", "/var", "/opt", sys.prefix, sysconfig.get_paths()["purelib"], sysconfig.get_paths()["stdlib"], "/lib"):
    try:
        open(os.path.join(place, "evil"), "w").write("x")
        if place not in ("/",):
            breach("wrote to " + place)
    except OSError as problem:
        print(place, problem)
""",
    "writes into the environment of the next student",
)
BYTECODE = _out(
    """
import os, sysconfig, numpy
for target in (numpy.__file__, os.path.join(os.path.dirname(numpy.__file__), "__pycache__", "__init__.cpython-311.pyc"), os.__file__):
    try:
        open(target, "r+").close()
        breach("may write " + target)
    except OSError as problem:
        print(problem)
""",
    "spoils numpy for everyone after it",
)
