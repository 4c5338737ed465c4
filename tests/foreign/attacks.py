"""Attacks on tests that stand in the notebook, each a submission: wrong answers, and what is to make them count.

What each gains, and which flag a human sees, is what docs/foreign-courses.md says.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.foreign.courses import Notebook, answer, cell, cell_of, graded, own

HIDDEN = 7340033917
"""A number that only a hidden test has."""

CELLS = [
    own("# Numbers", "markdown"),
    cell(
        "code",
        "given",
        "import math\nimport numpy as np\nfrom settings import limit\n"
        "def close(a, b):\n    assert math.isclose(a, b), 'not close'",
        locked=True,
    ),
    answer("double", "def double(x):\n    return 2 * x"),
    graded(
        "test_double",
        2,
        f"assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double({HIDDEN}) == {2 * HIDDEN}\n### END HIDDEN TESTS",
    ),
    answer("pair", "def pair(x):\n    return [x, 2 * x]"),
    graded("test_pair", 1, "assert pair(2) == [2, 4]"),
    answer("root", "def root(x):\n    return math.sqrt(x)"),
    graded("test_helper", 1, "close(root(4), 2.0)"),
    graded("test_math", 1, "root(2)\nassert math.isclose(root(9), 3.0)"),
    graded("test_numpy", 1, "assert np.allclose([root(16)], [4.0])\nnp.testing.assert_allclose(root(25), 5.0)"),
    graded("test_testing", 1, "np.testing.assert_allclose(root(25), 5.0)"),
    graded("test_abs", 1, "assert abs(root(36) - 6) < 1e-9"),
    graded("test_limit", 1, "assert limit == 10\nmath.isqrt(limit)\nassert limit"),
]
WORTH = {one["metadata"]["nbgrader"]["grade_id"]: one["metadata"]["nbgrader"].get("points", 0.0) for one in CELLS[1:]}
WORTH = {name: float(points) for name, points in WORTH.items() if points}
WRONG = {
    "double": "def double(x):\n    return -1",
    "pair": "def pair(x):\n    return [0]",
    "root": "def root(x):\n    return -1",
}
EARNED = {"test_limit": 1.0}
"""What everybody has without an answer: the course's own module is right."""


@dataclass(frozen=True)
class Attack:
    """One submission.

    Attributes
    ----------
    answers : mapping of str to str
        What stands in the answer cells; else something wrong.
    first : str
        A cell of the student's before all others that can run, behind the course's imports.
    edit : callable, optional
        Changes the notebook's JSON.
    files : mapping of str to str
        Files beside it.
    link : str
        A link beside it, and where it leads from the course's folder.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    edit: Callable[[Notebook], None] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    link: str = ""


def tests_of(document: Notebook) -> list[Notebook]:
    """All test cells."""
    return [cell_of(document, name) for name in WORTH]


def each_test(change: Callable[[Notebook], None]) -> Callable[[Notebook], None]:
    """Do the same to each test cell."""

    def edit(document: Notebook) -> None:
        for one in tests_of(document):
            change(one)

    return edit


def said(**metadata: Any) -> Callable[[Notebook], None]:
    """Say something else in nbgrader's metadata of each test cell."""
    return each_test(lambda one: one["metadata"]["nbgrader"].update(metadata))


def _text(source: str) -> Callable[[Notebook], None]:
    return each_test(lambda one: one.update(source=source))


def _delete(document: Notebook) -> None:
    document["cells"] = [one for one in document["cells"] if one not in tests_of(document)]


def _copy(document: Notebook) -> None:
    document["cells"] += [copy.deepcopy(one) | {"source": "pass"} for one in tests_of(document)]


def _rename(document: Notebook) -> None:
    for number, one in enumerate(tests_of(document)):
        one["metadata"]["nbgrader"]["grade_id"] = f"other{number}"
        one["source"] = "pass"


