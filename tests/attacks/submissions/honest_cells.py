# ruff: noqa: E501
"""Honest work that looks odd: it gets the points that its answers earn, whatever else stands in the notebook."""

from __future__ import annotations

import copy
import random

from tests.attacks.attack import POINTS, Attack, Notebook, cell_of, code_cell, markdown_cell
from tests.attacks.right import FULL, METER, RIGHT, SHARES, TOTAL_BYTES

PLAIN = Attack("answers everything rightly", answers=RIGHT, earns=FULL, flag="")
HALF = Attack("answers one exercise of three", answers={"m98_meter": METER}, earns={"m98_meter": 4.0}, flag="")
WARNINGS = Attack(
    "warns on stderr wherever it can",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace(
            "    counts = np.as",
            "    import sys, warnings\n    warnings.warn('careful')\n    print('careful', file=sys.stderr)\n    np.float64(1) / np.float64(0)\n    counts = np.as",
            1,
        ),
        "m98_meter": "import warnings\nwarnings.warn('look out')\n" + METER,
        "m98_shares": SHARES + "import sys; sys.stderr.write('done')\n",
    },
    earns=FULL,
    flag="",
)
PRINTS = Attack(
    "prints while it works",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace("    counts =", "    print('called with', counts)\n    counts =", 1),
        "m98_meter": METER,
        "m98_shares": SHARES + "print(shares)\ndisplay(shares)\n",
    },
    earns=FULL,
    flag="",
)
OWN_HELPERS = Attack(
    "puts helpers into cells of its own",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    return check(counts, item_bytes) * item_bytes\n",
        "m98_meter": "class Meter(Base):\n    def peak(self):\n        return largest(self.readings)\n",
        "m98_shares": SHARES,
    },
    cells={
        "m98_total_bytes": """
def check(counts, item_bytes):
    counts = np.asarray(counts)
    if item_bytes <= 0 or np.any(counts < 0):
        raise ValueError("sizes are positive, counts not negative")
    return int(counts.sum())
""",
        "m98_meter": "def largest(readings):\n    return max(readings, key=lambda reading: reading[1])[0]\n"
        + METER.replace("class Meter", "class Base").split("    def peak")[0],
    },
    earns=FULL,
    flag="",
)
WORDS_OF_THE_FIELD = Attack(
    "speaks of requests, sockets and http as its subject does",
    answers=RIGHT,
    cells={
        "m98_meter": """
requests = {"http": 3, "urllib": 1}  # taken from requests that a socket served
socket, sockets = 0, [0, 1]
first = min(requests, key=requests.get); socket += 1
"""
    },
    earns=FULL,
    flag="",
)
HELPERS_AFTER = Attack(
    "defines its helper between answer and test, where it is needed first",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace("int(counts.sum())", "whole(counts)"),
        "m98_meter": METER,
        "m98_shares": SHARES,
    },
    edit=lambda notebook: notebook["cells"].insert(
        notebook["cells"].index(cell_of(notebook, "m98_total_bytes")),
        code_cell("def whole(counts):\n    return int(counts.sum())\n"),
    ),
    earns=FULL,
    flag="",
)
HELPERS_AT_THE_END = Attack(
    "defines its helper at the end of the notebook: when the tests run, it is not there",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace("int(counts.sum())", "whole(counts)"),
        "m98_meter": METER,
        "m98_shares": SHARES,
    },
    cells={"end": "def whole(counts):\n    return int(counts.sum())\n"},
    earns={"m98_meter": 4.0, "m98_shares": 2.0},
    flag="",
)
OWN_IMPORTS = Attack(
    "imports what it likes, by the names that it likes",
    answers={
        "m98_total_bytes": "import numpy\nimport numpy as numbers\nfrom math import *\n"
        + TOTAL_BYTES.replace("np.", "numbers."),
        "m98_meter": "from statistics import fmean\nfrom collections import deque\n"
        + METER.replace("sum(last) / len(last)", "fmean(last)"),
        "m98_shares": "import pandas as frames\n" + SHARES.replace("pd.", "frames."),
    },
    earns=FULL,
    flag="",
)
PLOTS = Attack(
    "draws figures",
    answers=RIGHT,
    cells={
        "end": "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.bar(shares['unit'], shares['share'])\nplt.show()\nfigure"
    },
    earns=FULL,
    flag="",
)
SCRATCH_FAILS = Attack(
    "fails in cells of its own",
    answers=RIGHT,
    cells={
        "start": "1 / 0",
        "m98_meter": "total_bytes([-1], 8)",
        "after m98_meter": "undefined",
        "end": "this is no Python",
    },
    earns=FULL,
    flag="",
)
SCRATCH_LOOPS = Attack(
    "loops in a cell of its own before the exercises",
    answers=RIGHT,
    cells={"start": "while True:\n    pass"},
    earns=FULL,
    flag="any",
)
SCRATCH_SLEEPS = Attack(
    "waits in a cell of its own", answers=RIGHT, cells={"start": "import time\ntime.sleep(0.2)"}, earns=FULL, flag=""
)
SCRATCH_PRINTS_A_LOT = Attack(
    "prints a megabyte or two while debugging",
    answers=RIGHT,
    cells={"m98_meter": "for i in range(30_000):\n    print(i, 'x' * 50)"},
    earns=FULL,
    flag="any",
)
RIGHT_AND_WRONG = Attack(
    "has one exercise wrong",
    answers={**RIGHT, "m98_meter": METER.replace("max(", "min(").replace("sum(last)", "1 + sum(last)")},
    earns={"m98_total_bytes": 4.0, "m98_shares": 2.0},
    flag="",
)
DEFINED_TWICE = Attack(
    "defines its function twice: the second counts",
    answers={
        "m98_total_bytes": "def total_bytes(counts, item_bytes):\n    return None\n\n" + TOTAL_BYTES,
        "m98_meter": METER,
        "m98_shares": SHARES,
    },
    earns=FULL,
    flag="",
)
MAGICS = Attack(
    "measures with magics",
    answers=RIGHT,
    cells={
        "m98_meter": "%timeit -n1 -r1 total_bytes([1], 2)\n%matplotlib inline\n%whos",
        "end": "%%time\ntotal_bytes([1, 2], 3)",
    },
    earns=FULL,
    flag="",
)
QUESTION_MARKS = Attack(
    "asks for help", answers=RIGHT, cells={"end": "total_bytes?\nMeter??\nhelp(np.sum)"}, earns=FULL, flag=""
)
TYPED = Attack(
    "writes types and decorators",
    answers={
        "m98_total_bytes": "from functools import lru_cache, wraps\nfrom numpy.typing import ArrayLike\n"
        + TOTAL_BYTES.replace("(counts, item_bytes):", "(counts: ArrayLike, item_bytes: int) -> int:", 1),
        "m98_meter": "from dataclasses import dataclass, field\n@dataclass\nclass Meter:\n    window: int\n    readings: list = field(default_factory=list)\n"
        + METER.split("        self.readings = []\n")[1],
        "m98_shares": SHARES,
    },
    earns=FULL,
    flag="",
)
NUMPY_TYPES = Attack(
    "returns numpy's numbers instead of Python's",
    answers={
        "m98_total_bytes": TOTAL_BYTES.replace(
            "int(counts.sum()) * item_bytes", "np.asarray(counts.sum() * np.int64(item_bytes))"
        ),
        "m98_meter": METER.replace("sum(last) / len(last)", "np.mean(last)").replace("[0]\n", "[0]\n"),
        "m98_shares": SHARES,
    },
    earns=FULL,
    flag="",
)
GLOBAL_STATE = Attack(
    "keeps state in globals that it needs itself",
    answers={
        "m98_total_bytes": "CALLS = 0\n"
        + TOTAL_BYTES.replace("    counts = np", "    global CALLS\n    CALLS += 1\n    counts = np", 1),
        "m98_meter": METER,
        "m98_shares": SHARES,
    },
    earns=FULL,
    flag="",
)
FILES_OF_ITS_OWN = Attack(
    "writes and reads files of its own",
    answers={
        **RIGHT,
        "m98_shares": SHARES + "shares.to_csv('shares.csv', index=False)\nshares = pd.read_csv('shares.csv')\n",
    },
    earns=FULL,
    flag="",
)
THREADS_OF_ITS_OWN = Attack(
    "computes in threads",
    answers={
        **RIGHT,
        "m98_total_bytes": TOTAL_BYTES.replace(
            "return int(counts.sum()) * item_bytes",
            "from concurrent.futures import ThreadPoolExecutor\n    with ThreadPoolExecutor(2) as pool:\n        return int(sum(pool.map(int, np.ravel(counts)))) * item_bytes",
        ),
    },
    earns=FULL,
    flag="",
)
AWAITS = Attack(
    "awaits in a cell", answers=RIGHT, cells={"start": "import asyncio\nawait asyncio.sleep(0)"}, earns=FULL, flag=""
)
RANDOM_AND_TIME = Attack(
    "uses chance and clocks",
    answers=RIGHT,
    cells={"start": "import random, time\nnp_seed = random.random()\ntime.time()"},
    earns=FULL,
    flag="",
)
UNICODE = Attack(
    "names things in other alphabets",
    answers={
        **RIGHT,
        "m98_total_bytes": TOTAL_BYTES.replace("counts", "число").replace(
            "число, item_bytes):", "counts, item_bytes):\n    число = counts", 1
        ),
    },
    cells={"end": "größe = 'ß€漢字🎓'\nprint(größe)"},
    earns=FULL,
    flag="",
)
EVERYTHING_IN_ONE_CELL = Attack(
    "answers everything in the first cell, and leaves the others empty",
    answers={
        "m98_total_bytes": TOTAL_BYTES + "\n" + METER + "\nimport pandas as pd\n" + SHARES,
        "m98_meter": "",
        "m98_shares": "",
    },
    earns=FULL,
    flag="",
)


