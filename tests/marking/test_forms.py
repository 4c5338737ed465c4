"""A form holds what a marker needs; filled in, it is read strictly, and counts whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import CourseError, UsageError
from graders.marking.answers import answers, plain
from graders.marking.form import form, write_forms
from graders.marking.form_reading import read_forms
from graders.marking.giving import give, mark_of
from tests.marking.essays import LEVER, NOTEBOOK, SLUG, STUDENTS, TRAFFIC, hand_in


def everything(course, gradebook):
    return answers(course, gradebook, SLUG, marked=True)


def written(course, gradebook, tmp_path, name="form.yaml"):
    """A form of all that is left to mark."""
    (path,) = write_forms(course, answers(course, gradebook, SLUG), tmp_path / name)
    return path


def fill(path, *, marker="A. Marker", exercise=TRAFFIC, levels=("1", "0"), count=None):
    """Fill in the levels of an exercise, as a marker would with an editor."""
    text = path.read_text().replace('marker: ""', f'marker: "{marker}"')
    names = {TRAFFIC: ("bytes", "roof"), LEVER: ("choice", "limit")}[exercise]
    for name, level in zip(names, levels, strict=True):
        text = re.sub(rf"(?m)^(      {name}:) [ 0-9] ", rf"\1 {level} ", text, count=count or 0)
    path.write_text(text)
    return path


def take(course, gradebook, *paths, marker=""):
    return give(gradebook, read_forms(paths, SLUG, everything(course, gradebook), marker))


def test_a_form_is_yaml_with_all_that_a_marker_needs(course, gradebook, tmp_path):
    path = written(course, gradebook, tmp_path)
    text, content = path.read_text(), yaml.safe_load(path.read_text())
    assert content["assignment"] == SLUG
    assert [entry["exercise"] for entry in content["answers"]] == [TRAFFIC] * 8 + [LEVER] * 8
    first = content["answers"][0]
    assert first["levels"] == {"bytes": None, "roof": None}
    assert first["answer"].startswith("It reads *and writes*: 24 bytes.")
    assert "#   1  (0.5)  Counts the reads: without the writes it is half of the truth." in text
    assert text.count("Three lines are moved") == 1  # the same for all, so said once
    assert not any(student in text for student in STUDENTS)
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_written_is_proposed_as_nothing(course, gradebook, tmp_path):
    content = yaml.safe_load(written(course, gradebook, tmp_path).read_text())
    lever = content["answers"][-1]
    assert (lever["levels"], lever["answer"].strip()) == ({"choice": 0, "limit": 0}, "(nothing is written)")


def test_a_filled_in_form_becomes_marks(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path))
    marks = take(course, gradebook, path)
    assert len(marks) == 16
    assert {(mark.exercise, mark.points, mark.marker) for mark in marks} == {
        (TRAFFIC, 0.5, "A. Marker"),
        (LEVER, 0.0, "A. Marker"),
    }
    assert gradebook.unmarked(SLUG) == gradebook.unproven(SLUG) == ()
    assert take(course, gradebook, path) == ()  # the same again is none


def test_what_is_left_empty_is_left_for_later(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path), count=3)
    marks = take(course, gradebook, path)
    assert len([mark for mark in marks if mark.exercise == TRAFFIC]) == 3
    assert len(gradebook.unmarked(SLUG)) == 5


def test_the_student_reads_levels_and_comment(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path), count=1)
    path.write_text(path.read_text().replace('comment: ""', 'comment: "Count again."', 1))
    mark = next(mark for mark in take(course, gradebook, path) if mark.exercise == TRAFFIC)
    assert mark.comment == "Count again."
    with gradebook._reading() as connection:
        query = "SELECT manual_comment FROM comment WHERE manual_comment LIKE '%Count again.'"
        (told,) = connection.exec_driver_sql(query).scalars()
    assert "**Counts the bytes** (0.5 of 2): Counts the reads" in told


def test_a_form_for_each_exercise_or_student(course, gradebook, tmp_path):
    found = answers(course, gradebook, SLUG)
    by_exercise = write_forms(course, found, tmp_path / "one")
    assert [path.name for path in by_exercise] == [f"{LEVER}.yaml", f"{TRAFFIC}.yaml"]
    by_student = write_forms(course, found, tmp_path / "other", by="student")
    assert {path.stem for path in by_student} == {answer.id for answer in found}
    for path in by_student:
        fill(path, levels=("2", "1"))
    assert len(take(course, gradebook, *by_student)) == 16


def test_nothing_is_left_to_mark(course, gradebook, tmp_path):
    assert write_forms(course, (), tmp_path / "forms") == ()
    assert list((tmp_path / "forms").iterdir()) == []


def test_personal_model_answers_stand_with_their_answers(course, gradebook, tmp_path):
    hand_in(course, gradebook, "student-01", {TRAFFIC: "x"}, model_answers={TRAFFIC: "It is 17 bytes."})
    content = yaml.safe_load(written(course, gradebook, tmp_path).read_text())
    models = [entry["model_answer"] for entry in content["answers"] if entry["exercise"] == TRAFFIC]
    assert "It is 17 bytes.\n" in models
    assert len(models) == 8


def test_a_form_that_is_there_is_never_written_over(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path))
    before = path.read_text()
    with pytest.raises(UsageError, match="may be filled in"):
        written(course, gradebook, tmp_path)
    assert path.read_text() == before


INJECTIONS = [
    "fine\n    levels:\n      bytes: 2\n      roof: 1",
    "levels: {bytes: 2, roof: 1}",
    "\n  - id: x",
    "   indented at first\nthen not",
    "# no comment",
    "...\n---\n!!python/object:os.system {}",
    "\"quoted' |2 >- &a *a",
    "\x1b[31mred\x00\x85\u2028\u2029\ufeff\ud800",
    "tab\tand trailing   \n\n\n",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_answer_is_text_whatever_it_says(course, gradebook, text):
    answer = answers(course, gradebook, SLUG)[0]
    content = yaml.safe_load(form([replace(answer, shown=plain(text), model_answer=plain(text))], "x.yaml"))
    (entry,) = content["answers"]
    assert entry["answer"].removesuffix("\n") == plain(text)
    assert entry["levels"] == {"bytes": None, "roof": None}


@pytest.fixture(scope="module")
def one_answer(template):
    from graders.course import load
    from graders.gradebook import Gradebook

    course = load(template)
    with Gradebook.open(course) as gradebook:
        return answers(course, gradebook, SLUG)[0]


@given(st.text(min_size=1))
def test_any_answer_survives_its_form(one_answer, text):
    shown = plain(text)
    content = yaml.safe_load(form([replace(one_answer, shown=shown)], "x.yaml"))
    assert content["answers"][0]["answer"].removesuffix("\n") == (shown or "(nothing is written)")


# --- what is wrong is said with its place ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('marker: "A. Marker"', 'marker: ""', r"marker: '' names no marker"),
        ("answers:", "markr: x\nanswers:", r"form\.yaml:5: markr: unknown key"),
        (f"assignment: {SLUG}", "assignment: m96_other", r"form\.yaml:3: assignment: is a form of m96_other"),
        ("      bytes: 1 ", "      bytes: 3 ", r"form\.yaml:\d+: answers\[0\]\.levels: 'bytes' has the levels 0 to 2"),
        ("      bytes: 1 ", "      bytes: -1 ", r"answers\[0\]\.levels: 'bytes' has the levels 0 to 2, not -1"),
        ("      bytes: 1 ", "      bytes: x ", r"answers\[0\]\.levels\.bytes: .* found 'x'"),
        ("      bytes: 1 ", "      bytes: true ", r"answers\[0\]\.levels\.bytes: .* found True"),
        ("      bytes: 1 ", "      bytes: 1.5 ", r"answers\[0\]\.levels\.bytes: .* found 1\.5"),
        ("      bytes: 1 ", "      bites: 1 ", r"no criterion 'bites'; there are bytes, roof"),
        ("      bytes: 1 ", "      bytes:  ", r"answers\[0\]\.levels: the criterion 'bytes' has no level"),
        ("      roof: 0  # 0 to 1\n", "", r"answers\[0\]\.levels: the criterion 'roof' has no level"),
        ("  - id: ", "  - id: 0", r"answers\[0\]: there is no graded answer 0"),
        (f"    exercise: {TRAFFIC}", "    exercise: m95_other", r"answers\[0\]: there is no graded answer"),
        ("    answer_digest: ", "    answer_digest: 0", r"answers\[0\]: the answer has changed since"),
        ('    comment: ""', "    comment: [1]", r"answers\[0\]\.comment"),
        ("    levels:", "    points: 2\n    levels:", r"answers\[0\]\.points: unknown key"),
        ("answers:", "answers: [", r"form\.yaml:\d+: is not YAML"),
        ("assignment:", "assignment: x\nassignment:", r"assignment: the key is there twice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken(course, gradebook, tmp_path, old, new, message):
    path = fill(written(course, gradebook, tmp_path))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError, match=message):
        take(course, gradebook, path)
    assert gradebook.marks(SLUG) == {}


def test_an_answer_that_is_there_twice(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path))
    text = path.read_text()
    entry = text[text.index("  - id: ") :].split("\n\n")[0]
    path.write_text(f"{text}\n{entry}\n")
    with pytest.raises(CourseError, match="is there twice"):
        take(course, gradebook, path)
    path.write_text(text)
    copy = tmp_path / "copy.yaml"
    copy.write_text(text)
    with pytest.raises(CourseError, match=r"is marked in two forms"):
        take(course, gradebook, path, copy)
    assert gradebook.marks(SLUG) == {}


def test_the_marker_may_be_named_on_the_command_line(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path), marker="")
    with pytest.raises(CourseError, match="names no marker"):
        take(course, gradebook, path)
    assert {mark.marker for mark in take(course, gradebook, path, marker="B. Marker")} == {"B. Marker"}
    path.write_text(path.read_text().replace('marker: ""', "marker: C. Marker"))
    with pytest.raises(CourseError, match=r"filled in by 'C\. Marker', and --marker says 'B\. Marker'"):
        take(course, gradebook, path, marker="B. Marker")


def test_an_answer_that_is_marked_otherwise_wants_a_reason(course, gradebook, tmp_path):
    first, second = written(course, gradebook, tmp_path), written(course, gradebook, tmp_path, "second.yaml")
    take(course, gradebook, fill(first))
    fill(second, marker="B. Marker", levels=("2", "1"))
    with pytest.raises(
        CourseError, match=r"answers\[0\]: it is marked already: A\. Marker gave 0\.5 points \(bytes: 1"
    ):
        take(course, gradebook, second)
    second.write_text(second.read_text().replace('reason: ""', 'reason: "Moderated."'))
    given = take(course, gradebook, second)
    assert {mark.points for mark in given if mark.exercise == TRAFFIC} == {3.0}
    newest = next(iter(gradebook.marks(SLUG)["student-01", NOTEBOOK, TRAFFIC]))
    assert (newest.mark.marker, newest.mark.reason) == ("B. Marker", "Moderated.")
    assert gradebook.unproven(SLUG) == ()


def test_an_answer_that_has_changed_is_proposed_with_its_earlier_levels(course, gradebook, tmp_path):
    take(course, gradebook, fill(written(course, gradebook, tmp_path)))
    hand_in(course, gradebook, "student-01", {TRAFFIC: "Another answer."})
    path = written(course, gradebook, tmp_path, "again.yaml")
    (entry,) = yaml.safe_load(path.read_text())["answers"]
    assert entry["levels"] == {"bytes": 1, "roof": 0}
    assert "for an earlier answer: confirm the levels, or change them." in path.read_text()
    path.write_text(path.read_text().replace('marker: ""', "marker: B. Marker"))
    assert len(take(course, gradebook, path)) == 1
    assert gradebook.unmarked(SLUG) == gradebook.unproven(SLUG) == ()


def test_a_form_of_an_answer_that_has_changed_since_is_refused(course, gradebook, tmp_path):
    path = fill(written(course, gradebook, tmp_path))
    hand_in(course, gradebook, "student-01", {TRAFFIC: "Another answer."})
    with pytest.raises(CourseError, match="the answer has changed since the form was written"):
        take(course, gradebook, path)
    assert gradebook.marks(SLUG) == {}


def test_a_failure_of_the_database_takes_nothing(course, gradebook, tmp_path, monkeypatch):
    path = fill(written(course, gradebook, tmp_path))
    calls = []

    def fails_at_the_fifth(connection, mark, told):
        calls.append(mark)
        if len(calls) == 5:
            raise UsageError("the plug was pulled")

    monkeypatch.setattr("graders.gradebook.by_hand.write", fails_at_the_fifth)
    with pytest.raises(UsageError, match="plug"):
        take(course, gradebook, path)
    assert gradebook.marks(SLUG) == {}


def test_a_mark_needs_a_marker(course, gradebook):
    answer = answers(course, gradebook, SLUG)[0]
    for name in ("", "  ", "a\nb", "x" * 300):
        with pytest.raises(UsageError, match="names no marker"):
            mark_of(answer, {"bytes": 1, "roof": 1}, name)
