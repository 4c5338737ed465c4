"""What module 9's worked example says: its schedules are ours, and its numbers are those that it prints."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.paths import material_root
from reference_solutions.m09_cluster.backfill import first_come_to_start, jobs_to_start
from reference_solutions.m09_cluster.gang import stuck_states
from reference_solutions.m09_cluster.job_queue import followed_queue
from reference_solutions.m09_cluster.schedule_metrics import schedule_report

NOTEBOOK = material_root() / "assignments/authoring/m09_cluster/worked_example/notebook.py"


def defined(*markers, **names):
    """What the cells with these markers define, one after the other."""
    namespace = {"np": np, "pd": pd, **names}
    for marker in markers:
        exec(next(cell for cell in read(NOTEBOOK) if marker in cell.text).text, namespace)
    return namespace


@pytest.fixture(scope="module")
def day():
    return defined("day = pd.DataFrame(")["day"]


@pytest.mark.parametrize(
    ("column", "policy"), [("served_s", first_come_to_start), ("backfilled_s", jobs_to_start)], ids=["fcfs", "easy"]
)
def test_both_schedules_are_what_the_policies_do(day, column, policy):
    columns = [day[name].tolist() for name in ("submit_s", "gpus", "run_s", "run_s")]
    assert followed_queue(policy, *columns, 16)["start_s"].tolist() == day[column].tolist()


def test_the_numbers_of_the_rubric(day):
    columns = [day[name].tolist() for name in ("run_s", "gpus", "mfu", "team")]
    served, backfilled = (
        schedule_report(day["submit_s"].tolist(), day[name].tolist(), *columns, gpus=16)
        for name in ("served_s", "backfilled_s")
    )
    assert (served["makespan_s"], backfilled["makespan_s"]) == (12_600, 12_300)
    assert [round(one["allocated"], 2) for one in (served, backfilled)] == [0.84, 0.86]
    assert [round(one["mean_slowdown"], 1) for one in (served, backfilled)] == [5.4, 2.3]
    assert [one["mean_completion_s"] for one in (served, backfilled)] == [6825, 4050]
    assert round(served["useful"], 2) == 0.33
    later = day.loc[day["backfilled_s"] > day["served_s"]]
    assert later["gpus"].tolist() == [8, 16, 12]
    assert (later["backfilled_s"] - later["served_s"]).tolist() == [900, 900, 900]


def test_monday_is_a_stuck_state():
    namespace = defined("GPUS = 16\n", "held, log =", plt=type("plt", (), {"rcParams": {}}))
    state = tuple(namespace["held"].values())
    needs = list(namespace["JOBS"].values())
    assert state in stuck_states(needs, namespace["GPUS"], gang=False)
    assert [len(stuck_states(needs, gpus, gang=False)) > 0 for gpus in (16, 25, 26)] == [True, True, False]
    assert stuck_states(needs, 16, gang=True) == []


def test_timeouts_repeat_the_lottery():
    cell = next(cell for cell in read(NOTEBOOK) if "def held_in_vain(" in cell.text).text
    namespace = {"np": np, "pd": pd, "JOBS": {"alpha": 12, "beta": 8, "gamma": 8}, "GPUS": 16}
    exec(cell[: cell.index("mornings = ")], namespace)
    mornings = np.array([namespace["held_in_vain"](seed) for seed in range(50)]) / 3600
    assert mornings.mean(axis=0).round().tolist() == [371, 25]
    assert mornings[:, 1].max().round() == 96