def _reordered(notebook: Notebook) -> None:
    setup, *rest = notebook["cells"]
    blocks = [(cell_of(notebook, f"{exercise}-answer"), cell_of(notebook, exercise)) for exercise in reversed(POINTS)]
    moved = [cell for block in blocks for cell in block]
    notebook["cells"] = [setup, *(cell for cell in rest if cell not in moved), *moved]


REORDERED = Attack("does the last exercise first", answers=RIGHT, edit=_reordered, earns=FULL, flag="")


def _test_first(notebook: Notebook) -> None:
    for exercise in POINTS:
        test = cell_of(notebook, exercise)
        notebook["cells"].remove(test)
        notebook["cells"].insert(notebook["cells"].index(cell_of(notebook, f"{exercise}-answer")), test)


TESTS_BEFORE_ANSWERS = Attack(
    "moves the tests before its answers", answers=RIGHT, edit=_test_first, earns=FULL, flag=""
)


def _shuffled_prose(notebook: Notebook) -> None:
    prose = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] != "markdown"]
    random.Random(98).shuffle(prose)
    notebook["cells"] = code + prose


PROSE_MOVED = Attack("moves all prose to the end", answers=RIGHT, edit=_shuffled_prose, earns=FULL, flag="")


def _prose_deleted(notebook: Notebook) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


