"""The run of module 2's worked example is constructed: its counts must fit its kernel, its machine, and each other."""

from __future__ import annotations

import pytest

from graders.paths import material_root
from reference_solutions.m02_tools_methods.counted_work import counted_memory_bytes
from reference_solutions.m02_tools_methods.metric_evaluation import evaluate_metrics, flagged_metrics
from reference_solutions.m02_tools_methods.metric_file import load_metric_file
from reference_solutions.m02_tools_methods.topdown import topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import topdown_level_2

MODULE = material_root() / "assignments/authoring/m02_tools_methods"
VECTORS = "FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"
WEIGHTS, CORES, CLOCK_HZ, ELAPSED_S = 14_336 * 4_096 * 32 * 10, 28, 2.0e9, 0.3633
"""Ten tokens through 32 layers, and the machine as the notebook describes it."""


@pytest.fixture(scope="module")
def count():
    lines = (MODULE / "data/gemv_counters.csv").read_text().splitlines()[2:]
    return {event: int(number) for event, number in (line.rsplit(",", 1) for line in lines)}


def test_the_run_is_that_of_its_shape(count):
    assert 16 * count[VECTORS] == 2 * WEIGHTS
    assert 1 < float(counted_memory_bytes(count)) / (2 * WEIGHTS) < 1.02


def test_the_run_fits_its_clocks(count):
    assert 0.99 < count["CPU_CLK_UNHALTED.THREAD"] / (CORES * CLOCK_HZ * ELAPSED_S) <= 1
    assert count["CPU_CLK_UNHALTED.THREAD_ANY"] == count["CPU_CLK_UNHALTED.THREAD"]
    reached = float(counted_memory_bytes(count)) / ELAPSED_S
    assert 0.80 < reached / (6 * 8 * 2666.67e6) < 0.85


def test_what_executes_fits_into_the_clocks_that_do(count):
    """Each vector of 16 weights takes 4.375 unfused operations: clocks with one, two and at least three make room."""
    active = count["CPU_CLK_UNHALTED.THREAD"] - count["CYCLE_ACTIVITY.STALLS_TOTAL"]
    one, two = count["EXE_ACTIVITY.1_PORTS_UTIL"], count["EXE_ACTIVITY.2_PORTS_UTIL"]
    at_least = one + 2 * two + 3 * (active - one - two)
    assert at_least <= 4.375 * WEIGHTS / 16 <= at_least + (active - one - two)


def test_the_notebook_prints_the_shares_of_its_counts(count):
    row = {event: [number] for event, number in count.items()}
    level_1 = topdown_level_1(row)
    found = {node: float(share[0]) for node, share in (level_1 | topdown_level_2(row, level_1)).items()}
    text = (MODULE / "worked_example/notebook.py").read_text()
    for node in ("retiring", "bad_speculation", "frontend_bound", "backend_bound", "memory_bound", "core_bound"):
        assert f'"{node}": {found[node]:.4f}' in text, node


def test_the_verdict_is_dram(count):
    row = {event: [number] for event, number in count.items()}
    file = load_metric_file("skylake_sp")
    flags = flagged_metrics(file, evaluate_metrics(file, row))
    assert {node for node, flag in flags.items() if flag[0]} == {"backend_bound", "memory_bound", "dram_bound"}
