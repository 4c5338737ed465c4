"""Cells of the course's own run past whatever the notebook has done to its shell, and tell what was odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graders.grading.foreign.course_text import names_of
from graders.records import Cell, CellRun
from graders.sandbox import NotebookRun, Sandbox
from graders.sandbox.course_cells import Watch
from graders.sandbox.inside import course_cells
from tests.sandbox.notebooks import SHAPES, kinds_of_flags, start, text_of

IMPORTS = "import math\nimport numpy as np\nfrom math import isclose as near"
TEST = "assert answer() == 42\nassert near(answer(), 42.0)"
RIGHT = "def answer():\n    return 42"
WRONG = "def answer():\n    return 41"
WATCH = Watch(("builtins", "math", "numpy"), ("Money",), {"NBGRADER_EXECUTION": "autograde"})


@pytest.fixture(scope="module")
def best() -> Iterator[Sandbox]:
    """The shape that a grader would get, with what tests use already loaded."""
    with start(SHAPES[0], imports=("numpy", "numpy.testing", "pandas")) as made:
        yield made


def run(sandbox: Sandbox, *sources: str, course: tuple[str, ...] = (IMPORTS, TEST)) -> NotebookRun:
    """The cells in their order; those in `course` are the course's own."""
    names = names_of([(source, False) for source in course])
    cells = [
        Cell(index, source, course=names.read_by(source) if source in course else None)
        for index, source in enumerate(sources)
    ]
    return sandbox.run(cells, {}, WATCH)


def ends(sandbox: Sandbox, *sources: str) -> CellRun:
    """How the test cell ends behind these."""
    with run(sandbox, IMPORTS, *sources, TEST) as notebook:
        return notebook.cells[-1]


def test_a_right_answer_passes_and_a_wrong_one_does_not(sandbox: Sandbox) -> None:
    assert (ends(sandbox, RIGHT).status, ends(sandbox, RIGHT).found) == ("ok", ())
    wrong = ends(sandbox, WRONG)
    assert wrong.status == "error"
    assert [output["ename"] for output in wrong.outputs] == ["AssertionError"]
    traceback = str(wrong.outputs[0]["traceback"])
    assert "assert answer() == 42" in traceback
    assert "course_cells" not in traceback


@pytest.mark.parametrize(
    "hooked",
    [
        "import ast\n"
        "class No(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(No())",
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
        "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
        "get_ipython().run_cell = get_ipython().run_code = lambda *a, **k: None",
        "type(get_ipython()).run_ast_nodes = lambda *a, **k: None",
        "get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None",
        "get_ipython().set_custom_exc((AssertionError,), lambda *a, **k: None)",
        "get_ipython().compile = lambda *a, **k: None",
        "get_ipython().user_ns = {'answer': lambda: 42}",
        "import builtins\nbuiltins.compile = builtins.exec = builtins.eval = lambda *a, **k: None",
        "import sys\nsys.settrace(lambda *a: None)",
        "import sys\nsys.excepthook = lambda *a: None",
    ],
)
def test_the_shell_has_no_part_in_it(best: Sandbox, hooked: str) -> None:
    assert ends(best, WRONG, hooked).status == "error"


def test_events_do_not_hear_of_it(best: Sandbox) -> None:
    spy = "heard = []\nget_ipython().events.register('pre_run_cell', lambda info: heard.append(info.raw_cell))"
    with run(best, IMPORTS, spy, RIGHT, TEST, "print(heard, In)") as notebook:
        said = text_of(notebook, 4)
    assert "return 42" in said
    assert "near(" not in said


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ("math.isclose = lambda *a, **k: True", "math.isclose"),
        ("np.allclose = np.isclose = lambda *a, **k: True", "numpy.allclose"),
        ("np.testing.assert_allclose = lambda *a, **k: None", "numpy.testing.assert_allclose"),
        ("import builtins\nbuiltins.abs = lambda *a: 42", "builtins.abs"),
        ("import numpy._core.numeric as n\nn.isclose = lambda *a, **k: True", "numpy._core.numeric.isclose"),
        ("np.testing.assert_equal.__code__ = (lambda *a, **k: None).__code__", "numpy.testing._private.utils"),
        ("import sys, types\nsys.modules['math'] = types.SimpleNamespace(isclose=lambda *a: True)", "math"),
        (
            "import types\nclass Lying(types.ModuleType):\n    isclose = lambda *a, **k: True\nmath.__class__ = Lying",
            "math",
        ),
    ],
)
def test_what_was_replaced_in_a_library_is_put_back_and_told(best: Sandbox, patch: str, name: str) -> None:
    test = (
        "import math\nassert math.isclose(answer(), 42.0)\nassert np.allclose([answer()], 42)\n"
        "assert abs(answer()) == 42\nnp.testing.assert_allclose(answer(), 42)\nnp.testing.assert_equal(answer(), 42)"
    )
    with run(best, IMPORTS, WRONG, patch, test, RIGHT, test, course=(IMPORTS, test)) as notebook:
        assert notebook.cells[3].status == "error"
        assert notebook.cells[5].status == "ok"
        assert [kind for kind, found in notebook.cells[3].found if found.startswith(name)][:1] == ["replaced"]
        assert notebook.cells[5].found == ()


