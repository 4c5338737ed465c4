"""Nothing that others write can hide, reorder or colour what stands beside it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.pages import visible


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a plain sentence, 3 of 5", "a plain sentence, 3 of 5"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x07", "link"),
        ("\x9b31mred", "red"),
        ("null\x00 bell\x07", "null␀ bell␇"),
        ("a lone \x1b", "a lone ␛"),
        ("invoice\u202efdp.exe", "invoice‹U+202E›fdp.exe"),
        ("\u2066isolated\u2069", "‹U+2066›isolated‹U+2069›"),
        ("pass\u200bword \ufeff", "pass‹U+200B›word ‹U+FEFF›"),
        ("line\u2028separator", "line‹U+2028›separator"),
        ("filler \u3164", "filler ‹U+3164›"),
        ("tag \U000e0041", "tag ‹U+E0041›"),
        ("lone surrogate \ud800", "lone surrogate ‹U+D800›"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs its joiner
        ("Zoë Ñandú 你好 👩\u200d🔬", "Zoë Ñandú 你好 👩\u200d🔬"),
        ("z" + "\u0335" * 40, "z" + "\u0335" * 4),
    ],
)
def test_what_is_written_and_what_is_read(written: str, read: str) -> None:
    assert visible(written) == read


@given(st.text(st.characters(codec=None)))
def test_no_character_that_a_browser_obeys_is_left(written: str) -> None:
    shown = visible(written)
    assert not [
        c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t\u200c\u200d"
    ]
    shown.encode("utf-8")


def test_a_long_text_is_cut_and_says_so() -> None:
    shown = visible("x" * 1_000_000, limit=100)
    assert shown == "x" * 100 + "… (cut; 1,000,000 characters in all)"


def test_a_text_cut_in_the_middle_of_hidden_characters_says_so_too() -> None:
    assert visible("\x1b[0m" * 1000 + "end", limit=10).endswith("(cut; 4,003 characters in all)")
