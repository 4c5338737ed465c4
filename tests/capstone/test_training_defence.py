"""The prepared defence of a training cluster: what it says to listen for is so, and its page and figures are drawn."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

from graders.capstone.defence import answered, defence
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import matter
from graders.capstone.pack import PackIndex
from graders.capstone.rendering.defence_page import defence_page
from graders.capstone.rendering.document import rendered
from graders.capstone.rendering.figures import Drawn, figure
from graders.capstone.rendering.html import page
from graders.capstone.training_cluster.use_case import USE_CASE
from tests.capstone.samples import made

PACK = USE_CASE.pack


@pytest.fixture(scope="module", params=["sample", "student-03", "student-11"])
def answers(request):
    """Claim -> share, for each question: of the sample, and of designs for other briefs."""
    seen = made(PACK.id).seen
    if request.param != "sample":
        brief = USE_CASE.brief(request.param, "5a" * 32)
        graph = Graph(PackIndex(PACK), brief)
        seen = matter(USE_CASE.sample.instantiated(brief, graph), PackIndex(PACK), brief, graph)
    asked = answered(seen, USE_CASE)
    assert all(one.answer for _, one in asked)
    return seen.values, {prepared.id: {c.id: c.share for c in one.answer.claims} for prepared, one in asked}


def test_what_to_listen_for_about_operations_and_memory(answers):
    values, shares = answers
    tokens, wider = shares["twice-the-tokens"], shares["wider-model"]
    assert tokens["train.time_wall"] == pytest.approx(1, abs=0.001)
    assert tokens["cost.run"] == pytest.approx(1, abs=0.02)
    assert "fail.goodput" not in tokens
    assert 0.35 < wider["model.token_flops"] < 0.44
    assert wider["mem.layer_bytes"] == pytest.approx(0.2, abs=0.001) or values["mem.recompute"] == "none"
    assert wider["mem.state_bytes"] == pytest.approx(0.44, abs=0.02)
    kinder = shares["kinder-benchmark"]
    assert kinder["perf.micro_compute"] == pytest.approx(1 / 9, abs=0.001)
    assert not {"net.tp_time", "net.dp_time"} & set(kinder)
    without = shares["no-sequence-parallelism"]
    assert without["mem.layer_bytes"] > 0
    assert not {"net.tp_time", "perf.step"} & set(without)
    full = shares["full-recomputation"]
    assert full["net.tp_time"] == pytest.approx(0.5, abs=0.001)
    assert 0.25 < full["model.token_flops_done"] < 0.34
    assert abs(full["perf.hfu"]) < 0.08
    assert full["perf.mfu"] < -0.15
    assert full["mem.activation_bytes"] < 0
    assert full["perf.tokens_per_s"] < 0


def test_what_to_listen_for_about_failures(answers):
    values, shares = answers
    weaker, longer = shares["weaker-devices"], shares["longer-interval"]
    assert -0.5 < weaker["fail.job_mtbf"] < -0.3
    assert weaker["ckpt.young_interval"] == pytest.approx(math.sqrt(1 + weaker["fail.job_mtbf"]) - 1, abs=0.001)
    assert "fail.restart" not in weaker
    assert longer["fail.goodput"] < 0
    assert longer["ckpt.history"] == pytest.approx(3, abs=0.2)
    slower = shares["slower-file-system"]
    assert slower["ckpt.time"] == pytest.approx(1, abs=0.001)
    assert slower["ckpt.young_interval"] == pytest.approx(math.sqrt(2) - 1, abs=0.001)
    assert slower["fail.goodput"] < 0
    assert values["data.read_rate"] < 1e-3 * values["data.read_bandwidth"]
    spare = shares["a-spare-less"]
    assert spare["fail.full_strength"] < 0
    assert "fail.restart" not in spare


def test_what_to_listen_for_about_the_network_and_others(answers):
    values, shares = answers
    half, pieces = shares["half-the-network"], shares["more-pieces"]
    assert half["net.dp_time"] == pytest.approx(1, abs=0.05)
    assert "net.tp_time" not in half
    assert pieces["par.bubble"] == pytest.approx(-0.5, abs=0.08)
    assert pieces["net.pp_time"] == pytest.approx(1, abs=0.001)
    busier = shares["busier-researchers"]
    assert busier["wl.job_load"] == pytest.approx(0.5, abs=0.001)
    assert busier["sched.gang_wait_p90"] > 0.5
    assert values["sched.fifo_wait_p90"] > values["sched.gang_wait_p90"]
    cost = {"cost.tco", "cost.run", "cost.usd_per_mtok", "cost.usd_per_zflop"}
    assert set(shares["dearer-energy"]) == {"cost.usd_per_kwh", *cost}
    warmer = shares["hotter-day"]["therm.coolant"] * values["therm.coolant"]
    assert shares["hotter-day"]["therm.tj"] * values["therm.tj"] == pytest.approx(warmer, rel=0.02)


def test_the_page_holds_every_question_folded():
    seen = made(PACK.id).seen
    pack = dataclasses.replace(
        PACK, sensitivity=dataclasses.replace(PACK.sensitivity, drivers=("wl.tokens",)), levers=()
    )
    narrow = dataclasses.replace(seen, index=PackIndex(pack), graph=Graph(PackIndex(pack), seen.brief))
    drawn = Drawn(narrow.graph, narrow.values, narrow.document.claims)
    text = defence_page(
        rendered(seen.document, seen.brief, USE_CASE),
        defence(narrow, USE_CASE),
        figure("tornado", USE_CASE.figures, drawn),
    )
    questions = text[text.index('id="questions"') : text.index('id="drivers"')]
    assert questions.count("<details>") == len(USE_CASE.questions)
    assert "<details open" not in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in re.findall(r'href="(#[^"]+)"', text)} <= set(ids)


def test_figures_say_what_claims_say():
    seen = made(PACK.id).seen
    drawn = Drawn(seen.graph, seen.values, seen.document.claims)
    ledger, step = (figure(name, USE_CASE.figures, drawn) for name in ("ledger", "step"))
    sizes = [float(row.cells[1].split()[0].replace("\N{NO-BREAK SPACE}", "")) for row in ledger.rows]
    assert sum(sizes[:3]) == pytest.approx(sizes[3], rel=0.01)
    assert sizes[3] < sizes[4]
    parts = [float(row.cells[1].split()[0]) for row in step.rows]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], rel=0.01)
    for one in (ledger, step):
        bars = [mark for mark in one.marks if mark.shape == "bar"]
        assert len(bars) == len(one.rows)
        assert all(0 <= mark.x <= mark.to_x <= 0.8 for mark in bars)
    text = page(rendered(seen.document, seen.brief, USE_CASE))
    assert "Memory of a device of the first stage" in text
    assert "Time of a step" in text


def test_a_figure_without_its_claims_says_so():
    seen = made(PACK.id).seen
    values = {name: value for name, value in seen.values.items() if name != "perf.step"}
    drawn = Drawn(seen.graph, values, seen.document.claims)
    assert figure("step", USE_CASE.figures, drawn).says.startswith("It cannot be drawn: perf.step")
