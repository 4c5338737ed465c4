"""What several commands have in common: their options, and how they print records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from graders.panel.desk import Desk

AllowUnsafe = Annotated[
    bool, typer.Option("--allow-unsafe", help="Grade although a sandbox property does not hold; results are marked.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Assignment = Annotated[str, typer.Argument(metavar="SLUG", help="Slug of the module.")]
CourseOption = Annotated[Path, typer.Option(help="Course directory.")]
Material = Annotated[Path | None, typer.Option(help="Folder with `assignments/`; the installed one, if not given.")]
Students = Annotated[list[str] | None, typer.Option("--student", help="Only this student; may be given many times.")]


def bring_up_to_date(generated: Mapping[Path, bytes], check: bool) -> None:
    """Write the generated files that are stale; or only say which, and exit with 1 if any is.

    Parameters
    ----------
    generated : mapping of Path to bytes
        Files, and what should stand in them.
    check : bool
        Whether nothing is to be written.
    """
    stale = [path for path, content in generated.items() if not path.is_file() or path.read_bytes() != content]
    for path in stale:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(generated[path])
        typer.echo(f"{'stale' if check else 'wrote'}: {path}", err=check)
    if stale and check:
        raise typer.Exit(1)


def panel_desk(course: Path) -> Desk:
    """Open a course's panel.

    Parameters
    ----------
    course : Path
        Course directory.

    Returns
    -------
    Desk
        To be closed.
    """
    from graders.course import load
    from graders.panel.desk import Desk

    return Desk(load(course))


def print_json(records: Iterable[DataclassInstance]) -> None:
    """Print records as a JSON list.

    Parameters
    ----------
    records : iterable of dataclass
        Plain data throughout.
    """
    typer.echo(json.dumps([asdict(record) for record in records], indent=2))
