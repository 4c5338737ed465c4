"""A sandbox that is shared: by threads, by the processes of a crew; a fresh one after a failure of the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from graders.errors import GraderError
from graders.records import Limits
from graders.sandbox.pool import Sandbox, default_interpreter


class SharedSandbox:
    """A sandbox for several threads or forked processes, started when it is first needed.

    Parameters
    ----------
    interpreter : Path or None
        Its Python; the default one, if None.
    imports : sequence of str
        Modules that notebooks import.
    limits : Limits
        What a notebook may use.
    allow_unsafe : bool
        Whether to go on where a property of it does not hold.
    """

    def __init__(self, interpreter: Path | None, imports: Sequence[str], limits: Limits, *, allow_unsafe: bool) -> None:
        self._interpreter = interpreter
        self._imports = tuple(imports)
        self._limits = limits
        self._allow_unsafe = allow_unsafe
        self._lock = threading.Lock()
        self._part = (0, 1)
        self._sandbox: Sandbox | None = None
        self._users: dict[Sandbox, int] = {}

    def begin(self) -> None:
        """Start it beside whatever else goes on; whoever needs it waits for it, and hears why it cannot start."""
        threading.Thread(target=self._begin, daemon=True).start()

    def _begin(self) -> None:
        with suppress(GraderError):
            self.started()

    def started(self) -> Sandbox:
        """The sandbox; SandboxError where it cannot start, or is not safe."""
        with self._lock:
            if self._sandbox is None:
                self._sandbox = Sandbox(
                    self._interpreter or default_interpreter(),
                    imports=self._imports,
                    limits=self._limits,
                    allow_unsafe=self._allow_unsafe,
                )
                self._sandbox.divide(*self._part)
            return self._sandbox

    def divide(self, place: int, size: int) -> None:
        """In a process that shares it with others: take the `place`-th of `size` parts of what children are given."""
        self._part = (place, size)
        if self._sandbox is not None:
            self._sandbox.divide(place, size)

    @contextmanager
    def borrowed(self) -> Iterator[Sandbox]:
        """The sandbox for one notebook. After a failure the next one gets a fresh one; others finish in the old."""
        sandbox = self.started()
        with self._lock:
            self._users[sandbox] = self._users.get(sandbox, 0) + 1
        try:
            yield sandbox
        except GraderError:
            with self._lock:
                if self._sandbox is sandbox:
                    self._sandbox = None
            raise
        finally:
            with self._lock:
                self._users[sandbox] -= 1
                if not self._users[sandbox]:
                    del self._users[sandbox]
                    if self._sandbox is not sandbox:
                        sandbox.close()

    def close(self) -> None:
        """End it and everything in it."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.close()
                self._sandbox = None
