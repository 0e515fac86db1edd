"""``iw export``: the log in files for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iw.cli.options import Json, Marked
from iw.cli.session import Session
from iw.core.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.jsonl: the whole log.")],
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Write the log to a file, as far as it is at or below a marking; ``iw import`` reads it.

    Example: [bold]iw --workspace iw-demo export log.jsonl --marking green[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.log import csv_fields
    from iw.log.records import Marking

    session: Session = context.obj
    if file.suffix != ".jsonl":
        raise UsageError(f"'{file.name}' does not tell in which form.", "Name a file that ends in .jsonl.")
    mark = csv_fields.marking(marking) if marking else Marking.RED
    with session.open() as workspace, session.waiting("Writing"):
        header = workspace.exchange.write_log(file.expanduser(), mark)
        row = {"file": file, "marking": header.marking, "records": header.records, "digest": header.digest}
        text = answer("export", origin(workspace), [row]) if as_json else ""
    if as_json:
        print(text)
    else:
        session.out.print(f"{file}: {header.records} records at or below {mark}.", soft_wrap=True)
