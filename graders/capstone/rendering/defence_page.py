"""The page of a defence: questions, and answers that are folded until the candidate has given theirs."""

from __future__ import annotations

from graders.capstone.defence import FACTORS, Defence
from graders.capstone.rendering.document import Rendered
from graders.capstone.rendering.figures import Figure
from graders.capstone.rendering.html import design_templates

_FOOTER = (
    "Computed on the claims of the document. The page loads nothing and runs nothing: answers open without a script."
)


def defence_page(document: Rendered, defence: Defence, figure: Figure) -> str:
    """The page.

    Parameters
    ----------
    document : Rendered
        Whose register answers lead to.
    defence : Defence
        Computed beforehand.
    figure : Figure
        What the headline is most sensitive to.

    Returns
    -------
    str
        HTML.
    """
    template = design_templates().get_template("defence.html.j2")
    return template.render(
        document=document,
        entries=document.entries,
        defence=defence,
        figure=figure,
        factors=[f"{factor:g}" for factor in FACTORS],
        course=document.use_case,
        made="",
        footer=_FOOTER,
    )
