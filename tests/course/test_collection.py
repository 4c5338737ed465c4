"""What is handed in is kept, gets one receipt, and the attempt that counts lies where nbgrader looks."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta

import pytest

from graders.course import attempts as store
from graders.course.attempts import Attempt, attempts
from graders.course.collection import collect
from graders.course.deadline import Deadline, duration
from graders.course.intake import read_submission
from graders.course.standing import settle
from graders.errors import CourseError, GraderError, UsageError
from tests.course import small
from tests.course.small import (
    NOON,
    PRACTICAL,
    SLUG,
    WORKED,
    everything,
    inbox,
    make,
    notebook,
    put,
    run,
    submitted,
    zipped,
)

BOTH = {"practical.ipynb": PRACTICAL, "worked_example.ipynb": WORKED}
STAMP = b"2026-02-03 12:00:00.000000 UTC"
BETTER = notebook("practical", "better")
HOUR = timedelta(hours=1)


@pytest.fixture
def course(tmp_path):
    return make(tmp_path)


def kept(course, student="student-01"):
    return attempts(course, student, SLUG)


# --- the ways to hand in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("student-01.zip", zipped(BOTH)),
        ("student-01.ZIP", zipped({"m96_small/practical.ipynb": PRACTICAL, "m96_small/worked_example.ipynb": WORKED})),
        ("student-01", BOTH),
        ("student-01", {"work.zip": zipped(BOTH)}),
        ("student-01", {"practical.ipynb": PRACTICAL, "rest.zip": zipped({"worked_example.ipynb": WORKED})}),
        ("student-01", {"deep/practical.ipynb": PRACTICAL, "deep/er/worked_example.ipynb": WORKED}),
        ("student-01.zip", zipped({"practical (1).ipynb": PRACTICAL, "my worked example.ipynb": WORKED})),
        ("student-01.zip", zipped({"worked_example.ipynb": PRACTICAL, "practical.ipynb": WORKED})),
    ],
)
def test_notebooks_are_found_however_they_are_wrapped_and_called(course, name, content):
    put(course, name, content)
    (receipt,) = run(course).values()
    assert (receipt.student, receipt.outcome, receipt.attempt) == ("student-01", "accepted", 1)
    assert submitted(course) == BOTH | {"timestamp.txt": STAMP}
    assert inbox(course) == (set(), {name})
    assert read_submission(course, "student-01", SLUG).timestamp == NOON


def test_a_notebook_that_is_called_otherwise_is_said_to_be(course):
    put(course, "student-01.zip", zipped({"practical (1).ipynb": PRACTICAL, "notes.txt": b"x"}))
    details = run(course)["student-01.zip"].details
    assert "practical (1).ipynb is taken as practical.ipynb." in details
    assert "notes.txt is not used." in details
    assert "Not handed in yet: worked_example.ipynb." in details


def test_one_notebook_after_the_other(course):
    """Who hands in the second notebook does not take back the first."""
    put(course, "student-01.ipynb", PRACTICAL)
    run(course)
    put(course, "student-01.ipynb", WORKED)
    receipt = run(course)["student-01.ipynb"]
    assert (receipt.outcome, receipt.attempt) == ("replaced", 2)
    assert "Not handed in again, so as in the attempt before: practical.ipynb." in receipt.details
    assert submitted(course) == BOTH | {"timestamp.txt": STAMP}
    assert inbox(course) == (set(), {"student-01.ipynb", "student-01 (2).ipynb"})


def test_several_files_of_one_student_are_one_attempt(course):
    put(course, "student-01.ipynb", PRACTICAL)
    put(course, "student-01.zip", zipped({"worked_example.ipynb": WORKED}))
    assert {receipt.attempt for receipt in run(course).values()} == {1}
    assert kept(course)[0].items == ("student-01.ipynb", "student-01.zip")


def test_several_files_that_speak_against_each_other_are_refused(course):
    put(course, "student-01.ipynb", PRACTICAL)
    put(course, "student-01.zip", zipped({"practical.ipynb": BETTER}))
    receipts = run(course)
    assert {receipt.outcome for receipt in receipts.values()} == {"refused"}
    assert "student-01.ipynb and student-01.zip both hold a practical.ipynb" in receipts["student-01.zip"].details[0]
    assert (inbox(course)[0], kept(course), submitted(course)) == ({"student-01.ipynb", "student-01.zip"}, (), {})


def test_names_of_a_learning_platform(tmp_path):
    course = make(
        tmp_path,
        inbox={
            "pattern": r"(?P<student>.+)_\d+_assignsubmission_file.*|(?P<_>x)",
            "aliases": {"Ada Lovelace": "student-01"},
        },
    )
    put(course, "Ada Lovelace_4711_assignsubmission_file", BOTH)
    put(course, "student-02.zip", zipped(BOTH))
    receipts = run(course)
    assert [receipt.student for receipt in receipts.values()] == ["student-01", "student-02"]


def test_a_time_in_the_name_is_when_it_came(tmp_path):
    pattern = r"(?P<student>.+?)_attempt_(?P<timestamp>[\d-]+)_.*"
    course = make(tmp_path, inbox={"pattern": pattern})
    put(course, "student-01_attempt_2026-02-03-10-15-22_practical.ipynb", PRACTICAL)
    (receipt,) = run(course).values()
    assert receipt.received == "2026-02-03 10:15:22.000000"


@pytest.mark.parametrize("pattern", ["(?P<name>.+)", "(?P<student>"])
def test_a_pattern_that_cannot_be_meant_is_refused(tmp_path, pattern):
    with pytest.raises(CourseError, match=r"course\.yaml:\d+: inbox\.pattern"):
        make(tmp_path, inbox={"pattern": pattern})


def test_a_file_is_as_old_as_it_is_but_never_from_the_future(course):
    past, future = put(course, "student-01.ipynb", PRACTICAL), put(course, "student-02.ipynb", PRACTICAL)
    os.utime(past, (1_770_120_000, 1_770_120_000))
    os.utime(future, (9_000_000_000, 9_000_000_000))
    before = datetime.now()
    receipts = run(course, received=None)
    assert receipts["student-01.ipynb"].received == "2026-02-03 12:00:00.000000"
    assert receipts["student-02.ipynb"].received < str(before + timedelta(days=2))


# --- again, and late ------------------------------------------------------------------------------------------------


def test_handing_in_again_replaces_and_keeps(course):
    for content in (PRACTICAL, BETTER):
        put(course, "student-01.ipynb", content)
        receipt = run(course)["student-01.ipynb"]
    assert (receipt.outcome, receipt.attempt) == ("replaced", 2)
    assert submitted(course)["practical.ipynb"] == BETTER
    assert [attempt.number for attempt in kept(course)] == [1, 2]
    folders = sorted((course.root / "attempts" / SLUG / "student-01").iterdir())
    assert [(folder / "practical.ipynb").read_bytes() for folder in folders] == [PRACTICAL, BETTER]
    assert {path.stat().st_mode & 0o777 for folder in folders for path in folder.iterdir()} == {0o444}


def test_the_same_again_is_no_new_attempt(course):
    for _ in range(2):
        put(course, "student-01.ipynb", PRACTICAL)
        receipt = run(course)["student-01.ipynb"]
    assert (receipt.outcome, receipt.attempt, len(kept(course))) == ("unchanged", 1, 1)
    assert inbox(course)[0] == set()


def test_more_than_a_thousand_attempts_stay_in_order(course):
    for number in (1000, 101, 999):
        attempt = Attempt("student-01", SLUG, number, "2026-02-03 12:00:00.000000", (), {})
        store._write(course, attempt, {})
    assert [attempt.number for attempt in kept(course)] == [101, 999, 1000]


def handed_in_at(course, *moments, **options):
    """The outcome of a new attempt at each moment."""
    outcomes = []
    for number, moment in enumerate(moments):
        put(course, "student-01.ipynb", notebook("practical", f"attempt {number + 1}"))
        outcomes.append(run(course, received=moment, **options)["student-01.ipynb"])
    return outcomes


def counts(course):
    source = json.loads(submitted(course)["practical.ipynb"])["cells"][0]["source"]
    return int(source.removeprefix("attempt "))


@pytest.mark.parametrize(
    ("attempts", "late", "hours", "counting"),
    [
        ("last", "none", (-2, -1), 2),
        ("last", "none", (-1, 1), 2),
        ("last", "zero", (-2, -1), 2),
        ("last", "zero", (-1, 1), 1),  # a late one would lose everything
        ("last", "zero", (1, 2), 2),
        ("first", "none", (-2, -1), 1),
        ("first", "zero", (1, 2), 1),
        ("best", "none", (-2, -1, 1), 2),
        ("best", "zero", (-2, -1, 1), 2),
        ("best", "zero", (-1, 1), 1),
    ],
)
def test_which_attempt_counts(tmp_path, attempts, late, hours, counting):
    course = make(tmp_path, attempts=attempts, late=late)
    moments = [NOON + hour * HOUR for hour in hours]
    points = {1: 1.0, 2: 3.0, 3: 2.0}
    receipts = handed_in_at(course, *moments, due=NOON, earned=lambda attempt: points[attempt.number])
    assert counts(course) == counting
    assert len(kept(course)) == len(hours)
    assert (receipts[-1].outcome == "kept") == (counting < len(hours))


def test_an_attempt_that_is_not_graded_yet_is_placed_to_be_compared(tmp_path):
    course = make(tmp_path, attempts="best")
    points = {1: 3.0}
    earned = lambda attempt: points.get(attempt.number)  # noqa: E731
    handed_in_at(course, NOON, NOON, earned=earned)
    assert counts(course) == 2
    points[2] = 1.0
    settle(course, "student-01", SLUG, Deadline(None), earned)
    assert counts(course) == 1
    points[2] = 3.0
    settle(course, "student-01", SLUG, Deadline(None), earned)
    assert counts(course) == 2  # of two that are equally good, the later


@pytest.mark.parametrize(
    ("late", "said"), [("none", "it costs nothing"), ("zero", "the late rule takes all of its points")]
)
def test_a_late_one_says_how_late_and_what_it_costs(tmp_path, late, said):
    course = make(tmp_path, late=late)
    (receipt,) = handed_in_at(course, NOON + timedelta(hours=2, minutes=5), due=NOON)
    assert f"Late by 2 h 5 min: {said}." in receipt.details
    assert receipt.outcome == "accepted"


def test_an_extension_is_one_students_own(tmp_path):
    course = make(tmp_path, late="zero")
    for student in small.STUDENTS:
        put(course, f"{student}.ipynb", PRACTICAL)
    receipts = run(course, due=NOON - HOUR, extensions={"student-02": HOUR})
    assert "Late by 1 h: the late rule takes all of its points." in receipts["student-01.ipynb"].details
    assert not any("Late" in detail for detail in receipts["student-02.ipynb"].details)


def test_an_extension_that_is_granted_later_changes_what_counts(tmp_path):
    course = make(tmp_path, late="zero")
    handed_in_at(course, NOON, NOON + HOUR, due=NOON)
    assert counts(course) == 1
    run(course, due=NOON, extensions={"student-01": HOUR})
    assert counts(course) == 2


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.5, "less than 1 s"), (59, "59 s"), (310, "5 min 10 s"), (3600, "1 h"), (90061, "1 d 1 h"), (172805, "2 d")],
)
def test_how_late_is_said_in_two_parts(seconds, said):
    assert duration(timedelta(seconds=seconds)) == said


# --- nothing lost, nothing half-written ----------------------------------------------------------------------------


def test_what_somebody_put_into_submitted_is_kept_before_it_gives_way(course):
    folder = course.submitted("student-01", SLUG)
    folder.mkdir(parents=True)
    (folder / "practical.ipynb").write_bytes(PRACTICAL)
    (folder / "submission_secret.txt").write_text("of nbgrader's exchange")
    put(course, "student-01.ipynb", BETTER)
    assert run(course)["student-01.ipynb"].attempt == 2
    assert kept(course)[0].items == (f"submitted/student-01/{SLUG}",)
    assert submitted(course) == {"practical.ipynb": BETTER, "timestamp.txt": STAMP}
    aside = course.root / ".aisa" / "replaced" / "submitted" / "student-01" / SLUG / "001"
    assert (aside / "submission_secret.txt").read_text() == "of nbgrader's exchange"


def test_what_cannot_be_read_in_submitted_is_left_for_somebody_to_look_at(course):
    folder = course.submitted("student-01", SLUG)
    folder.mkdir(parents=True)
    (folder / "practical.ipynb").symlink_to("/etc/passwd")
    put(course, "student-01.ipynb", PRACTICAL)
    (receipt,) = run(course).values()
    assert receipt.outcome == "refused"
    assert "practical.ipynb is a link" in receipt.details[0]
    assert (folder / "practical.ipynb").is_symlink()
    assert inbox(course)[0] == {"student-01.ipynb"}


STEPS = (
    "graders.course.attempts.os.fsync",
    "graders.course.standing.make_folders",
    "graders.course.collection.write",
    "graders.course.files.tempfile.mkstemp",
    "graders.course.collection.settle",
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("again", [False, True])
def test_a_failure_half_way_loses_nothing_and_the_next_run_mends_it(course, monkeypatch, step, again):
    if again:
        handed_in_at(course, NOON)
    put(course, "student-01.ipynb", BETTER)
    put(course, "student-02.ipynb", PRACTICAL)
    before = submitted(course)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(step, full)
        with pytest.raises((GraderError, OSError), match="No space left"):
            run(course)
    assert inbox(course)[0] == {"student-01.ipynb", "student-02.ipynb"}
    assert submitted(course) in (before, {"practical.ipynb": BETTER, "timestamp.txt": STAMP})
    receipts = run(course)
    assert {receipt.outcome for receipt in receipts.values()} <= {"accepted", "replaced", "unchanged"}
    assert submitted(course)["practical.ipynb"] == BETTER
    assert submitted(course, "student-02")["practical.ipynb"] == PRACTICAL
    assert len(kept(course)) == 1 + again
    hidden = [path for path in everything(course) if "/." in path and not path.startswith(".aisa")]
    assert hidden == []


def test_a_run_that_was_killed_between_two_renames_is_mended(course):
    handed_in_at(course, NOON)
    place = course.submitted("student-01", SLUG)
    place.rename(place.with_name(f".{SLUG}.old.1"))
    run(course)
    assert counts(course) == 1
    assert [path.name for path in place.parent.iterdir()] == [SLUG]


def test_an_attempt_that_was_changed_stops_the_run(course):
    handed_in_at(course, NOON)
    (folder,) = course.attempts_of("student-01", SLUG).iterdir()
    for name, message in (("practical.ipynb", "its digest differs"), ("attempt.json", "its seal does not hold")):
        path = folder / name
        old = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(old.replace(b"attempt 1", b"attempt 9").replace(b'"number": 1', b'"number": 9'))
        with pytest.raises(CourseError, match=f"{name}.*{message}"):
            run(course)
        path.write_bytes(old)
    run(course)


def test_an_attempt_of_somebody_else_does_not_count(course):
    handed_in_at(course, NOON)
    mine = course.attempts_of("student-01", SLUG)
    mine.rename(mine.with_name("student-02"))
    with pytest.raises(CourseError, match="its seal does not hold"):
        run(course)


def test_one_collection_at_a_time(course):
    import fcntl

    with (course.root / ".aisa" / "collecting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="collected already"):
            run(course)


def test_an_inbox_that_is_not_there(course):
    with pytest.raises(UsageError, match="--inbox"):
        collect(course, SLUG, course.root / "nowhere", Deadline(None), lambda attempt: None)
    with pytest.raises(UsageError, match="no assignment"):
        collect(course, "m01_other", course.root / "inbox", Deadline(None), lambda attempt: None)


def test_an_empty_inbox_changes_nothing(course):
    put(course, ".DS_Store", b"x")
    assert run(course) == {}


# --- receipts -------------------------------------------------------------------------------------------------------


def test_the_receipt_is_a_file_for_the_student(course):
    put(course, "student-01.ipynb", PRACTICAL)
    run(course, due=NOON - HOUR)
    (told,) = (course.root / "receipts" / SLUG / "student-01").glob("*.txt")
    lines = told.read_text().splitlines()
    assert lines[0] == f"small, {SLUG}: receipt for student-01.ipynb"
    assert lines[1] == "student-01, attempt 1, received 2026-02-03 12:00:00 UTC"
    assert "Accepted." in lines
    assert "Late by 1 h: it costs nothing." in lines
    assert any(line.startswith("practical.ipynb  sha256 ") for line in lines)
    record = json.loads(told.with_suffix(".json").read_text())
    assert record["outcome"] == "accepted"
    assert f"Receipt code {record['code']}" in lines


def test_a_receipt_is_written_once_however_often_the_inbox_is_looked_at(course):
    put(course, "student-01.txt", b"x")
    run(course)
    before = everything(course)
    run(course)
    assert everything(course) == before


def test_a_receipt_code_cannot_be_made_up(course, tmp_path):
    other = make(tmp_path / "other")
    (other.root / ".aisa" / "secret").write_text("77" * 32)
    other = type(other)(**{name: getattr(other, name) for name in other.__slots__} | {"secret": b"\x77" * 32})
    codes = []
    for one in (course, other):
        put(one, "student-01.ipynb", PRACTICAL)
        run(one)
        (told,) = (one.root / "receipts" / SLUG / "student-01").glob("*.json")
        codes.append(json.loads(told.read_text())["code"])
    assert codes[0] != codes[1]
