"""Where the course material lies: beside the packages in a checkout, inside `graders` in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def material_root() -> Path:
    """Folder that holds `assignments`, `rubrics`, `capstone_templates` and `locks`."""
    installed = _PACKAGE / "material"
    return installed if installed.is_dir() else _PACKAGE.parent
