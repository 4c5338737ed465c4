r"""What may be compared: results of a benchmark side by side, each for one accelerator.

Question
    Two entries have a number each. Which of them may be held against the other, and by how much is it ahead?
Model
    .. math:: x_i = \frac{R_i}{n_i a_i}, \qquad \rho_i = \frac{x_i}{x_0} \;\text{ if } D_i = \varnothing

    A result is divided by all accelerators, those of all nodes. :math:`D_i` is what sets the entry apart from the
    baseline: round, division, suite, model (its accuracy target is part of the name), scenario, unit. Where anything
    does, there is no ratio.
Assumes
    Accelerators that work alike; what is bought is accelerators.
Breaks when
    A node holds more than accelerators, or a result does not scale with their number: an entry with 8 says little about
    72. A ratio says nothing of precision, batching or price: they belong into the footnote.
Source
    MLCommons, MLPerf Inference results, whose tables have these columns; MLPerf Inference Rules, at commit ac93e89 of
    mlcommons/inference_policies (July 2026): divisions, scenarios and accuracy targets. A normalised figure is no
    official MLPerf metric: say so where it is shown.
Oracle
    Entries of the rounds 5.0 and 5.1, divided by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference_solutions.units import Array

__all__ = ["comparison_table"]


def comparison_table(entries: Sequence[Mapping[str, Any]], baseline: str) -> dict[str, Array]:
    """Entries for one accelerator each, and held against one of them where that is allowed.

    Parameters
    ----------
    entries : sequence of mapping
        Each with `entry`, its name; `round`, `division`, `suite`, `model`, `scenario`, `unit`; `result`, in that unit;
        `nodes`, and `accelerators` in each of them. [1]
    baseline : str
        Name of the entry that the others are held against.

    Returns
    -------
    dict of str to ndarray
        A row for each entry, in the order given: `entry`; `per_accelerator`, its result over all its accelerators;
        `ratio`, that over the baseline's, nan where anything is different; `differs`, what is, in the order of the
        alphabet, with a comma and a space between.

    Raises
    ------
    ValueError
        If the baseline is not among the entries.

    Examples
    --------
    >>> first = {"entry": "a", "round": "5.1", "division": "closed", "suite": "datacenter", "model": "m",
    ...          "scenario": "Server", "unit": "Tokens/s", "result": 800.0, "nodes": 1, "accelerators": 8}
    >>> table = comparison_table([first, first | {"entry": "b", "result": 900.0, "nodes": 3, "round": "5.0"}], "a")
    >>> table["per_accelerator"], table["ratio"], table["differs"].tolist()
    (array([100. ,  37.5]), array([ 1., nan]), ['', 'round'])
    """
    names = ("division", "model", "round", "scenario", "suite", "unit")
    chosen = [entry for entry in entries if entry["entry"] == baseline]
    if not chosen:
        raise ValueError("the baseline is not among the entries")
    each = np.array([entry["result"] / (entry["nodes"] * entry["accelerators"]) for entry in entries])
    differs = [", ".join(name for name in names if entry[name] != chosen[0][name]) for entry in entries]
    own = chosen[0]["result"] / (chosen[0]["nodes"] * chosen[0]["accelerators"])
    return {
        "entry": np.array([entry["entry"] for entry in entries]),
        "per_accelerator": each,
        "ratio": np.where([text == "" for text in differs], each / own, np.nan),
        "differs": np.array(differs),
    }
