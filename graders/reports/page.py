"""From a template to a page that stands alone: nothing to load, nothing to run."""

from __future__ import annotations

from functools import cache, partial

from jinja2 import Environment

from graders.pages import environment, visible
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


@cache
def _environment() -> Environment:
    return environment("reports", points=amount, percent=percent, part=part, brief=partial(visible, limit=80))
