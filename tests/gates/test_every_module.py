"""No module is without its gates."""

from __future__ import annotations

from pathlib import Path

from tests.gates.gates import MODULES


def test_every_module_has_a_file_here() -> None:
    assert MODULES
    assert {path.stem for path in Path(__file__).parent.glob("test_m[0-9][0-9].py")} == {
        f"test_{slug.partition('_')[0]}" for slug in MODULES
    }
