"""What must hold of the answers of module 10's novel scenario."""

from __future__ import annotations

import functools
import json

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, in_json, value
from reference_solutions.m10_validation import claim_audit as audits

# --- the audit --------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def audited(text):
    return audits.claim_audit(json.loads(text))


def claim_audit(scenario):
    """The right audit, worked out once for each scenario."""
    return audited(json.dumps(scenario))


AUDIT = Exercise(
    "m10_claim_audit",
    reference=claim_audit,
    personal=True,
    checks=[
        Equal(
            "runs that count",
            weight=0.75,
            cases=[value()],
            part=lambda audit: audit["kept"],
            message="How many runs count on each side.",
        ),
        Equal(
            "work",
            weight=1.25,
            cases=[value()],
            part=lambda audit: [audit["instructions"], bool(audit["same_work"])],
            message="What both sides executed, in all turns, and whether it was the same.",
        ),
        Equal(
            "speed-up",
            weight=0.75,
            cases=[value()],
            part=lambda audit: audit["speedup"],
            message="How many times as fast, by the runs that count.",
        ),
        Equal(
            "limits",
            weight=1.25,
            cases=[value()],
            rtol=1e-6,
            part=lambda audit: [audit["low"], audit["high"]],
            message="Between which limits the speed-up lies.",
        ),
        Equal(
            "the verdict",
            weight=1,
            cases=[value()],
            part=lambda audit: audit["verdict"],
            message="What may be said of the claim.",
        ),
    ],
)

# --- the next measurement ---------------------------------------------------------------------------------------------

REMEASURE = Exercise(
    "m10_remeasure_file",
    reference=audits.remeasure_file,
    personal=True,
    checks=[
        Equal(
            "runs",
            weight=1,
            cases=[value()],
            part=in_json("runs_per_side"),
            message="The fewest runs on each side.",
        ),
        Equal(
            "requests",
            weight=0.5,
            cases=[value()],
            part=in_json("requests"),
            message="The fewest requests.",
        ),
        Equal("turns", weight=0.5, cases=[value()], part=in_json("turns"), message="The fewest turns on the counter."),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def counts(scenario, side):
    """Scaled count of a side, and its uncertainty, in thousands."""
    counted, turns = np.array(scenario[side]["counted"]), scenario[side]["turns"]
    unseen = 1 - counted.size / turns
    return float(turns * counted.mean()), float(turns * counted.std(ddof=1) * np.sqrt(unseen / counted.size))


def clear(scenario):
    """How far the nearest edge is: of the claim from a limit, relative, and of the work from what is still the same."""
    audit, claim = claim_audit(scenario), scenario["claim"]
    (old, u_old), (new, u_new) = counts(scenario, "old"), counts(scenario, "new")
    work = abs(abs(old - new) / (2 * np.hypot(u_old, u_new)) - 1)
    return float(min(abs(audit["low"] / claim - 1), abs(audit["high"] / claim - 1), work))


VERDICT = Decision(
    "verdict",
    right=lambda scenario: claim_audit(scenario)["verdict"],
    margin=clear,
    at_least=5e-4,
    most=0.4,
)

# --- the defence ------------------------------------------------------------------------------------------------------

CHAIN = {
    "holds": "the lower limit is not below the claim, so it holds",
    "refuted": "even the upper limit is below the claim, so it is refuted",
    "open": "the claim lies between the limits, so nobody can tell",
    "other work": "but both sides did not do the same work, so the times say nothing about the claim",
}
CHANGE = {
    "holds": "a lower limit below the claim, from runs on our own machine",
    "refuted": "an upper limit at or above the claim, on a machine that is not throttled",
    "open": "limits so near to each other that the claim lies outside of them, on either side",
    "other work": "the same number of instructions on both sides, with a lower limit that reaches the claim",
}


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    audit, plan = claim_audit(scenario), json.loads(audits.remeasure_file(scenario))
    (old, u_old), (new, u_new) = counts(scenario, "old"), counts(scenario, "new")
    everything = np.mean(scenario["old"]["ms"]) / np.mean(scenario["new"]["ms"])
    return {
        "verdict": audit["verdict"],
        "old_runs": audit["kept"]["old"],
        "new_runs": audit["kept"]["new"],
        "speedup": f"{audit['speedup']:.3f}",
        "low": f"{audit['low']:.3f}",
        "high": f"{audit['high']:.3f}",
        "claim": scenario["claim"],
        "chain": CHAIN[audit["verdict"]],
        "everything": f"{everything:.3f}",
        "flattered": "flatters" if everything > audit["speedup"] else "hurts",
        "old_count": f"{old / 1e3:.0f} ± {u_old / 1e3:.0f}",
        "new_count": f"{new / 1e3:.0f} ± {u_new / 1e3:.0f}",
        "same": "no more" if audit["same_work"] else "more",
        "runs": plan["runs_per_side"],
        "requests": f"{plan['requests']:,}",
        "turns": plan["turns"],
        "change": CHANGE[audit["verdict"]],
    }


DEFENCE = ModelAnswer("m10_audit_defence", facts=defence_facts)
