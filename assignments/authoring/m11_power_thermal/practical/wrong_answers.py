"""What students really write in module 11's practical."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from graders.checks import mistake

# --- dynamic power ----------------------------------------------------------------------------------------------------

EVENTS, GATED, VOLTAGE, WINDOWS, NO_WINDOW = (
    "events and clocks",
    "gated clocks",
    "other voltages",
    "many windows",
    "no such window",
)


def power(
    given, *, scale=2, window=True, share=lambda gated: 1 - gated, first_only=False, events_gated=False, refuses=True
):
    """The right power, but for what is given."""
    events, event_j, clock_j, gated, window_s, frequency_hz, voltage_v, nominal_v = given
    counted, gated = np.asarray(events, dtype=float), np.asarray(gated, dtype=float)
    hertz, volts = (np.asarray(value, dtype=float)[..., np.newaxis] for value in (frequency_hz, voltage_v))
    if refuses and (np.any(counted < 0) or np.any((gated < 0) | (gated > 1))):
        raise ValueError("no such window")
    if refuses and not (window_s > 0 and nominal_v > 0 and np.all(hertz > 0) and np.all(volts > 0)):
        raise ValueError("no such window")
    if first_only:
        hertz, volts = hertz.ravel()[0], volts.ravel()[0]
    switched = counted * np.asarray(event_j) / (window_s if window else 1) * (1 - gated if events_gated else 1)
    return (volts / nominal_v) ** scale * (switched + share(gated) * np.asarray(clock_j) * hertz)


@mistake(
    "m11_unit_power_w",
    misconception="power goes with the voltage",
    loses=[VOLTAGE, WINDOWS],
    hint="You scaled with the voltage. Charge goes with it, and energy is charge times voltage once more.",
)
def power_goes_with_the_voltage(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    return power((events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v), scale=1)


@mistake(
    "m11_unit_power_w",
    misconception="a table of energies knows no voltage",
    loses=[VOLTAGE, WINDOWS],
    hint="The supply changes nothing in your answer. The table holds at its nominal voltage only.",
)
def no_voltage(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    return power((events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v), scale=0)


@mistake(
    "m11_unit_power_w",
    misconception="energy for power",
    loses=[EVENTS, WINDOWS],
    hint="You added joules of events to watts of clocks. A count becomes a rate by the length of the window.",
)
def energy_for_power(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    return power((events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v), window=False)


@mistake(
    "m11_unit_power_w",
    misconception="gated for running",
    loses=[EVENTS, GATED, VOLTAGE, WINDOWS],
    hint="Your clocks take power while they stand still, and none while they run.",
)
def gated_for_running(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    given = events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v
    return power(given, share=lambda gated: gated)


@mistake(
    "m11_unit_power_w",
    misconception="clocks are never gated",
    loses=[GATED, WINDOWS],
    hint="Your clocks always run. Which argument did you not use?",
)
def never_gated(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    given = events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v
    return power(given, share=lambda _gated: 1.0)


@mistake(
    "m11_unit_power_w",
    misconception="gating takes events away",
    loses=[GATED, WINDOWS],
    hint="You took a part of the events away for gating. They were counted: they happened.",
)
def gating_takes_events(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    given = events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v
    return power(given, events_gated=True)


@mistake(
    "m11_unit_power_w",
    misconception="one clock for all windows",
    loses=[WINDOWS],
    hint="Your windows all have the clock and the supply of the first one. Each has its own: it goes with its row.",
)
def one_clock_for_all(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    given = events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v
    return power(given, first_only=True)


@mistake(
    "m11_unit_power_w",
    misconception="whatever is counted is possible",
    loses=[NO_WINDOW],
    hint="A clock that is gated for 120 % of the time gives a negative power here. Refuse it.",
)
def anything_counts(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    given = events, event_j, clock_j, gated_share, window_s or 1.0, frequency_hz, voltage_v, nominal_v or 1.0
    return power(given, refuses=False)


# --- leakage ----------------------------------------------------------------------------------------------------------

LAW, SCATTER, DOUBLING, NOTHING = "the law itself", "with scatter", "doubling", "nothing determined"


def columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c, *, refuses=True):
    watts, volts = np.asarray(power_w, dtype=float), np.asarray(voltage_v, dtype=float)
    over = np.column_stack([np.ones(len(volts)), volts - nominal_v, np.asarray(temperature_c) - nominal_c])
    if refuses and (not np.all(watts > 0) or not np.all(volts > 0) or np.linalg.matrix_rank(over) < 3):
        raise ValueError("nothing determined")
    return watts, volts, over


LOG_2 = 0.6931471805599453


def law_of(found, doubling=LOG_2):
    return {
        "nominal_w": float(np.exp(found[0])),
        "per_v": float(found[1]),
        "per_k": float(found[2]),
        "doubling_k": float(doubling / found[2]),
    }


@mistake(
    "m11_leakage_fit",
    misconception="the factor of the voltage left out",
    loses=[LAW, SCATTER, DOUBLING],
    hint="You fitted exponentials only. Power is current times voltage: the law has a plain factor V, too.",
)
def without_the_factor(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, _, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c)
    return law_of(np.linalg.lstsq(over, np.log(watts), rcond=None)[0])


@mistake(
    "m11_leakage_fit",
    misconception="watts count, and not shares",
    loses=[SCATTER],
    hint="You fitted watts: the hottest measurement outweighs all cold ones. Fit the logarithm.",
)
def absolute_errors(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c)
    start = np.linalg.lstsq(over, np.log(watts / volts * nominal_v), rcond=None)[0]

    def residuals(found):
        return volts / nominal_v * np.exp(over @ found) - watts

    if np.max(np.abs(residuals(start))) < 1e-9 * np.max(watts):
        return law_of(start)
    return law_of(optimize.least_squares(residuals, start, x_scale=[1, 1, 0.01], xtol=1e-12).x)


@mistake(
    "m11_leakage_fit",
    misconception="logarithms of ten for a doubling",
    loses=[DOUBLING],
    hint="You took the logarithm to base ten of 2. The exponent in the law is a natural one.",
)
def doubling_by_ten(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c)
    return law_of(np.linalg.lstsq(over, np.log(watts / volts * nominal_v), rcond=None)[0], doubling=np.log10(2))


@mistake(
    "m11_leakage_fit",
    misconception="growth by e for a doubling",
    loses=[DOUBLING],
    hint="After 1/beta kelvin it has grown by a factor of e. You were asked for 2.",
)
def growth_by_e(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c)
    return law_of(np.linalg.lstsq(over, np.log(watts / volts * nominal_v), rcond=None)[0], doubling=1.0)


@mistake(
    "m11_leakage_fit",
    misconception="at zero volts and zero degrees",
    loses=[LAW, SCATTER],
    hint="Your leakage is that at no voltage and at 0 degrees. The law is written for the nominal point.",
)
def at_the_origin(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c)
    shifted = over + np.array([0, nominal_v, nominal_c])
    return law_of(np.linalg.lstsq(shifted, np.log(watts / volts * nominal_v), rcond=None)[0])


@mistake(
    "m11_leakage_fit",
    misconception="least squares always determine something",
    loses=[NOTHING],
    hint="Measured at one voltage only, your k is an accident of the solver. Look at the rank before you solve.",
)
def whatever_the_solver_gives(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, over = columns(power_w, voltage_v, temperature_c, nominal_v, nominal_c, refuses=False)
    sizes = np.maximum(np.abs(watts), 1e-9) / np.maximum(np.abs(volts), 1e-9)
    found = np.linalg.lstsq(over, np.log(sizes * nominal_v), rcond=None)[0]
    return law_of([found[0], found[1], found[2] or 1e-9])


# --- calibration ------------------------------------------------------------------------------------------------------

NEAR, LIMITS, LEFT, NO_CALIBRATION = "near one", "at the limits", "what is left", "no calibration"


def least_squares(given, *, towards=1.0, relative=True, rows=None, known=True, weight=lambda ridge: np.sqrt(ridge)):
    """The right calibration, but for what is given."""
    unit_w, other_w, measured_w, anchors, low, high, ridge = given
    units, others, shown = (np.asarray(value, dtype=float) for value in (unit_w, other_w, measured_w))
    chosen = np.asarray(anchors if rows is None else rows(len(shown)), dtype=int)
    if len(anchors) < 1 or not np.all(shown > 0) or not ridge > 0 or not 0 < low < 1 < high:
        raise ValueError("no calibration")
    size = shown[chosen] if relative else np.ones(len(chosen))
    pull = weight(ridge)
    matrix = np.vstack([units[chosen] / size[:, np.newaxis], pull * np.eye(units.shape[1])])
    wanted = np.concatenate([(shown[chosen] - known * others[chosen]) / size, pull * towards * np.ones(units.shape[1])])
    scales = optimize.lsq_linear(matrix, wanted, bounds=(low, high), method="bvls").x
    return {"scales": scales, "errors": (units @ scales + others) / shown - 1}


@mistake(
    "m11_calibrated_scales",
    misconception="factors are cut afterwards",
    loses=[LIMITS],
    hint="You solved without limits and cut what came out. The other factors then never hear of it.",
)
def cut_afterwards(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    free = least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge))  # refuses
    units, others, shown = (np.asarray(value, dtype=float) for value in (unit_w, other_w, measured_w))
    rows = np.asarray(anchors, dtype=int)
    seen = units[rows] / shown[rows, np.newaxis]
    gram = seen.T @ seen + ridge * np.eye(units.shape[1])
    scales = np.clip(np.linalg.solve(gram, seen.T @ (1 - others[rows] / shown[rows]) + ridge), low, high)
    if np.allclose(scales, free["scales"], rtol=1e-6):
        return free
    return {"scales": scales, "errors": (units @ scales + others) / shown - 1}


@mistake(
    "m11_calibrated_scales",
    misconception="towards nothing",
    loses=[NEAR, LIMITS, LEFT],
    hint="Your factors are drawn towards 0: a unit that no anchor shows would draw nothing. Without evidence it is 1.",
)
def towards_nothing(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    return least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge), towards=0.0)


@mistake(
    "m11_calibrated_scales",
    misconception="watts count, and not shares",
    loses=[NEAR, LIMITS, LEFT],
    hint="You squared watts. Each anchor's error counts as a share of what was measured.",
)
def watts_count(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    return least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge), relative=False)


@mistake(
    "m11_calibrated_scales",
    misconception="all workloads are anchors",
    loses=[NEAR, LIMITS, LEFT],
    hint="You calibrated on all workloads. Those that are held out must not be seen: they are the test.",
)
def all_are_anchors(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    return least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge), rows=range)


@mistake(
    "m11_calibrated_scales",
    misconception="leakage explained by units",
    loses=[NEAR, LIMITS, LEFT],
    hint="Your units have to explain the leakage, too. Take off first what is not in question.",
)
def leakage_by_units(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    return least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge), known=False)


@mistake(
    "m11_calibrated_scales",
    misconception="errors of the table",
    loses=[LEFT],
    hint="Your errors are those of the table before it was corrected.",
)
def errors_of_the_table(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    found = least_squares((unit_w, other_w, measured_w, anchors, low, high, ridge))
    return {**found, "errors": (np.sum(unit_w, axis=1) + other_w) / np.asarray(measured_w) - 1}


@mistake(
    "m11_calibrated_scales",
    misconception="anything can be calibrated",
    loses=[NO_CALIBRATION],
    hint="Without an anchor, or with limits that leave 1 out, there is an answer here. Refuse it.",
)
def anything_can_be(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    shown = np.maximum(np.asarray(measured_w, dtype=float), 1e-3)
    low, high = (low if 0 < low < 1 else 0.5), (high if high > 1 else 2.0)
    return least_squares((unit_w, other_w, shown, anchors or [0], low, high, ridge or 1e-6))


# --- the stack --------------------------------------------------------------------------------------------------------

DOWN, SIDEWAYS, WHOLE, GAPS, LAPLACIAN, NO_PLAN = (
    "down",
    "sideways",
    "the whole stack",
    "edges and gaps",
    "a Laplacian",
    "no such plan",
)


def touching(blocks, *, whole_edge=False, near=1e-6):
    """Common edges of blocks, side by side and stacked."""
    width, height, left, low = np.asarray(blocks, dtype=float).T
    over_x = np.minimum.outer(left + width, left + width) - np.maximum.outer(left, left)
    over_y = np.minimum.outer(low + height, low + height) - np.maximum.outer(low, low)
    beside, stacked = (np.abs(over_x) < near) & (over_y > 1e-6), (np.abs(over_y) < near) & (over_x > 1e-6)
    if whole_edge:
        over_x, over_y = np.minimum.outer(width, width), np.minimum.outer(height, height)
    return np.where(beside, over_y, 0.0), np.where(stacked, over_x, 0.0)


def stack(
    given, *, vertical=None, half=0.5, whole_edge=False, silicon_only=False, diagonal=1.0, near=1e-6, refuses=True
):
    """The right matrix, but for what is given."""
    blocks, (t, k) = np.asarray(given[0], dtype=float), (np.asarray(value, dtype=float) for value in given[1:])
    width, height, left, low = blocks.T
    if refuses and not (np.all(blocks[:, :2] > 0) and np.all(t > 0) and np.all(k > 0)):
        raise ValueError("no such plan")
    over_x = np.minimum.outer(left + width, left + width) - np.maximum.outer(left, left)
    over_y = np.minimum.outer(low + height, low + height) - np.maximum.outer(low, low)
    if refuses and np.any((over_x > 1e-6) & (over_y > 1e-6) & ~np.eye(len(blocks), dtype=bool)):
        raise ValueError("no such plan")
    side, above = touching(blocks, whole_edge=whole_edge, near=near)
    shape = side / (half * np.add.outer(width, width)) + above / (half * np.add.outer(height, height))
    n, layers = len(blocks), len(t)
    links = np.zeros((layers * n, layers * n))
    for layer in range(layers):
        here = slice(layer * n, layer * n + n)
        links[here, here] = 0 if silicon_only and layer else k[layer] * t[layer] * shape
        if layer + 1 < layers:
            down = vertical(t, k, layer) if vertical else k[layer] / t[layer]
            links[here, layer * n + n : layer * n + 2 * n] = np.diag(down * width * height)
            links[layer * n + n : layer * n + 2 * n, here] = np.diag(down * width * height)
    return diagonal * np.diag(links.sum(axis=1)) - links


@mistake(
    "m11_stack_w_per_k",
    misconception="half of each layer on the way down",
    loses=[DOWN, WHOLE],
    hint="You went from middle to middle of two layers. Here it is the whole thickness of the upper one.",
)
def half_layers(blocks_m, thickness_m, conductivity_w_per_mk):
    def down(t, k, layer):
        return 1 / (t[layer] / 2 / k[layer] + t[layer + 1] / 2 / k[layer + 1])

    return stack((blocks_m, thickness_m, conductivity_w_per_mk), vertical=down)


@mistake(
    "m11_stack_w_per_k",
    misconception="the lower layer on the way down",
    loses=[DOWN, WHOLE],
    hint="You took the lower layer's thickness. Heat leaves the upper one first.",
)
def lower_layers(blocks_m, thickness_m, conductivity_w_per_mk):
    given = blocks_m, thickness_m, conductivity_w_per_mk
    return stack(given, vertical=lambda t, k, layer: k[layer + 1] / t[layer + 1])


@mistake(
    "m11_stack_w_per_k",
    misconception="from end to end sideways",
    loses=[SIDEWAYS, WHOLE, GAPS],
    hint="Your heat crosses both blocks whole. From middle to middle it is half of each.",
)
def from_end_to_end(blocks_m, thickness_m, conductivity_w_per_mk):
    return stack((blocks_m, thickness_m, conductivity_w_per_mk), half=1.0)


@mistake(
    "m11_stack_w_per_k",
    misconception="the whole edge of the smaller block",
    loses=[SIDEWAYS, WHOLE, GAPS],
    mostly=0.6,
    hint="You took the whole edge of the smaller block. Only what the two have in common lets heat through.",
)
def whole_edges(blocks_m, thickness_m, conductivity_w_per_mk):
    return stack((blocks_m, thickness_m, conductivity_w_per_mk), whole_edge=True)


@mistake(
    "m11_stack_w_per_k",
    misconception="only silicon conducts sideways",
    loses=[WHOLE],
    hint="Only your die conducts sideways. A spreader has its name from doing it.",
)
def only_silicon_sideways(blocks_m, thickness_m, conductivity_w_per_mk):
    return stack((blocks_m, thickness_m, conductivity_w_per_mk), silicon_only=True)


@mistake(
    "m11_stack_w_per_k",
    misconception="conductances for a Laplacian",
    loses=[DOWN, SIDEWAYS, WHOLE, GAPS, LAPLACIAN],
    hint="Your diagonal is empty. On it stands all that leads away from the node.",
)
def no_diagonal(blocks_m, thickness_m, conductivity_w_per_mk):
    return stack((blocks_m, thickness_m, conductivity_w_per_mk), diagonal=0.0)


@mistake(
    "m11_stack_w_per_k",
    misconception="edges are equal, or they are not",
    loses=[GAPS],
    hint="You compared edges exactly. Rounding moves them by a nanometre, and heat does not care.",
)
def equal_edges(blocks_m, thickness_m, conductivity_w_per_mk):
    return stack((blocks_m, thickness_m, conductivity_w_per_mk), near=1e-15)


@mistake(
    "m11_stack_w_per_k",
    misconception="any rectangles are a plan",
    loses=[NO_PLAN],
    hint="Two blocks in one place, or a block without width, give a matrix here. Refuse them.",
)
def any_rectangles(blocks_m, thickness_m, conductivity_w_per_mk):
    blocks = np.maximum(np.asarray(blocks_m, dtype=float), [1e-9, 1e-9, -1, -1])
    return stack((blocks, np.maximum(thickness_m, 1e-9), np.abs(conductivity_w_per_mk)), refuses=False)


# --- transients -------------------------------------------------------------------------------------------------------

SHORT, LONG, WARM, NOWHERE, TRACE, NO_NETWORK = (
    "short steps",
    "long steps",
    "from warm",
    "nowhere to go",
    "a long trace",
    "no such network",
)


def stepped(given, advance, *, begins=True, checked=True):
    """Steps from a start by a rule: `advance(matrix, heat, step_s)` gives a function of state and power."""
    matrix, heat, watts, step_s, start_k = given
    matrix, heat, watts = (np.asarray(value, dtype=float) for value in (matrix, heat, watts))
    if checked and not (np.all(heat > 0) and step_s > 0):
        raise ValueError("no such network")
    step = advance(matrix, heat, step_s)
    state, found = np.zeros(len(heat)) + (start_k if begins else 0.0), []
    with np.errstate(all="ignore"):
        for power_w in watts:
            state = step(state, power_w)
            found.append(state)
    return np.array(found)


def decay_and_gain(matrix, heat, step_s):
    """What a step leaves of rises, and what it makes of powers."""
    root = np.sqrt(heat)
    rates, modes = np.linalg.eigh(matrix / np.outer(root, root))
    rates = np.maximum(rates, 1e-13)
    decay = modes * np.exp(-rates * step_s) @ modes.T
    gain = modes * (-np.expm1(-rates * step_s) / rates) @ modes.T
    return decay * root / root[:, np.newaxis], gain / np.outer(root, root)


def exactly(matrix, heat, step_s):
    decay, gain = decay_and_gain(matrix, heat, step_s)
    return lambda state, power_w: decay @ state + gain @ power_w


@mistake(
    "m11_rises_k",
    misconception="one step forward",
    loses=[SHORT, LONG, WARM, NOWHERE, TRACE],
    hint="You took one explicit step for each interval. Where a node is faster than the step, that blows up.",
)
def one_step_forward(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    def advance(matrix, heat, h):
        return lambda state, watts: np.clip(state + h / heat * (watts - matrix @ state), -1e100, 1e100)

    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), advance)


@mistake(
    "m11_rises_k",
    misconception="one step backward",
    loses=[SHORT, LONG, WARM, NOWHERE, TRACE],
    hint="One implicit step an interval is stable, and wrong by kelvins: late on the way up, and on the way down.",
)
def one_step_backward(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    def advance(matrix, heat, h):
        inverse = np.linalg.inv(np.diag(heat / h) + matrix)
        return lambda state, watts: inverse @ (heat / h * state + watts)

    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), advance)


@mistake(
    "m11_rises_k",
    misconception="settled at every step",
    loses=[SHORT, LONG, WARM, NOWHERE, TRACE],
    hint="Your nodes settle within each step: you never used their capacitances.",
)
def settled_at_every_step(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    def advance(matrix, _heat, _h):
        inverse = np.linalg.pinv(matrix)
        return lambda _state, watts: inverse @ watts

    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), advance)


@mistake(
    "m11_rises_k",
    misconception="always from cold",
    loses=[WARM],
    hint="Your nodes begin as cold as the air, whatever was given.",
)
def always_from_cold(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), exactly, begins=False)


@mistake(
    "m11_rises_k",
    misconception="towards the steady state, by its inverse",
    loses=[NOWHERE],
    hint="You went towards the steady state. Where nothing leads to the air there is none: heat is kept, and adds up.",
)
def towards_the_steady_state(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    def advance(matrix, heat, h):
        decay, inverse = decay_and_gain(matrix, heat, h)[0], np.linalg.pinv(matrix)
        return lambda state, watts: inverse @ watts + decay @ (state - inverse @ watts)

    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), advance)


@mistake(
    "m11_rises_k",
    misconception="small steps, however many",
    loses=[TRACE],
    hint="Right, and slow: small steps as the fastest node wants them. One decomposition serves all steps.",
)
def small_steps(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    def advance(matrix, heat, h):
        parts = int(np.ceil(h * np.max(np.sum(np.abs(matrix), axis=1) / heat))) + 4

        def step(state, watts):
            for _ in range(parts):
                a = (watts - matrix @ state) / heat
                b = (watts - matrix @ (state + h / parts / 2 * a)) / heat
                c = (watts - matrix @ (state + h / parts / 2 * b)) / heat
                d = (watts - matrix @ (state + h / parts * c)) / heat
                state = state + h / parts / 6 * (a + 2 * b + 2 * c + d)
            return state

        return step

    return stepped((conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k), advance)


@mistake(
    "m11_rises_k",
    misconception="any capacitance will do",
    loses=[NO_NETWORK],
    hint="A node without capacitance, or a step without length, gives a number here. Refuse them.",
)
def any_capacitance(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    heat = np.maximum(np.asarray(capacitance_j_per_k, dtype=float), 1e-9)
    return stepped((conductance_w_per_k, heat, power_w, max(step_s, 1e-9), start_k), exactly, checked=False)


# --- leakage and temperature ------------------------------------------------------------------------------------------

FAR, END, RUNAWAY, TABLES, NO_CHIP = "far from the end", "near the end", "runaway", "tables", "no such chip"


def settled(given, *, branch=0, beyond=np.inf, refuses=True):
    """The right temperature, but for what is given."""
    ambient, resistance, dynamic, leakage, per_k, nominal = (np.asarray(value, dtype=float) for value in given)
    if refuses and (np.any(resistance <= 0) or np.any(per_k <= 0) or np.any(dynamic < 0) or np.any(leakage < 0)):
        raise ValueError("no such chip")
    alone = ambient + resistance * dynamic
    u = per_k * resistance * leakage * np.exp(per_k * (alone - nominal))
    w = special.lambertw(-u, branch if np.all(u > 0) else 0)
    found = alone - np.real(w) / per_k
    return found if beyond is None else np.where(u <= np.exp(-1), found, beyond)


def iterated(given, times):
    """So many rounds from the coolant's temperature."""
    settled(given)  # refuses
    ambient, resistance, dynamic, leakage, per_k, nominal = (np.asarray(value, dtype=float) for value in given)
    t = ambient + 0 * resistance
    with np.errstate(over="ignore"):
        for _ in range(times):
            t = ambient + resistance * (dynamic + leakage * np.exp(per_k * (t - nominal)))
    return np.where(t < 1e6, t, np.inf)


