"""From the levels that a marker chose to points, and to words for the student. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from graders.authoring.rubrics import Rubric
from graders.errors import UsageError
from graders.scoring.words import amount


def points_of(rubric: Rubric, levels: Mapping[str, int]) -> float:
    """Points of a written answer.

    Parameters
    ----------
    rubric : Rubric
        How it is marked.
    levels : mapping of str to int
        Criterion -> number of the level that the answer reaches, from 0.

    Returns
    -------
    float
        Added without rounding errors.

    Raises
    ------
    UsageError
        If a criterion has no level, or there is no such criterion or level.
    """
    for problem in problems(rubric, levels):
        raise UsageError(problem, rubric.exercise)
    chosen = (criterion.levels[levels[criterion.id]].points for criterion in rubric.criteria)
    return float(sum((Fraction(repr(float(points))) for points in chosen), Fraction()))


def problems(rubric: Rubric, levels: Mapping[str, int]) -> list[str]:
    """What is wrong with a choice of levels.

    Parameters
    ----------
    rubric : Rubric
        How it is marked.
    levels : mapping of str to int
        Criterion -> number of the level.

    Returns
    -------
    list of str
        Sentences without a full stop; none where every criterion has one of its levels.
    """
    known = {criterion.id: criterion for criterion in rubric.criteria}
    found = [f"there is no criterion {one!r}; there are {', '.join(known)}" for one in levels if one not in known]
    found += [f"the criterion {one!r} has no level" for one in known if one not in levels]
    for one, criterion in known.items():
        most = len(criterion.levels) - 1
        if one in levels and not 0 <= levels[one] <= most:
            found.append(f"{one!r} has the levels 0 to {most}, not {levels[one]}")
    return found


def words(rubric: Rubric, levels: Mapping[str, int], comment: str = "") -> str:
    """What the student reads about a marked answer.

    Parameters
    ----------
    rubric : Rubric
        How it was marked.
    levels : mapping of str to int
        Criterion -> number of the level.
    comment : str
        What the marker says beside it.

    Returns
    -------
    str
        Markdown: a line for each criterion, then the comment.
    """
    lines = []
    for criterion in rubric.criteria:
        level = criterion.levels[levels[criterion.id]]
        earned = f"{amount(level.points)} of {amount(criterion.points)}"
        lines.append(f"**{criterion.title}** ({earned}): {level.says}")
    return "\n\n".join([*lines, *([comment] if comment else [])])
