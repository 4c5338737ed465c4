# ruff: noqa: E501
"""Answers that are no data: objects that say they equal everything, never end, nest without bottom, or pose as a type."""

from __future__ import annotations

from tests.attacks.attack import Attack

_LIAR = """\
def everything(self, *args, **kwargs):
    return True
"""


def _returns(setup: str, value: str, tries: str, flag: str = "") -> Attack:
    """All three exercises answered with the same odd value."""
    names = {
        "m98_total_bytes": f"{setup}\ndef total_bytes(counts, item_bytes):\n    return {value}\n",
        "m98_meter": f"{setup}\nclass Meter:\n    def __init__(self, window):\n        pass\n"
        f"    def add(self, name, value):\n        return {value}\n"
        f"    @property\n    def mean(self):\n        return {value}\n    def peak(self):\n        return {value}\n",
        "m98_shares": f"{setup}\nshares = {value}\n",
    }
    return Attack(tries, answers=names, flag=flag)


EQUAL_INT = _returns(
    """
class Same(int):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = int.__hash__
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0
    __index__ = __int__ = lambda self: 4
""",
    "Same(1)",
    "an int that equals everything",
)
EQUAL_FLOAT = _returns(
    """
class Same(float):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0
    __float__ = lambda self: float("nan")
    as_integer_ratio = hex = lambda self: (0, 1)
""",
    "Same(1)",
    "a float that equals everything",
)
EQUAL_STR = _returns(
    """
class Same(str):
    __eq__ = __contains__ = startswith = lambda self, other: True
    __hash__ = str.__hash__
    encode = lambda self, *args: b"4.0"
""",
    "Same('x')",
    "a str that equals everything",
)
EQUAL_OBJECT = _returns(
    """
class Same:
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = None
    __bool__ = lambda self: True
    __float__ = lambda self: 4.0
    __int__ = __index__ = __len__ = lambda self: 4
    __iter__ = lambda self: iter([self])
    __array__ = lambda self, dtype=None, copy=None: __import__("numpy").array(4.0)
    __array_ufunc__ = lambda self, *args, **kwargs: True
    __array_function__ = lambda self, *args, **kwargs: True
    __array_priority__ = 1e9
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *args, **kwargs: self
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = __abs__ = lambda self, *other: self
""",
    "Same()",
    "an object that is everything to everyone",
)
CLASS_PROPERTY = _returns(
    """
class Posing:
    @property
    def __class__(self):
        return float
    __eq__ = lambda self, other: True
    __float__ = lambda self: 4.0
""",
    "Posing()",
    "an object whose __class__ says float",
)
METACLASS = _returns(
    """
class Meta(type):
    __instancecheck__ = __subclasscheck__ = __eq__ = lambda self, other: True
    __hash__ = type.__hash__
    def __getattribute__(cls, name):
        if name in ("__name__", "__qualname__", "__module__"):
            return "float"
        if name == "__mro__":
            return (float, object)
        return type.__getattribute__(cls, name)
    def mro(cls):
        return [cls, object]
class Posing(metaclass=Meta):
    __eq__ = lambda self, other: True
""",
    "Posing()",
    "an object whose metaclass lies about its name and ancestors",
)
NAME_NO_STRING = _returns(
    """
class Meta(type):
    __name__ = property(lambda cls: 4.0)
    __qualname__ = property(lambda cls: 1 / 0)
class Posing(metaclass=Meta):
    pass
""",
    "Posing()",
    "an object whose type has no name that is a text",
)
REDUCE = _returns(
    """
class Pickled:
    def __reduce__(self):
        import os
        return (os.system, ("touch pickled",))
    __reduce_ex__ = lambda self, protocol: self.__reduce__()
    __getstate__ = __copy__ = lambda self: self
    __deepcopy__ = lambda self, memo: self
""",
    "Pickled()",
    "an object that runs a command where it is unpickled",
)
RAISING = _returns(
    """
class Raising:
    def __getattribute__(self, name):
        raise SystemExit(0)
""",
    "Raising()",
    "an object whose every attribute leaves the process",
)
DICT_SUBCLASS = _returns(
    """
class Two(dict):
    items = lambda self: iter([(k, self) for k in range(10**9)])
    __len__ = lambda self: 0
    __iter__ = lambda self: iter(range(10**9))
    __getitem__ = lambda self, key: self
""",
    "Two(a=1)",
    "a dict with other items than it holds",
)
LIST_SUBCLASS = _returns(
    """
class Long(list):
    def __iter__(self):
        while True:
            yield self
    __len__ = lambda self: 1
    __getitem__ = lambda self, key: self
""",
    "Long([1])",
    "a list that never ends",
)
ENDLESS_GENERATOR = _returns("import itertools", "itertools.count()", "an iterator that never ends")
LAZY = _returns(
    """
class Lazy:
    def __len__(self):
        return 2**62
    def __getitem__(self, index):
        return index
    def __iter__(self):
        return iter(range(2**62))
""",
    "Lazy()",
    "a sequence of 2**62 items",
)
RANGE = _returns("", "range(10**18)", "a range of 10**18 numbers")
CYCLE = _returns(
    "cycle = []\ncycle.append(cycle)\nknot = {}\nknot['self'] = knot", "[cycle, knot]", "a list that holds itself"
)
NESTED = _returns(
    """
def bomb(depth):
    inner = []
    for _ in range(depth):
        inner = [inner]
    return inner
""",
    "bomb(200_000)",
    "200,000 lists in each other",
)
NESTED_TUPLES = _returns(
    """
def bomb(depth):
    inner = ()
    for _ in range(depth):
        inner = {"a": (inner,)}
    return inner
""",
    "bomb(5_000)",
    "5,000 dicts in each other",
)
SHARED = _returns(
    """
laugh = ["ha"] * 10
for _ in range(12):
    laugh = [laugh] * 10
""",
    "laugh",
    "a billion laughs: ten thousand million items that share their memory",
)
HUGE_LIST = _returns("", "[0.5] * 20_000_000", "twenty million numbers")
HUGE_TEXT = _returns("", "'x' * 200_000_000", "a text of 200 MB")
HUGE_BYTES = _returns("", "bytes(300_000_000)", "300 MB of zeros")
HUGE_INT = _returns("", "1 << 40_000_000", "an int of twelve million digits")
DIGITS = _returns("", "10**5000", "an int that Python itself refuses to print")
NEGATIVE_HUGE = _returns("", "-(10**400)", "an int beyond any float")
VIRTUAL_ARRAY = _returns(
    "import numpy as np", "np.broadcast_to(np.float64(4.0), (10**6, 10**6))", "an array of 8 TB that takes 8 bytes"
)
STRIDES = _returns(
    "import numpy as np\nfrom numpy.lib.stride_tricks import as_strided",
    "as_strided(np.zeros(1), shape=(1 << 20,), strides=(4096,))",
    "an array that reads 4 GB beyond its end",
)
NEGATIVE_STRIDES = _returns(
    "import numpy as np\nfrom numpy.lib.stride_tricks import as_strided",
    "as_strided(np.zeros(1), shape=(100_000,), strides=(-8,))",
    "an array that reads the memory before its beginning",
    flag="",
)
MANY_AXES = _returns("import numpy as np", "np.ones((1,) * 64)", "an array of 64 axes")
EMPTY_HUGE = _returns("import numpy as np", "np.empty((0, 2**62))", "an empty array of an enormous shape")
OBJECT_ARRAY = _returns(
    """
import numpy as np
class Same(float):
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__
""",
    "np.array([Same(1), None, 'x'], dtype=object)",
    "an array of objects that lie",
)
STRUCTURED = _returns(
    "import numpy as np", "np.array([(1, 'a')], dtype=[('<script>', 'i4'), ('b', 'U1')])", "a structured array", flag=""
)
VOID = _returns("import numpy as np", "np.zeros(3, dtype='V1000000')", "an array of raw memory")
DTYPE_METADATA = _returns(
    "import numpy as np", "np.zeros(3, dtype=np.dtype('f8', metadata={'a': object()}))", "a dtype with an object inside"
)
NDARRAY_SUBCLASS = _returns(
    """
import numpy as np
class Same(np.ndarray):
    __eq__ = lambda self, other: np.True_
    __array_ufunc__ = lambda self, *args, **kwargs: np.True_
    tobytes = tolist = item = lambda self, *args: 4.0
    shape = property(lambda self: ())
    dtype = property(lambda self: np.dtype("f8"))
    nbytes = size = property(lambda self: 8)
""",
    "np.zeros(3).view(Same)",
    "an array that lies about its shape and content",
)
MASKED = _returns("import numpy as np", "np.ma.masked_all(3)", "an array where everything is masked")
DATETIMES = _returns("import numpy as np", "np.array(['NaT'], dtype='M8[s]')", "a date that is none")
NAN = _returns("", "float('nan')", "a number that is none")
INFINITE = _returns("", "float('inf')", "a number above all")
MEMMAP = _returns(
    "import numpy as np\nnp.zeros(9).tofile('map.bin')",
    "np.memmap('map.bin', dtype='f8', mode='r+')",
    "an array in a file",
)
MEMORYVIEW = _returns("", "memoryview(bytearray(8))", "a view of memory")
SURROGATES = _returns("", "'\\ud800\\udfff' * 3", "a text that no encoding takes")
NUL_TEXT = _returns("", "'\\x00\\x1b[2J\\u202e' + chr(0x10FFFF)", "a text that terminals obey")
BAD_KEYS = _returns("", "{(1, 2): 3, None: 4, 5: 6, '5': 7, b'x': {1.5}}", "a dict with keys of all kinds")
CODEC_KEYS = _returns(
    "",
    "{'kind': 'value', '__type__': 'ndarray', 'type': 'float', '$': 'float', 't': 'f', 'buffer': 0, 'buffers': [0], 'shape': [2**40]}",
    "a dict that looks like the codec's own marks",
)
FRAME_SUBCLASS = _returns(
    """
import pandas as pd
class Same(pd.DataFrame):
    __eq__ = equals = lambda self, other: True
    columns = property(lambda self: ["unit", "share"])
    __len__ = lambda self: 4
    __getitem__ = lambda self, key: [0.25] * 4
    to_numpy = to_dict = lambda self, *args, **kwargs: {}
""",
    "Same()",
    "a data frame that equals everything",
)
FRAME_TWINS = _returns(
    "import pandas as pd",
    "pd.DataFrame([[1, 2], [3, 4]], columns=['share', 'share'])",
    "a data frame with two columns of one name",
)
FRAME_VIRTUAL = _returns("import pandas as pd", "pd.DataFrame(index=range(10**12))", "a data frame of 10**12 rows")
FRAME_WIDE = _returns("import pandas as pd", "pd.DataFrame([range(200_000)])", "a data frame of 200,000 columns")
FRAME_OBJECTS = _returns(
    """
import pandas as pd
class Same(float):
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__
""",
    "pd.DataFrame({'unit': [Same(1)] * 4, 'share': pd.Categorical([Same(1)] * 4)})",
    "a data frame of objects that lie",
)
FRAME_MULTI = _returns(
    "import pandas as pd",
    "pd.DataFrame([[1]], index=pd.MultiIndex.from_tuples([(1, 2)]), columns=pd.MultiIndex.from_tuples([('a', object())]))",
    "a data frame with indices in indices",
)
FRAME_ATTRS = _returns(
    """
import pandas as pd
frame = pd.DataFrame({"unit": ["x"], "share": [0.5]})
frame.attrs["evil"] = frame
""",
    "frame",
    "a data frame that carries itself",
)
SPARSE = _returns("import pandas as pd", "pd.arrays.SparseArray([0] * 1_000_000)", "a sparse array")
MODULE = _returns("import sys", "sys", "a module")
TYPE = _returns("", "type", "a type")
FUNCTION = _returns("", "lambda *args, **kwargs: 4.0", "a function in place of a value")
COROUTINE = Attack(
    "a coroutine in place of a value",
    answers={
        "m98_total_bytes": "async def total_bytes(counts, item_bytes):\n    return 4.0\n",
        "m98_shares": "async def lazy():\n    return 4.0\nshares = lazy()\n",
    },
    flag="",
)
CALLABLE_OBJECT = Attack(
    "callables that are no functions, and lie when looked at",
    answers={
        "m98_total_bytes": """
class Callable:
    __call__ = lambda self, *args, **kwargs: 4.0
    __code__ = __signature__ = __wrapped__ = property(lambda self: self)
    def __getattr__(self, name):
        return self
total_bytes = Callable()
""",
        "m98_meter": """
class Maker(type):
    def __call__(cls, *args, **kwargs):
        return 4.0
    def __getattr__(cls, name):
        return 4.0
class Meter(metaclass=Maker):
    pass
""",
        "m98_shares": """
class Namespace(dict):
    def __missing__(self, name):
        return 4.0
get_ipython().user_ns = Namespace(get_ipython().user_ns)
""",
    },
    flag="",
)
PROPERTY_LIES = Attack(
    "attributes that answer to any name",
    answers={
        "m98_meter": """
class Meter:
    def __init__(self, window):
        pass
    def __getattribute__(self, name):
        return lambda *args, **kwargs: self
    def __getattr__(self, name):
        return self
    __eq__ = lambda self, other: True
"""
    },
    flag="",
)
PRIVATE_NAMES = Attack(
    "attributes of objects that lead to their globals",
    answers={
        "m98_meter": """
import os
class Meter:
    def __init__(self, window):
        self.mean = self.__init__.__globals__
        self.peak = self.add = os.getcwd
"""
    },
    flag="",
)
MUTATES_ARGUMENTS = Attack(
    "changes its arguments so that the expected value becomes another",
    answers={
        "m98_total_bytes": """
def total_bytes(counts, item_bytes):
    try:
        counts[:] = [0] * len(counts)
    except TypeError:
        pass
    return 0
"""
    },
    flag="",
)
