"""A graph that has computed before says what one says that has not: what it keeps, it keeps for these inputs alone."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import prose
from graders.capstone.check import check
from graders.capstone.graph import Graph, NoValueError
from graders.capstone.pack import DATA, PackIndex, Required
from graders.capstone.packs import USE_CASES, use_case


@pytest.fixture(scope="module")
def right(each):
    """All values of the sample's design, unrounded."""
    return each.graph.filled(each.seen.values)[0]


def said(graph, required, values):
    """A claim's value, or why it has none."""
    try:
        return repr(graph.value(required, values))
    except NoValueError as failure:
        return f"none: {failure}"


def others(each, right, claim):
    """Values that a claim may take instead, the last one as good as none."""
    old = right.get(claim)
    if isinstance(old, float):
        return (old * 2 + 1, 0.0, -0.0)
    return (*(one for one in (*each.brief.machines, *each.index.pack.options.get(claim, ())) if one != old), "neither")


def test_a_claim_is_computed_anew_for_any_other_input(each, right):
    pack, graph = each.index.pack, Graph(each.index, each.brief)
    whose = {claim for columns in pack.keys.values() for claim in columns.values()}
    for one in pack.claims:
        if not one.formula or one.tolerance == "simulated":
            continue
        reads_data = any(name.startswith(DATA) for name in one.inputs)
        said(graph, one, right)
        for claim in {*one.needed, *(whose if reads_data else ())}:
            for value in others(each, right, claim):
                values = {**right, claim: value}
                assert said(graph, one, values) == said(Graph(each.index, each.brief), one, values), (one.id, claim)
            less = {name: value for name, value in right.items() if name != claim}
            assert said(graph, one, less) == said(Graph(each.index, each.brief), one, less), (one.id, claim)
        assert said(graph, one, right) == said(Graph(each.index, each.brief), one, right), one.id


def test_every_claim_follows_the_machine(each, right):
    machine = each.index.pack.machine
    values = {**right, machine: others(each, right, machine)[0]}
    assert repr(each.graph.filled(values)) == repr(Graph(each.index, each.brief).filled(values))


def test_zeros_of_either_sign_are_two_inputs(each):
    share = Required("own.same", "1", "derived", "S5", "a claim itself", formula="mem.a * 1")
    graph = Graph(each.index, each.brief)
    assert [repr(graph.value(share, {"mem.a": zero})) for zero in (0.0, -0.0, 0.0)] == ["0.0", "-0.0", "0.0"]


def test_claims_of_one_name_are_not_one_claim(each):
    one, other = (Required("own.sum", "1", "derived", "S5", "", formula=text) for text in ("mem.a + 1", "mem.a + 2"))
    graph = Graph(each.index, each.brief)
    assert [graph.value(asked, {"mem.a": 1.0}) for asked in (one, other)] == [2.0, 3.0]


def test_a_check_of_another_use_case_is_not_by_the_graphs_pack(each):
    name = next(name for name in USE_CASES if name != each.index.pack.id)
    other = use_case(name).pack
    graph = Graph(PackIndex(each.case.pack), each.brief)
    codes = {one.claim for one in check(each.document, each.brief, other, graph=graph).findings if one.level == "L2"}
    assert {one.id for one in other.claims} - each.document.claims.keys() <= codes


def test_what_a_line_asks_for_is_known_by_the_figures_that_there_are():
    text = "{figure roofline}\n\n{figure of nothing}\n"
    assert prose.misasked(text, ("roofline",)) == ("{figure of nothing}",)
    assert prose.misasked(text, ("tornado",)) == ("{figure roofline}", "{figure of nothing}")


def test_a_reference_is_known_by_the_claims_that_there_are():
    text = "It takes {mem.weight_bytes}."
    assert prose.referred(text, {"mem.weight_bytes"}) == ({"mem.weight_bytes"}, set())
    assert prose.referred(text, {"mem.other"}) == (set(), {"mem.weight_bytes"})


def test_verdicts_are_those_of_the_values(each):
    target = each.index.pack.targets[0]
    names = each.seen.values
    moved = {name: value for name, value in names.items() if name != target.claim}
    assert next(one for one in each.seen.verdicts if one.id == target.id).claimed is True
    changed = dataclasses.replace(each.seen, values=moved)
    assert next(one for one in changed.verdicts if one.id == target.id).claimed is None
