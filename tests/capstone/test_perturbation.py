"""Every claim of a sample, for fifty briefs, moved beyond its tolerance: found; untouched: silent.

The movement is larger than any tolerance that a pack grants (2 %, half a stated digit up to 5 %, 10 % of a simulation
or of what an availability lacks), and has nothing to do with how the check computes.
"""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone.check import check
from graders.capstone.graph import Graph
from graders.capstone.pack import Pack, PackIndex
from graders.capstone.packs import USE_CASES, use_case
from graders.capstone.records import Brief, Claim

pytestmark = pytest.mark.long
BRIEFS = 50


def moved(claim: Claim, pack: Pack, brief: Brief) -> Claim:
    """The claim, a quarter away from where it was; a word becomes another one."""
    required = PackIndex(pack).required[claim.id]
    value = claim.value
    if isinstance(value, tuple):
        last = next(one for one in reversed(pack.sensitivity.drivers) if one not in value)
        return dataclasses.replace(claim, value=(last, *value[:-1]))
    if isinstance(value, str):
        words = brief.machines if claim.id == pack.machine else pack.options.get(claim.id, ())
        return dataclasses.replace(claim, value=next((one for one in words if one != value), f"not {value}"))
    if required.tolerance == "complement":
        value = 1 - (1 - value) * 1.25
    elif required.tolerance == "difference":
        value = value + 0.01
    elif required.tolerance == "exact":
        value = value + max(1, round(value / 4))
    else:
        value = value * 1.25 if value else 1.0
    return dataclasses.replace(claim, value=float(value), uncertainty=None)


@pytest.fixture(scope="module", params=[(name, number) for name in USE_CASES for number in range(BRIEFS)],
                ids=lambda pair: f"{pair[0]}-{pair[1]}")  # fmt: skip
def instance(request):
    name, number = request.param
    case = use_case(name)
    brief = case.brief(f"student-{number:03d}", "a salt of tests")
    graph = Graph(PackIndex(case.pack), brief)
    return case.pack, brief, graph, case.sample.instantiated(brief, graph)


def findings(document, pack, brief, graph):
    """What was found, the remark aside that notebooks were not run."""
    report = check(document, brief, pack, graph=graph)
    return [one for one in report.findings if one.code != "evidence-not-run"]


def test_an_untouched_document_raises_nothing_and_a_moved_claim_is_found(instance):
    pack, brief, graph, document = instance
    assert findings(document, pack, brief, graph) == []
    missed = []
    for one in pack.claims:
        claims = {**document.claims, one.id: moved(document.claims[one.id], pack, brief)}
        found = findings(dataclasses.replace(document, claims=claims), pack, brief, graph)
        if not [each for each in found if each.severity != "info" and each.code != "no-uncertainty"]:
            missed.append(one.id)
    assert len(missed) <= 0.05 * len(pack.claims), missed
