"""Rooms with too many racks, drawn and searched; floorplans of unequal blocks, all of them tried."""

from __future__ import annotations

import json
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from reference_solutions.m11_power_thermal.block_model import package_network, steady_temperatures_k
from reference_solutions.m11_power_thermal.oversubscription import (
    capped_power_w,
    measured_racks,
    racks_within_limit,
)
from reference_solutions.m11_power_thermal.slicing import annealed_floorplan, slicing_floorplan

PACKAGE = json.loads((Path(__file__).parents[1] / "oracles/m11_power_thermal/b4_quad_square.json").read_text())[
    "config"
]


def drawn_w(racks, mean_w, deviation_w, correlation, times=100_000, seed=1):
    """Sums of racks that share a load."""
    draw = np.random.default_rng(seed)
    common = draw.normal(size=(times, 1)) * np.sqrt(correlation)
    own = draw.normal(size=(times, racks)) * np.sqrt(1 - correlation)
    return (mean_w + deviation_w * (common + own)).sum(axis=1)


@pytest.mark.parametrize("correlation", [0.0, 0.2, 1.0])
def test_drawn_racks_keep_the_limit_and_one_more_does_not(correlation):
    racks = racks_within_limit(250e3, 12e3, 3e3, correlation, 0.01)
    assert np.mean(drawn_w(racks, 12e3, 3e3, correlation) > 250e3) < 0.0112
    assert np.mean(drawn_w(racks + 1, 12e3, 3e3, correlation) > 250e3) > 0.01


@pytest.mark.parametrize("seed", range(5))
def test_a_search_over_the_number_of_racks(seed):
    draw = np.random.default_rng(seed)
    mean, deviation, correlation, share = (
        draw.uniform(5, 15),
        draw.uniform(0, 6),
        draw.uniform(0, 1),
        draw.uniform(0.001, 0.4),
    )
    racks = 0
    while (
        stats.norm.sf(
            400,
            (racks + 1) * mean,
            deviation * np.sqrt(racks + 1 + (racks + 1) * racks * correlation),
        )
        <= share
    ):
        racks += 1
    assert racks_within_limit(400, mean, deviation, correlation, share) == racks


def test_limits_of_a_room():
    quantile = stats.norm.ppf(0.999)
    assert racks_within_limit(1e6, 12e3, 3e3, 1.0, 0.001) == int(1e6 / (12e3 + quantile * 3e3)), "all as one"
    assert racks_within_limit(1e6, 12e3, 0.0, 0.5, 0.001) == 83, "no spread: the mean counts"
    assert racks_within_limit(1e6, 12e3, 3e3, 0.9, 0.5) == 83, "half of the time above it: the mean, too"
    assert racks_within_limit(120e3, 12e3, 0.0, 0.0, 0.01) == 10, "the limit itself is within it"
    assert racks_within_limit(14e3, 12e3, 3e3, 0.0, 0.01) == 0
    for arguments in (
        (0, 1, 1, 0.1, 0.1),
        (9, 1, -1, 0.1, 0.1),
        (9, 1, 1, 1.1, 0.1),
        (9, 1, 1, 0.1, 0),
        (9, 1, 1, 0.1, 0.6),
    ):
        with pytest.raises(ValueError, match=r"positive|a deviation"):
            racks_within_limit(*arguments)


@pytest.mark.parametrize(("racks", "correlation"), [(20, 0.0), (20, 0.3), (21, 0.8), (24, 0.1)])
def test_what_is_capped(racks, correlation):
    found = float(capped_power_w(racks, 250e3, 12e3, 3e3, correlation))
    above = np.maximum(drawn_w(racks, 12e3, 3e3, correlation) - 250e3, 0)
    assert abs(found - above.mean()) < 4 * above.std() / np.sqrt(above.size)
    spread = 3e3 * np.sqrt(racks + racks * (racks - 1) * correlation)
    excess, _ = integrate.quad(lambda w: stats.norm.sf(w, racks * 12e3, spread), 250e3, racks * 12e3 + 20 * spread)
    assert found == pytest.approx(excess, rel=1e-6)


def test_limits_of_capping():
    assert capped_power_w(100, 1e6, 12e3, 1e-6) == pytest.approx(200e3), "no spread: all that is too much"
    assert capped_power_w(10, 1e6, 12e3, 3e3) == pytest.approx(0, abs=1e-9)
    for arguments in ((0, 1e6, 1, 1, 0), (1, 0, 1, 1, 0), (1, 1, 1, 1, -0.1)):
        with pytest.raises(ValueError, match=r"positive|a rack"):
            capped_power_w(*arguments)


