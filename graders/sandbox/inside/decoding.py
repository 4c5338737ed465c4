"""JSON and raw buffers to values, believing nothing: sizes, depth, kinds and numbers of entries are checked first."""

from __future__ import annotations

import array
import math
from collections.abc import Callable
from typing import Any

from .limits import BIG_INT_BITS, MAX_DEPTH, MAX_ITEMS, MAX_ODD_KEYS, PLAIN_KINDS, Node, ProtocolError


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
    if type(text) is not str or len(text) > BIG_INT_BITS // 4 + 4:
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
    if tag != "a":
        raise ProtocolError("array")
    dtype, data = _plain_dtype(name), _buffer(place, buffers)
    _check_shape(shape)
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ProtocolError("array whose bytes do not fill its shape")
    if not math.prod(shape):
        return numpy.empty(shape, dtype)
    flat = numpy.frombuffer(data, numpy.uint8 if dtype.kind == "b" else dtype)
    _check_text(flat, dtype)
    return (flat != 0 if dtype.kind == "b" else flat).reshape(shape).copy()


def _decode_objects(node: list[Node], buffers: list[memoryview], depth: int) -> Any:
    import numpy

    _, shape, rest = node
    items = decode(rest, buffers, depth + 1)
    if type(items) is not list:
        raise ProtocolError("array of objects")
    _check_shape(shape)
    if math.prod(shape) != len(items):
        raise ProtocolError("array whose items do not fill its shape")
    made = numpy.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        made[place] = item
    return made.reshape(shape)


def _check_shape(shape: Node) -> None:
    if type(shape) is not list or len(shape) > 32:
        raise ProtocolError("shape of an array")
    if not all(type(length) is int and 0 <= length < 1 << 40 for length in shape):
        raise ProtocolError("shape of an array")


def _plain_dtype(name: Node) -> Any:
    import numpy

    if type(name) is not str or len(name) > 24:
        raise ProtocolError("dtype")
    dtype = numpy.dtype(name)
    if dtype.kind not in PLAIN_KINDS or dtype.itemsize == 0 or dtype.subdtype or dtype.names:
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
    made = [_decode_column(column, buffers, depth) for column in columns]
    if any(len(column) != len(rows) for column in made):
        raise ProtocolError("columns of a data frame differ in length")
    labels = _decode_index(names, buffers, depth)
    if len(labels) != len(made):
        raise ProtocolError("names of a data frame's columns")
    frame = pandas.DataFrame(dict(enumerate(made)), index=rows, copy=False)
    frame.columns = labels
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
    "o": _decode_objects,
    "n": _decode_scalar,
    "f": _decode_frame,
    "S": _decode_series,
    "x": lambda node, buffers, depth: _decode_index(node, buffers, depth),
}
