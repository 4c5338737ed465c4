"""Banks, controllers, interval cores and warps: other schedulers, closed forms, and module 1's models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.cpi_stack import cpi_stack
from reference_solutions.m01_microarchitecture.out_of_order import retired_cycles
from reference_solutions.m01_microarchitecture.set_associative import cache_hits_by_definition
from reference_solutions.m03_modeling_simulation.dram_banks import DramBanks, trace_cycles
from reference_solutions.m03_modeling_simulation.interval_core import interval_cycles
from reference_solutions.m03_modeling_simulation.request_scheduling import first_come, pick_request, served_requests
from reference_solutions.m03_modeling_simulation.warp_schedulers import warp_issue

# DDR4-2400, in cycles of 0.833 ns: the values of DRAMsim3's configuration DDR4_8Gb_x8_2400.ini
TIMING = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
TIMING |= {"tREFI": 9364, "tRFC": 420, "burst": 4}

# --- banks ------------------------------------------------------------------------------------------------------------


class CycleByCycle:
    """Tries in every cycle whether the next command is allowed, by looking at all commands before it."""

    def __init__(self, banks, timing):
        self.banks, self.timing, self.commands, self.refreshed = banks, timing, [], 0

    def last(self, what, bank=None):
        return max((c for c, w, b, _ in self.commands if w == what and bank in (None, b)), default=-(10**9))

    def open_row(self, bank):
        row = -1
        for _, what, where, row_of in self.commands:
            if what == "REF" or (what == "PRE" and where == bank):
                row = -1
            elif what == "ACT" and where == bank:
                row = row_of
        return row

    def allowed(self, what, bank, cycle):
        t, activations = self.timing, sorted(c for c, w, *_ in self.commands if w == "ACT")
        if what == "RD":
            return cycle >= self.last("ACT", bank) + t["tRCD"] and cycle >= self.last("RD") + t["tCCD"]
        if what == "PRE":
            return cycle >= self.last("ACT", bank) + t["tRAS"] and cycle >= self.last("RD", bank)
        calm = cycle >= self.last("PRE", bank) + t["tRP"] and cycle >= self.last("REF") + t["tRFC"]
        return (
            calm
            and all(cycle >= c + t["tRRD"] for c in activations)
            and (len(activations) < 4 or cycle >= activations[-4] + t["tFAW"])
        )

    def read(self, cycle, bank, row):
        number = max(cycle, self.last("RD")) // self.timing["tREFI"]
        if number > self.refreshed:
            self.refreshed = number
            self.commands.append((number * self.timing["tREFI"], "REF", -1, -1))
        while True:
            there = self.open_row(bank)
            what = "RD" if there == row else "ACT" if there < 0 else "PRE"
            if self.allowed(what, bank, cycle):
                self.commands.append((cycle, what, bank, row))
                if what == "RD":
                    return cycle + self.timing["CL"] + self.timing["burst"]
            else:
                cycle += 1


reads = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(reads, st.sampled_from([300, 700, 9364]), st.integers(0, 40))
def test_all_rules_cycle_by_cycle(asked, refresh, faw):
    timing = TIMING | {"tREFI": refresh, "tRFC": 90, "tFAW": faw}
    ours, theirs, cycle = DramBanks(4, timing), CycleByCycle(4, timing), 0
    for later, bank, row in asked:
        cycle += later
        assert ours.read(cycle, bank, row) == theirs.read(cycle, bank, row)
        assert ours.open_rows == [theirs.open_row(one) for one in range(4)]
    assert sum(ours.counts.values()) == len(asked)


def test_a_single_bank_has_closed_forms():
    memory = DramBanks(1, TIMING)
    assert memory.read(0, 0, 1) == 16 + 16 + 4
    assert memory.read(1000, 0, 1) - 1000 == 16 + 4
    assert memory.read(2000, 0, 2) - 2000 == 16 + 16 + 16 + 4
    alternating = DramBanks(1, TIMING)
    done = [alternating.read(0, 0, number % 2) for number in range(20)]
    assert set(np.diff(done)) == {TIMING["tRAS"] + TIMING["tRP"]}
    stream = DramBanks(1, TIMING)
    assert set(np.diff([stream.read(0, 0, 5) for _ in range(20)])) == {TIMING["tCCD"]}


def test_five_activations_take_the_window_of_four():
    memory = DramBanks(8, TIMING)
    done = [memory.read(0, bank, 0) for bank in range(8)]
    assert done[4] - done[0] == TIMING["tFAW"]
    assert done[1] - done[0] == TIMING["tRRD"]


def test_a_refresh_closes_all_rows():
    memory = DramBanks(2, TIMING)
    memory.read(9000, 0, 3)
    assert memory.read(9364, 0, 3) == 9364 + 420 + 16 + 16 + 4
    assert memory.counts == {"hit": 0, "closed": 2, "conflict": 0}


@pytest.mark.parametrize("asked", [(0, 4, 0), (0, -1, 0), (0, 0, -1), (-5, 0, 0)])
def test_reads_are_refused_that_no_channel_has(asked):
    memory = DramBanks(4, TIMING)
    memory.read(0, 0, 0)
    with pytest.raises(ValueError, match="out of order"):
        memory.read(*asked)
    with pytest.raises(ValueError, match="a bank at least"):
        DramBanks(0, TIMING)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 3), st.integers(1, 2))
def test_a_trace_passes_both_caches_and_then_the_banks(lines, sets, ways):
    levels = [(sets, ways, 3), (4, 2, 12)]
    found = trace_cycles(lines, levels, banks=2, lines_per_row=4, timing=TIMING)
    first = cache_hits_by_definition(lines, sets, ways)
    missed = np.flatnonzero(~first)
    second = cache_hits_by_definition(np.array(lines)[missed], 4, 2)
    memory, now = CycleByCycle(2, TIMING), 0
    kind = np.zeros(len(lines), dtype=int)
    kind[missed] = np.where(second, 1, 2)
    for place, line in enumerate(lines):
        spent = (3, 15, 15)[kind[place]]
        if kind[place] == 2:
            row, bank = divmod(line // 4, 2)
            spent = memory.read(now + 15, bank, row) - now
        assert found[place] == spent
        now += spent


# --- controllers ------------------------------------------------------------------------------------------------------


def streams_that_collide(count=120):
    """Two programs stream through rows of one bank, in turns."""
    return [{"arrival": 4 * n, "bank": 0, "row": (n % 2, 7 + n % 2)[n > count // 2]} for n in range(count)]


def test_open_rows_first_saves_activations_and_nobody_waits_for_ever():
    requests = streams_that_collide()
    plain, ours = (served_requests(one, requests, 4, TIMING) for one in (first_come, pick_request))
    assert plain["counts"]["conflict"] == len(requests) - 1
    assert ours["counts"]["hit"] > 0.7 * len(requests)
    assert ours["cycles"] < 0.5 * plain["cycles"]


def test_decisions_by_hand():
    waiting = [{"arrival": 10 * n, "bank": bank, "row": row} for n, (bank, row) in enumerate([(0, 1), (1, 5), (1, 5)])]
    assert pick_request(waiting, open_rows=[2, 5], now=30) == 1
    assert pick_request(waiting, open_rows=[1, 5], now=30) == 0
    assert pick_request(waiting, open_rows=[-1, -1], now=30) == 0
    assert pick_request(waiting, open_rows=[2, 5], now=401) == 0
    assert first_come(waiting, open_rows=[2, 5], now=30) == 0


def test_without_conflicts_all_orders_are_as_quick():
    requests = [{"arrival": 2 * n, "bank": n % 4, "row": 1} for n in range(80)]
    plain, ours = (served_requests(one, requests, 4, TIMING) for one in (first_come, pick_request))
    assert plain["cycles"] == ours["cycles"]


def test_a_row_that_stays_open_starves_nobody():
    stream = [{"arrival": 4 * n, "bank": 0, "row": 1} for n in range(600)]
    requests = sorted([*stream, {"arrival": 5, "bank": 0, "row": 2}], key=lambda one: one["arrival"])

    def open_rows_only(waiting, open_rows, now):
        ready = [place for place, one in enumerate(waiting) if open_rows[one["bank"]] == one["row"]]
        return ready[0] if ready else 0

    starved = served_requests(open_rows_only, requests, 4, TIMING)["latency"][2]
    fair = served_requests(pick_request, requests, 4, TIMING)["latency"][2]
    assert fair < 600 < 2000 < starved
    with pytest.raises(ValueError, match="no such request"):
        served_requests(lambda *_: 99, requests, 4, TIMING)


# --- interval core ----------------------------------------------------------------------------------------------------

COSTS = {"branch": 20.0, "fetch": 25.0, "load": 300.0}
events = st.lists(st.sampled_from([".", ".", ".", "branch", "fetch", "load"]), min_size=1, max_size=60)


def apart(kinds, gap):
    where = [(place * gap, kind) for place, kind in enumerate(kinds) if kind != "."]
    return [place for place, _ in where], [kind for _, kind in where]


@given(events, st.integers(1, 8))
def test_apart_from_each_other_events_are_module_1s_stack(kinds, width):
    places, found = apart(kinds, 100)
    ours = interval_cycles(places, found, [False] * len(found), 100 * len(kinds), width, 50, COSTS)
    counts = {"branch_mispredictions": [found.count("branch")], "fetch_misses": [found.count("fetch")]}
    counts |= {"long_misses": [found.count("load")], "parallelism": [1.0], "resolution_cycles": [11]}
    counts |= {"instructions": [100 * len(kinds)]}
    stack = cpi_stack(counts, width, frontend_cycles=9, fetch_miss_cycles=25, memory_cycles=300)
    assert [one[0] * 100 * len(kinds) for one in stack.values()] == pytest.approx(list(ours.values()))


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=200, max_size=200), st.sampled_from([16, 32]), st.sampled_from([2, 4]))
def test_independent_long_loads_cost_what_the_detailed_core_takes(loads, window, width):
    """As far as a fill of the window for each group: that is what interval analysis leaves out."""
    places = [place for place, long in enumerate(loads) if long and place % 3 == 0]
    latency = [300 if place in places else 1 for place in range(200)]
    detailed = int(retired_cycles([[]] * 200, latency, width, window)[-1])
    kinds = ["load"] * len(places)
    ours = interval_cycles(places, kinds, [False] * len(places), 200, width, window, COSTS)
    groups = ours["load"] / 300
    assert abs(sum(ours.values()) - detailed) <= (groups + 1) * (window / width + 2)


@given(st.integers(2, 12), st.integers(1, 15))
def test_a_chain_of_loads_hides_nothing(length, gap):
    places = [gap * n for n in range(length)]
    chained = [[places[n - 1]] if place in places[1:] and (n := places.index(place)) else [] for place in range(200)]
    latency = [300 if place in places else 1 for place in range(200)]
    detailed = int(retired_cycles(chained, latency, 4, 256)[-1])
    ours = interval_cycles(places, ["load"] * length, [True] * length, 200, 4, 256, COSTS)
    assert ours["load"] == 300 * length
    assert abs(sum(ours.values()) - detailed) <= 60


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(list(COSTS)), st.booleans()), max_size=40))
def test_a_walk_that_asks_for_the_load_behind_which_an_event_stands(steps):
    places = np.cumsum([step for step, *_ in steps], dtype=int).tolist()
    kinds, depends = [kind for _, kind, _ in steps], [one for *_, one in steps]
    ours = interval_cycles(places, kinds, depends, 4000, 4, 64, COSTS)
    spent = dict.fromkeys(COSTS, 0.0)
    blocking = None  # place of the load that casts a shadow
    for place, kind, needs in zip(places, kinds, depends, strict=True):
        hidden = blocking is not None and place - blocking < 64
        if hidden and not needs:
            continue
        spent[kind] += COSTS[kind]
        blocking = place if kind == "load" else None
    assert {"base": 1000.0, **spent} == ours


@pytest.mark.parametrize("places", [[3, 3], [5, 2], [-1], [100]])
def test_events_stand_in_the_program_in_order(places):
    with pytest.raises(ValueError, match="increasing order"):
        interval_cycles(places, ["load"] * len(places), [False] * len(places), 100, 4, 64, COSTS)


# --- warps ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 20), st.sampled_from(["lrr", "gto"]))
def test_one_warp_waits_for_every_latency(length, latency, policy):
    found = warp_issue([[latency] * length], policy)
    assert found["cycles"] == length * latency
    assert found["latency_stalls"] == (length - 1) * (latency - 1)


@given(st.integers(1, 20), st.integers(1, 12), st.integers(0, 6))
def test_enough_warps_hide_the_latency(length, latency, more):
    warps = latency + more
    found = warp_issue([[latency] * length] * warps, "lrr")
    assert found["cycles"] == length * warps + latency - 1
    assert found["latency_stalls"] == found["barrier_stalls"] == 0
    assert found["order"] == list(range(warps)) * length


def from_event_to_event(streams, policy):
    """Jumps to the next cycle in which a warp is ready, with lists of what is left."""
    left = {warp: list(stream) for warp, stream in enumerate(streams)}
    ready = dict.fromkeys(left, 0)
    at_barrier, order, ends, cycle, stalls = set(), [], 0, -1, {"barrier": 0, "latency": 0}
    while any(left.values()):
        able = {warp: ready[warp] for warp, rest in left.items() if rest and warp not in at_barrier}
        first = max(cycle + 1, min(able.values()))
        waits = bool(at_barrier)
        stalls["barrier" if waits else "latency"] += first - cycle - 1
        cycle = first
        choices = sorted(warp for warp, since in able.items() if since <= cycle)
        last = order[-1] if order else -1
        if policy == "gto":
            chosen = last if last in choices else choices[0]
        else:
            chosen = next((warp for warp in choices if warp > last), choices[0])
        order.append(chosen)
        latency = left[chosen].pop(0)
        ready[chosen] = cycle + latency
        ends = max(ends, cycle + max(1, latency))
        if latency == 0:
            at_barrier.add(chosen)
            if len(at_barrier) == len(left):
                at_barrier.clear()
                ready = dict.fromkeys(left, cycle + 1)
    return {"cycles": ends, "order": order, "barrier_stalls": stalls["barrier"], "latency_stalls": stalls["latency"]}


@settings(max_examples=80)
@given(st.integers(1, 6), st.integers(0, 3), st.integers(0, 2**32 - 1), st.sampled_from(["lrr", "gto"]))
def test_from_event_to_event_it_is_the_same(warps, barriers, seed, policy):
    rng = np.random.default_rng(seed)
    streams = []
    for _ in range(warps):
        stream = rng.integers(1, 9, size=int(rng.integers(1, 12))).tolist()
        for _ in range(barriers):
            stream.insert(int(rng.integers(0, len(stream) + 1)), 0)
        streams.append(stream)
    assert warp_issue(streams, policy) == from_event_to_event(streams, policy)


@pytest.mark.parametrize(("streams", "policy"), [([[1]], "fifo"), ([[0], [1]], "lrr"), ([[-1]], "gto")])
def test_no_issue_without_a_policy(streams, policy):
    with pytest.raises(ValueError, match=r"policy|negative"):
        warp_issue(streams, policy)
