"""L8: the strongest drivers are the model's, and stated uncertainty is neither empty nor overconfident."""

from __future__ import annotations

from collections.abc import Iterator

from graders.capstone.findings import Finding
from graders.capstone.graph import NoValueError
from graders.capstone.levels.matter import Matter
from graders.capstone.pack import Interval

_TIE = 0.03
_VACUOUS = 0.5
_WIDER, _NARROWER = 3.0, 1 / 3


def drivers_are_the_models(matter: Matter) -> Iterator[Finding]:
    """The claimed strongest drivers have the largest elasticities, ties aside."""
    asked = matter.index.pack.sensitivity
    stated = matter.values.get(asked.claim)
    if stated is None:
        return  # missing, which L1 or L2 has said
    stated = stated if isinstance(stated, tuple) else (str(stated),)
    try:
        found = {driver: abs(one) for driver, one in matter.graph.elasticities(matter.truth).items()}
    except NoValueError as failure:
        message = f"cannot be recomputed: {failure}"
        yield matter.finding("L8", "major", "not-recomputable", asked.claim, message)
        return
    ranked = sorted(found.values(), reverse=True)[: asked.count]
    right = len(stated) == len(set(stated)) == asked.count and all(
        driver in found and abs(found[driver] - size) <= _TIE for driver, size in zip(stated, ranked, strict=True)
    )
    if not right:
        strongest = sorted(found, key=lambda driver: -found[driver])[: asked.count]
        said = ", ".join(f"{driver} {found[driver]:.2f}" for driver in strongest)
        message = f"the strongest drivers of {asked.headline}, with their elasticities: {said}"
        yield matter.finding("L8", "major", "other-drivers", asked.claim, message, tuple(strongest))


def uncertainty_is_honest(matter: Matter) -> Iterator[Finding]:
    """Simulated and measured claims say how sure they are; intervals are of a width that the data allow."""
    for required in matter.index.pack.claims:
        made = matter.document.claims.get(required.id)
        if made is None or not isinstance(made.value, float):
            continue
        stated = made.uncertainty
        is_due = required.tolerance == "simulated" or required.kind == "measured"
        if stated is None:
            if is_due and required.tolerance != "exact":
                message = "simulated or measured, and no uncertainty is stated"
                yield matter.finding("L8", "minor", "no-uncertainty", required.id, message)
        elif not stated.low <= made.value <= stated.high:
            message = f"the value lies outside its own interval, {stated.low:g} to {stated.high:g}"
            yield matter.finding("L8", "major", "outside-interval", required.id, message)
        elif made.value and (stated.high - stated.low) / 2 > _VACUOUS * abs(made.value) and required.unit != "1":
            message = f"the interval, {stated.low:g} to {stated.high:g}, says nothing"
            yield matter.finding("L8", "minor", "vacuous-interval", required.id, message)
    for interval in matter.index.pack.intervals:
        yield from _interval(matter, interval)


def _interval(matter: Matter, interval: Interval) -> Iterator[Finding]:
    made, stated = matter.document.claims.get(interval.claim), matter.values.get(interval.claim)
    if made is None or made.uncertainty is None or not isinstance(made.value, float) or not isinstance(stated, float):
        return
    try:
        found = matter.graph.results(matter.index.required[interval.claim], matter.truth)
    except NoValueError:
        return
    scale = stated / made.value if made.value else 1.0
    width = (made.uncertainty.high - made.uncertainty.low) * scale
    right = found[interval.high] - found[interval.low]
    if width < _NARROWER * right or width > _WIDER * right:
        word = "overconfident" if width < right else "vacuous"
        message = f"an interval {width:.3g} wide is {word}: the simulation's own is {right:.3g}"
        yield matter.finding("L8", "minor", f"{word}-interval", interval.claim, message)
