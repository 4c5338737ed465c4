"""`make bench`, second half: reference models with a hot loop, beside the Python tool that one would else reach for.

Both get the same input and give the same numbers, which is checked; both are timed in this run, the model as the
median of three. The tools are event by event and call by call, so they get a part of the input, and its share is
scaled up: their time grows with the number of events. The last line printed is a JSON object of ratios.

pycachesim is built where it is installed, which needs a C compiler; where there is none, its row is left out, and the
plain definition is the only one compared with. HotSpot's ev6 example is read where the recorded oracles lie beside the
project; its row is left out elsewhere.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simpy
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from reference_solutions.m01_microarchitecture.reuse import miss_ratios, stack_distances
from reference_solutions.m01_microarchitecture.set_associative import cache_hits
from reference_solutions.m05_llm_inference.continuous_batching import continuous_batching
from reference_solutions.m08_tail_latency.queue_simulation import queue_waits_s
from reference_solutions.m11_power_thermal.block_model import package_network
from reference_solutions.m11_power_thermal.transient import longest_rk4_step_s, rises_k

ACCESSES, REQUESTS, SERVED = 1_000_000, 1_000_000, 100_000
CAPACITIES = 2 ** np.arange(4, 14)  # lines
EV6 = Path(__file__).resolve().parents[3] / "shared/oracles/microarchitecture/hotspot/ev6_block.json"


@dataclass(frozen=True)
class Row:
    """A model beside a tool, on the whole input."""

    name: str
    model_s: float
    tool: str
    tool_s: float

    def __str__(self) -> str:
        return f"{self.name}: {self.model_s:.3f} s; {self.tool}: {self.tool_s:.1f} s; {self.ratio:.0f} times as fast"

    @property
    def ratio(self) -> float:
        """How many times as fast the model is."""
        return self.tool_s / self.model_s


def main() -> None:
    """Measure, and print what was measured."""
    found = {}
    for row in rows():
        print(row, flush=True)
        found[row.name.replace(" ", "_")] = round(row.ratio, 1)
    print(json.dumps(found))


def rows() -> Iterator[Row]:
    """Each model beside its tool."""
    yield from caches()
    yield queue()
    yield serving()
    yield from heat()


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_of_three(work: Callable[[], object]) -> float:
    """Seconds, the median of three."""
    return statistics.median(timed(work) for _ in range(3))


def same(ours: object, theirs: object) -> None:
    """End here unless both say the same."""
    if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-9):
        raise SystemExit(f"the model and the tool differ: {ours} and {theirs}")


# --- caches ---------------------------------------------------------------------------------------------------------


def caches() -> Iterator[Row]:
    """Miss ratios of ten capacities, one pass of stack distances against a simulation each; and a cache with sets."""
    try:
        import cachesim  # noqa: F401
    except ImportError:
        print("caches: pycachesim is not installed here, which needs a C compiler")
        return
    lines = np.random.default_rng(1).zipf(1.3, ACCESSES) % 20_000
    part = lines[: ACCESSES // 10]
    found: list[float] = []
    tool_s = timed(lambda: found.extend(miss_ratio(part, 1, capacity) for capacity in CAPACITIES.tolist()))
    same(miss_ratios(stack_distances(part), CAPACITIES), found)
    model_s = median_of_three(lambda: miss_ratios(stack_distances(lines), CAPACITIES))
    yield Row("stack distances", model_s, "pycachesim", tool_s * ACCESSES / part.size)
    tool_s = timed(lambda: found.append(miss_ratio(part, 64, 8)))
    same(1 - np.mean(cache_hits(part, 64, 8)), found[-1])
    model_s = median_of_three(lambda: cache_hits(lines, 64, 8))
    yield Row("cache with sets", model_s, "pycachesim", tool_s * ACCESSES / part.size)


def miss_ratio(lines: NDArray[np.int64], sets: int, ways: int) -> float:
    """What pycachesim says of an LRU cache."""
    from cachesim import Cache, CacheSimulator, MainMemory

    memory, cache = MainMemory(), Cache("L1", sets, ways, 64, "LRU")
    memory.load_to(cache)
    memory.store_from(cache)
    simulator = CacheSimulator(cache, memory)
    for line in lines.tolist():
        simulator.load(line * 64)
    return float(cache.backend.MISS_count / lines.size)


# --- waits in a queue of several servers -----------------------------------------------------------------------------


def queue() -> Row:
    """Waits for four servers at 80 % utilisation, lognormal service times."""
    rng = np.random.default_rng(2)
    arrival_s = np.cumsum(rng.exponential(1.0, REQUESTS))
    service_s = rng.lognormal(np.log(3.2) - 0.5, 1.0, REQUESTS)
    count = REQUESTS // 20
    waits = np.empty(count)

    def request(environment: simpy.Environment, servers: simpy.Resource, number: int) -> Iterator[object]:
        yield environment.timeout(arrival_s[number])
        with servers.request() as turn:
            yield turn
            waits[number] = environment.now - arrival_s[number]
            yield environment.timeout(service_s[number])

    def simulated() -> None:
        environment = simpy.Environment()
        servers = simpy.Resource(environment, capacity=4)
        for number in range(count):
            environment.process(request(environment, servers, number))
        environment.run()

    tool_s = timed(simulated)
    same(queue_waits_s(arrival_s[:count], service_s[:count], 4), waits)
    model_s = median_of_three(lambda: queue_waits_s(arrival_s, service_s, 4))
    return Row("simulated requests", model_s, "SimPy", tool_s * REQUESTS / count)


# --- continuous batching ------------------------------------------------------------------------------------------


def serving() -> Row:
    """First and last tokens of requests with lognormal lengths in 64 slots; for SimPy each request is a process."""
    rng = np.random.default_rng(3)
    prompts = rng.lognormal(6, 1, SERVED).astype(int) + 1
    outputs = rng.lognormal(5, 1, SERVED).astype(int) + 1
    arrivals_s = np.cumsum(rng.exponential(0.2, SERVED))
    step_s, token_s, slots, count = 0.02, 2e-5, 64, SERVED // 50

    def answer(environment: simpy.Environment, number: int) -> Iterator[object]:
        for token in range(outputs[number]):
            yield step[0]
            if not token:
                first_s[number] = environment.now
        last_s[number] = environment.now
        running.remove(number)

    def engine(environment: simpy.Environment) -> Iterator[object]:
        coming = 0
        while coming < count or running:
            if not running and arrivals_s[coming] > environment.now:
                yield environment.timeout(arrivals_s[coming] - environment.now)
            writing, read = len(running), 0
            while coming < count and arrivals_s[coming] <= environment.now and len(running) < slots:
                running.add(coming)
                environment.process(answer(environment, coming))
                read += int(prompts[coming])
                coming += 1
            yield environment.timeout(step_s + token_s * (writing + read))
            done, step[0] = step[0], environment.event()
            yield done.succeed()

    first_s, last_s = [0.0] * count, [0.0] * count
    running: set[int] = set()
    step: list[simpy.Event] = []

    def simulated() -> None:
        environment = simpy.Environment()
        step.append(environment.event())
        environment.process(engine(environment))
        environment.run()

    tool_s = timed(simulated)
    ours = continuous_batching(arrivals_s[:count], prompts[:count], outputs[:count], slots, step_s, token_s)
    same(ours, (first_s, last_s))
    model_s = median_of_three(lambda: continuous_batching(arrivals_s, prompts, outputs, slots, step_s, token_s))
    return Row("serving trace", model_s, "SimPy", tool_s * SERVED / count)


# --- heat in a die and its package --------------------------------------------------------------------------------


def heat() -> Iterator[Row]:
    """HotSpot's ev6 example, 132 nodes, 100 intervals: by modes, and by Runge-Kutta steps that are just stable."""
    if not EV6.is_file():
        print("heat: the recorded ev6 example is not beside the project")
        return
    case = json.loads(EV6.read_text())
    plan = [line.split() for line in case["floorplan_flp"].splitlines() if line.strip() and line[0] != "#"]
    heads, *rows_of_power = [line.split() for line in case["ptrace"].splitlines() if line.strip()]
    network = package_network([[float(word) for word in line[1:5]] for line in plan], case["config"])
    conductance, capacitance = network.conductance_w_per_k, network.capacitance_j_per_k
    watts = np.zeros((len(rows_of_power), len(capacitance)))
    watts[:, : len(plan)] = np.array(rows_of_power, dtype=float)[:, [heads.index(line[0]) for line in plan]]
    interval_s = case["config"]["sampling_intvl"]
    steps = math.ceil(interval_s / longest_rk4_step_s(conductance, capacitance))
    found: list[NDArray[np.float64]] = []

    def slope(rise: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((power - conductance @ rise) / capacitance)

    def by_steps() -> None:
        rise, h = np.zeros(len(capacitance)), interval_s / steps
        for power in watts:
            for _ in range(steps):
                first = slope(rise, power)
                second = slope(rise + h / 2 * first, power)
                third = slope(rise + h / 2 * second, power)
                rise = rise + h / 6 * (first + 2 * second + 2 * third + slope(rise + h * third, power))
            found.append(rise)

    with threadpool_limits(1):  # so small a matrix is no work for many threads: they wait for each other
        tool_s = timed(by_steps)
        ours = rises_k(conductance, capacitance, watts, interval_s)
        if np.abs(ours - found).max() > 0.02:
            raise SystemExit("the model and the Runge-Kutta steps differ")
        model_s = median_of_three(lambda: rises_k(conductance, capacitance, watts, interval_s))
    yield Row("transient of a die", model_s, "Runge-Kutta in Python", tool_s)


if __name__ == "__main__":
    main()
