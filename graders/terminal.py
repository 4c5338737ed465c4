"""What commands print for people: Rich tables and progress bars, imported when something is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from graders.course.receipts import IntakeReceipt
    from graders.grading import AssignmentStatus, Receipt, ScoreChange
    from graders.nbgrader_bridge.feedback import Feedback
    from graders.nbgrader_bridge.releasing import Release
    from graders.sandbox.probes import Finding

_COLOURS = {"graded": "green", "unchanged": "dim", "refused": "red", "not graded": "bold red"}


def console() -> Console:
    """Where tables go: standard output; Rich itself minds NO_COLOR and pipes."""
    from rich.console import Console

    return Console(highlight=False)


class GradingProgress:
    """A progress bar on standard error, drawn only on a terminal."""

    def __init__(self, show: bool) -> None:
        self._show = show
        self._bar: Progress | None = None

    def __call__(self, done: int, total: int, receipt: Receipt) -> None:
        """Say that one more submission is done."""
        if not self._show:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("grading", total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, description=receipt.student)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def print_receipts(receipts: Sequence[Receipt]) -> None:
    """A table of what became of each submission, and a line of totals."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("student", "state", "points", "flags", "detail"):
        table.add_column(heading, justify="right" if heading in ("points", "flags") else "left", overflow="fold")
    for receipt in receipts:
        points = f"{receipt.points:g} of {receipt.max_points:g}" if receipt.state in ("graded", "unchanged") else ""
        state = f"[{_COLOURS[receipt.state]}]{receipt.state}[/]"
        flags = str(receipt.flags) if receipt.flags else ""
        table.add_row(escape(receipt.student), state, points, flags, escape(receipt.detail))
    out = console()
    out.print(table)
    counts = {state: sum(receipt.state == state for receipt in receipts) for state in _COLOURS}
    out.print(", ".join(f"{count} {state}" for state, count in counts.items() if count) or "No submissions.")
    _print_changes([change for receipt in receipts for change in receipt.changes])


def _print_changes(changes: Sequence[ScoreChange]) -> None:
    """Scores that were there before and are others now."""
    from rich.markup import escape
    from rich.table import Table

    if not changes:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in range(5):
        table.add_column(justify="right" if column == 2 else "left", overflow="fold")
    for one in changes:
        before, after = ("to mark" if score is None else f"{score:g}" for score in (one.before, one.after))
        table.add_row(
            escape(one.student), escape(f"{one.notebook}: {one.exercise}"), before, f"-> {after}", escape(one.why)
        )
    out = console()
    out.print(f"\n[bold]{len(changes)} {'score' if len(changes) == 1 else 'scores'} changed[/]")
    out.print(table)


def print_release(made: Release) -> None:
    """What students have now, and what has changed for those who handed something in."""
    from rich.markup import escape

    version = made.version
    where = f"release/{version.assignment}"
    lines = [f"{where} is unchanged: version {version.number} of {version.released_at} stands."]
    if made.new:
        lines = [f"[green]{where}[/]: version {version.number}, {len(version.files)} files. Give it to your students."]
    for what in ("changed", "added", "removed", "other"):
        if names := getattr(made, what):
            lines.append(f"  {what if what != 'other' else 'files'}: {escape(', '.join(names))}")
    if made.new and version.number > 1 and made.submitted:
        do = "tell your students that there is a new version. What is made from an earlier one is still graded."
        lines.append(f"[yellow]{made.submitted} handed something in already[/]: {do}")
    if made.outdated:
        files, do = escape(", ".join(made.outdated)), f"`aisa release {version.assignment} --update` takes the new."
        lines.append(f"[yellow]not as the material has it[/]: {files} in source/{version.assignment}. {do}")
    console().print("\n".join(lines), soft_wrap=True)


def print_intake(receipts: Sequence[IntakeReceipt]) -> None:
    """A table of what became of each thing in the inbox, and a line of totals."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("item", "student", "outcome", "detail"):
        table.add_column(heading, overflow="fold")
    for receipt in receipts:
        outcome = f"{receipt.outcome} as attempt {receipt.attempt}" if receipt.attempt else receipt.outcome
        colour = "red" if receipt.outcome == "refused" else "green"
        detail = escape(" ".join(receipt.details))
        table.add_row(escape(receipt.item), escape(receipt.student), f"[{colour}]{outcome}[/]", detail)
    out = console()
    out.print(table)
    counts = Counter(receipt.outcome for receipt in receipts)
    out.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "The inbox is empty.")


def print_feedback(written: Sequence[Feedback]) -> None:
    """Every page that was written, and how many answers nobody has marked yet."""
    from rich.markup import escape

    lines = [escape(path) for one in written for path in one.files]
    unmarked = sum(one.unmarked for one in written)
    lines.append(f"{sum(len(one.files) for one in written)} pages for {len(written)} students.")
    if unmarked:
        lines.append(f"[yellow]{unmarked} answers are not marked yet[/]; their pages say so.")
    console().print("\n".join(lines), soft_wrap=True)


def print_weaker(assignment: str) -> None:
    """Say that an assignment was graded by the tests in its own notebooks."""
    said = (
        f"{assignment} is foreign: graded by the tests in its notebooks, as nbgrader does. They share the student's"
        " interpreter, which is weaker than aisa's own checks; docs/foreign-courses.md says how. Mind the flags."
    )
    console().print(f"\n[yellow]weaker[/] {said}")


def print_status(assignments: Sequence[AssignmentStatus]) -> None:
    """A table of assignments, then what is left to mark, and every score that is not proven."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("assignment")
    for heading in ("submitted", "graded", "flagged", "to mark", "unproven"):
        table.add_column(heading, justify="right")
    for one in assignments:
        numbers = (one.submitted, one.graded, one.flagged, len(one.unmarked), len(one.unproven))
        table.add_row(one.assignment, *(str(number) if number else "" for number in numbers))
    out = console()
    out.print(table)
    waiting = Counter((one.notebook, one.exercise) for assignment in assignments for one in assignment.unmarked)
    stale = Counter(one.exercise for assignment in assignments for one in assignment.unmarked if one.stale)
    for (notebook, exercise), count in sorted(waiting.items()):
        again = f", {stale[exercise]} of them again: the answer has changed" if stale[exercise] else ""
        out.print(f"[yellow]to mark[/]  {escape(f'{notebook} {exercise}: {count}{again}')}")
    for score in (score for one in assignments for score in one.unproven):
        out.print(f"[red]unproven[/] {escape(str(score))}")


def print_findings(findings: Sequence[Finding]) -> None:
    """What the sandbox promises here, by which layers; and where it cannot, what is lost and what to do."""
    from rich.markup import escape

    out = console()
    for finding in findings:
        mark = "[green]holds[/]" if finding.holds else "[bold red]fails[/]"
        out.print(f"{mark}  [bold]{finding.name}[/]: {escape(finding.promise)}")
        out.print(f"       [dim]by {escape(', '.join(finding.layers)) or 'no layer'}[/]")
        if not finding.holds:
            out.print(f"       [red]{escape(finding.detail)}[/]")
            out.print(f"       {escape(f'{finding.lost} {finding.do}'.strip())}")
    failing = sum(not finding.holds for finding in findings)
    out.print(
        f"{failing} of {len(findings)} promises fail here." if failing else "Every promise of the sandbox holds here."
    )
