"""The check of a design document: nine levels of findings, verdicts, the gate, and what findings cap. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graders.capstone.findings import SEVERITIES, Cap, Finding, Report
from graders.capstone.graph import Graph
from graders.capstone.levels.conformance import is_complete, is_the_brief, units_fit
from graders.capstone.levels.consistency import is_consistent
from graders.capstone.levels.evidence import Reading, evidence_is_there
from graders.capstone.levels.identities import physics_holds
from graders.capstone.levels.matter import matter
from graders.capstone.levels.recomputation import decisions_stand, is_recomputed
from graders.capstone.levels.sensitivity import drivers_are_the_models, uncertainty_is_honest
from graders.capstone.pack import Pack, PackIndex
from graders.capstone.records import Brief, Document

_SECTION_CRITERION = {"S0": "C10", "S1": "C1", "S2": "C1", "S12": "C8", "S13": "C9", "S14": "C9"}
"""Criterion of a finding that is about a section and no claim."""


def check(
    document: Document,
    brief: Brief,
    pack: Pack,
    unreadable: Iterable[Finding] = (),
    readings: Mapping[tuple[str, str], Reading] | None = None,
    graph: Graph | None = None,
) -> Report:
    """Check a document against its brief and the reference models.

    Parameters
    ----------
    document : Document
        As it was read.
    brief : Brief
        The student's own, made anew and not read from the student's folder.
    pack : Pack
        The use case.
    unreadable : iterable of Finding
        What reading the document has found already.
    readings : mapping or None
        What evidence notebooks gave in the sandbox; None where they were not run.
    graph : Graph, optional
        One that has computed for this brief before.

    Returns
    -------
    Report
        Findings by level, the gravest first within each.
    """
    index = graph.index if graph is not None and graph.index.pack is pack else PackIndex(pack)
    seen = matter(document, index, brief, graph)
    levels = (units_fit, is_complete, is_the_brief, is_recomputed, is_consistent, physics_holds, decisions_stand,
              drivers_are_the_models, uncertainty_is_honest)  # fmt: skip
    findings = [*unreadable, *(one for level in levels for one in level(seen)), *evidence_is_there(seen, readings)]
    findings.sort(key=lambda one: (one.level, -SEVERITIES.index(one.severity), one.claim, one.message))
    return Report(
        student=brief.student,
        pack=pack.id,
        case=brief.case,
        findings=tuple(findings),
        verdicts=seen.verdicts,
        blocking=tuple(f"{one.level} {one.claim or one.section}: {one.message}" for one in findings if blocks(one)),
        caps=caps(index, findings),
        claims=sum(1 for one in pack.claims if one.formula and one.id in document.claims),
    )


def blocks(finding: Finding) -> bool:
    """Whether a finding keeps the document from the panel: whatever of L0 to L3 and L6 is no mere remark."""
    return finding.severity == "blocking"


def caps(index: PackIndex, findings: Iterable[Finding]) -> tuple[Cap, ...]:
    """The highest level of each criterion while findings stand; criteria that nothing caps are left out.

    Parameters
    ----------
    index : PackIndex
        Whose pack says which finding caps at what.
    findings : iterable of Finding
        Of one document.

    Returns
    -------
    tuple of Cap
        By criterion.
    """
    levels = index.pack.levels
    capped: dict[str, tuple[int, list[str]]] = {}
    for one in findings:
        limits = [levels[key] for key in (one.severity, one.code) if key in levels]
        criterion = index.criterion(one.claim) if one.claim else _SECTION_CRITERION.get(one.section, "")
        if not limits or not criterion:
            continue
        level, because = capped.setdefault(criterion, (min(limits), []))
        because.append(f"{one.level} {one.code} {one.claim or one.section}".strip())
        capped[criterion] = (min(level, *limits), because)
    ordered = sorted(capped.items(), key=lambda item: int(item[0][1:]))
    return tuple(Cap(criterion, level, tuple(dict.fromkeys(because))) for criterion, (level, because) in ordered)
