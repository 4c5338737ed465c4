"""A module with an exercise of each kind that is no function, class or policy: value, figure, file, written.

Nothing under graders/ knows of it. What it holds must pass every gate; tests break one thing at a time.
"""

from __future__ import annotations

from pathlib import Path

from graders.authoring.material import Module, load_module

SLUG = "m95_kinds"

MODULE_YAML = """\
title: A module of kinds
phase: 1
minutes: 40
points: 12
outcomes: [Show what can be asked.]
notebooks: [practical]
data: [counts.json]
imports: [numpy]
exercises:
  - {id: m95_busiest, title: The busiest unit, kind: value, notebook: practical, points: 3, minutes: 10}
  - {id: m95_limits_file, title: A file of limits, kind: file, notebook: practical, points: 2, minutes: 10}
  - {id: m95_ceiling_figure, title: A ceiling drawn, kind: figure, notebook: practical, points: 3, minutes: 10}
  - {id: m95_ceiling_explained, title: It explained, kind: written, notebook: practical, points: 4, minutes: 10}
"""

UNITS = '{"unit": ["load", "store", "add"], "busy": [700, 300, 650], "clocks": 1000}\n'

REFERENCE = '''\
"""Units and ceilings.

Question
    Which unit is busy?
Model
    A share is a quotient.
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


def busiest(units):
    """The unit that is busy most of the time, and its share."""
    shares = [busy / units["clocks"] for busy in units["busy"]]
    # The first of equals.
    place = shares.index(max(shares))
    return {"unit": units["unit"][place], "share": shares[place]}


def limits_file(units):
    """Limits of each unit as JSON."""
    limits = {name: units["clocks"] - busy for name, busy in zip(units["unit"], units["busy"])}
    return json.dumps(
        {"version": 2, "limits": limits},
        indent="  ",
    )


def ceiling_figure(slope, top):
    """Figure of a ceiling that rises, then is flat."""
    bend = top / slope
    left, right = bend / 10, bend * 10
    return {
        "title": "Ceiling",
        "x": {"label": "work [1]", "scale": "log", "limits": [left, right]},
        "y": {"label": "rate [1/s]", "scale": "log", "limits": [top / 100, top * 10]},
        "series": [{"label": "ceiling", "kind": "line", "x": [left, bend, right], "y": [slope * left, top, top]}],
        "marks": [{"label": "bend", "x": bend, "y": top}],
        "left_out": [],
    }
'''

PRACTICAL = '''\
# %% [markdown]
# # Kinds

# %%
import json
from pathlib import Path

import numpy as np

units = json.loads(Path("data/counts.json").read_text())

# %% [markdown]
# ## Which unit is it?

# %% exercise={"id": "m95_busiest", "reference": "m95_kinds.units:busiest"}
# busiest = {"unit": ..., "share": ...}   the unit's name, and its share of the clocks
### SOLUTION

# %% tests={"id": "m95_busiest"}
assert set(busiest) == {"unit", "share"}, "a dict with two keys"

# %% exercise={"id": "m95_limits_file", "reference": "m95_kinds.units:limits_file"}
# limits_file = """..."""   a JSON text: "version" is 2, "limits" says how many clocks each unit has left
### SOLUTION

# %% tests={"id": "m95_limits_file"}
print(limits_file)
assert set(json.loads(limits_file)) == {"version", "limits"}

# %% exercise={"id": "m95_ceiling_figure", "reference": "m95_kinds.units:ceiling_figure"}
def ceiling_figure(slope, top):
    """Figure as data: the line "ceiling", and the mark "bend"."""
    ### SOLUTION

# %% tests={"id": "m95_ceiling_figure"}
assert ceiling_figure(2.0, 8.0)["series"][0]["label"] == "ceiling"

# %% [markdown] exercise={"id": "m95_ceiling_explained"}
# **Exercise** (4 points). Why does the ceiling stop rising?
#
# Name what is used up, with its number.

# %% [markdown]
# The end.
'''

