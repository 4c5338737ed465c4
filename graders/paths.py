"""Where the course material lies: beside the packages in a checkout, inside `graders` in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def material_root() -> Path:
    """Folder that holds `assignments`, `rubrics`, `capstone_templates` and `locks`."""
    return _PACKAGE / "material" if is_installed() else _PACKAGE.parent


def is_installed() -> bool:
    """Whether it lies inside the installed package, where nobody writes."""
    return (_PACKAGE / "material").is_dir()
