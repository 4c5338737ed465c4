"""What must hold of the answers of module 9's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Raises, call, sampled
from reference_solutions.m09_cluster.gang import stuck_states
from reference_solutions.m09_cluster.schedule_metrics import schedule_report

# --- states that are stuck --------------------------------------------------------------------------------------------


def as_lists(states):
    return [[int(held) for held in state] for state in states]


def two_jobs(rng):
    needs = rng.integers(3, 9, size=2)
    return call(needs.tolist(), int(rng.integers(needs.max(), needs.sum() - 1)), False)


def three_jobs(rng):
    needs = rng.integers(2, 5, size=3)
    return call(needs.tolist(), int(rng.integers(needs.max(), needs.sum() - 2)), False)


def enough_for_all(rng):
    needs = rng.integers(2, 5, size=3)
    return call(needs.tolist(), int(needs.sum() - 2), False)


def gangs(rng):
    needs = rng.integers(1, 6, size=4)
    return call(needs.tolist(), int(rng.integers(needs.max(), needs.sum())), True)


STUCK = Exercise(
    "m09_stuck_states",
    reference=stuck_states,
    checks=[
        Equal(
            "two jobs",
            weight=1,
            cases=[call([8, 8], 8, False), call([2, 3], 4, False), sampled(two_jobs, count=3)],
            part=as_lists,
            message="Two jobs that take their GPUs one by one.",
        ),
        Equal(
            "some have finished",
            weight=0.75,
            cases=[call([1, 3, 3], 4, False), sampled(three_jobs, count=3)],
            part=as_lists,
            message="Three jobs, of which some may have finished before the others are stuck.",
        ),
        Equal(
            "nobody is stuck",
            weight=0.5,
            cases=[
                call([3, 3], 5, False),
                call([1], 1, False),
                sampled(enough_for_all, count=2),
                call([4, 4], 4, True),
            ],
            part=as_lists,
            message="Just enough GPUs for nobody to be stuck, and a single job.",
        ),
        Equal(
            "gangs",
            weight=0.5,
            cases=[call([8, 8], 12, True), call([3, 3], 4, False), sampled(gangs, count=3)],
            part=as_lists,
            message="Jobs that take all or nothing, beside jobs that do not.",
        ),
        Raises(
            ValueError,
            "no such job",
            weight=0.25,
            cases=[call([5], 4, False), call([3, 0], 4, True), call([2, 9], 8, True)],
            message="Jobs that need more than there is, or nothing.",
        ),
    ],
)

# --- a schedule -------------------------------------------------------------------------------------------------------


def any_schedule(rng):
    n = 9
    submit = np.sort(rng.integers(5, 400, size=n)).astype(float)
    run = rng.integers(20, 300, size=n).astype(float)
    start = submit + rng.integers(0, 500, size=n)
    mfu, teams = rng.uniform(0.05, 0.6, size=n), rng.permutation(["a", "b", "c"] * 3).tolist()
    return call(submit, start, run, rng.integers(1, 17, size=n), mfu, teams, int(rng.integers(40, 160)))


def short_jobs(rng):
    found = any_schedule(rng)
    run = np.where(np.arange(9) % 2 == 0, rng.integers(0, 10, size=9), found.args[2]).astype(float)
    return call(found.args[0], found.args[1], run, *found.args[3:])


SCHEDULES = sampled(any_schedule, count=3)
SHORT = sampled(short_jobs, count=3)


def some(*names):
    return lambda report: [float(report[name]) for name in names]


REPORT = Exercise(
    "m09_schedule_report",
    reference=schedule_report,
    checks=[
        Equal(
            "how long",
            weight=0.5,
            cases=SCHEDULES,
            part=some("makespan_s", "mean_completion_s"),
            message="From the first arrival to the last end, and from arrival to end on average.",
        ),
        Equal(
            "allocated and useful",
            weight=1,
            cases=SCHEDULES,
            part=some("allocated", "useful"),
            message="What was held, and what was worked, of all GPU-seconds.",
        ),
        Equal(
            "slowdown",
            weight=0.75,
            cases=[SCHEDULES, SHORT],
            part=some("mean_slowdown"),
            message="Bounded slowdowns, of long jobs and of very short ones.",
        ),
        Equal(
            "fairness",
            weight=0.75,
            cases=[SCHEDULES, call([0, 0], [0, 0], [50, 50], [4, 4], [1, 1], ["a", "b"], 8)],
            part=some("fairness"),
            message="Jain's index of what the teams got.",
        ),
    ],
)
