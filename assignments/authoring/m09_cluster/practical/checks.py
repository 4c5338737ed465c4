"""What must hold of the answers of module 9's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Outcome,
    Property,
    Raises,
    Scenario,
    call,
    column,
    labelled,
    marks,
    sampled,
    scales,
)
from reference_solutions.m09_cluster.backfill import first_come_to_start, reservation
from reference_solutions.m09_cluster.bin_packing import fewest_bins_bound, packed_bins
from reference_solutions.m09_cluster.drf import drf_tasks
from reference_solutions.m09_cluster.fragmentation import fragmentation_gpus
from reference_solutions.m09_cluster.goodput_figure import goodput_figure
from reference_solutions.m09_cluster.gpu_sharing import most_free_node, turned_away_share
from reference_solutions.m09_cluster.hierarchical_collectives import placed_all_reduce_s
from reference_solutions.m09_cluster.job_queue import followed_queue
from reference_solutions.m09_cluster.mig import mig_layout
from reference_solutions.m09_cluster.quotas import QuotaCohort
from reference_solutions.m09_cluster.training_fit import training_table
from reference_solutions.m09_cluster.vector_packing import node_scores

# --- packing ----------------------------------------------------------------------------------------------------------


def jobs_for(rule, largest=8):
    def drawn(rng):
        return call(rng.integers(1, largest + 1, size=24), 8 if largest == 8 else 16, rule)

    return sampled(drawn, count=3)


PACKED = Exercise(
    "m09_packed_bins",
    reference=packed_bins,
    checks=[
        Equal(
            "first fit",
            weight=1,
            cases=[call([5, 6, 2, 3, 1], 8, "first fit"), jobs_for("first fit")],
            message="The bins of first fit.",
        ),
        Equal(
            "best fit",
            weight=1,
            cases=[call([5, 6, 2, 3, 1], 8, "best fit"), jobs_for("best fit")],
            message="The bins of best fit.",
        ),
        Equal(
            "decreasing",
            weight=1,
            cases=[
                jobs_for("first fit decreasing"),
                jobs_for("best fit decreasing", largest=9),
                call([4, 6, 4, 2, 4], 8, "best fit decreasing"),
                call([2, 12, 9, 9], 20, "best fit decreasing"),
            ],
            message="The bins if the largest come first, for the items in the order in which they were given.",
        ),
        Equal(
            "full to the brim",
            weight=0.5,
            cases=[
                call([0.1] * 20, 1.0, "first fit"),
                call([0.3, 0.6, 0.1], 1.0, "first fit"),
                call([0.9, 0.1, 0.5], 1.0, "best fit"),
                call([0.1, 0.9], 1.0, "first fit decreasing"),
                call([6000.000001, 4000.0], 10_000.0, "first fit"),
            ],
            message="Fractions that fill a bin exactly.",
        ),
        Raises(
            ValueError,
            "no such packing",
            weight=0.5,
            cases=[
                call([4, 9], 8, "first fit"),
                call([4, 0], 8, "best fit"),
                call([4, -1], 8, "first fit decreasing"),
                call([4, 2], 8, "worst fit"),
            ],
            message="Items that fit nowhere or have no size, and an unknown rule.",
        ),
    ],
)


def small_jobs(rng):
    return call(rng.integers(1, 9, size=30), 16)


def large_jobs(rng):
    return call(np.r_[rng.integers(5, 8, size=12), np.ones(6, dtype=int)], 8)


def middling_jobs(rng):
    """Thresholds matter here: what is left beside the large ones is too small for the middling."""
    return call(np.r_[rng.integers(60, 75, size=9), rng.integers(36, 50, size=13), rng.integers(1, 9, size=6)], 100)


BOUND = Exercise(
    "m09_fewest_bins_bound",
    reference=fewest_bins_bound,
    checks=[
        Equal(
            "small jobs",
            weight=1,
            cases=[call([2] * 9, 8), sampled(small_jobs, count=4)],
            message="The bound for jobs that need half a node at most.",
        ),
        Equal(
            "more than half",
            weight=0.75,
            cases=[call([5, 5, 5, 5], 8), sampled(large_jobs, count=4)],
            message="Jobs of which no two share a node.",
        ),
        Equal(
            "thresholds",
            weight=0.75,
            cases=[call([70, 70, 40, 40, 40], 100), sampled(middling_jobs, count=4)],
            message="Jobs that do not fit into the room beside the large ones.",
        ),
        Equal(
            "whole but for rounding",
            weight=0.25,
            cases=[call([0.1] * 10, 1.0), call([0.1] * 30, 1.0), call([], 8)],
            message="Fractions that fill bins exactly, and no jobs.",
        ),
        Raises(
            ValueError,
            "no such jobs",
            weight=0.25,
            cases=[call([4, 9], 8), call([4, 0], 8), call([-2], 8)],
            message="Items that fit nowhere, or have no size.",
        ),
    ],
)

# --- scores -----------------------------------------------------------------------------------------------------------


def nodes_at_random(rng, asked):
    allocatable = rng.integers([60, 200, 4], [130, 800, 9], size=(5, 3))
    requested = (allocatable * rng.uniform(0, 0.7, size=(5, 3))).astype(int)
    requested[4, 0] = allocatable[4, 0]  # no room
    return call(asked, allocatable, requested, rng.integers(1, 4, size=3))


def some_of_each(rng):
    return nodes_at_random(rng, [int(rng.integers(1, 30)), int(rng.integers(1, 120)), int(rng.integers(1, 3))])


def nothing_of_one(rng):
    asked = [int(rng.integers(1, 30)), int(rng.integers(1, 120)), 0]
    drawn = nodes_at_random(rng, asked)
    allocatable, requested = (np.array(one) for one in drawn.args[1:3])
    allocatable[:2, 2] = requested[:2, 2] = 0
    requested[3, 2] = allocatable[3, 2] + 1  # others have more than there is, which is no business of this task
    return call(asked, allocatable, requested, drawn.args[3])


SCORED = sampled(some_of_each, count=4)
LACKING = sampled(nothing_of_one, count=4)

SCORES = Exercise(
    "m09_node_scores",
    reference=node_scores,
    checks=[
        Equal("the filter", weight=0.75, cases=SCORED, part=column("fits"), message="On which nodes the task fits."),
        Equal(
            "least and most",
            weight=1.25,
            cases=[call([0, 10], [[40, 100]], [[13, 40]], [1, 2]), SCORED],
            part=column("least", "most"),
            message="The scores for spreading and for packing, in whole numbers at each step.",
        ),
        Equal("balanced", weight=0.75, cases=SCORED, part=column("balanced"), message="How even the use is."),
        Equal(
            "alignment",
            weight=0.75,
            cases=SCORED,
            part=column("alignment"),
            message="What is asked for, times what was free.",
        ),
        Equal(
            "nodes that lack something",
            weight=0.5,
            cases=[LACKING, call([4, 0, 0], [[8, 0, 0]], [[2, 0, 0]], [3, 1, 1])],
            part=column("fits", "least", "most", "balanced", "alignment"),
            message="Nodes without a resource, and tasks that do not ask for one.",
        ),
    ],
)

# --- fragmentation ----------------------------------------------------------------------------------------------------


def shares_at_random(rng, free):
    asked = [*rng.permutation([0.25, 0.4, 0.5, 0.75])[:2], 1.0, 2.0]
    free_gpus = rng.permutation([*rng.choice(free, size=5), 1.0, 1.0, free[1]])
    return call(free_gpus, 32, asked, [4, 8, 2, 16], rng.dirichlet(np.ones(4)))


def fractions_free(rng):
    return shares_at_random(rng, [0.0, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0])


def short_of_cpus(rng):
    found = shares_at_random(rng, [0.0, 0.2, 0.6, 1.0])
    return call(found.args[0], int(rng.integers(3, 12)), found.args[2], [4, 8, 16, 2], found.args[4])


def with_cpu_tasks(rng):
    found = shares_at_random(rng, [0.0, 0.3, 0.7, 1.0])
    return call(found.args[0], 32, [0, *found.args[2][1:]], *found.args[3:])


FRAGMENTS = Exercise(
    "m09_fragmentation_gpus",
    reference=fragmentation_gpus,
    checks=[
        Equal(
            "shares and whole GPUs",
            weight=1.5,
            cases=[
                call([0.5, 0.2, 1.0, 0.0], 8, [0.5], [1], [1.0]),
                call([0.5, 0.2, 1.0, 1.0], 8, [2.0], [1], [1.0]),
                call([0.5, 0.2, 1.0, 0.0], 8, [2.0], [1], [1.0]),
                sampled(fractions_free, count=4),
            ],
            message="Fractions and whole GPUs, on a node with enough CPUs.",
        ),
        Equal(
            "too few CPUs",
            weight=0.5,
            cases=[call([0.5, 1.0], 3, [0.5, 0.5], [2, 4], [0.25, 0.75]), sampled(short_of_cpus, count=3)],
            message="A node whose CPUs are nearly used up.",
        ),
        Equal(
            "tasks without GPUs",
            weight=0.5,
            cases=[call([0.5, 1.0], 8, [0], [1], [1.0]), sampled(with_cpu_tasks, count=3)],
            message="Tasks that ask for no GPU at all.",
        ),
        Equal(
            "shares that are sums",
            weight=0.5,
            cases=[call([1 - 0.1 * 7, 0.1 + 0.2 - 0.1], 8, [0.3, 0.2], [1, 1], [0.5, 0.5])],
            message="Shares that are enough but for rounding.",
        ),
    ],
)

# --- a policy for shared GPUs -----------------------------------------------------------------------------------------

WHOLE = [[1.0, 0.5], [2.0, 0.2], [4.0, 0.2], [8.0, 0.1]]
RARE = [[0.3, 0.5], [0.6, 0.3], [1.0, 0.1], [8.0, 0.1]]
MIXED = [[0.3, 0.3], [0.5, 0.2], [0.7, 0.1], [1.0, 0.2], [4.0, 0.1], [8.0, 0.1]]


def churned(policy, mix, load, seeds, tasks=220):
    """What is turned away on eight nodes of eight GPUs, on average over traces that are always the same."""
    sizes, shares = np.array(mix).T
    lost = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn = rng.choice(sizes, tasks, p=shares).tolist()
        stays = rng.exponential(load * 64 / (sizes @ shares), tasks).tolist()
        lost.append(turned_away_share(policy, drawn, stays, mix, 8, 8))
    return float(np.mean(lost))


def whole_gpus(policy):
    return churned(policy, WHOLE, 0.9, (901, 902, 903))


def fractions_and_nodes(policy):
    return churned(policy, RARE, 0.9, (911, 912, 913))


def everything_mixed(policy):
    return churned(policy, MIXED, 1.0, (921, 922, 923))


def is_a_node(decision):
    """A whole number from 0 to 7, whatever kind of number it is."""
    number = np.asarray(decision)
    return number.ndim == 0 and number.dtype.kind in "iuf" and decision in range(8)


NODE = Exercise(
    "m09_choose_node",
    checks=[
        Outcome(
            "whole GPUs",
            weight=1.5,
            simulate=whole_gpus,
            measure=float,
            at_most=0.7,
            times=most_free_node,
            accepts=is_a_node,
            message="Tasks of 1, 2, 4 and 8 GPUs: what is turned away, against spreading.",
        ),
        Outcome(
            "fractions and whole nodes",
            weight=1.75,
            simulate=fractions_and_nodes,
            measure=float,
            at_most=0.5,
            times=most_free_node,
            accepts=is_a_node,
            message="Many fractions and a few whole nodes: what is turned away, against spreading.",
        ),
        Outcome(
            "everything mixed",
            weight=1.75,
            simulate=everything_mixed,
            measure=float,
            at_most=0.6,
            times=most_free_node,
            accepts=is_a_node,
            message="Fractions, single GPUs, halves of nodes and whole nodes: against spreading.",
        ),
    ],
)

# --- slices -----------------------------------------------------------------------------------------------------------


def instances(rng):
    return [
        str(one) for one in rng.choice(["1g", "2g", "3g", "4g"], size=int(rng.integers(2, 5)), p=[0.45, 0.3, 0.15, 0.1])
    ]


def beside_others(rng):
    return call(instances(rng)[:2], sorted(rng.permutation(8)[: int(rng.integers(1, 5))].tolist()))


MIG = Exercise(
    "m09_mig_layout",
    reference=mig_layout,
    checks=[
        Equal(
            "an empty device",
            weight=1.25,
            cases=[
                call(["2g", "3g", "1g"]),
                call(["1g", "2g", "1g", "3g"]),
                call(["1g", "4g"]),
                call(["3g", "1g"]),
                call(["1g"] * 7),
                call(["7g"]),
                sampled(lambda rng: call(instances(rng)), count=5),
            ],
            message="Layouts on an empty device, if there are any.",
        ),
        Equal(
            "no layout",
            weight=0.75,
            cases=[
                call(["3g", "3g", "1g"]),
                call(["4g", "4g"]),
                call(["2g", "2g", "2g", "1g", "1g"]),
                call(["2g", "2g", "2g", "2g"]),
                call(["7g", "1g"]),
                call(["3g", "3g"]),
                call(["2g", "2g", "2g", "1g"]),
            ],
            message="Instances that do not fit together, and some that just do.",
        ),
        Equal(
            "beside what runs",
            weight=1,
            cases=[
                call(["2g"], [1, 4]),
                call(["3g"], [0, 4]),
                call(["3g"], [3]),
                call(["1g", "3g"], [0]),
                call(["1g", "2g"], [0, 1, 2, 3]),
                call(["1g"], [0, 1, 2, 3, 4, 5, 6]),
                sampled(beside_others, count=6),
            ],
            message="Devices on which instances run already.",
        ),
    ],
)

# --- the queue --------------------------------------------------------------------------------------------------------


def busy_cluster(rng):
    """At some time all of these jobs run, and the needed GPUs are more than are free."""
    gpus = rng.integers(1, 9, size=7)
    ends = 100 + 10 * rng.integers(1, 8, size=7)
    free = int(rng.integers(0, 6))
    running = [(int(one), float(end)) for one, end in zip(gpus, ends, strict=True)]
    return call(100.0, free, running, free + int(rng.integers(1, gpus.sum())))


def overrun(rng):
    found = busy_cluster(rng)
    return call(150.0, *found.args[1:])


PROMISE = Exercise(
    "m09_reservation",
    reference=reservation,
    checks=[
        Equal(
            "when",
            weight=1.25,
            cases=sampled(busy_cluster, count=5),
            part=lambda promise: promise["start_s"],
            message="The first time at which enough GPUs are free.",
        ),
        Equal(
            "to spare",
            weight=1,
            cases=[call(0.0, 1, [(2, 50.0), (4, 50.0), (1, 60.0)], 3), sampled(busy_cluster, count=5)],
            part=lambda promise: promise["spare_gpus"],
            message="How many GPUs more are free at that time.",
        ),
        Equal(
            "now, and over time",
            weight=0.5,
            cases=[
                call(9.0, 4, [(2, 50.0)], 4),
                call(100.0, 1, [(2, 90.0), (4, 120.0)], 3),
                call(100.0, 1, [(2, 80.0), (4, 90.0)], 3),
                sampled(overrun, count=3),
            ],
            message="Jobs that can start now, and jobs that are over their time.",
        ),
        Raises(
            ValueError,
            "never",
            weight=0.25,
            cases=[call(0.0, 1, [(2, 5.0)], 4), call(0.0, 0, [], 1)],
            message="A job that needs more GPUs than there are.",
        ),
    ],
)


def job_trace(seed, jobs=200, load=0.9, longest=3.0):
    """As in the notebook: most jobs are small, some need more than half of the 64 GPUs."""
    rng = np.random.default_rng(seed)
    small = rng.choice([1, 2, 4, 8, 16], jobs, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    size = np.where(rng.random(jobs) < 0.15, rng.integers(40, 65, jobs), small)
    run_s = 1800 * rng.lognormal(0, 1.1, jobs)
    submit_s = np.cumsum(rng.exponential(np.mean(size * run_s) / (load * 64), jobs))
    estimate_s = run_s * rng.uniform(1, longest, jobs)
    return submit_s.tolist(), size.tolist(), run_s.tolist(), estimate_s.tolist()


def steady_trace(seed, jobs=240):
    """Small jobs at three quarters of the cluster, and every fortieth needs all of it."""
    rng = np.random.default_rng(seed)
    large = np.arange(jobs) % 40 == 20
    size = np.where(large, 64, rng.integers(1, 9, jobs))
    run_s = np.where(large, 1200.0, 1800 * rng.lognormal(0, 0.5, jobs))
    gap_s = np.mean(4.5 * 2040) / (0.75 * 64)
    submit_s = np.cumsum(rng.exponential(gap_s, jobs))
    estimate_s = run_s * rng.uniform(1, 2, jobs)
    return submit_s.tolist(), size.tolist(), run_s.tolist(), estimate_s.tolist()


def a_mixed_day(policy):
    return float(np.mean([followed_queue(policy, *job_trace(seed), 64)["wait_s"].mean() for seed in (931, 932, 933)]))


def the_large_jobs(policy):
    waits = []
    for seed in (941, 942):
        trace = steady_trace(seed)
        waits.append(followed_queue(policy, *trace, 64)["wait_s"][np.array(trace[1]) == 64].mean())
    return float(np.mean(waits))


def the_longest_wait(policy):
    waits = [followed_queue(policy, *job_trace(seed, 160, longest=10.0), 64)["wait_s"].max() for seed in (951, 952)]
    return float(np.mean(waits))


def is_a_list_of_places(decision):
    places = np.asarray(decision)
    return places.ndim == 1 and (places.size == 0 or places.dtype.kind in "iu")


QUEUE = Exercise(
    "m09_jobs_to_start",
    checks=[
        Outcome(
            "a mixed day",
            weight=2,
            simulate=a_mixed_day,
            measure=float,
            at_most=0.3,
            times=first_come_to_start,
            accepts=is_a_list_of_places,
            message="The mean wait, against first come, first served.",
        ),
        Outcome(
            "the large jobs",
            weight=1.75,
            simulate=the_large_jobs,
            measure=float,
            at_most=1.5,
            times=first_come_to_start,
            accepts=is_a_list_of_places,
            message="The mean wait of jobs that need all GPUs, among many small ones.",
        ),
        Outcome(
            "the longest wait",
            weight=1.25,
            simulate=the_longest_wait,
            measure=float,
            at_most=1.0,
            times=first_come_to_start,
            accepts=is_a_list_of_places,
            message="The longest wait of any job, with estimates that are much too long.",
        ),
    ],
)

# --- fairness ---------------------------------------------------------------------------------------------------------


def users_at_random(rng, users, zeros=False, weighted=False):
    """Capacities and demands with many digits: no two shares are equal by chance, but for those of zero tasks."""
    capacity = rng.uniform(50, 100, size=3)
    demand = rng.uniform(1, 9, size=(users, 3))
    if zeros:
        demand[np.arange(users), rng.integers(0, 3, size=users)] = 0
    return call(capacity, demand, rng.uniform(0.5, 3, size=users) if weighted else np.ones(users))


FAIR = Exercise(
    "m09_drf_tasks",
    reference=drf_tasks,
    checks=[
        Equal(
            "alike in weight",
            weight=1.5,
            cases=[
                call([9, 18], [[1, 4], [3, 1]], [1, 1]),
                call([64, 512], [[4, 8], [1, 32], [2, 2]], [1, 1, 1]),
                sampled(lambda rng: users_at_random(rng, 3), count=3),
            ],
            message="Users of equal weight.",
        ),
        Equal(
            "weights",
            weight=0.75,
            cases=[sampled(lambda rng: users_at_random(rng, 3, weighted=True), count=3)],
            message="Users of different weight.",
        ),
        Equal(
            "who does not need everything",
            weight=0.75,
            cases=[
                call([8, 0], [[1, 0], [1, 1]], [1, 1]),
                call([16, 64, 4], [[1, 4, 1], [2, 1, 0]], [1, 1]),
                sampled(lambda rng: users_at_random(rng, 4, zeros=True), count=3),
            ],
            message="Tasks that do not need every resource, and a resource of which there is nothing.",
        ),
        Equal(
            "the last tasks",
            weight=0.5,
            cases=[
                call([5], [[1], [1]], [1, 1]),
                call([10], [[4], [1]], [1, 1]),
                call([1.0], [[0.1], [0.1]], [1, 1]),
                call([20, 20], [[8, 1], [1, 3]], [1, 1]),
            ],
            message="Ties, tasks that no longer fit while others do, and what fits exactly.",
        ),
        Raises(
            ValueError,
            "no such users",
            weight=0.5,
            cases=[
                call([9, 9], [[0, 0], [1, 1]], [1, 1]),
                call([9, 9], [[1, 1]], [0]),
                call([9, 9], [[-1, 2]], [1]),
                call([-9, 9], [[1, 2]], [1]),
            ],
            message="Tasks that need nothing, weights that are not positive, and less than nothing.",
        ),
    ],
)

# --- quotas -----------------------------------------------------------------------------------------------------------

TEAMS = ("a", "b", "c")


def lends_and_refuses(student, expect):
    cohort = student.QuotaCohort({"a": 8, "b": 8, "c": 0}, {"a": 4, "b": 8, "c": 6})
    expect(cohort.admit("a1", "a", 8, 3)).equals([])
    expect(cohort.admit("a2", "a", 5, 9)).equals(None)
    expect(cohort.admit("a3", "a", 4, 0)).equals([])
    expect(cohort.borrowed("a")).equals(4)
    expect(cohort.admit("c1", "c", 4, 1)).equals([])
    expect(cohort.borrowed("c")).equals(4)
    expect(cohort.admit("c2", "c", 1, 9)).equals(None)
    expect([cohort.used(team) for team in TEAMS]).equals([12, 0, 4])
    cohort.finish("a1")
    cohort.finish("nobody")
    expect(cohort.used("a")).equals(4)
    expect(cohort.borrowed("a")).equals(0)
    expect(cohort.admit("c2", "c", 2, 9)).equals([])


def takes_back(student, expect):
    cohort = student.QuotaCohort({"a": 8, "b": 8}, {"a": 8, "b": 0})
    for job, gpus, priority in (("low", 2, 0), ("late", 2, 1), ("later", 2, 1), ("high", 8, 9)):
        expect(cohort.admit(job, "a", gpus, priority)).equals([])
    expect(cohort.admit("b1", "b", 4, 0)).equals(["low"])
    expect(cohort.admit("b2", "b", 4, 5)).equals(["later", "late"])
    expect(cohort.used("a")).equals(8)
    expect(cohort.admit("b3", "b", 1, 9)).equals(None)
    expect(cohort.admit("a5", "a", 1, 9)).equals(None)


def spares(student, expect):
    cohort = student.QuotaCohort({"a": 0, "b": 8, "c": 4}, {"a": 8, "b": 0, "c": 4})
    for job, team, gpus, priority in (("small", "a", 2, 0), ("large", "a", 6, 1), ("own", "c", 4, 0)):
        expect(cohort.admit(job, team, gpus, priority)).equals([])
    expect(cohort.admit("b1", "b", 6, 0)).equals(["large"])
    expect([cohort.used(team) for team in TEAMS]).equals([2, 6, 4])
    expect(cohort.admit("b2", "b", 2, 0)).equals(["small"])
    other = student.QuotaCohort({"a": 4, "b": 8, "c": 4}, {"a": 9, "b": 0, "c": 9})
    for job, team, gpus, priority in (("a1", "a", 3, 0), ("a2", "a", 3, 5), ("c1", "c", 4, 0), ("c2", "c", 6, 9)):
        expect(other.admit(job, team, gpus, priority)).equals([])
    expect(other.admit("b1", "b", 8, 1)).equals(["c1", "c2"])
    expect([other.used(team) for team in TEAMS]).equals([6, 8, 0])


def long_traffic(student, expect, rng):
    nominal = {team: int(rng.integers(3, 8)) for team in TEAMS}
    cohort = student.QuotaCohort(nominal, {team: int(rng.integers(1, 7)) for team in TEAMS})
    running = []
    for number in range(45):
        if running and rng.random() < 0.3:
            cohort.finish(running.pop(int(rng.integers(len(running)))))
        job, team = f"j{number}", TEAMS[int(rng.integers(3))]
        expect(cohort.admit(job, team, int(rng.integers(1, 6)), int(rng.integers(0, 4)))).agrees()
        running.append(job)
        for each in TEAMS:
            expect(cohort.used(each)).agrees()


def never_more_than_there_are(student, rng):
    cohort = student.QuotaCohort({"a": 6, "b": 5, "c": 3}, {"a": 9, "b": 2, "c": 9})
    for number in range(30):
        team = TEAMS[int(rng.choice([0, 1, 1, 1, 2]))]
        cohort.admit(f"j{number}", team, int(rng.integers(1, 5)), int(rng.integers(0, 3)))
        yield [cohort.used(each) for each in TEAMS]


COHORT = Exercise(
    "m09_quota_cohort",
    reference=QuotaCohort,
    checks=[
        Scenario(
            "lends and refuses",
            weight=1.25,
            play=lends_and_refuses,
            message="Borrowing, its limits, and what comes back when jobs finish.",
        ),
        Scenario(
            "takes back", weight=1.25, play=takes_back, message="Who must go when an owner comes, in which order."
        ),
        Scenario("spares", weight=1, play=spares, message="Who is spared because it is enough without her."),
        Scenario("a long day", weight=1, play=long_traffic, message="A day of three teams, job by job."),
        Conserved(
            "never more than there are",
            weight=0.25,
            script=never_more_than_there_are,
            invariant=lambda used: sum(used) <= 14 and used[1] <= 7 and min(used) >= 0,
            message="Whatever happens, no more GPUs are used than all quotas have, and no team exceeds its limit.",
        ),
        Raises(
            ValueError,
            "no cohort",
            weight=0.25,
            cases=[call({"a": -1}, {"a": 0}), call({"a": 1}, {"a": -1}), call({"a": 1}, {"b": 1})],
            message="Quotas that are negative, and teams without one.",
        ),
    ],
)

# --- placement --------------------------------------------------------------------------------------------------------


def links(rng, nodes):
    inner = float(rng.uniform(1e-6, 5e-6)), float(rng.uniform(100e9, 450e9))
    outer = float(rng.uniform(5e-6, 20e-6)), float(rng.uniform(12e9, 60e9))
    return call(float(10 ** rng.uniform(8, 10)), nodes, *inner, *outer)


def one_node(rng):
    return links(rng, [0, int(rng.integers(2, 9)), 0])


def equal_nodes(rng):
    return links(rng, rng.permutation([int(rng.integers(2, 9))] * int(rng.integers(2, 6)) + [0]).tolist())


def unequal_nodes(rng):
    each = int(rng.integers(3, 8))
    return links(rng, [each, 0, each, int(rng.integers(1, each))])


ALL_REDUCE = Exercise(
    "m09_placed_all_reduce_s",
    reference=placed_all_reduce_s,
    checks=[
        Equal("one node", weight=0.5, cases=sampled(one_node, count=3), message="A job that lies on one node."),
        Equal(
            "three phases",
            weight=1,
            cases=sampled(equal_nodes, count=4),
            message="Nodes with equally many devices, and large buffers.",
        ),
        Equal(
            "strays",
            weight=0.75,
            cases=[call(8e9, [7, 1], 0, 100e9, 0, 25e9), sampled(unequal_nodes, count=3)],
            message="Nodes with unequal numbers of devices.",
        ),
        Equal(
            "at the edges",
            weight=0.5,
            cases=[
                call(8e9, [0, 1], 1e-6, 100e9, 1e-5, 25e9),
                call(8e9, [1, 1, 0, 1], 1e-6, 100e9, 1e-5, 25e9),
                call(8e9, [2, 2], 1e-5, 10e9, 1e-6, 40e9),
                call(8e9, [3, 1], 1e-5, 10e9, 1e-6, 40e9),
                call(1e4, [2, 2, 2], 5e-5, 100e9, 1e-6, 90e9),
            ],
            message="One device, one on each node, small buffers, and a network that is faster than the nodes' links.",
        ),
        Raises(
            ValueError,
            "no such placement",
            weight=0.25,
            cases=[call(1e9, [0, 0], 0, 1e9, 0, 1e9), call(1e9, [4, -1], 0, 1e9, 0, 1e9)],
            message="A job without devices, and less than no device.",
        ),
    ],
)

# --- failures ---------------------------------------------------------------------------------------------------------


def any_job(rng):
    tau = np.sort(10 ** rng.uniform(2.7, 4.2, size=14))
    return call(tau, float(rng.uniform(20, 200)), float(rng.uniform(60, 600)), float(10 ** rng.uniform(4.2, 5.2)))


def failing_job(rng):
    """Failures so frequent that the first-order line is negative in places."""
    tau = np.geomspace(60, 20_000, 15) * rng.uniform(0.9, 1.1)
    return call(tau, float(rng.uniform(60, 120)), float(rng.uniform(100, 300)), float(rng.uniform(2_000, 5_000)))


def line(label):
    def points(figure):
        (one,) = (one for one in figure["series"] if one["label"] == label and one["kind"] == "line")
        return [list(one["x"]), list(one["y"])]

    return points


def from_end_to_end(pairs):
    """Labels everywhere, and the limits that were asked for."""
    limits = [[figure[axis]["limits"] for axis in "xy"] for _, figure in pairs]
    wanted = [[[case.args[0][0], case.args[0][-1]], [0, 1]] for case, _ in pairs]
    return labelled()(pairs) and np.allclose(limits, wanted)


JOBS = sampled(any_job, count=3)

GOODPUT = Exercise(
    "m09_goodput_figure",
    reference=goodput_figure,
    checks=[
        Equal("first order", weight=0.75, cases=JOBS, part=line("first order"), message="The first-order line."),
        Equal("exact", weight=0.75, cases=JOBS, part=line("exact"), message="The exact line."),
        Equal(
            "intervals", weight=0.75, cases=JOBS, part=marks, message="Young's and Daly's intervals, and goodput there."
        ),
        Equal(
            "where it says nothing",
            weight=0.5,
            cases=sampled(failing_job, count=3),
            part=lambda figure: [line("first order")(figure), line("exact")(figure)],
            message="Jobs that fail so often that the first-order line leaves the picture.",
        ),
        Equal("axes", weight=0.125, cases=JOBS, part=scales, message="One axis is logarithmic, the other linear."),
        Property(
            "in view",
            weight=0.125,
            cases=[JOBS],
            holds=from_end_to_end,
            message="Title and axes have labels, with units, and the axes go from end to end.",
        ),
    ],
)

# --- memory -----------------------------------------------------------------------------------------------------------


def model_at_random(rng):
    model = {"parameters": float(rng.integers(7, 400)) * 1e9, "layers": 96, "width": 128 * int(rng.integers(32, 120))}
    return model | {"heads": int(rng.integers(16, 97)), "sequence": 1024 * int(rng.integers(1, 9))}


def plans_at_random(rng, **fixed):
    plans = []
    for _ in range(5):
        plan = {"tensor": int(2 ** rng.integers(0, 4)), "pipeline": int(rng.choice([1, 2, 4, 6, 8, 12]))}
        plan |= {"data": int(rng.integers(2, 64)), "zero_stage": int(rng.integers(0, 4))}
        plan |= {"micro_batch": int(rng.integers(1, 5)), "micro_batches": int(rng.integers(12, 64))}
        plans.append(plan | {"recompute": str(rng.choice(["none", "selective", "full"]))} | fixed)
    return call(model_at_random(rng), plans, float(rng.uniform(30e9, 120e9)))


PLANS = sampled(plans_at_random, count=3)
FEW = sampled(lambda rng: plans_at_random(rng, pipeline=12, micro_batches=int(rng.integers(1, 9))), count=2)
ONE = call(
    {"parameters": 8e9, "layers": 8, "width": 1024, "heads": 8, "sequence": 1024},
    [
        {"tensor": 1, "pipeline": 1, "data": 1, "zero_stage": 0, "micro_batch": 1, "micro_batches": 1, "recompute": how}
        for how in ("none", "selective", "full")
    ],
    130e9,
)


def fits_as_it_says(pairs):
    """Whether states and activations together are held against the memory that was given."""
    for case, table in pairs:
        needed = np.add(table["state_bytes"], table["activation_bytes"])
        if list(map(bool, table["fits"])) != (needed <= case.args[2]).tolist():
            return False
    return True


PLAN_TABLE = Exercise(
    "m09_training_table",
    reference=training_table,
    checks=[
        Equal(
            "states",
            weight=1,
            cases=[PLANS],
            part=column("devices", "state_bytes"),
            message="Devices, and weights, gradients and optimizer states on each, for all stages of ZeRO.",
        ),
        Equal(
            "activations",
            weight=1,
            cases=[PLANS, ONE],
            part=column("activation_bytes"),
            message="Activations of the first stage, with and without recomputation.",
        ),
        Equal(
            "few micro-batches",
            weight=0.5,
            cases=[FEW],
            part=column("activation_bytes"),
            message="Pipelines with fewer micro-batches than stages.",
        ),
        Equal(
            "idle", weight=0.75, cases=[PLANS, FEW], part=column("idle_share"), message="Idle time over the whole time."
        ),
        Property(
            "what fits",
            weight=0.5,
            cases=[PLANS, FEW, ONE],
            holds=fits_as_it_says,
            message="Which plans fit into the memory, by your own numbers.",
        ),
        Raises(
            ValueError,
            "no such plan",
            weight=0.25,
            cases=[
                call(ONE.args[0], [ONE.args[1][0] | wrong], 1e12)
                for wrong in ({"pipeline": 3}, {"zero_stage": 4}, {"recompute": "half"})
            ],
            message="Layers that do not divide over the stages, and words that mean nothing.",
        ),
    ],
)
