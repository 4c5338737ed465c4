"""What the stages hand to each other: frozen, plain, comparable.

A stage takes records and returns records; disk, processes and databases are touched at the edges only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Json = Mapping[str, object]
"""One JSON object, as `json.loads` gives it: a cell, an output, a notebook."""


# --- what may be used up -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What one notebook may use. CPU time decides; wall time is a backstop that means "try again".

    Attributes
    ----------
    cell_cpu_s, notebook_cpu_s, call_cpu_s, exercise_cpu_s : float
        CPU seconds of one cell, of all cells together, of one hidden call, and of all calls of one exercise.
    cell_wall_s, notebook_wall_s, call_wall_s : float
        Wall seconds after which a cell, a notebook, a call is given up for the moment.
    memory_bytes : int
        Address space that the notebook's process may add to what it starts with.
    processes, open_files : int
        Processes and threads, and open files, at any one time.
    disk_bytes : int
        All files that it writes, together.
    output_bytes : int
        Output kept of one cell; the rest is cut while it streams.
    """

    cell_cpu_s: float = 30.0
    cell_wall_s: float = 120.0
    notebook_cpu_s: float = 120.0
    notebook_wall_s: float = 600.0
    call_cpu_s: float = 5.0
    exercise_cpu_s: float = 20.0
    call_wall_s: float = 30.0
    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 256
    disk_bytes: int = 64 << 20
    output_bytes: int = 1 << 20


# --- what is asked of a student's process, and what it answers ------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked of a student's process.

    Attributes
    ----------
    op : str
        `call` a function, make a `new` object, call a `method` of it, `get` its attribute or property,
        `read` a variable of the notebook.
    target : str
        Name of the function, class, method, attribute or variable.
    args, kwargs
        Plain data: numbers, strings, lists, dicts, arrays, data frames.
    handle : int or None
        The object (for `method` and `get`), or the number that a `new` object shall have.
    """

    op: Literal["call", "new", "method", "get", "read"]
    target: str
    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict)
    handle: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: plain data, never an object with methods.

    Attributes
    ----------
    kind : str
        `value`; `raised` an exception; `opaque`: an object that is no plain data; `missing`: no such name;
        `timeout`: out of CPU time; `memory`: out of memory; `crashed`: the process died; `retry`: the machine
        was too slow, which is nobody's answer.
    value : object
        The plain data of a `value`; the type's name of an `opaque`.
    exception : tuple of str
        Class names of what was raised, the most derived first, as its MRO lists them.
    cpu_s : float
        CPU seconds that it took.
    """

    kind: Literal["value", "raised", "opaque", "missing", "timeout", "memory", "crashed", "retry"]
    value: object = None
    exception: tuple[str, ...] = ()
    cpu_s: float = 0.0


class Endpoint(Protocol):
    """A student's process as the checks see it: something that answers requests."""

    def ask(self, requests: Sequence[Request], cpu_s: float | None = None) -> list[Reply]:
        """Answer each request, in order; `cpu_s` bounds each of them (the call limit, if None)."""
        ...


