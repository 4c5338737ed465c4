"""Personal briefs: nobody's is degenerate, every one can be met, and right decisions differ."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest

from graders.capstone.graph import Graph
from graders.capstone.llm_serving import brief as module
from graders.capstone.llm_serving.brief import BUDGET_ROOM, brief, clear, of_case, priced
from graders.capstone.llm_serving.case import REQUESTS
from graders.capstone.llm_serving.cases import CASES
from graders.capstone.llm_serving.design import designed, designs
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.pack import PackIndex
from reference_solutions.hardware import A100_SXM_80GB, H100_SXM, H200_SXM

STUDENTS = [f"student-{number:04d}" for number in range(1000)]
ROWS = {number: (machine, budget, e2e) for machine, rows in CASES.items() for number, budget, e2e in rows}


@pytest.fixture(scope="module")
def drawn():
    """Briefs of a thousand students, each case computed once."""
    with pytest.MonkeyPatch.context() as patched:
        once = functools.cache(of_case)
        patched.setattr(module, "of_case", lambda case, _: once(case))
        return [brief(student, "salt") for student in STUDENTS]


def test_the_same_id_gets_the_same_brief_and_another_salt_another():
    one, two, other = brief("student-0001", "salt"), brief("student-0001", "salt"), brief("student-0001", "pepper")
    assert (one.values, one.machines, one.case) == (two.values, two.machines, two.case)
    assert all(np.array_equal(one.data[name], two.data[name]) for name in one.data)
    assert (one.values, one.case) != (other.values, other.case)


def test_a_thousand_briefs_are_theirs_alone(drawn):
    pairs = Counter((one.case, tuple(sorted(one.values.items()))) for one in drawn)
    assert max(pairs.values()) <= 3  # a thousand ids in some tens of thousands of briefs
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
        assert len(one.data["trace.arrivals_s"]) == REQUESTS
        assert np.all(np.diff(one.data["trace.arrivals_s"]) >= 0)
        assert np.all(one.data["trace.prefix_tokens"] < one.data["trace.prompt_tokens"])


def test_right_decisions_are_balanced(drawn):
    machines = Counter(ROWS[int(one.case.removeprefix("case "))][0] for one in drawn)
    assert len(machines) == 3
    assert max(machines.values()) <= 0.4 * len(drawn)
    bounds = Counter(one.values["req.slo_avail"] for one in drawn)
    assert max(bounds.values()) <= 0.6 * len(drawn)


def test_figures_of_devices_are_the_hardware_pages():
    offers = of_case("case 1").machines
    for name, device in (("A100 SXM 80 GB", A100_SXM_80GB), ("H100 SXM", H100_SXM), ("H200 SXM", H200_SXM)):
        assert offers[name]["hw.device_bandwidth"] == device.bandwidth_bytes_per_s
        assert offers[name]["hw.device_peak"] == device.peak_flops_per_s
        assert offers[name]["hw.device_memory"] == device.memory_bytes
        assert offers[name]["hw.device_power"] == device.power_w
        assert offers[name]["hw.link_bandwidth"] == device.link_bytes_per_s


@pytest.mark.parametrize("number", sorted(ROWS)[::8])
def test_a_case_is_clear_and_its_row_is_what_it_says(number):
    machine, budget, e2e = ROWS[number]
    assert clear(f"case {number}") == (machine, budget, e2e)


def test_what_is_right_can_be_right_or_wrong_by_brief():
    """The asked limit, and what binds decode: neither answer fits most."""
    found = []
    for number in sorted(ROWS)[::2]:
        machine, budget, e2e = ROWS[number]
        graph = Graph(PackIndex(PACK), priced(of_case(f"case {number}"), 1.0, budget, e2e))
        found.append(designed(graph, machine))
    for claim in ("req.asked_ttft_possible", "roof.decode_bound"):
        counted = Counter(one[claim] for one in found)
        assert len(counted) == 2
        assert max(counted.values()) <= 0.75 * len(found)


def test_the_right_machine_fits_into_the_budget_and_no_other_does():
    for number in sorted(ROWS)[::12]:
        machine, budget, e2e = ROWS[number]
        for level in (0.8, 1.25):
            ranked = designs(Graph(PackIndex(PACK), priced(of_case(f"case {number}"), level, budget, e2e)))
            costs = {name: one["cost.tco"] for name, one in ranked.items()}
            limit = next(iter(ranked.values()))["req.budget_tco"]
            assert next(iter(ranked)) == machine
            assert costs.pop(machine) * BUDGET_ROOM == pytest.approx(limit, rel=0.01)
            assert all(cost > limit for cost in costs.values())
