"""`aisa author`: a module to start from, text made into notebooks, and the proof that their checks hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.options import AsJson, Material, bring_up_to_date, print_json
from graders.errors import UsageError

if TYPE_CHECKING:
    from graders.authoring.material import Module

author = typer.Typer(no_args_is_help=True, help="Begin a module, build its source notebooks from text, and prove them.")

Modules = Annotated[list[str] | None, typer.Argument(help="Slugs of modules; all, if none is given.")]


@author.command("build")
def build(
    modules: Modules = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a notebook is stale.")] = False,
    material: Material = None,
) -> None:
    """Turn author text into the nbgrader notebooks of assignments/source."""
    from graders.authoring.build import stale, write

    chosen = _modules(modules, material)
    if not check:
        for path in write(chosen):
            typer.echo(f"wrote {path}")
        return
    if old := stale(chosen):
        for path in old:
            typer.echo(f"stale: {path}", err=True)
        typer.echo("Run `aisa author build` and commit what it writes.", err=True)
        raise typer.Exit(1)


@author.command("prove")
def prove(
    modules: Modules = None,
    students: Annotated[int, typer.Option(min=1, help="Student ids whose sampled inputs are tried.")] = 200,
    material: Material = None,
    as_json: AsJson = False,
) -> None:
    """Prove that each exercise's checks keep right answers and lose the wrong ones they name."""
    from graders.authoring.prove import prove as findings_of

    found = [finding for module in _modules(modules, material) for finding in findings_of(module, students=students)]
    if as_json:
        print_json(found)
    else:
        for finding in found:
            typer.echo(str(finding))
        typer.echo("Every gate holds." if not found else f"{len(found)} findings.", err=bool(found))
    if found:
        raise typer.Exit(1)


@author.command("coverage")
def coverage(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a table is stale.")] = False,
    material: Material = None,
) -> None:
    """Say what the track asks and what holds it: the tables of README.md and docs/coverage.md."""
    from graders.coverage.table import generated
    from graders.paths import material_root

    bring_up_to_date(generated(material or material_root()), check)


@author.command("new")
def new(
    slug: Annotated[str, typer.Argument(help="Name of the module, like m12_example.")], material: Material = None
) -> None:
    """Write a small module to start from: it builds and passes its gates, and says what to replace."""
    from graders.authoring.new import create
    from graders.paths import is_installed, material_root

    if material is None and is_installed():
        raise UsageError("the material is part of the installation", str(material_root()), "Name a folder: --material.")
    root = material or material_root()
    for path in create(slug, root):
        typer.echo(f"wrote {path}")
    where = f" --material {material}" if material else ""
    typer.echo(f"Look for 'Replace' in them. Then: aisa author build {slug}{where} && aisa author prove {slug}{where}")


def _modules(slugs: list[str] | None, material: Path | None) -> tuple[Module, ...]:
    from graders.authoring.material import modules

    found = {module.slug: module for module in modules(material)}
    if unknown := sorted(set(slugs or ()) - set(found)):
        raise UsageError(f"no module {', '.join(unknown)}", "assignments/authoring", f"There are: {', '.join(found)}.")
    return tuple(module for slug, module in found.items() if not slugs or slug in slugs)
