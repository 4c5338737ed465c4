"""From a template of `capstone_templates/panel` to a page: every value is made visible and escaped on its way out."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from graders.pages import clean, environment, folder, visible
from graders.panel.packet import Packet

_LONGEST = 100_000
"""Characters of a section that are shown: a design document has about as many in all."""


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
    return render("packet.html.j2", packet=packet, style=Markup((folder("panel") / "panel.css").read_text()))  # noqa: S704  ours


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

    shown = "\n".join(f"##{line}" if line.startswith("#") else line for line in visible(text, _LONGEST).split("\n"))
    try:
        html = MarkdownWithMath(renderer=IPythonRenderer(escape=True, anchor_link_text="")).render(shown)
    except RecursionError:  # text made to be a burden
        html = Markup("<pre>{}</pre>").format(shown)
    return Markup(clean(html).replace("<img", "<span").replace("<table", '<table tabindex="0"'))  # noqa: S704  written anew


@cache
def _environment() -> Environment:
    return environment("panel", longest=_LONGEST, markdown=markdown)
