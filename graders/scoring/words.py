"""What the student reads: each check, kept or lost, and the hint where a known mistake fits."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from graders.records import CheckResult, ExerciseResult

WIDTH = 78
_COLUMN = 96  # lines of one check are broken here
_INDENT = " " * 8


def feedback(results: ExerciseResult | Iterable[ExerciseResult], titles: Mapping[str, str] | None = None) -> str:
    """Plain text about one exercise, or several.

    Parameters
    ----------
    results : ExerciseResult or iterable of ExerciseResult
        What was found.
    titles : mapping of str to str, optional
        By exercise id: what stands before the id, "2.1" for instance.

    Returns
    -------
    str
        Ends with a line break; blank lines between exercises.
    """
    several = [results] if isinstance(results, ExerciseResult) else list(results)
    return "\n".join(_exercise(result, (titles or {}).get(result.exercise, "")) for result in several)


def amount(points: float) -> str:
    """Points without needless decimals: 4, 2.5, 3.33."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _exercise(result: ExerciseResult, title: str) -> str:
    name = f"{title}  {result.exercise}" if title else result.exercise
    earned = f"{amount(result.points)} of {amount(result.max_points)} points"
    lines = [f"{name}{earned:>{max(WIDTH - len(name), len(earned) + 2)}}"]
    wide = max((len(check.name) for check in result.checks), default=0)
    hint = result.hint
    for check in result.checks:
        lines += _check(check, wide)
        told = check.reason
        if not check.kept and hint:
            told, hint = hint, ""  # said once, where it is first needed
        if told:
            lines += textwrap.wrap(told, _COLUMN, initial_indent=_INDENT, subsequent_indent=_INDENT)
    if not result.checks:
        lines.append("  There was nothing to check.")
    return "\n".join(lines) + "\n"


def _check(check: CheckResult, wide: int) -> list[str]:
    start = f"  {'kept' if check.kept else 'lost'}  {check.name:<{wide}}   "
    return textwrap.wrap(check.message, _COLUMN, initial_indent=start, subsequent_indent=" " * len(start))
