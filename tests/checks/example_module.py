"""A whole module in a material root of its own: a function, a class and a policy, all as data.

Nothing under graders/ knows of it. What it holds must pass every gate; tests break one thing at a time.
"""

from __future__ import annotations

from pathlib import Path

from graders.authoring.material import Module, load_module

SLUG = "m99_example"

MODULE_YAML = """\
title: A module of tests
phase: 1
minutes: 30
points: 10
outcomes: [Show that a module is data.]
notebooks: [practical]
exercises:
  - {id: m99_ring_area, title: Area of a ring, kind: function, notebook: practical, points: 5, minutes: 10}
  - {id: m99_meter, title: A meter that saturates, kind: class, notebook: practical, points: 3, minutes: 10}
  - {id: m99_buys, title: When to buy, kind: policy, notebook: practical, points: 2, minutes: 10}
"""

REFERENCE = '''\
"""Rings, meters and markets."""

import numpy as np


def ring_area(outer, inner):
    """Area."""
    outer, inner = np.asarray(outer), np.asarray(inner)
    if np.any(inner < 0) or np.any(outer < inner):
        raise ValueError("0 <= inner <= outer")
    return np.pi * (outer**2 - inner**2)


class Meter:
    """Counts up to a limit."""

    def __init__(self, limit):
        if limit <= 0:
            raise ValueError("a limit is positive")
        self.limit = limit
        self._all = 0

    def add(self, amount):
        """Add."""
        self._all += amount

    @property
    def shown(self):
        """What it shows."""
        return min(self._all, self.limit)

    @property
    def overflow(self):
        """What it does not."""
        return self._all - self.shown


def buys(price):
    """Whether to buy."""
    return price < 1.6


def mean_price(policy, rng):
    """Trusted market: the mean price of what was bought."""
    prices = rng.uniform(1.0, 3.0, size=200).tolist()
    bought = [price for price in prices if policy(price)]
    return sum(bought) / len(bought)
'''

PRACTICAL = '''\
# %% [markdown]
# # An example

# %%
import numpy as np

# %% exercise={"id": "m99_ring_area", "reference": "m99_example.things:ring_area"}
def ring_area(outer, inner):
    """Area of a ring; raises ValueError where there is none."""
    ### SOLUTION

# %% tests={"id": "m99_ring_area"}
assert np.isclose(ring_area(2.0, 0.0), 4 * np.pi), "a disc"

# %% exercise={"id": "m99_meter", "reference": "m99_example.things:Meter"}
class Meter:
    """Counts up to a limit."""

    def __init__(self, limit):
        ### SOLUTION

    def add(self, amount):
        """Add."""
        ### SOLUTION

    @property
    def shown(self):
        """What it shows."""
        ### SOLUTION

    @property
    def overflow(self):
        """What it does not."""
        ### SOLUTION

# %% tests={"id": "m99_meter"}
meter = Meter(3)
meter.add(5)
assert meter.shown == 3, "no more than the limit"

# %% exercise={"id": "m99_buys", "reference": "m99_example.things:buys"}
def buys(price):
    """Whether to buy at this price, between 1 and 3."""
    ### SOLUTION

# %% tests={"id": "m99_buys"}
assert buys(1.0), "never cheaper than this"
'''

CHECKS = '''\
"""What must hold."""

from graders.checks import Conserved, Equal, Exercise, Outcome, Raises, Scenario, call, sampled
from reference_solutions.m99_example.things import Meter, buys, mean_price, ring_area

SMALLEST = 0.1


def any_ring(rng):
    inner = rng.uniform(SMALLEST, 1.0, size=3)
    return call(inner + rng.uniform(0.1, 1.0, size=3), inner)


RING = Exercise(
    "m99_ring_area",
    reference=ring_area,
    checks=[
        Equal("a disc", weight=1, cases=[call(outer=2.0, inner=0.0), call(3.0, 0.0)], message="No hole."),
        Equal("rings", weight=3, cases=sampled(any_ring, count=4), message="Many rings at once."),
        Raises(ValueError, "no ring", weight=1, cases=[call(1.0, 2.0), call(1.0, -1.0)], message="Refused."),
    ],
)


def saturating(student, expect):
    meter = student.Meter(10)
    meter.add(7)
    expect(meter.shown).equals(7)
    meter.add(7)
    expect(meter.shown).equals(10)
    expect(meter.overflow).equals(4)


def traffic(student, rng):
    meter, total = student.Meter(20), 0
    for amount in rng.integers(1, 5, size=15).tolist():
        meter.add(amount)
        total += amount
        yield meter, total


def adds_up(seen):
    meter, total = seen
    return meter.shown + meter.overflow == total


METER = Exercise(
    "m99_meter",
    reference=Meter,
    checks=[
        Scenario("saturates", weight=2, play=saturating, message="No more than the limit."),
        Conserved("nothing lost", weight=1, script=traffic, invariant=adds_up, message="Shown and overflow add up."),
        Raises(ValueError, "no limit", weight=1, cases=[call(0)], message="A limit is positive."),
    ],
)


def always(price):
    return True


BUYS = Exercise(
    "m99_buys",
    reference=buys,
    checks=[
        Outcome("cheap", weight=2, simulate=mean_price, measure=lambda mean: 1 / mean, at_least=1.3, times=always,
                message="Cheaper than buying always."),
        Outcome("never dear", weight=1, simulate=mean_price, measure=float, at_most=2.2, message="Not at the top."),
    ],
)
'''

