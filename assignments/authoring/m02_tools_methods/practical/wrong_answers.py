"""What students really write in module 2."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- attainable performance under a roofline ---------------------------------------------------------------

RIDGE, ENDS, MANY = "both sides of the ridge", "no work, no traffic", "many kernels, many machines"
REFUSED, NAN = "impossible kernels and machines", "not a number"


def refuse(intensity, peak, bandwidth):
    """As the exercise asks."""
    if not (np.all(intensity >= 0) and np.all(peak > 0) and np.all(bandwidth > 0)):
        raise ValueError("no such kernel or machine")


@mistake(
    "m02_attainable_flops_per_s",
    misconception="the higher roof",
    loses=[RIDGE, ENDS, MANY],
    hint="Both roofs bound the kernel at once. It cannot rise above either, so the lower one decides.",
)
def higher_roof(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    refuse(intensity, peak, bandwidth)
    return np.maximum(intensity * bandwidth, peak)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="memory is the only limit",
    loses=[RIDGE, ENDS, MANY, REFUSED, NAN],
    hint="With enough operations per byte you promise more than the arithmetic units can do. Where does the line bend?",
)
def memory_roof_alone(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    return np.asarray(intensity_flops_per_byte) * np.asarray(bandwidth_bytes_per_s) + 0 * np.asarray(peak_flops_per_s)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="computing and moving take turns",
    loses=[RIDGE, MANY],
    hint="You added the time of the arithmetic to the time of the traffic. At best they overlap: the longer decides.",
)
def one_after_the_other(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity = np.asarray(intensity_flops_per_byte, float)
    peak, bandwidth = np.asarray(peak_flops_per_s, float), np.asarray(bandwidth_bytes_per_s, float)
    refuse(intensity, peak, bandwidth)
    with np.errstate(divide="ignore"):
        return 1 / (1 / peak + 1 / (intensity * bandwidth))


@mistake(
    "m02_attainable_flops_per_s",
    misconception="the ridge upside down",
    loses=[RIDGE, MANY],
    hint="Your bend lies at bandwidth over peak. Check its unit: an intensity is in flop per byte, so is the ridge.",
)
def ridge_upside_down(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    refuse(intensity, peak, bandwidth)
    return np.where(intensity < bandwidth / peak, intensity * bandwidth, peak)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="one kernel at a time",
    loses=[MANY],
    hint="Python's `min` and `if` decide about one number. For arrays each element needs its own decision.",
)
def one_at_a_time(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    refuse(*map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s)))
    return min(peak_flops_per_s, intensity_flops_per_byte * bandwidth_bytes_per_s)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="wrong input made plausible",
    loses=[REFUSED],
    hint="A negative intensity became a performance that looks right. Say that the question makes no sense instead.",
)
def clipped_silently(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    if np.isnan(intensity).any() or np.isnan(peak).any() or np.isnan(bandwidth).any():
        raise ValueError("not a number")
    return np.clip(intensity * bandwidth, 0, np.abs(peak))


@mistake(
    "m02_attainable_flops_per_s",
    misconception="NaN fails no comparison",
    loses=[NAN],
    hint="`nan < 0` is False, so NaN walks past a test for bad values. Ask whether the values are good instead.",
)
def nan_walks_past(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    if np.any(intensity < 0) or np.any(peak <= 0) or np.any(bandwidth <= 0):
        raise ValueError("no such kernel or machine")
    return np.minimum(peak, intensity * bandwidth)


# --- Top-Down, level 1 --------------------------------------------------------------------------------------

KEPT, WASTED, BACK = "retiring and front end", "bad speculation", "back end"
SMT, WIDTH, IDLE, MISFIT = "multithreading", "another width", "idle core", "counts that do not fit together"


def level_1(counters, width, clocks, recovery_slots):
    """Shares for given clocks and slots of recovery."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slots = np.where(clocks > 0, width * clocks, np.nan)
        retiring = np.asarray(counters["UOPS_RETIRED.RETIRE_SLOTS"]) / slots
        wasted = (np.asarray(counters["UOPS_ISSUED.ANY"]) + recovery_slots) / slots - retiring
        lost = np.asarray(counters["IDQ_UOPS_NOT_DELIVERED.CORE"]) / slots
    blocked = 1 - retiring - wasted - lost
    return {"retiring": retiring, "bad_speculation": wasted, "frontend_bound": lost, "backend_bound": blocked}


def core_clocks(counters, plain="CPU_CLK_UNHALTED.THREAD", of_both="CPU_CLK_UNHALTED.THREAD_ANY"):
    """Clocks of the core, or of its recovery, as the exercise asks."""
    smt = np.asarray(counters["SMT_ON"], bool)
    return np.where(smt, np.asarray(counters[of_both]) / 2, np.asarray(counters[plain]))


