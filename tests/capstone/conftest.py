"""The sample, its brief, and a graph that keeps what was simulated: made once."""

from __future__ import annotations

import pytest

from graders.capstone import document as documents
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import matter
from graders.capstone.llm_serving import sample
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.pack import PackIndex


@pytest.fixture(scope="session")
def index():
    return PackIndex(PACK)


@pytest.fixture(scope="session")
def brief():
    return sample.sample_brief()


@pytest.fixture(scope="session")
def graph(index, brief):
    return Graph(index, brief)


@pytest.fixture(scope="session")
def document():
    read, findings = documents.read(sample.folder())
    assert findings == ()
    return read


@pytest.fixture(scope="session")
def seen(document, index, brief, graph):
    return matter(document, index, brief, graph)
