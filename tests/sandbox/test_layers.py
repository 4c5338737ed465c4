"""Each layer by itself, what it takes to be called safe, and what doctor says."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from graders.errors import SandboxError
from graders.sandbox import Sandbox, default_interpreter, policy
from graders.sandbox.inside import kernel, landlock, seccomp
from graders.sandbox.probes import doctor
from tests.sandbox.notebooks import SHAPES, start, unavailable

ALL = frozenset(name for promise in policy.PROPERTIES for enough in promise.enough for name in enough)


def alone(code: str) -> str:
    """What a program prints that takes one layer on itself."""
    preface = "import os, socket, sys\nfrom pathlib import Path\n"
    preface += "from graders.sandbox.inside import kernel, landlock, seccomp\n"
    command = [sys.executable, "-c", preface + code]
    root = Path(kernel.__file__).parents[3]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    return done.stdout + done.stderr[-2000:]


def test_seccomp_alone() -> None:
    if not seccomp.available():
        unavailable(f"no table of system calls for {kernel.MACHINE}")
    code = """
kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
print(seccomp.install(count=False)[0])
def tried(what):
    try: what(); return "did"
    except OSError as reason: return os.strerror(reason.errno)
for what in (lambda: socket.socket(), lambda: socket.socketpair(), lambda: os.execv("/bin/true", ["true"]),
             lambda: kernel.unshare(kernel.CLONE_NEWUSER), lambda: kernel.call(435, None, 0), lambda: kernel.call(463)):
    print(tried(what))
import threading
worker = threading.Thread(target=print, args=("thread",)); worker.start(); worker.join()
"""
    refused, absent = "Operation not permitted", "Function not implemented"
    expected = "\n".join(["True", refused, "did", refused, refused, absent, absent, "thread", ""])
    assert alone(code) == expected


def test_landlock_alone(tmp_path: Path) -> None:
    if not landlock.version():
        unavailable("this kernel has no Landlock")
    (tmp_path / "own").mkdir()
    (tmp_path / "other").write_text("other")
    code = f"""
place = Path({str(tmp_path)!r})
kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
allowed = [(str(place / "own"), landlock.CHANGE), ("/dev/null", landlock.USE), (sys.prefix, landlock.READ)]
version = landlock.Rules(allowed).restrict()
(place / "own/new").write_text("x"); (place / "own/new").rename(place / "own/newer"); (place / "own/newer").unlink()
open("/dev/null", "w").write("x")
for what in (lambda: (place / "other").read_text(), lambda: (place / "there").write_text("x"), lambda: os.listdir("/"),
             lambda: open("/proc/self/environ").read(), lambda: (place / "other").unlink(),
             lambda: open(sys.prefix + "/x", "w")):
    try: what(); print("did")
    except PermissionError: pass
if version >= 6:
    try: os.kill(os.getppid(), 0); print("signalled")
    except PermissionError: pass
if version >= 4:
    try: socket.create_connection(("127.0.0.1", 9)); print("connected")
    except PermissionError: pass
