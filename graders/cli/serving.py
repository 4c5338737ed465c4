"""`aisa panel link` and `serve`: the panel's pages, and the links that let reviewers in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.options import CourseOption, panel_desk


def link(
    rater: Annotated[list[str], typer.Argument(help="Reviewers.")],
    address: Annotated[str, typer.Option(help="Where the panel is served.")] = "http://127.0.0.1:8737/",
    hours: Annotated[int, typer.Option(min=1, help="How long the link can be used.")] = 72,
    course: CourseOption = Path(),
) -> None:
    """Make a link for each reviewer; it lets in once. Give it to nobody else."""
    from graders.panel.web.entry import issue

    with panel_desk(course) as desk:
        for one in rater:
            desk.settings.reviewer(one)
            typer.echo(f"{one}  {address.rstrip('/')}/enter/{issue(desk, one, hours)}")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; others than loopback need a proxy with TLS.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port.")] = 8737,
    name: Annotated[list[str] | None, typer.Option(help="Host name that browsers ask for; may be repeated.")] = None,
    course: CourseOption = Path(),
) -> None:
    """Serve the panel's pages to reviewers."""
    import uvicorn

    from graders.panel.web import application

    with panel_desk(course) as desk:
        app = application(desk, hosts=("127.0.0.1", "localhost", *(name or ())))
        typer.echo(f"http://{host}:{port}/  (aisa panel link RATER makes a link to come in; Ctrl-C ends)")
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