def test_what_an_answer_replaces_while_it_is_tested_is_told(best: Sandbox) -> None:
    answer = "def answer():\n    math.isclose = lambda *a: True\n    return 42"
    assert ("replaced", "math.isclose") in ends(best, answer).found


def test_what_the_course_replaces_itself_stays(best: Sandbox) -> None:
    course = "def forbidden(*a):\n    raise AssertionError('do it without')\nmath.fsum = forbidden"
    test = (
        "try:\n    math.fsum([1])\nexcept AssertionError:\n    pass\nelse:\n    raise AssertionError('not forbidden')"
    )
    with run(best, IMPORTS, course, RIGHT, test, course=(IMPORTS, course, test)) as notebook:
        assert [(cell.status, cell.found) for cell in notebook.cells] == [("ok", ())] * 4


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("near = lambda *a: True", "near"),
        ("class np:\n    pass", "np"),
        ("isinstance = lambda *a: True", "isinstance"),
        ("def helper(x):\n    pass", "helper"),
    ],
)
def test_a_name_that_was_given_another_meaning_is_told(best: Sandbox, cell: str, name: str) -> None:
    helper = "def helper(x):\n    assert x == 42"
    test = "assert isinstance(answer(), int)\nhelper(answer())\nnear(1, 1)\nnp"
    with run(best, IMPORTS, helper, RIGHT, test, cell, test, course=(IMPORTS, helper, test)) as notebook:
        assert notebook.cells[3].found == ()
        assert notebook.cells[5].found == (("redefined", name),)


def test_a_plain_variable_of_the_course_may_change(best: Sandbox) -> None:
    course, test = "data = [1, 2]", "assert data"
    with run(best, course, "data = data + [3]", test, course=(course, test)) as notebook:
        assert notebook.cells[2].found == ()


