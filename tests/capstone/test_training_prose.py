"""What the training sample's prose says in words, beside its claims, is so: each statement is asked of the model."""

from __future__ import annotations

import numpy as np
import pytest

from graders.capstone.graph import model
from graders.capstone.training_cluster.design import designs
from graders.capstone.what_if import what_if
from tests.capstone.samples import made


@pytest.fixture(scope="module")
def training():
    return made("training_cluster")


@pytest.fixture(scope="module")
def asked(training):
    def ask(**changes):
        answer = what_if(training.seen, {name.replace("__", "."): value for name, value in changes.items()})
        return {one.id for one in answer.flips}, {one.id: one.share for one in answer.claims}

    return ask


@pytest.fixture(scope="module")
def says(training):
    return training.seen.values


def test_fewer_devices_raise_utilisation_a_little_and_miss_the_date(asked, says):
    flips, shares = asked(par__dp="30")
    assert flips == {"deadline"}
    assert 0 < shares["perf.mfu"] < 0.05
    assert -0.03 < shares["cost.run"] < 0, "a later date saves next to nothing"
    assert says["train.time_wall"] * (1 + shares["train.time_wall"]) - says["req.deadline"] == pytest.approx(12, abs=3)


def test_neighbouring_divisions_are_worse(asked):
    assert "memory" in asked(par__pp="2")[0]
    assert asked(par__pp="8")[1]["par.bubble"] > 1
    assert asked(par__pp="8")[1]["par.gpus"] == pytest.approx(1)
    assert asked(par__tp="4", par__pp="8")[0] >= {"memory"}
    assert asked(par__pieces="1")[1]["par.bubble"] == pytest.approx(1, abs=0.1), "two pieces halve it"


def test_what_is_computed_anew(asked, says):
    assert asked(mem__recompute="none")[0] == {"memory"}
    held = says["model.layers"] * says["mem.layer_bytes_whole"]  # the first stage's, whatever the number of stages
    assert held > says["hw.device_memory"] * says["mem.utilisation"]
    _, shares = asked(mem__recompute="full")
    assert shares["model.token_flops_done"] == pytest.approx(1 / 3, abs=0.03)


def test_machines(training, says):
    ranked = designs(training.graph)
    assert list(ranked) == ["H100 SXM", "A100 SXM 80 GB", "H200 SXM"]
    older, larger = ranked["A100 SXM 80 GB"], ranked["H200 SXM"]
    assert older["cap.nodes"] > 3 * says["cap.nodes"]
    assert older["pwr.peak"] > says["req.power_limit"]
    assert larger["par.pp"] == 1
    assert all(one["cost.run"] > 1.1 * says["req.budget_run"] for one in (older, larger))


def test_the_interval_lies_on_a_flat_curve(asked, says):
    for factor in ("x0.5", "x2"):
        assert abs(asked(ckpt__interval=factor)[1]["fail.goodput"]) < 0.015
    assert says["ckpt.interval"] > 2 * 3600
    assert asked(ckpt__interval="3600")[1]["fail.goodput"] < 0
    assert says["ckpt.interval"] == pytest.approx(says["ckpt.daly_interval"], rel=0.01)


def test_drifts_one_at_a_time(asked):
    assert asked(fail__device_mtbf="x0.5")[0] == {"full_strength"}
    assert asked(fail__device_mtbf="x0.5", cap__spares="3")[0] == set()
    assert asked(hw__network_bandwidth="x0.5")[0] == set()
    assert asked(hw__device_peak="-10%")[0] == asked(perf__micro_compute="+10%")[0] == set()
    assert asked(wl__jobs_per_day="x1.5")[0] == {"gang_wait"}
    assert "deadline" in asked(perf__compute_efficiency="0.52")[0]
    assert "deadline" not in asked(perf__compute_efficiency="0.525")[0]


def test_the_partition(training, says):
    data = training.brief.data
    jobs = [data[f"trace.{name}"] for name in ("submit_s", "job_devices", "run_s")]
    waits = [model("gang_partition")(*jobs, hosts, 8, "fifo")["wait_p90_s"] for hosts in (8, 9)]
    assert waits[0] > says["req.gang_wait_p90"] > waits[1], "order of arrival needs a host more"
    assert max(jobs[1]) == says["sched.research_nodes"] * says["hw.host_devices"]
    assert np.mean(jobs[1] < 8) > 0.5
    assert 10 < data["trace.span_s"] / 86400 < 14
    assert says["wl.job_run_p99"] > 5 * says["wl.job_run_p50"]
    for column in jobs[1:]:
        first, second = np.array_split(column, 2)
        error = np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
        assert abs(first.mean() - second.mean()) < 2 * error


def test_racks_spares_and_the_leaf(asked, says):
    assert asked(pwr__nodes_per_rack="6")[0] == {"flow"}
    assert says["cap.spares"] < says["pwr.nodes_per_rack"]
    assert says["cap.run_nodes"] > says["net.leaf_hosts"] >= says["par.pp"]
    assert says["net.overlap_window"] < says["perf.overlap"] * says["net.dp_time"]
    assert says["val.bias_low"] > 0


def test_drivers(training):
    found = training.graph.elasticities(training.seen.values)
    decided = {name for name in found if name.split(".")[0] not in ("model", "wl")}
    assert max(decided, key=lambda one: abs(found[one])) == "hw.device_peak"
