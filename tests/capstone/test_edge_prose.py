"""What the edge sample's prose says in words, beside its claims, is so: each statement is asked of the model."""

from __future__ import annotations

import numpy as np
import pytest

from graders.capstone.edge_deployment.design import missed
from graders.capstone.what_if import what_if
from tests.capstone.samples import made


@pytest.fixture(scope="module")
def sampled():
    return made("edge_deployment")


@pytest.fixture(scope="module")
def values(sampled):
    return sampled.seen.values


@pytest.fixture(scope="module")
def misses(sampled):
    """Targets that the design misses with other choices."""
    chosen = {one.id: sampled.seen.values[one.id] for one in sampled.case.pack.claims if one.kind == "choice"}

    def found(**changes):
        other = chosen | {name.replace("__", "."): value for name, value in changes.items()}
        filled, _ = sampled.graph.filled(other)
        return set(missed(sampled.graph, filled, 1.0)), filled

    return found


@pytest.fixture(scope="module")
def flips(sampled):
    def found(**changes):
        answer = what_if(sampled.seen, {name.replace("__", "."): value for name, value in changes.items()})
        return {one.id for one in answer.flips}, {one.id: one.after for one in answer.claims}

    return found


def test_the_clock_and_its_neighbours(values, misses):
    assert values["perf.clock_share"] == 0.7
    assert misses()[0] == set()
    assert misses(perf__clock_share=0.6)[0] == {"latency", "dropped"}
    assert misses(perf__clock_share=0.8)[0] == set()
    faster, hot = misses(perf__clock_share=0.9)
    assert faster == {"sun", "energy", "battery"}
    assert 0.5 < hot["tail.slow_share_sun"] < 1
    assert hot["tail.latency_p99_sun"] > 2 * values["tail.latency_p99_sun"]
    slower = [misses(perf__clock_share=clock)[1]["pwr.j_per_frame"] for clock in (0.8, 0.9, 1.0)]
    assert all(one > values["pwr.j_per_frame"] for one in slower)


def test_the_other_boards(misses):
    for clock in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        cheap, found = misses(hw__machine="Board A", perf__clock_share=clock)
        assert {"latency", "dropped"} <= cheap
        large, _ = misses(hw__machine="Jetson Orin Nano 8GB", perf__clock_share=clock)
        assert "budget" in large
        assert "latency" not in large
    assert found["perf.single_p90"] <= found["req.latency_p90"]  # of board A, at the full clock
    assert "skin" in misses(hw__machine="Jetson Orin Nano 8GB", perf__clock_share=1.0)[0]
    assert "sun" not in misses(hw__machine="Jetson Orin Nano 8GB", perf__clock_share=0.4)[0]


def test_four_bits(values, misses):
    less, found = misses(quant__scheme="int4")
    assert less == {"accuracy"}
    assert found["quant.drop_high"] <= found["req.drop_limit"]
    assert found["perf.tokens_per_s"] > values["perf.tokens_per_s"]
    assert found["load.cold_start"] < values["load.cold_start"]
    assert found["fleet.fallback_share"] > values["fleet.fallback_share"]
    assert found["cost.device_year"] > values["cost.device_year"]
    assert values["quant.p_value"] > 0.05


def test_the_threshold_the_watchdog_and_the_stages(values, misses):
    half = misses(fleet__threshold=0.5)[1]
    assert half["fleet.fallback_share"] / values["fleet.fallback_share"] == pytest.approx(3, abs=0.3)
    assert half["cost.cloud_per_year"] > values["cost.battery_per_year"] > values["cost.cloud_per_year"]
    assert "accuracy" in misses(fleet__threshold=0.0)[0]
    assert values["fail.watchdog"] > 2 * values["perf.answer_time"]
    assert misses(fleet__first_share=0.01)[0] == {"exposed"}
    assert misses(fleet__first_share=0.01)[1]["fleet.stages"] == values["fleet.stages"] == 5
    assert values["fleet.first_share"] == 1 / 200
    waiting = values["fleet.stages"] * 3600 * values["fleet.online"]
    assert waiting > 0.5 * values["fleet.rollout"]
    at_once = values["fleet.devices"] * values["net.update_bytes"] / values["net.server"]
    assert at_once > values["net.update_time"]