LIES = {
    "a method": "class Odd(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\nmade = Odd()",
    "a name put together": "Odd = type('Odd', (int,), {'__e' + 'q__': lambda *a: True})\nmade = Odd()",
    "a method set later": "class Odd: pass\nsetattr(Odd, '__' + 'eq__', lambda *a: True)\nmade = Odd()",
    "a metaclass": (
        "class Meta(type):\n    def __eq__(self, other): return True\n    __hash__ = type.__hash__\n"
        "class Odd(metaclass=Meta): pass\nclass Odd2(Odd): __eq__ = lambda *a: True\nmade = Odd2()"
    ),
    "the name of a library's": (
        "class Odd:\n    __eq__ = lambda *a: True\nOdd.__module__, Odd.__qualname__ = 'decimal', 'Odd'\nmade = Odd()"
    ),
    "one in a list": "class Odd:\n    __eq__ = lambda *a: True\nmade = [[Odd()]]",
    "one in an array": "class Odd:\n    __eq__ = lambda *a: True\nmade = np.array([Odd()], dtype=object)",
    "arithmetic": "class Odd(float):\n    __sub__ = __rsub__ = lambda *a: 0.0\nmade = Odd()",
    "as a number": "class Odd:\n    __float__ = lambda self: 42.0\nmade = Odd()",
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("test", ["made == 42", "make() == 42", "made2 = make()\nabs(make() - 42) < 1"])
def test_an_object_that_answers_for_itself_is_told(best: Sandbox, lie: str, test: str) -> None:
    made = f"{LIES[lie]}\ndef make():\n    return made"
    with run(best, IMPORTS, made, test, course=(IMPORTS, test)) as notebook:
        found = [name.removesuffix("2") for kind, name in notebook.cells[2].found if kind == "lying"]
    inside = "one in" in lie and "== 42" not in test
    assert found == ([] if inside else ["Odd"])


@pytest.mark.parametrize(
    "honest",
    [
        "from fractions import Fraction\nmade = Fraction(42)",
        "from decimal import Decimal\nmade = Decimal(42)",
        "made = np.float64(42)",
        "from collections import Counter, OrderedDict\nmade = [Counter(), OrderedDict()]",
        "import pandas as pd\nmade = pd.Series([42])",
        "class Plain:\n    def __init__(self): self.x = 1\n    def __repr__(self): return 'plain'\nmade = Plain()",
        "class Money:\n    def __eq__(self, other): return True\nmade = Money()",
        "import datetime\nmade = datetime.date(2026, 2, 1)",
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\nmade = Colour.RED.value",
        "made = (x for x in [1])",
        "made = {'a': [1, 2], 'b': None}",
    ],
)
def test_values_of_libraries_and_plain_objects_are_not_told(best: Sandbox, honest: str) -> None:
    test = "made == 42\nmake() != 3\n[make() for _ in range(2)]"
    with run(best, IMPORTS, f"{honest}\ndef make():\n    return made", test, course=(IMPORTS, test)) as notebook:
        assert [cell.status for cell in notebook.cells[:2]] == ["ok", "ok"], text_of(notebook, 1)
        assert notebook.cells[2].found == ()


def test_what_a_cell_means_does_not_change_because_it_is_seen(best: Sandbox) -> None:
    test = (
        "class Base:\n    def f(self): return [1]\nclass Sub(Base):\n    def f(self): return super().f() + [2]\n"
        "assert Sub().f() == [1, 2]\nassert 1 < len([1, 2]) <= 2 and not 1 < len([]) < 2\nx = [0]\nx.append(1)\n"
        "print(*sorted({'b': 1, 'a': 2}), sep='-')\nf'{max(1, 2)!r:>3}'\nassert (lambda n=int('3'): n)() == 3\n"
        "def g():\n    yield from map(str, range(2))\nassert list(g()) == ['0', '1']\nassert 'x' in locals()\n"
        "import contextlib\nwith contextlib.suppress(ZeroDivisionError):\n    int(1) / int(0)\n"
        "assert [n for n in range(5) if n % 2 == 1] == [1, 3]\nassert globals()['x'] is x\nassert '<seen>' not in dir()"
    )
    with run(best, test, course=(test,)) as notebook:
        assert notebook.cells[0].status == "ok", text_of(notebook, 0)
        assert text_of(notebook, 0) == "a-b\n"


def test_functions_of_the_course_can_be_used_by_the_student(best: Sandbox) -> None:
    helper = "def half(x):\n    return float(x) / 2 if float(x) > 0 else 0"
    with run(best, helper, "half(3)", course=(helper,)) as notebook:
        assert text_of(notebook, 1) == "1.5"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("2", "2.0"),
        ("x = 1\n0.5 + x", "1.5"),
        ("2;", ""),
        ("2  # a remark", "2.0"),
        ("None", ""),
        ("x = 2", ""),
        ("True", "True"),
        ("'3'", "'3'"),
        ("np.float64(2.5)", "2.5"),
        ("np.int64(2)", "2.0"),
        ("float('nan')", "nan"),
        ("10 ** 400", "inf"),
        ("if True:\n    2", ""),
        ("1\n'said'", "'said'"),
        ("class Silent:\n    def __repr__(self): raise KeyError\nSilent()", ""),
        ("import asyncio\nawait asyncio.sleep(0, 2)", "2.0"),
    ],
)
def test_the_last_value_is_shown_as_a_notebook_shows_it(best: Sandbox, source: str, shown: str) -> None:
    with run(best, IMPORTS, source, course=(IMPORTS, source)) as notebook:
        last = notebook.cells[1]
        assert (last.status, last.shown) == ("ok", shown)
        results = [output for output in last.outputs if output["output_type"] == "execute_result"]
        assert len(results) == (shown != "" and "Silent" not in source)
        assert all(output["execution_count"] == last.execution_count == 2 for output in results)


def test_a_result_that_the_answer_shows_is_no_score(best: Sandbox) -> None:
    forging = "def answer():\n    get_ipython().displayhook(5.0)\n    return 41"
    failed = ends(best, forging)
    assert (failed.status, failed.shown) == ("error", "")


@pytest.mark.parametrize("leaves", ["raise SystemExit", "raise KeyboardInterrupt", "exit()", "import sys; sys.exit(0)"])
def test_leaving_a_test_is_failing_it(best: Sandbox, leaves: str) -> None:
    assert ends(best, f"def answer():\n    {leaves}").status == "error"


JUMP = """
import sys
def answer():
    target = sys._getframe(1 + {depth})
    def tracer(frame, event, arg):
        if frame is target and event == 'line':
            sys.settrace(None)
            frame.f_lineno = {line}
        return tracer
    target.f_trace = tracer
    sys.settrace(tracer)
    return 41
"""


