"""What students write is shown as they meant it, and never as something that runs."""

from __future__ import annotations

import pytest

from graders.nbgrader_bridge.rendering import markdown
from graders.pages import clean


def render(source, **attachments):
    return markdown({"cell": {"attachments": attachments}}, source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a *b* **c**", "<em>b</em>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("`List<int>`", "<code>List&lt;int&gt;</code>"),
        ("```python\nx = 1\n```", 'class="highlight"'),
        ("$x < 1$", "$x &lt; 1$"),
        ("# Title", 'id="Title"'),
        ("a<br>b", "<br>"),
        ("<details><summary>more</summary>text</details>", "<summary>more</summary>"),
        ("[paper](https://example.org/a?b=c)", 'href="https://example.org/a?b=c"'),
        ("[section](#title)", 'href="#title"'),
        ("![figure](data/figure.png)", 'src="data/figure.png"'),
    ],
)
def test_what_is_honest_stays(source, shown):
    assert shown in render(source)


def test_a_pasted_picture_is_shown():
    page = render("![figure](attachment:figure.png)", **{"figure.png": {"image/png": "iVBORw0KGgo="}})
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in page


def test_a_picture_that_is_not_there_does_not_stop_the_page():
    assert "attachment:figure.png" in render("![figure](attachment:figure.png) <script>alert(1)</script>")
    assert "<script" not in render("![figure](attachment:figure.png) <script>alert(1)</script>")


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<p onclick=alert(1)>x</p>", "onclick"),
        ("<p style='position:fixed'>x</p>", "style"),
        ("<p class='panel formgrader'>x</p>", "class"),
        ("<p id=score>x</p>", "id="),
        ("<a href='javascript:alert(1)'>x</a>", "href"),
        ("<a href=' java\nscript:alert(1)'>x</a>", "href"),
        ("<a href='&#106;avascript:alert(1)'>x</a>", "href"),
        ("<a href='data:text/html,x'>x</a>", "href"),
        ("<img src='https://evil.example/seen.png'>", "src"),
        ("<img src='//evil.example/seen.png'>", "src"),
        ("<img src='data:image/svg+xml;base64,AAAA'>", "src"),
        ("<img src='data:image/png;base64,AA\" onerror=alert(1)'>", "src"),
        (r"$\href{javascript:alert(1)}{x}$", r"\href"),
        (r"$&#92;href{javascript:alert(1)}{x}$", r"\href"),
        ("<svg><a xlink:href='javascript:alert(1)'>x</a></svg>", "<svg"),
        (b"<iframe src=x>", "<iframe"),
    ],
)
def test_what_could_run_or_mislead_goes(html, gone):
    cleaned = clean(html)
    assert gone not in cleaned


def test_text_made_to_be_a_burden_is_shown_plainly():
    assert "&gt;" in render(">" * 5000)
