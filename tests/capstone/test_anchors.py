"""The anchors that ship: what is wrong with each is what its file says, and reviewers can qualify on them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graders.capstone import anchors as made
from graders.capstone import document as documents
from graders.capstone.check import check
from graders.capstone.llm_serving.use_case import USE_CASE
from graders.errors import CourseError
from graders.panel.calibration import calibrate
from graders.panel.settings import Anchor as Settled
from graders.paths import material_root
from graders.rubrics import rubric

ANCHORS = {one.id: one for one in made.anchors(USE_CASE)}
RUBRIC = rubric(material_root(), "capstone")
SETTLED = [Settled(one.id, f"{one.id}.html", one.levels) for one in ANCHORS.values()]


@pytest.fixture(scope="module")
def reports(tmp_path_factory, brief, graph):
    found = {}
    for id_, anchor in ANCHORS.items():
        read, unread = documents.read(made.write(anchor, USE_CASE, tmp_path_factory.mktemp("anchors")))
        assert unread == ()
        found[id_] = check(read, brief, USE_CASE.pack, graph=graph)
    return found


def test_a_strong_one_and_a_middling_one_pass_the_gate(reports):
    assert [one.code for one in reports["anchor-1"].findings] == ["evidence-not-run"]
    assert [one.code for one in reports["anchor-2"].findings] == ["evidence-not-run"]


def test_of_a_weak_one_the_check_finds_the_numbers_that_were_changed(reports):
    refuted = {one.claim for one in reports["anchor-3"].findings if one.code == "recomputed-otherwise"}
    assert refuted == set(ANCHORS["anchor-3"].claims)
    assert {one.severity for one in reports["anchor-3"].findings} == {"info", "major", "blocking"}


@pytest.mark.parametrize("id_", ANCHORS)
def test_no_level_is_above_what_the_check_allows(reports, id_):
    for cap in reports[id_].caps:
        assert ANCHORS[id_].levels[cap.criterion] <= cap.level, cap


@pytest.mark.parametrize("id_", ANCHORS)
def test_each_level_names_a_section_of_its_criterion(id_):
    for criterion in RUBRIC.criteria:
        said = set(re.findall(r"\bS\d+\b", ANCHORS[id_].because[criterion.id]))
        assert said & set(criterion.sections), (criterion.id, said)
    assert set(ANCHORS[id_].levels) == {one.id for one in RUBRIC.criteria}


def test_they_lie_apart_on_every_criterion():
    for criterion in RUBRIC.criteria:
        levels = [ANCHORS[id_].levels[criterion.id] for id_ in ("anchor-1", "anchor-2", "anchor-3")]
        assert levels == sorted(levels, reverse=True)
        assert levels[0] > levels[2]


def test_who_reads_them_as_their_authors_do_qualifies_and_who_is_kind_does_not():
    own = {one.id: one.levels for one in SETTLED}
    kind = {one.id: dict.fromkeys(one.levels, 4) for one in SETTLED}
    assert calibrate(RUBRIC, SETTLED, "rater-1", own).passed
    assert not calibrate(RUBRIC, SETTLED, "rater-2", kind).passed


def test_an_anchor_may_not_change_what_the_sample_has_not(tmp_path: Path):
    odd = made.Anchor("odd", "", "", {"S99": "text"}, {"mem.nothing": 2.0}, {}, {})
    with pytest.raises(CourseError, match=r"no mem\.nothing, S99"):
        made.write(odd, USE_CASE, tmp_path)
    assert list(tmp_path.iterdir()) == []
