"""Runs a notebook's cells; where one takes the process down, runs the notebook again without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import TracebackType

from graders.errors import SandboxError
from graders.records import Cell, CellRun, Endpoint, Flag, Limits
from graders.sandbox.budget import Budget, SpentError
from graders.sandbox.course_cells import Watch
from graders.sandbox.endings import GoneError
from graders.sandbox.endpoint import SnapshotEndpoint
from graders.sandbox.names import Names
from graders.sandbox.process import Process
from graders.sandbox.session import Ran, Session

_REPLAYS = 24


class NotebookRun:
    """A notebook that has run, and the copies of its process that answer for it.

    Use it as a context manager: at the end everything of it is dead.

    Parameters
    ----------
    bear : callable
        Makes a session in a fresh child.
    cells : sequence of Cell
    files : mapping
        Name and content of files in its folder.
    limits : Limits
    watch : Watch, optional
        For cells that are the course's own.
    lasting : collection of str
        Snapshots that need not be taken: after the last cell the notebook is, for them, what it was there. They share
        one process; so whoever names them answers for it that none keeps what it is asked.
    bury : callable
        Ends a session for good.
    """

    def __init__(
        self,
        bear: Callable[[], Session],
        cells: Sequence[Cell],
        files: Mapping[str, bytes],
        limits: Limits,
        watch: Watch | None = None,
        lasting: Collection[str] = (),
        bury: Callable[[Session], None] = Session.close,
    ) -> None:
        self._bury = bury
        self._bear, self._cells, self._files, self._limits = bear, tuple(cells), files, limits
        self._watch = watch
        self._lasting = frozenset(lasting)
        self._names = Names([cell.source for cell in cells])
        self._runs: dict[int, CellRun] = {}
        self._flags: list[Flag] = []
        self._left_out: set[int] = set()
        self._copies: dict[str, Process | None] = {}
        self._sessions: list[Session] = []
        self._endpoints: dict[str, SnapshotEndpoint] = {}
        self._asked: SnapshotEndpoint | None = None
        self._budget = Budget(limits)
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
    def started(self) -> int:
        """How many processes were started for it, copies aside."""
        return len(self._sessions)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What a human should look at."""
        refused = any(session.refused for session in self._sessions)
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
                    self._budget,
                    self._names,
                    lambda kind, detail: self._flags.append(Flag(kind, snapshot, detail)),
                    self._give_turn,
                )
            return self._endpoints[snapshot]

    def _give_turn(self, endpoint: SnapshotEndpoint) -> None:
        if self._asked is not None and self._asked is not endpoint:
            self._asked.give_way(endpoint)
        self._asked = endpoint

    # --- cells --------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Run all cells, in as many children as it takes."""
        with self._budget.running():
            while self._replays <= _REPLAYS:
                session = self._fresh()
                try:
                    self._pass(session, None)
                except SpentError:
                    self._end(session)
                    break
                except GoneError:
                    self._end(session)
                    continue
                return
        for cell in self._cells:
            self._runs.setdefault(cell.index, CellRun(cell.index, "skipped"))
        self._flags.append(Flag("timeout", "notebook", "no time is left to run the notebook again"))

    def _end(self, session: Session) -> None:
        session.close()
        self._budget.starve(session.waited_s)

    def _fresh(self) -> Session:
        session = self._bear()
        self._sessions.append(session)
        session.place(self._files)
        if self._watch is not None:
            session.watch(self._watch)
        return session

    def _pass(self, session: Session, until: str | None) -> dict[str, Process]:
        """Run the cells in one child, up to one snapshot or to the end; GoneError if it did not live so long."""
        copies: dict[str, Process] = {}
        for cell in self._cells:
            self._step(session, cell)
            for snapshot in cell.snapshots:
                if snapshot == until or (until is None and snapshot not in self._lasting):
                    copies[snapshot] = self._between(cell, session.copy)
            if until in cell.snapshots:
                break
        if until is None:
            copies |= self._lasting_ones(session)
            self._copies = dict(copies)
        return copies

    def _lasting_ones(self, session: Session) -> dict[str, Process]:
        """After the last cell: the one process of all snapshots that last so long."""
        wanted = [snapshot for cell in self._cells for snapshot in cell.snapshots if snapshot in self._lasting]
        if wanted and session.is_alone():
            return dict.fromkeys(wanted, self._between(self._cells[-1], session.turn))
        shared = dict.fromkeys(wanted, self._between(self._cells[-1], session.copy)) if wanted else {}
        session.finish()
        return shared

    def _between(self, cell: Cell, act: Callable[[], Process]) -> Process:
        """Do something with the process after a cell; if it breaks down over it, that is the cell's fault."""
        try:
            return act()
        except GoneError as gone:
            self._fault(cell, gone)
            raise

    def _step(self, session: Session, cell: Cell) -> None:
        """Run a cell, unless it is left out or there is no time left."""
        again = cell.index in self._runs
        if cell.index in self._left_out or (again and self._runs[cell.index].status == "skipped"):
            return
        cpu_s = self._affordable_s(session, again=again)
        if cpu_s <= 0.0:
            self._runs[cell.index] = CellRun(cell.index, "skipped")
            return
        try:
            ran = session.run(cell, cpu_s, min(self._limits.cell_wall_s, self._budget.wall_left_s()))
        except GoneError as gone:
            self._budget.spend(gone.cpu_s, again=again)
            blamed = self._fault(cell, gone)
            if blamed is cell and not again:
                self._runs[cell.index] = CellRun(cell.index, gone.status, gone.outputs, None, gone.cpu_s)
            raise
        self._budget.spend(ran.run.cpu_s, again=again)
        if not again:
            self._keep(cell, ran)

    def _affordable_s(self, session: Session, *, again: bool) -> float:
        """CPU seconds that a cell may use; SpentError where running again has become too dear."""
        try:
            self._budget.check(session.waiting_s)
            left = self._budget.cpu_left_s(again=again)
            if left <= 0.0:
                raise SpentError
        except SpentError:
            if again:
                raise
            return 0.0
        return min(self._limits.cell_cpu_s, left)

    def _keep(self, cell: Cell, ran: Ran) -> None:
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
        if blamed.course is not None and blamed.index in self._runs:  # it has answered twice: neither is believed
            self._runs[blamed.index] = replace(self._runs[blamed.index], status="crashed")
        self._flag(gone.status, blamed, f"{gone.detail}; the notebook was run again without this cell")
        if gone.protocol:
            self._flag("protocol", blamed, gone.detail)
        self._replays += 1
        return blamed

    def _flag(self, kind: str, cell: Cell, detail: str) -> None:
        self._flags.append(Flag(kind, f"cell {cell.index}", detail))

    # --- copies -------------------------------------------------------------------------------------

    def _revive(self, snapshot: str) -> Process:
        """A new copy for a snapshot whose copy has died: the notebook runs again up to there, unheard."""
        while self._replays < _REPLAYS:
            self._replays += 1
            session = self._fresh()
            try:
                copies = self._pass(session, snapshot)
            except SpentError:
                self._end(session)
                raise
            except GoneError:
                self._end(session)
                continue
            session.finish()
            return copies[snapshot]
        raise GoneError("crashed", "the notebook was run again too often")

    def stop(self) -> None:
        """Kill all of it, and do not wait: nothing will be asked any more, and whoever used it has other work."""
        for session in self._sessions:
            session.kill()

    def close(self) -> None:
        """Kill all that is left of it."""
        for session in self._sessions:
            self._bury(session)

    def __enter__(self) -> NotebookRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
