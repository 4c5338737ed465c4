"""Personal briefs of training clusters: nobody's is degenerate, every one can be met, and right decisions differ."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest

from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex
from graders.capstone.training_cluster import brief as module
from graders.capstone.training_cluster.brief import BUDGET_ROOM, brief, clear, of_case, priced
from graders.capstone.training_cluster.case import JOBS
from graders.capstone.training_cluster.cases import CASES
from graders.capstone.training_cluster.design import designed, designs
from graders.capstone.training_cluster.pack import PACK
from reference_solutions.hardware import A100_SXM_80GB, H100_SXM, H200_SXM

ROWS = {number: (machine, budget, power) for machine, rows in CASES.items() for number, budget, power in rows}


def graph_of(number, level=1.0):
    _, budget, power = ROWS[number]
    return Graph(PackIndex(PACK), priced(of_case(f"case {number}"), level, budget, power))


@pytest.fixture(scope="module")
def drawn():
    """Briefs of a thousand students, each case computed once."""
    with pytest.MonkeyPatch.context() as patched:
        once = functools.cache(of_case)
        patched.setattr(module, "of_case", lambda case, _: once(case))
        return [brief(f"student-{number:04d}", "salt") for number in range(1000)]


def test_the_same_id_gets_the_same_brief_and_another_salt_another():
    one, two, other = brief("student-0001", "salt"), brief("student-0001", "salt"), brief("student-0001", "pepper")
    assert (one.values, one.machines, one.case) == (two.values, two.machines, two.case)
    assert all(np.array_equal(one.data[name], two.data[name]) for name in one.data)
    assert (one.values, one.case) != (other.values, other.case)


def test_a_thousand_briefs_are_theirs_alone(drawn):
    pairs = Counter((one.case, tuple(sorted(one.values.items()))) for one in drawn)
    assert max(pairs.values()) <= 3
    assert len(pairs) > 950


def test_every_brief_has_what_the_pack_asks_for(drawn):
    given = {one.id for one in PACK.claims if one.kind in ("input", "target", "vendor")}
    for one in drawn:
        for offer in one.machines.values():
            assert set(one.values) | set(offer) == given
        for name, value in one.values.items():
            assert isinstance(value, float)
            assert np.isfinite(value), name
            assert value > 0, name
        assert len(one.data["trace.submit_s"]) == JOBS
        assert np.all(np.diff(one.data["trace.submit_s"]) >= 0)
        assert one.data["trace.run_s"].min() >= 60
        layers, width = one.values["model.layers"], one.values["model.width"]
        assert 12 * layers * width**2 > 1e11  # what the track asks for: a hundred billion and more
        assert one.values["wl.batch"].is_integer()
        assert width == 128 * one.values["model.heads"]


def test_right_machines_are_balanced(drawn):
    machines = Counter(ROWS[int(one.case.removeprefix("case "))][0] for one in drawn)
    assert len(machines) == 3
    assert max(machines.values()) <= 0.4 * len(drawn)


def test_right_plans_differ():
    found = [designed(graph_of(number), ROWS[number][0]) for number in sorted(ROWS)[::2]]
    for claim, most in (("par.pp", 0.8), ("par.dp", 0.3), ("mem.recompute", 0.9), ("cap.spares", 0.6),
                        ("sched.research_nodes", 0.5), ("pwr.nodes_per_rack", 0.5), ("ckpt.interval", 0.2),
                        ("par.pieces", 0.85)):  # fmt: skip
        counted = Counter(one[claim] for one in found)
        assert max(counted.values()) <= most * len(found), (claim, counted)
    strongest = Counter(one["sens.top3"] for one in found)
    assert len(strongest) >= 2


def test_figures_of_devices_are_the_hardware_pages():
    offers = of_case("case 1").machines
    for name, device in (("A100 SXM 80 GB", A100_SXM_80GB), ("H100 SXM", H100_SXM), ("H200 SXM", H200_SXM)):
        assert offers[name]["hw.device_peak"] == device.peak_flops_per_s
        assert offers[name]["hw.device_memory"] == device.memory_bytes
        assert offers[name]["hw.device_power"] == device.power_w
        assert offers[name]["hw.link_bandwidth"] == device.link_bytes_per_s


@pytest.mark.parametrize("number", sorted(ROWS)[::8])
def test_a_case_is_clear_and_its_row_is_what_it_says(number):
    assert clear(f"case {number}") == ROWS[number]


@pytest.mark.parametrize("number", sorted(ROWS)[::9])
def test_the_right_machine_fits_into_the_budget_and_no_other_does(number):
    for level in (0.8, 1.25):
        ranked = designs(graph_of(number, level))
        costs = {name: one["cost.run"] for name, one in ranked.items()}
        limit = next(iter(ranked.values()))["req.budget_run"]
        assert next(iter(ranked)) == ROWS[number][0]
        assert costs.pop(ROWS[number][0]) * BUDGET_ROOM == pytest.approx(limit, rel=0.01)
        assert all(cost > limit for cost in costs.values())