PROSE_DELETED = Attack("deletes all prose", answers=RIGHT, edit=_prose_deleted, earns=FULL, flag="")


def _test_deleted(notebook: Notebook) -> None:
    notebook["cells"].remove(cell_of(notebook, "m98_meter"))


TEST_DELETED = Attack("deletes a test cell by mistake", answers=RIGHT, edit=_test_deleted, earns=FULL, flag="any")


def _test_edited(notebook: Notebook) -> None:
    cell = cell_of(notebook, "m98_meter")
    cell["source"] = "print('debugging')\n" + "".join(cell["source"])


TEST_EDITED = Attack("debugs in a test cell", answers=RIGHT, edit=_test_edited, earns=FULL, flag="any")


def _answer_copied(notebook: Notebook) -> None:
    answer = cell_of(notebook, "m98_total_bytes-answer")
    twin = copy.deepcopy(answer)
    answer["source"] = "def total_bytes(counts, item_bytes):\n    return 'first try'\n"
    notebook["cells"].insert(notebook["cells"].index(answer) + 1, twin)


ANSWER_COPIED = Attack(
    "copies its answer cell and goes on in the copy", answers=RIGHT, edit=_answer_copied, earns=FULL, flag="any"
)


def _test_copied(notebook: Notebook) -> None:
    test = cell_of(notebook, "m98_total_bytes")
    notebook["cells"].insert(notebook["cells"].index(test) + 1, copy.deepcopy(test))


TEST_COPIED = Attack("copies a test cell", answers=RIGHT, edit=_test_copied, earns=FULL, flag="any")


def _answer_deleted(notebook: Notebook) -> None:
    answer = cell_of(notebook, "m98_meter-answer")
    notebook["cells"][notebook["cells"].index(answer)] = code_cell(METER)


ANSWER_IN_A_CELL_OF_ITS_OWN = Attack(
    "deletes an answer cell and answers in a cell of its own",
    answers=RIGHT,
    edit=_answer_deleted,
    earns=FULL,
    flag="any",
)


def _answer_split(notebook: Notebook) -> None:
    answer = cell_of(notebook, "m98_shares-answer")
    first, second = SHARES.splitlines(keepends=True)
    answer["source"] = second
    notebook["cells"].insert(notebook["cells"].index(answer), code_cell(first))


ANSWER_SPLIT = Attack("splits an answer into two cells", answers=RIGHT, edit=_answer_split, earns=FULL, flag="")


def _own_prose(notebook: Notebook) -> None:
    for place in range(0, len(notebook["cells"]) * 2, 2):
        notebook["cells"].insert(place, markdown_cell("**My notes**: $x^2$ <b>bold</b> | a | b |", tags=["mine"]))
    notebook["metadata"]["toc"] = {"base_numbering": 1}
    notebook["metadata"]["vscode"] = {"interpreter": {"hash": "0"}}


NOTES = Attack("takes notes between all cells", answers=RIGHT, edit=_own_prose, earns=FULL, flag="")


def _collapsed(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"].update(
            collapsed=True, scrolled=True, jupyter={"source_hidden": True}, ExecuteTime={"start_time": "2026-11-01"}
        )
        cell["metadata"]["execution"] = {"iopub.execute_input": "2026-11-01T00:00:00Z"}


EDITOR_METADATA = Attack(
    "works in an editor that writes metadata of its own", answers=RIGHT, edit=_collapsed, earns=FULL, flag=""
)


def _executed(notebook: Notebook) -> None:
    for count, cell in enumerate(cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        cell["execution_count"] = count + 1
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["done\n"]}]


EXECUTED = Attack("hands in with outputs", answers=RIGHT, edit=_executed, earns=FULL, flag="")
CELL_IDS_LOST = Attack(
    "hands in without cell ids",
    answers=RIGHT,
    edit=lambda notebook: [cell.pop("id", None) for cell in notebook["cells"]] and None,
    earns=FULL,
    flag="",
)
