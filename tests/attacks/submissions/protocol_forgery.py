# ruff: noqa: E501
"""The channel to the trusted side is a descriptor of the student's process: replies can be forged, cut, doubled, drowned."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import FULL, METER, RIGHT, SHARES, TOTAL_BYTES, WRONG_METER, WRONG_SHARES

_SOCKETS = """
import os, socket, stat, struct, json
def sockets():
    found = []
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) or stat.S_ISFIFO(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found
def shout(data):
    for fd in sockets():
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
        finally:
            try:
                os.set_blocking(fd, True)
            except OSError:
                pass
def framed(message):
    text = json.dumps(message).encode()
    yield text + b"\\n"
    for form in ("<I", ">I", "<Q", ">Q", "<II", ">II"):
        head = struct.pack(form, *([len(text), 0][: form.count("I") + form.count("Q")]))
        yield head + text
"""


def _forge(in_function: str, tries: str, in_cell: str = "", flag: str = "any") -> Attack:
    total = f"{_SOCKETS}\ndef total_bytes(counts, item_bytes):\n    {in_function}\n    return 1\n"
    cells = {"start": _SOCKETS + in_cell} if in_cell else {}
    answers = {"m98_total_bytes": total, "m98_meter": WRONG_METER, "m98_shares": WRONG_SHARES}
    return Attack(tries, answers=answers, cells=cells, flag=flag)


GARBAGE = _forge("shout(os.urandom(4096))", "writes noise to the channel from a hidden call")
GARBAGE_IN_CELL = _forge("pass", "writes noise to the channel while cells run", "shout(os.urandom(4096))")
NOTHING_MUCH = _forge("shout(b'\\0')", "writes one byte too many")
GIGANTIC_HEADER = _forge("shout(b'\\xff' * 64)", "announces a message of 2**64 bytes")
HALF_MESSAGE = _forge("shout(struct.pack('<I', 1000) + b'{')", "begins a message and never ends it")
NEGATIVE_HEADER = _forge("shout(struct.pack('<i', -1) * 4)", "announces a message of minus one bytes")
ZEROS = _forge("shout(bytes(65536))", "writes a lot of empty messages")
RIGHT_VALUES = _forge(
    "total = int(np.asarray(counts).sum()) * item_bytes\n"
    "    for number in range(64):\n"
    "        for message in ({'id': number, 'kind': 'value', 'value': total}, {'n': number, 'kind': 'value', 'value': total},\n"
    "                        ['value', total], {'kind': 'value', 'value': total, 'kept': True, 'points': 4.0}):\n"
    "            for data in framed(message):\n"
    "                shout(data)",
    "writes replies of its own, numbered like the next ones",
)
VERDICTS = _forge(
    "pass",
    "writes verdicts while cells run",
    """
for message in ({"kind": "graded", "points": 10}, {"cell": 1, "status": "ok", "outputs": []}, {"op": "done"}, {"ready": True}):
    for data in framed(message):
        shout(data)
""",
)
CELL_OUTPUT_FORGED = _forge(
    "pass",
    "writes the output of cells that have not run",
    """
output = {"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1}
for index in range(40):
    for message in ({"kind": "cell", "index": index, "status": "ok", "outputs": [output]}, {"t": "output", "output": output}):
        for data in framed(message):
            shout(data)
""",
)
CLOSED = _forge("[os.close(fd) for fd in sockets()]", "closes the channel in a hidden call")
CLOSED_IN_CELL = _forge("pass", "closes every descriptor while cells run", "os.closerange(0, 256)")
SHUT_DOWN = _forge(
    "[socket.socket(fileno=fd).shutdown(2) for fd in sockets()]", "shuts the channel down in both directions"
)
NULL_DEVICE = _forge(
    "null = os.open('/dev/null', os.O_RDWR); [os.dup2(null, fd) for fd in sockets()]",
    "puts /dev/null in the channel's place",
)
READ_AHEAD = _forge(
    "[socket.socket(fileno=os.dup(fd)).recv(1 << 20, socket.MSG_DONTWAIT) for fd in sockets() if stat.S_ISSOCK(os.fstat(fd).st_mode)]",
    "takes the next requests off the channel",
)
PEEK_IN_CELL = _forge(
    "pass",
    "looks at what waits in the channel while cells run",
    """
for fd in sockets():
    try:
        print(socket.socket(fileno=os.dup(fd)).recv(1 << 20, socket.MSG_DONTWAIT | socket.MSG_PEEK))
    except OSError as problem:
        print(problem)
""",
    flag="",
)
DESCRIPTORS_SENT = _forge(
    "for_all = [socket.socket(fileno=os.dup(fd)) for fd in sockets()]\n"
    "    for channel in for_all:\n"
    "        try:\n"
    "            socket.send_fds(channel, [b'x'], list(range(3)) * 60)\n"
    "        except OSError:\n"
    "            pass",
    "sends descriptors to the trusted side",
)
FLOOD = _forge(
    "[shout(b'[' * 65536) for _ in range(2000)]", "floods the channel with more than the trusted side may keep"
)
FLOOD_DEEP_JSON = _forge(
    "[shout(data) for data in framed('x')]; deep = b'[' * 500_000 + b']' * 500_000; shout(struct.pack('<I', len(deep)) + deep)",
    "sends JSON of a depth that breaks parsers",
)
OWN_THREAD = Attack(
    "answers from a thread while the function itself waits",
    answers={
        "m98_total_bytes": _SOCKETS
        + """
import threading, time
def talk():
    for number in range(200):
        for data in framed({"id": number, "kind": "value", "value": 4.0}):
            shout(data)
        time.sleep(0.001)
def total_bytes(counts, item_bytes):
    threading.Thread(target=talk, daemon=True).start()
    time.sleep(0.05)
    return 1
"""
    },
)
SHIFTED = Attack(
    "sends each reply once more, so that the next request gets the answer of the last",
    answers={
        "m98_total_bytes": _SOCKETS
        + """
write, send = os.write, socket.socket.send
import sys
for name, module in list(sys.modules.items()):
    for key, value in list(getattr(module, "__dict__", {}).items()):
        if isinstance(value, socket.socket):
            fd = value.fileno()
            print("channel", name, key, fd)
def total_bytes(counts, item_bytes):
    total = int(np.asarray(counts).sum()) * item_bytes
    for data in framed({"id": 0, "kind": "value", "value": total}):
        shout(data)
    return total
"""
    },
    # the right values go out, but not as replies: what is earned may be anything up to what an honest answer earns
    earns={},
)
REPLIES_PATCHED = Attack(
    "wraps the very function that sends replies",
    answers={
        "m98_total_bytes": _SOCKETS
        + """
import gc, types
def generous(*args, **kwargs):
    return {"kind": "value", "value": 4.0, "kept": True}
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ in ("perform", "reply", "respond", "send", "write_message", "send_message"):
        try:
            thing.__code__ = generous.__code__
        except ValueError:
            pass
def total_bytes(counts, item_bytes):
    return 1
""",
        "m98_meter": WRONG_METER,
    },
)
HONEST_NOISE = Attack(
    "answers rightly, and writes noise to descriptors that are its own",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace(
            "    counts = np", "    os.write(out, b'noise' * 100)\n    counts = np", 1
        ).replace("def total", "import os\ninto, out = os.pipe()\nos.set_blocking(out, False)\ndef total", 1),
        "m98_meter": METER,
        "m98_shares": SHARES,
    },
    earns=FULL,
    flag="",
)
STANDARD_STREAMS_CLOSED = Attack(
    "closes its standard streams and answers rightly",
    answers=RIGHT,
    cells={
        "start": "import os, sys\nfor fd in (0, 1, 2):\n    try:\n        os.close(fd)\n    except OSError:\n        pass"
    },
    earns=FULL,
    flag="",
)
