"""Right answers of module 9's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
from fractions import Fraction

from graders.checks import answer


@answer("m09_stuck_states", by="all states there are, and a look at each")
def stuck_by_looking(needs, gpus, gang):
    """Whoever takes one by one can reach every state in which no more is held than there is."""
    if min(needs) < 1 or max(needs) > gpus:
        raise ValueError("no such job")
    if gang:
        return []
    found = []
    for state in itertools.product(*(range(-1, need + 1) for need in needs)):
        there = [held for held in state if held >= 0]
        whole = any(held == need for held, need in zip(state, needs, strict=True))
        if there and sum(there) == gpus and not whole:
            found.append(list(state))
    return found


@answer("m09_schedule_report", by="job after job, in fractions")
def report_in_fractions(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    """Adds everything up exactly."""
    names = ("came", "began", "ran", "gpus")
    jobs = []
    for *numbers, share, owner in zip(submit_s, start_s, run_s, job_gpus, mfu, team, strict=True):
        jobs.append(dict(zip(names, (Fraction(float(one)) for one in numbers), strict=True)))
        jobs[-1] |= {"mfu": float(share), "team": owner}
    span = max(job["began"] + job["ran"] for job in jobs) - min(job["came"] for job in jobs)
    teams, held, worked, completion, slow = {}, 0, 0.0, 0, 0
    for job in jobs:
        amount, total = job["gpus"] * job["ran"], job["began"] + job["ran"] - job["came"]
        teams[job["team"]] = teams.get(job["team"], 0) + amount
        held += amount
        worked += float(amount) * job["mfu"]
        completion += total
        slow += max(Fraction(1), total / max(job["ran"], Fraction(10)))
    return {
        "makespan_s": float(span),
        "allocated": float(held / (gpus * span)),
        "useful": worked / float(gpus * span),
        "mean_completion_s": float(completion / len(jobs)),
        "mean_slowdown": float(slow / len(jobs)),
        "fairness": float(held**2 / (len(teams) * sum(one**2 for one in teams.values()))),
    }
