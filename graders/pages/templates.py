"""The one way from a template to a page: what is not markup is made visible and escaped on its way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graders.pages.plain import visible
from graders.paths import material_root


def folder(name: str) -> Path:
    """Where the templates, styles and scripts of a kind of page lie.

    Parameters
    ----------
    name : str
        A folder of `capstone_templates`.

    Returns
    -------
    Path
    """
    return material_root() / "capstone_templates" / name


def environment(*folders: str, longest: int = 2000, **filters: Callable[..., object]) -> Environment:
    """Templates whose every value is made visible (`plain.visible`) and escaped: none of them can forget it.

    Parameters
    ----------
    *folders : str
        Of `capstone_templates`; the first that has a template gives it.
    longest : int
        Characters of a text that are shown.
    **filters : callable
        What templates may call beside Jinja's own filters.

    Returns
    -------
    jinja2.Environment
    """

    def shown(value: object) -> object:
        return visible(value, longest) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = Environment(
        loader=FileSystemLoader([folder(name) for name in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(filters)
    return made
