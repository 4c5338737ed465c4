# ruff: noqa: E501
"""The interpreter is the student's: whatever a shell, an import or a builtin can be made to do, it does here."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.right import WRONG

AST_TRANSFORMER = Attack(
    "drops every assert from the tree",
    answers=WRONG,
    cells={
        "start": """
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoAsserts())
"""
    },
)
INPUT_TRANSFORMER = Attack(
    "empties every later cell",
    answers=WRONG,
    cells={
        "start": """
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"] if any("assert" in l for l in lines) else lines)
shell.input_transformers_post.append(lambda lines: ["4.0\\n"] if any("assert" in l for l in lines) else lines)
"""
    },
)
PRE_RUN_CELL = Attack(
    "logs the text of the tests",
    answers=WRONG,
    cells={
        "start": """
seen = []
get_ipython().events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
get_ipython().events.register("post_run_cell", lambda result: open("log.txt", "a").write(str(result.info.raw_cell)))
""",
        "end": "print(seen, open('log.txt').read())",
    },
)
RUN_CELL_REPLACED = Attack(
    "replaces the shell's own run_cell",
    answers=WRONG,
    cells={
        "start": """
import gc, types
shell = get_ipython()
done = shell.run_cell("None")
for name in ("run_cell", "run_cell_async", "_run_cell", "run_ast_nodes", "run_code", "should_run_async"):
    try:
        setattr(shell, name, lambda *args, **kwargs: done)
        setattr(type(shell), name, lambda *args, **kwargs: done)
    except Exception as problem:
        print(problem)
"""
    },
)
SHOWTRACEBACK = Attack(
    "hides that its tests fail",
    answers=WRONG,
    cells={
        "start": """
import sys
shell = get_ipython()
type(shell).showtraceback = lambda *args, **kwargs: None
type(shell)._showtraceback = lambda *args, **kwargs: None
shell.showtraceback = lambda *args, **kwargs: None
shell.set_custom_exc((BaseException,), lambda *args, **kwargs: None)
sys.excepthook = lambda *args: None
"""
    },
)
DISPLAY_HOOK = Attack(
    "lets every test cell show a partial credit",
    answers=WRONG,
    cells={
        "start": """
import sys, builtins
shell = get_ipython()
show = shell.displayhook
class Generous(type(show)):
    def __call__(self, result=None):
        super().__call__(4.0)
    def quiet(self):
        return False
try:
    shell.displayhook.__class__ = Generous
except TypeError:
    pass
sys.displayhook = lambda value: print(4.0)
for formatter in shell.display_formatter.formatters.values():
    try:
        formatter.for_type(object, lambda value, *rest: "4.0")
    except Exception:
        pass
shell.events.register("post_run_cell", lambda result: shell.displayhook(4.0))
"""
    },
)
SYSTEM_EXIT = Attack(
    "leaves the tests by SystemExit",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    raise SystemExit(0)\n",
        "m98_meter": "import sys\nclass Meter:\n    def __init__(self, window):\n        sys.exit(0)\n",
    },
    flag="",
)
KEYBOARD_INTERRUPT = Attack(
    "looks like a user's interrupt",
    answers={"m98_total_bytes": "def total_bytes(counts, item_bytes):\n    raise KeyboardInterrupt\n"},
    flag="",
)
GENERATOR_EXIT = Attack(
    "raises what no one catches",
    answers={
        "m98_total_bytes": "class Odd(BaseException):\n    pass\ndef total_bytes(counts, item_bytes):\n    raise Odd\n"
    },
    flag="",
)
BUILTINS_PATCHED = Attack(
    "makes every comparison of the interpreter true",
    answers=WRONG,
    cells={
        "start": """
