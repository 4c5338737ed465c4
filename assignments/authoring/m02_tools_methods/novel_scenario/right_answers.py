"""Right answers of module 2's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from graders.checks import answer

TEMPLATE = """{{
  "format": 1,
  "cpu": {{"name": "{core}", "identifiers": ["{identifier}"], "width": {width}}},
  "documents": [{document}],
  "event_file": {event_file},
  "settings": {{"two": "SMT_ON"}},
  "events": {events},
  "metrics": [
    {{"name": "slots", "unit": "slots", "formula": "{width} * cyc / {clock_counters}"}},
    {{"name": "retiring", "unit": "share of slots", "level": 1, "formula": "{retiring}",
     "threshold": "retiring > {t[retiring]}"}},
    {{"name": "bad_speculation", "unit": "share of slots", "level": 1, "formula": "{lost}",
     "threshold": "bad_speculation > {t[bad_speculation]}"}},
    {{"name": "frontend_bound", "unit": "share of slots", "level": 1, "formula": "{frontend}",
     "threshold": "frontend_bound > {t[frontend_bound]}"}},
    {{"name": "backend_bound", "unit": "share of slots", "level": 1, "formula": "{backend}",
     "threshold": "backend_bound > {t[backend_bound]}"}},
    {{"name": "core_bound", "unit": "share of slots", "level": 2, "parent": "backend_bound",
     "formula": "backend_bound * (idle - waiting) / idle", "threshold": "core_bound > {t[core_bound]}"}},
    {{"name": "memory_bound", "unit": "share of slots", "level": 2, "parent": "backend_bound",
     "formula": "backend_bound * waiting / idle", "threshold": "memory_bound > {t[memory_bound]}"}}
  ]
}}"""


@answer("m02_core_metric_file", by="a template that is filled in, everything over slots, the rest written out")
def metric_file_from_a_template(scenario):
    core = scenario["core"]
    event = {one["kind"]: one for one in core["events"]}
    counters = {kind: "(1 + two)" if one["counted_by"] == "both threads" else "1" for kind, one in event.items()}
    each = core["width"] if event["recovery"]["unit"] == "clock" else 1
    short = {"clocks": "cyc", "recovery": "rec", "stalls": "idle", "load_stalls": "waiting", "dispatched_ops": "sent"}
    short |= {"retired_ops": "kept", "cancelled_ops": "dropped", "no_op": "starved", "no_room": "blocked"}
    wasted = "dropped" if "cancelled_ops" in event else "(sent - kept)"
    restored = f"{each} * rec / {counters['recovery']}"
    whole = {"retiring": "kept", "frontend": "starved", "backend": "blocked", "lost": f"({wasted} + {restored})"}
    named = {short[kind] for kind in event if kind in short}
    missing = next(end for end, used in whole.items() if end != "lost" and used not in named)
    whole[missing] = f"(slots - {' - '.join(used for end, used in whole.items() if end != missing)})"
    return TEMPLATE.format(
        core=core["name"],
        identifier=core["identifier"],
        width=core["width"],
        document=json.dumps(core["document"]),
        event_file=json.dumps(core["event_file"]),
        events=json.dumps({short[kind]: one["name"] for kind, one in event.items() if kind in short}),
        clock_counters=counters["clocks"],
        t=core["thresholds"],
        **{end: f"{used} / slots" for end, used in whole.items()},
    )


def sheet(scenario):
    """Time and slots on one sheet: a data frame with a row for each service, in clocks' worth of slots."""
    core = scenario["core"]
    frame = pd.DataFrame(scenario["counts"]).set_index("service")
    event = {one["kind"]: one for one in core["events"]}
    once = {
        kind: frame[one["name"]] / np.where((frame["SMT_ON"] == 1) & (one["counted_by"] == "both threads"), 2, 1)
        for kind, one in event.items()
    }
    slots = core["width"] * once["clocks"]
    recovery = once["recovery"] * {"clock": core["width"], "slot": 1}[event["recovery"]["unit"]]
    dropped = once["cancelled_ops"] if "cancelled_ops" in once else once["dispatched_ops"] - once["retired_ops"]
    ends = pd.DataFrame({"bad_speculation": dropped + recovery})
    for kind, node in {"retired_ops": "retiring", "no_op": "frontend_bound", "no_room": "backend_bound"}.items():
        ends[node] = once.get(kind, np.nan)
    ends = ends.apply(lambda column: column.fillna(slots - ends.sum(axis=1)))
    waiting = once["load_stalls"] / once["stalls"]
    ends["memory_bound"], ends["core_bound"] = ends["backend_bound"] * waiting, ends["backend_bound"] * (1 - waiting)
    return ends, slots


@answer("m02_core_diagnosis", by="a data frame, in slots first")
def diagnosis_in_slots(scenario):
    ends, slots = sheet(scenario)
    shares = ends.div(slots, axis=0)
    over = shares.where(shares.gt(pd.Series(scenario["core"]["thresholds"]), axis=1))
    verdicts = over[["frontend_bound", "retiring", "backend_bound", "bad_speculation"]].idxmax(axis=1)
    below = shares[["core_bound", "memory_bound"]].idxmax(axis=1)
    verdicts = verdicts.where(verdicts != "backend_bound", below)
    table = pd.DataFrame({"service": shares.index, "verdict": verdicts.to_numpy()})
    table["share"] = [shares.loc[one, node] for one, node in verdicts.items()]
    table["time_share"] = (slots / slots.sum()).to_numpy()
    return table


@answer("m02_core_decision", by="slots counted again after each change")
def decision_by_counting_again(scenario):
    ends, slots = sheet(scenario)
    before = slots.sum()
    after = {
        change["change"]: before - ends.loc[change["service"], change["node"]] * (1 - 1 / change["times_fewer"])
        for change in scenario["changes"]
    }
    first = min(after, key=after.get)
    gone = next(ends.loc[one["service"], one["node"]] for one in scenario["changes"] if one["change"] == first)
    return {
        "speedups": {label: float(before / left) for label, left in after.items()},
        "first": first,
        "ceiling": float(before / (before - gone)),
    }