def core_recovery(counters):
    return core_clocks(counters, "INT_MISC.RECOVERY_CYCLES", "INT_MISC.RECOVERY_CYCLES_ANY")


@mistake(
    "m02_topdown_level_1",
    misconception="a clock of recovery is one slot",
    loses=[WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="Recovery is counted in clocks. In each of them the core loses all of its slots, not one.",
)
def recovery_in_slots(counters, width=4):
    return level_1(counters, width, core_clocks(counters), core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="recovery costs nothing",
    loses=[WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="A wrong guess costs twice: the work thrown away, and the clocks until the right path arrives.",
)
def recovery_forgotten(counters, width=4):
    return level_1(counters, width, core_clocks(counters), 0)


@mistake(
    "m02_topdown_level_1",
    misconception="multithreading ignored",
    loses=[SMT, IDLE],
    hint="In rows with multithreading you took one thread's clocks. They share the core: whose slots are these?",
)
def threads_for_cores(counters, width=4):
    recovery = width * np.asarray(counters["INT_MISC.RECOVERY_CYCLES"])
    return level_1(counters, width, np.asarray(counters["CPU_CLK_UNHALTED.THREAD"]), recovery)


@mistake(
    "m02_topdown_level_1",
    misconception="each clock of the core counted twice",
    loses=[SMT, IDLE],
    hint="With multithreading the _ANY events count every clock of the core on both threads. You have twice the slots.",
)
def any_not_halved(counters, width=4):
    smt = np.asarray(counters["SMT_ON"], bool)
    double = np.where(smt, 2, 1)
    return level_1(counters, width, double * core_clocks(counters), width * double * core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="recovery of one thread",
    loses=[SMT, IDLE],
    hint="You halved the core's clocks but took the threads' recovery. Both are counted per thread.",
)
def half_of_the_correction(counters, width=4):
    recovery = width * np.asarray(counters["INT_MISC.RECOVERY_CYCLES"])
    return level_1(counters, width, core_clocks(counters), recovery)


@mistake(
    "m02_topdown_level_1",
    misconception="percent for shares",
    loses=[KEPT, WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="A hundred times too much: shares are between 0 and 1 and add up to 1.",
)
def percent(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: 100 * share for category, share in shares.items()}


@mistake(
    "m02_topdown_level_1",
    misconception="every core is four wide",
    loses=[WIDTH],
    hint="You computed the slots of a four-wide core, whatever `width` says.",
)
def always_four(counters, width=4):
    return level_1(counters, 4, core_clocks(counters), 4 * core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="idle means zero",
    loses=[IDLE],
    hint="A core that never ran spent 0 % of its slots nowhere: it had none. 0/0 is not 0.",
)
def idle_is_zero(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: np.nan_to_num(share) for category, share in shares.items()}


@mistake(
    "m02_topdown_level_1",
    misconception="clipped at zero",
    loses=[MISFIT],
    hint="You clipped a negative share. It said that the counts do not fit together; now the sum hides it.",
)
def clipped(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: np.where(share < 0, 0, share) for category, share in shares.items()}


# --- the counter multiplexer --------------------------------------------------------------------------------

ALL, TURNS, LENGTHS, QUEUE = "a counter for each event", "taking turns", "turns of many lengths", "nobody overtakes"
FIXED, BEFORE, TIME = "fixed counters", "not yet", "a turn takes time"
WISHES, SHARED = "impossible wishes", "no more counters than there are"


class Turns:
    """A multiplexer with no mistake in it; each mistake below changes one of its decisions."""

    def __init__(self, counters, groups, fixed=()):
        events = list(fixed) + [event for group in groups for event in group]
        if counters < 1 or len(events) != len(set(events)):
            raise ValueError("no such multiplexer")
        if min(map(len, groups), default=1) < 1 or max(map(len, groups), default=1) > counters:
            raise ValueError("a group can never be counted")
        self.counters, self.groups, self.fixed = counters, list(groups), list(fixed)
        self.counts = dict.fromkeys(events, 0)
        self.running_s = dict.fromkeys(events, 0)
        self.enabled_s = 0

    @property
    def active_events(self):
        return set(self.fixed) | {event for group in self.chosen() for event in group}

    def chosen(self):
        chosen = []
        for group in self.groups:
            if sum(map(len, chosen)) + len(group) > self.counters:
                break
            chosen.append(group)
        return chosen

    def tick(self, duration_s, counts):
        if duration_s <= 0:
            raise ValueError("no time passes")
        self.note(duration_s, counts)
        self.groups = self.groups[1:] + self.groups[:1]

    def note(self, duration_s, counts):
        self.enabled_s += duration_s
        for event in self.active_events:
            self.counts[event] += counts.get(event, 0)
            self.running_s[event] += duration_s

    def raw(self, event):
        return self.counts[event]

    def running_share(self, event):
        return self.running_s[event] / self.enabled_s if self.enabled_s else float("nan")

    def estimate(self, event):
        return self.counts[event] * self.enabled_s / self.running_s[event] if self.running_s[event] else float("nan")


@mistake(
    "m02_counter_multiplexer",
    misconception="scaled the wrong way",
    loses=[TURNS, LENGTHS, QUEUE, FIXED],
    hint="An event that ran half of the time was seen half as often as it happened. Yours makes it fewer still.",
)
class ScaledDown(Turns):
    def estimate(self, event):
        return self.counts[event] * self.running_share(event) if self.running_s[event] else float("nan")


@mistake(
    "m02_counter_multiplexer",
    misconception="counts while waiting",
    loses=[TURNS, LENGTHS, QUEUE, FIXED, BEFORE],
    hint="Your counters also saw what happened while their events were not on them. Only active events count.",
)
class CountsWhileWaiting(Turns):
    def note(self, duration_s, counts):
        super().note(duration_s, {})
        for event in self.counts:
            self.counts[event] += counts.get(event, 0)


@mistake(
    "m02_counter_multiplexer",
    misconception="small groups overtake",
    loses=[QUEUE],
    hint="A small group slipped past a large one that did not fit. The first group that does not fit ends the round.",
)
class Overtaking(Turns):
    def chosen(self):
        chosen = []
        for group in self.groups:
            if sum(map(len, chosen)) + len(group) <= self.counters:
                chosen.append(group)
        return chosen


@mistake(
    "m02_counter_multiplexer",
    misconception="one group at a time",
    loses=[ALL, QUEUE],
    hint="You put one group on the counters and leave the rest of them free, though the next group would fit.",
)
class OneGroupAtATime(Turns):
    def chosen(self):
        return self.groups[:1]


@mistake(
    "m02_counter_multiplexer",
    misconception="never seen is zero",
    loses=[BEFORE],
    hint="Nobody looked, so nobody knows: an event that never ran has no estimate, and zero is one.",
)
class NeverSeenIsZero(Turns):
    def estimate(self, event):
        return super().estimate(event) if self.running_s[event] else 0.0


@mistake(
    "m02_counter_multiplexer",
    misconception="turns for time",
    loses=[LENGTHS, FIXED],
    hint="You scaled by the number of turns. A long turn sees more than a short one: what counts is time.",
)
class TurnsForTime(Turns):
    def note(self, duration_s, counts):
        super().note(1, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="rotates before it counts",
    loses=[LENGTHS, QUEUE, BEFORE],
    hint="Your queue moves before the turn is counted: the events that were active at its start miss their own turn.",
)
class RotatesFirst(Turns):
    def tick(self, duration_s, counts):
        if duration_s <= 0:
            raise ValueError("no time passes")
        self.groups = self.groups[1:] + self.groups[:1]
        self.note(duration_s, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="the queue never moves",
    loses=[TURNS, LENGTHS, QUEUE, FIXED],
    hint="The same group keeps the counters for ever. After each turn the head of the queue goes to its end.",
)
class NeverRotates(Turns):
    def tick(self, duration_s, counts):
        if duration_s <= 0:
            raise ValueError("no time passes")
        self.note(duration_s, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="fixed events take counters",
    loses=[FIXED, BEFORE],
    hint="Fixed events have counters of their own. Yours push a group off the programmable ones.",
)
class FixedTakeCounters(Turns):
    def chosen(self):
        chosen = []
        for group in self.groups:
            if len(self.fixed) + sum(map(len, chosen)) + len(group) > self.counters:
                break
            chosen.append(group)
        return chosen


@mistake(
    "m02_counter_multiplexer",
    misconception="no limit to the counters",
    loses=[TURNS, LENGTHS, QUEUE, FIXED, BEFORE, SHARED],
    hint="You let every event count all the time. The core has only so many counters: who does not fit waits.",
)
class NoLimit(Turns):
    def chosen(self):
        return self.groups


@mistake(
    "m02_counter_multiplexer",
    misconception="any wish is granted",
    loses=[WISHES],
    hint="A group that never fits is never counted, and holds up all behind it. Say so when it is asked for.",
)
class AnyWish(Turns):
    def __init__(self, counters, groups, fixed=()):
        self.counters, self.groups, self.fixed = counters, list(groups), list(fixed)
        self.counts = dict.fromkeys([*self.fixed, *(event for group in groups for event in group)], 0)
        self.running_s = dict.fromkeys(self.counts, 0)
        self.enabled_s = 0


@mistake(
    "m02_counter_multiplexer",
    misconception="turns of no time",
    loses=[TIME],
    hint="Your clock stands still or runs backwards, and the counts go on. A turn that takes no time is no turn.",
)
class TurnsOfNoTime(Turns):
    def tick(self, duration_s, counts):
        self.note(duration_s, counts)
        self.groups = self.groups[1:] + self.groups[:1]
