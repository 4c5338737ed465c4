"""What the track asks is held. Whoever deletes an exercise, a check or a line of a rubric fails a test of its name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from graders.authoring.material import modules
from graders.coverage.asked import asked
from graders.coverage.held import Coverage, coverage, missing
from graders.coverage.table import generated
from graders.errors import CourseError
from graders.rubrics import track

ROOT = Path(__file__).parents[2]
MODULES = modules(ROOT)
ASKED = {module.slug: asked(module) for module in MODULES}
TRACK = track(ROOT)
OFFICIAL = [pytest.param(one, id=f"{slug}: {one.asks}") for slug, all_of in ASKED.items() for one in all_of.official]
MODELS = [pytest.param(one, id=f"{one.id} {one.title}") for all_of in ASKED.values() for one in all_of.models]
GOALS = [pytest.param(one, id=one.id) for one in (*TRACK.outcomes, *TRACK.metrics)]
LINES = [
    pytest.param(exercise, name, id=f"{exercise}: {name}")
    for all_of in ASKED.values()
    for exercise, names in all_of.lines.items()
    for name in names
]


@pytest.fixture(scope="module")
def found() -> Coverage:
    return coverage(ROOT)


def without(found: Coverage, exercise: str, line: str = "") -> Coverage:
    """As if somebody had deleted an exercise, or one of its lines."""
    kept = {id_: names for id_, names in found.held.lines.items() if line or id_ != exercise}
    if line:
        kept[exercise] = tuple(name for name in kept[exercise] if name != line)
    return dataclasses.replace(found, held=dataclasses.replace(found.held, lines=kept))


@pytest.mark.parametrize("one", OFFICIAL)
def test_an_official_exercise_is_graded(found, one):
    assert set(one.exercises) <= set(found.held.lines)


@pytest.mark.parametrize("one", MODELS)
def test_a_model_has_its_reference_and_its_exercise(found, one):
    assert set(one.functions) <= found.held.functions
    assert set(one.exercises) <= set(found.held.lines)
    assert one.exercises or not one.core


@pytest.mark.parametrize("one", GOALS)
def test_a_promise_of_the_track_is_assessed(found, one):
    assert set(one.exercises) <= set(found.held.lines)
    assert set(one.criteria) <= found.held.criteria


@pytest.mark.parametrize(("exercise", "name"), LINES)
def test_a_line_is_there(found, exercise, name):
    assert name in found.held.lines[exercise]


def test_no_line_is_forgotten(found):
    assert missing(found) == ()


def test_all_eleven_modules_are_here():
    assert [module.slug[:3] for module in MODULES] == [f"m{number:02d}" for number in range(1, 12)]


def test_every_exercise_is_asked_for(found):
    """None stands there for its own sake: an official exercise, a model or a promise of the track asks for it."""
    wanted = {id_ for all_of in ASKED.values() for one in (*all_of.official, *all_of.models) for id_ in one.exercises}
    wanted |= {id_ for goal in (*TRACK.outcomes, *TRACK.metrics) for id_ in goal.exercises}
    assert set(found.held.lines) - found.held.written <= wanted


@pytest.mark.parametrize("exercise", ["m02_attainable_flops_per_s", "m08_pipeline_defence"])
def test_what_was_deleted_is_missed(found, exercise):
    assert any(exercise in said for said in missing(without(found, exercise)))
    line = found.held.lines[exercise][0]
    kind = "criterion" if exercise in found.held.written else "check"
    (said,) = missing(without(found, exercise, line))
    assert said.endswith(f"{exercise} has no {kind} {line!r}")


def test_a_table_is_not_made_of_what_is_not_there(found, monkeypatch):
    monkeypatch.setattr("graders.coverage.table.coverage", lambda _: without(found, "m02_attainable_flops_per_s"))
    with pytest.raises(CourseError, match="m02_attainable_flops_per_s"):
        generated(ROOT)


def test_the_tables_are_up_to_date():
    assert [path.name for path, content in generated(ROOT).items() if path.read_bytes() != content] == []
