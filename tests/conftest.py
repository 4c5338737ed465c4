"""What several test packages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes is nothing that we promise, and a test that fails does so for everybody. Whoever looks for
# examples that nobody has tried yet runs `pytest --hypothesis-profile=new`, and keeps what they find as an @example.
settings.register_profile("new", deadline=None)
settings.register_profile("same", settings.get_profile("new"), derandomize=True)
settings.load_profile("same")

_LONGEST = (
    "attacks/test_attacks.py",
    "capstone/test_perturbation.py",
    "gates/test_m03.py",
    "material/test_from_the_release.py",
    "gates/test_m02.py",
    "gates/test_m05.py",
    "gates/test_m06.py",
    "gates/test_m01.py",
    "gates/test_m08.py",
    "gates/test_m04.py",
    "gates/test_m07.py",
    "gates/test_m10.py",
    "gates/test_m11.py",
    "gates/test_m09.py",
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
_SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long start first, so that whoever runs files side by side ends on short ones."""
    first = {Path(__file__).parent / name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(first)))


@pytest.fixture(scope="session")
def shared_oracles() -> Path:
    """Recorded outputs of public tools, read in place and never copied."""
    return _shared("oracles", "the recorded oracles")


@pytest.fixture(scope="session")
def shared_openbadges() -> Path:
    """Vectors and samples of the standards that certificates follow, read in place and never copied."""
    return _shared("openbadges", "the standards' vectors")


def _shared(folder: str, what: str) -> Path:
    """Skips where it does not lie beside the project, and fails there if `AISA_REQUIRE_SHARED=1`, as CI has it."""
    path = _SHARED / folder
    if not path.is_dir():
        reason = f"{what} are not at {path}"
        if os.environ.get("AISA_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