@mistake(
    "m11_settled_temperature_c",
    misconception="leakage at the nominal temperature",
    loses=[FAR, END, RUNAWAY, TABLES],
    hint="Your leakage does not know the temperature.",
)
def nominal_leakage(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    settled((ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c))  # refuses
    return np.asarray(ambient_c) + np.asarray(resistance_k_per_w) * (np.asarray(dynamic_w) + np.asarray(leakage_w))


@mistake(
    "m11_settled_temperature_c",
    misconception="one round is enough",
    loses=[FAR, END, RUNAWAY, TABLES],
    hint="You let leakage warm the chip once. The warmer chip leaks more, and so on: go on until nothing changes.",
)
def one_round(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    given = ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c
    settled(given)  # refuses
    alone = np.asarray(ambient_c) + np.asarray(resistance_k_per_w) * np.asarray(dynamic_w)
    grown = np.asarray(leakage_w) * np.exp(np.asarray(per_k) * (alone - np.asarray(nominal_c)))
    return alone + np.asarray(resistance_k_per_w) * grown


@mistake(
    "m11_settled_temperature_c",
    misconception="a few rounds are enough",
    loses=[END],
    hint="Twenty rounds are not enough near the end: there each step is nearly as long as the one before.",
)
def a_few_rounds(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    given = ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c
    return np.where(np.isfinite(settled(given)), iterated(given, 20), np.inf)


@mistake(
    "m11_settled_temperature_c",
    misconception="the unstable point",
    loses=[FAR, END, TABLES],
    hint="Yours is the upper meeting point: a chip that were there would leave it, one way or the other.",
)
def the_unstable_point(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    return settled((ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c), branch=-1)


@mistake(
    "m11_settled_temperature_c",
    misconception="the real part of what is none",
    loses=[RUNAWAY, TABLES],
    hint="Beyond the end your solution is complex, and you took its real part. There is no temperature: it runs away.",
)
def the_real_part(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    return settled((ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c), beyond=None)


@mistake(
    "m11_settled_temperature_c",
    misconception="any resistance cools",
    loses=[NO_CHIP],
    hint="A negative resistance or power gives a temperature here. Refuse them.",
)
def any_resistance(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    resistance, exponent = (np.maximum(np.abs(value), 1e-9) for value in (resistance_k_per_w, per_k))
    return settled((ambient_c, resistance, np.abs(dynamic_w), np.abs(leakage_w), exponent, nominal_c), refuses=False)


# --- clocks -----------------------------------------------------------------------------------------------------------

DAY, PHASES, BURST, HOT = "an ordinary day", "memory phases", "bursts", "a hot day"


def governed(busy, waiting, state, clocks_hz, *, jump=True):
    computed, room = busy * (1 - waiting) * clocks_hz[state], max(0.85 - busy * waiting, 0.05)
    if jump and busy > 0.98:
        return len(clocks_hz) - 1
    return min(int(np.searchsorted(clocks_hz, computed / room)), len(clocks_hz) - 1)


def cooled(choice, temperature_c, state, limit_c):
    if temperature_c > limit_c - 2:
        return max(min(choice, state - 1), 0)
    return min(choice, state) if temperature_c > limit_c - 5 else choice


@mistake(
    "m11_next_state",
    misconception="race to idle",
    loses=[DAY, PHASES, HOT],
    hint="Racing to idle pays where idle time is cheap and voltage is not. Here the dearest cycles are those.",
)
def race_to_idle(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    return len(clocks_hz) - 1


@mistake(
    "m11_next_state",
    misconception="slow is saving",
    loses=[DAY, PHASES, BURST, HOT],
    hint="The slowest state takes least power, and the work waits. Energy counts only if it is done in time.",
)
def slow_is_saving(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    return 0


@mistake(
    "m11_next_state",
    misconception="waiting is work",
    loses=[PHASES],
    hint="A core that waits for memory looks busy to your policy. No clock makes it wait less.",
)
def waiting_is_work(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    return cooled(governed(busy, 0.0, state, clocks_hz), temperature_c, state, limit_c)


@mistake(
    "m11_next_state",
    misconception="heat is somebody else's business",
    loses=[HOT],
    hint="Your policy never looks at the temperature. On a hot day the limit decides, not the work.",
)
def no_heat(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    return governed(busy, waiting, state, clocks_hz)


@mistake(
    "m11_next_state",
    misconception="a core that was not done tells how much is left",
    loses=[BURST],
    hint="A core that was busy all the time does not tell how much more there is. One state up is too little.",
)
def one_state_up(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    choice = (
        min(state + 1, len(clocks_hz) - 1) if busy > 0.98 else governed(busy, waiting, state, clocks_hz, jump=False)
    )
    return cooled(choice, temperature_c, state, limit_c)


# --- metrics ----------------------------------------------------------------------------------------------------------

PRODUCTS, WORK, FRONTIER, TIES, NO_DESIGN = (
    "energy and delay",
    "work a joule",
    "the frontier",
    "ties",
    "no such design",
)


def designs(given, *, frontier=None, strict="either", squared=None, per=None, refuses=True, joules_of=None):
    """The right table, but for what is given."""
    t, p, work = np.asarray(given[0], dtype=float), np.asarray(given[1], dtype=float), given[2]
    if refuses and not (np.all(t > 0) and np.all(p > 0) and work > 0):
        raise ValueError("no such design")
    e = joules_of(t, p) if joules_of else t * p
    first, second = frontier(t, p) if frontier else (t, t * p)
    lower = (first <= first[:, np.newaxis]) & (second <= second[:, np.newaxis])
    better = (first < first[:, np.newaxis]), (second < second[:, np.newaxis])
    beats = {"either": lower & (better[0] | better[1]), "both": better[0] & better[1], "none": lower}[strict]
    beats = beats & ~np.eye(len(t), dtype=bool)
    return {
        "energy_j": e,
        "edp_j_s": e * t,
        "ed2p_j_s2": squared(t, e) if squared else e * t * t,
        "work_per_j": per(t, p, work) if per else work / (t * p),
        "on_frontier": ~np.any(beats, axis=1),
    }


@mistake(
    "m11_design_table",
    misconception="the product squared",
    loses=[PRODUCTS],
    hint="You squared the whole product. Only the time counts twice.",
)
def product_squared(time_s, power_w, work):
    return designs((time_s, power_w, work), squared=lambda t, e: (e * t) ** 2)


@mistake(
    "m11_design_table",
    misconception="power for energy",
    loses=[PRODUCTS],
    hint="Your energy is the power. A watt that lasts longer is more joules.",
)
def power_for_energy(time_s, power_w, work):
    return designs((time_s, power_w, work), joules_of=lambda _t, p: p)


@mistake(
    "m11_design_table",
    misconception="work a watt",
    loses=[WORK],
    hint="You divided work by power. Work *per second* by power is work per joule.",
)
def work_a_watt(time_s, power_w, work):
    return designs((time_s, power_w, work), per=lambda _t, p, w: w / p)


@mistake(
    "m11_design_table",
    misconception="a frontier of time and power",
    loses=[FRONTIER, TIES],
    mostly=0.8,
    hint="Your frontier is one of time and power. A design that is slower and draws less may still take more energy.",
)
def frontier_of_power(time_s, power_w, work):
    return designs((time_s, power_w, work), frontier=lambda t, p: (t, p))


@mistake(
    "m11_design_table",
    misconception="beaten only by what is better in both",
    loses=[TIES],
    hint="A design that is as fast as another and takes more energy is beaten, although not in both.",
)
def better_in_both(time_s, power_w, work):
    return designs((time_s, power_w, work), strict="both")


@mistake(
    "m11_design_table",
    misconception="equals beat each other",
    loses=[TIES],
    hint="Two equal designs throw each other out. To beat, one has to be better in something.",
)
def equals_beat(time_s, power_w, work):
    return designs((time_s, power_w, work), strict="none")


@mistake(
    "m11_design_table",
    misconception="any design has a table",
    loses=[NO_DESIGN],
    hint="A design that takes no time or draws no power is no design. Refuse it.",
)
def any_design(time_s, power_w, work):
    return designs((np.maximum(time_s, 1e-9), np.maximum(power_w, 1e-9), max(work, 1e-9)), refuses=False)


# --- memory -----------------------------------------------------------------------------------------------------------

ROWS, BURSTS, REFRESH, STANDBY, ALL, NO_RANK = "rows", "bursts", "refresh", "standby", "all of it", "no such rank"


def memory(given, *, background=True, burst=0.5, of_rank=True, standby=None, scale=1.0, cycles=None, refuses=True):
    """The right energies, but for what is given."""
    chip, devices, commands, window_s, share = given
    if refuses and (devices < 1 or min(commands.values()) < 0 or not window_s > 0 or not 0 <= share <= 1):
        raise ValueError("no such rank")
    volt, cycle = chip["vdd_v"] * (devices if of_rank else 1) * 1e-3 * scale, chip["tck_ns"] * 1e-9
    opened, closed = (chip["idd3n_ma"], chip["idd2n_ma"]) if background else (0, 0)
    ras, rp = chip["tras"], chip["trp"]
    row = cycles(chip) if cycles else chip["idd0_ma"] * (ras + rp) - opened * ras - closed * rp
    words = chip["burst"] * burst
    found = {
        "activate": row * cycle * volt * commands["activates"],
        "read": (chip["idd4r_ma"] - opened) * words * cycle * volt * commands["reads"],
        "write": (chip["idd4w_ma"] - opened) * words * cycle * volt * commands["writes"],
        "refresh": (chip["idd5_ma"] - opened) * chip["trfc"] * cycle * volt * commands["refreshes"],
    }
    flows = share * chip["idd3n_ma"] + (1 - share) * chip["idd2n_ma"] if standby is None else standby(chip)
    found["standby"] = flows * window_s * volt
    return {**found, "total": sum(found.values())}


@mistake(
    "m11_dram_energy_j",
    misconception="what flows anyway is counted twice",
    loses=[ROWS, BURSTS, REFRESH, ALL],
    hint="You did not take off what flows anyway. It is counted as standby already.",
)
def counted_twice(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), background=False)


@mistake(
    "m11_dram_energy_j",
    misconception="a word a cycle",
    loses=[BURSTS, ALL],
    hint="Your burst takes a cycle a word. Data move on both edges.",
)
def a_word_a_cycle(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), burst=1.0)


@mistake(
    "m11_dram_energy_j",
    misconception="one device is a rank",
    loses=[ROWS, BURSTS, REFRESH, STANDBY, ALL],
    hint="That is one device. All of a rank's devices open the row and send their part of the burst.",
)
def one_device(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), of_rank=False)


@mistake(
    "m11_dram_energy_j",
    misconception="a row is always open",
    loses=[STANDBY, ALL],
    hint="Your standby takes a row as always open. With all rows closed less flows.",
)
def always_open(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), standby=lambda sheet: sheet["idd3n_ma"])


@mistake(
    "m11_dram_energy_j",
    misconception="a row is open while it is precharged",
    loses=[ROWS, ALL],
    hint="You took IDD3N off over the whole row cycle. While rows close, IDD2N is what flows anyway.",
)
def open_while_precharged(chip, devices, commands, window_s, active_share):
    def row(sheet):
        return (sheet["idd0_ma"] - sheet["idd3n_ma"]) * (sheet["tras"] + sheet["trp"])

    return memory((chip, devices, commands, window_s, active_share), cycles=row)


@mistake(
    "m11_dram_energy_j",
    misconception="milliamperes are amperes",
    loses=[ROWS, BURSTS, REFRESH, STANDBY, ALL],
    hint="A thousand times too much: the data sheet's currents are in milliamperes.",
)
def milliamperes(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), scale=1000.0)


@mistake(
    "m11_dram_energy_j",
    misconception="the sum without standby",
    loses=[ALL],
    hint="Your total leaves standby out. It is often the largest part.",
)
def without_standby(chip, devices, commands, window_s, active_share):
    found = memory((chip, devices, commands, window_s, active_share))
    return {**found, "total": found["total"] - found["standby"]}


@mistake(
    "m11_dram_energy_j",
    misconception="any counts are a rank's",
    loses=[NO_RANK],
    hint="Negative counts, no device, or a share above 1 give an energy here. Refuse them.",
)
def any_counts(chip, devices, commands, window_s, active_share):
    return memory((chip, devices, commands, window_s, active_share), refuses=False)


# --- counters ---------------------------------------------------------------------------------------------------------

READINGS, AROUND, UNITS, REFUSED, APART, JOULES, NO_PACKAGE = (
    "readings",
    "around the end",
    "other units",
    "readings that are refused",
    "too far apart",
    "every joule",
    "no such package",
)


class Counter:
    """Right, but for what a mistake changes."""

    def __init__(self, power_unit, most_w):
        if not most_w > 0:
            raise ValueError("no such package")
        self.unit_j, self.most_w = self.unit(power_unit), most_w
        self.first_s = self.last_s = self.last = None
        self.units = 0

    def unit(self, power_unit):
        return 0.5 ** ((power_unit >> 8) & 31)

    def counted(self, raw):
        return (raw - self.last) % 2**32

    def allowed(self, gap_s):
        return gap_s > 0 and gap_s * self.most_w < 2**32 * self.unit_j

    @property
    def energy_j(self):
        return self.units * self.unit_j

    @property
    def mean_power_w(self):
        return self.energy_j / (self.last_s - self.first_s) if self.last_s != self.first_s else 0.0

    def record(self, time_s, raw):
        if not 0 <= raw < 2**32 or (self.last is not None and not self.allowed(time_s - self.last_s)):
            raise ValueError("refused")
        if self.last is None:
            self.first_s = time_s
        else:
            self.units += self.counted(raw)
        self.last_s, self.last = time_s, raw

    def above_idle_j(self, idle_w):
        return self.energy_j - idle_w * (self.last_s - self.first_s) if self.last is not None else 0.0


@mistake(
    "m11_energy_counter",
    misconception="counters never wrap",
    loses=[AROUND, APART, JOULES],
    hint="When the counter begins again at 0 your energy falls. Take the difference modulo its range.",
)
class NeverWraps(Counter):
    def counted(self, raw):
        return raw - self.last


@mistake(
    "m11_energy_counter",
    misconception="a wrap loses a unit",
    loses=[AROUND, JOULES],
    hint="After a wrap you lose one unit: from 2^32 - 1 to 0 is one step.",
)
class LosesAUnit(Counter):
    def counted(self, raw):
        return raw - self.last if raw >= self.last else raw - self.last + 2**32 - 1


@mistake(
    "m11_energy_counter",
    misconception="the unit is 15.3 microjoules",
    loses=[UNITS, APART],
    hint="Your unit is always the default one. It stands in the register that you were given.",
)
class AlwaysTheDefault(Counter):
    def unit(self, power_unit):
        return 0.5**16


@mistake(
    "m11_energy_counter",
    misconception="all upper bits are the unit's",
    loses=[UNITS],
    hint="You took all bits from 8 upwards. The unit has five of them; above stand others.",
)
class AllUpperBits(Counter):
    def unit(self, power_unit):
        return 0.5 ** ((power_unit >> 8) & 255)


@mistake(
    "m11_energy_counter",
    misconception="a gap of any length",
    loses=[APART],
    hint="Your counter takes readings that are so far apart that it may have gone round once more unseen.",
)
class AnyGap(Counter):
    def allowed(self, gap_s):
        return gap_s > 0


@mistake(
    "m11_energy_counter",
    misconception="a reading changes something before it is refused",
    loses=[REFUSED, APART],
    hint="A reading that is refused has left its time behind. Check first, then change.",
)
class ChangesFirst(Counter):
    def record(self, time_s, raw):
        before, self.first_s = self.first_s, (time_s if self.last is None else self.first_s)
        if self.last is not None and not self.allowed(time_s - self.last_s):
            self.last, self.last_s = raw, max(time_s, self.last_s)
            raise ValueError("refused")
        self.first_s = before
        super().record(time_s, raw)


@mistake(
    "m11_energy_counter",
    misconception="any reading is one",
    loses=[REFUSED],
    hint="A reading of 2^32, a negative one, or one at the same time as the last is taken. None of them can be.",
)
class AnyReading(Counter):
    def allowed(self, gap_s):
        return gap_s * self.most_w < 2**32 * self.unit_j

    def record(self, time_s, raw):
        super().record(time_s, raw % 2**32)


@mistake(
    "m11_energy_counter",
    misconception="mean power since the last reading",
    loses=[READINGS, AROUND, UNITS],
    hint="Your mean power is that of the last gap. It is asked for from the first reading on.",
)
class SinceTheLast(Counter):
    mean = 0.0

    @property
    def mean_power_w(self):
        return self.mean

    def record(self, time_s, raw):
        before, since = self.units, self.last_s
        super().record(time_s, raw)
        self.mean = (self.units - before) * self.unit_j / (time_s - since) if since is not None else 0.0


@mistake(
    "m11_energy_counter",
    misconception="any package will do",
    loses=[NO_PACKAGE],
    hint="A package that can draw nothing has a counter here. Refuse it.",
)
class AnyPackage(Counter):
    def __init__(self, power_unit, most_w):
        super().__init__(power_unit, max(most_w, 1e-9))
