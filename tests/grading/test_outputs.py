"""What a student displays never runs in the browser of whoever looks at it."""

from __future__ import annotations

import base64

import nbformat
import pandas as pd
import pytest

from graders.grading.outputs import harmless

HOSTILE = [
    {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
    {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=alert(1)>"}},
    {"output_type": "display_data", "data": {"text/markdown": "<script>alert(1)</script>"}},
    {"output_type": "display_data", "data": {"text/latex": r"\href{javascript:alert(1)}{x}"}},
    {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}},
    {"output_type": "display_data", "data": {"image/png": '"><script>alert(1)</script>'}},
    {"output_type": "display_data", "data": {"text/html": "<b onclick=alert(1)>no table</b>"}},
    {"output_type": "update_display_data", "data": {"text/html": "<table></table>"}},
    {"output_type": "execute_result", "data": "no bundle"},
    {"output_type": ["stream"]},
    "no output",
]


@pytest.mark.parametrize("output", HOSTILE, ids=repr)
def test_what_could_run_is_dropped(output):
    assert harmless([output]) == ()


def test_the_plain_form_stays_beside_what_is_dropped():
    bundle = {"text/plain": "Figure(640x480)", "application/javascript": "alert(1)", "text/html": "<script>1</script>"}
    (kept,) = harmless([{"output_type": "display_data", "data": bundle, "metadata": {"isolated": True}}])
    assert kept == {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "Figure(640x480)"}}


def test_a_picture_stays():
    picture = base64.b64encode(b"\x89PNG").decode()
    (kept,) = harmless([{"output_type": "display_data", "data": {"image/png": picture}}])
    assert kept["data"] == {"image/png": picture}


def test_a_data_frame_keeps_its_table():
    frame = pd.DataFrame({"a<b": [1], "x": ["<img src=x onerror=alert(1)>"]})
    (kept,) = harmless(
        [{"output_type": "execute_result", "execution_count": 3, "data": {"text/html": frame.to_html()}}]
    )
    table = kept["data"]["text/html"]
    assert table.startswith('<table class="dataframe">')
    assert "<th>a&lt;b</th>" in table
    assert "<td>&lt;img src=x onerror=alert(1)&gt;</td>" in table


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<style>@import 'x'</style>",
        "<td onclick=alert(1)>",
        "<td colspan='2\" onclick=alert(1)'>",
        "<td><img src=x onerror=alert(1)></td>",
        "<td><a href=javascript:alert(1)>x</a></td>",
        "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>",
        "<scr<script>ipt>alert(1)</script>",
        "<td><iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<td/onclick=alert(1)//",
    ],
)
def test_of_a_table_only_rows_and_text_are_left(inside):
    (kept,) = harmless([{"output_type": "display_data", "data": {"text/html": f"<table><tr>{inside}</tr></table>"}}])
    tags = {piece.split(">")[0].split(" ")[0].strip("/") for piece in kept["data"]["text/html"].split("<")[1:]}
    assert tags <= {"table", "tr", "td", "br"}
    attributes = [piece.split(">")[0].split(" ")[1:] for piece in kept["data"]["text/html"].split("<")[1:]]
    assert {one for found in attributes for one in found} <= {'class="dataframe"', 'colspan="2"'}


@pytest.mark.parametrize("piece", ["<!--", "<![", "<td>", "</th>", "<", "<a ", "&", "<table>"])
def test_markup_made_to_be_slow_is_read_in_one_pass(piece):
    bad = "<table>" + piece * 200_000  # html.parser takes minutes for a tenth of it
    assert len(harmless([{"output_type": "display_data", "data": {"text/html": bad}}])) <= 1


def test_streams_and_errors_become_valid_nbformat_whatever_they_were():
    kept = harmless(
        [
            {"output_type": "stream", "name": "stderr", "text": ["a", "b"]},
            {"output_type": "stream", "name": "<script>", "text": None},
            {"output_type": "error", "ename": 3, "evalue": "\ud800", "traceback": "no list"},
            {"output_type": "execute_result", "execution_count": "<b>", "data": {"text/plain": ["4", "2"]}},
        ]
    )
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.from_dict(dict(one)) for one in kept])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    assert [one.get("name") for one in kept] == ["stderr", "stdout", None, None]
    assert kept[0]["text"] == "ab"
    assert kept[3]["data"] == {"text/plain": "42"}
    assert kept[3]["execution_count"] is None
