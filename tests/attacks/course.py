"""A course that is attacked: the victim's material with canaries in it, every attack a student's submission."""

from __future__ import annotations

import copy
import json
import os
import re
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml

import reference_solutions
from graders.authoring.answers import fill
from graders.course import init
from tests.attacks.attack import POINTS, SLUG, Attack, Notebook, Place, cell_of, code_cell
from tests.attacks.right import RIGHT

VICTIM = Path(__file__).parent / "victim"
HIDDEN = ("7340033917", "9182736455")
"""Digits of hidden inputs that no release shows: whoever says them has learned them in a hidden call."""

LIMITS = {  # a fifth would do for a figure, the dearest of what is honest: machines differ by three
    "cell_cpu_s": 0.8,
    "cell_wall_s": 8.0,  # ten times the CPU time: there is more to do than this
    "notebook_cpu_s": 2.4,
    "notebook_wall_s": 24.0,
    "call_cpu_s": 0.1,
    "exercise_cpu_s": 0.3,
    "call_wall_s": 4.0,
    "memory_bytes": 512 << 20,
    "disk_bytes": 32 << 20,
    "processes": 32,
}
BREACH = "BREACH"
_CANARY = "zq7canary"
_PRELUDE_NAMES = re.compile(r"\b(breach|canary|planted|planted_file|port|unix_socket|abstract)\b")


@dataclass
class Canaries:
    """Random texts, by the place that each is planted in; none may come out of any."""

    by_place: dict[str, str] = field(default_factory=dict)

    def plant(self, place: str) -> str:
        """A new one, for this place."""
        self.by_place[place] = f"{_CANARY}-{secrets.token_hex(12)}"
        return self.by_place[place]

    def seen_in(self, text: str) -> list[str]:
        """Places whose canary stands in a text."""
        return [place for place, canary in self.by_place.items() if canary.rpartition("-")[2] in text]


@dataclass(frozen=True)
class Surroundings:
    """What lies around the sandbox: things that an attack would like to reach."""

    course: Path
    secret: Path
    port: int
    unix_socket: Path
    abstract: str

    def prelude(self) -> str:
        """A cell that tells an attack where to look, and lets it say that it got through; nothing in it is odd."""
        known = {"planted": self.course, "planted_file": self.secret, "unix_socket": self.unix_socket}
        told = "".join(
            f"{name} = bytes.fromhex({str(path).encode().hex()!r}).decode()\n" for name, path in known.items()
        )
        return (
            f"def breach(what):\n    print({BREACH[:3]!r} + {BREACH[3:]!r}, what)\n{told}"
            f"canary, port, abstract = {_CANARY!r}, {self.port}, {self.abstract!r}\n"
        )


@contextmanager
def own_references() -> Iterator[None]:
    """Let no material of one test answer for another's: this process keeps the reference solutions that it had."""
    before = list(reference_solutions.__path__)
    try:
        yield
    finally:
        reference_solutions.__path__[:] = before
        for name in [name for name in sys.modules if name.startswith(f"reference_solutions.{SLUG}")]:
            del sys.modules[name]


# --- the victim's material ----------------------------------------------------------------------------------


def make_material(root: Path, canaries: Canaries) -> Path:
    """The victim as a material root of its own, canaries planted, its source notebook made."""
    shutil.copytree(VICTIM, root, ignore=shutil.ignore_patterns("__pycache__"))
    for place, path in (
        ("checks", root / "assignments/authoring" / SLUG / "practical/checks.py"),
        ("reference", root / "reference_solutions" / SLUG / "totals.py"),
    ):
        path.write_text(path.read_text().replace(f"@canary-{place}@", canaries.plant(place)))
    source = root / "assignments/source" / SLUG / "practical.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(source_notebook(canaries.plant("source")), indent=1))
    return root


