"""What each system wants to read: Canvas' gradebook, Moodle's offline grading worksheet, a tidy table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from graders.errors import UsageError
from graders.exports.cells import points, written
from graders.reports.publishing import Report
from graders.reports.summary import Row

TIDY = ("student", "module", "notebook", "exercise", "points", "max_points", "why_open", "evidence", "number")
_IDENTIFIER, _GRADE, _CHANGED, _LOCKED = (
    *("Identifier", "Grade", "Last modified (grade)"),
    "Grade can be changed",
)
_KEYS = ("ID number", "Username", "Email address", "Full name")
"""Columns of Moodle's worksheet in which a course may keep our student ids."""


def canvas(reports: Sequence[Report]) -> bytes:
    """A CSV file for the import of Canvas' gradebook.

    Parameters
    ----------
    reports : sequence of Report
        One for each module.

    Returns
    -------
    bytes
        A student's cell is empty while something of the module is not graded, not marked or not proven: an empty cell
        changes nothing there.
    """
    titles = [f"{one.module.slug} {one.module.title}" for one in reports]
    rows: list[list[object]] = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *titles]]
    # four spaces in front are how Canvas knows this row
    rows.append(["    Points Possible", "", "", "", "", *(points(_most(one)) for one in reports)])
    totals = [{row.submission.student: _total(row) for row in one.cohort.rows} for one in reports]
    for student in sorted({student for each in totals for student in each}):
        rows.append([student, "", student, student, "", *(points(each.get(student)) for each in totals)])
    return written(rows)


def moodle(worksheet: bytes, report: Report) -> tuple[bytes, tuple[str, ...]]:
    """Fill in the worksheet that Moodle gives for an assignment.

    Parameters
    ----------
    worksheet : bytes
        As it was downloaded there.
    report : Report
        Of the module.

    Returns
    -------
    (bytes, tuple of str)
        The worksheet with grades on its own scale, and students who are not in it.

    Raises
    ------
    UsageError
        If it is no such worksheet.
    """
    read = csv.DictReader(io.StringIO(worksheet.decode("utf-8-sig")))
    columns = list(read.fieldnames or ())
    if missing := [name for name in (_IDENTIFIER, _GRADE, _CHANGED) if name not in columns]:
        raise UsageError(f"is no worksheet of Moodle: it has no column {missing[0]!r}")
    totals = {row.submission.student: _total(row) for row in report.cohort.rows}
    found, rows = set(), [columns]
    for row in read:
        student = next((row[key] for key in _KEYS if row.get(key) in totals), None)
        total = totals.get(student) if student is not None else None
        if student is not None:
            found.add(student)
        if total is not None and row.get(_LOCKED, "Yes") != "No":
            scale = float(row.get("Maximum Grade") or _most(report))
            row[_GRADE] = points(scale * total / _most(report))
        rows.append([row[name] for name in columns])
    return written(rows), tuple(sorted(set(totals) - found))


def tidy(reports: Sequence[Report]) -> bytes:
    """A row for each exercise of each student, with what its points rest on.

    Parameters
    ----------
    reports : sequence of Report
        One for each module.

    Returns
    -------
    bytes
        CSV.
    """
    return written([TIDY, *(list(one.values()) for one in records(reports))])


def records(reports: Sequence[Report]) -> Iterator[dict[str, object]]:
    """The same as plain data, for JSON."""
    for report in reports:
        for row in report.cohort.rows:
            for work in row.works:
                said = (
                    *(row.submission.student, report.module.slug, work.entry.notebook, work.entry.id),
                    *(points(work.points), points(work.entry.points), work.standing.why if work.points is None else ""),
                    *("mark" if work.mark else "execution", "" if work.number is None else str(work.number)),
                )
                yield dict(zip(TIDY, said, strict=True))


def _most(report: Report) -> float:
    return sum(one.points for one in report.module.exercises)


def _total(row: Row) -> float | None:
    """All points of a module, once nothing of it is open."""
    return None if any(work.points is None for work in row.works) else row.points
