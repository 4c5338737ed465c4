# ruff: noqa: E501
"""Answers that know nothing: constants, echoes, what the page shows, something else at every call."""

from __future__ import annotations

from tests.attacks.attack import Attack


def _everywhere(value: str, tries: str) -> Attack:
    total = f"def total_bytes(counts, item_bytes):\n    return {value}\n"
    meter = (
        "class Meter:\n    def __init__(self, window):\n        counts = item_bytes = window\n"
        f"        self.mean = {value}\n    def add(self, name, value):\n        pass\n"
        f"    def peak(self):\n        counts = item_bytes = 1\n        return {value}\n"
    )
    shares = f"counts = item_bytes = 1\nshares = {value}\n"
    return Attack(tries, answers={"m98_total_bytes": total, "m98_meter": meter, "m98_shares": shares}, flag="")


NOTHING = Attack("hands in the release as it is", flag="")
NONE = _everywhere("None", "returns nothing")
ZERO = _everywhere("0", "returns 0 for everything")
ONE = _everywhere("1.0", "returns 1 for everything")
EMPTY = _everywhere("[]", "returns an empty list")
EMPTY_TEXT = _everywhere("''", "returns an empty text")
TRUE = _everywhere("True", "returns a yes")
NOT_IMPLEMENTED = _everywhere("NotImplemented", "returns NotImplemented")
ELLIPSIS = _everywhere("...", "returns an ellipsis")
ECHO = _everywhere("counts", "returns its argument")
ECHO_BOTH = _everywhere("(counts, item_bytes)", "returns all its arguments")
EXCEPTION_RETURNED = _everywhere("ValueError('no')", "returns an exception instead of raising it")
RAISES = Attack(
    "raises for everything",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    raise ValueError('no')\n",
        "m98_meter": "class Meter:\n    def __init__(self, window):\n        raise ValueError('no')\n",
        "m98_shares": "raise ValueError('no')\n",
    },
    flag="",
)
RAISES_EVERYTHING = Attack(
    "raises an exception that is every exception",
    answers={
        "m98_total_bytes": """
class Every(ValueError, TypeError, KeyError, ZeroDivisionError, AttributeError, RuntimeError, NotImplementedError):
    pass
def total_bytes(counts, item_bytes):
    raise Every
"""
    },
    flag="",
)
EXCEPTION_NAMED_VALUE_ERROR = Attack(
    "raises an exception of its own that only has the right name",
    answers={
        "m98_total_bytes": """
ValueError = type("ValueError", (Exception,), {"__module__": "builtins", "__qualname__": "ValueError"})
def total_bytes(counts, item_bytes):
    raise ValueError("sizes are positive")
"""
    },
    flag="",
)
VISIBLE_ONLY = Attack(
    "knows the page's own example and nothing else",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    if list(np.ravel(counts)) == [1, 2, 3] and item_bytes == 8:
        return 48
    return 0
""",
        "m98_meter": """
class Meter:
    def __init__(self, window):
        self.mean = 2.0
    def add(self, name, value):
        pass
    def peak(self):
        return "b"
""",
    },
    flag="",
)
SECOND_CALL = Attack(
    "answers otherwise at the second call",
    answers={
        "m98_total_bytes": """
calls = []
def total_bytes(counts, item_bytes):
    calls.append(1)
    return 48 if len(calls) == 1 else len(calls)
""",
        "m98_meter": """
class Meter:
    made = 0
    def __init__(self, window):
        Meter.made += 1
        self.looked = 0
    def add(self, name, value):
        pass
    @property
    def mean(self):
        self.looked += 1
        return float(self.looked)
    def peak(self):
        return str(Meter.made)
""",
    },
    flag="",
)
RANDOM = Attack(
    "throws dice",
    answers={
        "m98_total_bytes": "import random\ndef total_bytes(counts, item_bytes):\n    return random.choice([48, 0, 1])\n",
        "m98_shares": 'import random\nshares = pd.DataFrame({"unit": list("abcd"), "share": [random.random() for _ in range(4)]})\n',
    },
    flag="",
)
EVERY_ANSWER_AT_ONCE = Attack(
    "returns all numbers that it could be",
    answers={"m98_total_bytes": "def total_bytes(counts, item_bytes):\n    return set(range(10_000))\n"},
    flag="",
)
ANSWERS_FROM_THE_CALL_STACK = Attack(
    "reads names and locals of whoever calls it",
    answers={
        "m98_total_bytes": """
import inspect, sys
def total_bytes(counts, item_bytes):
    frame = sys._getframe()
    while frame is not None:
        for name in ("expected", "want", "reference", "right", "answer", "check"):
            if name in frame.f_locals or name in frame.f_globals and frame.f_globals is not globals():
                value = (frame.f_locals.get(name, frame.f_globals.get(name)))
                if isinstance(value, (int, float)):
                    return value
                if callable(value):
                    return value(counts, item_bytes)
        frame = frame.f_back
    return -1
"""
    },
    flag="",
)
ANSWERS_FROM_OBJECTS = Attack(
    "looks through all live objects for a reference or an expected value",
    answers={
        "m98_total_bytes": """
import gc
def total_bytes(counts, item_bytes):
    for thing in gc.get_objects():
        try:
            if callable(thing) and getattr(thing, "__name__", "") == "total_bytes" and thing is not total_bytes:
                return thing(counts, item_bytes)
            if type(thing) is dict and ("expected" in thing or "reference" in thing):
                return thing.get("expected", thing.get("reference"))
        except Exception:
            pass
    return -1
"""
    },
    flag="",
)
ANSWERS_FROM_IMPORTS = Attack(
    "imports the reference, the checks and the graders",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    import importlib, sys
    for name in ("reference_solutions.m98_victim.totals", "m98_victim.checks", "checks", "graders.checks", "graders", "nbgrader"):
        for path in ("", "/", "../..", "../../..", "/work", "/app", "/srv", "/usr/lib/python3/dist-packages"):
            sys.path.insert(0, path)
            try:
                module = importlib.import_module(name)
                return module.total_bytes(counts, item_bytes)
            except Exception:
                pass
    return -1
"""
    },
    flag="",
)
