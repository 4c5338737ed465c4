from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.panel.desk import Desk
from tests.panel import panels


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(panels.course(tmp_path / "course")) as opened:
        yield opened
