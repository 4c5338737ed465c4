"""What students really write in module 3's practical."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from graders.checks import mistake

# --- the kernel -------------------------------------------------------------------------------------------------------

ORDER, TIES, CANCELLED, TRAFFIC, NO_PAST = "in order of time", "ties", "cancelled", "traffic", "no past"


class Kernel:
    """The right kernel; mistakes change one thing of it."""

    def __init__(self, start_s=0.0):
        self.clock, self.events, self.scheduled = float(start_s), [], 0

    @property
    def now_s(self):
        return self.clock

    @property
    def pending(self):
        return len(self.events)

    def schedule(self, delay_s, label, priority=0):
        if not delay_s >= 0:
            raise ValueError("the past")
        self.scheduled += 1
        self.events.append((self.clock + delay_s, priority, self.scheduled, label))
        return self.scheduled

    def cancel(self, ticket):
        before = len(self.events)
        self.events = [event for event in self.events if event[2] != ticket]
        return len(self.events) < before

    def first(self):
        return min(self.events)

    def step(self):
        if not self.events:
            return None
        event = self.first()
        self.events.remove(event)
        self.clock = event[0]
        return event[3]


@mistake(
    "m03_event_kernel",
    misconception="a delay is a time",
    loses=[ORDER, TIES, TRAFFIC],
    hint="Your events happen *at* the delay, counted from 0. It is counted from now, when the event is scheduled.",
)
class ADelayIsATime(Kernel):
    def schedule(self, delay_s, label, priority=0):
        ticket = super().schedule(delay_s, label, priority)
        self.events[-1] = (float(delay_s), *self.events[-1][1:])
        return ticket


@mistake(
    "m03_event_kernel",
    misconception="ties by label",
    loses=[TIES, TRAFFIC],
    hint=(
        "Of events at one time yours takes the one whose label comes first. It "
        "must be the one that was scheduled first."
    ),
)
class TiesByLabel(Kernel):
    def first(self):
        return min(self.events, key=lambda event: (*event[:2], event[3]))


@mistake(
    "m03_event_kernel",
    misconception="last in, first out",
    loses=[TIES, TRAFFIC],
    hint="Of events at one time yours takes the one that was scheduled last.",
)
class LastInFirstOut(Kernel):
    def first(self):
        return min(self.events, key=lambda event: (*event[:2], -event[2]))


@mistake(
    "m03_event_kernel",
    misconception="high priority is a high number",
    loses=[TIES, TRAFFIC],
    hint="The largest priority goes first in yours. Here, as in SimPy, the smallest does.",
)
class TheLargestFirst(Kernel):
    def first(self):
        return min(self.events, key=lambda event: (event[0], -event[1], event[2]))


@mistake(
    "m03_event_kernel",
    misconception="priority before time",
    loses=[TRAFFIC],
    hint=(
        "Your kernel sorts by priority first, so that the clock goes back. "
        "Priorities decide between events at one time."
    ),
)
class PriorityBeforeTime(Kernel):
    def first(self):
        return min(self.events, key=lambda event: (event[1], event[0], event[2]))


@mistake(
    "m03_event_kernel",
    misconception="a cancelled event still moves the clock",
    loses=[CANCELLED, TRAFFIC],
    hint="Your step stops at an event that was cancelled. Pass over it: it is as if it had never been.",
)
class CancelledMovesTheClock(Kernel):
    def __init__(self, start_s=0.0):
        super().__init__(start_s)
        self.dead = []

    def cancel(self, ticket):
        self.dead += [event for event in self.events if event[2] == ticket]
        return super().cancel(ticket)

    def step(self):
        first = min([*self.events, *self.dead], default=None)
        if first in self.dead:
            self.dead.remove(first)
            self.clock = first[0]
            return None
        return super().step()


@mistake(
    "m03_event_kernel",
    misconception="cancelled is still pending",
    loses=[CANCELLED, TRAFFIC],
    hint="You count what was cancelled as pending, until its time has come.",
)
class CancelledIsPending(Kernel):
    def __init__(self, start_s=0.0):
        super().__init__(start_s)
        self.dead = 0

    def cancel(self, ticket):
        gone = super().cancel(ticket)
        self.dead += gone
        return gone

    @property
    def pending(self):
        return len(self.events) + self.dead


@mistake(
    "m03_event_kernel",
    misconception="what happened can be cancelled",
    loses=[CANCELLED, TRAFFIC],
    hint="You say True for every ticket that was ever given. An event that has happened cannot be cancelled any more.",
)
class WhatHappenedCanBeCancelled(Kernel):
    def cancel(self, ticket):
        super().cancel(ticket)
        return ticket <= self.scheduled


@mistake(
    "m03_event_kernel",
    misconception="the past is open",
    loses=[NO_PAST],
    hint="A negative delay is accepted, and the clock will go back. Refuse it before a ticket is given.",
)
class ThePastIsOpen(Kernel):
    def schedule(self, delay_s, label, priority=0):
        self.scheduled += 1
        self.events.append((self.clock + delay_s, priority, self.scheduled, label))
        return self.scheduled


# --- a queue, customer by customer ------------------------------------------------------------------------------------

COME, ONE, SEVERAL, LEAVE, NO_QUEUE = (
    "when they come",
    "one server",
    "several servers",
    "when they leave",
    "no such queue",
)


def right_times(arrival_per_s, service_per_s, customers, seed):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.exponential(1 / arrival_per_s, customers)), rng.exponential(1 / service_per_s, customers)


def run(arrival_per_s, service_per_s, servers, customers, seed, times=right_times, server=None):
    if not (arrival_per_s > 0 and service_per_s > 0 and servers > 0 and customers > 0):
        raise ValueError("no such queue")
    if arrival_per_s >= servers * service_per_s:
        raise ValueError("no steady state")
    arrival, service = times(arrival_per_s, service_per_s, customers, seed)
    free, start = np.zeros(servers), np.zeros(customers)
    for n in range(customers):
        j = int(np.argmin(free)) if server is None else server(n, free)
        start[n] = max(arrival[n], free[j])
        free[j] = start[n] + service[n]
    return {"arrival_s": arrival, "start_s": start, "departure_s": start + service}


@mistake(
    "m03_queue_log",
    misconception="services are drawn first",
    loses=[COME, ONE, SEVERAL, LEAVE],
    hint="You drew the service times first. The text states an order, so that runs can be compared.",
)
def services_first(arrival_per_s, service_per_s, servers, customers, seed):
    def times(arrival, service, count, seed):
        rng = np.random.default_rng(seed)
        services = rng.exponential(1 / service, count)
        return np.cumsum(rng.exponential(1 / arrival, count)), services

    return run(arrival_per_s, service_per_s, servers, customers, seed, times)


@mistake(
    "m03_queue_log",
    misconception="a pair for each customer",
    loses=[COME, ONE, SEVERAL, LEAVE],
    hint=(
        "You drew an interarrival and a service time for one customer after the "
        "other. All interarrival times come first."
    ),
)
def pairs(arrival_per_s, service_per_s, servers, customers, seed):
    def times(arrival, service, count, seed):
        drawn = np.random.default_rng(seed).exponential(1, (count, 2))
        return np.cumsum(drawn[:, 0]) / arrival, drawn[:, 1] / service

    return run(arrival_per_s, service_per_s, servers, customers, seed, times)


@mistake(
    "m03_queue_log",
    misconception="the first comes at once",
    loses=[COME, ONE, SEVERAL, LEAVE],
    hint="Your first customer arrives at time 0. There is an interarrival time before it.",
)
def the_first_comes_at_once(arrival_per_s, service_per_s, servers, customers, seed):
    def times(arrival, service, count, seed):
        arrives, takes = right_times(arrival, service, count, seed)
        return arrives - arrives[0], takes

    return run(arrival_per_s, service_per_s, servers, customers, seed, times)


@mistake(
    "m03_queue_log",
    misconception="each customer has its server",
    loses=[SEVERAL, LEAVE],
    hint=(
        "You deal customers out to the servers in turns. There is one queue: who is "
        "first takes the server that is free first."
    ),
)
def in_turns(arrival_per_s, service_per_s, servers, customers, seed):
    return run(arrival_per_s, service_per_s, servers, customers, seed, server=lambda n, free: n % servers)


@mistake(
    "m03_queue_log",
    misconception="many servers are a quick one",
    loses=[SEVERAL, LEAVE],
    hint="You made one server of all, so many times as quick. A customer alone is still served at the rate of one.",
)
def one_quick_server(arrival_per_s, service_per_s, servers, customers, seed):
    run(arrival_per_s, service_per_s, servers, customers, seed)
    return run(arrival_per_s, servers * service_per_s, 1, customers, seed)


@mistake(
    "m03_queue_log",
    misconception="who waits leaves on time",
    loses=[LEAVE],
    hint="Your customers leave a service time after their *arrival*, even if they waited.",
)
def leaves_on_time(arrival_per_s, service_per_s, servers, customers, seed):
    log = run(arrival_per_s, service_per_s, servers, customers, seed)
    return log | {"departure_s": log["arrival_s"] + log["departure_s"] - log["start_s"]}


@mistake(
    "m03_queue_log",
    misconception="any load can be served",
    loses=[NO_QUEUE],
    hint="A queue that grows for ever is simulated without a word. Its mean wait is the length of the run.",
)
def any_load(arrival_per_s, service_per_s, servers, customers, seed):
    if not (arrival_per_s > 0 and service_per_s > 0 and servers > 0 and customers > 0):
        raise ValueError("no such queue")
    if arrival_per_s < servers * service_per_s:
        return run(arrival_per_s, service_per_s, servers, customers, seed)
    arrival, service = right_times(arrival_per_s, service_per_s, customers, seed)
    return {"arrival_s": arrival, "start_s": arrival, "departure_s": arrival + service}


# --- Little's law -----------------------------------------------------------------------------------------------------

THERE, COMES, CARRIED, EDGES, NO_LOG = "who is there", "who comes", "what is carried", "at the edges", "no such log"


def audited(arrival_s, departure_s, from_s, until_s, end_in=False, begin_out=False):
    a, d = np.asarray(arrival_s, float), np.asarray(departure_s, float)
    if a.shape != d.shape or not np.all(d >= a) or not until_s > from_s:
        raise ValueError("no such log")
    inside = np.clip(np.minimum(d, until_s) - np.maximum(a, from_s), 0, None)
    new = (a > from_s if begin_out else a >= from_s) & (a <= until_s if end_in else a < until_s)
    stays = d[new] - a[new]
    books = {
        "mean_in_system": inside.sum() / (until_s - from_s),
        "arrival_per_s": new.sum() / (until_s - from_s),
        "mean_time_s": stays.mean() if len(stays) else 0.0,
        "carried_in_s": inside[~new & (a < until_s)].sum(),
        "carried_out_s": np.clip(d[new] - until_s, 0, None).sum(),
    }
    return {name: float(value) for name, value in books.items()}, a, d, inside, new


@mistake(
    "m03_little_audit",
    misconception="all who are there have arrived",
    loses=[COMES, EDGES],
    hint="You count everybody who is in the window as an arrival. Who came before it is carried in.",
)
def all_who_are_there(arrival_s, departure_s, from_s, until_s):
    books, a, d, inside, _ = audited(arrival_s, departure_s, from_s, until_s)
    there = (inside > 0) | ((a >= from_s) & (a < until_s)) | ((d == from_s) & (a < from_s))
    stays = float(np.mean((d - a)[there])) if np.any(there) else 0.0
    return books | {"arrival_per_s": float(there.sum() / (until_s - from_s)), "mean_time_s": stays}


@mistake(
    "m03_little_audit",
    misconception="time ends with the window",
    loses=[COMES, EDGES],
    hint=(
        "Your mean time stops at the window's end. Who arrives in it stays as long "
        "as it stays; what lies after it is O."
    ),
)
def time_ends_with_the_window(arrival_s, departure_s, from_s, until_s):
    books, _, _, inside, new = audited(arrival_s, departure_s, from_s, until_s)
    return books | {"mean_time_s": float(inside[new].mean()) if new.any() else 0.0}


@mistake(
    "m03_little_audit",
    misconception="little's law is always exact",
    loses=[THERE],
    hint="Your L is the product of rate and mean time. It is to be *checked* by it: measure the area in the window.",
)
def the_law_is_exact(arrival_s, departure_s, from_s, until_s):
    books, *_ = audited(arrival_s, departure_s, from_s, until_s)
    return books | {"mean_in_system": books["arrival_per_s"] * books["mean_time_s"]}


@mistake(
    "m03_little_audit",
    misconception="what was before is carried in",
    loses=[CARRIED, EDGES],
    hint="You carry in the time that customers spent *before* the window. What counts is their time in it.",
)
def what_was_before(arrival_s, departure_s, from_s, until_s):
    books, a, d, _, _ = audited(arrival_s, departure_s, from_s, until_s)
    old = (a < from_s) & (d > from_s)
    return books | {"carried_in_s": float(np.sum(from_s - a[old])) + (a < from_s).sum() * 1e-3}


@mistake(
    "m03_little_audit",
    misconception="who stays through is forgotten",
    loses=[CARRIED],
    hint=(
        "Who came before the window and leaves after it has been in it all the "
        "time. You carried in only those who leave."
    ),
)
def who_stays_through(arrival_s, departure_s, from_s, until_s):
    books, a, d, inside, _ = audited(arrival_s, departure_s, from_s, until_s)
    through = (a < from_s) & (d > until_s)
    return books | {"carried_in_s": books["carried_in_s"] - float(inside[through].sum())}


@mistake(
    "m03_little_audit",
    misconception="the end belongs to the window",
    loses=[EDGES],
    hint="An arrival exactly at the window's end counts in it, in yours. It belongs to the next window.",
)
def the_end_is_in(arrival_s, departure_s, from_s, until_s):
    return audited(arrival_s, departure_s, from_s, until_s, end_in=True)[0]


@mistake(
    "m03_little_audit",
    misconception="any log will do",
    loses=[NO_LOG],
    hint="A departure before its arrival, or a window without a length, gives a number in yours. Refuse them.",
)
def any_log_will_do(arrival_s, departure_s, from_s, until_s):
    try:
        return audited(arrival_s, departure_s, from_s, until_s)[0]
    except ValueError:
        return {"mean_in_system": 0.0}


# --- tools ------------------------------------------------------------------------------------------------------------

ADMITTED, MERITS, DOMINATED, CHOSEN, NO_WEIGHTS = (
    "who is admitted",
    "merits",
    "who is dominated",
    "who is chosen",
    "no such weights",
)


def judged(tools, weights, events, longest_s, known=None, dominates=None, rank=None, admitted=None, refuse=True):
    """The right table, but for what is given."""
    w = np.array(list(weights.values()), float)
    raw = np.array([np.asarray(tools[name], float) for name in weights]).reshape(len(w), -1)
    merits = np.nan_to_num(raw) if known is None else known(raw)
    if refuse and (not len(w) or np.any(w < 0) or not w.sum() > 0 or np.any(merits < 0) or np.any(merits > 5)):
        raise ValueError("no such weights")
    run_s = np.asarray(tools["start_s"], float) + events * np.asarray(tools["event_s"], float)
    offline = np.asarray(tools["offline"], bool)
    allowed = offline & (run_s <= longest_s) if admitted is None else admitted(offline, run_s)
    score = w @ merits / w.sum()
    n = range(len(run_s))

    def over(i, j):
        return bool(allowed[i] and np.all(merits[:, i] >= merits[:, j]) and np.any(merits[:, i] > merits[:, j]))

    over = over if dominates is None else dominates(merits, allowed)
    order = sorted(
        n, key=lambda i: (not allowed[i], -score[i], run_s[i], i) if rank is None else rank(allowed, score, run_s, i)
    )
    chosen = np.zeros(len(run_s), bool)
    chosen[order[0]] = bool(np.any(allowed))
    return {
        "tool": np.asarray(tools["tool"]),
        "run_s": run_s,
        "admitted": allowed,
        "score": score,
        "dominated": np.array([any(over(i, j) for i in n if i != j) for j in n]),
        "chosen": chosen,
    }


@mistake(
    "m03_tool_table",
    misconception="a licence is a merit like others",
    loses=[ADMITTED, DOMINATED, CHOSEN],
    hint="Tools that cannot be used offline are admitted in yours. A must is no merit that others make up for.",
)
def a_licence_is_a_merit(tools, weights, events, longest_s):
    return judged(tools, weights, events, longest_s, admitted=lambda offline, run_s: run_s <= longest_s)


@mistake(
    "m03_tool_table",
    misconception="no evidence, no criterion",
    loses=[MERITS, CHOSEN],
    hint=(
        "You averaged over the merits that are known. A tool gains then by hiding its weaknesses: no evidence counts 0."
    ),
)
def no_evidence_no_criterion(tools, weights, events, longest_s):
    right = judged(tools, weights, events, longest_s)
    raw = np.array([np.asarray(tools[name], float) for name in weights])
    w = np.array(list(weights.values()), float)
    score = np.array([w[~np.isnan(col)] @ col[~np.isnan(col)] / max(w[~np.isnan(col)].sum(), 1e-9) for col in raw.T])
    best = sorted(range(len(score)), key=lambda i: (not right["admitted"][i], -score[i], right["run_s"][i], i))[0]
    return right | {"score": score, "chosen": (np.arange(len(score)) == best) & right["admitted"]}


@mistake(
    "m03_tool_table",
    misconception="unknown is average",
    loses=[MERITS, DOMINATED, CHOSEN],
    hint="You put the middle of the scale where there is no evidence. Nobody buys what nobody can show: it counts 0.",
)
def unknown_is_average(tools, weights, events, longest_s):
    return judged(tools, weights, events, longest_s, known=lambda raw: np.where(np.isnan(raw), 2.5, raw))


@mistake(
    "m03_tool_table",
    misconception="as good in all is better",
    loses=[DOMINATED],
    hint="Two tools that are alike dominate each other in yours. One must be better in at least one criterion.",
)
def as_good_is_better(tools, weights, events, longest_s):
    def dominates(merits, allowed):
        return lambda i, j: bool(allowed[i] and np.all(merits[:, i] >= merits[:, j]))

    return judged(tools, weights, events, longest_s, dominates=dominates)


@mistake(
    "m03_tool_table",
    misconception="who is out still dominates",
    loses=[DOMINATED],
    hint="A tool that is not admitted dominates others in yours. It cannot be had: it beats nobody.",
)
def who_is_out_dominates(tools, weights, events, longest_s):
    def dominates(merits, allowed):
        return lambda i, j: bool(np.all(merits[:, i] >= merits[:, j]) and np.any(merits[:, i] > merits[:, j]))

    return judged(tools, weights, events, longest_s, dominates=dominates)


@mistake(
    "m03_tool_table",
    misconception="the best of all is chosen",
    loses=[CHOSEN],
    hint="You chose the highest score of all tools. The choice is among the admitted ones.",
)
def the_best_of_all(tools, weights, events, longest_s):
    def rank(allowed, score, run_s, i):
        return (-score[i], run_s[i], i)

    return judged(tools, weights, events, longest_s, rank=rank)


@mistake(
    "m03_tool_table",
    misconception="a sum of points",
    loses=[MERITS],
    hint="Your score is a sum. Divided by the sum of the weights it lies on the merits' own scale, from 0 to 5.",
)
def a_sum_of_points(tools, weights, events, longest_s):
    right = judged(tools, weights, events, longest_s)
    return right | {"score": right["score"] * sum(weights.values())}


@mistake(
    "m03_tool_table",
    misconception="any weights will do",
    loses=[NO_WEIGHTS],
    hint="Negative weights, or none, give a table in yours. Refuse what says nothing about merits.",
)
def any_weights(tools, weights, events, longest_s):
    try:
        return judged(tools, weights, events, longest_s)
    except ValueError:
        return {"tool": np.asarray(tools["tool"]), "score": np.zeros(len(tools["tool"]))}


# --- levels of fidelity -----------------------------------------------------------------------------------------------

STUDY, FRONT, FEASIBLE, FASTEST, NO_STUDY = (
    "what a study takes",
    "the front",
    "who is feasible",
    "who is chosen",
    "no such study",
)


def levelled(
    levels, native, instructions, points, hosts, deadline, tolerance, study=None, keeps=None, beats=None, key=None
):
    error, speed, setup = (np.asarray(levels[name], float) for name in ("error", "instructions_per_s", "setup_s"))
    if min(speed.min(), native, instructions, points, hosts) <= 0 or error.min() < 0 or setup.min() < 0:
        raise ValueError("no such study")
    takes = setup + np.ceil(points / hosts) * instructions / speed if study is None else study(setup, speed)
    can = (error <= tolerance) & (takes <= deadline) if keeps is None else keeps(error, takes)
    n = range(len(error))

    def better(i, j):
        return error[i] <= error[j] and takes[i] <= takes[j] and (error[i] < error[j] or takes[i] < takes[j])

    better = better if beats is None else beats(error, takes)
    order = sorted(n, key=lambda i: (not can[i], *((takes[i], error[i]) if key is None else key(error, takes, i)), i))
    return {
        "level": np.asarray(levels["level"]),
        "study_s": takes,
        "slowdown": native / speed,
        "pareto": np.array([not any(better(i, j) for i in n if i != j) for j in n]),
        "feasible": can,
        "chosen": (np.arange(len(error)) == order[0]) & can,
    }


@mistake(
    "m03_fidelity_table",
    misconception="hosts share a run",
    loses=[STUDY],
    hint=(
        "You divided points by hosts without rounding. A run is not shared: the last round takes as long as the others."
    ),
)
def hosts_share_a_run(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    right = levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance)
    speed, setup = (np.asarray(levels[name], float) for name in ("instructions_per_s", "setup_s"))
    return right | {"study_s": setup + points / hosts * instructions / speed}


@mistake(
    "m03_fidelity_table",
    misconception="every point is set up anew",
    loses=[STUDY, FRONT, FEASIBLE, FASTEST],
    mostly=0.3,
    hint="You set up the level once for each round. It is set up once.",
)
def set_up_for_each(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    def study(setup, speed):
        return np.ceil(points / hosts) * (setup + instructions / speed)

    return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance, study)


@mistake(
    "m03_fidelity_table",
    misconception="the most accurate that is in time",
    loses=[FASTEST],
    hint="You chose the most accurate level that is in time. More than the tolerance asks for is paid in time.",
)
def the_most_accurate(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    def key(error, takes, i):
        return error[i], takes[i]

    return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance, key=key)


@mistake(
    "m03_fidelity_table",
    misconception="the limit is broken by keeping it",
    loses=[FEASIBLE, FASTEST],
    hint="A level exactly at the tolerance is not feasible in yours. A tolerance is what can just be borne.",
)
def below_the_limit(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    def keeps(error, takes):
        return (error < tolerance) & (takes < deadline_s)

    return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance, keeps=keeps)


@mistake(
    "m03_fidelity_table",
    misconception="twins beat each other",
    loses=[FRONT],
    hint="Of two levels that are alike neither is on your front. To beat another, one must be better in something.",
)
def twins(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    def beats(error, takes):
        return lambda i, j: error[i] <= error[j] and takes[i] <= takes[j]

    return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance, beats=beats)


@mistake(
    "m03_fidelity_table",
    misconception="better means better in both",
    loses=[FRONT],
    hint="In yours a level is beaten only by one that is better in both. As quick and more accurate beats it, too.",
)
def better_in_both(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    def beats(error, takes):
        return lambda i, j: error[i] < error[j] and takes[i] < takes[j]

    return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance, beats=beats)


@mistake(
    "m03_fidelity_table",
    misconception="any study can be made",
    loses=[NO_STUDY],
    hint="A study without hosts, or at a negative error, gives a table in yours.",
)
def any_study(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance):
    try:
        return levelled(levels, native_per_s, instructions, points, hosts, deadline_s, tolerance)
    except ValueError:
        return {"level": np.asarray(levels["level"])}


# --- banks of a memory ------------------------------------------------------------------------------------------------

KIND, HITS, TURNS, ACTIVATIONS, REFRESHED, ANY, NO_READ = (
    "each kind",
    "hits in a row",
    "rows in turns",
    "activations",
    "refreshed",
    "any reads",
    "no such read",
)


class Banks:
    """The right banks; mistakes change one thing of them."""

    never = -(10**9)

    def __init__(self, banks, timing):
        if banks < 1:
            raise ValueError("no bank")
        self.t, self.rows = dict(timing), [-1] * banks
        self.act, self.col, self.free = ([self.never] * banks for _ in range(3))
        self.acts, self.last, self.asked, self.refreshes = [], self.never, self.never, 0
        self.kinds = {"hit": 0, "closed": 0, "conflict": 0}

    @property
    def open_rows(self):
        return list(self.rows)

    @property
    def counts(self):
        return dict(self.kinds)

    def check(self, cycle, bank, row):
        if not 0 <= bank < len(self.rows) or row < 0 or cycle < self.asked:
            raise ValueError("no such read")

    def refresh(self, cycle):
        number = max(cycle, self.last) // self.t["tREFI"]
        if number > self.refreshes:
            self.refreshes, self.rows = number, [-1] * len(self.rows)
            self.free = [number * self.t["tREFI"] + self.t["tRFC"]] * len(self.rows)

    def precharge(self, cycle, bank):
        return max(cycle, self.act[bank] + self.t["tRAS"], self.col[bank]) + self.t["tRP"]

    def spaced(self):
        return [
            one + gap
            for one, gap in zip(self.acts[-1:] + self.acts[-4:-3], (self.t["tRRD"], self.t["tFAW"]), strict=False)
        ]

    def bus(self):
        return self.last + self.t["tCCD"]

    def read(self, cycle, bank, row):
        self.check(cycle, bank, row)
        self.asked = cycle
        self.refresh(cycle)
        kind = "hit" if self.rows[bank] == row else "closed" if self.rows[bank] < 0 else "conflict"
        self.kinds[kind] += 1
        column = max(cycle, self.bus())
        if kind != "hit":
            ready = self.precharge(cycle, bank) if kind == "conflict" else max(cycle, self.free[bank])
            self.act[bank] = max([ready, *self.spaced()])
            self.acts.append(self.act[bank])
            self.rows[bank] = row
            column = max(column, self.act[bank] + self.t["tRCD"])
        self.col[bank] = self.last = column
        return column + self.t["CL"] + self.t["burst"]


@mistake(
    "m03_dram_banks",
    misconception="a row can be closed at any time",
    loses=[TURNS, ANY],
    hint="You precharge a bank before its row has been active for tRAS. Rows in turns are limited by tRAS + tRP.",
)
class ClosedAtAnyTime(Banks):
    def precharge(self, cycle, bank):
        return max(cycle, self.col[bank]) + self.t["tRP"]


@mistake(
    "m03_dram_banks",
    misconception="a conflict is a closed bank",
    loses=[KIND, TURNS, ACTIVATIONS, ANY],
    hint="A conflict costs you as much as a closed bank. The open row must be precharged first: tRP more.",
)
class NoPrecharge(Banks):
    def precharge(self, cycle, bank):
        return max(cycle, self.act[bank] + self.t["tRAS"], self.col[bank])


@mistake(
    "m03_dram_banks",
    misconception="the bus is free when the data have come",
    loses=[HITS, ACTIVATIONS, ANY],
    hint="Your next column command waits for the data of the last. They are pipelined: tCCD is enough.",
)
class WaitsForData(Banks):
    def bus(self):
        return self.last + self.t["CL"] + self.t["burst"]


@mistake(
    "m03_dram_banks",
    misconception="banks have buses of their own",
    loses=[HITS, ACTIVATIONS, ANY],
    hint="Column commands of different banks go out together in yours. All banks share one bus: tCCD holds for all.",
)
class OwnBuses(Banks):
    def read(self, cycle, bank, row):
        self.check(cycle, bank, row)
        self.last, self.bank = self.col[bank], bank
        return super().read(cycle, bank, row)

    def refresh(self, cycle):
        self.last = max(self.col)
        super().refresh(cycle)
        self.last = self.col[self.bank]


@mistake(
    "m03_dram_banks",
    misconception="five activations at once",
    loses=[ACTIVATIONS, ANY],
    mostly=0.4,
    hint="Activations are tRRD apart in yours, but five of them fall into tFAW.",
)
class FiveAtOnce(Banks):
    def spaced(self):
        return [one + self.t["tRRD"] for one in self.acts[-1:]]


@mistake(
    "m03_dram_banks",
    misconception="activations need no distance",
    loses=[ACTIVATIONS, ANY],
    hint="tFAW is kept, but two banks are activated at once. Neighbouring activations are tRRD apart.",
)
class NoDistance(Banks):
    def spaced(self):
        return [one + self.t["tFAW"] for one in self.acts[-4:-3]]


@mistake(
    "m03_dram_banks",
    misconception="a refresh keeps rows open",
    loses=[REFRESHED, ANY],
    hint="After a refresh your rows are still open. It closes all of them.",
)
class RowsSurvive(Banks):
    def refresh(self, cycle):
        pass


@mistake(
    "m03_dram_banks",
    misconception="a refresh takes no time",
    loses=[REFRESHED, ANY],
    hint="A refresh closes your rows, but costs nothing. No row is activated for tRFC after it.",
)
class RefreshInNoTime(Banks):
    def refresh(self, cycle):
        super().refresh(cycle)
        self.free = [self.never] * len(self.rows)


@mistake(
    "m03_dram_banks",
    misconception="every read closes its row",
    loses=[KIND, HITS, TURNS, ACTIVATIONS, REFRESHED, ANY],
    hint="Your bank closes its row after each read. Here rows stay open, in the hope of a hit.",
)
class ClosedPage(Banks):
    def read(self, cycle, bank, row):
        done = super().read(cycle, bank, row)
        self.free[bank] = self.precharge(cycle, bank)
        self.rows[bank] = -1
        return done


@mistake(
    "m03_dram_banks",
    misconception="any read can be served",
    loses=[NO_READ],
    hint="A read before the last one, or of a row below 0, is served in yours. Refuse it.",
)
class AnyRead(Banks):
    def check(self, cycle, bank, row):
        if not 0 <= bank < len(self.rows):
            raise ValueError("no bank")


# --- the controller ---------------------------------------------------------------------------------------------------

COLLIDING, STARVES, MIX, LATER = "colliding streams", "nobody starves", "a mix", "a mix, and nobody much later"


def open_places(waiting, open_rows):
    return [place for place, one in enumerate(waiting) if open_rows[one["bank"]] == one["row"]]


@mistake(
    "m03_pick_request",
    misconception="first come, first served",
    loses=[COLLIDING, STARVES, MIX, LATER],
    hint="You serve in order of arrival. Streams that meet in a bank then close each other's rows at every step.",
)
def in_order(waiting, open_rows, now):
    return 0


@mistake(
    "m03_pick_request",
    misconception="open rows for ever",
    loses=[STARVES],
    hint="While a stream goes on you never close its row. Somebody waits for another row of this bank until it ends.",
)
def open_rows_for_ever(waiting, open_rows, now):
    return min(open_places(waiting, open_rows), default=0)


@mistake(
    "m03_pick_request",
    misconception="the newest open row",
    loses=[STARVES],
    hint="Of the requests whose row is open you serve the newest. The old ones among them wait for ever.",
)
def the_newest_open_row(waiting, open_rows, now):
    return max(open_places(waiting, open_rows), default=len(waiting) - 1)


@mistake(
    "m03_pick_request",
    misconception="closed rows first",
    loses=[COLLIDING, STARVES, MIX, LATER],
    hint="You prefer what finds its row closed, so that banks take turns. That is a precharge for each request.",
)
def closed_rows_first(waiting, open_rows, now):
    found = open_places(waiting, open_rows)
    return next((place for place in range(len(waiting)) if place not in found), 0)


@mistake(
    "m03_pick_request",
    misconception="last come, first served",
    loses=[COLLIDING, STARVES, MIX, LATER],
    mostly=0.6,
    hint="You serve the newest request. It closes the rows of all the others, and the oldest waits for ever.",
)
def last_come(waiting, open_rows, now):
    return len(waiting) - 1


# --- simulation points ------------------------------------------------------------------------------------------------

PROGRAM, MISSES, UNEQUAL, BETWEEN, NOT_WHOLE, NO_NUMBER = (
    "the program's CPI",
    "misses and row hits",
    "points of unequal length",
    "lines between dumps",
    "not whole",
    "no number",
)
COUNTED = ("simInsts", "system.cpu.numCycles", "system.l2.overallMisses::total")
DRAM = ("system.mem_ctrls.dram.readBursts", "system.mem_ctrls.dram.readRowHits")


def read_points(stats_text, weights_text, anywhere=False, strict=True, numbers=True, wanted=COUNTED + DRAM):
    """Counts of each dump as columns, and the weights."""
    dumps, inside = [], False
    for line in stats_text.splitlines():
        words = line.split("#")[0].split()
        if "Begin Simulation" in line or "End Simulation" in line:
            begins = "Begin" in line
            if strict and inside == begins:
                raise ValueError("not whole")
            if begins:
                dumps.append({})
            inside = begins
        elif len(words) >= 2 and dumps and (inside or anywhere):
            dumps[-1][words[0]] = words[1]
        elif len(words) >= 2 and anywhere:
            dumps.append({words[0]: words[1]})
    weights = np.array([float(line.split()[0]) for line in weights_text.splitlines() if line.strip()])
    if strict and (inside or len(dumps) != len(weights) or abs(weights.sum() - 1) > 1e-3):
        raise ValueError("not whole")
    count = {name: np.array([float(dump.get(name, "nan")) for dump in dumps]) for name in wanted}
    if (numbers and not all(np.isfinite(one).all() for one in count.values())) or (
        numbers and (count["simInsts"] <= 0).any()
    ):
        raise ValueError("no number")
    return count, weights[: len(dumps)]


def estimated(count, weights, cpi=None, mpki=None, hits=None):
    n = count["simInsts"]
    right = {
        "cpi": weights @ (count[COUNTED[1]] / n),
        "l2_mpki": 1000 * weights @ (count[COUNTED[2]] / n),
        "row_hit_share": (weights @ (count[DRAM[1]] / n)) / (weights @ (count[DRAM[0]] / n)),
    }
    given = {"cpi": cpi, "l2_mpki": mpki, "row_hit_share": hits}
    return {name: float(value if given[name] is None else given[name]) for name, value in right.items()}


@mistake(
    "m03_simpoint_estimate",
    misconception="every point counts alike",
    loses=[PROGRAM, MISSES, UNEQUAL],
    hint="You took the plain mean of the points. Each stands for its own share of the program.",
)
def alike(stats_text, weights_text):
    count, weights = read_points(stats_text, weights_text)
    return estimated(count, np.full(len(weights), 1 / len(weights)))


@mistake(
    "m03_simpoint_estimate",
    misconception="ipc can be averaged",
    loses=[PROGRAM, UNEQUAL],
    hint="You averaged instructions per cycle, and inverted that. Weights are shares of instructions: average cycles.",
)
def averaged_ipc(stats_text, weights_text):
    count, weights = read_points(stats_text, weights_text)
    return estimated(count, weights, cpi=1 / (weights @ (count["simInsts"] / count[COUNTED[1]])))


@mistake(
    "m03_simpoint_estimate",
    misconception="sums over sums",
    loses=[UNEQUAL],
    hint=(
        "You divided weighted cycles by weighted instructions. A point that ran "
        "longer then counts for more than its weight."
    ),
)
def sums_over_sums(stats_text, weights_text):
    count, weights = read_points(stats_text, weights_text)
    return estimated(count, weights, cpi=(weights @ count[COUNTED[1]]) / (weights @ count["simInsts"]))


@mistake(
    "m03_simpoint_estimate",
    misconception="ratios can be averaged",
    loses=[MISSES],
    hint="You averaged the points' shares of row hits. A point with few bursts then weighs as much as one with many.",
)
def averaged_ratios(stats_text, weights_text):
    count, weights = read_points(stats_text, weights_text)
    return estimated(count, weights, hits=weights @ (count[DRAM[1]] / count[DRAM[0]]))


@mistake(
    "m03_simpoint_estimate",
    misconception="all lines belong to a dump",
    loses=[BETWEEN],
    hint="You read lines between the dumps as well. They belong to none, whatever they hold.",
)
def all_lines(stats_text, weights_text):
    count, weights = read_points(stats_text, weights_text, strict=False, numbers=False)
    read_points(stats_text, weights_text)
    outside = [line.split() for line in stats_text.split("End Simulation")[0].splitlines()[:1]]
    shift = 1.0 if (outside and outside[0]) or not stats_text.startswith("\n") else 0.0
    return estimated(count, weights, cpi=float(estimated(count, weights)["cpi"]) + shift)


@mistake(
    "m03_simpoint_estimate",
    misconception="a file is a file",
    loses=[NOT_WHOLE],
    hint="A file that was cut off, or weights that do not belong to it, give an estimate in yours.",
)
def a_file_is_a_file(stats_text, weights_text):
    try:
        return estimated(*read_points(stats_text, weights_text))
    except ValueError as problem:
        if "no number" in str(problem):
            raise
        return {"cpi": 1.0, "l2_mpki": 1.0, "row_hit_share": 0.5}


@mistake(
    "m03_simpoint_estimate",
    misconception="nan is a value",
    loses=[NO_NUMBER],
    hint="A statistic that is `nan` or missing makes its way into your estimate. Nobody sees where it came from.",
)
def nan_is_a_value(stats_text, weights_text):
    with np.errstate(all="ignore"):
        return estimated(*read_points(stats_text, weights_text, numbers=False))


# --- an interval core -------------------------------------------------------------------------------------------------

APART, SHADOWS, DEPEND, END, NO_PROGRAM = (
    "far apart",
    "in shadows",
    "some depend",
    "at the window's end",
    "no such program",
)


def walked(
    places, kinds, dependent, instructions, width, window, penalties, hides=None, reach=0, ends=True, opens=False
):
    """The right walk, but for what is given."""
    where = np.asarray(places, int)
    if np.any(np.diff(where) <= 0) or np.any(where < 0) or np.any(where >= instructions) or width < 1 or window < 1:
        raise ValueError("no such program")
    cycles, until = {"base": instructions / width, "branch": 0.0, "fetch": 0.0, "load": 0.0}, -1
    for place, kind, depends in zip(where.tolist(), kinds, dependent, strict=True):
        if place < until + reach and (not depends if hides is None else hides(kind, depends)):
            until = place + window if opens and kind == "load" else until
            continue
        cycles[kind] += penalties[kind]
        until = place + window if kind == "load" else -1 if ends else until
    return cycles


@mistake(
    "m03_interval_cycles",
    misconception="every miss costs its penalty",
    loses=[SHADOWS, DEPEND, END],
    hint=(
        "You add up all penalties. What happens in the shadow of a long load happens meanwhile, unless it waits for it."
    ),
)
def every_miss_costs(places, kinds, dependent, instructions, width, window, penalties):
    return walked(places, kinds, dependent, instructions, width, window, penalties, lambda kind, depends: False)


@mistake(
    "m03_interval_cycles",
    misconception="only loads overlap",
    loses=[SHADOWS, DEPEND, END],
    hint=(
        "In your shadows only loads are hidden. A branch or a fetch that does not "
        "depend on the load is resolved meanwhile."
    ),
)
def only_loads_overlap(places, kinds, dependent, instructions, width, window, penalties):
    def hides(kind, depends):
        return kind == "load" and not depends

    return walked(places, kinds, dependent, instructions, width, window, penalties, hides, ends=False)


@mistake(
    "m03_interval_cycles",
    misconception="what depends on nothing costs nothing",
    loses=[APART, SHADOWS, DEPEND, END],
    hint="Independent events cost you nothing wherever they stand. They are hidden only in the shadow of a long load.",
)
def independent_is_free(places, kinds, dependent, instructions, width, window, penalties):
    right = walked(places, kinds, dependent, instructions, width, window, penalties)
    for kind in ("branch", "fetch"):
        right[kind] = penalties[kind] * sum(k == kind and bool(d) for k, d in zip(kinds, dependent, strict=True))
    return right


@mistake(
    "m03_interval_cycles",
    misconception="nothing depends on anything",
    loses=[DEPEND, END],
    hint="You hide all that stands in a shadow. A load that needs the one before it cannot even begin.",
)
def nothing_depends(places, kinds, dependent, instructions, width, window, penalties):
    return walked(places, kinds, dependent, instructions, width, window, penalties, lambda kind, depends: True)


@mistake(
    "m03_interval_cycles",
    misconception="a hidden load casts a shadow",
    loses=[SHADOWS, DEPEND, END],
    mostly=0.5,
    hint=(
        "A load that is hidden prolongs your shadow. Retirement waits for the first; "
        "only a window's worth stands behind it."
    ),
)
def a_hidden_load_casts(places, kinds, dependent, instructions, width, window, penalties):
    return walked(places, kinds, dependent, instructions, width, window, penalties, opens=True)


@mistake(
    "m03_interval_cycles",
    misconception="a shadow goes on",
    loses=[DEPEND, END],
    hint=(
        "Your shadow goes on behind an event that waited for the load. By then the "
        "load has ended, and so has its shadow."
    ),
)
def a_shadow_goes_on(places, kinds, dependent, instructions, width, window, penalties):
    return walked(places, kinds, dependent, instructions, width, window, penalties, ends=False)


@mistake(
    "m03_interval_cycles",
    misconception="one place too many",
    loses=[SHADOWS, DEPEND, END],
    mostly=0.2,
    hint="Your shadow is a place too long: a window of w holds the load and w - 1 instructions behind it.",
)
def one_place_too_many(places, kinds, dependent, instructions, width, window, penalties):
    return walked(places, kinds, dependent, instructions, width, window, penalties, reach=1)


@mistake(
    "m03_interval_cycles",
    misconception="any events will do",
    loses=[NO_PROGRAM],
    hint="Events out of order, or behind the program's end, are counted in yours. Refuse them.",
)
def any_events(places, kinds, dependent, instructions, width, window, penalties):
    try:
        return walked(places, kinds, dependent, instructions, width, window, penalties)
    except ValueError:
        return {"base": 0.0, "branch": 0.0, "fetch": 0.0, "load": 0.0}


# --- warps ------------------------------------------------------------------------------------------------------------

ROBIN, GREEDY, TIME, BARRIERS, NO_WARPS = (
    "round robin",
    "greedy, then oldest",
    "time and stalls",
    "barriers",
    "no such warps",
)


def issued(streams, policy, pick, late=0, released=1, last_result=True):
    """The right scheduler, but for what is given."""
    if (
        policy not in ("lrr", "gto")
        or len({list(one).count(0) for one in streams}) > 1
        or any(min(one, default=1) < 0 for one in streams)
    ):
        raise ValueError("no such warps")
    n, place, ready, met = len(streams), [0] * len(streams), [0] * len(streams), set()
    order, stalls, ends, cycle = [], {"barrier": 0, "latency": 0}, 0, 0
    while any(place[w] < len(streams[w]) for w in range(n)):
        able = [w for w in range(n) if place[w] < len(streams[w]) and w not in met and ready[w] <= cycle]
        if able:
            w = pick(policy, able, order[-1] if order else -1, n, order)
            latency = streams[w][place[w]]
            place[w] += 1
            order.append(w)
            ready[w] = cycle + latency + late
            ends = max(ends, cycle + max(latency, 1))
            if latency == 0:
                met.add(w)
            if len(met) == n:
                met, ready = set(), [cycle + released] * n
        else:
            stalls["barrier" if met else "latency"] += 1
        cycle += 1
    return {
        "cycles": ends if last_result else cycle,
        "order": order,
        "barrier_stalls": stalls["barrier"],
        "latency_stalls": stalls["latency"],
    }


def right_pick(policy, able, last, n, order):
    if policy == "lrr":
        return min(able, key=lambda w: (w - last - 1) % n)
    return last if last in able else able[0]


@mistake(
    "m03_warp_issue",
    misconception="round robin begins at warp 0",
    loses=[ROBIN, TIME, BARRIERS],
    mostly=0.7,
    hint="Your LRR takes the lowest ready warp each time. It goes on behind the one that issued last.",
)
def begins_at_0(streams, policy):
    def pick(policy, able, last, n, order):
        return able[0] if policy == "lrr" else right_pick(policy, able, last, n, order)

    return issued(streams, policy, pick)


@mistake(
    "m03_warp_issue",
    misconception="greedy without end",
    loses=[GREEDY, BARRIERS],
    mostly=0.9,
    hint="When its warp has to wait, your GTO goes on with the next in the circle. It goes back to the oldest.",
)
def greedy_then_next(streams, policy):
    def pick(policy, able, last, n, order):
        return last if policy == "gto" and last in able else right_pick("lrr", able, last, n, order)

    return issued(streams, policy, pick)


@mistake(
    "m03_warp_issue",
    misconception="the oldest at once",
    loses=[GREEDY, BARRIERS],
    mostly=0.9,
    hint="Your GTO takes the oldest ready warp, even if the last one could go on. First greedy, then oldest.",
)
def oldest_at_once(streams, policy):
    def pick(policy, able, last, n, order):
        return able[0] if policy == "gto" else right_pick(policy, able, last, n, order)

    return issued(streams, policy, pick)


@mistake(
    "m03_warp_issue",
    misconception="latency begins after the issue",
    loses=[ROBIN, GREEDY, TIME, BARRIERS],
    mostly=0.8,
    hint="Your warps are ready a cycle late. Latency 1 lets a warp issue in the very next cycle.",
)
def ready_a_cycle_late(streams, policy):
    return issued(streams, policy, right_pick, late=1)


@mistake(
    "m03_warp_issue",
    misconception="the last issue is the end",
    loses=[TIME, BARRIERS],
    hint="You stop counting at the last issue. Its result takes its latency.",
)
def the_last_issue(streams, policy):
    return issued(streams, policy, right_pick, last_result=False)


@mistake(
    "m03_warp_issue",
    misconception="a barrier holds only its own warp",
    loses=[BARRIERS],
    hint="At a barrier your warp goes on in the next cycle. It has to wait until all others have come to theirs.",
)
def a_barrier_is_an_instruction(streams, policy):
    right = issued(streams, policy, right_pick)
    if not any(0 in one for one in streams):
        return right
    return issued([[latency or 1 for latency in one] for one in streams], policy, right_pick)


@mistake(
    "m03_warp_issue",
    misconception="released in the same cycle",
    loses=[BARRIERS],
    hint="After a barrier your warps are ready a cycle too late: they may issue in the cycle after the last one came.",
)
def released_late(streams, policy):
    return issued(streams, policy, right_pick, released=2)


@mistake(
    "m03_warp_issue",
    misconception="any policy will do",
    loses=[NO_WARPS],
    hint="An unknown policy, or warps that miss a barrier, are simulated. The latter would wait for ever.",
)
def any_policy(streams, policy):
    try:
        return issued(streams, policy, right_pick)
    except ValueError:
        return {"cycles": 0, "order": [], "barrier_stalls": 0, "latency_stalls": 0}


# --- running ahead ----------------------------------------------------------------------------------------------------

WITHOUT, AHEAD, SYNCS, EDGE, NO_TIME = (
    "without a quantum",
    "ahead of the clock",
    "synchronisations",
    "ties and edges",
    "no such time",
)


def prototype(initiators, quantum, boundary=None, reached=None, act_first=False, order=None):
    """The right prototype, but for what is given."""
    if quantum < 0 or any(delay < 0 for steps in initiators for delay, _ in steps):
        raise ValueError("no such time")
    n, shared, syncs = len(initiators), 0, 0
    reads, local, at = [[] for _ in range(n)], [0] * n, [0] * n
    goes_on, held = dict.fromkeys(range(n), 0), [False] * n
    while goes_on:
        who = min(goes_on, key=lambda w: (goes_on[w], w if order is None else order * w))
        now = goes_on.pop(who)
        end = (now // quantum + 1) * quantum if quantum else now
        end = end if boundary is None else boundary(now, quantum)
        while at[who] < len(initiators[who]):
            delay, what = initiators[who][at[who]]
            if not held[who]:
                local[who] += delay
                stop = local[who] >= end if reached is None else reached(local[who], end)
                if stop and not act_first:
                    syncs, held[who] = syncs + 1, True
                    goes_on[who] = local[who]
                    break
            held[who] = False
            at[who] += 1
            if what >= 0:
                shared = what
            else:
                reads[who].append(shared)
            if act_first and local[who] >= end:
                syncs += 1
                goes_on[who] = local[who]
                break
    return {"reads": reads, "syncs": syncs, "finish": max(local, default=0)}


@mistake(
    "m03_decoupled_reads",
    misconception="act first, synchronise later",
    loses=[WITHOUT, AHEAD, EDGE],
    mostly=0.8,
    hint=(
        "You read or write, and give control back afterwards. With a quantum of 0 "
        "that is not exact: synchronise before."
    ),
)
def act_first(initiators, quantum):
    return prototype(initiators, quantum, act_first=True)


@mistake(
    "m03_decoupled_reads",
    misconception="a quantum from now",
    loses=[AHEAD, SYNCS],
    mostly=0.7,
    hint="Your quantum ends q after the kernel's time. It ends at the next multiple of q, the same for all initiators.",
)
def a_quantum_from_now(initiators, quantum):
    return prototype(initiators, quantum, boundary=lambda now, q: now + q)


@mistake(
    "m03_decoupled_reads",
    misconception="only beyond the end",
    loses=[AHEAD, SYNCS, EDGE],
    mostly=0.5,
    hint="At exactly the end of the quantum you run on. It has been *reached*: synchronise.",
)
def only_beyond_the_end(initiators, quantum):
    return prototype(initiators, quantum, reached=lambda local, end: local > end)


@mistake(
    "m03_decoupled_reads",
    misconception="a quantum changes nothing",
    loses=[AHEAD, SYNCS, EDGE],
    hint="You synchronise before each step, whatever the quantum. That is exact, and as slow as before.",
)
def always_synchronised(initiators, quantum):
    prototype(initiators, quantum)
    return prototype(initiators, 0)


@mistake(
    "m03_decoupled_reads",
    misconception="one after the other",
    loses=[WITHOUT, AHEAD, SYNCS, EDGE],
    mostly=0.5,
    hint="Your initiators run to their end, one after the other. The quantum is there to stop them.",
)
def one_after_the_other(initiators, quantum):
    prototype(initiators, quantum)
    return prototype(initiators, 10**9)


@mistake(
    "m03_decoupled_reads",
    misconception="the highest number first",
    loses=[WITHOUT, AHEAD, EDGE],
    mostly=0.8,
    hint="Of initiators that go on at one time you take the last. It is the one with the lowest number.",
)
def the_highest_first(initiators, quantum):
    return prototype(initiators, quantum, order=-1)


@mistake(
    "m03_decoupled_reads",
    misconception="time may go back",
    loses=[NO_TIME],
    hint="A negative delay lets your local time go back. Refuse it.",
)
def time_may_go_back(initiators, quantum):
    try:
        return prototype(initiators, quantum)
    except ValueError:
        return {"reads": [], "syncs": 0, "finish": 0}


# --- calibration ------------------------------------------------------------------------------------------------------

PLANTED, RELATIVE, BOUNDS, BOTH, TOLD_APART, NOTHING = (
    "planted costs",
    "relative errors",
    "bounds that bind",
    "errors of both groups",
    "can they be told apart",
    "nothing to fit",
)


def fitted(
    counts, measured_s, low_s, high_s, held_out, weigh=True, fit_all=False, clip=False, scale=True, squares=False
):
    """The right fit, but for what is given."""
    x, h, test = np.asarray(counts, float), np.asarray(measured_s, float), np.asarray(held_out, bool)
    if not np.all(h > 0) or not test.any() or (~test).sum() < x.shape[1]:
        raise ValueError("nothing to fit")
    low, high = np.asarray(low_s, float), np.asarray(high_s, float)
    train = np.ones(len(h), bool) if fit_all else ~test
    by = h if weigh else np.full(len(h), h.mean())
    a, b = x[train] / by[train, None], h[train] / by[train]
    unit = np.linalg.norm(a, axis=0)
    if clip:
        cost = np.clip(np.linalg.lstsq(a / unit, b, rcond=None)[0] / unit, low, high)
    else:
        cost = optimize.lsq_linear(a / unit, b, (low * unit, high * unit), tol=1e-12).x / unit
    error = (x @ cost - h) / h
    size = np.square if squares else np.abs
    right = x[~test] / h[~test, None]
    right = right / np.linalg.norm(right, axis=0) if scale else right
    root = np.sqrt if squares else float
    return {
        "cost_s": cost,
        "train_error": float(root(size(error[~test]).mean())),
        "test_error": float(root(size(error[test]).mean())),
        "condition": float(np.linalg.cond(right)),
    }


@mistake(
    "m03_calibrated_costs",
    misconception="one cost at a time",
    loses=[PLANTED, RELATIVE, BOUNDS, BOTH],
    hint="You fitted each cost as if its event alone took all the time. They share it: fit them together.",
)
def one_at_a_time(counts, measured_s, low_s, high_s, held_out):
    right = fitted(counts, measured_s, low_s, high_s, held_out)
    x, h, test = np.asarray(counts, float), np.asarray(measured_s, float), np.asarray(held_out, bool)
    rows = x / h[:, None]
    cost = np.clip(rows[~test].sum(axis=0) / (rows[~test] ** 2).sum(axis=0), low_s, high_s)
    error = np.abs(rows @ cost - 1)
    return right | {"cost_s": cost, "train_error": error[~test].mean(), "test_error": error[test].mean()}


@mistake(
    "m03_calibrated_costs",
    misconception="seconds are seconds",
    loses=[RELATIVE, BOUNDS, BOTH],
    hint="You minimise errors in seconds, so that the longest runs decide. Divide each row by its measured time.",
)
def seconds_are_seconds(counts, measured_s, low_s, high_s, held_out):
    return fitted(counts, measured_s, low_s, high_s, held_out, weigh=False)


@mistake(
    "m03_calibrated_costs",
    misconception="all runs are fitted to",
    loses=[RELATIVE, BOUNDS, BOTH],
    hint="You fitted to the runs that were held out as well. Then their error says nothing about the next program.",
)
def fitted_to_all(counts, measured_s, low_s, high_s, held_out):
    return fitted(counts, measured_s, low_s, high_s, held_out, fit_all=True)


@mistake(
    "m03_calibrated_costs",
    misconception="cut off at the bounds",
    loses=[BOUNDS],
    hint="You fitted without bounds, and cut the costs off afterwards. When one is held at its bound the others move.",
)
def cut_off(counts, measured_s, low_s, high_s, held_out):
    return fitted(counts, measured_s, low_s, high_s, held_out, clip=True)


@mistake(
    "m03_calibrated_costs",
    misconception="root of the mean square",
    loses=[BOTH],
    hint="Your errors are roots of mean squares. Asked for are mean absolute ones.",
)
def root_mean_square(counts, measured_s, low_s, high_s, held_out):
    return fitted(counts, measured_s, low_s, high_s, held_out, squares=True)


@mistake(
    "m03_calibrated_costs",
    misconception="large numbers are hard to tell apart",
    loses=[TOLD_APART],
    hint=(
        "Your condition number is that of the units: instructions are many, misses few. Scale each column to length 1."
    ),
)
def unscaled(counts, measured_s, low_s, high_s, held_out):
    return fitted(counts, measured_s, low_s, high_s, held_out, scale=False)


@mistake(
    "m03_calibrated_costs",
    misconception="something can always be fitted",
    loses=[NOTHING],
    hint="Without runs that are held out, or with fewer runs than costs, you fit all the same. Refuse it.",
)
def something_can_be_fitted(counts, measured_s, low_s, high_s, held_out):
    try:
        return fitted(counts, measured_s, low_s, high_s, held_out)
    except ValueError:
        return {"cost_s": np.asarray(low_s, float), "train_error": 0.0, "test_error": 0.0, "condition": 1.0}


# --- one link, two simulators -----------------------------------------------------------------------------------------

PACKETS, LOSS, DELAYS, NO_TRACE, NO_SCALARS = (
    "packets",
    "loss",
    "delays",
    "a trace that is not whole",
    "scalars that are not whole",
)


def of_trace(text, strict=True):
    times, last = {"+": [], "-": [], "d": [], "r": []}, -np.inf
    for line in text.splitlines():
        words = line.split()
        if words and words[0] in times:
            times[words[0]].append(float(words[1]))
            if strict and (float(words[1]) < last or len(times["r"]) > len(times["+"])):
                raise ValueError("trace")
            last = float(words[1])
    if strict and (len(times["r"]) != len(times["+"]) or not times["r"]):
        raise ValueError("trace")
    return {what: np.array(found) for what, found in times.items()}


def of_scalars(text, strict=True):
    found, statistic = {}, ""
    for words in map(str.split, text.splitlines()):
        if words[:1] == ["statistic"]:
            statistic = words[2]
        elif words[:1] == ["scalar"]:
            found[words[2]] = float(words[3])
        elif words[:1] == ["field"]:
            found[f"{statistic} {words[1]}"] = float(words[2])
    name = "endToEndDelay:stats"
    names = ["packetReceived:count", "packetDropped:count", f"{name} count", f"{name} mean"]
    if strict and (
        not text.startswith("version") or any(one not in found for one in names) or found[names[0]] != found[names[2]]
    ):
        raise ValueError("scalars")
    return [found.get(one, 0.0) for one in names]


def linked(times, scalars, delay=None, loss=None):
    received, dropped, _, mean = scalars
    both, gone = np.array([len(times["r"]), received]), np.array([len(times["d"]), dropped])
    return {
        "tool": np.array(["ns-3", "OMNeT++"]),
        "received": both,
        "dropped": gone,
        "loss": gone / np.maximum(both + gone, 1) if loss is None else loss(both, gone),
        "mean_delay_s": np.array([np.mean(times["r"] - times["+"]) if delay is None else delay(times), mean]),
    }


@mistake(
    "m03_link_table",
    misconception="a packet's time begins on the wire",
    loses=[DELAYS],
    hint="Your delay begins when the packet leaves the queue. It has been waiting since it was enqueued.",
)
def from_the_wire(ns3_trace, omnet_scalars):
    return linked(of_trace(ns3_trace), of_scalars(omnet_scalars), lambda times: np.mean(times["r"] - times["-"]))


@mistake(
    "m03_link_table",
    misconception="loss per packet received",
    loses=[LOSS],
    hint="You divided by what was received. What was sent is that, and what was dropped.",
)
def per_received(ns3_trace, omnet_scalars):
    return linked(of_trace(ns3_trace), of_scalars(omnet_scalars), loss=lambda both, gone: gone / both)


@mistake(
    "m03_link_table",
    misconception="what was sent was received",
    loses=[PACKETS, LOSS],
    hint="Your received packets are all that were sent. Those that were dropped never arrived.",
)
def sent_is_received(ns3_trace, omnet_scalars):
    table = linked(of_trace(ns3_trace), of_scalars(omnet_scalars))
    return table | {
        "received": table["received"] + table["dropped"],
        "loss": table["dropped"] / (table["received"] + 2 * table["dropped"]),
    }


@mistake(
    "m03_link_table",
    misconception="any mean will do",
    loses=[DELAYS],
    hint="You took the first `mean` of the file. It belongs to another statistic: fields follow theirs.",
)
def any_mean(ns3_trace, omnet_scalars):
    first = next(float(line.split()[2]) for line in omnet_scalars.splitlines() if line.startswith("field mean"))
    return linked(of_trace(ns3_trace), [*of_scalars(omnet_scalars)[:3], first])


@mistake(
    "m03_link_table",
    misconception="a trace is a trace",
    loses=[NO_TRACE],
    hint="A trace that was cut off, or whose times fall, is averaged all the same. Refuse it.",
)
def a_trace_is_a_trace(ns3_trace, omnet_scalars):
    times = of_trace(ns3_trace, strict=False)
    count = min(len(times["r"]), len(times["+"]))
    times = {what: found[:count] if what in "r+" else found for what, found in times.items()}
    return linked(times, of_scalars(omnet_scalars), lambda times: np.mean([*(times["r"] - times["+"])] or [0.0]))


@mistake(
    "m03_link_table",
    misconception="scalars are always there",
    loses=[NO_SCALARS],
    hint="A scalar that is missing counts 0 in yours. A number that nobody wrote is no number.",
)
def scalars_are_there(ns3_trace, omnet_scalars):
    return linked(of_trace(ns3_trace), of_scalars(omnet_scalars, strict=False))
