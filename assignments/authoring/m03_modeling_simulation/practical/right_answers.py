"""Right answers of module 3's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math

import numpy as np

from graders.checks import answer

# --- the kernel -------------------------------------------------------------------------------------------------------


@answer("m03_event_kernel", by="a dictionary that is searched at each step")
class KernelWithADictionary:
    def __init__(self, start_s=0.0):
        self._now, self._events, self._given = start_s, {}, 0

    @property
    def now_s(self):
        return self._now

    @property
    def pending(self):
        return len(self._events)

    def schedule(self, delay_s, label, priority=0):
        if math.isnan(delay_s) or delay_s < 0:
            raise ValueError("a delay is a number, and not negative")
        self._given += 1
        self._events[self._given] = (self._now + delay_s, priority, label)
        return self._given

    def cancel(self, ticket):
        if ticket in self._events:
            del self._events[ticket]
            return True
        return False

    def step(self):
        if not self._events:
            return None
        ticket = sorted(self._events, key=lambda one: (self._events[one][0], self._events[one][1], one))[0]
        self._now, _, label = self._events.pop(ticket)
        return label


# --- a queue ----------------------------------------------------------------------------------------------------------


@answer("m03_queue_log", by="SimPy")
def queue_by_simpy(arrival_per_s, service_per_s, servers, customers, seed):
    import simpy

    if arrival_per_s <= 0 or service_per_s <= 0 or servers <= 0 or customers <= 0:
        raise ValueError("nobody comes, or nobody serves")
    if arrival_per_s / (servers * service_per_s) >= 1:
        raise ValueError("the queue grows for ever")
    rng = np.random.default_rng(seed)
    gaps_s = rng.exponential(1 / arrival_per_s, size=customers)
    services_s = rng.exponential(1 / service_per_s, size=customers)
    environment = simpy.Environment()
    pool = simpy.Resource(environment, capacity=servers)
    log = {name: [0.0] * customers for name in ("arrival_s", "start_s", "departure_s")}

    def customer(number):
        log["arrival_s"][number] = environment.now
        with pool.request() as turn:
            yield turn
            log["start_s"][number] = environment.now
            yield environment.timeout(services_s[number])
        log["departure_s"][number] = environment.now

    def source():
        for number in range(customers):
            yield environment.timeout(gaps_s[number])
            environment.process(customer(number))

    environment.process(source())
    environment.run()
    return log


# --- Little's law -----------------------------------------------------------------------------------------------------


@answer("m03_little_audit", by="customer by customer")
def audit_by_customer(arrival_s, departure_s, from_s, until_s):
    if len(arrival_s) != len(departure_s) or until_s <= from_s:
        raise ValueError("no log, or no window")
    area = carried_in = carried_out = 0.0
    stays = []
    for came, left in zip(arrival_s, departure_s, strict=True):
        if math.isnan(came) or math.isnan(left) or left < came:
            raise ValueError("nobody leaves before arriving")
        inside = max(0.0, min(left, until_s) - max(came, from_s))
        area += inside
        if came < from_s:
            carried_in += inside
        elif came < until_s:
            stays.append(left - came)
            carried_out += max(0.0, left - until_s)
    return {
        "mean_in_system": area / (until_s - from_s),
        "arrival_per_s": len(stays) / (until_s - from_s),
        "mean_time_s": sum(stays) / len(stays) if stays else 0,
        "carried_in_s": carried_in,
        "carried_out_s": carried_out,
    }


# --- tools and levels -------------------------------------------------------------------------------------------------


@answer("m03_tool_table", by="row by row, in a data frame")
def tools_row_by_row(tools, weights, events, longest_s):
    import pandas as pd

    frame = pd.DataFrame(dict(tools))
    if len(weights) == 0 or min(weights.values()) < 0 or sum(weights.values()) == 0:
        raise ValueError("weights")
    merits = frame[list(weights)].astype(float).fillna(0)
    if ((merits < 0) | (merits > 5)).any(axis=None):
        raise ValueError("merits")
    out = pd.DataFrame({"tool": frame["tool"], "run_s": frame["start_s"] + events * frame["event_s"]})
    out["admitted"] = [
        bool(free and run_s <= longest_s) for free, run_s in zip(frame["offline"], out["run_s"], strict=True)
    ]
    total = sum(weights.values())
    out["score"] = [sum(row[name] * weight for name, weight in weights.items()) / total for _, row in merits.iterrows()]
    rows = merits.to_numpy().tolist()
    out["dominated"] = [
        any(
            out["admitted"][other]
            and rows[other] != mine
            and all(a >= b for a, b in zip(rows[other], mine, strict=True))
            for other in range(len(rows))
        )
        for mine in rows
    ]
    best = None
    for place in range(len(out)):
        if out["admitted"][place]:
            rank = (-out["score"][place], out["run_s"][place])
            best = (rank, place) if best is None or rank < best[0] else best
    out["chosen"] = [best is not None and place == best[1] for place in range(len(out))]
    return out


@answer("m03_fidelity_table", by="level by level")
def levels_one_by_one(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    error, speed, setup = (list(map(float, levels[name])) for name in ("error", "instructions_per_s", "setup_s"))
    if min([*speed, native_per_s, instructions, points, hosts]) <= 0 or min(error + setup) < 0:
        raise ValueError("no such study")
    rounds = -(-points // hosts)
    study = [each + rounds * (instructions / rate) for each, rate in zip(setup, speed, strict=True)]
    pairs = list(zip(study, error, strict=True))
    feasible = [days <= deadline_s and wrong <= tolerance for days, wrong in pairs]
    best = min(((pair, place) for place, pair in enumerate(pairs) if feasible[place]), default=(None, -1))[1]
    return {
        "level": list(levels["level"]),
        "study_s": study,
        "slowdown": [native_per_s / rate for rate in speed],
        "pareto": [not any(o != p and o[0] <= p[0] and o[1] <= p[1] for o in pairs) for p in pairs],
        "feasible": feasible,
        "chosen": [place == best for place in range(len(pairs))],
    }


# --- memory -----------------------------------------------------------------------------------------------------------


@answer("m03_dram_banks", by="a list of all commands, searched each time")
class BanksFromTheirCommands:
    def __init__(self, banks, timing):
        if banks < 1:
            raise ValueError("a bank at least")
        self.banks, self.timing, self.log = banks, timing, []
        self.kinds, self.asked, self.taken = {"hit": 0, "closed": 0, "conflict": 0}, None, 0

    def _last(self, what, bank=None):
        times = [cycle for cycle, command, where, _ in self.log if command == what and bank in (None, where)]
        return times[-1] if times else -(10**7)

    def _row(self, bank):
        for _, command, where, row in reversed(self.log):
            if command == "refresh" or (command == "precharge" and where == bank):
                return -1
            if command == "activate" and where == bank:
                return row
        return -1

    @property
    def open_rows(self):
        return [self._row(bank) for bank in range(self.banks)]

    @property
    def counts(self):
        return self.kinds

    def read(self, cycle, bank, row):
        if bank not in range(self.banks) or row < 0 or (self.asked is not None and cycle < self.asked):
            raise ValueError("no such read")
        self.asked = cycle
        t = self.timing
        now = max(cycle, self._last("column"))
        if now // t["tREFI"] > self.taken // t["tREFI"]:
            self.log.append((now // t["tREFI"] * t["tREFI"], "refresh", None, None))
        self.taken = max(now, self.taken)
        there = self._row(bank)
        self.kinds["hit" if there == row else "closed" if there == -1 else "conflict"] += 1
        if there not in (-1, row):
            when = max(cycle, self._last("activate", bank) + t["tRAS"], self._last("column", bank))
            self.log.append((when, "precharge", bank, None))
        if there != row:
            activations = [when for when, command, *_ in self.log if command == "activate"]
            bounds = [cycle, self._last("precharge", bank) + t["tRP"], self._last("refresh") + t["tRFC"]]
            bounds += [self._last("activate") + t["tRRD"]]
            bounds += [activations[-4] + t["tFAW"]] if len(activations) > 3 else []
            self.log.append((max(bounds), "activate", bank, row))
        column = max(cycle, self._last("activate", bank) + t["tRCD"], self._last("column") + t["tCCD"])
        self.log.append((column, "column", bank, row))
        return column + t["CL"] + t["burst"]


@answer("m03_pick_request", by="a sum of age and an open row")
def age_and_open_row(waiting, open_rows, now):
    def worth(place):
        request = waiting[place]
        age = now - request["arrival"]
        return (age > 350) * 10**6 + 500 * (open_rows[request["bank"]] == request["row"]) + age

    return max(range(len(waiting)), key=lambda place: (worth(place), -place))


@answer("m03_simpoint_estimate", by="regular expressions, and a table")
def estimate_by_patterns(stats_text, weights_text):
    import re

    marks = re.findall(r"(Begin|End) Simulation Statistics", stats_text)
    bodies = re.findall(
        r"Begin Simulation Statistics[^\n]*\n(.*?)[^\n]*End Simulation Statistics", stats_text, re.DOTALL
    )
    weights = [float(word) for word in re.findall(r"^\s*(\S+)", weights_text, re.MULTILINE)]
    if marks != ["Begin", "End"] * len(weights) or abs(math.fsum(weights) - 1) > 1e-3:
        raise ValueError("the dumps are not whole, or not those of the weights")

    def number(body, name):
        found = re.search(rf"^{re.escape(name)}\s+(\S+)", body, re.MULTILINE)
        if found is None or not math.isfinite(float(found[1])):
            raise ValueError(f"no {name}")
        return float(found[1])

    dram = "system.mem_ctrls.dram."
    rates = []
    for body in bodies:
        instructions = number(body, "simInsts")
        if instructions <= 0:
            raise ValueError("nothing was simulated")
        names = ("system.cpu.numCycles", "system.l2.overallMisses::total", dram + "readRowHits", dram + "readBursts")
        rates.append([number(body, name) / instructions for name in names])
    cycles, misses, hits, bursts = np.average(np.array(rates), axis=0, weights=weights) * sum(weights)
    return {"cpi": cycles, "l2_mpki": 1e3 * misses, "row_hit_share": hits / bursts}


# --- cores and warps --------------------------------------------------------------------------------------------------


@answer("m03_interval_cycles", by="load by load")
def cycles_load_by_load(places, kinds, dependent, instructions, width, window, penalties):
    places = [int(place) for place in places]
    if places != sorted(set(places)) or any(not 0 <= place <= instructions - 1 for place in places):
        raise ValueError("places")
    if width < 1 or window < 1:
        raise ValueError("a core")
    lost = {"branch": 0, "fetch": 0, "load": 0}
    number = 0
    while number < len(places):
        lost[kinds[number]] += penalties[kinds[number]]
        behind = number + 1
        if kinds[number] == "load":  # pass over what it hides
            while behind < len(places) and places[behind] <= places[number] + window - 1 and not dependent[behind]:
                behind += 1
        number = behind
    return {"base": instructions / width, **lost}


@answer("m03_warp_issue", by="queues of ready warps, from cycle to cycle")
def issue_with_queues(streams, policy):
    if policy not in {"lrr", "gto"}:
        raise ValueError("policy")
    if any(latency < 0 for stream in streams for latency in stream):
        raise ValueError("latency")
    if len({sum(latency == 0 for latency in stream) for stream in streams}) > 1:
        raise ValueError("barriers")
    left = [list(stream) for stream in streams]
    wakes = [0] * len(streams)
    waiting, order, done, stalls = set(), [], [0], {True: 0, False: 0}
    for cycle in itertools.count():
        if not any(left):
            break
        ready = [w for w in range(len(left)) if left[w] and w not in waiting and wakes[w] <= cycle]
        if not ready:
            stalls[bool(waiting)] += 1
            continue
        if policy == "gto":
            warp = order[-1] if order and order[-1] in ready else min(ready)
        else:
            circle = ready if not order else [w for w in ready if w > order[-1]] + [w for w in ready if w <= order[-1]]
            warp = circle[0]
        latency = left[warp].pop(0)
        order.append(warp)
        done.append(cycle + (latency if latency else 1))
        wakes[warp] = cycle + latency
        if latency == 0:
            waiting.add(warp)
            if len(waiting) == len(left):
                waiting.clear()
                wakes = [cycle + 1] * len(left)
    return {"cycles": max(done), "order": order, "barrier_stalls": stalls[True], "latency_stalls": stalls[False]}


# --- running ahead ----------------------------------------------------------------------------------------------------


def next_stop(process, now):
    """When a process wants to go on, None if it has ended."""
    try:
        return process.send(now)
    except StopIteration:
        return None


@answer("m03_decoupled_reads", by="generators on SimPy's idea of a kernel")
def reads_by_generators(initiators, quantum):
    if quantum < 0 or min([delay for steps in initiators for delay, _ in steps], default=0) < 0:
        raise ValueError("time")
    memory, reads, count = {"value": 0}, [[] for _ in initiators], {"syncs": 0, "finish": 0}

    def initiator(number):
        kernel = local = yield
        for delay, what in initiators[number]:
            local += delay
            count["finish"] = max(count["finish"], local)
            if quantum == 0 or local // quantum > kernel // quantum:
                count["syncs"] += 1
                kernel = yield local
            if what >= 0:
                memory["value"] = what
            else:
                reads[number].append(memory["value"])

    running = [initiator(number) for number in range(len(initiators))]
    for one in running:
        next(one)
    due = dict.fromkeys(range(len(running)), 0)
    while due:
        number = min(due, key=lambda one: (due[one], one))
        now = due.pop(number)
        again = next_stop(running[number], now)
        if again is not None:
            due[number] = again
    return {"reads": reads, "syncs": count["syncs"], "finish": count["finish"]}


# --- calibration ------------------------------------------------------------------------------------------------------


@answer("m03_calibrated_costs", by="all costs at or between their bounds, one combination after the other")
def costs_by_active_sets(counts, measured_s, low_s, high_s, held_out):
    counts, measured, test = np.array(counts, float), np.array(measured_s, float), np.array(held_out, bool)
    if (measured <= 0).any() or test.sum() == 0 or (~test).sum() < counts.shape[1]:
        raise ValueError("nothing to fit to, or to try on")
    rows = counts / measured[:, None]
    fit = rows[~test]
    low, high = np.array(low_s, float), np.array(high_s, float)
    best = (math.inf, None)
    for sides in itertools.product("lfh", repeat=len(low)):
        cost = np.where(np.array(sides) == "l", low, np.where(np.array(sides) == "h", high, 0.0))
        free = np.array([side == "f" for side in sides])
        if free.any():
            part = fit[:, free]
            unit = np.sqrt((part**2).sum(axis=0))
            cost[free] = np.linalg.lstsq(part / unit, 1 - fit @ cost, rcond=None)[0] / unit
        if np.all(cost >= low) and np.all(cost <= high):
            best = min(best, (float(((fit @ cost - 1) ** 2).sum()), cost.tolist()))
    cost = np.array(best[1])
    away = np.abs(counts @ cost - measured) / measured
    singular = np.linalg.svd(fit / np.sqrt((fit**2).sum(axis=0)), compute_uv=False)
    return {
        "cost_s": cost,
        "train_error": away[~test].mean(),
        "test_error": away[test].mean(),
        "condition": singular[0] / singular[-1],
    }


# --- one link, two simulators -----------------------------------------------------------------------------------------


@answer("m03_link_table", by="packets in a queue, and a data frame")
def table_with_a_queue(ns3_trace, omnet_scalars):
    import pandas as pd

    delays, drops = delays_and_drops(ns3_trace)
    received, dropped, mean = numbers_of(omnet_scalars)
    frame = pd.DataFrame({"tool": ["ns-3", "OMNeT++"], "received": [len(delays), received]})
    frame["dropped"] = [drops, dropped]
    frame["loss"] = frame["dropped"] / (frame["received"] + frame["dropped"])
    frame["mean_delay_s"] = [sum(delays) / len(delays), mean]
    return frame


def delays_and_drops(ns3_trace):
    on_their_way, delays, drops, clock = [], [], 0, -math.inf
    for line in ns3_trace.splitlines():
        what, *rest = line.split() or [""]
        if what not in {"+", "-", "d", "r"}:
            continue
        time = float(rest[0])
        if time < clock:
            raise ValueError("times fall")
        clock = time
        if what == "+":
            on_their_way.append(time)
        elif what == "r":
            if not on_their_way:
                raise ValueError("received, and never enqueued")
            delays.append(time - on_their_way.pop(0))
        drops += what == "d"
    if on_their_way or not delays:
        raise ValueError("packets are missing")
    return delays, drops


def numbers_of(omnet_scalars):
    lines = omnet_scalars.split("\n")
    if not lines[0].startswith("version"):
        raise ValueError("no version")
    values = {line.split()[2]: float(line.split()[3]) for line in lines if line.startswith("scalar ")}
    start = next(
        (n for n, line in enumerate(lines) if line.startswith("statistic") and line.endswith("endToEndDelay:stats")),
        None,
    )
    if start is None or "packetReceived:count" not in values or "packetDropped:count" not in values:
        raise ValueError("numbers are missing")
    fields = {}
    for line in lines[start + 1 :]:
        if line.startswith(("statistic", "scalar")):
            break
        if line.startswith("field"):
            fields[line.split()[1]] = float(line.split()[2])
    received = values["packetReceived:count"]
    if "mean" not in fields or fields.get("count") != received or received <= 0:
        raise ValueError("counts differ")
    return received, values["packetDropped:count"], fields["mean"]
