"""The prepared defence of an edge design, its figures, and other choices, rightly computed: told what they miss."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import exemplar
from graders.capstone.defence import answered
from graders.capstone.edge_deployment.case import BOARDS
from graders.capstone.edge_deployment.use_case import USE_CASE
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import matter
from graders.capstone.pack import PackIndex
from graders.capstone.rendering.figures import Drawn, figure
from tests.capstone.samples import made

PACK = USE_CASE.pack


@pytest.fixture(scope="module", params=["sample", "student-07", "student-12"])
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


def test_what_to_listen_for_about_heat_and_frames(answers):
    values, shares = answers
    summer = shares["hotter-summer"]
    warmer = values["therm.ambient"] / 8
    for claim in ("therm.junction", "therm.skin"):
        assert summer[claim] * values[claim] == pytest.approx(warmer, rel=0.35)
        assert summer[claim] * values[claim] > warmer
    scene = shares["busier-scene"]
    assert 0 < scene["sched.utilisation"] < 0.5
    assert min(scene["tail.latency_p99"], scene["tail.latency_mean"]) > scene["sched.utilisation"]
    assert scene["pwr.j_per_frame"] > 0
    camera = shares["faster-camera"]
    assert camera["pwr.j_per_frame"] < 0 < camera["pwr.mean"]
    assert camera["sched.utilisation"] == pytest.approx(0.25, abs=0.01)
    if values["perf.clock_share"] < 1:
        full = shares["full-clock"]
        assert full["pwr.j_per_crop"] == pytest.approx(values["pwr.j_per_crop_full"] / values["pwr.j_per_crop"] - 1,
                                                       abs=0.01)  # fmt: skip
        assert full["perf.encoder_time"] < 0 < full["pwr.j_per_frame"]
    peak = shares["half-the-peak"]["perf.encoder_time"]
    assert 0.3 < peak < 1


def test_what_to_listen_for_about_tokens_fleet_and_cost(answers):
    values, shares = answers
    wider = shares["more-bandwidth"]
    assert 0.3 < wider["perf.tokens_per_s"] < 1
    assert -wider.get("perf.encoder_time", 0.0) <= values["perf.memory_share"] + 0.001
    assert 0.7 < shares["longer-answers"]["perf.answer_time"] < 1
    shy = shares["shy-threshold"]
    assert shy["fleet.fallback_share"] < 0
    assert shy["fleet.accuracy"] < 0
    assert shares["weaker-battery"]["batt.life"] == pytest.approx(-0.25, abs=0.01)
    assert shares["weaker-battery"]["batt.charges"] > 0
    links = shares["thinner-links"]
    assert links["net.update_time"] == pytest.approx(1, abs=0.01)
    assert 0 < links["fleet.rollout"] < 0.2
    assert -0.001 < shares["more-hangs"]["fail.availability"] < 0
    assert set(shares["dearer-cloud"]) == {
        "cost.usd_per_call", "cost.cloud_per_year", "cost.device_year", "cost.fleet"
    }  # fmt: skip
    assert shares["dearer-cloud"]["cost.cloud_per_year"] == pytest.approx(2, abs=0.01)
    assert values["hw.board_price"] / values["cost.years"] > values["cost.cloud_per_year"]


@pytest.mark.parametrize("name", PACK.figures)
def test_figures_are_drawn_from_claims(name):
    sampled = made(PACK.id)
    drawn = figure(name, USE_CASE.figures, Drawn(sampled.graph, sampled.seen.values, sampled.document.claims))
    assert drawn.marks
    assert {one for row in drawn.rows for one in row.claims} <= set(sampled.document.claims)
    assert all(0 <= mark.x <= 1 and 0 <= mark.to_x <= 1 for mark in drawn.marks)
    missing = {id_: one for id_, one in sampled.seen.values.items() if id_ != drawn.rows[0].claims[0]}
    if name != "tornado":
        assert figure(name, USE_CASE.figures, Drawn(sampled.graph, missing, sampled.document.claims)).marks == ()


def test_a_bar_beyond_its_limit_looks_otherwise():
    sampled = made(PACK.id)
    over = {**sampled.seen.values, "tail.latency_p99": 2 * sampled.seen.values["req.latency_p99"]}
    drawn = figure("latency", USE_CASE.figures, Drawn(sampled.graph, over, sampled.document.claims))
    assert [mark.look for mark in drawn.marks if mark.shape == "bar"] == ["value", "value", "value", "other"]


CHOICES = {
    "a faster clock": ({"perf.clock_share": 0.9}, {"sun", "energy", "battery"}),
    "a slower clock": ({"perf.clock_share": 0.6}, {"latency", "dropped"}),
    "four bits": ({"quant.scheme": "int4"}, {"accuracy"}),
    "four bits and a higher threshold": ({"quant.scheme": "int4", "fleet.threshold": 0.4}, set()),
    "never the cloud": ({"fleet.threshold": 0.0}, {"accuracy"}),
    "an impatient watchdog": ({"fail.watchdog": 2.0}, {"watchdog"}),
    "a large first stage": ({"fleet.first_share": 0.05}, {"exposed"}),
    "a short queue": ({"sched.queue_frames": 1.0}, {"dropped"}),
}


def reported(changes):
    """The sample's document with other choices, everything else as follows from them."""
    sampled = made(PACK.id)
    values, gaps = sampled.graph.filled({**sampled.seen.values, **changes})
    assert not gaps
    values |= {"opt.baseline_p99": values["tail.latency_p99"], "opt.latency_p99": values["tail.latency_p99"] * 0.7}
    values["opt.gain"] = 1 - values["opt.latency_p99"] / values["opt.baseline_p99"]
    claims = exemplar.claims(sampled.index, sampled.graph, values, sampled.document.files)
    return sampled.report(dataclasses.replace(sampled.document, claims=claims))


@pytest.mark.parametrize("name", CHOICES)
def test_other_choices_are_told_what_they_miss_and_nothing_else(name):
    changes, missed = CHOICES[name]
    report = reported(changes)
    found = {(one.level, one.code) for one in report.findings}
    assert found <= {("L9", "evidence-not-run"), ("L5", "unknown-reference"), ("L7", "target-missed")}
    assert {one.id for one in report.verdicts if not one.recomputed} == missed


@pytest.mark.parametrize("board", [one for one in BOARDS if one != "Jetson Orin Nano 4GB"])
def test_other_boards(board):
    report = reported({"hw.machine": board, **made(PACK.id).brief.machines[board], "perf.clock_share": 1.0})
    found = {(one.level, one.code) for one in report.findings}
    assert ("L7", "target-missed") in found
    assert found <= {("L9", "evidence-not-run"), ("L5", "unknown-reference"), ("L7", "target-missed")}
