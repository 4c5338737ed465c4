"""The sandbox: one zygote, jailed once, and a child for each notebook."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType

from graders.errors import SandboxError
from graders.paths import material_root
from graders.records import Cell, Limits
from graders.sandbox import policy
from graders.sandbox.course_cells import Watch
from graders.sandbox.notebook_run import NotebookRun
from graders.sandbox.session import Session
from graders.sandbox.zygotes import Expected, Newborn, Shape, ZygoteProcess, welcome

_BIRTH_WALL_S = 60.0


class Sandbox:
    """Runs notebooks where they can reach nothing; several threads may use one, and processes that were forked from it.

    Use it as a context manager: at the end everything in it is dead and gone.

    Parameters
    ----------
    interpreter : Path
        Python of the sandbox's environment (`default_interpreter()`).
    imports : sequence of str
        Modules that notebooks import, loaded once before the forks. Each costs every child a little.
    limits : Limits
        What each notebook may use.
    allow_unsafe : bool
        Whether to go on where a property of `policy.PROPERTIES` does not hold; `unsafe` names those.

    Raises
    ------
    SandboxError
        If it cannot start, or a property does not hold and `allow_unsafe` is false.
    """

    def __init__(
        self,
        interpreter: Path,
        *,
        imports: Sequence[str] = (),
        limits: Limits = Limits(),  # noqa: B008  frozen
        allow_unsafe: bool = False,
    ) -> None:
        self.limits = limits
        self._giving = threading.Lock()
        self._is_ahead = False
        self._next: Expected | None = None
        self._killed: Session | None = None
        self._zygote, self.layers, self.refusals = _start(interpreter, imports, self._first_layers)
        missing = policy.broken(self.layers)
        self.imported: tuple[str, ...] = tuple(self._zygote.settings["imported"])
        self.unsafe: tuple[str, ...] = tuple(promise.name for promise in missing)
        if missing and not allow_unsafe:
            self.close()
            raise SandboxError(_complaint(missing, self.refusals), do=_ADVICE)

    def _first_layers(self, zygote: ZygoteProcess) -> frozenset[str]:
        """Layers that stand around a first child."""
        spare = range(1, 1 + zygote.spare_users) if zygote.shape == "user" else policy.unused_users()
        self._users = policy.Users(spare if os.geteuid() == 0 else range(0))
        newborn, folder = self._bear(zygote)
        layers = policy.layers_of(zygote.shape, newborn.layers)
        Session(newborn, self.limits, folder).close()
        return layers

    def _bear(self, zygote: ZygoteProcess) -> tuple[Newborn, str]:
        return self._welcomed(self._asked(zygote))

    def _asked(self, zygote: ZygoteProcess) -> Expected:
        with self._giving:
            uid = self._users.take()
        mounts = zygote.shape != "plain"
        folder = "" if mounts else tempfile.mkdtemp(prefix="aisa-notebook-")
        terms = policy.terms(self.limits, uid=uid, mounts=mounts, nested=mounts and uid is None, folder=folder)
        try:
            return zygote.ask(terms, self.limits.output_bytes)
        except BaseException:
            _removed(folder)
            raise

    def _welcomed(self, expected: Expected) -> tuple[Newborn, str]:
        folder = expected.terms.folder
        try:
            newborn = welcome(expected, _BIRTH_WALL_S)
            with contextlib.suppress(OSError):  # where whoever asks for it may run: they take turns, and share a cache
                os.sched_setaffinity(newborn.process.pid, os.sched_getaffinity(0))
            return newborn, folder
        except BaseException:
            _removed(folder)
            raise

    def run(
        self,
        cells: Sequence[Cell],
        files: Mapping[str, bytes],
        watch: Watch | None = None,
        lasting: Collection[str] = (),
    ) -> NotebookRun:
        """Run a notebook.

        Parameters
        ----------
        cells : sequence of Cell
            Code cells, in their order.
        files : mapping
            Files beside the notebook: relative name and content.
        watch : Watch, optional
            Where cells are the course's own.
        lasting : collection of str
            Snapshots that need no copy of their own, as `NotebookRun` explains.

        Returns
        -------
        NotebookRun
            To be closed.
        """
        for name in files:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or not name:
                raise SandboxError(f"file name {name!r} does not lie below the notebook's folder")
        return NotebookRun(self._session, cells, files, self.limits, watch, lasting, self._bury)

    def divide(self, place: int, size: int) -> None:
        """In a process that shares it with others, for good: the next child is asked for while one runs.

        Parameters
        ----------
        place, size : int
            Children get the `place`-th of `size` parts of the users.
        """
        self._users = self._users.part(place, size)
        self._is_ahead = True

    def _session(self) -> Session:
        expected, self._next = self._next, None
        newborn, folder = self._welcomed(expected or self._asked(self._zygote))
        if self._is_ahead:
            self._next = self._asked(self._zygote)
        return Session(newborn, self.limits, folder)

    def _bury(self, session: Session) -> None:
        """Kill a session, and wait until it has gone: at once, or where others wait for us, one notebook later."""
        session.kill()
        if not self._is_ahead:
            session.close()
            return
        buried, self._killed = self._killed, session
        if buried is not None:
            buried.close()

    def close(self) -> None:
        """End the zygote and all children."""
        if self._killed is not None:
            self._killed.close()
        if self._next is not None:
            self._next.forget()
        self._zygote.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_ADVICE = "Run `aisa doctor`, grade where the properties hold, or pass --allow-unsafe: every result is then marked"


def _removed(folder: str) -> None:
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def _complaint(missing: Sequence[policy.Property], refusals: Sequence[str]) -> str:
    lost = "; ".join(f"{promise.name}: not certain that {promise.promise}" for promise in missing)
    why = f" ({'; '.join(refusals)})" if refusals else ""
    return f"the sandbox is not safe on this machine{why}: {lost}"


def shapes() -> tuple[Shape, ...]:
    """Ways to jail the zygote, the best first; `AISA_SANDBOX_SHAPE` picks one."""
    chosen = os.environ.get("AISA_SANDBOX_SHAPE", "")
    known: tuple[Shape, ...] = ("root", "user", "plain")
    if chosen:
        return tuple(shape for shape in known if shape == chosen)
    return known if os.geteuid() == 0 else known[1:]


def _start(
    interpreter: Path, imports: Sequence[str], examine: object
) -> tuple[ZygoteProcess, frozenset[str], tuple[str, ...]]:
    """The first shape that works, the layers that stand in it, and why better ones do not."""
    if not interpreter.exists():
        raise SandboxError(f"no Python interpreter at {interpreter}", do=_MAKE_ONE)
    refusals: list[str] = []
    for shape in shapes():
        zygote = None
        try:
            zygote = ZygoteProcess(interpreter, imports, shape)
            layers: frozenset[str] = examine(zygote)  # type: ignore[operator]
        except SandboxError as reason:
            refusals.append(reason.message)
            if zygote is not None:
                zygote.close()
            continue
        return zygote, layers, tuple(refusals)
    raise SandboxError(f"the sandbox cannot start: {'; '.join(refusals)}", do="Run `aisa doctor`")


_MAKE_ONE = "Run `make setup`, or set AISA_SANDBOX_PYTHON to a Python with numpy, pandas and IPython"


def default_interpreter() -> Path:
    """Python of the sandbox's environment: `AISA_SANDBOX_PYTHON`, or `.venv-sandbox` beside the course material."""
    chosen = os.environ.get("AISA_SANDBOX_PYTHON", "")
    path = Path(chosen) if chosen else material_root() / ".venv-sandbox/bin/python"
    if not path.exists():
        raise SandboxError("the sandbox has no Python of its own", where=str(path), do=_MAKE_ONE)
    return path
