"""The data of module 2 say what their README says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.paths import material_root
from reference_solutions.m02_tools_methods.calibration import counter_verdicts
from reference_solutions.m02_tools_methods.drill_down import SKYLAKE_TREE
from reference_solutions.m02_tools_methods.topdown import topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import topdown_level_2

DATA = material_root() / "assignments" / "authoring" / "m02_tools_methods" / "data"
PUBLISHED = {  # GPP on a V100, nw = 1 to 6: nersc-roofline, Plotting/data_hierarchical.txt
    "L1": [0.865326481, 1.556526957, 2.222121895, 2.863508257, 3.446245893, 4.034947498],
    "L2": [2.250285265, 3.34359685, 3.245471837, 3.766406852, 4.356477696, 5.182021625],
    "HBM": [2.584785579, 4.738878073, 6.892970567, 9.047063062, 11.08619259, 13.21154434],
}
PUBLISHED_GFLOPS_PER_S = [2085.756683, 3593.593112, 4381.739349, 4625.535516, 4599.764097, 4692.209405]


def read(name: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(DATA / name, comment="#", **options)  # type: ignore[call-overload]


def test_measured_kernels_have_the_published_intensities():
    kernels = read("gpu_kernels.csv").iloc[:6]
    np.testing.assert_allclose(kernels["flops_per_s"] / 1e9, PUBLISHED_GFLOPS_PER_S, rtol=5e-4)
    for level, intensities in PUBLISHED.items():
        np.testing.assert_allclose(kernels["flops_per_s"] / kernels[f"{level}_bytes_per_s"], intensities, rtol=1e-3)


def test_the_tree_is_the_same_programs():
    counters, tree = read("counters.csv"), read("topdown_tree.csv", index_col="workload")
    level_1 = topdown_level_1({name: counters[name].to_numpy() for name in counters})
    for category, column in level_1.items():
        counted = pd.Series(column, index=counters["workload"])
        np.testing.assert_allclose(tree[category], counted[tree.index], atol=2e-4)
    assert set(counters["workload"]) - set(tree.index) == {"sort_multiplexed"}


@pytest.mark.parametrize("parent", ["retiring", "bad_speculation", "frontend_bound", "backend_bound"])
def test_children_add_up(parent):
    tree = read("topdown_tree.csv", index_col="workload")
    children = [node for node, (above, _) in SKYLAKE_TREE.items() if above == parent]
    np.testing.assert_allclose(tree[children].sum(axis=1), tree[parent], atol=1e-9)
    assert set(tree) == set(SKYLAKE_TREE)


def both_levels() -> pd.DataFrame:
    """All counts of the programs that have counts for level 2."""
    more = read("level_2_counters.csv", index_col="workload")
    return read("counters.csv", index_col="workload").join(more, how="inner")


def test_counts_give_level_2_of_the_tree():
    counters, tree = both_levels(), read("topdown_tree.csv", index_col="workload")
    assert list(counters.index) == list(tree.index)
    for child, column in topdown_level_2(counters, topdown_level_1(counters)).items():
        np.testing.assert_allclose(column, tree[child], atol=5e-9, err_msg=child)


def test_counts_of_level_2_are_possible():
    """Clocks of one kind are no more than those of the kind that holds them."""
    counts = both_levels()
    none, stores = counts["CYCLE_ACTIVITY.STALLS_TOTAL"], counts["EXE_ACTIVITY.BOUND_ON_STORES"]
    ports = counts["EXE_ACTIVITY.1_PORTS_UTIL"] + counts["EXE_ACTIVITY.2_PORTS_UTIL"]
    assert (counts["CYCLE_ACTIVITY.STALLS_MEM_ANY"] <= none).all()
    assert (none + ports + stores <= counts["CPU_CLK_UNHALTED.THREAD"]).all()
    assert (2 * counts["UOPS_RETIRED.MACRO_FUSED"] <= counts["INST_RETIRED.ANY"]).all()


def test_the_regression_is_of_the_same_tokenizer():
    before = read("regression.csv", index_col="run").loc["before"]
    tokenizer = read("counters.csv", index_col="workload").loc["tokenizer"]
    assert before["clocks"] == tokenizer["CPU_CLK_UNHALTED.THREAD"]
    assert before["instructions"] == tokenizer["INST_RETIRED.ANY"]
    tree = read("topdown_tree.csv", index_col="workload").loc["tokenizer"]
    shares = before.drop(["clocks", "instructions"])
    np.testing.assert_allclose(shares, tree[shares.index])


def test_counters_are_as_they_were_planted():
    runs = read("calibration.csv")
    counted = {name: rows.filter(like="run").to_numpy() for name, rows in runs.groupby("counter", sort=False)}
    assert counter_verdicts(runs["known"].unique(), counted) == {
        "instructions": "exact",
        "branches": "correctable",
        "fp_operations": "correctable",
        "l2_misses": "broken",
        "stores": "broken",
        "machine_clears": "broken",
    }
    assert counted["stores"].max() < 2**16


def test_the_second_version_is_slower_through_machine_clears():
    runs = read("regression.csv", index_col="run")
    shares = runs.drop(columns=["clocks", "instructions"])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    more = runs.loc["after"] / runs.loc["before"]
    assert (round(more["clocks"], 2), round(more["instructions"], 2)) == (1.18, 1.03)
    costs = shares.mul(runs["clocks"], axis="index")
    share = (costs.loc["after"] - costs.loc["before"]) / (runs.loc["after", "clocks"] - runs.loc["before", "clocks"])
    assert share.idxmax() == "machine_clears"
    assert 0.6 < share["machine_clears"] < 0.7
