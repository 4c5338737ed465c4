"""Scores for other systems: what is open stays empty, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest

from graders.errors import UsageError
from graders.exports import tables
from graders.exports.cells import written
from graders.reports.publishing import Report
from graders.reports.summary import summarise
from tests.reports import cohort_records as made_up

WORKSHEET = """\
Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments
Participant 101,A,student-01,Submitted,,100.00,Yes,-,
Participant 102,B,student-02,Submitted,,100.00,Yes,-,
Participant 103,C,student-03,Submitted,7,100.00,No,-,
Participant 104,D,someone-else,Submitted,,100.00,Yes,-,=1+1
"""


@pytest.fixture
def report():
    cohort = summarise(made_up.MODULE, made_up.COHORT, made_up.PASS_MARKS)
    return Report(None, made_up.MODULE, cohort, made_up.RUBRICS)


def read(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_canvas_reads_students_and_totals_and_open_ones_stay_empty(report):
    header, possible, *students = read(tables.canvas([report]))
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible == ["    Points Possible", "", "", "", "", "24"]
    totals = {row[0]: row[5] for row in students}
    assert totals["student-01"] == "23"  # all of 5 + 5 + 6 + 4, and 3 of the 4 for what is written
    assert totals["student-02"] == ""  # its written answer waits for a marker
    assert totals["student-06"] == "0"  # handed nothing in
    assert totals["student-09"] == ""  # a score that no evidence stands behind


def test_moodles_worksheet_is_filled_in_on_its_own_scale(report):
    filled, absent = tables.moodle(b"\xef\xbb\xbf" + WORKSHEET.encode(), report)
    _, *rows = read(filled)
    assert [row[4] for row in rows] == ["95.83", "", "7", ""]  # 23 of 24; open stays empty, locked stays
    assert rows[3][-1] == "'=1+1"
    assert "student-06" in absent
    assert "student-01" not in absent


def test_another_file_is_no_worksheet(report):
    with pytest.raises(UsageError, match="no column 'Identifier'"):
        tables.moodle(b"a,b\n1,2\n", report)


def test_a_tidy_row_names_its_evidence(report):
    header, *rows = read(tables.tidy([report]))
    first = dict(zip(header, rows[0], strict=True))
    assert (first["student"], first["exercise"], first["points"]) == ("student-01", made_up.ROOFLINE.id, "5")
    assert (first["evidence"], first["number"]) == ("execution", "101")
    assert len(rows) == len(made_up.COHORT) * len(made_up.MODULE.exercises)
    waits = [row for row in rows if row[0] == "student-02" and row[3] == made_up.EXPLAINED.id]
    assert waits[0][4] == ""
    assert "marker" in waits[0][6]


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|'/c'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(cell):
    (row,) = read(written([[cell]]))
    assert row[0].startswith("'")


@pytest.mark.parametrize("cell", ["-1.5", "+3", "7", "1e-3", "text", "a=b"])
def test_numbers_and_text_stay_what_they_are(cell):
    assert read(written([[cell]])) == [[cell]]
