"""Values and messages between the trusted side and a student's process: JSON heads and raw buffers, no pickle.

One file, used on both sides. Encoding looks at exact types; a subclass of a built-in type is taken by its base's
own methods, so that no override of it runs. Decoding trusts nothing: sizes, depth, kinds and numbers of entries
are checked before anything of that size is made.

A message is `HEADER` (two lengths), a head of JSON, and the bytes of its buffers one after the other. A value in a
head is JSON's own null, true, number or string, or a list `[tag, ...]`.
"""

from __future__ import annotations

import array
import json
import math
import struct
import sys
from collections.abc import Callable, Iterable
from typing import Any

HEADER = struct.Struct("<II")
MAX_HEAD = 4 << 20
MAX_BODY = 64 << 20
MAX_DEPTH = 48
MAX_ITEMS = 2_000_000
MAX_ODD_KEYS = 10_000  # keys whose hashes a student can make collide: a table of them costs its square
_BIG_INT_BITS = 16_384
_SMALL_INT = 1 << 53
_PACKED_FROM = 32  # shorter lists are cheaper as JSON
_LONG_TEXT = 1 << 14

Node = Any  # a JSON value that stands for a value
Head = dict[str, Any]


class OpaqueError(Exception):
    """A value that is no plain data; its argument is the name of its type."""


class ProtocolError(Exception):
    """Bytes that are no message of ours, or a message that breaks a limit."""


# --- encoding --------------------------------------------------------------------------------------------


def encode(value: object, buffers: list[bytes], depth: int = 0) -> Node:
    """JSON that stands for `value`; long runs of bytes go to `buffers`.

    Parameters
    ----------
    value : object
        Plain data.
    buffers : list of bytes
        Where the bytes of arrays and long lists are put.
    depth : int
        How deep in another value this one lies.

    Returns
    -------
    JSON value
        To be given to `decode` with the same buffers.

    Raises
    ------
    OpaqueError
        For anything that is no plain data, or too much of it.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if depth > MAX_DEPTH:
        raise OpaqueError("deeply nested value")
    encoder = _ENCODERS.get(kind) or _numeric_encoder(kind) or _inherited_encoder(kind)
    if encoder is None:
        raise OpaqueError(type_name(kind))
    return encoder(value, buffers, depth)


def type_name(kind: type) -> str:
    """Name of a type as `type` itself knows it, whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(kind))[:100]


def mro_of(kind: type) -> tuple[type, ...]:
    """Bases of a type, itself first, as `type` itself knows them."""
    found: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    return found


def _encode_int(value: int, _buffers: list[bytes], _depth: int) -> Node:
    if -_SMALL_INT <= value <= _SMALL_INT:
        return value
    if value.bit_length() > _BIG_INT_BITS:
        raise OpaqueError("int of more than 16384 bits")
    return ["i", hex(value)]


def _encode_text(value: str, buffers: list[bytes], _depth: int) -> Node:
    if len(value) < _LONG_TEXT:
        return value
    return ["u", _put(value.encode("utf-8", "replace"), buffers)]


def _encode_list(values: list[Any], buffers: list[bytes], depth: int) -> Node:
    if len(values) > MAX_ITEMS:
        raise OpaqueError(f"list of more than {MAX_ITEMS} items")
    if len(values) >= _PACKED_FROM:
        packed = _packed(values, buffers)
        if packed is not None:
            return packed
    return ["[", *[encode(value, buffers, depth + 1) for value in values]]


def _packed(values: list[Any], buffers: list[bytes]) -> Node | None:
    """A list of numbers of one kind as raw bytes; None if it is not one."""
    kinds = set(map(type, values))
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    if kind is float:
        return ["F", _put(array.array("d", values).tobytes(), buffers)]
    if kind is int and min(values) >= -(2**63) and max(values) < 2**63:
        return ["I", _put(array.array("q", values).tobytes(), buffers)]
    numpy = sys.modules.get("numpy")
    if numpy is not None and kind in (numpy.float64, numpy.int64, numpy.bool_, numpy.float32, numpy.int32):
        return ["N", _encode_array(numpy.array(values), buffers, 0)]
    return None


