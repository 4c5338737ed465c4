"""The figures of a report as plain data, for programs: what `--json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graders.authoring.material import Module
from graders.reports.difficulty import CheckLoss, Difficulty, Misconception
from graders.reports.next_steps import next_steps
from graders.reports.standing import Work
from graders.reports.summary import Cohort, Row


def cohort_data(module: Module, cohort: Cohort) -> dict[str, Any]:
    """A cohort's figures.

    Parameters
    ----------
    module : Module
        What was assessed.
    cohort : Cohort
        Its figures.

    Returns
    -------
    dict
        Of numbers, text, lists and dicts; exercises and students by id.
    """
    return {
        "module": module.slug,
        "mean_share": cohort.mean,
        "median_share": cohort.median,
        "students": [student_data(row) for row in cohort.rows],
        "exercises": [
            _difficulty(one) | {"discrimination": asdict(cohort.quality.discrimination[one.exercise.id])}
            for one in cohort.difficulties
        ],
        "costliest_checks": [_check(one) for one in cohort.costliest],
        "misconceptions": [_misconception(one) for one in cohort.misconceptions],
        "reliability": asdict(cohort.quality.reliability),
        "standard_error_points": asdict(cohort.quality.standard_error),
        "rest_on": list(cohort.quality.students),
        "markers": [asdict(one) for one in cohort.quality.markers],
        "unmarked": {one.exercise.id: list(one.students) for one in cohort.unmarked},
    }


def student_data(row: Row) -> dict[str, Any]:
    """Where one student stands.

    Parameters
    ----------
    row : Row
        Of the cohort.

    Returns
    -------
    dict
    """
    one = row.submission
    return {
        "student": one.student,
        "state": one.state,
        "late": one.late,
        "detail": one.not_graded or one.refused,
        "points": row.points,
        "known_points": row.known_points,
        "decision": asdict(row.decision),
        "exercises": [_work(work) for work in row.works],
        "next": [asdict(step) for step in next_steps(row)],
        "flags": [asdict(flag) for flag in one.flags],
        "executions": dict(one.executions),
    }


def _work(work: Work) -> dict[str, Any]:
    result, mark = work.result, work.mark
    return {
        "exercise": work.entry.id,
        "points": work.points,
        "max_points": work.entry.points,
        "why": work.standing.why,
        "as_released": work.untouched,
        "checks": [asdict(check) for check in result.checks] if result else [],
        "misconception": result.misconception if result else "",
        "hint": result.hint if result else "",
        "levels": dict(mark.levels) if mark else {},
        "comment": mark.comment if mark else "",
        "evidence": {"mark" if mark else "execution": work.number},
    }


def _difficulty(one: Difficulty) -> dict[str, Any]:
    return {
        "exercise": one.exercise.id,
        "handed_in": one.tried,
        "mean_share": one.share,
        "interval": list(one.interval) if one.interval else None,
        "all_points": one.full,
        "no_points": one.nothing,
        "as_released": one.untouched,
        "checks": [_check(check) for check in one.checks],
    }


def _check(check: CheckLoss) -> dict[str, Any]:
    return asdict(check) | {"exercise": check.exercise.id}


def _misconception(one: Misconception) -> dict[str, Any]:
    return asdict(one) | {"exercise": one.exercise.id, "students": list(one.students)}
