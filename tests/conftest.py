"""What several test packages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("busy machine", deadline=None)  # how long an example takes is nothing that we promise
settings.load_profile("busy machine")

_LONGEST = (
    "attacks/test_attacks.py",
    "capstone/test_perturbation.py",
    "gates/test_m02.py",
    "gates/test_m05.py",
    "gates/test_m01.py",
    "gates/test_m08.py",
    "demo/test_demo.py",
    "foreign/test_same_rows.py",
    "attacks/test_module_2.py",
    "resilience/test_bad_input.py",
    "docs/test_instructor_page.py",
    "browser/test_cohort_report.py",
    "pipeline/test_release.py",
    "gradebook/test_backup.py",
    "gradebook/test_evidence.py",
    "sandbox/test_people.py",
)
_ORACLES = Path(__file__).resolve().parents[2] / "shared" / "oracles"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long start first, so that whoever runs files side by side ends on short ones."""
    first = {Path(__file__).parent / name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(first)))


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
