"""Courses that are made once: ungraded, and graded by a run that nothing disturbed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.course import own_references
from tests.resilience.courses import graded, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released course with submissions, ungraded."""
    return make_template(tmp_path_factory.mktemp("resilience"))


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(template, tmp_path / "course"))


@pytest.fixture(scope="session")
def undisturbed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, graded in one go."""
    course = Path(shutil.copytree(template, tmp_path_factory.mktemp("undisturbed") / "course"))
    graded(course)
    return course


@pytest.fixture(autouse=True)
def references() -> Iterator[None]:
    """What a test's course brings along is gone after it."""
    with own_references():
        yield
