"""Runs a notebook's cells; where one takes the process down, runs the notebook again without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from graders.errors import SandboxError
from graders.records import Cell, CellRun, Endpoint, Flag, Limits
from graders.sandbox.endpoint import Names, SnapshotEndpoint
from graders.sandbox.process import Process
from graders.sandbox.session import GoneError, Session

_REPLAYS = 24
_REPLAY_SHARE = 2.0  # CPU that replays may use, in parts of what the notebook may use


class _SpentError(GoneError):
    """No time is left to run the notebook again."""

    def __init__(self) -> None:
        super().__init__("timeout", "no time is left to run the notebook again")


class NotebookRun:
    """A notebook that has run, and the copies of its process that answer for it.

    Use it as a context manager: at the end everything of it is dead and gone.

    Parameters
    ----------
    bear : callable
        Makes a session in a fresh child.
    cells : sequence of Cell
    files : mapping
        Name and content of files in its folder.
    limits : Limits
    """

    def __init__(
        self, bear: Callable[[], Session], cells: Sequence[Cell], files: Mapping[str, bytes], limits: Limits
    ) -> None:
        self._bear, self._cells, self._files, self._limits = bear, tuple(cells), files, limits
        self._names = Names([cell.source for cell in cells])
        self._runs: dict[int, CellRun] = {}
        self._flags: list[Flag] = []
        self._left_out: set[int] = set()
        self._copies: dict[str, Process | None] = {}
        self._sessions: list[Session] = []
        self._endpoints: dict[str, SnapshotEndpoint] = {}
        self._asked: SnapshotEndpoint | None = None
        self._used_cpu_s = self._replay_cpu_s = 0.0
        self._replays = 0
        self._lock = threading.Lock()
        try:
            self._run()
        except BaseException:
            self.close()
            raise

    @property
    def cells(self) -> tuple[CellRun, ...]:
        """What each cell did, in their order."""
        return tuple(self._runs[cell.index] for cell in self._cells)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What a human should look at."""
        refused = sum(session.refused for session in self._sessions)
        tried = (
            [Flag("processes", "notebook", "tried to start processes, which the sandbox refuses")] if refused else []
        )
        return tuple(dict.fromkeys([*self._flags, *tried]))

    def endpoint(self, snapshot: str) -> Endpoint:
        """What answers in the copy that was taken at `snapshot`.

        Parameters
        ----------
        snapshot : str
            As a cell named it.

        Returns
        -------
        Endpoint
        """
        with self._lock:
            if snapshot not in self._endpoints:
                if not any(snapshot in cell.snapshots for cell in self._cells):
                    raise SandboxError(f"no cell has the snapshot {snapshot!r}")
                self._endpoints[snapshot] = SnapshotEndpoint(
                    self._copies.get(snapshot),
                    lambda: self._revive(snapshot),
                    self._limits,
                    self._names,
                    lambda kind, detail: self._flags.append(Flag(kind, snapshot, detail)),
                    self._give_turn,
                )
            return self._endpoints[snapshot]

    def _give_turn(self, endpoint: SnapshotEndpoint) -> None:
        if self._asked is not None and self._asked is not endpoint:
            self._asked.rest()
        self._asked = endpoint

    # --- cells --------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Run all cells, in as many children as it takes."""
        while True:
            session = self._fresh()
            try:
                self._pass(session, None)
            except _SpentError as spent:
                session.close()
                self._give_up(spent.detail)
                return
            except GoneError:
                session.close()
                continue
            session.finish()
            return

    def _give_up(self, why: str) -> None:
        """Leave the rest as it is: cells that have not run are skipped."""
        for cell in self._cells:
            self._runs.setdefault(cell.index, CellRun(cell.index, "skipped"))
        self._flags.append(Flag("timeout", "notebook", why))

    def _fresh(self) -> Session:
        session = self._bear()
        self._sessions.append(session)
        session.place(self._files)
        return session

    def _pass(self, session: Session, until: str | None) -> dict[str, Process]:
        """Run the cells in one child, up to one snapshot or to the end; GoneError if it did not live so long."""
        copies: dict[str, Process] = {}
        for cell in self._cells:
            self._step(session, cell)
            for snapshot in cell.snapshots:
                if until not in (None, snapshot):
                    continue
                try:
                    copied = session.copy()
                except GoneError as gone:
                    self._fault(cell, gone)
                    raise
                if copied is not None:
                    copies[snapshot] = copied
            if until in cell.snapshots:
                break
        if until is None:
            self._copies = dict(copies)
        return copies

    def _step(self, session: Session, cell: Cell) -> None:
        """Run a cell, unless it is left out or there is no time left."""
        if cell.index in self._left_out:
            return
        again = cell.index in self._runs
        budget = self._limits.notebook_cpu_s * (_REPLAY_SHARE if again else 1.0)
        left = budget - (self._replay_cpu_s if again else self._used_cpu_s)
        if left <= 0.0:
            if again:
                raise _SpentError
            self._runs[cell.index] = CellRun(cell.index, "skipped")
            return
        if again and self._runs[cell.index].status == "skipped":
            return
        try:
            ran = session.run(cell, min(self._limits.cell_cpu_s, left))
        except GoneError as gone:
            self._spend(gone.cpu_s, again=again)
            blamed = self._fault(cell, gone)
            if blamed is cell and not again:
                self._runs[cell.index] = CellRun(cell.index, gone.status, gone.outputs, None, gone.cpu_s)
            raise
        self._spend(ran.run.cpu_s, again=again)
        if not again:
            self._runs[cell.index] = ran.run
            if ran.cut:
                self._flag("output-cut", cell, f"showed more than {self._limits.output_bytes} bytes")
            if ran.run.status == "timeout":
                self._flag("timeout", cell, f"stopped after {ran.run.cpu_s:.1f} s of CPU time")

    def _fault(self, cell: Cell, gone: GoneError) -> Cell:
        """Leave out, from now on, the cell that is to blame, and say why.

        It is the one that was running; the one before it, if that had answered twice; the nearest before it that is
        still there, if the process broke down between cells. So every fault leaves one cell fewer.
        """
        before = [other for other in self._cells[: self._cells.index(cell) + 1] if other.index not in self._left_out]
        if gone.earlier and len(before) > 1:
            before.pop()
        if not before:
            raise SandboxError(f"a student's process breaks down before any cell has run: {gone.detail}")
        blamed = before[-1]
        self._left_out.add(blamed.index)
        self._flag(gone.status, blamed, f"{gone.detail}; the notebook was run again without this cell")
        if gone.protocol:
            self._flag("protocol", blamed, gone.detail)
        self._replays += 1
        return blamed

    def _flag(self, kind: str, cell: Cell, detail: str) -> None:
        self._flags.append(Flag(kind, f"cell {cell.index}", detail))

    def _spend(self, cpu_s: float, *, again: bool) -> None:
        if again:
            self._replay_cpu_s += cpu_s
        else:
            self._used_cpu_s += cpu_s

    # --- copies -------------------------------------------------------------------------------------

    def _revive(self, snapshot: str) -> Process:
        """A new copy for a snapshot whose copy has died: the notebook runs again up to there, unheard."""
        while self._replays < _REPLAYS:
            self._replays += 1
            session = self._fresh()
            try:
                copies = self._pass(session, snapshot)
            except _SpentError:
                session.close()
                raise
            except GoneError:
                session.close()
                continue
            session.finish()
            return copies[snapshot]
        raise GoneError("crashed", "the notebook was run again too often")

    def close(self) -> None:
        """Kill all that is left of it."""
        for session in self._sessions:
            session.close()

    def __enter__(self) -> NotebookRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
