"""A figure as inline SVG: places in per cent of the width, heights in pixels, colours from the page's style."""

from __future__ import annotations

from markupsafe import Markup

from graders.capstone.rendering.figures import Figure, Mark
from graders.pages import visible

_SHAPES = {
    "line": '<line class="{look}" x1="{x:.2f}%" y1="{y:g}" x2="{to_x:.2f}%" y2="{to_y:g}"/>',
    "bar": '<rect class="{look}" x="{x:.2f}%" y="{y:g}" width="{width:.2f}%" height="{height:g}"/>',
    "dot": '<circle class="{look}" cx="{x:.2f}%" cy="{y:g}" r="5.5"/>',
    "text": '<text class="{look} {anchor}" x="{x:.2f}%" y="{y:g}">{text}</text>',
}


def svg(figure: Figure, key: str) -> Markup:
    """A figure as one `svg` element, with its title and what is to be seen in it.

    Parameters
    ----------
    figure : Figure
        One that could be drawn.
    key : str
        What its ids begin with.

    Returns
    -------
    Markup
    """
    return Markup(
        '<svg class="plot" width="100%" height="{height:g}" role="img" aria-labelledby="{key}-title" '
        'aria-describedby="{key}-says">\n<title id="{key}-title">{title}</title>\n<desc id="{key}-says">{says}</desc>\n'
        "{shapes}\n</svg>"
    ).format(
        key=key,
        height=figure.height,
        title=visible(figure.title),
        says=visible(figure.says),
        shapes=Markup("\n").join(_shape(one) for one in figure.marks),
    )


def _shape(one: Mark) -> Markup:
    return Markup(_SHAPES[one.shape]).format(  # noqa: S704  ours, above
        look=one.look,
        x=100 * one.x,
        y=one.y,
        to_x=100 * one.to_x,
        to_y=one.to_y,
        width=100 * (one.to_x - one.x),
        height=one.to_y - one.y,
        text=visible(one.text),
        anchor=one.anchor,
    )
