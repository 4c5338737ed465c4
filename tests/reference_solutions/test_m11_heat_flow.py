"""The block model against what HotSpot 7 wrote out; transients against integrators, closed forms, recorded traces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from reference_solutions.m11_power_thermal.block_model import PackageNetwork, package_network, steady_temperatures_k
from reference_solutions.m11_power_thermal.block_stack import stack_w_per_k
from reference_solutions.m11_power_thermal.transient import longest_rk4_step_s, rises_k

RECORDED = Path(__file__).parents[1] / "oracles/m11_power_thermal"
CASES = {path.stem: json.loads(path.read_text()) for path in sorted(RECORDED.glob("b*.json"))}
EV6 = ["ev6_block", "ev6_block_steadyinit"]


def plan_of(case):
    """Names of the blocks, their rectangles, and the power trace in their order."""
    lines = [line.split() for line in case["floorplan_flp"].splitlines() if line.strip() and line[0] != "#"]
    heads, *rows = [line.split() for line in case["ptrace"].splitlines() if line.strip()]
    order = [heads.index(line[0]) for line in lines]
    blocks = np.array([[float(word) for word in line[1:5]] for line in lines])
    return [line[0] for line in lines], blocks, np.array(rows, dtype=float)[:, order]


def network_of(case):
    _, blocks, _ = plan_of(case)
    found = package_network(blocks, case["config"])
    if case["config"].get("block_omit_lateral"):  # of the silicon only
        n, silicon = len(blocks), found.conductance_w_per_k
        lateral = stack_w_per_k(blocks, [case["config"]["t_chip"]], [case["config"]["k_chip"]])
        silicon[:n, :n] -= lateral
    return found


def recorded_matrix(case):
    recorded = case["rc_network"]
    matrix = np.zeros((recorded["n_nodes"], recorded["n_nodes"]))
    for row, column, value in recorded["B_upper_triplets"]:
        matrix[int(row), int(column)] = matrix[int(column), int(row)] = value
    return matrix


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hotspots_matrices(case):
    found, n = network_of(case), case["rc_network"]["n_units"]
    np.testing.assert_allclose(found.conductance_w_per_k, recorded_matrix(case), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.capacitance_j_per_k, case["rc_network"]["capacitance_J_per_K"], rtol=1e-9)
    np.testing.assert_allclose(found.ambient_w_per_k[3 * n :], case["rc_network"]["g_amb_W_per_K"], rtol=1e-9)
    assert not found.ambient_w_per_k[: 3 * n].any()


def check_steady_state(case):
    names, _, watts = plan_of(case)
    found = steady_temperatures_k(network_of(case), watts.mean(axis=0), case["config"]["ambient"])
    layers = [prefix + name for prefix in ("", "iface_", "hsp_", "hsink_") for name in names]
    layers += [f"inode_{number}" for number in range(12)]
    np.testing.assert_allclose(found, [case["steady_K"][name] for name in layers], rtol=0, atol=1e-6)


def check_transient(case):
    names, _, watts = plan_of(case)
    network, ambient = network_of(case), case["config"]["ambient"]
    assert case["transient_names"] == names
    start = np.full(len(network.capacitance_j_per_k), case["config"]["init_temp"] - ambient)
    if case["init"] == "steady":
        start = steady_temperatures_k(network, watts.mean(axis=0), ambient) - ambient
    heat = np.pad(watts, ((0, 0), (0, len(start) - len(names))))
    rises = rises_k(
        network.conductance_w_per_k, network.capacitance_j_per_k, heat, case["config"]["sampling_intvl"], start
    )
    np.testing.assert_allclose(ambient + rises[:, : len(names)], case["transient_K"], rtol=0, atol=0.02)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hotspots_temperatures(case):
    check_steady_state(case)
    check_transient(case)


@pytest.mark.shared
@pytest.mark.parametrize("name", EV6)
def test_hotspots_temperatures_of_ev6(shared_oracles, name):
    case = json.loads((shared_oracles / f"microarchitecture/hotspot/{name}.json").read_text())
    check_steady_state(case)
    check_transient(case)


@pytest.mark.shared
def test_the_example_of_hotspots_distribution(shared_oracles):
    """Its gcc trace: 40.2073 W on average, IntReg_1 hottest."""
    case = json.loads((shared_oracles / "microarchitecture/hotspot/ev6_block.json").read_text())
    names, _, watts = plan_of(case)
    assert watts.mean(axis=0).sum() == pytest.approx(40.2073, abs=1e-4)
    found = dict(zip(names, steady_temperatures_k(network_of(case), watts.mean(axis=0), 318.15), strict=False))
    assert max(found, key=found.get) == "IntReg_1"
    for name, kelvin in {
        "IntReg_1": 343.01,
        "IntReg_0": 342.43,
        "LdStQ": 336.58,
        "Dcache": 335.27,
        "L2": 323.85,
    }.items():
        assert found[name] == pytest.approx(kelvin, abs=0.006)


# --- the stack --------------------------------------------------------------------------------------------------------


def random_plan(rng):
    """A rectangle cut into blocks by cuts from side to side; perhaps one is left out."""
    blocks = [[float(rng.uniform(0.004, 0.012)), float(rng.uniform(0.004, 0.012)), 0.0, 0.0]]
    for _ in range(int(rng.integers(1, 7))):
        width, height, left, low = blocks.pop(int(rng.integers(len(blocks))))
        part = rng.uniform(0.3, 0.7)
        if rng.random() < 0.5:
            blocks += [[width * part, height, left, low], [width * (1 - part), height, left + width * part, low]]
        else:
            blocks += [[width, height * part, left, low], [width, height * (1 - part), left, low + height * part]]
    return np.array(blocks[1:] if len(blocks) > 4 else blocks)


def by_pairs(blocks, thickness, conductivity):
    """Pair by pair: what shares a piece of edge meets through half of each."""
    n = len(blocks)
    matrix = np.zeros((n * len(thickness), n * len(thickness)))
    for layer, (t, k) in enumerate(zip(thickness, conductivity, strict=True)):
        for i, (w, h, x, y) in enumerate(blocks):
            pairs = [(layer * n + i + n, k * w * h / t)] if layer + 1 < len(thickness) else []
            for j, (w2, h2, x2, y2) in enumerate(blocks[i + 1 :], i + 1):
                edge_y, edge_x = min(y + h, y2 + h2) - max(y, y2), min(x + w, x2 + w2) - max(x, x2)
                if min(abs(x + w - x2), abs(x2 + w2 - x)) < 1e-6 < edge_y:
                    pairs.append((layer * n + j, 1 / (w / 2 / (k * edge_y * t) + w2 / 2 / (k * edge_y * t))))
                elif min(abs(y + h - y2), abs(y2 + h2 - y)) < 1e-6 < edge_x:
                    pairs.append((layer * n + j, 1 / (h / 2 / (k * edge_x * t) + h2 / 2 / (k * edge_x * t))))
            for node, conductance in pairs:
                here = layer * n + i
                matrix[[here, node], [node, here]] -= conductance
                matrix[[here, node], [here, node]] += conductance
    return matrix


def test_a_stack_pair_by_pair():
    rng = np.random.default_rng(4)
    for _ in range(40):
        blocks, layers = random_plan(rng), int(rng.integers(1, 5))
        thickness, conductivity = rng.uniform(1e-5, 1e-2, layers), rng.uniform(1, 400, layers)
        found = stack_w_per_k(blocks, thickness, conductivity)
        np.testing.assert_allclose(found, by_pairs(blocks, thickness, conductivity), rtol=1e-9, atol=1e-12)
        assert np.abs(found.sum(axis=1)).max() < 1e-9


def test_a_rod_conducts_like_a_rod():
    """Twenty slices of a rod: between the middles of the outer two lie 19 of 20 parts of its length."""
    slices = np.column_stack([np.full(20, 0.001), np.full(20, 0.002), np.arange(20) * 0.001, np.zeros(20)])
    laplacian = stack_w_per_k(slices, [0.0005], [130.0])
    resistance = np.linalg.pinv(laplacian)
    between = resistance[0, 0] + resistance[-1, -1] - 2 * resistance[0, -1]
    assert between == pytest.approx(0.019 / (130.0 * 0.002 * 0.0005), rel=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        ([[0.01, 0.01, 0, 0], [0.01, 0.01, 0.005, 0.002]], [1e-4], [100.0]),
        ([[0.01, 0.0, 0, 0]], [1e-4], [100.0]),
        ([[0.01, 0.01, 0, 0]], [0.0], [100.0]),
        ([[0.01, 0.01, 0, 0]], [1e-4], [-1.0]),
    ],
)
def test_a_stack_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match=r"overlap|positive"):
        stack_w_per_k(*wrong)


def test_all_heat_leaves_by_the_sink():
    rng = np.random.default_rng(5)
    for _ in range(10):
        blocks, config = random_plan(rng), CASES["b4_quad_square"]["config"]
        watts = rng.uniform(0, 20, len(blocks))
        network = package_network(blocks, config)
        found = steady_temperatures_k(network, watts, 300.0)
        assert network.ambient_w_per_k @ (found - 300.0) == pytest.approx(watts.sum(), rel=1e-9)


def test_what_is_symmetric_stays_so():
    case = CASES["b4_quad_square"]
    _, blocks, _ = plan_of(case)
    found = steady_temperatures_k(package_network(blocks, case["config"]), [7.0] * 4, 300.0)
    np.testing.assert_allclose(found[:4], found[0], rtol=1e-12)


def test_heat_wants_a_way_out():
    lonely = PackageNetwork(np.zeros((1, 1)), np.zeros(1), np.ones(1))
    with pytest.raises(ValueError, match="ambient"):
        steady_temperatures_k(lonely, [1.0], 300.0)


# --- over time --------------------------------------------------------------------------------------------------------


def random_network(rng, nodes):
    links = np.triu(rng.uniform(0.01, 5, (nodes, nodes)) * (rng.random((nodes, nodes)) < 0.7), 1)
    links += links.T
    ambient = rng.uniform(0.05, 1, nodes)
    return np.diag(links.sum(axis=1) + ambient) - links, 10 ** rng.uniform(-2, 1, nodes)


def test_transients_by_the_matrix_exponential():
    rng = np.random.default_rng(6)
    for nodes in (1, 2, 5, 9):
        conductance, capacitance = random_network(rng, nodes)
        watts, step_s, state = rng.uniform(0, 10, (12, nodes)), float(rng.uniform(0.01, 2)), rng.uniform(0, 5, nodes)
        found = rises_k(conductance, capacitance, watts, step_s, state)
        decay = expm(-conductance / capacitance[:, np.newaxis] * step_s)
        for row, power in zip(found, watts, strict=True):
            settled = np.linalg.solve(conductance, power)
            state = settled + decay @ (state - settled)
            np.testing.assert_allclose(row, state, rtol=1e-9)


def test_transients_by_an_integrator():
    rng = np.random.default_rng(7)
    conductance, capacitance = random_network(rng, 6)
    watts, state = rng.uniform(0, 10, (4, 6)), np.zeros(6)
    for power, row in zip(watts, rises_k(conductance, capacitance, watts, 0.3), strict=True):
        solved = solve_ivp(
            lambda _, x, power=power: (power - conductance @ x) / capacitance,
            (0, 0.3),
            state,
            method="Radau",
            rtol=1e-10,
            atol=1e-12,
        )
        state = solved.y[:, -1]
        np.testing.assert_allclose(row, state, rtol=1e-7)


@settings(max_examples=30)
@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0, 50), st.floats(0.01, 10))
def test_one_node_charges_exponentially(conductance, capacitance, watts, step_s):
    found = rises_k([[conductance]], [capacitance], np.full((5, 1), watts), step_s)[:, 0]
    t = step_s * np.arange(1, 6)
    expected = watts / conductance * -np.expm1(-t * conductance / capacitance)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)


def test_a_pulse_train_settles_at_its_closed_form():
    """100 W for 1 s of 4 through 0.5 K/W with a time constant of 2 s: 22.7527 K at the end of each pulse."""
    found = rises_k([[2.0]], [4.0], np.tile([[100.0], [0.0], [0.0], [0.0]], (40, 1)), 1.0)[:, 0]
    peak = 50 * (1 - np.exp(-0.5)) / (1 - np.exp(-2.0))
    assert found[-4] == pytest.approx(peak, rel=1e-9)
    assert peak == pytest.approx(22.7527, abs=1e-4)


def test_heat_that_cannot_leave_stays():
    closed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = rises_k(closed, [2.0, 3.0], [[5.0, 0.0]] * 10, 0.5)
    np.testing.assert_allclose(found @ [2.0, 3.0], 2.5 * np.arange(1, 11), rtol=1e-9)


def test_a_runge_kutta_step_is_stable_up_to_its_limit():
    conductance, capacitance = random_network(np.random.default_rng(8), 5)
    matrix = conductance / capacitance[:, np.newaxis]
    limit = longest_rk4_step_s(conductance, capacitance)

    def after(step_s):
        z, state = -matrix * step_s, np.ones(5)
        grows = np.eye(5) + z + z @ z / 2 + z @ z @ z / 6 + z @ z @ z @ z / 24
        return np.abs(np.linalg.matrix_power(grows, 4000) @ state).max()

    assert after(0.99 * limit) < 1
    assert after(1.01 * limit) > 1e6


@pytest.mark.parametrize("wrong", [([0.0], 1.0), ([1.0], 0.0)])
def test_transients_refuse_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="positive"):
        rises_k([[1.0]], wrong[0], [[1.0]], wrong[1])
