"""Author text -> nbgrader source notebooks, the same bytes on every machine.

::

    notebook.py --read--> author cells --quote--> with solutions --translate--> nbgrader's schema --> source/**.ipynb

`stale` says what a rebuild would change, `write` changes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graders.authoring import rubrics
from graders.authoring.build import percent, reference_index
from graders.authoring.build.notebook import notebook_bytes
from graders.authoring.build.release_guard import require_clean_release
from graders.authoring.build.translate import translate, translate_ungraded
from graders.authoring.material import READINESS, Module, modules
from graders.rubrics.reading import schemas as levels_schemas

__all__ = ["build", "stale", "write"]


def build(module: Module) -> dict[str, bytes]:
    """Source notebooks of a module.

    Parameters
    ----------
    module : Module
        What to build.

    Returns
    -------
    dict of str to bytes
        File name -> content.

    Raises
    ------
    CourseError
        If the author text breaks a rule; file, line and rule are named.
    """
    built: dict[str, bytes] = {}
    for name in module.notebooks:
        path = module.author_file(name, "notebook.py")
        cells = percent.read(path)
        document = translate(cells, module, name)
        require_clean_release(document, path)
        built[f"{name}.ipynb"] = notebook_bytes(document)
    return built


def stale(chosen: Iterable[Module]) -> tuple[Path, ...]:
    """Generated files that differ from what their sources say, missing and left-over ones included."""
    return tuple(path for path, content in _generated(chosen).items() if _found(path) != content)


def write(chosen: Iterable[Module]) -> tuple[Path, ...]:
    """Bring the generated files up to date; the ones that changed."""
    generated = _generated(chosen)
    changed = tuple(path for path, content in generated.items() if _found(path) != content)
    for path in changed:
        content = generated[path]
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return changed


def _generated(chosen: Iterable[Module]) -> dict[Path, bytes | None]:
    """All generated files and their content; None for one that should not be there."""
    files: dict[Path, bytes | None] = {}
    roots: dict[Path, None] = {}
    for module in chosen:
        files |= dict.fromkeys(sorted(module.source.glob("*.ipynb")))
        files |= {module.source / name: content for name, content in build(module).items()}
        roots[module.root] = None
    for root in roots:
        text = (root / READINESS).with_suffix(".py")
        if text.is_file():
            files[root / READINESS] = notebook_bytes(translate_ungraded(percent.read(text), text.relative_to(root)))
        if (root / "rubrics").is_dir():
            schemas = {"modules.json": rubrics.schema(), **levels_schemas()}
            files |= {root / "rubrics" / "schema" / name: content for name, content in schemas.items()}
        package = root / "reference_solutions"
        if package.is_dir():
            files[package / "README.md"] = reference_index.render(package, modules(root)).encode()
    return files


def _found(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
