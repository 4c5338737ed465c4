"""What a report needs to be traced: numbers of the evidence, and how often a student was told of a mistake."""

from __future__ import annotations

from sqlalchemy import text

from graders.gradebook import Gradebook
from tests.gradebook import tiny
from tests.gradebook.databases import engine_of
from tests.gradebook.test_evidence import FULL, write
from tests.gradebook.test_marks import KEY, mark

KEYS_ONLY = ("m99_a", "keys only")


def ids(course, table):
    with engine_of(course.database) as engine, engine.connect() as connection:
        return list(connection.execute(text(f"SELECT id FROM {table} ORDER BY id")).scalars())


def test_an_execution_and_a_mark_have_the_numbers_of_their_rows(open_course):
    write(open_course)
    write(open_course)
    mark(open_course)
    mark(open_course, tiny.mark(points=4.0, reason="Second marking."))
    with Gradebook.open(open_course) as gradebook:
        executions, marks = gradebook.executions(tiny.SLUG), gradebook.marks(tiny.SLUG)
    assert sorted(kept.number for kept in executions.values()) == ids(open_course, "aisa_execution")[-2:]
    assert all(kept.sealed for kept in executions.values())
    assert [kept.number for kept in marks[KEY]] == ids(open_course, "aisa_mark")[::-1]


def test_a_hint_counts_once_for_each_file_that_was_handed_in(open_course):
    write(open_course)
    write(open_course)  # graded again, as after a corrected check: nobody reads the hint anew
    with Gradebook.open(open_course) as gradebook:
        assert gradebook.hints(tiny.SLUG)[KEYS_ONLY] == 1
    write(open_course, [tiny.result("first", {"m99_a": 2.0}, digest="t"), FULL[1]])
    with Gradebook.open(open_course) as gradebook:
        gradebook.write_rows(tiny.handed_in("student-02"), FULL)
        assert gradebook.hints(tiny.SLUG)[KEYS_ONLY] == 3
        assert gradebook.hints("m98_other") == {}


def test_tries_are_files_in_the_order_in_which_they_came_each_as_it_was_graded_last(open_course):
    first = [tiny.result("first", {"m99_a": 1.0}, digest="s"), FULL[1]]
    better = [tiny.result("first", {"m99_a": 2.0}, digest="t"), FULL[1]]
    write(open_course, first)
    write(open_course, better)
    write(open_course, [tiny.result("first", {"m99_a": 1.5}, digest="s"), FULL[1]])  # the first file, graded again
    with Gradebook.open(open_course) as gradebook:
        found = gradebook.tries(tiny.SLUG)[("student-01", "m99_a")]
        assert gradebook.tries("m98_other") == {}
    numbers = ids(open_course, "aisa_execution")
    assert [(one.points, one.number) for one in found] == [(1.5, numbers[4]), (2.0, numbers[2])]
    assert {one.misconception for one in found} == {"keys only"}
