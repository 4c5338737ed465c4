"""Which names of classes a report may repeat: a student must not smuggle hidden inputs out in a made-up one."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence

from graders.sandbox.inside import codec

_STANDARD = frozenset(name for name, kind in vars(builtins).items() if isinstance(kind, type))
_NUMERIC_NAMES = """
    Axes AxisError Decimal DivisionByZero EmptyDataError Figure Fraction Generator InvalidOperation
    JSONDecodeError LinAlgError MaskedArray NAType NaTType OutOfBoundsDatetime ParserError RandomState
    Timedelta Timestamp UFuncTypeError UndefinedVariableError _UFuncNoLoopError _UFuncOutputCastingError
    builtin_function_or_method date datetime deque dict_items dict_keys dict_values filter function generator
    map method module timedelta zip
"""
_NUMERIC = frozenset(_NUMERIC_NAMES.split())  # of libraries, generators, iterators: no student made them up
_DESCRIBED = re.compile(
    r"array of (object|void\d*)|[a-z]+ of more than \d+ (items|bytes|bits)|deeply nested value"
    r"|value that is too large|numpy scalar"
)


class Names:
    """Names that may be reported for one notebook: those of Python and its libraries, and those that it spells out.

    Parameters
    ----------
    sources : sequence of str
        The notebook's cells: a name that stands there was there before any hidden input.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._known = _STANDARD | {name for source in sources for name in re.findall(r"[^\W\d]\w{0,63}", source)}

    def kept(self, names: object) -> tuple[str, ...]:
        """Those of the names that may be reported."""
        if not isinstance(names, list):
            raise codec.ProtocolError("names of an exception")
        known = [name for name in names[:32] if isinstance(name, str) and (name in self._known or name in _NUMERIC)]
        return tuple(known) or ("BaseException",)

    def type_name(self, name: object) -> str:
        """Name of a type, or `object` for one that was made up."""
        plain = isinstance(name, str) and (name in self._known or name in _NUMERIC or _DESCRIBED.fullmatch(name))
        return str(name) if plain else "object"
