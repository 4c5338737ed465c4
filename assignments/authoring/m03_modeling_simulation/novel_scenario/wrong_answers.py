"""What students really write in module 3's novel scenario."""

from __future__ import annotations

import bisect
import json

import numpy as np
from scipy import special

from graders.checks import mistake

# --- the card ---------------------------------------------------------------------------------------------------------

LEVEL, LOST, CARD, FIGURES = "the level of fidelity", "what is lost", "the card", "its price and its wait"


def arrivals_on_card(jobs, engines=2):
    """When each job is on the card, and its work, in that order."""
    free, found = [0] * engines, []
    for arrives, moves, works in zip(jobs["arrival_us"], jobs["transfer_us"], jobs["work_us"], strict=True):
        engine = free.index(min(free))
        free[engine] = max(arrives, free[engine]) + moves
        found.append((free[engine], works))
    return sorted(found, key=lambda job: job[0])


def losses(on_card, tiles, places, under_way=False, leaves_late=0):
    """Jobs lost, and the waits of the others, with the right rules but for what is given."""
    free, begins, ends, waits, lost = [0] * tiles, [], [], [], 0
    for now, works in on_card:
        tile = free.index(min(free))
        inside = len(begins) - bisect.bisect_right(begins, now - leaves_late)  # jobs begin in order
        if under_way:
            inside = sum(end > now for end in ends)
        if (inside >= places and free[tile] > now) if not under_way else inside >= places:
            lost += 1
            continue
        begins.append(max(now, free[tile]))
        ends.append(begins[-1] + works)
        waits.append(begins[-1] - now)
        free[tile] = ends[-1]
    return lost, waits


