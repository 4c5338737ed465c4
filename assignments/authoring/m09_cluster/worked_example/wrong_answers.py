"""What students really write in module 9's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- states that are stuck --------------------------------------------------------------------------------------------

TWO, FINISHED, NOBODY, GANGS, NO_JOB = (
    "two jobs",
    "some have finished",
    "nobody is stuck",
    "gangs",
    "no such job",
)


def reached(needs, gpus, gang, *, finish=True, refuse=True, stuck=None):
    """The right search, but for what is given."""
    if refuse and any(need < 1 or need > gpus for need in needs):
        raise ValueError("no such job")
    seen, found, queue = set(), [], [(0,) * len(needs)]
    while queue:
        state = queue.pop()
        if state in seen:
            continue
        seen.add(state)
        free, after = gpus - sum(held for held in state if held > 0), []
        for job, (held, need) in enumerate(zip(state, needs, strict=True)):
            step = need if gang else 1
            if held == need and finish:
                after.append((*state[:job], -1, *state[job + 1 :]))
            elif 0 <= held < need and step <= free:
                after.append((*state[:job], held + step, *state[job + 1 :]))
        if stuck(state, free) if stuck else not after and any(held >= 0 for held in state):
            found.append(state)
        queue += after
    return sorted(found)


@mistake(
    "m09_stuck_states",
    misconception="jobs never finish",
    loses=[TWO, FINISHED, NOBODY, GANGS],
    hint="Your jobs hold their GPUs for ever. One that has all of them may finish, and gives them back.",
)
def jobs_never_finish(needs, gpus, gang):
    return reached(needs, gpus, gang, finish=False)


@mistake(
    "m09_stuck_states",
    misconception="everything is a deadlock when nothing is free",
    loses=[TWO, FINISHED, NOBODY, GANGS],
    hint="That nothing is free is no deadlock: a job that holds all it needs will finish.",
)
def nothing_free_is_stuck(needs, gpus, gang):
    return reached(needs, gpus, gang, stuck=lambda state, free: free == 0)


@mistake(
    "m09_stuck_states",
    misconception="one state is enough",
    loses=[TWO, FINISHED],
    hint="You give one stuck state. All that can be reached were asked for.",
)
def one_state_is_enough(needs, gpus, gang):
    return reached(needs, gpus, gang)[:1]


@mistake(
    "m09_stuck_states",
    misconception="the end is stuck",
    loses=[TWO, FINISHED, NOBODY, GANGS],
    hint="When all jobs have finished nothing can happen either, and nobody minds.",
)
def the_end_is_stuck(needs, gpus, gang):
    return sorted([*reached(needs, gpus, gang), (-1,) * len(needs)])


@mistake(
    "m09_stuck_states",
    misconception="before anybody has finished",
    loses=[FINISHED],
    hint="You list only states in which all jobs are there. Two can be stuck after a third has finished.",
)
def before_anybody_has_finished(needs, gpus, gang):
    return [state for state in reached(needs, gpus, gang) if min(state) >= 0]


@mistake(
    "m09_stuck_states",
    misconception="gangs take one by one as well",
    loses=[NOBODY, GANGS],
    hint="Your search does not ask whether jobs are gangs: it takes GPUs one by one in any case.",
)
def gangs_one_by_one(needs, gpus, gang):
    return reached(needs, gpus, False)


@mistake(
    "m09_stuck_states",
    misconception="too large is stuck",
    loses=[NO_JOB],
    hint="A job that needs more than there is gets states from you. It can never run: raise ValueError.",
)
def too_large_is_stuck(needs, gpus, gang):
    return reached(needs, gpus, gang, refuse=False)


# --- a schedule -------------------------------------------------------------------------------------------------------

HOW_LONG, USE, SLOWDOWN, FAIRNESS = "how long", "allocated and useful", "slowdown", "fairness"


def reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, **other):
    """The right report, but for what is given."""
    came, began, ran, size = (np.asarray(one, dtype=float) for one in (submit_s, start_s, run_s, job_gpus))
    ends, first = began + ran, np.min(began) if other.get("from_start") else np.min(came)
    makespan = float(np.max(ends) - first)
    held = size * (ends - came if other.get("with_waits") else ran)
    wait = began - came
    slow = (wait + ran) / np.maximum(ran, other.get("bound", 10))
    if other.get("unbounded"):
        slow = np.where(ran > 0, (wait + ran) / np.maximum(ran, 1e-9), 1.0)
    got = dict.fromkeys(team, 0.0)
    for one, amount in zip(team, np.ones(len(size)) if other.get("jobs") else size * ran, strict=True):
        got[one] += float(amount)
    x = size * ran if other.get("per_job") else np.array(list(got.values()))
    useful = np.mean(mfu) * np.sum(held) if other.get("plain_mean") else np.sum(held * np.asarray(mfu))
    return {
        "makespan_s": makespan,
        "allocated": float(np.sum(held) / (gpus * makespan)),
        "useful": float(useful / (gpus * makespan)),
        "mean_completion_s": float(np.mean(ran if other.get("run_only") else ends - came)),
        "mean_slowdown": float(np.mean(slow if other.get("below") else np.maximum(1, slow))),
        "fairness": float(np.sum(x) ** 2 / len(x) / np.sum(x**2)),
    }


@mistake(
    "m09_schedule_report",
    misconception="the clock starts with the first job",
    loses=[HOW_LONG, USE],
    hint="Your makespan begins with the first start. It begins when the first job comes.",
    mostly=0.6,
)
def from_the_first_start(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, from_start=True)


@mistake(
    "m09_schedule_report",
    misconception="a mean of MFUs",
    loses=[USE],
    hint="You multiplied with the mean of the jobs' MFUs. A small job then counts as much as a large one.",
)
def a_mean_of_mfus(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, plain_mean=True)


@mistake(
    "m09_schedule_report",
    misconception="waiting is holding",
    loses=[USE],
    hint="You count GPUs of jobs that wait. They hold nothing until they start.",
)
def waiting_is_holding(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, with_waits=True)


@mistake(
    "m09_schedule_report",
    misconception="completion without the wait",
    loses=[HOW_LONG],
    hint="Completion counts from the arrival: people wait, too.",
)
def completion_without_the_wait(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, run_only=True)


@mistake(
    "m09_schedule_report",
    misconception="slowdown without a bound",
    loses=[SLOWDOWN],
    hint="A job of one second that waited a minute has a slowdown of 61 with you. Divide by 10 s at least.",
)
def slowdown_without_a_bound(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, unbounded=True)


@mistake(
    "m09_schedule_report",
    misconception="fair to jobs",
    loses=[FAIRNESS],
    hint="Your index is over jobs. It is teams that must get their parts, however many jobs they make of them.",
)
def fair_to_jobs(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, per_job=True)


@mistake(
    "m09_schedule_report",
    misconception="jobs for GPU-seconds",
    loses=[FAIRNESS],
    hint="You count the teams' jobs. What they got are GPU-seconds.",
)
def jobs_for_gpu_seconds(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    return reported(submit_s, start_s, run_s, job_gpus, mfu, team, gpus, jobs=True)
