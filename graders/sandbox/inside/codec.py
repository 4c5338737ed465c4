"""Values and messages between the trusted side and a student's process: JSON heads and raw buffers, no pickle.

One codec, used on both sides. A message is `HEADER` (two lengths), a head of JSON, and the bytes of its buffers one
after the other. A value in a head is JSON's own null, true, number or string, or a list `[tag, ...]`.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from .decoding import clean, decode
from .encoding import encode, mro_of, type_name
from .limits import MAX_BODY, MAX_DEPTH, MAX_HEAD, MAX_ITEMS, MAX_ODD_KEYS, Node, OpaqueError, ProtocolError

__all__ = [
    "HEADER",
    "MAX_BODY",
    "MAX_DEPTH",
    "MAX_HEAD",
    "MAX_ITEMS",
    "MAX_ODD_KEYS",
    "Head",
    "Node",
    "OpaqueError",
    "ProtocolError",
    "clean",
    "decode",
    "encode",
    "measure",
    "mro_of",
    "pack",
    "type_name",
    "unpack",
]

HEADER = struct.Struct("<II")
Head = dict[str, Any]

_DUMP = json.JSONEncoder(separators=(",", ":")).encode


def pack(head: Head, buffers: list[bytes] | None = None) -> bytes:
    """Bytes of one message.

    Parameters
    ----------
    head : dict
        JSON; values in it as `encode` made them.
    buffers : list of bytes, optional
        What `encode` put aside.

    Returns
    -------
    bytes
        Lengths, head and buffers.
    """
    if buffers:
        head = {**head, "buffers": [len(data) for data in buffers]}
    text = _DUMP(head).encode("ascii")
    body = b"".join(buffers) if buffers else b""
    if len(text) > MAX_HEAD or len(body) > MAX_BODY:
        raise OpaqueError("value that is too large")
    return HEADER.pack(len(text), len(body)) + text + body


def measure(start: bytes | bytearray) -> tuple[int, int]:
    """Lengths of head and body that the first bytes of a message announce, both within the limits."""
    head, body = HEADER.unpack_from(start)
    if head > MAX_HEAD or body > MAX_BODY:
        raise ProtocolError("message longer than allowed")
    return head, body


def unpack(text: bytes | bytearray | memoryview, body: memoryview) -> tuple[Head, list[memoryview]]:
    """Head and buffers of one message.

    Parameters
    ----------
    text, body
        Its two parts, as `measure` says where they lie.

    Returns
    -------
    tuple
        Head, and the list of its buffers.
    """
    try:
        head = json.loads(str(text, "ascii"))
    except (ValueError, RecursionError) as reason:
        raise ProtocolError(f"head is no JSON: {type(reason).__name__}") from None
    if type(head) is not dict:
        raise ProtocolError("head is no object")
    return head, _cut(head.get("buffers", []), body)


def _cut(lengths: object, body: memoryview) -> list[memoryview]:
    if type(lengths) is not list or not all(type(length) is int and length >= 0 for length in lengths):
        raise ProtocolError("lengths of buffers")
    if sum(lengths) != len(body):
        raise ProtocolError("buffers do not fill the body")
    found, at = [], 0
    for length in lengths:
        found.append(body[at : at + length])
        at += length
    return found
