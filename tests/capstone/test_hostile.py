"""Documents that nobody means well with: the check says what is wrong with them, and never fails itself."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import document as documents
from graders.capstone.check import check
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.records import Claim


@pytest.mark.parametrize("value", [0.0, -1.0, 1e300, "a few", ("a", "b")], ids=str)
def test_any_claim_may_be_anything(each, value):
    document = each.document
    for one in each.case.pack.claims:
        if value == document.claims[one.id].value or (one.kind == "choice" and value == 0.0):
            continue  # no headroom and no spares are choices, and nothing dropped is what is hoped for
        claims = {**document.claims, one.id: dataclasses.replace(document.claims[one.id], value=value)}
        report = each.report(dataclasses.replace(document, claims=claims))
        assert [found for found in report.findings if found.severity != "info"], one.id


@pytest.mark.parametrize(
    "formula",
    ["__import__('os').getpid()", "9**9**9", "par.tp +", "own.self", "1 / 0", "1e308 * 1e308", "'a' * 9", "min()"],
)
def test_a_formula_of_ones_own_may_be_anything(document, brief, graph, formula):
    own = Claim("own.claim", "derived", 1.0, "1", formula)
    context = dataclasses.replace(document.claims["mem.context_tokens"], formula=formula)
    for claim in (own, context):
        changed = dataclasses.replace(document, claims={**document.claims, claim.id: claim})
        report = check(changed, brief, PACK, graph=graph)
        assert ("L4", claim.id) in {(one.level, one.claim) for one in report.findings}


def test_a_small_file_that_stands_for_a_large_one_is_refused(tmp_path):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (tmp_path / "claims.yaml").write_text("\n".join(lines) + "\n")
    _, findings = documents.read(tmp_path)
    finding = next(one for one in findings if one.where.startswith("claims.yaml"))
    assert "refers to another part" in finding.message
    assert finding.where == "claims.yaml:2"


def test_emphasis_in_a_text_is_no_alias(tmp_path):
    (tmp_path / "claims.yaml").write_text('pack: llm_serving\nclaims:\n  - source: "*very* sure"\n')
    _, findings = documents.read(tmp_path)
    finding = next(one for one in findings if one.where.startswith("claims.yaml"))
    assert "refers to another part" not in finding.message
