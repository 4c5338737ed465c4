"""Right documents that look different from the sample: other digits, other units, own formulas, other choices."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import exemplar, units
from graders.capstone.llm_serving.design import designs
from tests.capstone.planted import SAME
from tests.capstone.samples import made

UNITS = {
    "B": "GB",
    "B/token": "kB/token",
    "B/s": "TB/s",
    "flop/s": "Pflop/s",
    "h": "day",
    "s": "ms",
    "USD": "kUSD",
    "W": "kW",
}


def found_in(each, document):
    wanted = each.findings(document, ("evidence-not-run", "changed-evidence", "no-evidence"))
    return [(one.level, one.code, one.claim, one.message) for one in wanted]


def with_claims(document, change):
    return dataclasses.replace(document, claims={id_: change(one) for id_, one in document.claims.items()})


def test_other_units(each):
    def change(one):
        if one.unit not in UNITS or not isinstance(one.value, float):
            return one
        new = UNITS[one.unit]
        ends = one.uncertainty
        if ends:
            low, high = (units.converted(end, one.unit, new) for end in (ends.low, ends.high))
            ends = dataclasses.replace(ends, low=low, high=high)
        return dataclasses.replace(one, unit=new, value=units.converted(one.value, one.unit, new), uncertainty=ends)

    changed = with_claims(each.document, change)
    assert sum(one.unit in UNITS.values() for one in changed.claims.values()) > 30
    assert found_in(each, changed) == []


def test_three_digits_are_enough(each):
    def change(one):
        required = each.index.required.get(one.id)
        if not isinstance(one.value, float) or one.kind != "derived" or required is None:
            return one
        if required.tolerance in ("exact", "complement", "difference"):
            return one
        return dataclasses.replace(one, value=float(f"{one.value:.3g}"))

    assert found_in(each, with_claims(each.document, change)) == []


def test_formulas_of_ones_own_that_say_the_same(each):
    own = SAME[each.case.pack.id]
    assert len(own) >= 5

    def change(one):
        return dataclasses.replace(one, formula=own[one.id], inputs=()) if one.id in own else one

    assert found_in(each, with_claims(each.document, change)) == []


@pytest.mark.parametrize("name", ["H200 SXM", "A100 SXM 80 GB"])
def test_another_choice_is_told_what_it_misses_and_nothing_else(document, graph, name):
    """Not the right machine, rightly computed: nothing is wrong with it but what it costs and what it misses."""
    values = designs(graph)[name]
    right = made("llm_serving").case.sample.values(graph)
    values |= {id_: right[id_] for id_ in right if id_.startswith("opt.")}
    values["opt.baseline_ttft_p99"] = values["tail.ttft_p99"]
    values["opt.gain"] = 1 - values["opt.ttft_p99"] / values["opt.baseline_ttft_p99"]
    changed = dataclasses.replace(document, claims=exemplar.claims(graph.index, graph, values, document.files))
    found = made("llm_serving").findings(changed, ("evidence-not-run", "unknown-reference"))  # `alt.*` is not made
    assert {(one.level, one.code) for one in found} == {("L7", "target-missed")}
    assert "cost.tco" in {one.claim for one in found}
