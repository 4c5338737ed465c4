"""Text of others, made safe to read: what a student wrote cannot hide, reorder or colour what stands beside it.

Escaping for HTML is the template engine's work; this is about characters that a browser obeys without any markup.
"""

from __future__ import annotations

import re
import unicodedata

# CSI, OSC (ended by BEL or ST), and the two-character escapes of a terminal, in their 7-bit and 8-bit forms
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[@-Z\\-_]"
)
_STACKED_MARKS = re.compile(
    r"((?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]){4})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")  # most texts are nothing else
_KEPT = "\n\t\u200c\u200d"  # joiners are part of Persian, of Indic scripts and of emoji
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters by category, empty by looks


def visible(text: str, limit: int = 2000) -> str:
    """The text with terminal codes taken out and every character that hides or reorders shown by its number.

    Parameters
    ----------
    text : str
        Anything that somebody else wrote.
    limit : int
        Characters kept; what is left out is counted at the end.

    Returns
    -------
    str
        Text whose order and content on the page are those of the string.
    """
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    bounded = text[: 4 * limit]  # a text of 50 MB is not scanned to keep 2,000 characters of it
    shown = "".join(_shown(character) for character in _STACKED_MARKS.sub(r"\1", _ANSI.sub("", bounded)))
    if len(shown) <= limit and len(bounded) == len(text):
        return shown
    return f"{shown[:limit]}… (cut; {len(text):,} characters in all)"


def _shown(character: str) -> str:
    if character in _KEPT or (character not in _BLANK and unicodedata.category(character) not in _HIDDEN):
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the picture of a control character, as in ␛
    return f"‹U+{code:04X}›"
