"""Values to JSON and raw buffers.

Encoding looks at exact types. A subclass of a built-in type is taken by its base's own methods, so that no override
of it runs: a `class Liar(float)` counts as the float that it is.
"""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .limits import BIG_INT_BITS, MAX_BODY, MAX_DEPTH, MAX_HEAD, MAX_ITEMS, PLAIN_KINDS, Node, OpaqueError

_SMALL_INT = 1 << 53
_PACKED_FROM = 32  # shorter lists are cheaper as JSON
LONG_TEXT = 1 << 14


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
    if value.bit_length() > BIG_INT_BITS:
        raise OpaqueError(f"int of more than {BIG_INT_BITS} bits")
    return ["i", hex(value)]


def _encode_text(value: str, buffers: list[bytes], _depth: int) -> Node:
    if len(value) < LONG_TEXT:
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
    """A list of numbers of one kind as raw bytes, of text as it is; None if it is neither."""
    kinds = set(map(type, values))
    if kinds == {str}:
        if sum(map(len, values)) > MAX_HEAD:
            raise OpaqueError(f"list of more than {MAX_HEAD} bytes")
        return ["[", *values]
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


# --- numpy and pandas, where they are loaded ---


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
    if pandas.api.extensions.ExtensionArray in mro:
        return _encode_objects
    return _encode_index if pandas.Index in mro else None


def _encode_array(value: Any, buffers: list[bytes], depth: int) -> Node:
    numpy = sys.modules["numpy"]
    if numpy.ma.MaskedArray in mro_of(type(value)):
        raise OpaqueError("MaskedArray")
    plain = numpy.ndarray.view(value, numpy.ndarray)
    dtype = plain.dtype
    if dtype.kind == "O":
        return _encode_objects(plain, buffers, depth)
    if dtype.kind not in PLAIN_KINDS:
        raise OpaqueError(f"array of {dtype.name}"[:100])
    if (dtype.itemsize > 8 and dtype.kind == "f") or (dtype.itemsize > 16 and dtype.kind == "c"):
        plain = plain.astype("f8" if dtype.kind == "f" else "c16")  # long double: the nearest float64
    if plain.nbytes > MAX_BODY:
        raise OpaqueError(f"array of more than {MAX_BODY} bytes")
    return ["a", plain.dtype.str, list(plain.shape), _put(plain.tobytes(), buffers)]


def _encode_objects(value: Any, buffers: list[bytes], depth: int) -> Node:
    """An array of whatever it holds, names above all: `unique` and `asarray` of a column give one."""
    missing = getattr(sys.modules.get("pandas"), "NA", None)
    items = [None if item is missing else item for item in value.ravel().tolist()]
    return ["o", list(value.shape), _encode_list(items, buffers, depth + 1)]


def _encode_scalar(value: Any, _buffers: list[bytes], _depth: int) -> Node:
    numpy = sys.modules["numpy"]
    own: list[bytes] = []
    _, dtype, _, _ = _encode_array(numpy.array(value), own, 0)
    if len(own[0]) > LONG_TEXT:
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
    if type(dtype).__module__.startswith("numpy") and dtype.kind in PLAIN_KINDS:
        return ["p", "", _encode_array(value.to_numpy(), buffers, depth)]
    text = isinstance(dtype, pandas.StringDtype)
    cells = [None if cell is pandas.NA or (text and cell is numpy.nan) else cell for cell in value.tolist()]
    cells = [None if type(cell) is float and math.isnan(cell) and text else cell for cell in cells]
    return ["p", "text" if text else "object", _encode_list(cells, buffers, depth + 1)]
