"""A module with a personal notebook: a value, a file, a function and a written answer about each student's own shop.

Nothing under graders/ knows of it. What it holds must pass every gate; tests break one thing at a time.
"""

from __future__ import annotations

from pathlib import Path

from graders.authoring.material import Module, load_module

SLUG = "m94_personal"

MODULE_YAML = """\
title: A module of persons
phase: 1
minutes: 40
points: 12
outcomes: [Decide for oneself.]
notebooks: [novel_scenario]
imports: [numpy]
exercises:
  - {id: m94_verdict, title: What to stop selling, kind: value, notebook: novel_scenario, points: 4, minutes: 10}
  - {id: m94_price_list, title: A price list, kind: file, notebook: novel_scenario, points: 2, minutes: 10}
  - {id: m94_revenue, title: Revenue, kind: function, notebook: novel_scenario, points: 2, minutes: 10}
  - {id: m94_verdict_explained, title: It explained, kind: written, notebook: novel_scenario, points: 4, minutes: 10}
"""

SCENARIO = '''\
"""A shop of three goods, one of which sells far less than the others."""

from __future__ import annotations

import hashlib

GOODS = ("apples", "beans", "cocoa")


def rolled(seed, what, low, high):
    """A whole number from low to high."""
    digest = hashlib.sha256(f"{seed}/{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def scenario(student, salt):
    """Prices and sales of one student's shop."""
    seed = f"{salt}/{student}"
    slow = GOODS[rolled(seed, "slow", 0, 2)]
    price = {good: rolled(seed, f"price of {good}", 10, 40) for good in GOODS}
    sold = {good: rolled(seed, f"sold {good}", 900, 2000) // (10 if good == slow else 1) for good in GOODS}
    return {"town": f"Town {rolled(seed, 'town', 1, 10**6)}", "price": price, "sold": sold, "rate": 1.5}
'''

REFERENCE = '''\
"""Shops.

Question
    What sells?
Model
    A product.
Assumes
    Somebody counted.
Breaks when
    Nobody did.
Source
    None.
Oracle
    By hand.
"""

import json


def verdict(scenario):
    """What sells least, by revenue."""
    earned = {good: price * scenario["sold"][good] for good, price in scenario["price"].items()}
    least = min(earned, key=earned.get)
    return {"stop": least, "revenue": earned[least]}


def price_list(scenario):
    """Prices as JSON."""
    return json.dumps({"town": scenario["town"], "prices": scenario["price"]})


def revenue(price, sold):
    """Revenue."""
    if price < 0:
        raise ValueError("a price is not negative")
    return price * sold


def revenues(scenario):
    """All revenues, the least first."""
    return sorted(price * scenario["sold"][good] for good, price in scenario["price"].items())
'''

NOTEBOOK = '''\
# %% [markdown]
# # Your shop

# %% student={}
STUDENT = ""  # your student id, as your course has it

# %%
import json

from scenario import my_scenario

scenario = my_scenario(STUDENT)

# %% exercise={"id": "m94_verdict", "reference": "m94_personal.shops:verdict"}
# verdict = {"stop": ..., "revenue": ...}   the good that earns least, and what it earns
### SOLUTION

# %% tests={"id": "m94_verdict"}
assert set(verdict) == {"stop", "revenue"}

# %% exercise={"id": "m94_price_list", "reference": "m94_personal.shops:price_list"}
# price_list = ...   a JSON text: "town" and "prices" of your shop
### SOLUTION

# %% tests={"id": "m94_price_list"}
assert json.loads(price_list)["town"] == scenario["town"]

# %% exercise={"id": "m94_revenue", "reference": "m94_personal.shops:revenue"}
def revenue(price, sold):
    """What is earned; a price is not negative."""
    ### SOLUTION

# %% tests={"id": "m94_revenue"}
assert revenue(2, 3) == 6

# %% [markdown] exercise={"id": "m94_verdict_explained"}
# **Exercise** (4 points). Why this one?
'''

CHECKS = '''\
"""What must hold."""

import json

from graders.checks import (
    Decision, Equal, Exercise, ModelAnswer, Property, Raises, call, in_json, sampled, value,
)
from reference_solutions.m94_personal.shops import price_list, revenue, revenues, verdict

LEAST = Decision(
    "what to stop",
    right=lambda scenario: verdict(scenario)["stop"],
    margin=lambda scenario: revenues(scenario)[1] / revenues(scenario)[0] - 1,
    at_least=0.1,
    most=0.4,
)

VERDICT = Exercise(
    "m94_verdict",
    reference=verdict,
    personal=True,
    checks=[
        Equal("decision", weight=2, cases=[value()], part=lambda found: found["stop"], message="What to stop selling."),
        Equal("number", weight=2, cases=[value()], part=lambda found: found["revenue"], message="What it earns."),
    ],
)


def all_prices(text, scenario):
    listed = json.loads(text)["prices"]
    return sum(listed[good] * scenario["sold"][good] for good in scenario["sold"])


def names_the_town(pairs, scenario):
    return all(scenario["town"] in text for _, text in pairs)


PRICES = Exercise(
    "m94_price_list",
    reference=price_list,
    personal=True,
    checks=[
        Equal("prices", weight=1, cases=[value()], part=in_json("prices"), message="Each good and its price."),
        Equal("turnover", weight=1, cases=[value()], part=all_prices, message="What your sales earn at these prices."),
        Property("town", weight=1, cases=[value()], holds=names_the_town, message="Whose list it is."),
    ],
)


def own_good(rng, scenario):
    good = rng.choice(sorted(scenario["price"]))
    return call(scenario["price"][good], int(rng.integers(1, 100)))


def own_sales(scenario):
    return call(7, scenario["sold"]["beans"])


REVENUE = Exercise(
    "m94_revenue",
    reference=revenue,
    personal=True,
    checks=[
        Equal("own goods", weight=1, cases=[sampled(own_good, 2), sampled(own_sales, 1)], message="At your prices."),
        Raises(ValueError, "no price", weight=1, cases=[call(-1, 2)], message="Refused."),
    ],
)

EXPLAINED = ModelAnswer("m94_verdict_explained", facts=verdict)
'''

