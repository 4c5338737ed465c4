"""Sandboxes to test in, one for each way to jail the zygote that this user has here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.sandbox import Sandbox
from tests.sandbox.notebooks import SHAPES, start


@pytest.fixture(scope="session", params=SHAPES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with start(request.param, imports=("numpy", "pandas")) as made:
        yield made


@pytest.fixture(scope="session")
def best() -> Iterator[Sandbox]:
    """The shape that a grader would get: for what does not depend on the shape."""
    with start(SHAPES[0], imports=("numpy", "pandas")) as made:
        yield made