print("end")
"""
    assert alone(code) == "end\n"
    assert (tmp_path / "other").read_text() == "other"


def test_the_filter_asks_for_nothing_but_known_numbers() -> None:
    """The x86-64 column agrees with the kernel's own header, where that is installed."""
    headers = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]
    header = next((path for path in headers if path.exists()), None)
    if header is None:
        pytest.skip("no kernel headers here")
    numbers = dict(re.findall(r"__NR_(\w+) (\d+)", header.read_text()))
    source = Path(seccomp.__file__).read_text()
    entries = re.findall(r"(\w+)=(\d+)/[\d-]+", source)
    assert len(entries) > 80
    assert [(name, number) for name, number in entries if numbers.get(name, number) != number] == []


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("count", [False, True])
def test_every_jump_of_the_filter_lands_in_it(monkeypatch: pytest.MonkeyPatch, machine: str, count: bool) -> None:
    """Run over every number in a small interpreter of classic BPF: it ends, in a verdict, and refuses what it names."""
    monkeypatch.setattr(kernel, "MACHINE", machine)
    code = seccomp._program(ask=True, count=count)
    lines = [struct.unpack_from("<HBBI", code, at) for at in range(0, len(code), 8)]

    def verdict(number: int, *arguments: int, arch: int = seccomp._ARCHITECTURE[machine]) -> int:
        padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
        data = struct.pack("<iIQ6Q", number, arch, 0, *padded)
        at = loaded = 0
        while True:
            kind, yes, no, value = lines[at]
            at += 1
            if kind == 0x20:
                (loaded,) = struct.unpack_from("<I", data, value)
            elif kind == 0x54:
                loaded &= value
            elif kind == 0x06:
                return value
            else:
                held = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[kind]
                at += yes if held else no

    allowed, asked, refused, absent = 0x7FFF0000, 0x7FC00000, 0x50001, 0x50026
    for number in range(600):
        assert verdict(number) in (allowed, asked, refused, absent)
    assert {verdict(number) for number in seccomp._REFUSED[machine]} == {refused}
    assert verdict(1, arch=0x40000003) == 0x80000000  # another machine's calls
    assert verdict(435) == verdict(463) == verdict(0x40000000 + 1) == absent
    clone = seccomp.CLONE[machine]
    assert verdict(clone, 0x1200011) == verdict(clone, 17) == asked
    assert verdict(clone, 0x3D0F00) == (asked if count else allowed)  # a thread, as the C library starts it
    assert verdict(clone, 0x10000011) == verdict(clone, 0x100) == refused
    opening, flags = (257, 2) if machine == "x86_64" else (56, 2)
    assert verdict(opening, 0, 0, 0o100) == (asked if count else allowed)
    assert verdict(opening, 0, 0, flags) == allowed


def test_with_all_layers_everything_holds_and_with_none_nothing_does() -> None:
    assert policy.broken(ALL) == ()
    assert {promise.name for promise in policy.broken(frozenset())} == {promise.name for promise in policy.PROPERTIES}


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ({"network-namespace"}, set()),
        ({"network-namespace", "seccomp"}, {"network", "privileges"}),
        ({"own-tree"}, set()),
        ({"own-tree", "landlock-files"}, {"files"}),
        ({"one-process", "asked-threads", "asked-files"}, {"time"}),
        ({"own-disk", "asked-files"}, {"disk"}),
        ({"limits"}, {"memory"}),
        ({"pid-namespace", "landlock-signals", "own-user"}, {"others"}),
    ],
)
def test_a_layer_is_missed_only_where_no_other_does_its_work(missing: set[str], lost: set[str]) -> None:
    assert {promise.name for promise in policy.broken(ALL - missing)} == lost


def test_an_unsafe_machine_is_refused_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    start(SHAPES[0]).close()
    real = policy.layers_of
    monkeypatch.setattr(policy, "layers_of", lambda *known: real(*known) - {"own-disk", "asked-files"})
    with pytest.raises(SandboxError, match=r"disk.*doctor.*allow-unsafe"):
        Sandbox(default_interpreter())
    with Sandbox(default_interpreter(), allow_unsafe=True) as sandbox:
        assert sandbox.unsafe == ("disk",)
    findings = {finding.name: finding for finding in doctor(default_interpreter())}
    assert not findings["disk"].holds
    assert findings["disk"].lost
    assert findings["disk"].do
    assert all(finding.holds for name, finding in findings.items() if name != "disk")


def test_doctor_tries_every_property(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape in SHAPES:
        start(shape).close()
        monkeypatch.setenv("AISA_SANDBOX_SHAPE", shape)
        findings = doctor(default_interpreter())
        assert [finding.name for finding in findings] == [promise.name for promise in policy.PROPERTIES]
        assert [finding.name for finding in findings if not finding.holds] == []
        assert all(finding.layers and finding.detail for finding in findings)


def test_doctor_says_why_nothing_starts(tmp_path: Path) -> None:
    (finding,) = doctor(tmp_path / "python")
    assert not finding.holds
    assert str(tmp_path) in finding.detail
    assert "make setup" in finding.do


def test_an_environment_that_holds_the_grader_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AISA_SANDBOX_SHAPE", raising=False)
    with pytest.raises(SandboxError, match="holds"):
        Sandbox(Path(sys.executable))
