"""An answer held as a function becomes the text of a cell that stands alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from graders.demo.typed import typed
from graders.errors import CourseError

ANSWERS = '''\
import math
import numpy as np
from functools import cache
from reference_solutions import validate
def answer(exercise, by):
    return lambda right: right
def mistake(exercise, **more):
    return lambda wrong: wrong

SCALE, OTHER = 2, 3
LIMIT = SCALE * 5

def doubled(x):
    return SCALE * x

@answer("m99_area", by="doubling")
def by_doubling(radius):
    """Area of two circles, by `by_doubling`."""
    return doubled(math.pi * radius**2)  # a comment stays

@mistake("m99_area", loses=[])
@cache
def cached(radius):
    return 0.0 if radius > LIMIT else cached(radius + 1)

@answer("m99_counter", by="a list")
class ListCounter:
    def more(self):
        return ListCounter()

@answer("m99_table", by="hand")
def by_hand():
    return np.arange(3) * 2

@mistake("m99_area", loses=[])
def cheat(radius):
    return validate.area(radius)
'''


@pytest.fixture
def answers(tmp_path: Path) -> ModuleType:
    path = tmp_path / "right_answers.py"
    path.write_text(ANSWERS)
    spec = importlib.util.spec_from_file_location("typed_answers", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return namespace


def test_a_function_brings_what_it_uses_and_no_more(answers: ModuleType) -> None:
    source = typed(answers.by_doubling, "area")
    assert run(source)["area"](1.0) == pytest.approx(6.283185307)
    assert "a comment stays" in source
    assert "answer" not in source
    assert "numpy" not in source
    assert "by_doubling" not in source, "one name, the one that is asked for"


def test_decorators_stay_and_tags_go(answers: ModuleType) -> None:
    source = typed(answers.cached, "area")
    assert run(source)["area"](1) == 0.0, "it calls itself by its new name, and uses what uses SCALE"
    assert "@cache" in source
    assert "mistake" not in source


def test_a_class_gets_the_name_that_is_asked_for(answers: ModuleType) -> None:
    namespace = run(typed(answers.ListCounter, "Counter"))
    assert type(namespace["Counter"]().more()) is namespace["Counter"]


def test_a_variable_gets_what_the_function_returns(answers: ModuleType) -> None:
    assert list(run(typed(answers.by_hand, "table", called=True))["table"]) == [0, 2, 4]


def test_what_no_student_has_is_refused(answers: ModuleType) -> None:
    with pytest.raises(CourseError, match="validate, which no student can import"):
        typed(answers.cheat, "area")
