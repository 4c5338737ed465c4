"""From a template of `capstone_templates/panel` to a page: every value is made visible and escaped on its way out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graders.panel.packet import Packet
from graders.paths import material_root
from graders.reports.plain import visible

_LONGEST = 100_000
"""Characters of a section that are shown: a design document has about as many in all."""


def folder() -> Path:
    """Where templates, style and script lie."""
    return material_root() / "capstone_templates" / "panel"


def render(template: str, **values: object) -> str:
    """The page that a template gives.

    Parameters
    ----------
    template : str
        A file of `capstone_templates/panel`.
    **values : object
        What it shows; text is escaped.

    Returns
    -------
    str
        HTML.
    """
    return _environment().get_template(template).render(values)


def packet_page(packet: Packet) -> str:
    """A reviewer's packet as one file that needs nothing else.

    Parameters
    ----------
    packet : Packet
        What is laid before reviewers.

    Returns
    -------
    str
        HTML.
    """
    return render("packet.html.j2", packet=packet, style=Markup((folder() / "panel.css").read_text()))  # noqa: S704  ours


def markdown(text: str) -> Markup:
    """A candidate's Markdown as HTML that runs nothing and loads nothing.

    Parameters
    ----------
    text : str
        Anything at all may stand in it.

    Returns
    -------
    Markup
        Headings start below those of the page.
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from graders.nbgrader_bridge.rendering import clean

    shown = "\n".join(f"##{line}" if line.startswith("#") else line for line in visible(text, _LONGEST).split("\n"))
    try:
        html = MarkdownWithMath(renderer=IPythonRenderer(escape=True, anchor_link_text="")).render(shown)
    except RecursionError:  # text made to be a burden
        html = Markup("<pre>{}</pre>").format(shown)
    return Markup(clean(html).replace("<img", "<span").replace("<table", '<table tabindex="0"'))  # noqa: S704  written anew


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(markdown=markdown)
    return environment


def _shown(value: object) -> object:
    return visible(value, _LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value
