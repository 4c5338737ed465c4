"""How a child ends before it has answered: taken down by its cell, by us, or kept waiting by the machine."""

from __future__ import annotations

from typing import Literal

from graders.errors import SandboxError
from graders.records import Json
from graders.sandbox.process import Process


class GoneError(Exception):
    """The child is no more, or is not to be talked to any more.

    Parameters
    ----------
    status : str
        What the cell that was running gets.
    detail : str
        What happened, in a sentence.
    outputs : tuple of Json
        What the cell had shown before.
    cpu_s : float
        What the cell had used.
    protocol : bool
        Whether it had said what no child says.
    earlier : bool
        Whether that was the cell before, which has answered twice.
    """

    def __init__(
        self,
        status: Literal["crashed", "timeout", "memory"],
        detail: str,
        outputs: tuple[Json, ...] = (),
        cpu_s: float = 0.0,
        *,
        protocol: bool = False,
        earlier: bool = False,
    ) -> None:
        super().__init__(status, detail)
        self.status: Literal["crashed", "timeout", "memory"] = status
        self.detail = detail
        self.outputs = outputs
        self.cpu_s = cpu_s
        self.protocol = protocol
        self.earlier = earlier


def check_starved(process: Process, wall_s: float) -> None:
    """Tell a process that sleeps from one that the machine did not let run.

    Parameters
    ----------
    process : Process
        Whose time is up by the clock on the wall.
    wall_s : float
        The patience that has just ended.

    Raises
    ------
    SandboxError
        If it wanted to run for half of that time or more and could not: nobody's fault, to be tried again.
    """
    starved = process.waited_s()
    if not starved < wall_s / 2:
        raise SandboxError(
            f"the machine is too slow: a student's process waited {starved:.0f} s for a processor",
            do="Run it again with fewer workers",
        )
