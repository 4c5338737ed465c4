"""A made-up cohort: a module of three notebooks, and a student in every state that a report must show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import Criterion, Level, Rubric
from graders.gradebook import KeptMark
from graders.records import CheckResult, ExerciseResult, Flag, Mark, NotebookResult, WrittenAnswer
from graders.reports.submission import Submission

ROOFLINE = ExerciseEntry("m02_attainable_flops_per_s", "Attainable performance", "function", "practical", 5.0, 8.0)
TOP_DOWN = ExerciseEntry("m02_top_down_level_1", "Top-Down level 1", "table", "practical", 5.0, 12.0)
MULTIPLEXER = ExerciseEntry("m02_counter_multiplexer", "A counter multiplexer", "class", "practical", 6.0, 20.0)
EXPLAINED = ExerciseEntry("m02_gemv_explained", "Why it is slow", "written", "worked_example", 4.0, 10.0)
METRICS = ExerciseEntry("m02_new_core", "A metric file for a new core", "file", "novel_scenario", 4.0, 15.0)

MODULE = Module(
    slug="m02_tools_methods", title="Tools & Methods: Top-Down, CDRD, Roofline", phase=1, minutes=65.0,
    outcomes=("read a roofline",), folder=Path("/nowhere/assignments/authoring/m02_tools_methods"),
    notebooks=("practical", "worked_example", "novel_scenario"),
    exercises=(ROOFLINE, TOP_DOWN, MULTIPLEXER, EXPLAINED, METRICS), data=(), imports=("numpy",),
)  # fmt: skip
RUBRIC = Rubric(
    EXPLAINED.id,
    (
        Criterion("traffic", "Counts the traffic", (Level(0, "Names no bytes."), Level(1, "Counts some of the bytes."),
                                                    Level(2, "Counts every byte that moves, once."))),
        Criterion("limits", "Names the limit", (Level(0, "Names no limit."), Level(1, "Names one, without a number."),
                                                Level(2, "Says which limit is near, and how near."))),
    ),
    model_answer="Bytes decide.",
)  # fmt: skip
RUBRICS = {EXPLAINED.id: RUBRIC}
PASS_MARKS = {"practical": 0.5, "worked_example": 0.5, "novel_scenario": 0.75}

CHECKS = {
    ROOFLINE.id: (("below the ridge", "Little arithmetic a byte: memory decides.", 2.0),
                  ("above the ridge", "Much arithmetic a byte: the core decides.", 2.0),
                  ("impossible machines", "Peaks that no machine can have are refused.", 1.0)),
    TOP_DOWN.id: (("four categories", "Retiring, bad speculation, front end, back end: one column each.", 2.0),
                  ("shares add up to one", "Every slot is counted once.", 3.0)),
    MULTIPLEXER.id: (("scaled counts", "A group that ran a third of the time is scaled by three.", 4.0),
                     ("never ran", "A group that never ran has no count, not zero.", 2.0)),
    METRICS.id: (("names its version", "The event file's version stands in the metric file.", 1.0),
                 ("this core's events", "Events are called as this core calls them.", 3.0)),
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
    *results: ExerciseResult,
    flags: tuple[Flag, ...] = (),
    digest: str = "ab",
    unsafe: tuple[str, ...] = (),
    name: str = "practical",
    written: tuple[WrittenAnswer, ...] = (),
) -> NotebookResult:
    return NotebookResult(name, results, flags, {"cells": []}, digest, "cd", unsafe, written)


def mark(student: str, traffic: int = 2, limits: int = 1, number: int = 7, **said: Any) -> KeptMark:
    """A mark of the written answer: up to 2 points for each of two criteria."""
    given = {"points": float(traffic + limits), "comment": "Which of the two limits is near?", "reason": ""}
    what = {"assignment": MODULE.slug, "notebook": EXPLAINED.notebook, "exercise": EXPLAINED.id, "marker": "A. Marker"}
    seen = {"submitted_digest": "ab", "answer_digest": "ef", "marked_at": "2026-02-03T10:00:00"}
    chosen = {"levels": {"traffic": traffic, "limits": limits}}
    return KeptMark(Mark(student=student, **what | given | seen | chosen | said), True, False, number)


def submission(
    student: str,
    roofline: ExerciseResult | None = None,
    top_down: ExerciseResult | None = None,
    multiplexer: ExerciseResult | None = None,
    metrics: ExerciseResult | None = None,
    flags: tuple[Flag, ...] = (),
    unsafe: tuple[str, ...] = (),
    explained: KeptMark | None = None,
    wrote: str = "ef",
    **more: Any,
) -> Submission:
    """A submission that lost nothing but what is given; its written answer waits where no mark is given."""
    number = int(student.split()[0].removeprefix("student-"))
    results = (roofline or result(ROOFLINE), top_down or result(TOP_DOWN), multiplexer or result(MULTIPLEXER))
    notebooks = (
        notebook(*results, flags=flags, unsafe=unsafe),
        notebook(name="worked_example", written=(WrittenAnswer(EXPLAINED.id, 4.0, wrote),)),
        notebook(metrics or result(METRICS), name="novel_scenario"),
    )
    known: dict[str, Any] = {
        "executions": {one.notebook: 100 * number + place for place, one in enumerate(notebooks, 1)},
        "marks": {EXPLAINED.id: explained} if explained else {},
        "waiting": frozenset() if explained else frozenset({EXPLAINED.id}),
    }
    return Submission(student, notebooks, **known | more)


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
EVERYTHING = (ROOFLINE.id, TOP_DOWN.id, MULTIPLEXER.id, METRICS.id)

COHORT = (
    submission("student-01", explained=mark("student-01")),
    submission("student-02"),
    submission("student-03", result(ROOFLINE, *RIDGE, **SUM), explained=mark("student-03", 2, 2, comment="")),
    submission("student-04", result(ROOFLINE, *RIDGE, **SUM), multiplexer=result(MULTIPLEXER, "never ran")),
    submission(
        "student-05",
        top_down=result(TOP_DOWN, "four categories", "shares add up to one", **CYCLES),
        metrics=result(METRICS, "this core's events"),
        explained=mark("student-05", 1, 0, comment=HOSTILE),
    ),
    Submission("student-06"),
    submission(
        "student-07",
        all_lost(ROOFLINE),
        all_lost(TOP_DOWN),
        all_lost(MULTIPLEXER),
        all_lost(METRICS),
        wrote="",
        untouched=EVERYTHING,
    ),
    submission(
        "student-08",
        multiplexer=all_lost(MULTIPLEXER),
        untouched=(MULTIPLEXER.id,),
        explained=mark("student-08", reason="Second marking."),
    ),
    submission("student-09", unproven={TOP_DOWN.id: "the evidence says 2"}, explained=mark("student-09")),
    Submission("student-10", not_graded="the sandbox gave no answer in 600 s"),
    submission(
        "student-11",
        result(ROOFLINE, "impossible machines"),
        flags=(Flag("changed-test-cell", "cell 7", "The test cell was changed; the original ran."),),
        explained=mark("student-11"),
        late="22 h 30 min late",
    ),
    submission(
        "student-12",
        all_lost(ROOFLINE, reason="the process died"),
        flags=(
            Flag("crashed", "cell 4", HOSTILE),
            Flag("foreign-metadata", HOSTILE, "A cell carries the tag skip-execution."),
        ),
        unsafe=("network",),
        explained=mark("student-12"),
    ),
    Submission("student-13", refused="practical.ipynb is no JSON: it ends in the middle of a string"),
)
