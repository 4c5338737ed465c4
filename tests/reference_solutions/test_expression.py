"""The evaluator: vendors' formula texts on recorded counters, Python's arithmetic, and everything it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.expression import evaluate_expression, names_in_expression


def recorded(shared_oracles, name):
    return json.loads((shared_oracles / f"microarchitecture/topdown/{name}.json").read_text())


@pytest.mark.shared
@pytest.mark.parametrize("cpu", ["skx", "icx", "spr"])
def test_intels_own_text(shared_oracles, cpu):
    file = recorded(shared_oracles, f"tma_{cpu}")
    for case in file["cases"]:
        for metric, percent in case["expected"]["perfmon_percent"].items():
            formula = file["perfmon_formulas"][metric]
            values = {alias: case["counters"][event] for alias, event in formula["events"].items()}
            found = float(evaluate_expression(formula["formula"], values | {"smt_on": case["smt"]}))
            assert found == pytest.approx(percent, rel=1e-9, abs=1e-9), (case["case"], metric)


@pytest.mark.shared
@pytest.mark.parametrize("core", ["n1", "n2", "v1", "v2"])
def test_arms_own_text(shared_oracles, core):
    file = recorded(shared_oracles, f"arm_neoverse-{core}")
    assert len(file["cases"]) == 8
    for metric, definition in file["metrics"].items():
        names = names_in_expression(definition["formula"])
        table = {name: [case["counters"][name] for case in file["cases"]] for name in names}
        percent = [case["expected"][metric] for case in file["cases"]]
        found = evaluate_expression(definition["formula"], table)
        np.testing.assert_allclose(found, percent, rtol=1e-9, atol=1e-12, err_msg=metric)


@pytest.mark.shared
@pytest.mark.parametrize("core", ["zen4", "zen5"])
def test_amds_own_text(shared_oracles, core):
    """Names with dots become aliases; metrics use those before them."""
    file = recorded(shared_oracles, f"amd{core}")
    assert len(file["cases"]) == 13
    events = sorted({event for case in file["cases"] for event in case["counters"]}, key=len, reverse=True)
    for case in file["cases"]:
        values = {f"event_{number}": case["counters"][event] for number, event in enumerate(events)}
        for metric, text in file["metrics"].items():
            for number, event in enumerate(events):
                text = text.replace(event, f"event_{number}")
            values[metric] = evaluate_expression(text, values)
            assert float(values[metric]) == pytest.approx(case["expected"][metric], rel=1e-9, abs=1e-15)


leaves = st.sampled_from(["a", "b", "c", "2", "0.5", "7"])
branches = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]}, {t[3]})"
        ),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} / (1 + {t[1]} * {t[1]}))"),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=12,
)
values_of_three = st.fixed_dictionaries({name: st.integers(-50, 50) for name in "abc"})


@given(branches, values_of_three)
def test_arithmetic_is_pythons(text, values):
    assert float(evaluate_expression(text, values)) == pytest.approx(float(eval(text, {}, values)), rel=1e-12)


@given(branches, st.lists(values_of_three, min_size=1, max_size=4))
def test_rows_are_what_each_gives_alone(text, rows):
    together = evaluate_expression(text, {name: [row[name] for row in rows] for name in "abc"})
    alone = [float(evaluate_expression(text, row)) for row in rows]
    np.testing.assert_array_equal(np.broadcast_to(together, len(rows)), alone)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-2 - -3", 1),
        ("+4", 4),
        ("8 / 4 / 2", 1),
        ("1 < 2 < 3", 1),
        ("1 < 3 < 2", 0),
        ("1 and 0 or 1", 1),
        ("1 or 0 and 0", 1),
        ("2 and 3", 1),
        ("min(3, 1, 2) + max(0, -1)", 1),
        ("d_ratio(6, 3)", 2),
        ("d_ratio(6, 0)", 0),
        (" 1 if 0 else 2 ", 2),
    ],
)
def test_by_hand(text, value):
    assert float(evaluate_expression(text, {})) == value


def test_what_is_not_asked_for_may_divide_by_zero():
    values = {"a": [1.0, 2.0, 3.0], "b": [2.0, 0.0, 4.0]}
    np.testing.assert_array_equal(evaluate_expression("a / b if b else -1", values), [0.5, -1, 0.75])
    np.testing.assert_array_equal(evaluate_expression("-1 if b == 0 else a / b", values), [0.5, -1, 0.75])
    np.testing.assert_array_equal(evaluate_expression("b > 0 and a / b > 0.6", values), [0, 0, 1])
    np.testing.assert_array_equal(evaluate_expression("b == 0 or a / b > 0.6", values), [0, 1, 1])
    np.testing.assert_array_equal(evaluate_expression("(a / b if b > 3 else 0) if b else 9", values), [0, 9, 0.75])


def test_a_division_by_zero_says_where():
    with pytest.raises(ZeroDivisionError, match=r"'b' is 0 in 2 of the rows where 'a / b' is asked for"):
        evaluate_expression("1 + a / b", {"a": 1, "b": [0, 1, 0]})
    with pytest.raises(ZeroDivisionError, match=r"'a - b' is 0 where"):
        evaluate_expression("1 / (a - b) if a else 0", {"a": 1, "b": 1})


def test_broadcasts():
    assert evaluate_expression("a * b", {"a": np.ones((3, 1)), "b": np.ones(4)}).shape == (3, 4)
    assert evaluate_expression("a / b", {"a": [], "b": []}).shape == (0,)


def test_names():
    assert names_in_expression("max(b, min(a, 1)) if c else a") == ("a", "b", "c")
    with pytest.raises(ValueError, match="no value for b, c in"):
        evaluate_expression("a + b + c", {"a": 1})


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "a.b",
        "a[0]",
        "[1, 2]",
        "{1: 2}",
        "(1, 2)",
        "lambda: 1",
        "[x for x in a]",
        "(x := 1)",
        "f'{a}'",
        "'text'",
        "b'bytes'",
        "True",
        "None",
        "...",
        "1j",
        "1e999",
        "9" * 400,
        "2 ** 9",
        "7 // 2",
        "7 % 2",
        "a @ b",
        "1 | 2",
        "1 & 2",
        "~1",
        "1 << 2",
        "a in b",
        "a is b",
        "abs(a)",
        "eval('1')",
        "min(a)",
        "min()",
        "min(*a)",
        "min(a, key=b)",
        "min(a, b, key=b)",
        "min(a, b, **a)",
        "d_ratio(1, 2, 3)",
        "max.__call__(1, 2)",
        "(min)(a, b)(c, d)",
        "a = 1",
        "import os",
        "a; b",
        "a +",
        "",
        "   ",
        "a\nb",
        "-" * 100 + "1",
        "(" * 300 + "1" + ")" * 300,
        "-" * 3900 + "1",
        "1 + " * 2000 + "1",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        evaluate_expression(text, {"a": 1, "b": 1})
    with pytest.raises(ValueError, match=r"."):
        names_in_expression(text)
