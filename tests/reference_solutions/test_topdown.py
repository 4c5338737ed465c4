"""Top-Down level 1: Intel's own formulas on recorded counters, closed forms, and identities for any counts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.topdown import COUNTERS, topdown_level_1

CATEGORIES = {
    "retiring": "Retiring",
    "bad_speculation": "Bad_Speculation",
    "frontend_bound": "Frontend_Bound",
    "backend_bound": "Backend_Bound",
}


def table(**columns):
    """One row; what is not named is zero."""
    short = {
        "smt": "SMT_ON",
        "clocks": "CPU_CLK_UNHALTED.THREAD",
        "clocks_any": "CPU_CLK_UNHALTED.THREAD_ANY",
        "lost": "IDQ_UOPS_NOT_DELIVERED.CORE",
        "recovery": "INT_MISC.RECOVERY_CYCLES",
        "recovery_any": "INT_MISC.RECOVERY_CYCLES_ANY",
        "issued": "UOPS_ISSUED.ANY",
        "retired": "UOPS_RETIRED.RETIRE_SLOTS",
    }
    assert set(short.values()) == set(COUNTERS)
    return {name: np.atleast_1d(columns.get(key, 0)) for key, name in short.items()}


def shares(**columns):
    return {category: float(share[0]) for category, share in topdown_level_1(table(**columns)).items()}


@pytest.mark.shared
def test_agrees_with_intel_and_pmu_tools(shared_oracles):
    recorded = json.loads((shared_oracles / "microarchitecture/topdown/tma_skx.json").read_text())
    cases = recorded["cases"]
    assert len(cases) == 12
    assert {case["smt"] for case in cases} == {True, False}
    frame = pd.DataFrame([case["counters"] | {"SMT_ON": case["smt"]} for case in cases])
    found = topdown_level_1(frame, width=recorded["pipeline_width"])
    for category, theirs in CATEGORIES.items():
        percent = [case["expected"]["perfmon_percent"][theirs] for case in cases]
        np.testing.assert_allclose(100 * found[category], percent, rtol=1e-9, atol=1e-9)
        fraction = [case["expected"]["pmu_tools"][theirs]["value"] for case in cases]
        np.testing.assert_allclose(found[category], fraction, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("counts", "category"),
    [
        ({"retired": 400, "issued": 400}, "retiring"),
        ({"issued": 400}, "bad_speculation"),
        ({"recovery": 100}, "bad_speculation"),
        ({"lost": 400}, "frontend_bound"),
        ({}, "backend_bound"),
    ],
)
def test_pure_programs(counts, category):
    assert shares(clocks=100, **counts) == {name: float(name == category) for name in CATEGORIES}


def test_two_threads_share_the_core():
    counts = {"retired": 100, "issued": 120, "lost": 40}
    alone = shares(clocks=100, recovery=5, **counts)
    both = shares(smt=1, clocks=77, clocks_any=200, recovery=3, recovery_any=10, **counts)
    assert both == alone
    assert alone["bad_speculation"] == pytest.approx((20 + 4 * 5) / 400)


def test_a_core_that_never_ran_has_no_shares():
    assert all(np.isnan(share) for share in shares().values())
    assert all(np.isnan(share) for share in shares(smt=1, clocks=5).values())


def test_width_is_counted_in_slots_and_in_recovery():
    wide = topdown_level_1(table(clocks=100, recovery=10, retired=300, issued=300), width=6)
    assert float(wide["retiring"][0]) == 0.5
    assert float(wide["bad_speculation"][0]) == pytest.approx(0.1)


def test_a_misfit_shows_as_a_negative_share():
    assert shares(clocks=100, retired=350, issued=350, lost=80)["backend_bound"] == pytest.approx(-0.075)


counts = st.integers(0, 10**12)
rows = st.lists(st.tuples(st.booleans(), st.integers(1, 10**12), *[counts] * 6), min_size=1, max_size=8)


@given(rows, st.integers(1, 8))
def test_shares_add_up_to_one(some, width):
    found = topdown_level_1(dict(zip(COUNTERS, np.array(some).T, strict=True)), width)
    total = sum(found.values())
    seen = ~np.isnan(total)
    size = 1 + sum(np.abs(share) for share in found.values())
    assert np.all(np.abs(total - 1)[seen] <= 1e-12 * size[seen])


@given(rows)
def test_rows_do_not_touch_each_other(some):
    columns = np.array(some).T
    together = topdown_level_1(dict(zip(COUNTERS, columns, strict=True)))
    for row in range(columns.shape[1]):
        alone = topdown_level_1(dict(zip(COUNTERS, columns[:, [row]], strict=True)))
        for category, share in together.items():
            np.testing.assert_array_equal(alone[category][0], share[row])


@given(st.integers(1, 10**9), st.data())
def test_possible_counts_give_shares_between_zero_and_one(clocks, data):
    slots = 4 * clocks
    retired = data.draw(st.integers(0, slots))
    issued = data.draw(st.integers(retired, slots))
    recovery = data.draw(st.integers(0, (slots - issued) // 4))
    lost = data.draw(st.integers(0, slots - issued - 4 * recovery))
    found = shares(clocks=clocks, retired=retired, issued=issued, recovery=recovery, lost=lost)
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in found.values())


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"UOPS_ISSUED\.ANY"):
        topdown_level_1({name: [1] for name in COUNTERS if name != "UOPS_ISSUED.ANY"})


def test_the_notebook_data_are_what_their_provenance_says():
    """`data/README.md` gives the shares that the counts were written from."""
    from graders.authoring.material import modules

    folder = next(module.folder for module in modules() if module.slug == "m02_tools_methods") / "data"
    frame = pd.read_csv(folder / "counters.csv", comment="#", index_col="workload")
    found = pd.DataFrame(topdown_level_1(frame), index=frame.index)
    lines = [line.split("|")[1:6] for line in (folder / "README.md").read_text().split("\n") if " % |" in line]
    assert [line[0].strip() for line in lines] == list(frame.index)
    for workload, *percents in lines:
        printed = [float(percent.replace("%", "")) / 100 for percent in percents]
        np.testing.assert_allclose(found.loc[workload.strip(), list(CATEGORIES)], printed, atol=5e-9)
