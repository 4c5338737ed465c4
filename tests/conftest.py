"""What several test packages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("busy machine", deadline=None)  # how long an example takes is nothing that we promise
settings.load_profile("busy machine")

_ORACLES = Path(__file__).resolve().parents[2] / "shared" / "oracles"


@pytest.fixture(scope="session")
def shared_oracles() -> Path:
    """Recorded outputs of public tools, read in place and never copied.

    Skips where they do not lie beside the project, and fails there if `AISA_REQUIRE_SHARED=1`, as CI has it.
    """
    if not _ORACLES.is_dir():
        reason = f"the recorded oracles are not at {_ORACLES}"
        if os.environ.get("AISA_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return _ORACLES
