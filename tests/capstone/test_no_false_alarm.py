"""Right documents that look different from the sample: other digits, other units, own formulas, other choices."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import exemplar, units
from graders.capstone.check import check
from graders.capstone.llm_serving import sample
from graders.capstone.llm_serving.design import designs
from graders.capstone.llm_serving.pack import PACK

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


def findings(document, brief, graph, ignore=("evidence-not-run", "changed-evidence", "no-evidence")):
    report = check(document, brief, PACK, graph=graph)
    return [(one.level, one.code, one.claim, one.message) for one in report.findings if one.code not in ignore]


def with_claims(document, change):
    return dataclasses.replace(document, claims={id_: change(one) for id_, one in document.claims.items()})


def test_other_units(document, brief, graph):
    def change(one):
        if one.unit not in UNITS or not isinstance(one.value, float):
            return one
        new = UNITS[one.unit]
        ends = one.uncertainty
        if ends:
            low, high = (units.converted(end, one.unit, new) for end in (ends.low, ends.high))
            ends = dataclasses.replace(ends, low=low, high=high)
        return dataclasses.replace(one, unit=new, value=units.converted(one.value, one.unit, new), uncertainty=ends)

    changed = with_claims(document, change)
    assert sum(one.unit in UNITS.values() for one in changed.claims.values()) > 40
    assert findings(changed, brief, graph) == []


def test_three_digits_are_enough(document, brief, graph):
    def change(one):
        required = graph.index.required.get(one.id)
        if not isinstance(one.value, float) or one.kind != "derived" or required is None:
            return one
        if required.tolerance in ("exact", "complement", "difference"):
            return one
        return dataclasses.replace(one, value=float(f"{one.value:.3g}"))

    assert findings(with_claims(document, change), brief, graph) == []


def test_formulas_of_ones_own_that_say_the_same(document, brief, graph):
    own = {
        "mem.context_tokens": "(2 * wl.prompt_tokens_mean + wl.output_tokens_mean) / 2",
        "mem.kv_bytes_per_token": "2 * model.layers * model.kv_heads * model.head_dim * mem.kv_element",
        "roof.ridge": "perf.replica_flops / perf.replica_bandwidth",
        "therm.tj": "therm.coolant + hw.device_power * therm.resistance",
        "cap.gpus": "par.tp * cap.replicas",
        "net.tp_allreduce_time": "2 * (par.tp - 1) * (net.startup + batching.slots * net.message_bytes"
        " / par.tp / hw.link_bandwidth)",
        "tail.fanout_amplification": "1 - 0.99 ** tail.calls_per_answer",
    }

    def change(one):
        return dataclasses.replace(one, formula=own[one.id], inputs=()) if one.id in own else one

    assert findings(with_claims(document, change), brief, graph) == []


@pytest.mark.parametrize("name", ["H200 SXM", "A100 SXM 80 GB"])
def test_another_choice_is_told_what_it_misses_and_nothing_else(document, brief, graph, name):
    """Not the right machine, rightly computed: nothing is wrong with it but what it costs and what it misses."""
    values = designs(graph)[name]
    right = sample.values(graph)
    values |= {id_: right[id_] for id_ in right if id_.startswith("opt.")}
    values["opt.baseline_ttft_p99"] = values["tail.ttft_p99"]
    values["opt.gain"] = 1 - values["opt.ttft_p99"] / values["opt.baseline_ttft_p99"]
    made = exemplar.claims(graph.index, graph, values, document.files)
    changed = dataclasses.replace(document, claims=made)
    found = findings(changed, brief, graph, ignore=("evidence-not-run", "unknown-reference"))  # `alt.*` is not made
    assert {(level, code) for level, code, _, _ in found} == {("L7", "target-missed")}
    assert "cost.tco" in {claim for _, _, claim, _ in found}
