"""`reference_solutions/README.md`: question, function, exercise, literature, oracle of every model, from its page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from graders.authoring.build.quote import exercise_name
from graders.authoring.material import Module
from graders.errors import CourseError

HEADINGS = ("Question", "Model", "Assumes", "Breaks when", "Source", "Oracle")
"""A page's docstring says these, in this order."""

_INTRODUCTION = """\
<!-- Generated from the pages' docstrings by `aisa author build`: edit those. -->
# Reference solutions

One file a topic, each a page: the question, the model and its equation, what it assumes, where it breaks, its source.
The functions are pure, take and give arrays, broadcast, and use numpy only; units stand in their names.
`units.py` names the factors, `validate.py` refuses impossible input, `hardware.py` holds device figures with sources.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A model file.

    Attributes
    ----------
    path : Path
        The file.
    title : str
        First line of its docstring.
    sections : dict of str to str
        Heading -> text, on one line.
    names : tuple of str
        Its public functions and classes, in order.
    """

    path: Path
    title: str
    sections: dict[str, str]
    names: tuple[str, ...]


def pages(package: Path) -> tuple[Page, ...]:
    """All model files of a `reference_solutions` folder, read without importing them."""
    return tuple(_page(path) for path in sorted(package.glob("m[0-9][0-9]_*/*.py")) if path.name != "__init__.py")


def render(package: Path, modules: Iterable[Module]) -> str:
    """The index as Markdown."""
    exercises = {entry.id for module in modules for entry in module.exercises}
    text = [_INTRODUCTION]
    chapter = ""
    for page in pages(package):
        if page.path.parent.name != chapter:
            chapter = page.path.parent.name
            text.append(
                f"\n## {chapter}\n\n| Question | Function | Exercise | Literature | Oracle |\n|---|---|---|---|---|\n"
            )
        text += [_row(page, name, chapter, exercises) for name in page.names]
    return "".join(text)


def _row(page: Page, name: str, chapter: str, exercises: set[str]) -> str:
    exercise = f"{chapter[:3]}_{exercise_name(name)}"
    cells = (
        page.sections["Question"],
        f"[`{name}`]({chapter}/{page.path.name})",
        f"`{exercise}`" if exercise in exercises else "",
        page.sections["Source"],
        page.sections["Oracle"],
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _page(path: Path) -> Page:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree) or ""
    title, *lines = docstring.split("\n")
    found: dict[str, list[str]] = {}
    heading = ""
    for line in lines:
        if line and not line[0].isspace():
            heading = line.strip()
            found[heading] = []
        elif heading:
            found[heading].append(line.strip())
    sections = {heading: re.sub(r"\s+", " ", " ".join(text)).strip() for heading, text in found.items()}
    if tuple(sections) != HEADINGS or not all(sections.values()):
        found_headings = ", ".join(sections) or "none"
        raise CourseError(f"a page's docstring says {', '.join(HEADINGS)}; found {found_headings}", where=f"{path}:1")
    names = tuple(
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    )
    return Page(path, title, sections, names)
