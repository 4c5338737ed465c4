"""The course of essays, made once and copied for each test."""

from __future__ import annotations

import shutil

import pytest

from graders.course import load
from graders.gradebook import Gradebook
from tests.marking import essays


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Released by nbgrader; everybody has handed in."""
    course = essays.make(tmp_path_factory.mktemp("essays"))
    with Gradebook.open(course) as gradebook:
        gradebook.enrol()
        essays.hand_in_all(course, gradebook)
    return course.root


@pytest.fixture
def course(template, tmp_path):
    """A course of its own."""
    return load(shutil.copytree(template, tmp_path / "course"))


@pytest.fixture
def gradebook(course):
    with Gradebook.open(course) as opened:
        yield opened
