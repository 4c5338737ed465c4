"""A made-up cohort: three exercises, and a student in every state that a report must show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graders.authoring.material import ExerciseEntry, Module
from graders.records import CheckResult, ExerciseResult, Flag, NotebookResult
from graders.reports.summary import Submission

ROOFLINE = ExerciseEntry("m02_attainable_flops_per_s", "Attainable performance", "function", "practical", 5.0, 8.0)
TOP_DOWN = ExerciseEntry("m02_top_down_level_1", "Top-Down level 1", "table", "practical", 5.0, 12.0)
MULTIPLEXER = ExerciseEntry("m02_counter_multiplexer", "A counter multiplexer", "class", "practical", 6.0, 20.0)

MODULE = Module(
    slug="m02_tools_methods", title="Tools & Methods: Top-Down, CDRD, Roofline", phase=1, minutes=40.0,
    outcomes=("read a roofline",), folder=Path("/nowhere/assignments/authoring/m02_tools_methods"),
    notebooks=("practical",), exercises=(ROOFLINE, TOP_DOWN, MULTIPLEXER), data=(), imports=("numpy",),
)  # fmt: skip

CHECKS = {
    ROOFLINE.id: (("below the ridge", "Little arithmetic a byte: memory decides.", 2.0),
                  ("above the ridge", "Much arithmetic a byte: the core decides.", 2.0),
                  ("impossible machines", "Peaks that no machine can have are refused.", 1.0)),
    TOP_DOWN.id: (("four categories", "Retiring, bad speculation, front end, back end: one column each.", 2.0),
                  ("shares add up to one", "Every slot is counted once.", 3.0)),
    MULTIPLEXER.id: (("scaled counts", "A group that ran a third of the time is scaled by three.", 4.0),
                     ("never ran", "A group that never ran has no count, not zero.", 2.0)),
}  # fmt: skip


def result(
    exercise: ExerciseEntry, *lost: str, misconception: str = "", hint: str = "", reason: str = "3 of 20 cases differ"
) -> ExerciseResult:
    checks = tuple(
        CheckResult(name, message, weight, kept=name not in lost, reason=reason if name in lost else "")
        for name, message, weight in CHECKS[exercise.id]
    )
    total = sum(check.weight for check in checks)
    points = exercise.points * sum(check.weight for check in checks if check.kept) / total
    return ExerciseResult(exercise.id, points, exercise.points, checks, misconception, hint, digest="d")


def all_lost(exercise: ExerciseEntry, reason: str = "raised NotImplementedError") -> ExerciseResult:
    return result(exercise, *(name for name, _, _ in CHECKS[exercise.id]), reason=reason)


def notebook(
    *results: ExerciseResult, flags: tuple[Flag, ...] = (), digest: str = "ab", unsafe: tuple[str, ...] = ()
) -> NotebookResult:
    return NotebookResult("practical", results, flags, {"cells": []}, digest, "cd", unsafe)


def submission(
    student: str,
    roofline: ExerciseResult | None = None,
    top_down: ExerciseResult | None = None,
    multiplexer: ExerciseResult | None = None,
    flags: tuple[Flag, ...] = (),
    unsafe: tuple[str, ...] = (),
    **more: Any,
) -> Submission:
    """A submission that lost nothing but what is given."""
    results = (roofline or result(ROOFLINE), top_down or result(TOP_DOWN), multiplexer or result(MULTIPLEXER))
    return Submission(student, (notebook(*results, flags=flags, unsafe=unsafe),), **more)


SUM = {
    "misconception": "sum instead of minimum",
    "hint": "Compute and memory work at the same time: the slower of the two decides, not their sum.",
}
CYCLES = {
    "misconception": "cycles for slots",
    "hint": "Each cycle has as many slots as the machine is wide: divide by slots, not by cycles.",
}
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\x1b[31mred\x1b[0m \u202egnp.exe & 'quotes'"
)
RIDGE = ("below the ridge", "above the ridge")
EVERYTHING = (ROOFLINE.id, TOP_DOWN.id, MULTIPLEXER.id)

COHORT = (
    submission("student-01"),
    submission("student-02"),
    submission("student-03", result(ROOFLINE, *RIDGE, **SUM)),
    submission("student-04", result(ROOFLINE, *RIDGE, **SUM), multiplexer=result(MULTIPLEXER, "never ran")),
    submission("student-05", top_down=result(TOP_DOWN, "four categories", "shares add up to one", **CYCLES)),
    Submission("student-06"),
    submission("student-07", all_lost(ROOFLINE), all_lost(TOP_DOWN), all_lost(MULTIPLEXER), untouched=EVERYTHING),
    submission("student-08", multiplexer=all_lost(MULTIPLEXER), untouched=(MULTIPLEXER.id,)),
    submission("student-09", unproven=(TOP_DOWN.id,)),
    Submission("student-10", not_graded="the sandbox gave no answer in 600 s"),
    submission(
        "student-11",
        result(ROOFLINE, "impossible machines"),
        flags=(Flag("changed-test-cell", "cell 7", "The test cell was changed; the original ran."),),
    ),
    submission(
        "student-12",
        all_lost(ROOFLINE, reason="the process died"),
        flags=(
            Flag("crashed", "cell 4", HOSTILE),
            Flag("foreign-metadata", HOSTILE, "A cell carries the tag skip-execution."),
        ),
        unsafe=("network",),
    ),
    Submission("student-13", refused="practical.ipynb is no JSON: it ends in the middle of a string"),
)
