"""A candidate who has all that the rule asks: plain data, no notebook is run."""

from __future__ import annotations

import dataclasses

from graders.certify.enclosure import standard
from graders.certify.records import Circumstance, Evidence, ModuleEvidence, RoundEvidence
from graders.paths import material_root

STANDARD = standard(material_root())
WORK, HEAD = "ab" * 32, "cd" * 32


def evidence(student="student-01", **changes):
    """Evidence that the rule certifies."""
    modules = tuple(
        ModuleEvidence(slug, slug.partition("_")[2].replace("_", " ").title(), "complete", 40.0, 50.0, (), (1, 2), (3,))
        for slug in STANDARD.rule.modules
    )
    rounds = tuple(
        RoundEvidence(
            one.id, one.version, one.digest, {c.id: 3.0 for c in one.criteria}, 3, True, f"{n}{HEAD[1:]}", WORK
        )
        for n, one in enumerate(STANDARD.rubrics.values())
    )
    whole = Evidence(student, modules, rounds, "last", (), {"aisa": "1.0"})
    return dataclasses.replace(whole, **changes)


def with_module(found, slug, **changes):
    """The same with one module changed."""
    modules = tuple(dataclasses.replace(one, **changes) if one.module == slug else one for one in found.modules)
    return dataclasses.replace(found, modules=modules)


def with_round(found, rubric, **changes):
    """The same with one panel's decision changed."""
    rounds = tuple(dataclasses.replace(one, **changes) if one.rubric == rubric else one for one in found.rounds)
    return dataclasses.replace(found, rounds=rounds)


def accommodation():
    """What only the office knows."""
    return Circumstance("accommodation", "m02_tools_methods", "more time, for a reason", "office-1")
