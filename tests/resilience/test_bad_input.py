"""Bad submissions, a machine that does not do its part, and mistakes of whoever types: one clear message each."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graders.course import load
from graders.errors import GraderError, SandboxError, UsageError
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.sandbox import policy
from graders.sandbox.inside import kernel
from tests.attacks.attack import SLUG
from tests.attacks.right import RIGHT
from tests.resilience.courses import (
    STUDENTS,
    aisa,
    autograded,
    graded_here,
    hand_in,
    notebook,
    one_message,
    rows,
    settings,
    students_with_rows,
)


def _changed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    parsed = json.loads(content)
    change(parsed)
    return json.dumps(parsed).encode()


def _old_schema(parsed: dict[str, Any]) -> None:
    for cell in parsed["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 1


def _big_cell(parsed: dict[str, Any]) -> None:
    parsed["cells"].append({**copy.deepcopy(parsed["cells"][1]), "source": "x = 1\n" * (50 << 20 >> 2), "metadata": {}})


def _spoilt(spoil: Callable[[bytes], bytes]) -> Callable[[Path, str], None]:
    return lambda course, student: _write(course, student, spoil(notebook(course, RIGHT)))


def _write(course: Path, student: str, content: bytes, name: str = "practical.ipynb") -> None:
    hand_in(course, student, content, name)


def _link(course: Path, student: str) -> None:
    path = hand_in(course, student, b"")
    path.unlink()
    path.symlink_to(course / "source" / SLUG / "practical.ipynb")


def _linked_folder(course: Path, student: str) -> None:
    (course / "submitted" / student).symlink_to(course / "submitted" / STUDENTS[0])


BAD: dict[str, tuple[str, Callable[[Path, str], None], str]] = {
    "no JSON": ("student-51", _spoilt(lambda content: content[:-20]), "not JSON"),
    "no notebook": ("student-52", _spoilt(lambda content: b'{"a": 1}'), "not a notebook"),
    "a cell of 50 MB": ("student-53", _spoilt(lambda content: _changed(content, _big_cell)), "MiB"),
    "old nbgrader schema": ("student-54", _spoilt(lambda content: _changed(content, _old_schema)), "schema 1"),
    "nothing": ("student-55", _spoilt(lambda content: b""), "not JSON"),
    "a link": ("student-56", _link, "is a link"),
    "a folder that is a link": ("student-57", _linked_folder, "link"),
    "the wrong assignment": (
        "student-58",
        lambda course, student: _write(course, student, notebook(course, RIGHT), "m97_elsewhere.ipynb"),
        "expected practical.ipynb, found m97_elsewhere.ipynb",
    ),
    "an unknown student": ("student-99", _spoilt(lambda content: content), "not on the roster"),
    "no student id": ("-rf .", _spoilt(lambda content: content), "no student id"),
}
"""What is wrong: who hands it in, how it is made, what the receipt says."""


@dataclass(frozen=True)
class Mixed:
    """A course in which bad input of every kind lies between honest work, graded by one command."""

    course: Path
    exit_status: int
    printed: str
    receipts: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def mixed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    course = Path(shutil.copytree(template, tmp_path_factory.mktemp("mixed") / "course"))
    settings(course, students=[*STUDENTS, *(f"student-{number}" for number in range(51, 59))])
    for student, make, _ in BAD.values():
        make(course, student)
    hand_in(course, STUDENTS[0], notebook(course, RIGHT), slug="m97_elsewhere")
    done = aisa(course, "grade", SLUG, "--json")
    receipts = {receipt["student"]: receipt for receipt in json.loads(done.stdout)}
    return Mixed(course, done.returncode, done.stderr, receipts)


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_message_and_leaves_nothing(mixed: Mixed, kind: str) -> None:
    student, _, said = BAD[kind]
    receipt = mixed.receipts[student]
    assert receipt["state"] == "refused"
    assert said in receipt["detail"]
    assert "\n" not in receipt["detail"]
    assert student not in students_with_rows(mixed.course)
    assert not (mixed.course / "autograded" / student).exists()


def test_the_rest_of_the_run_goes_on(mixed: Mixed) -> None:
    assert mixed.exit_status == 1
    assert mixed.printed == ""
    assert {mixed.receipts[student]["state"] for student in STUDENTS} == {"graded"}
    assert students_with_rows(mixed.course) == set(STUDENTS)


def test_an_assignment_that_the_course_does_not_have(mixed: Mixed) -> None:
    assert "m97_elsewhere" in one_message(aisa(mixed.course, "grade", "m97_elsewhere"))


def test_an_earlier_score_outlives_a_file_that_cannot_be_read(course: Path) -> None:
    graded_here(course)
    before = rows(course)
    hand_in(course, STUDENTS[0], b"no notebook")
    assert graded_here(course)[STUDENTS[0]].state == "refused"
    assert rows(course) == before


# --- the machine ----------------------------------------------------------------------------------------------------


def test_no_sandbox_environment(course: Path) -> None:
    """Nobody gets a zero because the machine has no Python for the sandbox."""
    done = aisa(course, "grade", SLUG, AISA_SANDBOX_PYTHON="/nowhere/bin/python")
    assert done.returncode in (1, 2)
    assert "/nowhere/bin/python" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not students_with_rows(course)
    assert not autograded(course)


def test_a_sandbox_without_numpy(course: Path, tmp_path: Path) -> None:
    """An interpreter that lacks what notebooks import is named once, not held against anybody."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/false")
    done = aisa(course, "grade", SLUG, AISA_SANDBOX_PYTHON=str(tmp_path / "bin" / "python"))
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert not students_with_rows(course)


