"""Bounds of what travels, and the two ways in which it can fail to."""

from __future__ import annotations

from typing import Any

MAX_HEAD = 4 << 20
MAX_BODY = 64 << 20
MAX_DEPTH = 48
MAX_ITEMS = 2_000_000
MAX_ODD_KEYS = 10_000  # keys whose hashes a student can make collide: a table of them costs its square
BIG_INT_BITS = 14_000  # less than the digits that Python would refuse to print
PLAIN_KINDS = "biufcSUMm"  # of numpy's dtypes

Node = Any  # a JSON value that stands for a value


class OpaqueError(Exception):
    """A value that is no plain data; its argument is the name of its type."""


class ProtocolError(Exception):
    """Bytes that are no message of ours, or a message that breaks a limit."""
