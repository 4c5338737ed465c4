"""What libraries were before any student code ran: seen, and put back, where a notebook has replaced some of it."""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import Any

_Body = tuple[Any, Any, Any]
_set = ModuleType.__setattr__


class Libraries:
    """Functions and classes of some packages, as they are now.

    Parameters
    ----------
    packages : list of str
        Names of packages, whose loaded modules are all looked at, such as `numpy`, or `builtins`.
    """

    def __init__(self, packages: list[str]) -> None:
        self._packages = frozenset(packages)
        self._modules: dict[str, tuple[ModuleType, type, dict[str, Any]]] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._bodies: dict[FunctionType, _Body] = {}
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self._packages and isinstance(module, ModuleType):
                self._modules[name] = module, type(module), module.__dict__
        self.accept()

    def accept(self) -> None:
        """Take everything as it is now for what it should be: the course's own cells may replace things."""
        for name, (_, _, space) in self._modules.items():
            self._known[name] = {key: value for key, value in space.items() if callable(value)}
        functions = {one for known in self._known.values() for one in known.values() if type(one) is FunctionType}
        self._bodies = {one: _body(one) for one in functions}

    def mend(self) -> list[str]:
        """Put back what has been replaced.

        Returns
        -------
        list of str
            What that was: `math.isclose`, for instance.
        """
        found: list[str] = []
        for name, (module, kind, space) in self._modules.items():
            if sys.modules.get(name) is not module or type(module) is not kind:
                found.append(name)
                sys.modules[name] = module
                _set(module, "__class__", kind)
            for key, value in self._known[name].items():
                if space.get(key) is not value:
                    found.append(f"{name}.{key}")
                    space[key] = value
        for function, body in self._bodies.items():
            if _body(function) != body:
                found.append(f"{function.__module__}.{function.__qualname__}")
                function.__code__, function.__defaults__, function.__kwdefaults__ = body
        return found

    def find(self, origin: str) -> object:
        """What `math` or `math:isclose` stands for; None where it was not there at the beginning."""
        name, _, key = origin.partition(":")
        if name not in self._modules:
            return None
        return self._known[name].get(key) if key else self._modules[name][0]


def _body(function: FunctionType) -> _Body:
    return function.__code__, function.__defaults__, function.__kwdefaults__
