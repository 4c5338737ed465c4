"""Outputs of one cell, as nbformat v4 writes them: checked, merged, cut."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graders.records import Json
from graders.sandbox.inside.codec import ProtocolError, clean

_TEXT_COST = 64  # what an output weighs besides its text, as the child counts it
_MIME = re.compile(r"[\w.+-]{1,60}/[\w.+;= -]{1,100}")
_MAX_LINES = 500
_PATIENCE = 100  # outputs that may be on their way when they are cut


class Outputs:
    """Collects what a child sends while a cell runs.

    Parameters
    ----------
    limit : int
        Bytes kept.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._limit = limit
        self._kept: list[dict[str, Any]] = []
        self._named: dict[str, int] = {}
        self._clear_next = False
        self._ignored = 0
        self.cut = False

    def add(self, output: object) -> None:
        """Take one output; ProtocolError if it is none."""
        if not isinstance(output, dict):
            raise ProtocolError("output that is no object")
        kind = output.get("output_type")
        maker = _MAKERS.get(kind) if isinstance(kind, str) else None
        if self.cut:
            self._ignored += 1
            if self._ignored > _PATIENCE:
                raise ProtocolError("output that goes on after it was cut")
        if kind == "cut":
            self.cut = True
        elif kind == "clear_output":
            self._clear(wait=output.get("wait") is True)
        elif maker is None:
            raise ProtocolError("output of an unknown kind")
        elif not self.cut:
            self._keep(maker(output), output.get("display_id"), update=kind == "update_display_data")

    def _clear(self, *, wait: bool) -> None:
        if wait:
            self._clear_next = True
        else:
            self._kept, self._named = [], {}

    def _keep(self, made: dict[str, Any], name: object, *, update: bool) -> None:
        if self._clear_next:
            self._clear_next = False
            self._kept, self._named = [], {}
        self._left -= _TEXT_COST + _weight(made)
        if self._left < 0:
            self.cut = True
            return
        known = isinstance(name, str) and name in self._named
        if update and known:
            self._kept[self._named[str(name)]] = made
            return
        last = self._kept[-1] if self._kept else {}
        if made["output_type"] == last.get("output_type") == "stream" and made["name"] == last["name"]:
            last["text"] += made["text"]
            return
        self._kept.append(made)
        if isinstance(name, str):
            self._named[name] = len(self._kept) - 1

    def done(self) -> tuple[Json, ...]:
        """All that was kept, with a line that says so where something was cut."""
        kept = self._kept
        if self.cut:
            said = f"\n[output cut: more than {self._limit} bytes]\n"
            kept = [*kept, {"output_type": "stream", "name": "stderr", "text": said}]
        return tuple(kept)


def _weight(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_weight(part) + len(str(key)) for key, part in value.items())
    return sum(map(_weight, value)) + 8 * len(value) if isinstance(value, list) else 8


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ProtocolError("output whose text is no text")
    return clean(value)


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 31 else None


def _stream(output: Mapping[str, object]) -> dict[str, Any]:
    name = output.get("name")
    if name not in ("stdout", "stderr"):
        raise ProtocolError("stream of an unknown name")
    return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}


def _error(output: Mapping[str, object]) -> dict[str, Any]:
    lines = output.get("traceback")
    if not isinstance(lines, list):
        raise ProtocolError("error without a traceback")
    return {
        "output_type": "error",
        "ename": _text(output.get("ename")),
        "evalue": _text(output.get("evalue")),
        "traceback": [_text(line) for line in lines[:_MAX_LINES]],
    }


def _display(output: Mapping[str, object]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": _bundle(output.get("data")), "metadata": {}}


def _result(output: Mapping[str, object]) -> dict[str, Any]:
    shown = {**_display(output), "output_type": "execute_result"}
    return {**shown, "execution_count": _count(output.get("execution_count"))}


def _bundle(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ProtocolError("display without data")
    made: dict[str, Any] = {}
    for mime, value in data.items():
        if not _MIME.fullmatch(mime):
            continue
        made[mime] = _json(value) if mime.split(";")[0].endswith("json") else _text(value)
    return made


def _json(value: object, depth: int = 0) -> object:
    if depth > 50:
        raise ProtocolError("display that is nested too deeply")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _json(item, depth + 1) for key, item in value.items()}
    return value if isinstance(value, (int, float)) and value == value and abs(value) < 1e308 else None


_MAKERS = {
    "stream": _stream,
    "error": _error,
    "display_data": _display,
    "update_display_data": _display,
    "execute_result": _result,
}