WRONG = '''\
"""What students write."""

import json

from graders.checks import mistake


@mistake("m94_verdict", misconception="always apples", loses=["decision", "number"], mostly=0.5, hint="Look at yours.")
def apples(scenario):
    return {"stop": "apples", "revenue": scenario["price"]["apples"] * scenario["sold"]["apples"]}


@mistake("m94_verdict", misconception="most for least", loses=["decision", "number"], hint="The least.")
def most(scenario):
    earned = {good: price * scenario["sold"][good] for good, price in scenario["price"].items()}
    return {"stop": max(earned, key=earned.get), "revenue": max(earned.values())}


@mistake("m94_verdict", misconception="pieces for money", loses=["number"], hint="Multiply by the price.")
def pieces(scenario):
    sold = scenario["sold"]
    return {"stop": min(sold, key=sold.get), "revenue": min(sold.values())}


@mistake("m94_price_list", misconception="sales for prices", loses=["prices", "turnover"], hint="Prices.")
def sales(scenario):
    return json.dumps({"town": scenario["town"], "prices": scenario["sold"]})


@mistake("m94_price_list", misconception="no town", loses=["town"], hint="Whose is it?")
def nowhere(scenario):
    return json.dumps({"town": "", "prices": scenario["price"]})


@mistake("m94_price_list", misconception="names only", loses=["prices", "turnover"], hint="And their prices?")
def names(scenario):
    return json.dumps({"town": scenario["town"], "prices": list(scenario["price"])})


@mistake("m94_revenue", misconception="sum", loses=["own goods", "no price"], hint="A product.")
def added(price, sold):
    return price + sold


@mistake("m94_revenue", misconception="negative prices", loses=["no price"], hint="Refuse them.")
def negative(price, sold):
    return price * sold


@mistake("m94_revenue", misconception="price only", loses=["own goods"], hint="Times what is sold.")
def priced(price, sold):
    if price < 0:
        raise ValueError(price)
    return price
'''

RIGHT = '''\
"""Other right answers."""

from graders.checks import answer


@answer("m94_verdict", by="a sorted list")
def by_sorting(scenario):
    earned = sorted((scenario["price"][good] * scenario["sold"][good], good) for good in scenario["price"])
    return {"revenue": earned[0][0], "stop": earned[0][1]}


@answer("m94_price_list", by="a text")
def as_text(scenario):
    prices = ", ".join(f\'"{good}": {price}\' for good, price in sorted(scenario["price"].items()))
    return f\'{{"prices": {{{prices}}}, "town": "{scenario["town"]}"}}\'


@answer("m94_revenue", by="a loop")
def by_adding(price, sold):
    if price < 0:
        raise ValueError
    return sum(price for _ in range(sold))
'''

RUBRICS = """\
exercises:
  m94_verdict_explained:
    criteria:
      - id: choice
        title: Chooses
        levels:
          - {points: 0, says: "No."}
          - {points: 2, says: "The right one."}
      - id: number
        title: Says how much
        levels:
          - {points: 0, says: "No."}
          - {points: 2, says: "The right number."}
    model_answer: |
      In {town} {stop} earn {revenue:,d}, the least, since $x_{max}$ is larger at a rate of {rate:.2f}.
"""

FILES = {
    "module.yaml": MODULE_YAML,
    "notebook.py": NOTEBOOK,
    "checks.py": CHECKS,
    "wrong_answers.py": WRONG,
    "right_answers.py": RIGHT,
    "scenario.py": SCENARIO,
    "shops.py": REFERENCE,
    "rubrics.yaml": RUBRICS,
}


def personal_module(root: Path, **changed: tuple[str, str]) -> Module:
    """Write it below `root`; `checks=("old", "new")` replaces a text in checks.py, and so on."""
    folder = root / "assignments" / "authoring" / SLUG
    places = {
        "module.yaml": folder / "module.yaml",
        "shops.py": root / "reference_solutions" / SLUG / "shops.py",
        "rubrics.yaml": root / "rubrics" / f"{SLUG}.yaml",
    }
    for name, text in FILES.items():
        old, new = changed.get(name.partition(".")[0], ("", ""))
        assert old in text, f"{name} holds no {old!r}"
        path = places.get(name, folder / "novel_scenario" / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text)
    return load_module(folder)
