"""Uncertainty, counters, histograms, screens, hold-outs: enumerated, drawn, planted."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m02_tools_methods.multiplex_scaling import scaled_count
from reference_solutions.m10_validation.latency_layers import latency_layers
from reference_solutions.m10_validation.left_out import left_out_table
from reference_solutions.m10_validation.net_counter import NetCounter
from reference_solutions.m10_validation.propagation import combined_uncertainty, net_energy
from reference_solutions.m10_validation.run_screen import run_screen

# --- propagation ------------------------------------------------------------------------------------------------------

ENERGY = {"busy_w": 310.0, "idle_w": 120.0, "time_s": 90.0, "requests": 2500}
UNSURE = {"u_busy_w": 3.0, "u_idle_w": 2.0, "u_time_s": 0.4}


def test_relative_variances_of_a_product_add_up():
    """A product a b / c: relative uncertainties in quadrature, whatever the values."""
    a, b, c = 3.0, 5.0, 2.0
    u = combined_uncertainty([b / c, a / c, -a * b / c**2], [0.03 * a, 0.04 * b, 0.12 * c])
    assert u / (a * b / c) == pytest.approx(0.13)


@pytest.mark.parametrize("r", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_net_energy_by_the_general_law_with_derivatives_by_differences(r):
    def energy(busy, idle, time):
        return (busy - idle) * time / ENERGY["requests"]

    x, u = np.array([310.0, 120.0, 90.0]), np.array([3.0, 2.0, 0.4])
    slopes = [(energy(*(x + h)) - energy(*(x - h))) / 2e-3 for h in 1e-3 * np.eye(3)]
    correlations = np.eye(3)
    correlations[0, 1] = correlations[1, 0] = r
    found = net_energy(**ENERGY, **UNSURE, correlation=r)
    assert found["standard_j"] == pytest.approx(combined_uncertainty(slopes, u, correlations), rel=1e-6)
    assert found["expanded_j"] == 2 * found["standard_j"]
    assert sum(found["parts"].values()) == pytest.approx(1)
    assert found["parts"]["covariance"] * r <= 0


@pytest.mark.parametrize("r", [0.0, 0.8])
def test_net_energy_by_drawing(r):
    """JCGM 101: what drawn inputs scatter is what the law says, as the function is nearly linear."""
    covariance = np.diag([9.0, 4.0, 0.16])
    covariance[0, 1] = covariance[1, 0] = r * 3 * 2
    busy, idle, time = np.random.default_rng(1).multivariate_normal([310, 120, 90], covariance, 200_000).T
    found = net_energy(**ENERGY, **UNSURE, correlation=r)
    assert np.std((busy - idle) * time / 2500) == pytest.approx(found["standard_j"], rel=0.01)
    assert np.mean((busy - idle) * time / 2500) == pytest.approx(found["energy_j"], rel=1e-3)


def test_one_meter_cancels_in_the_difference():
    same = net_energy(300.0, 100.0, 10.0, 100, 5.0, 5.0, 0.1, correlation=1.0)
    assert same["standard_j"] == pytest.approx(200 * 0.1 / 100)
    assert same["parts"]["time"] == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"busy_w": 120.0},
        {"time_s": 0.0},
        {"requests": 0},
        {"correlation": 1.1},
        {"u_time_s": -1.0},
        dict.fromkeys(UNSURE, 0),
    ],
)
def test_no_energy_of_such_readings(wrong):
    with pytest.raises(ValueError, match="must"):
        net_energy(**(ENERGY | UNSURE | wrong))
    with pytest.raises(ValueError, match="negative"):
        combined_uncertainty([1.0], [-1.0])


# --- a multiplexed counter --------------------------------------------------------------------------------------------


def counted(turns, chosen, probes=0, empty=(0, 0)):
    counter = NetCounter(probes)
    for place, count in enumerate(turns):
        counter.turn(count if place in chosen else None)
    for count in empty:
        counter.calibrate(count)
    return counter


def test_over_all_choices_of_turns_the_estimate_is_right_and_so_is_its_variance():
    """Every choice of 3 turns among 7: a finite population, enumerated."""
    turns = [5, 90, 12, 40, 7, 300, 33]
    found = [counted(turns, chosen) for chosen in itertools.combinations(range(7), 3)]
    estimates = np.array([one.net for one in found])
    assert estimates.mean() == pytest.approx(sum(turns))
    assert np.mean([one.uncertainty**2 for one in found]) == pytest.approx(estimates.var())


def test_the_cost_of_probes_and_its_uncertainty():
    counter = counted([1000, 1000], {0, 1}, probes=50, empty=(18, 22, 26))
    assert counter.net == 2000 - 50 * 22
    assert counter.uncertainty == pytest.approx(50 * 4 / np.sqrt(3))


def test_scaling_is_that_of_module_2():
    counter = counted([10, 20, 30, 40, 50], {1, 4})
    assert counter.scaled == scaled_count(70, 5.0, 2.0)


def test_turns_that_were_all_counted_are_no_guess():
    assert counted([3, 9, 27], {0, 1, 2}).uncertainty == 0


def test_what_has_not_been_measured_is_not_a_number():
    counter = NetCounter(1)
    assert np.isnan([counter.scaled, counter.net, counter.uncertainty]).all()
    counter.turn(None)
    counter.turn(7)
    assert counter.scaled == 14
    assert np.isnan(counter.net)
    counter.calibrate(1)
    counter.turn(7)
    assert counter.net == 20
    assert np.isnan(counter.uncertainty)
    with pytest.raises(ValueError, match="probes"):
        NetCounter(-1)


# --- histograms of the kernel -----------------------------------------------------------------------------------------


def label(edge):
    for factor, suffix in ((2**30, "G"), (2**20, "M"), (2**10, "K")):
        if edge >= factor:
            return f"{edge // factor}{suffix}"
    return str(edge)


def printed(name, values):
    """A map as bpftrace prints hist(): buckets from the first to the last that has an event."""
    buckets = [0 if value == 0 else int(value).bit_length() for value in values]
    lines = [f"@{name}:"]
    for b in range(min(buckets), max(buckets) + 1):
        edges = f"[{b}]" if b < 2 else f"[{label(2 ** (b - 1))}, {label(2**b)})"
        lines.append(f"{edges:<16}{buckets.count(b):>8} |{'@' * min(52, buckets.count(b)):<52}|")
    return "\n".join(lines) + "\n\n"


@pytest.mark.parametrize("seed", range(8))
def test_exact_percentiles_and_sums_lie_within_the_bounds(seed):
    draw = np.random.default_rng(seed)
    values = {
        name: np.floor(draw.lognormal(mean, 2, 300)).astype(int) for name, mean in (("runq", 2), ("disk[sda]", 7))
    }
    text = "Attaching 4 probes...\n^C\n" + "".join(printed(name, each) for name, each in values.items())
    for quantile in (0.5, 0.9, 0.99, 1.0):
        found = latency_layers(text, quantile)["layers"]
        assert list(found) == list(values)
        for name, each in values.items():
            layer, exact = found[name], np.quantile(each, quantile, method="inverted_cdf")
            assert layer["events"] == 300
            assert layer["low_us"] <= exact < layer["high_us"]
            assert layer["low_us"] < layer["estimate_us"] <= layer["high_us"]
            assert layer["least_s"] <= each.sum() / 1e6 < layer["most_s"]
            assert layer["high_us"] <= max(1, 2 * layer["low_us"])


def test_buckets_by_hand():
    text = "@a:\n[0]   1 |@|\n[1]   2 |@@|\n[2, 4)  0 ||\n[4, 8)  1 |@|\n\n"
    text += "@b[x, 1]:\n(..., 10)  3 |@|\n[20, ...)  1 |@|\n@n: 5\n"
    found = latency_layers(text, 0.75)["layers"]
    assert found["a"] == {"events": 4, "low_us": 1, "high_us": 2, "estimate_us": 2, "least_s": 6e-6, "most_s": 13e-6}
    assert found["b[x, 1]"]["least_s"] == pytest.approx(20e-6)
    assert found["b[x, 1]"]["most_s"] == np.inf
    assert found["b[x, 1]"]["estimate_us"] == 10
    last = latency_layers(text, 1.0)["layers"]["b[x, 1]"]
    assert (last["low_us"], last["high_us"], last["estimate_us"]) == (20, np.inf, 20)


def test_a_bottleneck_needs_a_factor_of_two():
    one, twice, more = (f"@{name}:\n[1K, 2K)  {count} |@|\n" for name, count in (("a", 100), ("b", 200), ("c", 201)))
    assert latency_layers(one + twice)["bottleneck"] == "undecided"
    assert latency_layers(one + more)["bottleneck"] == "c"
    assert latency_layers(more + one)["bottleneck"] == "c"
    assert latency_layers(one)["bottleneck"] == "a"


def test_no_histogram_and_no_quantile():
    with pytest.raises(ValueError, match="no histogram"):
        latency_layers("Attaching 1 probe...\n@start[3]: 17\n")
    for wrong in (0.0, 1.5):
        with pytest.raises(ValueError, match="quantile"):
            latency_layers("@a:\n[1]  1 |@|\n", wrong)


# --- a screen of runs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1, 2, 3, 4, 5, 6], [1, 1, 2, 3, 3, 3, 4]])
def test_the_variance_of_s_over_all_orders(values):
    """Enumerated: z is S, a step nearer to zero, over the deviation that S has among all orders of these values."""
    orders = np.array(list(itertools.permutations(values)))
    pairs = list(itertools.combinations(range(len(values)), 2))
    s = sum(np.sign(orders[:, j] - orders[:, i]) for i, j in pairs)
    for place in (0, len(orders) // 3, len(orders) - 1):
        z = run_screen(orders[place])["drift_z"]
        assert z == pytest.approx((s[place] - np.sign(s[place])) / s.std())


@pytest.mark.parametrize("seed", range(4))
def test_s_and_p_by_scipy(seed):
    x = np.random.default_rng(seed).normal(size=30)
    found, order = run_screen(x), np.arange(30)
    tau = stats.kendalltau(order, x).statistic  # no ties: S over the number of pairs
    z = (tau * 435 - np.sign(tau)) / np.sqrt(30 * 29 * 65 / 18)
    assert found["drift_z"] == pytest.approx(z)
    assert found["drift_p"] == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_planted_outliers_drift_and_memory():
    draw = np.random.default_rng(7)
    steady = draw.normal(10, 0.1, 60)
    assert run_screen(steady)["outliers"] == []
    assert run_screen(steady)["drift_p"] > 0.05
    spiked = steady.copy()
    spiked[[3, 40, 41]] = [12.0, 8.0, 30.0]
    assert run_screen(spiked)["outliers"] == [3, 40, 41]
    assert run_screen(steady + np.linspace(0, 0.3, 60))["drift_p"] < 1e-3
    chain = np.zeros(20_000)
    for i, step in enumerate(draw.normal(size=19_999)):
        chain[i + 1] = 0.6 * chain[i] + step
    found = run_screen(chain[:3000])
    assert found["lag1"] == pytest.approx(0.6, abs=0.05)
    assert found["effective_runs"] == pytest.approx(3000 / 4, rel=0.2)


def test_effective_runs_are_what_a_mean_of_a_chain_is_worth():
    draw = np.random.default_rng(9)
    steps = draw.normal(size=(4000, 200))
    chains = np.zeros((4000, 200))
    chains[:, 0] = steps[:, 0] / np.sqrt(1 - 0.25)  # in its steady state from the start
    for i in range(1, 200):
        chains[:, i] = 0.5 * chains[:, i - 1] + steps[:, i]
    worth = chains.var() / chains.mean(axis=1).var()
    assert worth == pytest.approx(200 * 0.5 / 1.5, rel=0.08)


def test_equal_runs_and_nearly_equal_ones():
    assert run_screen([2.0] * 5) == {"outliers": [], "drift_z": 0, "drift_p": 1, "lag1": 0, "effective_runs": 5}
    assert run_screen([2.0, 2.0, 2.0, 2.0, 2.001])["outliers"] == [4]
    assert run_screen([1.0, 2.0, 1.0, 2.0, 1.0])["effective_runs"] == 5
    with pytest.raises(ValueError, match="four runs"):
        run_screen([1.0, 2.0, 3.0])


# --- left out ---------------------------------------------------------------------------------------------------------


def workloads(seed, n=9):
    draw = np.random.default_rng(seed)
    traffic = draw.uniform(1e9, 4e9, n)
    return traffic * draw.uniform(1, 60, n), traffic


def timed(work, traffic):
    return work / 8e12 + traffic / 1.2e12


def test_exact_data_have_no_error():
    work, traffic = workloads(1)
    table = left_out_table(work, traffic, timed(work, traffic), np.full(9, 0.01))
    np.testing.assert_allclose(table["error"], 0, atol=1e-12)
    assert sorted(table["verdict"]) == ["noise"] * 7 + ["outside"] * 2


def test_predictions_by_normal_equations_in_fractions():
    work, traffic, times = [30, 12, 55, 8, 21], [4, 9, 5, 7, 3], [9, 14, 17, 10, 6]
    table = left_out_table(work, traffic, times, [0.02] * 5)
    for i in range(5):
        a, b = ([Fraction(x[j], times[j]) for j in range(5) if j != i] for x in (work, traffic))
        aa, ab, bb = (sum(p * q for p, q in zip(*pair, strict=True)) for pair in ((a, a), (a, b), (b, b)))
        p, q = ((bb * sum(a) - ab * sum(b)) / (aa * bb - ab**2), (aa * sum(b) - ab * sum(a)) / (aa * bb - ab**2))
        predicted = float(p * work[i] + q * traffic[i])
        assert table["predicted_s"][i] == pytest.approx(predicted)
        assert table["error"][i] == pytest.approx(predicted / times[i] - 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_fault_is_found_and_noise_is_noise(seed):
    work, traffic = workloads(seed)
    order = np.argsort(work / traffic)
    draw = np.random.default_rng(100 + seed)
    times = timed(work, traffic) * (1 + draw.normal(0, 0.005, 9))
    quiet = left_out_table(work, traffic, times, np.full(9, 0.02))["verdict"]
    assert sorted(quiet) == ["noise"] * 7 + ["outside"] * 2
    assert {quiet[order[0]], quiet[order[-1]]} == {"outside"}
    times[order[4]] *= 1.4
    verdict = left_out_table(work, traffic, times, np.full(9, 0.02))["verdict"]
    assert verdict[order[4]] == "model"


def test_the_noise_of_inputs_counts_too():
    work, traffic = workloads(2)
    times = timed(work, traffic)
    times[4] *= 1.1
    u = left_out_table(work, traffic, times, np.full(9, 0.03), u_input=0.04)["u_val"]
    np.testing.assert_allclose(u, 0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        ([1, 2, 3], [1, 2, 3], [1, 2, 3], [0, 0, 0]),
        ([1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 4], [0] * 4),
        ([1, 2, 3, 0], [1, 2, 3, 4], [1, 2, 3, 4], [0] * 4),
        ([1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 0, -1]),
    ],
)
def test_no_validation_of_such_workloads(wrong):
    with pytest.raises(ValueError, match="must"):
        left_out_table(*wrong)
