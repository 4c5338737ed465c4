"""The gates over one module: what `aisa author prove` says, one test apiece, in a file for each module."""

from __future__ import annotations

import pytest

from graders.authoring.material import modules
from graders.authoring.prove import GATES, Bench

STUDENTS = 200
MODULES = {module.slug: module for module in modules()}


def gates_of(slug: str) -> type:
    """The tests of a module, to be bound to a name that starts with `Test`.

    Parameters
    ----------
    slug : str
        Of the module.
    """

    @pytest.mark.long
    class TestModule:
        @pytest.fixture(scope="class")
        def bench(self):
            with Bench(MODULES[slug], STUDENTS) as bench:
                yield bench

        @pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads
        @pytest.mark.parametrize("gate", GATES)
        def test_gate(self, bench: Bench, gate: str) -> None:
            assert [str(finding) for finding in GATES[gate](bench)] == []

    return TestModule