CHECKS = '''\
"""What must hold."""

import json
from pathlib import Path

from graders.checks import (
    Equal, Exercise, Property, call, in_json, in_view, labelled, marks, sampled, scales, series, value,
)
from reference_solutions.m95_kinds.units import busiest, ceiling_figure, limits_file

UNITS = json.loads((Path(__file__).parents[1] / "data" / "counts.json").read_text())

BUSIEST = Exercise(
    "m95_busiest",
    reference=busiest,
    given={"units": UNITS},
    checks=[
        Equal("the unit", weight=1, cases=[value()], part=lambda found: found["unit"], message="Which unit it is."),
        Equal("its share", weight=2, cases=[value()], part=lambda found: found["share"], message="Its share."),
    ],
)

LIMITS = Exercise(
    "m95_limits_file",
    reference=limits_file,
    given={"units": UNITS},
    checks=[
        Equal("version", weight=1, cases=[value()], part=in_json("version"), message="The version of the file."),
        Equal("limits", weight=3, cases=[value()], part=in_json("limits"), message="Clocks that are left."),
    ],
)


def any_ceiling(rng):
    return call(slope=rng.uniform(1, 3), top=rng.uniform(10, 30))


CEILING = Exercise(
    "m95_ceiling_figure",
    reference=ceiling_figure,
    checks=[
        Equal("the line", weight=2, cases=sampled(any_ceiling, 3), part=series("line"), message="Rises, then is flat."),
        Equal("the bend", weight=1, cases=sampled(any_ceiling, 3), part=marks, message="Where it stops rising."),
        Equal("scales", weight=1, cases=[call(2.0, 8.0)], part=scales, message="Both axes are logarithmic."),
        Property("labels", weight=1, cases=[call(2.0, 8.0)], holds=labelled(), message="Everything has a label."),
        Property("view", weight=1, cases=sampled(any_ceiling, 3), holds=in_view(), message="All of it is seen."),
    ],
)
'''

WRONG = '''\
"""What students write."""

import json

from graders.checks import mistake


@mistake("m95_busiest", misconception="counts for shares", loses=["its share"], hint="Divide by the clocks.")
def counted(units):
    return {"unit": "load", "share": max(units["busy"])}


@mistake("m95_busiest", misconception="least for most", loses=["the unit", "its share"], hint="The largest one.")
def least(units):
    return {"unit": "store", "share": min(units["busy"]) / units["clocks"]}


@mistake("m95_busiest", misconception="share of all that is busy", loses=["its share"], hint="Not of each other.")
def of_all():
    return {"unit": "load", "share": 700 / (700 + 300 + 650)}


@mistake("m95_limits_file", misconception="what is used", loses=["limits"], hint="What is left, not what is used.")
def used(units):
    return json.dumps({"version": 2, "limits": dict(zip(units["unit"], units["busy"]))})


@mistake("m95_limits_file", misconception="version as text", loses=["version"], hint="A number has no quotes.")
def quoted(units):
    left = {name: units["clocks"] - busy for name, busy in zip(units["unit"], units["busy"])}
    return json.dumps({"version": "2", "limits": left})


@mistake("m95_limits_file", misconception="Python", loses=["version", "limits"], hint="JSON has double quotes.")
def printed():
    return str({"version": 2, "limits": {"load": 300, "store": 700, "add": 350}})


def drawn(bend, left, right, slope, top, scale="log", label="ceiling"):
    axis = {"scale": scale}
    return {
        "title": "Ceiling",
        "x": {"label": "work [1]", "limits": [left, right], **axis},
        "y": {"label": "rate [1/s]", "limits": [top / 100, top * 10], **axis},
        "series": [{"label": label, "kind": "line", "x": [left, bend, right], "y": [slope * left, top, top]}],
        "marks": [{"label": "bend", "x": bend, "y": top}],
        "left_out": [],
    }


@mistake("m95_ceiling_figure", misconception="linear axes", loses=["scales", "the line"], hint="Both logarithmic.")
def linear(slope, top):
    figure = drawn(top / slope, top / slope / 10, top / slope * 10, slope, top, scale="linear")
    figure["series"][0]["x"].append(20 * top / slope)
    figure["series"][0]["y"].append(top)
    figure["x"]["limits"][1] *= 2
    return figure


@mistake("m95_ceiling_figure", misconception="product for quotient", loses=["the line", "the bend"], hint="Divide.")
def product(slope, top):
    return drawn(top * slope, top * slope / 10, top * slope * 10, slope, top)


@mistake("m95_ceiling_figure", misconception="no label", loses=["the line", "labels"], hint="Say what the line is.")
def unlabelled(slope, top):
    return drawn(top / slope, top / slope / 10, top / slope * 10, slope, top, label="")


@mistake("m95_ceiling_figure", misconception="cut off", loses=["view"], hint="Show all of it.")
def cut_off(slope, top):
    figure = drawn(top / slope, top / slope / 10, top / slope * 10, slope, top)
    figure["x"]["limits"] = [top / slope, top / slope * 10]
    return figure
'''

