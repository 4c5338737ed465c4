"""axe on a page: the whole rule sets, and of what it finds only what is wrong.

Of the rest one element each is asked for: where hundreds pass, writing down which costs more than looking at them.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_SOURCE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN = """async rules => {
    const found = await axe.run({runOnly: rules, resultTypes: ["violations"]})
    const shown = nodes => nodes.slice(0, 3).map(node => node.html.slice(0, 200))
    return [found.passes.length, Object.fromEntries(found.violations.map(one => [one.id, shown(one.nodes)]))]
}"""


def faults(page: Page, *more: str) -> dict[str, list[str]]:
    """What axe finds wrong with a page as it stands.

    Parameters
    ----------
    page : Page
        Its policy may forbid scripts, axe included: axe is put into it from outside, as the browser's own.
    *more : str
        Rule sets beside those of WCAG 2.2 A and AA.

    Returns
    -------
    dict of str to list of str
        Rule -> the first elements that break it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    passed, found = page.evaluate(_RUN, [*_STANDARD, *more])
    assert passed, "axe looked at something"
    return dict(found)
