"""Every claim of the sample, for fifty briefs, moved beyond its tolerance: found; untouched: silent.

The movement is larger than any tolerance that the pack grants (2 %, half a stated digit up to 5 %, 10 % of a simulation
or of what an availability lacks), and has nothing to do with how the check computes.
"""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone.check import check
from graders.capstone.graph import Graph
from graders.capstone.llm_serving import sample
from graders.capstone.llm_serving.brief import brief as personal
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.pack import PackIndex
from graders.capstone.records import Claim

BRIEFS = 50
INDEX = PackIndex(PACK)


def moved(claim: Claim) -> Claim:
    """The claim, a quarter away from where it was; a word becomes another one."""
    required = INDEX.required[claim.id]
    value = claim.value
    if isinstance(value, tuple):
        return dataclasses.replace(claim, value=("net.startup", *value[:-1]))
    if isinstance(value, str):
        others = {"memory": "compute", "compute": "memory", "yes": "no", "no": "yes", "TPOT": "TTFT"}
        return dataclasses.replace(claim, value=others.get(value, "A100 SXM 80 GB" if value[0] == "H" else "H100 SXM"))
    if required.tolerance == "complement":
        value = 1 - (1 - value) * 1.25
    elif required.tolerance == "difference":
        value = value + 0.01
    elif required.tolerance == "exact":
        value = value + max(1, round(value / 4))
    else:
        value = value * 1.25 if value else 1.0
    return dataclasses.replace(claim, value=float(value), uncertainty=None)


@pytest.fixture(scope="module", params=range(BRIEFS))
def instance(request):
    brief = personal(f"student-{request.param:03d}", "a salt of tests")
    graph = Graph(INDEX, brief)
    return brief, graph, sample.instantiated(brief, graph)


def findings(document, brief, graph):
    """What was found, the remark aside that notebooks were not run."""
    report = check(document, brief, PACK, graph=graph)
    return [one for one in report.findings if one.code != "evidence-not-run"]


def test_an_untouched_document_raises_nothing_and_a_moved_claim_is_found(instance):
    brief, graph, document = instance
    assert findings(document, brief, graph) == []
    missed = []
    for id_ in INDEX.required:
        claims = {**document.claims, id_: moved(document.claims[id_])}
        found = findings(dataclasses.replace(document, claims=claims), brief, graph)
        stands_out = [one for one in found if one.severity != "info" and one.code != "no-uncertainty"]
        if not stands_out:
            missed.append(id_)
    assert len(missed) <= 0.05 * len(INDEX.required), missed