WRONG = '''\
"""What students write."""

import numpy as np

from graders.checks import mistake


@mistake("m99_ring_area", misconception="no hole", loses=["rings"], hint="Take the hole away.")
def no_hole(outer, inner):
    refuse(outer, inner)
    return np.pi * np.square(outer)


@mistake("m99_ring_area", misconception="square of the difference", loses=["rings"], hint="Square first.")
def square_of_difference(outer, inner):
    refuse(outer, inner)
    return np.pi * np.square(np.subtract(outer, inner))


@mistake("m99_ring_area", misconception="diameters", loses=["a disc", "rings", "no ring"], hint="Those are radii.")
def diameters(outer, inner):
    return np.pi * (np.square(outer) - np.square(inner)) / 4


def refuse(outer, inner):
    if np.any(np.less(inner, 0)) or np.any(np.less(outer, inner)):
        raise ValueError


class Honest:
    def __init__(self, limit):
        if limit <= 0:
            raise ValueError
        self.limit, self.all = limit, 0

    def add(self, amount):
        self.all += amount

    @property
    def shown(self):
        return min(self.limit, self.all)

    @property
    def overflow(self):
        return max(0, self.all - self.limit)


@mistake("m99_meter", misconception="no limit", loses=["saturates", "nothing lost"], hint="There is a limit.")
class Boundless(Honest):
    @property
    def shown(self):
        return self.all


@mistake("m99_meter", misconception="overflow forgotten", loses=["saturates", "nothing lost"], hint="Keep the rest.")
class Forgetful(Honest):
    @property
    def overflow(self):
        return 0


@mistake("m99_meter", misconception="wraps around", loses=["saturates", "nothing lost", "no limit"], hint="No clock.")
class Wrapping(Honest):
    def __init__(self, limit):
        self.limit, self.all = limit, 0

    @property
    def shown(self):
        return self.all % self.limit


@mistake("m99_buys", misconception="dear is good", loses=["cheap", "never dear"], hint="Buy low.")
def dear(price):
    return price > 1.6


@mistake("m99_buys", misconception="everything but the top", loses=["cheap"], hint="Lower still.")
def too_much(price):
    return price < 2.9


@mistake("m99_buys", misconception="nothing ever", loses=["cheap", "never dear"], hint="Buy something.")
def never(price):
    return False
'''

RIGHT = '''\
"""Other right answers."""

import math

import numpy as np

from graders.checks import answer


@answer("m99_ring_area", by="mean radius times width")
def by_mean_radius(outer, inner):
    outer, inner = np.asarray(outer, float), np.asarray(inner, float)
    if inner.min() < 0 or (outer - inner).min() < 0:
        raise ValueError("no ring")
    return 2 * math.pi * ((outer + inner) / 2) * (outer - inner)


@answer("m99_meter", by="two sums")
class TwoSums:
    def __init__(self, limit):
        if not limit > 0:
            raise ValueError(limit)
        self.shown, self.overflow, self.limit = 0, 0, limit

    def add(self, amount):
        taken = min(amount, self.limit - self.shown)
        self.shown += taken
        self.overflow += amount - taken


@answer("m99_buys", by="another threshold")
def below_a_half(price):
    return price <= 1.5
'''

FILES = {
    "module.yaml": MODULE_YAML,
    "notebook.py": PRACTICAL,
    "checks.py": CHECKS,
    "wrong_answers.py": WRONG,
    "right_answers.py": RIGHT,
    "things.py": REFERENCE,
}


def example_module(root: Path, **changed: tuple[str, str]) -> Module:
    """Write it below `root`; `checks=("old", "new")` replaces a text in checks.py, and so on."""
    folder = root / "assignments" / "authoring" / SLUG
    package = root / "reference_solutions" / SLUG
    notebook = folder / "practical"
    notebook.mkdir(parents=True, exist_ok=True)
    package.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        old, new = changed.get(name.partition(".")[0], ("", ""))
        assert old in text, f"{name} holds no {old!r}"
        place = {"module.yaml": folder, "things.py": package}.get(name, notebook)
        (place / name).write_text(text.replace(old, new) if old else text)
    return load_module(folder)
