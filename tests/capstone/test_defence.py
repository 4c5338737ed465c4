"""The prepared defence: what it asks can be answered, what it says to listen for is so, and answers stay folded."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from typer.testing import CliRunner

from graders.capstone import prose, units
from graders.capstone.defence import FACTORS, answered, count, defence
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import matter
from graders.capstone.llm_serving.brief import brief as brief_for
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.llm_serving.questions import QUESTIONS
from graders.capstone.llm_serving.sample import SAMPLE
from graders.capstone.pack import PackIndex
from graders.capstone.packs import use_case
from graders.capstone.rendering.defence_page import defence_page
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.figures import Drawn, figure
from graders.capstone.what_if import what_if
from graders.cli import app
from graders.paths import material_root
from graders.rubrics import rubric

CASE = use_case(PACK.id)


def narrow(seen, *drivers):
    """The same document, of which only these drivers are asked about."""
    pack = dataclasses.replace(PACK, sensitivity=dataclasses.replace(PACK.sensitivity, drivers=drivers), levers=())
    return dataclasses.replace(seen, index=PackIndex(pack), graph=Graph(PackIndex(pack), seen.brief))


def page_of(seen, made):
    drawn = Drawn(seen.graph, seen.values, seen.document.claims)
    return defence_page(rendered(seen.document, seen.brief, CASE), made, figure("tornado", CASE.figures, drawn))


@pytest.fixture(scope="module")
def made(seen):
    return defence(narrow(seen, "model.params", "batching.slots", "net.startup"), CASE)


# --- the grid


def test_each_driver_is_multiplied_and_a_count_stays_one(made, seen):
    assert {one.id for one in made.drivers} == {"model.params", "batching.slots", "net.startup"}
    for driver in made.drivers:
        for factor, asked in zip(FACTORS, driver.asked, strict=True):
            by_hand = [one for one in asked.answer.claims if one.is_asked]
            assert [one.id for one in by_hand] == [driver.id]
            assert by_hand[0].share == pytest.approx(factor - 1, abs=0.01)
            if driver.id == "batching.slots":
                assert float(by_hand[0].after) == round(seen.values[driver.id] * factor)


def test_the_grid_goes_where_the_elasticity_points(made):
    """Second way: the slope of the headline over a change of a quarter is about the one at the point."""
    for driver in made.drivers:
        claims = {one.id: one for one in driver.asked[FACTORS.index(1.25)].answer.claims}
        slope = math.log1p(claims[made.headline].share) / math.log(1.25)
        assert slope == pytest.approx(driver.elasticity, abs=0.05), driver.id


def test_every_other_machine_of_the_brief_is_tried(made, seen):
    assert {one.says for one in made.machines} == set(seen.brief.machines) - {seen.values["hw.machine"]}
    assert all("hw.device_price" in {one.id for one in asked.answer.claims} for asked in made.machines)


def test_progress_is_told_for_every_change(seen):
    told = []
    few = narrow(seen, "net.startup")
    case = dataclasses.replace(CASE, questions=QUESTIONS[-1:])
    defence(few, case, lambda: told.append(1))
    assert len(told) == count(few, case) == len(FACTORS) + 2 + 1


def test_what_was_simulated_before_gives_the_same_answers(seen, document, index, brief):
    """A graph that has answered other questions, and one that has answered none."""
    for changes in ({"hw.device_peak": "x0.8"}, {"wl.prompt_tokens_mean": "x1.25"}, {"batching.slots": "96"}):
        fresh = matter(document, index, brief, Graph(index, brief))
        assert what_if(seen, changes) == what_if(fresh, changes)


# --- questions


def test_questions_can_be_asked_of_any_document(each):
    known, criteria = each.index.required, {one.id for one in rubric(material_root(), "defence").criteria}
    questions = each.case.questions
    assert len({one.id for one in questions}) == len(questions) >= 10
    for one in questions:
        assert one.criterion in criteria
        assert set(one.changes) <= set(known)
        for text in (one.asks, one.listen):
            assert prose.unbound_numbers(text) == (), one.id
            for found in prose.REFERENCE.finditer(text):
                assert known[found[1]].is_word or not found[2] or units.converted(1.0, known[found[1]].unit, found[2])


@pytest.fixture(scope="module", params=["sample", "another"])
def answers(request, seen):
    """Claim -> share, for each question: of the sample, and of a design for another brief."""
    if request.param == "another":
        brief = brief_for("student-07", "5a" * 32)
        graph = Graph(PackIndex(PACK), brief)
        seen = matter(SAMPLE.instantiated(brief, graph), PackIndex(PACK), brief, graph)
    asked = answered(seen, CASE)
    assert all(one.answer for _, one in asked)
    shares = {prepared.id: {c.id: c.share for c in one.answer.claims} for prepared, one in asked}
    return seen.values, shares, {prepared.id: one for prepared, one in asked}


def test_what_to_listen_for_is_so(answers):
    values, shares, asked = answers
    assert shares["longer-answers"]["tail.e2e_mean"] == pytest.approx(1.0, abs=0.3)
    assert 0 < shares["longer-answers"]["perf.request_work"] < 1
    assert shares["longer-answers"]["perf.goodput"] < 0
    assert shares["longer-prompts"]["cap.max_concurrent"] < 0
    assert shares["kinder-benchmark"]["perf.token_step"] > 0 > shares["kinder-benchmark"]["perf.goodput"]
    assert shares["more-bandwidth"]["perf.fixed_step"] < 0
    assert shares["more-bandwidth"]["roof.ridge"] == pytest.approx(-0.5, abs=0.001)
    half = shares["half-the-slots"].get("perf.goodput", 0.0)
    assert (1 + half) * values["perf.goodput"] == pytest.approx(values["batching.half_goodput"], rel=0.02)
    assert shares["smaller-caches"]["cap.max_concurrent"] == pytest.approx(1.0, abs=0.1)
    assert shares["weaker-devices"]["fail.availability"] < 0
    assert shares["busier-day"]["req.rate_peak"] == pytest.approx(0.25, abs=0.05), "counted in a window"
    assert 0 < shares["slower-links"]["perf.decode_step"] < values["net.step_share"]
    assert set(shares["dearer-energy"]) == {"cost.usd_per_kwh", "cost.tco", "cost.usd_per_mtok"}
    warmer = shares["hotter-day"]["therm.coolant"] * values["therm.coolant"]
    assert shares["hotter-day"]["therm.tj"] * values["therm.tj"] == pytest.approx(warmer, rel=0.05)
    assert "perf.ttft_floor" not in shares["the-asked-limit"]
    assert asked["the-asked-limit"].answer.claims[0].after.startswith(f"{values['req.asked_limit']:g}")


# --- the page


def test_answers_are_folded_and_say_nothing_outside(seen, made):
    text = page_of(seen, made)
    questions = text[text.index('id="questions"') : text.index('id="drivers"')]
    assert "<details open" not in text
    outside = re.sub(r"<details>.*?</details>", "", questions, flags=re.DOTALL)
    assert "The console says" in questions
    assert not re.search(r"The console says|Listen for|<table", outside)
    assert questions.count("<details>") == len(QUESTIONS)


def test_every_change_stands_on_the_page_with_its_id(seen, made):
    text = page_of(seen, made)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in re.findall(r'href="(#[^"]+)"', text)} <= set(ids)
    for driver in made.drivers:
        for asked in driver.asked:
            part = text[text.index(f'<details id="{asked.id}">') :].split("</details>")[0]
            for one in asked.answer.claims:
                assert f'href="#claim-{one.id}"' in part
                assert one.after in part


def test_a_document_without_claims_says_so(document, index, brief):
    empty = matter(dataclasses.replace(document, claims={}), index, brief)
    made = defence(empty, CASE)
    assert made.drivers == made.machines == ()
    assert "is no claim of this document" in page_of(empty, made)


def test_a_machine_that_is_a_text_stays_a_text(document, index, brief):
    evil = "<script>document.title='owned'</script>"
    claim = dataclasses.replace(document.claims["hw.machine"], value=evil, source=evil)
    seen = matter(dataclasses.replace(document, claims={**document.claims, claim.id: claim}), index, brief)
    text = page_of(seen, defence(narrow(seen), dataclasses.replace(CASE, questions=())))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_nothing_to_do_is_said():
    ran = CliRunner().invoke(app, ["capstone", "defend", "--sample"])
    assert "nothing was asked" in str(ran.exception)
