"""Every model is a page, documented and named in a test: a new one fails here until it is."""

from __future__ import annotations

import ast
import doctest
import functools
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.validate import validate

import reference_solutions
from graders.authoring.build.reference_index import HEADINGS, pages
from graders.errors import CourseError

PACKAGE = Path(reference_solutions.__file__).parent
PAGES = pages(PACKAGE)
PUBLIC = [(page, name) for page in PAGES for name in page.names]


def module_of(page):
    return import_module(f"reference_solutions.{page.path.parent.name}.{page.path.stem}")


def test_there_are_pages():
    assert {page.path.stem for page in PAGES} >= {"roofline", "intensity", "topdown", "multiplexing"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_a_page_says_all_headings(page):
    assert tuple(page.sections) == HEADINGS
    assert all(len(text) > 20 for text in page.sections.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_a_page_exports_what_it_defines(page):
    exported = {name for name in module_of(page).__all__ if not name.isupper()}
    assert exported == set(page.names)


@pytest.mark.parametrize(("page", "name"), PUBLIC, ids=lambda one: one if isinstance(one, str) else one.path.stem)
def test_a_model_has_an_example_and_documented_parameters(page, name):
    found = getattr(module_of(page), name)
    assert ">>>" in inspect.getdoc(found)
    problems = [code for code, _ in validate(f"{found.__module__}.{name}")["errors"]]
    assert not set(problems) & {"GL08", "PR01", "PR02", "PR03", "RT01"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_examples_give_what_they_print(page):
    results = doctest.testmod(module_of(page))
    assert results.attempted > 0
    assert results.failed == 0


@functools.cache
def called_in_tests():
    """Names that the tests of this folder call."""
    tests = [path for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name]
    calls = [
        node.func for path in tests for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    ]
    return {function.id for function in calls if isinstance(function, ast.Name)}


@pytest.mark.parametrize("name", sorted(name for _, name in PUBLIC))
def test_a_model_is_tested_by_name(name):
    assert name in called_in_tests()


def test_names_are_unique_over_the_package():
    names = [name for _, name in PUBLIC]
    assert len(set(names)) == len(names)


def test_device_figures_stand_in_hardware_only():
    """A number of more than 1e9 in a model would be a device's."""
    for page in PAGES:
        numbers = [n.value for n in ast.walk(ast.parse(page.path.read_text())) if isinstance(n, ast.Constant)]
        assert not [n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) > 1e9]


def test_only_numpy_is_imported():
    allowed = {"__future__", "collections", "dataclasses", "numpy", "reference_solutions", "scipy"}
    allowed |= {"ast", "fnmatch", "functools", "json", "pathlib", "typing"}  # what reads metric files
    allowed |= {"heapq"}  # the queue of an event kernel
    allowed |= {"itertools"}  # searches that try everything
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {name.split(".")[0] for name in names} <= allowed, path


def test_a_page_without_a_heading_is_refused(tmp_path):
    page = tmp_path / "m97_tests" / "topic.py"
    page.parent.mkdir()
    page.write_text('"""A title.\n\nQuestion\n    Why?\n"""\n')
    with pytest.raises(CourseError, match="Breaks when"):
        pages(tmp_path)