def test_measured_racks_one_after_the_other():
    draw = np.random.default_rng(2)
    powers = draw.uniform(5, 15, (500, 40))
    for share in (0.0, 0.01, 0.2):
        racks = 0
        while racks < 40 and sum(row[: racks + 1].sum() > 200 for row in powers) <= share * 500:
            racks += 1
        assert measured_racks(powers, 200, share) == racks
    assert measured_racks(powers, 1e9, 0.0) == measured_racks(powers, 1.0, 1.0) == 40
    assert measured_racks(powers, 1.0, 0.5) == 0
    normal = 120 + 10 * draw.normal(size=(20_000, 12))
    assert measured_racks(normal, 1000, 0.01) == racks_within_limit(1000, 120, 10, 0.0, 0.01)
    for table, limit, share in (
        ([1.0], 1, 0.1),
        (np.empty((0, 2)), 1, 0.1),
        ([[-1.0]], 1, 0.1),
        ([[1.0]], 0, 0.1),
        ([[1.0]], 1, 2),
    ):
        with pytest.raises(ValueError, match=r"measurements|positive"):
            measured_racks(table, limit, share)


def expressions(names):
    """All postfix expressions of these blocks in this order."""
    if len(names) == 1:
        return [list(names)]
    return [
        [*first, *second, cut]
        for at in range(1, len(names))
        for first in expressions(names[:at])
        for second in expressions(names[at:])
        for cut in "*+"
    ]


def box(expression, sides):
    """Width and height of an expression, with the sides of each block as they are."""
    stack = []
    for word in expression:
        if word in "*+":
            (wb, hb), (wa, ha) = stack.pop(), stack.pop()
            stack.append((wa + wb, max(ha, hb)) if word == "*" else (max(wa, wb), ha + hb))
        else:
            stack.append(sides[word])
    return stack[0]


def turns(blocks):
    """The blocks in all their turns."""
    for turned in product((False, True), repeat=len(blocks)):
        yield {name: sides[::-1] if turn else sides for (name, sides), turn in zip(blocks.items(), turned, strict=True)}


def area(places):
    right = max(left + width for width, _, left, _ in places.values())
    return right * max(low + height for _, height, _, low in places.values())


def blocks_of(seed, count=4):
    draw = np.random.default_rng(seed)
    return {name: tuple(draw.integers(1, 8, 2).astype(float).tolist()) for name in "abcdefgh"[:count]}


@pytest.mark.parametrize("seed", range(3))
def test_every_turn_of_every_block(seed):
    blocks = blocks_of(seed)
    for expression in expressions(list(blocks)):
        places = slicing_floorplan(expression, blocks)
        assert area(places) == min(np.prod(box(expression, sides)) for sides in turns(blocks))
        assert list(places) == list(blocks), "in the order of the expression"


def check_no_overlap(places, blocks):
    for name, (width, height, left, low) in places.items():
        assert (width, height) in (blocks[name], blocks[name][::-1])
        assert min(left, low) >= 0
    for (wa, ha, xa, ya), (wb, hb, xb, yb) in combinations(places.values(), 2):
        assert xa + wa <= xb or xb + wb <= xa or ya + ha <= yb or yb + hb <= ya


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_best_of_all_expressions(seed):
    blocks = blocks_of(seed)
    best = min(area(slicing_floorplan(one, blocks)) for order in permutations(blocks) for one in expressions(order))
    found = annealed_floorplan(blocks, area, steps=1500, seed=seed)
    assert area(found) == best
    check_no_overlap(found, blocks)


def test_larger_plans_do_not_overlap_and_waste_little():
    blocks = blocks_of(9, count=8)
    found = annealed_floorplan(blocks, area, steps=3000)
    check_no_overlap(found, blocks)
    assert area(found) < 1.15 * sum(width * height for width, height in blocks.values())
    assert found == annealed_floorplan(blocks, area, steps=3000), "the same seed, the same plan"


def test_a_cool_plan_is_the_coolest_of_all():
    blocks = {"hot": (2e-3, 2e-3), "warm": (2e-3, 4e-3), "cache": (6e-3, 4e-3), "rim": (8e-3, 2e-3)}
    watts = {"hot": 12.0, "warm": 6.0, "cache": 3.0, "rim": 2.0}

    def price(places):
        network = package_network(list(places.values()), PACKAGE)
        power_w = [watts[name] for name in places]
        return max(steady_temperatures_k(network, power_w, 318.15)[: len(places)]) - 318.15 + 2e5 * area(places)

    plans = [slicing_floorplan(one, blocks) for order in permutations(blocks) for one in expressions(order)]
    found = annealed_floorplan(blocks, price, steps=800)
    assert price(found) == pytest.approx(min(price(places) for places in plans), rel=1e-9)


def test_refusals_of_plans():
    blocks = {"a": (1.0, 2.0), "b": (2.0, 2.0)}
    for expression, said in (
        (["a", "*"], "each block once"),
        (["a", "b"], "ends before"),
        (["a", "*", "b"], "nothing to cut"),
        (["a", "b", "b", "*", "+"], "each block once"),
    ):
        with pytest.raises(ValueError, match=said):
            slicing_floorplan(expression, blocks)
    with pytest.raises(ValueError, match="sides are positive"):
        slicing_floorplan(["a"], {"a": (0.0, 1.0)})
    with pytest.raises(ValueError, match="no block"):
        annealed_floorplan({}, area)
    assert annealed_floorplan({"a": (3.0, 2.0)}, area) == {"a": (2.0, 3.0, 0.0, 0.0)}
