r"""A tornado of sensitivities: which input of a model deserves the next measurement?

Question
    A model of a service has ten inputs, each known within a range. Which of them moves the answer most, and is it
    enough to turn one at a time?
Model
    .. math:: s_i = f(x_1, \dots, x_i^+, \dots) - f(x_1, \dots, x_i^-, \dots), \qquad
        e_i = \frac{s_i}{f(x)} \cdot \frac{x_i}{x_i^+ - x_i^-}, \qquad
        r = f(x^{\pm}) - f(x) - \sum_i \left( f(x_i^{\pm}) - f(x) \right)

    Each input alone goes to the ends of its range, the others stay: its swing :math:`s_i`. Sorted by size, the swings
    are the tornado. The elasticity :math:`e_i` is the swing in per cent of the answer for each per cent of the input,
    and does not depend on how wide a range is. The rest :math:`r` is what all inputs at the ends that raise the answer
    do beyond the sum of what each does alone: it shows that they act together.
Assumes
    Ranges of like probability; an answer that rises or falls over each range.
Breaks when
    An answer turns within a range (its swing may be 0 while it matters), or inputs go together: then the ends of one
    with the middle of the other is no state that occurs.
Source
    One-way sensitivities as Oracle's documentation of Crystal Ball ("Tornado Chart tool") and the R package dampack
    (owsa_tornado) describe them; the rest is our own check of what they leave out.
Oracle
    Sums and products in closed form (a power law's elasticities are its exponents); derivatives by the limit of small
    ranges; all corners of a small model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["tornado_table"]


def tornado_table(
    model: Callable[..., float], middle: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    """Swings of a model's inputs, the largest first.

    Parameters
    ----------
    model : callable
        Takes its inputs by name and gives a number.
    middle : mapping of str to float
        Value of each input.
    ranges : mapping of str to (float, float)
        Lower and upper end of those that are not sure.

    Returns
    -------
    dict
        Columns `input`, `at_low`, `at_high` (of the answer), `swing`, and `elasticity`, None where the answer or the
        input is 0 [1]; `answer` in the middle, and `together`, the rest that no input explains alone.

    Raises
    ------
    ValueError
        If a range is that of no input, is empty, or does not hold the middle.

    Examples
    --------
    >>> found = tornado_table(lambda a, b: a * b**2, {"a": 2.0, "b": 3.0}, {"a": (1.0, 3.0), "b": (2.5, 3.5)})
    >>> found["input"], found["swing"], found["answer"], [round(e, 3) for e in found["elasticity"]]
    (['a', 'b'], [18.0, 12.0], 18.0, [1.0, 2.0])
    """
    for name, (low, high) in ranges.items():
        if name not in middle or not low < high or not low <= middle[name] <= high:
            raise ValueError(f"the range of {name} must hold its value, and be that of an input")
    answer = model(**middle)
    rows, raising, alone = [], dict(middle), 0.0
    for name, (low, high) in ranges.items():
        at_low, at_high = (model(**{**middle, name: end}) for end in (low, high))
        swing, relative = at_high - at_low, answer * (high - low)
        rows.append(
            (name, at_low, at_high, swing, swing * middle[name] / relative if relative and middle[name] else None)
        )
        raising[name] = high if at_high >= at_low else low
        alone += max(at_low, at_high) - answer
    rows.sort(key=lambda row: -abs(row[3]))
    columns = dict(
        zip(("input", "at_low", "at_high", "swing", "elasticity"), map(list, zip(*rows, strict=True)), strict=True)
    )
    return {**columns, "answer": answer, "together": model(**raising) - answer - alone}
