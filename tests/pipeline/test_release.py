"""A release gives nothing away, has a version, and what was made from an earlier version is still graded."""

from __future__ import annotations

import json
import re
import tomllib
from types import SimpleNamespace

import pytest

from graders.authoring.build import build
from graders.course import init, load
from graders.errors import CourseError, GraderError
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.nbgrader_bridge.releasing import make_release
from graders.paths import material_root
from tests.gradebook.databases import execute
from tests.nbgrader_commands import in_forks
from tests.pipeline import small_course
from tests.pipeline.small_course import NOTEBOOKS, RIGHT, SLUG, hand_in, make_material

STUDENT = "student-01"


def released(course):
    folder = course.root / "release" / SLUG
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(course, **options):
    with pytest.raises((CourseError, GraderError)) as refusal:
        make_release(course, SLUG, **options)
    return str(refusal.value), released(course)


def rewrite(course, notebook, old, new):
    """An author changes the text of a notebook, and builds it."""
    module = course.module(SLUG)
    path = module.author_file(notebook, "notebook.py")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    (module.source / f"{notebook}.ipynb").write_bytes(build(module)[f"{notebook}.ipynb"])


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A module on its way through a term."""
    root = tmp_path_factory.mktemp("release")
    with small_course.own_references(), in_forks():
        course = init(root / "course", students=[STUDENT], material=make_material(root / "material"))
        happened = SimpleNamespace(course=course)
        (course.source(SLUG) / "solutions.txt").write_text("width_m * height_m")
        happened.never = refused(course)
        (course.source(SLUG) / "solutions.txt").unlink()
        happened.first = make_release(course, SLUG)
        happened.files = released(course)
        happened.again = make_release(course, SLUG)
        hand_in(course, STUDENT, RIGHT)  # of version 1
        happened.graded = grade_course(course, SLUG)
        rewrite(course, "practical", "a square of three metres", "a square of 3 m")
        rewrite(course, "worked_example", "# Rectangles", "# Rectangles, again")
        happened.outdated = make_release(course, SLUG)
        happened.second = make_release(course, SLUG, update=True)
        happened.graded_later = grade_course(course, SLUG)
        happened.after_second = released(course)
        rewrite(course, "practical", "import numpy as np\n", "import numpy as np\n\n# %%\nside_m = 3\n")
        happened.added = refused(course, update=True)
        yield happened


def test_students_get_no_answer(story):
    for notebook, exercises in NOTEBOOKS.items():
        text = story.files[f"{notebook}.ipynb"].decode()
        assert "SOLUTION" not in text
        assert "reference_solutions" not in text
        for exercise in exercises:
            assert f"def {exercise[4:]}" in text
            assert RIGHT[exercise].splitlines()[1].strip() not in text
    assert "raise NotImplementedError()" in story.files["practical.ipynb"].decode()


def test_students_get_what_they_need_and_no_more(story):
    assert set(story.files) == {f"{notebook}.ipynb" for notebook in NOTEBOOKS} | {"requirements.txt"}
    pins = [line for line in story.files["requirements.txt"].decode().splitlines() if not line.startswith("#")]
    groups = tomllib.loads((material_root() / "pyproject.toml").read_text())["dependency-groups"]
    wanted = [one for one in (*groups["student"], *groups["loadgen"]) if isinstance(one, str)]
    assert {pin.partition("==")[0] for pin in pins} == {re.match(r"[a-z-]+", one).group() for one in wanted}
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+( ; [\w '.()=<>]+)?", pin) for pin in pins)


def test_a_file_that_the_module_does_not_have_is_never_given_out(story):
    message, files = story.never
    assert "solutions.txt is no file of the module" in message
    assert files == {}


def test_the_first_version_is_kept(story):
    assert story.first.new
    assert story.first.version.number == 1
    assert set(story.first.version.files) == set(story.files)
    assert set(story.first.version.exercises) == {*RIGHT, "m96_longest"}


def test_the_same_again_is_no_new_version(story):
    assert not story.again.new
    assert story.again.version == story.first.version


def test_new_material_waits_until_it_is_asked_for(story):
    assert not story.outdated.new
    assert story.outdated.outdated == ("practical.ipynb", "worked_example.ipynb")
    assert not story.second.outdated


def test_a_new_version_says_what_has_changed_and_who_has_handed_in(story):
    assert story.second.new
    assert story.second.version.number == 2
    assert story.second.changed == ("m96_area_m2", "m96_perimeter_m")
    assert (story.second.added, story.second.removed) == ((), ())
    assert story.second.other == ("practical.ipynb", "worked_example.ipynb")
    assert story.second.submitted == 1


def test_what_was_made_from_an_earlier_version_is_still_graded(story):
    (before,), (after,) = story.graded, story.graded_later
    assert (before.state, before.points) == (after.state, after.points) == ("graded", 10.0)


def test_cells_neither_come_nor_go_while_there_are_submissions(story):
    message, files = story.added
    assert "cells were added or removed" in message
    assert "Change cells in place" in message
    assert files == story.after_second
    assert json.loads(files["practical.ipynb"])


def test_versions_are_sealed_and_append_only(story):
    course = load(story.course.root)
    with Gradebook.open(course) as gradebook:
        assert [version.number for version in gradebook.versions(SLUG)] == [1, 2]
        assert gradebook.versions("m01_other") == ()
    with pytest.raises(Exception, match="append-only"):
        execute(course.database, "DELETE FROM aisa_release")
    execute(course.database, *(f"DROP TRIGGER aisa_release_no_{verb}" for verb in ("update", "delete", "insert")))
    execute(course.database, "UPDATE aisa_release SET released_at = '2020-01-01' WHERE number = 2")
    with Gradebook.open(course) as gradebook, pytest.raises(GraderError, match="release 2 of m96_small: was changed"):
        gradebook.versions(SLUG)
