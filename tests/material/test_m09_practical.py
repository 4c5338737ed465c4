"""What module 9's practical shows beside its exercises: its own simulators, and numbers that its text names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m09_cluster.backfill import first_come_to_start, jobs_to_start
from reference_solutions.m09_cluster.bin_packing import fewest_bins_bound, packed_bins
from reference_solutions.m09_cluster.checkpointing import job_mtbf_s
from reference_solutions.m09_cluster.fragmentation import choose_node
from reference_solutions.m09_cluster.gpu_sharing import most_free_node, turned_away_share
from reference_solutions.m09_cluster.hierarchical_collectives import placed_all_reduce_s
from reference_solutions.m09_cluster.job_queue import followed_queue
from reference_solutions.m09_cluster.mig import MIG_MEMORY, MIG_STARTS, mig_layout
from reference_solutions.m09_cluster.training_fit import training_table

NOTEBOOK = material_root() / "assignments/authoring/m09_cluster/practical/notebook.py"


def course_cell(marker, **names):
    """What a cell of the notebook defines, run by itself."""
    namespace = {"np": np, "pd": pd, **names}
    exec(next(cell for cell in read(NOTEBOOK) if marker in cell.text).text, namespace)
    return namespace


@pytest.mark.parametrize("ours", [choose_node, most_free_node])
def test_the_notebooks_shared_gpus_are_ours(ours):
    theirs = course_cell("def turned_away_share(")
    mix = [[0.3, 0.4], [0.5, 0.3], [1.0, 0.1], [4.0, 0.1], [8.0, 0.1]]
    tasks = theirs["traffic"](5, mix, 0.9, 64)
    assert theirs["turned_away_share"](ours, *tasks, mix, 8, 8) == turned_away_share(ours, *tasks, mix, 8, 8)
    assert theirs["turned_away_share"](theirs["most_free_node"], *tasks, mix, 8, 8) == turned_away_share(
        most_free_node, *tasks, mix, 8, 8
    )


@pytest.mark.parametrize("policy", [first_come_to_start, jobs_to_start])
def test_the_notebooks_queue_is_ours(policy):
    theirs = course_cell("def followed_queue(")
    trace = theirs["job_trace"](4, count=80)
    np.testing.assert_allclose(
        theirs["followed_queue"](policy, *trace, 64), followed_queue(policy, *trace, 64)["wait_s"], atol=1e-6
    )
    np.testing.assert_allclose(
        theirs["followed_queue"](theirs["first_come_first_served"], *trace, 64),
        followed_queue(first_come_to_start, *trace, 64)["wait_s"],
        atol=1e-6,
    )


@pytest.mark.parametrize("tenths", range(1, 10))
def test_no_bound_is_above_a_packing_because_of_rounding(tenths):
    others = 10 - tenths
    for part in (tenths / 10, tenths * 0.1, 1 - others * 0.1, sum([0.1] * tenths)):
        for rest in (others / 10, others * 0.1, 1 - part, sum([0.1] * others)):
            assert list(packed_bins([part, rest], 1.0, "first fit")) == [0, 0]
            assert fewest_bins_bound([part, rest], 1.0) == 1


def test_bins_are_equally_full_but_for_rounding():
    assert 1 - 0.1 - 0.3 - 0.2 != 1 - 0.6
    assert list(packed_bins([0.1, 0.3, 0.2, 0.6, 0.1], 1.0, "best fit")) == [0, 0, 0, 1, 0]


def test_slices_are_ours():
    theirs = course_cell("MIG_STARTS = {")
    assert (theirs["MIG_MEMORY"], theirs["MIG_STARTS"]) == (MIG_MEMORY, MIG_STARTS)
    assert mig_layout(["3g"], taken=[0, 4]) is None


def test_sizes_that_divide_each_other_are_packed_to_the_volume():
    rng = np.random.default_rng(1)
    for _ in range(50):
        sizes = rng.choice([1, 2, 4, 8], 60)
        assert 1 + max(packed_bins(sizes, 8, "first fit decreasing")) == -(-sizes.sum() // 8)
    assert fewest_bins_bound([0.1] * 10, 1.0) == 1


def test_what_the_text_says_of_strays_and_failures():
    links = {"inner_startup_s": 0, "inner_bytes_per_s": 100e9, "outer_startup_s": 0, "outer_bytes_per_s": 25e9}
    eight, stray = (placed_all_reduce_s(8e9, nodes, **links) for nodes in ([8], [7, 1]))
    assert stray == pytest.approx(4 * eight)
    assert job_mtbf_s(50_000 * 60, 65_536) == pytest.approx(46, abs=0.5)


def test_what_the_text_says_of_four_plans():
    cell = next(cell for cell in read(NOTEBOOK) if "gpt3 = {" in cell.text).text
    namespace = {"pd": pd, "training_table": training_table}
    exec(cell[: cell.index("pd.DataFrame(plans)")], namespace)
    assert namespace["table"]["devices"].tolist() == [1024] * 4
    assert namespace["table"]["fits"].tolist() == [False, True, True, True]
    activations = namespace["table"]["activation_bytes"]
    assert activations[1] == activations[2]
