"""Small notebooks, and what tests ask about them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

import pytest

from graders.errors import SandboxError
from graders.records import Cell, Limits, Reply, Request
from graders.sandbox import NotebookRun, Sandbox, default_interpreter

LIMITS = Limits(
    cell_cpu_s=0.8,
    cell_wall_s=20.0,
    notebook_cpu_s=10.0,
    notebook_wall_s=120.0,
    call_cpu_s=0.5,
    call_wall_s=5.0,
    memory_bytes=512 << 20,
    processes=24,
    open_files=64,
    disk_bytes=4 << 20,
    output_bytes=20_000,
)
SHAPES = ("root", "user") if os.geteuid() == 0 else ("user", "plain")


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where the machine is known to have all layers."""
    if os.environ.get("AISA_REQUIRE_LAYERS"):
        pytest.fail(reason)
    pytest.skip(reason)


def start(shape: str, limits: Limits = LIMITS, imports: Sequence[str] = (), *, allow_unsafe: bool = False) -> Sandbox:
    """A sandbox of one shape."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISA_SANDBOX_SHAPE", shape)
        try:
            return Sandbox(default_interpreter(), imports=imports, limits=limits, allow_unsafe=allow_unsafe)
        except SandboxError as reason:
            unavailable(f"no sandbox of shape {shape}: {reason}")


def cells(*sources: str, snapshots: dict[int, Sequence[str]] | None = None) -> list[Cell]:
    """Cells with these sources; the last has the snapshot `s` unless told otherwise."""
    wanted = {len(sources) - 1: ("s",)} if snapshots is None else snapshots
    return [Cell(place, source, tuple(wanted.get(place, ()))) for place, source in enumerate(sources)]


def text_of(run: NotebookRun, place: int) -> str:
    """All that a cell has shown, as text."""
    parts: list[str] = []
    for output in run.cells[place].outputs:
        data = output.get("data")
        parts.append(str(output.get("text", "")) + str(output.get("evalue", "")))
        parts.append(str(data.get("text/plain", "")) if isinstance(data, dict) else "")
    return "".join(parts)


def kinds_of_flags(run: NotebookRun) -> list[str]:
    return [flag.kind for flag in run.flags]


def ask(run: NotebookRun, *requests: Request, snapshot: str = "s", cpu_s: float | None = None) -> list[Reply]:
    return run.endpoint(snapshot).ask(requests, cpu_s)


def call(name: str, *args: object, **kwargs: object) -> Request:
    return Request("call", name, args, kwargs)
