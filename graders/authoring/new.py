"""A new module to start from: a small one that builds and passes its gates, under its own name."""

from __future__ import annotations

import re
from pathlib import Path

from graders.errors import UsageError
from graders.paths import material_root

TEMPLATE = "m00_template"
"""Name of the module under `assignments/template`, a material root of its own."""


def create(slug: str, root: Path) -> tuple[Path, ...]:
    """Write a new module below a material root.

    Parameters
    ----------
    slug : str
        Its name: `m12_example`.
    root : Path
        The folder that has `assignments/`, `reference_solutions/` and `rubrics/`, or will have them.

    Returns
    -------
    tuple of Path
        The files that were written.

    Raises
    ------
    UsageError
        If the name is none, or belongs to somebody; nothing is written then.
    """
    if not re.fullmatch(r"m\d\d_[a-z][a-z0-9_]{1,30}", slug) or slug.startswith(TEMPLATE[:4]):
        raise UsageError(
            f"{slug!r} is no name of a module", do="Call it like m12_example: a number, and what it is about."
        )
    texts = {_place(path, slug, root): _renamed(path.read_text(encoding="utf-8"), slug) for path in _files()}
    authoring = root / "assignments" / "authoring"
    taken = [*texts, *authoring.glob(f"{slug[:4]}*"), *(root / "reference_solutions").glob(f"{slug[:4]}*")]
    for path in taken:
        if path.exists():
            raise UsageError(f"{slug[:3]} is taken", str(path), "Take another number, or remove what is there.")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(texts)


def _files() -> list[Path]:
    """The template's files; its own README says what it is, and is not copied."""
    template = material_root() / "assignments" / "template"
    files = [path for path in sorted(template.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return [path for path in files if path != template / "README.md"]


def _place(path: Path, slug: str, root: Path) -> Path:
    relative = path.relative_to(material_root() / "assignments" / "template")
    return root / relative.as_posix().replace(TEMPLATE, slug)


def _renamed(text: str, slug: str) -> str:
    """The text with the template's name and number replaced by the module's."""
    return text.replace(TEMPLATE, slug).replace(TEMPLATE[:4], slug[:4])