def study_min(scenario, level, rounded=True):
    points = len(scenario["tiles"]) * len(scenario["places"])
    rounds = -(-points // scenario["hosts"]) if rounded else points
    return level["setup_min"] + rounds * level["run_min"]


def best_level(scenario, key=None):
    enough = [level for level in scenario["levels"] if level["error_percent"] <= scenario["tolerance_percent"]]
    return min(enough, key=key or (lambda level: study_min(scenario, level)))["level"]


def sized(scenario, simulate=losses, on_card=arrivals_on_card, level=best_level, rank=None, most=None):
    """The right plan, but for what is given."""
    jobs, table, options = on_card(scenario["jobs"]), [], []
    for tiles in scenario["tiles"]:
        table.append([])
        for places in scenario["places"]:
            lost, waits = simulate(jobs, tiles, places)
            table[-1].append(lost)
            usd = tiles * scenario["tile_usd"] + places * scenario["place_usd"]
            options.append((usd, lost, tiles, places, float(np.mean(waits or [0]))))
    limit = scenario["most_lost"] if most is None else most(scenario)
    kept = [one for one in options if one[1] <= limit] or [max(options)]
    usd, _, tiles, places, wait = min(kept, key=rank)
    found = {"tiles": tiles, "places": places, "usd": usd, "mean_wait_us": wait}
    return {"level": level(scenario), "lost": table, **found}


@mistake(
    "m03_card_plan",
    misconception="work under way takes a place",
    loses=[LOST, CARD, FIGURES],
    mostly=0.5,
    hint="Your buffer holds the jobs that are being worked on as well. They are on tiles, and take no place.",
)
def under_way_takes_a_place(scenario):
    return sized(scenario, lambda jobs, tiles, places: losses(jobs, tiles, places, under_way=True))


@mistake(
    "m03_card_plan",
    misconception="the link costs no time",
    loses=[LOST, CARD, FIGURES],
    mostly=0.2,
    hint="Your jobs are on the card when they arrive. They wait for one of two engines first, and that smooths bursts.",
)
def the_link_costs_nothing(scenario):
    return sized(scenario, on_card=lambda jobs: list(zip(jobs["arrival_us"], jobs["work_us"], strict=True)))


@mistake(
    "m03_card_plan",
    misconception="one engine",
    loses=[LOST, CARD, FIGURES],
    mostly=0.2,
    hint="All your transfers follow each other. There are two engines.",
)
def one_engine(scenario):
    return sized(scenario, on_card=lambda jobs: arrivals_on_card(jobs, engines=1))


@mistake(
    "m03_card_plan",
    misconception="transfers never wait",
    loses=[LOST, CARD, FIGURES],
    mostly=0.2,
    hint="Each of your jobs is transferred as soon as it arrives, however many are. There are only two engines.",
)
def transfers_never_wait(scenario):
    def on_card(jobs):
        times = zip(jobs["arrival_us"], jobs["transfer_us"], jobs["work_us"], strict=True)
        return sorted(((arrives + moves, works) for arrives, moves, works in times), key=lambda job: job[0])

    return sized(scenario, on_card=on_card)


@mistake(
    "m03_card_plan",
    misconception="nothing may be lost",
    loses=[CARD, FIGURES],
    mostly=0.6,
    hint="Your card loses nothing. A few jobs may be lost, and that is cheaper.",
)
def nothing_may_be_lost(scenario):
    return sized(scenario, most=lambda scenario: 0)


@mistake(
    "m03_card_plan",
    misconception="tiles alone cost money",
    loses=[CARD, FIGURES],
    mostly=0.7,
    hint="You compared the prices of the tiles alone. Places cost money, too.",
)
def tiles_alone(scenario):
    return sized(scenario, rank=lambda one: (one[2], one[1], one[3]))


@mistake(
    "m03_card_plan",
    misconception="who begins at once does not count",
    loses=[FIGURES],
    mostly=0.9,
    hint="Your mean is over the jobs that had to wait. All that are not lost count; who begins at once waits 0.",
)
def only_who_waits(scenario):
    right = sized(scenario)
    _, waits = losses(arrivals_on_card(scenario["jobs"]), right["tiles"], right["places"])
    return right | {"mean_wait_us": float(np.mean([wait for wait in waits if wait] or [0]))}


@mistake(
    "m03_card_plan",
    misconception="the most accurate level",
    loses=[LEVEL],
    mostly=0.6,
    hint="You took the smallest error. The tolerance says what is enough; more of it is paid for in time.",
)
def the_most_accurate(scenario):
    return sized(scenario, level=lambda one: best_level(one, key=lambda level: level["error_percent"]))


@mistake(
    "m03_card_plan",
    misconception="the quickest level",
    loses=[LEVEL],
    mostly=0.6,
    hint="You took the quickest level of all. Its error is more than the study can bear.",
)
def the_quickest(scenario):
    return sized(scenario, level=lambda one: min(one["levels"], key=lambda level: study_min(one, level))["level"])


# --- the experiment ---------------------------------------------------------------------------------------------------

WARM, RUNS, SEEDS = "the warm-up", "the runs", "seeds and confidence"


def planned(scenario, power=2, in_jobs=True, quantile=None, solved=False, ddof=1, fixed_seed=False):
    """The right file, but for what is given."""
    pilot = scenario["pilot"]
    batches = np.array(pilot["batch_means_us"], dtype=float)
    errors = [
        np.sum((batches[d:] - batches[d:].mean()) ** 2) / (len(batches) - d) ** power for d in range(len(batches) // 2)
    ]
    spread, made = np.std(pilot["run_means_us"], ddof=ddof), len(pilot["run_means_us"])
    student = quantile or (lambda runs: special.stdtrit(runs - 1, 0.975))
    runs = made
    while student(runs) * spread / np.sqrt(runs) > pilot["wanted_us"]:
        runs += 1
    if solved:
        runs = max(made, int(np.ceil((student(made) * spread / pilot["wanted_us"]) ** 2)))
    first = pilot["first_seed"]
    return {
        "warm_up_jobs": int(np.argmin(errors)) * (pilot["jobs_per_batch"] if in_jobs else 1),
        "runs": runs,
        "seeds": [first] * runs if fixed_seed else [first + number for number in range(runs)],
        "confidence": 0.95,
    }


@mistake(
    "m03_experiment_file",
    misconception="batches for jobs",
    loses=[WARM],
    hint="Your warm-up counts batches. Fifty jobs are in each.",
)
def batches_for_jobs(scenario):
    return json.dumps(planned(scenario, in_jobs=False))


@mistake(
    "m03_experiment_file",
    misconception="the variance of the rest",
    loses=[WARM],
    mostly=0.3,
    hint="You divided by m - d once. That is the variance of the rest, which likes short rests: divide by its square.",
)
def variance_of_the_rest(scenario):
    return json.dumps(planned(scenario, power=1))


@mistake(
    "m03_experiment_file",
    misconception="1.96 for all",
    loses=[RUNS],
    mostly=0.5,
    hint="You took the normal quantile for your runs. Student's is larger, and needs a few more.",
)
def normal_quantile(scenario):
    right, fewer = planned(scenario), planned(scenario, quantile=lambda runs: special.ndtri(0.975))
    return json.dumps(right | {"runs": fewer["runs"]})


@mistake(
    "m03_experiment_file",
    misconception="solved with the pilot's quantile",
    loses=[RUNS],
    mostly=0.5,
    hint="You solved with the quantile of the pilot's runs. With more runs it is smaller: fewer of them are enough.",
)
def solved_with_the_pilot(scenario):
    right, more = planned(scenario), planned(scenario, solved=True)
    return json.dumps(right | {"runs": more["runs"]})


@mistake(
    "m03_experiment_file",
    misconception="one seed for all",
    loses=[SEEDS],
    hint="All your runs have one seed, and so give one and the same number. Each run needs a seed of its own.",
)
def one_seed(scenario):
    return json.dumps(planned(scenario, fixed_seed=True))


@mistake(
    "m03_experiment_file",
    misconception="confidence in percent",
    loses=[SEEDS],
    hint="A confidence of 95 is a percentage. As a share it is 0.95.",
)
def in_percent(scenario):
    return json.dumps(planned(scenario) | {"confidence": 95})