@pytest.fixture
def no_own_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that gives a notebook no file system of its own."""
    stand = policy.layers_of
    monkeypatch.setattr(policy, "layers_of", lambda shape, reported: stand(shape, reported) - {"own-disk"})


@pytest.mark.usefixtures("no_own_disk")
def test_a_layer_is_missing(course: Path) -> None:
    with pytest.raises(SandboxError, match=r"not safe.*disk.*--allow-unsafe"):
        grade_course(load(course), SLUG)
    assert not autograded(course)
    assert not rows_of_submissions(course)


@pytest.mark.usefixtures("no_own_disk")
def test_graded_all_the_same_every_result_is_marked(course: Path) -> None:
    receipts = grade_course(load(course), SLUG, allow_unsafe=True)
    assert {(receipt.state, receipt.detail) for receipt in receipts} == {("graded", "unsafe: disk")}
    assert _unsafe(course) == {("disk",)}


def test_graded_safely_afterwards_the_mark_is_gone(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = policy.layers_of
    with monkeypatch.context() as machine:
        machine.setattr(policy, "layers_of", lambda shape, reported: stand(shape, reported) - {"own-disk"})
        grade_course(load(course), SLUG, allow_unsafe=True)
    assert {receipt.state for receipt in grade_course(load(course), SLUG)} == {"graded"}
    assert _unsafe(course) == {()}


def _unsafe(course: Path) -> set[tuple[str, ...]]:
    with Gradebook.open(load(course)) as gradebook:
        return {result.unsafe for results in gradebook.evidence(SLUG).values() for result in results}


def test_a_locked_database(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Gradebook.open
    monkeypatch.setattr(Gradebook, "open", lambda course: opened(course, patience_s=0.2))
    before = rows_of_submissions(course)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GraderError, match=r"locked|busy"):
            grade_course(load(course), SLUG)
        other.rollback()
    assert rows_of_submissions(course) == before
    assert {receipt.state for receipt in grade_course(load(course), SLUG)} == {"graded"}


def rows_of_submissions(course: Path) -> int:
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as base:
        return int(base.execute("SELECT count(*) FROM submitted_assignment").fetchone()[0])


def test_a_database_that_is_none(course: Path) -> None:
    (course / "gradebook.db").write_bytes(b"This is no database." * 100)
    assert "gradebook.db" in one_message(aisa(course, "grade", SLUG))
    assert (course / "gradebook.db").read_bytes() == b"This is no database." * 100


def test_an_assignment_that_was_not_released(course: Path) -> None:
    (course / "gradebook.db").unlink()
    assert "aisa release" in one_message(aisa(course, "grade", SLUG))
    assert not autograded(course)


@contextlib.contextmanager
def mounted(place: Path, options: str = "", flags: int = 0) -> Iterator[None]:
    """A file system of its own at `place`, for the superuser who may mount."""
    place.mkdir(exist_ok=True)
    try:
        kernel.mount("tmpfs", str(place), "tmpfs", flags, options)
    except OSError as reason:
        pytest.skip(f"mounting needs the superuser and CAP_SYS_ADMIN ({reason.strerror})")
    try:
        yield
    finally:
        os.system(f"umount -l '{place}'")


def _moved(course: Path, place: Path) -> Path:
    os.system(f"cp -a '{course}' '{place}/course'")
    return place / "course"


def test_a_full_disk(course: Path, tmp_path: Path) -> None:
    """Who cannot be written is told so, and has no row without a file; with room again, all is as it should be."""
    with mounted(tmp_path / "small", "size=24m"):
        moved = _moved(course, tmp_path / "small")
        filling = tmp_path / "small" / "filling"
        with filling.open("wb") as file, contextlib.suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))
        done = aisa(moved, "grade", SLUG)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert any(word in done.stdout + done.stderr for word in ("No space left", "full"))
        filling.unlink()
        assert students_with_rows(moved) <= {path.split("/")[0] for path in autograded(moved)}
        assert {receipt.state for receipt in graded_here(moved).values()} <= {"graded", "unchanged"}
        assert students_with_rows(moved) == set(STUDENTS)
        assert not list(moved.rglob(".practical*"))


def test_a_read_only_disk(course: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "still", "size=24m"):
        moved = _moved(course, tmp_path / "still")
        kernel.mount("none", str(tmp_path / "still"), flags=32 | 1)  # MS_REMOUNT, MS_RDONLY
        done = aisa(moved, "grade", SLUG)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        said = done.stdout + done.stderr
        assert "ead-only" in said or "readonly" in said
        kernel.mount("none", str(tmp_path / "still"), flags=32)
        assert not students_with_rows(moved)


# --- who types --------------------------------------------------------------------------------------------------


def test_somebody_who_handed_nothing_in(course: Path) -> None:
    assert "student-77" in one_message(aisa(course, "grade", SLUG, "--student", "student-77"))


def test_no_course(tmp_path: Path) -> None:
    assert "course.yaml" in one_message(aisa(tmp_path, "grade", SLUG))


def test_a_course_whose_settings_are_wrong(course: Path) -> None:
    with (course / "course.yaml").open("a") as file:
        file.write("\nlimit: 7\n")
    assert "limit" in one_message(aisa(course, "grade", SLUG))


def test_a_course_without_its_secret(course: Path) -> None:
    (course / ".aisa" / "secret").unlink()
    assert "secret" in one_message(aisa(course, "grade", SLUG))


def test_nobody_handed_anything_in(course: Path) -> None:
    os.system(f"rm -r '{course}/submitted'")
    assert grade_course(load(course), SLUG) == ()
    with pytest.raises(UsageError):
        grade_course(load(course), SLUG, students=[STUDENTS[0]])
