"""What reviewers read of a design: claims filled in, tables, and figures in words and numbers; no name in any of it."""

from __future__ import annotations

import re

import pytest

from graders.capstone.check import check
from graders.capstone.folders import brief_of
from graders.capstone.graph import Graph
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.llm_serving.sample import SAMPLE
from graders.capstone.pack import PackIndex
from graders.course import init
from graders.panel.from_capstone import packet_from
from graders.panel.pages import packet_page


@pytest.fixture(scope="module")
def packet(tmp_path_factory):
    course = init(tmp_path_factory.mktemp("course") / "c", course_id="c", students=("student-01",))
    brief = brief_of(course, "student-01", PACK.id)
    graph = Graph(PackIndex(PACK), brief)
    document = SAMPLE.instantiated(brief, graph)
    return packet_from(course, document, check(document, brief, PACK, graph=graph), "A design")


def test_nothing_is_left_to_be_looked_up_elsewhere(packet):
    text = "\n".join(one.text for one in packet.sections)
    assert "{" not in re.sub(r"`[^`]*`", "", text)
    assert "student-01" not in text


def test_a_figure_is_told_in_words_and_numbers(packet):
    text = next(one.text for one in packet.sections if one.id == "S5")
    assert "**Roofline of a replica.** Operations a second" in text
    assert "| `perf.replica_flops`, `perf.replica_bandwidth` | ridge |" in text
    page = packet_page(packet)
    assert page.count("<td>decode</td>") == 1
    assert "What moves perf.request_work" in page