# --- what happened while a notebook ran -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CourseText:
    """What is to be known about a cell that is the course's own and runs past the notebook's shell, tests for instance.

    Attributes
    ----------
    statements : int
        Statements that must come to their end, one after the other.
    shows : bool
        Whether the value of the last one is shown, and may be a score.
    reads, binds : tuple of str
        Names that it uses, and that it defines.
    origins : mapping of str to str
        What the course imports under a name that it reads: `numpy`, or `math:isclose`.
    patches : bool
        Whether it replaces something of a library itself.
    """

    statements: int
    shows: bool
    reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    patches: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell to run.

    Attributes
    ----------
    index : int
        Its place in the notebook.
    source : str
        Its text.
    snapshots : tuple of str
        Ids of the exercises that are complete after it: the process is copied here for each.
    course : CourseText or None
        If it is the course's own and shall run past the notebook's shell: its text is plain Python then.
    """

    index: int
    source: str
    snapshots: tuple[str, ...] = ()
    course: CourseText | None = None


@dataclass(frozen=True, slots=True)
class CellRun:
    """What a cell did.

    Attributes
    ----------
    index : int
        Its place in the notebook.
    status : str
        `ok`, `error` (raised), `timeout` (CPU), `memory`, `crashed` (took its process down), `skipped` (not run:
        the notebook's time was used up).
    outputs : tuple of Json
        nbformat outputs, cut to the limit.
    execution_count : int or None
    cpu_s : float
    shown : str
        Of a course's own cell the text of the last value, if it is shown.
    found : tuple of (str, str)
        What was not as it should be when such a cell ran: `replaced`, and which function of a library; `redefined`,
        and which name; `lying`, and which class; `unfinished`, and how many statements did not run.
    """

    index: int
    status: Literal["ok", "error", "timeout", "memory", "crashed", "skipped"]
    outputs: tuple[Json, ...] = ()
    execution_count: int | None = None
    cpu_s: float = 0.0
    shown: str = ""
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a human should look at; by itself it costs no point.

    Attributes
    ----------
    kind : str
        A short stable name: `changed-test-cell`, `foreign-metadata`, `crashed`, `protocol`, ...
    where : str
        Cell, file or exercise.
    detail : str
        What was found, in a sentence; plain text, never markup.
    """

    kind: str
    where: str
    detail: str


# --- what was found out -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one exercise.

    Attributes
    ----------
    name, message : str
        As the exercise's author wrote them; the message gives no hidden input away.
    weight : float
        Its share of the exercise's points.
    kept : bool
        Whether what it demands holds.
    counted : bool
        False where it held but earns nothing, because no `Equal` check of the exercise was kept.
    reason : str
        Why it was lost, in words that give no hidden input away: "3 of 20 cases differ", "raised TypeError".
    """

    name: str
    message: str
    weight: float
    kept: bool
    counted: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """An exercise of a submission, scored.

    Attributes
    ----------
    exercise : str
        Its id.
    points, max_points : float
    checks : tuple of CheckResult
    misconception, hint : str
        The one known mistake that gives the student's own values, if there is exactly one.
    digest : str
        Of everything that the result depends on, the submission excepted.
    """

    exercise: str
    points: float
    max_points: float
    checks: tuple[CheckResult, ...]
    misconception: str = ""
    hint: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """An answer that a human marks, as it was when its notebook was graded.

    Attributes
    ----------
    exercise : str
        Its id.
    max_points : float
    digest : str
        SHA-256 of what the student wrote; empty where nothing is written.
    """

    exercise: str
    max_points: float
    digest: str


@dataclass(frozen=True, slots=True)
class NotebookResult:
    """A notebook of a submission, graded.

    Attributes
    ----------
    notebook : str
        Its name, without extension.
    exercises : tuple of ExerciseResult
        In the order of the source notebook.
    flags : tuple of Flag
    document : Json or None
        The autograded notebook; None where the submission has none.
    submitted_digest : str
        SHA-256 of the submitted file; empty where it is missing.
    context_digest : str
        Of what the result depends on besides the submitted file: source notebook, data, limits, exercises.
    unsafe : tuple of str
        Sandbox properties that did not hold when it ran; empty is safe.
    written : tuple of WrittenAnswer
        Answers that wait for a human, in the order of the source notebook.
    """

    notebook: str
    exercises: tuple[ExerciseResult, ...]
    flags: tuple[Flag, ...]
    document: Json | None
    submitted_digest: str
    context_digest: str
    unsafe: tuple[str, ...] = ()
    written: tuple[WrittenAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a named marker gave for one exercise of one submission.

    Attributes
    ----------
    student, assignment, notebook, exercise : str
    marker : str
        Who gave it.
    levels : mapping of str to int
        Criterion of the rubric -> number of the level that it reaches, from 0; empty where a score was adopted from
        formgrader, or an automatic one overridden.
    points : float
        What the exercise then counts.
    comment : str
        What the student reads beside the levels.
    reason : str
        Why an automatic score, or an earlier mark, does not stand; empty for a plain mark.
    submitted_digest : str
        SHA-256 of the notebook file that the marker had before them.
    answer_digest : str
        SHA-256 of the written answer in it (`WrittenAnswer.digest`); empty for an exercise that has none.
    marked_at : str
        When, UTC.
    """

    student: str
    assignment: str
    notebook: str
    exercise: str
    marker: str
    levels: Mapping[str, int]
    points: float
    comment: str
    reason: str
    submitted_digest: str
    answer_digest: str
    marked_at: str