LIE = "class Odd(float):\n    def __eq__(self, other): return True\n    __ne__ = lambda *a: False\n"
HIDDEN_LIE = "Odd = type('Odd', (float,), {'__e' + 'q__': lambda *a: True, '__n' + 'e__': lambda *a: False})\n"
FIND_RUN = """
import sys, json, struct, os
def double(x):
    frame, found = sys._getframe(), {}
    while frame is not None:
        found.update({key: value for key, value in frame.f_locals.items() if key in ('nonce', 'self', 'number')})
        if 'number' in frame.f_locals:
            break
        frame = frame.f_back
    reply = {'done': found['number'], 'status': 'ok', 'count': 5, 'ran': 2, 'nonce': found['nonce'], 'shown': ''}
    found['self'].channel.send(reply)
    os._exit(0)
"""
CHEER = """
import json, os, struct
def double(x):
    for number in range(1, 20):
        head = json.dumps({'done': number, 'status': 'ok', 'count': 5, 'ran': 2, 'shown': ''}).encode()
        for handle in range(3, 12):
            try:
                os.write(handle, struct.pack('<II', len(head), 0) + head)
            except OSError:
                pass
    os._exit(0)
"""
FRAMES = """
import sys
def double(x):
    expected = [value for value in sys._getframe(1).f_code.co_consts if isinstance(value, int)]
    return expected[-1]
"""
SPY = """
heard = []
get_ipython().events.register('pre_run_cell', lambda info: heard.append(info.raw_cell))
get_ipython().events.register('post_run_cell', lambda result: heard.append(repr(result)))
"""
SOURCES = """
import glob, os, sqlite3
for pattern in ('../../../source/**/*.ipynb', '../**/*.ipynb', '/tmp/**/source/**/*.ipynb', '/tmp/**/gradebook.db'):
    for path in glob.glob(pattern, recursive=True):
        print('BREACH', path)
sqlite3.connect('../../../gradebook.db').execute('UPDATE grade SET auto_score = 9')
"""

ATTACKS = {
    "skip-tag": Attack(edit=each_test(lambda one: one["metadata"].update(tags=["skip-execution"]))),
    "changed-tests": Attack(edit=_text("pass")),
    "deleted-tests": Attack(edit=_delete),
    "copied-tests": Attack(edit=_copy),
    "renamed-tests": Attack(edit=_rename),
    "raised-points": Attack(edit=said(points=50)),
    "unlocked": Attack(edit=said(solution=True, locked=False)),
    "ast-transformer": Attack(
        first="import ast\nclass No(ast.NodeTransformer):\n    visit_Assert = visit_Expr = lambda *a: ast.Pass()\n"
        "get_ipython().ast_transformers.append(No())"
    ),
    "input-transformer": Attack(first="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"),
    "no-traceback": Attack(first="get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None"),
    "event-spy": Attack(
        first=SPY,
        edit=lambda document: document["cells"].append(own("import linecache\nprint(heard, In, linecache.cache)")),
    ),
    "forged-result": Attack(answers={"double": "def double(x):\n    get_ipython().displayhook(2.0)\n    return -1"}),
    "patched-library": Attack(first="math.isclose = np.allclose = lambda *a, **k: True"),
    "patched-code": Attack(first="np.testing.assert_allclose.__code__ = (lambda *a, **k: None).__code__"),
    "patched-builtin": Attack(first="import builtins\nbuiltins.abs = lambda *a: 0"),
    "shadowing-file": Attack(files={"math.py": "isclose = lambda *a, **k: True\nsqrt = isqrt = abs\n"}),
    "course-file": Attack(files={"settings.py": "limit = 11\n", "more.py": "x = 1\n"}),
    "leaves": Attack(answers=dict.fromkeys(WRONG, "def double(x):\n    raise SystemExit\nroot = pair = double")),
    "ends": Attack(answers={"double": "import os\ndef double(x):\n    os._exit(0)"}),
    "ends-cheering": Attack(answers={"double": CHEER}),
    "loops": Attack(answers={"double": "def double(x):\n    while True:\n        pass"}),
    "reads-source": Attack(first=SOURCES),
    "starts-process": Attack(first="import os\nif not os.fork():\n    while True:\n        pass"),
    "calls-out": Attack(first="import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"),
    "link": Attack(link="source/ps/main.ipynb"),
    "lying-object": Attack(answers={"double": LIE + "def double(x):\n    return Odd()"}),
    "hidden-lie": Attack(answers={"double": HIDDEN_LIE + "def double(x):\n    return Odd()"}),
    "lie-in-a-list": Attack(answers={"pair": LIE + "def pair(x):\n    return [Odd(), Odd()]"}),
    "redefined-helper": Attack(first="def close(a, b):\n    raise_it = None"),
    "shadowed-builtin": Attack(first="abs = lambda *a: 0"),
    "patches-in-time": Attack(
        answers={"root": "def root(x):\n    math.isclose = np.allclose = lambda *a, **k: True\n    return 2.0"}
    ),
    "reads-frames": Attack(answers={"double": FRAMES}),
    "forged-reply": Attack(answers={"double": FIND_RUN}),
}


def place_link(folder: Path, root: Path, attack: Attack) -> None:
    """Put its link beside a submission."""
    (folder / "main.ipynb").unlink()
    (folder / "main.ipynb").symlink_to(root / attack.link)