def _encode_range(value: range, buffers: list[bytes], depth: int) -> Node:
    if len(value) > MAX_ITEMS:
        raise OpaqueError("range")
    return _encode_list(list(value), buffers, depth)


def _encode_tuple(values: tuple[Any, ...], buffers: list[bytes], depth: int) -> Node:
    return ["(", *_encode_items(values, len(values), buffers, depth)]


def _encode_set(values: set[Any], buffers: list[bytes], depth: int) -> Node:
    return ["s", *_encode_items(values, len(values), buffers, depth)]


def _encode_frozenset(values: frozenset[Any], buffers: list[bytes], depth: int) -> Node:
    return ["z", *_encode_items(values, len(values), buffers, depth)]


def _encode_items(values: Iterable[Any], count: int, buffers: list[bytes], depth: int) -> list[Node]:
    if count > MAX_ITEMS:
        raise OpaqueError(f"collection of more than {MAX_ITEMS} items")
    return [encode(value, buffers, depth + 1) for value in values]


def _encode_dict(value: dict[Any, Any], buffers: list[bytes], depth: int) -> Node:
    keys = _encode_list(list(value), buffers, depth)
    return ["{", keys, _encode_list(list(value.values()), buffers, depth)]


def _encode_complex(value: complex, _buffers: list[bytes], _depth: int) -> Node:
    return ["c", value.real, value.imag]


def _encode_bytes(value: bytes, buffers: list[bytes], _depth: int) -> Node:
    return ["b", _put(value, buffers)]


def _put(data: bytes, buffers: list[bytes]) -> int:
    if len(data) + sum(map(len, buffers[-64:])) > MAX_BODY:
        raise OpaqueError(f"value of more than {MAX_BODY} bytes")
    buffers.append(data)
    return len(buffers) - 1


Encoder = Callable[[Any, list[bytes], int], Node]
_ENCODERS: dict[type, Encoder] = {
    int: _encode_int,
    str: _encode_text,
    list: _encode_list,
    tuple: _encode_tuple,
    dict: _encode_dict,
    set: _encode_set,
    frozenset: _encode_frozenset,
    complex: _encode_complex,
    bytes: _encode_bytes,
    range: _encode_range,
}

# A subclass of a built-in type counts as its base: the value is taken by the base's own slots, and
# nothing that the subclass overrides is called.
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, lambda value: int.__add__(value, 0)),
    (float, lambda value: float.__add__(value, 0.0) if float.__ne__(value, 0.0) else float.__float__(value)),
    (str, lambda value: str.__str__(value)),
    (bytes, lambda value: bytes.__add__(value, b"")),
    (complex, lambda value: complex.__pos__(value)),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    (dict, lambda value: dict(zip(dict.keys(value), dict.values(value), strict=True))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
)


def _inherited_encoder(kind: type) -> Encoder | None:
    mro = mro_of(kind)
    for base, taken in _BASES:
        if base in mro:

            def encoder(value: Any, buffers: list[bytes], depth: int, taken: Callable[[Any], Any] = taken) -> Node:
                return encode(taken(value), buffers, depth)

            return encoder
    return None


# --- numpy and pandas, where they are loaded ----------------------------------------------------------------

_PLAIN_KINDS = "biufcSUMm"


def _numeric_encoder(kind: type) -> Encoder | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    mro = mro_of(kind)
    if numpy.ndarray in mro:
        return _encode_array
    if numpy.generic in mro and kind.__module__ == "numpy":
        return _encode_scalar
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return None
    if pandas.DataFrame in mro:
        return _encode_frame
    if pandas.Series in mro:
        return _encode_series
    return _encode_index if pandas.Index in mro else None


