"""What the demo says while it works, and when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.table import Table

from graders.capstone.packs import use_case
from graders.demo.candidates import Candidate
from graders.demo.samples import Sample
from graders.grading import Receipt
from graders.reports.summary import Cohort, Row
from graders.scoring import amount

_KINDS = {
    "right": "right, by other ways than the author’s",
    "one mistake": "one or two known mistakes",
    "unfinished": "unfinished",
    "blank": "blank",
    "broken": "broken",
    "hostile": "hostile",
}


class Steps:
    """A line on standard error that says what is being done; nothing where nobody watches."""

    def __init__(self, quiet: bool) -> None:
        self._status = Status("", console=Console(stderr=True, quiet=quiet))

    def __enter__(self) -> Steps:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def say(self, what: str) -> None:
        """Say what comes next."""
        self._status.update(what)

    def graded(self, done: int, total: int, receipt: Receipt) -> None:
        """Say that one more submission is done."""
        self.say(f"graded {receipt.student}, {done} of {total}")


def print_summary(samples: Sequence[Sample], cohort: Cohort, page: Path) -> None:
    """A line for each kind of sample, and where the report lies.

    Parameters
    ----------
    samples : sequence of Sample
        What was handed in.
    cohort : Cohort
        What came of it.
    page : Path
        The instructor's page.
    """
    rows = {row.submission.student: row for row in cohort.rows}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("submissions", "how many", "points", "complete", "flagged"):
        table.add_column(heading, justify="left" if heading == "submissions" else "right")
    for kind, words in _KINDS.items():
        chosen = [rows[sample.student] for sample in samples if sample.kind == kind]
        complete = sum(row.decision.outcome == "complete" for row in chosen)
        flagged = sum(bool(row.submission.flags or row.submission.refused) for row in chosen)
        table.add_row(words, str(len(chosen)), _points(chosen), str(complete), str(flagged))
    out = Console(highlight=False, soft_wrap=True)
    out.print(table)
    out.print(f"\nThe report, with a page for each student: {page}", markup=False)
    out.print(f"What the module’s author should look at: {page.with_name('module.html')}", markup=False)


def print_modules(taught: Sequence[tuple[str, Cohort, Path]]) -> None:
    """A line for each of the other modules.

    Parameters
    ----------
    taught : sequence of (str, Cohort, Path)
        Slug, what came of what was handed in, and the instructor's page.
    """
    out = Console(highlight=False, soft_wrap=True)
    for slug, cohort, page in taught:
        graded = [row for row in cohort.rows if row.share is not None]
        out.print(f"{slug}: {len(graded)} graded, {_points(graded)} points. {page}", markup=False)


def print_candidates(candidates: Sequence[Candidate], course: Path) -> None:
    """What became of each candidate, and how to look at the certificate.

    Parameters
    ----------
    candidates : sequence of Candidate
        In their order.
    course : Path
        Root of the demo's course.
    """
    out = Console(highlight=False, soft_wrap=True)
    out.print("\nCandidates before the panel:")
    for one in candidates:
        folder = course / "certificates" / one.student
        about = use_case(one.report.pack).pack.title
        if one.outcome.certificate is not None:
            out.print(f"  {one.student}, {about}: certified, {one.rule}. {folder / 'certificate.html'}", markup=False)
            out.print(f"    the design, and a PDF of it: {one.design}", markup=False)
            out.print(f"    aisa verify {folder} --rederive --trust {folder.parent / 'issuer.json'}", markup=False)
            continue
        blocked = f"the check stops the document: {one.report.blocking[0]}" if one.report.blocking else ""
        why = blocked or one.outcome.decision.reasons[0]
        out.print(f"  {one.student}, {about}: refused, {why}. {folder / 'transcript.html'}", markup=False)


def _points(rows: Sequence[Row]) -> str:
    """Lowest and highest points of those that were graded."""
    totals = sorted(row.points for row in rows if row.share is not None)
    if not totals:
        return "none graded"
    return amount(totals[0]) if totals[0] == totals[-1] else f"{amount(totals[0])} to {amount(totals[-1])}"
