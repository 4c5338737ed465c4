"""Each gate over each module: what `aisa author prove` says, one test apiece."""

from __future__ import annotations

import functools

import pytest

from graders.authoring.material import modules
from graders.authoring.prove import GATES, Bench

STUDENTS = 200
MODULES = {module.slug: module for module in modules()}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads


@functools.cache
def bench(slug: str) -> Bench:
    return Bench(MODULES[slug], STUDENTS)


@pytest.fixture(scope="module", autouse=True)
def _close_benches():
    yield
    for slug in MODULES:
        bench(slug).close()
    bench.cache_clear()


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("slug", MODULES)
def test_gate(slug: str, gate: str) -> None:
    assert [str(finding) for finding in GATES[gate](bench(slug))] == []


def test_there_are_modules() -> None:
    assert MODULES