def _encode_array(value: Any, buffers: list[bytes], _depth: int) -> Node:
    numpy = sys.modules["numpy"]
    if numpy.ma.MaskedArray in mro_of(type(value)):
        raise OpaqueError("MaskedArray")
    plain = numpy.ndarray.view(value, numpy.ndarray)
    dtype = plain.dtype
    if dtype.kind not in _PLAIN_KINDS:
        raise OpaqueError(f"array of {dtype.name}"[:100])
    if (dtype.itemsize > 8 and dtype.kind == "f") or (dtype.itemsize > 16 and dtype.kind == "c"):
        plain = plain.astype("f8" if dtype.kind == "f" else "c16")  # long double: the nearest float64
    if plain.nbytes > MAX_BODY:
        raise OpaqueError(f"array of more than {MAX_BODY} bytes")
    return ["a", plain.dtype.str, list(plain.shape), _put(plain.tobytes(), buffers)]


def _encode_scalar(value: Any, _buffers: list[bytes], _depth: int) -> Node:
    numpy = sys.modules["numpy"]
    own: list[bytes] = []
    _, dtype, _, _ = _encode_array(numpy.array(value), own, 0)
    if len(own[0]) > _LONG_TEXT:
        raise OpaqueError("numpy scalar")
    return ["n", dtype, own[0].hex()]


def _encode_frame(value: Any, buffers: list[bytes], depth: int) -> Node:
    columns = [_encode_column(value.iloc[:, place], buffers, depth) for place in range(value.shape[1])]
    return ["f", _encode_index(value.columns, buffers, depth), _encode_index(value.index, buffers, depth), columns]


def _encode_series(value: Any, buffers: list[bytes], depth: int) -> Node:
    name = encode(value.name, buffers, depth + 1)
    return ["S", name, _encode_index(value.index, buffers, depth), _encode_column(value, buffers, depth)]


def _encode_index(value: Any, buffers: list[bytes], depth: int) -> Node:
    pandas = sys.modules["pandas"]
    names = encode(list(value.names), buffers, depth + 1)
    if type(value) is pandas.RangeIndex:
        return ["x", "range", names, [value.start, value.stop, value.step]]
    kind = "levels" if pandas.MultiIndex in mro_of(type(value)) else "labels"
    return ["x", kind, names, _encode_column(value, buffers, depth)]


def _encode_column(value: Any, buffers: list[bytes], depth: int) -> Node:
    numpy, pandas = sys.modules["numpy"], sys.modules["pandas"]
    dtype = value.dtype
    if type(dtype).__module__.startswith("numpy") and dtype.kind in _PLAIN_KINDS:
        return ["p", "", _encode_array(value.to_numpy(), buffers, depth)]
    text = isinstance(dtype, pandas.StringDtype)
    cells = [None if cell is pandas.NA or (text and cell is numpy.nan) else cell for cell in value.tolist()]
    cells = [None if type(cell) is float and math.isnan(cell) and text else cell for cell in cells]
    return ["p", "text" if text else "object", _encode_list(cells, buffers, depth + 1)]


# --- decoding ------------------------------------------------------------------------------------------------


def decode(node: Node, buffers: list[memoryview], depth: int = 0) -> Any:
    """Value that `node` stands for.

    Parameters
    ----------
    node : JSON value
        As `encode` made it; anything else is refused.
    buffers : list of memoryview
        The message's buffers.
    depth : int
        How deep in another value this one lies.

    Returns
    -------
    object
        Plain data: never an object whose methods another side wrote.

    Raises
    ------
    ProtocolError
        If it is no value, or breaks a limit.
    """
    if node is None or node is True or node is False:
        return node
    kind = type(node)
    if kind is float or kind is int:
        return node
    if kind is str:
        return clean(node)
    if kind is not list or not node or type(node[0]) is not str or depth > MAX_DEPTH + 4:
        raise ProtocolError("no value")
    decoder = _DECODERS.get(node[0])
    if decoder is None:
        raise ProtocolError(f"unknown tag {node[0][:10]!r}")
    try:
        return decoder(node, buffers, depth)
    except ProtocolError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, RecursionError) as reason:
        raise ProtocolError(f"malformed value of tag {node[0]!r}: {type(reason).__name__}") from None


