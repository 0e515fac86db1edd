"""``iw export``: the log in files for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iw.cli.options import Json, KnownAt, Marked
from iw.cli.session import Session
from iw.core.errors import UsageError

if TYPE_CHECKING:
    from iw.cli.reading import When
    from iw.exchange.parquet_files import TableName
    from iw.workspace import Workspace

    type Form = Callable[[Workspace, Path, When], dict[str, Any]]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="FILE.jsonl: the whole log; FILE.parquet: a table of what is in force."),
    ],
    table: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which table: events, reports, readings or coverage.")
    ] = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Write the log to a file, or a table of what is in force in it, as far as it is at or below a marking.

    Example: [bold]iw --workspace iw-demo export log.jsonl --marking green[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.cli.reading import when

    session: Session = context.obj
    form = _form(file, table, known_at)
    with session.open() as workspace, session.waiting("Writing"):
        asked = when(workspace, None, known_at, marking)
        told = form(workspace, file.expanduser(), asked)
        text = answer("export", origin(workspace), [{"file": file, **told}]) if as_json else ""
    if as_json:
        print(text)
    else:
        count = f"{told['records']} {'rows' if table else 'records'}"
        session.out.print(f"{file}: {count} at or below {told['marking']}.", soft_wrap=True)


def _form(file: Path, table: str | None, known_at: str | None) -> Form:
    """What writes a file of this name; `UsageError` where that or the options cannot be."""
    if file.suffix == ".jsonl":
        if table or known_at:
            raise UsageError("A whole log has neither --table nor --known-at.", "Name a file that ends in .parquet.")
        return _write_log
    if file.suffix == ".parquet":
        return lambda workspace, path, asked: _write_table(workspace, _table(table), path, asked)
    hint = "Name a file that ends in .jsonl or .parquet."
    raise UsageError(f"'{file.name}' does not tell in which form.", hint)


def _table(name: str | None) -> TableName:
    from iw.exchange.parquet_files import TableName

    if name not in tuple(TableName):
        raise UsageError(f"--table is {name or 'missing'}.", f"Name one of {', '.join(TableName)}.")
    return TableName(name)


def _write_log(workspace: Workspace, path: Path, asked: When) -> dict[str, Any]:
    from iw.log.records import Marking

    header = workspace.exchange.write_log(path, asked.marking or Marking.RED)
    return {"marking": header.marking, "records": header.records, "digest": header.digest}


def _write_table(workspace: Workspace, table: TableName, path: Path, asked: When) -> dict[str, Any]:
    from iw.core.dates import end_of_day
    from iw.log.records import Marking

    known, marking = asked.known_at or end_of_day(workspace.today), asked.marking or Marking.RED
    rows = workspace.exchange.write_table(table, path, known, marking)
    return {"marking": marking, "records": rows, "table": table, "known_at": known}
