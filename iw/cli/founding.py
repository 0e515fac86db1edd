"""``iw init``: a new workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.session import Session

if TYPE_CHECKING:
    from iw.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who logs here. Default: your user name.")] = None,
    bare: Annotated[
        bool, typer.Option("--bare", metavar="", help="For a subject of your own: the shared tables and nothing else.")
    ] = False,
    log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on with the log in this file, which iw export wrote."),
    ] = None,
) -> None:
    """Make a workspace: the catalogue to edit, an empty log, and your own watch from today on.

    Example: [bold]iw init my-watch[/bold]
    """
    from iw.workspace import init_workspace

    session: Session = context.obj
    with init_workspace(folder.expanduser(), author=author, bare=bare, log_file=log) as workspace:
        catalogue = workspace.catalogue
        there = Session(folder)
        session.out.print(
            f"{folder} is a workspace: {len(catalogue.problems)} warning problems, {len(catalogue.indicators)} "
            f"indicators, {_log(workspace) if log else f'an empty log. Your watch begins today, {workspace.today}'}.",
            soft_wrap=True,
        )
    for words, what in (
        ("status", "the board"),
        ("check", "what is doubtful in the catalogue"),
        ("import FILE.csv --backfill", "evidence that you have already"),
        ("log INDICATOR --on today --grade B2 --source NAME --text TEXT", "one event"),
    ):
        session.out.print(f"  {there.command(words)}   ({what})", soft_wrap=True)


def _log(workspace: Workspace) -> str:
    return f"a log of {workspace.log.position()} records"
