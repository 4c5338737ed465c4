"""One candidate earns the whole certificate: right answers by other ways, and the forms of a marker and a panel."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graders.certify.enclosure import standard
from graders.cli import app
from graders.course import load
from graders.demo import teaching
from graders.demo.candidates import Candidate, present
from graders.demo.telling import Steps
from graders.gradebook import Gradebook
from graders.paths import material_root
from graders.reports.publishing import report
from graders.rubrics.rule import read_rule

pytestmark = pytest.mark.long
STUDENT = "student-01"
RULE = read_rule(material_root() / "rubrics" / "certification.yaml")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("track")


@pytest.fixture(scope="module")
def candidate(root: Path) -> Candidate:
    """Through all modules of the rule, the panel and the office."""
    course = teaching.course(root / "course", RULE.modules)
    with Steps(quiet=True) as steps:
        for slug in RULE.modules:
            teaching.graded(course, slug, [STUDENT], steps)
    (found,) = present(course, [STUDENT], root / "panel")
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads
def test_the_tracks_own_rule_certifies_the_candidate(candidate: Candidate):
    assert candidate.outcome.decision.reasons == ()
    assert candidate.rule == RULE.title
    assert candidate.outcome.certificate is not None


def test_every_point_was_given_by_a_check_or_a_named_marker(candidate: Candidate, root: Path):
    course = load(root / "course")
    with Gradebook.open(course) as gradebook:
        marks = {slug: gradebook.marks(slug) for slug in RULE.modules}
        assert gradebook.broken_seals() == ()
        assert [one for slug in RULE.modules for one in gradebook.unproven(slug)] == []
    for slug in RULE.modules:
        module, row = course.module(slug), report(course, slug).row(STUDENT)
        assert (row.points, row.decision.outcome) == (module.points, "complete"), slug
        written = {entry.id for entry in module.exercises if entry.is_written}
        assert {exercise for *_, exercise in marks[slug]} == written, slug
        assert {kept.mark.marker for all_of in marks[slug].values() for kept in all_of} == {"A. Marker"}


def test_anyone_can_derive_the_decision_again(candidate: Candidate, root: Path):
    folder = root / "course" / "certificates"
    beside = ("--trust", folder / "issuer.json", "--status", folder / "status-list.json", "--recipient", STUDENT)
    words = ("verify", folder / STUDENT, "--rederive", *beside)
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.stdout
    assert f"derived again from its evidence by rule {RULE.id} {RULE.version}" in done.stdout


@pytest.mark.parametrize("slug", RULE.modules)
def test_without_any_one_module_there_would_be_none(candidate: Candidate, root: Path, slug: str):
    evidence = candidate.outcome.evidence
    left = tuple(one for one in evidence.modules if one.module != slug)
    assert len(left) == len(RULE.modules) - 1
    decision = standard(load(root / "course").material).decide(dataclasses.replace(evidence, modules=left))
    assert not decision.certified
    assert len(decision.reasons) == 1
