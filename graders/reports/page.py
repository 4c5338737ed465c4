"""From a template to a page that stands alone: nothing to load, nothing to run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial

from jinja2 import Environment

from graders.pages import environment, visible
from graders.psychometrics.estimate import Estimate
from graders.scoring import amount

_PARTS = {
    "practical": "Practical exercises",
    "worked_example": "Worked example",
    "novel_scenario": "Novel scenario",
}


def render(template: str, **values: object) -> str:
    """The page that a template of `capstone_templates/reports` gives.

    Every value is made visible and escaped on its way out.
    """
    return _environment().get_template(template).render(values)


def part(notebook: str) -> str:
    """What people call a notebook."""
    return _PARTS.get(notebook, notebook)


def percent(share: float | None) -> str:
    """A share as whole per cent, never rounded up to 100 or down to 0; a dash where there is none."""
    if share is None:
        return "–"
    rounded = round(100 * share)
    if share < 1:
        rounded = min(rounded, 99)
    if share > 0:
        rounded = max(rounded, 1)
    return f"{rounded} %"


def signed(value: float, places: int = 2) -> str:
    """A number with a proper minus sign, and so many places."""
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "\N{MINUS SIGN}")  # no minus in front of zero


def spanned(estimate: Estimate, places: int = 2) -> str:
    """An estimate with its interval, or `not estimable`; why stands elsewhere."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "not estimable"
    value, low, high = (signed(one, places) for one in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, with a dash where several follow each other: `1–3, 7`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    said = (f"{one[0]}" if len(one) == 1 else f"{one[0]}{'–' if len(one) > 2 else ', '}{one[-1]}" for one in found)
    return ", ".join(said) or "–"


@cache
def _environment() -> Environment:
    return environment(
        "reports",
        points=amount,
        percent=percent,
        spanned=spanned,
        part=part,
        ranges=ranges,
        brief=partial(visible, limit=80),
    )
