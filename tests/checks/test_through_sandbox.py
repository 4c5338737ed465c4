"""The same checks, with answers that run in the real sandbox: a function, a class, a policy, a value."""

import inspect
import textwrap

import pytest

from graders.checks import run
from graders.records import Cell
from tests.checks import made_up
from tests.checks.made_up import METER, POLICY, RING, SEED, VALUE, earned, reasons

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads

WRONG_METER = """
class Meter:
    def __init__(self, limit):
        self.all = 0
    def add(self, amount):
        if amount == 8:
            import os
            os._exit(3)
        self.all += amount
        return self.all
    shown = overflow = property(lambda self: self.all)
"""


def asked(sandbox, exercise, source):
    with sandbox.run([Cell(0, source, (exercise.id,))], {}) as ran:
        return run(exercise, (), ran.endpoint(exercise.id), SEED)


def source_of(answer, name):
    text = textwrap.dedent(inspect.getsource(answer))
    return f"import numpy as np\n{text}\n{name} = {answer.__name__}\n"


def test_a_function(sandbox):
    assert earned(asked(sandbox, RING, source_of(made_up.ring_area, "ring_area"))) == {c.name for c in RING.checks}
    found = asked(sandbox, RING, "import math\ndef ring_area(outer, inner):\n    return math.pi * outer**2\n")
    assert reasons(found)["rings"] == "5 of 5 cases differ"
    assert reasons(found)["a disc"] == ""


def test_a_class(sandbox):
    assert earned(asked(sandbox, METER, source_of(made_up.Meter, "Meter"))) == {c.name for c in METER.checks}


def test_a_class_that_takes_its_process_down_loses_what_it_broke_and_nothing_else(sandbox):
    found = asked(sandbox, METER, WRONG_METER)
    assert "the process ended" in reasons(found)["saturates"]
    assert found.lost == ("saturates", "nothing lost", "no limit")


def test_a_policy(sandbox):
    assert earned(asked(sandbox, POLICY, "buy = lambda price: price < 1.8")) == {"cheap", "not dear"}
    assert reasons(asked(sandbox, POLICY, "buy = lambda price: [][7]"))["cheap"] == "raised IndexError"


def test_a_value(sandbox):
    assert earned(asked(sandbox, VALUE, "ridge = 25 / 2")) == {"the ridge"}
    assert reasons(asked(sandbox, VALUE, "ridge = object()")) == {"the ridge": "a object, which is no plain data"}
