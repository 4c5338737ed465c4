"""What the tools of the field do and write: TLM timing beside SimPy, files written from drawn counts, the picture."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m03_modeling_simulation.link_traces import link_table, store_and_forward_s
from reference_solutions.m03_modeling_simulation.simpoints import simpoint_estimate
from reference_solutions.m03_modeling_simulation.temporal_decoupling import decoupled_reads, four_phases_s
from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation, welch_average
from reference_solutions.m03_modeling_simulation.warm_up_figure import warm_up_figure

# --- temporal decoupling ----------------------------------------------------------------------------------------------


def drawn_initiators(seed, initiators=3, steps=20, writers=3):
    """Delays are so large that two interactions hardly ever fall together; what is written is never written twice."""
    rng = np.random.default_rng(seed)
    values = iter(range(1, 10_000))
    return [
        [
            [int(rng.integers(1, 100_000)), next(values) if rng.random() < 0.5 and number < writers else -1]
            for _ in range(steps)
        ]
        for number in range(initiators)
    ]


def exact(initiators):
    """SimPy, an event for each interaction: what each read, and when the variable changed."""
    environment, reads, history = simpy.Environment(), [[] for _ in initiators], [(0, 0)]

    def initiator(number):
        for delay, what in initiators[number]:
            yield environment.timeout(delay)
            if what >= 0:
                history.append((environment.now, what))
            else:
                reads[number].append(history[-1][1])

    for number in range(len(initiators)):
        environment.process(initiator(number))
    environment.run()
    return reads, history


@pytest.mark.parametrize("seed", range(6))
def test_without_a_quantum_it_is_simpy(seed):
    initiators = drawn_initiators(seed)
    found = decoupled_reads(initiators, 0)
    assert found["reads"] == exact(initiators)[0]
    assert found["syncs"] == sum(map(len, initiators))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400_000))
def test_what_one_writes_is_read_less_than_a_quantum_late_or_early(seed, quantum):
    initiators = drawn_initiators(seed, writers=1)
    found, history = decoupled_reads(initiators, quantum), exact(initiators)[1]
    until = [time for time, _ in history[1:]] + [np.inf]
    holds = {value: (since, ends) for (since, value), ends in zip(history, until, strict=True)}
    for steps, reads in zip(initiators, found["reads"], strict=True):
        times = np.cumsum([delay for delay, _ in steps])
        reading = [int(time) for time, (_, what) in zip(times, steps, strict=True) if what < 0]
        for time, value in zip(reading, reads, strict=True):
            since, ends = holds[value]
            assert since - quantum < time < ends + quantum
    finish = max(sum(delay for delay, _ in steps) for steps in initiators)
    assert found["finish"] == finish
    assert found["syncs"] <= len(initiators) * (finish // quantum + 1)


def test_two_that_write_within_a_quantum_may_be_swapped_for_good():
    both = [[[60, 1]], [[50, 2]], [[1000, -1]]]
    assert decoupled_reads(both, 0)["reads"][2] == [1]
    assert decoupled_reads(both, 100)["reads"][2] == [2]


def test_ties_go_by_number_and_refusals():
    assert decoupled_reads([[[5, 1]], [[5, -1]]], 0)["reads"] == [[], [1]]
    assert decoupled_reads([[[5, -1]], [[5, 1]]], 0)["reads"] == [[0], []]
    with pytest.raises(ValueError, match="not negative"):
        decoupled_reads([[[5, 1]]], -1)


@pytest.mark.parametrize("seed", range(4))
def test_four_phases_are_two_sockets_in_simpy(seed):
    rng = np.random.default_rng(seed)
    ask, lengths = np.cumsum(rng.exponential(2.0, size=30)), rng.exponential(1.5, size=(3, 30))
    environment, found = simpy.Environment(), {}
    request_socket = simpy.Resource(environment, 1)
    responded = [environment.event() for _ in range(31)]
    responded[0].succeed()

    def transaction(number):
        yield environment.timeout(ask[number])
        with request_socket.request() as turn:
            yield turn
            found[number] = [environment.now]
            yield environment.timeout(lengths[0, number])
        found[number].append(environment.now)
        yield environment.timeout(lengths[1, number])
        yield responded[number]
        found[number].append(environment.now)
        yield environment.timeout(lengths[2, number])
        found[number].append(environment.now)
        responded[number + 1].succeed()

    for number in range(30):
        environment.process(transaction(number))
    environment.run()
    phases = np.array(list(four_phases_s(ask, *lengths).values())).T
    np.testing.assert_allclose(phases, [found[number] for number in range(30)], atol=1e-9)
    with pytest.raises(ValueError, match="negative"):
        four_phases_s([0.0], [-1.0], [0.0], [0.0])


# --- simulation points ------------------------------------------------------------------------------------------------

NAMES = ("simInsts", "system.cpu.numCycles", "system.l2.overallMisses::total")
DRAM = ("system.mem_ctrls.dram.readBursts", "system.mem_ctrls.dram.readRowHits")


def written(counts):
    """A dump, with remarks and with lines that nobody asks for."""
    lines = ["", "---------- Begin Simulation Statistics ----------"]
    lines += [f"{name:<45} {count:>12}  # what was counted (Count)" for name, count in counts.items()]
    lines += ["system.cpu.ipc_total nan # (Count/Cycle)", "---------- End Simulation Statistics   ----------", ""]
    return "\n".join(lines)


def drawn_points(seed, points=4):
    rng = np.random.default_rng(seed)
    rows = rng.integers(1_000_000, 1_000_900, points), *rng.integers(500_000, 4_000_000, (1, points))
    rows += tuple(np.sort(rng.integers(1_000, 90_000, (3, points)), axis=0)[::-1])
    dumps = [dict(zip(NAMES + DRAM, map(int, column), strict=True)) for column in zip(*rows, strict=True)]
    return dumps, rng.dirichlet(np.ones(points))


@pytest.mark.parametrize("seed", range(6))
def test_a_file_gives_what_its_counts_give(seed):
    dumps, weights = drawn_points(seed)
    text = "".join(map(written, dumps))
    found = simpoint_estimate(text, "\n".join(f"{w:.6f} {n}" for n, w in enumerate(weights)) + "\n")
    per = {name: np.array([dump[name] / dump["simInsts"] for dump in dumps]) for name in NAMES + DRAM}
    assert found["cpi"] == pytest.approx(weights @ per[NAMES[1]], rel=1e-4)
    assert found["l2_mpki"] == pytest.approx(1000 * weights @ per[NAMES[2]], rel=1e-4)
    assert found["row_hit_share"] == pytest.approx(weights @ per[DRAM[1]] / (weights @ per[DRAM[0]]), rel=1e-4)


DUMP = written(dict(zip(NAMES + DRAM, (1000, 2000, 5, 5, 4), strict=True)))


@pytest.mark.parametrize(
    ("stats", "weights"),
    [
        (DUMP[: len(DUMP) // 2], "1.0 0"),
        (DUMP, "0.9 0"),
        (DUMP, "0.5 0\n0.5 1"),
        (DUMP.replace("2000", "nan "), "1.0 0"),
        (DUMP.replace("numCycles", "numCycle_"), "1.0 0"),
        (DUMP.replace("1000", "   0"), "1.0 0"),
        (DUMP.replace("End", "Begin"), "1.0 0"),
    ],
)
def test_a_corrupted_file_is_refused(stats, weights):
    with pytest.raises(ValueError, match=r"dump|statistic"):
        simpoint_estimate(stats, weights)


# --- a link -----------------------------------------------------------------------------------------------------------


def link_files(seed, packets=60, room=4):
    """A queue with room for a few packets, and what both simulators would write about it."""
    rng = np.random.default_rng(seed)
    arrivals, free, lines, delays, dropped = np.cumsum(rng.exponential(1.0, packets)), 0.0, [], [], 0
    in_queue: list[float] = []
    for time in arrivals:
        in_queue = [begins for begins in in_queue if begins > time]
        if len(in_queue) >= room:
            lines.append((time, "d"))
            dropped += 1
            continue
        begins = max(time, free)
        free = begins + 1.1
        in_queue.append(begins)
        lines += [(time, "+"), (begins, "-"), (free + 0.2, "r")]
        delays.append(free + 0.2 - time)
    trace = [f"{what} {time:.9f} /NodeList/0/DeviceList/0" for time, what in sorted(lines, key=lambda one: one[0])]
    scalars = ["version 3", "run Link-0", f"scalar Net.app packetReceived:count {len(delays)}"]
    scalars += [f"scalar Net.queue packetDropped:count {dropped}", "statistic Net.app endToEndDelay:stats"]
    scalars += [f"field count {len(delays)}", f"field mean {np.mean(delays)}"]
    return "\n".join(trace), "\n".join(scalars), len(delays), dropped, np.mean(delays)


@pytest.mark.parametrize("seed", range(5))
def test_both_files_tell_of_the_same_queue(seed):
    trace, scalars, received, dropped, mean = link_files(seed)
    table = link_table(trace, scalars)
    assert table["tool"].tolist() == ["ns-3", "OMNeT++"]
    assert table["received"].tolist() == [received] * 2
    assert table["dropped"].tolist() == [dropped] * 2
    np.testing.assert_allclose(table["mean_delay_s"], mean, rtol=1e-6)
    np.testing.assert_allclose(table["loss"], dropped / 60)


def test_a_packet_alone_takes_what_the_formula_says():
    trace = "+ 1.0 /Tx\n- 1.0 /Tx\nr 1.014 /Rx"
    scalars = link_files(0)[1]
    alone = store_and_forward_s(1250, [1e6], [4e-3])
    assert link_table(trace, scalars)["mean_delay_s"][0] == pytest.approx(alone)
    assert store_and_forward_s(125, [1e6, 2e6], [0.0, 0.0]) == pytest.approx(1.5e-3)


@pytest.mark.parametrize("spoilt", ["falling", "unsent", "missing", "version", "mean", "counts", "nothing"])
def test_corrupted_files_are_refused(spoilt):
    trace, scalars, received, *_ = link_files(1)
    if spoilt == "falling":
        trace = "+ 999 /Tx\n" + trace
    elif spoilt == "unsent":
        trace = "r 0.0 /Rx\n" + trace
    elif spoilt == "missing":
        trace = trace.rpartition("\n")[0]
    elif spoilt == "version":
        scalars = scalars.partition("\n")[2]
    elif spoilt == "mean":
        scalars = scalars.replace("field mean", "field median")
    elif spoilt == "counts":
        scalars = scalars.replace(f"field count {received}", "field count 3")
    else:
        trace = ""
    with pytest.raises(ValueError, match=r"times fall|missing|scalar file"):
        link_table(trace, scalars)


# --- the picture ------------------------------------------------------------------------------------------------------


def test_the_picture_shows_what_the_rules_find():
    rng = np.random.default_rng(2)
    runs = 5 - 5 * np.exp(-np.arange(200) / 20) + rng.normal(0, 0.3, size=(12, 200))
    plain = warm_up_figure(runs, window=10, expected_s=5.0)
    mean, smooth, steady = plain["series"]
    np.testing.assert_allclose(mean["y"], runs.mean(axis=0))
    np.testing.assert_allclose(smooth["y"], welch_average(runs, 10))
    assert (steady["x"], steady["y"]) == ([0, 199], [5.0, 5.0])
    cut = mser_truncation(runs.mean(axis=0))
    assert plain["marks"] == [{"label": "MSER-5", "x": cut["dropped"], "y": cut["mean"]}]
    assert plain["left_out"] == []
    short = warm_up_figure(np.arange(40.0) * np.ones((2, 1)), window=3, expected_s=9.0)
    assert (short["marks"], short["left_out"]) == ([], ["MSER-5"])
