"""Made-up exercises of each kind, small enough to know by heart: a function, a class, a policy, a value, a table."""

import numpy as np

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Fast,
    LocalEndpoint,
    Mistake,
    Outcome,
    Property,
    Raises,
    Scenario,
    bounded,
    call,
    run,
    sampled,
    value,
)
from graders.records import Reply, Request

SEED = b"seed of one student's exercise"


# --- a function: the area of a ring --------------------------------------------------------------------


def ring_area(outer, inner):
    outer, inner = np.asarray(outer), np.asarray(inner)
    if np.any(inner < 0) or np.any(outer < inner):
        raise ValueError("0 <= inner <= outer")
    return np.pi * (outer**2 - inner**2)


def any_ring(rng):
    inner = rng.uniform(0.1, 1.0, size=3)
    return call(inner + rng.uniform(0.1, 1.0, size=3), inner)


RING = Exercise(
    "m99_ring_area",
    reference=ring_area,
    checks=[
        Equal("a disc", weight=1, cases=[call(outer=2.0, inner=0.0)], message="A ring without a hole."),
        Equal("rings", weight=2, cases=sampled(any_ring, count=5), message="Many rings at once."),
        Raises(ValueError, "no ring", weight=1, cases=[call(1.0, 2.0), call(1.0, -1.0)], message="Refused."),
        Property(
            "positive", weight=1, cases=sampled(any_ring, count=3), holds=bounded(low=0), message="No area is negative."
        ),
    ],
)

WITHOUT_HOLE = Mistake(
    "m99_ring_area",
    "the hole is forgotten",
    ("rings", "no ring"),
    "Take the hole away.",
    lambda outer, inner: np.pi * np.asarray(outer) ** 2,
)
SQUARED_DIFFERENCE = Mistake(
    "m99_ring_area",
    "square of the difference",
    ("rings", "no ring"),
    "Square first.",
    lambda outer, inner: np.pi * (np.asarray(outer) - inner) ** 2,
)


# --- a class with state: a counter that saturates ----------------------------------------------------------


class Meter:
    """Counts up to a limit; what overflows is kept apart."""

    def __init__(self, limit):
        if limit <= 0:
            raise ValueError("a limit is positive")
        self.limit = limit
        self._all = 0

    def add(self, amount):
        if amount < 0:
            raise ValueError("amounts are not negative")
        self._all += amount
        return self.shown

    @property
    def shown(self):
        return min(self._all, self.limit)

    @property
    def overflow(self):
        return self._all - self.shown


def story(student, expect):
    meter = student.Meter(limit=10)
    expect(meter.add(4)).equals(4)
    meter.add(8)
    expect(meter.shown).equals(10)
    expect(meter.overflow).agrees()
    expect(meter.add(-1)).raises(ValueError)


def traffic(student, rng):
    meter = student.Meter(int(rng.integers(5, 20)))
    total = 0
    for amount in rng.integers(0, 5, size=12).tolist():
        meter.add(amount)
        total += amount
        yield meter, total


METER = Exercise(
    "m99_meter",
    reference=Meter,
    checks=[
        Scenario("saturates", weight=2, play=story, message="It shows no more than its limit."),
        Conserved(
            "nothing lost",
            weight=1,
            script=traffic,
            invariant=lambda seen: seen[0].shown + seen[0].overflow == seen[1],
            message="Shown and overflow add up.",
        ),
        Raises(ValueError, "no limit", weight=1, cases=[call(0), call(limit=-1)], message="A limit is positive."),
    ],
)


# --- a policy: buy low, with a price of ours ------------------------------------------------------------------


def buy_always(price):
    return True


def buy_below_two(price):
    return price < 2


def market(policy, rng):
    prices = rng.uniform(1.0, 3.0, size=50)
    bought = [price for price in prices.tolist() if policy(price)]
    return sum(bought) / len(bought)


def saved(mean_price):
    return 1.0 / mean_price


POLICY = Exercise(
    "m99_buy",
    checks=[
        Outcome(
            "cheap",
            weight=3,
            simulate=market,
            measure=saved,
            at_least=1.2,
            times=buy_always,
            message="Cheaper than blind.",
        ),
        Outcome(
            "not dear", weight=1, simulate=market, measure=lambda mean: mean, at_most=2.9, message="Never at the top."
        ),
    ],
)


# --- a value, and a table in parts ---------------------------------------------------------------------------------

VALUE = Exercise(
    "m99_ridge", reference=12.5, checks=[Equal("the ridge", weight=1, cases=[value()], message="Where the roofs meet.")]
)


def shares(counts):
    total = sum(counts.values())
    return {"name": list(counts), "share": [count / total for count in counts.values()]}


TABLE = Exercise(
    "m99_shares",
    reference=shares,
    checks=[
        Equal(
            "rows",
            weight=1,
            cases=[call({"a": 1, "b": 3}), call({"c": 1})],
            part=lambda table: list(table["name"]),
            message="One row each.",
        ),
        Equal(
            "shares",
            weight=1,
            cases=[call({"a": 1, "b": 3}), call({"c": 1})],
            part=lambda table: table["share"],
            message="They are shares.",
        ),
    ],
)

QUICK = Exercise(
    "m99_total",
    reference=np.sum,
    checks=[
        Equal("small", weight=1, cases=[call([1.0, 2.0]), call([5.0])], message="A handful."),
        Fast("large", weight=1, case=call(np.ones(10_000)), cpu_s=0.5, message="Many."),
    ],
)


# --- how they are tried ---------------------------------------------------------------------------------------------


class Scripted:
    """An endpoint that gives the replies it was told, whatever it is asked, and remembers what that was."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    def ask(self, requests, cpu_s=None):
        self.asked.append((list(requests), cpu_s))
        return [self.replies.pop(0) if len(self.replies) > 1 else self.replies[0] for _ in requests]


def verdict(exercise, answer, mistakes=(), seed=SEED):
    return run(exercise, mistakes, LocalEndpoint({exercise.target: answer}), seed)


def earned(verdict):
    return {check.name for check in verdict.checks if check.kept and check.counted}


def reasons(verdict):
    return {check.name: check.reason for check in verdict.checks}


__all__ = ["Reply", "Request"]
