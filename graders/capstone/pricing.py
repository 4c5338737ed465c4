"""Cases at another level of all prices: another brief, and the same machine stays the right one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from graders.capstone.records import Brief, Value


def repriced(made: Brief, level: float, prices: Collection[str], budget: tuple[str, float], **limits: float) -> Brief:
    """A case with its budget and limits, all prices multiplied.

    Parameters
    ----------
    made : Brief
        A case without them.
    level : float
        What prices and the budget are multiplied by. [1]
    prices : collection of str
        Values of the brief, and of its machines, that are prices.
    budget : (str, float)
        Which claim it is, and the case's own. [USD]
    **limits : float
        Other targets of the case, by their names after `req.`.

    Returns
    -------
    Brief
    """

    def scaled(values: Mapping[str, Value]) -> dict[str, Value]:
        return {
            name: float(f"{value * level:.4g}") if name in prices and isinstance(value, float) else value
            for name, value in values.items()
        }

    name, amount = budget
    targets: dict[str, Value] = {f"req.{limit}": value for limit, value in limits.items()}
    values = {**scaled(made.values), name: float(f"{amount * level:.4g}"), **targets}
    machines = {machine: scaled(offer) for machine, offer in made.machines.items()}
    return dataclasses.replace(made, values=values, machines=machines)