def clean(text: str) -> str:
    """The text with lone surrogates replaced: it can always be written as UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decode_list(node: list[Node], buffers: list[memoryview], depth: int) -> list[Any]:
    return [decode(item, buffers, depth + 1) for item in node[1:]]


def _decode_int(node: list[Node], _buffers: list[memoryview], _depth: int) -> int:
    _, text = node
    if type(text) is not str or len(text) > _BIG_INT_BITS // 4 + 4:
        raise ProtocolError("int")
    return int(text, 16)


def _decode_text(node: list[Node], buffers: list[memoryview], _depth: int) -> str:
    return str(_buffer(node[1], buffers), "utf-8", "replace")


def _decode_floats(node: list[Node], buffers: list[memoryview], _depth: int) -> list[float]:
    return _numbers("d", node[1], buffers)


def _decode_ints(node: list[Node], buffers: list[memoryview], _depth: int) -> list[int]:
    return _numbers("q", node[1], buffers)


def _numbers(code: str, place: Node, buffers: list[memoryview]) -> list[Any]:
    data = _buffer(place, buffers)
    if len(data) > 8 * MAX_ITEMS:
        raise ProtocolError("too many items")
    found = array.array(code)
    found.frombytes(data)
    return found.tolist()


def _decode_scalars(node: list[Node], buffers: list[memoryview], _depth: int) -> list[Any]:
    found = _decode_array(node[1], buffers, 0)
    if found.ndim != 1 or found.size > MAX_ITEMS:
        raise ProtocolError("scalars")
    return list(found)


def _decode_dict(node: list[Node], buffers: list[memoryview], depth: int) -> dict[Any, Any]:
    _, keys_node, values_node = node
    keys, values = decode(keys_node, buffers, depth), decode(values_node, buffers, depth)
    if type(keys) is not list or type(values) is not list or len(keys) != len(values):
        raise ProtocolError("dict")
    _check_keys(keys)
    return dict(zip(keys, values, strict=True))


def _check_keys(keys: list[Any]) -> None:
    odd = sum(1 for key in keys if not (type(key) is str or (type(key) is int and abs(key) < 1 << 60)))
    if odd > MAX_ODD_KEYS:
        raise ProtocolError(f"more than {MAX_ODD_KEYS} keys that are neither text nor small integers")


def _decode_set(node: list[Node], buffers: list[memoryview], depth: int) -> Any:
    items = _decode_list(node, buffers, depth)
    _check_keys(items)
    return set(items) if node[0] == "s" else frozenset(items)


def _decode_array(node: list[Node], buffers: list[memoryview], _depth: int) -> Any:
    import numpy

    tag, name, shape, place = node
    if tag != "a" or type(shape) is not list or len(shape) > 32:
        raise ProtocolError("array")
    dtype, data = _plain_dtype(name), _buffer(place, buffers)
    if not all(type(length) is int and 0 <= length < 1 << 40 for length in shape):
        raise ProtocolError("shape of an array")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ProtocolError("array whose bytes do not fill its shape")
    if not math.prod(shape):
        return numpy.empty(shape, dtype)
    flat = numpy.frombuffer(data, numpy.uint8 if dtype.kind == "b" else dtype)
    _check_text(flat, dtype)
    return (flat != 0 if dtype.kind == "b" else flat).reshape(shape).copy()


def _plain_dtype(name: Node) -> Any:
    import numpy

    if type(name) is not str or len(name) > 24:
        raise ProtocolError("dtype")
    dtype = numpy.dtype(name)
    if dtype.kind not in _PLAIN_KINDS or dtype.itemsize == 0 or dtype.subdtype or dtype.names:
        raise ProtocolError("dtype that is not plain")
    return dtype


def _check_text(flat: Any, dtype: Any) -> None:
    if dtype.kind != "U":
        return
    import numpy

    points = flat.view(numpy.dtype(numpy.uint32).newbyteorder(dtype.byteorder))
    if bool(((points > 0x10FFFF) | ((points >= 0xD800) & (points < 0xE000))).any()):
        raise ProtocolError("text array that holds no text")


def _decode_scalar(node: list[Node], _buffers: list[memoryview], _depth: int) -> Any:
    _, dtype, text = node
    data = bytes.fromhex(text)
    return _decode_array(["a", dtype, [], 0], [memoryview(data)], 0)[()]


def _decode_complex(node: list[Node], _buffers: list[memoryview], _depth: int) -> complex:
    _, real, imaginary = node
    return complex(float(real), float(imaginary))


def _decode_series(node: list[Node], buffers: list[memoryview], depth: int) -> Any:
    import pandas

    _, name, index, column = node
    series = pandas.Series(_decode_column(column, buffers, depth), index=_decode_index(index, buffers, depth))
    series.name = decode(name, buffers, depth + 1)
    return series


def _decode_frame(node: list[Node], buffers: list[memoryview], depth: int) -> Any:
    import pandas

    _, names, index, columns = node
    rows = _decode_index(index, buffers, depth)
    made = {place: _decode_column(column, buffers, depth) for place, column in enumerate(columns)}
    if any(len(column) != len(rows) for column in made.values()):
        raise ProtocolError("columns of a data frame differ in length")
    frame = pandas.DataFrame(made, index=rows)
    frame.columns = _decode_index(names, buffers, depth)
    return frame


def _decode_index(node: Node, buffers: list[memoryview], depth: int) -> Any:
    import pandas

    tag, kind, names_node, rest = node
    names = decode(names_node, buffers, depth + 1)
    if tag != "x" or type(names) is not list:
        raise ProtocolError("index")
    found: Any
    if kind == "range":
        if len(range(*rest)) > MAX_ITEMS:
            raise ProtocolError("index")
        found = pandas.RangeIndex(*rest)
    elif kind == "levels":
        tuples = _decode_column(rest, buffers, depth)
        found = pandas.MultiIndex.from_tuples(list(tuples))
    else:
        found = pandas.Index(_decode_column(rest, buffers, depth))
    found.names = names
    return found


def _decode_column(node: Node, buffers: list[memoryview], depth: int) -> Any:
    import pandas

    tag, kind, rest = node
    values = decode(rest, buffers, depth + 1)
    if tag != "p" or (kind and type(values) is not list) or (not kind and getattr(values, "ndim", 0) != 1):
        raise ProtocolError("column")
    if kind == "text":
        return pandas.array(values, dtype="str")
    return pandas.Series(values, dtype=object).to_numpy() if kind else values


def _buffer(place: Node, buffers: list[memoryview]) -> memoryview:
    if type(place) is not int or not 0 <= place < len(buffers):
        raise ProtocolError("buffer")
    return buffers[place]


_DECODERS: dict[str, Callable[[list[Node], list[memoryview], int], Any]] = {
    "i": _decode_int,
    "u": _decode_text,
    "[": _decode_list,
    "(": lambda node, buffers, depth: tuple(_decode_list(node, buffers, depth)),
    "{": _decode_dict,
    "s": _decode_set,
    "z": _decode_set,
    "c": _decode_complex,
    "b": lambda node, buffers, _depth: bytes(_buffer(node[1], buffers)),
    "F": _decode_floats,
    "I": _decode_ints,
    "N": _decode_scalars,
    "a": _decode_array,
    "n": _decode_scalar,
    "f": _decode_frame,
    "S": _decode_series,
    "x": lambda node, buffers, depth: _decode_index(node, buffers, depth),
}


# --- messages --------------------------------------------------------------------------------------------------


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
