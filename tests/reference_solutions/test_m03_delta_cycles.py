"""Delta cycles: circuits simulated with MyHDL, gates evaluated all at once, and processes in another order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m03_modeling_simulation.delta_cycles import DeltaKernel

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m03_delta_cycles.json").read_text())["circuits"]
GATES = {"nand": lambda a: 1 - min(a), "xor": lambda a: sum(a) % 2, "not": lambda a: 1 - a[0], "or": max}


def built(circuit, order=None):
    """A kernel with a circuit's processes, added in another order if one is given."""
    kernel = DeltaKernel(circuit["signals"])

    def gate(out, kind, inputs):
        return lambda: kernel.write(out, GATES[kind]([kernel.read(name) for name in inputs])), inputs

    def register(clock, source, target):
        return lambda: kernel.write(target, kernel.read(source)) if kernel.read(clock) else None, [clock]

    def adder(out, source, amount):
        return lambda: kernel.write(out, (kernel.read(source) + amount) % 16), [source]

    processes = [gate(*one) for one in circuit["gates"]] + [register(*one) for one in circuit["registers"]]
    processes += [adder(*one) for one in circuit["adders"]]
    for number in order if order is not None else range(len(processes)):
        kernel.add_process(*processes[number])
    for name, steps in circuit["stimuli"].items():
        for when, value in steps:
            kernel.write(name, value, after=when)
    kernel.run(circuit["until"])
    return kernel


def by_signal(kernel, circuit):
    return {
        name: [[when, value] for when, there, value in kernel.changes if there == name] for name in circuit["signals"]
    }


@pytest.mark.parametrize("circuit", RECORDED, ids=lambda circuit: circuit["name"])
def test_every_change_is_that_of_myhdl_glitches_and_all(circuit):
    assert by_signal(built(circuit), circuit) == circuit["changes"]


def test_the_recorded_circuits_have_glitches_and_a_clock_that_is_late():
    changes = {circuit["name"]: circuit["changes"] for circuit in RECORDED}
    assert changes["glitch of a delta cycle"]["pulse"][:2] == [[10, 1], [10, 0]]
    assert changes["swapped registers"]["a"][:2] == [[5, 7], [15, 3]]


@pytest.mark.parametrize("circuit", RECORDED, ids=lambda circuit: circuit["name"])
def test_the_order_of_processes_changes_nothing(circuit):
    count = len(circuit["gates"]) + len(circuit["registers"]) + len(circuit["adders"])
    rng = np.random.default_rng(count)
    for order in [range(count)[::-1], rng.permutation(count), rng.permutation(count)]:
        assert built(circuit, order).changes == built(circuit).changes


networks = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=8, max_size=8)


@settings(max_examples=150, deadline=None)
@given(networks, st.lists(st.integers(0, 1), min_size=8, max_size=8))
def test_logic_without_delay_is_all_gates_at_once_again_and_again(inputs, start):
    """NANDs of each other, with feedback: the state after k delta cycles is k times the function of all gates."""
    states = [np.asarray(start)]
    for _ in range(300):  # there are 256 states: what has not settled by then never does
        states.append(1 - states[-1][[a for a, _ in inputs]] * states[-1][[b for _, b in inputs]])
    settled = next((k for k in range(300) if np.array_equal(states[k], states[k + 1])), None)
    kernel = DeltaKernel({str(place): value for place, value in enumerate(start)}, most_deltas=300)
    seen = []
    for out, (a, b) in enumerate(inputs):
        kernel.add_process(
            lambda out=out, a=a, b=b: kernel.write(str(out), 1 - kernel.read(str(a)) * kernel.read(str(b))),
            [str(a), str(b)],
        )
    if settled is None:
        with pytest.raises(RuntimeError, match="still change at 0 after 300"):
            kernel.run(5)
        return
    kernel.add_process(lambda: seen.append([kernel.read(str(place)) for place in range(8)]), list(map(str, range(8))))
    kernel.run(5)
    assert seen == [state.tolist() for state in states[: settled + 1]]  # the observer runs after each change
    assert [kernel.read(str(place)) for place in range(8)] == states[settled].tolist()
    assert kernel.deltas == settled + 1  # the last one finds nothing to change
    assert kernel.now == 5


@pytest.mark.parametrize(("inverters", "delay"), [(1, 4), (3, 1), (3, 5), (5, 2)])
def test_a_ring_of_inverters_turns_in_twice_its_delays(inverters, delay):
    kernel = DeltaKernel({str(place): place % 2 for place in range(inverters)})
    for place in range(inverters):
        before = str((place - 1) % inverters)
        kernel.add_process(
            lambda place=place, before=before: kernel.write(str(place), 1 - kernel.read(before), after=delay), [before]
        )
    kernel.run(200)
    rises = [when for when, name, value in kernel.changes if name == "0" and value == 1]
    assert len(rises) > 5
    assert set(np.diff(rises)) == {2 * inverters * delay}


def test_two_inverters_keep_what_they_hold_and_flip_for_ever_if_they_agree():
    for start in (0, 1):
        for agree in (False, True):
            kernel = DeltaKernel({"a": start, "b": start if agree else 1 - start}, most_deltas=20)
            kernel.add_process(lambda kernel=kernel: kernel.write("a", 1 - kernel.read("b")), ["b"])
            kernel.add_process(lambda kernel=kernel: kernel.write("b", 1 - kernel.read("a")), ["a"])
            if agree:
                with pytest.raises(RuntimeError, match="still change"):
                    kernel.run(1)
            else:
                kernel.run(1)
                assert kernel.changes == []


def test_a_value_that_stays_is_no_event_and_of_two_writes_the_last_counts():
    kernel, woken = DeltaKernel({"x": 1}), []
    kernel.add_process(lambda: woken.append(kernel.now), ["x"])
    kernel.write("x", 1, after=3)
    kernel.write("x", 5, after=7)
    kernel.write("x", 6, after=7)
    kernel.run(10)
    assert woken == [0, 7]
    assert kernel.changes == [(7, "x", 6)]


def test_time_stops_where_it_is_told_to_and_goes_on_from_there():
    kernel = DeltaKernel({"x": 0})
    kernel.write("x", 1, after=4)
    kernel.run(3)
    assert (kernel.now, kernel.read("x")) == (3, 0)
    kernel.run(4)
    assert (kernel.now, kernel.read("x")) == (4, 1)
    kernel.write("x", 2)
    kernel.run(4)
    assert kernel.changes == [(4, "x", 1), (4, "x", 2)]


def test_what_no_circuit_can_do_is_refused():
    kernel = DeltaKernel({"x": 0})
    for refused in (lambda: kernel.read("y"), lambda: kernel.write("y", 1), lambda: kernel.add_process(print, ["y"])):
        with pytest.raises(ValueError, match="no signal y"):
            refused()
    with pytest.raises(ValueError, match="past"):
        kernel.write("x", 1, after=-1)
    kernel.add_process(lambda: kernel.write("x", 1), [])
    kernel.add_process(lambda: kernel.write("x", 2), [])
    with pytest.raises(ValueError, match="two processes write x"):
        kernel.run(1)
