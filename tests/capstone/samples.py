"""The sample of each use case, its brief, and a graph that keeps what was simulated: made once."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from graders.capstone import document as documents
from graders.capstone import evidence
from graders.capstone.check import check
from graders.capstone.findings import Finding, Report
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import Matter, matter
from graders.capstone.pack import PackIndex
from graders.capstone.packs import use_case
from graders.capstone.records import Brief, Document
from graders.capstone.use_case import UseCase


@dataclass(frozen=True)
class Made:
    """A use case with its sample."""

    case: UseCase
    index: PackIndex
    brief: Brief
    graph: Graph
    document: Document
    seen: Matter

    @functools.cached_property
    def readings(self):
        """What the sample's notebooks give in the sandbox."""
        return evidence.run(self.document, self.brief, allow_unsafe=True)

    def report(self, document: Document, *, with_evidence: bool = False) -> Report:
        """The check of a document that answers the sample's brief."""
        readings = self.readings if with_evidence else None
        return check(document, self.brief, self.case.pack, readings=readings, graph=self.graph)

    def findings(self, document: Document, ignore: Iterable[str] = ("evidence-not-run",)) -> list[Finding]:
        """What was found without notebooks, codes that are no matter of the test aside."""
        return [one for one in self.report(document).findings if one.code not in ignore]


@functools.cache
def made(name: str) -> Made:
    """The sample of a use case."""
    case = use_case(name)
    index, brief = PackIndex(case.pack), case.sample.brief()
    graph = Graph(index, brief)
    document, unread = documents.read(case.sample.folder)
    assert unread == ()
    return Made(case, index, brief, graph, document, matter(document, index, brief, graph))
