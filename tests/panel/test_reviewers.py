"""Reviewers beside each other: figures from sealed scores, the entries behind them, the page that shows them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from graders.cli import app
from graders.panel.report import needed, reviewers_lines, reviewers_report
from graders.panel.reviewers import panel_of
from graders.psychometrics.raters import severity
from tests.panel import panels
from tests.panel.made_up import CAPSTONE, IDS, course_of


@pytest.fixture(scope="module")
def panel():
    return panel_of(*course_of(24), CAPSTONE, "document")


def test_severity_is_that_of_the_totals_in_points(panel):
    """By another way from the cases to a table: weights and levels put together by hand."""
    cases, _ = course_of(24)
    names = ["ada", "ben", "cyd", "dot", "eve"]
    table = np.full((24, 5), np.nan)
    for row, case in enumerate(cases):
        for rater, scores in case.rounds["document"].scores.items():
            total = sum(one.weight * scores.levels[one.id] for one in CAPSTONE.criteria) / 4
            table[row, names.index(rater)] = total
    assert [one.rater for one in panel.reviewers] == names
    assert [one.severity for one in panel.reviewers] == list(severity(table))
    assert [one.documents for one in panel.reviewers] == list((~np.isnan(table)).sum(axis=0))
    assert panel.reviewers[0].severity.high < 0, "made severe"


def test_the_order_is_that_of_the_seals(panel):
    """Whoever sealed last scored last: turned over, the drift of everybody has the other sign."""
    cases, entries = course_of(24)
    turned = [dataclasses.replace(one, number=1000 - one.number) for one in reversed(entries)]
    other = panel_of(cases, turned, CAPSTONE, "document")
    for one, two in zip(panel.reviewers, other.reviewers, strict=True):
        assert one.drift.value == pytest.approx(-two.drift.value)
        assert one.severity == two.severity


def test_every_document_names_the_entries_behind_it(panel):
    _, entries = course_of(24)
    kinds = {one.number: (one.kind, one.subject[-2:], one.body.get("rater")) for one in entries}
    for reading in panel.readings:
        number = reading.pseudonym[-2:]
        assert kinds[reading.reveal] == ("panel scores revealed", number, None)
        assert {kinds[one] for one in reading.seals.values()} == {
            ("panel scores sealed", number, rater) for rater in reading.seals
        }


def test_scores_by_another_wording_and_appeals_are_left_out():
    cases, entries = course_of(8)
    scored = cases[0].rounds["document"]
    old = {rater: dataclasses.replace(one, rubric="0" * 64) for rater, one in scored.scores.items()}
    cases[0] = dataclasses.replace(cases[0], rounds={"document": dataclasses.replace(scored, scores=old)})
    cases[1] = dataclasses.replace(cases[1], rounds={"appeal of document": scored})
    assert [one.pseudonym for one in panel_of(cases, entries, CAPSTONE, "document").readings] == [
        one.pseudonym for one in cases[2:]
    ]


def soup(panel, **more):
    return BeautifulSoup(reviewers_report(panel, **more), "html.parser")


def words(part):
    return " ".join(part.text.split())


def test_the_page_says_who_is_severe_and_how_many_it_takes(panel):
    page = soup(panel)
    first = words(page.find(id="reviewer-1"))
    assert first.startswith("ada")
    assert "n = " in first
    assert "severe" in first
    assert len(page.find_all("svg")) == 2
    assert "student-" not in page.text, "candidates stand there by pseudonym"
    enough = [one.raters for one in panel.projections if one.absolute.value >= 0.8]
    assert needed(panel) == min(enough)
    numbers = page.find(id="evidence").find_parent("section").find("tbody").find("tr")
    assert str(panel.readings[0].reveal) in words(numbers)


def test_what_cannot_be_estimated_says_so_and_what_it_would_take():
    few = panel_of(*course_of(3), CAPSTONE, "document")
    page = soup(few)
    assert "Not estimable: 3 documents that two reviewers scored are too few, it takes 5" in words(page)
    assert not page.find_all("svg")
    assert "dependability not estimable" in "\n".join(reviewers_lines(few))
    halo = panel_of(*course_of(8), CAPSTONE, "document").reviewers[0].halo
    assert "too few, it takes 10" in halo.why
    assert needed(few) is None


def test_nobody_has_scored_yet():
    page = soup(panel_of([], [], CAPSTONE, "document"))
    assert "Nobody’s scores are revealed yet." in words(page)
    assert "No entry yet." in words(page)


def test_a_hostile_name_is_shown_as_text():
    bad = "<b onclick=alert(1)>\u202e\x1b[2J"
    page = str(soup(panel_of(*course_of(12, (bad, "ben", "cyd", "dot")), CAPSTONE, "document"), course=bad, made=bad))
    assert "<b onclick" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_every_id_is_there_once_and_tables_have_captions(panel):
    page = soup(panel)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.find_all("a")} <= set(ids)
    assert all(one.caption.text.strip() for one in page.find_all("table"))


def test_the_command_on_a_courses_own_ledger(desk, tmp_path):
    panels.qualified(desk)
    panels.decide_round(desk)
    at = ("--course", str(desk.course.root))
    done = CliRunner().invoke(app, ["report", "panel", *at, "--to", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("document: 1 documents, 3 reviewers\n")
    assert done.output.endswith(f"wrote {tmp_path / 'document.html'}\n")
    said = json.loads(CliRunner().invoke(app, ["report", "panel", *at, "--json"]).stdout)
    (reading,) = said["readings"]
    entries = {one.number: one for one in desk.ledger.entries()}
    assert {rater: entries[number].body["rater"] for rater, number in reading["seals"].items()} == {
        rater: rater for rater in panels.RATERS
    }
    assert entries[reading["reveal"]].kind == "panel scores revealed"
    assert len(said["agreement"]) == len(IDS) + 1
    wrong = CliRunner().invoke(app, ["report", "panel", *at, "--of", "appeal"])
    assert "One of: document, defence" in str(wrong.exception)