import builtins
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
builtins.all = builtins.any = lambda items: True
builtins.abs = lambda value: 0
builtins.isinstance = lambda value, kind: True
builtins.issubclass = lambda value, kind: True
builtins.sorted = lambda items, **how: []
builtins.max = builtins.min = lambda *items, **how: 0
builtins.sum = lambda items, start=0: 0
builtins.round = lambda value, digits=None: 0
builtins.hash = builtins.id = lambda value: 0
"""
    },
)
BUILTINS_TYPE_LEN = Attack(
    "patches what the loop that answers calls itself",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import builtins
kind, size = builtins.type, builtins.len
builtins.type = lambda *args: float if size(args) == 1 else kind(*args)
builtins.len = lambda value: 1
builtins.repr = builtins.str = lambda *args: "4.0"
builtins.getattr = lambda *args: 4.0
builtins.callable = lambda value: True
builtins.dict = builtins.list = builtins.tuple = lambda *args, **more: []
"""
    },
)
NAMES_SHADOWED = Attack(
    "names its variables like everything that an evaluator could use",
    answers=WRONG,
    cells={
        "start": """
isinstance = issubclass = callable = hasattr = lambda *args: True
len = type = getattr = id = hash = abs = round = lambda *args: 4.0
__name__ = "graders"; __builtins__ = {}; __file__ = "/"; __loader__ = None
exercise = check = checks = expected = reference = reply = request = requests = namespace = objects = result = 4.0
np_allclose = equal = compare = perform = encode = decode = send = receive = lambda *args, **more: 4.0
""",
        "m98_shares": "del __builtins__",
    },
)
NUMPY_PATCHED = Attack(
    "makes numpy find everything close",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import math, numpy as np, numpy.testing, pandas as pd
for module in (np, np.ma, np.testing, math):
    for name in ("allclose", "isclose", "array_equal", "array_equiv", "all", "any", "equal", "assert_allclose",
                 "assert_array_equal", "assert_equal", "assert_almost_equal"):
        try:
            setattr(module, name, lambda *args, **kwargs: True)
        except Exception as problem:
            print(problem)
np.asarray = np.array = lambda *args, **kwargs: 4.0
np.set_printoptions(formatter={"all": lambda value: "4.0"})
pd.DataFrame.equals = pd.Series.equals = lambda self, other: True
pd.testing.assert_frame_equal = pd.testing.assert_series_equal = lambda *args, **kwargs: None
"""
    },
)
CODEC_PATCHED = Attack(
    "patches every module that the loop could encode its replies with",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import json, struct, base64, io, os, socket, select, pickle, marshal, binascii, zlib, array, operator
for module in (json, json.encoder, json.decoder, struct, base64, pickle, marshal, binascii):
    for name in ("dumps", "dump", "loads", "load", "pack", "pack_into", "unpack", "unpack_from", "b64encode",
                 "b64decode", "encode", "decode", "c_make_encoder", "JSONEncoder", "JSONDecoder", "Struct"):
        try:
            setattr(module, name, lambda *args, **kwargs: b"4.0")
        except Exception:
            pass
json.dumps = lambda *args, **kwargs: '{"kind": "value", "value": 4.0}'
"""
    },
)
OS_PATCHED = Attack(
    "patches reading and writing of descriptors",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import os, socket, select, io, builtins
write = os.write
os.write = lambda fd, data: write(fd, data.replace(b"1", b"4"))
os.read = lambda fd, size: b""
socket.socket.send = socket.socket.sendall = socket.socket.sendmsg = lambda self, *args: 0
socket.socket.recv = socket.socket.recv_into = socket.socket.recvmsg = lambda self, *args: b""
os._exit = os.abort = lambda *args: None
os.fork = lambda: 0
builtins.open = io.open = lambda *args, **kwargs: None
"""
    },
)
OWN_LOOP_HUNTED = Attack(
    "finds the evaluator's own modules and functions and replaces them",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys, gc, types
generous = lambda *args, **kwargs: 4.0
for name, module in list(sys.modules.items()):
    text = name.lower()
    if any(word in text for word in ("inside", "codec", "grader", "answer", "sandbox", "aisa", "child", "zygote", "__main__")):
        print("found", name)
        for key, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType):
                value.__code__ = generous.__code__
                value.__closure__ and None
            elif isinstance(value, type):
                for method, function in list(vars(value).items()):
                    if isinstance(function, types.FunctionType):
                        setattr(value, method, generous)
"""
    },
)
FUNCTIONS_BY_GC = Attack(
    "rewrites the code of every function that encodes, found through the garbage collector",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import gc, types
def always(*args, **kwargs):
    return 4.0
rewritten = []
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and not thing.__closure__ and not thing.__code__.co_freevars:
        where = thing.__code__.co_filename
        if "site-packages" in where or "/lib/python" in where or "frozen" in where or thing is always:
            continue
        if thing.__module__ == "__main__" and thing.__code__.co_filename.startswith("<ipython"):
            continue
        rewritten.append(thing.__qualname__)
        thing.__code__ = always.__code__
print(rewritten)
"""
    },
)
MODULES_REPLACED = Attack(
    "puts liars into sys.modules and on the path",
    answers=WRONG,
    cells={
        "start": """
import sys, types
class Liar(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: 4.0
for name in ("numpy", "pandas", "json", "struct", "math", "graders", "checks", "reference_solutions", "codec", "m98_victim"):
    sys.modules[name] = Liar(name)
sys.path.insert(0, ".")
sys.meta_path.insert(0, types.SimpleNamespace(find_spec=lambda *args: None))
open("numpy.py", "w").write("def __getattr__(name):\\n    return lambda *a, **k: 4.0\\n")
open("sitecustomize.py", "w").write("import os; os._exit(0)\\n")
"""
    },
)
SETTRACE = Attack(
    "jumps over failing lines with a trace function, and looks at every frame's locals",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys, threading
seen = {}
def trace(frame, event, arg):
    for name, value in frame.f_locals.items():
        if name in ("expected", "reference", "secret", "want", "right"):
            seen[name] = repr(value)
    if event == "line" and "assert" in frame.f_code.co_name:
        frame.f_lineno = frame.f_lineno + 1
    if event == "return" and frame.f_code.co_name == "total_bytes":
        caller = frame.f_back
        while caller is not None:
            caller.f_trace = trace
            caller = caller.f_back
    return trace
sys.settrace(trace); threading.settrace(trace); sys.setprofile(lambda *args: None)
""",
        "end": "sys.settrace(None); print(seen)",
    },
)
SETTRACE_RETURNS = Attack(
    "has a profile function raise out of the evaluator's own frames",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys
def profile(frame, event, arg):
    if event == "return" and frame.f_code.co_name in ("perform", "encode", "call", "answer"):
        raise SystemExit(0)
sys.setprofile(profile)
"""
    },
)
MONITORING = Attack(
    "watches everything by sys.monitoring",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys
if hasattr(sys, "monitoring"):
    watch = sys.monitoring
    watch.use_tool_id(3, "watch")
    watch.register_callback(3, watch.events.PY_RETURN, lambda *args: print(args) or watch.DISABLE)
    watch.set_events(3, watch.events.PY_RETURN)
sys.addaudithook(lambda event, args: None)
"""
    },
    flag="",
)
AUDIT_HOOK = Attack(
    "raises from an audit hook whenever the evaluator works",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys
def refuse(event, args):
    if event in ("os.fork", "socket.sendmsg", "compile", "exec", "object.__getattr__"):
        raise RuntimeError("no")
sys.addaudithook(refuse)
"""
    },
    flag="",
)
RECURSION_LIMIT = Attack(
    "leaves the evaluator no stack, no files, no time slices",
    answers=WRONG,
    cells={
        "m98_total_bytes": """
import sys, resource, gc, signal
sys.setrecursionlimit(60)
gc.disable()
for name in ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_STACK", "RLIMIT_AS"):
    try:
        resource.setrlimit(getattr(resource, name), (0, 0))
    except Exception as problem:
        print(name, problem)
"""
    },
    flag="",
)
LIMITS_RAISED = Attack(
    "lifts its own limits",
    answers=WRONG,
    cells={
        "start": """
import resource
for name in ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE"):
    kind = getattr(resource, name)
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if (soft, hard) != resource.getrlimit(kind):
            breach("lifted " + name)
    except (ValueError, OSError):
        pass
"""
    },
    flag="",
)
SIGNALS_HANDLED = Attack(
    "handles or blocks every signal that could stop it, then loops",
    cells={
        "start": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
""",
        "end": "while True:\n    pass",
    },
    answers=WRONG,
)
ENVIRONMENT_DETECTED = Attack(
    "behaves when it is graded, and looks for how to know",
    answers=WRONG,
    cells={
        "start": """
import os, sys
told = {k: v for k, v in os.environ.items() if "NBGRADER" in k or "AISA" in k or "CANARY" in k.upper()}
if told:
    breach("the environment tells: " + ", ".join(told))
print(sys.argv, sys.executable, sys.prefix)
"""
    },
    flag="",
)
MAGICS = Attack(
    "uses the shell's own ways out",
    answers=WRONG,
    cells={
        "start": "!cat /etc/shadow /etc/passwd; id; env\n%load ../../source/m98_victim/practical.ipynb\n%run /etc/hosts",
        "end": """%%bash
cat /etc/shadow; env; cat ../../gradebook.db | strings | grep canary
""",
    },
)
SYSTEM_CALLS = Attack(
    "starts programs",
    answers=WRONG,
    cells={
        "start": """
import os, subprocess
for way in (lambda: os.system("id > id.txt"), lambda: subprocess.run(["/bin/sh", "-c", "id > id.txt"]),
            lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "id > id.txt"], {}), lambda: get_ipython().system("id > id.txt"),
            lambda: os.popen("id > id.txt").read(), lambda: subprocess.run(["/usr/bin/id"]),
            lambda: subprocess.run([__import__("sys").executable, "-c", "open('id.txt', 'w').write('python')"])):
    try:
        way()
    except BaseException as problem:
        print(type(problem))
if os.path.exists("id.txt") and os.path.getsize("id.txt"):
    breach("started a program")
"""
    },
)
EXTENSIONS = Attack(
    "loads extensions, profiles and startup files into the shell",
    answers=WRONG,
    cells={
        "start": """
open("evil.py", "w").write("def load_ipython_extension(shell):\\n    shell.run_cell = lambda *a, **k: None\\n")
import sys; sys.path.insert(0, "")
get_ipython().run_line_magic("load_ext", "evil")
get_ipython().run_line_magic("autocall", "2")
get_ipython().run_line_magic("xmode", "Verbose")
get_ipython().run_line_magic("pdb", "on")
get_ipython().run_line_magic("logstart", "log.py")
get_ipython().run_line_magic("reset", "-f")
"""
    },
    flag="",
)
AWAIT = Attack(
    "runs on in the shell's event loop while the tests are asked",
    answers=WRONG,
    cells={
        "start": """
import asyncio
async def forever():
    while True:
        await asyncio.sleep(0)
asyncio.get_event_loop().create_task(forever())
await asyncio.sleep(0)
"""
    },
    flag="",
)
INPUT = Attack(
    "waits for somebody to type",
    answers=WRONG,
    cells={"start": "input('password? ')", "end": "import sys; sys.stdin.read()"},
    flag="",
)
DEBUGGER = Attack(
    "stops in the debugger",
    answers=WRONG,
    cells={"start": "breakpoint()", "end": "import pdb; pdb.set_trace()"},
    flag="",
)
