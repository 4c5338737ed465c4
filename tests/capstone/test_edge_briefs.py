"""Briefs of the edge use case: nobody's is degenerate, every one can be met, and right decisions differ."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest

from graders.capstone.edge_deployment import brief as module
from graders.capstone.edge_deployment.brief import BUDGET_ROOM, brief, clear, of_case, priced
from graders.capstone.edge_deployment.case import BOARDS, FRAMES, SAMPLES, SCHEMES
from graders.capstone.edge_deployment.cases import CASES
from graders.capstone.edge_deployment.design import designed, designs, missed
from graders.capstone.edge_deployment.pack import PACK
from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex

STUDENTS = [f"student-{number:04d}" for number in range(1000)]
ROWS = {row[0]: (board, row[1:]) for board, rows in CASES.items() for row in rows}


@pytest.fixture(scope="module")
def drawn():
    """The briefs of a thousand students, each case computed once."""
    with pytest.MonkeyPatch.context() as patched:
        once = functools.cache(of_case)
        patched.setattr(module, "of_case", lambda case, _: once(case))
        return [brief(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def right():
    """Right designs of some cases of each board."""
    found = []
    for board, rows in CASES.items():
        for number, *promised in rows[::4]:
            graph = Graph(PackIndex(PACK), priced(of_case(f"case {number}"), 1.0, *promised))
            found.append(designed(graph, board))
    return found


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
    asked = {one.id for one in PACK.claims if one.kind in ("input", "target", "vendor")}
    for one in {id(one.data): one for one in drawn}.values():
        for offer in one.machines.values():
            assert set(one.values) | set(offer) == asked
            assert all(isinstance(value, float) and np.isfinite(value) and value > 0 for value in offer.values())
        assert all(isinstance(value, float) and np.isfinite(value) and value > 0 for value in one.values.values())
        assert len(one.data["trace.arrivals_s"]) == len(one.data["trace.crops"]) == FRAMES
        assert np.all(np.diff(one.data["trace.arrivals_s"]) > 0)
        assert np.all(one.data["trace.slowdown"] >= 1)
        assert np.all(one.data["trace.crops"] >= 1)
        assert one.data["trace.work_sum"] == pytest.approx(
            float(np.sum(one.data["trace.crops"] * one.data["trace.slowdown"]))
        )
        for scheme in SCHEMES:
            for name in ("reference", "quantised", "confidence"):
                assert len(one.data[f"eval.{name}|{scheme}"]) == SAMPLES


def test_right_decisions_are_balanced(drawn):
    boards = Counter(ROWS[int(one.case.removeprefix("case "))][0] for one in drawn)
    assert set(boards) == set(BOARDS)
    assert max(boards.values()) <= 0.4 * len(drawn)


def test_right_choices_differ(right):
    for claim in ("quant.scheme", "perf.clock_share", "fleet.threshold", "fleet.first_share", "fail.watchdog"):
        counted = Counter(one[claim] for one in right)
        assert len(counted) >= 2, claim
        assert max(counted.values()) <= 0.8 * len(right), claim
    assert len({one["mem.moved_twice"] > 0.001 for one in right}) == 2
    assert len({one["quant.p_value"] < 0.05 for one in right}) == 2


@pytest.mark.parametrize("number", sorted(ROWS)[::8])
def test_a_case_is_clear_and_its_row_is_what_it_says(number):
    board, promised = ROWS[number]
    assert clear(f"case {number}") == (board, *promised)


def test_the_right_board_fits_into_the_budget_and_no_other_keeps_every_limit():
    for number in sorted(ROWS)[::15]:
        board, promised = ROWS[number]
        for level in (0.8, 1.25):
            graph = Graph(PackIndex(PACK), priced(of_case(f"case {number}"), level, *promised))
            best = designed(graph, board)
            assert missed(graph, best, 1.0) == []
            assert best["cost.device_year"] * BUDGET_ROOM == pytest.approx(best["req.budget_device_year"], rel=0.01)
            for other in set(BOARDS) - {board}:
                assert designed(graph, other, margin=1.0) is None
            assert list(designs(graph)) == [board]


def test_int8_peaks_are_dense_and_the_two_modules_differ_twofold():
    """10 and 20 INT8 TOPS without sparsity; 64 and 128 bits of the same memory."""
    offers = of_case("case 1").machines
    small, large = offers["Jetson Orin Nano 4GB"], offers["Jetson Orin Nano 8GB"]
    assert large["hw.peak"] == 2 * small["hw.peak"] == 20e12
    assert small["hw.bandwidth"] == pytest.approx(64 / 8 * 2 * 2.133e9, rel=0.002)
    assert large["hw.bandwidth"] == pytest.approx(2 * small["hw.bandwidth"], rel=0.002)
