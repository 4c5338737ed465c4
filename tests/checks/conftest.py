"""Reference solutions of a test's own material root are forgotten after it; one sandbox serves all tests."""

from __future__ import annotations

import importlib
import sys

import pytest

import reference_solutions
from graders.sandbox import Sandbox, default_interpreter


@pytest.fixture(autouse=True)
def _own_references(monkeypatch):
    monkeypatch.setattr(reference_solutions, "__path__", [*reference_solutions.__path__])
    yield
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.startswith("reference_solutions.m9")]:
        del sys.modules[name]
        vars(reference_solutions).pop(name.rpartition(".")[2], None)


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox(default_interpreter(), imports=["numpy"], allow_unsafe=True) as made:
        yield made
