"""`each`: every use case in turn. The others are the serving sample's, on which pages and commands are tried."""

from __future__ import annotations

import pytest

from graders.capstone.packs import DEFAULT, USE_CASES
from tests.capstone.samples import made


@pytest.fixture(scope="session", params=list(USE_CASES))
def each(request):
    return made(request.param)


@pytest.fixture(scope="session")
def index():
    return made(DEFAULT).index


@pytest.fixture(scope="session")
def brief():
    return made(DEFAULT).brief


@pytest.fixture(scope="session")
def graph():
    return made(DEFAULT).graph


@pytest.fixture(scope="session")
def document():
    return made(DEFAULT).document


@pytest.fixture(scope="session")
def seen():
    return made(DEFAULT).seen
