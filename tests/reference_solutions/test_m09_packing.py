"""Packing: recorded tools, integer programmes, everything tried, and the proven guarantees as properties."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reference_solutions.m09_cluster.bin_packing import fewest_bins, fewest_bins_bound, packed_bins
from reference_solutions.m09_cluster.fragmentation import choose_node, fragmentation_gpus
from reference_solutions.m09_cluster.gpu_sharing import most_free_node, turned_away_share
from reference_solutions.m09_cluster.mig import MIG_STARTS, mig_layout
from reference_solutions.m09_cluster.vector_packing import node_scores

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m09_cluster/packing_drf.json").read_text())["cases"]
RULES = ("first fit", "best fit", "first fit decreasing", "best fit decreasing")
ITEMS = st.lists(st.integers(1, 20), min_size=1, max_size=11)


def bins(sizes, capacity, rule):
    return 1 + int(max(packed_bins(sizes, capacity, rule)))


@pytest.mark.parametrize("case", RECORDED["bins"])
def test_recorded_packings(case):
    items, capacity = case["items"], case["capacity"]
    assert bins(items, capacity, "first fit") == case["FF"]
    assert bins(items, capacity, "first fit decreasing") == case["FFD"]
    found = packed_bins(items, capacity, "first fit decreasing")
    contents = [sorted(np.array(items)[found == place].tolist(), reverse=True) for place in range(case["FFD"])]
    assert contents == case["FFD_bins"]
    assert fewest_bins(items, capacity) == case["OPT_bin_completion"]
    assert case["lower_bound_L1"] <= fewest_bins_bound(items, capacity) <= case["OPT_bin_completion"]


@settings(max_examples=40)
@given(ITEMS)
def test_the_optimum_by_integer_programming(items):
    """A variable for each item in each bin, and one for each bin."""
    n, capacity = len(items), 20
    cost = np.r_[np.zeros(n * n), np.ones(n)]
    each = np.zeros((n, n * n + n))
    room = np.zeros((n, n * n + n))
    for item, place in itertools.product(range(n), repeat=2):
        each[item, item * n + place] = 1
        room[place, item * n + place] = items[item]
    room[np.arange(n), n * n + np.arange(n)] = -capacity
    constraints = [optimize.LinearConstraint(each, 1, 1), optimize.LinearConstraint(room, -np.inf, 0)]
    solved = optimize.milp(cost, constraints=constraints, integrality=np.ones(len(cost)), bounds=optimize.Bounds(0, 1))
    assert fewest_bins(items, capacity) == round(solved.fun)


@given(ITEMS)
def test_bounds_and_guarantees(items):
    best = fewest_bins(items, 20)
    assert math.ceil(sum(items) / 20) <= fewest_bins_bound(items, 20) <= best
    assert best <= bins(items, 20, "first fit decreasing") <= Fraction(11, 9) * best + Fraction(6, 9)
    assert best <= bins(items, 20, "first fit") <= math.floor(Fraction(17, 10) * best)


@given(ITEMS, st.sampled_from(RULES))
def test_every_packing_is_one(items, rule):
    found, sizes = packed_bins(items, 20, rule), np.array(items)
    assert all(sizes[found == place].sum() <= 20 for place in range(max(found) + 1))
    for place in range(1, max(found) + 1):  # a bin was opened because its first item fitted nowhere
        order = sorted(range(len(items)), key=lambda item: -items[item]) if "decreasing" in rule else range(len(items))
        first = next(item for item in order if found[item] == place)
        before = [item for item in order[: list(order).index(first)] if found[item] < place]
        for other in range(place):
            assert sizes[[item for item in before if found[item] == other]].sum() + items[first] > 20


def test_bins_by_hand():
    assert packed_bins([0.6, 0.6, 0.4, 0.4], 1.0, "first fit").tolist() == [0, 1, 0, 1]
    assert packed_bins([0.1, 0.2, 0.7], 1.0, "first fit").tolist() == [0, 0, 0]
    assert packed_bins([5, 6, 2, 3], 8, "first fit").tolist() == [0, 1, 0, 2]
    assert packed_bins([5, 6, 2, 3], 8, "best fit").tolist() == [0, 1, 1, 0]
    assert packed_bins([4, 4, 4], 8, "best fit decreasing").tolist() == [0, 0, 1]
    assert packed_bins([], 8, "best fit").tolist() == []
    assert fewest_bins_bound([], 8) == 0
    for sizes, rule in (([9], "best fit"), ([0], "first fit"), ([1], "worst fit")):
        with pytest.raises(ValueError, match=r"item|rule"):
            packed_bins(sizes, 8, rule)
    with pytest.raises(ValueError, match="item"):
        fewest_bins_bound([9], 8)
    with pytest.raises(ValueError, match="item"):
        fewest_bins([9], 8)


def test_the_schedulers_own_values(shared_oracles):
    recorded = json.loads((shared_oracles / "systems/cluster/kube_scoring.json").read_text())["cases"]
    names = {"LeastAllocated": "least", "MostAllocated": "most"}
    checked = 0
    for case in recorded:
        if case["strategy"] in names:
            table = node_scores(
                case["pod_request_cpu_mem"], case["node_capacity"], case["node_used"], case["weights_cpu_mem"]
            )
            scores = table[names[case["strategy"]]]
            expected = [one if fits else 0 for one, fits in zip(case["expected_scores"], table["fits"], strict=True)]
            assert scores == expected
            checked += 1
    assert checked == 7


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(0, 90), st.integers(0, 20), st.integers(1, 3)), min_size=2))
def test_scores_in_exact_fractions(resources):
    capacity, used, asked, weights = (list(one) for one in zip(*resources, strict=True))
    table = node_scores(asked, [capacity], [used], weights)
    total = [a + u for a, u in zip(asked, used, strict=True)]
    assert table["fits"] == [all(t <= c for t, c, a in zip(total, capacity, asked, strict=True) if a)]
    if not table["fits"][0]:
        assert [table[name] for name in ("least", "most", "balanced", "alignment")] == [[0], [0], [0], [0.0]]
        return
    free = [math.floor(Fraction(max(c - t, 0) * 100, c)) for t, c in zip(total, capacity, strict=True)]
    full = [math.floor(Fraction(min(c, t) * 100, c)) for t, c in zip(total, capacity, strict=True)]
    assert table["least"] == [math.floor(Fraction(sum(map(math.prod, zip(weights, free))), sum(weights)))]  # noqa: B905
    assert table["most"] == [math.floor(Fraction(sum(map(math.prod, zip(weights, full))), sum(weights)))]  # noqa: B905
    shares = [min(Fraction(t, c), Fraction(1)) for t, c in zip(total, capacity, strict=True)]
    mean = sum(shares) / len(shares)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in shares) / len(shares))
    assert abs(table["balanced"][0] - 100 * (1 - deviation)) <= 1
    aligned = sum(Fraction(a, c) * (1 - Fraction(u, c)) for a, u, c in zip(asked, used, capacity, strict=True))
    assert table["alignment"][0] == pytest.approx(float(aligned))


def test_nodes_without_a_resource():
    table = node_scores([2, 0], [[8, 0], [8, 4]], [[2, 0], [2, 2]], [1, 1])
    assert table["fits"] == [True, True]
    assert table["least"] == [50, 50]
    assert table["balanced"] == [100, 100]
    assert node_scores([2, 1], [[8, 0]], [[2, 0]], [1, 1])["fits"] == [False]


@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), min_size=1, max_size=8),
    st.sampled_from([0, 0.25, 0.5, 0.7, 1, 2, 4]),
    st.booleans(),
)
def test_fragmentation_gpu_by_gpu(free, asked, cpus):
    """Of no use is a GPU that is not in any choice of GPUs on which the task could run."""
    whole = max(1, math.ceil(asked))
    choices = [c for c in itertools.combinations(range(len(free)), whole) if all(free[g] >= min(asked, 1) for g in c)]
    useful = {gpu for choice in choices for gpu in choice} if asked and cpus else set()
    expected = sum(share for gpu, share in enumerate(free) if gpu not in useful)
    assert fragmentation_gpus(free, 4, [asked], [4 if cpus else 5], [1.0]) == pytest.approx(expected)
    both = fragmentation_gpus(free, 4, [asked, 0], [4 if cpus else 5, 1], [0.25, 0.75])
    assert both == pytest.approx(0.25 * expected + 0.75 * sum(free))


def test_the_steepest_descent_by_hand():
    mix = [[0.5, 0.5], [2.0, 0.5]]
    assert choose_node([[1.0, 1.0], [1.0, 0.5]], 0.5, mix) == 1
    assert choose_node([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]], 2.0, mix) == 0
    assert choose_node([[0.4, 0.4], [1.0, 0.0]], 0.5, mix) == 1


def test_one_gpu_is_a_renewal_process():
    """A task that stays for S is followed by the first one that comes when it has left: one in E[ceil(S)] is served."""
    rng = np.random.default_rng(7)
    stays = rng.exponential(2.0, 20_000).tolist()
    found = turned_away_share(most_free_node, [1.0] * 20_000, stays, [], 1, 1)
    assert 1 - found == pytest.approx(1 - math.exp(-0.5), rel=0.03)  # ceil of an exponential time is geometric


def test_a_trace_by_hand_and_what_is_conserved():
    held = []

    def looked_at(free, asked, mix):
        held.append(sum(map(sum, free)))
        return most_free_node(free, asked, mix)

    assert turned_away_share(looked_at, [2, 0.5, 1, 0.5, 2], [2, 9, 9, 9, 9], [], 2, 2) == pytest.approx(2 / 6)
    assert held == [4.0, 2.0, 3.5, 2.5]
    with pytest.raises(ValueError, match="without room"):
        turned_away_share(lambda free, asked, mix: 0, [1, 1], [9, 9], [], 2, 1)


def test_packing_beats_spreading_by_far():
    rng, mix = np.random.default_rng(1), [[0.3, 0.5], [0.6, 0.3], [1.0, 0.1], [8.0, 0.1]]
    tasks = rng.choice([kind[0] for kind in mix], 200, p=[kind[1] for kind in mix]).tolist()
    stays = rng.exponential(0.9 * 64 / 1.23, 200).tolist()
    packed, spread = (turned_away_share(policy, tasks, stays, mix, 8, 8) for policy in (choose_node, most_free_node))
    assert packed < 0.5 * spread


def test_the_largest_numbers_of_the_guide():
    for profile, most in {"1g": 7, "2g": 3, "3g": 2, "4g": 1, "7g": 1}.items():
        assert mig_layout([profile] * most) is not None
        assert mig_layout([profile] * (most + 1)) is None


def test_layouts_by_subsets_of_placements():
    """All sets of placements that do not overlap, built slice by slice, against the search."""
    memory = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}
    everything = [(profile, start) for profile, starts in MIG_STARTS.items() for start in starts]
    valid = [()]
    frontier = [((), 0, frozenset())]
    while frontier:
        chosen, after, used = frontier.pop()
        for place in range(after, len(everything)):
            profile, start = everything[place]
            slices = frozenset(range(start, start + memory[profile]))
            if not slices & used and sum(int(p[0]) for p, _ in [*chosen, (profile, start)]) <= 7:
                valid.append((*chosen, (profile, start)))
                frontier.append((valid[-1], place + 1, used | slices))
    possible = {tuple(sorted(profile for profile, _ in one)) for one in valid}
    for count in range(5):
        for profiles in itertools.combinations_with_replacement(sorted(memory), count):
            found = mig_layout(profiles)
            assert (found is not None) == (profiles in possible), profiles
            if found is not None:
                assert tuple(sorted(zip(profiles, found, strict=True))) in {tuple(sorted(one)) for one in valid}
    larger = {one: [two for two in possible if len(two) > len(one)] for one in possible}
    maximal = [
        one for one in possible if not any(all(two.count(p) >= one.count(p) for p in one) for two in larger[one])
    ]
    assert len(maximal) == 12
    assert ("3g", "4g") in maximal


def test_layouts_beside_what_runs():
    assert mig_layout(["1g", "3g"], taken=[0]) == [1, 4]
    assert mig_layout(["2g", "2g"], taken=[1, 6]) == [2, 4]
    assert mig_layout(["3g"], taken=[1, 5]) is None
    assert mig_layout([]) == []
    assert mig_layout(["3g", "3g"]) == [0, 4]
