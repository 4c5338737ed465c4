"""Not the right design of a training cluster, rightly computed: told what it misses, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import exemplar
from graders.capstone.training_cluster.design import designs
from graders.capstone.training_cluster.sample import with_prototype
from tests.capstone.samples import made

CHOICES = {
    "half a host a layer": {"par.tp": 4.0, "par.pp": 8.0, "mem.recompute": "full"},
    "no interleaving": {"par.pieces": 1.0},
    "two sequences a micro-batch": {"par.micro_batch": 2.0},
    "everything divided, no pipeline": {"par.pp": 1.0, "par.dp": 160.0, "par.pieces": 1.0, "mem.zero_stage": 3.0},
    "nothing divided": {"mem.zero_stage": 0.0},
    "gradients divided, no sequence parallelism": {"mem.zero_stage": 2.0, "par.sequence_parallel": "no"},
    "order of arrival on nine hosts": {"sched.policy": "fifo", "sched.research_nodes": 9.0},
    "a checkpoint an hour, and all of them": {"ckpt.interval": 3600.0, "ckpt.kept": 40.0},
    "one replica": {"par.dp": 1.0},
}
MISSED = {
    "half a host a layer": {"deadline", "budget"},
    "no interleaving": set(),
    "two sequences a micro-batch": {"memory"},
    "everything divided, no pipeline": {"budget", "deadline"},
    "nothing divided": {"memory"},
    "gradients divided, no sequence parallelism": {"memory"},
    "order of arrival on nine hosts": set(),
    "a checkpoint an hour, and all of them": set(),
    "one replica": {"deadline", "memory", "budget"},
}


def reported(values):
    training = made("training_cluster")
    claims = exemplar.claims(training.index, training.graph, with_prototype(values), training.document.files)
    changed = dataclasses.replace(training.document, claims=claims)
    return training.report(changed)


@pytest.mark.parametrize("name", CHOICES)
def test_other_choices(name):
    training = made("training_cluster")
    values, gaps = training.graph.filled({**training.seen.values, **CHOICES[name]})
    assert not gaps
    report = reported(values)
    found = {(one.level, one.code) for one in report.findings}
    assert found <= {("L9", "evidence-not-run"), ("L5", "unknown-reference"), ("L7", "target-missed")}
    assert {one.id for one in report.verdicts if not one.recomputed} == MISSED[name]


@pytest.mark.parametrize("machine", ["A100 SXM 80 GB", "H200 SXM"])
def test_other_machines(machine):
    report = reported(designs(made("training_cluster").graph)[machine])
    found = {(one.level, one.code) for one in report.findings}
    assert found <= {("L9", "evidence-not-run"), ("L5", "unknown-reference"), ("L7", "target-missed")}
    assert "budget" in {one.id for one in report.verdicts if not one.recomputed}
