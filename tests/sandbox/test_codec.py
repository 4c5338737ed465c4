"""Values survive the way; what is no value, or too much of one, does not get in."""

from __future__ import annotations

import json
import math

import hypothesis.extra.numpy as arrays
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.sandbox.inside import codec

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 90), 1 << 90)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=50)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=5, alphabet="abcdef") | st.integers(-5, 5) | st.floats(-1, 1), inner, max_size=5
        )
        | st.sets(st.integers() | st.tuples(st.integers(), st.booleans()), max_size=5)
    ),
    max_leaves=30,
)
DTYPES = (
    arrays.boolean_dtypes()
    | arrays.integer_dtypes(endianness="?")
    | arrays.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | arrays.complex_number_dtypes(sizes=(64, 128))
    | arrays.datetime64_dtypes()
)


def there_and_back(value: object) -> object:
    buffers: list[bytes] = []
    head = {"v": codec.encode(value, buffers)}
    data = codec.pack(head, buffers)
    size, rest = codec.measure(data)
    view = memoryview(data)[codec.HEADER.size :]
    assert len(view) == size + rest
    came, parts = codec.unpack(view[:size], view[size:])
    return codec.decode(came["v"], parts)


def same(left: object, right: object) -> bool:
    """Equal, and of equal types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))  # type: ignore[arg-type]
    if isinstance(left, dict):
        return same(list(left), list(right)) and same(list(left.values()), list(right.values()))  # type: ignore[call-overload,attr-defined]
    return left == right


@settings(max_examples=150, deadline=None)
@given(PLAIN)
def test_plain_values_survive(value: object) -> None:
    assert same(there_and_back(value), value)


@settings(max_examples=100, deadline=None)
@given(DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_side=5))))
def test_arrays_survive(value: np.ndarray) -> None:
    back = there_and_back(value)
    assert isinstance(back, np.ndarray)
    assert back.dtype == value.dtype
    assert back.shape == value.shape
    assert back.tobytes() == value.tobytes()


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, -0.0, 5e-324, 2**53 + 1, -(2**63), pytest.param(10**4000, id="large")]
)
def test_extreme_numbers_survive(value: float) -> None:
    back = there_and_back([value] * 40)
    assert same(back, [value] * 40)
    if isinstance(value, float):
        assert math.copysign(1, there_and_back(value)) == math.copysign(1, value)  # type: ignore[arg-type]


def test_nan_survives_alone_and_in_long_lists() -> None:
    assert math.isnan(there_and_back(math.nan))  # type: ignore[arg-type]
    assert all(map(math.isnan, there_and_back([math.nan] * 100)))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "scalar", [np.float64(0.1), np.int8(-3), np.bool_(True), np.datetime64("2026-01-02"), np.str_("é")]
)
def test_numpy_scalars_keep_their_type(scalar: np.generic) -> None:
    back = there_and_back(scalar)
    assert type(back) is type(scalar)
    assert back == scalar
    assert same(there_and_back([scalar] * 40), [scalar] * 40)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1, 2], "b": [0.5, math.nan], "c": ["x", None], "d": [True, False]}),
        pd.DataFrame({"t": pd.to_datetime(["2026-01-01", "2026-01-02"])}, index=["p", "q"]),
        pd.DataFrame({"a": [1, 2, 3, 4]}, index=pd.MultiIndex.from_product([["x", "y"], [0, 1]], names=["k", "n"])),
        pd.DataFrame({"a": []}),
    ],
)
def test_data_frames_survive(frame: pd.DataFrame) -> None:
    back = there_and_back(frame)
    assert isinstance(back, pd.DataFrame)
    pd.testing.assert_frame_equal(back, frame)


def test_series_survive() -> None:
    series = pd.Series([1.5, 2.5], index=["a", "b"], name="speed")
    pd.testing.assert_series_equal(there_and_back(series), series)  # type: ignore[arg-type]


def test_subclasses_count_as_their_base_and_their_overrides_do_not_run() -> None:
    ran = []

    class Liar(float):
        def __eq__(self, other: object) -> bool:
            ran.append("eq")
            return True

        __hash__ = None  # type: ignore[assignment]

        def __float__(self) -> float:
            ran.append("float")
            return 42.0

        def __add__(self, other: float) -> float:
            ran.append("add")
            return 42.0

        def __repr__(self) -> str:
            ran.append("repr")
            return "42.0"

    class LyingList(list):  # type: ignore[type-arg]
        def __iter__(self) -> object:  # type: ignore[override]
            ran.append("iter")
            return iter([42])

        def __len__(self) -> int:
            ran.append("len")
            return 1

    class LyingText(str):
        __slots__ = ()

        def __str__(self) -> str:
            ran.append("str")
            return "42"

    class LyingArray(np.ndarray):  # type: ignore[type-arg]
        def tobytes(self, *_: object) -> bytes:
            ran.append("tobytes")
            return b""

    assert same(there_and_back(Liar(1.5)), 1.5)
    assert same(there_and_back(LyingList([1, 2])), [1, 2])
    assert same(there_and_back(LyingText("a")), "a")
    back = there_and_back(np.arange(3).view(LyingArray))
    assert type(back) is np.ndarray
    assert back.tolist() == [0, 1, 2]
    assert ran == []


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        (lambda: 1, "function"),
        ([1, object()], "object"),
        (np.array([object()]), "object"),
        (np.zeros(2, [("a", int)]), "array of void64"),
        (np.ma.array([1], mask=[True]), "MaskedArray"),
        pytest.param(1 << 20_000, "int of more than 14000 bits", id="large int"),
        (np.zeros(1 << 24), "array of more than 67108864 bytes"),
        (range(10**9), "range"),
    ],
)
def test_what_is_no_plain_data_is_opaque(value: object, name: str) -> None:
    with pytest.raises(codec.OpaqueError, match=name):
        codec.encode(value, [])


def test_deep_and_circular_values_are_opaque() -> None:
    circular: list[object] = []
    circular.append(circular)
    with pytest.raises(codec.OpaqueError, match="deeply nested"):
        codec.encode(circular, [])


@pytest.mark.parametrize(
    "node",
    [
        [],
        {},
        ["?"],
        [1, 2],
        ["i", "zz"],
        ["i", "f" * 10_000],
        ["b", 3],
        ["b", -1],
        ["b", True],
        ["u", 0.0],
        ["a", "<f8", [3], 0],
        ["a", "<f8", [2, -1], 0],
        ["a", "<f8", [1 << 62, 1 << 62], 0],
        ["a", "O", [2], 0],
        ["a", "V8", [2], 0],
        ["a", "f8,f8", [1], 0],
        ["a", ["<f8"], [2], 0],
        ["a", "(2,)f8", [1], 0],
        ["a", "<U2", [2], 0],
        ["o", [2], ["[", "a"]],
        ["o", [-1, -1], ["[", "a"]],
        ["o", [1 << 62, 0], ["["]],
        ["o", [2, 2], ["[", "a"]],
        ["o", ["1"], ["[", "a"]],
        ["o", [1], "a"],
        ["n", "<f8", "00"],
        ["n", "<f8", "nothex"],
        ["{", ["[", 1], ["["]],
        ["{", ["[", ["[", 1]], ["[", 1]],
        ["s", ["[", 1]],
        ["x", "range", ["["], [0, 10**9, 1]],
        ["f", ["x", "range", ["[", None], [0, 1, 1]], ["x", "range", ["[", None], [0, 9, 1]], [["p", "", ["F", 0]]]],
        ["F", 1],
    ],
)
def test_malformed_values_are_refused(node: object) -> None:
    buffers = [memoryview(b"\xff" * 16), memoryview(b"123")]
    with pytest.raises(codec.ProtocolError):
        codec.decode(node, buffers)


def test_nested_too_deeply_is_refused() -> None:
    node: list[object] = ["["]
    for _ in range(100):
        node = ["[", node]
    with pytest.raises(codec.ProtocolError):
        codec.decode(node, [])


def test_keys_made_to_collide_are_refused() -> None:
    step = (1 << 61) - 1  # the modulus of hashes of integers: all multiples collide
    keys = ["[", *[["i", hex(step * number)] for number in range(1, codec.MAX_ODD_KEYS + 2)]]
    with pytest.raises(codec.ProtocolError, match="keys"):
        codec.decode(["{", keys, keys], [])


@pytest.mark.parametrize(
    "value",
    [
        np.asarray(pd.Series(["b", "a"])),
        np.array([["a", None], [1, 2.5]], dtype=object),
        np.empty((0, 3), dtype=object),
        np.array([[1, 2], [3]], dtype=object),
    ],
)
def test_arrays_of_objects_survive(value: np.ndarray) -> None:
    back = there_and_back(value)
    assert isinstance(back, np.ndarray)
    assert back.dtype == object
    assert back.shape == value.shape
    assert same(back.tolist(), value.tolist())


@pytest.mark.parametrize("values", [["b", "a", "b"], [1, 2, 2]])
def test_what_unique_gives_of_a_column_survives(values: list[object]) -> None:
    kind = "str" if isinstance(values[0], str) else "Int64"
    column = pd.Series([*values, None], dtype=kind)
    *back, missing = there_and_back(column.unique())
    assert back == list(dict.fromkeys(values))
    assert pd.isna(missing)


def test_booleans_are_normalized() -> None:
    back = codec.decode(["a", "|b1", [3], 0], [memoryview(b"\x00\x01\xff")])
    assert back.tobytes() == b"\x00\x01\x01"


def test_lone_surrogates_do_not_get_in() -> None:
    assert there_and_back("a\ud800b") == "a\ufffdb"
    assert there_and_back("\udcff" * 20_000) == "?" * 20_000  # long text travels as UTF-8, which has none
    assert codec.clean(json.loads('"\\ud83d\\ude00"')) == "\U0001f600"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"[]", b""),
        (b"{", b""),
        (b"\xff\xfe", b""),
        (b"[" * 100_000, b""),
        (b'{"n":' + b"9" * 5000 + b"}", b""),
        (b'{"buffers":[5]}', b"1234"),
        (b'{"buffers":[-1,5]}', b"1234"),
        (b'{"buffers":[true]}', b"1"),
        (b'{"buffers":"x"}', b""),
        (b"{}", b"1"),
    ],
)
def test_malformed_messages_are_refused(head: bytes, body: bytes) -> None:
    with pytest.raises(codec.ProtocolError):
        codec.unpack(head, memoryview(body))


@pytest.mark.parametrize(("head", "body"), [(codec.MAX_HEAD + 1, 0), (1, codec.MAX_BODY + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_announced_sizes_are_checked_before_anything_is_read(head: int, body: int) -> None:
    with pytest.raises(codec.ProtocolError):
        codec.measure(codec.HEADER.pack(head, body))