def test_a_jump_within_a_statement_leads_nowhere(best: Sandbox) -> None:
    """Every statement is code of its own: the next line is another's."""
    test = "answer()\nassert answer() == 42\nassert answer() == 42\n1"
    with run(best, JUMP.format(line=4, depth=0), test, course=(test,)) as notebook:
        assert notebook.cells[1].status == "error"


def test_a_jump_past_all_other_statements_is_counted(best: Sandbox) -> None:
    text = Path(course_cells.__file__).read_text().splitlines()
    end = next(number for number, line in enumerate(text, 1) if line.strip() == "return ran, shown")
    test = "answer()\nassert answer() == 42"
    with run(best, JUMP.format(line=end, depth=1), test, course=(test,)) as notebook:
        assert notebook.cells[1].status == "error"
        assert [kind for kind, _ in notebook.cells[1].found] == ["unfinished"]


def test_ending_the_process_costs_this_test_only(best: Sandbox) -> None:
    other = "assert 1 + 1 == 2"
    sources = (IMPORTS, "import os\ndef answer():\n    os._exit(0)", TEST, other)
    with run(best, *sources, course=(IMPORTS, TEST, other)) as notebook:
        assert [cell.status for cell in notebook.cells] == ["ok", "ok", "crashed", "ok"]
        assert "crashed" in kinds_of_flags(notebook)


def test_a_loop_costs_this_test_only(best: Sandbox) -> None:
    other = "assert 1 + 1 == 2"
    sources = (IMPORTS, "def answer():\n    while True: pass", TEST, other)
    with run(best, *sources, course=(IMPORTS, TEST, other)) as notebook:
        assert [cell.status for cell in notebook.cells] == ["ok", "ok", "timeout", "ok"]


FORGED = """
import json, os, struct
def answer():
    head = json.dumps({{"done": {number}, "status": "ok", "count": 3, "ran": 2, "nonce": "{nonce}"}}).encode()
    for handle in range(3, 20):
        try:
            os.write(handle, struct.pack("<II", len(head), 0) + head)
        except OSError:
            pass
    {then}
"""


@pytest.mark.parametrize("then", ["os._exit(0)", "return 41"])
def test_an_answer_on_the_line_without_the_nonce_is_not_believed(best: Sandbox, then: str) -> None:
    """Numbers can be guessed: files are 1 if there are any, the watch comes before the cells."""
    for number in range(2, 7):
        with run(best, IMPORTS, FORGED.format(number=number, nonce="0" * 32, then=then), TEST, "1") as notebook:
            assert notebook.cells[2].status != "ok"
            assert {"protocol", "crashed"} & set(kinds_of_flags(notebook)) or notebook.cells[2].found


def test_a_cell_whose_text_has_more_statements_than_ran_is_not_believed(best: Sandbox) -> None:
    course = names_of([]).read_by("x = 1")
    cells = [Cell(0, "x = 1", course=replace(course, statements=2))]
    with best.run(cells, {}, WATCH) as notebook:
        assert notebook.cells[0].status == "error"
        assert notebook.cells[0].found[0][0] == "unfinished"


def test_what_nbgrader_says_of_itself_is_said(best: Sandbox) -> None:
    with run(best, "import os; print(os.environ['NBGRADER_EXECUTION'])", course=()) as notebook:
        assert text_of(notebook, 0) == "autograde\n"


def test_usual_work_is_not_told(best: Sandbox) -> None:
    """What libraries do to themselves as they are used is nothing that a human should look at."""
    work = (
        "import numpy as np, pandas as pd, random, warnings, re\nnp.random.seed(1); np.seterr(all='ignore')\n"
        "np.set_printoptions(precision=3)\nnp.testing.assert_allclose(np.linalg.inv(np.eye(3)), np.eye(3))\n"
        "warnings.simplefilter('ignore')\nframe = pd.DataFrame({'a': [1, 2]}).groupby('a').size()\n"
        "np.fft.fft([1, 2]); np.polyfit([1, 2], [3, 4], 1); np.float = float\nframe.plot\nprint(frame)\nsum([1])"
    )
    watch = Watch(("builtins", "math", "numpy", "pandas", "unittest", "random", "collections"))
    names = names_of([(TEST, False)])
    cells = [Cell(0, work), Cell(1, IMPORTS + "\n" + RIGHT), Cell(2, TEST, course=names.read_by(TEST))]
    with best.run(cells, {}, watch) as notebook:
        assert [cell.status for cell in notebook.cells] == ["ok", "ok", "ok"], text_of(notebook, 0)
        assert notebook.cells[2].found == ()
