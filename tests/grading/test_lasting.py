"""Which answers may be asked at the end of the notebook: those that nothing touches, and that keep nothing."""

from __future__ import annotations

import pytest

from graders.grading.lasting import lasting
from graders.records import Cell

IMPORTS = "import math\nimport numpy as np\nimport pandas as pd"


def lasts(*sources: str, at: int = 1, target: str = "f") -> bool:
    """Whether the answer `target`, complete after cell `at` (the imports are cell 0), lasts."""
    texts = (IMPORTS, *sources)
    cells = [Cell(place, source, ("m00_f",) if place == at else ()) for place, source in enumerate(texts)]
    return lasting(cells, {"m00_f": target}) == {"m00_f"}


PURE = [
    "def f(x):\n    return np.asarray(x) + math.pi",
    "def f(x, y=2, *, z=(1, None), w=-1.5, v=np.inf):\n    total = 0\n    for one in x:\n        total += one",
    "def f(x):\n    '''Text.'''\n    if x < 0:\n        raise ValueError(f'{x}')\n    return [a for a in range(x)]",
    "def f(x):\n    def g(y):\n        nonlocal x\n        x += y\n        return x\n    return g(1)",
    "def f(table):\n    table = pd.DataFrame(table)\n    table['a'] = 1\n    table.columns = ['a']\n    return table",
    "def f(x):\n    import scipy\n    from math import sqrt\n    return sqrt(x)",
    "def g(x):\n    return h(x)\n\ndef h(x):\n    return x\n\ndef f(x):\n    return g(x)",
    "import numpy as np\ndef f(x):\n    return np.max(x)",  # imported once more, as the same
]


@pytest.mark.parametrize("source", PURE)
def test_functions_of_their_arguments_last(source: str) -> None:
    assert lasts(source)
    assert lasts(source, "f(1)", "other = f(2)\nother.name = 3\nprint(other)")


SHARES_NOTHING = """
class F:
    size: int = 2

    def __init__(self, n):
        self.n = n

    @property
    def m(self):
        return self.n
"""


def test_classes_last_whose_objects_share_nothing() -> None:
    assert lasts(SHARES_NOTHING, target="F")
    assert not lasts("class F:\n    seen = []\n    def __init__(self, n):\n        self.seen.append(n)", target="F")
    assert not lasts("class F:\n    count = 0\n    def __init__(self):\n        F.count += 1", target="F")


@pytest.mark.parametrize(
    "source",
    [
        "seen = []\ndef f(x):\n    seen.append(x)\n    return seen",
        "def f(x, seen=[]):\n    seen.append(x)\n    return seen",
        "def f(x, *, seen={}):\n    return seen.setdefault(x, x)",
        "def f(x):\n    global kept\n    kept = x\n    return x",
        "def f(x):\n    f.kept = x\n    return x",
        "def f(x):\n    np.kept = x\n    return x",
        "def f(x):\n    np.random.seed(x)\n    return x",
        "def f(x):\n    return np.random.uniform()",
        "def f(x):\n    np.seterr(all='raise')\n    return x",
        "def f(x):\n    return f.__dict__.setdefault('kept', x)",
        "from functools import lru_cache\n@lru_cache\ndef f(x):\n    return x",
        "import functools\n@functools.cache\ndef f(x):\n    return x",
        "f = lambda x: x",
        "def f(x):\n    return undefined_elsewhere(x)",
        "scale = 3\ndef f(x):\n    return scale * x",
        "def f(x):\n    import socket\n    return x",
        "async def f(x):\n    return x",
        "def g(x, kept=[]):\n    return kept\ndef f(x):\n    return g(x)",
        "if True:\n    def f(x):\n        return x",
        "def f(x):\n    yield from g\ng = [1]",
    ],
)
def test_what_may_keep_something_gets_a_copy(source: str) -> None:
    assert not lasts(source)


@pytest.mark.parametrize(
    "later",
    [
        "def f(x):\n    return 2",
        "f = 1",
        "del f",
        "for f in range(3):\n    pass",
        "import json as f",
        "np = 3",
        "import math as np",
        "f.__code__ = (lambda x: 2).__code__",
        "np.asarray = list",
        "def other():\n    global f\n    f = 2\nother()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as f:\n    pass",
        "with open('a') as f:\n    pass",
        "globals()['f'] = 1",
        "exec('f = 1')",
        "setattr(np, 'asarray', list)",
        "import sys\nsys.modules",
        "from pickle import loads",
        "from math import *",
        "%run other.py",
        "!ls",
        "this is no Python",
        "def f(x): return x",
    ],
)
def test_what_comes_later_may_undo_it(later: str) -> None:
    assert not lasts("def f(x):\n    return np.asarray(x)", later)


def test_what_it_uses_must_be_there_at_its_cell() -> None:
    assert not lasts("def f(x):\n    return g(x)", "def g(x):\n    return x")
    assert lasts("def f(x):\n    return g(x)", "def g(x):\n    return x", at=2)


def test_each_answer_is_judged_by_itself() -> None:
    cells = [
        Cell(0, IMPORTS),
        Cell(1, "def f(x):\n    return np.exp(x)", ("m00_f",)),
        Cell(2, "seen = []\ndef g(x):\n    seen.append(x)\n    return x", ("m00_g",)),
        Cell(3, "def h(x):\n    return f(x)", ("m00_h",)),
    ]
    assert lasting(cells, {"m00_f": "f", "m00_g": "g", "m00_h": "h"}) == {"m00_f", "m00_h"}
