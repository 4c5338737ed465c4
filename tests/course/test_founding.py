"""A new course is whole, secret where it must be, and never written over something else."""

from __future__ import annotations

import os
import stat

import pytest

from graders.course import init, load
from graders.errors import CourseError, GraderError, UsageError
from graders.paths import material_root


@pytest.fixture
def course(tmp_path):
    return init(tmp_path / "course", course_id="spring", students=["student-02", "student-01"])


def test_a_course_has_every_module_with_its_notebooks_and_data(course):
    released = material_root() / "assignments" / "source" / "m02_tools_methods"
    source = course.source("m02_tools_methods")
    assert (source / "practical.ipynb").read_bytes() == (released / "practical.ipynb").read_bytes()
    assert (source / "data" / "counters.csv").is_file()
    assert "m02_tools_methods" in course.modules
    assert course.module("m02_tools_methods").slug == "m02_tools_methods"


def test_what_was_asked_for_is_what_is_read_back(course):
    assert course.course_id == "spring"
    assert course.students == ("student-01", "student-02")
    assert course.database == f"sqlite:///{course.root}/gradebook.db"
    assert load(course.root / "source") == course


def test_nbgrader_is_pointed_at_our_steps(course):
    config = (course.root / "nbgrader_config.py").read_text()
    assert "configure(get_config(), __file__)" in config


def test_the_secret_is_random_and_nobody_elses(course, tmp_path):
    path = course.root / ".aisa" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(course.secret) == 32
    assert init(tmp_path / "other").secret != course.secret


def test_the_salt_derives_from_the_secret_and_is_not_it(course, tmp_path):
    assert course.salt not in (course.secret, b"")
    assert load(course.root).salt == course.salt
    assert init(tmp_path / "other").salt != course.salt


def test_a_directory_in_use_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_or_a_link_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link"):
        with pytest.raises(UsageError):
            init(tmp_path / name)


def test_an_empty_directory_will_do(tmp_path):
    assert init(tmp_path).root == tmp_path


@pytest.mark.parametrize("student", ["../x", "a b", "", ".hidden", "a/b", "x" * 129, "é"])
def test_names_that_cannot_be_meant_are_refused(tmp_path, student):
    with pytest.raises(UsageError, match="no student id"):
        init(tmp_path / "course", students=[student])
    with pytest.raises(UsageError, match="no course id"):
        init(tmp_path / "course", course_id="a/b")
    assert list(tmp_path.iterdir()) == []


def test_material_without_built_notebooks_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("graders.authoring.material.Module.source", property(lambda self: tmp_path / "nowhere"))
    with pytest.raises(CourseError, match="not built"):
        init(tmp_path / "course")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(GraderError, match="No space left"):
        init(tmp_path / "course")
    assert list(tmp_path.iterdir()) == []


def test_settings_are_read_strictly(course):
    path = course.root / "course.yaml"
    path.write_text(path.read_text() + "passmarks: 3\n")
    with pytest.raises(CourseError, match=r"course\.yaml:\d+: passmarks: unknown key"):
        load(course.root)


@pytest.mark.parametrize("written", ["2026-05-01T12:00:00+02:00", '"2026-05-01T12:00:00+02:00"'])
def test_due_dates_are_kept_in_utc(course, written):
    path = course.root / "course.yaml"
    path.write_text(path.read_text() + f"due:\n  m02_tools_methods: {written}\n")
    assert load(course.root).due["m02_tools_methods"].isoformat() == "2026-05-01T10:00:00"


def test_a_database_server_is_left_as_it_is_named(course):
    path = course.root / "course.yaml"
    path.write_text(path.read_text() + "database: postgresql+psycopg://localhost/grades\n")
    assert load(course.root).database == "postgresql+psycopg://localhost/grades"


def test_no_course_is_said_plainly(tmp_path):
    with pytest.raises(UsageError, match="aisa init"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda secret: secret.unlink(), "missing"),
        (lambda secret: secret.write_text("short"), "not 32 bytes"),
        (lambda secret: secret.write_text("00" * 31), "not 32 bytes"),
        (lambda secret: secret.chmod(0o644), "others can read"),
    ],
)
def test_a_spoilt_secret_stops_everything(course, spoil, message):
    spoil(course.root / ".aisa" / "secret")
    with pytest.raises(CourseError, match=message):
        load(course.root)


def test_a_module_that_the_course_does_not_have(course):
    with pytest.raises(UsageError, match="there are: m01_microarchitecture, m02_tools_methods"):
        course.module("m99_nothing")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs the superuser")
def test_what_the_superuser_writes_into_a_course_is_its_owners(course):
    from graders.course.files import write

    os.chown(course.root, 12345, 12345)
    path = course.autograded("student-01", "m02_tools_methods") / "practical.ipynb"
    write(course.root, path, b"{}")
    assert all((one.stat().st_uid, one.stat().st_gid) == (12345, 12345) for one in (path, *list(path.parents)[:3]))
