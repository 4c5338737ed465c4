"""The grid model against what HotSpot 7 wrote out, against the block model of its cells, and against itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from reference_solutions.m11_power_thermal.block_model import package_network, steady_temperatures_k
from reference_solutions.m11_power_thermal.grid_model import grid_steady_k, grid_transient_k

RECORDED = Path(__file__).parents[1] / "oracles/m11_power_thermal"
CASES = {path.stem: json.loads(path.read_text()) for path in sorted(RECORDED.glob("g*.json"))}
AIR_K = 318.15
PACKAGE = CASES["g4_quad_grid16"]["config"]
QUAD = [[0.005, 0.005, x, y] for y in (0.0, 0.005) for x in (0.0, 0.005)]


def plan_of(case):
    """Names of the blocks, their rectangles, and the power trace in their order."""
    lines = [line.split() for line in case["floorplan_flp"].splitlines() if line.strip() and line[0] != "#"]
    heads, *rows = [line.split() for line in case["ptrace"].splitlines() if line.strip()]
    order = [heads.index(line[0]) for line in lines]
    blocks = np.array([[float(word) for word in line[1:5]] for line in lines])
    return [line[0] for line in lines], blocks, np.array(rows, dtype=float)[:, order]


def check_steady_state(case):
    names, blocks, watts = plan_of(case)
    found = grid_steady_k(blocks, watts.mean(axis=0), case["config"], *case["grid"], AIR_K)
    for layer, prefix in enumerate(("", "iface_", "hsp_", "hsink_")):
        recorded = [case["steady_K"][prefix + name] for name in names]
        np.testing.assert_allclose(found["blocks"][layer], recorded, atol=1e-6)
    np.testing.assert_allclose(found["beyond"], [case["steady_K"][f"inode_{k}"] for k in range(12)], atol=1e-6)
    return found["cells"][0]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hotspots_steady_states(case):
    cells = check_steady_state(case)
    if "grid_steady_layer0_K" in case:
        np.testing.assert_allclose(cells.ravel(), case["grid_steady_layer0_K"], atol=6e-6)
    else:
        recorded = case["grid_steady_layer0_K_minmaxmean"]
        np.testing.assert_allclose([cells.min(), cells.max(), cells.mean()], recorded, atol=1e-6)


def test_hotspots_transient():
    case = CASES["gt4_quad_grid16_transient"]
    _, blocks, watts = plan_of(case)
    found = grid_transient_k(blocks, watts, case["config"], *case["grid"], AIR_K, case["config"]["sampling_intvl"])
    np.testing.assert_allclose(found, case["transient_K"], atol=1e-6)


@pytest.mark.shared
def test_hotspots_example_on_a_grid(shared_oracles):
    case = json.loads((shared_oracles / "microarchitecture/hotspot/ev6_grid64.json").read_text())
    cells = check_steady_state(case)
    recorded = case["grid_steady_layer0_K_minmaxmean"]
    np.testing.assert_allclose([cells.min(), cells.max(), cells.mean()], recorded, atol=1e-6)


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 6), (5, 1)])
def test_cells_are_blocks(rows, columns):
    cell = 0.002
    cells = [[cell, cell, column * cell, (rows - 1 - row) * cell] for row in range(rows) for column in range(columns)]
    watts = np.random.default_rng(1).uniform(0, 2, len(cells))
    found = grid_steady_k(cells, watts, PACKAGE, rows, columns, AIR_K)
    expected = steady_temperatures_k(package_network(cells, PACKAGE), watts, AIR_K)
    np.testing.assert_allclose(found["cells"].ravel(), expected[:-12], atol=1e-8)
    np.testing.assert_allclose(found["beyond"], expected[-12:], atol=1e-8)
    np.testing.assert_allclose(found["blocks"][0], expected[: len(cells)], atol=1e-8)


def test_all_heat_leaves_through_the_sink():
    watts = np.array([12.0, 2.0, 5.0, 0.5])
    found = grid_steady_k(QUAD, watts, PACKAGE, 10, 10, AIR_K)
    spreader, sink, die = PACKAGE["s_spreader"], PACKAGE["s_sink"], 0.01
    areas = np.r_[
        np.full(100, die**2 / 100), np.full(4, (spreader**2 - die**2) / 4), np.full(4, (sink**2 - spreader**2) / 4)
    ]
    conducting = areas / (PACKAGE["r_convec"] * sink**2 + PACKAGE["t_sink"] / PACKAGE["k_sink"])
    leaving = conducting @ (np.r_[found["cells"][3].ravel(), found["beyond"][4:]] - AIR_K)
    assert leaving == pytest.approx(watts.sum(), rel=1e-9)


def test_power_is_spread_by_area_whatever_the_cut():
    whole = grid_steady_k([[0.01, 0.01, 0, 0]], [9.0], PACKAGE, 7, 7, AIR_K)
    parts = [[0.0031, 0.01, 0, 0], [0.0069, 0.0044, 0.0031, 0], [0.0069, 0.0056, 0.0031, 0.0044]]
    watts = [9 * width * height / 1e-4 for width, height, *_ in parts]
    cut = grid_steady_k(parts, watts, PACKAGE, 7, 7, AIR_K)
    np.testing.assert_allclose(cut["cells"], whole["cells"], atol=1e-9)
    moved = grid_steady_k(np.add(parts, [0, 0, 0.3, -0.2]), watts, PACKAGE, 7, 7, AIR_K)
    np.testing.assert_allclose(moved["cells"], whole["cells"], atol=1e-9)


def test_turning_the_die_turns_the_picture():
    found = grid_steady_k(QUAD, [12.0, 2.0, 0.0, 6.0], PACKAGE, 8, 8, AIR_K)["cells"][0]
    turned = grid_steady_k(QUAD, [2.0, 6.0, 12.0, 0.0], PACKAGE, 8, 8, AIR_K)["cells"][0]  # a quarter, clockwise
    np.testing.assert_allclose(turned, np.rot90(found, -1), atol=1e-9)
    assert np.unravel_index(found.argmax(), found.shape)[0] >= 4, "the first block lies in the south"


def test_finer_cells_settle_on_a_spot_hotter_than_its_block():
    found = [grid_steady_k(QUAD, [12.0, 2.0, 2.0, 6.0], PACKAGE, n, n, AIR_K) for n in (4, 8, 16, 32)]
    hottest = [one["cells"][0].max() for one in found]
    apart = np.abs(np.diff(hottest))
    assert apart[0] > 2 * apart[1] > 4 * apart[2]
    assert hottest[-1] > found[-1]["blocks"][0][0] + 0.3


def test_a_transient_ends_in_the_steady_state():
    watts = [12.0, 2.0, 5.0, 0.5]
    steady = grid_steady_k(QUAD, watts, PACKAGE, 6, 6, AIR_K)["blocks"][0]
    long = grid_transient_k(QUAD, [watts] * 400, PACKAGE, 6, 6, AIR_K, 1.0)
    np.testing.assert_allclose(long[-1], steady, atol=1e-3)
    short, twice = (grid_transient_k(QUAD, [watts] * n, PACKAGE, 6, 6, AIR_K, 0.01 / n)[-1] for n in (64, 128))
    coarse = grid_transient_k(QUAD, [watts], PACKAGE, 6, 6, AIR_K, 0.01)[-1]
    assert np.abs(short - twice).max() < 0.01 < np.abs(coarse - twice).max(), "one step is behind the truth"


def test_refusals():
    for blocks, rows, columns in (
        ([[0.01, 0.01, 0, 0]], 4, 5),
        ([[0.01, 0.01, 0, 0]], 0, 0),
        ([[0.02, 0.01, 0, 0]], 4, 4),
        ([[0.0, 0.0, 0, 0], [0.01, 0.01, 0, 0]], 4, 4),
    ):
        with pytest.raises(ValueError, match="cells are square"):
            grid_steady_k(blocks, [1.0] * len(blocks), PACKAGE, rows, columns, AIR_K)
    with pytest.raises(ValueError, match="positive"):
        grid_transient_k(QUAD, [[1.0] * 4], PACKAGE, 4, 4, AIR_K, 0.0)
