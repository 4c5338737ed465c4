"""What students really write in module 9's practical."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import mistake

# --- packing ----------------------------------------------------------------------------------------------------------

FIRST, BEST, DECREASING, BRIM, NO_PACKING = (
    "first fit",
    "best fit",
    "decreasing",
    "full to the brim",
    "no such packing",
)
RULES = ("first fit", "best fit", "first fit decreasing", "best fit decreasing")


def asked_to_pack(sizes, capacity, rule):
    if rule not in RULES or any(not 0 < size <= capacity * (1 + 1e-9) for size in sizes):
        raise ValueError("no such packing")


def packed(sizes, capacity, rule, *, slack=1e-9, first=None, best=None, order=None):
    """The right packing, but for what is given: which of the fitting bins, and which item comes when."""
    wanted = [float(size) for size in sizes]
    places = list(range(len(wanted)))
    if rule.endswith("decreasing"):
        places = order(wanted) if order else sorted(places, key=lambda place: -wanted[place])
    free, bins = [], [0] * len(wanted)
    for place in places:
        fits = [one for one, room in enumerate(free) if wanted[place] <= room + slack * capacity]
        choose = first if rule.startswith("first") else best
        if choose:
            fits = choose(fits, free)
        elif not rule.startswith("first"):
            fits = sorted(fits, key=lambda one: free[one])
        if not fits:
            fits = [len(free)]
            free.append(float(capacity))
        free[fits[0]] -= wanted[place]
        bins[place] = fits[0]
    return bins


@mistake(
    "m09_packed_bins",
    misconception="only the last bin is looked at",
    loses=[FIRST, DECREASING],
    hint="You look at the last bin only. First fit goes back to the first one with room.",
)
def only_the_last_bin(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    return packed(sizes, capacity, rule, first=lambda fits, free: [one for one in fits if one == len(free) - 1])


@mistake(
    "m09_packed_bins",
    misconception="the emptiest bin fits best",
    loses=[BEST, DECREASING],
    hint="You take the emptiest bin with room. Best fit takes the fullest, so that large holes stay large.",
)
def the_emptiest_fits_best(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    return packed(sizes, capacity, rule, best=lambda fits, free: sorted(fits, key=lambda one: -free[one]))


@mistake(
    "m09_packed_bins",
    misconception="best is first",
    loses=[BEST, DECREASING],
    hint="Your best fit takes the first bin with room. Which of them has the least room?",
)
def best_is_first(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    return packed(sizes, capacity, rule, best=lambda fits, free: fits)


@mistake(
    "m09_packed_bins",
    misconception="floats are exact",
    loses=[BRIM],
    hint="1 - 0.9 is a little less than 0.1 in floats, and for you 0.1 does not fit there. What fits exactly must fit.",
)
def floats_are_exact(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    return packed(sizes, capacity, rule, slack=0.0)


@mistake(
    "m09_packed_bins",
    misconception="bins in sorted order",
    loses=[DECREASING],
    hint="Your bins belong to the sorted items. Give them in the order in which the items were given.",
)
def bins_in_sorted_order(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    if not rule.endswith("decreasing"):
        return packed(sizes, capacity, rule)
    return packed(sorted(sizes, reverse=True), capacity, rule)


@mistake(
    "m09_packed_bins",
    misconception="the smallest first",
    loses=[DECREASING],
    hint="You begin with the smallest. Large items need a bin anyway; small ones fill what they leave.",
)
def the_smallest_first(sizes, capacity, rule):
    asked_to_pack(sizes, capacity, rule)
    return packed(
        sizes, capacity, rule, order=lambda wanted: sorted(range(len(wanted)), key=lambda place: wanted[place])
    )


@mistake(
    "m09_packed_bins",
    misconception="everything can be packed",
    loses=[NO_PACKING],
    hint="Nine GPUs went onto a node of eight, or a rule that does not exist was followed. Refuse them.",
)
def everything_can_be_packed(sizes, capacity, rule):
    return packed(sizes, capacity, rule)


# --- the bound --------------------------------------------------------------------------------------------------------

SMALL, HALF, THRESHOLDS, ROUNDING, NO_JOBS = (
    "small jobs",
    "more than half",
    "thresholds",
    "whole but for rounding",
    "no such jobs",
)


def asked_for_a_bound(sizes, capacity):
    if any(not 0 < size <= capacity * (1 + 1e-9) for size in sizes):
        raise ValueError("no such jobs")


def bound_at(sizes, capacity, threshold, tolerance=1e-9, small=None):
    sizes = np.asarray(sizes, dtype=float)
    alone = sizes > capacity - threshold
    large = (sizes > capacity / 2) & ~alone
    rest = (sizes <= capacity / 2) & (sizes >= threshold) if small is None else small(sizes)
    over = sizes[rest].sum() - (large.sum() * capacity - sizes[large].sum())
    return int(alone.sum() + large.sum() + max(0, math.ceil(over / capacity - tolerance)))


def volume(sizes, capacity):
    return math.ceil(float(np.sum(sizes)) / capacity - 1e-9)


def thresholds(sizes, capacity):
    return [0.0, *(float(size) for size in sizes if size <= capacity / 2)]


@mistake(
    "m09_fewest_bins_bound",
    misconception="the volume says it all",
    loses=[HALF, THRESHOLDS],
    hint="Yours is the volume. Five jobs of 5 GPUs have 25, and need five nodes of 8: no two share one.",
)
def the_volume_says_it_all(sizes, capacity):
    asked_for_a_bound(sizes, capacity)
    return volume(sizes, capacity)


@mistake(
    "m09_fewest_bins_bound",
    misconception="only the large ones count",
    loses=[SMALL, THRESHOLDS, ROUNDING],
    hint="You count the jobs of more than half a node. The small ones need room as well.",
)
def only_the_large_ones(sizes, capacity):
    asked_for_a_bound(sizes, capacity)
    return sum(size > capacity / 2 for size in sizes)


@mistake(
    "m09_fewest_bins_bound",
    misconception="one threshold is enough",
    loses=[THRESHOLDS],
    hint="Yours is the bound for k = 0: the room beside the large jobs counts for all. Try the other thresholds too.",
)
def one_threshold_is_enough(sizes, capacity):
    asked_for_a_bound(sizes, capacity)
    return bound_at(sizes, capacity, 0.0)


@mistake(
    "m09_fewest_bins_bound",
    misconception="no room beside the large",
    loses=[HALF, THRESHOLDS],
    hint="You give the small jobs bins of their own. Some fit beside the large ones, so this is no lower bound.",
)
def no_room_beside_the_large(sizes, capacity):
    asked_for_a_bound(sizes, capacity)
    small = [size for size in sizes if size <= capacity / 2]
    return sum(size > capacity / 2 for size in sizes) + volume(small, capacity)


@mistake(
    "m09_fewest_bins_bound",
    misconception="a little more is one more",
    loses=[ROUNDING],
    hint="Thirty times 0.1 is a little more than 3 in floats, and your bound goes up to 4. Whole must stay whole.",
)
def a_little_more_is_one_more(sizes, capacity):
    asked_for_a_bound(sizes, capacity)
    if len(sizes) and max(sizes) < capacity / 2 and float(sizes[0]) != int(sizes[0]):
        return math.ceil(sum(float(size) for size in sizes) / capacity + 1e-12)
    return max((bound_at(sizes, capacity, one) for one in thresholds(sizes, capacity)), default=0)


@mistake(
    "m09_fewest_bins_bound",
    misconception="any job can be counted",
    loses=[NO_JOBS],
    hint="A job that fits nowhere, or has no size, gets a number here. Refuse it.",
)
def any_job_can_be_counted(sizes, capacity):
    return max((bound_at(sizes, capacity, one) for one in thresholds(sizes, capacity)), default=0)


# --- scores -----------------------------------------------------------------------------------------------------------

FILTER, WHOLE_SCORES, BALANCED, ALIGNMENT, LACKING = (
    "the filter",
    "least and most",
    "balanced",
    "alignment",
    "nodes that lack something",
)


def scored(request, allocatable, requested, weights, **other):
    """The right table, but for what is given."""
    rows = {"fits": [], "least": [], "most": [], "balanced": [], "alignment": []}
    asked, weights = np.asarray(request), np.asarray(weights)
    weights = other.get("weighed", np.asarray)(weights)
    for has, used in zip(np.asarray(allocatable), np.asarray(requested), strict=True):
        fits = other.get("fits", lambda a, u, h: bool(np.all((a == 0) | (a + u <= h))))(asked, used, has)
        there = has > 0 if not other.get("lacking") else np.full(has.shape, True)
        capacity = np.maximum(has[there], 1e-9) if other.get("lacking") else has[there]
        full = (used + (0 if other.get("before") else asked))[there]
        whole = (lambda share: share) if other.get("floats") else np.floor
        least = np.sum(weights[there] * whole(np.maximum(capacity - full, 0) * 100 / capacity + 1e-9))
        most = np.sum(weights[there] * whole(np.minimum(full, capacity) * 100 / capacity + 1e-9))
        share = np.minimum(full / capacity, 1)
        spread = np.std(share, ddof=min(other.get("ddof", 0), len(share) - 1)) if len(share) else 0.0
        aligned = other.get("aligned", lambda a, u, h: a / h * (1 - u / h))(asked[there], used[there], capacity)
        row = [
            int(least / max(weights[there].sum(), 1) + 1e-9),
            int(most / max(weights[there].sum(), 1) + 1e-9),
            int(100 * (1 - spread) + 1e-9),
            float(np.sum(aligned)),
        ]
        shown = fits or other.get("unfiltered")
        for name, value in zip(rows, [fits, *(row if shown else [0, 0, 0, 0.0])], strict=True):
            rows[name].append(value)
    return rows


@mistake(
    "m09_node_scores",
    misconception="scores without a filter",
    loses=[WHOLE_SCORES, BALANCED, ALIGNMENT, LACKING],
    hint="You score nodes on which the task does not fit. The best score of all may be among them.",
)
def scores_without_a_filter(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, unfiltered=True)


@mistake(
    "m09_node_scores",
    misconception="rounded at the end",
    loses=[WHOLE_SCORES, LACKING],
    hint="You compute with fractions and round at the end. Each resource's score is whole before they are joined.",
)
def rounded_at_the_end(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, floats=True)


@mistake(
    "m09_node_scores",
    misconception="before the task comes",
    loses=[WHOLE_SCORES, BALANCED, LACKING],
    hint="Your scores are those of the nodes as they are. Kubernetes scores them as they would be, with the task.",
)
def before_the_task_comes(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, before=True)


@mistake(
    "m09_node_scores",
    misconception="the deviation of a sample",
    loses=[BALANCED, LACKING],
    hint="You divide by one less than there are. The resources of a node are all there are, not a sample.",
)
def the_deviation_of_a_sample(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, ddof=1)


@mistake(
    "m09_node_scores",
    misconception="all resources weigh the same",
    loses=[WHOLE_SCORES, LACKING],
    hint="Your scores do not change with the weights.",
)
def all_weigh_the_same(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, weighed=np.ones_like)


@mistake(
    "m09_node_scores",
    misconception="CPUs times bytes",
    loses=[ALIGNMENT, LACKING],
    hint="You multiply amounts. A GB then counts as much as a CPU: take shares of what the node has.",
)
def amounts_for_shares(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, aligned=lambda a, u, h: a * (h - u))


@mistake(
    "m09_node_scores",
    misconception="what is free afterwards",
    loses=[ALIGNMENT, LACKING],
    hint="The alignment is with what is free before the task comes. You took what is left with it.",
)
def free_afterwards(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, aligned=lambda a, u, h: a / h * (1 - (u + a) / h))


@mistake(
    "m09_node_scores",
    misconception="everything must fit, asked for or not",
    loses=[LACKING],
    hint="A node with too few GPUs is no obstacle for a task that asks for none.",
)
def everything_must_fit(request, allocatable, requested, weights):
    return scored(request, allocatable, requested, weights, fits=lambda a, u, h: bool(np.all(a + u <= h)))


@mistake(
    "m09_node_scores",
    misconception="no room is left when it is full",
    loses=[FILTER, WHOLE_SCORES, BALANCED, ALIGNMENT, LACKING],
    hint="A task that takes more than half of a node still fits on it. You ask for twice the room.",
)
def twice_the_room(request, allocatable, requested, weights):
    return scored(
        request, allocatable, requested, weights, fits=lambda a, u, h: bool(np.all((a == 0) | (2 * a + u < h)))
    )


# --- fragmentation ----------------------------------------------------------------------------------------------------

SHARES, CPUS, WITHOUT, SUMS = (
    "shares and whole GPUs",
    "too few CPUs",
    "tasks without GPUs",
    "shares that are sums",
)


def lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, **other):
    """The right measure, but for what is given."""
    free, total = np.asarray(free_gpus, dtype=float), 0.0
    for gpus, cpus, share in zip(task_gpus, task_cpus, task_share, strict=True):
        limit = gpus if other.get("whole") else min(gpus, 1)
        small = free < limit - other.get("slack", 1e-9)
        runs = (gpus > 0 or other.get("none_is_fine")) and np.sum(~small) >= gpus
        runs = runs and (cpus <= free_cpus or other.get("no_cpus"))
        lost = free[small] if runs or other.get("always") else free
        amount = np.sum(lost > 0) if other.get("counted") else np.sum(lost)
        total += amount * (1 / len(task_gpus) if other.get("alike") else share)
    return float(total)


@mistake(
    "m09_fragmentation_gpus",
    misconception="what is too small is all that is lost",
    loses=[SHARES, CPUS, WITHOUT],
    hint="A task that cannot run here can use nothing here, not even GPUs that are wholly free.",
)
def only_what_is_too_small(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, always=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="who needs none loses none",
    loses=[WITHOUT],
    hint="A task without GPUs runs everywhere, and uses none of the free ones: to it they are of no use at all.",
)
def who_needs_none_loses_none(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, none_is_fine=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="GPUs need no CPUs",
    loses=[CPUS],
    hint="You did not look at the CPUs. Without them the task does not run, whatever GPUs are free.",
)
def gpus_need_no_cpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, no_cpus=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="every kind comes equally often",
    loses=[SHARES, CPUS, WITHOUT],
    hint="Your mean takes all kinds of task as equally likely. They come in shares.",
)
def every_kind_equally_often(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, alike=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="GPUs are counted",
    loses=[SHARES, CPUS, WITHOUT, SUMS],
    hint="You count GPUs. A GPU of which a fifth is free is a fifth of a GPU.",
)
def gpus_are_counted(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, counted=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="two GPUs on one",
    loses=[SHARES, CPUS, WITHOUT],
    hint="A task of two GPUs needs 1 of each, not 2 of one. For whole GPUs the limit is 1.",
)
def two_gpus_on_one(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, whole=True)


@mistake(
    "m09_fragmentation_gpus",
    misconception="shares are exact",
    loses=[SUMS],
    hint="1 - 0.7 is a little less than 0.3 in floats, and for you the task does not fit. Allow for rounding.",
)
def shares_are_exact(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    return lost_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share, slack=0.0)


# --- a policy for shared GPUs -----------------------------------------------------------------------------------------

WHOLE, FRACTIONS, MIXED = "whole GPUs", "fractions and whole nodes", "everything mixed"


def with_room(free_gpus, task_gpus):
    return [
        node
        for node, gpus in enumerate(free_gpus)
        if sum(free >= min(task_gpus, 1) - 1e-9 for free in gpus) >= task_gpus
    ]


@mistake(
    "m09_choose_node",
    misconception="spread the load",
    loses=[WHOLE, FRACTIONS, MIXED],
    hint="You go where most is free. Soon every node has a task, and none is left for eight GPUs.",
)
def spread_the_load(free_gpus, task_gpus, mix):
    return max(with_room(free_gpus, task_gpus), key=lambda node: sum(free_gpus[node]))


@mistake(
    "m09_choose_node",
    misconception="packed are only fractions",
    loses=[WHOLE, MIXED],
    hint="You pack fractions, and spread whole GPUs. Then tasks of four and of eight find no node.",
)
def packed_are_only_fractions(free_gpus, task_gpus, mix):
    choose = min if task_gpus < 1 else max
    return choose(with_room(free_gpus, task_gpus), key=lambda node: sum(free_gpus[node]))


@mistake(
    "m09_choose_node",
    misconception="packed are only whole GPUs",
    loses=[FRACTIONS, MIXED],
    hint="You pack whole GPUs, and spread fractions. A third of a GPU on each node, and no node is whole.",
)
def packed_are_only_whole_gpus(free_gpus, task_gpus, mix):
    choose = max if task_gpus < 1 else min
    return choose(with_room(free_gpus, task_gpus), key=lambda node: sum(free_gpus[node]))


@mistake(
    "m09_choose_node",
    misconception="the first node, room or not",
    loses=[WHOLE, FRACTIONS, MIXED],
    hint="You chose a node that has no room for the task.",
)
def the_first_node(free_gpus, task_gpus, mix):
    return 0


# --- slices -----------------------------------------------------------------------------------------------------------

EMPTY, NO_LAYOUT, BESIDE = "an empty device", "no layout", "beside what runs"
MEMORY = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}
STARTS = {"1g": range(7), "2g": (0, 2, 4), "3g": (0, 4), "4g": (0,), "7g": (0,)}


def layouts(profiles, taken, starts=None, memory=None):
    """All layouts, in lexicographic order."""
    starts, memory = starts or STARTS, memory or MEMORY
    if not profiles:
        return [[]]
    found = []
    for start in starts[profiles[0]]:
        slices = set(range(start, start + memory[profiles[0]]))
        if not slices & set(taken) and max(slices) < 8:
            rest = layouts(profiles[1:], set(taken) | slices, starts, memory)
            found += [[start, *one] for one in rest[:1]] if len(profiles) > 4 else [[start, *one] for one in rest]
    return found


def too_many(profiles):
    return sum(int(profile[0]) for profile in profiles) > 7


@mistake(
    "m09_mig_layout",
    misconception="each where it fits first",
    loses=[EMPTY, BESIDE],
    hint="You put each instance into the first place that is free, and then the next has none. Go back and try others.",
)
def each_where_it_fits_first(profiles, taken=()):
    used, placed = set(taken), []
    for profile in profiles:
        free = [one for one in STARTS[profile] if not set(range(one, one + MEMORY[profile])) & used]
        if not free or too_many(profiles):
            return None
        placed.append(free[0])
        used |= set(range(free[0], free[0] + MEMORY[profile]))
    return placed


@mistake(
    "m09_mig_layout",
    misconception="instances begin anywhere",
    loses=[EMPTY, BESIDE],
    hint="Your instances begin at slices at which they cannot: a 3g begins at 0 or 4, a 2g at 0, 2 or 4.",
)
def instances_begin_anywhere(profiles, taken=()):
    if too_many(profiles):
        return None
    return next(iter(layouts(list(profiles), taken, starts=dict.fromkeys(STARTS, range(8)))), None)


@mistake(
    "m09_mig_layout",
    misconception="three slices for a 3g",
    loses=[EMPTY, NO_LAYOUT, BESIDE],
    hint="A 3g computes on three slices, and holds four of the memory.",
)
def three_slices_for_a_3g(profiles, taken=()):
    if too_many(profiles):
        return None
    return next(iter(layouts(list(profiles), taken, memory=MEMORY | {"3g": 3})), None)


@mistake(
    "m09_mig_layout",
    misconception="every device is empty",
    loses=[BESIDE],
    hint="You placed instances where others run.",
)
def every_device_is_empty(profiles, taken=()):
    return None if too_many(profiles) else next(iter(layouts(list(profiles), ())), None)


@mistake(
    "m09_mig_layout",
    misconception="the last of all layouts",
    loses=[EMPTY, NO_LAYOUT, BESIDE],
    hint="Yours is a layout, but not the first: the first instance should be as low as possible.",
)
def the_last_of_all_layouts(profiles, taken=()):
    if too_many(profiles):
        return None
    backwards = {profile: list(starts)[::-1] for profile, starts in STARTS.items()}
    return next(iter(layouts(list(profiles), taken, starts=backwards)), None)


# --- the promise ------------------------------------------------------------------------------------------------------

WHEN, SPARE, NOW, NEVER = "when", "to spare", "now, and over time", "never"


def promised(now_s, free_gpus, running, needed_gpus):
    """The right promise."""
    if free_gpus + sum(gpus for gpus, _ in running) < needed_gpus:
        raise ValueError("never")
    for end_s in sorted({now_s, *(max(now_s, end_s) for _, end_s in running)}):
        free = free_gpus + sum(gpus for gpus, ends_s in running if max(ends_s, now_s) <= end_s)
        if free >= needed_gpus:
            return {"start_s": end_s, "spare_gpus": free - needed_gpus}
    raise AssertionError


@mistake(
    "m09_reservation",
    misconception="when all have ended",
    loses=[WHEN, SPARE, NOW],
    hint="You wait until every job has ended. The head needs so many GPUs, not all.",
)
def when_all_have_ended(now_s, free_gpus, running, needed_gpus):
    promised(now_s, free_gpus, running, needed_gpus)
    total = free_gpus + sum(gpus for gpus, _ in running)
    return {"start_s": max([now_s, *(end for _, end in running)]), "spare_gpus": total - needed_gpus}


@mistake(
    "m09_reservation",
    misconception="one end after the other",
    loses=[SPARE, NOW],
    hint="Jobs that end at the same moment all give their GPUs back. You stopped at the first that was enough.",
)
def one_end_after_the_other(now_s, free_gpus, running, needed_gpus):
    right = promised(now_s, free_gpus, running, needed_gpus)
    free, when = free_gpus, now_s
    for gpus, end_s in sorted(running, key=lambda one: one[1]):
        if free >= needed_gpus:
            break
        free, when = free + gpus, max(now_s, end_s)
    assert when == right["start_s"]
    return {"start_s": when, "spare_gpus": free - needed_gpus}


@mistake(
    "m09_reservation",
    misconception="a start in the past",
    loses=[NOW],
    hint="A job that is over its time has not ended: it counts as ending now, and nobody starts in the past.",
)
def a_start_in_the_past(now_s, free_gpus, running, needed_gpus):
    right = promised(now_s, free_gpus, running, needed_gpus)
    if free_gpus >= needed_gpus:
        return right
    return promised(min(end for _, end in running), free_gpus, running, needed_gpus)


@mistake(
    "m09_reservation",
    misconception="free GPUs do not count",
    loses=[WHEN, SPARE, NOW],
    hint="The GPUs that are free now stay free until then. You counted only what running jobs give back.",
    mostly=0.6,
)
def free_gpus_do_not_count(now_s, free_gpus, running, needed_gpus):
    right = promised(now_s, free_gpus, running, needed_gpus)
    if sum(gpus for gpus, _ in running) < needed_gpus:
        return {"start_s": max(end for _, end in running) if running else now_s, "spare_gpus": right["spare_gpus"] + 1}
    return promised(now_s, 0, running, needed_gpus)


@mistake(
    "m09_reservation",
    misconception="somebody must end first",
    loses=[NOW],
    hint="Enough GPUs are free now, and you wait for the next end.",
)
def somebody_must_end_first(now_s, free_gpus, running, needed_gpus):
    right = promised(now_s, free_gpus, running, needed_gpus)
    if free_gpus < needed_gpus or not running:
        return right
    end_s = min(end for _, end in running)
    return {"start_s": end_s, "spare_gpus": free_gpus - needed_gpus + sum(g for g, e in running if e == end_s)}


@mistake(
    "m09_reservation",
    misconception="never is at the end",
    loses=[NEVER],
    hint="A job that needs more GPUs than there are gets a time from you, and would head the queue for ever.",
)
def never_is_at_the_end(now_s, free_gpus, running, needed_gpus):
    if free_gpus + sum(gpus for gpus, _ in running) < needed_gpus:
        return {"start_s": np.inf, "spare_gpus": 0}
    return promised(now_s, free_gpus, running, needed_gpus)


# --- a policy for the queue -------------------------------------------------------------------------------------------

DAY, LARGE, LONGEST = "a mixed day", "the large jobs", "the longest wait"


def all_that_fit(places, free_gpus, queue):
    chosen = []
    for place in places:
        if queue[place][0] <= free_gpus:
            chosen.append(place)
            free_gpus -= queue[place][0]
    return chosen


@mistake(
    "m09_jobs_to_start",
    misconception="nobody passes",
    loses=[DAY],
    hint="Nobody passes the head of your queue, and GPUs stand idle while it waits.",
)
def nobody_passes(now_s, free_gpus, running, queue):
    places = []
    for place, (gpus, _) in enumerate(queue):
        if gpus > free_gpus:
            break
        places.append(place)
        free_gpus -= gpus
    return places


@mistake(
    "m09_jobs_to_start",
    misconception="whoever fits",
    loses=[LARGE, LONGEST],
    hint="You start whatever fits. Small jobs always do, and a job that needs all GPUs never gets them together.",
)
def whoever_fits(now_s, free_gpus, running, queue):
    return all_that_fit(range(len(queue)), free_gpus, queue)


@mistake(
    "m09_jobs_to_start",
    misconception="the shortest first",
    loses=[LARGE, LONGEST],
    hint="Short jobs first gives a fine mean, and those at the other end wait for ever.",
)
def the_shortest_first(now_s, free_gpus, running, queue):
    return all_that_fit(sorted(range(len(queue)), key=lambda place: queue[place][1]), free_gpus, queue)


@mistake(
    "m09_jobs_to_start",
    misconception="the largest first",
    loses=[DAY, LONGEST],
    hint="You serve the largest first. Many small jobs wait for one large one, and most jobs are small.",
)
def the_largest_first(now_s, free_gpus, running, queue):
    order, chosen = sorted(range(len(queue)), key=lambda place: -queue[place][0]), []
    for place in order:
        if queue[place][0] > free_gpus:
            break
        chosen.append(place)
        free_gpus -= queue[place][0]
    return chosen


@mistake(
    "m09_jobs_to_start",
    misconception="free for each of them",
    loses=[DAY, LARGE, LONGEST],
    hint="Each of the jobs that you start fits, but not all of them together: subtract what you give away.",
)
def free_for_each_of_them(now_s, free_gpus, running, queue):
    return [place for place, (gpus, _) in enumerate(queue) if gpus <= free_gpus]


# --- fairness ---------------------------------------------------------------------------------------------------------

ALIKE, WEIGHTS, NOT_EVERYTHING, LAST, NO_USERS = (
    "alike in weight",
    "weights",
    "who does not need everything",
    "the last tasks",
    "no such users",
)


def asked_to_divide(capacity, demand, weights):
    demand = np.asarray(demand, dtype=float)
    wrong = np.any(np.asarray(capacity) < 0) or np.any(demand < 0) or np.any(np.asarray(weights) <= 0)
    if wrong or np.any(demand.sum(axis=1) == 0):
        raise ValueError("no such users")


def served(capacity, demand, weights, *, share=None, stop=False, last=False):
    """The right division, but for what is given."""
    has, needs, weights = (np.asarray(one, dtype=float) for one in (capacity, demand, weights))
    share = share or (lambda x, d, c, w: max(x * one / most for one, most in zip(d, c, strict=True) if most > 0) / w)
    tasks = np.zeros(len(needs), dtype=int)
    active = [user for user in range(len(needs)) if np.all(needs[user] <= has)]
    while active:
        levels = {user: round(float(share(tasks[user], needs[user], has, weights[user])), 9) for user in active}
        user = min(active, key=lambda one: (levels[one], -one if last else one))
        if np.all(tasks @ needs + needs[user] <= has * (1 + 1e-9)):
            tasks[user] += 1
        elif stop:
            break
        else:
            active.remove(user)
    return tasks


@mistake(
    "m09_drf_tasks",
    misconception="equal numbers of tasks",
    loses=[ALIKE, WEIGHTS, NOT_EVERYTHING, LAST],
    hint="You give everybody equally many tasks. Who has large ones gets most of the cluster.",
    mostly=0.6,
)
def equal_numbers_of_tasks(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, weights, share=lambda x, d, c, w: x)


@mistake(
    "m09_drf_tasks",
    misconception="shares of the first resource",
    loses=[ALIKE, WEIGHTS, NOT_EVERYTHING, LAST],
    hint="You look at one resource only. A user's dominant share is the largest of all her shares.",
)
def shares_of_the_first_resource(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, weights, share=lambda x, d, c, w: x * d[0] / max(c[0], 1e-9) / w)


@mistake(
    "m09_drf_tasks",
    misconception="shares are added up",
    loses=[ALIKE, WEIGHTS, NOT_EVERYTHING],
    hint="You add a user's shares. The dominant one is the largest, not the sum.",
    mostly=0.6,
)
def shares_are_added_up(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(
        capacity,
        demand,
        weights,
        share=lambda x, d, c, w: sum(x * one / most for one, most in zip(d, c, strict=True) if most > 0) / w,
    )


@mistake(
    "m09_drf_tasks",
    misconception="weights make it worse",
    loses=[WEIGHTS],
    hint="Who has more weight gets less from you: a share is divided by the weight.",
)
def weights_make_it_worse(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, 1 / np.asarray(weights, dtype=float))


@mistake(
    "m09_drf_tasks",
    misconception="all weigh the same",
    loses=[WEIGHTS],
    hint="Your division does not change with the weights.",
)
def all_users_weigh_the_same(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, np.ones(len(weights)))


@mistake(
    "m09_drf_tasks",
    misconception="the first who cannot go on ends it",
    loses=[ALIKE, WEIGHTS, NOT_EVERYTHING, LAST],
    hint="You stop when one user's task no longer fits. Others' tasks may still fit.",
    mostly=0.6,
)
def the_first_ends_it(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, weights, stop=True)


@mistake(
    "m09_drf_tasks",
    misconception="ties for the last",
    loses=[LAST],
    hint="Of users with equal shares you serve the one who stands last.",
)
def ties_for_the_last(capacity, demand, weights):
    asked_to_divide(capacity, demand, weights)
    return served(capacity, demand, weights, last=True)


@mistake(
    "m09_drf_tasks",
    misconception="everybody can be served",
    loses=[NO_USERS],
    hint="A user whose tasks need nothing could have as many as she likes. Refuse what cannot be divided.",
)
def everybody_can_be_served(capacity, demand, weights):
    demand = np.asarray(demand, dtype=float)
    if np.any(demand.sum(axis=1) <= 0) or np.any(demand < 0) or np.any(np.asarray(weights) <= 0):
        return np.zeros(len(demand), dtype=int)
    return served(capacity, demand, weights)


# --- quotas -----------------------------------------------------------------------------------------------------------

LENDS, TAKES, SPARES, LONG_DAY, INSIDE, NO_COHORT = (
    "lends and refuses",
    "takes back",
    "spares",
    "a long day",
    "never more than there are",
    "no cohort",
)


class Cohort:
    """The right cohort; mistakes change one of its steps."""

    def __init__(self, nominal, borrowing):
        self.check(nominal, borrowing)
        self.nominal, self.limits, self.jobs = dict(nominal), dict(borrowing), []

    def check(self, nominal, borrowing):
        if set(nominal) != set(borrowing) or min([*nominal.values(), *borrowing.values()]) < 0:
            raise ValueError("no cohort")

    def used(self, team):
        return sum(gpus for _, owner, gpus, _ in self.jobs if owner == team)

    def borrowed(self, team):
        return max(0, self.used(team) - self.nominal[team])

    def finish(self, job):
        self.jobs = [one for one in self.jobs if one[0] != job]

    def allowed(self, team, gpus):
        return self.used(team) + gpus <= self.nominal[team] + self.limits[team]

    def may_preempt(self, team, gpus):
        return self.used(team) + gpus <= self.nominal[team]

    def order(self):
        latest_first = self.jobs[::-1]
        return sorted(latest_first, key=lambda one: one[3])

    def eligible(self, job, over, team, priority):
        return job[1] != team and over[job[1]] > 0

    def spared(self, victims, missing):
        for one in victims[::-1]:
            if missing + one[2] <= 0:
                victims = [other for other in victims if other is not one]
                missing += one[2]
        return victims, missing

    def admit(self, job, team, gpus, priority):
        if gpus < 1 or team not in self.nominal or any(job == one[0] for one in self.jobs):
            raise ValueError("no such job")
        if not self.allowed(team, gpus):
            return None
        missing = sum(one[2] for one in self.jobs) + gpus - sum(self.nominal.values())
        victims = []
        if missing > 0 and self.may_preempt(team, gpus):
            over = {other: self.borrowed(other) for other in self.nominal}
            for one in self.order():
                if missing > 0 and self.eligible(one, over, team, priority):
                    victims.append(one)
                    over[one[1]] -= one[2]
                    missing -= one[2]
            victims, missing = self.spared(victims, missing)
        if missing > 0:
            return None
        for one in victims:
            self.finish(one[0])
        self.jobs.append((job, team, gpus, priority))
        return [one[0] for one in victims]


@mistake(
    "m09_quota_cohort",
    misconception="lent is lent",
    loses=[TAKES, SPARES, LONG_DAY],
    hint="An owner waits for those who borrowed from her. Then nobody would ever lend.",
    mostly=0.8,
)
class LentIsLent(Cohort):
    def may_preempt(self, team, gpus):
        return False


@mistake(
    "m09_quota_cohort",
    misconception="borrowing without a limit",
    loses=[LENDS, LONG_DAY, INSIDE],
    hint="A team borrows all that is free from you, beyond its limit.",
    mostly=0.3,
)
class BorrowingWithoutALimit(Cohort):
    def allowed(self, team, gpus):
        return True


@mistake(
    "m09_quota_cohort",
    misconception="quotas are walls",
    loses=[LENDS, TAKES, SPARES, LONG_DAY],
    hint="Nobody may borrow from you. Then GPUs stand idle while others wait for them.",
)
class QuotasAreWalls(Cohort):
    def allowed(self, team, gpus):
        return self.used(team) + gpus <= self.nominal[team]


@mistake(
    "m09_quota_cohort",
    misconception="the most important goes first",
    loses=[TAKES, SPARES, LONG_DAY],
    hint="You preempt the highest priority first. The lowest is the first to go.",
    mostly=0.6,
)
class TheMostImportantGoesFirst(Cohort):
    def order(self):
        latest_first = self.jobs[::-1]
        return sorted(latest_first, key=lambda one: -one[3])


@mistake(
    "m09_quota_cohort",
    misconception="the oldest goes first",
    loses=[TAKES, SPARES, LONG_DAY],
    hint="Of equal priorities you preempt the one that has run longest. It has most to lose: the last admitted goes.",
    mostly=0.3,
)
class TheOldestGoesFirst(Cohort):
    def order(self):
        return sorted(self.jobs, key=lambda one: one[3])


@mistake(
    "m09_quota_cohort",
    misconception="who is chosen goes",
    loses=[SPARES, LONG_DAY],
    hint="You preempt jobs without which it would have been enough. Look at those chosen again, and spare them.",
    mostly=0.1,
)
class WhoIsChosenGoes(Cohort):
    def spared(self, victims, missing):
        return victims, missing


@mistake(
    "m09_quota_cohort",
    misconception="priority protects a borrower",
    loses=[TAKES, SPARES, LONG_DAY],
    hint="You preempt only jobs of lower priority. An owner needs no priority against those who borrow.",
    mostly=0.5,
)
class PriorityProtectsABorrower(Cohort):
    def eligible(self, job, over, team, priority):
        return job[1] != team and over[job[1]] > 0 and job[3] < priority


@mistake(
    "m09_quota_cohort",
    misconception="anybody's jobs",
    loses=[SPARES, LONG_DAY],
    hint="You preempt jobs of teams that stay within their quotas. Only those who borrow have to give back.",
    mostly=0.3,
)
class AnybodysJobs(Cohort):
    def eligible(self, job, over, team, priority):
        return job[1] != team


@mistake(
    "m09_quota_cohort",
    misconception="any quota will do",
    loses=[NO_COHORT],
    hint="A quota of -1, or a team without a limit, is no cohort: raise ValueError.",
)
class AnyQuotaWillDo(Cohort):
    def check(self, nominal, borrowing):
        pass


# --- placement --------------------------------------------------------------------------------------------------------

ONE_NODE, PHASES, STRAYS, EDGES, NO_PLACEMENT = (
    "one node",
    "three phases",
    "strays",
    "at the edges",
    "no such placement",
)


def used_devices(devices_on_node):
    if any(one < 0 for one in devices_on_node) or not sum(devices_on_node):
        raise ValueError("no such placement")
    return [one for one in devices_on_node if one]


def phase_s(devices, size_bytes, link):
    return (devices - 1) * (link[0] + size_bytes / devices / link[1])


def slowest(inner, outer):
    return max(inner[0], outer[0]), min(inner[1], outer[1])


def reduced_s(size_bytes, used, inner, outer, *, piece=None):
    """The right time, but for what is given."""
    if len(set(used)) > 1:
        return 2 * phase_s(sum(used), size_bytes, slowest(inner, outer))
    between = phase_s(len(used), size_bytes / used[0] if piece is None else piece, outer)
    return 2 * phase_s(used[0], size_bytes, inner) + 2 * between


@mistake(
    "m09_placed_all_reduce_s",
    misconception="one ring for all",
    loses=[PHASES, EDGES],
    hint="You send everything around one ring, at the speed of the network. Three phases send an eighth of it there.",
)
def one_ring_for_all(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    used = used_devices(devices_on_node)
    inner, outer = (inner_startup_s, inner_bytes_per_s), (outer_startup_s, outer_bytes_per_s)
    return 2 * phase_s(sum(used), size_bytes, inner if len(used) == 1 else slowest(inner, outer))


@mistake(
    "m09_placed_all_reduce_s",
    misconception="strays do no harm",
    loses=[STRAYS, EDGES],
    hint="You use three phases where nodes have unequal numbers of devices. Their pieces do not match there.",
)
def strays_do_no_harm(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    used = used_devices(devices_on_node)
    inner, outer = (inner_startup_s, inner_bytes_per_s), (outer_startup_s, outer_bytes_per_s)
    return reduced_s(size_bytes, [max(used)] * len(used), inner, outer)


@mistake(
    "m09_placed_all_reduce_s",
    misconception="the whole buffer between nodes",
    loses=[PHASES, EDGES],
    hint="After the first phase each device holds the sum of a piece, S over g. Only that goes between nodes.",
)
def the_whole_buffer_between_nodes(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    inner, outer = (inner_startup_s, inner_bytes_per_s), (outer_startup_s, outer_bytes_per_s)
    return reduced_s(size_bytes, used_devices(devices_on_node), inner, outer, piece=size_bytes)


@mistake(
    "m09_placed_all_reduce_s",
    misconception="sums without results",
    loses=[ONE_NODE, PHASES, STRAYS, EDGES],
    hint="You scatter the sums and forget to gather them: an all-reduce is two phases, each as long.",
)
def sums_without_results(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    inner, outer = (inner_startup_s, inner_bytes_per_s), (outer_startup_s, outer_bytes_per_s)
    return reduced_s(size_bytes, used_devices(devices_on_node), inner, outer) / 2


@mistake(
    "m09_placed_all_reduce_s",
    misconception="any placement is one",
    loses=[NO_PLACEMENT],
    hint="A job without a device takes no time here. It is no placement: raise ValueError.",
)
def any_placement_is_one(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    used = [one for one in devices_on_node if one > 0]
    inner, outer = (inner_startup_s, inner_bytes_per_s), (outer_startup_s, outer_bytes_per_s)
    return reduced_s(size_bytes, used, inner, outer) if used else 0.0


# --- failures ---------------------------------------------------------------------------------------------------------

FIRST_ORDER, EXACT, INTERVALS, NOTHING, AXES, VIEW = (
    "first order",
    "exact",
    "intervals",
    "where it says nothing",
    "axes",
    "in view",
)


def drawn(interval_s, checkpoint_s, restart_s, mtbf_s, **other):
    """The right picture, but for what is given."""
    tau = np.asarray(interval_s, dtype=float)
    first = 1 - checkpoint_s / tau - (tau * other.get("lost", 0.5) + restart_s) / mtbf_s

    def exact(t):
        restart = 0 if other.get("no_restart") else restart_s
        return t / (mtbf_s * np.exp(restart / mtbf_s) * (np.exp((t + checkpoint_s) / mtbf_s) - 1))

    young = math.sqrt(other.get("factor", 2) * checkpoint_s * mtbf_s)
    xi = checkpoint_s / 2 / mtbf_s
    daly = young * (1 + math.sqrt(xi) / 3 + xi / 9) - (0 if other.get("plus") else checkpoint_s)
    kept = first >= 0 if not other.get("clipped") else np.full(tau.shape, True)

    def at(t):
        return float(1 - checkpoint_s / t - (t / 2 + restart_s) / mtbf_s if other.get("on_first") else exact(t))

    return {
        "title": "" if other.get("bare") else "Goodput",
        "x": {
            "label": "" if other.get("bare") else "interval [s]",
            "scale": "linear" if other.get("linear") else "log",
            "limits": [tau[0], tau[-1]],
        },
        "y": {"label": "goodput [1]", "scale": "linear", "limits": [0, 1]},
        "series": [
            {"label": "first order", "kind": "line", "x": tau[kept], "y": np.maximum(first, 0)[kept]},
            {"label": "exact", "kind": "line", "x": tau, "y": exact(tau)},
        ],
        "marks": [{"label": "Young", "x": young, "y": at(young)}, {"label": "Daly", "x": daly, "y": at(daly)}],
        "left_out": [],
    }


@mistake(
    "m09_goodput_figure",
    misconception="a whole interval is lost",
    loses=[FIRST_ORDER, NOTHING],
    hint="A failure strikes somewhere in an interval: on average half of it is lost, not all.",
)
def a_whole_interval_is_lost(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, lost=1.0)


@mistake(
    "m09_goodput_figure",
    misconception="restarts take no time",
    loses=[EXACT, INTERVALS, NOTHING],
    hint="Your exact line knows nothing of restarts.",
)
def restarts_take_no_time(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, no_restart=True)


@mistake(
    "m09_goodput_figure",
    misconception="Young without the two",
    loses=[INTERVALS],
    hint="There is a 2 under Young's root: half an interval is lost, and its slope sets the optimum.",
)
def young_without_the_two(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, factor=1)


@mistake(
    "m09_goodput_figure",
    misconception="Daly with the checkpoint",
    loses=[INTERVALS],
    hint="Daly's interval is the progress between two checkpoints: the checkpoint itself is subtracted.",
)
def daly_with_the_checkpoint(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, plus=True)


@mistake(
    "m09_goodput_figure",
    misconception="marks on the other line",
    loses=[INTERVALS],
    hint="Your marks lie on the first-order line. They belong on the exact one.",
)
def marks_on_the_other_line(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, on_first=True)


@mistake(
    "m09_goodput_figure",
    misconception="nothing is less than nothing",
    loses=[NOTHING],
    hint="Where the first-order line is negative, you draw it at zero. It says nothing there: leave it out.",
)
def nothing_is_less_than_nothing(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, clipped=True)


@mistake(
    "m09_goodput_figure",
    misconception="a linear axis for minutes and days",
    loses=[AXES],
    hint="From seconds to hours a linear axis shows the hours only.",
)
def a_linear_axis(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, linear=True)


@mistake(
    "m09_goodput_figure",
    misconception="a picture without words",
    loses=[VIEW],
    hint="An axis without a label: nobody knows what is drawn, in which unit.",
)
def a_picture_without_words(interval_s, checkpoint_s, restart_s, mtbf_s):
    return drawn(interval_s, checkpoint_s, restart_s, mtbf_s, bare=True)


# --- memory -----------------------------------------------------------------------------------------------------------

STATES, ACTIVATIONS, FEW, IDLE, FITS, NO_PLAN = (
    "states",
    "activations",
    "few micro-batches",
    "idle",
    "what fits",
    "no such plan",
)


def planned(model, plans, memory_bytes, **other):
    """The right table, but for what is given."""
    rows = {"devices": [], "state_bytes": [], "activation_bytes": [], "fits": [], "idle_share": []}
    for plan in plans:
        t, p, d, m, stage = (plan[name] for name in ("tensor", "pipeline", "data", "micro_batches", "zero_stage"))
        known = plan["recompute"] in ("none", "selective", "full") and stage in range(4) and not model["layers"] % p
        if not known and not other.get("anything"):
            raise ValueError("no such plan")
        order = other.get("order", (12, 2, 2))
        held = sum(part / (d if number < stage else 1) for number, part in enumerate(order))
        states = model["parameters"] / t / p * (16 if other.get("no_zero") else held)
        sbh = plan["micro_batch"] * model["sequence"] * model["width"]
        inner = 0 if plan["recompute"] == "selective" and not other.get("kept") else (
            5 * model["heads"] * model["sequence"] / model["width"]
        )  # fmt: skip
        layer = sbh / t * (34 + inner)
        if plan["recompute"] == "full":
            layer = 2 * sbh / (t if other.get("divided") else 1)
        flight = other.get("flight", min)(p, m)
        activations = layer * model["layers"] / p * flight
        rows["devices"].append(t * p * d)
        rows["state_bytes"].append(states)
        rows["activation_bytes"].append(activations)
        rows["fits"].append(states + (0 if other.get("states_only") else activations) <= memory_bytes)
        rows["idle_share"].append((p - 1) / (m if other.get("ideal") else m + p - 1))
    return rows


@mistake(
    "m09_training_table",
    misconception="weights first",
    loses=[STATES],
    hint="Your first stage of ZeRO divides the weights. It begins with what is largest: the optimizer's states.",
)
def weights_first(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, order=(2, 2, 12))


@mistake(
    "m09_training_table",
    misconception="sixteen bytes for everybody",
    loses=[STATES],
    hint="Every device holds all 16 bytes of a parameter with you. That is what ZeRO does away with.",
)
def sixteen_bytes_for_everybody(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, no_zero=True)


@mistake(
    "m09_training_table",
    misconception="one micro-batch at a time",
    loses=[ACTIVATIONS, FEW],
    hint="While one micro-batch travels down the pipeline, the first stage begins others. How many are under way?",
)
def one_micro_batch_at_a_time(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, flight=lambda p, m: 1)


@mistake(
    "m09_training_table",
    misconception="as many as stages",
    loses=[FEW],
    hint="You hold as many micro-batches as there are stages. There may be fewer of them.",
)
def as_many_as_stages(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, flight=lambda p, m: p)


@mistake(
    "m09_training_table",
    misconception="all micro-batches at once",
    loses=[ACTIVATIONS],
    hint="You hold the activations of all micro-batches. Forward and backward take turns, so only some are under way.",
)
def all_micro_batches_at_once(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, flight=lambda p, m: m)


@mistake(
    "m09_training_table",
    misconception="attention is kept",
    loses=[ACTIVATIONS, FEW],
    hint="Selective recomputation drops the term that grows with the square of the sequence. You kept it.",
)
def attention_is_kept(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, kept=True)


@mistake(
    "m09_training_table",
    misconception="inputs are divided",
    loses=[ACTIVATIONS, FEW],
    hint="With full recomputation each device keeps the layer's whole input: it is not divided by t.",
)
def inputs_are_divided(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, divided=True)


@mistake(
    "m09_training_table",
    misconception="idle over ideal time",
    loses=[IDLE],
    hint="You divide by the ideal time. The share of the step's time has the idle time below the line as well.",
)
def idle_over_ideal_time(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, ideal=True)


@mistake(
    "m09_training_table",
    misconception="states alone must fit",
    loses=[FITS],
    hint="You held the states against the memory. Activations lie there at the same time.",
)
def states_alone_must_fit(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, states_only=True)


@mistake(
    "m09_training_table",
    misconception="any plan is one",
    loses=[NO_PLAN],
    hint="Stages with a third of a layer, or a fourth stage of ZeRO, get numbers here. Refuse them.",
)
def any_plan_is_one(model, plans, memory_bytes):
    return planned(model, plans, memory_bytes, anything=True)
