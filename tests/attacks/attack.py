"""What an attack is: data. A file dropped into `submissions` is found, run and judged; nothing else changes.

Every public name bound to an `Attack` in a file of `submissions` is one submission of one student.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import Any

SUBMISSIONS = Path(__file__).parent / "submissions"
SLUG = "m98_victim"
POINTS = {"m98_total_bytes": 4.0, "m98_meter": 4.0, "m98_shares": 2.0}

Notebook = dict[str, Any]
"""The parsed JSON of a notebook."""


@dataclass(frozen=True)
class Place:
    """Where a submission is handed in: what an attack may reach for from outside the notebook."""

    folder: Path
    """The submitted folder, `submitted/<student>/m98_victim`."""
    course: Path
    """The course directory."""
    secret: Path
    """A file outside the course that holds a canary."""


@dataclass(frozen=True)
class Attack:
    """One submission that wants something it has not earned, or an honest one that looks odd.

    Attributes
    ----------
    tries : str
        What it is after, in a line.
    answers : mapping of exercise id to str
        What stands in the answer cells; the others stay as released.
    cells : mapping of str to str
        Own code cells: "start" and "end", an exercise's id for "before its answer cell", "after <id>" for
        "after its test cell".
    edit : callable, optional
        Changes the notebook's parsed JSON in place, after answers and cells are in.
    raw : callable, optional
        Changes the file's bytes, after everything else.
    folder : callable, optional
        Adds to the submitted folder, or spoils it.
    earns : mapping of exercise id to float
        Points that its answers are worth without the attack; 0 where not named.
    flag : str
        Kind of flag that a human must see; "any" where several would do, "" where nothing is to be flagged.
    refused : bool or None
        Whether the file cannot be graded at all, and the student gets a receipt instead; None: it depends on who
        grades.
    harms_itself : bool
        Whether it may lose points that its answers would earn: then it must not gain any.
    root : bool
        Whether setting it up needs the superuser.
    """

    tries: str
    answers: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    edit: Callable[[Notebook], None] | None = None
    raw: Callable[[bytes], bytes] | None = None
    folder: Callable[[Place], None] | None = None
    earns: Mapping[str, float] = field(default_factory=dict)
    flag: str = "any"
    refused: bool | None = False
    harms_itself: bool = False
    root: bool = False

    def points(self) -> dict[str, float]:
        """Points that each exercise must end with."""
        return {exercise: float(self.earns.get(exercise, 0.0)) for exercise in POINTS}


def found() -> Iterator[tuple[str, Attack]]:
    """All attacks of the folder, named `<file>-<name>`, in a stable order."""
    for path in sorted(SUBMISSIONS.glob("*.py")):
        spec = util.spec_from_file_location(f"attack_submissions_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, attack in vars(module).items():
            if isinstance(attack, Attack) and not name.startswith("_"):
                yield f"{path.stem}-{name}".replace("_", "-").lower(), attack


# --- looking things up in a notebook's JSON ---------------------------------------------------------------


def cell_of(notebook: Notebook, grade_id: str) -> Notebook:
    """The cell that carries a grade id."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            found_cell: Notebook = cell
            return found_cell
    raise LookupError(grade_id)


def tests_of(notebook: Notebook) -> list[Notebook]:
    """All test cells."""
    return [cell_of(notebook, exercise) for exercise in POINTS]


def code_cell(source: str, **metadata: Any) -> Notebook:
    """A code cell of the student's own."""
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def markdown_cell(source: str, **metadata: Any) -> Notebook:
    """A Markdown cell of the student's own."""
    return {"cell_type": "markdown", "metadata": metadata, "source": source}
