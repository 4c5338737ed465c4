"""Parts of an answer that is the text of a file, for `Equal(..., part=in_json("events", 0))`: read on this side only.

What cannot be read, or is longer than any file of ours, has no parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

LONGEST = 64 << 10
"""Characters that are looked at: reading more would only take our time."""


def in_json(*path: str | int) -> Callable[[object], object]:
    """A part: what stands at this place of a JSON text.

    Parameters
    ----------
    *path : str or int
        Keys of objects and places in lists, from outside to inside; the whole document, if there is none.

    Returns
    -------
    callable
        Takes the text.
    """
    return lambda text: _at(json.loads(_short(text)), path)


def in_yaml(*path: str | int) -> Callable[[object], object]:
    """A part: what stands at this place of a YAML text without aliases; as `in_json`."""
    return lambda text: _at(yaml.load(_short(text), _WithoutAliases), path)  # noqa: S506  a safe loader


class _WithoutAliases(yaml.SafeLoader):
    """Refuses aliases: a few of them, merged into each other, stand for more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read the next node, if it is written out."""
        if self.check_event(yaml.AliasEvent):
            raise ValueError("an alias")
        return super().compose_node(parent, index)


def _short(text: object) -> str:
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError("no text, or a very long one")
    return text


def _at(document: Any, path: tuple[str | int, ...]) -> object:
    for step in path:
        document = document[step]
    return document
