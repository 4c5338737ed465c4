"""Text of students as HTML that runs nothing: in feedback, and in formgrader, where a marker is logged in.

Markdown may hold any HTML, and nbgrader's templates put it into the page as it is: what is rendered here is cleaned.
"""

from __future__ import annotations

import bleach  # type: ignore[import-untyped]
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

from graders.pages import clean


@pass_context
def markdown(context: Context, source: str) -> str:
    """Render markdown, with math and pasted pictures, as HTML that runs nothing.

    Parameters
    ----------
    context : Context
        The template's: a cell of it has attachments.
    source : str
        Markdown; anything at all may stand in it.

    Returns
    -------
    str
        HTML.
    """
    cell = context.get("cell", {})
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}), anchor_link_text="")
    try:
        return clean(MarkdownWithMath(renderer=renderer).render(source))
    except (InvalidNotebook, RecursionError):  # a picture that is not there, or text made to be a burden
        return clean(f"<pre>{bleach.clean(source, tags=())}</pre>")