def test_a_tenth_to_the_worse(flips):
    assert flips(wl__crops_mean="+10%")[0] == set()
    assert flips(pwr__dynamic_full="+10%")[0] == set()
    assert flips(batt__usable="-10%")[0] == set()
    assert flips(hw__peak="-10%")[0] == {"latency"}
    assert flips(hw__peak="-10%", perf__clock_share="0.75")[0] == set()
    assert flips(hw__peak="-10%", perf__clock_share="0.8")[0] == {"sun"}
    assert flips(perf__encoder_time="+10%")[0] == {"latency"}
    assert "dropped" in flips(wl__frame_rate="+10%")[0]
    assert flips(therm__ambient="+10%", therm__resistance="-10%")[0] == set()  # a plate
    for change in ({"therm__ambient": "+10%"}, {"therm__resistance": "+10%"}):
        assert flips(**change)[0] == {"sun"}
        assert "latency" in flips(**change, perf__clock_share="0.6")[0]
        assert "latency" in flips(**change, perf__clock_share="0.65")[0]


def test_half_as_many_crops_again(flips):
    assert "dropped" in flips(wl__crops_mean="x1.5")[0]
    assert "dropped" in flips(wl__crops_mean="x1.5", perf__clock_share="0.8")[0]


def test_memory_and_traffic(values):
    rows, width, inner = values["model.patches"] + 1, values["model.hidden"], values["model.mlp"]
    image = values["model.patches"] * 3 * values["model.patch_px"] ** 2
    assert image + 9 * rows * width + rows * inner > 2 * values["mem.arena"]  # a place of its own for each tensor
    assert values["mem.arena"] == values["mem.arena_least"] == pytest.approx(2 * rows * width + rows * inner, rel=1e-3)
    strip = (values["hw.sram"] - inner * values["mem.weight_element"]) // inner
    assert strip < rows <= 2 * strip  # weights stream past the down projection twice
    assert values["perf.memory_share"] == 0
    assert values["load.init"] > 0.9 * values["load.cold_start"]
    assert 8 * values["mem.arena"] < values["hw.memory"] - values["mem.ram_peak"]


def test_heat_power_and_failures(values):
    assert values["pwr.active"] < values["therm.sustained"]
    assert values["therm.time_to_throttle"] == values["therm.horizon"]
    sun = values["therm.ambient"] + values["therm.sun"]
    assert sun < values["sens.highest_ambient"] < sun + 4
    assert values["tail.latency_p99_sun"] == values["tail.latency_p99"]
    hangs, failures = (1 - values[f"fail.{name}_availability"] for name in ("software", "hardware"))
    assert hangs < 0.05 * failures


def test_cost_and_room(values):
    yearly = {name: values[name] for name in values if name.startswith("cost.") and name.endswith("_per_year")}
    ranked = sorted(yearly, key=lambda name: -yearly[name])
    assert ranked[:2] == ["cost.capital_per_year", "cost.service_per_year"]
    assert values["hw.board_price"] / values["cost.bom"] == pytest.approx(2 / 3, abs=0.04)
    assert 2 * values["sched.utilisation"] > 1  # no room for a second camera


def test_the_line_and_the_prototype(sampled, values):
    assert 0 < values["val.bias_low"] < values["val.model_bias"]  # the model is slower than the board
    crops = sampled.brief.data["trace.crops"]
    assert np.mean(crops == 1) > 0.5
    halves = np.array_split(crops, 2)
    assert abs(halves[0].mean() - halves[1].mean()) < 0.1 * crops.mean()
