"""Units, formulas and prose: what they take, what they refuse, what they print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.capstone import expression, prose, units
from graders.capstone.expression import ExpressionError
from graders.capstone.packs import USE_CASES
from graders.capstone.records import Claim


@pytest.mark.parametrize(
    ("value", "given_", "wanted", "expected"),
    [
        (1.0, "GB", "B", 1e9),
        (1.0, "GiB", "B", 2**30),
        (100.0, "ms", "s", 0.1),
        (50.0, "%", "1", 0.5),
        (1.0, "kWh", "J", 3.6e6),
        (2.0, "USD/Mtoken", "USD/token", 2e-6),
        (1.0, "year", "h", 8760.0),
        (3.0, "W*s", "J", 3.0),
        (1.0, "TB/s", "GB/s", 1000.0),
    ],
)
def test_units_that_measure_the_same(value, given_, wanted, expected):
    assert units.converted(value, given_, wanted) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [("GB", "s"), ("USD/req", "USD/token"), ("K", "degC"), ("flop", "flop/s"), ("W", "J"), ("token/req", "token")],
)
def test_units_that_do_not(given_, wanted):
    with pytest.raises(ValueError, match="measures"):
        units.converted(1.0, given_, wanted)


@pytest.mark.parametrize("name", ["", "parsec", "kparsec", "B//s", "mmin", "KiW"])
def test_unknown_units_are_refused(name):
    with pytest.raises(ValueError, match="unknown unit"):
        units.unit(name)


def test_every_unit_of_a_pack_is_known():
    assert all(units.unit(one.unit) for case in USE_CASES.values() for one in case.pack.claims)


@given(st.floats(1e-6, 1e12), st.sampled_from([("GB", "B"), ("ms", "s"), ("kWh/year", "W"), ("%", "1")]))
def test_there_and_back(value, pair):
    assert units.converted(units.converted(value, *pair), *reversed(pair)) == pytest.approx(value)


def test_formulas_are_arithmetic_over_claims():
    values = {"par.tp": 4.0, "mem.bytes": 10.0, "net.kind": "ring"}
    assert expression.evaluate("2 * mem.bytes / par.tp - -1", values) == 6.0
    assert expression.evaluate("max(par.tp, mem.bytes) ** 2", values) == 100.0
    assert expression.evaluate("'yes' if par.tp <= 4 else 'no'", values) == "yes"
    assert expression.evaluate("1 if net.kind == 'ring' else 0", values) == 1
    assert expression.names("par.tp + ceil(mem.bytes / par.tp)") == ("mem.bytes", "par.tp")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "par.tp.__class__",
        "[1, 2][0]",
        "lambda: 1",
        "(1).real",
        "open('x')",
        "max(a=1)",
        "1 if 1 < 2 < 3 else 0",
        "par.tp if True else b''",
        "9**9**9",
        "x" * 500,
        "+".join(["1"] * 150),
        "1 +",
        "par.tp @ par.tp",
        "not par.tp",
        "1 / 0 - 1 / 0 if nothing.there else 1",
    ],
)
def test_nothing_else_is_a_formula(text):
    with pytest.raises(ExpressionError):
        expression.evaluate(text, {"par.tp": 2.0})


def test_sections_references_and_numbers():
    text = (
        "# Title\n\n## S0 Summary\n\nWe buy {cap.gpus} at {cost.tco:MUSD}, 12 % less.\n\n"
        "## S12. Validation\n\n1. first\n2. the 99th percentile of `p99` in H100 and S5, see [1](x)\n\n"
        "```\n42\n```\n{table mem.*}\n{figure roofline}\n"
    )
    first, second = prose.sections(text)
    assert (first.id, first.title, first.line) == ("S0", "Summary", 3)
    assert (second.id, second.title) == ("S12", "Validation")
    assert prose.referred(first.text, ["cap.gpus"]) == ({"cap.gpus"}, {"cost.tco"})
    assert prose.referred(second.text, ["mem.a", "mem.b", "cap.gpus"])[0] == {"mem.a", "mem.b"}
    assert prose.unbound_numbers(first.text) == ("12 %",)
    assert prose.unbound_numbers(second.text) == ("1",)  # the text of a link is prose


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1_638_400.0, 6, "1.6384e6"),
        (2.4e10, 3, "2.4e10"),
        (2e11, 6, "2e11"),
        (3.7e-6, 3, "3.7e-6"),
        (-0.00349, 3, "-0.00349"),
        (341_776.5, 3, "342 000"),
        (16.0, 3, "16"),
        (0.0, 3, "0"),
        (0.9999, 3, "0.9999"),
        (float("inf"), 3, "inf"),
    ],
)
def test_numbers_as_prose_shows_them(value, digits, text):
    assert prose.number(value, digits) == text


def test_claims_are_written_with_their_units():
    claims = {
        "cost.tco": Claim("cost.tco", "derived", 1_101_000.0, "USD"),
        "fail.availability": Claim("fail.availability", "derived", 0.99987, "1"),
        "hw.machine": Claim("hw.machine", "choice", "H100 SXM"),
        "net.startup": Claim("net.startup", "input", 2.5e-6, "s"),
        "net.share": Claim("net.share", "derived", 0.1088, "1"),
    }
    text = "{cost.tco:MUSD}; {fail.availability}; {hw.machine}; {net.startup:us}; {net.share:%}; {not.there}"
    assert prose.written(text, claims) == "1.1 MUSD; 0.99987; H100 SXM; 2.5 us; 10.9%; {not.there}"
    assert prose.written("{cost.tco:s}", claims) == "{cost.tco:s}"  # the check says what is wrong with it