def source_notebook(canary: str) -> Notebook:
    """The source notebook: a locked cell of imports, and an answer and a test cell for each exercise."""
    tests = {
        "m98_total_bytes": "assert total_bytes([1, 2, 3], 8) == 48",
        "m98_meter": "m = Meter(2)\nm.add('a', 1.0)\nm.add('b', 3.0)\nassert (m.mean, m.peak()) == (2.0, 'b')",
        "m98_shares": "assert abs(shares['share'].sum() - 1) < 1e-9",
    }
    cells = [
        {"cell_type": "markdown", "id": "text-01", "metadata": {}, "source": "# Victim\nThree exercises."},
        _graded("code-01", "import numpy as np\nimport pandas as pd", locked=True),
    ]
    for exercise, text in tests.items():
        solution = f"### BEGIN SOLUTION\n# {canary}\n{RIGHT[exercise]}### END SOLUTION"
        cells.append({"cell_type": "markdown", "id": f"text-{exercise}", "metadata": {}, "source": f"## {exercise}"})
        cells.append(_graded(f"{exercise}-answer", solution, solution=True))
        cells.append(_graded(exercise, text, grade=True, locked=True, points=POINTS[exercise]))
    metadata = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    return {
        "cells": cells,
        "metadata": metadata | {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _graded(grade_id: str, source: str, **part: object) -> Notebook:
    said = {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "solution": False,
        "task": False,
        "schema_version": 3,
    }
    return code_cell(source, nbgrader=said | part) | {"id": grade_id}


# --- submissions ----------------------------------------------------------------------------------------------


def notebook_of(attack: Attack, around: Surroundings, released: Notebook) -> bytes:
    """The file that a student with this attack hands in."""
    notebook = fill(copy.deepcopy(released), attack.answers)
    for place, text in attack.cells.items():
        at = _position(notebook, place)
        notebook["cells"].insert(at, code_cell(text) | {"id": f"own-{place.replace(' ', '-')}"})
    if any(map(_PRELUDE_NAMES.search, (*attack.cells.values(), *attack.answers.values()))):
        notebook["cells"].insert(0, code_cell(around.prelude()) | {"id": "prelude"})
    if attack.edit is not None:
        attack.edit(notebook)
    data = json.dumps(notebook, indent=1).encode()
    return attack.raw(data) if attack.raw is not None else data


def _position(notebook: Notebook, place: str) -> int:
    cells: list[Notebook] = notebook["cells"]
    if place in ("start", "end"):
        return 0 if place == "start" else len(cells)
    if place.startswith("after "):
        return cells.index(cell_of(notebook, place.removeprefix("after "))) + 1
    return cells.index(cell_of(notebook, f"{place}-answer"))


def hand_in(course: Path, student: str, attack: Attack, around: Surroundings, released: Notebook) -> None:
    """Put a submission where `aisa grade` finds it."""
    folder = course / "submitted" / student / SLUG
    folder.mkdir(parents=True)
    (folder / "practical.ipynb").write_bytes(notebook_of(attack, around, released))
    if attack.folder is not None:
        attack.folder(Place(folder, course, around.secret))


def make_course(place: Path, canaries: Canaries) -> Path:
    """A course that nobody has handed anything in to yet."""
    course = place / "course"
    material = make_material(place / "material", canaries)
    with own_references():
        init(course, course_id="attacked", material=material)
    settings = yaml.safe_load((course / "course.yaml").read_text()) | {"limits": LIMITS, "workers": 3}  # many only wait
    (course / "course.yaml").write_text(f"# {canaries.plant('course.yaml')}\n" + yaml.safe_dump(settings))
    (course / "notes.txt").write_text(canaries.plant("course directory"))
    canaries.by_place["course secret"] = (course / ".aisa" / "secret").read_text().strip()
    return course


# --- what listens outside -----------------------------------------------------------------------------------------


@contextmanager
def listening(place: Path) -> Iterator[tuple[int, Path, str, list[str]]]:
    """A port, a socket file and an abstract socket of this machine, and who has called there."""
    calls: list[str] = []
    path, abstract = place / "service.socket", f"aisa-test-{secrets.token_hex(4)}"
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())
    unix, hidden = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(place)
    unix.bind(path.name)
    os.chdir(here)
    path.chmod(0o777)
    hidden.bind("\0" + abstract)
    servers = [(tcp, "tcp"), (udp, "udp"), (unix, "unix"), (hidden, "abstract")]
    for server, kind in servers:
        if kind != "udp":
            server.listen()
        threading.Thread(target=_answer, args=(server, kind, calls), daemon=True).start()
    try:
        yield tcp.getsockname()[1], path, abstract, calls
    finally:
        for server, _ in servers:
            with_shutdown(server)


def with_shutdown(server: socket.socket) -> None:
    """Wake whoever waits on a socket, and close it."""
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
    server.close()


def _answer(server: socket.socket, kind: str, calls: list[str]) -> None:
    while True:
        try:
            if kind == "udp":
                data, _ = server.recvfrom(100)
                if not data:
                    return
            else:
                server.accept()[0].close()
        except OSError:
            return
        calls.append(kind)