RIGHT = '''\
"""Other right answers."""

import numpy as np

from graders.checks import answer


@answer("m95_busiest", by="sorting")
def by_sorting(units):
    share, unit = sorted(zip(np.divide(units["busy"], units["clocks"]), units["unit"]))[-1]
    return {"unit": unit, "share": float(share)}


@answer("m95_limits_file", by="typing it")
def typed():
    return """
    {"limits": {"load": 300,
                "store": 700,   "add": 350},
     "version": 2}
    """


@answer("m95_ceiling_figure", by="many points, drawn from the right")
def sampled_densely(slope, top):
    bend = top / slope
    x = np.concatenate([np.geomspace(10 * bend, bend, 57), np.geomspace(bend, bend / 10, 123)])
    return {
        "title": "Where it ends",
        "series": [{"x": x, "y": np.minimum(slope * x, top), "kind": "line", "label": "ceiling"}],
        "x": {"label": "work", "scale": "log", "limits": (bend / 20, bend * 20)},
        "y": {"label": "rate", "scale": "log", "limits": (top / 20, top * 2)},
        "marks": [{"label": "bend", "x": bend, "y": top}],
    }
'''

RUBRICS = """\
exercises:
  m95_ceiling_explained:
    criteria:
      - id: resource
        title: Names what is used up
        levels:
          - {points: 0, says: "Names nothing that could be used up."}
          - {points: 1.5, says: "Names the unit that is busy in every clock."}
      - id: number
        title: Gives its number
        levels:
          - {points: 0, says: "Gives no number at all."}
          - {points: 1, says: "Gives a number in a wrong unit."}
          - {points: 2.5, says: "Gives 700 of 1,000 clocks."}
    model_answer: |
      The load unit works in 700 of 1,000 clocks,
      and more than all clocks there are not.
"""

FILES = {
    "module.yaml": MODULE_YAML,
    "notebook.py": PRACTICAL,
    "checks.py": CHECKS,
    "wrong_answers.py": WRONG,
    "right_answers.py": RIGHT,
    "units.py": REFERENCE,
    "counts.json": UNITS,
    "rubrics.yaml": RUBRICS,
}


def kinds_module(root: Path, **changed: tuple[str, str]) -> Module:
    """Write it below `root`; `checks=("old", "new")` replaces a text in checks.py, and so on."""
    folder = root / "assignments" / "authoring" / SLUG
    places = {
        "module.yaml": folder / "module.yaml",
        "units.py": root / "reference_solutions" / SLUG / "units.py",
        "counts.json": folder / "data" / "counts.json",
        "rubrics.yaml": root / "rubrics" / f"{SLUG}.yaml",
    }
    for name, text in FILES.items():
        old, new = changed.get(name.partition(".")[0], ("", ""))
        assert old in text, f"{name} holds no {old!r}"
        path = places.get(name, folder / "practical" / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text)
    return load_module(folder)
