"""What must hold of the answers of module 11's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import Conserved, Equal, Exercise, Fast, Outcome, Property, Raises, Scenario, call, column, sampled
from reference_solutions.m11_power_thermal.block_stack import stack_w_per_k
from reference_solutions.m11_power_thermal.dram_energy import dram_energy_j
from reference_solutions.m11_power_thermal.dvfs_day import always_fastest, always_slowest, dvfs_day, ondemand
from reference_solutions.m11_power_thermal.dynamic_power import unit_power_w
from reference_solutions.m11_power_thermal.energy_counter import EnergyCounter
from reference_solutions.m11_power_thermal.energy_metrics import design_table
from reference_solutions.m11_power_thermal.leakage import leakage_fit, leakage_power_w
from reference_solutions.m11_power_thermal.power_calibration import calibrated_scales
from reference_solutions.m11_power_thermal.runaway import settled_temperature_c
from reference_solutions.m11_power_thermal.transient import rises_k

# --- dynamic power ----------------------------------------------------------------------------------------------------


def counted(rng, shape, *, gated, frequency_hz=2e9, voltage_v=1.0, window_s=1.0):
    units = shape[-1]
    gated_share = rng.uniform(0.1, 0.9, shape) if gated else np.zeros(shape)
    energies = rng.uniform(5e-12, 2e-10, units), rng.uniform(1e-12, 4e-11, units)
    events = rng.integers(1, 3e9 * window_s, shape)
    return call(events, *energies, gated_share, window_s, frequency_hz, voltage_v, 1.0)


def at_the_nominal_voltage(rng):
    return counted(rng, (4,), gated=False, window_s=float(10 ** rng.uniform(-5, -2)))


def with_gated_clocks(rng):
    return counted(rng, (4,), gated=True, frequency_hz=float(rng.uniform(1e9, 4e9)))


def at_other_voltages(rng):
    one = counted(rng, (3,), gated=False, voltage_v=float(rng.uniform(0.5, 0.8)))
    return call(*one.args[:-1], float(rng.uniform(0.9, 1.2)))


def over_windows(rng):
    hertz, volts = rng.uniform(1e9, 4e9, 5), rng.uniform(0.5, 0.9, 5)
    return counted(
        rng, (5, 3), gated=True, frequency_hz=hertz, voltage_v=volts, window_s=float(10 ** rng.uniform(-5, -2))
    )


RIGHT = ([1e6, 2e6], [1e-11, 1e-11], [1e-12, 1e-12], [0.5, 0.0], 1e-3, 1e9, 0.9, 1.0)

UNIT_POWER = Exercise(
    "m11_unit_power_w",
    reference=unit_power_w,
    checks=[
        Equal(
            "events and clocks",
            weight=1.25,
            cases=sampled(at_the_nominal_voltage, count=3),
            message="One window at the nominal voltage, no clock gated.",
        ),
        Equal("gated clocks", weight=1, cases=sampled(with_gated_clocks, count=3), message="Clocks that stand still."),
        Equal("other voltages", weight=0.75, cases=sampled(at_other_voltages, count=3), message="A lower supply."),
        Equal(
            "many windows",
            weight=0.75,
            cases=sampled(over_windows, count=3),
            message="A table of windows, each with a clock and a supply of its own.",
        ),
        Raises(
            ValueError,
            "no such window",
            weight=0.25,
            cases=[
                call(*RIGHT[:3], [0.5, 1.2], *RIGHT[4:]),
                call(*RIGHT[:3], [-0.1, 0.5], *RIGHT[4:]),
                call([1e6, -1], *RIGHT[1:]),
                call(*RIGHT[:4], 0.0, *RIGHT[5:]),
                call(*RIGHT[:5], 0.0, *RIGHT[6:]),
                call(*RIGHT[:6], -0.9, 1.0),
                call(*RIGHT[:7], 0.0),
            ],
            message="Shares that are none, negative counts, windows, clocks and voltages that are not positive.",
        ),
    ],
)

# --- leakage ----------------------------------------------------------------------------------------------------------


def law(rng):
    """Nominal leakage, nominal point, exponents."""
    return [float(rng.uniform(*limits)) for limits in ((2, 40), (0.7, 1.0), (40, 80), (1, 5), (0.01, 0.03))]


def measured(rng, count, noise):
    nominal_w, nominal_v, nominal_c, per_v, per_k = law(rng)
    volts, degrees = rng.uniform(0.6, 1.2, count), rng.uniform(25, 105, count)
    watts = leakage_power_w(nominal_w, volts, degrees, nominal_v, nominal_c, per_v, per_k)
    return call(watts * rng.lognormal(0, noise, count), volts, degrees, nominal_v, nominal_c)


def planted(rng):
    return measured(rng, 6, 0.0)


def noisy(rng):
    return measured(rng, 15, 0.15)


def of_fit(*names):
    return lambda fit: [fit[name] for name in names]


LEAKAGE = Exercise(
    "m11_leakage_fit",
    reference=leakage_fit,
    checks=[
        Equal(
            "the law itself",
            weight=1.5,
            cases=sampled(planted, count=3),
            part=of_fit("nominal_w", "per_v", "per_k"),
            rtol=1e-5,
            message="Measurements that lie on the law exactly.",
        ),
        Equal(
            "with scatter",
            weight=1.25,
            cases=sampled(noisy, count=3),
            part=of_fit("nominal_w", "per_v", "per_k"),
            rtol=1e-5,
            message="Measurements with errors, each of which counts alike by its relative size.",
        ),
        Equal(
            "doubling",
            weight=0.75,
            cases=sampled(planted, count=3),
            part=of_fit("doubling_k"),
            rtol=1e-5,
            message="How many kelvin double the leakage.",
        ),
        Raises(
            ValueError,
            "nothing determined",
            weight=0.5,
            cases=[
                call([1.0, 2.0], [1.0, 1.1], [50.0, 60.0], 1.0, 60.0),
                call([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], [50.0, 60.0, 70.0], 1.0, 60.0),
                call([1.0, 2.0, 3.0, 4.0], [0.8, 0.9, 1.0, 1.1], [50.0] * 4, 1.0, 60.0),
                call([1.0, 0.0, 3.0], [1.0, 1.1, 1.0], [50.0, 60.0, 70.0], 1.0, 60.0),
                call([1.0, 2.0, 3.0], [1.0, -1.1, 1.0], [50.0, 60.0, 70.0], 1.0, 60.0),
            ],
            message="Too few measurements, all at one voltage or temperature, and powers that are none.",
        ),
    ],
)

# --- calibration ------------------------------------------------------------------------------------------------------


def chips(rng, workloads, units, low, high):
    """Powers by the model, leakage, and what a meter shows of units with factors from `low` to `high`."""
    unit_w = rng.uniform(0.5, 5, (workloads, units)) * (rng.random((workloads, units)) < 0.8) + 0.1
    other_w = rng.uniform(1, 6, workloads)
    return unit_w, other_w, unit_w @ rng.uniform(low, high, units) + other_w


def few_anchors(rng):
    return call(*chips(rng, 5, 6, 0.9, 1.15), [4, 0, 2], ridge=float(10 ** rng.uniform(-3, -1.5)))


def far_off(rng):
    """Two units are further off than is allowed, two are nearly right."""
    unit_w, other_w, _ = chips(rng, 6, 4, 1.0, 1.0)
    planted = [rng.uniform(1.9, 2.6), rng.uniform(0.9, 1.1), rng.uniform(0.3, 0.5), rng.uniform(0.9, 1.1)]
    return call(unit_w, other_w, unit_w @ planted + other_w, [0, 1, 2, 3, 4], low=0.7, high=1.4, ridge=0.02)


BY_DEFAULT = [
    call([[3.0, 1.0], [1.0, 2.0]], [1.0, 1.0], [6.0, 4.0], [0]),
    call([[3.0, 0.1], [0.0, 2.0]], [1.0, 1.0], [12.0, 1.5], [0, 1]),
]


ONE = ([[3.0, 1.0], [1.0, 2.0]], [1.0, 1.0], [5.0, 4.0], [0])

CALIBRATION = Exercise(
    "m11_calibrated_scales",
    reference=calibrated_scales,
    checks=[
        Equal(
            "near one",
            weight=2,
            cases=sampled(few_anchors, count=3),
            part=lambda found: found["scales"],
            rtol=1e-3,
            message="Fewer anchors than units: factors inside of the limits.",
        ),
        Equal(
            "at the limits",
            weight=1.25,
            cases=[*BY_DEFAULT, sampled(far_off, count=4)],
            part=lambda found: found["scales"],
            rtol=1e-3,
            message="A table that is further off than the limits allow.",
        ),
        Equal(
            "what is left",
            weight=1.25,
            cases=sampled(few_anchors, count=3),
            part=lambda found: found["errors"],
            rtol=1e-2,
            atol=3e-4,
            message="The corrected model's error in each workload, held out or not.",
        ),
        Raises(
            ValueError,
            "no calibration",
            weight=0.5,
            cases=[
                call(*ONE[:3], []),
                call(*ONE[:2], [0.0, 4.0], [1]),
                call(*ONE, ridge=0.0),
                call(*ONE, low=1.1),
                call(*ONE, low=0.0),
                call(*ONE, high=0.9),
            ],
            message="No anchor, no measured power, no ridge, limits that do not enclose 1.",
        ),
    ],
)

# --- the stack --------------------------------------------------------------------------------------------------------


def cut(rng, blocks):
    """A rectangle cut from side to side, again and again, so that edges are shared in part."""
    plan = [[float(rng.uniform(0.008, 0.016)), float(rng.uniform(0.008, 0.016)), 0.0, 0.0]]
    while len(plan) < blocks:
        width, height, left, low = plan.pop(int(np.argmax([one[0] * one[1] for one in plan])))
        part = rng.uniform(0.3, 0.7)
        if width > height:
            plan += [[width * part, height, left, low], [width * (1 - part), height, left + width * part, low]]
        else:
            plan += [[width, height * part, left, low], [width, height * (1 - part), left, low + height * part]]
    return np.array(plan)


def materials(rng, layers):
    return rng.uniform(1e-4, 5e-3, layers), rng.uniform(2, 400, layers)


def one_block(rng):
    return call([[*rng.uniform(0.003, 0.02, 2), 0.0, 0.0]], *materials(rng, int(rng.integers(2, 5))))


def one_layer(rng):
    return call(cut(rng, int(rng.integers(4, 8))), *materials(rng, 1))


def whole_stack(rng):
    return call(cut(rng, int(rng.integers(3, 6))), *materials(rng, int(rng.integers(2, 5))))


def with_gaps(rng):
    """A block is missing, and the rest is moved off the origin; two touch but for rounding."""
    plan = np.delete(cut(rng, 6), int(rng.integers(6)), axis=0)
    plan[:, 2:] += np.array([0.02, 0.01]) + rng.uniform(-1e-8, 1e-8, plan[:, 2:].shape)
    return call(plan, *materials(rng, 1))


CORNER = [[0.004, 0.004, 0.0, 0.0], [0.004, 0.004, 0.004, 0.004], [0.004, 0.004, 0.009, 0.004]]
PAIR = [[0.004, 0.004, 0.0, 0.0], [0.004, 0.004, 0.004, 0.0]]

STACK = Exercise(
    "m11_stack_w_per_k",
    reference=stack_w_per_k,
    checks=[
        Equal("down", weight=1.5, cases=sampled(one_block, count=3), message="One block, several layers."),
        Equal("sideways", weight=1.75, cases=sampled(one_layer, count=4), message="Several blocks, one layer."),
        Equal("the whole stack", weight=1, cases=sampled(whole_stack, count=3), message="Blocks and layers."),
        Equal(
            "edges and gaps",
            weight=0.75,
            cases=[call(CORNER, [0.001], [100.0]), sampled(with_gaps, count=3)],
            message="Blocks that meet at a corner, with a gap between them, or touch but for rounding.",
        ),
        Property(
            "a Laplacian",
            weight=0.5,
            cases=sampled(whole_stack, count=3),
            holds=lambda pairs: all(
                np.allclose(np.sum(matrix, axis=1), 0, atol=1e-9 * np.max(np.abs(matrix)))
                and np.allclose(matrix, np.transpose(matrix))
                for _, matrix in pairs
            ),
            message="What leaves a node reaches another: rows add up to nothing, and the matrix is symmetric.",
        ),
        Raises(
            ValueError,
            "no such plan",
            weight=0.5,
            cases=[
                call([[0.004, 0.004, 0.0, 0.0], [0.004, 0.004, 0.003, 0.001]], [0.001], [100.0]),
                call([[0.008, 0.008, 0.0, 0.0], [0.002, 0.002, 0.003, 0.003]], [0.001], [100.0]),
                call([[0.0, 0.004, 0.0, 0.0], [0.004, 0.004, 0.004, 0.0]], [0.001], [100.0]),
                call(PAIR, [0.001, 0.0], [100.0, 100.0]),
                call(PAIR, [0.001, 0.001], [100.0, -1.0]),
            ],
            message="Blocks that overlap, or lie in each other; sizes and conductivities that are not positive.",
        ),
    ],
)

# --- transients -------------------------------------------------------------------------------------------------------


def network(rng, nodes, slowest):
    """A chain of nodes with links across, and capacitances from 1 down to 1 / slowest."""
    links = np.triu(rng.uniform(0.1, 2, (nodes, nodes)), 1)
    links += links.T
    air = rng.uniform(0.05, 0.5, nodes)
    return np.diag(links.sum(axis=1) + air) - links, rng.permutation(np.geomspace(1 / slowest, 1, nodes))


def short_steps(rng):
    matrix, heat = network(rng, 4, 5)
    return call(matrix, heat, rng.uniform(0, 60, (10, 4)), float(rng.uniform(0.05, 0.1)))


def long_steps(rng):
    matrix, heat = network(rng, 5, 40)
    return call(matrix, heat, rng.uniform(0, 60, (4, 5)), float(rng.uniform(0.3, 1.0)))


def from_warm(rng):
    matrix, heat = network(rng, 3, 5)
    start = rng.uniform(30, 60, 3) if rng.random() < 0.5 else float(rng.uniform(30, 60))
    return call(matrix, heat, rng.uniform(0, 40, (4, 3)), float(rng.uniform(0.05, 0.2)), start)


def isolated(rng):
    """Two nodes that lead to each other only."""
    link = float(rng.uniform(0.5, 2))
    heat = rng.uniform(0.5, 2, 2)
    return call([[link, -link], [-link, link]], heat, rng.uniform(5, 20, (5, 2)), float(rng.uniform(0.3, 1.0)))


def many_stiff_steps(rng):
    matrix, heat = network(rng, 20, 1e4)
    rate = float(np.max(np.diag(matrix) / heat))
    return call(matrix, heat, rng.uniform(0, 60, (1000, 20)), 1000 / rate)


TRANSIENT = Exercise(
    "m11_rises_k",
    reference=rises_k,
    checks=[
        Equal(
            "short steps",
            weight=1.25,
            cases=sampled(short_steps, count=3),
            atol=0.01,
            message="Steps that are short for every node.",
        ),
        Equal(
            "long steps",
            weight=1.25,
            cases=sampled(long_steps, count=3),
            atol=0.01,
            message="Steps that are long for some nodes and short for others.",
        ),
        Equal("from warm", weight=0.75, cases=sampled(from_warm, count=4), atol=0.01, message="A warm start."),
        Equal(
            "nowhere to go",
            weight=0.5,
            cases=sampled(isolated, count=2),
            atol=0.01,
            message="Nodes from which nothing leads to the air.",
        ),
        Fast(
            "a long trace",
            weight=1,
            case=sampled(many_stiff_steps, count=1),
            cpu_s=0.5,
            atol=0.01,
            message="A thousand steps of twenty nodes, a thousand times as long as the fastest node's time.",
        ),
        Raises(
            ValueError,
            "no such network",
            weight=0.25,
            cases=[
                call([[1.0]], [0.0], [[1.0]], 1.0),
                call([[1.0]], [1.0], [[1.0]], 0.0),
                call([[1.0]], [-1.0], [[1.0]], 1.0),
            ],
            message="Capacitances and steps that are not positive.",
        ),
    ],
)

# --- leakage and temperature ------------------------------------------------------------------------------------------


def chip_below(rng, share):
    """A chip whose leakage stands at this share of what runs away."""
    ambient, resistance, dynamic = float(rng.uniform(15, 45)), float(rng.uniform(0.1, 0.7)), float(rng.uniform(20, 100))
    per_k, nominal = float(rng.uniform(0.01, 0.03)), float(rng.uniform(40, 80))
    leakage = share / (np.e * per_k * resistance) * np.exp(-per_k * (ambient + resistance * dynamic - nominal))
    return ambient, resistance, dynamic, float(leakage), per_k, nominal


def mild(rng):
    return call(*chip_below(rng, rng.uniform(0.2, 0.6)))


def near_the_end(rng):
    return call(*chip_below(rng, rng.uniform(0.95, 0.998)))


def beyond(rng):
    return call(*chip_below(rng, rng.uniform(1.005, 1.6)))


def tables(rng):
    ambient, resistance, dynamic, leakage, per_k, nominal = chip_below(rng, 0.8)
    return call([[ambient], [ambient + 3]], resistance * np.array([0.7, 0.9, 1.4]), dynamic, leakage, per_k, nominal)


SETTLED = Exercise(
    "m11_settled_temperature_c",
    reference=settled_temperature_c,
    checks=[
        Equal(
            "far from the end",
            weight=1.25,
            cases=[call(25.0, 0.4, 50.0, 0.0, 0.02, 60.0), sampled(mild, count=4)],
            rtol=1e-6,
            message="Chips that settle easily, and one that does not leak.",
        ),
        Equal(
            "near the end", weight=1, cases=sampled(near_the_end, count=4), rtol=1e-6, message="Chips that just settle."
        ),
        Equal(
            "runaway",
            weight=0.75,
            cases=[call(25.0, 0.4, 80.0, 200.0, 0.03, 25.0), sampled(beyond, count=4)],
            message="Chips that settle nowhere.",
        ),
        Equal(
            "tables",
            weight=0.75,
            cases=sampled(tables, count=3),
            rtol=1e-6,
            message="Arrays of coolants against arrays of coolers, some of which are not enough.",
        ),
        Raises(
            ValueError,
            "no such chip",
            weight=0.25,
            cases=[
                call(25.0, 0.0, 50.0, 5.0, 0.02, 60.0),
                call(25.0, [0.4, -0.1], 50.0, 5.0, 0.02, 60.0),
                call(25.0, 0.4, -1.0, 5.0, 0.02, 60.0),
                call(25.0, 0.4, 50.0, -5.0, 0.02, 60.0),
                call(25.0, 0.4, 50.0, 5.0, 0.0, 60.0),
            ],
            message="Resistances and exponents that are not positive, and negative powers.",
        ),
    ],
)

# --- clocks: a policy -------------------------------------------------------------------------------------------------

HOURS = np.arange(240)
ORDINARY = 0.38 - 0.25 * np.cos(HOURS / 80 * 2 * np.pi)
WAITS = (HOURS // 40) % 2 == 1
BURSTS = np.where(HOURS % 30 < 6, 0.85, 0.12)


def ordinary_day(policy):
    return dvfs_day(policy, ORDINARY * 2.4e7, ORDINARY * 0.002, 25.0)


def memory_phases(policy):
    return dvfs_day(policy, np.where(WAITS, 0.03, 0.5) * 3e7, np.where(WAITS, 0.0088, 0.0006), 25.0)


def bursts(policy):
    return dvfs_day(policy, BURSTS * 3e7, np.full(240, 0.0004), 25.0)


def hot_day(policy):
    return dvfs_day(policy, np.full(400, 2.8e7), np.full(400, 0.0003), 45.0)


def late(day):
    """Share of the intervals that end with more than half an interval of work."""
    return float(np.mean(day["left_s"] > 0.005))


def energy_in_time(day):
    return float(np.sum(day["energy_j"])) if late(day) <= 0.02 else np.inf


def work_within_the_limit(day):
    return float(np.sum(day["done_s"])) if np.mean(day["temperature_c"] > 85.0) <= 0.01 else 0.0


def is_a_state(decision):
    return int(decision) == decision and 0 <= decision <= 5


GOVERNOR = Exercise(
    "m11_next_state",
    checks=[
        Outcome(
            "an ordinary day",
            weight=1.5,
            simulate=ordinary_day,
            measure=energy_in_time,
            at_most=0.5,
            times=always_fastest,
            accepts=is_a_state,
            message="Energy against a core that is always in the fastest state, with next to nothing late.",
        ),
        Outcome(
            "memory phases",
            weight=1.25,
            simulate=memory_phases,
            measure=energy_in_time,
            at_most=0.8,
            times=ondemand,
            accepts=is_a_state,
            message="Energy against a governor that takes waiting for work, with next to nothing late.",
        ),
        Outcome(
            "bursts",
            weight=1,
            simulate=bursts,
            measure=late,
            at_most=0.06,
            accepts=is_a_state,
            message="How many intervals are late when work comes in bursts.",
        ),
        Outcome(
            "a hot day",
            weight=1.25,
            simulate=hot_day,
            measure=work_within_the_limit,
            at_least=2.0,
            times=always_slowest,
            accepts=is_a_state,
            message="Work that is done on a hot day, as long as the limit is kept.",
        ),
    ],
)

# --- metrics ----------------------------------------------------------------------------------------------------------


def designs(rng):
    times = rng.uniform(0.5, 8, 7)
    return call(times, rng.uniform(20, 60, 7) / times ** rng.uniform(0.6, 1.6), float(rng.integers(10, 1000)))


def equal_in_one(rng):
    """Whole numbers: many are equal in time, in energy, or in both."""
    times = rng.integers(1, 4, 8).astype(float)
    joules = rng.integers(2, 5, 8) * 12.0
    return call(times, joules / times, 5)


TIES = [call([1.0, 1.0, 2.0, 3.0], [6.0, 6.0, 2.0, 4.0], 3), call([2.0, 2.0], [3.0, 4.0], 3), call([2.0], [3.0], 1)]

DESIGNS = Exercise(
    "m11_design_table",
    reference=design_table,
    checks=[
        Equal(
            "energy and delay",
            weight=1.25,
            cases=sampled(designs, count=3),
            part=column("energy_j", "edp_j_s", "ed2p_j_s2"),
            message="Energy, and its products with time and with time squared.",
        ),
        Equal(
            "work a joule",
            weight=0.75,
            cases=sampled(designs, count=3),
            part=column("work_per_j"),
            message="What a joule does.",
        ),
        Equal(
            "the frontier",
            weight=1,
            cases=sampled(designs, count=4),
            part=column("on_frontier"),
            message="Designs that no other one beats, all times and energies different.",
        ),
        Equal(
            "ties",
            weight=0.75,
            cases=[*TIES, sampled(equal_in_one, count=4)],
            part=column("on_frontier"),
            message="Designs that are equal in time, in energy, or in both.",
        ),
        Raises(
            ValueError,
            "no such design",
            weight=0.25,
            cases=[call([1.0, 0.0], [1.0, 1.0], 1), call([1.0, 1.0], [1.0, -1.0], 1), call([1.0], [1.0], 0)],
            message="Times, powers and work that are not positive.",
        ),
    ],
)

# --- memory -----------------------------------------------------------------------------------------------------------


def data_sheet(rng):
    open_ma, closed_ma = rng.integers(45, 60), rng.integers(30, 42)
    chip = {"vdd_v": 1.2, "idd0_ma": rng.integers(62, 80), "idd2n_ma": closed_ma, "idd3n_ma": open_ma}
    chip |= {"idd4r_ma": rng.integers(150, 200), "idd4w_ma": rng.integers(120, 180), "idd5_ma": rng.integers(200, 300)}
    chip |= {"tck_ns": float(rng.choice([0.63, 0.75, 0.94])), "tras": rng.integers(35, 55), "trp": rng.integers(14, 24)}
    chip |= {"trfc": rng.integers(350, 600), "burst": int(rng.choice([8, 16]))}
    return {name: float(number) if name in ("vdd_v", "tck_ns") else int(number) for name, number in chip.items()}


def busy_rank(rng):
    names = ("activates", "reads", "writes", "refreshes")
    counts = {name: int(rng.integers(1, most)) for name, most in zip(names, (9000, 40000, 20000, 130), strict=True)}
    return call(
        data_sheet(rng),
        int(rng.choice([4, 8, 16])),
        counts,
        float(rng.uniform(1e-4, 1e-2)),
        float(rng.uniform(0.2, 0.8)),
    )


def of_energy(*names):
    return lambda joules: [joules[name] for name in names]


RANKS = sampled(busy_rank, count=3)
NOTHING = {"activates": 0, "reads": 0, "writes": 0, "refreshes": 0}
SHEET = {"vdd_v": 1.2, "idd0_ma": 60, "idd2n_ma": 40, "idd3n_ma": 50, "idd4r_ma": 170, "idd4w_ma": 150, "idd5_ma": 250}
SHEET |= {"tck_ns": 0.75, "tras": 43, "trp": 19, "trfc": 467, "burst": 8}

MEMORY = Exercise(
    "m11_dram_energy_j",
    reference=dram_energy_j,
    checks=[
        Equal("rows", weight=1, cases=RANKS, part=of_energy("activate"), message="What opening and closing rows adds."),
        Equal(
            "bursts", weight=1, cases=RANKS, part=of_energy("read", "write"), message="What reading and writing add."
        ),
        Equal("refresh", weight=0.5, cases=RANKS, part=of_energy("refresh"), message="What refreshes add."),
        Equal(
            "standby",
            weight=0.75,
            cases=[RANKS, call(SHEET, 1, NOTHING, 1e-3, 0.0), call(SHEET, 8, NOTHING, 1e-3, 1.0)],
            part=of_energy("standby"),
            message="What flows anyway, with rows open and closed.",
        ),
        Equal("all of it", weight=0.25, cases=RANKS, message="All parts, and their sum."),
        Raises(
            ValueError,
            "no such rank",
            weight=0.5,
            cases=[
                call(SHEET, 0, NOTHING, 1e-3, 0.5),
                call(SHEET, 8, {**NOTHING, "writes": -1}, 1e-3, 0.5),
                call(SHEET, 8, NOTHING, 0.0, 0.5),
                call(SHEET, 8, NOTHING, 1e-3, 1.1),
                call(SHEET, 8, NOTHING, 1e-3, -0.1),
            ],
            message="No device, negative counts, no window, and shares that are none.",
        ),
    ],
)

# --- counters ---------------------------------------------------------------------------------------------------------


def without_a_wrap(student, expect):
    counter = student.EnergyCounter(power_unit=16 << 8, most_w=250.0)
    expect(counter.energy_j).equals(0)
    expect(counter.mean_power_w).equals(0)
    expect(counter.above_idle_j(10.0)).equals(0)
    counter.record(100.0, 70_000)
    expect(counter.energy_j).equals(0)
    counter.record(104.0, 70_000 + 10 * 65_536)
    expect(counter.energy_j).equals(10)
    expect(counter.mean_power_w).equals(2.5)
    counter.record(120.0, 70_000 + 60 * 65_536)
    expect(counter.energy_j).equals(60)
    expect(counter.mean_power_w).equals(3)
    expect(counter.above_idle_j(2.0)).equals(20)
    expect(counter.above_idle_j(4.0)).equals(-20)


def around_the_end(student, expect):
    counter = student.EnergyCounter(power_unit=16 << 8, most_w=100.0)
    counter.record(0.0, 2**32 - 3 * 65_536)
    counter.record(500.0, 2 * 65_536)
    expect(counter.energy_j).equals(5)
    counter.record(1000.0, 2**31)
    counter.record(1500.0, 65_536)
    expect(counter.energy_j).equals(5 + (2**31 / 65_536 - 2) + (2**31 / 65_536 + 1))
    expect(counter.mean_power_w).agrees()


def other_units(student, expect, rng):
    exponent = int(rng.choice([10, 12, 14, 18]))
    counter = student.EnergyCounter(power_unit=0xA0003 | exponent << 8 | int(rng.integers(1, 7)) << 13, most_w=150.0)
    now = raw = 0
    for _ in range(6):
        now, raw = now + float(rng.uniform(1, 5)), (raw + int(rng.integers(1, 2 ** (exponent + 8)))) % 2**32
        counter.record(now, raw)
        expect(counter.energy_j).agrees()
        expect(counter.mean_power_w).agrees()


def not_taken(student, expect):
    counter = student.EnergyCounter(power_unit=16 << 8, most_w=100.0)
    counter.record(10.0, 65_536)
    counter.record(20.0, 3 * 65_536)
    expect(counter.record(20.0, 4 * 65_536)).raises(ValueError)
    expect(counter.record(15.0, 4 * 65_536)).raises(ValueError)
    expect(counter.record(30.0, -1)).raises(ValueError)
    expect(counter.record(30.0, 2**32)).raises(ValueError)
    expect(counter.energy_j).equals(2)
    expect(counter.mean_power_w).equals(0.2)
    counter.record(30.0, 5 * 65_536)
    expect(counter.energy_j).equals(4)


def too_far_apart(student, expect):
    turn_s = 2**32 / 65_536 / 100.0  # at 100 W
    counter = student.EnergyCounter(power_unit=16 << 8, most_w=100.0)
    counter.record(0.0, 10)
    expect(counter.record(turn_s, 20)).raises(ValueError)
    expect(counter.record(turn_s + 1, 20)).raises(ValueError)
    counter.record(turn_s - 0.01, 10 + 65_536)
    expect(counter.energy_j).equals(1)
    slower = student.EnergyCounter(power_unit=14 << 8, most_w=50.0)
    slower.record(0.0, 10)
    slower.record(7 * turn_s, 9)
    expect(slower.energy_j).equals((2**32 - 1) / 2**14)


def random_readings(student, rng):
    counter = student.EnergyCounter(power_unit=16 << 8, most_w=200.0)
    now, raw, joules = 0.0, int(rng.integers(2**32)), 0.0
    counter.record(now, raw)
    for _ in range(12):
        seconds, units = float(rng.uniform(50, 300)), int(rng.integers(2**29, 2**32))
        now, raw, joules = now + seconds, (raw + units) % 2**32, joules + units / 65_536
        counter.record(now, raw)
        yield counter.energy_j / joules


COUNTER = Exercise(
    "m11_energy_counter",
    reference=EnergyCounter,
    checks=[
        Scenario(
            "readings", weight=1, play=without_a_wrap, message="Readings without a wrap, and what follows from them."
        ),
        Scenario("around the end", weight=0.75, play=around_the_end, message="A counter that begins again at 0."),
        Scenario("other units", weight=0.75, play=other_units, message="Packages with another unit of energy."),
        Scenario("readings that are refused", weight=0.5, play=not_taken, message="They change nothing."),
        Scenario(
            "too far apart", weight=0.5, play=too_far_apart, message="Gaps in which the counter may have gone round."
        ),
        Conserved(
            "every joule",
            weight=0.25,
            script=random_readings,
            invariant=lambda share: abs(share - 1) < 1e-12,
            message="Whatever is counted is found again, wrap after wrap.",
        ),
        Raises(
            ValueError,
            "no such package",
            weight=0.25,
            cases=[call(16 << 8, 0.0), call(16 << 8, -5.0)],
            message="A package that can draw nothing.",
        ),
    ],
)
