"""Kind and shape first, then values; the words give nothing away."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.checks.comparison import difference
from graders.errors import CourseError

NAN = float("nan")

SAME = {
    "int and float": (3, 3.0),
    "numpy scalar": (np.float32(0.5), 0.5),
    "0-d array": (np.array(7), 7),
    "list and array": ([1, 2, 3], np.array([1.0, 2.0, 3.0])),
    "tuple and list": ((1, "a"), [1, "a"]),
    "nested list": ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
    "nan": (NAN, np.nan),
    "nan in an array": ([1.0, NAN], np.array([1.0, NAN])),
    "infinite": (math.inf, np.inf),
    "none": (None, None),
    "text": ("memory bound", "memory bound"),
    "numpy text": (np.array(["a", "b"]), ["a", "b"]),
    "truth values": (np.bool_(True), True),
    "truth array": ([True, False], np.array([True, False])),
    "empty": ([], np.empty(0)),
    "empty text": ([], np.array([], dtype=str)),
    "series": (pd.Series([1.0, 2.0], index=[5, 9]), [1.0, 2.0]),
    "frame and columns": (pd.DataFrame({"b": [3, 4], "a": [1, 2]}), {"a": [1, 2], "b": [3, 4]}),
    "columns and frame": ({"a": (1.0, 2.0), "b": ["x", "y"]}, pd.DataFrame({"b": ["x", "y"], "a": [1, 2]})),
    "dict": ({"a": 1.0, "b": "x"}, {"b": "x", "a": 1}),
    "rounding": (0.1 + 0.2, 0.3),
    "cancelled beside large": ([1.0, 1e-17], [1.0, 0.0]),
    "set": ({1, 2}, frozenset({2, 1})),
    "beyond 64 bits": (2**70, float(2**70)),
    "complex": (1j * 1j, -1.0),
}

OTHER = {
    "value": (3.1, 3.0),
    "truth value for a number": (True, 1),
    "number for a truth value": (1, True),
    "truth among numbers": ([True, 2], [1, 2]),
    "text for a number": ("3", 3),
    "none for a number": (None, 0),
    "number for a list": (3, [3]),
    "list for a number": ([3], 3),
    "shorter": ([1, 2], [1, 2, 3]),
    "another shape": (np.ones((2, 3)), np.ones((3, 2))),
    "sign of infinity": (-math.inf, math.inf),
    "nan for a number": (NAN, 1.0),
    "infinity within any tolerance": (math.inf, 1e308),
    "integers exactly": (10**12 + 1, 10**12),
    "another column": ({"a": [1], "c": [2]}, {"a": [1], "b": [2]}),
    "a column too many": ({"a": [1], "b": [2]}, {"a": [1]}),
    "rows": ({"a": [1, 2]}, {"a": [1]}),
    "cells": (pd.DataFrame({"a": [1, 3]}), {"a": [1, 2]}),
    "dict for a table": ({"a": 1}, {"a": [1]}),
    "keys": ({"a": 1.0}, {"b": 1.0}),
    "text case": ("Memory", "memory"),
    "object": (datetime.date(2020, 1, 1), 3),
    "order": ([2, 1], [1, 2]),
}


@pytest.mark.parametrize(("answer", "expected"), SAME.values(), ids=SAME)
def test_same(answer, expected):
    assert difference(answer, expected) == ""


@pytest.mark.parametrize(("answer", "expected"), OTHER.values(), ids=OTHER)
def test_other(answer, expected):
    assert difference(answer, expected)


def test_tolerances_are_those_that_are_stated():
    assert difference(101.0, 100.0, rtol=0.011) == ""
    assert difference(101.0, 100.0, rtol=0.009)
    assert difference(0.001, 0.0, atol=0.002) == ""
    assert difference(101, 100, rtol=0.011) == ""  # integers, too, where the author says so
    assert difference(100.5, 100.0, rtol=0.0, atol=0.4)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.floats(1e-6, 1e3))
def test_what_is_off_by_more_than_the_tolerance_differs(expected, off):
    answer = expected + off * max(1.0, abs(expected))
    assert difference(answer, expected)
    assert difference(expected, expected) == ""


@settings(deadline=None, max_examples=40)
@given(st.recursive(st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_the_words_hold_no_value_of_either_side(data):
    for words in (difference(data, 1234567), difference("secret", data), difference(data, {"secret": [7654321]})):
        assert "secret" not in words
        assert not any(character.isdigit() for character in words)


def deep():
    data = []
    for _ in range(1000):
        data = [data]
    return data


HOSTILE = {
    "deep": deep(),
    "many parts": [[0]] * 1_000_000,
    "huge integers": [10**400, -(10**5000), 1.5],
    "mixed kinds": [1, "a", None, [2], {3: 4}, True],
    "times": np.array(["2020-01-01"], dtype="M8[D]"),
    "spans": np.array([3], dtype="m8[s]"),
    "complex infinities": np.array([complex("inf+nanj")]),
    "columns twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "odd column names": pd.DataFrame([[1, 2]], columns=[("a", 1), 3.5]),
    "object column": pd.DataFrame({"a": [[1], "x"]}),
    "index": pd.MultiIndex.from_tuples([(1, 2)]),
    "set": {(1, 2), "a", float("nan")},
    "empty table": pd.DataFrame(),
    "text with zeros": np.array(["a\0b"]),
}


@pytest.mark.parametrize("expected", [1.0, [1.0], [[1.0]], {"a": [1.0]}, {"a": 1.0}, "text", None, {1}, np.array(3)])
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_student_sends_is_another_value_and_no_error_of_ours(answer, expected):
    assert difference(answer, expected)


def test_parts_are_counted_before_they_are_looked_at():
    assert difference(HOSTILE["many parts"], [1.0]) == "far more than expected"
    assert difference({str(n): n for n in range(100_000)}, {"a": 1}) == "far more than expected"
    long = [[n] for n in range(50_000)]
    assert difference(long, long) == ""


def test_what_no_answer_can_be_is_our_mistake():
    with pytest.raises(CourseError, match="date"):
        difference(3, datetime.date(2020, 1, 1))
